//! A line of `ports`: what it publishes and what it is keyed by.
//!
//! Owns: Compose's short syntax `[[ip:]host:]container[/protocol]` and the parts of the long form that matter here.
//! Refuses: deciding whether two services may hold one host port.

use std::fmt;

use super::{brace, scalar_at};
use crate::place::Place;
use crate::registry::layer::Port;

/// What a line of `ports` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortSpec {
    /// The host's address; `None`: all of them.
    pub host_ip: Option<String>,
    /// The host's ports; `None`: the engine picks one.
    pub host: Option<Numbers>,
    /// The container's ports.
    pub container: Numbers,
    /// `tcp` when nothing is said; lower case.
    pub protocol: String,
}

/// One or several port numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Numbers {
    /// From the first to the second, both included.
    Range(u16, u16),
    /// Text with `${…}` in it: known when Compose reads it, and compared with nothing before.
    Open(String),
}

impl Numbers {
    /// The numbers; `None` when they are not known.
    pub fn known(&self) -> Option<std::ops::RangeInclusive<u16>> {
        match self {
            Self::Range(first, last) => Some(*first..=*last),
            Self::Open(_) => None,
        }
    }

    fn read(text: &str) -> Result<Self, PortError> {
        if brace::is_open(text) {
            return Ok(Self::Open(text.to_owned()));
        }
        let number = |part: &str| part.parse::<u16>().map_err(|_| PortError::Number(part.to_owned()));
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = (number(first)?, number(last)?);
        if last < first { Err(PortError::Backwards(text.to_owned())) } else { Ok(Self::Range(first, last)) }
    }

    fn count(&self) -> Option<u32> {
        self.known().map(|range| u32::from(range.end() - range.start()) + 1)
    }
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(first, last) if first == last => write!(f, "{first}"),
            Self::Range(first, last) => write!(f, "{first}-{last}"),
            Self::Open(text) => f.write_str(text),
        }
    }
}

/// What ports are keyed by when layers are joined: the container's port and the protocol.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortKey {
    /// The container's port; with `${…}` in it the text.
    pub port: String,
    /// The protocol.
    pub protocol: String,
}

/// Why a text is not a port.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// No port number.
    #[error("`{0}` is not a port number: write `\"HOST:CONTAINER\"`, for example \"8080:80\"")]
    Number(String),
    /// `9-5`.
    #[error("the range `{0}` runs backwards")]
    Backwards(String),
    /// Two ranges of different length.
    #[error("{host} on the host and {container} in the container are ranges of different length")]
    Lengths {
        /// The host's.
        host: Numbers,
        /// The container's.
        container: Numbers,
    },
    /// Not one of those that engines know.
    #[error("`{0}` is no protocol: it is tcp, udp or sctp")]
    Protocol(String),
}

impl PortSpec {
    /// Reads the short syntax.
    pub fn parse(text: &str) -> Result<Self, PortError> {
        let text = text.trim();
        let (address, protocol) = match brace::split(text, '/').as_slice() {
            [_] => (text, "tcp"),
            [address, protocol] => (*address, *protocol),
            _ => return Err(PortError::Number(text.to_owned())),
        };
        let parts = brace::split(address, ':');
        let (host_ip, host, container) = match parts.as_slice() {
            [container] => ("", "", *container),
            [host, container] => ("", *host, *container),
            // an address of IPv6 holds colons itself, with or without its brackets
            [.., host, container] => {
                (&address[..address.len() - host.len() - container.len() - 2], *host, *container)
            }
            [] => return Err(PortError::Number(text.to_owned())),
        };
        let host_ip = host_ip.trim_start_matches('[').trim_end_matches(']');
        let host = if host.is_empty() { None } else { Some(Numbers::read(host)?) };
        Self::checked(host_ip, host, Numbers::read(container)?, protocol)
    }

    /// What a line of `ports` says, in whichever form.
    pub fn of(port: &Port) -> Result<Self, PortError> {
        match port {
            Port::Short(text) => Self::parse(&text.value),
            Port::Remove { target, protocol } => {
                let spec = Self::parse(&target.value)?;
                match protocol {
                    Some(protocol) => Self::checked("", spec.host, spec.container, &protocol.value),
                    None => Ok(spec),
                }
            }
            Port::Long { target, protocol, node } => {
                let published = scalar_at(node, "published").filter(|text| !text.is_empty());
                let host = published.map(Numbers::read).transpose()?;
                let protocol = protocol.as_ref().map_or("tcp", |at| &at.value);
                let host_ip = scalar_at(node, "host_ip").unwrap_or_default();
                Self::checked(host_ip, host, Numbers::read(&target.value)?, protocol)
            }
        }
    }

    fn checked(
        ip: &str,
        host: Option<Numbers>,
        container: Numbers,
        protocol: &str,
    ) -> Result<Self, PortError> {
        let protocol = protocol.to_lowercase();
        if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") && !brace::is_open(&protocol) {
            return Err(PortError::Protocol(protocol));
        }
        if let (Some(host), Some(several)) = (&host, container.count().filter(|&count| count > 1))
            && host.count().is_some_and(|count| count != several)
        {
            return Err(PortError::Lengths { host: host.clone(), container });
        }
        let host_ip = (!ip.is_empty()).then(|| ip.to_owned());
        Ok(Self { host_ip, host, container, protocol })
    }

    /// Its keys: one for each of the container's ports.
    pub fn keys(&self) -> Vec<PortKey> {
        let key = |port: String| PortKey { port, protocol: self.protocol.clone() };
        match &self.container {
            Numbers::Open(text) => vec![key(text.clone())],
            Numbers::Range(first, last) => (*first..=*last).map(|port| key(port.to_string())).collect(),
        }
    }

    /// The host ports that it holds for itself: none when the engine picks, when the text is open, and when one of a
    /// range is picked.
    pub fn held(&self) -> Option<std::ops::RangeInclusive<u16>> {
        let host = self.host.as_ref()?;
        if host.count() == self.container.count() { host.known() } else { None }
    }

    /// The host's port through which a port of the container is reached, as text; `None` when it isn't known before it
    /// runs. `${…}` stays as it is.
    pub fn published(&self, port: u16) -> Option<String> {
        match (self.host.as_ref()?, &self.container) {
            (Numbers::Open(text), Numbers::Range(first, last)) if first == last => Some(text.clone()),
            (Numbers::Range(host, end), Numbers::Range(first, last)) if end - host == last - first => {
                (*first..=*last).contains(&port).then(|| (host + (port - first)).to_string())
            }
            _ => None,
        }
    }

    /// The single lines, in short syntax, that it is made of.
    fn singles(&self) -> Vec<(PortKey, String)> {
        let prefix = match &self.host_ip {
            None => String::new(),
            Some(ip) if ip.contains(':') => format!("[{ip}]:"),
            Some(ip) => format!("{ip}:"),
        };
        let line = |key: PortKey| {
            let number = key.port.parse().ok();
            let host = number.and_then(|port| self.published(port));
            let colon = if host.is_some() || !prefix.is_empty() { ":" } else { "" };
            let protocol = if key.protocol == "tcp" { String::new() } else { format!("/{}", key.protocol) };
            let text = format!("{prefix}{}{colon}{}{protocol}", host.unwrap_or_default(), key.port);
            (key, text)
        };
        self.keys().into_iter().map(line).collect()
    }
}

/// The keys of a line; one that cannot be read is its own key, so that it stays and is reported where it is used.
pub(super) fn keys(port: &Port) -> Vec<PortKey> {
    match PortSpec::of(port) {
        Ok(spec) => spec.keys(),
        Err(_) => vec![PortKey { port: text(port).to_owned(), protocol: String::new() }],
    }
}

/// What is left of a line when some of its keys are taken by a higher layer: all of it, nothing, or, of a range, its
/// other ports as single lines.
pub(super) fn without(port: Port, taken: &[PortKey]) -> Vec<Port> {
    let own = keys(&port);
    if !own.iter().any(|key| taken.contains(key)) {
        return vec![port];
    }
    let (Ok(spec), Port::Short(text)) = (PortSpec::of(&port), &port) else { return Vec::new() };
    let left = spec.singles().into_iter().filter(|(key, _)| !taken.contains(key));
    left.map(|(_, single)| Port::Short(crate::place::At::new(single, text.place))).collect()
}

/// Where a line stands.
pub fn place(port: &Port) -> Place {
    match port {
        Port::Short(at) | Port::Remove { target: at, .. } => at.place,
        Port::Long { node, .. } => node.place,
    }
}

fn text(port: &Port) -> &str {
    match port {
        Port::Short(at) | Port::Long { target: at, .. } | Port::Remove { target: at, .. } => &at.value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let shown = match PortSpec::parse(text) {
            Err(e) => format!("error: {e}"),
            Ok(spec) => {
                let ip = spec.host_ip.as_deref().unwrap_or("*");
                let host = spec.host.as_ref().map_or("any".to_owned(), Numbers::to_string);
                format!("{ip} {host} -> {} {}", spec.container, spec.protocol)
            }
        };
        assert_eq!(shown, expect, "{text}");
    }

    #[test]
    fn the_short_syntax_is_read_as_compose_reads_it() {
        check("80", "* any -> 80 tcp");
        check("8080:80", "* 8080 -> 80 tcp");
        check("8080:80/UDP", "* 8080 -> 80 udp");
        check("127.0.0.1:8080:80", "127.0.0.1 8080 -> 80 tcp");
        check("127.0.0.1::80", "127.0.0.1 any -> 80 tcp");
        check("[::1]:8080:80", "::1 8080 -> 80 tcp");
        check("::1:8080:80", "::1 8080 -> 80 tcp");
        check("3000-3005:80", "* 3000-3005 -> 80 tcp");
        check("9090-9091:8080-8081", "* 9090-9091 -> 8080-8081 tcp");
        check("${P:-8080}:80", "* ${P:-8080} -> 80 tcp");
        check("${IP:-127.0.0.1}:${P:-${Q}}:80/udp", "${IP:-127.0.0.1} ${P:-${Q}} -> 80 udp");
        check("$P:80", "* $P -> 80 tcp");
    }

    #[test]
    fn what_is_no_port_is_refused() {
        for bad in ["", "a:80", "80:", "70000", "80/x", "9-5", "1-3:1-2", "80/tcp/udp", "-80"] {
            assert!(PortSpec::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_range_publishes_its_ports_in_pairs_and_holds_them() {
        let spec = PortSpec::parse("9090-9091:8080-8081").unwrap();
        assert_eq!(spec.published(8081).as_deref(), Some("9091"));
        assert_eq!(spec.held(), Some(9090..=9091));
        let picked = PortSpec::parse("3000-3005:80").unwrap();
        assert_eq!((picked.published(80), picked.held()), (None, None));
    }
}
