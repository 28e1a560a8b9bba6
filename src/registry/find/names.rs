//! The names in the folders of a registry, and what is remembered of them between two runs.
//!
//! Owns: the order of the names, their spellings, and when what is remembered of a folder still holds. Refuses: opening
//! entries; whoever wants to see all names gets them from a listing.
//!
//! A large folder is listed once, and then remembered under the state of its directory: as long as that has the inode and
//! both of the times that it had, no name came or went. A directory that was changed shortly before it was listed is not
//! remembered, since within the grain of a file system's clock a second change would leave no trace. And there are file
//! systems that don't keep the times of directories; so for each name that is looked up, the file itself is asked for too,
//! and where it and the memory disagree, the folder is listed. Who wants to see all names has it listed in any case: what
//! is remembered then only saves putting the same names in order again.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::digest::Digest;
use super::index::{self, Stamp};
use super::table::{Draft, Table};
use crate::names::{Kind, Name, pep503};
use crate::world::{FileKind, World};

/// A folder with fewer names is listed each time: that takes no longer.
const MANY: usize = 1_000;

/// A directory that was changed less than this before it was listed may have been changed again since, in nanoseconds.
const GRAIN: i128 = 2_000_000_000;

/// The names of the entries in a folder, each in the form in which it compares and as its file spells it, in that order. In
/// front of them, under no name, the digest of the listing that they were taken from.
#[derive(Debug, Default)]
pub(super) struct Names(Table);

/// The ending of an entry's file.
pub(super) const ENDING: &str = ".yaml";

impl Names {
    /// Those among the files of a folder; what is not called like an entry is left out.
    ///
    /// Whatever is called like an entry and is no file is a mistake that is told when the entry is wanted.
    fn of(files: &[(String, FileKind)], of_package: bool) -> Self {
        let mut digest = Digest::default();
        for (file, _) in files {
            add(file, &mut digest);
        }
        let stems = files.iter().filter_map(|(file, _)| file.strip_suffix(ENDING));
        let stems = stems.filter(|stem| Name::check(stem).is_ok());
        let mut all: Vec<(Cow<'_, str>, &str)> =
            stems.map(|stem| (if of_package { pep503(stem) } else { Cow::Borrowed(stem) }, stem)).collect();
        all.sort_unstable();
        let mut draft = Draft::default();
        draft.add(b"", &[&digest.bytes()]);
        for (name, stem) in all {
            draft.add(name.as_bytes(), &[if name == stem { b"" } else { stem.as_bytes() }]);
        }
        Self(draft.table())
    }

    /// Whether they are the names of a listing.
    fn are_of(&self, listing: &Digest) -> bool {
        self.0.get(0) == Some((b"", &listing.bytes()))
    }

    /// How many there are, each spelling by itself.
    pub(super) fn len(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    /// The first one has the number 1.
    fn get(&self, at: usize) -> Option<(&str, &str)> {
        let (name, stem) = self.0.get(at)?;
        let stem = if stem.is_empty() { name } else { stem };
        Some((std::str::from_utf8(name).ok()?, std::str::from_utf8(stem).ok()?))
    }

    /// Each name with its first spelling.
    pub(super) fn each(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut before = None;
        (1..self.0.len())
            .filter_map(|at| self.get(at))
            .filter(move |(name, _)| before.replace(*name) != Some(*name))
    }

    /// The spellings of a name, which is in the form in which it compares.
    fn spellings<'n>(&'n self, name: &'n str) -> impl Iterator<Item = &'n str> {
        let all = (self.0.position(name.as_bytes())..).map_while(|at| self.get(at));
        all.take_while(move |(own, _)| *own == name).map(|(_, stem)| stem)
    }
}

/// A folder of a registry.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    of_package: bool,
    /// What was listed when it was opened, or is remembered.
    known: Names,
    is_remembered: bool,
    /// What a listing gave in this run, where that is not what is remembered.
    listed: OnceLock<Option<Names>>,
}

impl Folder {
    /// Lists it, if it is not remembered in that file. A folder that is not there has no names.
    pub(super) fn open(
        path: PathBuf,
        (kind, is_group): (Kind, bool),
        memory: Option<&Path>,
        world: &dyn World,
    ) -> io::Result<Self> {
        let of_package = kind == Kind::Package && !is_group;
        let folder = |known, is_remembered, path| Self {
            path,
            of_package,
            known,
            is_remembered,
            listed: OnceLock::new(),
        };
        let opened_at = world.now();
        let stamp = world.stat(&path).ok().flatten().as_ref().and_then(Stamp::of_directory);
        let memory = memory.zip(stamp);
        if let Some(table) = memory.and_then(|(file, stamp)| Table::read(file, &head(&stamp), world)) {
            return Ok(folder(Names(table), true, path));
        }
        let names = match world.list(&path) {
            Ok(files) => Names::of(&files, of_package),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Names::default(),
            Err(error) => return Err(error),
        };
        if let Some((file, stamp)) = memory.filter(|(_, stamp)| stamp.is_settled(opened_at, GRAIN))
            && names.len() >= MANY
        {
            index::keep(file, &names.0.file(&head(&stamp)), world);
        }
        Ok(folder(names, false, path))
    }

    /// A folder of which nothing can be told.
    pub(super) fn none(path: PathBuf) -> Self {
        let (known, listed) = (Names::default(), OnceLock::new());
        Self { path, of_package: false, known, is_remembered: false, listed }
    }

    /// Its names, as a listing gives them in this run.
    pub(super) fn listed(&self, world: &dyn World) -> &Names {
        if !self.is_remembered {
            return &self.known;
        }
        let listed = self.listed.get_or_init(|| {
            let mut digest = Digest::default();
            let is_listed = world.each_name(&self.path, &mut |file| add(file, &mut digest)).is_ok();
            let anew = || Names::of(&world.list(&self.path).unwrap_or_default(), self.of_package);
            (!is_listed || !self.known.are_of(&digest)).then(anew)
        });
        listed.as_ref().unwrap_or(&self.known)
    }

    /// Its names, without a listing where what is remembered holds.
    pub(super) fn known(&self) -> &Names {
        self.listed.get().and_then(Option::as_ref).unwrap_or(&self.known)
    }

    /// Whether a listing is still to be made for who wants to see all names.
    pub(super) fn is_unlisted(&self) -> bool {
        self.is_remembered && self.listed.get().is_none()
    }

    /// The spellings of a name, two at the most: there must not be more than one.
    pub(super) fn spellings(&self, name: &Name, world: &dyn World) -> Vec<Name> {
        let compared = if self.of_package { name.pep503() } else { name.clone() };
        let of = |names: &Names| -> Vec<Name> {
            let stems = names.spellings(compared.as_str()).take(2);
            stems
                .filter_map(|stem| {
                    if stem == compared.as_str() { Some(compared.clone()) } else { Name::parse(stem).ok() }
                })
                .collect()
        };
        let found = of(self.known());
        if self.is_unlisted() {
            let file = self.file(found.first().unwrap_or(&compared));
            if matches!(world.stat(&file), Ok(Some(_))) == found.is_empty() {
                return of(self.listed(world));
            }
        }
        found
    }

    /// The file of an entry.
    pub(super) fn file(&self, stem: &Name) -> PathBuf {
        self.path.join(format!("{stem}{ENDING}"))
    }
}

/// Takes a file of a folder into the digest of its listing, if it may be an entry. What kind of file it is is asked when the
/// entry is wanted.
fn add(file: &str, listing: &mut Digest) {
    if file.ends_with(ENDING) {
        listing.add(file);
    }
}

/// The first line of the file: what it is, and the state of the directory under which it holds.
fn head(stamp: &Stamp) -> String {
    format!("hsm-names 2 {} {stamp}\n", env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::world::{Call, Rehearsal};

    const PACKAGES: (Kind, bool) = (Kind::Package, false);
    const CONTAINERS: (Kind, bool) = (Kind::Container, false);

    fn at(path: &str) -> PathBuf {
        Rehearsal::root().join(path)
    }

    fn memory() -> PathBuf {
        PathBuf::from("/cache/index/folder.names")
    }

    /// A folder of more names than are listed each time.
    fn large() -> Vec<(String, String)> {
        let name = |number| match number % 3 {
            0 => format!("p{number}"),
            1 => format!("P.{number}"),
            _ => format!("p-{number}"),
        };
        (0..=MANY).map(|number| (format!("folder/{}.yaml", name(number)), String::new())).collect()
    }

    fn open(kind: (Kind, bool), memory: Option<&Path>, world: &Rehearsal) -> Folder {
        Folder::open(at("folder"), kind, memory, world).expect("a folder")
    }

    fn listings(world: &Rehearsal) -> usize {
        world.calls().iter().filter(|call| matches!(call, Call::List(_))).count()
    }

    fn all(names: &Names) -> Vec<(String, String)> {
        names.each().map(|(name, stem)| (name.to_owned(), stem.to_owned())).collect()
    }

    fn spellings(folder: &Folder, name: &str, world: &Rehearsal) -> Vec<Name> {
        folder.spellings(&Name::parse(name).expect("a name"), world)
    }

    /// What happens to a folder.
    #[derive(Debug, Clone)]
    enum Change {
        Add(usize, bool),
        Remove(usize),
        Rename(usize, usize),
        Replace(usize),
        InPlace(usize),
        IntoDirectory(usize),
        Nothing,
    }

    fn changes() -> impl Strategy<Value = Vec<Change>> {
        let number = || 0..MANY + 4;
        let change = prop_oneof![
            (number(), any::<bool>()).prop_map(|(number, is_odd)| Change::Add(number, is_odd)),
            number().prop_map(Change::Remove),
            (number(), number()).prop_map(|(from, to)| Change::Rename(from, to)),
            number().prop_map(Change::Replace),
            number().prop_map(Change::InPlace),
            number().prop_map(Change::IntoDirectory),
            Just(Change::Nothing),
        ];
        prop::collection::vec(change, 1..6)
    }

    fn apply(change: &Change, world: &Rehearsal) {
        let file = |number: &usize| at(&format!("folder/p-{number}.yaml"));
        world.change(|disk| {
            // what is not there cannot be removed, and that is fine
            let _ = match change {
                Change::Add(number, true) => disk.write(&at(&format!("folder/P_{number}.yaml")), b""),
                Change::Add(number, false) | Change::Replace(number) => disk.write(&file(number), b"x"),
                Change::Remove(number) => disk.remove_file(&file(number)),
                Change::Rename(from, to) => disk.rename(&file(from), &file(to)),
                Change::InPlace(number) => disk.write_in_place(&file(number), b"y"),
                Change::IntoDirectory(number) => {
                    disk.remove_file(&file(number)).map(|()| disk.make_dirs(&file(number)))
                }
                Change::Nothing => Ok(()),
            };
        });
    }

    proptest! {
        /// Names are what a plain grouping of the files by the form in which they compare gives.
        #[test]
        fn names_are_grouped_by_the_form_in_which_they_compare(
            files in prop::collection::btree_set("[aAb]{1,2}[._-]{0,2}[ab]?(\\.yaml|\\.yml)?", 0..20), of_package: bool, asked in "[aAb]{1,2}(-[ab])?",
        ) {
            let mut expected: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for stem in files.iter().filter_map(|file| file.strip_suffix(".yaml")) {
                let Ok(name) = Name::parse(stem) else { continue };
                let compared = if of_package { name.pep503() } else { name };
                expected.entry(compared.to_string()).or_default().push(stem.to_owned());
            }
            let files: Vec<(String, FileKind)> = files.into_iter().map(|file| (file, FileKind::File)).collect();
            let names = Names::of(&files, of_package);
            let firsts: Vec<(String, String)> = expected.iter().map(|(name, stems)| (name.clone(), stems[0].clone())).collect();
            prop_assert_eq!(all(&names), firsts);
            let found: Vec<String> = names.spellings(&asked).map(str::to_owned).collect();
            prop_assert_eq!(found, expected.get(&asked).cloned().unwrap_or_default());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        /// Whatever happens to a folder, what is remembered of it changes nothing about its names.
        #[test]
        fn what_is_remembered_is_what_would_be_listed(all_changes in prop::collection::vec(changes(), 1..5), asked in prop::collection::vec(0..MANY + 4, 4)) {
            let world = Rehearsal::with(large()).at_time(i128::MAX / 2);
            for changes in all_changes {
                let before = open(PACKAGES, Some(&memory()), &world);
                for change in &changes {
                    apply(change, &world);
                }
                drop(before);
                let (with, without) = (open(PACKAGES, Some(&memory()), &world), open(PACKAGES, None, &world));
                for number in &asked {
                    for name in [format!("p-{number}"), format!("P{number}")] {
                        prop_assert_eq!(spellings(&with, &name, &world), spellings(&without, &name, &world));
                    }
                }
                prop_assert_eq!(all(with.known()), all(without.known()));
                prop_assert_eq!(all(with.listed(&world)), all(without.listed(&world)));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// On a file system that does not keep the times of directories each change is seen by who wants to see all names;
        /// and where no name came or went, nothing is put in order again.
        #[test]
        fn a_listing_sees_what_the_times_of_the_directory_do_not_tell(changes in changes()) {
            let world = Rehearsal::with(large()).at_time(i128::MAX / 2);
            drop(open(PACKAGES, Some(&memory()), &world));
            let bytes = world.read(&memory()).expect("remembered");
            let files = || world.list(&at("folder")).expect("listed").into_iter().map(|(file, _)| file).collect::<Vec<_>>();
            let (before, files_before) = (all(open(PACKAGES, None, &world).known()), files());
            for change in &changes {
                apply(change, &world);
            }
            let stamp = world.stat(&at("folder")).expect("asked").as_ref().and_then(Stamp::of_directory);
            let head = head(&stamp.expect("a directory"));
            let body = bytes.iter().position(|byte| *byte == b'\n').expect("a first line") + 1;
            // as if the directory had the same times as before
            index::keep(&memory(), &[head.as_bytes(), &bytes[body..]].concat(), &world);
            let (with, without) = (open(PACKAGES, Some(&memory()), &world), open(PACKAGES, None, &world));
            prop_assert!(with.is_unlisted());
            prop_assert_eq!(all(with.known()), &*before);
            let there = all(without.known());
            prop_assert_eq!(all(with.listed(&world)), &*there);
            prop_assert_eq!(all(with.known()), &*there);
            prop_assert!(!with.is_unlisted());
            prop_assert_eq!(with.listed.get().is_some_and(Option::is_some), files() != files_before);
        }
    }

    #[test]
    fn a_large_folder_is_listed_once_and_then_looked_into_by_name() {
        let world = Rehearsal::with(large()).at_time(i128::MAX / 2);
        let first = open(PACKAGES, Some(&memory()), &world);
        assert!(!first.is_unlisted());
        assert_eq!(listings(&world), 1);
        let again = open(PACKAGES, Some(&memory()), &world);
        assert!(again.is_unlisted());
        assert_eq!(spellings(&again, "P-1", &world), [Name::parse("P.1").expect("a name")]);
        assert_eq!(spellings(&again, "p-nowhere", &world), []);
        assert_eq!(
            listings(&world),
            1,
            "names that are there, and names that are not, are found without a listing"
        );
        world.change(|disk| disk.write(&at("folder/p-nowhere.yaml"), b"").expect("written"));
        assert_eq!(spellings(&open(PACKAGES, Some(&memory()), &world), "p-nowhere", &world).len(), 1);
        assert_eq!(listings(&world), 2, "the directory was changed");
    }

    #[test]
    fn nothing_is_remembered_of_a_small_folder_or_of_one_changed_just_now() {
        let small = Rehearsal::with([("folder/a.yaml", "")]).at_time(i128::MAX / 2);
        let now = Rehearsal::with(large());
        let changed = now.stat(&at("folder")).expect("asked").expect("there").mtime;
        let now = now.at_time(changed + GRAIN);
        for world in [small, now] {
            open(PACKAGES, Some(&memory()), &world);
            assert_eq!(world.stat(&memory()).expect("asked"), None);
        }
    }

    /// On a file system that does not keep the times of directories a memory may be of other names than there are.
    #[test]
    fn a_memory_that_the_file_itself_belies_is_not_believed() {
        let world = Rehearsal::with(large()).at_time(i128::MAX / 2);
        let stamp = world.stat(&at("folder")).expect("asked").as_ref().and_then(Stamp::of_directory);
        let head = head(&stamp.expect("a directory"));
        let mut others: Vec<(String, FileKind)> =
            (0..=MANY).map(|number| (format!("q{number}.yaml"), FileKind::File)).collect();
        others.push(("p3.yaml".to_owned(), FileKind::File));
        let lie = Names::of(&others, false);
        for (asked, there) in [("p0", 1), ("q7", 0), ("p3", 1)] {
            index::keep(&memory(), &lie.0.file(&head), &world);
            let folder = open(CONTAINERS, Some(&memory()), &world);
            let before = listings(&world);
            assert_eq!(spellings(&folder, asked, &world).len(), there, "{asked}");
            // once to see that there are other names, once for the names
            assert_eq!(listings(&world) - before, if asked == "p3" { 0 } else { 2 }, "{asked}");
            assert_eq!(spellings(&folder, "p0", &world).len(), 1);
        }
    }
}
