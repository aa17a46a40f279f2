//! A number that the user sets.

use crate::shell::Shell;
use crate::words::Text;
use leptos::prelude::*;

/// How a number is set, and which ones are taken.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    is_slider: bool,
    least: f32,
    most: f32,
    step: f32,
}

impl Entry {
    /// By a slider, which acts while it moves.
    pub(super) fn slider(least: f32, most: f32, step: f32) -> Self {
        Self {
            is_slider: true,
            least,
            most,
            step,
        }
    }

    /// In a field, which acts once it is left.
    pub(super) fn field(least: f32, most: f32, step: f32) -> Self {
        Self {
            is_slider: false,
            least,
            most,
            step,
        }
    }
}

/// Its label, its slider or field, and whatever stands behind it.
#[component]
pub(super) fn Number(
    shell: Shell,
    entry: Entry,
    name: Text,
    test_id: &'static str,
    value: impl Fn() -> f32 + Send + Sync + 'static,
    change: impl Fn(f32) + Send + Sync + 'static,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let Entry {
        is_slider,
        least,
        most,
        step,
    } = entry;
    let value = Memo::new(move |_| value());
    let take = move |while_moving: bool, text: String| {
        let number = text.parse().ok();
        let fits = number.filter(|number| (least..=most).contains(number));
        if let Some(number) = fits.filter(|_| while_moving == is_slider) {
            change(number);
        }
    };
    let take = StoredValue::new(take);
    let kind = if is_slider { "range" } else { "number" };
    view! {
        <label class="control">
            <span>{move || name(shell.words())}</span>
            <input
                type=kind
                min=least.to_string()
                max=most.to_string()
                step=step.to_string()
                data-testid=test_id
                prop:value=move || value.get().to_string()
                on:input:target=move |event| {
                    take.with_value(|take| take(true, event.target().value()));
                }
                on:change:target=move |event| {
                    let field = event.target();
                    take.with_value(|take| take(false, field.value()));
                    // What was not taken does not hold.
                    field.set_value(&value.get_untracked().to_string());
                }
            />
            {children.map(|children| children())}
        </label>
    }
}
