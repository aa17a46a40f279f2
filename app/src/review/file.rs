//! A review as a file.

use super::answers::{Answered, Answers};
use super::calibration::Calibration;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the format that this code writes, and the only one that it reads.
pub const FORMAT_VERSION: u32 = 1;
/// What the file says it is.
const FORMAT: &str = "pipit-review";

/// Answers about recordings, and what a model's confidences mean by them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReviewFile {
    /// Always `pipit-review`.
    format: String,
    /// [`FORMAT_VERSION`].
    format_version: u32,
    /// The program that saved it.
    pub pipit_version: String,
    /// The model whose calibrations these are, and confidences where an answer names no other. The answers
    /// hold for every model that has the species' codes.
    pub model: ReviewedModel,
    /// All answers.
    pub answers: Vec<Answered>,
    /// By code of the species.
    pub calibrations: BTreeMap<String, Calibration>,
}

/// What identifies a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewedModel {
    /// The manifest's name.
    pub name: String,
    /// The manifest's version.
    pub version: String,
    /// SHA-256 of the weights, hexadecimal.
    pub weights_sha256: String,
}

/// Why a file is no review. Each language has its sentences ([`crate::words::CauseWords`]).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ReviewError {
    /// No JSON, or JSON of something else.
    NoReview,
    /// A format that this code does not know.
    Version {
        /// The file's.
        found: u64,
    },
    /// A review that is cut off or was edited: where and how, by the JSON's reader.
    Damaged(String),
    /// An answer or a calibration that cannot be.
    Impossible {
        /// What.
        what: Impossible,
        /// Its value.
        value: String,
    },
}

/// What cannot be in a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Impossible {
    /// A stretch of time that does not go forward from the start.
    Stretch,
    /// A confidence outside 0 to 1.
    Confidence,
    /// An answer about no species.
    NoSpecies,
    /// A calibration with a negative variance.
    Variance,
}

impl ReviewFile {
    /// The answers to save, with what a model's confidences mean by them.
    #[must_use]
    pub fn new(
        pipit_version: String,
        model: ReviewedModel,
        answers: &Answers,
        calibrations: BTreeMap<String, Calibration>,
    ) -> Self {
        Self {
            format: FORMAT.to_owned(),
            format_version: FORMAT_VERSION,
            pipit_version,
            model,
            answers: answers.iter().cloned().collect(),
            calibrations,
        }
    }

    /// Indented JSON with a final newline.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self).unwrap_or_default();
        json.push(b'\n');
        json
    }

    /// Reads and checks a saved review.
    ///
    /// # Errors
    /// Another file, another version, or values that cannot be.
    pub fn from_json(json: &[u8]) -> Result<Self, ReviewError> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
            format_version: u64,
        }
        let damaged = |error: serde_json::Error| ReviewError::Damaged(error.to_string());
        let head: Head = serde_json::from_slice(json).map_err(|error| match error.classify() {
            // Cut off: it may well have begun as a review.
            serde_json::error::Category::Eof if begins_as_review(json) => damaged(error),
            _ => ReviewError::NoReview,
        })?;
        if head.format != FORMAT {
            return Err(ReviewError::NoReview);
        }
        if head.format_version != u64::from(FORMAT_VERSION) {
            return Err(ReviewError::Version {
                found: head.format_version,
            });
        }
        let mut review: Self = serde_json::from_slice(json).map_err(damaged)?;
        review.check()?;
        // Reviews did not always say it of each answer.
        for Answered { question, .. } in &mut review.answers {
            let weights = &review.model.weights_sha256;
            question
                .weights_sha256
                .get_or_insert_with(|| weights.clone());
        }
        Ok(review)
    }

    fn check(&self) -> Result<(), ReviewError> {
        let impossible = |what, value| Err(ReviewError::Impossible { what, value });
        for Answered { question, .. } in &self.answers {
            let (start_s, end_s) = (question.start_s, question.end_s);
            if !(start_s >= 0.0 && end_s > start_s) {
                return impossible(Impossible::Stretch, format!("{start_s} s … {end_s} s"));
            }
            if !(0.0..=1.0).contains(&question.confidence) {
                return impossible(Impossible::Confidence, question.confidence.to_string());
            }
            if question.code.is_empty() {
                let place = format!("{}, {start_s} s", question.recording.name);
                return impossible(Impossible::NoSpecies, place);
            }
        }
        for (code, calibration) in &self.calibrations {
            let [intercept, _, slope] = calibration.covariance;
            if !(intercept >= 0.0 && slope >= 0.0) {
                return impossible(Impossible::Variance, code.clone());
            }
        }
        Ok(())
    }
}

fn begins_as_review(json: &[u8]) -> bool {
    let head = &json[..json.len().min(100)];
    String::from_utf8_lossy(head).contains(FORMAT)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::question;
    use super::super::{Answer, CalibrationConfig};
    use super::*;
    use crate::words::Language;
    use serde_json::{Value, json};

    fn review() -> (ReviewFile, Answers) {
        let mut answers = Answers::default();
        answers.answer(question(0), Some(Answer::Yes));
        answers.answer(
            question(1),
            Some(Answer::Other(Some("Turdus plumbeus".into()))),
        );
        answers.answer(question(2), Some(Answer::Other(None)));
        answers.answer(question(3), Some(Answer::Unsure));
        let model = ReviewedModel {
            name: "puerto-rico".into(),
            version: "1.0.0".into(),
            weights_sha256: "ab12".into(),
        };
        let calibration =
            Calibration::fit(answers.of_species("banana"), &CalibrationConfig::default());
        let calibrations = BTreeMap::from([("banana".to_owned(), calibration)]);
        let review = ReviewFile::new("0.1.0".into(), model, &answers, calibrations);
        (review, answers)
    }

    fn value() -> Value {
        serde_json::from_slice(&review().0.to_json()).expect("its own output")
    }

    #[track_caller]
    fn refused(json: &[u8], words: &[&str]) {
        let error = ReviewFile::from_json(json).expect_err("must be refused");
        let sentence = (Language::English.words().cause.review)(&error);
        assert!(
            sentence.starts_with("This ") && sentence.ends_with('.'),
            "{sentence}"
        );
        for word in words {
            assert!(sentence.contains(word), "{sentence:?} lacks {word:?}");
        }
    }

    #[test]
    fn a_review_survives_saving() {
        let (review, answers) = review();
        let mut read = ReviewFile::from_json(&review.to_json()).expect("its own output");
        let calibration = read.calibrations["banana"];
        assert_eq!(calibration.n_answers(), 3);
        // The last digit may be lost in JSON.
        let change = calibration.intercept - review.calibrations["banana"].intercept;
        assert!(change.abs() < 1e-12);
        read.calibrations.clone_from(&review.calibrations);
        assert_eq!(read, review);
        assert!(Answers::new(read.answers).iter().eq(answers.iter()));
    }

    #[test]
    fn an_answer_that_names_no_model_is_about_the_one_of_its_file() {
        let mut older = value();
        for answer in older["answers"].as_array_mut().expect("a list") {
            answer
                .as_object_mut()
                .expect("an answer")
                .remove("weights_sha256");
        }
        older["answers"][1]["weights_sha256"] = json!("cd34");
        let read = ReviewFile::from_json(older.to_string().as_bytes()).expect("a review");
        let models = read
            .answers
            .iter()
            .map(|known| known.question.weights_sha256.as_deref());
        assert_eq!(
            models.take(2).collect::<Vec<_>>(),
            [Some("ab12"), Some("cd34")]
        );
    }

    #[test]
    fn other_files_are_refused() {
        refused(b"RIFF....WAVE", &["not a review"]);
        refused(b"[]", &["not a review"]);
        refused(br#"{"format_version": 1}"#, &["not a review"]);
        refused(
            br#"{"format": "else", "format_version": 1}"#,
            &["not a review"],
        );
    }

    #[test]
    fn newer_formats_are_named_before_their_new_fields() {
        let mut newer = value();
        newer["format_version"] = json!(2);
        newer["answers"] = json!("elsewhere");
        refused(
            newer.to_string().as_bytes(),
            &["format 2", "reads format 1"],
        );
    }

    #[test]
    fn damaged_reviews_say_where() {
        let json = review().0.to_json();
        refused(&json[..json.len() / 2], &["cannot be read", "line"]);
        let mut misspelt = value();
        misspelt["answers"][0]["answer"] = json!("perhaps");
        refused(
            misspelt.to_string().as_bytes(),
            &["cannot be read", "perhaps"],
        );
    }

    #[test]
    fn impossible_values_are_named() {
        for (path, bad, words) in [
            ("/answers/0/end_s", json!(-1.0), "0 s … -1 s"),
            ("/answers/0/confidence", json!(1.5), "1.5"),
            ("/answers/1/code", json!(""), "20240512_051500.WAV, 5 s"),
            ("/calibrations/banana/covariance/0", json!(-1.0), "banana"),
        ] {
            let mut json = value();
            *json.pointer_mut(path).expect("the field is there") = bad;
            refused(json.to_string().as_bytes(), &[words]);
        }
    }
}
