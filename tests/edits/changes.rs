//! A change of every sort for a manifest, and how it is made.

use hsm::manifest::Mode;
use hsm::manifest::edit::{Change, EditError, Edited, GroupFacts, Setting, edit, read_text};
use hsm::names::{ComponentId, GroupId, Kind, Name};
use hsm::version::VersionDemand;

use crate::documents::{CONTAINERS, Draw, PACKAGES};
use crate::meaning::Meaning;

/// A change of every sort, and for each what takes it back.
pub(crate) fn changes(before: &Meaning, draw: &mut Draw) -> Vec<(Change, Option<Change>)> {
    let kind = [Kind::Package, Kind::Container][draw.below(2) as usize];
    let own = name(draw.pick(if kind == Kind::Package { &PACKAGES } else { &CONTAINERS }));
    let id = ComponentId::new(kind, &own);
    let container = name(draw.pick(&CONTAINERS));
    let running = ComponentId::new(Kind::Container, &container);
    let group = match draw.below(3) {
        0 => facts(Kind::Package, "client"),
        1 => facts(Kind::Container, "infra"),
        _ => facts(Kind::Container, "tools"),
    };
    let infra = facts(Kind::Container, "infra");
    let mode = [Mode::Dev, Mode::Prod][draw.below(2) as usize];
    let version = VersionDemand::parse(draw.pick(&[">=1,<2", "1.10", "==2.*"])).expect("a demand");
    let profile = name(draw.pick(&["small", "on"]));
    let ports: Vec<String> = draw.some(&["15432:5432", "80:80"]).into_iter().map(str::to_owned).collect();
    let options = |names: &[&str]| names.iter().map(|n| name(n)).collect::<Vec<_>>();
    let of_group = options(&draw.some(if group.id.kind == Kind::Package { &PACKAGES } else { &CONTAINERS }));
    let pair = |set: Change, unset: Change| [(set, Some(unset.clone())), (unset, None)];
    let mut out = Vec::new();
    out.extend(pair(
        Change::SetMode(id.clone(), own.clone(), Some(mode)),
        Change::SetMode(id.clone(), own.clone(), None),
    ));
    out.extend(pair(
        Change::SetVersion(id.clone(), own.clone(), Some(version)),
        Change::SetVersion(id, own, None),
    ));
    out.extend(pair(
        Change::SetProfile(running.clone(), container.clone(), Some(profile.clone())),
        Change::SetProfile(running.clone(), container.clone(), None),
    ));
    out.extend(pair(
        Change::SetPorts(running.clone(), container.clone(), ports),
        Change::SetPorts(running, container, Vec::new()),
    ));
    out.extend(pair(Change::GroupMode(group.clone(), Some(mode)), Change::GroupMode(group.clone(), None)));
    out.extend(pair(Change::GroupProfile(infra.clone(), Some(profile)), Change::GroupProfile(infra, None)));
    if !of_group.is_empty() {
        out.extend(pair(
            Change::Exclude(group.clone(), of_group.clone()),
            Change::Include(group.clone(), of_group),
        ));
    }
    for (id, line) in &before.lines {
        let selected: Vec<&str> = line.selection.iter().flatten().map(|item| item.name.as_str()).collect();
        let gone = options(&draw.some(&selected));
        let of_it = facts(id.kind, id.name.as_str());
        out.extend((!gone.is_empty()).then_some((Change::RemoveOptions(of_it, gone), None)));
        let excluded: Vec<&str> = line.exclude.iter().map(String::as_str).collect();
        let options = options(&draw.some(&excluded));
        let group = facts(id.kind, id.name.as_str());
        out.extend((!options.is_empty()).then_some((Change::Include(group, options), None)));
    }
    out.extend(pair(Change::AddGroup(group.clone()), Change::RemoveGroup(group.clone())));
    out.extend(selections(&group, draw));
    out.extend(listing(draw));
    out.push((Change::Mode(mode), None));
    out.push((Change::PackageManager("on"), None));
    out.push((Change::ContainerEngine("small"), None));
    out
}

/// Changes of a selection.
fn selections(group: &GroupFacts, draw: &mut Draw) -> Vec<(Change, Option<Change>)> {
    let group = GroupFacts { one: draw.one_in(2), ..group.clone() };
    let names = if group.id.kind == Kind::Package { &PACKAGES } else { &CONTAINERS };
    let some = |draw: &mut Draw| -> Vec<Name> {
        let all = if group.one { vec![draw.pick(names)] } else { draw.some(names) };
        all.into_iter().map(name).collect()
    };
    let (selected, added, removed) = (some(draw), some(draw), some(draw));
    let mut out = vec![(Change::Select(group.clone(), selected), None)];
    if !added.is_empty() {
        let back = Change::RemoveOptions(group.clone(), added.clone());
        out.push((Change::AddOptions(group.clone(), added), Some(back)));
    }
    if !removed.is_empty() {
        out.push((Change::RemoveOptions(group, removed), None));
    }
    out
}

/// Changes of what is listed, and of what only an item can say.
fn listing(draw: &mut Draw) -> Vec<(Change, Option<Change>)> {
    let mut out = Vec::new();
    for kind in [Kind::Package, Kind::Container] {
        let own = name(draw.pick(if kind == Kind::Package { &PACKAGES } else { &CONTAINERS }));
        let id = ComponentId::new(kind, &own);
        let settings = match kind {
            Kind::Package => {
                vec![
                    Setting::Extras(vec!["io".to_owned(), "no".to_owned()]),
                    Setting::Marker("os_name == 'nt'".to_owned()),
                ]
            }
            Kind::Container => vec![
                Setting::Volumes(vec!["data:/data".to_owned()]),
                Setting::Env(vec![("ON".to_owned(), "yes".to_owned()), ("N".to_owned(), "010".to_owned())]),
                Setting::Image("a/b:1.10".to_owned()),
            ],
        };
        let sets = settings.into_iter().map(|set| (Change::Set(id.clone(), own.clone(), set), None));
        out.extend(sets);
        out.push((Change::Remove(id.clone()), None));
        out.push((Change::Add(id.clone(), own), Some(Change::Remove(id))));
    }
    out
}

/// Makes a change.
pub(crate) fn run(text: &str, change: &Change) -> Result<Edited, EditError> {
    edit(text, &read_text(text).expect("a manifest"), change)
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

pub(crate) fn facts(kind: Kind, group: &str) -> GroupFacts {
    let comment = Some("What it is for\n\nand more".to_owned());
    GroupFacts {
        id: GroupId::new(kind, &name(group)),
        one: false,
        default: Vec::new(),
        comment,
        shared: false,
    }
}
