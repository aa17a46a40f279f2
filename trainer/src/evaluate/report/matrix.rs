//! The confusion matrix as inline SVG: shares of a row as shades, numbers in the cells.

use maud::{Markup, html};

/// Pixels of a cell's side.
const CELL: usize = 22;
/// Pixels for names beside and above.
const NAMES: usize = 190;

/// Rows are true classes, columns best classes; classes without a row or a hit are left out.
pub(super) fn svg(names: &[&str], confusion: &[Vec<usize>]) -> Markup {
    let has_row = |class: &usize| confusion[*class].iter().any(|count| *count > 0);
    let has_hit = |class: &usize| confusion.iter().any(|row| row[*class] > 0);
    let rows: Vec<usize> = (0..names.len()).filter(has_row).collect();
    let columns: Vec<usize> = (0..names.len())
        .filter(|class| has_row(class) || has_hit(class))
        .collect();
    let (width, height) = (NAMES + CELL * columns.len() + 60, NAMES + CELL * rows.len());
    html! {
        svg.matrix width=(width) height=(height) viewBox=(format!("0 0 {width} {height}"))
            role="img" aria-label="Confusion matrix: true species in rows, best species in columns" {
            @for (x, &column) in columns.iter().enumerate() {
                @let (left, top) = (NAMES + CELL * x + CELL / 2, NAMES - 8);
                text transform=(format!("translate({left} {top}) rotate(-60)")) { (names[column]) }
            }
            @for (y, &row) in rows.iter().enumerate() {
                @let middle = NAMES + CELL * y + CELL / 2;
                text.end x=(NAMES - 8) y=(middle + 4) { (names[row]) }
                line x1=(NAMES) x2=(NAMES + CELL * columns.len()) y1=(middle + CELL / 2) y2=(middle + CELL / 2) {}
                @for (x, &column) in columns.iter().enumerate() {
                    @if confusion[row][column] > 0 {
                        (cell(x, y, row == column, &confusion[row], column, (names[row], names[column])))
                    }
                }
            }
        }
    }
}

fn cell(
    x: usize,
    y: usize,
    is_right: bool,
    row: &[usize],
    column: usize,
    (truth, best): (&str, &str),
) -> Markup {
    let (count, all) = (row[column], row.iter().sum::<usize>());
    let (left, top) = (NAMES + CELL * x, NAMES + CELL * y);
    let opacity = 0.12 + 0.58 * count as f64 / all as f64;
    html! {
        rect.right[is_right].wrong[!is_right] x=(left + 1) y=(top + 1) width=(CELL - 2) height=(CELL - 2)
            fill-opacity=(format!("{opacity:.2}")) {
            title { (truth) " taken for " (best) ": " (count) " of " (all) }
        }
        text.middle x=(left + CELL / 2) y=(top + CELL / 2 + 4) { (count) }
    }
}
