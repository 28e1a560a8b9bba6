//! Real servers: git by http, https and ssh, with and without a password, and servers that are of no use.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::place::{Place, manifest};
use crate::runs::Run;
use crate::servers::{Server, WORD, certificate, ssh, sshd};
use crate::support::{have, skip};

/// A project that follows a branch at this address.
fn follow(place: &Place, url: &str) {
    let _none = fs::remove_file(place.at("project/hsm.lock"));
    place.write("project/hsm.yaml", &manifest(&format!("{{git: \"{url}\", branch: main}}")));
}

/// hsm with settings of git.
fn with_settings(place: &Place, settings: &str, args: &[&str]) -> Run {
    place.write("settings", settings);
    let mut command = place.command("project", args);
    // these count more than settings
    for name in
        ["GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_SSL_NO_VERIFY", "GIT_ASKPASS", "GIT_SSH", "GIT_SSH_COMMAND"]
    {
        command.env_remove(name);
    }
    Run::of(&command.env("GIT_CONFIG_GLOBAL", place.at("settings")).output().expect("hsm can be started"))
}

/// A credential helper that gives this password.
fn helper(word: &str) -> String {
    format!("[credential]\n\thelper = \"!f() {{ echo username=me; echo 'password={word}'; }}; f\"\n")
}

/// Nothing of what was not fetched whole is in the cache.
#[track_caller]
fn nothing_left(place: &Place) {
    let mut left = files(&place.at("cache"));
    left.retain(|path| !matches!(path.rsplit('/').next(), Some("lock")));
    assert_eq!(left, Vec::<String>::new());
}

fn files(dir: &Path) -> Vec<String> {
    let mut out = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() && !path.is_symlink() {
            out.extend(files(&path));
        } else {
            out.push(path.display().to_string());
        }
    }
    out
}

/// A word is in no file of the cache, the project and the user's home.
#[track_caller]
fn unwritten(place: &Place, word: &str) {
    for dir in ["cache", "project", "home"] {
        for file in files(&place.at(dir)) {
            let bytes = fs::read(&file).unwrap_or_default();
            let holds = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!holds && !file.contains(word), "{file} holds the password");
        }
    }
}

#[test]
fn a_registry_is_the_same_by_http_as_by_a_path() {
    if !have("http", &["git", "python3"]) {
        return;
    }
    let place = Place::new();
    let first = place.tip();
    let server = Server::http(&place, None);
    for how in ["plain", "old"] {
        let url = server.url(how);
        follow(&place, &url);
        place.run("project", &["lock"]).ends_with(0);
        assert_eq!(place.locked("project"), place.tip(), "{how}");
        let before = place.tip();
        let tip = place.move_on(&format!("7-{how}"));
        place.run("project", &["lock"]).ends_with(0);
        assert_eq!(place.locked("project"), before, "the lock holds");
        let run = place.run("project", &["registry", "update"]).ends_with(0);
        assert!(!run.text().contains("rewritten"), "{}", run.text());
        assert_eq!(place.locked("project"), tip);
        place.run("project", &["lock"]).ends_with(0);
        // who has the lock and no cache gets a commit that is no tip any more
        let lock = place.read("project/hsm.lock");
        place.move_on(&format!("8-{how}"));
        fs::remove_dir_all(place.at("cache")).expect("removed");
        place.run("project", &["lock", "--locked"]).ends_with(0);
        assert_eq!(place.read("project/hsm.lock"), lock);
        for rev in [&first[..], &first[..9]] {
            let git = format!("{{git: \"{url}\", rev: \"{rev}\"}}");
            place.write("project/hsm.yaml", &manifest(&git));
            fs::remove_file(place.at("project/hsm.lock")).expect("removed");
            let run = place.run("project", &["resolve"]).ends_with(0);
            assert!(run.stdout.contains("redis:7\n"), "{how} {rev}: {}", run.text());
            place.run("project", &["lock"]).ends_with(0);
        }
    }
    // amended history is told from history that went on, also where each commit has to be asked for
    follow(&place, &server.url("plain"));
    place.run("project", &["lock"]).ends_with(0);
    place.git(&["commit", "--quiet", "--amend", "--allow-empty", "--message", "another"]);
    place.run("project", &["registry", "update"]).ends_with(1);
    place.run("project", &["registry", "update", "--rewritten"]).ends_with(0);
    assert_eq!(place.locked("project"), place.tip());
}

#[test]
fn a_password_comes_from_the_helper_of_git_and_goes_nowhere() {
    if !have("passwords", &["git", "python3"]) {
        return;
    }
    let place = Place::new();
    let server = Server::http(&place, None);
    let url = server.url("auth");
    follow(&place, &url);
    let lock = &["lock"][..];
    let run = with_settings(&place, "", lock).ends_with(1);
    let told = run.stderr.contains("HSM-E202") && run.stderr.contains("could not read Username");
    assert!(told && run.stderr.contains("log in once"), "{}", run.text());
    assert_eq!(server.calls().len(), 1, "it asked again: {:?}", server.calls());
    nothing_left(&place);

    let run = with_settings(&place, &helper("another word"), lock).ends_with(1);
    let told = run.stderr.contains("Authentication failed") && run.stderr.contains("is not taken");
    assert!(told && !run.text().contains("another word"), "{}", run.text());
    // once without, as git does, and once with; more might lock an account
    assert_eq!(server.calls().len(), 3, "{:?}", server.calls());
    nothing_left(&place);
    unwritten(&place, "another word");

    for args in [lock, &["registry", "update"], &["resolve"], &["sync", "--yes", "--only", "containers"]] {
        if args == ["registry", "update"] {
            place.move_on("7.9");
        }
        let run = with_settings(&place, &helper(WORD), args).ends_with(0);
        assert!(!run.text().contains(WORD), "{}", run.text());
        assert_eq!(place.locked("project"), place.tip());
    }
    assert!(server.calls().iter().any(|call| call.ends_with(" me")));
    unwritten(&place, WORD);
}

#[test]
fn a_token_that_the_settings_of_git_put_into_the_address_is_not_told() {
    if !have("tokens", &["git", "python3"]) {
        return;
    }
    let place = Place::new();
    let server = Server::http(&place, None);
    let host = format!("127.0.0.1:{}", server.port);
    for (user, right) in [("ghp_token", false), ("ghp_token:wrong", false), ("me:open%20sesame", true)] {
        for how in ["auth", "wrong", "die"] {
            follow(&place, &server.url(how));
            let settings = format!("[url \"http://{user}@{host}/\"]\n\tinsteadOf = http://{host}/\n");
            let run = with_settings(&place, &settings, &["lock"]);
            // what is no git server looks like an empty repository to git
            let code = if how == "wrong" { 2 } else { i32::from(!right || how == "die") };
            assert_eq!(run.code, code, "{}", run.text());
            for secret in ["ghp_token", "open%20sesame", WORD] {
                assert!(!run.text().contains(secret), "{how} {user}: {}", run.text());
                unwritten(&place, secret);
            }
        }
    }
}

#[test]
fn a_certificate_counts_when_the_settings_of_git_trust_it() {
    if !have("https", &["git", "python3", "openssl"]) {
        return;
    }
    let place = Place::new();
    let [certificate, key] = certificate(&place);
    let server = Server::http(&place, Some([&certificate, &key]));
    follow(&place, &format!("https://localhost:{}/plain/origin/.git", server.port));
    let run = with_settings(&place, "", &["lock"]).ends_with(1);
    let told = run.stderr.contains("HSM-E202") && run.stderr.contains("certificate");
    assert!(told && run.stderr.contains("sslCAInfo"), "{}", run.text());
    assert_eq!(server.calls(), Vec::<String>::new(), "it was spoken to nevertheless");
    nothing_left(&place);
    let trust = format!("[http]\n\tsslCAInfo = {}\n", certificate.display());
    with_settings(&place, &trust, &["lock"]).ends_with(0);
    assert_eq!(place.locked("project"), place.tip());
    // https leads nowhere else
    let plain = Server::http(&place, None);
    let to = |scheme: &str, port: u16| format!("to/{scheme}:!!localhost:{port}!plain");
    for (leads, code) in [(to("http", plain.port), 1), (to("https", server.port), 0)] {
        follow(&place, &format!("https://localhost:{}/{leads}/origin/.git", server.port));
        let run = with_settings(&place, &trust, &["lock"]).ends_with(code);
        assert!(code == 0 || run.stderr.contains("https or ssh"), "{}", run.text());
    }
    assert_eq!(plain.calls(), Vec::<String>::new());
}

#[test]
fn an_address_may_lead_to_another_host_but_never_to_a_file() {
    if !have("redirects", &["git", "python3"]) {
        return;
    }
    let place = Place::new();
    let server = Server::http(&place, None);
    let other = Server::http(&place, None);
    follow(&place, &server.url(&format!("to/http:!!localhost:{}!plain", other.port)));
    place.run("project", &["lock"]).ends_with(0);
    assert_eq!(place.locked("project"), place.tip());
    // the settings of git decide
    follow(&place, &server.url(&format!("to/http:!!localhost:{}!old", other.port)));
    let run = with_settings(&place, "[http]\n\tfollowRedirects = false\n", &["lock"]).ends_with(1);
    assert!(run.stderr.contains("HSM-E202"), "{}", run.text());
    let root = place.dir.path().display().to_string().replace('/', "!");
    for leads in [format!("file:!!{root}"), format!("ftp:!!127.0.0.1:{}", other.port)] {
        follow(&place, &server.url(&format!("to/{leads}")));
        let run = place.run("project", &["lock"]).ends_with(1);
        assert!(run.stderr.contains("HSM-E202") && run.stderr.contains("https or ssh"), "{}", run.text());
    }
}

#[test]
fn a_server_that_breaks_off_or_sends_something_else_is_named_and_leaves_nothing() {
    if !have("broken servers", &["git", "python3"]) {
        return;
    }
    let place = Place::new();
    let server = Server::http(&place, None);
    for (how, code, said, help) in [
        ("die", 1, "could not be fetched", "try again"),
        ("garbage", 1, "could not be fetched", "try again"),
        ("plain/nowhere", 1, "not found", "git ls-remote"),
        // to git that looks like an empty repository
        ("wrong", 2, "no branch `main`", "git ls-remote"),
    ] {
        follow(&place, &server.url(how));
        let run = place.run("project", &["lock"]).ends_with(code);
        let told = run.stderr.contains("HSM-E202") && run.stderr.contains(said);
        assert!(told && run.stderr.contains(help), "{how}: {}", run.text());
        assert!(!place.at("project/hsm.lock").exists());
        nothing_left(&place);
    }
    // what was fetched before is still there, and no half of a pack beside it
    follow(&place, &server.url("plain"));
    place.run("project", &["lock"]).ends_with(0);
    let (before, lock) = (files(&place.at("cache")), place.read("project/hsm.lock"));
    place.move_on("7.9");
    let settings = format!("[url \"{}\"]\n\tinsteadOf = {}\n", server.url("die"), server.url("plain"));
    let run = with_settings(&place, &settings, &["registry", "update"]).ends_with(1);
    assert!(run.stderr.contains("failed to fetch") && run.stderr.contains("try again"), "{}", run.text());
    assert_eq!(files(&place.at("cache")), before);
    assert_eq!(place.read("project/hsm.lock"), lock);
    place.run("project", &["registry", "update"]).ends_with(0);
    assert_eq!(place.locked("project"), place.tip());
}

#[test]
fn a_server_that_hangs_is_left_after_its_time_and_nothing_stays() {
    if !have("servers that hang", &["git", "python3"]) {
        return;
    }
    let place = Place::new();
    let server = Server::http(&place, None);
    for how in ["hang", "stall"] {
        follow(&place, &server.url(how));
        let before = server.calls().len();
        let began = Instant::now();
        let mut command = place.command("project", &["lock"]);
        let run = Run::of(&command.env("HSM_FETCH_TIMEOUT", "2").output().expect("started")).ends_with(1);
        let told = run.stderr.contains("nothing was heard for 2 seconds");
        assert!(told && run.stderr.contains("HSM_FETCH_TIMEOUT"), "{how}: {}", run.text());
        assert!(began.elapsed() < Duration::from_secs(30), "{how}: {:?}", began.elapsed());
        let gets = server.calls().iter().skip(before).filter(|call| call.starts_with("GET")).count();
        assert_eq!(gets, 1, "{how}: it was asked again");
        nothing_left(&place);
    }
}

#[test]
fn ctrl_c_while_a_server_hangs_ends_it_and_leaves_nothing() {
    if !have("Ctrl-C", &["git", "python3"]) {
        return;
    }
    let place = Place::new();
    let server = Server::http(&place, None);
    for (how, calls) in [("hang", 1), ("stall", 3)] {
        follow(&place, &server.url(how));
        let before = server.calls().len();
        let mut command = place.command("project", &["lock"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
        let began = Instant::now();
        while server.calls().len() < before + calls {
            assert!(began.elapsed() < Duration::from_mins(1), "{how}: it never got there");
            std::thread::sleep(Duration::from_millis(20));
        }
        let pid = Pid::from_raw(i32::try_from(child.id()).expect("a number")).expect("a process");
        kill_process(pid, Signal::INT).expect("sent");
        let run = Run::of(&child.wait_with_output().expect("ended")).ends_with(130);
        assert!(run.stderr.contains("interrupted"), "{how}: {}", run.text());
        assert!(!place.at("project/hsm.lock").exists());
        nothing_left(&place);
    }
}

#[test]
fn by_ssh_the_key_and_the_program_of_the_user_count() {
    if !have("ssh", &["git"]) {
        return;
    }
    let place = Place::new();
    let Some(server) = sshd(&place) else {
        skip("ssh", "sshd");
        return;
    };
    let user = std::process::Command::new("id").arg("-un").output().expect("id runs").stdout;
    let user = String::from_utf8_lossy(&user).trim().to_owned();
    let at = place.at("origin/.git").display().to_string();
    follow(&place, &format!("ssh://{user}@127.0.0.1:{}{at}", server.port));
    let settings = |ssh: &str| format!("[core]\n\tsshCommand = {ssh}\n");
    let good = ssh(&place, "good", "key", server.port, true);
    // a host that nobody knows, and a key that the host does not know
    let unknown = ssh(&place, "unknown-host", "key", server.port, false);
    let run = with_settings(&place, &settings(&unknown), &["lock"]).ends_with(1);
    let told = run.stderr.contains("HSM-E202") && run.stderr.contains("Host key verification failed");
    assert!(told && run.stderr.contains("compare the host's key"), "{}", run.text());
    let stranger = ssh(&place, "stranger", "host", server.port, true);
    let run = with_settings(&place, &settings(&stranger), &["lock"]).ends_with(1);
    let told = run.stderr.contains("Permission denied (publickey") && run.stderr.contains("ssh's agent");
    assert!(told, "{}", run.text());
    nothing_left(&place);
    with_settings(&place, &settings(&good), &["lock"]).ends_with(0);
    assert_eq!(place.locked("project"), place.tip());
    let tip = place.move_on("7.4");
    with_settings(&place, &settings(&good), &["registry", "update"]).ends_with(0);
    assert_eq!(place.locked("project"), tip);
    // the short form of an address knows no port; the program does
    follow(&place, &format!("{user}@127.0.0.1:{at}"));
    let mut command = place.command("project", &["lock"]);
    let ssh = format!("{good} -p {}", server.port);
    Run::of(&command.env("GIT_SSH_COMMAND", ssh).output().expect("started")).ends_with(0);
    assert_eq!(place.locked("project"), tip);
}
