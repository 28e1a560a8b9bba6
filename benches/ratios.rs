//! How many times as long as hsm's solver others take, class by class: the table of the README.
//!
//! ```sh
//! cargo bench --bench ratios                        # the table; a line for each instance goes to the standard error
//! cargo bench --bench ratios -- registry features   # only instances with such a word in their name
//! cargo bench --bench ratios -- --write DIR         # writes the instances as text instead
//! HSM_CLINGO=venv/bin/python cargo bench --bench ratios     # with clingo and CaDiCaL, where that Python has them
//! ```
//!
//! All solvers solve one instance in turn, round by round, and the least time of each counts: what else the machine does
//! meanwhile disturbs all of them alike. Ratios of one run can be compared with those of another machine; times can't.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a table is what it is for")]
#![expect(clippy::expect_used, reason = "a bench that says what it expected")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use hsm_rivals::engines::{Answer, Engine, without_preferences};
use hsm_rivals::instances::{self, Class, Instance, Size};
use hsm_solver::text;

/// How long one solver may take for one instance.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long all rounds of one instance may take together, but for the first one.
const ROUNDS: Duration = Duration::from_millis(1200);

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let mut all = instances::all(Size::Full);
    if let [option, dir] = &words[..]
        && option == "--write"
    {
        return write(&all, Path::new(dir));
    }
    all.retain(|one| words.is_empty() || words.iter().any(|word| one.name.contains(word.as_str())));
    let outside = outside(&all);
    let mut table = Table::default();
    for instance in &all {
        measure(instance, &outside, &mut table);
    }
    table.print();
}

fn write(all: &[Instance], dir: &Path) {
    fs::create_dir_all(dir).expect("a directory");
    for instance in all {
        fs::write(dir.join(format!("{}.txt", instance.name)), text::write(&instance.problem))
            .expect("a file");
    }
}

/// What a program outside says of an instance: whether it has a solution, and the seconds it took.
type Outside = BTreeMap<String, Vec<(String, bool, f64)>>;

/// Runs the script for clingo, if a Python for it is named.
fn outside(all: &[Instance]) -> Outside {
    let Some(python) = std::env::var_os("HSM_CLINGO") else { return Outside::new() };
    let dir = tempfile::tempdir().expect("a directory");
    write(all, dir.path());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/clingo.py");
    let patience = PATIENCE.as_secs().to_string();
    let run = Command::new(python).arg(script).args(["--patience", &patience]).arg(dir.path()).output();
    let run = run.expect("a Python");
    eprint!("{}", String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "benches/clingo.py failed");
    let mut answers = Outside::new();
    for line in String::from_utf8_lossy(&run.stdout).lines() {
        let [name, engine, answer, _, _, seconds] = line.split('\t').collect::<Vec<_>>()[..] else {
            continue;
        };
        if answer != "gave-up" {
            let seconds = seconds.parse().expect("seconds");
            answers.entry(name.to_owned()).or_default().push((
                engine.to_owned(),
                answer == "solution",
                seconds,
            ));
        }
    }
    answers
}

fn measure(instance: &Instance, outside: &Outside, table: &mut Table) {
    let bare = without_preferences(&instance.problem);
    let mut least: BTreeMap<usize, Duration> = BTreeMap::new();
    let mut solvable = instance.solvable;
    let mut spent = Duration::ZERO;
    let mut round = 0;
    let mut slow = false;
    while round == 0 || (!slow && spent < ROUNDS && round < 40) {
        for (number, engine) in Engine::ALL.iter().enumerate() {
            if round > 0 && !least.contains_key(&number) {
                continue; // it gave up
            }
            let problem = engine.takes(&instance.problem, &bare);
            let begin = Instant::now();
            let answer = engine.solve(problem, PATIENCE);
            let took = begin.elapsed();
            let answer = match answer {
                Answer::GaveUp => continue,
                Answer::None => false,
                Answer::Solution(found) => {
                    assert!(found.keeps(problem), "{}: {} is wrong", instance.name, engine.name());
                    true
                }
            };
            assert_eq!(*solvable.get_or_insert(answer), answer, "{}: {}", instance.name, engine.name());
            let known = least.entry(number).or_insert(took);
            *known = took.min(*known);
            spent += if round == 0 { Duration::ZERO } else { took };
            slow |= took > ROUNDS;
        }
        round += 1;
    }
    let hsm = least.get(&0).copied();
    let mut line = format!(
        "{:44} {:9}",
        instance.name,
        match solvable {
            Some(true) => "solution",
            Some(false) => "conflict",
            None => "no answer",
        }
    );
    for (number, engine) in Engine::ALL.iter().enumerate() {
        let own = least.get(&number).map(Duration::as_secs_f64);
        table.add(instance.class, engine.name(), hsm, own);
        line += &own.map_or("        -".to_owned(), |own| format!(" {:8.3}", own * 1e3));
    }
    for (engine, answer, seconds) in outside.get(&instance.name).into_iter().flatten() {
        if let Some(solvable) = solvable {
            assert_eq!(*answer, solvable, "{}: {engine}", instance.name);
        }
        let _ = write!(line, " {:8.3}", seconds * 1e3);
        table.add(instance.class, engine, hsm, Some(*seconds));
    }
    eprintln!("{line}");
}

/// For each class and solver the ratios to hsm's, and how many instances it gave up on.
#[derive(Default)]
struct Table {
    ratios: BTreeMap<(Class, String), (Vec<f64>, u32)>,
    solvers: Vec<String>,
    /// Where hsm's own has no answer.
    unanswered: BTreeMap<Class, u32>,
    instances: BTreeMap<Class, u32>,
}

impl Table {
    fn add(&mut self, class: Class, solver: &str, hsm: Option<Duration>, own: Option<f64>) {
        if solver == Engine::Hsm.name() {
            *self.instances.entry(class).or_default() += 1;
            *self.unanswered.entry(class).or_default() += u32::from(hsm.is_none());
            return;
        }
        if !self.solvers.iter().any(|known| known == solver) {
            self.solvers.push(solver.to_owned());
        }
        let cell = self.ratios.entry((class, solver.to_owned())).or_default();
        match (own, hsm) {
            (Some(own), Some(hsm)) => cell.0.push(own / hsm.as_secs_f64()),
            (None, _) => cell.1 += 1,
            (Some(_), None) => {}
        }
    }

    fn print(&self) {
        println!("| class | {} |", self.solvers.join(" | "));
        println!("| --- |{}", " --- |".repeat(self.solvers.len()));
        for class in Class::ALL {
            let Some(instances) = self.instances.get(&class) else { continue };
            let unanswered = self.unanswered.get(&class).copied().unwrap_or(0);
            let mut row = format!("| {} ({instances}", class.words());
            if unanswered > 0 {
                let _ = write!(row, "; hsm has no answer to {unanswered}");
            }
            row += ") |";
            for solver in &self.solvers {
                let cell = self.ratios.get(&(class, solver.clone()));
                let cell = cell.map_or_else(|| "-".to_owned(), |(all, gave_up)| show(all, *gave_up));
                let _ = write!(row, " {cell} |");
            }
            println!("{row}");
        }
        let all: Vec<String> = self
            .solvers
            .iter()
            .map(|solver| {
                let of = self.ratios.iter().filter(|((_, own), _)| own == solver);
                let (ratios, gave_up) = of.fold((Vec::new(), 0), |(mut all, n), (_, (ratios, gave_up))| {
                    all.extend(ratios);
                    (all, n + gave_up)
                });
                show(&ratios, gave_up)
            })
            .collect();
        println!("| all | {} |", all.join(" | "));
    }
}

/// The geometric mean, and the worst for hsm.
fn show(ratios: &[f64], gave_up: u32) -> String {
    let mean = (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / f64::from(ratios.len() as u32)).exp();
    let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let gave_up = if gave_up == 0 { String::new() } else { format!(", {gave_up} gave up") };
    if ratios.is_empty() {
        format!("-{gave_up}")
    } else {
        format!("{} ({}){gave_up}", digits(mean), digits(least))
    }
}

fn digits(ratio: f64) -> String {
    if ratio >= 10.0 {
        format!("{ratio:.0}")
    } else if ratio >= 1.0 {
        format!("{ratio:.1}")
    } else {
        format!("{ratio:.2}")
    }
}
