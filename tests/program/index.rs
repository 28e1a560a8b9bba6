//! Package indexes on this machine, to see who is asked for what.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// Writes a wheel of one module.
const WHEEL: &str = r#"
import sys, zipfile
where, name, version, requires = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
info = "%s-%s.dist-info/" % (name, version)
with zipfile.ZipFile("%s/%s-%s-py3-none-any.whl" % (where, name, version), "w") as wheel:
    wheel.writestr(name + ".py", "version = %r\n" % version)
    needs = "".join("Requires-Dist: %s\n" % r for r in requires)
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: %s\nVersion: %s\n%s" % (name, version, needs))
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr(info + "RECORD", "")
"#;

/// An index that is asked over HTTP on the loopback interface, as long as it lives.
pub(crate) struct Index {
    port: u16,
    files: tempfile::TempDir,
    asked: Arc<Mutex<Vec<String>>>,
    over: Arc<AtomicBool>,
    server: Option<JoinHandle<()>>,
}

impl Index {
    /// An index with these wheels (name, version, requirements). `secret`: the word that stands for the user and the password
    /// in a request, without which nothing is given out.
    pub(crate) fn new(wheels: &[(&str, &str, &[&str])], secret: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let (asked, over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let mut index =
            Self { port, files: tempfile::tempdir().expect("a directory"), asked, over, server: None };
        for (name, version, requires) in wheels {
            index.add(name, version, requires);
        }
        let (dir, asked, over) =
            (index.files.path().to_owned(), Arc::clone(&index.asked), Arc::clone(&index.over));
        let server = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(stream) = stream {
                    // who hangs up is not heard
                    let _ended = answer(stream, &dir, &asked, secret);
                }
            }
        });
        index.server = Some(server);
        index
    }

    /// One more wheel.
    pub(crate) fn add(&self, name: &str, version: &str, requires: &[&str]) {
        let dir = self.files.path().join(name);
        fs::create_dir_all(&dir).expect("made");
        let mut command = Command::new("python3");
        command.args(["-c", WHEEL]).arg(&dir).args([name, version]).args(requires);
        assert!(command.status().expect("python3 runs").success());
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/simple", self.port)
    }

    /// What hsm calls it.
    pub(crate) fn name(&self) -> String {
        format!("127-0-0-1-{}-simple", self.port)
    }

    /// The distributions that it was asked for, sorted.
    pub(crate) fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.lock().expect("nobody panicked").clone();
        asked.sort();
        asked.dedup();
        asked
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        let _wakes = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(server) = self.server.take() {
            let _ended = server.join();
        }
    }
}

fn answer(
    mut stream: TcpStream,
    dir: &Path,
    asked: &Mutex<Vec<String>>,
    secret: Option<&str>,
) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let mut allowed = secret.is_none();
    for line in lines.by_ref() {
        let line = line?;
        allowed |= secret.is_some_and(|secret| {
            line.to_lowercase().starts_with("authorization: basic") && line.ends_with(secret)
        });
        if line.is_empty() {
            break;
        }
    }
    let path =
        first.split(' ').nth(1).unwrap_or_default().trim_start_matches("/simple/").trim_end_matches('/');
    let (name, file) = path.split_once('/').unwrap_or((path, ""));
    if file.is_empty() {
        asked.lock().expect("nobody panicked").push(name.to_owned());
    }
    let (status, kind, body) = match fs::read(dir.join(name).join(file)) {
        _ if !allowed => ("401 Unauthorized", "text/plain", Vec::new()),
        Ok(bytes) => ("200 OK", "application/octet-stream", bytes),
        Err(_) => match page(&dir.join(name)) {
            Some(page) if file.is_empty() => ("200 OK", "text/html", page.into_bytes()),
            _ => ("404 Not Found", "text/plain", Vec::new()),
        },
    };
    let more = if allowed { "" } else { "WWW-Authenticate: Basic realm=\"x\"\r\n" };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n{more}Connection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    if !first.starts_with("HEAD") {
        stream.write_all(&body)?;
    }
    Ok(())
}

/// The page of a distribution.
fn page(dir: &Path) -> Option<String> {
    let names = fs::read_dir(dir).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let name = dir.file_name()?.to_string_lossy();
    let link = |file: String| format!("<a href=\"/simple/{name}/{file}\">{file}</a>");
    let links = names.map(link).collect::<Vec<_>>().join("\n");
    Some(format!("<!DOCTYPE html><html><body>\n{links}\n</body></html>\n"))
}
