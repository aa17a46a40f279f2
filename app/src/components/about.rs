//! The model's card and the page's last lines.

use crate::protocol::ModelOrigin;
use crate::session::Session;
use crate::shell::Shell;
use crate::words::ModelWords;
use leptos::prelude::*;
use pipit_core::Manifest;
use pipit_core::package::{Attribution, Pretraining, TrainingSummary};
use std::sync::Arc;

/// Who made the model, from whose recordings, and how well it does.
#[component]
pub(super) fn About(shell: Shell) -> impl IntoView {
    // The same manifest lies at the same address: nothing of it is compared or copied on an update.
    let manifest = Memo::new_with_compare(
        move |_| shell.with(|session| session.manifest().cloned()),
        |before, after| address(before) != address(after),
    );
    view! {
        <footer class="about">
            {move || manifest.get().map(|manifest| card(shell, Manifest::clone(&manifest)))}
            <p class="fine">
                {move || shell.words().about.confidence} " "
                {move || shell.words().about.privacy}
            </p>
        </footer>
    }
}

fn address(manifest: Option<&Option<Arc<Manifest>>>) -> Option<*const Manifest> {
    manifest?.as_ref().map(Arc::as_ptr)
}

fn card(shell: Shell, manifest: Manifest) -> impl IntoView {
    let facts = facts(shell, &manifest);
    let n_species = manifest.classes.len();
    let species = manifest
        .classes
        .iter()
        .map(|(id, label)| {
            let scientific = label.scientific_name.clone();
            view! {
                <li>
                    <span lang=move || shell.name_language(id)>{move || shell.name(id)}</span>
                    " "
                    <i lang="la">{scientific}</i>
                </li>
            }
        })
        .collect_view();
    let recordists = manifest
        .attribution
        .into_iter()
        .map(recordist)
        .collect_view();
    view! {
        <p>
            {move || shell.words().about.model} " "
            <strong data-testid="model-name">{manifest.title} " " {manifest.version}</strong>
            {move || (shell.words().about.licence)(&manifest.licence)}
        </p>
        <details>
            <summary>{move || shell.words().about.heading}</summary>
            <p>{manifest.description}</p>
            {facts}
            {manifest.training.map(|summary| training(shell, summary))}
            <h3>{move || (shell.words().about.species)(n_species)}</h3>
            <ul class="columns">{species}</ul>
            <h3>{move || shell.words().about.recordists}</h3>
            <ul class="columns">{recordists}</ul>
        </details>
    }
}

/// What kind of package it is, and where it came from.
fn facts(shell: Shell, manifest: &Manifest) -> impl IntoView + use<> {
    let origin = Memo::new(move |_| shell.with(Session::model_origin));
    let rate_khz = f64::from(manifest.audio.sample_rate_hz) / 1000.0;
    let window = manifest.audio.window;
    let (digest, bytes) = manifest.weights_entry().map_or_else(
        |_| (String::new(), 0),
        |entry| (entry.sha256.clone(), entry.bytes),
    );
    let size = format!("{:.1} MB", bytes as f64 / 1e6);
    let short: String = digest.chars().take(12).collect();
    let from = move || origin_words(&shell.words().models, &origin.get());
    let hears = move || (shell.words().about.windows)(rate_khz, window.length_s, window.hop_s);
    view! {
        <dl class="facts" data-testid="model-facts">
            <dt>{move || shell.words().about.from}</dt>
            <dd data-testid="model-origin">{from}</dd>
            <dt>{move || shell.words().about.format}</dt>
            <dd>{manifest.format_version}</dd>
            <dt>{move || shell.words().about.weights}</dt>
            <dd>
                {size} ", SHA-256 " <code title=digest>{short}</code>
            </dd>
            <dt>{move || shell.words().about.hears}</dt>
            <dd>{hears}</dd>
        </dl>
    }
}

/// Where a model came from.
pub(super) fn origin_words(words: &ModelWords, origin: &ModelOrigin) -> String {
    match origin {
        ModelOrigin::Site => words.from_site.into(),
        ModelOrigin::Files(names) => (words.from_files)(&names.join(", ")),
        ModelOrigin::Address(address) => address.clone(),
    }
}

fn recordist(attribution: Attribution) -> impl IntoView {
    let Attribution {
        author,
        licence,
        recordings,
        ..
    } = attribution;
    view! { <li>{author} " (" {recordings} ", " {licence} ")"</li> }
}

fn training(shell: Shell, training: TrainingSummary) -> impl IntoView {
    let metrics = training
        .metrics
        .iter()
        .map(|(name, value)| view! { <li>{name.clone()} ": " {format!("{value:.3}")}</li> })
        .collect_view();
    let before = training
        .pretraining
        .into_iter()
        .map(|Pretraining { data, recordings, classes }| {
            view! { <p>{move || (shell.words().about.pretraining)(recordings, classes, &data)}</p> }
        })
        .collect_view();
    let (n_recordings, n_judged) = (training.recordings, training.held_out_recordings);
    let (folds, split) = (training.folds, training.split);
    let judged = move || {
        let words = &shell.words().about;
        match folds {
            Some(folds) => (words.folds)(n_recordings, n_judged, folds, &split),
            None => (words.training)(n_recordings, n_judged, &split),
        }
    };
    view! {
        <p>{judged}</p>
        <ul class="columns">{metrics}</ul>
        {before}
        <p>{training.notes}</p>
    }
}
