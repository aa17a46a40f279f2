//! The page's parts in Spanish.

use super::counted;
use crate::words::{
    AboutWords, ControlWords, DisplayWords, ExportWords, IntakeWords, KeptWords, KeyWords,
    ModelWords, NoticeWords, PageWords, SettingWords, StatusWords, SummaryWords, WishWords, size,
};

pub(super) const PAGE: PageWords = PageWords {
    title: "Pipit: ¿qué aves cantan en su grabación?",
    purpose: "¿Qué aves cantan en su grabación? Pipit escucha en este dispositivo.",
    nothing_uploaded: "No se sube nada.",
};

pub(super) const INTAKE: IntakeWords = IntakeWords {
    region: "Grabaciones por identificar",
    drop: "Suelte grabaciones de aves o carpetas enteras en cualquier lugar de esta página",
    choose_files: "Elegir archivos…",
    choose_folder: "Elegir una carpeta…",
    listen_live: "Escuchar en vivo",
    stop_listening: "Dejar de escuchar",
    try_example: "Probar un ejemplo",
    formats: "WAV, FLAC, MP3, Ogg, Opus, M4A y lo demás que este navegador sepa decodificar.",
    let_go: "Suelte para identificar",
    live_name: |began| format!("En vivo {began}"),
    left_out: |n_files| match n_files {
        1 => "1 archivo no es una grabación, a juzgar por su nombre".into(),
        n => format!("{n} archivos no son grabaciones, a juzgar por sus nombres"),
    },
};

pub(super) const STATUS: StatusWords = StatusWords {
    decoding: |name| format!("Decodificando {name}…"),
    listening: |name, percent| match percent {
        Some(percent) => format!("Escuchando {name}… {percent}%"),
        None => format!("Escuchando {name}…"),
    },
    waits_for_model: |name| format!("{name} espera un modelo."),
    waits_for_loading: |name| format!("{name} ya está aquí; el modelo todavía se está cargando…"),
    no_model: "No hay ningún modelo cargado.",
    looking_up: "Buscando el modelo…",
    downloading: "Descargando el modelo…",
    starting: "Iniciando el modelo…",
    downloading_package: "Descargando el paquete del modelo…",
    checking_package: "Comprobando el paquete del modelo…",
    ready: "Todo listo. Suelte una grabación de aves en cualquier lugar de esta página.",
    outcome: |n_species, n_recordings| {
        let species = counted(n_species, "especie", "especies");
        let recordings = counted(n_recordings, "grabación", "grabaciones");
        format!("Listo: {species} en {recordings}.")
    },
    download: "Descarga del modelo",
    downloaded: |received_mb, total_mb| format!("{received_mb:.1} de {total_mb:.1} MB"),
};

pub(super) const CONTROLS: ControlWords = ControlWords {
    confidence_at_least: "Confianza mínima",
    by_species: "según la especie",
    as_the_model: "Como dice el modelo",
    model: "Modelo",
    added: |title| format!("{title} (añadido)"),
    compute_on: "Calcular en",
    automatic: "Automático",
    no_webgpu: |reason| format!("Sin WebGPU: {reason}."),
    language: "Idioma",
    names_in: "Nombres de las especies",
    common_names: "inglés",
    scientific_names: "latín (científicos)",
};

pub(super) const WISHES: WishWords = WishWords {
    heading: "Detecciones y especies",
    merge_gap: "Unir detecciones separadas por … s o menos",
    min_duration: "Omitir las que duren menos de … s",
    own_thresholds: "Especies con umbral propio",
    own_threshold: |name, percent| format!("{name}: al menos {percent:.0}%"),
    reset_threshold: "Retirar",
    reset_threshold_of: |name| format!("Retirar el umbral de {name}"),
    list: "Especies, una por línea: nombres comunes o científicos, o códigos",
    only_these: "Solo estas",
    not_these: "Estas no",
    all_species: "Todas las especies",
    looked_for: |n_included, n_excluded| {
        let looked_for = |n| {
            let verb = if n == 1 { "busca" } else { "buscan" };
            format!("Solo se {verb} {}", counted(n, "especie", "especies"))
        };
        let omitted = |n: usize| if n == 1 { "omite" } else { "omiten" };
        match (n_included, n_excluded) {
            (0, 0) => "Se buscan todas las especies.".into(),
            (0, n) => format!("Se {} {}.", omitted(n), counted(n, "especie", "especies")),
            (n, 0) => format!("{}.", looked_for(n)),
            (n, m) => format!("{} y se {} {m}.", looked_for(n), omitted(m)),
        }
    },
    unknown: |lines| format!("Este modelo no conoce: {lines}."),
};

pub(super) const DISPLAY: DisplayWords = DisplayWords {
    heading: "Espectrograma y sonido",
    colours: "Colores",
    black_on_white: "Negro sobre blanco",
    frequencies: "Frecuencias",
    all_frequencies: "Todas las frecuencias",
    from_5_khz: "5 kHz o más",
    time: "Tiempo",
    since_start: "Desde el comienzo",
    by_clock: "Según el reloj, si el nombre del archivo lo dice",
    brightness: "Brillo",
    contrast: "Contraste",
    reset: "Restablecer",
    speed: "Velocidad",
    keep_pitch: "Conservar el tono",
    repeat: "Repetir la detección",
    hear_shown: "Oír solo las frecuencias que se ven",
};

pub(super) const EXPORT: ExportWords = ExportWords {
    heading: "Exportar",
    csv: "Una fila por detección, para R, pandas y hojas de cálculo",
    recordings: "CSV de grabaciones",
    recordings_title: "Una fila por grabación, también donde no se oyó nada: para esfuerzo y ausencias",
    raven: "Una tabla de selecciones para Raven Pro y Raven Lite",
    raven_each: "Una tabla de selecciones por grabación, como Raven la encuentra junto a ella, en un ZIP",
    audacity: "Una pista de etiquetas por grabación, en un ZIP",
    json: "Todo: ajustes, modelo, grabaciones y detecciones",
    clips: "Recortes",
    clips_title: "Un WAV de cada detección, en un ZIP con una tabla",
    cutting: "Recortando…",
    left_out: |n_missing, n_clips| {
        format!(
            "Faltan {n_missing} de {}.",
            counted(n_clips, "recorte", "recortes")
        )
    },
};

pub(super) const NOTICE: NoticeWords = NoticeWords {
    reload: "Recargar la página",
    update: "Cambiar ahora",
    try_again: "Intentar de nuevo",
    dismiss: "Cerrar",
    details: "Detalles",
};

pub(super) const SETTINGS: SettingWords = SettingWords {
    unknown: |name| {
        format!("La dirección trae un ajuste que Pipit no conoce y que se ignora: {name}.")
    },
    bad: |name, value, takes| {
        format!(
            "El ajuste {name} de la dirección no puede ser {value:?} y se ignora; admite {takes}."
        )
    },
    unknown_species: |code| {
        format!("El modelo no conoce la especie {code} que nombran los ajustes.")
    },
};

pub(super) const SUMMARY: SummaryWords = SummaryWords {
    heading: |n_recordings, n_species| {
        let species = counted(n_species, "especie", "especies");
        format!("Las {n_recordings} grabaciones: {species}")
    },
    by_hour: "Especies por hora",
    species: "Especie",
    detections: "Detecciones",
    recordings: "Grabaciones",
    hours: "Los números del 0 al 23 son horas del reloj de las grabadoras, según los nombres de las grabaciones.",
    no_hours: "Los nombres de las grabaciones no dicen la hora del día.",
    curve: |n_species, n_recordings| {
        let species = counted(n_species, "especie", "especies");
        format!("{species} tras {n_recordings} grabaciones")
    },
};

pub(super) const KEYS: KeyWords = KeyWords {
    heading: "Teclas",
    sheet: [
        ("Espacio", "Reproducir o pausar"),
        ("P", "Reproducir la detección elegida"),
        ("↓ o Tab en la lista", "Detección siguiente"),
        ("↑ o Mayús-Tab en la lista", "Detección anterior"),
        ("+", "Acercar"),
        ("−", "Alejar"),
        ("0", "Ver toda la grabación"),
        ("← y → en el espectrograma", "Recorrer la grabación"),
        ("Ctrl-G", "Ir a un tiempo"),
        (
            "Y, N, U",
            "Responder a la detección elegida: sí, no, no se sabe",
        ),
        ("Ctrl-Z", "Deshacer la última respuesta"),
        ("Ctrl-Mayús-Z o Ctrl-Y", "Rehacerla"),
        ("Esc", "Parar"),
        ("?", "Mostrar u ocultar esta lista"),
    ],
    letters: "Las teclas de un solo carácter, como P e Y, actúan en toda la página",
    close: "Cerrar",
    go_to: "Ir a",
    time: "Tiempo (como se muestra, o en segundos)",
    bad_time: "Escriba un tiempo dentro de la grabación, como 83, 1:23 o 1:02:03.",
    go: "Ir",
};

pub(super) const MODELS: ModelWords = ModelWords {
    region: "Modelos",
    heading: "Modelos: añadir, cambiar, quitar",
    facts: |n_species, megabytes, from| {
        let species = counted(n_species, "especie", "especies");
        format!("{species}, {megabytes:.1} MB, de {from}")
    },
    from_site: "este sitio",
    from_files: |names| format!("su archivo {names}"),
    add: "Añadir un modelo…",
    address: "Dirección del modelo",
    fetch: "Obtener",
    package: "Un paquete de modelo es manifest.json con weights.safetensors, o un ZIP con los dos; \
              también se puede soltar en cualquier lugar de esta página. Se guarda en este navegador. \
              Mientras se usa un modelo de una dirección, el enlace de esta página lleva a otros también a él.",
    remove: "Quitar",
    remove_title: |title| format!("Quitar {title}"),
    remove_copy: "Quitar la copia guardada",
    remove_copy_of: |title| format!("Quitar la copia guardada de {title}"),
    removed: "; se obtendrá de nuevo en la próxima visita",
    use_it: "Usar",
    in_use: "En uso",
};

pub(super) const KEPT: KeptWords = KeptWords {
    heading: "Resultados guardados",
    amount: |n_results, megabytes| match n_results {
        0 => "Este navegador no guarda ningún resultado.".into(),
        n => format!(
            "Este navegador guarda {}, {}.",
            counted(n, "resultado", "resultados"),
            size(megabytes)
        ),
    },
    forget: "Olvidarlos",
    why: "Así las grabaciones que vuelven no se calculan otra vez. Olvidarlos no cambia nada en \
          esta página, y las respuestas de una revisión se quedan.",
};

pub(super) const ABOUT: AboutWords = AboutWords {
    confidence: "La confianza es una puntuación y no una probabilidad: escuche antes de darla por buena.",
    privacy: "Pipit funciona por completo en este navegador y no se comunica con ningún otro sitio.",
    model: "Modelo:",
    licence: |licence| format!(", licencia {licence}."),
    heading: "Acerca de este modelo",
    from: "Procedencia",
    format: "Formato del paquete",
    weights: "Pesos",
    hears: "Escucha",
    windows: |rate_khz, length_s, hop_s| {
        format!("{rate_khz} kHz, ventanas de {length_s} s cada {hop_s} s")
    },
    species: |n| match n {
        1 => "La especie que conoce".into(),
        n => format!("Las {n} especies que conoce"),
    },
    recordists: "Entrenado con grabaciones de",
    training: |n_recordings, n_held_out, split| {
        let recordings = counted(n_recordings, "grabación", "grabaciones");
        format!("Entrenado con {recordings}; otras {n_held_out} se apartaron ({split}) y dieron:")
    },
    folds: |n_recordings, n_judged, n_folds, split| {
        let recordings = counted(n_recordings, "grabación", "grabaciones");
        format!(
            "Entrenado con {recordings}. {n_folds} redes entrenadas del mismo modo juzgaron {n_judged} de ellas, \
             cada una las que no había oído ({split}), y dieron:"
        )
    },
    pretraining: |n_recordings, n_species, data| {
        let recordings = counted(n_recordings, "grabación", "grabaciones");
        let species = counted(n_species, "especie", "especies");
        format!("Antes aprendió de {recordings} de {species} ({data}).")
    },
};
