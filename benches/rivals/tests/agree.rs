//! The solvers that hsm's is measured against: all of them get the problems right, so that they can be compared.

#[path = "../../../solver/tests/oracle/world.rs"]
mod world;

use std::time::Duration;

use hsm_rivals::engines::{Answer, Engine, without_preferences};
use hsm_rivals::instances::{self, Size};
use hsm_solver::Problem;

const PATIENCE: Duration = Duration::from_mins(1);

/// Whether a problem has a solution: all engines say the same, and every solution is one.
fn agree(name: &str, problem: &Problem) -> bool {
    let bare = without_preferences(problem);
    let answers = Engine::ALL.map(|engine| match engine.solve(engine.takes(problem, &bare), PATIENCE) {
        Answer::Solution(found) => {
            assert!(found.keeps(problem), "{name}: not a solution, by {}", engine.name());
            true
        }
        Answer::None => false,
        Answer::GaveUp => unreachable!("{name}: so small, and {} gave up", engine.name()),
    });
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{name}: {answers:?}");
    answers[0]
}

#[test]
fn all_engines_agree_on_the_instances() {
    for instance in instances::all(Size::Small) {
        let solvable = agree(&instance.name, &instance.problem);
        assert!(instance.solvable.is_none_or(|known| known == solvable), "{}", instance.name);
    }
}

#[test]
fn all_engines_agree_on_small_problems_of_every_kind() {
    let mut solvable = 0;
    for seed in 0..2_000 {
        let dice = &mut world::Dice::new(seed);
        let problem = match seed % 4 {
            0 => world::tangle(dice),
            1 => world::crowd(dice),
            _ => world::problem(dice, 400),
        };
        solvable += u32::from(agree(&format!("seed {seed}"), &problem));
    }
    assert!((500..1_500).contains(&solvable), "{solvable} have a solution");
}
