//! What the validation of a registry costs: feature models as registries, beside an analyser that puts the same model into
//! clauses and asks a SAT solver about each feature; and registries as projects have them.
//!
//! ```sh
//! cargo bench --bench validate
//! cargo bench --bench validate -- 500 2000    # only models of so many features
//! HSM_MODELS=DIR cargo bench --bench validate -- models    # those in a directory, in UVL
//! ```
//!
//! Public models are made of the sources of what is configured with Kconfig by `benches/rivals/models/kconfig_to_uvl.py`.
//!
//! "Proved" is all that hsm does from what was read: compiling, asking, and explaining each finding with its smallest set
//! of lines. The analyser explains nothing. Both find the same features, which is a test of its own.

#![expect(clippy::print_stdout, reason = "a table is what it is for")]
#![expect(clippy::expect_used, reason = "a bench that says what it expected")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use hsm::load::shelf_of;
use hsm::validate::{Wanted, validate};
use hsm::world::Real;
use hsm_rivals::instances::features::Model;
use hsm_rivals::instances::registry::Registry;
use hsm_rivals::instances::uvl;

const FEATURES: [u32; 4] = [500, 2_000, 6_000, 18_000];

fn main() {
    let only: Vec<u32> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    if let Ok(dir) = std::env::var("HSM_MODELS") {
        return models(Path::new(&dir));
    }
    println!(
        "| features | entries | dead | false optional | findings | validated, s | as a multiple of the analyser |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for features in FEATURES.into_iter().filter(|features| only.is_empty() || only.contains(features)) {
        let model = Model::new(features, 0);
        println!("| {features} | {}", measured(&model));
    }
    println!(
        "\n| entries | groups | findings | validated, s | findings with pairs | with pairs, s |\n| --- | --- | --- | --- | --- | --- |"
    );
    // The larger one has a thousand groups.
    for entries in [1_000, 12_000] {
        let dir = tempfile::tempdir().expect("a directory");
        Registry::new(entries, 20, 0).lay_out(dir.path(), false).expect("written");
        let alone = validated(dir.path(), "hsm-registry", Wanted::default());
        let paired = validated(dir.path(), "hsm-registry", Wanted { pairs: true });
        println!(
            "| {} | {} | {} | {:.2} | {} | {:.2} |",
            alone.entries,
            entries / 12,
            alone.findings,
            alone.seconds,
            paired.findings,
            paired.seconds
        );
    }
}

/// Models that were read, by the names of their files.
fn models(dir: &Path) {
    println!(
        "| model | features | clauses | entries | dead | false optional | findings | validated, s | as a multiple of the analyser |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    let mut paths: Vec<PathBuf> =
        fs::read_dir(dir).expect("a directory").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths.iter().filter(|path| path.extension().is_some_and(|extension| extension == "uvl")) {
        let text = fs::read_to_string(path).expect("read");
        let model = uvl::read(&text).expect("a model");
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        println!("| {name} | {} | {} | {}", model.features(), model.constraints(), measured(&model));
    }
}

/// The rest of a row: what a validation finds of a model as a registry, and what it costs.
fn measured(model: &Model) -> String {
    let started = Instant::now();
    let anomalies = model.anomalies();
    let analysed = started.elapsed().as_secs_f64();
    let dir = tempfile::tempdir().expect("a directory");
    for (path, text) in model.registry() {
        let path = dir.path().join("r").join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
    let found = validated(dir.path(), "r", Wanted::default());
    format!(
        "{} | {} | {} | {} | {:.2} | {:.1} |",
        found.entries,
        anomalies.dead.len(),
        anomalies.false_optional.len(),
        found.findings,
        found.seconds,
        found.seconds / analysed
    )
}

/// What a validation found, and how long it took, reading included.
struct Validated {
    entries: usize,
    findings: usize,
    seconds: f64,
}

fn validated(root: &Path, registry: &str, wanted: Wanted) -> Validated {
    let world = Real::new().expect("a machine");
    let started = Instant::now();
    let shelf = shelf_of(root, Path::new(registry), &world).map_err(|_| "no registry").expect("a registry");
    let found = validate(root, shelf, wanted, &|| false).expect("an answer");
    let seconds = started.elapsed().as_secs_f64();
    Validated { entries: found.entries(), findings: found.findings.len(), seconds }
}
