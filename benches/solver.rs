//! How long solvers take, side by side: for each class of instances the time in which each solver is through with all
//! of them. The instances are the same on every machine; every answer is checked before anything is measured.
//!
//! ```sh
//! cargo bench --bench solver                  # all of it
//! cargo bench --bench solver -- Registry      # one class
//! ```
//!
//! `cargo bench --bench ratios` makes a table of ratios out of the same instances, and of more solvers.

#![expect(clippy::panic, reason = "a bench that says what it expected")]

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use divan::Bencher;
use hsm_rivals::engines::{Answer, Counting, Engine, without_preferences};
use hsm_rivals::instances::{self, Class, Instance, Size};
use hsm_solver::Problem;

fn main() {
    divan::main();
}

/// A solver that takes longer than that for one instance is not measured on its class.
const PATIENCE: Duration = Duration::from_secs(1);

const ENGINES: [Engine; 4] =
    [Engine::Hsm, Engine::HsmFirst, Engine::Resolvo, Engine::Batsat(Counting::Totalizer)];

#[derive(Clone, Copy)]
struct Case(Class, Engine);

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.0, self.1.name())
    }
}

fn cases() -> impl Iterator<Item = Case> {
    Class::ALL.into_iter().flat_map(|class| ENGINES.map(|engine| Case(class, engine)))
}

/// The instances, each with itself without preferences.
fn all() -> &'static [(Instance, Problem)] {
    static ALL: OnceLock<Vec<(Instance, Problem)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let with_bare = |instance: Instance| {
            let bare = without_preferences(&instance.problem);
            (instance, bare)
        };
        instances::all(Size::Full).into_iter().map(with_bare).collect()
    })
}

#[divan::bench(args = cases(), sample_size = 1, sample_count = 10, max_time = 1)]
fn class(bencher: Bencher<'_, '_>, Case(class, engine): Case) {
    let of_class = || all().iter().filter(|(instance, _)| instance.class == class);
    for (instance, bare) in of_class() {
        let problem = engine.takes(&instance.problem, bare);
        let solvable = match engine.solve(problem, PATIENCE) {
            Answer::Solution(found) if found.keeps(problem) => true,
            Answer::Solution(_) => panic!("{}: {} is wrong", instance.name, engine.name()),
            Answer::None => false,
            Answer::GaveUp => return,
        };
        assert!(instance.solvable.is_none_or(|known| known == solvable), "{}", instance.name);
    }
    bencher.bench(|| {
        of_class()
            .map(|(instance, bare)| engine.solve(engine.takes(&instance.problem, bare), PATIENCE))
            .filter(|answer| matches!(answer, Answer::Solution(_)))
            .count()
    });
}
