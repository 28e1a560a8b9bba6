//! The schedule: a plan's steps in the order of a graph.
//!
//! Owns: which step waits for which. Refuses: running anything. The same plan gives the same schedule, always.

use std::path::Path;

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef as _;

use crate::adapters::Phase;
use crate::plan::Plan;

/// One step. The numbers point into the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// A check of an adapter that changes nothing.
    Verify {
        /// The adapter's number.
        part: usize,
        /// The action's number.
        action: usize,
    },
    /// Saving all that may change.
    Save,
    /// Writing or removing a file.
    Write {
        /// The file's number.
        file: usize,
    },
    /// A command of an adapter's tool that changes something.
    Apply {
        /// The adapter's number.
        part: usize,
        /// The action's number.
        action: usize,
    },
    /// The new state holds from here on.
    Commit,
}

/// The steps in waves: those of one wave do not depend on each other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schedule {
    /// The waves, in order; each is sorted.
    pub waves: Vec<Vec<Step>>,
}

/// A ring of steps that wait for each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("these steps wait for each other: {0:?}")]
pub struct Ring(pub Vec<Step>);

impl Schedule {
    /// All steps, in order.
    pub fn steps(&self) -> impl Iterator<Item = Step> + '_ {
        self.waves.iter().flatten().copied()
    }
}

/// The schedule of a plan: all checks first, then what is got, then the files, then each adapter's commands in their order, different
/// adapters side by side, at last the commit. A plan that changes nothing has only its checks.
pub fn order(plan: &Plan) -> Result<Schedule, Ring> {
    waves(&graph(plan))
}

/// What a step does, for people: `update pyproject.toml`.
pub fn describe(plan: &Plan, step: Step) -> String {
    let action = |part: usize, action: usize| {
        plan.parts
            .get(part)
            .and_then(|p| p.actions.get(action).map(|a| format!("{} ({})", a.label, p.adapter)))
            .unwrap_or_default()
    };
    match step {
        Step::Verify { part, action: a } | Step::Apply { part, action: a } => action(part, a),
        Step::Save => "save what may change".into(),
        Step::Commit => "commit".into(),
        Step::Write { file } => plan.files.get(file).map_or_else(String::new, |file| {
            let verb = match (&file.before, &file.after) {
                (None, _) => "create",
                (Some(_), Some(_)) => "update",
                (Some(_), None) => "remove",
            };
            format!("{verb} {}", slashes(&file.path))
        }),
    }
}

fn slashes(path: &Path) -> String {
    path.iter().map(|p| p.to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn graph(plan: &Plan) -> DiGraph<Step, ()> {
    let mut graph = DiGraph::new();
    let chain = |graph: &mut DiGraph<Step, ()>, phase| {
        let mut ends = Vec::new();
        for (part, adapter) in plan.parts.iter().enumerate() {
            let mut nodes: Vec<NodeIndex> = Vec::new();
            for (action, _) in adapter.actions.iter().enumerate().filter(|(_, a)| a.phase == phase) {
                let node = graph.add_node(match phase {
                    Phase::Verify => Step::Verify { part, action },
                    Phase::Get | Phase::Apply => Step::Apply { part, action },
                });
                if phase == Phase::Verify && adapter.checks_together {
                    ends.push((node, node));
                    continue;
                }
                if let Some(&before) = nodes.last() {
                    graph.add_edge(before, node, ());
                }
                nodes.push(node);
            }
            if let (Some(&first), Some(&last)) = (nodes.first(), nodes.last()) {
                ends.push((first, last));
            }
        }
        ends
    };
    let checks = chain(&mut graph, Phase::Verify);
    if plan.is_empty() {
        return graph;
    }
    let save = graph.add_node(Step::Save);
    let commit = graph.add_node(Step::Commit);
    graph.add_edge(save, commit, ());
    for (_, last) in checks {
        graph.add_edge(last, save, ());
    }
    let files: Vec<_> = (0..plan.files.len()).map(|file| graph.add_node(Step::Write { file })).collect();
    let sources = chain(&mut graph, Phase::Get);
    let commands = chain(&mut graph, Phase::Apply);
    for &file in &files {
        graph.add_edge(save, file, ());
        graph.add_edge(file, commit, ());
    }
    // a file or a command may be about what is got first
    for &(first, last) in &sources {
        graph.add_edge(save, first, ());
        graph.add_edge(last, commit, ());
        for &next in files.iter().chain(commands.iter().map(|(first, _)| first)) {
            graph.add_edge(last, next, ());
        }
    }
    for &(first, last) in &commands {
        graph.add_edge(save, first, ());
        graph.add_edge(last, commit, ());
        for &file in &files {
            graph.add_edge(file, first, ());
        }
    }
    graph
}

/// Sorts a graph into waves: each step as early as what it waits for allows.
fn waves(graph: &DiGraph<Step, ()>) -> Result<Schedule, Ring> {
    let sorted = petgraph::algo::toposort(graph, None).map_err(|_| ring(graph))?;
    let mut level = vec![0_usize; graph.node_count()];
    let mut waves: Vec<Vec<Step>> = Vec::new();
    for node in sorted {
        let mine = level[node.index()];
        if waves.len() <= mine {
            waves.resize(mine + 1, Vec::new());
        }
        waves[mine].push(graph[node]);
        for edge in graph.edges(node) {
            let next = edge.target().index();
            level[next] = level[next].max(mine + 1);
        }
    }
    for wave in &mut waves {
        wave.sort();
    }
    Ok(Schedule { waves })
}

fn ring(graph: &DiGraph<Step, ()>) -> Ring {
    let ring = petgraph::algo::tarjan_scc(graph)
        .into_iter()
        .find(|nodes| nodes.len() > 1 || nodes.iter().any(|&n| graph.contains_edge(n, n)));
    let mut steps: Vec<_> = ring.unwrap_or_default().into_iter().map(|n| graph[n]).collect();
    steps.sort();
    Ring(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::{Action, FileChange};
    use crate::plan::AdapterPlan;

    fn action(phase: Phase) -> Action {
        Action {
            label: "do it".into(),
            phase,
            args: Vec::new(),
            env: Vec::new(),
            env_remove: Vec::new(),
            stdin: None,
        }
    }

    fn part(adapter: &str, phases: &[Phase]) -> AdapterPlan {
        AdapterPlan {
            adapter: adapter.into(),
            guarded: Vec::new(),
            actions: phases.iter().copied().map(action).collect(),
            checks_together: false,
            intact: false,
            inputs: Vec::new(),
            wanted: String::new(),
        }
    }

    fn file(path: &str) -> FileChange {
        FileChange { path: path.into(), before: None, after: Some(Vec::new()) }
    }

    #[test]
    fn checks_then_files_then_commands_side_by_side_then_the_commit() {
        use Phase::{Apply, Verify};
        let plan = Plan {
            files: vec![file("a"), file("b")],
            parts: vec![part("one", &[Apply, Apply]), part("two", &[Verify, Apply])],
            notes: Vec::new(),
        };
        let schedule = order(&plan).unwrap();
        assert_eq!(
            schedule.waves,
            [
                vec![Step::Verify { part: 1, action: 0 }],
                vec![Step::Save],
                vec![Step::Write { file: 0 }, Step::Write { file: 1 }],
                vec![Step::Apply { part: 0, action: 0 }, Step::Apply { part: 1, action: 1 }],
                vec![Step::Apply { part: 0, action: 1 }],
                vec![Step::Commit],
            ]
        );
        assert_eq!(describe(&plan, Step::Write { file: 1 }), "create b");
        assert_eq!(describe(&plan, Step::Apply { part: 1, action: 1 }), "do it (two)");
    }

    #[test]
    fn what_is_got_is_there_before_the_files_and_before_commands_where_no_file_changes() {
        let parts = || vec![part("one", &[Phase::Get, Phase::Get]), part("two", &[Phase::Apply])];
        let (get, apply) = (|action| Step::Apply { part: 0, action }, Step::Apply { part: 1, action: 0 });
        let plan = Plan { files: vec![file("a")], parts: parts(), notes: Vec::new() };
        let steps = [Step::Save, get(0), get(1), Step::Write { file: 0 }, apply, Step::Commit];
        assert_eq!(order(&plan).unwrap().waves, steps.map(|step| vec![step]));
        let plan = Plan { parts: parts(), ..Plan::default() };
        let steps = [Step::Save, get(0), get(1), apply, Step::Commit];
        assert_eq!(order(&plan).unwrap().waves, steps.map(|step| vec![step]));
    }

    #[test]
    fn checks_stay_in_their_order_unless_their_adapter_says_otherwise() {
        use Phase::{Apply, Verify};
        let (verify, apply) = (|action| Step::Verify { part: 0, action }, Step::Apply { part: 0, action: 2 });
        let mut plan = Plan { parts: vec![part("one", &[Verify, Verify, Apply])], ..Plan::default() };
        let one_by_one = [verify(0), verify(1), Step::Save, apply, Step::Commit];
        assert_eq!(order(&plan).unwrap().waves, one_by_one.map(|step| vec![step]));
        plan.parts[0].checks_together = true;
        let waves = order(&plan).unwrap().waves;
        assert_eq!(waves[0], [verify(0), verify(1)]);
        assert_eq!(waves[1..], [Step::Save, apply, Step::Commit].map(|step| vec![step]));
    }

    #[test]
    fn a_plan_that_changes_nothing_saves_and_commits_nothing() {
        let plan = Plan { parts: vec![part("one", &[Phase::Verify])], ..Plan::default() };
        assert_eq!(order(&plan).unwrap().waves, [[Step::Verify { part: 0, action: 0 }]]);
        assert_eq!(order(&Plan::default()).unwrap(), Schedule::default());
    }

    #[test]
    fn a_ring_is_an_error_that_names_its_steps() {
        let mut graph = DiGraph::new();
        let nodes = [Step::Save, Step::Write { file: 0 }, Step::Commit].map(|s| graph.add_node(s));
        for (from, to) in [(0, 1), (1, 2), (2, 1)] {
            graph.add_edge(nodes[from], nodes[to], ());
        }
        assert_eq!(waves(&graph), Err(Ring(vec![Step::Write { file: 0 }, Step::Commit])));
    }
}
