//! Real Compose, and a real engine. Without them these tests are skipped by name; under `CI` they fail.

use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};

use super::super::{Docker, MAIN_FILE};
use crate::adapters::{Action, Adapter as _, Lifecycle as _, Settings, Tool};
use crate::container::samples::{container, pairs, stack, text};
use crate::stack::{LinkSort, Stack};
use crate::world::{Command, Outcome, Real, World as _};

/// A real project's root.
pub(super) struct World {
    root: tempfile::TempDir,
    real: Real,
}

impl World {
    pub(super) fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap(), real: Real::new().unwrap() }
    }

    fn root(&self) -> &Path {
        self.root.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// A real Compose.
pub(super) struct Compose {
    tool: Tool,
}

impl Compose {
    /// Finds it the way the adapter does.
    pub(super) fn find(test: &str) -> Option<Self> {
        let world = World::new();
        match Docker.prepare(world.root(), &Settings::default(), &world.real) {
            Ok(tool) => Some(Self { tool }),
            Err(error) => skipped(test, &error.to_string()),
        }
    }

    /// `config` on a text, quiet.
    pub(super) fn config(&self, world: &World, text: &str, more: &[&str]) -> Outcome {
        let args = ["-f", "-", "--project-directory", ".", "-p", "demo", "config", "-q"];
        self.call(
            world,
            &args.iter().chain(more).map(|arg| (*arg).to_owned()).collect::<Vec<_>>(),
            Some(text),
        )
    }

    /// `config` on a text, shown.
    pub(super) fn show(&self, world: &World, text: &str) -> Outcome {
        let args = ["-f", "-", "--project-directory", ".", "-p", "demo", "config"];
        self.call(world, &args.map(str::to_owned), Some(text))
    }

    fn run(&self, world: &World, action: &Action) -> Outcome {
        let stdin = action.stdin.as_ref().map(|bytes| String::from_utf8(bytes.clone()).unwrap());
        self.call(world, &action.args, stdin.as_deref())
    }

    fn call(&self, world: &World, args: &[String], stdin: Option<&str>) -> Outcome {
        let args = self.tool.prefix.iter().chain(args).cloned().collect();
        let command = Command {
            program: self.tool.program.clone(),
            args,
            dir: world.root().to_path_buf(),
            stdin: stdin.map(|text| text.as_bytes().to_vec()),
            ..Command::default()
        };
        world.real.run(&command).unwrap()
    }
}

#[expect(clippy::print_stderr, reason = "a skipped test says which it is and why")]
fn skipped<T>(test: &str, why: &str) -> Option<T> {
    assert!(std::env::var_os("CI").is_none(), "{test} needs what is not here: {why}");
    eprintln!("skipped: {test}: {why}");
    None
}

fn said(outcome: &Outcome) -> String {
    String::from_utf8_lossy(&outcome.stderr).into_owned()
}

#[test]
fn compose_checks_the_plan_and_refuses_what_is_no_compose() {
    let Some(compose) = Compose::find("compose_checks_the_plan_and_refuses_what_is_no_compose") else {
        return;
    };
    let world = World::new();
    world.write("own.yml", "services:\n  own: {image: x}\n");
    let check = |compose_keys: &str| {
        let mut stack = stack([container("a").compose(compose_keys), container("base").built("base").base()]);
        stack.project.compose_files = vec![text("own.yml")];
        let part = Docker.plan(&stack, world.root(), &Settings::default(), &world.real).unwrap();
        assert_eq!(part.actions.len(), 2);
        let outcomes: Vec<Outcome> = part.actions.iter().map(|action| compose.run(&world, action)).collect();
        assert!(outcomes[1].ok(), "{}", said(&outcomes[1]));
        (outcomes[0].ok(), Docker.explain(&part.actions[0], &outcomes[0]))
    };
    assert!(check("{restart: always, privileged: true, mem_limit: 1g}").0);
    let (ok, why) = check("{restart: [1]}");
    assert!(!ok);
    assert!(why.starts_with("Docker Compose ended with exit code "), "{why}");
    assert!(why.contains("services.a.restart must be a string"), "{why}");
}

/// The source of a server that answers each line-less connection and then waits for the next.
const SERVER: &str = r#"
use std::io::Write;
fn main() {
    let listener = std::net::TcpListener::bind("0.0.0.0:8080").unwrap();
    for stream in listener.incoming() {
        let name = std::env::var("GREETING").unwrap_or_default();
        let peer = std::env::var("PEER_HOST").unwrap_or_default();
        let port = std::env::var("PEER_PORT").unwrap_or_default();
        let reached = match port.as_str() {
            "" => "nobody".to_owned(),
            port => match std::net::TcpStream::connect(format!("{peer}:{port}")) {
                Ok(_) => format!("{peer}:{port}"),
                Err(e) => e.to_string(),
            },
        };
        let _ = writeln!(stream.unwrap(), "{name} reaches {reached}");
    }
}
"#;

/// Compiles the server to a static program; the toolchain that runs the tests is there.
fn server(at: &Path) -> Option<()> {
    let source = at.with_extension("rs");
    std::fs::write(&source, SERVER).unwrap();
    let rustc = std::env::var_os("RUSTC").map_or_else(|| PathBuf::from("rustc"), PathBuf::from);
    let status = Process::new(rustc)
        .args(["-C", "target-feature=+crt-static", "-C", "opt-level=0", "-o"])
        .arg(at)
        .arg(&source)
        .stdin(Stdio::null())
        .status()
        .ok()?;
    std::fs::remove_file(source).unwrap();
    status.success().then_some(())
}

fn engine_runs() -> bool {
    Process::new("docker")
        .args(["info", "--format", "{{.ServerVersion}}"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn ask(port: u16) -> String {
    use std::io::Read as _;
    let mut answer = String::new();
    std::net::TcpStream::connect(("127.0.0.1", port)).unwrap().read_to_string(&mut answer).unwrap();
    answer.trim().to_owned()
}

/// A base image with a server in it, a service built from that base, and a second one that depends on it.
fn served(project: &str, port: u16) -> Stack {
    let base = container("base").built("base").base();
    let from_base = |name: &str| {
        // nothing listens to a signal in there
        let mut made = container(name).built("service").compose("stop_signal: SIGKILL");
        made.build().args = pairs("{BASE: '${HSM_IMAGE.base}'}");
        made
    };
    let peer = from_base("peer").ports(&["8080"]);
    let front = from_base("front")
        .ports(&[&format!("127.0.0.1:{port}:8080")])
        .env(&[("GREETING", Some("${HSM_MERGED_PARAMS.who:-hello}"))])
        .depends_on(&["peer"]);
    let mut stack =
        stack([base, peer, front]).link("container:front", LinkSort::DependsOn, "container:peer", &[]);
    stack.project.name = project.to_owned();
    stack
}

#[test]
fn a_stack_is_built_started_asked_and_stopped() {
    let name = "a_stack_is_built_started_asked_and_stopped";
    let Some(compose) = Compose::find(name) else { return };
    let world = World::new();
    world.write("base/Dockerfile", "FROM scratch\nCOPY server /server\n");
    world.write("service/Dockerfile", "ARG BASE\nFROM ${BASE}\nENTRYPOINT [\"/server\"]\n");
    if !engine_runs() {
        return skipped(name, "no engine runs").unwrap_or(());
    }
    if server(&world.root().join("base/server")).is_none() {
        return skipped(name, "no static program can be compiled").unwrap_or(());
    }
    let port = free_port();
    let project = format!("hsm-test-{}", std::process::id());
    let stack = served(&project, port);
    let planned = Docker.plan(&stack, world.root(), &Settings::default(), &world.real).unwrap();
    for file in &planned.files {
        world.write(file.path.to_str().unwrap(), std::str::from_utf8(file.after.as_ref().unwrap()).unwrap());
    }
    let ups = Docker.up(&stack, &[], None).unwrap();
    let mut failed = None;
    for job in &ups {
        let outcome = compose.run(&world, &job.action);
        if !outcome.ok() {
            failed = Some(Docker.explain(&job.action, &outcome));
            break;
        }
    }
    let answer = failed.is_none().then(|| ask(port));
    for job in Docker.down(&stack.project, false, world.root(), &world.real).unwrap() {
        let outcome = compose.run(&world, &job.action);
        assert!(outcome.ok(), "{}", said(&outcome));
    }
    let left = left_of(&project);
    remove_images(&project);
    assert_eq!(failed, None);
    assert_eq!(answer.as_deref(), Some("hello reaches peer:8080"));
    assert_eq!(left, "");
    assert!(world.root().join(MAIN_FILE).exists());
}

/// Containers and networks of a project.
fn left_of(project: &str) -> String {
    let filter = format!("label=com.docker.compose.project={project}");
    let list = |args: &[&str]| {
        let output = Process::new("docker").args(args).args(["-q", "--filter", &filter]).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    list(&["ps", "-a"]) + &list(&["network", "ls"])
}

fn remove_images(project: &str) {
    for name in ["front", "peer", "base"] {
        let _ended = Process::new("docker")
            .args(["image", "rm", "--force", &format!("{project}-{name}:dev")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}
