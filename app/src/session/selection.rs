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

/// Of some of a recording's detections, in order of time, the one `by` places after the chosen one, or
/// after where that was if it is not among them; from either end if none is chosen in this recording. None
/// beyond the ends.
#[must_use]
pub fn neighbour(
    recording: RecordingId,
    detections: &[Detection],
    selected: Option<&Selected>,
    by: isize,
) -> Option<Detection> {
    let index_of = |chosen: &Selected| detections.iter().position(|d| chosen.is(recording, d));
    let chosen = selected.filter(|selected| selected.recording == recording);
    let next = match chosen.map(|chosen| (chosen, index_of(chosen))) {
        Some((_, Some(at))) => at.checked_add_signed(by)?,
        Some((gone, None)) => {
            let gone = place(&gone.detection);
            let after = detections.iter().take_while(|d| place(d) < gone).count();
            after.checked_add_signed(by - isize::from(by > 0))?
        }
        None if by > 0 => 0,
        None => detections.len().checked_sub(1)?,
    };
    detections.get(next).copied()
}

/// The order of detections.
fn place(detection: &Detection) -> (f64, usize) {
    (detection.start_s, detection.label.0)
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
        // Where one that is gone was, the next ones still are: it was answered, and so filtered out.
        let gone = selected(detection(2.5, 0));
        assert_eq!(next(Some(&gone), 1), Some((5, 0)));
        assert_eq!(next(Some(&gone), -1), Some((0, 1)));
        let first = selected(detection(-1.0, 0));
        assert_eq!(next(Some(&first), -1), None);
        let beyond = selected(detection(9.0, 0));
        assert_eq!(
            (next(Some(&beyond), 1), next(Some(&beyond), -1)),
            (None, Some((5, 0)))
        );
        // One of another recording counts as none.
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
