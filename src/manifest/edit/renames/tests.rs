//! Laws of writing another name, over manifests written in all ways.

use proptest::prelude::*;

use super::*;
use crate::manifest::edit::read_text;

fn target(text: &str) -> TargetId {
    TargetId::parse(text).expect("a target")
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

/// An item in one of the ways in which people write it; `@` stands for its name.
fn item() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "- @",
        "- '@'   # oldest",
        "-   \"@\"",
        "- @: dev",
        "- '@': {mode: dev}  # why",
        "- {name: @, mode: prod}",
        "- {mode: prod, name: '@' }",
        "- name: @\n  mode: dev",
        "- mode: dev\n  # the name\n  name: @",
        "- @:\n    mode: dev",
    ])
}

fn selection() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "selection: @",
        "selection: '@' # one",
        "selection: [other, @]",
        "selection: [ {name: @, mode: dev}, other ]",
        "selection: {name: @}",
        "selection:\n  - other\n  - @: dev",
        "selection: {other: dev, @: prod}",
        "exclude: [@, other]",
        "exclude: @",
        "exclude:\n- @ # never",
    ])
}

fn indented(text: &str, by: usize) -> String {
    text.lines().flat_map(|line| [" ".repeat(by), line.to_owned(), "\n".to_owned()]).collect()
}

/// A manifest, and the parts of it in which the name stands.
fn manifest() -> impl Strategy<Value = String> {
    let noise = prop::sample::select(vec!["", "# older than old\n", "\n", "x-old: {old: old}\n"]);
    let parts = (prop::option::of(item()), prop::option::of(selection()), any::<bool>(), any::<bool>());
    let last = prop::sample::select(vec!["", "# no old\n", "x-later: [old, {old: old}]\n"]);
    (noise, parts, last, 1usize..5, any::<bool>(), any::<bool>()).prop_map(
        |(before, (item, selection, constraint, extra), after, step, crlf, cut)| {
            let mut text = format!("{before}project: {{name: old}} # old\n");
            if item.is_some() || selection.is_some() {
                text += "dependencies:\n";
            }
            if let Some(item) = item {
                text += &indented("packages:", step);
                if extra {
                    text += &indented("- older: dev # old", 2 * step);
                }
                text += &indented(item, 2 * step);
            }
            if let Some(selection) = selection {
                text += &indented("package_groups:", step);
                text += &indented("old: # a group", 2 * step);
                text += &indented(selection, 3 * step);
            }
            if constraint {
                text += "constraints: # on old\n";
                text += &indented("package:@: {mode: dev}", step);
            }
            text += after;
            if cut {
                text.truncate(text.trim_end().len());
            }
            if crlf { text.replace('\n', "\r\n") } else { text }
        },
    )
}

proptest! {
    /// The name changes wherever it is one, and no other byte; then there is nothing left to change.
    #[test]
    fn a_name_changes_everywhere_and_nothing_else(pattern in manifest()) {
        let before = pattern.replace('@', "old");
        prop_assume!(read_text(&before).is_some());
        let after = rename(&before, &target("package:old"), &name("new-name"), |_| true).expect("renamed").text;
        let wanted = pattern.replace("'@'", "new-name").replace("\"@\"", "new-name").replace('@', "new-name");
        prop_assert_eq!(&after, &wanted);
        let again = rename(&after, &target("package:old"), &name("new-name"), |_| true).expect("renamed").text;
        prop_assert_eq!(&again, &after);
        prop_assert!(read_text(&after).is_some());
    }

    /// A part that is not meant stays as it is.
    #[test]
    fn a_part_that_is_not_meant_stays(pattern in manifest()) {
        let before = pattern.replace('@', "old");
        let after = rename(&before, &target("package:old"), &name("new"), |_| false).expect("nothing").text;
        prop_assert_eq!(before, after);
    }
}

#[test]
fn a_group_keeps_its_line_under_another_key() {
    let text = "project: {name: p}\nservices:\n  container_groups:\n    cache: {selection: [a]}  # one\n";
    let after = rename(text, &target("container_group:cache"), &name("store"), |part| *part == Part::Group);
    assert_eq!(after.expect("renamed").text, text.replace("cache:", "store:"));
}

#[test]
fn where_both_are_there_and_say_different_things_nothing_is_written() {
    let text = "project: {name: p}\ndependencies: {packages: [old: dev, new]}\n";
    let after = rename(text, &target("package:old"), &name("new"), |_| true);
    assert!(matches!(after, Err(EditError::SaidOfBoth { .. })), "{after:?}");
    let same = text.replace("new]", "new: dev]");
    let after = rename(&same, &target("package:old"), &name("new"), |_| true).expect("renamed");
    assert_eq!(after.text, "project: {name: p}\ndependencies: {packages: [new: dev]}\n");
}

#[test]
fn where_the_name_comes_from_an_anchor_the_anchor_stays() {
    let text = "project: {name: p}\nx-n: &n old\ndependencies: {packages: [*n]}\n";
    let after = rename(text, &target("package:old"), &name("new"), |_| true).expect("renamed").text;
    assert_eq!(after, text.replace("*n", "new"));
}
