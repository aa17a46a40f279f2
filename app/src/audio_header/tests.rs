use super::*;

fn found(bytes: &[u8]) -> AudioHeader {
    match probe(bytes, 0) {
        Probe::Found(header) => header,
        other => panic!("{other:?}"),
    }
}

fn wav(tag: u16, rate: u32, data_bytes: u32) -> Vec<u8> {
    let mut bytes = b"RIFF\0\0\0\0WAVELIST\x03\0\0\0abc\0fmt \x10\0\0\0".to_vec();
    bytes.extend(tag.to_le_bytes());
    bytes.extend(2_u16.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend((rate * 4).to_le_bytes());
    bytes.extend(4_u16.to_le_bytes());
    bytes.extend(16_u16.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(data_bytes.to_le_bytes());
    bytes
}

fn mp3_frames(n: usize) -> Vec<u8> {
    // MPEG-1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes.
    let mut frame = vec![0xff, 0xfb, 0x90, 0x00];
    frame.resize(417, 0);
    frame.repeat(n)
}

fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut bytes = (body.len() as u32 + 8).to_be_bytes().to_vec();
    bytes.extend(kind);
    bytes.extend(body);
    bytes
}

fn moov(codec: &[u8; 4], written_rate: u16, timescale: u32) -> Vec<u8> {
    let mut entry = vec![0; 24];
    entry.extend(written_rate.to_be_bytes());
    entry.extend([0, 0]);
    let mut stsd = vec![0, 0, 0, 0, 0, 0, 0, 1];
    stsd.extend(boxed(codec, &entry));
    let stbl = boxed(b"stbl", &boxed(b"stsd", &stsd));
    let mut mdhd = vec![0; 12];
    mdhd.extend(timescale.to_be_bytes());
    let mut media = boxed(b"mdhd", &mdhd);
    media.extend(boxed(b"hdlr", b"\0\0\0\0\0\0\0\0soun"));
    media.extend(boxed(b"minf", &stbl));
    boxed(b"moov", &boxed(b"trak", &boxed(b"mdia", &media)))
}

fn element(id: &[u8], body: &[u8]) -> Vec<u8> {
    let mut bytes = id.to_vec();
    bytes.push(0x80 | body.len() as u8);
    bytes.extend(body);
    bytes
}

#[test]
fn wav_says_its_rate_and_length() {
    let header = found(&wav(1, 44_100, 4000));
    assert_eq!(header.mime, "audio/wav");
    assert_eq!(header.sample_rate_hz, Some(44_100));
    assert_eq!(header.n_frames, Some(1000));
    assert_eq!(found(&wav(1, 96_000, 0)).n_frames, Some(0));
    assert_eq!(found(&wav(1, 8000, u32::MAX)).n_frames, None);
    assert_eq!(found(&wav(17, 8000, 4)).mime, "audio/wav; codecs=\"17\"");
    assert_eq!(
        found(b"RIFF\0\0\0\0WAVEgarbage that is cut").sample_rate_hz,
        None
    );
}

#[test]
fn flac_says_its_rate_and_length() {
    let mut bytes = b"fLaC\0\0\0\x22".to_vec();
    bytes.extend([0; 10]);
    bytes.extend([0x07, 0xd0, 0x02, 0xf0, 0, 0, 0x03, 0xe8]); // 32,000 Hz, mono, 16 bit, 1,000 frames
    let header = found(&bytes);
    assert_eq!(header.sample_rate_hz, Some(32_000));
    assert_eq!(header.n_frames, Some(1000));
}

#[test]
fn ogg_tells_its_codecs_apart() {
    let page = |codec: &[u8]| {
        let mut bytes = b"OggS".to_vec();
        bytes.extend([0; 22]);
        bytes.extend([1, codec.len() as u8]);
        bytes.extend(codec);
        bytes
    };
    let vorbis = found(&page(b"\x01vorbis\0\0\0\0\x01\x00\x7d\0\0"));
    assert_eq!(vorbis.sample_rate_hz, Some(32_000));
    let opus = found(&page(b"OpusHead\x01\x01\0\0\x80\x3e\0\0"));
    assert_eq!(
        (opus.sample_rate_hz, opus.mime.contains("opus")),
        (Some(48_000), true)
    );
    assert_eq!(found(&page(b"fishead\0")).sample_rate_hz, None);
}

#[test]
fn mp3_is_found_behind_tags_and_junk() {
    assert_eq!(found(&mp3_frames(3)).sample_rate_hz, Some(44_100));
    let mut tagged = b"ID3\x04\0\0\0\0\x02\0".to_vec();
    tagged.extend([0; 256]);
    tagged.extend(mp3_frames(20));
    assert_eq!(found(&tagged).sample_rate_hz, Some(44_100));
    let mut junk = vec![0; 500];
    junk.extend(mp3_frames(2));
    assert_eq!(found(&junk).mime, "audio/mpeg");
    assert_eq!(
        probe(b"ID3\x04\0\0\x01\0\0\0rest", 0),
        Probe::ReadAt(2_097_162)
    );
}

#[test]
fn random_bytes_and_text_are_unknown() {
    let mut state = 1_u32;
    let noise: Vec<u8> = (0..65_536)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    assert_eq!(probe(&noise, 0), Probe::Unknown);
    assert_eq!(
        probe(b"field notes, 3 May: nothing sang", 0),
        Probe::Unknown
    );
    assert_eq!(probe(b"\x89PNG\r\n\x1a\n", 0), Probe::Unknown);
    assert_eq!(probe(b"", 0), Probe::Unknown);
}

#[test]
fn raw_aac_says_its_rate() {
    let mut frame = vec![0xff, 0xf1, 0x50, 0x80, 0x02, 0x1f, 0xfc]; // 44.1 kHz, 16 bytes
    frame.resize(16, 0);
    let header = found(&frame.repeat(4));
    assert_eq!(
        (header.mime.as_str(), header.sample_rate_hz),
        ("audio/aac", Some(44_100))
    );
}

#[test]
fn mp4_is_read_wherever_its_description_stands() {
    let mut front = boxed(b"ftyp", b"M4A \0\0\0\0");
    front.extend(moov(b"mp4a", 44_100, 44_100));
    let header = found(&front);
    assert_eq!(header.sample_rate_hz, Some(44_100));
    assert!(header.mime.contains("mp4a"));
    assert_eq!(
        found(&moov(b"alac", 0, 96_000)).sample_rate_hz,
        Some(96_000)
    );

    let mut back = boxed(b"ftyp", b"M4A \0\0\0\0");
    back.extend(1_000_000_u32.to_be_bytes());
    back.extend(b"mdat then samples");
    let Probe::ReadAt(offset) = probe(&back, 0) else {
        panic!("looks further");
    };
    assert_eq!(offset, 16 + 1_000_000);
    let Probe::Found(header) = probe(&moov(b"mp4a", 32_000, 32_000), offset) else {
        panic!("finds it");
    };
    assert_eq!(header.sample_rate_hz, Some(32_000));
}

#[test]
fn mp4_without_sound_is_unknown() {
    assert_eq!(
        probe(&boxed(b"moov", &boxed(b"mvhd", &[0; 20])), 0),
        Probe::Unknown
    );
}

#[test]
fn aiff_reads_the_long_float() {
    let mut bytes = b"FORM\0\0\0\0AIFFCOMM\0\0\0\x12\0\x01".to_vec();
    bytes.extend(1000_u32.to_be_bytes());
    bytes.extend([0, 16, 0x40, 0x0e, 0xbb, 0x80, 0, 0, 0, 0, 0, 0]); // 48,000
    let header = found(&bytes);
    assert_eq!(
        (header.sample_rate_hz, header.n_frames),
        (Some(48_000), Some(1000))
    );
}

#[test]
fn webm_reads_its_track() {
    let audio = element(&[0xe1], &element(&[0xb5], &22_050_f32.to_be_bytes()));
    let track = |codec: &[u8]| {
        let mut body = element(&[0x86], codec);
        body.extend(&audio);
        let tracks = element(&[0x16, 0x54, 0xae, 0x6b], &element(&[0xae], &body));
        let mut bytes = element(&[0x1a, 0x45, 0xdf, 0xa3], &element(&[0x42, 0x82], b"webm"));
        bytes.extend(element(&[0x18, 0x53, 0x80, 0x67], &tracks));
        bytes
    };
    assert_eq!(found(&track(b"A_OPUS")).sample_rate_hz, Some(48_000));
    let vorbis = found(&track(b"A_VORBIS"));
    assert_eq!(vorbis.sample_rate_hz, Some(22_050));
    assert_eq!(vorbis.mime, "audio/webm; codecs=\"vorbis\"");
}

#[test]
fn known_formats_without_a_reader_have_a_name() {
    assert_eq!(found(b"wvpk....").mime, "audio/x-wavpack");
    assert_eq!(found(b"caff\0\x01\0\0").sample_rate_hz, None);
}

#[test]
fn recordings_in_folders_are_known_by_their_names() {
    for name in ["a.wav", "2024/SITE_20240512.WAV", "x.y.flac", "b.Mp3"] {
        assert!(is_recording_name(name), "{name}");
    }
    for name in [
        "a.txt",
        "wav",
        "CONFIG.TXT",
        "dir/._a.wav",
        "",
        "a.wav.part",
    ] {
        assert!(!is_recording_name(name), "{name}");
    }
}
