//! Where the nodes of a graph stand and how its edges run: in columns from left to right.
//!
//! Owns: a simple layered layout, in whole pixels, the same on every machine. Refuses: looks. The steps are the usual ones:
//! turn edges around until there is no ring, put each node one column behind the last that leads to it, let long edges pass
//! through each column, order the columns so that few edges cross, and move nodes towards their neighbours.

use super::Graph;

/// How wide and high a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli::voice) struct Size {
    pub width: i64,
    pub height: i64,
}

/// Where all is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli::voice) struct Layout {
    /// How large the whole is.
    pub size: Size,
    /// The left upper corner of each node.
    pub nodes: Vec<(i64, i64)>,
    /// The points that each edge passes, from its beginning to its end.
    pub edges: Vec<Vec<(i64, i64)>>,
}

/// Between two nodes of a column.
const ROW_GAP: i64 = 18;

/// Between a node and an edge that passes it, or between two such edges.
const LANE: i64 = 16;

/// How often the columns are put in order, and how often their nodes are moved.
const SWEEPS: usize = 12;

/// A node, or the place where a long edge passes a column.
#[derive(Debug, Clone, Copy)]
struct Spot {
    column: usize,
    height: i64,
    /// Its middle.
    y: i64,
    real: bool,
}

/// Lays a graph out. `sizes` are those of its nodes, `gap` is how much room the labels of an edge take.
pub(in crate::cli::voice) fn layout(graph: &Graph, sizes: &[Size], gap: impl Fn(usize) -> i64) -> Layout {
    let count = sizes.len();
    let turned = turned(graph, count);
    let ends: Vec<(usize, usize)> = graph
        .edges
        .iter()
        .zip(&turned)
        .map(|(edge, turned)| if *turned { (edge.to, edge.from) } else { (edge.from, edge.to) })
        .collect();
    let columns = columns(count, &ends);
    let mut spots: Vec<Spot> = sizes
        .iter()
        .zip(&columns)
        .map(|(size, column)| Spot { column: *column, height: size.height, y: 0, real: true })
        .collect();
    let routes: Vec<Vec<usize>> = ends.iter().map(|ends| route(&mut spots, *ends)).collect();
    let links: Vec<(usize, usize)> =
        routes.iter().flat_map(|route| route.windows(2).map(|pair| (pair[0], pair[1]))).collect();
    let order = ordered(&spots, &links);
    place(&mut spots, &links, &order);

    let width = |column: usize| {
        let of = (0..count).filter(|node| columns[*node] == column).map(|node| sizes[node].width);
        of.max().unwrap_or_default()
    };
    let mut left = vec![0; order.len() + 1];
    for column in 0..order.len() {
        let labels = (0..ends.len()).filter(|edge| columns[ends[*edge].0] == column).map(&gap);
        left[column + 1] = left[column] + width(column) + labels.max().unwrap_or_default().max(60);
    }
    let nodes: Vec<(i64, i64)> =
        (0..count).map(|node| (left[columns[node]], spots[node].y - sizes[node].height / 2)).collect();
    let edges = routes.iter().zip(&turned).map(|(route, turned)| {
        let mut points: Vec<(i64, i64)> = Vec::with_capacity(route.len() * 2);
        for (number, &spot) in route.iter().enumerate() {
            let at = &spots[spot];
            let (start, end) = (left[at.column], left[at.column] + width(at.column));
            if at.real {
                let own = left[at.column] + sizes.get(spot).map_or(0, |size| size.width);
                points.push((if number == 0 { own } else { start }, at.y));
            } else {
                points.extend([(start, at.y), (end, at.y)]);
            }
        }
        if *turned {
            points.reverse();
        }
        points
    });
    let edges = edges.collect();
    let height = spots.iter().map(|spot| spot.y + spot.height / 2).max().unwrap_or_default();
    let last = order.len().saturating_sub(1);
    let size = Size { width: left[last] + width(last), height };
    Layout { size, nodes, edges }
}

/// Which edges have to be turned around so that there is no ring: those that lead back on a walk through the graph.
fn turned(graph: &Graph, count: usize) -> Vec<bool> {
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (number, edge) in graph.edges.iter().enumerate() {
        after[edge.from].push(number);
    }
    let mut turned = vec![false; graph.edges.len()];
    // 0: not yet seen, 1: on the way, 2: done
    let mut state = vec![0_u8; count];
    for start in 0..count {
        if state[start] != 0 {
            continue;
        }
        state[start] = 1;
        let mut way = vec![(start, 0)];
        while let Some(step) = way.last_mut() {
            let (node, next) = *step;
            let Some(&number) = after[node].get(next) else {
                state[node] = 2;
                way.pop();
                continue;
            };
            step.1 += 1;
            let to = graph.edges[number].to;
            match state[to] {
                0 => {
                    state[to] = 1;
                    way.push((to, 0));
                }
                1 => turned[number] = true,
                _ => {}
            }
        }
    }
    turned
}

/// The column of each node: one behind the last that leads to it.
fn columns(count: usize, ends: &[(usize, usize)]) -> Vec<usize> {
    let mut open = vec![0_usize; count];
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); count];
    for &(from, to) in ends.iter().filter(|(from, to)| from != to) {
        open[to] += 1;
        after[from].push(to);
    }
    let mut column = vec![0; count];
    let mut ready: Vec<usize> = (0..count).filter(|node| open[*node] == 0).collect();
    while let Some(node) = ready.pop() {
        for &to in &after[node] {
            column[to] = column[to].max(column[node] + 1);
            open[to] -= 1;
            if open[to] == 0 {
                ready.push(to);
            }
        }
    }
    column
}

/// The spots that an edge passes; those between its ends are made.
fn route(spots: &mut Vec<Spot>, (from, to): (usize, usize)) -> Vec<usize> {
    let mut route = vec![from];
    for column in spots[from].column + 1..spots[to].column {
        spots.push(Spot { column, height: LANE, y: 0, real: false });
        route.push(spots.len() - 1);
    }
    route.push(to);
    route
}

/// The neighbours of each spot, in the columns before and behind it.
fn neighbours(count: usize, links: &[(usize, usize)]) -> [Vec<Vec<usize>>; 2] {
    let mut sides = [vec![Vec::new(); count], vec![Vec::new(); count]];
    for &(from, to) in links.iter().filter(|(from, to)| from != to) {
        sides[0][to].push(from);
        sides[1][from].push(to);
    }
    sides
}

/// The spots of each column in an order in which few edges cross: each moves to the middle of its neighbours.
fn ordered(spots: &[Spot], links: &[(usize, usize)]) -> Vec<Vec<usize>> {
    let last = spots.iter().map(|spot| spot.column).max();
    let mut order: Vec<Vec<usize>> = vec![Vec::new(); last.map_or(0, |last| last + 1)];
    for (number, spot) in spots.iter().enumerate() {
        order[spot.column].push(number);
    }
    let sides = neighbours(spots.len(), links);
    let mut rank = vec![0_i64; spots.len()];
    let number = |order: &[Vec<usize>], rank: &mut Vec<i64>| {
        for column in order {
            for (place, &spot) in column.iter().enumerate() {
                rank[spot] = i64::try_from(place).unwrap_or(i64::MAX);
            }
        }
    };
    number(&order, &mut rank);
    let mut best = (crossings(&order, &rank, &sides[1]), order.clone());
    for sweep in 0..SWEEPS {
        let side = &sides[sweep % 2];
        let columns: Vec<usize> =
            if sweep % 2 == 0 { (0..order.len()).collect() } else { (0..order.len()).rev().collect() };
        for column in columns {
            let keys: Vec<i64> = order[column]
                .iter()
                .map(|spot| middle(&side[*spot], &rank).unwrap_or(rank[*spot] * 2))
                .collect();
            let mut with: Vec<(i64, usize)> = keys.into_iter().zip(order[column].iter().copied()).collect();
            with.sort_by_key(|(key, _)| *key);
            order[column] = with.into_iter().map(|(_, spot)| spot).collect();
            number(&order[column..=column], &mut rank);
        }
        let crossed = crossings(&order, &rank, &sides[1]);
        if crossed < best.0 {
            best = (crossed, order.clone());
        }
    }
    best.1
}

/// Twice the middle rank of some spots.
fn middle(spots: &[usize], rank: &[i64]) -> Option<i64> {
    let mut ranks: Vec<i64> = spots.iter().map(|spot| rank[*spot]).collect();
    ranks.sort_unstable();
    let high = *ranks.get(ranks.len() / 2)?;
    let low = ranks[(ranks.len() - 1) / 2];
    Some(high + low)
}

/// How many pairs of edges cross between neighbouring columns.
fn crossings(order: &[Vec<usize>], rank: &[i64], behind: &[Vec<usize>]) -> usize {
    order.iter().map(|column| crossings_behind(column, rank, behind)).sum()
}

/// What comes later in the column crosses what went further down before it: counted with a tree of sums over the ranks.
fn crossings_behind(column: &[usize], rank: &[i64], behind: &[Vec<usize>]) -> usize {
    let at = |spot: usize| usize::try_from(rank[spot]).unwrap_or_default() + 1;
    let last =
        column.iter().flat_map(|spot| &behind[*spot]).map(|other| at(*other)).max().unwrap_or_default();
    let mut sums = vec![0_usize; last + 1];
    let (mut crossed, mut passed) = (0, 0);
    for &spot in column {
        for &other in &behind[spot] {
            // those that passed at this rank or above do not cross
            let mut place = at(other);
            let mut above = 0;
            while place > 0 {
                above += sums[place];
                place &= place - 1;
            }
            crossed += passed - above;
        }
        for &other in &behind[spot] {
            let mut place = at(other);
            while place <= last {
                sums[place] += 1;
                place += place & place.wrapping_neg();
            }
            passed += 1;
        }
    }
    crossed
}

/// Gives each spot its height in the picture: near its neighbours, in the order of its column, and clear of the others.
fn place(spots: &mut [Spot], links: &[(usize, usize)], order: &[Vec<usize>]) {
    let sides = neighbours(spots.len(), links);
    for column in order {
        let wish: Vec<i64> = vec![0; column.len()];
        settle(spots, column, &wish);
    }
    for sweep in 0..SWEEPS {
        let side = &sides[sweep % 2];
        let columns: Vec<&Vec<usize>> =
            if sweep % 2 == 0 { order.iter().collect() } else { order.iter().rev().collect() };
        for column in columns {
            let wish: Vec<i64> = column
                .iter()
                .map(|spot| {
                    let near = &side[*spot];
                    let sum: i64 = near.iter().map(|other| spots[*other].y).sum();
                    i64::try_from(near.len()).ok().filter(|n| *n > 0).map_or(spots[*spot].y, |n| sum / n)
                })
                .collect();
            settle(spots, column, &wish);
        }
    }
    let top = spots.iter().map(|spot| spot.y - spot.height / 2).min().unwrap_or_default();
    for spot in spots.iter_mut() {
        spot.y -= top;
    }
}

/// Puts the spots of a column as near to where they want to be as their order and their heights allow: those that get in
/// each other's way stand together around the middle of what they want.
fn settle(spots: &mut [Spot], column: &[usize], wish: &[i64]) {
    // runs of spots that touch: their number, the sum of where the run's first would have to be, and where it is
    let mut runs: Vec<(usize, i64, i64)> = Vec::new();
    let mut offsets: Vec<i64> = Vec::with_capacity(column.len());
    let mut at = 0;
    for (number, spot) in column.iter().enumerate() {
        if number > 0 {
            let before = &spots[column[number - 1]];
            let gap = if before.real && spots[*spot].real { ROW_GAP } else { LANE };
            at += before.height / 2 + gap + spots[*spot].height / 2;
        }
        offsets.push(at);
        let want = wish[number] - at;
        runs.push((1, want, want));
        while let [.., one, two] = runs.as_slice() {
            if one.2 <= two.2 {
                break;
            }
            let (count, sum) = (one.0 + two.0, one.1 + two.1);
            let mean = sum.div_euclid(i64::try_from(count).unwrap_or(1));
            runs.truncate(runs.len() - 2);
            runs.push((count, sum, mean));
        }
    }
    let mut number = 0;
    for (count, _, start) in runs {
        for _ in 0..count {
            spots[column[number]].y = start + offsets[number];
            number += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Edge, Node, Sort, Tie};
    use super::*;

    fn graph(count: usize, edges: &[(usize, usize)]) -> Graph {
        let node = |number: usize| Node {
            id: number.to_string(),
            sort: Sort::Package,
            facts: Vec::new(),
            clash: false,
        };
        let edge = |&(from, to): &(usize, usize)| Edge { from, to, label: String::new(), tie: Tie::Implies };
        Graph {
            title: String::new(),
            nodes: (0..count).map(node).collect(),
            edges: edges.iter().map(edge).collect(),
        }
    }

    /// Laws of every layout.
    fn check(count: usize, edges: &[(usize, usize)]) -> Layout {
        let graph = graph(count, edges);
        let size = |n: i64| Size { width: 80 + 7 * (n % 5), height: 30 + 10 * (n % 3) };
        let sizes: Vec<Size> = (0..).map(size).take(count).collect();
        let laid = layout(&graph, &sizes, |_| 50);
        assert_eq!(laid, layout(&graph, &sizes, |_| 50), "not the same twice");
        let boxes: Vec<_> = laid.nodes.iter().zip(&sizes).collect();
        for (number, ((x, y), size)) in boxes.iter().enumerate() {
            assert!(
                *x >= 0
                    && *y >= 0
                    && x + size.width <= laid.size.width
                    && y + size.height <= laid.size.height
            );
            for ((other_x, other_y), other) in &boxes[..number] {
                let beside = x + size.width <= *other_x || other_x + other.width <= *x;
                let above = y + size.height <= *other_y || other_y + other.height <= *y;
                assert!(beside || above, "nodes lie on each other: {laid:?}");
            }
        }
        assert_eq!(laid.edges.len(), edges.len());
        for (points, (from, to)) in laid.edges.iter().zip(edges) {
            let touches = |node: usize, point: &(i64, i64)| {
                let ((x, y), size) = boxes[node];
                (point.0 == *x || point.0 == x + size.width) && (point.1 - y - size.height / 2).abs() <= 1
            };
            assert!(touches(*from, points.first().expect("a point")), "{from} {points:?} {boxes:?}");
            assert!(touches(*to, points.last().expect("a point")), "{to} {points:?} {boxes:?}");
        }
        laid
    }

    #[test]
    fn no_nodes_lie_on_each_other_and_edges_end_at_their_nodes() {
        check(0, &[]);
        check(1, &[]);
        check(3, &[(0, 1), (1, 2), (2, 0)]);
        check(2, &[(0, 1), (1, 0), (0, 0)]);
        let mut seed = 7_usize;
        let mut next = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..200 {
            let count = 1 + next(14);
            let edges: Vec<(usize, usize)> = (0..next(24)).map(|_| (next(count), next(count))).collect();
            check(count, &edges);
        }
    }

    #[test]
    fn an_edge_leads_to_the_right_where_there_is_no_ring() {
        let laid = check(5, &[(0, 1), (1, 2), (0, 2), (2, 3), (0, 4)]);
        for points in &laid.edges {
            assert!(points.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{points:?}");
        }
    }

    #[test]
    fn edges_that_need_not_cross_do_not() {
        let laid = check(6, &[(0, 5), (1, 4), (2, 3)]);
        let ys = |nodes: [usize; 3]| nodes.map(|node| laid.nodes[node].1);
        let sorted = |nodes: [usize; 3]| {
            let mut by = nodes.map(|node| (laid.nodes[node].1, node));
            by.sort_unstable();
            by.map(|(_, node)| node)
        };
        let left = sorted([0, 1, 2]);
        assert_eq!(sorted([3, 4, 5]), left.map(|node| 5 - node), "{:?} {:?}", ys([0, 1, 2]), ys([3, 4, 5]));
    }
}
