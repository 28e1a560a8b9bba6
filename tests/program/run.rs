//! `hsm run` with real package managers: the program is found in the project's environment.

use crate::packages::Project;
use crate::support::have;

/// What stands in an environment of this machine does not get into the program's, whatever the package manager.
fn runs_in_its_environment(manager: &'static str) {
    let six = "version: \"1.16.0\"\nsources: {prod: {type: pypi}}\nenv: {GREETING: hello}\n\
               entrypoints: {version: \"python -c 'import six, sys; print(six.__version__, *sys.argv[1:])'\"}\n";
    let project = Project::new(manager, &[("six", six)]);
    let code =
        "import os, sys; print(sys.prefix, os.environ['VIRTUAL_ENV'], os.environ['GREETING']); sys.exit(9)";
    let run = project.run(&["run", "--", "python", "-c", code], 9);
    let environment = project.root().canonicalize().expect("there").join(".venv");
    assert_eq!(run.stdout, format!("{0} {0} hello\n", environment.display()), "{}", run.text());
    assert_eq!(project.run(&["run", "version", "--", "-x"], 0).stdout, "1.16.0 -- -x\n");
    assert_eq!(project.run(&["run", "--frozen", "six:version"], 0).stdout, "1.16.0\n");
    // what is wanted now is there before the program starts
    project.entry("six", &six.replace("1.16.0", "1.15.0"));
    assert_eq!(project.run(&["run", "version"], 0).stdout, "1.15.0\n");
}

#[test]
fn uv_runs_programs_in_its_environment() {
    if have("uv_runs_programs_in_its_environment", &["uv"]) {
        runs_in_its_environment("uv");
    }
}

#[test]
fn pip_runs_programs_in_its_environment() {
    if have("pip_runs_programs_in_its_environment", &["pip"]) {
        runs_in_its_environment("pip");
    }
}
