//! The model's card and the page's last lines.

use crate::shell::Shell;
use leptos::prelude::*;
use pipit_core::Manifest;
use pipit_core::package::{Attribution, TrainingSummary};

/// Who made the model, from whose recordings, and how well it does.
#[component]
pub(super) fn About(shell: Shell) -> impl IntoView {
    let manifest = Memo::new(move |_| shell.with(|session| session.manifest().cloned()));
    view! {
        <footer class="about">
            {move || manifest.get().map(|manifest| card(shell, manifest))}
            <p class="fine">
                {move || shell.words().about.confidence} " "
                {move || shell.words().about.privacy}
            </p>
        </footer>
    }
}

fn card(shell: Shell, manifest: Manifest) -> impl IntoView {
    let n_species = manifest.classes.len();
    let species = manifest
        .classes
        .iter()
        .map(|(id, label)| {
            let scientific = label.scientific_name.clone();
            view! { <li>{move || shell.name(id)} " " <i>{scientific}</i></li> }
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
            {manifest.training.map(|summary| training(shell, summary))}
            <h3>{move || (shell.words().about.species)(n_species)}</h3>
            <ul class="columns">{species}</ul>
            <h3>{move || shell.words().about.recordists}</h3>
            <ul class="columns">{recordists}</ul>
        </details>
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
    let (n_recordings, n_held_out) = (training.recordings, training.held_out_recordings);
    let split = training.split;
    view! {
        <p>{move || (shell.words().about.training)(n_recordings, n_held_out, &split)}</p>
        <ul class="columns">{metrics}</ul>
        <p>{training.notes}</p>
    }
}
