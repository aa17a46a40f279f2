//! How fast the pipeline is in a browser, for `cargo xtask bench`; it is no part of the site.

fn main() {}

#[cfg(target_arch = "wasm32")]
mod speed {
    use burn::prelude::Device;
    use pipit_app::browser::clock;
    use pipit_core::{Classifier, MelFrontend, MelSpectrogram, ModelPackage};
    use wasm_bindgen::prelude::*;

    /// A model on a device and one window of noise.
    #[wasm_bindgen]
    pub struct Speed {
        classifier: Classifier,
        mel: MelFrontend,
        samples: Vec<f32>,
        window: MelSpectrogram,
    }

    #[wasm_bindgen]
    impl Speed {
        /// Opens a package on `webgpu` or `cpu`.
        #[wasm_bindgen]
        pub async fn open(
            manifest: &[u8],
            weights: Vec<u8>,
            device: &str,
        ) -> Result<Speed, JsError> {
            let package = ModelPackage::open(manifest, weights)?;
            let device = match device {
                "webgpu" => Device::wgpu_options()
                    .init_async()
                    .await
                    .map_err(|error| JsError::new(&error.to_string()))?,
                _ => Device::flex(),
            };
            let classifier = Classifier::new(&package, &device)?;
            let manifest = classifier.manifest();
            let audio = &manifest.audio;
            let mut mel = MelFrontend::new(audio.sample_rate_hz, &manifest.mel)?;
            let samples = noise(audio.window_samples());
            let mut window = mel.decibels(&samples);
            manifest.normalization.apply(&mut window);
            Ok(Speed {
                classifier,
                mel,
                samples,
                window,
            })
        }

        /// Milliseconds for the spectrograms of a minute, best of some rounds.
        pub fn mel_ms_per_minute(&mut self, rounds: usize) -> f64 {
            let mut best = f64::INFINITY;
            for _ in 0..rounds {
                let begun = clock::now_s();
                drop(self.mel.decibels(&self.samples));
                best = best.min((clock::now_s() - begun) * 1000.0);
            }
            best * 60.0 / f64::from(self.classifier.manifest().audio.window.length_s)
        }

        /// Milliseconds for one window, best of some rounds after one to warm up.
        pub async fn classifier_ms_per_window(&self, rounds: usize) -> Result<f64, JsError> {
            let windows = std::slice::from_ref(&self.window);
            self.classifier.classify(windows).await?;
            let mut best = f64::INFINITY;
            for _ in 0..rounds {
                let begun = clock::now_s();
                self.classifier.classify(windows).await?;
                best = best.min((clock::now_s() - begun) * 1000.0);
            }
            Ok(best)
        }

        /// The scores of the window, to compare with another program's.
        pub async fn scores(&self) -> Result<Vec<f32>, JsError> {
            let scores = self
                .classifier
                .classify(std::slice::from_ref(&self.window))
                .await?;
            Ok(scores.into_iter().flat_map(|scores| scores.0).collect())
        }

        /// The window itself.
        #[must_use]
        pub fn input(&self) -> Vec<f32> {
            self.window.values.clone()
        }

        /// Its number of Mel bands.
        #[must_use]
        pub fn n_mels(&self) -> usize {
            self.window.n_mels
        }

        /// Its number of frames.
        #[must_use]
        pub fn n_frames(&self) -> usize {
            self.window.n_frames
        }
    }

    fn noise(length: usize) -> Vec<f32> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..length).map(|_| 0.1 * next()).collect()
    }
}
