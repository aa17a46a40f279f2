//! The licence that weights inherit from the recordings they were trained on.

use pipit_core::package::Attribution;

/// The Creative Commons licence with every condition that any recording sets; `None` where a
/// recording's licence is not one of them.
pub(super) fn strictest(attribution: &[Attribution]) -> Option<String> {
    let mut conditions = Conditions::default();
    for licence in attribution
        .iter()
        .flat_map(|entry| entry.licence.split(','))
    {
        conditions.add(licence.trim())?;
    }
    Some(conditions.to_string())
}

#[derive(Default)]
struct Conditions {
    attribution: bool,
    non_commercial: bool,
    share_alike: bool,
}

impl Conditions {
    fn add(&mut self, licence: &str) -> Option<()> {
        let licence = licence.to_lowercase();
        if licence.starts_with("cc0") || licence.starts_with("public domain") {
            return Some(());
        }
        let known = licence.starts_with("cc by")
            || licence.starts_with("creative commons attribution")
            || licence.contains("creativecommons.org/licenses/by");
        // Weights are a derivative, which "no derivatives" does not allow.
        let forbids = licence.contains("-nd") || licence.contains("noderiv");
        if !known || forbids {
            return None;
        }
        self.attribution = true;
        self.non_commercial |= licence.contains("-nc") || licence.contains("noncommercial");
        self.share_alike |= licence.contains("-sa") || licence.contains("sharealike");
        Some(())
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
        strictest(&attribution)
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
    fn unknown_and_forbidding_licences_need_a_decision() {
        assert_eq!(of(&["CC BY 4.0", "unknown"]), None);
        assert_eq!(of(&["CC BY-NC-ND 4.0"]), None);
    }
}
