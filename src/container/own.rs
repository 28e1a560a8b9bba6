//! The user's own services, as far as what they hold matters: `services` of a Compose file that hsm did not write.
//!
//! Owns: reading their ports and names, and how a later file's service joins an earlier one's. Refuses: judging the rest
//! of the file; whoever runs it does that. What a file includes or extends from elsewhere is not looked at.

use super::held::HostPorts;
use super::{brace, scalar_at};
use crate::place::{At, Place};
use crate::registry::layer::Port;
use crate::yaml::{Node, Value};

/// A service of the user's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnService {
    /// Its name.
    pub name: At<String>,
    /// Its container's name, if it names one that is known before it runs.
    pub container_name: Option<At<String>>,
    /// The host ports that it holds, each with its line.
    pub ports: Vec<(HostPorts, Place)>,
    /// Whether it drops the ports that a service of this name has below it (`ports: !reset` or `!override`).
    pub drops_ports: bool,
}

/// What a value with one of these tags says: only what it holds counts, nothing below it.
const DROPS: [&str; 2] = ["!reset", "!override"];

/// Adds the services of a file to those of the files before it, by name. A service that only starts when a profile of
/// the engine is asked for holds nothing: hsm asks for none.
///
/// `file` is read by [`crate::yaml::read_tagged`].
pub fn join(services: &mut Vec<OwnService>, file: &Node) {
    for (key, node) in file.get("services").and_then(Node::as_map).unwrap_or_default() {
        let asks = node.get("profiles").and_then(Node::as_list).is_some_and(|profiles| !profiles.is_empty());
        if asks {
            continue;
        }
        let name = At::new(key.text.clone(), key.place);
        let (ports, drops_ports) = ports(node.get("ports"));
        let named = node.get("container_name");
        let container_name = named
            .and_then(|named| Some(At::new(named.as_str()?.to_owned(), named.place)))
            .filter(|name| !brace::is_open(&name.value));
        match services.iter_mut().find(|held| held.name.value == name.value) {
            None => services.push(OwnService { name, container_name, ports, drops_ports }),
            Some(held) => {
                if drops_ports {
                    held.ports.clear();
                    held.drops_ports = true;
                }
                held.ports.extend(ports);
                if named.is_some() {
                    held.container_name = container_name;
                }
            }
        }
    }
}

/// The ports of a service, and whether those below it are dropped.
fn ports(node: Option<&Node>) -> (Vec<(HostPorts, Place)>, bool) {
    let Some(node) = node else { return (Vec::new(), false) };
    let (node, drops) = match node.as_map() {
        Some([(tag, inner)]) if DROPS.contains(&tag.text.as_str()) => {
            if tag.text == DROPS[0] {
                return (Vec::new(), true);
            }
            (inner, true)
        }
        _ => (node, false),
    };
    let lines = node.as_list().unwrap_or_default();
    let held = lines.iter().filter_map(|line| Some((HostPorts::of(&port(line)?)?, line.place)));
    (held.collect(), drops)
}

/// A line of `ports`, in either form.
fn port(line: &Node) -> Option<Port> {
    let at = |text: &str| At::new(text.to_owned(), line.place);
    match &line.value {
        Value::Scalar { text, .. } => Some(Port::Short(at(text))),
        Value::Map(_) => Some(Port::Long {
            target: at(scalar_at(line, "target")?),
            protocol: scalar_at(line, "protocol").map(at),
            node: line.clone(),
        }),
        Value::Null | Value::List(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::FileId;
    use crate::yaml::{Limits, read_tagged};

    fn check(files: &[&str], expect: &[&str]) {
        let mut services = Vec::new();
        for text in files {
            join(&mut services, &read_tagged(FileId(0), text, Limits::MANIFEST).unwrap());
        }
        let shown = services.iter().map(|service| {
            let name = service.container_name.as_ref().map(|name| format!(" = {}", name.value));
            let name = format!("{}{}", service.name.value, name.unwrap_or_default());
            let ports = service.ports.iter().map(|(port, _)| port.to_string());
            let drops = service.drops_ports.then(|| "only these".to_owned());
            std::iter::once(name).chain(ports).chain(drops).collect::<Vec<_>>().join(", ")
        });
        assert_eq!(shown.collect::<Vec<_>>(), expect);
    }

    #[test]
    fn both_forms_count_and_what_is_open_does_not() {
        check(
            &[
                "services:\n  db:\n    container_name: pg\n    ports: [\"5432:5432\", {target: 80, published: 81-82}, 90, \
               \"${P}:1\", {target: 7, published: \"7\", host_ip: 127.0.0.1, protocol: udp}]\n  x: {container_name: \"${X}\"}\n",
            ],
            &["db = pg, host port 5432 (tcp), host port 127.0.0.1:7 (udp)", "x"],
        );
    }

    #[test]
    fn a_later_file_joins_an_earlier_one_and_may_drop_its_ports() {
        let first = "services:\n  a: {container_name: x, ports: [\"1:1\"]}\n  b: {ports: [\"2:2\"]}\n";
        check(
            &[first, "services:\n  a: {container_name: y, ports: [\"3:3\"]}\n"],
            &["a = y, host port 1 (tcp), host port 3 (tcp)", "b, host port 2 (tcp)"],
        );
        check(
            &[first, "services:\n  a:\n    ports: !override [\"3:3\"]\n  b:\n    ports: !reset []\n"],
            &["a = x, host port 3 (tcp), only these", "b, only these"],
        );
    }

    #[test]
    fn what_waits_for_a_profile_of_the_engine_or_is_no_service_holds_nothing() {
        check(&["services:\n  a: {profiles: [debug], ports: [\"1:1\"]}\n"], &[]);
        check(&["services: [a]\n"], &[]);
        check(&["volumes: {x: {}}\n"], &[]);
        check(&[""], &[]);
        check(&["services:\n  a:\n  b: text\n"], &["a", "b"]);
    }
}
