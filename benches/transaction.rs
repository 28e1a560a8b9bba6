//! What the way back costs: an environment of 20,000 files saved, and the run committed.
//!
//! Run with `cargo bench --bench transaction`.

#![expect(clippy::expect_used, reason = "a bench that says what it expected")]

use std::fs;
use std::path::{Path, PathBuf};

use divan::Bencher;
use hsm::transaction::{self, ProjectLock, Transaction};
use hsm::world::Real;

fn main() {
    divan::main();
}

/// An environment of so many files, twenty in a directory, a tenth of the directories records of what is installed.
fn environment(root: &Path, files: usize) {
    for dir in 0..files / 20 {
        let kind = if dir % 10 == 0 { "dist-info" } else { "package" };
        let dir = root.join(format!("env/lib/site-packages/p{dir}.{kind}"));
        fs::create_dir_all(&dir).expect("a directory");
        for file in 0..20 {
            fs::write(dir.join(format!("module{file}.py")), "value = 1\n").expect("a file");
        }
    }
}

#[divan::bench(args = [1_000, 20_000], sample_count = 5)]
fn save_and_commit(bencher: Bencher<'_, '_>, files: usize) {
    let dir = tempfile::tempdir().expect("a directory");
    environment(dir.path(), files);
    let world = Real::new().expect("a machine");
    let lock = ProjectLock::take(&world, dir.path(), "bench", false, &mut |_| {}).expect("the lock");
    bencher.bench_local(|| {
        let guarded = [PathBuf::from("env")];
        let begun =
            Transaction::begin(&world, dir.path(), &lock, "bench", &[], &guarded).expect("a beginning");
        assert!(begun.commit(&world).is_ok());
        transaction::keep(&world, dir.path()).expect("put away");
    });
}
