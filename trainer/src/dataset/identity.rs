//! Which recordings are one, and which people: tables spell and sort them differently.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use icu_normalizer::DecomposingNormalizer;

use super::Recording;

/// Files that may be parts of one recording: where more name one address, it is that of a collection.
const MOST_PARTS: usize = 20;

impl Recording {
    /// Where it was published: its number at xeno-canto, or an address that is not that of a collection.
    pub(crate) fn publication(&self) -> Option<String> {
        let address =
            (self.url.as_deref()).filter(|url| !self.shares_url && url.starts_with("http"));
        self.xeno_canto_number()
            .or_else(|| address.map(str::to_owned))
    }

    /// The recordist in letters and digits alone: spelling and spacing do not make another person.
    /// Where nobody is named, the speaker whom a file of Speech Commands is called after.
    pub(crate) fn recordist(&self) -> Option<String> {
        recordist_of(self.author.as_deref().or_else(|| self.speaker())?)
    }

    /// `0c40e715` of `bird/0c40e715_nohash_1.wav`: the data set's own way to keep a speaker on one side
    /// of a split (arXiv:1804.03209, section 7).
    fn speaker(&self) -> Option<&str> {
        let (speaker, _) = self.name().split_once("_nohash_")?;
        Some(speaker).filter(|speaker| !speaker.is_empty())
    }

    fn name(&self) -> &str {
        self.filename.rsplit('/').next().unwrap_or_default()
    }

    /// `XC123456` anywhere in its file's name, or the number in its address.
    fn xeno_canto_number(&self) -> Option<String> {
        let in_address = (self.url.as_deref()).and_then(|url| url.split_once("xeno-canto.org/"));
        [self.name().split_once("XC"), in_address]
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

/// Notes which recordings name the address of a collection: those of several people, or of more files than one
/// recording is cut into.
pub(super) fn find_collections(recordings: &mut [Recording]) {
    let mut shared: BTreeMap<&str, (usize, BTreeSet<String>)> = BTreeMap::new();
    for recording in recordings.iter() {
        if let Some(url) = &recording.url {
            let (files, people) = shared.entry(url).or_default();
            *files += 1;
            people.extend(recording.recordist());
        }
    }
    let collections: BTreeSet<String> = (shared.into_iter())
        .filter(|(_, (files, people))| *files > MOST_PARTS || people.len() > 1)
        .map(|(url, _)| url.to_owned())
        .collect();
    for recording in recordings {
        recording.shares_url =
            (recording.url.as_ref()).is_some_and(|url| collections.contains(url));
    }
}

/// Letters and digits of a name, if there are any. Accents are left out: one person's name is written with and
/// without, and either of two ways in Unicode.
pub(crate) fn recordist_of(name: &str) -> Option<String> {
    let letters = DecomposingNormalizer::new_nfkd().normalize(name);
    let plain = letters.chars().filter(|letter| letter.is_alphanumeric());
    let plain: String = plain.flat_map(char::to_lowercase).collect();
    (!plain.is_empty()).then_some(plain)
}

/// Whether two names may be of one file: each is relative to a folder of its own, of which one may lie in
/// the other.
pub(crate) fn is_same_file(name: &str, other: &str) -> bool {
    let (name, other) = (Path::new(name), Path::new(other));
    name.ends_with(other) || other.ends_with(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_again_from_a_folder_within() {
        assert!(is_same_file("audio/rain/1.wav", "rain/1.wav"));
        assert!(is_same_file("1.wav", "rain/1.wav"));
        assert!(!is_same_file("wind/1.wav", "rain/1.wav"));
        assert!(!is_same_file("11.wav", "rain/1.wav"));
    }

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

    #[test]
    fn the_address_of_a_collection_says_nothing_about_a_recording() {
        let recording = |url: &str, author: &str, index: usize| Recording {
            filename: format!("{author}/{index}.wav"),
            url: Some(url.to_owned()),
            author: (!author.is_empty()).then(|| author.to_owned()),
            ..Recording::default()
        };
        let [parts, archive, atlas] =
            ["parts", "archive", "atlas"].map(|name| format!("https://example.org/{name}"));
        let mut recordings: Vec<Recording> = [
            recording(&parts, "Ann", 1),
            recording(&parts, "Ann", 2),
            recording(&atlas, "Ann", 3),
            recording(&atlas, "Bo", 4),
        ]
        .into_iter()
        .chain((0..=MOST_PARTS).map(|index| recording(&archive, "", index)))
        .collect();

        find_collections(&mut recordings);

        let places = recordings.iter().map(Recording::publication);
        let known = places.flatten().collect::<Vec<_>>();
        assert_eq!(known, [parts.clone(), parts]);
    }

    #[test]
    fn a_person_is_known_by_name_or_by_the_speaker_in_the_name_of_the_file() {
        let recordist = |filename: &str, author: Option<&str>| {
            let recording = Recording {
                filename: filename.to_owned(),
                author: author.map(str::to_owned),
                ..Recording::default()
            };
            recording.recordist()
        };

        let composed = recordist("1.ogg", Some("José Ñandú"));
        assert_eq!(composed, Some("josenandu".to_owned()));
        assert_eq!(
            recordist("2.ogg", Some("Jose\u{301} N\u{303}andu\u{301}")),
            composed
        );
        let bell = Some("annbell".to_owned());
        assert_eq!(recordist("1.ogg", Some("Ann Bell")), bell);
        assert_eq!(recordist("0c4_nohash_1.ogg", Some("ann  bell")), bell);
        let speaker = Some("0c40e715".to_owned());
        assert_eq!(recordist("bird/0c40e715_nohash_1.ogg", None), speaker);
        assert_eq!(recordist("cat/0c40e715_nohash_0.wav", None), speaker);
        assert_eq!(recordist("bird/1.ogg", None), None);
    }
}
