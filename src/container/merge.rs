//! The rules by which a layer's lists and maps join those below it.

use indexmap::IndexMap;

use super::port::{self, PortKey};
use super::volume;
use crate::place::At;
use crate::registry::layer::{DependsOn, Port, Volume};
use crate::yaml::{Key, Node, Value};

/// Lays a layer's ports over the lower ones.
pub(super) fn ports(lower: Vec<Port>, layer: &[Port]) -> Vec<Port> {
    let layer: Vec<(Vec<PortKey>, &Port)> = layer.iter().map(|item| (port::keys(item), item)).collect();
    let taken: Vec<PortKey> = layer.iter().flat_map(|(keys, _)| keys.iter().cloned()).collect();
    if taken.is_empty() {
        return lower;
    }
    let mut placed = vec![false; layer.len()];
    let mut joined = Vec::new();
    for held in lower {
        let held_keys = port::keys(&held);
        for (at, (keys, item)) in layer.iter().enumerate() {
            if !placed[at] && keys.iter().any(|key| held_keys.contains(key)) {
                placed[at] = true;
                joined.push((*item).clone());
            }
        }
        joined.extend(port::without(held, &taken));
    }
    let new = layer.iter().zip(placed).filter(|(_, placed)| !placed).map(|((_, item), _)| (*item).clone());
    joined.extend(new);
    joined.retain(|item| !matches!(item, Port::Remove { .. }));
    joined
}

/// Lays a layer's volumes over the lower ones.
pub(super) fn volumes(lower: Vec<Volume>, layer: &[Volume]) -> Vec<Volume> {
    let layer: Vec<(String, &Volume)> = layer.iter().map(|item| (volume::key(item), item)).collect();
    let mut placed = vec![false; layer.len()];
    let mut joined = Vec::new();
    for held in lower {
        let held_key = volume::key(&held);
        for (at, (_, item)) in layer.iter().enumerate().filter(|(_, (key, _))| *key == held_key) {
            if !placed[at] {
                placed[at] = true;
                joined.push((*item).clone());
            }
        }
        if !layer.iter().any(|(key, _)| *key == held_key) {
            joined.push(held);
        }
    }
    let new = layer.iter().zip(placed).filter(|(_, placed)| !placed).map(|((_, item), _)| (*item).clone());
    joined.extend(new);
    joined.retain(|item| !matches!(item, Volume::Remove { .. }));
    joined
}

/// Lays a layer's `depends_on` over the lower ones, by target.
pub(super) fn depends_on(lower: &mut Vec<DependsOn>, layer: &[DependsOn]) {
    for item in layer {
        let held = lower.iter().position(|held| held.target.value == item.target.value);
        match (held, item.removed) {
            (Some(at), true) => {
                lower.remove(at);
            }
            (None, true) => {}
            (Some(at), false) => {
                let how = match (&lower[at].how, &item.how) {
                    (Some(below), Some(above)) => Some(node(below.clone(), above)),
                    (_, Some(above)) => Some(above.clone()),
                    (below, None) => below.clone(),
                };
                lower[at] = DependsOn { how, ..item.clone() };
            }
            (None, false) => lower.push(item.clone()),
        }
    }
}

/// Lays a layer's other keys of a service over the lower ones.
pub(super) fn compose(lower: &mut IndexMap<String, At<Node>>, layer: &[(At<String>, Node)]) {
    for (key, value) in layer {
        match lower.get_mut(&key.value) {
            Some(_) if value.value == Value::Null => {
                lower.shift_remove(&key.value);
            }
            Some(held) => *held = At::new(node(held.value.clone(), value), key.place),
            None => {
                lower.insert(key.value.clone(), At::new(value.clone(), key.place));
            }
        }
    }
}

/// One value over another: two mappings merge by key, everything else is replaced.
fn node(below: Node, above: &Node) -> Node {
    let (Value::Map(held), Value::Map(new)) = (below.value, &above.value) else { return above.clone() };
    let mut joined: Vec<(Key, Node)> = held;
    for (key, value) in new {
        let at = joined.iter().position(|(held, _)| held.text == key.text);
        match at {
            Some(at) if value.value == Value::Null => {
                joined.remove(at);
            }
            Some(at) => joined[at] = (key.clone(), node(joined[at].1.clone(), value)),
            None => joined.push((key.clone(), value.clone())),
        }
    }
    Node { place: above.place, value: Value::Map(joined) }
}
