//! hsm's own variables in a container's texts: `${HSM_MERGED_PARAMS.key}`, `${HSM_PARAMS.key}`, `${HSM_IMAGE.name}`,
//! `${HSM_SOURCE}`.
//!
//! Owns: what they stand for, and where in a definition they may stand (in every text but names that others refer to).
//! Refuses: every other `${…}`; those are the engine's, and pass unchanged.

use std::cell::RefCell;
use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::{Definition, Problem, brace};
use crate::diagnostic::{Diagnostic, Finding};
use crate::place::{At, Place};
use crate::registry::layer::{DependsOn, Port, Volume};
use crate::registry::{Build, ContainerOrigin};
use crate::yaml::{Node, Value};

/// Finds a container's image by the container's name.
pub type Images<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What the variables stand for in one container.
#[derive(Clone, Copy)]
pub struct Values<'a> {
    /// The params that others set, joined.
    pub params: &'a IndexMap<String, Vec<String>>,
    /// The params that the container sets itself in what it implies.
    pub own_params: &'a IndexMap<String, Vec<String>>,
    /// The source's path, relative to the project's root, with a leading `./` or `../`.
    pub source: Option<&'a str>,
    /// The image of another container; without it `${HSM_IMAGE.…}` stays as it is.
    pub image: Option<Images<'a>>,
}

/// The definition with hsm's own variables replaced. All findings are reported, not only the first.
pub fn fill(definition: &Definition, values: Values<'_>) -> Result<Definition, Vec<Diagnostic>> {
    let mut work = Filler::new(values);
    let filled = work.definition(definition);
    if work.found.is_empty() { Ok(filled) } else { Err(work.found) }
}

/// One text with hsm's own variables replaced.
pub fn fill_text(text: &At<String>, values: Values<'_>) -> Result<String, Vec<Diagnostic>> {
    let mut work = Filler::new(values);
    let filled = work.text(&text.value, text.place);
    if work.found.is_empty() { Ok(filled) } else { Err(work.found) }
}

/// The texts in which variables of others are left, hsm's own being replaced.
pub fn open(definition: &Definition, values: Values<'_>) -> Vec<At<String>> {
    let mut work = Filler::new(values);
    work.definition(definition);
    work.open
}

/// The containers whose images the definition's build names: it needs them first.
pub fn images_of_build(definition: &Definition) -> BTreeSet<String> {
    let named = RefCell::new(BTreeSet::new());
    let image = |name: &str| {
        named.borrow_mut().insert(name.to_owned());
        Some(String::new())
    };
    let none = IndexMap::new();
    let values = Values { params: &none, own_params: &none, source: None, image: Some(&image) };
    let mut filler = Filler::new(values);
    if let Some(origin) = &definition.origin {
        filler.origin(&origin.value);
    }
    named.into_inner()
}

struct Filler<'a> {
    values: Values<'a>,
    found: Vec<Diagnostic>,
    /// The texts that hold variables of others.
    open: Vec<At<String>>,
}

impl<'a> Filler<'a> {
    fn new(values: Values<'a>) -> Self {
        Self { values, found: Vec::new(), open: Vec::new() }
    }

    fn definition(&mut self, from: &Definition) -> Definition {
        Definition {
            place: from.place,
            origin: from.origin.as_ref().map(|at| At::new(self.origin(&at.value), at.place)),
            root: from.root.clone(),
            image: self.maybe(from.image.as_ref()),
            container_name: self.maybe(from.container_name.as_ref()),
            service_name: from.service_name.clone(),
            network_aliases: from.network_aliases.iter().map(|alias| self.at(alias)).collect(),
            depends_on: from.depends_on.iter().map(|line| self.dependency(line)).collect(),
            ports: from.ports.iter().map(|port| self.port(port)).collect(),
            volumes: from.volumes.iter().map(|volume| self.volume(volume)).collect(),
            env: from.env.iter().map(|(key, value)| (key.clone(), self.maybe(value.as_ref()))).collect(),
            compose: from
                .compose
                .iter()
                .map(|(key, at)| (key.clone(), At::new(self.node(&at.value), at.place)))
                .collect(),
            compose_project: self.pairs(&from.compose_project),
            run: from.run,
        }
    }

    fn origin(&mut self, from: &ContainerOrigin) -> ContainerOrigin {
        match from {
            ContainerOrigin::Image { image } => ContainerOrigin::Image { image: self.at(image) },
            ContainerOrigin::Build(build) => ContainerOrigin::Build(self.build(build)),
            ContainerOrigin::Git { url, reference, build } => ContainerOrigin::Git {
                url: url.clone(),
                reference: reference.clone(),
                build: self.build(build),
            },
        }
    }

    fn build(&mut self, from: &Build) -> Build {
        Build {
            path: from.path.clone(),
            dockerfile: self.maybe(from.dockerfile.as_ref()),
            target: self.maybe(from.target.as_ref()),
            args: self.pairs(&from.args),
            image: self.maybe(from.image.as_ref()),
            other: self.pairs(&from.other),
        }
    }

    fn dependency(&mut self, from: &DependsOn) -> DependsOn {
        DependsOn { how: from.how.as_ref().map(|how| self.node(how)), ..from.clone() }
    }

    fn port(&mut self, from: &Port) -> Port {
        match from {
            Port::Short(text) => Port::Short(self.at(text)),
            Port::Long { target, protocol, node } => Port::Long {
                target: self.at(target),
                protocol: self.maybe(protocol.as_ref()),
                node: self.node(node),
            },
            Port::Remove { .. } => from.clone(),
        }
    }

    fn volume(&mut self, from: &Volume) -> Volume {
        match from {
            Volume::Short(text) => Volume::Short(self.at(text)),
            Volume::Long { target, node } => Volume::Long { target: self.at(target), node: self.node(node) },
            Volume::Remove { .. } => from.clone(),
        }
    }

    fn pairs(&mut self, from: &[(At<String>, Node)]) -> Vec<(At<String>, Node)> {
        from.iter().map(|(key, node)| (key.clone(), self.node(node))).collect()
    }

    fn node(&mut self, from: &Node) -> Node {
        let value = match &from.value {
            Value::Null => Value::Null,
            Value::Scalar { text, plain } => {
                let filled = self.text(text, from.place);
                // what was filled in is a text, even where it looks like a number
                let plain = *plain && filled == *text;
                Value::Scalar { text: filled, plain }
            }
            Value::List(items) => Value::List(items.iter().map(|item| self.node(item)).collect()),
            Value::Map(pairs) => {
                Value::Map(pairs.iter().map(|(key, value)| (key.clone(), self.node(value))).collect())
            }
        };
        Node { place: from.place, value }
    }

    fn maybe(&mut self, from: Option<&At<String>>) -> Option<At<String>> {
        from.map(|at| self.at(at))
    }

    fn at(&mut self, from: &At<String>) -> At<String> {
        At::new(self.text(&from.value, from.place), from.place)
    }

    fn text(&mut self, text: &str, place: Place) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            let (before, tail) = rest.split_at(at);
            out.push_str(before);
            if tail.starts_with("${HSM_") {
                let Some(length) = brace::variable(tail) else {
                    self.report(place, Problem::Unclosed);
                    return text.to_owned();
                };
                out.push_str(&self.variable(&tail[2..length - 1], place));
                rest = &tail[length..];
            } else {
                // `$$` stays a pair, so that its second half opens nothing
                let length = if tail.starts_with("$$") { 2 } else { 1 };
                out.push_str(&tail[..length]);
                rest = &tail[length..];
            }
        }
        out.push_str(rest);
        if brace::is_open(&out) {
            self.open.push(At::new(out.clone(), place));
        }
        out
    }

    /// What `${body}` stands for.
    fn variable(&mut self, body: &str, place: Place) -> String {
        let (name, default) = match body.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (body, None),
        };
        let unchanged = || format!("${{{body}}}");
        if let Some(key) = name.strip_prefix("HSM_MERGED_PARAMS.") {
            let values = self.values.params.get(key);
            return self.param(key, values, default, place, || Problem::UnsetParam { key: key.to_owned() });
        }
        if let Some(key) = name.strip_prefix("HSM_PARAMS.") {
            let values = self.values.own_params.get(key);
            return self
                .param(key, values, default, place, || Problem::UnsetOwnParam { key: key.to_owned() });
        }
        if let (Some(of), None) = (name.strip_prefix("HSM_IMAGE."), default) {
            let Some(image) = self.values.image else { return unchanged() };
            return image(of).unwrap_or_else(|| {
                self.report(place, Problem::UnknownImage { name: of.to_owned() });
                unchanged()
            });
        }
        match (name, default, self.values.source) {
            ("HSM_SOURCE", None, Some(source)) => source.to_owned(),
            ("HSM_SOURCE", None, None) => {
                self.report(place, Problem::NoSourcePath);
                unchanged()
            }
            _ => {
                self.report(place, Problem::UnknownVariable(body.to_owned()));
                unchanged()
            }
        }
    }

    fn param(
        &mut self,
        key: &str,
        values: Option<&Vec<String>>,
        default: Option<&str>,
        place: Place,
        unset: impl Fn() -> Problem,
    ) -> String {
        match (values, default) {
            (Some(values), _) if !values.is_empty() => {
                if let Some(value) = values.iter().find(|value| value.contains(',')) {
                    self.report(place, Problem::CommaInParam { key: key.to_owned(), value: value.clone() });
                }
                values.join(",").replace('$', "$$")
            }
            (_, Some(default)) => self.text(default, place),
            (Some(_), None) => String::new(),
            (None, None) => {
                self.report(place, unset());
                String::new()
            }
        }
    }

    fn report(&mut self, place: Place, problem: Problem) {
        self.found.push(Diagnostic::error(place, Finding::Container(problem)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::FileId;

    fn filled(text: &str) -> String {
        let place = Place { file: FileId(0), start: 0, end: 0 };
        let params: IndexMap<String, Vec<String>> = [
            ("db".to_owned(), vec!["a".to_owned(), "b".to_owned()]),
            ("cash".to_owned(), vec!["5$".to_owned()]),
            ("comma".to_owned(), vec!["a,b".to_owned()]),
            ("none".to_owned(), vec![]),
        ]
        .into();
        let own = [("mine".to_owned(), vec!["1".to_owned()])].into();
        let image = |name: &str| (name == "base").then(|| "p-base:dev".to_owned());
        let values =
            Values { params: &params, own_params: &own, source: Some("./services/x"), image: Some(&image) };
        match fill_text(&At::new(text.to_owned(), place), values) {
            Ok(text) => text,
            Err(found) => format!("error: {}", found[0].finding),
        }
    }

    #[test]
    fn own_variables_are_replaced_and_others_pass() {
        for (text, expect) in [
            ("plain $X ${Y:-1} $$Z", "plain $X ${Y:-1} $$Z"),
            ("x=${HSM_MERGED_PARAMS.db};", "x=a,b;"),
            ("${HSM_MERGED_PARAMS.db:-other}", "a,b"),
            ("${HSM_MERGED_PARAMS.no:-other}", "other"),
            ("${HSM_MERGED_PARAMS.no:-}", ""),
            ("${HSM_MERGED_PARAMS.no:-${A:-b}}!", "${A:-b}!"),
            ("${HSM_MERGED_PARAMS.no:-${HSM_MERGED_PARAMS.db}}", "a,b"),
            ("${DB:-${HSM_MERGED_PARAMS.db}}", "${DB:-a,b}"),
            ("${HSM_MERGED_PARAMS.none:-x}", "x"),
            ("${HSM_MERGED_PARAMS.none}", ""),
            ("${HSM_MERGED_PARAMS.cash}", "5$$"),
            ("$${HSM_MERGED_PARAMS.db}", "$${HSM_MERGED_PARAMS.db}"),
            ("$$${HSM_MERGED_PARAMS.db}", "$$a,b"),
            ("${HSM_PARAMS.mine}", "1"),
            ("${HSM_IMAGE.base}", "p-base:dev"),
            ("${HSM_SOURCE}/src:/app", "./services/x/src:/app"),
        ] {
            assert_eq!(filled(text), expect, "{text}");
        }
    }

    #[test]
    fn what_has_no_value_is_an_error() {
        for (text, expect) in [
            ("${HSM_MERGED_PARAMS.no}", "error: nobody sets the param `no` of this container"),
            ("${HSM_MERGED_PARAMS.comma}", "error: a value of the param `comma` holds a comma: `a,b`"),
            ("${HSM_PARAMS.no}", "error: this container sets no param `no` in what it implies"),
            ("${HSM_IMAGE.no}", "error: `${HSM_IMAGE.no}`: no container `no` with an image is in the stack"),
            ("${HSM_WHAT}", "error: `${HSM_WHAT}` is not one of hsm's own variables"),
            ("${HSM_SOURCE", "error: `${HSM_…` has no closing brace"),
        ] {
            assert_eq!(filled(text), expect, "{text}");
        }
    }
}
