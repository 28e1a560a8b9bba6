//! `hsm lock --digests` with a real engine and a registry on the loopback.
//!
//! Owns: when an image is held to a digest, and when no longer. Refuses: other parts of the lock.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use sha2::{Digest as _, Sha256};

use crate::runs::hsm;
use crate::support::have;

/// What it serves: type and bytes, by path.
type Served = BTreeMap<String, (&'static str, Vec<u8>)>;

/// A registry of images that speaks as much of the OCI distribution API as a pull needs.
struct Registry {
    port: u16,
    served: Arc<Mutex<Served>>,
}

fn digest(bytes: &[u8]) -> String {
    let hex: Vec<String> = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{}", hex.concat())
}

impl Registry {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let served =
            Arc::new(Mutex::new(Served::from([("/v2/".to_owned(), ("application/json", b"{}".to_vec()))])));
        let shared = Arc::clone(&served);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let served = Arc::clone(&shared);
                std::thread::spawn(move || answer(stream, &served));
            }
        });
        Self { port, served }
    }

    fn image(&self, name: &str, tag: &str) -> String {
        format!("127.0.0.1:{}/team/{name}:{tag}", self.port)
    }

    /// Publishes an image with a file that says `text`; its digest.
    fn publish(&self, name: &str, tag: &str, text: &str) -> String {
        let dir = tempfile::tempdir().expect("a temporary directory");
        fs::write(dir.path().join("says"), text).expect("written");
        let made = |program: &str, args: &[&str]| {
            let output = Command::new(program).args(args).current_dir(dir.path()).output();
            output.expect("it is on every machine").stdout
        };
        let tar = made("tar", &["-cf", "-", "says"]);
        fs::write(dir.path().join("tar"), &tar).expect("written");
        let layer = made("gzip", &["-nc", "tar"]);
        let config = serde_json::json!({
            "architecture": "amd64", "os": "linux", "config": {"Cmd": ["/says"]},
            "rootfs": {"type": "layers", "diff_ids": [digest(&tar)]},
        });
        let config = config.to_string().into_bytes();
        let part = |kind: &str, bytes: &[u8]| {
            let media = format!("application/vnd.docker.{kind}");
            serde_json::json!({"mediaType": media, "size": bytes.len(), "digest": digest(bytes)})
        };
        let kind = "application/vnd.docker.distribution.manifest.v2+json";
        let manifest = serde_json::json!({
            "schemaVersion": 2, "mediaType": kind, "config": part("container.image.v1+json", &config),
            "layers": [part("image.rootfs.diff.tar.gzip", &layer)],
        });
        let manifest = manifest.to_string().into_bytes();
        let own = digest(&manifest);
        let mut served = self.served.lock().expect("not poisoned");
        for bytes in [config, layer] {
            served.insert(
                format!("/v2/team/{name}/blobs/{}", digest(&bytes)),
                ("application/octet-stream", bytes),
            );
        }
        for reference in [tag, &own] {
            served.insert(format!("/v2/team/{name}/manifests/{reference}"), (kind, manifest.clone()));
        }
        own
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        for name in ["db", "cache"] {
            let image = format!("127.0.0.1:{}/team/{name}", self.port);
            let ids = Command::new("docker").args(["images", "--quiet", &image]).output();
            let ids =
                ids.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
            for id in ids.lines() {
                let mut remove = Command::new("docker");
                remove.args(["image", "rm", "--force", id]).stdout(Stdio::null()).stderr(Stdio::null());
                let _ended = remove.status();
            }
        }
    }
}

/// Answers one request and closes.
fn answer(mut stream: TcpStream, served: &Mutex<Served>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut words = head.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let found = served.lock().expect("not poisoned").get(path).cloned();
    let (status, kind, bytes) = match found {
        Some((kind, bytes)) => ("200 OK", kind, bytes),
        None => {
            ("404 Not Found", "application/json", br#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#.to_vec())
        }
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nDocker-Content-Digest: {}\r\n\
         Docker-Distribution-Api-Version: registry/2.0\r\nConnection: close\r\n\r\n",
        bytes.len(),
        digest(&bytes)
    );
    let body: &[u8] = if method == "HEAD" { &[] } else { &bytes };
    // who asked may have gone
    let _gone = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

fn write(dir: &Path, path: &str, text: &str) {
    let path = dir.join(path);
    fs::create_dir_all(path.parent().expect("inside")).expect("a directory");
    fs::write(path, text).expect("written");
}

fn container(dir: &Path, name: &str, image: &str) {
    write(
        dir,
        &format!("hsm-registry/containers/{name}.yaml"),
        &format!(
            "name: {name}\nversion: \"1\"\nsources: {{prod: {{type: docker-image, image: \"{image}\"}}}}\n"
        ),
    );
}

#[test]
fn images_are_held_to_the_digest_of_their_registry_until_their_tag_is_another() {
    if !have("images are held to digests", &["compose", "engine"]) {
        return;
    }
    let registry = Registry::new();
    let first = registry.publish("db", "1", "first");
    let dir = tempfile::tempdir().expect("a temporary directory");
    let at = dir.path();
    let db = registry.image("db", "1");
    container(at, "db", &db);
    write(at, "hsm.yaml", "project: {name: demo}\nservices: {containers: [db]}\n");
    let both = || {
        let read = |file| fs::read_to_string(at.join(file)).expect("written");
        (read("hsm.lock"), read("docker-compose.hpm.yml"))
    };
    let is_held = |image: &str| {
        let (lock, compose) = both();
        assert_eq!(lock.contains(image), compose.contains(image), "{lock}\n{compose}");
        lock.contains(image)
    };

    hsm(at, &["lock"]).ends_with(0);
    assert!(!is_held("@sha256"));
    hsm(at, &["lock", "--digests", "--offline"]).ends_with(2);
    hsm(at, &["lock", "--digests"]).ends_with(0);
    assert!(is_held(&format!("{db}@{first}")), "{:?}", both());

    // The tag moves: what is locked stays, and nothing is out of date, until it is asked for anew.
    let second = registry.publish("db", "1", "second");
    assert_ne!(first, second);
    hsm(at, &["lock"]).ends_with(0);
    hsm(at, &["lock", "--locked", "--offline"]).ends_with(0);
    hsm(at, &["lock", "--upgrade"]).ends_with(0);
    assert!(is_held(&format!("{db}@{first}")));
    hsm(at, &["lock", "--digests"]).ends_with(0);
    assert!(is_held(&format!("{db}@{second}")) && !is_held(&first));

    // Another container, and one whose registry says no, are said to be held by nothing.
    registry.publish("cache", "1", "cache");
    container(at, "cache", &registry.image("cache", "1"));
    container(at, "gone", &registry.image("gone", "1"));
    write(at, "hsm.yaml", "project: {name: demo}\nservices: {containers: [db, cache, gone]}\n");
    let run = hsm(at, &["lock"]).ends_with(0);
    assert_eq!(run.stderr.matches("HSM-W441").count(), 2, "{}", run.stderr);
    let run = hsm(at, &["lock", "--digests"]).ends_with(0);
    assert!(run.stderr.contains(&format!("no digest of {}", registry.image("gone", "1"))), "{}", run.stderr);
    assert_eq!(both().0.matches("@sha256:").count(), 2, "{}", both().0);

    // Another tag is another image.
    container(at, "db", &registry.image("db", "2"));
    write(at, "hsm.yaml", "project: {name: demo}\nservices: {containers: [db, cache]}\n");
    hsm(at, &["lock"]).ends_with(0);
    assert!(!is_held(&second) && is_held(&registry.image("cache", "1@sha256")), "{:?}", both());

    // Where nobody answers nothing is written.
    write(at, "hsm.yaml", "project: {name: demo}\nservices: {containers: [db]}\n");
    let before = both();
    let run = hsm(at, &["lock", "--digests"]).ends_with(1);
    assert!(run.stderr.contains("failed to ask for the digest of 127.0.0.1:"), "{}", run.stderr);
    assert_eq!(both(), before);
    write(at, "hsm.yaml", "project: {name: demo}\nservices: {containers: [cache]}\n");
    hsm(at, &["lock", "--no-digests"]).ends_with(0);
    assert!(!is_held("@sha256"));
}
