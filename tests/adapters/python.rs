//! What the package managers have in common here: two small packages on this machine that are built without an index.

/// A backend that needs nothing and packs one module.
const BACKEND: &str = r#"
import os, re, zipfile
def get_requires_for_build_wheel(config_settings=None): return []
get_requires_for_build_editable = get_requires_for_build_wheel
def build_wheel(where, config_settings=None, metadata_directory=None):
    name, version = re.findall(r'^(?:name|version) = "(.*)"', open("pyproject.toml").read(), re.M)
    stem = "%s-%s" % (name, version)
    info = stem + ".dist-info/"
    with zipfile.ZipFile(os.path.join(where, stem + "-py3-none-any.whl"), "w") as wheel:
        wheel.writestr(name + ".py", "value = 1\n")
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (name, version))
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(info + "RECORD", "")
    return stem + "-py3-none-any.whl"
build_editable = build_wheel
"#;

const LIBA: &str = "[project]\nname = \"liba\"\nversion = \"1.0\"\nrequires-python = \">=3.8\"\n\n[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n";
const LIBB: &str = "[project]\nname = \"libb\"\nversion = \"2.0\"\nrequires-python = \">=3.8\"\n\n[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n";

/// The packages and their entries.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("packages/liba/pyproject.toml", LIBA),
    ("packages/liba/backend.py", BACKEND),
    ("packages/libb/pyproject.toml", LIBB),
    ("packages/libb/backend.py", BACKEND),
    (
        "hsm-registry/packages/liba.yaml",
        "name: liba\nversion: \"1.0\"\nsources: {dev: {type: local, path: ./packages/liba}}\n",
    ),
    (
        "hsm-registry/packages/libb.yaml",
        "name: libb\nversion: \"2.0\"\nsources: {dev: {type: local, path: ./packages/libb}}\n",
    ),
];

/// What building leaves in them.
pub(crate) const LEFT: &[&str] = &["packages/liba/__pycache__", "packages/libb/__pycache__"];

pub(crate) fn manifest(manager: &str, packages: &[&str]) -> String {
    let packages: Vec<String> = packages.iter().map(|name| format!("{name}: dev")).collect();
    format!(
        "project: {{name: demo}}\ndependencies:\n  package_manager: {manager}\n  packages: [{}]\n",
        packages.join(", ")
    )
}
