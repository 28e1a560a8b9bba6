//! `registry.yaml`: what a registry says of itself.

use crate::diagnostic::Diagnostic;
use crate::fields::{self, Fields};
use crate::names::Name;
use crate::place::{At, FileId, Sources};
use crate::registry::shapes::FACTS;
use crate::version::VersionDemand;
use crate::yaml::{self, Limits};

/// What a registry says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// `name`.
    pub name: Option<At<Name>>,
    /// `description`.
    pub description: Option<At<String>>,
    /// `schema`: the version of the format.
    pub schema: Option<At<u32>>,
    /// `requires_hsm`.
    pub requires_hsm: Option<At<VersionDemand>>,
    /// `root`: the directory that the entries' relative paths start at, from the registry's own directory.
    pub root: Option<At<String>>,
}

/// Reads `registry.yaml`. All keys are optional.
pub fn facts(sources: &Sources, file: FileId) -> (Facts, Vec<Diagnostic>) {
    let text = sources.get(file).map(|s| s.text.clone()).unwrap_or_default();
    let parsed = yaml::parse(file, &text, Limits::ENTRY);
    let mut found = parsed.diagnostics;
    let mut out = Facts::default();
    if let Some(mut fields) = parsed.node.as_ref().and_then(|n| Fields::shaped(n, &FACTS, &mut found)) {
        out = Facts {
            name: fields.name("name", &mut found),
            description: fields.text("description", &mut found),
            schema: fields.number("schema", &mut found),
            requires_hsm: fields.demand("requires_hsm", &mut found),
            root: fields.text("root", &mut found),
        };
        if let Some(root) = &out.root {
            fields::relative_path(root, "`root`", &mut found);
        }
        fields.finish(&mut found);
    }
    found.sort_by_key(|d| d.place);
    (out, found)
}
