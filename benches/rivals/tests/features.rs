//! Feature models as registries: what hsm proves of them is what an analyser finds that asks a SAT solver.

use std::collections::BTreeSet;
use std::path::Path;

use hsm::diagnostic::{Finding, Proven};
use hsm::load::shelf_of;
use hsm::names::TargetId;
use hsm::validate::{Wanted, validate};
use hsm::world::Rehearsal;
use hsm_rivals::instances::features::{Anomalies, Model};

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
    let number = |name: &str| name.trim_start_matches('f').parse::<u32>().unwrap_or(u32::MAX);
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
                    && model.is_optional(number(group.name.as_str().trim_start_matches('g')));
                if !is_parent {
                    anomalies.false_optional.insert(number(option.as_str()));
                }
            }
            _ => {}
        }
    }
    anomalies.false_optional =
        &anomalies.false_optional - &anomalies.dead.iter().copied().collect::<BTreeSet<_>>();
    anomalies
}
