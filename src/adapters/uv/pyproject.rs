//! `pyproject.toml`: which entries are hsm's, and bringing them to what the stack asks for.
//!
//! Owns: the record `[tool.hsm]`, which holds the exact text of every entry that hsm wrote; an entry that was changed by
//! hand is the user's again. Taking everything back leaves the bytes that the user wrote. Refuses: choosing what to
//! write (that is `wish`), and any edit whose result does not mean what was intended.

use std::collections::{BTreeMap, BTreeSet};

use super::record::Record;
use super::splice::{Path, Plain, SpliceError, Toml, dotted, path};
use super::trouble::Trouble;
use crate::names::Name;
use crate::secret::blind;

/// What the file shall hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wish {
    /// Elements of arrays, in the order in which they are added.
    pub(super) lists: Vec<(Path, Vec<Line>)>,
    /// Values of keys.
    pub(super) values: Vec<Wanted>,
    /// Distributions that must have no entry in `tool.uv.sources`.
    pub(super) unsourced: Vec<String>,
    /// Distributions, normalized, of which the user's own lines in these arrays and the user's own sources become hsm's.
    pub(super) adopt: BTreeSet<String>,
}

/// An element of an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// The distribution that it is about, normalized: a new line takes the place of an old one for the same.
    pub(super) name: Option<String>,
    /// The string, or the text of anything else.
    pub(super) key: String,
    /// How it is written.
    pub(super) text: String,
}

/// A value of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Its keys.
    pub(super) path: Path,
    /// How it is written.
    pub(super) text: String,
    /// Whether a value of the user's own may stand there instead.
    pub(super) soft: bool,
}

/// A file that holds what was wished for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reconciled {
    /// The whole text.
    pub(super) text: String,
    /// The elements of the wish's arrays that are the user's own.
    pub(super) users: Vec<UserLine>,
    /// What is worth telling.
    pub(super) notes: Vec<Trouble>,
    /// Whether hsm owns any entry now.
    pub(super) owns: bool,
}

/// An element of an array that is the user's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UserLine {
    /// The array.
    pub(super) path: Path,
    /// The string, or the text of anything else.
    pub(super) key: String,
    /// Its line in the file as it is.
    pub(super) line: usize,
}

/// Brings a text to a wish.
pub(super) fn reconcile(text: &str, wish: &Wish) -> Result<Reconciled, Vec<Trouble>> {
    let before = Toml::parse(text).map_err(|e| vec![e.into()])?;
    let record = Record::read(&before).map_err(|e| vec![e])?;
    let wish = in_the_files_spelling(wish, &before);
    let mut work = Work {
        toml: before.clone(),
        expected: before.plain(),
        new: Record { created: record.created.clone(), opened: record.opened.clone(), ..Record::default() },
        record,
        before,
        users: Vec::new(),
        notes: Vec::new(),
        wrong: Vec::new(),
    };
    match work.run(&wish) {
        Ok(()) if work.wrong.is_empty() => work.finish(),
        Ok(()) => Err(work.wrong),
        Err(e) => Err(vec![e.into()]),
    }
}

struct Work {
    before: Toml,
    toml: Toml,
    /// What the text shall mean in the end; changed beside the text, to check it against.
    expected: Plain,
    record: Record,
    new: Record,
    users: Vec<UserLine>,
    notes: Vec<Trouble>,
    wrong: Vec<Trouble>,
}

impl Work {
    fn run(&mut self, wish: &Wish) -> Result<(), SpliceError> {
        let hsm = path(["tool", "hsm"]);
        self.toml.remove_block(&hsm)?;
        if let Some(tool) = self.expected.table_mut(&hsm[..1]) {
            tool.remove("hsm");
        }
        self.adopt_sources(wish)?;
        self.check_sources(wish);
        let (tool, project): (Vec<_>, Vec<_>) =
            wish.values.iter().partition(|v| v.path.first().is_some_and(|k| k == "tool"));
        self.forget_values(wish)?;
        for wanted in project {
            self.value(wanted)?;
        }
        for (path, lines) in wish.lists.iter().filter(|(p, _)| p.first().is_some_and(|k| k != "tool")) {
            self.adopt_lines(path, wish)?;
            self.list(path, lines)?;
        }
        for wanted in tool {
            self.value(wanted)?;
        }
        for (path, lines) in wish.lists.iter().filter(|(p, _)| p.first().is_some_and(|k| k == "tool")) {
            self.list(path, lines)?;
        }
        let unwished: Vec<Path> =
            self.record.lists.keys().filter(|p| !wish.lists.iter().any(|(w, _)| w == *p)).cloned().collect();
        for path in unwished {
            self.list(&path, &[])?;
        }
        self.tidy()
    }

    fn finish(mut self) -> Result<Reconciled, Vec<Trouble>> {
        let owns = !self.new.is_empty();
        self.notes.sort_by_key(|n| if let Trouble::Edited { line, .. } = n { *line } else { 0 });
        let unchanged = self.new == self.record && self.means_what_it_did();
        let text = if unchanged {
            self.before.text().to_owned()
        } else {
            if owns {
                self.toml
                    .append_block(&path(["tool", "hsm"]), &self.new.lines())
                    .map_err(|e| vec![e.into()])?;
            }
            self.verify().map_err(|e| vec![e])?;
            self.toml.text().to_owned()
        };
        Ok(Reconciled { text, users: self.users, notes: self.notes, owns })
    }

    /// Whether, the record aside, nothing was edited.
    fn means_what_it_did(&self) -> bool {
        let mut bare = self.before.clone();
        bare.remove_block(&path(["tool", "hsm"])).is_ok() && bare.text() == self.toml.text()
    }

    /// The text is TOML, its record reads back, and everything else means what it shall.
    fn verify(&self) -> Result<(), Trouble> {
        let again = Toml::parse(self.toml.text())?;
        let mut means = again.plain();
        if let Some(tool) = means.table_mut(&path(["tool"])) {
            tool.remove("hsm");
        }
        if bare(means) != bare(self.expected.clone()) || Record::read(&again)? != self.new {
            return Err(Trouble::Unsafe);
        }
        Ok(())
    }

    // ---- values ---------------------------------------------------------------------------------------------------

    /// Takes back the values that hsm owns and that nobody wishes for any more.
    fn forget_values(&mut self, wish: &Wish) -> Result<(), SpliceError> {
        for (path, text) in self.record.values.clone() {
            if wish.values.iter().any(|w| w.path == path) {
                continue;
            }
            match self.toml.raw(&path) {
                Some(found) if found == text => {
                    self.toml.unset(&path)?;
                    self.expect_gone(&path);
                }
                Some(found) => {
                    let line = self.before.line_at(&path).unwrap_or(1);
                    let found = one_line(&format!("{} = {found}", dotted(&path)));
                    self.notes.push(Trouble::Edited { line, found });
                }
                None => {}
            }
        }
        Ok(())
    }

    fn value(&mut self, wanted: &Wanted) -> Result<(), SpliceError> {
        let Wanted { path, text, soft } = wanted;
        let owned = self.record.values.get(path);
        if self.toml.has(path) {
            let found = self.toml.raw(path).map(str::to_owned);
            if found.is_some() && found.as_ref() == owned {
                if found.as_ref() != Some(text) {
                    self.toml.set(path, text)?;
                    self.expect(path, text);
                }
                self.new.values.insert(path.clone(), text.clone());
                return Ok(());
            }
            let same = Plain::parse(text).as_ref() == self.toml.plain().get(path);
            if !same && !soft {
                self.taken(path, text);
            }
            return Ok(());
        }
        let made = self.toml.set(path, text)?;
        self.new.created.extend(made);
        self.new.values.insert(path.clone(), text.clone());
        self.expect(path, text);
        Ok(())
    }

    fn taken(&mut self, path: &[String], text: &str) {
        let line = self.before.line_at(path).unwrap_or(1);
        let found = self.before.raw(path).map_or_else(|| "a table".to_owned(), one_line);
        self.wrong.push(match path {
            [tool, uv, sources, name] if tool == "tool" && uv == "uv" && sources == "sources" => {
                Trouble::TakenSource { name: name.clone(), line, found, wanted: format!("`{text}`") }
            }
            _ => Trouble::TakenSetting { path: dotted(path), line, found, wanted: text.to_owned() },
        });
    }

    // ---- what is handed over --------------------------------------------------------------------------------------

    /// The user's source of an adopted distribution becomes hsm's as it stands, as if hsm had written it. One that is no
    /// value on its own is taken out: hsm writes its own where one is wanted.
    fn adopt_sources(&mut self, wish: &Wish) -> Result<(), SpliceError> {
        for key in self.before.keys(&path(["tool", "uv", "sources"])) {
            let at = source_path(&key);
            if !normal(&key).is_some_and(|name| wish.adopt.contains(&name)) {
                continue;
            }
            if let Some(text) = self.toml.raw(&at) {
                self.record.values.insert(at, text.to_owned());
            } else {
                self.toml.remove_all(&at)?;
                self.expect_gone(&at);
            }
        }
        Ok(())
    }

    /// The user's lines for adopted distributions become hsm's as they stand; `list` then puts what is wanted in the place
    /// of the first.
    fn adopt_lines(&mut self, at: &[String], wish: &Wish) -> Result<(), SpliceError> {
        if wish.adopt.is_empty() {
            return Ok(());
        }
        let elements = self.toml.elements(at)?.unwrap_or_default();
        let adopted = |key: &str| name_of(key).is_some_and(|name| wish.adopt.contains(&name));
        let recorded = self.record.lists.entry(at.to_vec()).or_default();
        recorded.retain(|key| !adopted(key));
        recorded.extend(elements.into_iter().map(|e| e.key).filter(|key| adopted(key)));
        Ok(())
    }

    /// A distribution that comes from an index by its name alone must not be sent elsewhere by the user's file.
    fn check_sources(&mut self, wish: &Wish) {
        for key in self.toml.keys(&path(["tool", "uv", "sources"])) {
            let at = source_path(&key);
            let owned = self.record.values.get(&at).is_some_and(|text| self.before.raw(&at) == Some(text));
            if owned || !wish.unsourced.iter().any(|n| same_name(n, &key)) {
                continue;
            }
            self.wrong.push(Trouble::TakenSource {
                line: self.before.line_at(&at).unwrap_or(1),
                found: self.before.raw(&at).map_or_else(|| "a table".to_owned(), one_line),
                wanted: "the package index".to_owned(),
                name: key,
            });
        }
    }

    // ---- arrays ---------------------------------------------------------------------------------------------------

    fn list(&mut self, at: &[String], lines: &[Line]) -> Result<(), SpliceError> {
        let elements = self.toml.elements(at)?;
        let recorded = self.record.lists.get(at).cloned().unwrap_or_default();
        let elements = elements.unwrap_or_default();
        let mut owned = BTreeSet::new();
        let mut lost = Vec::new();
        for key in &recorded {
            let found = (0..elements.len()).rev().find(|i| elements[*i].key == *key && !owned.contains(i));
            match found {
                Some(i) => drop(owned.insert(i)),
                None => lost.push(key.clone()),
            }
        }
        for (i, element) in elements.iter().enumerate().filter(|(i, _)| !owned.contains(i)) {
            let line = self.line_before(at, i);
            if lost.iter().any(|l| name_of(l).is_some() && name_of(l) == name_of(&element.key)) {
                self.notes.push(Trouble::Edited { line, found: blind(&element.key).into_owned() });
            }
            self.users.push(UserLine { path: at.to_vec(), key: element.key.clone(), line });
        }
        let users = |key: &str| elements.iter().enumerate().any(|(i, e)| !owned.contains(&i) && e.key == key);

        let wanted = |i: usize| lines.iter().any(|l| l.key == elements[i].key);
        let again = |i: usize| owned.iter().any(|&o| o < i && elements[o].key == elements[i].key);
        let mut free: Vec<usize> = owned.iter().copied().filter(|&i| !wanted(i) || again(i)).collect();
        let mut replace = Vec::new();
        let mut add = Vec::new();
        for line in lines {
            if owned.iter().any(|&i| elements[i].key == line.key) {
                continue;
            }
            if users(&line.key) {
                continue;
            }
            let place =
                free.iter().position(|&i| line.name.is_some() && name_of(&elements[i].key) == line.name);
            match place {
                Some(p) => replace.push((free.remove(p), line)),
                None => add.push(line),
            }
        }
        let now: Vec<String> = lines
            .iter()
            .filter(|l| !users(&l.key) || owned.iter().any(|&i| elements[i].key == l.key))
            .map(|l| l.key.clone())
            .collect();
        self.write_list(at, &replace, &free, &add)?;
        if now.is_empty() {
            if self.new.opened.remove(at) {
                self.toml.close_array(at)?;
            }
        } else {
            let mut now = now;
            now.sort();
            now.dedup();
            self.new.lists.insert(at.to_vec(), now);
        }
        Ok(())
    }

    fn write_list(
        &mut self,
        at: &[String],
        replace: &[(usize, &Line)],
        remove: &[usize],
        add: &[&Line],
    ) -> Result<(), SpliceError> {
        let added: Vec<String> = add.iter().map(|l| l.text.clone()).collect();
        let tables = !add.is_empty() && self.toml.wants_tables(at, &added);
        if tables {
            self.expect(at, "[]");
        } else if !add.is_empty() && !self.toml.has(at) {
            let made = self.toml.set(at, "[]")?;
            self.new.created.extend(made);
            self.new.created.insert(at.to_vec());
            self.expect(at, "[]");
        }
        let texts: Vec<(usize, String)> = replace.iter().map(|(i, l)| (*i, l.text.clone())).collect();
        self.toml.change_elements(at, &texts, remove)?;
        if tables {
            self.toml.append_tables(at, &added)?;
        } else if self.toml.add_elements(at, &added)? && !self.new.created.contains(at) {
            self.new.opened.insert(at.to_vec());
        }
        let Some((key, parent)) = at.split_last() else { return Ok(()) };
        let list = self.expected.table_mut(parent).and_then(|t| t.get_mut(key));
        if let Some(Plain::List(list)) = list {
            for (i, line) in replace {
                if let (Some(old), Some(new)) = (list.get_mut(*i), Plain::parse(&line.text)) {
                    *old = new;
                }
            }
            let mut i = 0;
            list.retain(|_| {
                i += 1;
                !remove.contains(&(i - 1))
            });
            list.extend(add.iter().filter_map(|l| Plain::parse(&l.text)));
        }
        if !self.toml.has(at) {
            // The last one under a header of its own is gone, and the array with it.
            self.expect_gone(at);
        }
        Ok(())
    }

    /// The line of an element in the file as it was.
    fn line_before(&self, at: &[String], i: usize) -> usize {
        let elements = self.before.elements(at).ok().flatten().unwrap_or_default();
        elements.get(i).map_or(1, |e| self.before.line(e.span.start))
    }

    // ---- what was made for entries --------------------------------------------------------------------------------

    /// Takes back the arrays and tables that hsm made and that hold nothing any more, the deepest first.
    fn tidy(&mut self) -> Result<(), SpliceError> {
        let mut created: Vec<Path> = self.new.created.iter().cloned().collect();
        created.sort_by_key(|p| std::cmp::Reverse(p.len()));
        for path in created {
            let below = |p: &Path| p.starts_with(&path);
            let used = self.new.values.keys().any(below) || self.new.lists.keys().any(below);
            if used {
                continue;
            }
            self.new.created.remove(&path);
            let empty = match self.expected.get(&path) {
                Some(Plain::Table(t)) => t.is_empty(),
                Some(Plain::List(l)) => l.is_empty(),
                _ => false,
            };
            if self.toml.remove_if_empty(&path)? && empty {
                self.expect_gone(&path);
            }
        }
        Ok(())
    }

    fn expect(&mut self, path: &[String], text: &str) {
        if let (Some((key, parent)), Some(value)) = (path.split_last(), Plain::parse(text))
            && let Some(table) = self.expected.table_mut(parent)
        {
            table.insert(key.clone(), value);
        }
    }

    fn expect_gone(&mut self, path: &[String]) {
        if let Some((key, parent)) = path.split_last()
            && let Some(table) = self.expected.table_mut(parent)
        {
            table.remove(key);
        }
    }
}

/// The path of a distribution's source.
pub(super) fn source_path(name: &str) -> Path {
    path(["tool", "uv", "sources", name])
}

/// Names of distributions and groups compare normalized; where the file has an entry, its spelling counts.
fn in_the_files_spelling(wish: &Wish, toml: &Toml) -> Wish {
    let mut wish = wish.clone();
    let spell = |at: &mut Path| {
        let named = at.len() == 4 && at[..3] == path(["tool", "uv", "sources"])
            || at.len() == 2 && at[0] == "dependency-groups";
        if let (true, Some((last, parent))) = (named, at.clone().split_last())
            && let Some(key) = toml.keys(parent).into_iter().find(|k| same_name(k, last))
        {
            at.pop();
            at.push(key);
        }
    };
    wish.values.iter_mut().for_each(|v| spell(&mut v.path));
    wish.lists.iter_mut().for_each(|(p, _)| spell(p));
    wish
}

/// Whether two names of distributions or groups are one.
pub(super) fn same_name(a: &str, b: &str) -> bool {
    match (Name::parse(a), Name::parse(b)) {
        (Ok(a), Ok(b)) => a.pep503() == b.pep503(),
        _ => a == b,
    }
}

/// The distribution that a requirement line is about, normalized.
fn name_of(line: &str) -> Option<String> {
    let end = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    normal(line.trim().split(end).next()?)
}

fn normal(name: &str) -> Option<String> {
    Name::parse(name).ok().map(|n| n.pep503().as_str().to_owned())
}

/// A text of the file for a message: on one line, and without the passwords of addresses.
fn one_line(text: &str) -> String {
    blind(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()
}

/// Without empty tables: a header that holds nothing means nothing.
fn bare(plain: Plain) -> Plain {
    match plain {
        Plain::Table(t) => {
            let t: BTreeMap<_, _> = t.into_iter().map(|(k, v)| (k, bare(v))).collect();
            Plain::Table(t.into_iter().filter(|(_, v)| *v != Plain::Table(BTreeMap::new())).collect())
        }
        other => other,
    }
}
