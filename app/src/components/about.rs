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
            {move || manifest.get().map(card)}
            <p class="fine">
                "A confidence is a score and not a probability: listen before you believe it. "
                "Pipit runs wholly in this browser and talks to no other site."
            </p>
        </footer>
    }
}

fn card(manifest: Manifest) -> impl IntoView {
    let n_species = manifest.classes.len();
    let species = manifest
        .classes
        .iter()
        .map(|(_, label)| {
            let (common, scientific) = (label.common_name.clone(), label.scientific_name.clone());
            view! { <li>{common} " " <i>{scientific}</i></li> }
        })
        .collect_view();
    let recordists = manifest
        .attribution
        .into_iter()
        .map(recordist)
        .collect_view();
    view! {
        <p>
            "Model: "
            <strong data-testid="model-name">{manifest.title} " " {manifest.version}</strong>
            ", licence "
            {manifest.licence}
            "."
        </p>
        <details>
            <summary>"About this model"</summary>
            <p>{manifest.description}</p>
            {manifest.training.map(training)}
            <h3>"The " {n_species} " species it knows"</h3>
            <ul class="columns">{species}</ul>
            <h3>"Trained on recordings by"</h3>
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

fn training(training: TrainingSummary) -> impl IntoView {
    let metrics = training
        .metrics
        .iter()
        .map(|(name, value)| view! { <li>{name.clone()} ": " {format!("{value:.3}")}</li> })
        .collect_view();
    view! {
        <p>
            "Trained on " {training.recordings} " recordings; " {training.held_out_recordings}
            " were held out (" {training.split} ") and gave:"
        </p>
        <ul class="columns">{metrics}</ul>
        <p>{training.notes}</p>
    }
}
