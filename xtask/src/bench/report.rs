//! The measurements as a part of `docs/benchmarks.md`.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::chromium::BROWSER_NAMES;
use crate::command::{find_program, output};

/// All tables.
pub(super) fn markdown(
    native: &Value,
    browser: &Value,
    reference: &Value,
    sizes: &Value,
) -> String {
    let mut text = String::from("## Machine\n\n");
    for line in machine() {
        push(&mut text, &format!("* {line}"));
    }
    let (cpu, webgpu) = (&browser["cpu"], &browser["webgpu"]);
    text.push_str("\n## Mel front end, milliseconds for a minute of audio\n\n");
    push(&mut text, "| | Pipit | librosa |\n|---|---:|---:|");
    push(
        &mut text,
        &format!(
            "| native | {} | {} |",
            number(&native["mel_ms_per_minute"]),
            number(&reference["librosa_mel_ms_per_minute"])
        ),
    );
    push(
        &mut text,
        &format!(
            "| browser (WASM SIMD) | {} | |",
            number(&cpu["mel_ms_per_minute"])
        ),
    );

    text.push_str("\n## Classifier, windows a second\n\n");
    push(
        &mut text,
        "| | Pipit | ONNX Runtime | Pipit : ONNX Runtime |\n|---|---:|---:|---:|",
    );
    for (name, ours, theirs) in [
        (
            "native CPU",
            &native["classifier_ms_per_window"],
            &reference["ort_native_ms_per_window"],
        ),
        (
            "browser CPU (WASM SIMD)",
            &cpu["pipit_ms_per_window"],
            &cpu["onnxruntime_ms_per_window"],
        ),
        (
            "browser WebGPU (software adapter)",
            &webgpu["pipit_ms_per_window"],
            &webgpu["onnxruntime_ms_per_window"],
        ),
    ] {
        push(
            &mut text,
            &format!(
                "| {name} | {} | {} | {} |",
                per_second(ours),
                per_second(theirs),
                ratio(theirs, ours)
            ),
        );
    }
    push(
        &mut text,
        &format!(
            "\nScores of the two differ by at most {} on the CPU and {} on WebGPU. A software \
             adapter says nothing about a real GPU; it is here because every machine has it.",
            scientific(&cpu["largest_difference"]),
            scientific(&webgpu["largest_difference"])
        ),
    );

    text.push_str("\n## Size of the site's WASM, megabytes\n\n");
    push(&mut text, "| | raw | gzip | brotli |\n|---|---:|---:|---:|");
    for (name, size) in sizes.as_object().into_iter().flatten() {
        push(
            &mut text,
            &format!(
                "| {name} | {} | {} | {} |",
                megabytes(&size["raw"]),
                megabytes(&size["gzip"]),
                megabytes(&size["brotli"])
            ),
        );
    }

    text.push_str("\n## First visit, seconds\n\n");
    let page = &browser["page"];
    push(
        &mut text,
        "| | with an empty cache, from this machine |\n|---|---:|",
    );
    push(
        &mut text,
        &format!("| the page takes files | {} |", number(&page["page_s"])),
    );
    push(
        &mut text,
        &format!(
            "| first detection in a recording of one window | {} |",
            number(&page["first_detection_s"])
        ),
    );
    text
}

fn machine() -> Vec<String> {
    let cpu = first_value("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown CPU".into());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory_kb = first_value("/proc/meminfo", "MemTotal")
        .and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    let memory = memory_kb.map_or_else(String::new, |kb| format!(", {:.0} GB", kb / 1e6));
    let mut lines = vec![format!("{cpu}, {cores} cores{memory}")];
    if let Some(browser) = find_program(&BROWSER_NAMES) {
        lines.extend(output(Command::new(browser).arg("--version")).map(|s| s.trim().to_owned()));
    }
    lines.extend(output(Command::new("rustc").arg("--version")).map(|s| s.trim().to_owned()));
    lines
}

/// The value of the first line `key: value` of a file.
fn first_value(file: &str, key: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn push(text: &mut String, line: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{line}");
}

fn number(value: &Value) -> String {
    match value.as_f64() {
        Some(value) if value >= 100.0 => format!("{value:.0}"),
        Some(value) => format!("{value:.1}"),
        None => "not measured".into(),
    }
}

fn per_second(milliseconds: &Value) -> String {
    match milliseconds
        .as_f64()
        .map(|milliseconds| 1000.0 / milliseconds)
    {
        Some(rate) if rate >= 10.0 => format!("{rate:.0}"),
        Some(rate) => format!("{rate:.2}"),
        None => "not measured".into(),
    }
}

fn ratio(theirs: &Value, ours: &Value) -> String {
    match (theirs.as_f64(), ours.as_f64()) {
        (Some(theirs), Some(ours)) => format!("{:.2}×", theirs / ours),
        _ => String::new(),
    }
}

fn scientific(value: &Value) -> String {
    value
        .as_f64()
        .map_or_else(|| "(not measured)".into(), |value| format!("{value:.1e}"))
}

fn megabytes(bytes: &Value) -> String {
    bytes.as_f64().map_or_else(
        || "not measured".into(),
        |bytes| format!("{:.2}", bytes / 1e6),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_missing_is_said_to_be() {
        let nothing = json!({});
        let text = markdown(&nothing, &nothing, &nothing, &nothing);
        assert!(
            text.contains("| native | not measured | not measured |"),
            "{text}"
        );
    }

    #[test]
    fn rates_and_ratios_are_of_the_same_work() {
        let text = markdown(
            &json!({ "classifier_ms_per_window": 50.0, "mel_ms_per_minute": 12.34 }),
            &json!({}),
            &json!({ "ort_native_ms_per_window": 40.0, "librosa_mel_ms_per_minute": 120.4 }),
            &json!({ "worker_bg.wasm": { "raw": 26_500_000, "gzip": 3_100_000, "brotli": 2_200_000 } }),
        );
        assert!(text.contains("| native | 12.3 | 120 |"), "{text}");
        assert!(text.contains("| native CPU | 20 | 25 | 0.80× |"), "{text}");
        assert!(
            text.contains("| worker_bg.wasm | 26.50 | 3.10 | 2.20 |"),
            "{text}"
        );
    }
}
