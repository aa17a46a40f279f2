//! An evaluation as one page of HTML that loads nothing.

mod matrix;
mod pictures;
mod plot;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use pipit_core::Manifest;

use super::evaluation::Evaluation;
use super::table::{figure, percent, range};
use crate::metrics::{Judged, Metrics};

/// The page.
pub(super) fn html(
    manifest: &Manifest,
    evaluation: &Evaluation,
    judged: &[Judged],
) -> anyhow::Result<String> {
    let title = format!("{}: evaluation on {}", manifest.title, evaluation.data);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                // Enforces what the page promises: no request to anywhere.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (title) }
                style { (PreEscaped(include_str!("report/style.css"))) }
            }
            body {
                h1 { (title) }
                p {
                    (evaluation.model) ", " (manifest.architecture) ", "
                    (evaluation.recordings) " recordings, " (evaluation.metrics.recordings)
                    " of them of one of the " (evaluation.classes.len()) " classes"
                    @if !evaluation.unreadable.is_empty() {
                        "; " (evaluation.unreadable.len()) " more could not be read"
                    }
                    @if evaluation.networks > 1 {
                        ", scored by " (evaluation.networks) " networks, each what it held out"
                    }
                    ". A recording's score is the mean of its windows' odds; a species is detected where one "
                    "window's confidence reaches the threshold. Species noted in the background count neither "
                    "for nor against, but for top-1 and top-3, where they are others than the one in the foreground."
                }
                (figures(evaluation))
                (noise(evaluation)?)
                (other_birds(evaluation))
                (training_counts(evaluation)?)
                (calibration(evaluation)?)
                (precision_recall(manifest, judged)?)
                (confusion(manifest, evaluation))
                (classes(manifest, evaluation))
            }
        }
    };
    Ok(page.into_string())
}

fn figures(evaluation: &Evaluation) -> Markup {
    let metrics = &evaluation.metrics;
    let fitted = evaluation.f1_at_fitted_thresholds.as_ref();
    let figures = [
        ("cmAP".to_owned(), metrics.cmap),
        ("padded cmAP".to_owned(), metrics.padded_cmap),
        ("macro ROC-AUC".to_owned(), metrics.macro_roc_auc),
        ("top-1".to_owned(), metrics.top_1),
        ("top-3".to_owned(), metrics.top_3),
        (
            format!("macro F1 at {}", evaluation.threshold),
            metrics.macro_f1,
        ),
        (
            "macro F1, the model's thresholds by class".to_owned(),
            evaluation.f1_at_package_thresholds,
        ),
        (
            "macro F1, one fitted threshold".to_owned(),
            fitted.and_then(|found| found.macro_f1_common),
        ),
        (
            "macro F1, thresholds by class".to_owned(),
            fitted.and_then(|found| found.macro_f1_by_class),
        ),
        (
            "calibration error".to_owned(),
            Some(evaluation.reliability.expected_calibration_error),
        ),
        ("Brier score".to_owned(), Some(evaluation.reliability.brier)),
    ];
    html! {
        dl.figures {
            @for (name, value) in figures.iter().filter(|(_, value)| value.is_some()) {
                div { dt { (name) } dd { (figure(*value)) } }
            }
        }
        p {
            "cmAP, ROC-AUC and F1 are means over the classes that are present; padded cmAP adds five "
            "perfect recordings of every class, as BirdCLEF 2023 did. Thresholds are fitted on other recordists than "
            "those they are judged on"
            @if fitted.is_none() { ", which takes a second recordist" }
            "."
        }
    }
}

fn noise(evaluation: &Evaluation) -> anyhow::Result<Markup> {
    if evaluation.noisy.is_empty() {
        return Ok(html! {});
    }
    let row = |name: String, metrics: &Metrics| {
        html! {
            tr {
                td.name { (name) }
                @for value in [
                    metrics.cmap, metrics.padded_cmap, metrics.macro_roc_auc,
                    metrics.macro_f1, metrics.top_1, metrics.top_3,
                ] {
                    td { (figure(value)) }
                }
            }
        }
    };
    Ok(html! {
        h2 { "With other sounds mixed in" }
        p {
            "The same recordings under other sounds, by the ratio of mean powers. It tells how the model does in new places "
            "as long as training has not used these sounds."
        }
        div.side-by-side {
            (pictures::by_noise(evaluation)?)
            table {
                tr {
                    th.name { "SNR" } th { "cmAP" } th { "padded cmAP" } th { "ROC-AUC" }
                    th { "F1" } th { "top-1" } th { "top-3" }
                }
                (row("clean".to_owned(), &evaluation.metrics))
                @for noisy in &evaluation.noisy {
                    (row(format!("{} dB", noisy.snr_db), &noisy.metrics))
                }
            }
        }
    })
}

fn other_birds(evaluation: &Evaluation) -> Markup {
    let Some(birds) = &evaluation.other_birds else {
        return html! {};
    };
    html! {
        h2 { "Birds that it does not know" }
        p {
            (birds.recordings) " recordings of birds that are none of the classes. A class is detected where one window's "
            "confidence reaches its threshold; the ROC-AUC tells how likely a recording's own class is heard with more "
            "confidence than another bird's likeliest one."
        }
        dl.figures {
            div { dt { "other birds taken for a class" } dd { (percent(birds.detected)) } }
            div { dt { "own class detected" } dd { (percent(birds.own_detected)) } }
            div { dt { "ROC-AUC" } dd { (figure(birds.roc_auc)) } }
        }
    }
}

fn training_counts(evaluation: &Evaluation) -> anyhow::Result<Markup> {
    if evaluation.by_training_count.is_empty() {
        return Ok(html! {});
    }
    Ok(html! {
        h2 { "By number of training recordings" }
        div.side-by-side {
            (pictures::by_training_count(evaluation)?)
            table {
                tr {
                    th.name { "trained on" } th { "classes" } th { "recordings" } th { "top-1" } th { "cmAP" }
                }
                @for row in &evaluation.by_training_count {
                    tr {
                        td.name { (range(row.from, row.to)) }
                        td { (row.classes) }
                        td { (row.recordings) }
                        td { (figure(Some(row.top_1))) }
                        td { (figure(row.cmap)) }
                    }
                }
            }
        }
    })
}

fn calibration(evaluation: &Evaluation) -> anyhow::Result<Markup> {
    let all = &evaluation.reliability;
    let top = &evaluation.top_reliability;
    Ok(html! {
        h2 { "Calibration" }
        p {
            "On the grey line a score of 0.8 is right eight times in ten; below it the model claims too much. "
            "The error is the mean distance from the line, weighted by how many scores lie in a bin."
        }
        div.side-by-side {
            figure {
                (pictures::reliability("all pairs of recording and class", all)?)
                figcaption {
                    "all pairs of recording and class: error " (figure(Some(all.expected_calibration_error)))
                    ", Brier score " (figure(Some(all.brier)))
                }
            }
            figure {
                (pictures::reliability("the best class of each recording", top)?)
                figcaption {
                    "the best class of each recording: error " (figure(Some(top.expected_calibration_error)))
                    ", Brier score " (figure(Some(top.brier)))
                }
            }
        }
    })
}

fn precision_recall(manifest: &Manifest, judged: &[Judged]) -> anyhow::Result<Markup> {
    Ok(html! {
        h2 { "Precision and recall" }
        p {
            "All together by each recording's best window, as detections are made; species by species by the mean of "
            "odds, by which recordings are ranked."
        }
        (pictures::precision_recall_of_all(judged)?)
        div.grid {
            @for (id, label) in manifest.classes.iter() {
                @if let Some(picture) = pictures::precision_recall_of(judged, id.0, &label.common_name)? {
                    figure { (picture) figcaption { (label.common_name) } }
                }
            }
        }
    })
}

fn confusion(manifest: &Manifest, evaluation: &Evaluation) -> Markup {
    let names: Vec<&str> = manifest
        .classes
        .iter()
        .map(|(_, label)| label.common_name.as_str())
        .collect();
    html! {
        h2 { "Confusion" }
        p { "True species in rows, the best scoring one in columns; shades are shares of a row." }
        div.wide { (matrix::svg(&names, &evaluation.confusion)) }
    }
}

fn classes(manifest: &Manifest, evaluation: &Evaluation) -> Markup {
    let own = |class: usize| {
        let found = evaluation.f1_at_fitted_thresholds.as_ref()?;
        found.per_class[class]
    };
    let trained_on = |class: usize| {
        let counts = evaluation.training_counts.as_ref();
        counts.map_or("–".to_owned(), |counts| counts[class].to_string())
    };
    html! {
        h2 { "Species" }
        div.wide {
            table {
                tr {
                    th.name { "species" } th.name { "scientific name" } th { "trained on" } th { "recordings" }
                    th { "AP" } th { "ROC-AUC" } th { "F1" } th { "F1, own threshold" } th { "top-1" }
                }
                @for ((id, label), class) in manifest.classes.iter().zip(&evaluation.metrics.per_class) {
                    tr {
                        td.name { (label.common_name) }
                        td.name { i { (label.scientific_name) } }
                        td { (trained_on(id.0)) }
                        td { (class.present) }
                        td { (figure(class.average_precision)) }
                        td { (figure(class.roc_auc)) }
                        td { (figure(class.f1)) }
                        td { (figure(own(id.0))) }
                        td { (figure(class.top_1)) }
                    }
                }
            }
        }
    }
}
