//! What only one can hold: host ports, container names, service names, distributions.

use super::facts::is_held;
use super::{Judge, Try};
use crate::model::{Host, Kind, Mode, Name, Port};

/// What a managed container holds while it runs.
#[derive(Debug, Default, Clone)]
pub(super) struct Held {
    /// It does not run.
    pub(super) idle: bool,
    /// By container port and protocol: what the layers above leave.
    pub(super) ports: Vec<Port>,
    pub(super) name: Option<Name>,
    pub(super) service: Option<Name>,
}

impl Held {
    /// Lays items of ports over those below: those of a key replace all that the layers below have of it.
    pub(super) fn lay(&mut self, layers: &[Vec<Port>]) {
        if self.idle {
            return;
        }
        for layer in layers {
            let singles: Vec<Port> = layer.iter().flat_map(singles).collect();
            self.ports.retain(|below| !singles.iter().any(|above| key(above) == key(below)));
            self.ports.extend(singles);
        }
    }
}

fn key(port: &Port) -> (u16, bool) {
    (port.target, port.udp)
}

/// A range as its ports.
fn singles(port: &Port) -> impl Iterator<Item = Port> {
    let port = *port;
    (0..port.count).map(move |turn| Port {
        target: port.target + turn,
        count: 1,
        host: match port.host {
            Host::At(from) => Host::At(from + turn),
            other => other,
        },
        ..port
    })
}

fn overlap(a: &Port, b: &Port) -> bool {
    let wild = |address: Option<Name>| address.is_none_or(|text| matches!(text, "0.0.0.0" | "::"));
    is_held(a)
        && is_held(b)
        && a.host == b.host
        && a.udp == b.udp
        && (wild(a.address) || wild(b.address) || a.address == b.address)
}

impl Judge<'_> {
    /// Whether two hold the same.
    pub(super) fn is_shared(&self, one: &Try) -> Option<&'static str> {
        let user: Vec<Port> = self.project.compose_ports.iter().flat_map(singles).collect();
        for (number, state) in self.present(one) {
            let held = &state.held;
            if held.ports.iter().any(|port| user.iter().any(|other| overlap(port, other))) {
                return Some("a port of the user's own");
            }
            let own = held.ports.iter().enumerate();
            let mut clashes =
                own.map(|(turn, port)| held.ports[..turn].iter().any(|other| overlap(port, other)));
            if clashes.any(|clash| clash) {
                return Some("a host port for several of its own");
            }
            let kind = self.components[number].entry.id.kind;
            for (_, other) in self.present(one).filter(|(other, _)| *other > number) {
                if held.ports.iter().any(|port| other.held.ports.iter().any(|theirs| overlap(port, theirs))) {
                    return Some("a host port");
                }
                if held.name.is_some() && held.name == other.held.name {
                    return Some("a container name");
                }
                if held.service.is_some() && held.service == other.held.service {
                    return Some("a service name");
                }
            }
            if kind == Kind::Package && self.has_twin(one, number) {
                return Some("a distribution");
            }
        }
        None
    }

    fn has_twin(&self, one: &Try, number: usize) -> bool {
        let own = self.distribution(one, number);
        (0..number).any(|other| {
            self.components[other].entry.id.kind == Kind::Package
                && one[other].is_some()
                && self.distribution(one, other) == own
        })
    }

    /// The distribution that a present package installs.
    pub(super) fn distribution(&self, one: &Try, number: usize) -> Option<Name> {
        let state = self.state(one, number)?;
        let other = state.source.filter(|_| state.mode == Some(Mode::Prod)).and_then(|s| s.distribution);
        Some(other.unwrap_or(self.components[number].entry.id.name))
    }
}
