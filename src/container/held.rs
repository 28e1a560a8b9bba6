//! What a container that runs holds for itself: ports of the host, its container name, its service's name.
//!
//! Owns: which host ports a line of `ports` holds, at which address, and whether two of them meet. Refuses: deciding who
//! may hold what.

use std::fmt;
use std::net::IpAddr;

use super::port::{self, PortSpec};
use super::{Scalars, brace, merge};
use crate::place::{At, Place};
use crate::registry::layer::{Layer, Part, Port, Setting};

/// What is left of ports and names when a container's layers are joined: the same as [`super::join`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// `ports`.
    pub ports: Vec<Port>,
    /// `container_name`.
    pub container_name: Option<At<String>>,
    /// `orchestration.service_name`; `None`: the entry's name.
    pub service_name: Option<At<String>>,
}

impl Held {
    /// Joins the layers, the later over the former.
    pub fn of<'a>(layers: impl Iterator<Item = &'a Layer>) -> Self {
        let mut scalars = Scalars::default();
        let mut ports = Vec::new();
        for layer in layers {
            scalars.lay(layer);
            if layer.cleared.contains(&Part::Ports) {
                ports.clear();
            }
            ports = merge::ports(ports, &layer.ports);
        }
        Self { ports, container_name: scalars.container_name, service_name: scalars.service_name }
    }

    /// The first line that publishes a host port which another line publishes for another port of the container, and
    /// what it publishes. One port of the container at several addresses is fine.
    pub fn twice(&self) -> Option<(Place, HostPorts)> {
        let lines: Vec<(Place, HostPorts, i32)> = self
            .ports
            .iter()
            .filter_map(|port| {
                let held = HostPorts::of(port)?;
                let into = PortSpec::of(port).ok()?.container.known()?;
                let shift = i32::from(*into.start()) - i32::from(held.first);
                Some((port::place(port), held, shift))
            })
            .collect();
        let clashes = |at: usize, held: &HostPorts, shift: i32| {
            lines[..at].iter().any(|(_, other, by)| *by != shift && held.meets(other))
        };
        let found = lines.iter().enumerate().find(|(at, (_, held, shift))| clashes(*at, held, *shift));
        found.map(|(_, (place, held, _))| (*place, held.clone()))
    }
}

/// Whether a layer says anything about ports or names.
pub fn touches(layer: &Layer) -> bool {
    let set = |setting: &Setting| *setting != Setting::Unset;
    !layer.ports.is_empty()
        || layer.cleared.contains(&Part::Ports)
        || set(&layer.container_name)
        || set(&layer.service_name)
}

/// An address of the host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Address {
    /// All of them: none is written, or `0.0.0.0`, or `::`.
    Every,
    /// This one.
    One(IpAddr),
    /// Something that is no number: it only meets itself.
    Text(String),
}

impl Address {
    /// What is written before the host's port; `None` when it is not known before Compose reads it.
    pub fn of(text: Option<&str>) -> Option<Self> {
        let Some(text) = text else { return Some(Self::Every) };
        if brace::is_open(text) {
            return None;
        }
        let text = text.trim().trim_start_matches('[').trim_end_matches(']');
        Some(match text.parse::<IpAddr>().map(|address| address.to_canonical()) {
            Ok(address) if address.is_unspecified() => Self::Every,
            Ok(address) => Self::One(address),
            Err(_) if text.is_empty() || text == "*" => Self::Every,
            Err(_) => Self::Text(text.to_lowercase()),
        })
    }

    /// Whether both cannot be bound to one port.
    pub fn meets(&self, other: &Self) -> bool {
        *self == Self::Every || *other == Self::Every || self == other
    }
}

/// Neighbouring ports of the host, all of them held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPorts {
    /// Lower case.
    pub protocol: String,
    /// At which address.
    pub address: Address,
    /// The first.
    pub first: u16,
    /// The last.
    pub last: u16,
}

impl HostPorts {
    /// What a line of `ports` holds. Nothing: where the engine picks the port, where `${…}` leaves it open, and where
    /// the line cannot be read (whoever writes the file reports that).
    pub fn of(port: &Port) -> Option<Self> {
        let spec = PortSpec::of(port).ok()?;
        let (first, last) = spec.held()?.into_inner();
        let address = Address::of(spec.host_ip.as_deref())?;
        // Port 0 asks the engine for any free one.
        (first > 0 && !brace::is_open(&spec.protocol)).then_some(Self {
            protocol: spec.protocol,
            address,
            first,
            last,
        })
    }

    /// Whether two containers cannot hold both.
    pub fn meets(&self, other: &Self) -> bool {
        self.protocol == other.protocol
            && self.first <= other.last
            && other.first <= self.last
            && self.address.meets(&other.address)
    }
}

impl fmt::Display for HostPorts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.first == self.last { "host port " } else { "host ports " })?;
        match &self.address {
            Address::Every => {}
            Address::One(IpAddr::V6(address)) => write!(f, "[{address}]:")?,
            Address::One(address @ IpAddr::V4(_)) => write!(f, "{address}:")?,
            Address::Text(text) => write!(f, "{text}:")?,
        }
        write!(f, "{}", self.first)?;
        if self.first != self.last {
            write!(f, "-{}", self.last)?;
        }
        write!(f, " ({})", self.protocol)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::samples;

    fn host(text: &str) -> Option<HostPorts> {
        HostPorts::of(&Port::Short(samples::text(text)))
    }

    fn check(text: &str, expect: &str) {
        assert_eq!(host(text).map_or("nothing".to_owned(), |held| held.to_string()), expect, "{text}");
    }

    #[test]
    fn what_a_line_holds() {
        check("8080:80", "host port 8080 (tcp)");
        check("127.0.0.1:8080:80/udp", "host port 127.0.0.1:8080 (udp)");
        check("[::1]:8080:80", "host port [::1]:8080 (tcp)");
        check("[::]:8080:80", "host port 8080 (tcp)");
        check("0.0.0.0:8080:80", "host port 8080 (tcp)");
        check("[::ffff:127.0.0.1]:8080:80", "host port 127.0.0.1:8080 (tcp)");
        check("9000-9003:80-83", "host ports 9000-9003 (tcp)");
        for nothing in ["80", "127.0.0.1::80", "3000-3005:80", "${P}:80", "${IP}:80:80", "$P:80", "0:80", "x"]
        {
            check(nothing, "nothing");
        }
    }

    #[test]
    fn a_wildcard_meets_every_address_and_an_address_itself() {
        for (one, other, meet) in [
            ("80:80", "80:81", true),
            ("80:80", "127.0.0.1:80:80", true),
            ("[::]:80:80", "127.0.0.1:80:80", true),
            ("127.0.0.1:80:80", "127.0.0.1:80:80", true),
            ("127.0.0.1:80:80", "127.0.0.2:80:80", false),
            ("[0:0::1]:80:80", "[::1]:80:80", true),
            ("80:80", "80:80/udp", false),
            ("80:80", "81:80", false),
            ("80-90:80-90", "90-95:1-6", true),
            ("80-90:80-90", "91:1", false),
        ] {
            let (one, other) = (host(one).unwrap(), host(other).unwrap());
            assert_eq!(one.meets(&other), meet, "{one}, {other}");
            assert_eq!(other.meets(&one), meet, "{other}, {one}");
        }
    }

    #[test]
    fn one_host_port_leads_to_one_port_of_the_container() {
        let twice = |lines: &[&str]| {
            let ports = lines.iter().map(|line| Port::Short(samples::text(line))).collect();
            let held = Held { ports, container_name: None, service_name: None };
            held.twice().map(|(_, ports)| ports.to_string())
        };
        assert_eq!(twice(&["80:80", "80:81"]).as_deref(), Some("host port 80 (tcp)"));
        assert_eq!(
            twice(&["80-82:80-82", "127.0.0.1:82:1"]).as_deref(),
            Some("host port 127.0.0.1:82 (tcp)")
        );
        assert_eq!(twice(&["0.0.0.0:80:80", "[::]:80:80"]), None);
        assert_eq!(twice(&["80:80", "80:80/udp", "127.0.0.2:81:1", "127.0.0.1:81:2"]), None);
    }
}
