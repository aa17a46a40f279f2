//! Settings that a link can carry: `?device=auto|webgpu|cpu&model=NAME`.

use crate::protocol::DeviceChoice;

/// What the page's address asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Where to run.
    pub device: DeviceChoice,
    /// Name in the catalogue; the first model if none.
    pub model: Option<String>,
    /// Address of the folder that the page was loaded from, ending in `/`.
    pub site: String,
}

impl Settings {
    /// Reads the address's parameters; what it does not know keeps its default.
    #[must_use]
    pub fn from_parameters(site: String, parameter: impl Fn(&str) -> Option<String>) -> Self {
        Self {
            device: parameter("device")
                .and_then(|name| DeviceChoice::from_name(&name))
                .unwrap_or_default(),
            model: parameter("model").filter(|name| !name.is_empty()),
            site,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Settings {
        Settings::from_parameters(String::new(), |key| {
            let (_, value) = pairs.iter().find(|(name, _)| *name == key)?;
            Some((*value).to_owned())
        })
    }

    #[test]
    fn known_parameters_are_read() {
        assert_eq!(
            read(&[("device", "webgpu"), ("model", "puerto-rico")]),
            Settings {
                device: DeviceChoice::WebGpu,
                model: Some("puerto-rico".into()),
                site: String::new(),
            }
        );
    }

    #[test]
    fn unknown_values_keep_the_defaults() {
        assert_eq!(
            read(&[("device", "abacus"), ("model", "")]),
            Settings::default()
        );
        assert_eq!(read(&[]), Settings::default());
    }
}
