//! The resolved stack, as a table and as JSON.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::rows::{self, Line};
use super::{STEP, json};
use crate::manifest::Mode;
use crate::names::Name;
use crate::registry::{ContainerOrigin, PackageOrigin};
use crate::stack::{ContainerInStack, PackageInStack, Stack};
use crate::version::Version;

/// The stack as a table: packages, containers, groups.
pub(super) fn table(stack: &Stack, plain: bool) -> String {
    let mut out = String::new();
    let mut section = |title, rows: &mut dyn Iterator<Item = [String; 4]>| {
        let rows: Vec<Line<'_>> = rows.map(|row| Line::new(row.map(Cow::Owned))).collect();
        rows::section(title, &rows, plain, &mut |text| out.push_str(text));
    };
    section("packages", &mut stack.packages.values().map(package_row));
    section("containers", &mut stack.containers.values().map(container_row));
    let groups = stack.groups.iter().map(|(id, group)| {
        [id.to_string(), strategy(group.one).to_owned(), some_of(&group.options), String::new()]
    });
    section("groups", &mut { groups });
    if out.is_empty() {
        out.push_str("the stack is empty\n");
    }
    out
}

/// How many options of a group are named in the table.
const NAMED: usize = 24;

/// Names in a row, not more than can be read; `hsm list --flat` shows all of them.
fn some_of(names: &[Name]) -> String {
    let shown: Vec<&str> = names.iter().take(NAMED).map(Name::as_str).collect();
    match names.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn release(release: Option<&Version>) -> String {
    release.map_or_else(|| "-".to_owned(), Version::to_string)
}

/// What there is to say of a package besides its name, in one line.
pub(super) fn package_facts(package: &PackageInStack) -> String {
    let release = package.release.as_ref().map(|release| format!("{release} ")).unwrap_or_default();
    format!("{release}{}", package.mode)
}

/// What there is to say of a container besides its name, in one line.
pub(super) fn container_facts(container: &ContainerInStack) -> String {
    let release = container.release.as_ref().map(|release| format!("{release} ")).unwrap_or_default();
    format!("{release}{}", how(container))
}

/// A row of the table: name, release, mode, source.
pub(super) fn package_row(package: &PackageInStack) -> [String; 4] {
    let release = release(package.release.as_ref());
    [package.name.to_string(), release, package.mode.to_string(), package_source(package)]
}

/// A row of the table: name, release, mode with profile, source.
pub(super) fn container_row(container: &ContainerInStack) -> [String; 4] {
    let release = release(container.release.as_ref());
    [container.name.to_string(), release, how(container), container_source(container)]
}

/// The word for how many options a group takes.
pub(in crate::cli) fn strategy(one: bool) -> &'static str {
    if one { "1-of-N" } else { "M-of-N" }
}

/// Mode and profile of a container.
fn how(container: &ContainerInStack) -> String {
    let mode = match (container.mode, &container.external) {
        (_, Some(_)) => "external",
        (Some(Mode::Dev), None) => "dev",
        (Some(Mode::Prod), None) => "prod",
        (None, None) => "-",
    };
    match &container.profile {
        Some(profile) => format!("{mode} ({profile})"),
        None => mode.to_owned(),
    }
}

fn package_source(package: &PackageInStack) -> String {
    match &package.origin.value {
        PackageOrigin::Pypi { index, .. } => match index {
            Some(index) => format!("index {}", index.value),
            None => "index".to_owned(),
        },
        PackageOrigin::Git { url, reference, path, .. } => match (package.mode, path) {
            (Mode::Dev, Some(path)) => path.value.clone(),
            _ => match reference {
                Some((_, reference)) => format!("{} @ {}", url.value, reference.value),
                None => url.value.clone(),
            },
        },
        PackageOrigin::Local { path, .. } => path.value.clone(),
        PackageOrigin::Url { url, .. } => url.value.clone(),
        PackageOrigin::Workspace { .. } => "workspace".to_owned(),
    }
}

fn container_source(container: &ContainerInStack) -> String {
    if let Some(external) = &container.external {
        let host = external.keys.iter().find(|(key, _)| key.value == "host");
        return host.map(|(_, host)| host.value.clone()).unwrap_or_default();
    }
    let definition = &container.definition;
    match (&definition.image, definition.origin.as_ref().map(|o| &o.value)) {
        (_, Some(ContainerOrigin::Build(build))) => format!("build {}", build.path.value),
        (_, Some(ContainerOrigin::Git { url, .. })) => format!("build {}", url.value),
        (Some(image), _) | (None, Some(ContainerOrigin::Image { image })) => image.value.clone(),
        (None, None) => String::new(),
    }
}

/// What a group offers.
#[derive(Debug)]
pub(in crate::cli) struct Offer {
    pub group: String,
    /// Whether exactly one option is chosen.
    pub one: bool,
    pub rows: Vec<Row>,
}

/// An option of a group.
#[derive(Debug)]
pub(in crate::cli) struct Row {
    pub present: bool,
    /// The component that the option is.
    pub id: String,
    pub name: String,
    pub about: String,
    /// Why it is present.
    pub why: String,
}

/// What groups offer: each option, a star (or a word) at those that are chosen, and what it is.
pub(super) fn offers(groups: &[Offer], plain: bool) -> String {
    let mut out = String::new();
    for offer in groups {
        let rule = if offer.one { "one of" } else { "some of" };
        // writing to a string cannot fail
        let _ = writeln!(out, "{STEP}{}{STEP:#} ({rule})", offer.group);
        let width = offer.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or_default();
        for row in &offer.rows {
            if plain {
                let said = [row.name.as_str(), if row.present { "chosen" } else { "" }, &row.about];
                let said: Vec<&str> = said.into_iter().filter(|part| !part.is_empty()).collect();
                let _ = writeln!(out, "  {}", said.join(", "));
                continue;
            }
            let star = if row.present { '*' } else { ' ' };
            let _ = writeln!(out, "{}", format!("  {star} {:width$}  {}", row.name, row.about).trim_end());
        }
    }
    out
}

/// The stack as JSON.
pub(in crate::cli) fn to_json(stack: &Stack) -> Json {
    let packages: Vec<Json> = stack
        .packages
        .iter()
        .map(|(id, p)| {
            json!({
                "id": id.to_string(),
                "name": p.name.as_str(),
                "registry": p.registry,
                "release": p.release.as_ref().map(Version::as_str),
                "mode": p.mode.as_str(),
                "source": package_source(p),
                "extras": p.extras,
            })
        })
        .collect();
    let containers: Vec<Json> = stack
        .containers
        .iter()
        .map(|(id, c)| {
            json!({
                "id": id.to_string(),
                "name": c.name.as_str(),
                "registry": c.registry,
                "release": c.release.as_ref().map(Version::as_str),
                "mode": c.mode.map(Mode::as_str),
                "profile": c.profile.as_ref().map(crate::names::Name::as_str),
                "external": c.external.is_some(),
                "source": container_source(c),
            })
        })
        .collect();
    let groups: Vec<Json> = stack
        .groups
        .iter()
        .map(|(id, g)| {
            let options: Vec<&str> = g.options.iter().map(crate::names::Name::as_str).collect();
            json!({"id": id.to_string(), "strategy": strategy(g.one), "options": options})
        })
        .collect();
    json!({"schema": json::SCHEMA, "ok": true, "packages": packages, "containers": containers, "groups": groups})
}

/// What differs between two stacks, one line each: added, removed, and switched components.
pub(in crate::cli) fn changes(before: &Stack, after: &Stack) -> Vec<String> {
    let rows = |stack: &Stack| {
        let packages = stack.packages.iter().map(|(id, p)| {
            (id.clone(), [release(p.release.as_ref()), p.mode.to_string(), package_source(p)].join(" "))
        });
        let containers = stack.containers.iter().map(|(id, c)| {
            (id.clone(), [release(c.release.as_ref()), how(c), container_source(c)].join(" "))
        });
        packages.chain(containers).collect::<std::collections::BTreeMap<_, _>>()
    };
    let (old, new) = (rows(before), rows(after));
    let mut out = Vec::new();
    for (id, was) in &old {
        match new.get(id) {
            None => out.push(format!("- {id}")),
            Some(is) if is != was => out.push(format!("~ {id}: {was} → {is}")),
            Some(_) => {}
        }
    }
    out.extend(new.keys().filter(|id| !old.contains_key(*id)).map(|id| format!("+ {id}")));
    out
}
