//! Images held to a digest: which the lock has, and asking for them anew.
//!
//! Owns: which digests of the lock still hold for a stack, and asking for all of them side by side. Refuses: how an engine
//! is asked.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::engine::{AT_ONCE, wrong};
use super::{Resolved, Road, Stop, Wish, adapter};
use crate::adapters::NoDigest;
use crate::execute::Progress;
use crate::execute::queue;
use crate::names::{ComponentId, Kind};

/// Which images are to be held to a digest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Hold {
    /// Those that the lock has, as long as their name is the same.
    #[default]
    AsLocked,
    /// These (`redis:7@sha256:…`), and otherwise those that the lock has.
    Renewed(BTreeMap<ComponentId, String>),
    /// None.
    Nothing,
}

/// What registries say.
#[derive(Debug, Default)]
pub struct Answers {
    /// The images with their digests.
    pub held: BTreeMap<ComponentId, String>,
    /// The images for which there is none, and why.
    pub refused: Vec<(String, NoDigest)>,
}

impl Road<'_> {
    /// Asks for the digest that each published image of the stack has now.
    pub fn digests(&self, wish: &Wish, progress: &dyn Progress) -> Result<Answers, Stop> {
        let resolved = self.resolve(wish)?;
        let adapter = adapter(Kind::Container, &resolved.inputs.manifest, &resolved.inputs.sources)?;
        let lifecycle = adapter.lifecycle().ok_or(Stop::NoEngine)?;
        let published = lifecycle.published(&resolved.solved.stack).map_err(wrong)?;
        // containers of one image need one question
        let mut images: Vec<&String> = published.values().collect();
        images.sort();
        images.dedup();
        let found = Mutex::new(BTreeMap::new());
        queue::run(&vec![Vec::new(); images.len()], AT_ONCE, |at| {
            let Some(image) = images.get(at).filter(|_| !self.world.interrupted()) else { return Err(()) };
            let what = format!("ask for the digest of {image}");
            progress.begins(&what);
            let digest = lifecycle.digest(image, self.root, self.world);
            progress.ends(&what, digest.is_ok());
            found.lock().unwrap_or_else(PoisonError::into_inner).insert((*image).clone(), digest);
            Ok(())
        });
        if let Some(signal) = self.world.interrupted_by() {
            return Err(Stop::Interrupted(signal));
        }
        let mut answers = Answers::default();
        let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        for (id, image) in &published {
            if let Some(Ok(digest)) = found.get(image) {
                answers.held.insert(id.clone(), format!("{image}@{digest}"));
            }
        }
        answers.refused = found.into_iter().filter_map(|(image, said)| Some((image, said.err()?))).collect();
        Ok(answers)
    }
}

/// Holds the images of a stack to their digests.
pub(super) fn hold(resolved: &mut Resolved, hold: &Hold) {
    let locked = || resolved.inputs.lock.iter().flat_map(|lock| lock.digests.clone()).collect();
    let mut digests: BTreeMap<ComponentId, String> = match hold {
        Hold::AsLocked => locked(),
        Hold::Renewed(new) => {
            let mut all: BTreeMap<_, _> = locked();
            all.extend(new.clone());
            all
        }
        Hold::Nothing => BTreeMap::new(),
    };
    if digests.is_empty() {
        return;
    }
    let adapter = adapter(Kind::Container, &resolved.inputs.manifest, &resolved.inputs.sources);
    let lifecycle = adapter.ok().and_then(|adapter| adapter.lifecycle());
    // what is wrong with the stack is reported where its files are made
    let published = lifecycle.and_then(|lifecycle| lifecycle.published(&resolved.solved.stack).ok());
    let published = published.unwrap_or_default();
    digests.retain(|id, held| {
        let rest = published.get(id).and_then(|name| held.strip_prefix(name.as_str()));
        rest.is_some_and(|rest| rest.starts_with('@'))
    });
    resolved.solved.stack.digests = digests;
}
