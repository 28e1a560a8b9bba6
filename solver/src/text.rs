//! Problems as text, to keep them in files and to hand them to other programs.
//!
//! Owns: the format, its writer and its reader. Refuses: a meaning; what the words stand for is said at [`Problem`].
//!
//! One thing a line, words between blanks, `#` and what follows it on the line means nothing. The first line names
//! the format. Items, groups and resources have no names: they are numbered from 0 in the order of their lines, each
//! sort for itself, and so are the options of a group. What is spoken of need not exist, or not yet.
//!
//! ```text
//! hsm-problem 1
//! item 2                                  # i0, with two candidates
//! item 1                                  # i1
//! item 1                                  # i2
//! group s0 one i1 i2                      # g0: statement 0 says that it has exactly one of two options
//! group s4 1..2 i1 i2                     # g1: at least one, at most two
//! rule s1 always => present i0:0-1
//! rule s2 i0:0 => part g0
//! prefer fill g0 1 0
//! ```
//!
//! | line | meaning |
//! | --- | --- |
//! | `item CANDIDATES` | [`Problem::item`] |
//! | `group STATEMENT one ITEM…`, `group STATEMENT MIN..MAX ITEM…` | [`Problem::group`] |
//! | `resource` | [`Problem::resource`] |
//! | `rule STATEMENT WHEN => THEN` | [`Problem::rule`] |
//! | `prefer rank ITEM RANK…` | [`Preference::Rank`]: one rank for each candidate |
//! | `prefer wanted GROUP OPTION…`, `prefer fill GROUP OPTION…` | [`Preference::Wanted`], [`Preference::Fill`] |
//!
//! | WHEN | |
//! | --- | --- |
//! | `always` | [`When::Always`] |
//! | `ITEM:SET` | [`When::Item`] |
//! | `GROUP` | [`When::TakesPart`] |
//! | `GROUP/OPTION` | [`When::Option`] |
//!
//! | THEN | |
//! | --- | --- |
//! | `present ITEM:SET` | [`Then::Present`] |
//! | `absent-or ITEM:SET` | [`Then::AbsentOr`] |
//! | `part GROUP` | [`Then::TakesPart`] |
//! | `one-of GROUP OPTION…`, `all-of GROUP OPTION…` | [`Then::OneOf`], [`Then::AllOf`] |
//! | `any-of ITEM:SET…` | [`Then::AnyOf`] |
//! | `holds RESOURCE ITEM` | [`Then::Holds`] |
//! | `never` | [`Then::Never`] |
//!
//! A statement is `s` and its number, an item `i`, a group `g`, a resource `r`. A set is `none`, or candidates and spans of them with
//! commas between: `0,3-5`.

use std::fmt::Write as _;
use std::str::SplitWhitespace;

use crate::problem::{
    Candidate, CandidateSet, Count, GroupId, ItemId, Member, Preference, Problem, ResourceId, StatementId,
    Then, When,
};

/// The first line.
const HEAD: [&str; 2] = ["hsm-problem", "1"];

/// How many candidates all sets of one text may have together: a few bytes can name billions.
const MOST: u64 = 1 << 27;

/// Why a text is not a problem, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct TextError {
    /// The line, counted from 1; the one after the last if the text ends too early.
    pub line: usize,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The first line does not name the format, or another version of it.
    #[error("the first line is not `hsm-problem 1`")]
    Head,
    /// It starts with none of the words that a line starts with.
    #[error("neither an item, a group, a resource, a rule nor a preference")]
    Line,
    /// Something is missing or stands where something else is expected.
    #[error("expected {0}")]
    Expected(Expected),
    /// There is more on the line than belongs to it.
    #[error("more words than belong here")]
    TooLong,
    /// All sets together have more candidates than can be meant.
    #[error("all sets together have more candidates than can be meant")]
    TooMuch,
}

/// What a word should have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Expected {
    /// A number that fits.
    #[error("a number")]
    Number,
    /// A statement.
    #[error("a statement, like `s3`")]
    Statement,
    /// An item.
    #[error("an item, like `i3`")]
    Item,
    /// A group.
    #[error("a group, like `g3`")]
    Group,
    /// A resource.
    #[error("a resource, like `r3`")]
    Resource,
    /// An item with candidates.
    #[error("an item with candidates, like `i3:0,2-4` or `i3:none`")]
    Candidates,
    /// How many options.
    #[error("`one` or two bounds, like `2..4`")]
    Count,
    /// A condition.
    #[error("a condition: `always`, `i3:0-2`, `g3` or `g3/1`")]
    When,
    /// The arrow of a rule.
    #[error("`=>`")]
    Arrow,
    /// A demand.
    #[error("a demand: `present`, `absent-or`, `part`, `one-of`, `all-of`, `any-of`, `holds` or `never`")]
    Then,
    /// A preference.
    #[error("a preference: `rank`, `wanted` or `fill`")]
    Preference,
}

/// A problem as text; [`read`] gives the same problem back.
pub fn write(problem: &Problem) -> String {
    let mut out = format!("{} {}\n", HEAD[0], HEAD[1]);
    for candidates in &problem.items {
        put(&mut out, format_args!("item {candidates}\n"));
    }
    for group in &problem.groups {
        put(&mut out, format_args!("group s{} ", group.statement.0));
        match group.count {
            Count::One => out.push_str("one"),
            Count::Between { min, max } => put(&mut out, format_args!("{min}..{max}")),
        }
        for member in &group.members {
            put(&mut out, format_args!(" i{}", member.0));
        }
        out.push('\n');
    }
    for _ in 0..problem.resources {
        out.push_str("resource\n");
    }
    for rule in &problem.rules {
        put(&mut out, format_args!("rule s{} ", rule.statement.0));
        write_when(&mut out, &rule.when);
        out.push_str(" => ");
        write_then(&mut out, &rule.then);
        out.push('\n');
    }
    for preference in &problem.preferences {
        let numbers = match preference {
            Preference::Rank(item, ranks) => {
                put(&mut out, format_args!("prefer rank i{}", item.0));
                ranks
            }
            Preference::Wanted(group, members) => {
                put(&mut out, format_args!("prefer wanted g{}", group.0));
                members
            }
            Preference::Fill(group, members) => {
                put(&mut out, format_args!("prefer fill g{}", group.0));
                members
            }
        };
        write_numbers(&mut out, numbers);
        out.push('\n');
    }
    out
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    // A string takes everything.
    let _ = out.write_fmt(text);
}

fn write_numbers(out: &mut String, numbers: &[u32]) {
    for number in numbers {
        put(out, format_args!(" {number}"));
    }
}

fn write_when(out: &mut String, when: &When) {
    match when {
        When::Always => out.push_str("always"),
        When::Item(item, set) => write_candidates(out, *item, set),
        When::TakesPart(group) => put(out, format_args!("g{}", group.0)),
        When::Option(group, member) => put(out, format_args!("g{}/{member}", group.0)),
    }
}

fn write_then(out: &mut String, then: &Then) {
    match then {
        Then::Present(item, set) => {
            out.push_str("present ");
            write_candidates(out, *item, set);
        }
        Then::AbsentOr(item, set) => {
            out.push_str("absent-or ");
            write_candidates(out, *item, set);
        }
        Then::TakesPart(group) => put(out, format_args!("part g{}", group.0)),
        Then::OneOf(group, members) => {
            put(out, format_args!("one-of g{}", group.0));
            write_numbers(out, members);
        }
        Then::AllOf(group, members) => {
            put(out, format_args!("all-of g{}", group.0));
            write_numbers(out, members);
        }
        Then::AnyOf(alternatives) => {
            out.push_str("any-of");
            for (item, set) in alternatives {
                out.push(' ');
                write_candidates(out, *item, set);
            }
        }
        Then::Holds(resource, holder) => put(out, format_args!("holds r{} i{}", resource.0, holder.0)),
        Then::Never => out.push_str("never"),
    }
}

fn write_candidates(out: &mut String, item: ItemId, set: &CandidateSet) {
    put(out, format_args!("i{}:", item.0));
    if set.is_empty() {
        out.push_str("none");
    }
    let mut all = set.iter().peekable();
    let mut first = true;
    while let Some(low) = all.next() {
        let mut high = low;
        while let Some(next) = all.next_if(|next| *next == high.wrapping_add(1)) {
            high = next;
        }
        if !first {
            out.push(',');
        }
        first = false;
        if low == high {
            put(out, format_args!("{low}"));
        } else {
            put(out, format_args!("{low}-{high}"));
        }
    }
}

/// Reads a problem; any text is either a problem or an error with its place.
pub fn read(text: &str) -> Result<Problem, TextError> {
    let mut problem = Problem::new();
    let mut room = MOST;
    let mut headed = false;
    for (line, number) in text.lines().zip(1..) {
        let line = line.split_once('#').map_or(line, |(before, _)| before);
        let mut words = Words { rest: line.split_whitespace(), room: &mut room };
        let Some(first) = words.rest.next() else { continue };
        let read = if headed { words.line(first, &mut problem) } else { words.head(first) };
        headed = true;
        match (read, words.rest.next()) {
            (Ok(()), None) => {}
            (Ok(()), Some(_)) => return Err(TextError { line: number, reason: Reason::TooLong }),
            (Err(reason), _) => return Err(TextError { line: number, reason }),
        }
    }
    if headed { Ok(problem) } else { Err(TextError { line: text.lines().count() + 1, reason: Reason::Head }) }
}

/// The words of a line that are not read yet.
struct Words<'t, 'r> {
    rest: SplitWhitespace<'t>,
    /// How many more candidates sets may have.
    room: &'r mut u64,
}

impl<'t> Words<'t, '_> {
    fn head(&mut self, first: &str) -> Result<(), Reason> {
        if [Some(first), self.rest.next()] == HEAD.map(Some) { Ok(()) } else { Err(Reason::Head) }
    }

    fn line(&mut self, first: &str, problem: &mut Problem) -> Result<(), Reason> {
        match first {
            "item" => {
                let candidates = self.next(Expected::Number, number)?;
                problem.item(candidates);
            }
            "group" => {
                let statement = self.statement()?;
                let count = self.next(Expected::Count, count)?;
                let members = self.all(Expected::Item, |word| numbered(word, "i").map(ItemId))?;
                problem.group(statement, count, members);
            }
            "resource" => {
                problem.resource();
            }
            "rule" => {
                let statement = self.statement()?;
                let when = self.when()?;
                self.next(Expected::Arrow, |word| (word == "=>").then_some(()))?;
                let then = self.then()?;
                problem.rule(statement, when, then);
            }
            "prefer" => {
                let preference = self.preference()?;
                problem.prefer(preference);
            }
            _ => return Err(Reason::Line),
        }
        Ok(())
    }

    fn next<T>(&mut self, expected: Expected, read: impl Fn(&'t str) -> Option<T>) -> Result<T, Reason> {
        self.rest.next().and_then(read).ok_or(Reason::Expected(expected))
    }

    fn all<T>(&mut self, expected: Expected, read: impl Fn(&'t str) -> Option<T>) -> Result<Vec<T>, Reason> {
        self.rest.by_ref().map(|word| read(word).ok_or(Reason::Expected(expected))).collect()
    }

    fn statement(&mut self) -> Result<StatementId, Reason> {
        self.next(Expected::Statement, |word| numbered(word, "s").map(StatementId))
    }

    fn item(&mut self) -> Result<ItemId, Reason> {
        self.next(Expected::Item, |word| numbered(word, "i").map(ItemId))
    }

    fn group(&mut self) -> Result<GroupId, Reason> {
        self.next(Expected::Group, |word| numbered(word, "g").map(GroupId))
    }

    fn members(&mut self) -> Result<Vec<Member>, Reason> {
        self.all(Expected::Number, number)
    }

    fn when(&mut self) -> Result<When, Reason> {
        let word = self.rest.next().ok_or(Reason::Expected(Expected::When))?;
        if word == "always" {
            return Ok(When::Always);
        }
        if word.starts_with('i') {
            let (item, set) = self.candidates(word)?;
            return Ok(When::Item(item, set));
        }
        let read = match word.split_once('/') {
            None => numbered(word, "g").map(|group| When::TakesPart(GroupId(group))),
            Some((group, member)) => numbered(group, "g")
                .zip(number(member))
                .map(|(group, member)| When::Option(GroupId(group), member)),
        };
        read.ok_or(Reason::Expected(Expected::When))
    }

    fn then(&mut self) -> Result<Then, Reason> {
        Ok(match self.rest.next() {
            Some("present") => {
                let (item, set) = self.next_candidates()?;
                Then::Present(item, set)
            }
            Some("absent-or") => {
                let (item, set) = self.next_candidates()?;
                Then::AbsentOr(item, set)
            }
            Some("part") => Then::TakesPart(self.group()?),
            Some("one-of") => Then::OneOf(self.group()?, self.members()?),
            Some("all-of") => Then::AllOf(self.group()?, self.members()?),
            Some("any-of") => {
                let mut alternatives = Vec::new();
                while let Some(word) = self.rest.next() {
                    alternatives.push(self.candidates(word)?);
                }
                Then::AnyOf(alternatives)
            }
            Some("holds") => {
                let resource = self.next(Expected::Resource, |word| numbered(word, "r").map(ResourceId))?;
                Then::Holds(resource, self.item()?)
            }
            Some("never") => Then::Never,
            _ => return Err(Reason::Expected(Expected::Then)),
        })
    }

    fn preference(&mut self) -> Result<Preference, Reason> {
        Ok(match self.rest.next() {
            Some("rank") => {
                let item = self.item()?;
                Preference::Rank(item, self.members()?)
            }
            Some("wanted") => Preference::Wanted(self.group()?, self.members()?),
            Some("fill") => Preference::Fill(self.group()?, self.members()?),
            _ => return Err(Reason::Expected(Expected::Preference)),
        })
    }

    fn next_candidates(&mut self) -> Result<(ItemId, CandidateSet), Reason> {
        let word = self.rest.next().ok_or(Reason::Expected(Expected::Candidates))?;
        self.candidates(word)
    }

    fn candidates(&mut self, word: &str) -> Result<(ItemId, CandidateSet), Reason> {
        let read =
            word.split_once(':').and_then(|(item, set)| Some((ItemId(numbered(item, "i")?), spans(set)?)));
        let (item, spans) = read.ok_or(Reason::Expected(Expected::Candidates))?;
        for (low, high) in &spans {
            let size = u64::from(*high) - u64::from(*low) + 1;
            *self.room = self.room.checked_sub(size).ok_or(Reason::TooMuch)?;
        }
        Ok((item, spans.into_iter().flat_map(|(low, high)| low..=high).collect()))
    }
}

/// Only digits: no sign, so that there is one way to write a number (but for zeros before it).
fn number(word: &str) -> Option<u32> {
    word.bytes().all(|byte| byte.is_ascii_digit()).then(|| word.parse().ok())?
}

fn numbered(word: &str, letter: &str) -> Option<u32> {
    number(word.strip_prefix(letter)?)
}

fn count(word: &str) -> Option<Count> {
    if word == "one" {
        return Some(Count::One);
    }
    let (min, max) = word.split_once("..")?;
    Some(Count::Between { min: number(min)?, max: number(max)? })
}

fn spans(set: &str) -> Option<Vec<(Candidate, Candidate)>> {
    if set == "none" {
        return Some(Vec::new());
    }
    set.split(',')
        .map(|span| {
            let (low, high) = span.split_once('-').unwrap_or((span, span));
            let (low, high) = (number(low)?, number(high)?);
            (low <= high).then_some((low, high))
        })
        .collect()
}
