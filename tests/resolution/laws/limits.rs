//! What can never lose a solution: a limit that is raised, a line that forbids and is gone, something more to choose
//! from; and a release that was not needed.
//!
//! Each change says when it is one; the second opinion is not asked.

use hsm_oracle::Dice;
use hsm_oracle::grow;
use hsm_oracle::model::{Component, Id, Inherited, Kind, Layer, Name, Project, Release, Rules};
use hsm_oracle::versions::Version;

use super::case::{self, Case};

const PROJECTS: u64 = 6_000;

/// A change that can only make more possible, or `None` where there is nothing to change.
type Change = fn(&mut Project, &mut Dice) -> Option<()>;

const CHANGES: [(&str, Change); 12] = [
    ("the greatest number of options is raised", raise_max),
    ("the least number of options is lowered", lower_min),
    ("an exclusion is gone", drop_exclusion),
    ("the mode of a group's line is gone", drop_line_mode),
    ("the profile of a group's line is gone", drop_line_profile),
    ("a pin on a version is gone", drop_version_pin),
    ("a constraint is gone, where no group's line waits behind it", drop_constraint),
    ("an item is gone, where no group's line waits behind it", drop_item),
    ("an option's conflict is gone", drop_option_conflict),
    ("an option's implication is gone", drop_option_implication),
    ("a release is added, with the modes of another", add_release),
    ("an option is added, of which nobody speaks", add_option),
];

#[test]
fn a_limit_that_is_raised_never_loses_a_solution() {
    let mut held = [0_u64; CHANGES.len()];
    let mut gained = [0_u64; CHANGES.len()];
    case::each(PROJECTS, 0, 1, |case| {
        let dice = &mut Dice::new(case.seed);
        let number = dice.below(CHANGES.len());
        let (what, change) = CHANGES[number];
        let mut project = case.project.clone();
        if change(&mut project, dice).is_none() {
            return;
        }
        let (before, after) = (case.answer().is_solvable(), case::answer(&project).is_solvable());
        assert!(after || !before, "{}", case.say(&format!("{what}, and there is no stack any more")));
        held[number] += u64::from(before);
        gained[number] += u64::from(after && !before);
    });
    println!("held {held:?}, gained {gained:?}");
    if std::env::var_os("HSM_SEED").is_none() {
        assert!(held.iter().all(|held| *held > 3), "{held:?}");
        assert!(gained.iter().sum::<u64>() > PROJECTS / 100, "{gained:?}");
    }
}

fn raise_max(project: &mut Project, dice: &mut Dice) -> Option<()> {
    let group =
        one_of(&mut project.groups, dice, |group| group.max.is_some_and(|max| max < group.options.len()))?;
    group.max = group.max.map(|max| max + 1);
    Some(())
}

fn lower_min(project: &mut Project, dice: &mut Dice) -> Option<()> {
    let group = one_of(&mut project.groups, dice, |group| group.many && group.min.unwrap_or(1) > 0)?;
    group.min = Some(group.min.unwrap_or(1) - 1);
    Some(())
}

fn drop_exclusion(project: &mut Project, dice: &mut Dice) -> Option<()> {
    one_of(&mut project.lines, dice, |line| !line.exclude.is_empty())?.exclude.clear();
    Some(())
}

fn drop_line_mode(project: &mut Project, dice: &mut Dice) -> Option<()> {
    one_of(&mut project.lines, dice, |line| line.mode.is_some())?.mode = None;
    Some(())
}

fn drop_line_profile(project: &mut Project, dice: &mut Dice) -> Option<()> {
    one_of(&mut project.lines, dice, |line| line.profile.is_some())?.profile = None;
    Some(())
}

fn drop_version_pin(project: &mut Project, dice: &mut Dice) -> Option<()> {
    one_of(&mut project.items, dice, |item| item.version.is_some())?.version = None;
    Some(())
}

/// Whether a group's line would bind a component as soon as no pin of its own is stronger.
fn is_bound_by_a_line(project: &Project, id: Id) -> bool {
    project.lines.iter().filter(|line| line.mode.is_some() || line.profile.is_some()).any(|line| {
        let group = project.group(line.group);
        line.group.kind == id.kind
            && group.is_some_and(|group| group.options.iter().any(|o| o.name == id.name))
    })
}

fn drop_constraint(project: &mut Project, dice: &mut Dice) -> Option<()> {
    let number = dice.below(project.constraints.len());
    let id = project.constraints.get(number)?.id;
    if is_bound_by_a_line(project, id) {
        return None;
    }
    project.constraints.remove(number);
    Some(())
}

fn drop_item(project: &mut Project, dice: &mut Dice) -> Option<()> {
    let number = dice.below(project.items.len());
    let id = project.items.get(number)?.id;
    if is_bound_by_a_line(project, id) {
        return None;
    }
    project.items.remove(number);
    Some(())
}

fn drop_option_conflict(project: &mut Project, dice: &mut Dice) -> Option<()> {
    let options = &mut project.groups.iter_mut().flat_map(|group| &mut group.options).collect::<Vec<_>>();
    one_of(options, dice, |option| !option.rules.conflicts.is_empty())?.rules.conflicts.clear();
    Some(())
}

fn drop_option_implication(project: &mut Project, dice: &mut Dice) -> Option<()> {
    let options = &mut project.groups.iter_mut().flat_map(|group| &mut group.options).collect::<Vec<_>>();
    one_of(options, dice, |option| !option.rules.implies.is_empty())?.rules.implies.clear();
    Some(())
}

/// Another mode would let a group's line bind what it did not bind before.
fn add_release(project: &mut Project, dice: &mut Dice) -> Option<()> {
    let broken = project.broken.clone();
    let usable = |component: &Component| {
        component.version.is_some() && !component.yanked && !broken.contains(&component.id)
    };
    let component = one_of(&mut project.components, dice, usable)?;
    let taken = |version: &Version| {
        component.version == Some(*version) || component.releases.iter().any(|r| r.version == *version)
    };
    let version = Version::NUMBERED.into_iter().find(|version| !taken(version))?;
    component.releases.push(Release {
        version,
        sources: [Inherited::Kept, Inherited::Kept],
        rules: Rules::default(),
        layer: Layer::default(),
        yanked: false,
        deprecated: false,
    });
    Some(())
}

fn add_option(project: &mut Project, dice: &mut Dice) -> Option<()> {
    let group = one_of(&mut project.groups, dice, |_| true)?;
    let name: Name = if group.id.kind == Kind::Package { "a9" } else { "z9" };
    group.options.push(grow::choice(name));
    // "All" options are one more now.
    let id = Id { kind: group.id.kind, name };
    project.components.push(grow::plain(id));
    Some(())
}

fn one_of<'p, T>(all: &'p mut [T], dice: &mut Dice, such: impl Fn(&T) -> bool) -> Option<&'p mut T> {
    let fitting: Vec<usize> = (0..all.len()).filter(|number| such(&all[*number])).collect();
    let number = *fitting.get(dice.below(fitting.len()))?;
    all.get_mut(number)
}

/// A further release of a component that the stack has in another one, and that has every mode of this.
fn unneeded(case: &Case, words: &[hsm_oracle::judge::Chosen]) -> Option<Project> {
    for (number, component) in case.project.components.iter().enumerate() {
        // Whether the preferred mode can be had is a question of the releases that the pins allow.
        let pins = case
            .project
            .all_items()
            .filter(|item| item.id == component.id)
            .any(|item| item.version.is_some());
        let constrained =
            case.project.constraints.iter().any(|line| line.id == component.id && line.version.is_some());
        if pins || constrained || component.yanked {
            continue;
        }
        let used = words.iter().find(|one| one.id == component.id);
        for (turn, release) in component.releases.iter().enumerate() {
            let is_used = used.is_some_and(|one| one.version == Some(release.version));
            let is_frame = component.version.is_none();
            let has_others = release.sources.iter().all(|source| !matches!(source, Inherited::Replaced(_)));
            if !is_used && !is_frame && has_others {
                let mut project = case.project.clone();
                project.components[number].releases.remove(turn);
                return Some(project);
            }
        }
    }
    None
}

#[test]
fn a_release_that_was_not_needed_can_go() {
    let mut seen = 0;
    case::each(PROJECTS, 0, 1, |case| {
        let plain = case.answer();
        let Ok(solved) = &plain.result else { return };
        let words = case::words(solved);
        let Some(project) = unneeded(case, &words) else { return };
        let after = case::answer(&project);
        let Ok(rest) = &after.result else {
            panic!("{}", case.say("a release that was not needed was needed"))
        };
        assert_eq!(
            words,
            case::words(rest),
            "{}",
            case.say("a release that was not needed changed something")
        );
        assert_eq!(case::groups(solved), case::groups(rest), "{}", case.say("other options"));
        seen += 1;
    });
    println!("{seen} releases were not needed");
    assert!(seen > 0);
}
