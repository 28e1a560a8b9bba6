//! Reading `implies`, `requires` and `conflicts`.

use crate::diagnostic::{Diagnostic, Finding};
use crate::fields::{self, Fields, Found, Seen};
use crate::names::{Kind, Name, TargetId};
use crate::place::At;
use crate::registry::{Demand, DemandedMode, Demands, Exclusion, Param, Rules, shapes};
use crate::version::VersionDemand;
use crate::yaml::{Key, Node, Value};

/// `implies` and `conflicts` of whatever has them.
pub(super) fn rules(fields: &mut Fields<'_>, found: &mut Found) -> Rules {
    Rules { implies: demands(fields, "implies", found), conflicts: conflicts(fields, found) }
}

/// `implies` or `requires`: a mapping from target to demand.
pub(crate) fn demands(fields: &mut Fields<'_>, key: &'static str, found: &mut Found) -> Vec<Demand> {
    let mut out: Vec<Demand> = Vec::new();
    let mut seen = Seen::default();
    for (key, node) in fields.map(key, found) {
        let Some(target) = target(key, found) else { continue };
        once(&mut seen, &target, found);
        if let Some(what) = demand(node, &target.value, found) {
            out.push(Demand { target, what });
        }
    }
    out
}

fn conflicts(fields: &mut Fields<'_>, found: &mut Found) -> Vec<Exclusion> {
    let mut out: Vec<Exclusion> = Vec::new();
    let mut seen = Seen::default();
    for (key, node) in fields.map("conflicts", found) {
        let Some(target) = target(key, found) else { continue };
        once(&mut seen, &target, found);
        let version = if node.is_null() {
            Some(At::new(VersionDemand::any(), key.place))
        } else {
            fields::demand(node, &format!("what `{}` excludes", target.value), found)
        };
        if let Some(version) = version {
            out.push(Exclusion { target, version });
        }
    }
    out
}

/// `KIND:NAME`.
pub(crate) fn target(key: &Key, found: &mut Found) -> Option<At<TargetId>> {
    match TargetId::parse(&key.text) {
        Ok(target) => Some(At::new(target, key.place)),
        Err(why) => {
            let finding = Finding::BadTarget { text: key.text.clone(), why };
            found.push(Diagnostic::error(key.place, finding));
            None
        }
    }
}

/// Two spellings of one package are one target.
pub(crate) fn once(seen: &mut Seen<TargetId>, target: &At<TargetId>, found: &mut Found) {
    if let Some(first) = seen.before(target.value.clone(), target.place) {
        let finding = Finding::DuplicateKey { key: target.value.to_string() };
        found.push(Diagnostic::error(target.place, finding).with(first, "first written here"));
    }
}

fn demand(node: &Node, target: &TargetId, found: &mut Found) -> Option<Demands> {
    if node.as_bool() == Some(false) {
        return Some(Demands::Removed);
    }
    match target {
        TargetId::Component(id) => of_component(node, id.kind(), found),
        TargetId::Group(id) => of_group(node, id.kind, found),
    }
}

fn of_component(node: &Node, kind: Kind, found: &mut Found) -> Option<Demands> {
    if node.as_map().is_none() {
        let version = if node.is_null() {
            None
        } else if node.as_list().is_some() {
            fields::wrong_type(node, "a demand", "nothing, a version specifier or a mapping", found);
            return None;
        } else {
            Some(fields::demand(node, "a demand", found)?)
        };
        let (params, extras) = (Vec::new(), Vec::new());
        return Some(Demands::Component { version, mode: None, profile: None, params, extras });
    }
    let shape = match kind {
        Kind::Package => &shapes::PACKAGE_DEMAND,
        Kind::Container => &shapes::CONTAINER_DEMAND,
    };
    let mut inner = Fields::shaped(node, shape, found)?;
    let version = inner.demand("version", found);
    let mode = demanded_mode(&mut inner, found);
    let profile = profile(&mut inner, kind, found);
    let params = params(&mut inner, found);
    let extras = if kind == Kind::Package {
        inner.texts("extras", found)
    } else {
        inner.not_for("extras", "packages", found);
        Vec::new()
    };
    inner.finish(found);
    Some(Demands::Component { version, mode, profile, params, extras })
}

fn of_group(node: &Node, kind: Kind, found: &mut Found) -> Option<Demands> {
    if node.as_map().is_none() {
        let nothing = node.is_null() || node.as_str() == Some("*");
        let options = if nothing { Vec::new() } else { options(node, found) };
        return Some(Demands::Group { options, mode: None, profile: None, params: Vec::new() });
    }
    let shape = match kind {
        Kind::Package => &shapes::PACKAGE_GROUP_DEMAND,
        Kind::Container => &shapes::CONTAINER_GROUP_DEMAND,
    };
    let mut inner = Fields::shaped(node, shape, found)?;
    let options = inner.get("options").map(|n| options(n, found)).unwrap_or_default();
    let mode = demanded_mode(&mut inner, found);
    let profile = profile(&mut inner, kind, found);
    let params = params(&mut inner, found);
    inner.finish(found);
    Some(Demands::Group { options, mode, profile, params })
}

/// An option, or a list of them.
fn options(node: &Node, found: &mut Found) -> Vec<At<Name>> {
    let mut out: Vec<At<Name>> = Vec::new();
    let mut seen = Seen::default();
    for item in fields::one_or_list(node) {
        let Some(option) = fields::name(item, "an option", found) else { continue };
        if let Some(first) = seen.before(option.value.clone(), option.place) {
            let finding = Finding::ListedTwice { what: "the option", name: option.value.to_string() };
            let twice = Diagnostic::error(option.place, finding).with(first, "first listed here");
            found.push(twice);
            continue;
        }
        out.push(option);
    }
    out
}

fn demanded_mode(inner: &mut Fields<'_>, found: &mut Found) -> Option<At<DemandedMode>> {
    let node = inner.get("mode")?;
    let word = fields::word(node, "`mode`", shapes::MODES_OR_SAME, found)?;
    Some(word.map(|w| match w {
        "same" => DemandedMode::Same,
        "dev" => DemandedMode::Is(crate::manifest::Mode::Dev),
        _ => DemandedMode::Is(crate::manifest::Mode::Prod),
    }))
}

fn profile(inner: &mut Fields<'_>, kind: Kind, found: &mut Found) -> Option<At<Name>> {
    if kind == Kind::Container {
        return inner.name("profile", found);
    }
    inner.not_for("profile", "containers", found);
    None
}

/// `params`: each a value or a list of values.
fn params(inner: &mut Fields<'_>, found: &mut Found) -> Vec<Param> {
    let mut out = Vec::new();
    for (key, node) in inner.map("params", found) {
        let what = format!("the param `{}`", key.text);
        let mut values = Vec::new();
        for item in fields::one_or_list(node) {
            let Some(value) = item.as_str() else {
                fields::wrong_type(item, &what, "a text or a list of texts", found);
                continue;
            };
            if value.contains(',') {
                found.push(Diagnostic::error(item.place, Finding::CommaInParam));
            }
            values.push(At::new(value.to_owned(), item.place));
        }
        let listed = matches!(node.value, Value::List(_));
        out.push(Param { key: At::new(key.text.clone(), key.place), values, listed });
    }
    out
}
