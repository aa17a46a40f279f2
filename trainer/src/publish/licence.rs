//! The licence that weights inherit from the recordings they were trained on.

use anyhow::Context;
use pipit_core::package::Attribution;

/// The Creative Commons licence with every condition that any recording sets.
///
/// # Errors
/// When the licence of a recording, a background or a counterexample is not one of them.
pub(super) fn strictest(attribution: &[Attribution]) -> anyhow::Result<String> {
    let mut conditions = Conditions::default();
    for entry in attribution {
        for licence in entry.licence.split(',') {
            conditions.add(licence.trim()).with_context(|| {
                format!(
                    "nothing follows from the licence {:?} of {} recordings, backgrounds or counterexamples by {}",
                    licence.trim(),
                    entry.recordings,
                    entry.author
                )
            })?;
        }
    }
    Ok(conditions.to_string())
}

/// How a licence with attribution begins, ...
const NAMES: [&str; 3] = ["cc by", "cc-by", "creative commons attribution"];
/// ... or where it is found.
const ADDRESS: &str = "creativecommons.org/licenses/by";
/// Words that set no condition, beside countries.
const AFTER_VERSION: [&str; 8] = [
    "international",
    "unported",
    "generic",
    "license",
    "licence",
    "deed",
    "legalcode",
    "igo",
];

#[derive(Default)]
struct Conditions {
    attribution: bool,
    non_commercial: bool,
    share_alike: bool,
}

impl Conditions {
    /// Nothing that it does not understand is passed over: it might be a condition. Weights are a
    /// derivative, which "no derivatives" does not allow.
    fn add(&mut self, licence: &str) -> Option<()> {
        let licence = licence.to_lowercase();
        if licence.starts_with("cc0") || licence.starts_with("public domain") {
            return Some(());
        }
        let conditions = (NAMES.iter())
            .find_map(|name| licence.strip_prefix(name))
            .or_else(|| Some(licence.split_once(ADDRESS)?.1))?;
        self.attribution = true;
        let version = conditions.find(|c: char| c.is_ascii_digit());
        let (conditions, version) = conditions.split_at(version.unwrap_or(conditions.len()));
        // However they are set apart: "-NC", " Non-Commercial", "NonCommercial".
        let together: String = conditions
            .chars()
            .filter(char::is_ascii_alphabetic)
            .collect();
        let mut left = together.as_str();
        while !left.is_empty() {
            let strip = |names: [&str; 2]| names.iter().find_map(|name| left.strip_prefix(name));
            left = if let Some(rest) = strip(["nc", "noncommercial"]) {
                self.non_commercial = true;
                rest
            } else if let Some(rest) = strip(["sa", "sharealike"]) {
                self.share_alike = true;
                rest
            } else {
                strip(["license", "licence"])?
            };
        }
        let is_known = |word: &str| {
            let is_country = word.len() == 2 && !["nc", "sa", "nd"].contains(&word);
            is_country || word.parse::<u8>().is_ok() || AFTER_VERSION.contains(&word)
        };
        version
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .all(is_known)
            .then_some(())
    }
}

impl std::fmt::Display for Conditions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.attribution {
            return f.write_str("CC0 1.0");
        }
        f.write_str("CC BY")?;
        if self.non_commercial {
            f.write_str("-NC")?;
        }
        if self.share_alike {
            f.write_str("-SA")?;
        }
        f.write_str(" 4.0")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(licences: &[&str]) -> Option<String> {
        let attribution: Vec<Attribution> = licences
            .iter()
            .map(|licence| Attribution {
                author: "Ann".to_owned(),
                licence: (*licence).to_owned(),
                recordings: 1,
                url: None,
            })
            .collect();
        strictest(&attribution).ok()
    }

    #[test]
    fn conditions_add_up() {
        assert_eq!(of(&["CC0 1.0"]).as_deref(), Some("CC0 1.0"));
        assert_eq!(of(&["CC BY 4.0", "CC0"]).as_deref(), Some("CC BY 4.0"));
        assert_eq!(
            of(&["CC BY-SA 4.0", "CC BY-NC-SA 3.0, CC BY 4.0"]).as_deref(),
            Some("CC BY-NC-SA 4.0")
        );
        assert_eq!(
            of(&["Creative Commons Attribution-NonCommercial-ShareAlike 3.0"]).as_deref(),
            Some("CC BY-NC-SA 4.0")
        );
    }

    #[test]
    fn conditions_are_found_however_they_are_written() {
        let strictest = [
            "CC BY-NC-SA 4.0",
            "cc-by-nc-sa",
            "CC BY NC SA 3.0 US",
            "//creativecommons.org/licenses/by-nc-sa/4.0/",
            "https://creativecommons.org/licenses/by-nc-sa/3.0/deed.de",
            "Creative Commons Attribution Non-Commercial Share Alike 4.0 International",
            "Creative Commons Attribution-NonCommercial-Share Alike License",
        ];
        for licence in strictest {
            let found = of(&[licence]);
            assert_eq!(found.as_deref(), Some("CC BY-NC-SA 4.0"), "{licence}");
        }
        let plain = of(&["Creative Commons Attribution 4.0 International"]);
        assert_eq!(plain.as_deref(), Some("CC BY 4.0"));
    }

    #[test]
    fn unknown_and_forbidding_licences_need_a_decision() {
        assert_eq!(of(&["CC BY 4.0", "unknown"]), None);
        assert_eq!(of(&["CC BY-NC-ND 4.0"]), None);
        assert_eq!(
            of(&["Creative Commons Attribution-No Derivatives 4.0"]),
            None
        );
        assert_eq!(of(&["CC BY 4.0 for research only"]), None);
        assert_eq!(of(&["CC BY 4.0 NC"]), None);
    }
}
