//! How much is tried, side by side, and what came of it.
//!
//! Owns: sampling, places, counting. Refuses: knowing what a case is.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use hsm_oracle::dice::Dice;

/// How much is tried.
pub(crate) struct Plan {
    /// At most so many cases; `None`: all.
    pub(crate) sample: Option<usize>,
    /// Of the random choices.
    pub(crate) seed: u64,
    /// How many run at a time.
    pub(crate) jobs: usize,
    /// Only the case of this name; its place is kept.
    pub(crate) only: Option<String>,
    /// Only cases that have this in their names.
    pub(crate) like: &'static str,
    /// Where the places are.
    pub(crate) work: PathBuf,
    /// Whether the first bad case ends it (for broken builds, which only have to be caught).
    pub(crate) first: bool,
}

/// What a case was counted as (`None`: it was none), or its name and what was wrong.
pub(crate) type Result = std::result::Result<Option<String>, (String, String)>;

/// The same, where the case's name is known to the caller.
pub(crate) type Counted = std::result::Result<Option<String>, String>;

/// What came of a gate.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// How many cases of each kind went well.
    pub(crate) counts: BTreeMap<String, usize>,
    /// What could not be tried, and why.
    pub(crate) skipped: Vec<String>,
    /// The others: the command that repeats it, and what was wrong.
    pub(crate) wrong: Vec<(String, String)>,
}

impl Findings {
    pub(crate) fn of(gate: &str, results: Vec<Result>) -> Self {
        let mut findings = Self::default();
        for result in results {
            match result {
                Ok(Some(kind)) => *findings.counts.entry(kind).or_default() += 1,
                Ok(None) => {}
                Err((name, why)) => {
                    findings.wrong.push((format!("cargo crash {gate} --only '{name}'"), why));
                }
            }
        }
        findings
    }

    /// Nothing could be tried.
    pub(crate) fn skipped(why: String) -> Self {
        Self { skipped: vec![why], ..Self::default() }
    }

    pub(crate) fn total(&self) -> usize {
        self.counts.values().sum::<usize>() + self.wrong.len()
    }
}

impl Plan {
    /// The cases that are to be tried: the one that was named, else a sample that is the same for one seed.
    pub(crate) fn choose<C: Display>(&self, mut cases: Vec<C>) -> Vec<C> {
        if let Some(only) = &self.only {
            cases.retain(|case| case.to_string() == *only);
            return cases;
        }
        cases.retain(|case| self.like.is_empty() || case.to_string().contains(self.like));
        if self.sample.is_some() || self.first {
            Dice::new(self.seed).shuffle(&mut cases);
        }
        if let Some(most) = self.sample {
            cases.truncate(most);
        }
        cases
    }

    /// Runs all cases, side by side, each in a place of its own.
    pub(crate) fn each<C: Sync>(
        &self,
        cases: &[C],
        run: impl Fn(usize, &C, &Path) -> Result + Sync,
    ) -> Vec<Result> {
        let next = AtomicUsize::new(0);
        let results = Mutex::new(Vec::new());
        let bad = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..self.jobs {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        let Some(case) = cases.get(number) else { return };
                        if self.first && bad.load(Ordering::Relaxed) > 0 {
                            return;
                        }
                        let place = self.work.join(format!("case-{number}"));
                        let result = run(number, case, &place);
                        bad.fetch_add(usize::from(result.is_err()), Ordering::Relaxed);
                        if self.only.is_none() {
                            // What stays is in nobody's way: the whole directory goes in the end.
                            let _later = fs::remove_dir_all(&place);
                        }
                        results.lock().expect("no panic").push(result);
                    }
                });
            }
        });
        results.into_inner().expect("no panic")
    }
}
