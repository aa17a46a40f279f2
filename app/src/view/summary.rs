//! All recordings together: which species at which time of day, and how many species after how
//! many recordings.

use crate::recorded_at::RecordedAt;
use pipit_core::{Detection, LabelId};
use std::collections::{BTreeMap, BTreeSet};

/// One recording, as far as the summary is concerned.
#[derive(Debug, Clone, Copy)]
pub struct Summarised<'a> {
    /// When it began, if its name says so.
    pub recorded_at: Option<RecordedAt>,
    /// What was heard.
    pub detections: &'a [Detection],
}

/// A species over the day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpeciesDay {
    /// Which one.
    pub label: LabelId,
    /// Detections that began in each hour of the recorders' clocks.
    pub by_hour: [usize; 24],
    /// Detections in all recordings, also those without a time.
    pub total: usize,
    /// Recordings in which it was heard.
    pub n_recordings: usize,
}

/// Species with their detections by hour, the most frequent first.
#[must_use]
pub fn by_hour(recordings: &[Summarised]) -> Vec<SpeciesDay> {
    let mut species: BTreeMap<LabelId, SpeciesDay> = BTreeMap::new();
    for recording in recordings {
        let mut heard = BTreeSet::new();
        for detection in recording.detections {
            let day = species
                .entry(detection.label)
                .or_insert_with(|| SpeciesDay {
                    label: detection.label,
                    by_hour: [0; 24],
                    total: 0,
                    n_recordings: 0,
                });
            day.total += 1;
            day.n_recordings += usize::from(heard.insert(detection.label));
            if let Some(start) = recording.recorded_at {
                let second = start.after_s(detection.start_s).second_of_day();
                let hour = (second / 3600.0) as usize;
                day.by_hour[hour.min(23)] += 1;
            }
        }
    }
    let mut species: Vec<SpeciesDay> = species.into_values().collect();
    species.sort_by_key(|day| std::cmp::Reverse(day.total));
    species
}

/// Species heard so far after each recording: in order of time where all recordings have one,
/// else in their own order.
#[must_use]
pub fn accumulation(recordings: &[Summarised]) -> Vec<usize> {
    let mut ordered: Vec<&Summarised> = recordings.iter().collect();
    if ordered
        .iter()
        .all(|recording| recording.recorded_at.is_some())
    {
        ordered.sort_by_key(|recording| recording.recorded_at.map(|time| time.to_string()));
    }
    let mut seen = BTreeSet::new();
    ordered
        .into_iter()
        .map(|recording| {
            seen.extend(recording.detections.iter().map(|d| d.label));
            seen.len()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detection(start_s: f64, label: usize) -> Detection {
        Detection {
            start_s,
            end_s: start_s + 5.0,
            label: LabelId(label),
            confidence: 0.5,
        }
    }

    #[test]
    fn hours_are_those_of_the_detections_and_not_of_the_files() {
        let detections = [detection(0.0, 1), detection(3000.0, 1), detection(10.0, 0)];
        let timed = Summarised {
            recorded_at: RecordedAt::from_file_name("20240512_051500.WAV"),
            detections: &detections,
        };
        let untimed = Summarised {
            recorded_at: None,
            detections: &detections[..1],
        };
        let species = by_hour(&[timed, untimed]);
        assert_eq!((species[0].label, species[0].total), (LabelId(1), 3));
        assert_eq!((species[0].by_hour[5], species[0].by_hour[6]), (1, 1));
        assert_eq!((species[0].n_recordings, species[1].n_recordings), (2, 1));
    }

    #[test]
    fn species_accumulate_in_order_of_time() {
        let [a, b] = [[detection(0.0, 0)], [detection(0.0, 1)]];
        let at = |name, detections| Summarised {
            recorded_at: RecordedAt::from_file_name(name),
            detections,
        };
        let later = at("20240512_061500.WAV", &a[..]);
        let nothing = at("20240512_051500.WAV", &[]);
        assert_eq!(accumulation(&[later, nothing]), [0, 1]);
        let untimed = at("b.wav", &b[..]);
        assert_eq!(accumulation(&[later, untimed, later]), [1, 2, 2]);
    }
}
