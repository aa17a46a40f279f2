"""Reads Pipit's exports with the programs' own readers, and fails where one of them is puzzled.

`cargo xtask test` runs it where it finds a Python with pandas, crowsetta and soundfile; CONTRIBUTING.md
says how to get one.

crowsetta 5 reads Raven selection tables and both kinds of Audacity label tracks, and brings
soundfile (libsndfile) along for the clips. The golden files are compared with what Pipit writes by
`cargo test -p pipit-app --lib golden`; with `PIPIT_GOLDEN=write` that writes them anew.
"""

import io
import json
import math
import zipfile
from pathlib import Path

import pandas as pd
import soundfile
from crowsetta.formats.bbox import AudBBox, Raven
from crowsetta.formats.seq import AudSeq

GOLDEN = Path(__file__).parent / "golden"
SETTINGS = {
    "model": "puerto-rico",
    "model_version": "1.0.0",
    "model_sha256": "ab12",
    "manifest_sha256": "cd34",
    "threshold": 0.4,
    "class_thresholds": "banana=0.45;coqui=0.6",
    "species_thresholds": "banana=0.7;prtody1=0.3",
    "merge_gap_s": 2.5,
    "min_duration_s": 1,
    "excluded_species": "coqui",
}


def read_csv():
    table = pd.read_csv(GOLDEN / "detections.csv")
    assert list(table["start_s"]) == [5, 55, 0]
    assert list(table["confidence"].round(3)) == [0.87, 0.712, 0.5]
    assert list(table["low_hz"].isna()) == [False, True, True]
    assert list(table["review"].fillna("")) == ["yes", "other", ""]
    assert table["common_name"][2] == 'Tody, "Puerto\nRican"'
    begin = pd.to_datetime(table["begin"], format="ISO8601")
    assert begin[0] == pd.Timestamp(2024, 5, 12, 5, 15, 5) and pd.isna(begin[2])
    for name, value in SETTINGS.items():
        assert (table[name] == value).all(), name
    files = pd.read_csv(GOLDEN / "files.csv")
    assert list(files["n_detections"]) == [2, 1, 0]
    assert list(files["analysed_s"]) == [60, 10, 12.5]
    assert pd.Timestamp(files["begin"][2]) == pd.Timestamp("2024-05-12T06:00:00Z")


def read_raven():
    boxes = Raven.from_file(GOLDEN / "selections.txt", annot_col="Species").to_bbox()
    found = [(b.onset, b.offset, b.low_freq, b.high_freq, b.label) for b in boxes]
    assert found == [
        (5, 12.5, 3200, 9100.5, "Coereba flaveola"),
        (55, 60, 50, 14000, "Coereba flaveola"),
        (60, 65, 50, 8000, "Todus mexicanus"),
    ], found
    table = pd.read_csv(GOLDEN / "selections.txt", sep="\t")
    # What Raven Pro asks for, by its manual.
    for column in ["Selection", "View", "Channel", "Begin File", "File Offset (s)"]:
        assert table[column].notna().all(), column
    assert (table["Model SHA-256"] == "ab12").all()
    assert (table["Manifest SHA-256"] == "cd34").all()
    assert (table["Class Thresholds"] == "banana=0.45;coqui=0.6").all()
    for path in (GOLDEN / "raven").glob("*.txt"):
        single = pd.read_csv(path, sep="\t")
        assert list(single.columns) == list(table.columns), path
        if len(single):
            Raven.from_file(path, annot_col="Species Code").to_annot()
    assert len(list((GOLDEN / "raven").iterdir())) == 3


def read_audacity():
    boxes = AudBBox.from_file(GOLDEN / "audacity" / "20240512_051500.txt").to_bbox()
    found = [(b.onset, b.offset, b.low_freq, b.high_freq, b.label) for b in boxes]
    assert found == [
        (5, 12.5, 3200, 9100.5, "Bananaquit 0.87 (yes)"),
        (55, 60, 50, 14000, "Bananaquit 0.71 (other)"),
    ], found
    labels = AudSeq.from_file(GOLDEN / "audacity" / "tody_ _two_.txt")
    assert list(labels.labels) == ["Tody, 'Puerto Rican' 0.50"], labels.labels
    assert (list(labels.start_times), list(labels.end_times)) == ([0], [5])
    read_json(GOLDEN / "audacity" / "pipit.json")


def read_json(path):
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["format_version"] == 1
    assert document["model"]["weights_sha256"] == "ab12"
    assert document["model"]["manifest_sha256"] == "cd34"
    assert math.isclose(document["settings"]["class_thresholds"]["coqui"], 0.6)
    assert math.isclose(document["settings"]["species_thresholds"]["banana"], 0.7)
    detections = pd.json_normalize(document["files"], "detections", ["name", "recorded_at"])
    assert list(detections["code"]) == ["banana", "banana", "prtody1"]


def read_clips():
    archive = zipfile.ZipFile(GOLDEN / "clips.zip")
    assert archive.testzip() is None
    table = pd.read_csv(io.BytesIO(archive.read("clips.csv")))
    assert set(table["clip"]) | {"clips.csv", "pipit.json"} == set(archive.namelist())
    assert (table["model"] == "puerto-rico").all()
    for clip in table.itertuples():
        wav = soundfile.SoundFile(io.BytesIO(archive.read(clip.clip)))
        assert (wav.subtype, wav.channels) == ("PCM_16", 1)
        duration_s = wav.frames / wav.samplerate
        assert math.isclose(duration_s, clip.clip_end_s - clip.clip_start_s), clip.clip


if __name__ == "__main__":
    read_csv()
    read_raven()
    read_audacity()
    read_json(GOLDEN / "detections.json")
    read_clips()
    print("every reader understood its file")
