//! `registry diff`: directories, commits, exit codes and forms.

use std::fs;
use std::path::Path;
use std::process::Command;

use hsm::cli::Exit;

use super::validate::{GROUP, project};
use super::{Project, Run, json, run};

pub(super) fn git(dir: &Path, args: &[&str]) {
    let identity = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "init.defaultBranch=main"];
    let status = Command::new("git").current_dir(dir).args(identity).args(args).status().expect("git");
    assert!(status.success(), "git {args:?}");
}

/// A project whose registry is committed, with a tag.
pub(super) fn committed() -> Project {
    let project = project(GROUP);
    git(&project.path(""), &["init", "--quiet", "."]);
    git(&project.path(""), &["add", "--all"]);
    git(&project.path(""), &["commit", "--quiet", "--message", "one"]);
    git(&project.path(""), &["tag", "v1"]);
    project
}

/// The one command of these tests that needs a tool.
fn with_git(project: &Project, args: &[&str], exit: Exit) -> Run {
    let before = project.picture();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let run = run(project.command(args).env("PATH", path)).ends(exit);
    assert_eq!(before, project.picture(), "something was written");
    run
}

const GROUP_PATH: &str = "hsm-registry/container_groups/cache.yaml";

#[test]
fn commits_are_compared_with_each_other_and_with_the_files_as_they_are() {
    let project = committed();
    let run = with_git(&project, &["registry", "diff", "v1.."], Exit::Done);
    assert!(
        run.err.contains("compared v1:hsm-registry with hsm-registry: nothing has changed"),
        "{}",
        run.err
    );

    // comments, layout and the order of keys are no change
    project.write(GROUP_PATH, &format!("# caches\n{}\n", GROUP.replace("type: container_group\n", "")));
    project.write(
        "hsm-registry/containers/redis.yaml",
        "sources:\n  prod: {image: 'redis:7', type: docker-image}\nname: redis\n",
    );
    let run = with_git(&project, &["registry", "diff", "v1.."], Exit::Done);
    assert!(run.out.contains("`type` is gone") && !run.out.contains("redis"), "{}", run.out);

    project.write(GROUP_PATH, &GROUP.replace(", {name: valkey}", ""));
    let run = with_git(&project, &["registry", "diff", "v1.."], Exit::NoSolution);
    assert!(run.out.contains("option valkey is gone"), "{}", run.out);
    git(&project.path(""), &["commit", "--quiet", "--all", "--message", "two"]);
    let both = with_git(&project, &["registry", "diff", "v1..HEAD"], Exit::NoSolution);
    assert!(both.out.contains("option valkey is gone"), "{}", both.out);
    // the other way round an option is new that a project may have already
    let back = with_git(&project, &["registry", "diff", "HEAD..v1", "hsm-registry"], Exit::Done);
    assert!(back.out.contains("option valkey is new"), "{}", back.out);
    // a folder that a commit does not have
    project.write("other/containers/x.yaml", "name: x\n");
    with_git(&project, &["registry", "diff", "v1..", "other"], Exit::Failed);
    let run = with_git(&project, &["registry", "diff", "v2.."], Exit::Wrong);
    assert!(run.err.contains("no branch, tag or commit `v2`"), "{}", run.err);
    for hostile in ["--output=x..", "-v..HEAD"] {
        with_git(&project, &["registry", "diff", "--", hostile], Exit::Wrong);
    }
    assert!(!project.path("x").exists());
    // without git
    let run = project.refuses(&["registry", "diff", "v1.."], Exit::Failed);
    assert!(run.err.contains("failed to read `v1:hsm-registry`"), "{}", run.err);
}

#[test]
fn two_directories_are_compared_without_a_project() {
    let project = project(GROUP);
    fs::remove_file(project.path("hsm.yaml")).expect("removed");
    let copied =
        Command::new("cp").arg("-r").arg(project.path("hsm-registry")).arg(project.path("new")).status();
    assert!(copied.expect("cp").success());
    project.refuses(&["registry", "diff", "hsm-registry", "new"], Exit::Done);
    fs::remove_file(project.path("new/containers/valkey.yaml")).expect("removed");
    project.write(
        "new/containers/keydb.yaml",
        "name: keydb\nrenamed_from: [valkey]\nsources: {prod: {type: docker-image, image: \"keydb:7\"}}\n",
    );
    project.write("new/containers/redis.yaml", "name: [\n");
    let run = project.refuses(&["registry", "diff", "hsm-registry", "new"], Exit::NoSolution);
    assert!(run.out.contains("the entry is gone: it is now called `keydb`"), "{}", run.out);
    assert!(run.out.contains("the entry can't be read"), "{}", run.out);
    assert!(run.err.contains("error[HSM-E001]"), "{}", run.err);
    project.refuses(&["registry", "diff", "hsm-registry"], Exit::Wrong);
    project.refuses(&["registry", "diff", "hsm-registry", "nowhere"], Exit::Wrong);
}

#[test]
fn what_may_break_is_said_in_every_form() {
    let project = committed();
    project.write(GROUP_PATH, &GROUP.replace("options", "min: 2\noptions"));
    let said = json(&with_git(&project, &["registry", "diff", "v1..", "--format", "json"], Exit::NoSolution));
    assert_eq!((said["schema"].as_u64(), said["ok"].as_bool()), (Some(1), Some(false)));
    let change = &said["changes"][0];
    assert_eq!(change["id"].as_str(), Some("container_group:cache"), "{said:#}");
    assert_eq!(change["what"].as_str(), Some("`min` was `1`, is `2`"));
    assert_eq!(change["breaks"].as_str(), Some("demands"));
    assert_eq!(change["new"]["line"].as_u64(), Some(4));

    let run = with_git(&project, &["registry", "diff", "v1..", "--format", "github"], Exit::NoSolution);
    let annotation = "::error file=hsm-registry/container_groups/cache.yaml,line=4,";
    assert!(format!("{}{}", run.out, run.err).contains(annotation), "{}", run.out);
    let said =
        json(&with_git(&project, &["registry", "diff", "v1..", "--format", "sarif"], Exit::NoSolution));
    let results = said["runs"][0]["results"].as_array().into_iter().flatten();
    let rules: Vec<_> = results.map(|one| one["ruleId"].as_str().unwrap_or_default()).collect();
    // with two of two, of which each is in the other's way, the group can't take part at all
    assert_eq!(rules, ["HSM-E631", "HSM-E630"], "{said:#}");
}

/// What follows for entries that have not changed is told beside the changes, with the lines that rule it out.
#[test]
fn what_follows_from_a_change_for_something_else_is_told_apart() {
    let project = committed();
    // the group is as it was
    project.write(GROUP_PATH, &GROUP.replace(", conflicts: {container:valkey: \"*\"}", ""));
    git(&project.path(""), &["commit", "--quiet", "--all", "--message", "two"]);
    let entry = "name: redis\nsources: {prod: {type: docker-image, image: \"redis:7\"}}\n";
    project.write(
        "hsm-registry/containers/redis.yaml",
        &format!("{entry}conflicts: {{container:valkey: \"*\"}}\n"),
    );
    let args = &["registry", "diff", "HEAD.."];
    let run = with_git(&project, args, Exit::NoSolution);
    let lost = "`redis` of container_group:cache together with `valkey` of container_group:cache is no longer possible";
    let (direct, follows) =
        run.out.split_once("follows from these changes").unwrap_or_else(|| panic!("{}", run.out));
    assert!(direct.contains("container:redis") && !direct.contains("no longer possible"), "{}", run.out);
    assert!(follows.contains(lost) && follows.contains("1. container:redis conflicts with"), "{}", run.out);
    assert!(
        run.err.contains("1 change, which may break projects; 1 thing is no longer possible"),
        "{}",
        run.err
    );

    let said = json(&with_git(&project, &[&args[..], &["--format", "json"]].concat(), Exit::NoSolution));
    assert_eq!(said["changes"].as_array().map(Vec::len), Some(1), "{said:#}");
    let one = &said["follows"][0];
    assert_eq!(
        (one["what"].as_str(), one["id"].as_str()),
        (Some(lost), Some("container_group:cache")),
        "{said:#}"
    );
    assert_eq!(one["because"][0]["place"]["path"].as_str(), Some("hsm-registry/containers/redis.yaml"));
    let said = json(&with_git(&project, &[&args[..], &["--format", "sarif"]].concat(), Exit::NoSolution));
    let rules: Vec<_> =
        said["runs"][0]["results"].as_array().into_iter().flatten().map(|one| &one["ruleId"]).collect();
    assert!(rules.iter().any(|rule| rule.as_str() == Some("HSM-E631")), "{said:#}");
    // the other way nothing is lost
    let back = with_git(&project, &["registry", "diff", "HEAD..HEAD~"], Exit::NoSolution);
    assert!(back.out.contains("follows from these changes"), "{}", back.out);
    let on = with_git(&project, &["registry", "diff", "HEAD~..HEAD"], Exit::Done);
    assert!(!on.out.contains("follows from"), "{}", on.out);
}
