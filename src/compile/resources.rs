//! Resources: what only one running container can hold: ports of the host, container names, service names.
//!
//! Owns: who may hold what, in which candidates; which of these claims can meet. Refuses: reading lines of `ports`.
//!
//! Only what two may hold becomes a resource. Ports are cut at the ends of all ranges, and pieces with the same claims
//! are one resource. A claim on a port at every address is one on each address that somebody names.
//!
//! A service of the user's own files whose name a container's service has is merged into it: what both hold is then
//! held by one.

use std::collections::{BTreeMap, BTreeSet};

use hsm_solver::{CandidateSet, ItemId, StatementId, Then, When};

use super::Building;
use super::candidates::Parts;
use crate::container::brace;
use crate::container::held::{self, Address, Held, HostPorts};
use crate::container::own::OwnService;
use crate::container::port;
use crate::manifest::Mode;
use crate::place::Place;
use crate::registry::{Container, Entry};
use crate::statement::{Claim, Holder, Thing};

pub(super) fn all(building: &mut Building<'_>) {
    let inputs = building.inputs;
    let mut claims = Claims::default();
    for number in 0..building.components.len() {
        of_component(building, ItemId(number as u32), &mut claims);
    }
    if claims.0.is_empty() {
        return;
    }
    of_own(&inputs.own_services, &mut claims);
    let mut lines: Vec<Line> = claims.0.into_iter().map(Line::new).collect();
    let sets = meeting(&lines);
    let own: Vec<ItemId> = inputs.own_services.iter().map(|_| building.problem.item(0)).collect();
    for met in sets {
        emit(building, &own, &mut lines, &met);
    }
}

/// Who holds something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    /// A container.
    Item(ItemId),
    /// A container whose service is merged with one of the user's own, of that number.
    Within(ItemId, usize),
    /// A service of the user's own.
    Own(usize),
}

impl Who {
    /// Claims of one party never clash.
    fn party(self) -> (bool, usize) {
        match self {
            Self::Item(item) => (false, item.0 as usize),
            Self::Within(_, service) | Self::Own(service) => (true, service),
        }
    }
}

/// Who holds what by which line, and in which candidates.
#[derive(Default)]
struct Claims(BTreeMap<(Who, Thing, Place), Vec<u32>>);

impl Claims {
    fn add(&mut self, who: Who, place: Place, thing: Thing, candidate: Option<u32>) {
        self.0.entry((who, thing, place)).or_default().extend(candidate);
    }
}

/// A line by which somebody holds something.
struct Line {
    who: Who,
    place: Place,
    thing: Thing,
    candidates: CandidateSet,
    /// What says so, once it was said.
    statement: Option<StatementId>,
}

impl Line {
    fn new(((who, thing, place), candidates): ((Who, Thing, Place), Vec<u32>)) -> Self {
        Self { who, place, thing, candidates: candidates.into_iter().collect(), statement: None }
    }

    fn say(&mut self, building: &mut Building<'_>) -> StatementId {
        if let Some(said) = self.statement {
            return said;
        }
        let by = match self.who {
            Who::Item(item) | Who::Within(item, _) => building
                .components
                .get(item.0 as usize)
                .map(|component| Holder::Component(component.id.clone())),
            Who::Own(service) => {
                building.inputs.own_services.get(service).map(|own| Holder::Own(own.name.value.clone()))
            }
        };
        let by = by.unwrap_or_else(|| Holder::Own(String::new()));
        let said = building.say(Some(self.place), Claim::Holds { by, what: self.thing.clone() });
        self.statement = Some(said);
        said
    }
}

/// The parts of an entry that say something of ports or names; candidates that agree in them hold the same.
type Key = (Option<usize>, Option<(usize, Mode)>, Option<usize>);

/// What the candidates of a container hold, and those that cannot be taken because they hold a port twice.
fn of_component(building: &mut Building<'_>, item: ItemId, claims: &mut Claims) {
    let inputs = building.inputs;
    let id = &building.components[item.0 as usize].id;
    let Some(entry @ Entry::Container(container)) = inputs.component(id) else { return };
    if container.run.as_ref().is_some_and(|run| !run.value) {
        return;
    }
    let id = id.clone();
    let above = inputs.item_layers(&id);
    let mut known: BTreeMap<Key, Vec<u32>> = BTreeMap::new();
    for (choice, candidate) in building.choices(item).iter().zip(0..) {
        if choice.flaw.is_none()
            && !choice.is_external()
            && let Some(Parts::Container(_, release, source, profile)) = Parts::of(entry, choice)
        {
            let key = (
                held::touches(&release.layer).then_some(choice.release),
                source
                    .filter(|source| held::touches(&source.layer))
                    .map(|source| (choice.release, source.mode)),
                choice.profile.filter(|_| profile.is_some_and(|profile| held::touches(&profile.layer))),
            );
            known.entry(key).or_default().push(candidate);
        }
    }
    let mut twice: BTreeMap<(HostPorts, Place), BTreeSet<u32>> = BTreeMap::new();
    for ((release, source, profile), candidates) in known {
        let of_release = release.and_then(|release| container.releases.get(release)).map(|r| &r.layer);
        let of_source = source.and_then(|(release, mode)| {
            let sources = &container.releases.get(release)?.sources;
            sources.iter().find(|source| source.mode == mode).map(|source| &source.layer)
        });
        let of_profile = profile.and_then(|profile| container.profiles.get(profile)).map(|p| &p.layer);
        let layers = [Some(&container.layer), of_release, of_source, of_profile];
        let held = Held::of(layers.into_iter().flatten().chain(above.iter().copied()));
        if let Some((place, ports)) = held.twice() {
            twice.entry((ports, place)).or_default().extend(candidates);
            continue;
        }
        claim(&inputs.own_services, container, item, &held, &candidates, claims);
    }
    for ((ports, place), candidates) in twice {
        let statement = building.say(Some(place), Claim::HoldsTwice(id.clone(), ports));
        let rest = building.all_but(item, |candidate| candidates.contains(&candidate));
        building.problem.rule(statement, When::Always, Then::AbsentOr(item, rest));
    }
}

/// What one container holds in these candidates.
fn claim(
    own: &[OwnService],
    container: &Container,
    item: ItemId,
    held: &Held,
    candidates: &[u32],
    claims: &mut Claims,
) {
    let name = &container.common.name;
    let service = held.service_name.as_ref().map_or(name.value.as_str(), |name| name.value.as_str());
    let place = held.service_name.as_ref().map_or(name.place, |name| name.place);
    let merged = own.iter().position(|own| own.name.value == service);
    let with = merged.and_then(|number| own.get(number));
    let who = merged.map_or(Who::Item(item), |number| Who::Within(item, number));
    let mut things = vec![(Who::Item(item), place, Thing::ServiceName(service.to_owned()))];
    if with.is_none_or(|with| with.container_name.is_none())
        && let Some(name) = held.container_name.as_ref().filter(|name| !brace::is_open(&name.value))
    {
        things.push((who, name.place, Thing::ContainerName(name.value.clone())));
    }
    if with.is_none_or(|with| !with.drops_ports) {
        let ports = held.ports.iter().filter_map(|port| Some((port::place(port), HostPorts::of(port)?)));
        things.extend(ports.map(|(place, ports)| (who, place, Thing::Ports(ports))));
    }
    for (who, place, thing) in things {
        for candidate in candidates {
            claims.add(who, place, thing.clone(), Some(*candidate));
        }
    }
}

/// What the user's own services hold, whatever is chosen.
fn of_own(services: &[OwnService], claims: &mut Claims) {
    for (service, number) in services.iter().zip(0..) {
        for (ports, place) in &service.ports {
            claims.add(Who::Own(number), *place, Thing::Ports(ports.clone()), None);
        }
        if let Some(name) = &service.container_name {
            claims.add(Who::Own(number), name.place, Thing::ContainerName(name.value.clone()), None);
        }
    }
}

/// The sets of lines of which only one party's can hold, each once; sets within one party are none.
fn meeting(lines: &[Line]) -> BTreeSet<Vec<usize>> {
    let mut names: BTreeMap<&Thing, Vec<usize>> = BTreeMap::new();
    let mut ports: BTreeMap<&str, Vec<(usize, &HostPorts)>> = BTreeMap::new();
    for (line, number) in lines.iter().zip(0..) {
        match &line.thing {
            Thing::Ports(held) => ports.entry(&held.protocol).or_default().push((number, held)),
            Thing::ContainerName(_) | Thing::ServiceName(_) => {
                names.entry(&line.thing).or_default().push(number);
            }
        }
    }
    let mut sets: BTreeSet<Vec<usize>> = names.into_values().collect();
    for held in ports.into_values() {
        of_ports(&held, &mut sets);
    }
    sets.retain(|set| {
        let mut parties = set.iter().map(|number| lines[*number].who.party());
        let first = parties.next();
        parties.any(|party| Some(party) != first)
    });
    sets
}

/// Cuts the ports at the ends of all ranges and adds who meets in each piece.
fn of_ports(held: &[(usize, &HostPorts)], sets: &mut BTreeSet<Vec<usize>>) {
    let mut cuts: BTreeMap<u32, Vec<(usize, &HostPorts, bool)>> = BTreeMap::new();
    for &(number, ports) in held {
        cuts.entry(ports.first.into()).or_default().push((number, ports, true));
        cuts.entry(u32::from(ports.last) + 1).or_default().push((number, ports, false));
    }
    let mut open: BTreeMap<usize, &Address> = BTreeMap::new();
    for at in cuts.into_values() {
        for (number, ports, opens) in at {
            if opens {
                open.insert(number, &ports.address);
            } else {
                open.remove(&number);
            }
        }
        if open.len() < 2 {
            continue;
        }
        let named: BTreeSet<&Address> =
            open.values().copied().filter(|address| **address != Address::Every).collect();
        if named.is_empty() {
            sets.insert(open.keys().copied().collect());
        }
        for one in named {
            let meets = open.iter().filter(|(_, address)| address.meets(one));
            sets.insert(meets.map(|(number, _)| *number).collect());
        }
    }
}

/// One resource with all who may hold it.
fn emit(building: &mut Building<'_>, own: &[ItemId], lines: &mut [Line], met: &[usize]) {
    let resource = building.problem.resource();
    let mut own_said = false;
    for &number in met {
        let Some(line) = lines.get_mut(number) else { continue };
        let (when, holder) = match line.who {
            Who::Item(item) => (When::Item(item, line.candidates.clone()), Some(item)),
            Who::Within(item, service) => {
                (When::Item(item, line.candidates.clone()), own.get(service).copied())
            }
            // What two services of the user's own hold is between them.
            Who::Own(_) if own_said => continue,
            Who::Own(service) => {
                own_said = true;
                (When::Always, own.get(service).copied())
            }
        };
        let Some(holder) = holder else { continue };
        let statement = line.say(building);
        building.problem.rule(statement, when, Then::Holds(resource, holder));
    }
}
