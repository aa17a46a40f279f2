//! Failures in Spanish.

use super::counted;
use crate::protocol::{FailureKind, NoGpu};
use crate::review::file::FORMAT_VERSION;
use crate::review::{Impossible, ReviewError};
use crate::words::CauseWords;

pub(super) const CAUSE: CauseWords = CauseWords {
    peak: |peak| format!("su muestra más fuerte es {peak}"),
    damaged_pieces: |n| {
        let could = if n == 1 { "pudo" } else { "pudieron" };
        format!(
            "no se {could} decodificar {}",
            counted(n, "fragmento", "fragmentos")
        )
    },
    builds: |page, worker| {
        format!("la página es de la compilación {page}, su proceso de cálculo de la {worker}")
    },
    no_gpu,
    review,
};

fn no_gpu(reason: &NoGpu) -> String {
    match reason {
        NoGpu::NotOffered => {
            "este navegador no lo tiene, o la dirección de la página no es segura".into()
        }
        NoGpu::NoAdapter => "este navegador no encontró ningún adaptador gráfico utilizable".into(),
        NoGpu::NoClock => "el adaptador gráfico no sabe medir el tiempo (timestamp-query)".into(),
        NoGpu::OnlySoftware => {
            "el único adaptador gráfico calcula por software, más despacio que la CPU".into()
        }
        NoGpu::TooLate(adapter) => format!("el adaptador gráfico llegó demasiado tarde: {adapter}"),
        NoGpu::Failed(words) => words.clone(),
    }
}

fn review(error: &ReviewError) -> String {
    match error {
        ReviewError::NoReview => "Este archivo no es una revisión guardada por Pipit. \
                                  Elija el archivo JSON que guardó Pipit."
            .into(),
        ReviewError::Version { found } => format!(
            "Esta revisión tiene el formato {found} y este Pipit lee el formato {FORMAT_VERSION}. \
             Recargue la página para tener el Pipit actual y cargue la revisión otra vez."
        ),
        ReviewError::Damaged(place) => {
            format!("Esta revisión no se puede leer ({place}). Cargue otra copia, o corríjala ahí.")
        }
        ReviewError::Impossible { what, value } => {
            let what = match what {
                Impossible::Stretch => "un tramo de tiempo imposible",
                Impossible::Confidence => "una confianza imposible",
                Impossible::NoSpecies => "una respuesta sin especie",
                Impossible::Variance => "una calibración con varianza negativa",
            };
            format!("Esta revisión contiene {what}: {value}. Cargue otra copia, o corríjala ahí.")
        }
    }
}

#[allow(
    clippy::too_many_lines,
    reason = "a failure has its sentences in one place"
)]
pub(super) fn failure(kind: FailureKind) -> (&'static str, &'static str) {
    match kind {
        FailureKind::NotAudio => (
            "Este archivo no es una grabación de sonido.",
            "Elija un archivo WAV, FLAC, MP3, Ogg, Opus, M4A o WebM.",
        ),
        FailureKind::Damaged => (
            "Esta grabación está dañada y no se puede decodificar.",
            "Cópiela otra vez desde la grabadora o su origen, o repárela en un editor de audio.",
        ),
        FailureKind::Unreadable => (
            "El archivo de esta grabación ya no se puede leer.",
            "Conecte otra vez su tarjeta o disco, o devuelva el archivo a su sitio, y pulse “Analizar de nuevo”; si no basta, suéltelo otra vez en la página.",
        ),
        FailureKind::Empty => (
            "Esta grabación está vacía.",
            "Revise la tarjeta de la grabadora: puede que el archivo se cortara antes de guardar sonido alguno.",
        ),
        FailureKind::Silent => (
            "Esta grabación no contiene sonido, solo silencio.",
            "Revise el micrófono y su nivel, y elija otra grabación.",
        ),
        FailureKind::UnsupportedFormat => (
            "Este navegador no sabe decodificar el formato de esta grabación.",
            "Convierta la grabación a WAV o FLAC, o abra Pipit en otro navegador.",
        ),
        FailureKind::ModelInvalid => (
            "Los archivos del modelo no pasaron la comprobación y por eso no se usan.",
            "Intente de nuevo; si no sirve, la copia del modelo en este sitio está dañada: avise a quien lo mantiene.",
        ),
        FailureKind::ModelUnreachable => (
            "No se pudo obtener el modelo.",
            "Revise la conexión e intente de nuevo. Sus grabaciones esperan aquí y no se pierden.",
        ),
        FailureKind::NoPackage => (
            "Esto no es un paquete de modelo.",
            "Un paquete es un manifest.json con su weights.safetensors, soltados juntos, o un ZIP con los dos; los detalles dicen qué falta.",
        ),
        FailureKind::PackageInvalid => (
            "Este paquete de modelo no pasó la comprobación y no se añadió.",
            "Los detalles nombran el archivo y lo que tiene mal; consiga el paquete otra vez o avise a quien lo hizo.",
        ),
        FailureKind::PackageVersion => (
            "Este paquete de modelo está hecho para otra versión de Pipit.",
            "Ábralo en un Pipit de esa versión, o pida a su autor un paquete en el formato que nombran los detalles.",
        ),
        FailureKind::AddressRefused => (
            "Este sitio solo deja que la página hable con él mismo, así que no se consultó la dirección del modelo.",
            "Descargue el paquete y suéltelo en esta página, o pida a quien mantiene el sitio que añada la dirección a connect-src en su index.html.",
        ),
        FailureKind::AddressNotShared => (
            "El servidor de la dirección del modelo responde, pero no permite que este sitio lea de él.",
            "Revise la dirección; quien mantiene ese servidor puede permitirlo (CORS, con la cabecera Access-Control-Allow-Origin). O descargue el paquete y suéltelo en esta página.",
        ),
        FailureKind::AddressUnreachable => (
            "No se pudo obtener nada de la dirección del modelo.",
            "Revise la dirección y la conexión; el servidor de otro sitio también debe dar permiso a este (CORS). Un paquete descargado se puede soltar en esta página.",
        ),
        FailureKind::ModelNotKept => (
            "Este navegador no guarda el modelo para su próxima visita.",
            "Funciona hasta que cierre la página; libere espacio o salga de la navegación privada si ha de quedarse.",
        ),
        FailureKind::NoWebgpu => (
            "Este navegador no ofrece WebGPU, así que Pipit trabaja con la CPU.",
            "Lo demás no cambia. Para usar WebGPU hace falta un Chrome, Edge, Safari o Firefox reciente con la aceleración gráfica activada.",
        ),
        FailureKind::GpuLost => (
            "El dispositivo gráfico dejó de funcionar y Pipit ha pasado a la CPU.",
            "Las grabaciones sin terminar empiezan de nuevo por sí solas. Para volver, elija WebGPU en el menú del dispositivo.",
        ),
        FailureKind::OutOfMemory => (
            "El navegador se quedó sin memoria.",
            "Cierre otras pestañas e intente de nuevo; una parte más corta de la grabación o un modelo más pequeño necesitan menos.",
        ),
        FailureKind::StaleBuild => (
            "Esta página y su proceso de cálculo son de versiones distintas.",
            "Recargue la página para tener la versión actual de ambos.",
        ),
        FailureKind::PartlyDamaged => (
            "Hay partes dañadas de esta grabación que se dejaron fuera.",
            "Lo que se ve viene del resto, así que los tiempos tras un hueco se adelantan; copie el archivo otra vez si puede.",
        ),
        FailureKind::OthersLeftOut => (
            "Algunos archivos de la carpeta no son grabaciones y se dejaron fuera.",
            "Si alguno lo es de todos modos, suéltelo solo en la página.",
        ),
        FailureKind::ClipsLeftOut => (
            "Algunos recortes no se pudieron hacer y no están en el ZIP.",
            "Los detalles los cuentan y dicen por qué; devuelva a su sitio las grabaciones que se movieron, o suéltelas otra vez en la página, y pulse de nuevo “Recortes”.",
        ),
        FailureKind::MicrophoneRefused => (
            "Pipit no puede usar el micrófono.",
            "Permítalo en la barra de direcciones o en los ajustes del navegador y pulse de nuevo “Escuchar en vivo”. Lo que se oye no sale de este dispositivo.",
        ),
        FailureKind::NoMicrophone => (
            "No se encontró ningún micrófono.",
            "Conecte uno, compruebe que ningún otro programa lo ocupe y pulse de nuevo “Escuchar en vivo”.",
        ),
        FailureKind::MicrophoneLost => (
            "El micrófono se desconectó.",
            "Lo que se oyó hasta entonces queda abajo; conéctelo y pulse “Escuchar en vivo” para seguir.",
        ),
        FailureKind::LiveTooLong => (
            "La grabación en vivo es tan larga como puede ser un archivo WAV, así que ha terminado.",
            "Queda abajo y se puede guardar; pulse “Escuchar en vivo” para seguir con otra.",
        ),
        FailureKind::NoReview => (
            "No se pudo cargar esta revisión; sus respuestas siguen como estaban.",
            "Elija un archivo JSON guardado por “Guardar revisión”; los detalles dicen qué tiene este de malo.",
        ),
        FailureKind::BadSettings => (
            "Algunos ajustes de la dirección de esta página no significan nada aquí y se ignoraron.",
            "Los detalles los nombran; los demás ajustes valen.",
        ),
        FailureKind::NotKept => (
            "Este navegador no guarda ni resultados ni respuestas para su próxima visita.",
            "Todo lo demás funciona; exporte lo que necesite y guarde la revisión antes de cerrar la página, o libere espacio y recargue.",
        ),
        FailureKind::NotForgotten => (
            "Algunos resultados guardados no se pudieron borrar.",
            "Cierre otras pestañas con Pipit e intente de nuevo, o borre los datos de este sitio en los ajustes del navegador.",
        ),
        FailureKind::UpdateReady => (
            "Se ha descargado una versión más nueva de Pipit.",
            "Cambie cuando le convenga y vuelva a soltar sus grabaciones: las que están listas no se calculan otra vez.",
        ),
        FailureKind::Internal => (
            "Algo falló en Pipit.",
            "Intente de nuevo o recargue la página; si vuelve a ocurrir, comuníquelo con los detalles de abajo.",
        ),
    }
}
