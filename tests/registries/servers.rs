//! Servers on this machine: git by http, also one that misbehaves, and by ssh.
//!
//! Owns: starting and ending them, and their keys and certificates. Refuses: what hsm makes of them.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::place::{Place, script};

/// The password that the server takes of the user `me`.
pub(crate) const WORD: &str = "open sesame";

/// A server that ends with the test.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    log: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

impl Server {
    /// `serve.py` of a place's repository, with this certificate and key if it speaks TLS.
    pub(crate) fn http(place: &Place, tls: Option<[&Path; 2]>) -> Self {
        let log = place.at(if tls.is_some() { "calls-tls" } else { "calls" });
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/registries/serve.py");
        let mut command = Command::new("python3");
        command.arg(program).arg(place.dir.path()).arg(&log).args(tls.iter().flatten());
        // the server is another machine's
        command.env("HOME", place.dir.path()).env_remove("GIT_CONFIG_GLOBAL");
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("python3 can be started");
        let mut port = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut port).expect("a port");
        Self { child, port: port.trim().parse().expect("a number"), log }
    }

    /// Where the place's repository is served in this way.
    pub(crate) fn url(&self, how: &str) -> String {
        format!("http://127.0.0.1:{}/{how}/origin/.git", self.port)
    }

    /// The calls so far.
    pub(crate) fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

/// A certificate of this machine that nobody vouches for, and its key.
pub(crate) fn certificate(place: &Place) -> [PathBuf; 2] {
    let [certificate, key] = [place.at("certificate.pem"), place.at("key.pem")];
    let output = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args([
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
        ])
        .arg("-out")
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output()
        .expect("openssl can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    [certificate, key]
}

/// A sshd with a key of its own that lets in the owner of `key` of a place as the user who runs the test. `None`: there is
/// none on this machine.
pub(crate) fn sshd(place: &Place) -> Option<Server> {
    let found = Command::new("sh").args(["-c", "command -v sshd && command -v ssh-keygen"]).output().ok()?;
    let found = String::from_utf8_lossy(&found.stdout).into_owned();
    // it asks to be called by its whole path
    let [sshd, keygen] = found.lines().collect::<Vec<_>>()[..] else { return None };
    for name in ["key", "host"] {
        let args = ["-q", "-t", "ed25519", "-N", "", "-f"];
        let made = Command::new(keygen).args(args).arg(place.at(name)).status().expect("ssh-keygen runs");
        assert!(made.success());
    }
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its number").port();
    let log = place.at("sshd-log");
    let child = Command::new(sshd)
        .args(["-D", "-e", "-f", "/dev/null", "-p", &port.to_string(), "-h"])
        .arg(place.at("host"))
        .arg(format!("-oAuthorizedKeysFile={}", place.at("key.pub").display()))
        .args(["-oListenAddress=127.0.0.1", "-oStrictModes=no", "-oUsePAM=no", "-oPidFile=none"])
        .args(["-oPasswordAuthentication=no", "-oKbdInteractiveAuthentication=no", "-oPermitRootLogin=yes"])
        .stdout(Stdio::null())
        .stderr(fs::File::create(&log).expect("a log"))
        .spawn()
        .expect("sshd can be started");
    let server = Server { child, port, log };
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(began.elapsed() < Duration::from_mins(1), "sshd: {:?}", server.calls());
        std::thread::sleep(Duration::from_millis(20));
    }
    Some(server)
}

/// A program that git takes for ssh, with this key, and with the host's key known or not.
pub(crate) fn ssh(place: &Place, name: &str, key: &str, port: u16, known: bool) -> String {
    if known {
        let host = place.read("host.pub");
        place.write("known", &format!("[127.0.0.1]:{port} {host}"));
    }
    let known = if known { place.at("known") } else { place.at("unknown") };
    let at = place.at(name);
    script(
        &at,
        &format!(
            "exec ssh -F /dev/null -i '{}' -o IdentitiesOnly=yes -o IdentityAgent=none -o UserKnownHostsFile='{}' -o GlobalKnownHostsFile=/dev/null \"$@\"",
            place.at(key).display(),
            known.display()
        ),
    );
    at.display().to_string()
}
