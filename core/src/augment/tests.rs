use super::*;

const RATE_HZ: u32 = 8_000;
const LENGTH: usize = 4_000;
/// Those that show something else than the window.
const REPLACING: [&str; 2] = ["no_call", "counterexample"];

/// Other windows are a tone of another class, backgrounds are a square wave, other birds a low tone.
struct Room;

impl Sources for Room {
    fn other(&self, _rng: &mut ChaCha8Rng) -> Example<Vec<f32>> {
        Example {
            input: tone(0.9),
            targets: vec![0.0, 1.0],
            weight: 0.5,
        }
    }

    fn background(&self, _rng: &mut ChaCha8Rng) -> Option<Vec<f32>> {
        let square = |i| if i % 40 < 20 { 0.1 } else { -0.1 };
        Some((0..LENGTH).map(square).collect())
    }

    fn counterexample(&self, _rng: &mut ChaCha8Rng) -> Option<Vec<f32>> {
        Some(tone(0.1))
    }
}

/// Nothing but the window itself.
struct Emptiness;

impl Sources for Emptiness {
    fn other(&self, _rng: &mut ChaCha8Rng) -> Example<Vec<f32>> {
        window()
    }

    fn background(&self, _rng: &mut ChaCha8Rng) -> Option<Vec<f32>> {
        None
    }

    fn counterexample(&self, _rng: &mut ChaCha8Rng) -> Option<Vec<f32>> {
        None
    }
}

fn tone(radians: f32) -> Vec<f32> {
    (0..LENGTH)
        .map(|i| 0.3 * (radians * i as f32).sin())
        .collect()
}

fn window() -> Example<Vec<f32>> {
    Example {
        input: tone(0.4),
        targets: vec![1.0, 0.0],
        weight: 1.0,
    }
}

fn only(wanted: &str) -> AugmentConfig {
    let mut config = AugmentConfig::default().off();
    for (name, probability) in config.probabilities_mut() {
        if name == wanted {
            *probability = 1.0;
        }
    }
    config
}

fn varied(config: &AugmentConfig, seed: u64) -> Example<Vec<f32>> {
    let mut example = window();
    augment_waveform(&mut example, RATE_HZ, config, &Room, seed).unwrap();
    example
}

fn spectrograms() -> Vec<Example<MelSpectrogram>> {
    let class = |index: usize| Example {
        input: MelSpectrogram {
            n_mels: 16,
            n_frames: 24,
            values: vec![1.0 + index as f32; 16 * 24],
        },
        targets: (0..3)
            .map(|class| f32::from(u8::from(class == index)))
            .collect(),
        weight: 1.0,
    };
    (0..3).map(class).collect()
}

fn varied_spectrograms(config: &AugmentConfig, seed: u64) -> Vec<Example<MelSpectrogram>> {
    let mut batch = spectrograms();
    augment_spectrograms(&mut batch, config, &[seed, seed + 100, seed + 200]);
    batch
}

#[test]
fn with_every_probability_zero_nothing_changes() {
    let off = AugmentConfig::default().off();
    for seed in 0..20 {
        assert_eq!(varied(&off, seed), window());
        assert_eq!(varied_spectrograms(&off, seed), spectrograms());
    }
}

#[test]
fn with_probability_one_each_augmentation_acts_and_follows_its_seed() {
    for (name, _) in AugmentConfig::default().probabilities_mut() {
        let config = only(name);
        let acts = |seed| {
            varied(&config, seed) != window()
                || varied_spectrograms(&config, seed) != spectrograms()
        };
        // A mask may have no width, or there may be no mask.
        assert!((0..20).filter(|&seed| acts(seed)).count() >= 10, "{name}");
        let shown = |seed| (varied(&config, seed), varied_spectrograms(&config, seed));
        assert_eq!(shown(3), shown(3), "{name}");
        let others = (4..12).filter(|&seed| shown(seed) != shown(3)).count();
        assert!(others >= 6 || REPLACING.contains(&name), "{name}");
    }
}

#[test]
fn windows_keep_their_length_and_stay_finite() {
    let mut all = AugmentConfig::default();
    for (name, probability) in all.probabilities_mut() {
        *probability = f64::from(u8::from(!REPLACING.contains(&name)));
    }
    for seed in 0..10 {
        let example = varied(&all, seed);
        assert_eq!(example.input.len(), LENGTH);
        assert!(
            example
                .input
                .iter()
                .all(|sample| sample.is_finite() && sample.abs() < 100.0)
        );
        assert!(
            example
                .targets
                .iter()
                .all(|target| (0.0..=1.0).contains(target))
        );
    }
}

#[test]
fn turning_one_off_leaves_the_others_as_they_were() {
    let mut gain_alone = only("gain");
    let alone = varied(&gain_alone, 8);
    gain_alone.time_shift.probability = 1.0;
    gain_alone.time_shift.fraction = [0.0, 0.0];
    assert_eq!(varied(&gain_alone, 8), alone);
}

#[test]
fn a_no_call_window_stays_of_no_class() {
    let mut config = only("no_call");
    config.or_mixup.probability = 1.0;
    config.mixup.probability = 1.0;

    assert_eq!(varied(&config, 1).targets, [0.0, 0.0]);
    let mut example = window();
    augment_waveform(&mut example, RATE_HZ, &only("no_call"), &Emptiness, 1).unwrap();
    assert_eq!(
        example,
        window(),
        "without backgrounds there is nothing to show"
    );
}

#[test]
fn a_counterexample_stays_of_no_class_and_has_a_background() {
    let mut config = only("counterexample");
    let alone = varied(&config, 1);
    assert_eq!((alone.input, alone.targets), (tone(0.1), vec![0.0, 0.0]));

    config.or_mixup.probability = 1.0;
    config.mixup.probability = 1.0;
    assert_eq!(varied(&config, 1).input, tone(0.1));
    config.background.probability = 1.0;
    let under_a_background = varied(&config, 1);
    assert_ne!(under_a_background.input, tone(0.1));
    assert_eq!(under_a_background.targets, [0.0, 0.0]);

    config.no_call.probability = 1.0;
    assert_eq!(
        Some(varied(&config, 1).input),
        Room.background(&mut ChaCha8Rng::seed_from_u64(0))
    );
    let mut example = window();
    augment_waveform(
        &mut example,
        RATE_HZ,
        &only("counterexample"),
        &Emptiness,
        1,
    )
    .unwrap();
    assert_eq!(
        example,
        window(),
        "without other birds there is nothing to show"
    );
}

#[test]
fn a_probability_is_a_share_of_the_windows() {
    let mut config = only("gain");
    config.gain.probability = 0.3;
    let changed = (0..1_000).filter(|&seed| varied(&config, seed) != window());
    let share = changed.count() as f64 / 1_000.0;
    assert!((share - 0.3).abs() < 0.05, "{share}");
}

#[test]
fn strengths_stay_within_their_ranges() {
    let config = only("gain");
    for seed in 0..100 {
        let ratio = varied(&config, seed).input[100] / window().input[100];
        let decibels = 20.0 * ratio.log10();
        assert!((-12.01..=12.01).contains(&decibels), "{decibels}");
    }
    let mut config = only("frequency_mask");
    config.time_mask.probability = 1.0;
    for seed in 0..50 {
        for example in varied_spectrograms(&config, seed) {
            let hidden = example.input.values.iter().filter(|value| **value == 0.0);
            assert!(hidden.count() <= 16 * 24 - 12 * 18);
        }
    }
}

#[test]
fn mixed_spectrograms_come_from_others_of_the_batch_as_they_were() {
    let mut config = only("spectrogram_mixup");
    config.spectrogram_mixup.alpha = 1.0;
    for example in varied_spectrograms(&config, 5) {
        // Each spectrogram's value is its class + 1, so value and targets must agree.
        let expected: f32 = example
            .targets
            .iter()
            .zip([1.0, 2.0, 3.0])
            .map(|(t, v)| t * v)
            .sum();
        assert!((example.input.values[0] - expected).abs() < 1e-5);
        let sum: f32 = example.targets.iter().sum();
        assert!((sum - 1.0).abs() < 1e-5);
    }
    let mut single = vec![spectrograms().remove(0)];
    augment_spectrograms(&mut single, &config, &[5]);
    assert_eq!(single[0], spectrograms()[0]);
}

#[test]
fn settings_out_of_range_are_named() {
    assert_eq!(AugmentConfig::default().check(), Ok(()));
    let error = |change: fn(&mut AugmentConfig)| {
        let mut config = AugmentConfig::default();
        change(&mut config);
        config.check().unwrap_err().to_string()
    };
    let text = error(|config| config.gain.probability = 1.5);
    assert_eq!(text, "augment.gain.probability must be from 0 to 1: 1.5");
    let text = error(|config| config.background.snr_db = [10.0, 0.0]);
    assert!(
        text.contains("augment.background.snr_db") && text.contains("[10.0, 0.0]"),
        "{text}"
    );
    let text = error(|config| config.speed.factor = [f32::NAN, 1.0]);
    assert!(text.contains("augment.speed.factor"), "{text}");
    let text = error(|config| config.cutmix.alpha = 0.0);
    assert!(text.contains("augment.cutmix.alpha"), "{text}");
}

#[test]
fn a_misspelt_setting_is_refused_and_absent_ones_have_defaults() {
    let config: AugmentConfig =
        serde_json::from_str(r#"{"gain": {"probability": 0.5, "decibels": [0, 3]}}"#).unwrap();
    assert_eq!(config.gain.decibels.to_vec(), [0.0, 3.0]);
    assert_eq!(config.or_mixup, AugmentConfig::default().or_mixup);
    let error = serde_json::from_str::<AugmentConfig>(r#"{"gian": {}}"#).unwrap_err();
    assert!(error.to_string().contains("gian"), "{error}");
}
