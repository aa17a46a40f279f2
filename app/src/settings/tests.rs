use super::*;
use crate::session::fixture;
use crate::view::frequency_axis::Band;

fn read(query: &str) -> Settings {
    let (settings, warnings) = Settings::from_query(String::new(), query);
    assert_eq!(warnings, []);
    settings
}

fn codes<const N: usize>(codes: [&str; N]) -> BTreeSet<String> {
    codes.map(str::to_owned).into()
}

#[test]
fn known_parameters_are_read() {
    let expected = Settings {
        device: DeviceChoice::WebGpu,
        model: Some("puerto-rico".into()),
        threshold: Some(0.4),
        ..Settings::default()
    };
    assert_eq!(
        read("?device=webgpu&model=puerto-rico&threshold=0.4"),
        expected
    );
}

#[test]
fn empty_values_are_the_defaults() {
    assert_eq!(read("?device=&model=&include="), Settings::default());
    let usual = read("rate=1&pitch=follows&repeat=off&hear=all&letters=on");
    assert_eq!(usual, Settings::default());
    assert_eq!(usual.to_query(), "");
}

#[test]
fn settings_survive_the_address() {
    let settings = Settings {
        device: DeviceChoice::Cpu,
        model: Some("puerto-rico".into()),
        language: Some(Language::Spanish),
        names: Some(Naming::In("pt-BR".into())),
        colours: Colours::InverseGrey,
        brightness: 0.35,
        contrast: -1.0,
        frequencies: Frequencies::Song,
        time: TimeScale::Clock,
        listening: Listening {
            rate: 0.25,
            keeps_pitch: true,
            loops: true,
            filters: true,
            isolates: false,
        },
        letters_off: true,
        threshold: Some(0.35),
        species_thresholds: BTreeMap::from([
            ("prtody1".into(), 0.7),
            ("odd.code & co=1, ü+".into(), 0.1),
        ]),
        merge_gap_s: Some(0.0),
        min_duration_s: 1.5,
        included: codes(["banana", "prtody1"]),
        excluded: codes(["coqui"]),
        precision: Some(0.75),
        ..Settings::default()
    };
    let query = settings.to_query();
    assert_eq!(read(&query), settings);
    assert!(query.starts_with(
        "device=cpu&model=puerto-rico&lang=es&names=pt-BR&colours=grey&brightness=0.35&"
    ));
    assert!(query.contains("&contrast=-1&band=song&time=clock&rate=0.25&"));
    assert!(query.contains("&rate=0.25&pitch=kept&repeat=on&hear=shown&letters=off&"));
    assert!(query.contains("threshold.prtody1=0.7&merge_gap_s=0&min_duration_s=1.5"));
    assert!(query.ends_with("include=banana&include=prtody1&exclude=coqui&precision=0.75"));
}

#[test]
fn the_documented_parameters_are_those_that_there_are() {
    let page = include_str!("../../../docs/links.md");
    let documented: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split(" |").next())
        .flat_map(|names| names.split("`, `"))
        .map(|name| name.trim_matches('`'))
        .collect();

    let known: Vec<&str> = documented
        .iter()
        .copied()
        .filter(|name| {
            let (_, warnings) = Settings::from_query(String::new(), &format!("{name}=no"));
            !warnings.contains(&SettingsWarning::UnknownName((*name).to_owned()))
        })
        .collect();

    assert_eq!(documented.len(), 21, "{documented:?}");
    assert_eq!(known, Vec::from_iter(documented));
}

#[test]
fn the_display_is_put_back_and_nothing_else_is() {
    let mut settings = read("brightness=0.5&contrast=-0.5&band=low&colours=magma&threshold=0.4");
    let display = settings.display();
    assert_eq!((display.brightness, display.contrast), (0.5, -0.5));
    let band = Band {
        low_hz: 0.0,
        high_hz: 2000.0,
    };
    assert_eq!(display.band, Some(band));
    settings.reset_display();
    assert_eq!(settings.display(), Display::default());
    assert_eq!(settings.to_query(), "threshold=0.4");
}

#[test]
fn addresses_of_models_are_told_from_names() {
    for (query, address) in [
        ("model=./birds/manifest.json", Some("./birds/manifest.json")),
        (
            "model=https%3A%2F%2Fexample.org%2Fbirds.zip",
            Some("https://example.org/birds.zip"),
        ),
        ("model=puerto-rico", None),
        ("model=my-birds.0123456789ab", None),
        ("", None),
    ] {
        assert_eq!(read(query).model_address(), address, "{query}");
    }
    let mut settings = Settings::default();
    for (typed, address) in [
        ("birds.zip", "./birds.zip"),
        ("models/birds", "models/birds"),
        (
            "https://example.org/?a=1&b=ü",
            "https://example.org/?a=1&b=ü",
        ),
    ] {
        settings.set_model_address(typed);
        assert_eq!(settings.model_address(), Some(address));
        assert_eq!(read(&settings.to_query()), settings);
    }
}

#[test]
fn defaults_leave_the_address_alone() {
    let settings = Settings {
        site: "https://example.org/birds/".into(),
        ..Settings::default()
    };
    assert_eq!(settings.to_query(), "");
}

#[test]
fn what_is_ignored_is_named() {
    let query = "?device=abacus&threshold=2&threshold.prtody1=x&merge_gap_s=-1\
                 &min_duration_s=NaN&lang=eo&names=my%20own&colours=jet&time=noon\
                 &precision=1&brightness=1.5&contrast=high&band=treble&rate=3&pitch=low&repeat=yes&hear=birds&treshold=0.5&threshold.=1";
    let (settings, warnings) = Settings::from_query(String::new(), query);
    assert_eq!(settings, Settings::default());
    let sentences: Vec<String> = warnings
        .iter()
        .map(|warning| warning.word(Language::English))
        .collect();
    let expected = [
        ["device", "\"abacus\"", "auto, webgpu, cpu"],
        ["threshold", "\"2\"", "0 … 1"],
        ["threshold.prtody1", "\"x\"", "0 … 1"],
        ["merge_gap_s", "\"-1\"", "0 … 86400"],
        ["min_duration_s", "\"NaN\"", "0 … 86400"],
        ["lang", "\"eo\"", "en, es"],
        ["names", "\"my own\"", "common, scientific, es"],
        ["colours", "\"jet\"", "viridis, magma, grey"],
        ["time", "\"noon\"", "elapsed, clock"],
        ["precision", "\"1\"", "0.5 … 0.99"],
        ["brightness", "\"1.5\"", "-1 … 1"],
        ["contrast", "\"high\"", "-1 … 1"],
        ["band", "\"treble\"", "all, low, middle, song, high"],
        ["rate", "\"3\"", "0.1, 0.25, 0.5, 1, 2"],
        ["pitch", "\"low\"", "follows, kept"],
        ["repeat", "\"yes\"", "off, on"],
        ["hear", "\"birds\"", "all, shown"],
        ["treshold", "does not know", "ignored"],
        ["threshold.", "does not know", "ignored"],
    ];
    assert_eq!(sentences.len(), expected.len());
    for (sentence, words) in sentences.iter().zip(expected) {
        for word in words {
            assert!(sentence.contains(word), "{sentence:?} lacks {word:?}");
        }
    }
}

#[test]
fn the_browser_speaks_until_the_address_does() {
    let mut settings = read("");
    settings.browser_language = Language::Spanish;
    assert_eq!(settings.spoken(), Language::Spanish);
    assert_eq!(settings.to_query(), "");
    settings.language = read("lang=en-GB").language;
    assert_eq!(settings.spoken(), Language::English);
    assert_eq!(settings.to_query(), "lang=en");
}

#[test]
fn codes_become_the_models_classes() {
    let classes = fixture::manifest().classes;
    let settings = read("include=prtody1&exclude=banana&threshold.prtody1=0.3&min_duration_s=2");
    let (filter, warnings) = settings.detection_filter(&classes);
    assert_eq!(warnings, []);
    assert_eq!(filter.thresholds, BTreeMap::from([(LabelId(1), 0.3)]));
    assert_eq!(filter.species.included, BTreeSet::from([LabelId(1)]));
    assert_eq!(filter.species.excluded, BTreeSet::from([LabelId(0)]));
    assert!((filter.min_duration_s - 2.0).abs() < f32::EPSILON);
}

#[test]
fn codes_of_other_models_are_named_and_find_nothing() {
    let classes = fixture::manifest().classes;
    let settings = read("include=coqui&threshold.coqui=0.3");
    let (filter, warnings) = settings.detection_filter(&classes);
    assert_eq!(warnings, [SettingsWarning::UnknownSpecies("coqui".into())]);
    assert!(warnings[0].word(Language::English).contains("coqui"));
    assert!(
        classes
            .iter()
            .all(|(label, _)| !filter.species.admits(label))
    );
}
