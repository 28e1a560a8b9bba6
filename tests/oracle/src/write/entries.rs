//! Entries of the registry.

use super::tree::Tree;
use super::{checkout, mode_index};
use crate::model::{
    Component, Conflict, Demand, Depends, Group, Host, Inherited, Kind, Layer, Marker, Mode, Port,
    PythonRange, Requirement, Rules, Source, Target, Wanted, What,
};

pub(super) fn component(component: &Component) -> Tree {
    let mut tree = Tree::map([("name", Tree::text(component.id.name))]);
    if let Some(version) = component.version.filter(|_| !component.tagged) {
        tree.push("version", Tree::quoted(version.text()));
    }
    if component.yanked {
        tree.push("yanked", Tree::text("broken"));
    }
    let mut sources = Tree::map([]);
    for mode in Mode::BOTH {
        if let Some(own) = &component.sources[mode_index(mode)] {
            let tag = component.version.map(|version| if component.tagged { version.text() } else { "1" });
            sources.push(mode.text(), source(component, own, mode, tag));
        }
    }
    if !sources.is_empty() {
        tree.push("sources", sources);
    }
    rules(&mut tree, &component.rules);
    layer(&mut tree, &component.layer, component);
    let releases: Vec<Tree> = component.releases.iter().map(|own| release(component, own)).collect();
    if !releases.is_empty() {
        tree.push("releases", Tree::list(releases));
    }
    profiles(&mut tree, component);
    if !component.run {
        tree.push("run", Tree::text("false"));
    }
    if !component.uses.is_empty() {
        let mut env = Tree::map([]);
        for (turn, (key, default)) in component.uses.iter().enumerate() {
            let default = if *default { ":-none" } else { "" };
            env.push(format!("E{turn}"), Tree::quoted(format!("${{HSM_PARAMS.{key}{default}}}")));
        }
        tree.push("env", env);
    }
    if let Some(range) = component.requires_python {
        tree.push("requires_python", python(range));
    }
    if !component.dependencies.is_empty() {
        let lines = component.dependencies.iter().map(|line| requirement(line).statement());
        tree.push("dependencies", Tree::list(lines));
    }
    tree
}

pub(super) fn python(range: PythonRange) -> Tree {
    let below = range.below.map(|below| format!(",<3.{below}")).unwrap_or_default();
    Tree::quoted(format!(">=3.{}{below}", range.from))
}

pub(super) fn requirement(line: &Requirement) -> Tree {
    Tree::Text(format!("'{}'", requirement_text(line)))
}

pub(super) fn requirement_text(line: &Requirement) -> String {
    let spec = if line.spec.is_any() {
        String::new()
    } else if line.spec.text().starts_with(char::is_alphanumeric) {
        format!("=={}", line.spec.text())
    } else {
        line.spec.text().to_owned()
    };
    let marker = line.marker.map(|marker| format!("; {}", marker_text(marker))).unwrap_or_default();
    format!("{}{spec}{marker}", line.name)
}

pub(super) fn marker_text(marker: Marker) -> String {
    match marker {
        Marker::From(minor) => format!("python_version >= \"3.{minor}\""),
        Marker::Below(minor) => format!("python_version < \"3.{minor}\""),
    }
}

fn source(component: &Component, source: &Source, mode: Mode, tag: Option<&str>) -> Tree {
    let name = component.id.name;
    let mut tree = match (component.id.kind, mode) {
        (Kind::Package, Mode::Prod) => {
            let mut tree = Tree::map([("type", Tree::text("pypi"))]);
            if let Some(name) = source.distribution {
                tree.push("name", Tree::text(name));
            }
            tree
        }
        (Kind::Package, Mode::Dev) => Tree::map([
            ("type", Tree::text("local")),
            ("path", Tree::text(checkout(component.id.kind, name))),
        ]),
        (Kind::Container, Mode::Prod) => {
            let tag = tag.map(|tag| format!(":{tag}")).unwrap_or_default();
            let image = Tree::quoted(format!("{name}{tag}"));
            Tree::map([("type", Tree::text("docker-image")), ("image", image)])
        }
        (Kind::Container, Mode::Dev) => {
            let path = Tree::text(checkout(component.id.kind, name));
            let mut tree = Tree::map([("type", Tree::text("build")), ("path", path)]);
            if let Some(of) = source.image_of {
                let arg = Tree::quoted(format!("${{HSM_IMAGE.{of}}}")).statement();
                tree.push("args", Tree::map([("BASE", arg)]));
            }
            tree
        }
    };
    demands(&mut tree, "requires", &source.requires);
    rules(&mut tree, &source.rules);
    layer(&mut tree, &source.layer, component);
    tree
}

fn release(component: &Component, release: &crate::model::Release) -> Tree {
    let mut tree = Tree::map([("version", Tree::quoted(release.version.text()))]);
    let mut sources = Tree::map([]);
    for mode in Mode::BOTH {
        match &release.sources[mode_index(mode)] {
            Inherited::Kept => {}
            Inherited::Replaced(own) => {
                sources.push(mode.text(), source(component, own, mode, Some(release.version.text())));
            }
            Inherited::GivenUp => sources.push(mode.text(), Tree::text("null")),
        }
    }
    if !sources.is_empty() {
        tree.push("sources", sources);
    }
    rules(&mut tree, &release.rules);
    layer(&mut tree, &release.layer, component);
    if release.yanked {
        tree.push("yanked", Tree::text("broken"));
    }
    if release.deprecated {
        tree.push("deprecated", Tree::map([("why", Tree::text("old"))]));
    }
    tree
}

fn profiles(tree: &mut Tree, component: &Component) {
    let mut all = Vec::new();
    for profile in &component.profiles {
        let mut one =
            Tree::map([("mode", Tree::text(if profile.external { "external" } else { "managed" }))]);
        if profile.external {
            one.push("external", Tree::map([("host", Tree::text("h"))]));
        }
        rules(&mut one, &profile.rules);
        layer(&mut one, &profile.layer, component);
        all.push((profile.name.to_owned(), one));
    }
    if !all.is_empty() {
        tree.push("deployment_profiles", Tree::Map(all, true));
    }
    if let Some(name) = component.default_profile {
        tree.push("default_profile", Tree::text(name));
    }
}

fn layer(tree: &mut Tree, layer: &Layer, component: &Component) {
    if component.id.kind == Kind::Package {
        return;
    }
    if !layer.ports.is_empty() {
        tree.push("ports", Tree::list(layer.ports.iter().map(port)));
    }
    if let Some(name) = layer.container_name {
        tree.push("container_name", Tree::text(name).statement());
    }
    let mut orchestration = Tree::map([]);
    if let Some(name) = layer.service_name {
        orchestration.push("service_name", Tree::text(name).statement());
    }
    if !layer.depends_on.is_empty() {
        orchestration.push("depends_on", depends_on(&layer.depends_on));
    }
    if !orchestration.is_empty() {
        tree.push("orchestration", orchestration);
    }
}

fn depends_on(lines: &[Depends]) -> Tree {
    let name = |line: &Depends| match line.target {
        Target::Component(id) => id.to_string(),
        Target::Group(_) => line.target.to_string(),
    };
    if lines.iter().any(|line| line.long) {
        let condition = || Tree::map([("condition", Tree::text("service_started"))]).statement();
        return Tree::Map(lines.iter().map(|line| (name(line), condition())).collect(), false);
    }
    Tree::set(lines.iter().map(|line| Tree::quoted(name(line)).statement()))
}

/// An item of `ports`. The keys of the long form stay in their order: they are passed through.
pub(super) fn port(port: &Port) -> Tree {
    let range = |from: u16| match port.count {
        1 => from.to_string(),
        count => format!("{from}-{}", from + count - 1),
    };
    let published = match port.host {
        Host::Nothing | Host::Removed => None,
        Host::At(from) => Some(range(from)),
        Host::Variable => Some("${PORT}".to_owned()),
    };
    if port.host == Host::Removed {
        let mut tree =
            Tree::map([("target", Tree::text(port.target.to_string())), ("remove", Tree::text("true"))]);
        if port.udp {
            tree.push("protocol", Tree::text("udp"));
        }
        return tree.in_order();
    }
    if port.long && port.count == 1 {
        let mut tree = Tree::map([("target", Tree::text(port.target.to_string()))]);
        if let Some(published) = published {
            tree.push("published", Tree::quoted(published));
        }
        if port.udp {
            tree.push("protocol", Tree::text("udp"));
        }
        if let Some(address) = port.address {
            tree.push("host_ip", Tree::quoted(address));
        }
        return tree.in_order();
    }
    let address = match port.address {
        Some(address) if address.contains(':') => format!("[{address}]:"),
        Some(address) => format!("{address}:"),
        None => String::new(),
    };
    let published = published.map(|host| format!("{host}:")).unwrap_or_default();
    let udp = if port.udp { "/udp" } else { "" };
    Tree::quoted(format!("{address}{published}{}{udp}", range(port.target)))
}

pub(super) fn rules(tree: &mut Tree, rules: &Rules) {
    demands(tree, "implies", &rules.implies);
    if !rules.conflicts.is_empty() {
        let line = |line: &Conflict| (line.target.to_string(), Tree::quoted(line.version.text()).statement());
        tree.push("conflicts", Tree::Map(rules.conflicts.iter().map(line).collect(), false));
    }
}

fn demands(tree: &mut Tree, key: &str, demands: &[Demand]) {
    if !demands.is_empty() {
        let line = |line: &Demand| (line.target.to_string(), demand(line).statement());
        tree.push(key, Tree::Map(demands.iter().map(line).collect(), false));
    }
}

fn demand(demand: &Demand) -> Tree {
    let What { removed, version, mode, profile, options, params } = &demand.what;
    if *removed {
        return Tree::text("false");
    }
    if mode.is_none() && profile.is_none() && params.is_empty() {
        if let Some(version) = version {
            return Tree::quoted(version.text());
        }
        return match options.as_slice() {
            [] => Tree::text("null"),
            [one] => Tree::text(*one),
            // a conflict repeats it as it is written
            more => Tree::list(more.iter().map(|name| Tree::text(*name))),
        };
    }
    let mut tree = Tree::map([]);
    if let Some(version) = version {
        tree.push("version", Tree::quoted(version.text()));
    }
    if !options.is_empty() {
        tree.push("options", Tree::list(options.iter().map(|name| Tree::text(*name))));
    }
    if let Some(mode) = mode {
        let word = match mode {
            Wanted::Is(mode) => mode.text(),
            Wanted::Same => "same",
        };
        tree.push("mode", Tree::text(word));
    }
    if let Some(profile) = profile {
        tree.push("profile", Tree::text(*profile));
    }
    if !params.is_empty() {
        let line = |(key, values): &(&str, Vec<&str>)| {
            ((*key).to_owned(), Tree::list(values.iter().map(|value| Tree::text(*value))))
        };
        tree.push("params", Tree::Map(params.iter().map(line).collect(), true));
    }
    tree
}

pub(super) fn group(group: &Group) -> Tree {
    let strategy = if group.many { "M-of-N" } else { "1-of-N" };
    let mut tree = Tree::map([
        ("name", Tree::text(group.id.name)),
        ("type", Tree::text(format!("{}_group", group.id.kind.text()))),
        ("strategy", Tree::text(strategy)),
    ]);
    for (key, number) in [("min", group.min), ("max", group.max)] {
        if let Some(number) = number {
            tree.push(key, Tree::text(number.to_string()));
        }
    }
    match group.default.as_slice() {
        [] => {}
        [one] if !group.many => tree.push("default", Tree::text(*one)),
        more => tree.push("default", Tree::list(more.iter().map(|name| Tree::text(*name)))),
    }
    let options = group.options.iter().map(|option| {
        let mut tree = Tree::map([("name", Tree::text(option.name))]);
        rules(&mut tree, &option.rules);
        if option.deprecated {
            tree.push("deprecated", Tree::map([("why", Tree::text("old"))]));
        }
        tree
    });
    tree.push("options", Tree::list(options));
    tree
}
