//! Playing by hand: button, position and time.

use super::sight::Sight;
use crate::session::Recording;
use leptos::prelude::*;

/// The row above a recording's pictures.
#[component]
pub(super) fn PlayerBar(sight: Sight) -> impl IntoView {
    let Sight {
        shell,
        playback,
        duration_s,
        times,
        id,
        ..
    } = sight;
    // Before it has ended there is no file.
    let is_heard = shell.watch(id, Recording::is_heard);
    let seek = move |text: String| {
        if let Ok(position_s) = text.parse() {
            playback.seek(position_s);
            sight.change(|viewport, duration_s| viewport.following(position_s, duration_s));
        }
    };
    view! {
        <div class="player">
            <button
                type="button"
                data-testid="play-button"
                disabled=move || is_heard.get() == Some(true)
                on:click=move |_| playback.toggle()
            >
                {move || {
                    let words = &shell.words().player;
                    if playback.is_playing.get() { words.pause } else { words.play }
                }}
            </button>
            <input
                type="range"
                class="seek"
                data-testid="seek"
                aria-label=move || shell.words().player.position
                min="0"
                max=move || duration_s.get()
                step="0.1"
                prop:value=move || playback.position_s.get().to_string()
                on:input:target=move |event| seek(event.target().value())
            />
            <span class="fine tabular">
                {move || times.get().tell(playback.position_s.get(), true)} " / "
                {move || times.get().tell(duration_s.get(), true)}
            </span>
        </div>
    }
}
