//! Which detections of a species to ask about, and in which order.
//!
//! What a confidence means is learnt best from answers at all confidences, while most detections
//! have a low one. The queue therefore draws alike from bins of confidence, as ornithologists do
//! who validate detectors (Wood & Kahl 2024, "Guidelines for appropriate use of `BirdNET` scores
//! and other detector outputs", Journal of Ornithology 165).

use super::answer::ReviewState;
use super::answers::{Answers, Question};
use pipit_core::package::sha256_hex;

/// How detections are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueConfig {
    /// Equal parts of 0…1 that confidences fall into.
    pub n_bins: usize,
    /// Answers wanted for each.
    pub per_bin: usize,
    /// Another seed draws other detections.
    pub seed: u64,
}

impl Default for QueueConfig {
    fn default() -> Self {
        Self {
            n_bins: 10,
            per_bin: 10,
            seed: 0,
        }
    }
}

/// How far the review of a species has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// By bin, from low confidences to high ones.
    pub bins: Vec<BinProgress>,
}

/// How far a bin has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BinProgress {
    /// Detections in it.
    pub detections: usize,
    /// Those with an answer.
    pub answered: usize,
    /// Answers wanted: no more than there are detections.
    pub wanted: usize,
}

impl Progress {
    /// Answers given, as far as they are wanted.
    #[must_use]
    pub fn answered(&self) -> usize {
        self.bins
            .iter()
            .map(|bin| bin.answered.min(bin.wanted))
            .sum()
    }

    /// Answers wanted in all.
    #[must_use]
    pub fn wanted(&self) -> usize {
        self.bins.iter().map(|bin| bin.wanted).sum()
    }
}

/// The detections of one species that are still to be asked about, as places in `questions`.
///
/// At every moment the bin with the fewest answers comes next, of several the one with the
/// highest confidences. Within a bin the order is random but fixed: it follows from the seed,
/// the recording's name and the detection's start, so that it stays when detections come and go.
#[must_use]
pub fn queue(questions: &[Question], answers: &Answers, config: &QueueConfig) -> Vec<usize> {
    let mut bins: Vec<Bin> = (0..config.n_bins.max(1)).map(|_| Bin::default()).collect();
    for (place, question) in questions.iter().enumerate() {
        let bin = &mut bins[bin_of(question.confidence, config)];
        if answers.state(question) == ReviewState::Open {
            bin.open.push((draw(question, config.seed), place));
        } else {
            bin.taken += 1;
        }
    }
    for bin in &mut bins {
        bin.open.sort_unstable();
        // They are taken from the end.
        bin.open.reverse();
    }
    let mut queue = Vec::new();
    let is_wanting = |bin: &&mut Bin| bin.taken < config.per_bin && !bin.open.is_empty();
    // Of equals `min_by_key` takes the first: the bin with the highest confidences.
    while let Some(bin) = bins
        .iter_mut()
        .rev()
        .filter(is_wanting)
        .min_by_key(|bin| bin.taken)
    {
        queue.extend(bin.open.pop().map(|(_, place)| place));
        bin.taken += 1;
    }
    queue
}

/// How far the review of one species' detections has come.
#[must_use]
pub fn progress(questions: &[Question], answers: &Answers, config: &QueueConfig) -> Progress {
    let mut bins = vec![BinProgress::default(); config.n_bins.max(1)];
    for question in questions {
        let bin = &mut bins[bin_of(question.confidence, config)];
        bin.detections += 1;
        bin.answered += usize::from(answers.state(question) != ReviewState::Open);
        bin.wanted = bin.detections.min(config.per_bin);
    }
    Progress { bins }
}

#[derive(Default)]
struct Bin {
    /// Random numbers and places of the questions without an answer.
    open: Vec<(String, usize)>,
    /// Questions with an answer or in the queue.
    taken: usize,
}

fn bin_of(confidence: f32, config: &QueueConfig) -> usize {
    let n_bins = config.n_bins.max(1);
    // The cast turns NaN and negative numbers into 0.
    ((confidence * n_bins as f32) as usize).min(n_bins - 1)
}

/// A number that looks random and is the same on every computer.
fn draw(question: &Question, seed: u64) -> String {
    let Question {
        recording,
        code,
        start_s,
        ..
    } = question;
    sha256_hex(format!("{seed}\n{}\n{code}\n{start_s:.3}", recording.name).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::answer::Answer;
    use super::super::fixture::question;
    use super::*;

    /// Many low confidences and few high ones.
    fn questions() -> Vec<Question> {
        (0..60_u8)
            .map(|i| Question {
                confidence: match i {
                    0..40 => 0.1,
                    40..55 => 0.5,
                    _ => 0.9,
                },
                ..question(usize::from(i))
            })
            .collect()
    }

    const CONFIG: QueueConfig = QueueConfig {
        n_bins: 3,
        per_bin: 8,
        seed: 1,
    };

    fn confidences(queue: &[usize]) -> Vec<f32> {
        queue.iter().map(|i| questions()[*i].confidence).collect()
    }

    #[test]
    fn bins_take_turns_until_they_have_enough() {
        let queue = queue(&questions(), &Answers::default(), &CONFIG);
        assert_eq!(confidences(&queue[..6]), [0.9, 0.5, 0.1, 0.9, 0.5, 0.1]);
        let count = |c: f32| {
            confidences(&queue)
                .iter()
                .filter(|x| x.total_cmp(&c).is_eq())
                .count()
        };
        assert_eq!([count(0.9), count(0.5), count(0.1)], [5, 8, 8]);
    }

    #[test]
    fn answers_are_made_up_for_in_the_other_bins() {
        let mut answers = Answers::default();
        for place in [55, 56, 40] {
            answers.answer(questions()[place].clone(), Some(Answer::Unsure));
        }
        let queue = queue(&questions(), &answers, &CONFIG);
        assert_eq!(confidences(&queue[..4]), [0.1, 0.5, 0.1, 0.9]);
        assert!([55, 56, 40].iter().all(|place| !queue.contains(place)));
    }

    #[test]
    fn the_seed_alone_decides_and_the_order_outlives_other_detections() {
        let draw = |questions: &[Question], seed| {
            let config = QueueConfig { seed, ..CONFIG };
            let places = queue(questions, &Answers::default(), &config);
            let starts = places.iter().map(|place| questions[*place].start_s);
            starts.collect::<Vec<f64>>()
        };
        let all = questions();
        let mut backwards = questions();
        backwards.reverse();
        assert_eq!(draw(&all, 1), draw(&backwards, 1));
        assert_ne!(draw(&all, 1), draw(&all, 2));
        let drawn = draw(&all, 1);
        let without_first: Vec<Question> = all
            .into_iter()
            .filter(|question| question.start_s.total_cmp(&drawn[0]).is_ne())
            .collect();
        let again = draw(&without_first, 1);
        assert_eq!(again.len(), drawn.len() - 1);
        assert!(again.iter().all(|start_s| drawn.contains(start_s)));
    }

    #[test]
    fn progress_counts_what_is_wanted() {
        let mut answers = Answers::default();
        for place in 40..52 {
            answers.answer(questions()[place].clone(), Some(Answer::Yes));
        }
        let progress = progress(&questions(), &answers, &CONFIG);
        assert_eq!((progress.answered(), progress.wanted()), (8, 21));
        assert_eq!(
            progress.bins[2],
            BinProgress {
                detections: 5,
                answered: 0,
                wanted: 5
            }
        );
        assert_eq!(progress.bins[1].answered, 12);
    }

    #[test]
    fn odd_confidences_fall_into_the_outer_bins() {
        for (confidence, bin) in [(f32::NAN, 0), (-0.1, 0), (0.0, 0), (1.0, 2), (1.5, 2)] {
            assert_eq!(bin_of(confidence, &CONFIG), bin);
        }
    }
}
