//! The detection that the user has chosen.

use super::RecordingId;
use pipit_core::Detection;

/// What is chosen on the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Selected {
    /// In which recording.
    pub recording: RecordingId,
    /// The detection as it was when it was chosen.
    pub detection: Detection,
}

impl Selected {
    /// Whether it is this one: of one species at one time, whatever has become of end and confidence.
    #[must_use]
    pub fn is(&self, recording: RecordingId, detection: &Detection) -> bool {
        self.recording == recording
            && self.detection.label == detection.label
            && (self.detection.start_s - detection.start_s).abs() < 1e-6
    }
}

/// Of some of a recording's detections, in order of time, the one `by` places after the chosen one;
/// from either end if none of them is chosen. None beyond the ends.
#[must_use]
pub fn neighbour(
    recording: RecordingId,
    detections: &[Detection],
    selected: Option<&Selected>,
    by: isize,
) -> Option<Detection> {
    let chosen = selected.and_then(|s| detections.iter().position(|d| s.is(recording, d)));
    let next = match chosen {
        Some(at) => at.checked_add_signed(by)?,
        None if by > 0 => 0,
        None => detections.len().checked_sub(1)?,
    };
    detections.get(next).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipit_core::LabelId;

    fn detection(start_s: f64, label: usize) -> Detection {
        Detection {
            start_s,
            end_s: start_s + 5.0,
            label: LabelId(label),
            confidence: 0.5,
        }
    }

    #[test]
    fn neighbours_are_in_order_of_time_and_end_with_the_list() {
        let id = RecordingId(1);
        let detections = [detection(0.0, 0), detection(0.0, 1), detection(5.0, 0)];
        let selected = |detection| Selected {
            recording: id,
            detection,
        };
        let next = |from, by| {
            let next = neighbour(id, &detections, from, by)?;
            Some((next.start_s as i32, next.label.0))
        };
        let middle = selected(detection(0.0, 1));
        assert_eq!(next(Some(&middle), 1), Some((5, 0)));
        assert_eq!(next(Some(&middle), -1), Some((0, 0)));
        let last = selected(detection(5.0, 0));
        assert_eq!(next(Some(&last), 1), None);
        assert_eq!(
            (next(None, 1), next(None, -1)),
            (Some((0, 0)), Some((5, 0)))
        );
        // One that is gone, or of another recording, counts as none.
        let elsewhere = Selected {
            recording: RecordingId(2),
            ..middle
        };
        assert_eq!(next(Some(&elsewhere), 1), Some((0, 0)));
    }

    #[test]
    fn a_detection_stays_chosen_when_its_end_and_confidence_change() {
        let selected = Selected {
            recording: RecordingId(1),
            detection: detection(5.0, 0),
        };
        let longer = Detection {
            end_s: 20.0,
            confidence: 0.9,
            ..detection(5.0, 0)
        };
        assert!(selected.is(RecordingId(1), &longer));
        assert!(!selected.is(RecordingId(1), &detection(5.0, 1)));
    }
}
