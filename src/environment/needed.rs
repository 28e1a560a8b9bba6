//! Variables that are needed and not set: which, and where.
//!
//! Owns: finding the values of a stack that hold `${VAR}`, and one diagnostic for each variable that is not set. Refuses:
//! what becomes of it; a check warns, a start refuses.

use std::collections::BTreeMap;

use super::Problem;
use crate::container::brace;
use crate::container::text;
use crate::container::variable::{self, Unset};
use crate::diagnostic::{Diagnostic, Finding};
use crate::names::ComponentId;
use crate::place::{At, Place};
use crate::stack::{ContainerInStack, Stack};

/// A value with variables in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// Whose it is.
    pub by: ComponentId,
    /// The value, in Compose's syntax.
    pub value: At<String>,
}

/// The values of containers that hold variables. What is wrong with hsm's own variables in them is said elsewhere.
pub fn of_containers(stack: &Stack) -> Vec<Use> {
    let of = |(id, container): (&ComponentId, &ContainerInStack)| {
        let values = container.with_values(None, |values| match &container.external {
            Some(external) => {
                let keys = external.keys.iter().filter_map(|(_, value)| {
                    let filled = text::fill_text(value, values).ok()?;
                    brace::is_open(&filled).then(|| At::new(filled, value.place))
                });
                keys.collect()
            }
            None => text::open(&container.definition, values),
        });
        values.into_iter().map(|value| Use { by: id.clone(), value }).collect::<Vec<_>>()
    };
    stack.containers.iter().flat_map(of).collect()
}

/// Who needs a variable, and where.
#[derive(Default)]
struct Needs<'u> {
    message: Option<String>,
    by: Vec<&'u ComponentId>,
    places: Vec<Place>,
}

/// What is said of the variables that are not set: those that `uses` need, and `others` that are known without a place.
/// Errors are for who refuses to go on; else they are warnings.
pub fn unset(
    uses: &[Use],
    others: &[Unset],
    lookup: &dyn Fn(&str) -> Option<String>,
    refuse: bool,
) -> Vec<Diagnostic> {
    let mut all: BTreeMap<String, Needs<'_>> = BTreeMap::new();
    for one in uses {
        for unset in variable::resolve(&one.value.value, lookup).unset {
            let needs = all.entry(unset.name).or_default();
            needs.message = needs.message.take().or(unset.message);
            if !needs.by.contains(&&one.by) {
                needs.by.push(&one.by);
            }
            if !needs.places.contains(&one.value.place) {
                needs.places.push(one.value.place);
            }
        }
    }
    for unset in others {
        let needs = all.entry(unset.name.clone()).or_default();
        needs.message = needs.message.take().or_else(|| unset.message.clone());
    }
    all.into_iter().map(|(name, needs)| told(name, needs, refuse)).collect()
}

fn told(name: String, needs: Needs<'_>, refuse: bool) -> Diagnostic {
    let by: Vec<String> = needs.by.iter().map(ToString::to_string).collect();
    let by = if by.is_empty() { "what the containers are started from".to_owned() } else { by.join(", ") };
    let message = needs.message.filter(|message| !message.is_empty());
    let finding = Finding::Environment(Problem::Unset { name, message, needs: by });
    let mut places = needs.places.into_iter();
    let mut diagnostic = if refuse { Diagnostic::missing(finding) } else { Diagnostic::general(finding) };
    diagnostic.place = places.next();
    places.fold(diagnostic, |diagnostic, place| diagnostic.with(place, "and here"))
}
