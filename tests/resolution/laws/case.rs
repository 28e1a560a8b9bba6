//! One random project, and what hsm makes of it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use hsm::compile::{Compiled, compile};
use hsm::load::{Inputs, LoadOptions, load};
use hsm::lock;
use hsm::solve::{NoStack, Solved, Unsolved, solve};
use hsm_oracle::judge::{Chosen, Judge};
use hsm_oracle::model::{Id, Kind, Lock, Mode, Name, Project};
use hsm_oracle::versions::Version;
use hsm_oracle::{grow, write};

use crate::memory::{Memory, ROOT};

/// Larger projects would take the second opinion too long.
const LARGEST: u64 = 400;

/// A random project with its files.
pub(super) struct Case {
    pub(super) seed: u64,
    pub(super) project: Project,
}

/// What hsm makes of a project.
pub(super) struct Answer {
    pub(super) inputs: Inputs,
    pub(super) compiled: Compiled,
    pub(super) result: Result<Solved, NoStack>,
}

/// How often everything is tried.
pub(super) fn times() -> u64 {
    std::env::var("HSM_LAWS").ok().and_then(|n| n.parse().ok()).unwrap_or(1)
}

/// Calls `check` with the cases of one share of the seeds, until there were as many as asked for.
pub(super) fn each(count: u64, share: u64, shares: u64, check: impl FnMut(&Case)) {
    each_of(grow::project, count, (share, shares), check);
}

/// The same with projects that grow in another way.
pub(super) fn each_of(
    grow: fn(u64) -> Project,
    count: u64,
    (share, shares): (u64, u64),
    mut check: impl FnMut(&Case),
) {
    if let Some(seed) = std::env::var("HSM_SEED").ok().and_then(|seed| seed.parse().ok()) {
        return Case::new(seed, grow).iter().for_each(check);
    }
    let (mut seed, mut checked) = (share, 0);
    while checked < count * times() / shares {
        if let Some(case) = Case::new(seed, grow) {
            checked += 1;
            check(&case);
        }
        seed += shares;
    }
}

impl Case {
    /// The project of a seed, if it is small enough to try everything.
    fn new(seed: u64, grow: fn(u64) -> Project) -> Option<Self> {
        let project = grow(seed);
        let size = Judge::new(&project, project.lock.as_ref()).size();
        (size <= LARGEST).then_some(Self { seed, project })
    }

    pub(super) fn answer(&self) -> Answer {
        answer(&self.project)
    }

    /// The failure of a law, with everything that is needed to look at it.
    pub(super) fn say(&self, what: &str) -> String {
        let mut shown = format!("HSM_SEED={}: {what}\n", self.seed);
        if self.project.require_mode {
            shown.push_str("(--require-mode)\n");
        }
        for (path, text) in write::write(&self.project).text().files {
            let _ = writeln!(shown, "=== {path}\n{text}");
        }
        shown
    }
}

/// What hsm makes of a project.
pub(super) fn answer(project: &Project) -> Answer {
    read(project, &write::write(project).text().files)
}

/// What hsm makes of a project that is written like this.
pub(super) fn read(project: &Project, files: &BTreeMap<String, String>) -> Answer {
    read_in(project, &Memory::new(files.clone()))
}

pub(super) fn read_in(project: &Project, world: &Memory) -> Answer {
    let options = LoadOptions { require_mode: project.require_mode, ..LoadOptions::default() };
    let inputs = load(Path::new(ROOT), world, &options).unwrap_or_else(|report| {
        let found: Vec<String> = report.diagnostics.iter().map(|d| d.finding.to_string()).collect();
        let project = Case { seed: 0, project: project.clone() };
        panic!("{}", project.say(&format!("cannot be read: {found:#?}")))
    });
    let compiled = compile(&inputs);
    let result = solve(&inputs, &compiled, &|| false);
    Answer { inputs, compiled, result }
}

impl Answer {
    pub(super) fn conflict(&self) -> Option<&Unsolved> {
        match &self.result {
            Err(NoStack::Unsolved(conflict)) => Some(conflict),
            _ => None,
        }
    }

    /// Whether there is a stack, or would be one if its params were set.
    pub(super) fn is_solvable(&self) -> bool {
        matches!(self.result, Ok(_) | Err(NoStack::Invalid(_)))
    }
}

/// The stack in the words of the second opinion.
pub(super) fn words(solved: &Solved) -> Vec<Chosen> {
    let mut all: Vec<Chosen> = Vec::new();
    for (id, package) in &solved.stack.packages {
        all.push(Chosen {
            id: id_of(id),
            version: package.release.as_ref().map(|version| version_of(version.as_str())),
            mode: Some(mode_of(package.mode)),
            profile: None,
        });
    }
    for (id, container) in &solved.stack.containers {
        all.push(Chosen {
            id: id_of(id),
            version: container.release.as_ref().map(|version| version_of(version.as_str())),
            mode: container.mode.map(mode_of),
            profile: container.profile.as_ref().map(|name| name_of(name.as_str())),
        });
    }
    all.sort();
    all
}

/// The groups that take part, with their present options.
pub(super) fn groups(solved: &Solved) -> Vec<(Id, Vec<Name>)> {
    let mut all: Vec<(Id, Vec<Name>)> = Vec::new();
    for (id, group) in &solved.stack.groups {
        let id = Id { kind: kind_of(id.kind), name: name_of(id.name.as_str()) };
        all.push((id, group.options.iter().map(|name| name_of(name.as_str())).collect()));
    }
    all.sort();
    all
}

/// The lock that a stack leads to.
pub(super) fn lock_of(solved: &Solved) -> Lock {
    let mut lock = Lock::default();
    for one in words(solved) {
        if let Some(version) = one.version {
            lock.components.insert(one.id, version);
        }
    }
    lock.groups.extend(groups(solved));
    lock
}

/// The lock's text.
pub(super) fn lock_text(answer: &Answer, solved: &Solved) -> String {
    lock::render(&answer.inputs, &solved.stack)
}

pub(super) fn id_of(id: &hsm::names::ComponentId) -> Id {
    Id { kind: kind_of(id.kind()), name: name_of(id.name().as_str()) }
}

pub(super) fn kind_of(kind: hsm::names::Kind) -> Kind {
    match kind {
        hsm::names::Kind::Package => Kind::Package,
        hsm::names::Kind::Container => Kind::Container,
    }
}

pub(super) fn mode_of(mode: hsm::manifest::Mode) -> Mode {
    match mode {
        hsm::manifest::Mode::Prod => Mode::Prod,
        hsm::manifest::Mode::Dev => Mode::Dev,
    }
}

/// The generator's own text of a name.
pub(super) fn name_of(text: &str) -> Name {
    const ALL: [Name; 18] = [
        "p0", "p1", "p2", "c0", "c1", "c2", "c3", "g", "h", "k", "gone", "man", "two", "ext", "far", "a9",
        "z9", "n9",
    ];
    ALL.into_iter().find(|name| *name == text).unwrap_or_else(|| panic!("no name is {text}"))
}

pub(super) fn version_of(text: &str) -> Version {
    let mut all = Version::NUMBERED.into_iter().chain(Version::OPAQUE);
    all.find(|version| version.text() == text).unwrap_or_else(|| panic!("no version is {text}"))
}
