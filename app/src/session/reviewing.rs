//! What people say about detections.

use super::{Effect, Recording, RecordingId, Session};
use crate::review::{
    Answer, Answers, Calibration, CalibrationConfig, Progress, Question, QueueConfig, RecordingKey,
    ReviewError, ReviewFile, ReviewedModel, progress, queue,
};
use pipit_core::{Detection, LabelId};

/// A detection in a recording.
pub type Place = (RecordingId, Detection);

impl Session {
    /// All answers.
    #[must_use]
    pub fn answers(&self) -> &Answers {
        &self.answers
    }

    /// Counts up whenever the answers have changed, so that nobody need compare them.
    #[must_use]
    pub fn n_answer_changes(&self) -> u64 {
        self.n_answer_changes
    }

    /// What a reviewer is asked about a detection; none if it is not there.
    #[must_use]
    pub fn question(&self, id: RecordingId, detection: &Detection) -> Option<Question> {
        Some(self.question_in(self.recording(id)?, detection))
    }

    /// What was said about a detection.
    #[must_use]
    pub fn answer_to(&self, id: RecordingId, detection: &Detection) -> Option<&Answer> {
        self.answers.get(&self.question(id, detection)?)
    }

    /// A reviewer answers, or takes an answer back.
    pub fn answer(
        &mut self,
        id: RecordingId,
        detection: &Detection,
        answer: Option<Answer>,
    ) -> Vec<Effect> {
        let Some(question) = self.question(id, detection) else {
            return Vec::new();
        };
        self.answers.answer(question, answer);
        self.keep_review()
    }

    /// Takes the last answer, or the last review that was loaded, back; says where the answer was
    /// given, if that is still on the page.
    pub fn undo_answer(&mut self) -> (Option<Place>, Vec<Effect>) {
        let question = self.answers.undo().cloned();
        let place = question.and_then(|question| self.place_of(&question));
        (place, self.keep_review())
    }

    /// Gives again what was taken back last; says where, as [`Session::undo_answer`] does.
    pub fn redo_answer(&mut self) -> (Option<Place>, Vec<Effect>) {
        let question = self.answers.redo().cloned();
        let place = question.and_then(|question| self.place_of(&question));
        (place, self.keep_review())
    }

    /// The detection of a species that is to be reviewed next: drawn alike from all confidences.
    #[must_use]
    pub fn next_to_review(&self, label: LabelId) -> Option<Place> {
        let (places, questions) = self.questions(label);
        let next = queue(&questions, &self.answers, &QueueConfig::default());
        next.first().map(|&index| places[index])
    }

    /// How far the review of a species has come.
    #[must_use]
    pub fn review_progress(&self, label: LabelId) -> Progress {
        let (_, questions) = self.questions(label);
        progress(&questions, &self.answers, &QueueConfig::default())
    }

    /// The confidences of all detections of a species.
    #[must_use]
    pub fn confidences(&self, label: LabelId) -> Vec<f32> {
        self.questions(label)
            .1
            .iter()
            .map(|question| question.confidence)
            .collect()
    }

    /// All answers with what follows from them; none before there was a model.
    #[must_use]
    pub fn review_file(&self) -> Option<ReviewFile> {
        let manifest = self.known_manifest()?;
        let model = ReviewedModel {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            weights_sha256: self.weights_sha256().unwrap_or_default().to_owned(),
        };
        let species = self.answers.species();
        let calibrations = species.map(|code| (code.to_owned(), self.calibration(code)));
        Some(ReviewFile::new(
            env!("CARGO_PKG_VERSION").to_owned(),
            model,
            &self.answers,
            calibrations.collect(),
        ))
    }

    /// Takes the answers of a saved review beside those that are there, as one step to undo. To a
    /// question that both have answered, the saved answer holds.
    ///
    /// # Errors
    /// A file that is none; the answers then stay as they are.
    pub fn load_review(&mut self, json: &[u8]) -> Result<Vec<Effect>, ReviewError> {
        let saved = Answers::new(ReviewFile::from_json(json)?.answers);
        self.answers.merge(saved);
        Ok(self.keep_review())
    }

    /// Takes the answers of an earlier visit, which may be damaged.
    pub fn recall_review(&mut self, json: &[u8]) {
        if let Ok(review) = ReviewFile::from_json(json) {
            self.answers = Answers::new(review.answers);
            self.n_answer_changes += 1;
            self.n_kept_changes = self.n_answer_changes;
        }
    }

    pub(super) fn keep_review(&mut self) -> Vec<Effect> {
        self.n_answer_changes += 1;
        let json = self.review_file().map(|review| review.to_json());
        if json.is_some() {
            self.n_kept_changes = self.n_answer_changes;
        }
        json.map(Effect::KeepReview).into_iter().collect()
    }

    fn questions(&self, label: LabelId) -> (Vec<Place>, Vec<Question>) {
        self.recordings
            .iter()
            .flat_map(|recording| {
                let of_label = recording.detections.iter().filter(|d| d.label == label);
                of_label.map(|d| ((recording.id, *d), self.question_in(recording, d)))
            })
            .unzip()
    }

    /// What the model's confidences in a species mean by the answers.
    pub(super) fn calibration(&self, code: &str) -> Calibration {
        let label = self
            .known_manifest()
            .and_then(|manifest| manifest.classes.id(code));
        let questions = label
            .map(|label| self.questions(label).1)
            .unwrap_or_default();
        let answered = (self.answers).with_confidences_of(self.weights_sha256(), code, &questions);
        Calibration::fit(&answered, &CalibrationConfig::default())
    }

    fn question_in(&self, recording: &Recording, detection: &Detection) -> Question {
        Question {
            recording: key(recording),
            code: self.code(detection.label),
            start_s: detection.start_s,
            end_s: detection.end_s,
            confidence: detection.confidence,
            weights_sha256: self.weights_sha256().map(str::to_owned),
        }
    }

    fn weights_sha256(&self) -> Option<&str> {
        let entry = self.known_manifest()?.weights_entry().ok()?;
        Some(&entry.sha256)
    }

    fn place_of(&self, wanted: &Question) -> Option<Place> {
        self.recordings.iter().find_map(|recording| {
            let key = key(recording);
            let detection = recording.detections.iter().find(|detection| {
                self.code(detection.label) == wanted.code
                    && (detection.start_s - wanted.start_s).abs() < 1e-6
            })?;
            key.is_same(&wanted.recording)
                .then_some((recording.id, *detection))
        })
    }
}

fn key(recording: &Recording) -> RecordingKey {
    RecordingKey {
        name: recording.name.clone(),
        bytes: recording.bytes,
        stamp: recording.stamp.clone(),
    }
}
