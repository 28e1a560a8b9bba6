//! Coverage: every feature is met often, and is what decides often enough to be missed.
//!
//! A feature decides where the same project without it has another answer by the second opinion; a generator in which
//! some feature never does would let hsm ignore it.

use hsm_oracle::features::{self, Feature};
use hsm_oracle::judge::{Chosen, Judge};
use hsm_oracle::model::{Id, Name, Project};

use super::case;

const PROJECTS: u64 = 20_000;
/// Of that many projects each feature is met in this many, and decides in this many.
const MET: u32 = 30;
const DECIDES: u32 = 5;
/// Without its pins a project can be too large to try everything.
const LARGEST: u64 = 800;

/// What is best by the second opinion: the stack, the groups, and what is handed over.
type Best = Option<(Vec<Chosen>, Vec<(Id, Vec<Name>)>, Vec<Vec<(Name, Vec<Name>)>>)>;

fn best(project: &Project) -> Option<Best> {
    let judge = Judge::new(project, project.lock.as_ref());
    if judge.size() > LARGEST {
        return None;
    }
    Some(judge.best().map(|(_, one)| {
        let words = judge.words(&one);
        let params = words.iter().map(|chosen| judge.merged_params(&one, chosen.id)).collect();
        (words, judge.taking_part(&one), params)
    }))
}

#[test]
fn every_feature_is_met_and_decides() {
    let mut seen: Vec<(Feature, u32, u32)> = features::ALL.into_iter().map(|one| (one, 0, 0)).collect();
    case::each(PROJECTS, 0, 1, |case| {
        let mut whole = None;
        for ((_, remove), met, decides) in &mut seen {
            if *met >= MET && *decides >= DECIDES {
                continue;
            }
            let mut without = case.project.clone();
            remove(&mut without);
            if format!("{without:?}") == format!("{:?}", case.project) {
                continue;
            }
            *met += 1;
            let whole = whole.get_or_insert_with(|| best(&case.project));
            let without = best(&without);
            *decides += u32::from(without.is_some() && without != *whole);
        }
    });
    let say: Vec<String> = seen
        .iter()
        .map(|((what, _), met, decides)| format!("{what}: met {met}, decides {decides}"))
        .collect();
    println!("{say:#?}");
    assert!(seen.iter().all(|(_, met, decides)| *met >= MET && *decides >= DECIDES), "{say:#?}");
}
