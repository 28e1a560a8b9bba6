//! The statements behind a refutation.
//!
//! Owns: the derivation that `PubGrub` hands out, read by a loop. Refuses: its words and its order, which speak of
//! variables. The tree shares its parts and can be as deep as the problem is large: it is walked by pointer with a
//! memo, and taken apart by a loop, since dropping it by recursion would need a stack as deep.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use pubgrub::{DerivationTree, External};

use crate::bitset::{BitSet, Value};
use crate::encode::Variable;
use crate::narrow::Narrowing;
use crate::problem::StatementId;

type Tree = DerivationTree<Variable, BitSet, String>;

/// A derivation of "there is no solution".
pub(crate) struct Refutation {
    /// `None` only once it is being dropped.
    tree: Option<Tree>,
}

/// What the leaves say of one variable's value: `target` is one of `set`.
type Leaves = BTreeMap<(Variable, Value), HashSet<(Variable, BitSet)>>;

impl Refutation {
    /// Takes the derivation over.
    pub(crate) fn new(tree: Tree) -> Self {
        Self { tree: Some(tree) }
    }

    /// The statements of its leaves: they alone can't hold together. `narrowing` is that of the search.
    pub(crate) fn statements(&self, narrowing: &Narrowing<'_, '_>) -> BTreeSet<StatementId> {
        let mut statements = BTreeSet::new();
        let mut narrowed = BTreeSet::new();
        for ((source, value), mut bound) in self.leaves() {
            narrowing.bounds_of(source, value, &mut |edge| {
                let leaf = (edge.target, edge.set.clone());
                if bound.remove(&leaf) {
                    statements.extend(narrowing.why_bound(edge));
                    if edge.is_narrower {
                        narrowed.insert(edge.target);
                    }
                }
            });
        }
        statements.extend(narrowed.into_iter().flat_map(|variable| narrowing.why(variable)));
        statements
    }

    fn leaves(&self) -> Leaves {
        let mut leaves = Leaves::new();
        let mut seen: HashSet<*const Tree> = HashSet::new();
        let mut todo: Vec<&Tree> = self.tree.iter().collect();
        while let Some(tree) = todo.pop() {
            if !seen.insert(std::ptr::from_ref(tree)) {
                continue;
            }
            match tree {
                DerivationTree::Derived(derived) => {
                    todo.extend([derived.cause1.as_ref(), derived.cause2.as_ref()]);
                }
                DerivationTree::External(External::FromDependencyOf(source, values, target, set)) => {
                    for value in values.iter() {
                        leaves.entry((*source, value)).or_default().insert((*target, set.clone()));
                    }
                }
                DerivationTree::External(
                    External::NotRoot(..) | External::NoVersions(..) | External::Custom(..),
                ) => {}
            }
        }
        leaves
    }
}

impl Drop for Refutation {
    fn drop(&mut self) {
        let mut todo: Vec<Arc<Tree>> = self.tree.take().map(Arc::new).into_iter().collect();
        while let Some(tree) = todo.pop() {
            if let Some(DerivationTree::Derived(derived)) = Arc::into_inner(tree) {
                todo.extend([derived.cause1, derived.cause2]);
            }
        }
    }
}
