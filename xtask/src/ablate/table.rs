//! The figures of an experiment as Markdown: mean and spread over folds, and what each part of the
//! recipe is worth.

use std::fmt::Write as _;

use super::record::{FIGURES, Finished};

/// A variant with its finished runs.
#[derive(Debug)]
pub(super) struct Row<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// What is different.
    pub(super) about: &'a str,
    /// In order; none where a run is not finished.
    pub(super) folds: Vec<Option<&'a Finished>>,
}

/// Mean, and standard deviation of a sample: none of fewer than two numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Spread {
    mean: f64,
    deviation: Option<f64>,
}

/// Both tables. The first row is what the others are compared with.
pub(super) fn markdown(rows: &[Row<'_>], devices: &[&str]) -> String {
    let runs = rows.iter().flat_map(|row| &row.folds);
    let (done, all) = (runs.clone().flatten().count(), runs.count());
    let mut text = format!("{done} of {all} runs are finished");
    if !devices.is_empty() {
        push(&mut text, &format!(", on: {}", devices.join("; ")));
    }
    text.push_str(".\n\n");

    let heads = FIGURES.join(" | ");
    push(
        &mut text,
        &format!("| variant | what is different | folds | {heads} | minutes a run |\n"),
    );
    push(&mut text, "|---|---|---:|---:|---:|---:|---:|---:|\n");
    for row in rows {
        push(&mut text, &format!("| {} | {} | ", row.name, row.about));
        let done: Vec<&Finished> = row.folds.iter().flatten().copied().collect();
        push(&mut text, &count(done.len(), row.folds.len()));
        for index in 0..FIGURES.len() {
            let values = done.iter().map(|run| run.figures()[index]);
            push(&mut text, &format!(" | {}", cell(values, plain)));
        }
        let minutes = done.iter().map(|run| run.seconds / 60.0);
        let minutes = cell(minutes, |value| format!("{value:.1}"));
        push(&mut text, &format!(" | {minutes} |\n"));
    }

    text + &differences(rows, &heads)
}

/// Of how many finished runs a text tells that [`markdown`] wrote; of none where there is none.
pub(super) fn finished(markdown: &str) -> usize {
    let number = markdown.split_whitespace().next();
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or_default()
}

/// What variants are better or worse by, where both they and the full recipe were trained.
fn differences(rows: &[Row<'_>], heads: &str) -> String {
    let mut text = String::new();
    let Some((full, others)) = rows.split_first() else {
        return text;
    };
    for row in others {
        let pairs: Vec<_> = (row.folds.iter().zip(&full.folds))
            .filter_map(|(own, full)| Some(((*own)?.figures(), (*full)?.figures())))
            .collect();
        if pairs.is_empty() {
            continue;
        }
        if text.is_empty() {
            push(
                &mut text,
                &format!(
                    "\nDifference from the full recipe, fold by fold:\n\n\
                     | variant | folds | {heads} |\n|---|---:|---:|---:|---:|---:|\n"
                ),
            );
        }
        push(&mut text, &format!("| {} | ", row.name));
        push(&mut text, &count(pairs.len(), row.folds.len()));
        for index in 0..FIGURES.len() {
            let differences = pairs.iter().map(|(own, full)| own[index] - full[index]);
            push(&mut text, &format!(" | {}", cell(differences, signed)));
        }
        text.push_str(" |\n");
    }
    text
}

fn count(done: usize, all: usize) -> String {
    match done {
        0 => "not run".to_owned(),
        done if done == all => all.to_string(),
        done => format!("{done} of {all}"),
    }
}

fn cell(values: impl Iterator<Item = f64>, number: impl Fn(f64) -> String) -> String {
    match spread(&values.collect::<Vec<_>>()) {
        None => String::new(),
        Some(Spread {
            mean,
            deviation: None,
        }) => number(mean),
        Some(Spread {
            mean,
            deviation: Some(deviation),
        }) => {
            // A deviation has no sign, and as many digits as the mean.
            let deviation = number(deviation);
            format!("{} ± {}", number(mean), deviation.trim_start_matches('+'))
        }
    }
}

fn plain(value: f64) -> String {
    format!("{value:.3}")
}

fn signed(value: f64) -> String {
    let sign = if value < 0.0 { '−' } else { '+' };
    format!("{sign}{:.3}", value.abs())
}

fn spread(values: &[f64]) -> Option<Spread> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (!values.is_empty()).then_some(Spread {
        mean,
        deviation: (values.len() > 1).then(|| (squares / (count - 1.0)).sqrt()),
    })
}

fn push(text: &mut String, more: &str) {
    // Writing to a String cannot fail.
    let _ = write!(text, "{more}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(cmap: f64) -> Finished {
        Finished {
            variant: "full".to_owned(),
            fold: 1,
            folds: 3,
            settings: String::new(),
            cmap,
            macro_roc_auc: 0.9,
            top_1: 0.5,
            macro_f1: 0.25,
            seconds: 90.0,
            device: "CPU, 2 threads".to_owned(),
        }
    }

    fn written(devices: &[&str], variants: usize) -> String {
        let runs = [
            ("full", [Some(run(0.5)), Some(run(0.6)), Some(run(0.7))]),
            ("less", [Some(run(0.48)), None, Some(run(0.7))]),
            ("none", [None, None, None]),
        ];
        let rows: Vec<Row<'_>> = (runs[..variants].iter())
            .map(|(name, folds)| Row {
                name,
                about: "said",
                folds: folds.iter().map(Option::as_ref).collect(),
            })
            .collect();
        markdown(&rows, devices)
    }

    #[test]
    fn spreads_are_those_of_a_sample() {
        assert_eq!(spread(&[]), None);
        let one = spread(&[0.5]).expect("a mean");
        assert_eq!((one.mean, one.deviation), (0.5, None));
        let all = spread(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).expect("a mean");
        assert!((all.mean - 5.0).abs() < 1e-12);
        let deviation = all.deviation.expect("a deviation");
        assert!((deviation - (32.0_f64 / 7.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn a_row_has_mean_and_spread_over_its_finished_folds() {
        let text = written(&["CPU, 2 threads"], 3);

        assert_eq!(finished(&text), 5);
        assert_eq!(finished("\n"), 0);
        for line in [
            "5 of 9 runs are finished, on: CPU, 2 threads.",
            "| full | said | 3 | 0.600 ± 0.100 | 0.900 ± 0.000 | 0.500 ± 0.000 | 0.250 ± 0.000 | \
             1.5 ± 0.0 |",
            "| none | said | not run |  |  |  |  |  |",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(
            text.contains("| less | said | 2 of 3 | 0.590 ± 0.156 |"),
            "{text}"
        );
    }

    #[test]
    fn differences_are_paired_by_fold() {
        let text = written(&[], 3);

        // −0.02 and 0: the fold that only the full recipe has does not count.
        assert!(
            text.contains("| less | 2 of 3 | −0.010 ± 0.014 | +0.000 ± 0.000 |"),
            "{text}"
        );
        assert!(!text.contains("| none | not run |  |  |  |  |\n"), "{text}");
        assert!(!text.contains("| full | 3 | +"), "{text}");
        assert!(text.contains("5 of 9 runs are finished.\n"), "{text}");
        assert!(!written(&[], 1).contains("Difference"));
    }
}
