//! All recordings together.

use crate::session::Session;
use crate::shell::Shell;
use crate::view::colour::species_class;
use crate::view::summary::{Summarised, accumulation, by_hour};
use crate::words::SummaryWords;
use leptos::prelude::*;

/// Recordings from which on a summary says more than their cards.
const MIN_RECORDINGS: usize = 2;
/// The curve's picture, in units of its own.
const CURVE: (f64, f64) = (300.0, 100.0);

/// One row of the table.
#[derive(Clone, PartialEq)]
struct Row {
    name: String,
    name_language: String,
    colour: usize,
    total: usize,
    n_recordings: usize,
    by_hour: [usize; 24],
}

/// Species by hour of the day, and how their number grew.
#[component]
pub(super) fn Summary(shell: Shell) -> impl IntoView {
    // Counting takes long for a season, and the session changes many times a second.
    let findings = Memo::new(move |_| shell.with(Session::findings));
    let summary = Memo::new(move |_| {
        findings.with(|_| ());
        shell.naming.track();
        shell.with_untracked(summarise)
    });
    let is_shown = Memo::new(move |_| summary.with(Option::is_some));
    let words = move || &shell.words().summary;
    let parts = move || summary.get().unwrap_or_default();
    let heading = move || {
        let (rows, curve) = parts();
        (words().heading)(curve.len(), rows.len())
    };
    // What changes is within: the summary stays open.
    view! {
        <Show when=move || is_shown.get()>
            <details class="summary" data-testid="summary">
                <summary>{heading}</summary>
                <div
                    class="wide"
                    tabindex="0"
                    role="group"
                    aria-label=move || words().by_hour
                >
                    {move || view! { <Hours words=words() rows=parts().0 /> }}
                </div>
                {move || view! { <Curve words=words() curve=parts().1 /> }}
            </details>
        </Show>
    }
}

fn summarise(session: &Session) -> Option<(Vec<Row>, Vec<usize>)> {
    let recordings: Vec<Summarised> = session
        .exported_recordings()
        .map(|recording| Summarised {
            recorded_at: recording.recorded_at,
            detections: &recording.detections,
        })
        .collect();
    if recordings.len() < MIN_RECORDINGS {
        return None;
    }
    let rows = by_hour(&recordings)
        .into_iter()
        .map(|day| Row {
            name: session.name(day.label),
            name_language: session.name_language(day.label),
            colour: session.colour(day.label),
            total: day.total,
            n_recordings: day.n_recordings,
            by_hour: day.by_hour,
        })
        .collect();
    Some((rows, accumulation(&recordings)))
}

#[component]
fn Hours(words: &'static SummaryWords, rows: Vec<Row>) -> impl IntoView {
    let most = rows
        .iter()
        .flat_map(|row| row.by_hour)
        .max()
        .unwrap_or(0)
        .max(1);
    let is_timed = rows.iter().any(|row| row.by_hour.iter().any(|n| *n > 0));
    let hours = is_timed.then(|| {
        (0..24)
            .map(|hour| view! { <th scope="col">{hour}</th> })
            .collect_view()
    });
    let body = rows
        .into_iter()
        .map(|row| {
            let swatch = format!("swatch {}", species_class(row.colour));
            let cells = is_timed.then(|| {
                row.by_hour
                    .into_iter()
                    .map(|n| {
                        let strength = format!("{:.0}%", 100.0 * n as f64 / most as f64);
                        view! {
                            <td class="hour" style:--strength=strength>
                                {(n > 0).then(|| n.to_string())}
                            </td>
                        }
                    })
                    .collect_view()
            });
            view! {
                <tr>
                    <th scope="row">
                        <span class=swatch aria-hidden="true"></span>
                        <span lang=row.name_language>{row.name}</span>
                    </th>
                    <td>{row.total}</td>
                    <td>{row.n_recordings}</td>
                    {cells}
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="hours">
            <thead>
                <tr>
                    <th scope="col">{words.species}</th>
                    <th scope="col">{words.detections}</th>
                    <th scope="col">{words.recordings}</th>
                    {hours}
                </tr>
            </thead>
            <tbody>{body}</tbody>
        </table>
        <p class="fine">{if is_timed { words.hours } else { words.no_hours }}</p>
    }
}

/// Species after so many recordings.
#[component]
fn Curve(words: &'static SummaryWords, curve: Vec<usize>) -> impl IntoView {
    let most = curve.last().copied().unwrap_or(0);
    let (width, height) = CURVE;
    let points: Vec<String> = curve
        .iter()
        .enumerate()
        .map(|(i, n)| {
            let x = width * (i + 1) as f64 / curve.len() as f64;
            let y = height * (1.0 - *n as f64 / most.max(1) as f64);
            format!("{x:.1},{y:.1}")
        })
        .collect();
    let outcome = (words.curve)(most, curve.len());
    view! {
        <figure class="curve">
            <svg
                viewBox=format!("0 0 {width} {height}")
                role="img"
                aria-label=outcome.clone()
                preserveAspectRatio="none"
            >
                <polyline points=format!("0,{height} {}", points.join(" ")) fill="none"></polyline>
            </svg>
            <figcaption class="fine">{outcome}</figcaption>
        </figure>
    }
}
