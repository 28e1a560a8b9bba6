//! Edits that the way in which the manifest is written forbids: what to do by hand, and where.
//!
//! Owns: which remedies those are, and the line that each is about. Refuses: why an edit is refused (the edit says so).

use hsm_solver::StatementId;

use super::correct::Lines;
use super::remedy::{self, ByHand, Remedy};
use super::trial::Edited;
use super::work::Work;
use crate::manifest::edit::{Change, edit, read_text};
use crate::place::Place;

impl Work<'_> {
    /// The remedies with those that the way in which the manifest is written stands in the way of made by hand, and what
    /// they come to; `None`: that is not what stands in the way.
    pub(super) fn by_hand(&self, remedies: &[Remedy], lines: &Lines) -> Option<(Vec<Remedy>, Edited)> {
        let mut text = self.inputs.sources.get(self.inputs.manifest.file)?.text.to_string();
        let mut out = Vec::with_capacity(remedies.len());
        for remedy in remedy::joined(remedies.iter().cloned()) {
            let Some(change) = remedy.change().cloned() else {
                out.push(remedy);
                continue;
            };
            match edit(&text, &read_text(&text)?, &change) {
                Ok(edited) => {
                    text = edited.text;
                    out.push(remedy);
                }
                Err(error) => {
                    let refusal = error.refusal(&change)?;
                    let place = self.place_of(&change, lines);
                    out.push(Remedy::ByHand(Box::new(ByHand { change, place, refusal })));
                }
            }
        }
        let edited = out.iter().any(Remedy::is_by_hand).then(|| self.edited(&out)).flatten()?;
        Some((out, edited))
    }

    /// The line of the manifest that a change is about.
    fn place_of(&self, change: &Change, lines: &Lines) -> Place {
        let manifest = self.inputs.manifest.file;
        let own = |id: &StatementId| {
            self.statement(*id).and_then(|statement| statement.place).filter(|place| place.file == manifest)
        };
        let is_of = |id: &&StatementId| {
            let remedies = self.remedies(**id, lines, &[]);
            remedies.iter().any(|remedy| remedy.change() == Some(change))
        };
        let of_change = lines.iter().filter(is_of).find_map(own);
        let first = || lines.iter().find_map(own);
        let spoken_of = || remedy::spoken_of(self.inputs, change);
        of_change.or_else(first).or_else(spoken_of).unwrap_or(Place { file: manifest, start: 0, end: 0 })
    }
}
