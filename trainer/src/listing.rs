//! Long lists in a sentence.

/// The first few names, and how many more there are.
pub(crate) fn some_of<T: AsRef<str>>(names: &[T]) -> String {
    const MOST: usize = 5;
    let shown: Vec<&str> = names.iter().take(MOST).map(AsRef::as_ref).collect();
    let shown = shown.join(", ");
    match names.len().saturating_sub(MOST) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
