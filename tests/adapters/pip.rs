//! pip, for the laws.

use hsm::names::Kind;

use crate::{Edit, Subject, python};

pub(crate) const SUBJECT: Subject = Subject {
    name: "pip",
    kind: Kind::Package,
    needs: "pip",
    files: python::FILES,
    users: &[("pyproject.toml", "[project]\nname = \"app\"  # mine\nversion = \"1\"\n\n[tool.other]\nx=1")],
    left: python::LEFT,
    own: &["requirements.hpm.txt", "constraints.hpm.txt"],
    manifest: |parts| python::manifest("pip", &parts.map(|number| ["liba", "libb"][number])),
    edit: Edit { path: "requirements.hpm.txt", from: "-e ./packages/liba", to: "-e ./packages/mine" },
    old: "20.0.2\n/usr/bin/python3\n",
};
