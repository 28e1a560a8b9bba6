//! How many of some literals hold, as clauses.
//!
//! Owns: networks that sort literals, in one direction, as far as they are asked for. Refuses: knowing what is counted.
//! Two sorted rows are merged by comparing everything with everything while that is cheap, and else odd with odd and
//! even with even (Batcher), so that a network of `n` literals never needs more than about `n (log n)²` clauses.

use super::clauses::{Clauses, Literal};

/// What a network is for: each side needs only half of the clauses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// If `k` inputs hold, the output `k - 1` holds.
    Most,
    /// If the output `k - 1` holds, `k` inputs hold.
    Least,
}

/// Literals of which number `k` holds if more than `k` of the given ones do: as many as are asked for, at most one
/// for each.
pub(super) fn more_than(clauses: &mut Clauses, literals: &[Literal], wanted: usize) -> Vec<Literal> {
    sorted(clauses, Side::Most, literals, wanted)
}

/// If `unless` does not hold, at most `most` of the literals do.
pub(super) fn at_most(clauses: &mut Clauses, unless: &[Literal], literals: &[Literal], most: usize) {
    let all = literals.len();
    if most >= all {
        return;
    }
    if most == 0 {
        for literal in literals {
            clauses.add(unless.iter().copied().chain([!*literal]));
        }
    } else if most == 1 && all <= FEW {
        for (number, one) in literals.iter().enumerate() {
            for other in literals.iter().take(number) {
                clauses.add(unless.iter().copied().chain([!*one, !*other]));
            }
        }
    } else if most == 1 {
        ladder(clauses, unless, literals);
    } else if most + 1 == all {
        clauses.add(unless.iter().copied().chain(literals.iter().map(|literal| !*literal)));
    } else if most > all / 2 {
        let others: Vec<Literal> = literals.iter().map(|literal| !*literal).collect();
        let outputs = sorted(clauses, Side::Least, &others, all - most);
        clauses.add(unless.iter().copied().chain(outputs.get(all - most - 1).copied()));
    } else {
        let outputs = sorted(clauses, Side::Most, literals, most + 1);
        clauses.add(unless.iter().copied().chain(outputs.get(most).map(|output| !*output)));
    }
}

/// If `unless` does not hold, at least `least` of the literals do.
pub(super) fn at_least(clauses: &mut Clauses, unless: &[Literal], literals: &[Literal], least: usize) {
    if least == 0 {
        return;
    }
    if least == 1 {
        clauses.add(unless.iter().chain(literals).copied());
    } else if least > literals.len() {
        clauses.add(unless.iter().copied());
    } else {
        let others: Vec<Literal> = literals.iter().map(|literal| !*literal).collect();
        at_most(clauses, unless, &others, literals.len() - least);
    }
}

/// Up to so many literals, "at most one" is said of each pair.
const FEW: usize = 5;

/// At most one: step by step, whether there was one so far.
fn ladder(clauses: &mut Clauses, unless: &[Literal], literals: &[Literal]) {
    let mut before: Option<Literal> = None;
    for literal in literals {
        let so_far = clauses.fresh();
        clauses.add([!*literal, so_far]);
        if let Some(before) = before {
            clauses.add([!before, so_far]);
            clauses.add(unless.iter().copied().chain([!before, !*literal]));
        }
        before = Some(so_far);
    }
}

/// The first `wanted` outputs of a network that sorts the literals, those that hold first.
fn sorted(clauses: &mut Clauses, side: Side, literals: &[Literal], wanted: usize) -> Vec<Literal> {
    let mut rows: Vec<Vec<Literal>> = literals.iter().map(|literal| vec![*literal]).collect();
    while rows.len() > 1 {
        let mut merged = Vec::with_capacity(rows.len().div_ceil(2));
        for pair in rows.chunks(2) {
            merged.push(match pair {
                [one, other] => merge(clauses, side, one, other, wanted),
                _ => pair.concat(),
            });
        }
        rows = merged;
    }
    let mut row = rows.pop().unwrap_or_default();
    row.truncate(wanted);
    row
}

/// Merges two sorted rows, as far as they are wanted.
fn merge(
    clauses: &mut Clauses,
    side: Side,
    one: &[Literal],
    other: &[Literal],
    wanted: usize,
) -> Vec<Literal> {
    let (one, other) = (&one[..one.len().min(wanted)], &other[..other.len().min(wanted)]);
    match (one, other) {
        ([], row) | (row, []) => return row.to_vec(),
        _ if is_direct_cheaper(one.len(), other.len()) => return direct(clauses, side, one, other, wanted),
        _ => {}
    }
    let every_second = |row: &[Literal], from: usize| -> Vec<Literal> {
        row.iter().skip(from).step_by(2).copied().collect()
    };
    // Of so many outputs, one more than half are of odd number.
    let odd = merge(clauses, side, &every_second(one, 0), &every_second(other, 0), wanted / 2 + 1);
    let even = merge(clauses, side, &every_second(one, 1), &every_second(other, 1), wanted / 2);
    let mut row: Vec<Literal> = odd.first().copied().into_iter().collect();
    let mut pairs = odd.iter().skip(1).zip(&even);
    for (high, low) in &mut pairs {
        row.extend(direct(clauses, side, &[*high], &[*low], 2));
    }
    // One of them may be longer: what is left over is in order already.
    row.extend(odd.iter().skip(1 + even.len()));
    row.extend(even.iter().skip(odd.len().saturating_sub(1)));
    row.truncate(wanted);
    row
}

/// Whether comparing everything with everything takes fewer clauses than two halves and a row of comparisons.
fn is_direct_cheaper(one: usize, other: usize) -> bool {
    let all = one + other;
    one.min(other) <= 1 || one * other + all <= 3 * all * (usize::BITS - all.leading_zeros()) as usize / 2
}

/// Merges by comparing everything with everything.
fn direct(
    clauses: &mut Clauses,
    side: Side,
    one: &[Literal],
    other: &[Literal],
    wanted: usize,
) -> Vec<Literal> {
    let row: Vec<Literal> = (0..(one.len() + other.len()).min(wanted)).map(|_| clauses.fresh()).collect();
    for i in 0..=one.len() {
        for j in 0..=other.len() {
            match side {
                // `i` here and `j` there make `i + j`.
                Side::Most => {
                    if let Some(output) = (i + j).checked_sub(1).and_then(|last| row.get(last)) {
                        let inputs = [i.checked_sub(1).map(|i| one[i]), j.checked_sub(1).map(|j| other[j])];
                        clauses.add(
                            [*output].into_iter().chain(inputs.into_iter().flatten().map(|input| !input)),
                        );
                    }
                }
                // At most `i` here and at most `j` there make at most `i + j`.
                Side::Least => {
                    if let Some(output) = row.get(i + j) {
                        let inputs = [one.get(i), other.get(j)];
                        clauses.add([!*output].into_iter().chain(inputs.into_iter().flatten().copied()));
                    }
                }
            }
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuel::within;
    use crate::sat::clauses::Verdict;

    /// Whether exactly so many literals of `all` can hold under a bound.
    fn allows(all: usize, held: usize, bound: impl FnOnce(&mut Clauses, &[Literal])) -> bool {
        let mut fuel = 10_000_000;
        let verdict = within(&mut fuel, || {
            let mut clauses = Clauses::new();
            let literals: Vec<Literal> = (0..all).map(|_| clauses.fresh()).collect();
            bound(&mut clauses, &literals);
            // Those that hold are scattered.
            let holds = |number: usize| number * 7 % all < held;
            let assumed: Vec<Literal> =
                literals.iter().enumerate().map(|(n, one)| if holds(n) { *one } else { !*one }).collect();
            clauses.solve(&assumed)
        });
        matches!(verdict, Ok(Ok(Verdict::Model)))
    }

    #[test]
    fn bounds_are_kept_at_every_size() {
        for all in [1, 2, 3, 4, 5, 6, 8, 11, 13, 29, 64] {
            for bound in 0..=all {
                for held in 0..=all {
                    let most = allows(all, held, |clauses, row| at_most(clauses, &[], row, bound));
                    assert_eq!(most, held <= bound, "{held} of {all}, at most {bound}");
                    let least = allows(all, held, |clauses, row| at_least(clauses, &[], row, bound));
                    assert_eq!(least, held >= bound, "{held} of {all}, at least {bound}");
                }
            }
        }
    }

    #[test]
    fn large_rows_stay_small() {
        let mut fuel = 10_000_000;
        let made = within(&mut fuel, || {
            let mut clauses = Clauses::new();
            let literals: Vec<Literal> = (0..10_000).map(|_| clauses.fresh()).collect();
            at_most(&mut clauses, &[], &literals, 5_000);
        });
        assert_eq!(made, Ok(()));
    }
}
