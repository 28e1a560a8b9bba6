//! The shortest rings of a graph.
//!
//! Owns: which of the rings of a graph are told. Refuses: what the nodes stand for.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};

use super::super::waits::knots;

/// How many steps the search for the shortest ring of a part takes before it is content with the shortest so far.
const STEPS: usize = 2_000_000;

/// How often what is left of a graph without the rings found so far is searched again.
const MOST_LAYERS: usize = 100;

/// Rings that have no node in common, short ones first; what is left may have more only if there are very many.
pub(super) fn apart(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut left: Vec<usize> = (0..edges.len()).filter(|node| !edges[*node].is_empty()).collect();
    let mut found = Vec::new();
    for _ in 0..MOST_LAYERS {
        let parts = knots(edges, &left);
        if parts.is_empty() {
            break;
        }
        let rings: Vec<Vec<usize>> = parts.iter().map(|part| shortest(edges, part)).collect();
        let used: HashSet<usize> = rings.iter().flatten().copied().collect();
        left = parts.into_iter().flatten().filter(|node| !used.contains(node)).collect();
        left.sort_unstable();
        found.extend(rings);
    }
    found
}

/// The shortest ring of a strongly connected part; of several the one with the smallest node. In a large part it may be
/// a little longer than that.
fn shortest(edges: &[Vec<usize>], part: &[usize]) -> Vec<usize> {
    let inside: HashSet<usize> = part.iter().copied().collect();
    let mut best: Vec<usize> = Vec::new();
    let mut steps = 0;
    for &start in part {
        let shorter = |length: usize| best.is_empty() || length < best.len();
        if let Some(ring) = search(edges, start, &|node| inside.contains(&node), &shorter, &mut steps) {
            best = ring;
        }
        if best.len() == 1 || steps > STEPS {
            break;
        }
    }
    best
}

/// The shortest ring through a node.
pub(super) fn through(edges: &[Vec<usize>], node: usize) -> Option<Vec<usize>> {
    search(edges, node, &|_| true, &|_| true, &mut 0)
}

/// The shortest way between two nodes, both of them included.
pub(super) fn between(edges: &[Vec<usize>], from: usize, to: usize, steps: &mut usize) -> Option<Vec<usize>> {
    if from == to {
        return Some(vec![from]);
    }
    let mut came: HashMap<usize, usize> = HashMap::new();
    let mut queue = VecDeque::from([from]);
    while let Some(node) = queue.pop_front() {
        for &next in edges[node].iter().filter(|next| **next != from) {
            *steps += 1;
            if let Entry::Vacant(entry) = came.entry(next) {
                entry.insert(node);
                if next == to {
                    return Some(way(&came, from, to));
                }
                queue.push_back(next);
            }
        }
    }
    None
}

/// The shortest ring through `start`, along nodes that are `inside`, as long as its length is short enough.
fn search(
    edges: &[Vec<usize>],
    start: usize,
    inside: &dyn Fn(usize) -> bool,
    short: &dyn Fn(usize) -> bool,
    steps: &mut usize,
) -> Option<Vec<usize>> {
    let mut from: HashMap<usize, usize> = HashMap::new();
    let mut queue = VecDeque::from([(start, 1)]);
    while let Some((node, length)) = queue.pop_front().filter(|(_, length)| short(*length)) {
        for &next in &edges[node] {
            *steps += 1;
            if next == start {
                return Some(way(&from, start, node));
            }
            if inside(next) && !from.contains_key(&next) {
                from.insert(next, node);
                queue.push_back((next, length + 1));
            }
        }
    }
    None
}

/// The way from `start` to `end`.
fn way(from: &HashMap<usize, usize>, start: usize, end: usize) -> Vec<usize> {
    let mut way = vec![end];
    while let Some(&last) = way.last().filter(|last| **last != start) {
        let Some(before) = from.get(&last) else { break };
        way.push(*before);
    }
    way.reverse();
    way
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_that_have_nothing_in_common_are_found_together() {
        // 0 → 1 → 2 → 0, 2 → 1, 3 → 3, 4 → 0, 5 ⇄ 6 by two ways
        let edges = [vec![1], vec![2], vec![0, 1], vec![3], vec![0], vec![6, 4], vec![5]].to_vec();
        assert_eq!(apart(&edges), [vec![1, 2], vec![3], vec![5, 6]]);
        assert_eq!(through(&edges, 0), Some(vec![0, 1, 2]));
        assert_eq!(through(&edges, 4), None);
    }

    #[test]
    fn what_is_left_without_the_first_rings_is_searched_again() {
        // a ring of four with a chord: the shorter one first, and then nothing; two rings that share an edge
        let edges = [vec![1], vec![2, 0], vec![3], vec![2]].to_vec();
        assert_eq!(apart(&edges), [vec![0, 1], vec![2, 3]]);
    }
}
