//! Elements of arrays: replaced, removed and added so that layout, comments and trailing commas stay as the user has them.

use std::ops::Range;

use toml_edit::{Item, Table, Value};

use super::{Edit, Element, SpliceError, Toml, dotted, end_of, insert, leading_blanks};

impl Toml {
    /// Replaces and removes elements of the array at a path, by their position in [`Toml::elements`].
    pub(in crate::adapters::uv) fn change_elements(
        &mut self,
        path: &[String],
        replace: &[(usize, String)],
        remove: &[usize],
    ) -> Result<(), SpliceError> {
        if self.is_tables(path) {
            return self.remove_tables(path, remove);
        }
        let Some((elements, open, close)) = self.array(path)? else { return Ok(()) };
        let mut edits: Vec<Edit> =
            replace.iter().map(|(i, text)| (elements[*i].span.clone(), text.clone())).collect();
        let gone = |i: usize| remove.contains(&i);
        let mut cuts: Vec<Range<usize>> = Vec::new();
        for &i in remove {
            cuts.push(self.element_region(&elements, i, open, close, &gone));
        }
        if let Some(comma) = self.orphaned_comma(&elements, open, close, &gone) {
            cuts.push(comma..comma + 1);
        }
        edits.extend(joined(cuts).into_iter().map(|r| (r, String::new())));
        self.apply(edits)
    }

    /// Adds elements, written as values, behind the last one of the array at a path. Says whether an empty array on one
    /// line was opened to several lines.
    pub(in crate::adapters::uv) fn add_elements(
        &mut self,
        path: &[String],
        add: &[String],
    ) -> Result<bool, SpliceError> {
        if add.is_empty() {
            return Ok(false);
        }
        if self.is_tables(path) {
            return self.append_tables(path, add).map(|()| false);
        }
        let Some((elements, open, close)) = self.array(path)? else { return Ok(false) };
        let nl = self.newline();
        let inline = self.inside_inline(path);
        let base = self.indent_of(open);
        let deep = format!("{base}    ");
        let Some(last) = elements.last().map(|e| e.span.clone()) else {
            let inner = &self.text[open..close];
            let (at, text, opened) = if inline {
                (open, add.join(", "), false)
            } else if let Some(end) = inner.rfind('\n') {
                let at = open + inner[..end].strip_suffix('\r').map_or(end, str::len);
                (at, lines(add, nl, &deep), false)
            } else {
                (open, format!("{}{nl}{base}", lines(add, nl, &deep)), true)
            };
            self.apply(vec![insert(at, text)])?;
            return Ok(opened);
        };
        let own = (0..elements.len()).rev().find_map(|i| self.own_line(&elements, i, open));
        let Some(first_own) = own.filter(|_| !inline) else {
            self.apply(vec![insert(last.end, format!(", {}", add.join(", ")))])?;
            return Ok(false);
        };
        let indent = self.indent_of(first_own);
        let edits = if let Some(comma) = self.comma(last.end, close) {
            let at = self.line_break(comma + 1, close).unwrap_or(comma + 1);
            vec![insert(at, lines(add, nl, &indent))]
        } else {
            let text = lines(add, nl, &indent);
            let text = text.strip_suffix(',').unwrap_or(&text).to_owned();
            match self.line_break(last.end, close) {
                Some(at) if at > last.end => vec![insert(last.end, ",".to_owned()), insert(at, text)],
                _ => vec![insert(last.end, format!(",{text}"))],
            }
        };
        self.apply(edits)?;
        Ok(false)
    }

    /// Whether there is no array at a path yet, and tables with headers of their own are the way to write one.
    pub(in crate::adapters::uv) fn wants_tables(&self, path: &[String], add: &[String]) -> bool {
        let inline = (1..path.len()).any(|n| self.item(&path[..n]).is_some_and(Item::is_inline_table));
        !self.has(path) && !inline && add.iter().all(|text| text.starts_with('{'))
    }

    /// Appends elements, each written as an inline table, under headers of their own.
    pub(in crate::adapters::uv) fn append_tables(
        &mut self,
        path: &[String],
        add: &[String],
    ) -> Result<(), SpliceError> {
        for text in add {
            let inline = Self::parse(format!("v = {text}"))?;
            let table = inline.item(&["v".to_owned()]).and_then(Item::as_inline_table);
            let pairs = table.map(|t| inline.pairs(t.iter())).unwrap_or_default();
            let edit = self.block(&format!("[[{}]]", dotted(path)), &pairs.join(self.newline()));
            self.apply(vec![edit])?;
        }
        Ok(())
    }

    fn remove_tables(&mut self, path: &[String], remove: &[usize]) -> Result<(), SpliceError> {
        let all = self.elements(path)?.unwrap_or_default();
        let spans = remove.iter().filter_map(|&i| all.get(i)).map(|e| e.span.clone());
        let edits = spans.map(|s| (self.before_block(s.start)..s.end, String::new())).collect();
        self.apply(edits)
    }

    /// A table with a header of its own as an element: written as an inline table would be.
    pub(super) fn table_element(&self, table: &Table) -> Element {
        let start = table.span().unwrap_or_default().start;
        let values = table.iter().filter_map(|(key, item)| Some((key, item.as_value()?)));
        let key = format!("{{ {} }}", self.pairs(values).join(", "));
        Element { key, span: start..end_of(table) }
    }

    fn pairs<'a>(&self, values: impl Iterator<Item = (&'a str, &'a Value)>) -> Vec<String> {
        let raw = |v: &Value| v.span().and_then(|s| self.text.get(s)).unwrap_or_default().to_owned();
        values.map(|(key, value)| format!("{} = {}", dotted(&[key.to_owned()]), raw(value))).collect()
    }

    fn is_tables(&self, path: &[String]) -> bool {
        self.item(path).is_some_and(Item::is_array_of_tables)
    }

    /// Brings an empty array that [`Toml::add_elements`] opened back to one line.
    pub(in crate::adapters::uv) fn close_array(&mut self, path: &[String]) -> Result<(), SpliceError> {
        let Some((elements, open, close)) = self.array(path)? else { return Ok(()) };
        let inner = &self.text[open..close];
        if !elements.is_empty() || !inner.trim().is_empty() {
            return Ok(());
        }
        let base = self.indent_of(open);
        let broken = inner.strip_prefix("\r\n").or_else(|| inner.strip_prefix('\n'));
        if let Some(rest) = broken.and_then(|r| r.strip_prefix(base.as_str())) {
            let end = close - rest.len();
            self.apply(vec![(open..end, String::new())])?;
        }
        Ok(())
    }

    /// The elements, and what lies between the brackets.
    fn array(&self, path: &[String]) -> Result<Option<(Vec<Element>, usize, usize)>, SpliceError> {
        let Some(elements) = self.elements(path)? else { return Ok(None) };
        let span = self.item(path).and_then(Item::span).unwrap_or_default();
        Ok(Some((elements, span.start + 1, span.end.saturating_sub(1))))
    }

    /// What goes when an element goes.
    fn element_region(
        &self,
        all: &[Element],
        i: usize,
        open: usize,
        close: usize,
        gone: &dyn Fn(usize) -> bool,
    ) -> Range<usize> {
        let here = all[i].span.clone();
        let next = all.get(i + 1).map(|e| e.span.start);
        let after = match self.comma(here.end, next.unwrap_or(close)) {
            Some(comma) if self.text[here.end..comma].trim().is_empty() => comma + 1,
            _ => here.end,
        };
        if self.own_line(all, i, open).is_some() {
            let line = self.before_line(here.start);
            let limit = next.unwrap_or(close);
            return match self.line_break(after, limit) {
                Some(end) if self.text[after..end].trim().is_empty() => line..end,
                Some(_) => here.start..after + leading_blanks(&self.text[after..]),
                None => next.map_or(line..after, |next| here.start..next),
            };
        }
        if (0..i).any(|k| !gone(k)) {
            let comma = self.comma(all[i - 1].span.end, here.start);
            return comma.unwrap_or(here.start)..here.end;
        }
        here.start..next.unwrap_or(after)
    }

    /// The comma behind the last element that stays, when the last one goes that has none behind it and a line of its
    /// own.
    fn orphaned_comma(
        &self,
        all: &[Element],
        open: usize,
        close: usize,
        gone: &dyn Fn(usize) -> bool,
    ) -> Option<usize> {
        let last = all.len().checked_sub(1).filter(|&i| gone(i))?;
        if self.comma(all[last].span.end, close).is_some() {
            return None;
        }
        self.own_line(all, last, open)?;
        let kept = (0..last).rev().find(|&k| !gone(k))?;
        self.comma(all[kept].span.end, all[kept + 1].span.start)
    }

    /// The start of an element that is the first thing on its line.
    fn own_line(&self, all: &[Element], i: usize, open: usize) -> Option<usize> {
        let start = all[i].span.start;
        let from = if i == 0 { open } else { all[i - 1].span.end };
        let line = self.text[..start].rfind('\n')?;
        (line >= from && self.text[line..start].trim().is_empty()).then_some(start)
    }

    /// The comma between two bytes, comments left aside.
    fn comma(&self, from: usize, to: usize) -> Option<usize> {
        let mut comment = false;
        for (i, c) in self.text.get(from..to)?.char_indices() {
            match c {
                '\n' => comment = false,
                '#' => comment = true,
                ',' if !comment => return Some(from + i),
                _ => {}
            }
        }
        None
    }

    fn inside_inline(&self, path: &[String]) -> bool {
        (1..path.len()).any(|n| self.item(&path[..n]).is_some_and(Item::is_inline_table))
    }
}

fn lines(add: &[String], nl: &str, indent: &str) -> String {
    let start = format!("{nl}{indent}");
    add.iter().flat_map(|text| [start.as_str(), text, ","]).collect()
}

/// Ranges without overlaps.
fn joined(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|r| (r.start, r.end));
    let mut out: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match out.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}
