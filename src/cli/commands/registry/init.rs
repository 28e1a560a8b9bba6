//! `package init`: a local package and its entry.

use std::path::{Path, PathBuf};

use super::land::{Desk, FileEdit, Judge};
use crate::adapters::{self, NewPackage, NotMade};
use crate::cli::Exit;
use crate::cli::args::registry::PackageInit;
use crate::cli::commands::{Context, Fail};
use crate::load::MANIFEST;
use crate::manifest::Mode;
use crate::manifest::edit::{Change, edit, read_text};
use crate::names::{ComponentId, Kind, Name, TargetId};
use crate::place::FileId;
use crate::pyproject::{self, Checkout};
use crate::registry::edit::draft::{CommonDraft, PackageDraft, PackageSourceDraft, PackageSourceKind};
use crate::registry::way;
use crate::road::{AfterError, Stop};
use crate::world::FileKind;

pub(in crate::cli::commands) fn init(context: &Context<'_>, args: &PackageInit) -> Result<Exit, Fail> {
    let root = context.root()?;
    let name =
        Name::parse(&args.name).map_err(|e| Fail::usage(format!("`{}` is no name: {e}", args.name)))?;
    let id = ComponentId::new(Kind::Package, &name);
    let target = TargetId::Component(id.clone());
    let desk = Desk::open(context, "hsm package init", !args.write.no_wait)?;
    let number = desk.number(args.registry.as_deref())?;
    if let Some(listed) = desk.shelf.registries.listed(number, &target) {
        return Err(Fail::usage(format!("{target} is there already, in {}", listed.shown)));
    }
    let dir = match &args.path {
        Some(path) => context.start()?.join(path),
        None => root.join("packages").join(name.as_str()),
    };
    let made = Made::find(context, &root, dir, args)?;
    let made_one = made.fresh;
    let python = args.requires_python.clone().or_else(|| python_of(context, &root));
    let new = NewPackage {
        name: &name,
        dir: &made.dir,
        program: args.app,
        description: args.description.as_deref(),
        python: python.as_deref(),
    };
    let done = made.fill(context, &root, &new).and_then(|()| {
        let files = files(&desk, number, &target, &name, &made.dir, args)?;
        desk.vet(&files, number, &target)?;
        let changes = desk.judge(&files, Judge::unless(args.write.force))?;
        desk.write(&files)?;
        Ok((files, changes))
    });
    let (files, changes) = match done {
        Ok(done) => done,
        Err(fail) => {
            made.clear(context);
            return Err(fail);
        }
    };
    if made_one {
        context.voice.step("made", &format!("{} {name}", shown(&root, &made.dir)));
    }
    let shown: Vec<String> = files.iter().map(|file| desk.shown(&file.path)).collect();
    context.voice.step("created", &shown[0]);
    if args.add {
        context.voice.step("edited", MANIFEST);
    } else {
        context.voice.say(&format!("next: hsm package add {name} --sync"));
    }
    desk.tell(&shown, &changes);
    Ok(Exit::Done)
}

/// What the project itself says of Python: a package of it has to work with that.
fn python_of(context: &Context<'_>, root: &Path) -> Option<String> {
    let bytes = context.world.read(&root.join(pyproject::FILE)).ok()?;
    let own = Checkout::read(&String::from_utf8(bytes).ok()?, FileId(0));
    own.requires_python.map(|text| text.value)
}

/// The package manager that the project names.
fn manager_of(context: &Context<'_>, root: &Path) -> Option<String> {
    let bytes = context.world.read(&root.join(MANIFEST)).ok()?;
    let manifest = read_text(&String::from_utf8_lossy(&bytes))?;
    manifest.dependencies.package_manager.map(|name| name.value)
}

fn shown(root: &Path, dir: &Path) -> String {
    way(root, dir)
}

/// The directory of the package.
struct Made {
    dir: PathBuf,
    /// Whether hsm makes what is in it.
    fresh: bool,
    /// The first directory that was not there before; removed with all that is in it if the command fails.
    first: Option<PathBuf>,
}

impl Made {
    fn find(context: &Context<'_>, root: &Path, dir: PathBuf, args: &PackageInit) -> Result<Self, Fail> {
        let world = context.world;
        let look = |path: &Path| world.stat(path).map_err(|e| Fail::system("look at", path, e));
        if look(&dir.join(pyproject::FILE))?.is_some() {
            if args.app || args.description.is_some() || args.requires_python.is_some() {
                context.voice.warn("the package is there already; only its entry is written");
            }
            return Ok(Self { dir, fresh: false, first: None });
        }
        if let Some(stat) = look(&dir)? {
            let empty = stat.kind == FileKind::Dir
                && world.list(&dir).map_err(|e| Fail::system("read", &dir, e))?.is_empty();
            if !empty {
                return Err(Fail::usage(format!(
                    "`{}` is there and has no {}: give another directory, or make a package of it first",
                    shown(root, &dir),
                    pyproject::FILE
                )));
            }
        }
        let mut first = None;
        for above in dir.ancestors() {
            if look(above)?.is_some() {
                break;
            }
            first = Some(above.to_owned());
        }
        Ok(Self { dir, fresh: true, first })
    }

    /// Makes the package where there is none yet.
    fn fill(&self, context: &Context<'_>, root: &Path, new: &NewPackage<'_>) -> Result<(), Fail> {
        if !self.fresh {
            return Ok(());
        }
        let manager = manager_of(context, root);
        let made = adapters::make_package(manager.as_deref(), new, root, &context.settings(), context.world);
        if let Some(signal) = context.world.interrupted_by() {
            return Err(Stop::Interrupted(signal).into());
        }
        let tool = made.map_err(|error| match error {
            NotMade::Tool(error) => Fail::from(Stop::After(AfterError::Tool(error))),
            error @ NotMade::NoMaker => Fail::usage(error.to_string()),
            NotMade::Failed(why) => {
                Stop::After(AfterError::Action { label: format!("make the package {}", new.name), why })
                    .into()
            }
        })?;
        if let Some(text) = &tool.installed {
            context.voice.note(text);
        }
        Ok(())
    }

    /// Removes what was made.
    fn clear(&self, context: &Context<'_>) {
        let world = context.world;
        let cleared = match (&self.first, self.fresh) {
            (_, false) => Ok(()),
            (Some(first), true) => world.remove_tree(first),
            // an empty directory of the user's stays one
            (None, true) => world.list(&self.dir).and_then(|names| {
                names.iter().try_for_each(|(name, kind)| match kind {
                    FileKind::Dir => world.remove_tree(&self.dir.join(name)),
                    _ => world.remove_file(&self.dir.join(name)),
                })
            }),
        };
        if let Err(error) = cleared {
            context.voice.warn(&format!("`{}` could not be removed again: {error}", self.dir.display()));
        }
    }
}

/// The entry, and the manifest where the package is to be listed.
fn files(
    desk: &Desk<'_>,
    number: usize,
    target: &TargetId,
    name: &Name,
    dir: &Path,
    args: &PackageInit,
) -> Result<Vec<FileEdit>, Fail> {
    let world = desk.context.world;
    let path = dir.join(pyproject::FILE);
    let bytes = world.read(&path).map_err(|e| Fail::system("read", &path, e))?;
    let text =
        String::from_utf8(bytes).map_err(|_| Fail::usage(format!("`{}` is not UTF-8", path.display())))?;
    let own = pyproject::name(&text)
        .ok_or_else(|| Fail::usage(format!("`{}` has no `name` under `[project]`", desk.shown(&path))))?;
    let same = Name::parse(&own).is_ok_and(|own| own.pep503() == name.pep503());
    let checkout = Checkout::read(&text, FileId(0));
    let start = desk.shelf.registries.start_of(number).unwrap_or_else(|| desk.site.root.clone());
    let dir = world.canonical(dir).unwrap_or_else(|_| dir.to_owned());
    let source = PackageSourceDraft {
        kind: PackageSourceKind::Local { path: way(&start, &dir), editable: true },
        name: (!same).then_some(own),
        extras: Vec::new(),
    };
    let draft = PackageDraft {
        common: CommonDraft { description: args.description.clone(), ..CommonDraft::default() },
        version: checkout.version.map(|version| version.value.to_string()),
        sources: vec![(Mode::Dev, source)],
        requires_python: checkout.requires_python.map(|text| text.value),
        ..PackageDraft::default()
    };
    let entry = desk.new_file(desk.file_for(number, target, name), &draft.entry(name));
    let mut files = vec![entry];
    if args.add {
        files.push(listing(desk, name)?);
    }
    Ok(files)
}

/// The manifest with the package listed.
fn listing(desk: &Desk<'_>, name: &Name) -> Result<FileEdit, Fail> {
    let path = desk.site.root.join(MANIFEST);
    let before = desk.context.world.read(&path).map_err(|e| Fail::system("read", &path, e))?;
    let text = String::from_utf8_lossy(&before).into_owned();
    let manifest = read_text(&text).ok_or_else(|| Fail::usage(format!("{MANIFEST} cannot be read")))?;
    let change = Change::Add(ComponentId::new(Kind::Package, name), name.clone());
    let edited = edit(&text, &manifest, &change)?;
    for note in edited.notes {
        desk.context.voice.note(&note.to_string());
    }
    Ok(FileEdit { path, before: Some(before), after: Some(edited.text.into_bytes()) })
}
