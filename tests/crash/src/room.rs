//! Gate `room`: a disk with less and less room.

use std::fmt;
use std::path::Path;
use std::process::Command;

use crate::judge::{Next, judge};
use crate::mount::{self, Mounted};
use crate::plan::{Counted, Findings, Plan};
use crate::project::root;
use crate::run::{Hsm, Run};
use crate::sweep::Prepared;

/// So many sizes, each a page larger than the one before; the first has no room but what the project takes.
const SIZES: usize = 64;

struct Case<'a> {
    of: &'a Prepared,
    /// How many KiB are free.
    room: usize,
}

impl fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}K", self.of.scenario.name, self.room)
    }
}

/// Runs the cases that the plan asks for; where nothing can be mounted, none.
pub(crate) fn run(plan: &Plan, hsm: &Hsm, prepared: &[Prepared]) -> Findings {
    if let Err(why) = mount::possible(&plan.work, "tmpfs") {
        return Findings::skipped(format!("a small file system can't be mounted here: {why}"));
    }
    let names = ["fresh", "existing", "add", "remove", "mode", "tool-fails", "undo"];
    let mut cases = Vec::new();
    for of in prepared.iter().filter(|of| names.contains(&of.scenario.name)) {
        cases.extend((0..SIZES).map(|page| Case { of, room: page * 4 }));
    }
    let cases = plan.choose(cases);
    let results =
        plan.each(&cases, |_, case, place| run_case(hsm, case, place).map_err(|why| (case.to_string(), why)));
    Findings::of("room", results)
}

fn run_case(hsm: &Hsm, case: &Case<'_>, place: &Path) -> Counted {
    std::fs::create_dir_all(root(place)).map_err(|e| e.to_string())?;
    let disk = Mounted::new(&root(place), &["-t", "tmpfs", "-o", "size=16m,mode=755", "none"])?;
    let copied =
        Command::new("cp").arg("-a").arg(root(&case.of.template).join(".")).arg(root(place)).status();
    if !copied.is_ok_and(|s| s.success()) {
        return Err("the project could not be copied".to_owned());
    }
    let used = rustix::fs::statvfs(root(place)).map_err(|e| e.to_string())?;
    let used = (used.f_blocks - used.f_bfree) * used.f_frsize / 1024;
    disk.remount(&format!("size={}k", used + case.room as u64))?;
    let scenario = case.of.scenario;
    let ended = Run::of(hsm, place, scenario.args).tool(scenario.tool).end();
    let verdict = judge(hsm, place, &case.of.states, &ended, Next::Recover)
        .map_err(|why| format!("{why}\n    it ended with {:?}: {}", ended.code, ended.said.trim()))?;
    Ok(Some(format!("exit code {} ({})", ended.code.unwrap_or(-1), verdict.word())))
}
