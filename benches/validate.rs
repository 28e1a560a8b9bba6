//! What the validation of a registry costs: feature models as registries, beside an analyser that puts the same model into
//! clauses and asks a SAT solver about each feature; and registries as projects have them.
//!
//! ```sh
//! cargo bench --bench validate
//! cargo bench --bench validate -- 500 2000    # only models of so many features
//! ```
//!
//! "Proved" is all that hsm does from what was read: compiling, asking, and explaining each finding with its smallest set
//! of lines. The analyser explains nothing. Both find the same features, which is a test of its own.

#![expect(clippy::print_stdout, reason = "a table is what it is for")]
#![expect(clippy::expect_used, reason = "a bench that says what it expected")]

use std::fs;
use std::path::Path;
use std::time::Instant;

use hsm::load::shelf_of;
use hsm::validate::{Wanted, validate};
use hsm::world::Real;
use hsm_rivals::instances::features::Model;
use hsm_rivals::instances::registry::Registry;

const FEATURES: [u32; 4] = [500, 2_000, 6_000, 18_000];

fn main() {
    let only: Vec<u32> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    println!(
        "| features | entries | dead | false optional | findings | validated, s | as a multiple of the analyser |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for features in FEATURES.into_iter().filter(|features| only.is_empty() || only.contains(features)) {
        let model = Model::new(features, 0);
        let started = Instant::now();
        let anomalies = model.anomalies();
        let analysed = started.elapsed();
        let dir = tempfile::tempdir().expect("a directory");
        for (path, text) in model.registry() {
            let path = dir.path().join("r").join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
        let (entries, findings, seconds) = validated(dir.path(), "r");
        println!(
            "| {features} | {entries} | {} | {} | {findings} | {seconds:.2} | {:.1} |",
            anomalies.dead.len(),
            anomalies.false_optional.len(),
            seconds / analysed.as_secs_f64()
        );
    }
    println!("\n| entries | groups | findings | validated, s |\n| --- | --- | --- | --- |");
    // The larger one has a thousand groups.
    for entries in [1_000, 12_000] {
        let dir = tempfile::tempdir().expect("a directory");
        Registry::new(entries, 20, 0).lay_out(dir.path(), false).expect("written");
        let (read, findings, seconds) = validated(dir.path(), "hsm-registry");
        println!("| {read} | {} | {findings} | {seconds:.2} |", entries / 12);
    }
}

/// Validates a registry: how many entries there are, how many findings, and how long it took, reading included.
fn validated(root: &Path, registry: &str) -> (usize, usize, f64) {
    let world = Real::new().expect("a machine");
    let started = Instant::now();
    let shelf = shelf_of(root, Path::new(registry), &world).map_err(|_| "no registry").expect("a registry");
    let found = validate(root, shelf, Wanted::default(), &|| false).expect("an answer");
    (found.entries(), found.findings.len(), started.elapsed().as_secs_f64())
}
