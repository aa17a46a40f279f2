//! What outlives the page: results and a review's answers.

use super::Shell;
use crate::browser::error::describe;
use crate::browser::files::SourceFile;
use crate::browser::results;
use crate::file_stamp;
use crate::protocol::{Failure, FailureKind};
use crate::session::{KeptResults, RecordingId, Session};
use leptos::prelude::{UpdateValue, WithValue};

/// The name that answers are kept under; all others are results.
const REVIEW: &str = "review.json";

/// How much of earlier runs is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptAmount {
    /// Recordings, each as often as there are models that heard it.
    pub n_results: usize,
    /// What they take.
    pub bytes: u64,
}

/// How much is kept of what models found, in this visit and earlier ones.
pub async fn kept_amount() -> KeptAmount {
    let kept = kept_results().await;
    KeptAmount {
        n_results: kept.len(),
        bytes: kept.iter().map(|(_, bytes)| bytes).sum(),
    }
}

impl Shell {
    /// Keeps nothing any more of what models found. What is on the page stays there, and so do
    /// answers of a review.
    pub async fn forget_results(self) {
        for (name, _) in kept_results().await {
            if let Err(thrown) = results::remove(&name).await {
                let failure = Failure::new(FailureKind::NotForgotten, describe(&thrown));
                return self.notify(failure);
            }
        }
    }

    pub(super) async fn recall(self, id: RecordingId, model: String) {
        let (mut stamp, mut kept) = (None, None);
        if let Some(file) = self.file(id) {
            // Why it cannot be read is said where it is identified.
            stamp = file.stamp().await.ok();
            if let Some(stamp) = &stamp {
                kept = results::get(&results_name(stamp, &file, &model)).await;
            }
        }
        // What cannot be read is computed anew and written over.
        let kept = kept.and_then(|json| KeptResults::from_json(&json).ok());
        self.update(|session| {
            session.recognised(id, stamp);
            session.recalled(id, &model, kept)
        });
    }

    pub(super) async fn keep(self, id: RecordingId, model: String, kept: KeptResults) {
        let stamp = self.with_untracked(|session| session.recording(id)?.stamp.clone());
        let (Some(stamp), Some(file), Ok(json)) = (stamp, self.file(id), kept.to_json()) else {
            return;
        };
        let name = results_name(&stamp, &file, &model);
        self.put_away(&name, &json).await;
    }

    pub(super) async fn keep_review(self, json: Vec<u8>) {
        let is_kept = self.put_away(REVIEW, &json).await;
        self.kept.update_value(|kept| {
            kept.has_unkept_answers = !is_kept;
            if is_kept {
                kept.review = json;
            }
        });
    }

    /// The user has a file of all answers.
    pub fn review_was_saved(self) {
        let n_changes = self.with_untracked(Session::n_answer_changes);
        self.kept
            .update_value(|kept| kept.n_saved_answer_changes = n_changes);
    }

    /// Whether leaving the page would lose sound or answers that lie in no file of the user's, nor in the browser.
    pub(super) fn would_lose_something(self) -> bool {
        let n_changes = self.with_untracked(Session::n_answer_changes);
        let has_unsaved_answers = self
            .kept
            .with_value(|kept| kept.has_unkept_answers && kept.n_saved_answer_changes != n_changes);
        has_unsaved_answers || self.with_untracked(Session::has_unsaved_sound)
    }

    /// Takes the answers of an earlier visit, or of another tab since this one read or kept them last.
    pub(super) async fn recall_review(self) {
        let Some(json) = results::get(REVIEW).await else {
            return;
        };
        if self
            .kept
            .with_value(|kept| kept.review != json && !kept.has_unkept_answers)
        {
            self.change(|session| session.recall_review(&json));
            self.kept.update_value(|kept| kept.review = json);
        }
    }

    /// Keeps something for later visits; `false` where that cannot be, which is said once, and all goes on.
    async fn put_away(self, name: &str, bytes: &[u8]) -> bool {
        let put = results::put(name, bytes).await;
        if let Err(thrown) = &put {
            let failure = Failure::new(FailureKind::NotKept, describe(thrown));
            self.change(|session| session.notify_once(failure));
        }
        put.is_ok()
    }
}

async fn kept_results() -> Vec<(String, u64)> {
    let mut kept = results::list().await;
    kept.retain(|(name, _)| name != REVIEW);
    kept
}

fn results_name(stamp: &str, file: &SourceFile, model: &str) -> String {
    file_stamp::results_name(stamp, &file.name, file.changed_ms, model)
}
