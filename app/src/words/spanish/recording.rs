//! A recording's card in Spanish.

use super::counted;
use crate::review::ReviewState;
use crate::words::{
    CardWords, ChosenWords, DetectionWords, PictureWords, PlayerWords, ReviewWords, SpeciesWords,
};

pub(super) const CARD: CardWords = CardWords {
    facts: |duration, khz| format!("{duration} a {khz} kHz"),
    synthesised: "sintetizada por Pipit, no es una grabación real",
    found: |n_species, is_recalled| {
        let species = counted(n_species, "especie", "especies");
        let kept = if is_recalled {
            ", de una visita anterior"
        } else {
            ""
        };
        format!("{species}{kept}")
    },
    save: "Guardar la grabación",
    run_again: "Analizar de nuevo",
    remove: "Quitar",
    remove_unsaved: "Quitar sin guardar",
    cancel: "Cancelar",
    waiting: "En espera de su turno",
    decoding: "Decodificando…",
    opening: "Abriendo…",
    progress: |done, whole| format!("{done} de {whole}"),
    identified: "Identificado hasta ahora",
    stopped: "Detenido",
    stopped_at: |time| format!("Detenido en {time}"),
    speed: |times, device| match device {
        Some(device) => format!("{times}× el tiempo real en {device}"),
        None => format!("{times}× el tiempo real"),
    },
};

pub(super) const PLAYER: PlayerWords = PlayerWords {
    play: "Reproducir",
    pause: "Pausar",
    position: "Posición en la grabación",
};

pub(super) const PICTURE: PictureWords = PictureWords {
    keys: "Espectrograma: más y menos acercan y alejan, las flechas lo mueven",
    of: |name| format!("Espectrograma de {name}"),
    mouse: "Haga clic para ir a un punto, arrastre para mover la imagen, gire la rueda para acercar o alejar",
    detection: |name, start, end, percent| {
        format!("{name}, de {start} a {end}, confianza {percent:.0}%")
    },
};

pub(super) const SPECIES: SpeciesWords = SpeciesWords {
    species: "Especie",
    best_confidence: "Mejor confianza",
    heard_at: "Se oye en",
    at_least: "Umbral, %",
    nothing_found: "Ninguna especie alcanza esta confianza. Mueva el control a la izquierda para ver coincidencias más débiles.",
    play: |span| format!("Reproducir {span}"),
    more: |n| format!("y {n} más"),
    least_confidence: |name| format!("Confianza mínima de {name}, por ciento"),
    hide: "Ocultar",
    hide_name: |name| format!("Ocultar {name}"),
};

pub(super) const DETECTIONS: DetectionWords = DetectionWords {
    heading: |n| counted(n, "detección", "detecciones"),
    list: "Detecciones en orden de tiempo. Las flechas eligen, Intro reproduce.",
    shown: "Listar",
    all: "Todas",
    more: "Mostrar más",
};

pub(super) const CHOSEN: ChosenWords = ChosenWords {
    region: "Detección elegida",
    facts: |start, end, percent| format!("{start}–{end}, confianza {percent:.0}%"),
    why: "¿Por qué esta ave?",
    not_yet: "“¿Por qué esta ave?” se responde cuando haya dejado de escuchar.",
    hiding: "Ocultando partes del sonido, una tras otra…",
    failed: "No se pudo calcular; puede que la grabación haya cambiado.",
    isolate: "Oír solo sus frecuencias",
    ask_for_band: "“¿Por qué esta ave?” dice sus frecuencias; hasta entonces se oyen las que se ven.",
    nowhere: "Ninguna parte del sonido por sí sola apunta a esta especie.",
    band: |low_khz, high_khz| {
        format!(
            "Lo que apunta a ella está entre {low_khz:.1} y {high_khz:.1} kHz y se ve claro en la imagen de arriba; \
             sin ello la confianza baja."
        )
    },
};

pub(super) const REVIEW: ReviewWords = ReviewWords {
    question: "¿Se oye aquí esta especie?",
    ask: "¿Se oye aquí?",
    yes: "Sí",
    no: "No",
    unsure: "No se sabe",
    state: |state| match state {
        ReviewState::Open => "Sin revisar",
        ReviewState::Yes => "Sí",
        ReviewState::No => "No",
        ReviewState::Other => "Otra especie",
        ReviewState::Unsure => "No se sabe",
    },
    other: "Se oye otra especie",
    choose_other: "Otra especie…",
    not_listed: "Una que no está en la lista",
    undo: "Deshacer",
    redo: "Rehacer",
    progress: |n_answered, n_wanted| {
        format!("Respondidas {n_answered} de {n_wanted} preguntas sobre esta especie.")
    },
    next: "Pregunta siguiente",
    too_few: |n_answers| {
        let answers = counted(n_answers, "respuesta", "respuestas");
        format!("Con {answers} de sí o no, todavía no se pueden juzgar sus confianzas.")
    },
    threshold: |threshold| {
        format!(
            "A partir de una confianza del {:.0}%, el {:.0}% de sus {} detecciones debería ser correcto \
             (intervalo del 95%: {:.0}–{:.0}%).",
            threshold.confidence * 100.0,
            threshold.precision * 100.0,
            threshold.n_kept,
            threshold.interval.0 * 100.0,
            threshold.interval.1 * 100.0
        )
    },
    no_threshold: |precision| {
        format!(
            "Ninguna confianza basta para que el {:.0}% de sus detecciones sea correcto.",
            precision * 100.0
        )
    },
    precision: "Buscar la confianza desde la que el … % es correcto",
    save: |n_answers| format!("Guardar revisión ({n_answers})"),
    load: "Cargar revisión…",
};
