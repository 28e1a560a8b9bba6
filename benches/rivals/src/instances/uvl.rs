//! Feature models in UVL, the language in which public ones are exchanged.
//!
//! Owns: reading the part of it that speaks of features that are there or not: the tree with its groups, and constraints
//! in propositional logic, which become clauses. Refuses: numbers, texts, cardinalities and imports, with the line.

use std::collections::{BTreeSet, HashMap};

use super::features::{Branch, Model, Sort};

/// A feature that is there (or not).
type Literal = (u32, bool);

/// Reads a model.
///
/// # Errors
/// What can't be read, with its line.
pub fn read(text: &str) -> Result<Model, String> {
    let mut reader = Reader::default();
    let mut section = "";
    for (line, number) in text.lines().zip(1..) {
        let content = without_comment(line);
        let depth = content.len() - content.trim_start().len();
        let content = content.trim();
        if content.is_empty() {
            continue;
        }
        if depth == 0 {
            section = content.split_whitespace().next().unwrap_or_default();
            if !["features", "constraints", "namespace", "include"].contains(&section) {
                return Err(format!("line {number}: `{content}` is not understood"));
            }
            continue;
        }
        let read = match section {
            "features" => reader.node(depth, content),
            "constraints" => reader.constraint(content),
            _ => Ok(()),
        };
        read.map_err(|what| format!("line {number}: {what}"))?;
    }
    Ok(reader.model())
}

/// A line without the comment at its end. Public models have names with `//` in them.
fn without_comment(line: &str) -> &str {
    let mut starts = line.match_indices("//").map(|(at, _)| at);
    let is_comment = |at: &usize| {
        let before = &line[..*at];
        before.matches('"').count().is_multiple_of(2)
            && before.chars().next_back().is_none_or(char::is_whitespace)
    };
    starts.find(is_comment).map_or(line, |at| &line[..at])
}

#[derive(Default)]
struct Reader {
    names: HashMap<String, u32>,
    branches: Vec<Branch>,
    /// What the lines above, each deeper than the one before, say.
    above: Vec<(usize, Above)>,
    clauses: BTreeSet<Vec<Literal>>,
    helpers: u32,
    formulas: Vec<Formula>,
}

#[derive(Clone, Copy)]
enum Above {
    Feature(u32),
    Group(usize),
    /// Optional children of a feature: each is a branch of its own.
    Optional(u32),
}

/// Something that holds or not.
#[derive(Debug, Clone)]
enum Formula {
    Is(Literal),
    All(Vec<Formula>),
    Any(Vec<Formula>),
    Not(Box<Formula>),
}

impl Formula {
    /// The same without any [`Formula::Not`]; negated if it is not wanted.
    fn plain(self, wanted: bool) -> Self {
        let all = |parts: Vec<Self>| parts.into_iter().map(|part| part.plain(wanted)).collect();
        match self {
            Self::Is((feature, is)) => Self::Is((feature, is == wanted)),
            Self::Not(formula) => formula.plain(!wanted),
            Self::All(parts) if wanted => Self::All(all(parts)),
            Self::Any(parts) if !wanted => Self::All(all(parts)),
            Self::All(parts) | Self::Any(parts) => Self::Any(all(parts)),
        }
    }
}

impl Reader {
    fn node(&mut self, depth: usize, content: &str) -> Result<(), String> {
        while self.above.last().is_some_and(|(above, _)| *above >= depth) {
            self.above.pop();
        }
        let above = self.above.last().map(|(_, above)| *above);
        let sort = match content {
            "mandatory" => Some(Sort::Mandatory),
            "optional" => Some(Sort::Optional),
            "alternative" => Some(Sort::One),
            "or" => Some(Sort::Some),
            _ => None,
        };
        let node = match (sort, above) {
            (Some(Sort::Optional), Some(Above::Feature(parent))) => Above::Optional(parent),
            (Some(sort), Some(Above::Feature(parent))) => {
                self.branches.push(Branch { parent, sort, children: Vec::new() });
                Above::Group(self.branches.len() - 1)
            }
            (Some(_), _) => return Err(format!("`{content}` stands below no feature")),
            (None, Some(Above::Feature(_))) => return Err(format!("`{content}` stands below no group")),
            (None, above) => {
                let feature = self.feature(content)?;
                match above {
                    Some(Above::Group(group)) => self.branches[group].children.push(feature),
                    Some(Above::Optional(parent)) => {
                        self.branches.push(Branch { parent, sort: Sort::Optional, children: vec![feature] });
                    }
                    Some(Above::Feature(_)) | None => {}
                }
                Above::Feature(feature)
            }
        };
        self.above.push((depth, node));
        Ok(())
    }

    /// A feature of that name, with whatever attributes.
    fn feature(&mut self, content: &str) -> Result<u32, String> {
        let content = content.strip_prefix("Boolean ").unwrap_or(content);
        let (name, rest) = match content.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or("a quote is not closed")?,
            None => content.split_once([' ', '\t', '{']).map_or((content, ""), |(name, rest)| (name, rest)),
        };
        if rest.contains("cardinality") || ["Integer", "String", "Real"].contains(&name) {
            return Err(format!("`{content}` is no feature that is there or not"));
        }
        let number = self.names.len() as u32;
        match self.names.insert(name.to_owned(), number) {
            Some(_) => Err(format!("there are two features `{name}`")),
            None => Ok(number),
        }
    }

    fn constraint(&mut self, content: &str) -> Result<(), String> {
        let mut tokens = tokens(content)?;
        tokens.reverse();
        let formula = self.equal(&mut tokens)?;
        if let Some(token) = tokens.last() {
            return Err(format!("`{token}` is one too many"));
        }
        self.formulas.push(formula);
        Ok(())
    }

    /// `a <=> b`, which binds least.
    fn equal(&self, tokens: &mut Vec<&str>) -> Result<Formula, String> {
        let left = self.implied(tokens)?;
        if tokens.last() != Some(&"<=>") {
            return Ok(left);
        }
        tokens.pop();
        let right = self.equal(tokens)?;
        let either = |one: &Formula, other: &Formula| {
            Formula::Any(vec![Formula::Not(Box::new(one.clone())), other.clone()])
        };
        Ok(Formula::All(vec![either(&left, &right), either(&right, &left)]))
    }

    fn implied(&self, tokens: &mut Vec<&str>) -> Result<Formula, String> {
        let left = self.any(tokens)?;
        if tokens.last() != Some(&"=>") {
            return Ok(left);
        }
        tokens.pop();
        Ok(Formula::Any(vec![Formula::Not(Box::new(left)), self.implied(tokens)?]))
    }

    fn any(&self, tokens: &mut Vec<&str>) -> Result<Formula, String> {
        let all =
            |tokens: &mut Vec<&str>| parts(tokens, "&", &mut |tokens| self.one(tokens)).map(Formula::All);
        parts(tokens, "|", &mut { all }).map(Formula::Any)
    }

    fn one(&self, tokens: &mut Vec<&str>) -> Result<Formula, String> {
        match tokens.pop() {
            Some("!") => Ok(Formula::Not(Box::new(self.one(tokens)?))),
            Some("(") => {
                let formula = self.equal(tokens)?;
                match tokens.pop() {
                    Some(")") => Ok(formula),
                    _ => Err("a parenthesis is not closed".to_owned()),
                }
            }
            Some(name) => match self.names.get(name.trim_matches('"')) {
                Some(feature) => Ok(Formula::Is((*feature, true))),
                None => Err(format!("there is no feature `{name}`")),
            },
            None => Err("something is missing at its end".to_owned()),
        }
    }

    fn model(mut self) -> Model {
        for formula in std::mem::take(&mut self.formulas) {
            self.holds(&[], formula.plain(true));
        }
        Model::read(self.names.len() as u32, self.helpers, self.branches, self.clauses.into_iter().collect())
    }

    /// Writes down, as clauses, that one of these literals or a formula holds.
    fn holds(&mut self, or: &[Literal], formula: Formula) {
        match formula {
            Formula::All(parts) => parts.into_iter().for_each(|part| self.holds(or, part)),
            // None is left.
            Formula::Not(formula) => self.holds(or, formula.plain(false)),
            Formula::Is(literal) => self.clause(or.iter().copied().chain([literal]).collect()),
            Formula::Any(parts) => {
                let (mut literals, mut rest) = (or.to_vec(), Vec::new());
                flatten(parts, &mut literals, &mut rest);
                // One that stands alone is written out, as long as little is repeated.
                let last = if literals.len() <= 3 { rest.pop() } else { None };
                for part in rest {
                    let helper = self.helper();
                    self.holds(&[(helper, false)], part);
                    literals.push((helper, true));
                }
                match last {
                    Some(part) => self.holds(&literals, part),
                    None => self.clause(literals.into_iter().collect()),
                }
            }
        }
    }

    /// A feature that is none: it stands for a part of a constraint.
    fn helper(&mut self) -> u32 {
        self.helpers += 1;
        self.names.len() as u32 + self.helpers - 1
    }

    fn clause(&mut self, literals: BTreeSet<Literal>) {
        if !literals.iter().any(|(feature, is)| literals.contains(&(*feature, !is))) {
            self.clauses.insert(literals.into_iter().collect());
        }
    }
}

fn flatten(parts: Vec<Formula>, literals: &mut Vec<Literal>, rest: &mut Vec<Formula>) {
    for part in parts {
        match part {
            Formula::Is(literal) => literals.push(literal),
            Formula::Any(parts) => flatten(parts, literals, rest),
            Formula::All(mut parts) if parts.len() == 1 => flatten(vec![parts.remove(0)], literals, rest),
            other => rest.push(other),
        }
    }
}

fn parts(
    tokens: &mut Vec<&str>,
    between: &str,
    part: &mut dyn FnMut(&mut Vec<&str>) -> Result<Formula, String>,
) -> Result<Vec<Formula>, String> {
    let mut all = vec![part(tokens)?];
    while tokens.last() == Some(&between) {
        tokens.pop();
        all.push(part(tokens)?);
    }
    Ok(all)
}

fn tokens(text: &str) -> Result<Vec<&str>, String> {
    let mut all = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let fixed = ["<=>", "=>", "(", ")", "!", "&", "|"].into_iter().find(|token| rest.starts_with(token));
        let length = match (fixed, first) {
            (Some(token), _) => token.len(),
            (None, '"') => rest[1..].find('"').ok_or("a quote is not closed")? + 2,
            _ => rest.find(|c: char| c.is_whitespace() || "()!&|=<>".contains(c)).unwrap_or(rest.len()),
        };
        if length == 0 {
            return Err(format!("`{first}` is not understood"));
        }
        all.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    Ok(all)
}
