//! The files of a project, as a user would have written them.
//!
//! Owns: text. The order of what has no order is the writer's choice, so that it can be shuffled; and it knows on which
//! line each statement stands and which of them can be left out. Refuses: what any of it means.

mod entries;
mod manifest;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use crate::Dice;
use crate::model::{Kind, Mode, Project};
use tree::Tree;

/// The files of a project.
#[derive(Debug, Clone)]
pub struct Files {
    trees: BTreeMap<String, Tree>,
    plain: BTreeMap<String, String>,
}

/// The files by path, and the lines of statements that could be left out.
#[derive(Debug, Clone, Default)]
pub struct Text {
    /// By path.
    pub files: BTreeMap<String, String>,
    /// Path and line (counted from 1) of everything that could be left out without making the files unreadable.
    pub removable: BTreeSet<(String, usize)>,
}

/// The files of a project.
pub fn write(project: &Project) -> Files {
    let mut trees = BTreeMap::new();
    trees.insert("hsm.yaml".to_owned(), manifest::manifest(project));
    if let Some(lock) = &project.lock {
        trees.insert("hsm.lock".to_owned(), manifest::lock(lock));
    }
    for component in &project.components {
        let path = format!("hsm-registry/{}s/{}.yaml", component.id.kind.text(), component.id.name);
        let tree = if project.broken.contains(&component.id) {
            Tree::map([("name", Tree::text(component.id.name)), ("nonsense", Tree::text("1"))])
        } else {
            entries::component(component)
        };
        trees.insert(path, tree);
    }
    for group in &project.groups {
        let path = format!("hsm-registry/{}_groups/{}.yaml", group.id.kind.text(), group.id.name);
        trees.insert(path, entries::group(group));
    }
    if !project.compose_ports.is_empty() {
        trees.insert("own.yml".to_owned(), manifest::compose(&project.compose_ports));
    }
    Files { trees, plain: manifest::pythons(project) }
}

/// The directory of a component's sources for development.
pub fn checkout(kind: Kind, name: &str) -> String {
    format!("./{}/{name}", kind.text())
}

impl Files {
    /// As text, in the order of the model.
    pub fn text(&self) -> Text {
        self.render(&mut |_, _| {})
    }

    /// As text, with the keys shuffled that have no order.
    pub fn with_other_keys(&self, dice: &mut Dice) -> Text {
        self.render(&mut |is_list, order| {
            if !is_list {
                dice.shuffle(order);
            }
        })
    }

    /// As text, with the keys and the lists shuffled that have no order.
    pub fn with_other_lists(&self, dice: &mut Dice) -> Text {
        self.render(&mut |_, order| dice.shuffle(order))
    }

    fn render(&self, order: &mut Order<'_>) -> Text {
        let mut text = Text { files: self.plain.clone(), ..Text::default() };
        for (path, tree) in &self.trees {
            let (content, removable) = tree.render(order);
            text.removable.extend(removable.into_iter().map(|line| (path.clone(), line)));
            text.files.insert(path.clone(), content);
        }
        text
    }

    /// Without every statement that could be left out but those on these lines of [`Files::text`].
    pub fn only(&self, kept: &BTreeSet<(String, usize)>) -> Text {
        let trees = self.trees.iter().map(|(path, tree)| {
            let lines = kept.iter().filter(|(of, _)| of == path).map(|(_, line)| *line).collect();
            (path.clone(), tree.only(&lines))
        });
        Self { trees: trees.collect(), plain: self.plain.clone() }.text()
    }
}

/// Reorders keys, or (`true`) the items of a list.
type Order<'o> = dyn FnMut(bool, &mut [usize]) + 'o;

fn mode_index(mode: Mode) -> usize {
    match mode {
        Mode::Prod => 0,
        Mode::Dev => 1,
    }
}
