//! How an edit of a registry gets to the disk: read by the real reader and solved on a copy of the machine in memory,
//! then written, all of it or nothing.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::Site;
use crate::adapters::git::registries::name_of;
use crate::cli::args::Choice;
use crate::cli::commands::edit::weigh;
use crate::cli::commands::schema::keep as keep_schemas;
use crate::cli::commands::{Context, Fail, sync};
use crate::cli::voice::SCHEMA;
use crate::diagnostic::{Diagnostic, any_error};
use crate::load::{self, Report, Shelf};
use crate::names::{Name, TargetId};
use crate::registry::{Entry, Listed, RegistryDir, folder_of};
use crate::road::{Resolved, Road, Stop};
use crate::schema;
use crate::transaction::ProjectLock;
use crate::world::Laid;

/// A registry that is about to be written, in its project.
pub(super) struct Desk<'c> {
    pub context: &'c Context<'c>,
    pub site: Site,
    pub shelf: Shelf<'c>,
    _lock: Option<ProjectLock>,
}

/// A file with the bytes that are there and those that are to be; `None`: no file.
pub(super) struct FileEdit {
    pub path: PathBuf,
    pub before: Option<Vec<u8>>,
    pub after: Option<Vec<u8>>,
}

/// What an edit that makes the project worse needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Judge {
    /// A project that could be solved must stay so.
    Kindly,
    /// Besides, nothing may be wrong with the project's files.
    Strictly,
    /// Nothing: the user insists.
    Forced,
}

impl Judge {
    pub(super) fn unless(force: bool) -> Self {
        if force { Self::Forced } else { Self::Kindly }
    }
}

impl<'c> Desk<'c> {
    /// Takes the project, where there is one, and lists its registries.
    pub(super) fn open(context: &'c Context<'c>, what: &str, wait: bool) -> Result<Self, Fail> {
        let site = Site::find(context)?;
        let lock = if site.in_project {
            Some(sync::enter(context, context.road(&site.root), what, wait)?)
        } else {
            None
        };
        let shelf = site.shelf(context, context.world)?;
        Ok(Self { context, site, shelf, _lock: lock })
    }

    /// The number of the registry to write to: the one that is named, else the first. The usual place is made where
    /// there is none at all.
    pub(super) fn number(&self, registry: Option<&str>) -> Result<usize, Fail> {
        if let Some(name) = registry {
            return super::number_of(&self.shelf, name);
        }
        if self.shelf.registries.count() == 0 && !self.site.in_project {
            return Err(Fail::usage(format!("{}; `hsm init` makes a project with one", super::NO_REGISTRY)));
        }
        Ok(0)
    }

    /// The file of an entry that is not there yet.
    pub(super) fn file_for(&self, number: usize, target: &TargetId, name: &Name) -> PathBuf {
        let usual =
            || load::usual_place(&self.site.root).join(folder_of(target)).join(format!("{name}.yaml"));
        self.shelf.registries.file_for(number, target, name).unwrap_or_else(usual)
    }

    pub(super) fn shown(&self, path: &Path) -> String {
        self.shelf.registries.shown_path(path)
    }

    /// The file of a new entry. In the project it begins with the line by which editors find its schema; the schemas
    /// that a registry elsewhere could name are not its own.
    pub(super) fn new_file(&self, path: PathBuf, text: &str) -> FileEdit {
        let own = path.strip_prefix(&self.site.root).ok().filter(|_| self.site.in_project);
        let line = own.and_then(|own| schema::line_for(&own.to_string_lossy().replace('\\', "/")));
        let after = line.unwrap_or_default() + text;
        FileEdit { path, before: None, after: Some(after.into_bytes()) }
    }

    /// The bytes of an entry's file, and the entry.
    pub(super) fn entry(&mut self, listed: &Listed) -> Result<(Vec<u8>, std::sync::Arc<Entry>), Fail> {
        let world = self.context.world;
        let bytes = world.read(&listed.path).map_err(|e| Fail::system("read", &listed.path, e))?;
        match self.shelf.registries.load_listed(listed, &mut self.shelf.sources) {
            Ok(Some(entry)) => Ok((bytes, entry)),
            Ok(None) => Err(Fail::usage(format!("`{}` is gone", listed.shown))),
            Err(diagnostics) => Err(self.wrong(diagnostics)),
        }
    }

    fn wrong(&self, diagnostics: Vec<Diagnostic>) -> Fail {
        Stop::Wrong(Report { sources: self.shelf.sources.clone(), diagnostics }).into()
    }

    /// Reads entries as they will be, and looks whether what they name is there.
    pub(super) fn vet(&self, files: &[FileEdit], number: usize, target: &TargetId) -> Result<(), Fail> {
        let trial = self.laid(files);
        let opened = self.site.shelf(self.context, &trial)?;
        let Some(listed) = opened.registries.listed(number, target) else {
            return Err(Fail::usage(format!("{target} would not be found where it would be written")));
        };
        let voice = self.context.voice;
        // the registry that is written comes first, so that the entry counts even if another one hides it
        let dirs = opened.registries.dirs().map(|(name, path)| RegistryDir {
            name: Name::parse(name).ok(),
            path: path.to_owned(),
            place: None,
        });
        let mut dirs: Vec<RegistryDir> = dirs.collect();
        dirs[..=number].rotate_right(1);
        let report = load::check_entry(&self.site.root, &dirs, target, &trial);
        if any_error(&report.diagnostics) {
            voice.note(&format!("{} would be wrong, so nothing was written", listed.shown));
            return Err(Stop::Wrong(report).into());
        }
        voice.diagnostics(&report.sources, &report.diagnostics);
        if let Some(winner) = &listed.hidden_by {
            voice.warn(&format!("the registry `{winner}` has {target} too, and is searched first"));
        }
        let hides = opened.registries.listed_as(target).into_iter().find(|other| other.number > number);
        if let Some(hidden) = hides.filter(|_| files.iter().any(|file| file.before.is_none())) {
            voice.warn(&format!("it hides {target} of the registry `{}`", hidden.registry));
        }
        Ok(())
    }

    fn laid(&self, files: &[FileEdit]) -> Laid<'c> {
        Laid::over(self.context.world, files.iter().map(|file| (file.path.clone(), file.after.clone())))
    }

    /// Solves the project without and with the edit; says what changes, or why it may not be made.
    pub(super) fn judge(&self, files: &[FileEdit], judge: Judge) -> Result<Vec<String>, Fail> {
        if !self.site.in_project {
            return Ok(Vec::new());
        }
        let (context, root) = (self.context, self.site.root.as_path());
        let wish = context.wish(&Choice::default())?;
        let laid = self.laid(files);
        let before = context.road(root).resolve(&wish);
        let after = Road { world: &laid, ..context.road(root) }.resolve(&wish);
        let stopped = |solved: &Result<Resolved, Stop>| matches!(solved, Err(Stop::Interrupted(_)));
        let wrong = |solved: &Result<Resolved, Stop>| matches!(solved, Err(Stop::Wrong(_)));
        let unsolved = |solved: &Result<Resolved, Stop>| matches!(solved, Err(Stop::Unsolved { .. }));
        if stopped(&before) || stopped(&after) || after.is_ok() {
            return weigh(context, before, after);
        }
        let bad = wrong(&after) || unsolved(&after);
        match judge {
            Judge::Forced if bad => {
                context.voice.warn("the project has no solution now; `hsm resolve` says why");
                Ok(Vec::new())
            }
            Judge::Kindly if bad && before.is_err() && (wrong(&before) || wrong(&after)) => {
                context.voice.warn("something is wrong with the project, as before; `hsm check` says what");
                Ok(Vec::new())
            }
            _ => weigh(context, before, after).inspect_err(|_| {
                if judge == Judge::Kindly {
                    context.voice.note("nothing was written; `--force` writes it all the same");
                }
            }),
        }
    }

    /// What lies in a git repository is read only.
    fn refuse_in_git(&self, files: &[FileEdit]) -> Result<(), Fail> {
        let within = |file: &FileEdit| {
            let dirs = self.shelf.registries.dirs().filter(|(_, dir)| name_of(dir).is_some());
            dirs.map(|(name, dir)| (name.to_owned(), dir)).find(|(_, dir)| file.path.starts_with(dir))
        };
        match files.iter().find_map(within) {
            None => Ok(()),
            Some((name, _)) => Err(Fail::usage(format!(
                "the registry `{name}` lies in a git repository: change it there, then `hsm registry update {name}`; or copy \
                 it with `hsm registry vendor {name} --use`"
            ))),
        }
    }

    /// Writes the files, all of them or none, and says so.
    pub(super) fn write(&self, files: &[FileEdit]) -> Result<(), Fail> {
        self.refuse_in_git(files)?;
        for (at, file) in files.iter().enumerate() {
            if let Err(fail) = self.write_one(file) {
                for done in files[..at].iter().rev() {
                    let back = FileEdit {
                        path: done.path.clone(),
                        before: done.after.clone(),
                        after: done.before.clone(),
                    };
                    if let Err(Fail::System { error, .. }) = self.write_one(&back) {
                        let path = self.shown(&done.path);
                        self.context.voice.warn(&format!("`{path}` could not be put back: {error}"));
                    }
                }
                return Err(fail);
            }
        }
        if self.site.in_project && files.iter().any(|file| file.before.is_none()) {
            keep_schemas(self.context, &self.site.root);
        }
        Ok(())
    }

    fn write_one(&self, file: &FileEdit) -> Result<(), Fail> {
        let world = self.context.world;
        let now = match world.read(&file.path) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(Fail::system("read", &file.path, error)),
        };
        if now != file.before {
            return Err(Fail::usage(format!(
                "`{}` was changed by someone else in the meantime; nothing was written",
                self.shown(&file.path)
            )));
        }
        let parent = file.path.parent().unwrap_or(Path::new("."));
        match &file.after {
            Some(bytes) => {
                world.create_dirs(parent).map_err(|e| Fail::system("make", parent, e))?;
                world.write(&file.path, bytes).map_err(|e| Fail::system("write", &file.path, e))
            }
            None => world
                .remove_file(&file.path)
                .and_then(|()| world.sync(parent))
                .map_err(|e| Fail::system("remove", &file.path, e)),
        }
    }

    /// Vets, judges, writes and tells: one edit of one entry.
    pub(super) fn land(
        &self,
        file: FileEdit,
        number: usize,
        target: &TargetId,
        judge: Judge,
    ) -> Result<(), Fail> {
        let shown = self.shown(&file.path);
        let verb = match (&file.before, &file.after) {
            (None, _) => "created",
            (_, None) => "removed",
            _ => "edited",
        };
        let files = [file];
        self.refuse_in_git(&files)?;
        if files[0].after.is_some() {
            self.vet(&files, number, target)?;
        }
        let changes = self.judge(&files, judge)?;
        self.write(&files)?;
        self.context.voice.step(verb, &shown);
        self.tell(&[shown], &changes);
        Ok(())
    }

    /// What was done, as data.
    pub(super) fn tell(&self, files: &[String], changes: &[String]) {
        if self.context.voice.is_json() {
            self.context.voice.json(&json!({
                "schema": SCHEMA, "ok": true, "changed": !files.is_empty(), "files": files,
                "stack_changes": changes,
            }));
        }
    }
}
