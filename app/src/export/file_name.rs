//! Names of files that every system accepts.

use std::collections::HashSet;

/// Longest name of one file or folder in characters, with room for what is appended.
const MAX_LENGTH: usize = 100;

/// Names that Windows keeps for devices, whatever extension follows.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Names that were given away already.
#[derive(Debug, Clone, Default)]
pub struct UniqueNames(HashSet<String>);

impl UniqueNames {
    /// The name `stem.extension`, or `stem (2).extension` where it is taken; upper and lower case
    /// are the same to Windows.
    pub fn take(&mut self, stem: &str, extension: &str) -> String {
        let mut name = format!("{stem}.{extension}");
        let mut n = 1;
        while !self.0.insert(name.to_lowercase()) {
            n += 1;
            name = format!("{stem} ({n}).{extension}");
        }
        name
    }
}

/// A name of one file or folder, from any text: what Windows forbids becomes `_`.
///
/// The rules are Microsoft's in "Naming Files, Paths, and Namespaces"; those of other systems are
/// weaker.
#[must_use]
pub fn safe(text: &str) -> String {
    let allowed = |c: char| !c.is_control() && !"<>:\"/\\|?*".contains(c);
    let name: String = text
        .chars()
        .map(|c| if allowed(c) { c } else { '_' })
        .take(MAX_LENGTH)
        .collect();
    let name = name.trim_matches([' ', '.']);
    let start = name.split('.').next().unwrap_or(name).trim_end();
    let start = start.to_lowercase();
    let numbered = |prefix| {
        let digit = start.strip_prefix(prefix);
        digit
            .is_some_and(|d| matches!(d, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9"))
    };
    let is_device = DEVICES.contains(&start.as_str()) || numbered("com") || numbered("lpt");
    if name.is_empty() || is_device {
        format!("_{name}")
    } else {
        name.to_owned()
    }
}

/// A recording's name without folders and extension, safe as part of another name.
#[must_use]
pub fn stem(recording: &str) -> String {
    let file = recording.rsplit(['/', '\\']).next().unwrap_or(recording);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    safe(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_windows_forbids_is_replaced() {
        for (text, expected) in [
            ("a<b>c:d\"e/f\\g|h?i*j", "a_b_c_d_e_f_g_h_i_j"),
            ("tab\tline\n", "tab_line_"),
            ("ends in dots. .", "ends in dots"),
            ("NUL.wav", "_NUL.wav"),
            ("com1", "_com1"),
            ("common", "common"),
            ("", "_"),
            ("..", "_"),
            ("Grünfink 鸟", "Grünfink 鸟"),
        ] {
            assert_eq!(safe(text), expected, "{text:?}");
        }
        assert_eq!(safe(&"ü".repeat(300)).chars().count(), MAX_LENGTH);
    }

    #[test]
    fn names_differ_also_where_case_does_not_count() {
        let mut names = UniqueNames::default();
        assert_eq!(names.take("dawn", "txt"), "dawn.txt");
        assert_eq!(names.take("DAWN", "TXT"), "DAWN (2).TXT");
        assert_eq!(names.take("dawn", "txt"), "dawn (3).txt");
        assert_eq!(names.take("dawn", "wav"), "dawn.wav");
    }

    #[test]
    fn stems_have_neither_folder_nor_extension() {
        assert_eq!(stem("card 1/20240512_051500.WAV"), "20240512_051500");
        assert_eq!(stem("C:\\dawn.v2.flac"), "dawn.v2");
        assert_eq!(stem("dawn"), "dawn");
    }
}
