//! When a recording began, as recorders write it into their files' names.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// A moment on the recorder's clock, and how far that clock was from UTC if the name says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RecordedAt {
    clock: DateTime,
    offset: Option<Offset>,
}

/// A text with no date and time in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no date and time such as 2024-05-12T05:15:00 in {0:?}")]
pub struct NoTimeError(String);

/// What stands between a date and a time of day; the longer ones first.
const BETWEEN: [&str; 9] = ["-birdnet-", " at ", "T", "_", "-", " ", "$", ".", ""];
/// What stands within a date that is not written in one piece.
const IN_DATES: [&str; 3] = ["-", "_", "."];
/// What stands within a time of day that is not written in one piece.
const IN_TIMES: [&str; 4] = ["-", ":", ".", "_"];
/// Years that are dates of recordings and not parts of serial numbers.
const YEARS: std::ops::RangeInclusive<i16> = 1950..=2100;

impl RecordedAt {
    /// Reads the start of a recording from its file's name, which may have folders before it.
    ///
    /// Known are the names of `AudioMoth` (`20240512_051500.WAV`, `…T.WAV`, and the hexadecimal
    /// seconds of its first years, `5E90A4D4.WAV`), Song Meter (`SITE_20240512_051500.wav`,
    /// `SITE_0+1_20240512$051500.wav`), BAR (`20240512T051500+1000_SITE.flac`), `SoundTrap`
    /// (`5678.240512051500.wav`), `PAMGuard` and `icListen` (`…_2024-05-12_05-15-00.wav`),
    /// `BirdNET-Pi` (`2024-05-12-birdnet-05:15:00.mp3`) and phones (`Recording 2024-05-12 at
    /// 05.15.00.m4a`); `Z`, `UTC+2` or `+0200` behind them is their offset.
    ///
    /// A clock that stands at the first day of 1970 was never set and tells nothing.
    #[must_use]
    pub fn from_file_name(name: &str) -> Option<Self> {
        let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let (stem, extension) = file.rsplit_once('.').unwrap_or((file, ""));
        let is_wav = extension.eq_ignore_ascii_case("wav");
        let in_hex = || is_wav.then(|| hexadecimal(stem)).flatten();
        find(stem).or_else(in_hex)
    }

    /// The moment this many seconds later.
    #[must_use]
    pub fn after_s(self, seconds: f64) -> Self {
        // Rounded, because clocks are written in milliseconds.
        let later = SignedDuration::from_millis((seconds * 1000.0).round() as i64);
        Self {
            clock: self.clock.saturating_add(later),
            ..self
        }
    }

    /// Seconds since midnight on the recorder's clock, 0 to 86 400.
    #[must_use]
    pub fn second_of_day(self) -> f64 {
        let time = self.clock.time();
        let minutes = 60 * i32::from(time.hour()) + i32::from(time.minute());
        let seconds = 60 * minutes + i32::from(time.second());
        f64::from(seconds) + f64::from(time.subsec_nanosecond()) * 1e-9
    }

    /// The day on the recorder's clock as `2024-05-12`.
    #[must_use]
    pub fn day(self) -> String {
        self.clock.date().to_string()
    }
}

/// ISO 8601 in milliseconds, with the offset if it is known.
impl fmt::Display for RecordedAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self
            .offset
            .and_then(|offset| Some((offset, offset.to_timestamp(self.clock).ok()?)));
        match known {
            Some((offset, moment)) => write!(f, "{:.3}", moment.display_with_offset(offset)),
            None => write!(f, "{:.3}", self.clock),
        }
    }
}

impl FromStr for RecordedAt {
    type Err = NoTimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        find(text).ok_or_else(|| NoTimeError(text.to_owned()))
    }
}

impl TryFrom<String> for RecordedAt {
    type Error = NoTimeError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RecordedAt> for String {
    fn from(moment: RecordedAt) -> Self {
        moment.to_string()
    }
}

/// The first date with a time of day in a text.
fn find(text: &str) -> Option<RecordedAt> {
    let starts = text.char_indices().filter(|(i, c)| {
        let before = text[..*i].chars().next_back();
        c.is_ascii_digit() && !before.is_some_and(|c| c.is_ascii_digit())
    });
    starts
        .filter_map(|(i, _)| moment(&text[i..]).or_else(|| short_moment(&text[..i], &text[i..])))
        .find(|found| YEARS.contains(&found.clock.year()) && !never_set(found.clock))
}

/// A moment with a year of four digits at the start of a text.
fn moment(text: &str) -> Option<RecordedAt> {
    let (year, text) = digits(text, 4)?;
    let (month, day, text) = pair(text, &IN_DATES)?;
    let (hour, minute, second, text) = BETWEEN.iter().find_map(|between| {
        let (hour, text) = digits(text.strip_prefix(between)?, 2)?;
        let (minute, second, text) = pair(text, &IN_TIMES)?;
        (!starts_with_digit(text)).then_some((hour, minute, second, text))
    })?;
    let (nanosecond, text) = fraction(text).unwrap_or((0, text));
    let clock = civil([year, month, day, hour, minute, second], nanosecond)?;
    Some(RecordedAt {
        clock,
        offset: offset(text),
    })
}

/// `SoundTrap`'s moments: twelve digits, the year with two of them, behind a point.
fn short_moment(before: &str, text: &str) -> Option<RecordedAt> {
    if !before.ends_with('.') {
        return None;
    }
    let mut parts = [0; 6];
    let mut rest = text;
    for part in &mut parts {
        (*part, rest) = digits(rest, 2)?;
    }
    parts[0] += 2000;
    let clock = civil(parts, 0).filter(|_| !starts_with_digit(rest))?;
    Some(RecordedAt {
        clock,
        offset: offset(rest),
    })
}

/// Seconds since 1970 in eight hexadecimal digits. Only years from 2012 to 2029, and only with a
/// letter among them: other numbers are taken for a catalogue's.
fn hexadecimal(stem: &str) -> Option<RecordedAt> {
    let is_hex = |c: char| c.is_ascii_digit() || ('A'..='F').contains(&c);
    let fits = stem.len() == 8
        && stem.starts_with(['5', '6'])
        && stem.chars().all(is_hex)
        && stem.contains(|c: char| c.is_ascii_alphabetic());
    let seconds = fits.then(|| i64::from_str_radix(stem, 16).ok()).flatten()?;
    let moment = Timestamp::from_second(seconds).ok()?;
    Some(RecordedAt {
        clock: Offset::UTC.to_datetime(moment),
        offset: Some(Offset::UTC),
    })
}

/// `Z`, `UTC`, `GMT+2`, `+0200`, `_-03:30` or `(UTC+2)` at the start of a text. A bare sign needs
/// hours and minutes, since `-02` may as well be the number of a part.
fn offset(text: &str) -> Option<Offset> {
    let text = text.trim_start_matches(['_', ' ', '(']);
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
    if let Some(rest) = text.strip_prefix(['Z', 'z']) {
        return ends(rest).then_some(Offset::UTC);
    }
    let named = ["UTC", "GMT"].iter().find_map(|n| text.strip_prefix(n));
    let signed = named.unwrap_or(text);
    let sign = match signed.chars().next() {
        Some('+') => 1,
        Some('-') => -1,
        _ => return named.filter(|rest| ends(rest)).map(|_| Offset::UTC),
    };
    let number = &signed[1..];
    let with_minutes = || {
        let (hours, rest) = digits(number, 2)?;
        let (minutes, rest) = digits(rest.strip_prefix(':').unwrap_or(rest), 2)?;
        Some((hours, minutes, rest))
    };
    let hours_alone = || {
        let (hours, rest) = digits(number, 2).or_else(|| digits(number, 1))?;
        named.map(|_| (hours, 0, rest))
    };
    let (hours, minutes, rest) = with_minutes().or_else(hours_alone)?;
    let exists = hours <= 14 && minutes % 15 == 0 && minutes < 60 && ends(rest);
    let seconds = sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60);
    exists.then(|| Offset::from_seconds(seconds).ok()).flatten()
}

/// Two numbers of two digits: in one piece, or each behind the same separator.
fn pair<'a>(text: &'a str, separators: &[&str]) -> Option<(i16, i16, &'a str)> {
    let separated = |separator: &str| {
        let (first, rest) = digits(text.strip_prefix(separator)?, 2)?;
        let (second, rest) = digits(rest.strip_prefix(separator)?, 2)?;
        Some((first, second, rest))
    };
    separated("").or_else(|| separators.iter().find_map(|s| separated(s)))
}

/// A fraction of a second with three or six digits, in nanoseconds.
fn fraction(text: &str) -> Option<(i32, &str)> {
    let text = text.strip_prefix('.')?;
    let n_digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(n_digits);
    let unit = match n_digits {
        3 => 1_000_000,
        6 => 1_000,
        _ => return None,
    };
    Some((number.parse::<i32>().ok()? * unit, rest))
}

fn digits(text: &str, n: usize) -> Option<(i16, &str)> {
    let number = text.get(..n)?;
    let all = number.bytes().all(|b| b.is_ascii_digit());
    let number = all.then(|| number.parse().ok()).flatten()?;
    Some((number, &text[n..]))
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

fn civil([year, month, day, hour, minute, second]: [i16; 6], nanosecond: i32) -> Option<DateTime> {
    let [month, day, hour, minute, second] =
        [month, day, hour, minute, second].map(|part| part as i8);
    DateTime::new(year, month, day, hour, minute, second, nanosecond).ok()
}

fn never_set(clock: DateTime) -> bool {
    clock.year() == 1970 && clock.day_of_year() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(name: &str, expected: &str) {
        let found = RecordedAt::from_file_name(name).map(|moment| moment.to_string());
        assert_eq!(found.as_deref(), Some(expected), "{name}");
    }

    #[test]
    fn the_names_of_recorders_tell_the_time() {
        for name in [
            "20240512_051500.WAV",
            "20240512_051500T.WAV",
            "20240512_051500_003.WAV",
            "24E144036037F0CA_20240512_051500.WAV",
            "SITE_20240512_051500.wav",
            "SITE_0+1_20240512$051500.wav",
            "PAM_20240512_051500.flac",
            "5678.240512051500.wav",
            "SBW1234_2024-05-12_05-15-00.wav",
            "2024-05-12T05-15-00.wav",
            "2024-05-12-birdnet-05:15:00.mp3",
            "Recording 2024-05-12 at 05.15.00.m4a",
            "20240512051500.ogg",
            "2024_05_12_05_15_00.wav",
            "card 1/2023-01-01/20240512_051500.WAV",
            "C:\\Aufnahmen\\Grünfink_20240512_051500.wav",
        ] {
            reads(name, "2024-05-12T05:15:00.000");
        }
        reads("2024-05-12T05-15-00.250.wav", "2024-05-12T05:15:00.250");
    }

    #[test]
    fn offsets_are_read_where_they_are_written() {
        for (suffix, offset) in [
            ("Z", "+00:00"),
            ("_UTC", "+00:00"),
            ("UTC+2", "+02:00"),
            ("_(UTC-0330)", "-03:30"),
            ("+1000_SITE", "+10:00"),
            ("_-05:00", "-05:00"),
            ("_GMT+05:45", "+05:45"),
        ] {
            let name = format!("20240512T051500{suffix}.wav");
            reads(&name, &format!("2024-05-12T05:15:00.000{offset}"));
        }
        for part in ["-02", "_ZOO", "-0001", "-2", "_UTCLAB", "+9900", " (2)"] {
            reads(
                &format!("20240512_051500{part}.wav"),
                "2024-05-12T05:15:00.000",
            );
        }
        reads("5E90A4D4.WAV", "2020-04-10T16:54:44.000+00:00");
    }

    #[test]
    fn other_names_tell_nothing() {
        for name in [
            "",
            "XC123456.mp3",
            "20240512.wav",
            "20240512_0515.wav",
            "20241312_051500.wav",
            "20230229_051500.wav",
            "20240512_251500.wav",
            "120240512_0515001.wav",
            "19700101_000012.WAV",
            "50001234.wav",
            "5E90A4D4.mp3",
            "335577119240512.wav",
        ] {
            assert_eq!(RecordedAt::from_file_name(name), None, "{name}");
        }
    }

    #[test]
    fn later_moments_cross_midnight_and_leap_days() {
        let start = RecordedAt::from_file_name("20240228_235930Z.wav").expect("a time");
        assert_eq!(
            start.after_s(30.5).to_string(),
            "2024-02-29T00:00:00.500+00:00"
        );
        assert_eq!(start.after_s(30.5).day(), "2024-02-29");
        let noon = RecordedAt::from_file_name("20240228_123000.wav").expect("a time");
        assert!((noon.after_s(18.25).second_of_day() - 45_018.25).abs() < 1e-9);
    }

    #[test]
    fn moments_survive_json() {
        for name in ["20240512_051500.WAV", "20240512T051500-0330.wav"] {
            let moment = RecordedAt::from_file_name(name).expect("a time");
            let json = serde_json::to_string(&moment.after_s(1.25)).expect("serialises");
            let again: RecordedAt = serde_json::from_str(&json).expect("parses");
            assert_eq!(again, moment.after_s(1.25));
        }
        let error = serde_json::from_str::<RecordedAt>("\"dawn\"").expect_err("no time");
        assert!(error.to_string().contains("\"dawn\""));
    }
}
