//! Pages of which a command writes a part, between two marks; the rest is written by hand.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

const END: &str = "<!-- end -->";

/// The part of a page that `writer` writes.
///
/// # Errors
/// If the page cannot be read or does not have the marks.
pub fn part(page: &Path, writer: &str) -> Result<String> {
    let text = read(page)?;
    Ok(around_part(&text, writer)
        .with_context(|| wrong(page))?
        .1
        .to_owned())
}

/// Replaces the part of a page that `writer` writes.
///
/// # Errors
/// If the page cannot be read or written, or does not have the marks.
pub fn write_part(page: &Path, writer: &str, part: &str) -> Result<()> {
    let text = read(page)?;
    let (before, _, after) = around_part(&text, writer).with_context(|| wrong(page))?;
    fs::write(page, [before, part, after].concat())
        .with_context(|| format!("cannot write {}", page.display()))
}

fn read(page: &Path) -> Result<String> {
    fs::read_to_string(page).with_context(|| format!("cannot read {}", page.display()))
}

fn wrong(page: &Path) -> String {
    format!("{} is not the page to write into", page.display())
}

/// What is before the part, the part, and what is after it; marks are no part.
fn around_part<'a>(page: &'a str, writer: &str) -> Result<(&'a str, &'a str, &'a str)> {
    let mark = format!("<!-- begin: written by {writer} -->\n");
    let begin =
        (page.find(&mark)).with_context(|| format!("it has no line {mark:?}"))? + mark.len();
    let (before, rest) = page.split_at(begin);
    let end = (rest.find(END)).with_context(|| format!("it has no line {END:?} after {mark:?}"))?;
    let (part, after) = rest.split_at(end);
    Ok((before, part, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_the_page_stays_and_so_do_the_parts_of_others() {
        let text = "# Title\n\n<!-- begin: written by a -->\none\n<!-- end -->\n\nBy hand\n\n\
                    <!-- begin: written by b -->\ntwo\n<!-- end -->\n";
        let folder = tempfile::tempdir().expect("a folder");
        let page = folder.path().join("page.md");

        for (writer, old) in [("b", "two\n"), ("a", "one\n")] {
            fs::write(&page, text).expect("written");
            assert_eq!(part(&page, writer).expect("a page with marks"), old);
            write_part(&page, writer, "new\n").expect("a page with marks");
            assert_eq!(read(&page).expect("a page"), text.replace(old, "new\n"));
        }
    }

    #[test]
    fn a_page_without_marks_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("page.md");
        for (text, mark) in [
            ("# Title\n", "begin: written by a"),
            ("<!-- begin: written by a -->\n", "<!-- end -->"),
        ] {
            fs::write(&path, text).expect("written");
            for refused in [part(&path, "a").map(drop), write_part(&path, "a", "new\n")] {
                let error = format!("{:#}", refused.expect_err("no marks"));
                assert!(error.contains("page.md") && error.contains(mark), "{error}");
            }
            assert_eq!(read(&path).expect("a page"), text);
        }
    }
}
