//! Containers that run: `up`, `build`, `status`, `down` of the binary with a real engine. Nothing is pulled: the base of
//! all images is empty, and the program in them is compiled by the toolchain that runs the tests.
//!
//! Owns: what a project's containers do while it is up, and that nothing of them is left afterwards. Refuses: what stands
//! in the files.

use std::fs;
use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::runs::hsm;
use crate::support::{have, skip};

/// A server that greets whoever connects. `check` says whether it is well, `end` ends with a code; `DIES` is the code with
/// which it ends instead of serving.
const SERVER: &str = r#"
use std::io::Write;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let code = |name: &str| std::env::var(name).ok().and_then(|code| code.parse().ok());
    match args.get(1).map(String::as_str) {
        Some("check") => {
            println!("health is {}", code("HEALTH").unwrap_or(0));
            std::process::exit(code("HEALTH").unwrap_or(0))
        }
        Some("end") => std::process::exit(args[2].parse().unwrap()),
        _ => {}
    }
    if let Some(code) = code("DIES") {
        println!("begins");
        std::thread::sleep(std::time::Duration::from_millis(20));
        eprintln!("has no password");
        std::process::exit(code);
    }
    let listener = std::net::TcpListener::bind("0.0.0.0:8080").unwrap();
    for stream in listener.incoming() {
        let file = std::env::var("GREETING_FILE").ok().and_then(|file| std::fs::read_to_string(file).ok());
        let said = file.or(std::env::var("GREETING").ok()).unwrap_or_default();
        let _ = writeln!(stream.unwrap(), "{said}");
    }
}
"#;

/// A project of its own name, of which nothing is left when the test ends, however it ends.
pub(crate) struct Project {
    dir: tempfile::TempDir,
    pub(crate) name: String,
    port: u16,
}

impl Project {
    pub(crate) fn new(name: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound").port();
        let dir = tempfile::tempdir().expect("a temporary directory");
        let project = Self { dir, name: format!("hsm-{name}-{}", std::process::id()), port };
        project.write("base/Dockerfile", "FROM scratch\nCOPY server /server\n");
        project.write("front/Dockerfile", "ARG BASE\nFROM ${BASE}\nENTRYPOINT [\"/server\"]\n");
        project.write(
            "hsm-registry/containers/base.yaml",
            "name: base\nrun: false\nsources: {dev: {type: build, path: ./base}}\n",
        );
        project.write(
            "hsm-registry/containers/front.yaml",
            "name: front\ncompose: {stop_signal: SIGKILL}\n\
             sources: {dev: {type: build, path: ./front, args: {BASE: \"${HSM_IMAGE.base}\"}}}\n",
        );
        project.greet("hello");
        project
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("inside")).expect("a directory");
        fs::write(path, text).expect("written");
    }

    /// The manifest, with what the server says.
    pub(crate) fn greet(&self, greeting: &str) {
        let (name, port) = (&self.name, self.port);
        self.write(
            "hsm.yaml",
            &format!(
                "project: {{name: {name}, mode: dev}}\nservices:\n  containers:\n    \
                 - {{name: front, ports: [\"127.0.0.1:{port}:8080\"], env: {{GREETING: {greeting}}}}}\n"
            ),
        );
    }

    /// What the running server says.
    pub(crate) fn ask(&self) -> String {
        self.try_ask().expect("somebody listens and answers")
    }

    /// The same, if somebody is there.
    pub(crate) fn try_ask(&self) -> Option<String> {
        let mut answer = String::new();
        TcpStream::connect(("127.0.0.1", self.port)).ok()?.read_to_string(&mut answer).ok()?;
        Some(answer.trim().to_owned())
    }

    /// A container that is built as `front` is.
    pub(crate) fn add(&self, name: &str, keys: &str) {
        self.write(
            &format!("hsm-registry/containers/{name}.yaml"),
            &format!(
                "name: {name}\ncompose: {{stop_signal: SIGKILL{keys}}}\n\
                 sources: {{dev: {{type: build, path: ./front, args: {{BASE: \"${{HSM_IMAGE.base}}\"}}}}}}\n"
            ),
        );
    }

    /// The manifest, with these containers.
    pub(crate) fn list(&self, items: &[&str]) {
        let items = items.iter().map(|item| format!("    - {item}\n")).collect::<Vec<_>>().concat();
        let name = &self.name;
        self.write(
            "hsm.yaml",
            &format!("project: {{name: {name}, mode: dev}}\nservices:\n  containers:\n{items}"),
        );
    }

    /// Where the server answers.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The containers, networks and volumes that it has.
    pub(crate) fn left_with_volumes(&self) -> String {
        let filter = format!("label=com.docker.compose.project={}", self.name);
        let output = Command::new("docker").args(["volume", "ls", "-q", "--filter", &filter]).output();
        self.left() + &String::from_utf8(output.expect("the engine was there").stdout).expect("text")
    }

    /// The containers and networks that it has.
    pub(crate) fn left(&self) -> String {
        let filter = format!("label=com.docker.compose.project={}", self.name);
        let list = |args: &[&str]| {
            let output = Command::new("docker").args(args).args(["-q", "--filter", &filter]).output();
            String::from_utf8(output.expect("the engine was there").stdout).expect("text")
        };
        list(&["ps", "-a"]) + &list(&["network", "ls"])
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let quiet = |args: &[&str]| {
            let mut command = Command::new("docker");
            command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let _ended = command.status();
        };
        quiet(&["compose", "--project-name", &self.name, "down", "--remove-orphans", "--volumes"]);
        for image in ["front", "second", "broken", "sick", "waits", "base"] {
            quiet(&["image", "rm", "--force", &format!("{}-{image}:dev", self.name)]);
        }
        // what was built before under these names has none any more
        let label = format!("label=com.docker.compose.project={}", self.name);
        let old = Command::new("docker").args(["images", "--quiet", "--filter", &label]).output();
        for image in
            old.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default().lines()
        {
            quiet(&["image", "rm", "--force", image]);
        }
    }
}

/// Compiles the server to a program that needs nothing beside it.
pub(crate) fn compiled(at: &Path) -> bool {
    let source = at.with_extension("rs");
    fs::write(&source, SERVER).expect("written");
    let rustc = std::env::var_os("RUSTC").map_or_else(|| PathBuf::from("rustc"), PathBuf::from);
    let status = Command::new(rustc)
        .args(["-C", "target-feature=+crt-static", "-C", "opt-level=0", "-o"])
        .arg(at)
        .arg(&source)
        .stdin(Stdio::null())
        .status();
    fs::remove_file(source).expect("it was written");
    status.is_ok_and(|status| status.success())
}

#[test]
fn up_runs_what_status_finds_in_order_and_down_leaves_nothing_of() {
    if !have("up runs containers", &["compose", "engine"]) {
        return;
    }
    let project = Project::new("up");
    if !compiled(&project.path().join("base/server")) {
        skip("up runs containers", "a static C library");
        return;
    }

    // The port is taken: the files are written, and the exit code says that nothing runs.
    let taken = TcpListener::bind(("127.0.0.1", project.port)).expect("the port was free");
    let run = hsm(project.path(), &["up"]).ends_with(7);
    assert!(
        run.stderr.contains("address already in use") || run.stderr.contains("allocated"),
        "{}",
        run.stderr
    );
    assert!(project.path().join("docker-compose.hpm.yml").exists());
    drop(taken);

    hsm(project.path(), &["up"]).ends_with(0);
    assert_eq!(project.ask(), "hello");
    assert!(hsm(project.path(), &["status"]).ends_with(0).stdout.contains("up to date"));

    // A change of the manifest is out of date until the next `up`, which puts it in place.
    project.greet("again");
    hsm(project.path(), &["status"]).ends_with(4);
    assert_eq!(project.ask(), "hello");
    hsm(project.path(), &["up", "front"]).ends_with(0);
    assert_eq!(project.ask(), "again");

    assert_ne!(project.left(), "");
    hsm(project.path(), &["down"]).ends_with(0);
    assert_eq!(project.left(), "");
    assert!(TcpStream::connect(("127.0.0.1", project.port)).is_err());
    // What was written stays, and can be brought up as it is.
    assert!(hsm(project.path(), &["status"]).ends_with(0).stdout.contains("up to date"));
    hsm(project.path(), &["up", "--frozen"]).ends_with(0);
    assert_eq!(project.ask(), "again");
    hsm(project.path(), &["down"]).ends_with(0);
    assert_eq!(project.left(), "");
}
