//! Where hsm keeps what belongs to a user and not to a project.
//!
//! Owns: the directories of the cache and of the settings. Refuses: making them.

use std::path::PathBuf;

use super::World;

/// The directory of caches: `HSM_CACHE_DIR`, else `hsm` in `XDG_CACHE_HOME` or `~/.cache`. `None`: none of them is set.
pub fn cache_dir(world: &dyn World) -> Option<PathBuf> {
    if let Some(own) = set(world, "HSM_CACHE_DIR") {
        // a relative one starts where hsm was started, as in a shell
        return Some(world.current_dir().map_or_else(|_| own.clone(), |dir| dir.join(&own)));
    }
    home(world, "XDG_CACHE_HOME", ".cache")
}

/// The directory of settings: `hsm` in `XDG_CONFIG_HOME` or `~/.config`. `None`: neither is set.
pub fn config_dir(world: &dyn World) -> Option<PathBuf> {
    home(world, "XDG_CONFIG_HOME", ".config")
}

fn home(world: &dyn World, variable: &str, usual: &str) -> Option<PathBuf> {
    // a relative one is to be ignored, as the standard says
    let named = set(world, variable).filter(|dir| dir.is_absolute());
    let dir = named.or_else(|| Some(set(world, "HOME")?.join(usual)))?;
    Some(dir.join("hsm"))
}

fn set(world: &dyn World, variable: &str) -> Option<PathBuf> {
    world.env(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Rehearsal;

    #[test]
    fn the_nearest_variable_that_counts_wins() {
        let cache = |set: &[(&str, &str)]| {
            let bare = Rehearsal::with::<&str, &str>([]);
            let world = set.iter().fold(bare, |world, (name, value)| world.with_env(name, value));
            cache_dir(&world).map(|dir| dir.to_string_lossy().into_owned())
        };
        assert_eq!(cache(&[]).as_deref(), Some("/home/user/.cache/hsm"));
        assert_eq!(cache(&[("XDG_CACHE_HOME", "/c")]).as_deref(), Some("/c/hsm"));
        assert_eq!(cache(&[("XDG_CACHE_HOME", "c")]).as_deref(), Some("/home/user/.cache/hsm"));
        assert_eq!(cache(&[("XDG_CACHE_HOME", "/c"), ("HSM_CACHE_DIR", "/own")]).as_deref(), Some("/own"));
        assert_eq!(cache(&[("HOME", "")]), None);
        let settings = config_dir(&Rehearsal::with::<&str, &str>([]).with_env("XDG_CONFIG_HOME", "/s"));
        assert_eq!(settings, Some("/s/hsm".into()));
    }
}
