//! Questions: asked only where somebody is, answered by keys or by lines, and given up without a trace.

use std::fs;
use std::process::Command;

use rustix::termios::LocalModes;

use crate::project::Project;
use crate::pty::Session;
use crate::support::{Picture, skip};

const MANIFEST: &str = "project: {name: demo}
dependencies:
  packages:
    - client
services:
  container_groups:
    cache: {selection: redis}
    tools:
      selection: [red, green]   # to look at things
      exclude: [gray]
  containers:
    - web
";

const MORE: &[(&str, &str)] = &[
    (
        "container_groups/tools.yaml",
        "name: tools\ntype: container_group\nstrategy: M-of-N\nmax: 3\ncomment: Tools to look at things\noptions:\n  - {name: red, description: Shows all in red}\n  - green\n  - {name: blue, implies: {container:helper: \"\"}}\n  - gray\n",
    ),
    (
        "container_groups/spare.yaml",
        "name: spare\ntype: container_group\nstrategy: 1-of-N\noptions: [blue, gray]\n",
    ),
    ("containers/red.yaml", "name: red\nsources: {prod: {type: docker-image, image: \"red:1\"}}\n"),
    ("containers/green.yaml", "name: green\nsources: {prod: {type: docker-image, image: \"green:1\"}}\n"),
    (
        "containers/blue.yaml",
        "name: blue\ndescription: Shows all in blue\nsources: {prod: {type: docker-image, image: \"blue:1\"}}\n",
    ),
    ("containers/gray.yaml", "name: gray\nsources: {prod: {type: docker-image, image: \"gray:1\"}}\n"),
    (
        "containers/helper.yaml",
        "name: helper\ndescription: \"Helps\\e[2J others\"\nsources: {prod: {type: docker-image, image: \"helper:1\"}}\n",
    ),
    (
        "containers/other.yaml",
        "name: other\ndescription: The same name as a package\nsources: {prod: {type: docker-image, image: \"other:1\"}}\n",
    ),
];

const ENTER: &str = "\r";
const DOWN: &str = "\x1b[B";
const ESC: &str = "\x1b";
const CTRL_C: &str = "\x03";

fn project() -> Project {
    let project = Project::of(MANIFEST);
    for (path, text) in MORE {
        project.write(&format!("hsm-registry/{path}"), text);
    }
    project
}

/// hsm at a terminal that can draw.
fn command(project: &Project, args: &[&str]) -> Command {
    let mut command = project.command(args);
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    command
}

fn at_terminal(project: &Project, args: &[&str]) -> Session {
    Session::start(&command(project, args), (100, 30))
}

fn text(project: &Project) -> String {
    fs::read_to_string(project.path("hsm.yaml")).expect("readable")
}

/// Nothing but hsm's own directory may be different.
fn picture(project: &Project) -> Picture {
    Picture::of(&project.path(""), true, &[".hsm"])
}

#[test]
fn components_are_chosen_shown_and_confirmed() {
    let project = project();
    let mut session = at_terminal(&project, &["container", "add"]);
    session.shows("Containers to add:\r\n> [ ] blue").shows("Shows all in blue").shows("Enter takes");
    session.types("helps").shows("1 of 8, 0 marked").shows(": helps").types(" ").shows("[x] helper");
    // a registry's text cannot move the cursor
    session.types("\x15").shows("Helps␛[2J others").shows("8 of 8, 1 marked");
    session.types("blu").shows("1 of 8, 1 marked").types(" ").shows("2 marked").types(ENTER);
    session.shows("Containers to add: blue, helper\r\n").shows("running hsm container add blue helper\r\n");
    session
        .shows("  + container:blue\r\n  + container:helper\r\nWrite that to hsm.yaml? [y/N] ")
        .types("y\r");
    session.shows("edited hsm.yaml");
    assert_eq!(session.ends().0, 0);
    assert_eq!(text(&project), format!("{MANIFEST}    - blue\n    - helper\n"));
}

#[test]
fn each_command_offers_what_there_is_for_it() {
    let project = project();
    for (args, shown, hidden) in [
        (
            &["add"][..],
            &["container:blue", "package:other", "The same name as a package", "container_group:spare"][..],
            &["container:web", "package:client"][..],
        ),
        (&["remove"], &["container:web", "package:client", "container_group:tools"], &["redis", "other"]),
        (&["package", "add"], &["other"], &["client", "blue"]),
        (&["package", "remove"], &["client"], &["other"]),
        (&["container", "remove"], &["web"], &["redis"]),
        (&["group", "add"], &["spare", "one of blue, gray"], &["cache", "tools"]),
        (
            &["group", "remove"],
            &["cache", "tools", "Tools to look at things (some of red, green, blue, gray)"],
            &["spare"],
        ),
        (&["group", "select"], &["cache", "spare", "tools"], &[]),
        (
            &["group", "select", "tools"],
            &[
                "[x] red",
                "Shows all in red",
                "[x] green",
                "[ ] blue",
                "Shows all in blue; implies container:helper",
            ],
            &[],
        ),
        (&["group", "select", "cache"], &["* redis", "  valkey"], &["["]),
        (&["group", "add-option", "tools"], &["blue", "gray"], &["red", "green"]),
        (&["group", "remove-option"], &["cache", "tools"], &["spare"]),
        (&["group", "remove-option", "tools"], &["red", "green"], &["blue", "gray"]),
        (&["group", "include"], &["tools"], &["cache", "spare"]),
        (&["group", "include", "tools"], &["gray"], &["red", "green", "blue"]),
        (&["group", "exclude", "tools"], &["red", "green", "blue"], &["gray"]),
    ] {
        let before = picture(&project);
        let mut session = at_terminal(&project, args);
        session.shows("Esc leaves").types(ESC);
        let (code, seen) = session.ends();
        assert_eq!(code, 130, "{args:?}: {seen}");
        let menu = seen.split("Esc leaves").next().unwrap_or_default();
        let menu = menu.split_once("\r\n").map_or("", |(_, rows)| rows);
        for shown in shown {
            assert!(menu.contains(shown), "{args:?}: {shown}: {menu}");
        }
        let names = |line: &str| line.trim_start_matches(['>', ' ', '[', ']', 'x', '*']).to_owned();
        for hidden in hidden {
            assert!(
                !menu.lines().map(names).any(|name| name.starts_with(hidden)),
                "{args:?}: {hidden}: {menu}"
            );
        }
        assert!(seen.ends_with("error: given up; nothing was changed\r\n"), "{args:?}: {seen}");
        assert_eq!(before.differences(&picture(&project)), "", "{args:?}");
    }
}

#[test]
fn options_of_a_group_are_chosen() {
    let selected = |args: &[&str], keys: &[&str], confirm: &str| {
        let project = project();
        let mut session = at_terminal(&project, args);
        for keys in keys {
            session.shows("Esc leaves\r\n: ").types(keys);
        }
        session.shows(confirm).shows("[y/N] ").types("yes\r");
        assert_eq!(session.ends().0, 0);
        text(&project)
    };
    let all =
        selected(&["group", "select", "tools"], &[&[DOWN, DOWN, " ", ENTER].concat()], "+ container:helper");
    assert_eq!(all, MANIFEST.replace("[red, green]", "[red, green, blue]"));
    let other = selected(&["group", "select"], &["cache\r", &[DOWN, ENTER].concat()], "+ container:valkey");
    assert_eq!(other, MANIFEST.replace("selection: redis", "selection: valkey"));
    let fewer = selected(&["group", "remove-option", "tools"], &["gr\r"], "- container:green");
    assert_eq!(fewer, MANIFEST.replace("[red, green]", "[red]"));
    let more = selected(&["group", "add-option", "tools"], &["bl\r"], "+ container:helper");
    assert_eq!(more, all);
    let named = selected(&["group", "add"], &[ENTER], "Write that");
    assert!(named.contains("spare:"), "{named}");
    let gone = selected(&["remove"], &["web\r"], "- container:web");
    assert_eq!(gone, MANIFEST.replace("containers:\n    - web\n", "containers: []\n"));
}

#[test]
fn too_many_or_none_are_not_taken() {
    let project = project();
    let mut session = at_terminal(&project, &["group", "select", "tools"]);
    session
        .shows("2 marked")
        .types(DOWN)
        .types(DOWN)
        .types(" ")
        .shows("3 marked")
        .types(DOWN)
        .types(" ")
        .shows("4 marked");
    session.types(ENTER).shows("choose at most 3");
    session.types("zzz").shows("0 of 4").types("\x15").shows("4 of 4").types(CTRL_C);
    assert_eq!(session.ends().0, 130);
    let mut session = at_terminal(&project, &["group", "select", "cache"]);
    session
        .shows("Esc leaves")
        .types("zzz")
        .shows("0 of 2")
        .types(ENTER)
        .shows("nothing fits that")
        .types(ESC);
    assert_eq!(session.ends().0, 130);
    assert_eq!(text(&project), MANIFEST);
}

#[test]
fn an_answer_is_given_up_without_a_trace() {
    let project = project();
    let before = picture(&project);
    for (keys, code) in [
        (&[CTRL_C][..], 130),
        (&[ESC], 130),
        (&["\x04"], 130),
        // the second question is one line
        (&[ENTER, "n\r"], 130),
        (&[ENTER, "\r"], 130),
        (&[ENTER, "\x04"], 130),
        (&[ENTER, CTRL_C], 130),
    ] {
        let mut session = at_terminal(&project, &["package", "add"]);
        let modes = session.modes().local_modes;
        for (key, question) in keys.iter().zip(["Esc leaves", "[y/N] "]) {
            session.shows(question).types(key);
        }
        let ended = session.ends();
        assert_eq!(ended.0, code, "{keys:?}: {}", ended.1);
        assert_eq!(session.modes().local_modes, modes, "the terminal is as it was");
        assert_eq!(before.differences(&picture(&project)), "", "{keys:?}");
    }
}

#[test]
fn a_signal_gives_up_and_the_terminal_is_as_it_was() {
    let project = project();
    let before = picture(&project);
    for (signal, code) in [("-TERM", 143), ("-INT", 130), ("-HUP", 143)] {
        for plain in [false, true] {
            let args = if plain { &["group", "select", "--plain"][..] } else { &["group", "select"] };
            let mut session = at_terminal(&project, args);
            let modes = session.modes().local_modes;
            session.shows(if plain { "gives up: " } else { "Esc leaves" });
            assert_eq!(session.modes().local_modes.contains(LocalModes::ICANON), plain);
            session.signal(signal);
            assert_eq!(session.ends().0, code, "{signal}");
            assert_eq!(session.modes().local_modes, modes, "{signal}");
        }
    }
    assert_eq!(before.differences(&picture(&project)), "");
}

#[test]
fn who_listens_gets_a_list_and_types_a_line() {
    for (args, env) in [
        (&["--plain"][..], ("TERM", "xterm")),
        (&[], ("HSM_SCREEN_READER", "1")),
        (&[], ("TERM", "dumb")),
        (&[], ("TERM", "")),
    ] {
        let project = project();
        let mut command = command(&project, &[&["container", "add"], args].concat());
        let mut session = Session::start(command.env(env.0, env.1), (100, 30));
        session.shows("Containers to add:\r\n1. blue: Shows all in blue\r\n2. gray\r\n").shows("gives up: ");
        session
            .types("help\r")
            .shows("1. helper: Helps␛[2J others\r\nNumbers")
            .shows("gives up: ")
            .types("blue, 1\r");
        session.shows("+ container:helper\r\n").shows("[y/N] ").types("y\r");
        let (code, seen) = session.ends();
        assert_eq!(code, 0, "{seen}");
        assert!(!seen.contains('\x1b'), "nothing is drawn over: {seen:?}");
        assert_eq!(text(&project), format!("{MANIFEST}    - blue\n    - helper\n"));
    }
    let project = project();
    for given_up in ["\r", "\x04", CTRL_C] {
        let mut session = at_terminal(&project, &["package", "remove", "--plain"]);
        session.shows("gives up: ").types(given_up);
        assert_eq!(session.ends().0, 130);
    }
    assert_eq!(text(&project), MANIFEST);
}

#[test]
fn yes_confirms_and_does_not_choose() {
    let project = project();
    let mut session = at_terminal(&project, &["package", "add", "--yes"]);
    session.shows("Packages to add:").shows("Esc leaves").types(ENTER);
    let (code, seen) = session.ends();
    assert_eq!(code, 0, "{seen}");
    assert!(!seen.contains("[y/N]"), "{seen}");
    assert_eq!(text(&project), MANIFEST.replace("    - client\n", "    - client\n    - other\n"));
}

#[test]
fn who_thinks_holds_nobody_up_and_overwrites_nothing() {
    let project = project();
    let mut session = at_terminal(&project, &["package", "add"]);
    session.shows("Esc leaves").types(ENTER).shows("[y/N] ");
    project.run(&["container", "add", "blue", "--no-wait"]).ends(0);
    let other = text(&project);
    session.types("y\r").shows("was changed by someone else in the meantime; nothing was written");
    assert_eq!(session.ends().0, 2);
    assert_eq!(text(&project), other);
    assert_eq!(other, format!("{MANIFEST}    - blue\n"));
}

#[test]
fn a_quiet_question_says_what_it_is_about() {
    let project = project();
    let mut session = at_terminal(&project, &["package", "add", "--quiet"]);
    session.shows("Esc leaves").types(ENTER).shows("  + package:other\r\nWrite that").types("n\r");
    assert_eq!(session.ends().0, 130);
}

#[test]
fn a_name_of_two_kinds_is_asked_for_at_a_terminal_alone() {
    let project = project();
    let mut session = at_terminal(&project, &["add", "other"]);
    session.shows("`other` is the name of several; which?").shows("package:other").shows("container:other");
    session.shows("Esc leaves").types("cont").shows("1 of 2").types(ENTER);
    assert_eq!(session.ends().0, 0, "what was typed in full is not confirmed");
    assert_eq!(text(&project), format!("{MANIFEST}    - other\n"));
    let mut session = at_terminal(&project, &["why", "other"]);
    session.shows("which?").shows("Esc leaves").types(ENTER).shows("package:other is not in the stack");
    assert_eq!(session.ends().0, 0);
    let mut session = at_terminal(&project, &["registry", "show", "other"]);
    session.shows("which?").shows("Esc leaves").types("cont\r").shows("The same name as a package");
    assert_eq!(session.ends().0, 0);
    let mut session = at_terminal(&project, &["add", "package:other"]);
    session.shows("edited");
    assert_eq!(session.ends().0, 0);
    let mut session = at_terminal(&project, &["remove", "other"]);
    session.shows("which?").shows("Esc leaves").types(ENTER).shows("- package:other");
    assert_eq!(session.ends().0, 0);
    project.write("hsm.yaml", MANIFEST);
    for args in [&["add", "other"][..], &["why", "other"], &["registry", "path", "other"]] {
        let run = project.run(args).ends(2);
        assert!(run.err.contains("say `package:other` or `container:other`"), "{}", run.err);
        let mut session = at_terminal(&project, &[args, &["--no-input"]].concat());
        session.shows("is ambiguous");
        assert_eq!(session.ends().0, 2);
    }
}

#[test]
fn nobody_is_asked_where_nobody_is() {
    let project = project();
    let before = picture(&project);
    for (args, missing) in [
        (&["add"][..], "`hsm add` needs NAME"),
        (&["remove"], "`hsm remove` needs NAME"),
        (&["package", "add"], "`hsm package add` needs NAME"),
        (&["package", "remove"], "`hsm package remove` needs NAME"),
        (&["container", "add"], "`hsm container add` needs NAME"),
        (&["container", "remove"], "`hsm container remove` needs NAME"),
        (&["group", "add"], "`hsm group add` needs GROUP"),
        (&["group", "remove"], "`hsm group remove` needs GROUP"),
        (&["group", "select"], "`hsm group select` needs GROUP and OPTION"),
        (&["group", "select", "tools"], "`hsm group select` needs OPTION"),
        (&["group", "add-option", "tools"], "`hsm group add-option` needs OPTION"),
        (&["group", "remove-option", "tools"], "`hsm group remove-option` needs OPTION"),
        (&["group", "include"], "`hsm group include` needs GROUP and OPTION"),
        (&["group", "exclude"], "`hsm group exclude` needs GROUP and OPTION"),
    ] {
        let run = project.run(args).ends(2);
        assert!(run.err.contains(missing) && run.out.is_empty(), "{}", run.err);
        let run = project.run(&[args, &["--yes"]].concat()).ends(2);
        assert!(run.err.contains(missing), "--yes chooses nothing: {}", run.err);
        let json = project.run(&[args, &["--format", "json"]].concat()).ends(2);
        assert!(json.json().to_string().contains(missing), "{}", json.out);
        let mut session = at_terminal(&project, &[args, &["--no-input"]].concat());
        session.shows(missing);
        assert_eq!(session.ends().0, 2, "--no-input");
    }
    for ci in ["true", "1"] {
        let mut command = command(&project, &["add"]);
        let mut session = Session::start(command.env("CI", ci), (100, 30));
        session.shows("`hsm add` needs NAME");
        assert_eq!(session.ends().0, 2);
    }
    assert_eq!(before.differences(&picture(&project)), "");
}

#[test]
fn a_menu_fits_a_small_terminal_and_a_large_registry() {
    let project = project();
    for number in 0..600 {
        let about = "many words 漢字漢字 ".repeat(20);
        let entry = format!(
            "name: c{number}\ndescription: {about}\nsources: {{prod: {{type: docker-image, image: \"x:1\"}}}}\n"
        );
        project.write(&format!("hsm-registry/containers/c{number}.yaml"), &entry);
    }
    for (columns, rows) in [(20, 6), (40, 10), (200, 50)] {
        let mut session = Session::start(&command(&project, &["container", "add"]), (columns, rows));
        session.shows("Containers to add:").shows(": ").types("c599").shows(": c599").types(ESC);
        let (code, seen) = session.ends();
        assert_eq!(code, 130);
        for frame in seen.split("\x1b[J").filter(|frame| frame.starts_with("Containers to add:")) {
            let lines: Vec<&str> = frame.split("\r\n").collect();
            assert!(lines.len() < usize::from(rows), "{rows}: {frame}");
            for line in lines.iter().take(lines.len() - 1) {
                let wide = line.chars().filter(|c| ('漢'..='漢').contains(c) || *c == '字').count();
                assert!(line.chars().count() + wide < usize::from(columns), "{columns}: {line:?}");
            }
        }
    }
}

#[test]
fn a_checkout_that_is_missing_is_got_after_a_yes_and_nothing_is_done_after_a_no() {
    let project = Project::of("project: {name: demo, mode: dev}\nservices:\n  containers: [api]\n");
    let origin = project.path("origin");
    fs::create_dir_all(&origin).expect("a directory");
    fs::write(origin.join("Dockerfile"), "FROM scratch\n").expect("written");
    let git = |args: &[&str]| {
        let named = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgSign=false"];
        let run = Command::new("git").current_dir(&origin).args(named).args(args).output();
        run.is_ok_and(|output| output.status.success())
    };
    if !git(&["init", "--quiet"]) {
        skip("a checkout that is asked for", "git");
        return;
    }
    assert!(git(&["add", "--all"]) && git(&["commit", "--quiet", "--message", "first"]));
    let entry = format!(
        "name: api\nsources: {{dev: {{type: git, url: \"file://{}\", path: ./api}}}}\n",
        origin.display()
    );
    project.write("hsm-registry/containers/api.yaml", &entry);
    let before = Picture::of(&project.path(""), true, &[]);
    let mut session = at_terminal(&project, &["sync"]);
    session
        .shows("`api` does not exist")
        .shows("Shall hsm get it with git now?")
        .shows("[y/N] ")
        .types("n\r");
    assert_eq!(session.ends().0, 2);
    assert_eq!(before.differences(&Picture::of(&project.path(""), true, &[])), "");
    let mut session = at_terminal(&project, &["sync"]);
    session.shows("[y/N] ").types("y\r");
    let (code, seen) = session.ends();
    assert!(code == 1 && seen.contains("git was not found"), "{seen}");
    let mut with_tools = command(&project, &["sync"]);
    with_tools.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let mut session = Session::start(&with_tools, (100, 30));
    session.shows("[y/N] ").types("y\r");
    let (code, seen) = session.ends();
    assert_eq!(code, 0, "{seen}");
    assert!(project.path("api/Dockerfile").exists());
}
