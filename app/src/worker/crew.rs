//! Other workers on the CPU, which score windows while this one scores its own: several processors
//! without shared memory, which would ask special headers of every host.

use crate::browser::clock::breathe;
use crate::browser::port::WorkerPort;
use crate::browser::samples::Samples;
use crate::browser::scope;
use crate::in_turn::InTurn;
use crate::protocol::{Help, Helped, JobId, Request, Response};
use js_sys::{Array, Uint8Array};
use pipit_core::identify::{IdentifyError, Scoring, WindowScorer};
use pipit_core::{
    Manifest, MelSpectrogram, ModelPackage, ScoredWindow, Scores, Window, WindowScores,
};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use web_sys::Blob;

/// Windows that come before helpers do: with fewer there is nothing left to do when they are ready.
const ALONE: usize = 4;
/// Windows that a helper has at a time: while it scores one, the next is there.
const EACH: usize = 2;
/// Workers in all. Each takes some 70 MB, which a phone has to find too.
const MOST: usize = 4;
/// Bytes that all copies of the weights may take together, as `f32`.
const WEIGHT_BYTES: usize = 512 << 20;
/// Windows for each worker that wait for the first one, until it is scored here.
const PATIENCE: usize = 8;

/// Helpers that have the same model; they end when this is dropped.
pub(super) struct Crew {
    site: String,
    weights: Blob,
    n_helpers: usize,
    n_windows: Cell<usize>,
    is_called: Cell<bool>,
    helpers: RefCell<Vec<Helper>>,
}

struct Helper {
    port: WorkerPort,
    line: Rc<Line>,
}

/// What is known of a helper.
#[derive(Default)]
struct Line {
    is_ready: Cell<bool>,
    is_dead: Cell<bool>,
    n_asked: Cell<u32>,
    /// What it has, also from jobs that have ended.
    lent: RefCell<BTreeMap<JobId, Lent>>,
}

type Queue = Rc<RefCell<InTurn<Rc<Window>, ScoredWindow>>>;

struct Lent {
    queue: Queue,
    number: usize,
    window: Rc<Window>,
}

/// One recording, scored here and by a crew.
pub(super) struct CrewScoring<'a> {
    own: WindowScorer<'a>,
    manifest: &'a Manifest,
    crew: &'a Crew,
    queue: Queue,
}

impl Crew {
    /// Nobody yet; none where this computer has one processor, or where the network is so large that
    /// copies of it would not fit.
    pub(super) fn new(site: &str, package: &ModelPackage) -> Option<Self> {
        // Weights are kept as `f16`.
        let n_copies = WEIGHT_BYTES / (2 * package.weights.len()).max(1);
        let n_processors = scope::n_processors();
        // Of more than two, one is the page's.
        let n_free = n_processors - usize::from(n_processors > 2);
        let n_helpers = n_free
            .min(MOST)
            .min(n_copies)
            .checked_sub(1)
            .filter(|n| *n > 0)?;
        let weights = Array::of1(&Uint8Array::from(package.weights.as_slice()));
        Some(Self {
            site: site.to_owned(),
            weights: Blob::new_with_u8_array_sequence(&weights).ok()?,
            n_helpers,
            n_windows: Cell::new(0),
            is_called: Cell::new(false),
            helpers: RefCell::default(),
        })
    }

    /// Calls for helpers once there is work enough. Where none can be had, the others and this worker
    /// do the work.
    fn count(&self, n_windows: usize, manifest: &Manifest) {
        self.n_windows.update(|n| n + n_windows);
        if self.n_windows.get() <= ALONE || self.is_called.replace(true) {
            return;
        }
        let start = || Helper::start(&self.site, manifest, &self.weights).ok();
        let helpers = (0..self.n_helpers).map_while(|_| start());
        self.helpers.borrow_mut().extend(helpers);
    }

    /// Lends windows to whoever has room.
    fn lend(&self, queue: &Queue) {
        let mut helpers = self.helpers.borrow_mut();
        // Not where a helper says that it fails: it would end amid its own words.
        helpers.retain(|helper| !helper.line.is_dead.get());
        while let Some(helper) = least_busy(&helpers) {
            let Some((number, window)) = queue.borrow_mut().begin() else {
                break;
            };
            let queue = Rc::clone(queue);
            let lent = Lent {
                queue,
                number,
                window,
            };
            if helper.ask(lent).is_err() {
                helper.line.hang_up();
            }
        }
    }

    fn n_workers(&self) -> usize {
        1 + self.helpers.borrow().len()
    }
}

fn least_busy(helpers: &[Helper]) -> Option<&Helper> {
    let n_lent = |helper: &&Helper| helper.line.lent.borrow().len();
    let ready = helpers
        .iter()
        .filter(|h| h.line.is_ready.get() && !h.line.is_dead.get());
    ready.min_by_key(n_lent).filter(|h| n_lent(h) < EACH)
}

impl Helper {
    fn start(site: &str, manifest: &Manifest, weights: &Blob) -> Result<Self, JsValue> {
        let line = Rc::<Line>::default();
        let (answering, dying) = (Rc::clone(&line), Rc::clone(&line));
        let answered = move |response, bytes: Vec<u8>| answering.answered(response, &bytes);
        let died = move |_| dying.hang_up();
        let begin = Request::Help(Help::Begin {
            job: JobId(0),
            manifest: Box::new(manifest.clone()),
        });
        let port = WorkerPort::start_alike(site, &begin, weights, answered, died)?;
        Ok(Self { port, line })
    }

    fn ask(&self, lent: Lent) -> Result<(), JsValue> {
        let job = JobId(self.line.n_asked.get().wrapping_add(1));
        self.line.n_asked.set(job.0);
        let samples = Samples::from(lent.window.samples.as_slice());
        self.line.lent.borrow_mut().insert(job, lent);
        let request = Request::Help(Help::Score { job });
        self.port.send_samples(&request, &samples)
    }
}

impl Line {
    fn answered(&self, response: Response, bytes: &[u8]) {
        match response {
            // Its first word, before it knows what it is for.
            Response::Ready { .. } => {}
            Response::Helped(Helped::Begun { .. }) => self.is_ready.set(true),
            Response::Helped(Helped::Scored {
                job,
                scores,
                n_mels,
                n_frames,
            }) => {
                let Some(lent) = self.lent.borrow_mut().remove(&job) else {
                    return;
                };
                match picture(n_mels, n_frames, bytes) {
                    Some(mel) => lent.end(scores, mel),
                    None => lent.give_back(),
                }
            }
            _ => self.hang_up(),
        }
    }

    /// Whatever the helper has, others must do.
    fn hang_up(&self) {
        self.is_dead.set(true);
        for lent in self.lent.take().into_values() {
            lent.give_back();
        }
    }
}

impl Lent {
    fn end(&self, scores: Scores, mel: MelSpectrogram) {
        let window = WindowScores {
            start_s: self.window.start_s,
            end_s: self.window.end_s,
            scores,
        };
        let scored = ScoredWindow {
            window,
            mel,
            frames: Vec::new(),
        };
        self.queue.borrow_mut().end(self.number, scored);
    }

    fn give_back(&self) {
        self.queue.borrow_mut().give_back(self.number);
    }
}

fn picture(n_mels: usize, n_frames: usize, bytes: &[u8]) -> Option<MelSpectrogram> {
    let (values, rest) = bytes.as_chunks();
    let mel = MelSpectrogram {
        n_mels,
        n_frames,
        values: values.iter().copied().map(f32::from_le_bytes).collect(),
    };
    (rest.is_empty() && mel.values.len() == n_mels * n_frames).then_some(mel)
}

impl<'a> CrewScoring<'a> {
    /// Begins a recording for the network that the crew has, too.
    pub(super) fn new(own: WindowScorer<'a>, manifest: &'a Manifest, crew: &'a Crew) -> Self {
        Self {
            own,
            manifest,
            crew,
            queue: Queue::default(),
        }
    }

    fn take(&self, windows: Vec<Window>) {
        self.crew.count(windows.len(), self.manifest);
        let mut queue = self.queue.borrow_mut();
        for window in windows {
            queue.push(Rc::new(window));
        }
    }

    /// Scores one window here, and hears the helpers' answers.
    async fn score(&mut self, number: usize, window: &Window) -> Result<(), IdentifyError> {
        let scored = self.own.score(std::slice::from_ref(window)).await?;
        for scored in scored {
            self.queue.borrow_mut().end(number, scored);
        }
        breathe().await;
        Ok(())
    }
}

impl Scoring for CrewScoring<'_> {
    async fn push(&mut self, windows: Vec<Window>) -> Result<Vec<ScoredWindow>, IdentifyError> {
        self.take(windows);
        let mut scored = Vec::new();
        loop {
            self.crew.lend(&self.queue);
            let next = {
                let mut queue = self.queue.borrow_mut();
                scored.extend(queue.hand_out());
                let is_late = queue.len() > PATIENCE * self.crew.n_workers();
                let late = queue.first_undone().filter(|_| is_late);
                queue.begin().or(late)
            };
            let Some((number, window)) = next else {
                return Ok(scored);
            };
            self.score(number, &window).await?;
        }
    }

    async fn finish(mut self, windows: Vec<Window>) -> Result<Vec<ScoredWindow>, IdentifyError> {
        self.take(windows);
        let mut scored = Vec::new();
        loop {
            let next = {
                let mut queue = self.queue.borrow_mut();
                scored.extend(queue.hand_out());
                // Rather than wait for what was lent, this worker does it too: whoever comes first.
                queue.begin().or_else(|| queue.last_undone())
            };
            let Some((number, window)) = next else {
                return Ok(scored);
            };
            self.score(number, &window).await?;
        }
    }
}
