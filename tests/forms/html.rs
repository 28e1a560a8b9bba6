//! `--format html`: one file that needs no network, in which nothing of the files is more than text. Looked at by a real
//! browser, where there is one.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::project::{Project, example};
use crate::support::have;

/// A registry and a manifest by somebody who means harm.
const HOSTILE: &str = "project: {name: \"</title><script>document.title='owned'</script>\"}
services:
  # --> </pre><img src=http://evil.example/x onerror=\"document.title='owned'\"><svg onload=alert(1)>
  containers:
    - {name: web, version: \">=9\"}   # \"><iframe src=http://evil.example/>
";

fn report(project: &Project, code: i32) -> String {
    let run = project.run(&["resolve", "--format", "html"]).ends(code);
    assert!(run.out.starts_with("<!doctype html>\n"), "{}", run.out);
    run.out
}

fn conflict() -> Project {
    let project = example();
    let text = fs::read_to_string(project.path("hsm.yaml")).expect("a manifest");
    project.write(
        "hsm.yaml",
        &text.replace("constraints:\n", "constraints:\n  container:qdrant: {version: \"<1\"}\n"),
    );
    project
}

/// Nothing in the document leads out of it or runs.
#[track_caller]
fn stands_alone(page: &str) {
    let lower = page.to_ascii_lowercase();
    assert!(lower.contains("content=\"default-src 'none'; style-src 'sha256-"), "no policy");
    for bad in [
        "<script",
        "<iframe",
        "<img",
        "<link",
        "<object",
        "<embed",
        "<base",
        "<form",
        "javascript:",
        "@import",
        "style=\"",
    ] {
        assert!(!lower.contains(bad), "`{bad}` in the report");
    }
    for tag in lower.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        assert!(!tag.contains("http:") && !tag.contains("https:"), "<{tag}> leads out");
        for attribute in tag.split_whitespace().skip(1) {
            assert!(!attribute.starts_with("on") && !attribute.starts_with("src="), "<{tag}>");
        }
    }
    let style = &page[page.find("<style>").expect("a style")..page.find("</style>").expect("its end")];
    assert!(!style.contains("url("), "{style}");
}

/// Every tag that is opened is closed, in order, and what is referred to is there, once.
#[track_caller]
fn well_formed(page: &str) {
    let after = |what: &str| -> Vec<String> {
        page.split(what).skip(1).filter_map(|rest| rest.split(['"', ')']).next()).map(str::to_owned).collect()
    };
    let ids = after(" id=\"");
    for (place, id) in ids.iter().enumerate() {
        assert!(!ids[..place].contains(id), "the id {id} twice");
    }
    for words in after(" aria-labelledby=\"").into_iter().chain(after("url(#")) {
        assert!(words.split(' ').all(|id| ids.iter().any(|known| known == id)), "nothing is called {words}");
    }
    let mut open: Vec<String> = Vec::new();
    let without_style = [
        &page[..page.find("<style>").expect("a style")],
        &page[page.find("</style>").expect("its end") + 8..],
    ]
    .concat();
    for tag in without_style.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap_or_default();
        let name: String =
            tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        if tag.starts_with('!') || tag.ends_with('/') || name == "meta" {
            continue;
        }
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "closed in the wrong order");
        } else {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?} stay open");
}

#[test]
fn a_report_stands_alone_and_is_well_formed() {
    let hostile = Project::of(HOSTILE);
    let errors = Project::of("project: {name: demo}\nservices: {containers: [\"<script>\"]}\n");
    for page in [report(&example(), 0), report(&conflict(), 3), report(&hostile, 3), report(&errors, 2)] {
        stands_alone(&page);
        well_formed(&page);
    }
}

#[test]
fn a_report_is_the_same_each_time() {
    let project = example();
    assert_eq!(report(&project, 0), report(&project, 0));
    assert_eq!(report(&project, 0), report(&example(), 0));
}

#[test]
fn a_report_shows_the_whole_stack() {
    let project = example();
    let page = report(&project, 0);
    let json = project.run(&["resolve", "--format", "json"]).ends(0).json();
    for component in json["packages"].as_array().into_iter().chain(json["containers"].as_array()).flatten() {
        let name = component["name"].as_str().expect("a name");
        let id = component["id"].as_str().expect("an id");
        assert!(page.contains(&format!("<th scope=\"row\">{name}</th>")), "{name}");
        assert!(page.contains(&format!("<title>{id}</title>")), "{id}");
    }
    assert!(page.contains("<h1>The stack of "), "no heading");
}

#[test]
fn hostile_names_and_comments_stay_text() {
    let page = report(&Project::of(HOSTILE), 3);
    assert!(page.contains("&lt;img src=http://evil.example/x onerror=&quot;"), "{page}");
    let stack = Project::of(&HOSTILE.replace(">=9", ">=4"));
    let page = report(&stack, 0);
    stands_alone(&page);
    assert!(page.contains("<h1>The stack of &lt;/title&gt;&lt;script&gt;"), "{page}");
}

/// Runs the browser on a file, without any network.
fn browse(dir: &Path, args: &[&str]) -> (String, String) {
    let profile = dir.join("profile");
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1280,1600"])
        .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", "--v=0"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(args)
        .arg(format!("file://{}", dir.join("report.html").display()))
        .stdin(Stdio::null())
        .output()
        .expect("chromium runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}", text(&output.stderr));
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_browser_shows_it_without_network_and_runs_nothing() {
    if !have("a_browser_shows_it_without_network_and_runs_nothing", &["chromium"]) {
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    for (project, code) in [(example(), 0), (conflict(), 3), (Project::of(HOSTILE), 3)] {
        let page = report(&project, code);
        fs::write(dir.path().join("report.html"), &page).expect("written");
        let (dom, log) = browse(dir.path(), &["--dump-dom"]);
        let count = |text: &str, what: &str| text.matches(what).count();
        for tag in
            ["<svg", "<g ", "<text ", "<path ", "<li>", "<table", "<figure", "<mark>", "<h2 ", "<meta "]
        {
            assert_eq!(count(&dom, tag), count(&page, tag), "{tag}: the browser reads another document");
        }
        assert!(!dom.contains("<title>owned") && !dom.contains("<iframe") && !dom.contains("<img"), "{dom}");
        // what the policy refuses is told on the console, and so is what would be fetched
        for bad in ["Content Security Policy", "Refused to", "net::ERR", "Failed to load"] {
            assert!(!log.contains(bad), "{bad}:\n{log}");
        }
        let shot = dir.path().join("shot.png");
        browse(dir.path(), &[&format!("--screenshot={}", shot.display())]);
        let png = fs::read(&shot).expect("a picture");
        assert!(png.starts_with(b"\x89PNG") && png.len() > 10_000, "{} bytes", png.len());
    }
}

#[test]
fn of_a_very_large_stack_the_report_has_no_picture() {
    let project = Project::new();
    let names: Vec<String> = (0..320).map(|number| format!("p{number}")).collect();
    for name in &names {
        let text = format!("name: {name}\nversion: 1.0.0\nsources: {{prod: {{type: pypi}}}}\n");
        project.write(&format!("hsm-registry/packages/{name}.yaml"), &text);
    }
    project.write(
        "hsm.yaml",
        &format!("project: {{name: demo}}\ndependencies: {{packages: [{}]}}\n", names.join(", ")),
    );
    let page = report(&project, 0);
    assert!(
        !page.contains("class=\"graph\"") && page.contains("would show nothing"),
        "a picture of 320 packages"
    );
    assert!(names.iter().all(|name| page.contains(&format!("<th scope=\"row\">{name}</th>"))));
}

#[test]
fn conflicts_that_have_nothing_to_do_with_each_other_stand_side_by_side() {
    let project = Project::of(
        "project: {name: demo}\nservices:\n  containers:\n    - {name: web, version: \">=9\"}\n    - {name: redis, version: \">=90\"}\n",
    );
    let page = report(&project, 3);
    stands_alone(&page);
    well_formed(&page);
    assert!(page.contains("<h1>2 conflicts</h1>") && page.contains(">Conflict 2: "), "{page}");
    let fixes: Vec<&str> =
        page.split("<div class=\"fix\"><h3>").skip(1).filter_map(|rest| rest.split('.').next()).collect();
    let counted: Vec<String> = (1..=fixes.len()).map(|number| number.to_string()).collect();
    assert!(fixes.len() > 2 && fixes == counted, "{fixes:?}");
    let drawn = project.run(&["resolve", "--format", "dot"]).ends(3).out;
    assert!(drawn.contains("\"1.1. ") && drawn.contains("\"2.1. "), "{drawn}");
    assert_eq!(drawn.matches("color=red, penwidth").count(), 2, "{drawn}");
}
