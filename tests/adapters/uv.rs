//! uv, for the laws.

use hsm::names::Kind;

use crate::{Edit, Subject, python};

pub(crate) const SUBJECT: Subject = Subject {
    name: "uv",
    kind: Kind::Package,
    needs: "uv",
    files: python::FILES,
    users: &[(
        "pyproject.toml",
        "[project]\nname = \"app\"  # mine\nversion = \"1\"\nrequires-python = \">=3.9\"\ndependencies = [\n]\n\n[tool.other]\nx=1",
    )],
    left: python::LEFT,
    own: &[],
    manifest: |parts| python::manifest("uv", &parts.map(|number| ["liba", "libb"][number])),
    edit: Edit { path: "pyproject.toml", from: "    \"liba\",\n", to: "    \"liba>=0.5\",\n" },
    old: "uv 0.1.0\n",
};
