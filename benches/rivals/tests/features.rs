//! Feature models as registries: what hsm proves of them is what an analyser finds that asks a SAT solver.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use hsm::diagnostic::{Finding, Proven};
use hsm::load::shelf_of;
use hsm::names::TargetId;
use hsm::validate::{Wanted, validate};
use hsm::world::Rehearsal;
use hsm_rivals::instances::features::{Anomalies, Model};
use hsm_rivals::instances::uvl;

#[test]
fn dead_and_false_optional_features_are_those_of_a_sat_based_analyser() {
    let (mut dead, mut false_optional) = (0, 0);
    let models =
        (0..40).map(|seed| (30, seed)).chain((0..20).map(|seed| (120, seed))).chain([(500, 0), (500, 1)]);
    for (features, seed) in models {
        let model = Model::new(features, seed);
        let expected = model.anomalies();
        let proved = proved(&model);
        assert_eq!(proved, expected, "{features} features, seed {seed}");
        dead += expected.dead.len();
        false_optional += expected.false_optional.len();
    }
    assert!(dead > 300 && false_optional > 10, "{dead} {false_optional}");
}

fn proved(model: &Model) -> Anomalies {
    let files = model.registry().into_iter().map(|(path, text)| (Path::new("r").join(path), text));
    let world = Rehearsal::with(files);
    let root = Rehearsal::root();
    let shelf = shelf_of(&root, Path::new("r"), &world).unwrap_or_else(|_| unreachable!("a registry"));
    let found =
        validate(&root, shelf, Wanted::default(), &|| false).unwrap_or_else(|stop| unreachable!("{stop:?}"));
    // What stands for parts of constraints is no feature.
    let number = |name: &str| {
        let number = name.trim_start_matches(['f', 'g']).parse::<u32>().ok();
        number.filter(|number| name.starts_with('g') || *number < model.features()).unwrap_or(u32::MAX)
    };
    let mut anomalies = Anomalies::default();
    for finding in &found.findings {
        let Finding::Proven(proven) = &finding.finding else { continue };
        match proven {
            Proven::DeadGroup(group) => {
                let options = found.inputs.components_of(&TargetId::Group(group.clone()));
                anomalies.dead.extend(options.iter().map(|option| number(option.name().as_str())));
            }
            Proven::DeadOption(_, option) => {
                anomalies.dead.insert(number(option.as_str()));
            }
            Proven::DeadComponent(id) => {
                anomalies.dead.insert(number(id.name().as_str()));
            }
            // Groups that only spell out a constraint have no optional features, nor has a group its parent for one.
            Proven::AlwaysThere(group, option) if group.name.as_str().starts_with('g') => {
                let options = found.inputs.components_of(&TargetId::Group(group.clone()));
                let is_parent = options.first().is_some_and(|first| first.name() == option)
                    && model.is_optional(number(group.name.as_str()));
                if !is_parent {
                    anomalies.false_optional.insert(number(option.as_str()));
                }
            }
            _ => {}
        }
    }
    anomalies.dead.remove(&u32::MAX);
    anomalies.false_optional =
        &anomalies.false_optional - &anomalies.dead.iter().copied().collect::<BTreeSet<_>>();
    anomalies
}

/// Every kind of group and of connective, features of whose names some are quoted and one has what starts a
/// comment elsewhere, and a comment.
const SMALL: &str = r#"namespace Small
features
	Root {abstract true}
		mandatory
			Base
				alternative
					"first one"
					Boolean Second
		optional
			A // said of A
			B {cost 3}
			C//+1
		or
			D
			E
constraints
	A => !B
	(A | B) & !(C//+1 & D) <=> Base
	!"first one" => (D & E | C//+1 & !A)
"#;

#[test]
fn what_is_read_is_what_was_written() {
    let model = uvl::read(SMALL).unwrap();
    assert_eq!(model.features(), 9);
    // by hand: Base is always there, so A or B is, not both, and C and D are never together
    let count = |text: &str| uvl::read(&format!("{SMALL}{text}")).unwrap().anomalies();
    assert_eq!(model.anomalies(), Anomalies::default());
    assert_eq!(count("\tA\n").dead, BTreeSet::from([5]));
    assert_eq!(count("\tA\n").false_optional, BTreeSet::from([4]));
    for text in ["\tA =>\n", "\tA B\n", "\t(A\n", "\tZ\n", "\tA ~ B\n"] {
        assert!(uvl::read(&format!("{SMALL}{text}")).is_err(), "{text}");
    }
    assert!(uvl::read("features\n\tA\n\t\t[1..2]\n\t\t\tB\n").is_err());
}

/// A random model, written in UVL.
fn random(seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut below = move |bound: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % bound
    };
    let mut text = "features\n\tf0\n".to_owned();
    let mut next = 1;
    for _ in 0..3 + below(3) {
        text.push_str(
            ["\t\tmandatory\n", "\t\toptional\n", "\t\tor\n", "\t\talternative\n"][below(4) as usize],
        );
        for _ in 0..2 + below(2) {
            let _ = writeln!(text, "\t\t\tf{next}");
            next += 1;
            if below(3) == 0 {
                let _ = writeln!(text, "\t\t\t\toptional\n\t\t\t\t\tf{next}");
                next += 1;
            }
        }
    }
    text.push_str("constraints\n");
    for _ in 0..4 + below(4) {
        let mut one = || format!("{}f{}", if below(2) == 0 { "!" } else { "" }, below(next));
        let parts = [one(), one(), one(), one()];
        let mut with = || ["&", "|", "=>", "<=>"][below(4) as usize];
        let [a, b, c, d] = parts;
        let _ = writeln!(text, "\t{a} {} ({b} {} !({c} {} {d}))", with(), with(), with());
    }
    text
}

#[test]
fn models_that_were_read_are_analysed_alike() {
    let (mut dead, mut false_optional) = (0, 0);
    for seed in 1..=120 {
        let text = random(seed);
        let model = uvl::read(&text).unwrap_or_else(|what| panic!("{what}\n{text}"));
        let expected = model.anomalies();
        // a model without any product has nothing but dead features
        assert_eq!(proved(&model), expected, "seed {seed}\n{text}");
        dead += expected.dead.len();
        false_optional += expected.false_optional.len();
    }
    assert!(dead > 60 && false_optional > 20, "{dead} {false_optional}");
}

/// `HSM_MODELS=DIR cargo test --release --test features -- --ignored --nocapture`: what is proved of each `*.uvl` in a
/// directory is what the analyser finds.
#[test]
#[ignore = "needs models"]
#[expect(clippy::print_stdout, reason = "what was compared is worth knowing")]
fn public_models_are_analysed_alike() {
    let dir = std::env::var("HSM_MODELS").unwrap();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "uvl") {
            continue;
        }
        let model = uvl::read(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let expected = model.anomalies();
        assert_eq!(proved(&model), expected, "{}", path.display());
        println!(
            "{}: {} features, {} clauses, {} dead, {} false optional",
            path.display(),
            model.features(),
            model.constraints(),
            expected.dead.len(),
            expected.false_optional.len()
        );
    }
}
