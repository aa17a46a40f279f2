//! Recordings that the browser had to decode, as files that the worker reads.
//!
//! Such a file is ten times as large as the recording, and all of it is in memory while it is made: one is
//! made at a time. Only the last few are kept; what is wanted of another later, a piece of its spectrogram
//! or a clip, has it converted again.

use super::Shell;
use crate::browser::decode::convert;
use crate::browser::files::SourceFile;
use crate::protocol::{Failure, FailureKind, JobId, Request, Response};
use crate::recent::Recent;
use crate::session::{RecordingId, RecordingState, Session};
use futures_channel::oneshot;
use leptos::prelude::*;
use std::collections::HashMap;
use wasm_bindgen_futures::spawn_local;

/// Room for twenty minutes at 48 kHz.
const MOST_BYTES: u64 = 256 << 20;

/// What was converted, and what waits for it.
pub(super) struct Converted {
    files: Recent<RecordingId, SourceFile>,
    waiting: HashMap<RecordingId, Vec<(JobId, Request)>>,
    /// Ends with the last turn to convert that was given.
    last_turn: Option<oneshot::Receiver<()>>,
}

impl Default for Converted {
    fn default() -> Self {
        Self {
            files: Recent::new(MOST_BYTES),
            waiting: HashMap::new(),
            last_turn: None,
        }
    }
}

impl Converted {
    pub(super) fn forget(&mut self, id: RecordingId) {
        self.files.remove(&id);
    }

    /// The worker that was asked has ended: the next one knows of none of its jobs.
    pub(super) fn forget_waiting(&mut self) {
        self.waiting.clear();
    }
}

impl Shell {
    /// Sends a request with the recording's file, or with what it was converted to.
    pub(super) fn send_with_file(self, id: RecordingId, request: Request) {
        let is_converted =
            self.with_untracked(|session| session.recording(id).is_some_and(|r| r.is_converted));
        if !is_converted {
            return self.send(&request, self.file(id).as_ref());
        }
        match (self.converted(id), request.job_with_file()) {
            (None, Some(job)) => self.send_once_converted(id, job, request),
            (converted, _) => self.send(&request, converted.as_ref()),
        }
    }

    /// What a recording was converted to, if that is still kept.
    fn converted(self, id: RecordingId) -> Option<SourceFile> {
        let files = (self.kept).try_update_value(|kept| kept.converted.files.get(&id).cloned());
        files.flatten()
    }

    /// Decodes a recording that the worker cannot read, for the first time.
    pub(super) async fn convert(self, id: RecordingId) {
        let _turn = self.turn_to_convert().await;
        let is_wanted = |session: &Session| {
            let recording = session.recording(id);
            recording.is_some_and(|r| r.state == RecordingState::Converting)
        };
        // Stopped, or converted for another request, while others had their turn.
        if !self.with_untracked(is_wanted) {
            return;
        }
        match self.conversion(id).await {
            Ok(_) => self.update(|session| session.converted(id)),
            Err(failure) => self.update(|session| session.conversion_failed(id, failure)),
        }
    }

    /// However many requests wait for a recording, it is converted once.
    fn send_once_converted(self, id: RecordingId, job: JobId, request: Request) {
        let is_first = self.kept.try_update_value(|kept| {
            let waiting = kept.converted.waiting.entry(id).or_default();
            waiting.push((job, request));
            waiting.len() == 1
        });
        if is_first != Some(true) {
            return;
        }
        spawn_local(async move {
            let _turn = self.turn_to_convert().await;
            let converted = self.conversion(id).await;
            let waiting = self
                .kept
                .try_update_value(|kept| kept.converted.waiting.remove(&id));
            for (job, request) in waiting.flatten().unwrap_or_default() {
                match &converted {
                    Ok(file) => self.send(&request, Some(file)),
                    Err(failure) => {
                        let failure = failure.clone();
                        let response = Response::Failed { job, failure };
                        self.answer_listener(&response, &[]);
                        self.update(|session| session.apply(response, &[]));
                    }
                }
            }
        });
    }

    /// Waits for all who asked before; the turn lasts as long as what is handed out.
    async fn turn_to_convert(self) -> oneshot::Sender<()> {
        let (turn, end) = oneshot::channel();
        let before = self
            .kept
            .try_update_value(|kept| kept.converted.last_turn.replace(end));
        if let Some(before) = before.flatten() {
            let _ = before.await;
        }
        turn
    }

    /// In one's turn.
    async fn conversion(self, id: RecordingId) -> Result<SourceFile, Failure> {
        if let Some(known) = self.converted(id) {
            return Ok(known);
        }
        let gone = || Failure::new(FailureKind::Unreadable, "the recording is no longer there");
        let converted = convert(&self.file(id).ok_or_else(gone)?).await?;
        self.kept.update_value(|kept| {
            // It may have been taken off the page meanwhile.
            if kept.files.contains_key(&id) {
                let (file, bytes) = (converted.clone(), converted.size());
                kept.converted.files.insert(id, file, bytes);
            }
        });
        Ok(converted)
    }
}
