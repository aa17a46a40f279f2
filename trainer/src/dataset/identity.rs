//! Which recordings are one, and which people: tables spell and sort them differently.

use super::Recording;

impl Recording {
    /// Where it was published: its number at xeno-canto, or its address.
    pub(crate) fn publication(&self) -> Option<String> {
        let address = (self.url.as_deref()).filter(|url| url.starts_with("http"));
        self.xeno_canto_number()
            .or_else(|| address.map(str::to_owned))
    }

    /// The recordist in letters and digits alone: spelling and spacing do not make another person.
    pub(crate) fn recordist(&self) -> Option<String> {
        let author = self.author.as_deref()?;
        let plain = author.chars().filter(|letter| letter.is_alphanumeric());
        Some(plain.flat_map(char::to_lowercase).collect())
    }

    /// `XC123456` anywhere in its file's name, or the number in its address.
    fn xeno_canto_number(&self) -> Option<String> {
        let name = self.filename.rsplit('/').next().unwrap_or_default();
        let in_address = (self.url.as_deref()).and_then(|url| url.split_once("xeno-canto.org/"));
        [name.split_once("XC"), in_address]
            .into_iter()
            .flatten()
            .map(|(_, rest)| {
                let digits = rest.chars().take_while(char::is_ascii_digit);
                digits.collect::<String>()
            })
            .find(|digits| !digits.is_empty())
            .map(|digits| format!("XC{digits}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_known_by_its_number_or_its_address() {
        let publication = |filename: &str, url: &str| {
            let recording = Recording {
                filename: filename.to_owned(),
                url: (!url.is_empty()).then(|| url.to_owned()),
                ..Recording::default()
            };
            recording.publication()
        };
        let number = Some("XC134874".to_owned());

        assert_eq!(publication("a/XC134874.ogg", ""), number);
        assert_eq!(publication("b/Turdus XC134874_2.wav", ""), number);
        let address = "https://xeno-canto.org/134874";
        assert_eq!(publication("1.ogg", address), number);
        let address = "https://example.org/1";
        assert_eq!(publication("XCX.ogg", address).as_deref(), Some(address));
        assert_eq!(publication("1.ogg", "unknown"), None);
    }
}
