//! All answers, and undo.

use super::answer::{Answer, ReviewState};
use crate::file_stamp::name_of;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Tells recordings apart, also in a later visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingKey {
    /// File name.
    pub name: String,
    /// Its size; 0 for what was heard live.
    pub bytes: u64,
    /// What tells its file from others, if it was looked at: see [`crate::file_stamp`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp: Option<String>,
}

impl RecordingKey {
    /// Whether both are the same recording: by their own names and stamps if both have one, so that a
    /// file that lies elsewhere keeps its answers, else by whole name and size, if both have one.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        if let (Some(ours), Some(theirs)) = (&self.stamp, &other.stamp) {
            return ours == theirs && name_of(&self.name) == name_of(&other.name);
        }
        let are_files = self.bytes > 0 && other.bytes > 0;
        self.name == other.name && (self.bytes == other.bytes || !are_files)
    }
}

/// A detection as a reviewer is asked about it: is this species heard here?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// In which recording.
    pub recording: RecordingKey,
    /// Code of the species.
    pub code: String,
    /// Start in the recording.
    pub start_s: f64,
    /// End in the recording.
    pub end_s: f64,
    /// The detection's confidence.
    pub confidence: f32,
    /// SHA-256 of the weights whose confidence it is, hexadecimal, as far as that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights_sha256: Option<String>,
}

/// A question with its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// What was asked.
    #[serde(flatten)]
    pub question: Question,
    /// What was said.
    #[serde(flatten)]
    pub answer: Answer,
}

/// Answers to questions that overlap at least this much are the same question's. Overlap is the
/// part of the time that both cover, of the time that either covers.
const MIN_OVERLAP: f64 = 0.5;

/// What reviewers have said, and what they took back.
///
/// An answer is found again for a detection of the same species that shares at least half of its
/// time, so that it outlives another threshold, another gap and a new run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answers {
    /// By code of the species, in order of asking.
    by_code: BTreeMap<String, Vec<Answered>>,
    /// Changes that can be undone, the last one last.
    done: Vec<Change>,
    /// Changes that can be made again, the next one last.
    undone: Vec<Change>,
}

/// A step: one question was answered, anew or otherwise than before, or many at once.
#[derive(Debug, Clone, PartialEq)]
struct Change {
    /// The one question; none of many.
    question: Option<Question>,
    /// The answers that went.
    before: Vec<Answered>,
    /// The answers that came.
    after: Vec<Answered>,
}

impl Answers {
    /// Answers from a file, with nothing to undo. Of two to one question the later one holds.
    #[must_use]
    pub fn new(answered: impl IntoIterator<Item = Answered>) -> Self {
        let mut answers = Self::default();
        for Answered { question, answer } in answered {
            answers.put(&question, Some(answer));
        }
        answers
    }

    /// The answer to a question.
    #[must_use]
    pub fn get(&self, question: &Question) -> Option<&Answer> {
        self.find(question).map(|found| &found.answer)
    }

    /// The state of a question.
    #[must_use]
    pub fn state(&self, question: &Question) -> ReviewState {
        self.get(question).into()
    }

    /// All answers, species by species.
    pub fn iter(&self) -> impl Iterator<Item = &Answered> {
        self.by_code.values().flatten()
    }

    /// The answers about one species.
    #[must_use]
    pub fn of_species(&self, code: &str) -> &[Answered] {
        self.by_code.get(code).map_or(&[], Vec::as_slice)
    }

    /// The codes of the species with answers.
    pub fn species(&self) -> impl Iterator<Item = &str> {
        self.by_code.keys().map(String::as_str)
    }

    /// The answers about a species with one model's confidences: those about what it found, and those about
    /// what others found, as far as they answer `questions`, which are about what it finds there now.
    #[must_use]
    pub fn with_confidences_of(
        &self,
        weights_sha256: Option<&str>,
        code: &str,
        questions: &[Question],
    ) -> Vec<Answered> {
        let is_its = |known: &&Answered| known.question.weights_sha256.as_deref() == weights_sha256;
        let own = self.of_species(code).iter().filter(is_its).cloned();
        let anew = questions.iter().filter_map(|question| {
            let found = self.find(question).filter(|found| !is_its(found))?;
            Some(Answered {
                question: question.clone(),
                answer: found.answer.clone(),
            })
        });
        own.chain(anew).collect()
    }

    /// Answers a question, or takes its answer back. What was undone before cannot be redone.
    pub fn answer(&mut self, question: Question, answer: Option<Answer>) {
        let before = self.put(&question, answer.clone());
        if before.is_empty() && answer.is_none() {
            return;
        }
        let after = answer.map(|answer| Answered {
            question: question.clone(),
            answer,
        });
        self.record(Change {
            question: Some(question),
            before,
            after: Vec::from_iter(after),
        });
    }

    /// Takes another's answers beside those that are there, in one step; to a question that both
    /// have answered, the other's holds.
    pub fn merge(&mut self, other: Self) {
        let mut before = Vec::new();
        let mut after = Vec::new();
        for answered in other.by_code.into_values().flatten() {
            if self.of_species(&answered.question.code).contains(&answered) {
                continue;
            }
            // Never one that has just come: no two of the other's are to the same question.
            before.extend(self.put(&answered.question, Some(answered.answer.clone())));
            after.push(answered);
        }
        if !after.is_empty() {
            self.record(Change {
                question: None,
                before,
                after,
            });
        }
    }

    /// Undoes the last step; returns its question if it was about one, so that the page can go
    /// there.
    pub fn undo(&mut self) -> Option<&Question> {
        let change = self.done.pop()?;
        self.exchange(&change.after, &change.before);
        self.undone.push(change);
        self.undone.last()?.question.as_ref()
    }

    /// Makes the last undone step again; returns its question as [`Answers::undo`] does.
    pub fn redo(&mut self) -> Option<&Question> {
        let change = self.undone.pop()?;
        self.exchange(&change.before, &change.after);
        self.done.push(change);
        self.done.last()?.question.as_ref()
    }

    fn record(&mut self, change: Change) {
        self.undone.clear();
        self.done.push(change);
    }

    fn exchange(&mut self, leaving: &[Answered], coming: &[Answered]) {
        for Answered { question, .. } in leaving {
            self.put(question, None);
        }
        for Answered { question, answer } in coming {
            self.put(question, Some(answer.clone()));
        }
    }

    /// Replaces all answers to a question; returns the former ones. No two answers that stay
    /// are to the same question.
    fn put(&mut self, question: &Question, answer: Option<Answer>) -> Vec<Answered> {
        let known = self.by_code.remove(&question.code).unwrap_or_default();
        let (former, mut kept): (Vec<_>, Vec<_>) = known
            .into_iter()
            .partition(|known| same(&known.question, question).is_some());
        kept.extend(answer.map(|answer| Answered {
            question: question.clone(),
            answer,
        }));
        if !kept.is_empty() {
            self.by_code.insert(question.code.clone(), kept);
        }
        former
    }

    /// The answered question with the largest overlap.
    fn find(&self, question: &Question) -> Option<&Answered> {
        let candidates = self.of_species(&question.code).iter();
        candidates
            .filter_map(|known| Some((same(&known.question, question)?, known)))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, known)| known)
    }
}

/// How much two questions about a species overlap, if it is enough to be the same question.
fn same(a: &Question, b: &Question) -> Option<f64> {
    let both = a.end_s.min(b.end_s) - a.start_s.max(b.start_s);
    let either = a.end_s.max(b.end_s) - a.start_s.min(b.start_s);
    let overlap = both.max(0.0) / either.max(f64::MIN_POSITIVE);
    (overlap >= MIN_OVERLAP && a.recording.is_same(&b.recording)).then_some(overlap)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{question, question_at};
    use super::*;

    #[test]
    fn answers_are_found_again_at_other_thresholds_and_gaps() {
        let mut answers = Answers::default();
        answers.answer(question_at(5.0, 10.0), Some(Answer::No));
        let state = |start_s, end_s| answers.state(&question_at(start_s, end_s));
        assert_eq!(state(5.0, 10.0), ReviewState::No);
        assert_eq!(state(5.0, 15.0), ReviewState::No);
        assert_eq!(state(5.0, 15.1), ReviewState::Open);
        assert_eq!(state(10.0, 15.0), ReviewState::Open);
        let other_species = Question {
            code: "prtody1".into(),
            ..question_at(5.0, 10.0)
        };
        assert_eq!(answers.state(&other_species), ReviewState::Open);
    }

    #[test]
    fn the_answer_with_the_largest_overlap_holds() {
        let mut answers = Answers::default();
        answers.answer(question_at(0.0, 10.0), Some(Answer::Yes));
        answers.answer(question_at(10.0, 14.0), Some(Answer::No));
        assert_eq!(answers.get(&question_at(1.0, 11.0)), Some(&Answer::Yes));
        assert_eq!(answers.get(&question_at(9.0, 14.0)), Some(&Answer::No));
    }

    #[test]
    fn recordings_are_known_by_their_stamps_else_by_name_and_size() {
        let key = |name: &str, bytes, stamp: Option<&str>| RecordingKey {
            name: name.into(),
            bytes,
            stamp: stamp.map(str::to_owned),
        };
        let known = key("dawn.wav", 10, Some("ab"));
        assert!(known.is_same(&key("card/dawn.wav", 10, Some("ab"))));
        assert!(!known.is_same(&key("dusk.wav", 10, Some("ab"))));
        assert!(known.is_same(&key("dawn.wav", 10, None)));
        assert!(!known.is_same(&key("dawn.wav", 11, None)));
        assert!(!known.is_same(&key("dawn.wav", 10, Some("cd"))));
        // What was heard live has neither, until it is dropped on the page as the file that it was saved to.
        let live = key("Live.wav", 0, None);
        assert!(live.is_same(&key("Live.wav", 10, Some("ab"))));
        assert!(!live.is_same(&key("Live 2.wav", 10, Some("ab"))));
    }

    #[test]
    fn undo_and_redo_walk_through_all_changes() {
        let mut answers = Answers::default();
        let [first, second] = [question(0), question(1)];
        answers.answer(first.clone(), Some(Answer::Yes));
        answers.answer(second.clone(), Some(Answer::Unsure));
        answers.answer(first.clone(), Some(Answer::No));
        answers.answer(first.clone(), None);
        let last = answers.clone();
        let mut states = Vec::new();
        while let Some(place) = answers.undo().cloned() {
            states.push((place == first, answers.get(&first).cloned()));
        }
        assert_eq!(
            states,
            [
                (true, Some(Answer::No)),
                (true, Some(Answer::Yes)),
                (false, Some(Answer::Yes)),
                (true, None)
            ]
        );
        assert_eq!(answers.iter().count(), 0);
        while answers.redo().is_some() {}
        assert_eq!(answers, last);
        assert_eq!(answers.get(&second), Some(&Answer::Unsure));
    }

    #[test]
    fn a_new_answer_ends_what_could_be_redone() {
        let mut answers = Answers::default();
        answers.answer(question(0), Some(Answer::Yes));
        answers.undo();
        answers.answer(question(1), Some(Answer::No));
        assert_eq!(answers.redo(), None);
    }

    #[test]
    fn undo_gives_back_all_answers_that_one_replaced() {
        let mut answers = Answers::default();
        answers.answer(question_at(0.0, 10.0), Some(Answer::Yes));
        answers.answer(question_at(10.0, 20.0), Some(Answer::Unsure));
        let before: Vec<Answered> = answers.iter().cloned().collect();
        answers.answer(question_at(0.0, 20.0), Some(Answer::No));
        assert_eq!(answers.iter().count(), 1);
        answers.undo();
        assert_eq!(answers.iter().cloned().collect::<Vec<_>>(), before);
        answers.answer(question_at(0.0, 10.0), None);
        answers.undo();
        assert_eq!(answers.iter().count(), 2);
    }

    #[test]
    fn anothers_answers_come_beside_ones_own_and_go_in_one_step() {
        use ReviewState::{No, Open, Unsure, Yes};
        let mut answers = Answers::default();
        answers.answer(question(0), Some(Answer::Yes));
        answers.answer(question(1), Some(Answer::Unsure));
        answers.answer(question(2), Some(Answer::Yes));
        let own = answers.clone();
        let theirs = [(0, Answer::Yes), (1, Answer::No), (3, Answer::No)];
        let other = Answers::new(theirs.map(|(n, answer)| Answered {
            question: question(n),
            answer,
        }));
        answers.merge(other.clone());
        let given = |answers: &Answers| [0, 1, 2, 3].map(|n| answers.state(&question(n)));
        assert_eq!(given(&answers), [Yes, No, Yes, No]);
        let merged = answers.clone();
        // What is there already is no step.
        answers.merge(other);
        assert_eq!(answers, merged);
        assert_eq!(answers.undo(), None);
        assert_eq!(given(&answers), [Yes, Unsure, Yes, Open]);
        assert_eq!(given(&answers), given(&own));
        answers.redo();
        assert_eq!(given(&answers), given(&merged));
        answers.undo();
        assert_eq!(answers.undo(), Some(&question(2)));
    }

    #[test]
    fn another_models_confidences_take_the_place_of_the_old_ones() {
        let mut answers = Answers::default();
        for n in 0..3 {
            answers.answer(question(n), Some(Answer::Yes));
        }
        let of_another = |n| Question {
            confidence: 0.3,
            weights_sha256: Some("cd34".into()),
            ..question(n)
        };
        answers.answer(of_another(3), Some(Answer::No));
        let asked = [0, 3, 4].map(of_another);
        let found = answers.with_confidences_of(Some("cd34"), "banana", &asked);
        // The last was its own before, the first is asked about anew, and nobody knows the others' confidences.
        let expected = [(of_another(3), Answer::No), (of_another(0), Answer::Yes)]
            .map(|(question, answer)| Answered { question, answer });
        assert_eq!(found, expected);
        let own = answers.with_confidences_of(question(0).weights_sha256.as_deref(), "banana", &[]);
        assert_eq!(own.len(), 3);
    }

    #[test]
    fn taking_back_what_was_never_said_is_no_change() {
        let mut answers = Answers::default();
        answers.answer(question(0), None);
        assert_eq!(answers.undo(), None);
    }
}
