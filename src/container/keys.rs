//! The keys of a Compose service that hsm passes through, and what their values look like.
//!
//! Owns: which keys there are and whether a value can be right. Refuses: the inside of values (Compose checks it when it
//! reads the file), and the keys that hsm has itself (the reader keeps them out of `compose`).

use std::fmt;

use crate::yaml::{Node, Value};

/// What a value may be: any of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    scalar: bool,
    list: bool,
    map: bool,
}

const SCALAR: Shape = Shape { scalar: true, list: false, map: false };
const LIST: Shape = Shape { scalar: false, list: true, map: false };
const MAP: Shape = Shape { scalar: false, list: false, map: true };
const SCALAR_OR_LIST: Shape = Shape { scalar: true, list: true, map: false };
const LIST_OR_MAP: Shape = Shape { scalar: false, list: true, map: true };
const SCALAR_OR_MAP: Shape = Shape { scalar: true, list: false, map: true };

/// The keys, sorted, each with its shape.
pub const KEYS: &[(&str, Shape)] = &[
    ("annotations", LIST_OR_MAP),
    ("attach", SCALAR),
    ("blkio_config", MAP),
    ("cap_add", LIST),
    ("cap_drop", LIST),
    ("cgroup", SCALAR),
    ("cgroup_parent", SCALAR),
    ("command", SCALAR_OR_LIST),
    ("configs", LIST),
    ("cpu_count", SCALAR),
    ("cpu_percent", SCALAR),
    ("cpu_period", SCALAR),
    ("cpu_quota", SCALAR),
    ("cpu_rt_period", SCALAR),
    ("cpu_rt_runtime", SCALAR),
    ("cpu_shares", SCALAR),
    ("cpus", SCALAR),
    ("cpuset", SCALAR),
    ("credential_spec", MAP),
    ("deploy", MAP),
    ("develop", MAP),
    ("device_cgroup_rules", LIST),
    ("devices", LIST),
    ("dns", SCALAR_OR_LIST),
    ("dns_opt", LIST),
    ("dns_search", SCALAR_OR_LIST),
    ("domainname", SCALAR),
    ("entrypoint", SCALAR_OR_LIST),
    ("env_file", SCALAR_OR_LIST),
    ("expose", LIST),
    ("extends", SCALAR_OR_MAP),
    ("external_links", LIST),
    ("extra_hosts", LIST_OR_MAP),
    ("gpus", SCALAR_OR_LIST),
    ("group_add", LIST),
    ("healthcheck", MAP),
    ("hostname", SCALAR),
    ("init", SCALAR),
    ("ipc", SCALAR),
    ("isolation", SCALAR),
    ("label_file", SCALAR_OR_LIST),
    ("labels", LIST_OR_MAP),
    ("links", LIST),
    ("logging", MAP),
    ("mac_address", SCALAR),
    ("mem_limit", SCALAR),
    ("mem_reservation", SCALAR),
    ("mem_swappiness", SCALAR),
    ("memswap_limit", SCALAR),
    ("models", LIST_OR_MAP),
    ("network_mode", SCALAR),
    ("networks", LIST_OR_MAP),
    ("oom_kill_disable", SCALAR),
    ("oom_score_adj", SCALAR),
    ("pid", SCALAR),
    ("pids_limit", SCALAR),
    ("platform", SCALAR),
    ("post_start", LIST),
    ("pre_stop", LIST),
    ("privileged", SCALAR),
    ("profiles", LIST),
    ("provider", MAP),
    ("pull_policy", SCALAR),
    ("pull_refresh_after", SCALAR),
    ("read_only", SCALAR),
    ("restart", SCALAR),
    ("runtime", SCALAR),
    ("scale", SCALAR),
    ("secrets", LIST),
    ("security_opt", LIST),
    ("shm_size", SCALAR),
    ("stdin_open", SCALAR),
    ("stop_grace_period", SCALAR),
    ("stop_signal", SCALAR),
    ("storage_opt", MAP),
    ("sysctls", LIST_OR_MAP),
    ("tmpfs", SCALAR_OR_LIST),
    ("tty", SCALAR),
    ("ulimits", MAP),
    ("use_api_socket", SCALAR),
    ("user", SCALAR),
    ("userns_mode", SCALAR),
    ("uts", SCALAR),
    ("volumes_from", LIST),
    ("working_dir", SCALAR),
];

/// The shape of a key's values; `None`: Compose has no such key. Keys `x-…` are free.
pub fn shape(key: &str) -> Option<Shape> {
    KEYS.iter().find(|(known, _)| *known == key).map(|(_, shape)| *shape)
}

impl Shape {
    /// Whether a value has this shape. `null` has each: Compose takes it as not written.
    pub fn allows(self, node: &Node) -> bool {
        match &node.value {
            Value::Null => true,
            Value::Scalar { .. } => self.scalar,
            Value::List(_) => self.list,
            Value::Map(_) => self.map,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [(self.scalar, "a single value"), (self.list, "a list"), (self.map, "a mapping")];
        let names: Vec<&str> = all.into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect();
        f.write_str(&names.join(" or "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_sorted_and_each_stands_once() {
        assert!(KEYS.windows(2).all(|two| two[0].0 < two[1].0));
    }
}
