//! What a project's file says of the project as a whole.

use super::Table;
use crate::place::FileId;

/// What a project's file says of the project as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// Whether it describes a project at all: it may hold nothing but settings of tools.
    pub is_project: bool,
    /// Whether it says how the project is built.
    pub is_built: bool,
    /// The project's name.
    pub name: Option<String>,
    /// The project's version, if it is written there.
    pub version: Option<String>,
    /// Whether its dependencies come from somewhere else, so that none can be added.
    pub has_dynamic_dependencies: bool,
}

impl Identity {
    /// Reads the file; `None` when it is not TOML.
    pub fn read(text: &str) -> Option<Self> {
        let table = Table::parse(text, FileId(0)).ok()?;
        let root = table.keys(&[]);
        let is_there = |key: &str| root.iter().any(|own| own == key);
        let dynamic = table.texts(&["project", "dynamic"]);
        Some(Self {
            is_project: is_there("project"),
            is_built: is_there("build-system"),
            name: table.text(&["project", "name"]).map(|name| name.value),
            version: table.text(&["project", "version"]).map(|version| version.value),
            has_dynamic_dependencies: dynamic.iter().any(|name| name.value == "dependencies"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_who_the_project_is() {
        let text = "[project]\nname = 'A'\nversion = '1.0'\ndynamic = ['dependencies']\n[build-system]\nrequires = []\n";
        let whole = Identity::read(text).unwrap();
        assert_eq!((whole.name.as_deref(), whole.version.as_deref()), (Some("A"), Some("1.0")));
        assert!(whole.is_project && whole.is_built && whole.has_dynamic_dependencies);
        assert_eq!(Identity::read("[tool.ruff]\nline-length = 100\n"), Some(Identity::default()));
        assert_eq!(Identity::read("[project"), None);
    }
}
