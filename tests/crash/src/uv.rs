//! Gate `uv`: the real uv, or hsm with it, killed at points of a real sync with builds. The environment must come back as it
//! was, without network.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use hsm_oracle::dice::Dice;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::judge::{States, Verdict, settle};
use crate::picture::{Picture, Times};
use crate::plan::{Counted, Findings, Plan};
use crate::project::root;
use crate::run::{Hsm, Run};
use crate::sweep::copy;

/// So many points.
const POINTS: usize = 200;
/// Where uv writes down from where and when it installed something: no two places have the same.
const OF_THE_PLACE: [&str; 3] = ["RECORD", "direct_url.json", "uv_cache.json"];
const ADD: &[&str] = &["add", "package:libb", "package:libc", "--sync", "--offline"];

/// A build backend without requirements, so that nothing is fetched; it takes a moment.
const BACKEND: &str = r#"
import os, time, zipfile
def get_requires_for_build_wheel(config_settings=None): return []
get_requires_for_build_editable = get_requires_for_build_wheel
def build_wheel(where, config_settings=None, metadata_directory=None):
    time.sleep(0.1)
    name = "NAME-1.0-py3-none-any.whl"
    info = "NAME-1.0.dist-info/"
    with zipfile.ZipFile(os.path.join(where, name), "w") as wheel:
        for number in range(50):
            wheel.writestr(f"NAME/part{number}.py", "value = 1\n")
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: NAME\nVersion: 1.0\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(info + "RECORD", "")
    return name
build_editable = build_wheel
"#;

#[derive(Debug, Clone, Copy)]
enum Kill {
    /// uv alone, with all that it started.
    Tool,
    /// hsm, and then uv with all that it started.
    Both,
}

struct Case {
    /// After so many thousandths of the time that a whole run takes.
    at: usize,
    kill: Kill,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}@{}", self.kill, self.at)
    }
}

/// Runs the kills that the plan asks for; without uv, none.
pub(crate) fn run(plan: &Plan, hsm: &Hsm) -> Findings {
    if !Command::new("uv").arg("--version").output().is_ok_and(|o| o.status.success()) {
        return Findings::skipped("uv is not on this machine".to_owned());
    }
    // Without the fake tools before it.
    let hsm = Hsm { tools: "/nowhere".into(), ..hsm.clone() };
    let template = plan.work.join("template");
    write_project(&template);
    let first = Run::of(&hsm, &template, &["sync", "--offline"]).end();
    assert_eq!(first.code, Some(0), "the first sync failed: {}", first.said);
    let whole = plan.work.join("whole");
    copy(&template, &whole);
    let old = Picture::of(&whole);
    let start = Instant::now();
    let ended = Run::of(&hsm, &whole, ADD).end();
    let time = start.elapsed();
    assert_eq!(ended.code, Some(0), "an untouched run failed: {}", ended.said);
    let states = States { old, new: Picture::of(&whole).with_any(&OF_THE_PLACE) };

    let mut dice = Dice::new(plan.seed);
    let cases = (0..POINTS).map(|number| Case {
        at: dice.below(1000),
        kill: if number % 2 == 0 { Kill::Tool } else { Kill::Both },
    });
    let cases = plan.choose(cases.collect());
    let results = plan.each(&cases, |_, case, place| {
        run_case(&hsm, case, &template, (&states, time), place).map_err(|why| (case.to_string(), why))
    });
    Findings::of("uv", results)
}

fn run_case(
    hsm: &Hsm,
    case: &Case,
    template: &Path,
    (states, time): (&States, Duration),
    place: &Path,
) -> Counted {
    copy(template, place);
    let started = Run::of(hsm, place, ADD).start();
    // Other cases take their part of the machine.
    std::thread::sleep(time * u32::try_from(case.at).unwrap_or(0) / 700);
    let hsms = Pid::from_child(&started.child);
    if matches!(case.kill, Kill::Both) {
        let _ended_before = kill_process(hsms, Signal::KILL);
    }
    let hit = kill_tools(place);
    let ended = started.end();
    kill_tools(place);
    let said = format!("it ended with {:?} {:?}: {}", ended.code, ended.signal, ended.said.trim());
    let fits = match ended.code {
        Some(0) => states.is(place, Verdict::New, "it said it was done").map(drop),
        // Killed: it may have been done before.
        None => Ok(()),
        Some(1) => states.is(place, Verdict::Old, "it failed").map(drop),
        Some(_) => Err("an unexpected end".to_owned()),
    };
    fits.map_err(|why| format!("{why}\n    {said}"))?;
    let verdict = settle_offline(hsm, place, states)?;
    let what =
        if hit { format!("{:?} at work", case.kill) } else { format!("{:?} before or after", case.kill) };
    Ok(Some(format!("{what} ({})", verdict.word())))
}

/// Recovers where there is no network at all, if such a place can be made.
fn settle_offline(hsm: &Hsm, place: &Path, states: &States) -> Result<Verdict, String> {
    let mut command = Command::new("unshare");
    command.args(["--net", "--"]).arg(&hsm.program).arg("recover").current_dir(root(place));
    match command.output() {
        Ok(output) if output.status.success() => {}
        // No right to: then with what there is; recovery runs no tool anyway.
        _ => return settle(hsm, place, states, Times::Count),
    }
    settle(hsm, place, states, Times::Count)
}

/// Ends the tools of a project with all that they started: those that hold its lock as their input.
fn kill_tools(place: &Path) -> bool {
    let lock = root(place).join(".hsm/lock");
    let mut hit = false;
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        if fs::read_link(process.path().join("fd/0")).is_ok_and(|file| file == lock) {
            let number = process.file_name().to_string_lossy().parse().ok();
            if let Some(pid) = number.and_then(Pid::from_raw) {
                hit |= kill_process_group(pid, Signal::KILL).is_ok();
            }
        }
    }
    hit
}

fn write_project(place: &Path) {
    let put = |path: &str, text: &str| {
        let path = root(place).join(path);
        fs::create_dir_all(path.parent().expect("inside")).expect("a directory");
        fs::write(path, text).expect("a file");
    };
    put("hsm.yaml", "project: {name: demo, mode: dev}\ndependencies:\n  packages:\n    - liba\n");
    for name in ["liba", "libb", "libc"] {
        put(
            &format!("{name}/pyproject.toml"),
            &format!(
                "[project]\nname = \"{name}\"\nversion = \"1.0\"\nrequires-python = \">=3.9\"\n\n[build-system]\nrequires = []\n\
                 build-backend = \"backend\"\nbackend-path = [\".\"]\n"
            ),
        );
        put(&format!("{name}/backend.py"), &BACKEND.replace("NAME", name));
        put(
            &format!("hsm-registry/packages/{name}.yaml"),
            &format!("name: {name}\nversion: \"1.0\"\nsources:\n  dev: {{type: local, path: ./{name}}}\n"),
        );
    }
}
