//! Rows of a table below a title, in columns; a hundred thousand of them as well as one.
//!
//! Owns: how wide the columns are, and that one row stays one line. Refuses: knowing what stands in them.

use std::borrow::{Borrow, Cow};
use std::fmt::Write as _;

use super::STEP;
use super::safe::cell_on_line;

/// A cell that is wider than this does not push the others out of sight.
const WIDEST: u8 = 60;

/// So many bytes are said at once.
const AT_ONCE: usize = 1 << 16;

/// A row whose cells are safe to show, and measured. Whoever has many makes them side by side.
#[derive(Debug)]
pub(in crate::cli) struct Line<'t> {
    cells: [Cow<'t, str>; 4],
    /// How wide each is, as far as that matters to the others.
    widths: [u8; 4],
}

impl<'t> Line<'t> {
    /// The row of these cells.
    pub(in crate::cli) fn new(cells: [Cow<'t, str>; 4]) -> Self {
        let cells = cells.map(safe);
        let widths = cells.each_ref().map(|cell| width(cell));
        Self { cells, widths }
    }

    /// Its cells with something to say, one after another.
    fn say(&self, out: &mut String) {
        let said = self.cells.iter().map(AsRef::as_ref).filter(|cell| !matches!(*cell, "" | "-"));
        // writing to a string cannot fail
        let _ = writeln!(out, "  {}", said.collect::<Vec<_>>().join(", "));
    }

    /// Its cells in columns of these widths.
    fn draw(&self, widths: [u8; 4], out: &mut String) {
        out.push_str("  ");
        let start = out.len();
        for ((cell, own), width) in self.cells.iter().zip(self.widths).zip(widths) {
            out.push_str(cell);
            out.push_str(&SPACES[..usize::from(width.saturating_sub(own)) + 2]);
        }
        let end = start + out[start..].trim_end().len();
        out.truncate(end);
        out.push('\n');
    }
}

/// As many as stand between two cells at the most.
const SPACES: &str = "                                                              ";

const _: () = assert!(SPACES.len() == WIDEST as usize + 2, "the widest gap");

fn safe(cell: Cow<'_, str>) -> Cow<'_, str> {
    let made = match cell_on_line(&cell) {
        Cow::Borrowed(_) => None,
        Cow::Owned(made) => Some(made),
    };
    made.map_or(cell, Cow::Owned)
}

fn width(cell: &str) -> u8 {
    let wide = if cell.is_ascii() { cell.len() } else { cell.chars().count() };
    u8::try_from(wide).unwrap_or(WIDEST).min(WIDEST)
}

/// Says rows below a title, part by part; none, no title.
pub(super) fn section<'t>(
    title: &str,
    rows: &[impl Borrow<Line<'t>>],
    plain: bool,
    say: &mut dyn FnMut(&str),
) {
    if rows.is_empty() {
        return;
    }
    say(&format!("{STEP}{title}{}{STEP:#}\n", if plain { ":" } else { "" }));
    let widest = |most: [u8; 4], row: &Line<'_>| std::array::from_fn(|at| most[at].max(row.widths[at]));
    let rows = || rows.iter().map(Borrow::borrow);
    let widths = rows().fold([0; 4], widest);
    let mut out = String::new();
    for row in rows() {
        if plain {
            row.say(&mut out);
        } else {
            row.draw(widths, &mut out);
        }
        if out.len() >= AT_ONCE {
            say(&out);
            out.clear();
        }
    }
    if !out.is_empty() {
        say(&out);
    }
}
