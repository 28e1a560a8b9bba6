//! `hsm python-manager` and `hsm container-manager`: which adapter does the work.

use serde_json::json;

use super::{Context, Fail, edit};
use crate::adapters;
use crate::cli::Exit;
use crate::cli::args::{ContainerManager, PythonManager};
use crate::cli::voice::SCHEMA;
use crate::manifest::edit::Change;
use crate::names::{Kind, nearest};

pub(super) fn python(context: &Context<'_>, command: Option<&PythonManager>) -> Result<Exit, Fail> {
    match command {
        Some(PythonManager::Set { name, then }) => {
            let change = Change::PackageManager(known(Kind::Package, name)?);
            edit::one(context, "hsm python-manager set", then, change)
        }
        Some(PythonManager::Get) | None => show(context, Kind::Package),
    }
}

pub(super) fn container(context: &Context<'_>, command: Option<&ContainerManager>) -> Result<Exit, Fail> {
    match command {
        Some(ContainerManager::Set { name, then }) => {
            let change = Change::ContainerEngine(known(Kind::Container, name)?);
            edit::one(context, "hsm container-manager set", then, change)
        }
        Some(ContainerManager::Get) | None => show(context, Kind::Container),
    }
}

/// The adapter of that name.
fn known(kind: Kind, name: &str) -> Result<&'static str, Fail> {
    let all: Vec<&'static str> = adapters::names(kind).collect();
    all.iter().find(|own| **own == name).copied().ok_or_else(|| {
        let near = nearest(name, all.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
        let what = what(kind);
        Fail::usage(format!(
            "there is no {what} `{name}`{}\n       there is: {}",
            near.unwrap_or_default(),
            all.join(", ")
        ))
    })
}

fn what(kind: Kind) -> &'static str {
    match kind {
        Kind::Package => "package manager",
        Kind::Container => "container engine",
    }
}

/// The one that the manifest names, else the default.
fn show(context: &Context<'_>, kind: Kind) -> Result<Exit, Fail> {
    let root = context.root()?;
    let opened = context.road(&root).open()?;
    let written = match kind {
        Kind::Package => opened.manifest.dependencies.package_manager.as_ref(),
        Kind::Container => opened.manifest.project.container_engine.as_ref(),
    };
    let name = written.map(|name| name.value.as_str()).or_else(|| adapters::names(kind).next());
    let name = name.unwrap_or_default();
    if context.voice.is_json() {
        let known: Vec<&str> = adapters::names(kind).collect();
        context.voice.json(&json!({
            "schema": SCHEMA, "ok": true, "adapter": name, "written": written.is_some(), "known": known,
        }));
    } else {
        context.voice.data(&format!("{name}\n"));
    }
    Ok(Exit::Done)
}
