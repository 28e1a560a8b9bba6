//! Removing items and keys: the lines or the comma that go with them, and the comments that stay.

use super::{Head, Splices, flow, push_comment};
use crate::yaml::edit::{New, Obstacle, Step, descend};
use crate::yaml::layout::{Shape, Written, WrittenPair};

impl Splices<'_> {
    pub(super) fn remove_item(&mut self, path: &[Step], index: usize) -> Result<(), Obstacle> {
        let (node, _) = descend(self.root()?, path)?;
        let found = self.item(path, index)?;
        let Shape::List { flow: in_brackets, items } = &node.shape else { return Err(Obstacle::Shape) };
        if items.len() == 1 {
            let empty = New::list::<String>([]);
            let line = self.line_start(found.start);
            let alone = !in_brackets && !node.marked && self.text[line..found.start].trim().is_empty();
            if alone && let Ok((at, _)) = self.above_block(line) {
                // the comments above the item stay, which a replaced block would take along
                self.changes.push((at..at, format!(" {}", flow(&empty))));
                return self.remove_lines(found.start, found.node.end, None);
            }
            return self.replace(node, &empty);
        }
        if *in_brackets {
            let bounds: Vec<_> = items.iter().map(|i| (i.node.start, i.node.end)).collect();
            return self.remove_from_brackets(&bounds, index);
        }
        self.remove_lines(found.start, found.node.end, items.get(index + 1).map(|i| i.start))
    }

    pub(super) fn remove_key(&mut self, path: &[Step]) -> Result<(), Obstacle> {
        let Some((Step::Key(last), above)) = path.split_last() else { return Err(Obstacle::Absent) };
        let (node, missing) = descend(self.root()?, above)?;
        if !missing.is_empty() {
            return Err(Obstacle::Borrowed);
        }
        let Shape::Map { flow: in_brackets, pairs } = &node.shape else { return Err(Obstacle::Borrowed) };
        let index = pairs.iter().position(|p| p.key.as_ref() == Some(last)).ok_or(Obstacle::Borrowed)?;
        let end = |p: &WrittenPair| p.node.end.max(p.colon);
        if pairs.len() == 1 {
            return if above.is_empty() && !in_brackets {
                self.remove_lines(pairs[0].key_at.start, end(&pairs[0]), None)
            } else {
                self.replace(node, &New::Map(Vec::new()))
            };
        }
        if *in_brackets {
            let bounds: Vec<_> = pairs.iter().map(|p| (p.key_at.start, end(p))).collect();
            return self.remove_from_brackets(&bounds, index);
        }
        self.remove_lines(
            pairs[index].key_at.start,
            end(&pairs[index]),
            pairs.get(index + 1).map(|p| p.key_at.start),
        )
    }

    /// Removes whole lines; what starts behind another indicator on its line gives its place to the next one.
    pub(super) fn remove_lines(
        &mut self,
        start: usize,
        end: usize,
        next: Option<usize>,
    ) -> Result<(), Obstacle> {
        let line = self.line_start(start);
        if !self.text[line..start].trim_start_matches('\u{feff}').trim().is_empty() {
            let next = next.ok_or(Obstacle::Style)?;
            let stop = self.rest_of_line(end)?;
            // what is said above the next one stays
            let until = if self.text[stop.min(next)..next].contains('#') { stop } else { next };
            self.changes.push((start..until, String::new()));
            return Ok(());
        }
        let bom = self.text[line..start].find('\u{feff}').map_or(0, |_| '\u{feff}'.len_utf8());
        let rest_end = self.rest_of_line(end)?;
        self.changes.push((line + bom..rest_end, String::new()));
        Ok(())
    }

    /// Removes an element of a bracketed collection with one of its commas.
    fn remove_from_brackets(&mut self, bounds: &[(usize, usize)], index: usize) -> Result<(), Obstacle> {
        let &(start, end) = bounds.get(index).ok_or(Obstacle::Absent)?;
        let before = index.checked_sub(1).and_then(|i| bounds.get(i));
        let after = bounds.get(index + 1);
        let one_line = |from: usize, to: usize| !self.text[from..to].contains('\n');
        let change = match (before, after) {
            (_, Some(&(next, _))) if one_line(start, next) => start..next,
            (Some(&(_, prev)), _) if one_line(prev, end) => prev..end,
            _ => {
                let line = self.line_start(start);
                let comma = if self.text[end..].starts_with(',') { end + 1 } else { end };
                if self.text[line..start].trim().is_empty() {
                    let rest_end = self.rest_of_line(comma)?;
                    line..rest_end
                } else {
                    start..comma
                }
            }
        };
        self.changes.push((change, String::new()));
        Ok(())
    }

    /// Removes a key and the keys above it that hold nothing else; comments between them stay.
    pub(super) fn prune(&mut self, path: &[Step], comment: Option<&str>) -> Result<(), Obstacle> {
        let root = self.root()?;
        let mut top = path.len();
        while top > 1 && matches!(path[top - 2], Step::Key(_)) {
            match descend(root, &path[..top - 1])? {
                (Written { shape: Shape::Map { pairs, .. }, marked: false, .. }, []) if pairs.len() == 1 => {
                    top -= 1;
                }
                _ => break,
            }
        }
        if let Some(Head::Pair(last)) = Self::head(root, path)? {
            self.cut_comment(last.key_at.start, comment);
        }
        // an item that holds nothing else stays, as an empty mapping
        let last_of_item = top > 1
            && matches!(path[top - 2], Step::Item(_))
            && matches!(&descend(root, &path[..top - 1])?.0.shape, Shape::Map { pairs, .. } if pairs.len() == 1);
        if top == path.len() || last_of_item || Self::in_brackets(root, &path[..top])? {
            return self.remove_key(&path[..top]);
        }
        for depth in top..=path.len() {
            let Some(Head::Pair(pair)) = Self::head(root, &path[..depth])? else {
                return Err(Obstacle::Borrowed);
            };
            let goes_on = depth < path.len() && matches!(pair.node.shape, Shape::Map { flow: false, .. });
            let end = if goes_on { pair.colon } else { pair.node.end.max(pair.colon) };
            self.remove_lines(pair.key_at.start, end, None)?;
            if !goes_on {
                break;
            }
        }
        Ok(())
    }

    /// Cuts the lines of a comment that stand right above a key, if they are the ones that hsm placed there.
    fn cut_comment(&mut self, key: usize, comment: Option<&str>) {
        let line = self.line_start(key);
        let mut placed = Vec::new();
        push_comment(&mut placed, comment, self.column(key));
        let mut start = line;
        for wanted in placed.iter().rev() {
            let above = self.line_start(start.saturating_sub(1));
            if start == 0 || self.text[above..start].trim_end_matches(['\n', '\r']) != wanted {
                return;
            }
            start = above;
        }
        if start < line {
            self.changes.push((start..line, String::new()));
        }
    }
}
