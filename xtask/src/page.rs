//! Pages of which a command writes a part, between two marks; the rest is written by hand.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

const END: &str = "<!-- end -->";

/// Replaces the part of a page that `writer` writes.
///
/// # Errors
/// If the page cannot be read or written, or does not have the marks.
pub fn write_part(page: &Path, writer: &str, part: &str) -> Result<()> {
    let text = with_part(page, writer, part)?;
    fs::write(page, text).with_context(|| format!("cannot write {}", page.display()))
}

/// The text of a page with the part that `writer` writes replaced.
///
/// # Errors
/// If the page cannot be read or does not have the marks.
pub fn with_part(page: &Path, writer: &str, part: &str) -> Result<String> {
    let text =
        fs::read_to_string(page).with_context(|| format!("cannot read {}", page.display()))?;
    put_between_marks(&text, writer, part)
        .with_context(|| format!("{} is not the page to write into", page.display()))
}

fn put_between_marks(page: &str, writer: &str, part: &str) -> Result<String> {
    let begin = format!("<!-- begin: written by {writer} -->\n");
    let (before, rest) = page
        .split_once(&begin)
        .with_context(|| format!("it has no line {begin:?}"))?;
    let (_, after) = rest
        .split_once(END)
        .with_context(|| format!("it has no line {END:?} after {begin:?}"))?;
    Ok(format!("{before}{begin}{part}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_the_page_stays_and_so_do_the_parts_of_others() {
        let page = "# Title\n\n<!-- begin: written by a -->\none\n<!-- end -->\n\nBy hand\n\n\
                    <!-- begin: written by b -->\ntwo\n<!-- end -->\n";

        let written = put_between_marks(page, "b", "new\n").expect("a page with marks");

        assert_eq!(written, page.replace("two", "new"));
        let written = put_between_marks(page, "a", "new\n").expect("a page with marks");
        assert_eq!(written, page.replace("one", "new"));
    }

    #[test]
    fn a_page_without_marks_is_refused() {
        let refused = |page| {
            let error = put_between_marks(page, "a", "new\n").expect_err("no marks");
            error.to_string()
        };

        assert!(refused("# Title\n").contains("begin: written by a"));
        assert!(refused("<!-- begin: written by a -->\n").contains("<!-- end -->"));
    }
}
