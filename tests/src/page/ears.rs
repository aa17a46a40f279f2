//! What there is to hear on the page.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::Page;

/// How long a sound may take to come, or to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// Keeps an ear on players, which are no part of the document, and on what leaves for the
/// loudspeaker by way of filters.
const EAR: &str = "(() => {
    const heard = window.heard = { player: null, fromS: 0, nStarts: 0, filters: [], analyser: null };
    const play = HTMLMediaElement.prototype.play;
    HTMLMediaElement.prototype.play = function () {
        heard.player = this;
        heard.fromS = this.currentTime;
        heard.nStarts += 1;
        return play.call(this);
    };
    const filter = BaseAudioContext.prototype.createBiquadFilter;
    BaseAudioContext.prototype.createBiquadFilter = function () {
        const made = filter.call(this);
        heard.filters.push(made);
        return made;
    };
    const connect = AudioNode.prototype.connect;
    AudioNode.prototype.connect = function (to, ...rest) {
        if (to instanceof AudioDestinationNode) {
            heard.analyser ??= new AnalyserNode(this.context, { smoothingTimeConstant: 0 });
            connect.call(this, heard.analyser);
        }
        return connect.call(this, to, ...rest);
    };
    heard.loudestDb = (fromHz, ms) => new Promise((resolve) => {
        const { analyser } = heard;
        const bins = new Float32Array(analyser.frequencyBinCount);
        const first = Math.ceil(fromHz / analyser.context.sampleRate * analyser.fftSize);
        const end = performance.now() + ms;
        let loudest = -200;
        const look = () => {
            analyser.getFloatFrequencyData(bins);
            loudest = bins.slice(first).reduce((a, b) => Math.max(a, b), loudest);
            if (performance.now() < end) requestAnimationFrame(look);
            else resolve(loudest);
        };
        look();
    });
    heard.pace = (ms) => new Promise((resolve) => {
        const fromS = heard.player.currentTime;
        const fromMs = performance.now();
        setTimeout(() => {
            const passedS = (performance.now() - fromMs) / 1000;
            resolve((heard.player.currentTime - fromS) / passedS);
        }, ms);
    });
})()";

/// The player that was started last.
#[derive(Debug, Clone, Deserialize)]
pub struct Sound {
    /// Where it was started.
    pub from_s: f64,
    /// Where it is.
    pub position_s: f64,
    /// Whether it is silent.
    pub is_paused: bool,
    /// How fast it plays; 1 is as recorded.
    pub rate: f64,
    /// Whether it is then as high as recorded.
    pub keeps_pitch: bool,
    /// How often a player was started.
    pub n_starts: usize,
}

impl Page {
    /// Begins to listen to the page, which has played nothing yet.
    ///
    /// # Errors
    /// If the browser has gone.
    pub fn listen(&mut self) -> Result<()> {
        self.evaluate(EAR)
    }

    /// What plays, or played last.
    ///
    /// # Errors
    /// If nobody listens to the page.
    pub fn sound(&mut self) -> Result<Option<Sound>> {
        self.evaluate(
            "(() => {
                const { player, fromS, nStarts } = heard;
                return player && {
                    from_s: fromS,
                    position_s: player.currentTime,
                    is_paused: player.paused,
                    rate: player.playbackRate,
                    keeps_pitch: player.preservesPitch,
                    n_starts: nStarts,
                };
            })()",
        )
    }

    /// Waits until the sound is as wanted and hands it out.
    ///
    /// # Errors
    /// If it does not become so in time.
    pub fn wait_for_sound(
        &mut self,
        what: &str,
        is_wanted: impl Fn(&Sound) -> bool,
    ) -> Result<Sound> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let sound = self.sound()?;
            if let Some(sound) = sound.as_ref().filter(|sound| is_wanted(sound)) {
                return Ok(sound.clone());
            }
            ensure!(
                Instant::now() < deadline,
                "listened {} s in vain until {what}: {sound:?}; notices: {:?}",
                PATIENCE.as_secs(),
                self.notices()?
            );
            self.pause()?;
        }
    }

    /// The loudest that comes out of the filters from this frequency on, within some seconds: decibels
    /// re full scale.
    ///
    /// # Errors
    /// If no sound goes through filters.
    pub fn loudest_db(&mut self, from_hz: f64, seconds: f64) -> Result<f64> {
        self.evaluate(&format!("heard.loudestDb({from_hz}, {})", seconds * 1000.0))
            .context("no sound goes through filters")
    }

    /// Seconds of the recording that are heard in one second, measured over some.
    ///
    /// # Errors
    /// If nothing has played.
    pub fn pace(&mut self, seconds: f64) -> Result<f64> {
        self.evaluate(&format!("heard.pace({})", seconds * 1000.0))
    }

    /// The edges of all filters, in the order in which they were made.
    ///
    /// # Errors
    /// If nobody listens to the page.
    pub fn filters_hz(&mut self) -> Result<Vec<f64>> {
        self.evaluate("heard.filters.map((filter) => filter.frequency.value)")
    }
}
