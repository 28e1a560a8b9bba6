//! Between a name and a mapping with that name: the bytes that come and go around what stays as it is written.

use super::{Head, Splices, flow, scalar};
use crate::yaml::edit::{New, Obstacle, Step, descend};
use crate::yaml::layout::{Shape, Written, WrittenPair};

impl<'t> Splices<'t> {
    fn node(&self, path: &[Step]) -> Result<&'t Written, Obstacle> {
        match descend(self.root()?, path)? {
            (node, []) if node.shape == Shape::Alias => Err(Obstacle::Borrowed),
            (node, []) => Ok(node),
            _ => Err(Obstacle::Borrowed),
        }
    }

    /// Whether a path's value is an item behind a dash.
    fn behind_dash(&self, path: &[Step]) -> Result<bool, Obstacle> {
        Ok(matches!(path.last(), Some(Step::Item(_))) && !Self::in_brackets(self.root()?, path)?)
    }

    fn cut(&mut self, from: usize, to: usize) {
        self.changes.push((from..to, String::new()));
    }

    fn put(&mut self, at: usize, new: String) {
        self.changes.push((at..at, new));
    }

    /// Whether bytes may go without taking a comment or a line of anything else with them.
    fn within_line(&self, from: usize, to: usize) -> Result<(), Obstacle> {
        let text = self.text.get(from..to).ok_or(Obstacle::Style)?;
        if text.contains(['\n', '#']) { Err(Obstacle::Style) } else { Ok(()) }
    }

    /// `a: value` → `to: value`.
    pub(super) fn rename(&mut self, path: &[Step], to: &str) -> Result<(), Obstacle> {
        let Some(Head::Pair(pair)) = Self::head(self.root()?, path)? else { return Err(Obstacle::Borrowed) };
        // an anchor or a tag before the key would go with it; a key over several lines has a mark of its own
        let text = self.text.get(pair.key_at.clone()).ok_or(Obstacle::Style)?;
        if text.starts_with(['&', '!', '*', '|', '>']) || text.contains('\n') {
            return Err(Obstacle::Style);
        }
        self.changes.push((pair.key_at.clone(), scalar(to)));
        Ok(())
    }

    /// `a` → `a: value`; in braces wherever a pair alone could not stand.
    pub(super) fn make_pair(&mut self, path: &[Step], value: &str) -> Result<(), Obstacle> {
        let node = self.node(path)?;
        if node.shape != Shape::Scalar {
            return Err(Obstacle::Style);
        }
        let value = scalar(value);
        if self.behind_dash(path)? {
            self.put(node.end, format!(": {value}"));
        } else {
            self.put(node.start, "{".to_owned());
            self.put(node.end, format!(": {value}}}"));
        }
        Ok(())
    }

    /// `a: value` → `a`.
    pub(super) fn unpair(&mut self, path: &[Step]) -> Result<(), Obstacle> {
        let node = self.node(path)?;
        let Shape::Map { flow: in_braces, pairs } = &node.shape else { return Err(Obstacle::Shape) };
        let [pair] = pairs.as_slice() else { return Err(Obstacle::Borrowed) };
        let end = pair.node.end.max(pair.colon);
        if node.marked {
            return Err(Obstacle::Style);
        }
        if *in_braces {
            self.within_line(node.start, pair.key_at.start)?;
            self.within_line(pair.key_at.end, node.end)?;
            self.cut(node.start, pair.key_at.start);
            self.cut(pair.key_at.end, node.end);
            return Ok(());
        }
        if !self.behind_dash(path)? {
            return Err(Obstacle::Style);
        }
        self.leave_key(pair, pair.key_at.end, end)
    }

    /// Removes a key's value; the key stays with its colon.
    pub(super) fn clear(&mut self, path: &[Step]) -> Result<(), Obstacle> {
        let root = self.root()?;
        let node = self.node(path)?;
        let Some(Head::Pair(pair)) = Self::head(root, path)? else { return Err(Obstacle::Shape) };
        if Self::in_brackets(root, path)? {
            self.within_line(node.start, node.end)?;
            self.cut(node.start, node.end);
            return Ok(());
        }
        self.leave_key(pair, pair.colon, node.end)
    }

    /// Cuts a block's pair from `from` on: on the key's line, or there and the lines of its value.
    fn leave_key(&mut self, pair: &WrittenPair, from: usize, end: usize) -> Result<(), Obstacle> {
        if !self.text[pair.colon..end].contains('\n') {
            self.cut(from, end);
            return Ok(());
        }
        let line = self.line_start(pair.node.start);
        let alone = line > pair.colon && self.text[line..pair.node.start].trim().is_empty();
        if !alone {
            return Err(Obstacle::Style);
        }
        self.cut(from, pair.colon);
        let stop = self.rest_of_line(end)?;
        self.cut(line, stop);
        Ok(())
    }

    /// `a` → `{key: a, more: x}`.
    pub(super) fn wrap(&mut self, path: &[Step], key: &str, more: &[(String, New)]) -> Result<(), Obstacle> {
        let node = self.node(path)?;
        if node.shape != Shape::Scalar
            || self.text[node.start..node.end].contains(['\n', ',', '[', ']', '{', '}'])
        {
            return Err(Obstacle::Style);
        }
        self.put(node.start, format!("{{{}: ", scalar(key)));
        let mut behind = String::new();
        for (key, value) in more {
            behind.extend([", ", &scalar(key), ": ", &flow(value)]);
        }
        self.put(node.end, behind + "}");
        Ok(())
    }

    /// `a` → `[a, item]`.
    pub(super) fn enlist(&mut self, path: &[Step], item: &New) -> Result<(), Obstacle> {
        let node = self.node(path)?;
        let fits = matches!(node.shape, Shape::Scalar | Shape::Map { flow: true, .. });
        if !fits || node.marked {
            return Err(Obstacle::Style);
        }
        if self.text[node.start..node.end].contains('\n') {
            return Err(Obstacle::Style);
        }
        self.put(node.start, "[".to_owned());
        self.put(node.end, format!(", {}]", flow(item)));
        Ok(())
    }

    /// `{key: a}` → `a`.
    pub(super) fn unwrap(&mut self, path: &[Step], key: &str) -> Result<(), Obstacle> {
        let node = self.node(path)?;
        let Shape::Map { flow: true, pairs } = &node.shape else { return Err(Obstacle::Style) };
        let [pair] = pairs.as_slice() else { return Err(Obstacle::Borrowed) };
        if pair.key.as_deref() != Some(key) || pair.node.shape != Shape::Scalar {
            return Err(Obstacle::Borrowed);
        }
        if node.marked || !self.text[node.start..].starts_with('{') {
            return Err(Obstacle::Style);
        }
        self.within_line(node.start, pair.node.start)?;
        self.within_line(pair.node.end, node.end)?;
        self.cut(node.start, pair.node.start);
        self.cut(pair.node.end, node.end);
        Ok(())
    }
}
