"""Times of librosa's Mel front end and of ONNX Runtime, one thread each, as JSON on one line.

usage: python reference.py MANIFEST.json MODEL.onnx    (what is not installed is left out)
"""

import json
import os
import sys
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np


def best_ms(work, rounds):
    """The quickest of some rounds after one to warm up."""
    work()
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        times.append((time.perf_counter() - begun) * 1000)
    return min(times)


def mel_ms_per_minute(manifest):
    import librosa

    mel, rate = manifest["mel"], manifest["audio"]["sample_rate_hz"]
    length = round(manifest["audio"]["window"]["length_s"] * rate)
    window = np.random.default_rng(1).standard_normal(length).astype(np.float32) * 0.1

    def work():
        power = librosa.feature.melspectrogram(
            y=window,
            sr=rate,
            n_fft=mel["n_fft"],
            hop_length=mel["hop_length"],
            n_mels=mel["n_mels"],
            fmin=mel["f_min"],
            fmax=mel["f_max"],
            power=mel["power"],
            htk=mel["scale"].lower() == "htk",
            norm="slaney" if mel["norm"].lower() == "slaney" else None,
            pad_mode="reflect",
        )
        librosa.power_to_db(power, top_db=mel["top_db"])

    return best_ms(work, 20) * 60 * rate / length


def ort_ms_per_window(path):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    shape = session.get_inputs()[0].shape
    window = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    return best_ms(lambda: session.run(None, {"input": window}), 20)


def main(manifest_path, onnx_path):
    with open(manifest_path) as file:
        manifest = json.load(file)
    report = {}
    for name, work in (
        ("librosa_mel_ms_per_minute", lambda: mel_ms_per_minute(manifest)),
        ("ort_native_ms_per_window", lambda: ort_ms_per_window(onnx_path)),
    ):
        try:
            report[name] = work()
        except ImportError as error:
            print(f"left out {name}: {error}", file=sys.stderr)
    print(json.dumps(report))


if __name__ == "__main__":
    main(*sys.argv[1:])
