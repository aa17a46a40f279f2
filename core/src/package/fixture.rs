//! A manifest for tests: two birds, one network.

use super::sha256_hex;
use serde_json::{Value, json};

/// As JSON, so that a test can break it; it describes `weights`.
pub(crate) fn manifest(weights: &[u8]) -> Value {
    json!({
        "format_version": 1, "name": "test-birds", "title": "Test birds", "version": "0.1.0",
        "description": "Two birds.", "architecture": "tf_efficientnet_lite0",
        "audio": { "sample_rate_hz": 32000, "window": { "length_s": 5.0, "hop_s": 5.0 } },
        "mel": { "n_fft": 2048, "hop_length": 512, "n_mels": 128, "f_min": 50.0, "f_max": 15000.0,
                 "power": 2.0, "scale": "htk", "norm": "none", "top_db": 80.0 },
        "normalization": { "reference": "peak", "mean": -40.0, "std": 20.0 },
        "detection": { "threshold": 0.5, "merge_gap_s": 0.0 },
        "classes": [
            { "code": "banana", "scientific_name": "Coereba flaveola", "common_name": "Bananaquit" },
            { "code": "prtody1", "scientific_name": "Todus mexicanus", "common_name": "Puerto Rican Tody" }
        ],
        "training": null, "licence": "CC BY-NC-SA 4.0", "attribution": [],
        "files": { "weights.safetensors": { "sha256": sha256_hex(weights), "bytes": weights.len() } }
    })
}
