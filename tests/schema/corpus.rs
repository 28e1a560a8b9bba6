//! Files of every format that stand somewhere in this repository, good ones and bad ones.

use std::fs;
use std::path::{Path, PathBuf};

use hsm::diagnostic::pages::{self, Part};
use hsm::names::Kind;
use hsm::place::FileId;
use hsm::registry::EntryFile;
use hsm::schema::Format;

/// A text of a format.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) format: Format,
    /// Where it stands; the folder tells the kind of a group.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Document {
    pub(crate) fn entry_file(&self, format: Format, file: FileId) -> EntryFile {
        let path = Path::new(&self.path);
        let in_containers = path.parent().is_some_and(|folder| folder.ends_with("container_groups"));
        let kind = if format == Format::Container || in_containers { Kind::Container } else { Kind::Package };
        EntryFile {
            file,
            kind,
            is_group: format == Format::Group,
            stem: path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
            registry: "r".into(),
            root: PathBuf::new(),
        }
    }
}

/// All of them: the fixtures, the files that use every key, the texts of the readers' tests, and the examples of the pages.
pub(crate) fn corpus() -> Vec<Document> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut out = Vec::new();
    for folder in ["registry-fixtures", "tests/reading/full"] {
        files(&root.join(folder), root, &mut out);
    }
    for (kind, format, folder) in [
        ("manifest", Format::Manifest, None),
        ("package", Format::Package, Some("packages")),
        ("container", Format::Container, Some("containers")),
        ("package_group", Format::Group, Some("package_groups")),
        ("container_group", Format::Group, Some("container_groups")),
    ] {
        let path = root.join("tests/reading/bad").join(format!("{kind}.txt"));
        let cases = fs::read_to_string(path).expect("a file of cases");
        for case in cases.split("=== ").skip(1) {
            let (_, rest) = case.split_once('\n').expect("a title");
            let text = rest.split("--- said\n").next().unwrap_or_default().to_owned();
            let path = folder.map_or("hsm.yaml".to_owned(), |folder| format!("bad/{folder}/entry.yaml"));
            out.push(Document { format, path, text });
        }
    }
    let twice = "name: entry\nimplies: {package:a_b: , package:A-B: }\n".to_owned();
    out.push(Document { format: Format::Package, path: "twice/packages/entry.yaml".to_owned(), text: twice });
    for page in pages::all() {
        for part in page.parts() {
            let Part::Example(example) = part else { continue };
            let Some(format) = Format::of(example.path) else { continue };
            out.push(Document { format, path: example.path.to_owned(), text: example.text.to_owned() });
        }
    }
    out
}

fn files(dir: &Path, root: &Path, out: &mut Vec<Document>) {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(dir).expect("a directory").map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    for path in paths {
        let shown = path.strip_prefix(root).expect("below").to_string_lossy().into_owned();
        if path.is_dir() {
            files(&path, root, out);
        } else if let Some(format) = Format::of(&shown)
            && let Ok(text) = fs::read_to_string(&path)
        {
            out.push(Document { format, path: shown, text });
        }
    }
}

/// A small generator with a fixed seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides.max(1) as u64).unwrap_or_default()
    }
}
