//! What is to be looked at again, each thing once.
//!
//! Owns: the queue and the flags that keep things from standing in it twice. Refuses: knowing why.

use std::collections::VecDeque;

/// Something to look at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    /// Whether a rule applies or can't be met.
    Rule(u32),
    /// How a group stands with its bounds.
    Group(u32),
    /// An assumed wish.
    Wish(u32),
    /// What the candidates of an item agree on.
    Item(u32),
}

/// First in, first out.
#[derive(Default)]
pub(super) struct Queue {
    tasks: VecDeque<Task>,
    /// By kind and number: whether it stands in the queue.
    waiting: [Vec<bool>; 4],
}

impl Queue {
    /// Adds a task unless it stands in the queue already.
    pub(super) fn push(&mut self, task: Task) {
        let waiting = self.flag(task);
        if !std::mem::replace(waiting, true) {
            self.tasks.push_back(task);
        }
    }

    /// Takes the first task.
    pub(super) fn pop(&mut self) -> Option<Task> {
        let task = self.tasks.pop_front()?;
        *self.flag(task) = false;
        Some(task)
    }

    /// Forgets all tasks.
    pub(super) fn clear(&mut self) {
        while self.pop().is_some() {}
    }

    fn flag(&mut self, task: Task) -> &mut bool {
        let [rules, groups, wishes, items] = &mut self.waiting;
        let (flags, number) = match task {
            Task::Rule(number) => (rules, number as usize),
            Task::Group(number) => (groups, number as usize),
            Task::Wish(number) => (wishes, number as usize),
            Task::Item(number) => (items, number as usize),
        };
        if flags.len() <= number {
            flags.resize(number + 1, false);
        }
        &mut flags[number]
    }
}
