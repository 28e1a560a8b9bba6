//! Projects with packages from the real index, and what is installed in them.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::runs::{Run, hsm};

/// A project, and the package manager that it names.
pub(crate) struct Project(tempfile::TempDir, &'static str);

impl Project {
    /// A project that wants these packages, each an entry's text below `name` and `version`.
    pub(crate) fn new(manager: &'static str, packages: &[(&str, &str)]) -> Self {
        let project = Self(tempfile::tempdir().expect("a temporary directory"), manager);
        fs::create_dir_all(project.root().join("hsm-registry/packages")).expect("made");
        for (name, entry) in packages {
            project.entry(name, entry);
        }
        let names: Vec<&str> = packages.iter().map(|(name, _)| *name).collect();
        project.want(&names.join(", "));
        project
    }

    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn want(&self, items: &str) {
        let manager = self.1;
        let text = format!(
            "project: {{name: demo}}\ndependencies:\n  package_manager: {manager}\n  packages: [{items}]\n"
        );
        self.write("hsm.yaml", &text);
    }

    pub(crate) fn entry(&self, name: &str, entry: &str) {
        self.write(&format!("hsm-registry/packages/{name}.yaml"), &format!("name: {name}\n{entry}"));
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().expect("in the project")).expect("made");
        fs::write(path, text).expect("written");
    }

    pub(crate) fn text(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap_or_default()
    }

    #[track_caller]
    pub(crate) fn run(&self, args: &[&str], code: i32) -> Run {
        hsm(self.root(), args).ends_with(code)
    }

    /// Syncs, and sees that nothing is left to do.
    #[track_caller]
    pub(crate) fn synced(&self, args: &[&str]) {
        self.run(&[&["sync"], args].concat(), 0);
        let again = self.run(&["plan"], 0);
        assert!(again.stdout.contains("nothing to do"), "{}", again.text());
    }

    pub(crate) fn python(&self, code: &str) -> String {
        let out =
            Command::new(self.root().join(".venv/bin/python")).args(["-c", code]).output().expect("runs");
        format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
            .trim()
            .to_owned()
    }

    /// What is installed, beside what a new environment holds.
    pub(crate) fn installed(&self) -> String {
        self.python(
            "import importlib.metadata as m; print(*sorted({d.metadata['Name'].lower() for d in m.distributions()} \
             - {'pip', 'setuptools', 'wheel'}))",
        )
    }
}
