//! What the project that uses every key says, value by value.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that goes wrong should stop there")]

use std::path::{Path, PathBuf};

use hsm::manifest::{self, GitRefKind, Item, Manifest, Mode, RegistrySource, Strategy};
use hsm::names::{Kind, TargetId};
use hsm::place::{At, Sources};
use hsm::registry::layer::{Part, Port, Setting, Volume};
use hsm::registry::{
    Container, ContainerOrigin, Demand, DemandedMode, Demands, Entry, EntryFile, Group, Package,
    PackageOrigin, PackageRelease, entry,
};

fn text(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reading/full").join(path))
        .unwrap()
}

fn manifest() -> Manifest {
    let mut sources = Sources::new();
    let file = sources.add("hsm.yaml", text("hsm.yaml"));
    let (manifest, found) = manifest::read(&sources, file);
    assert!(found.is_empty());
    manifest.unwrap()
}

fn read(folder: &str, stem: &str) -> Entry {
    let mut sources = Sources::new();
    let file = sources.add("entry", text(&format!("hsm-registry/{folder}/{stem}.yaml")));
    let from = EntryFile {
        file,
        kind: if folder.starts_with("package") { Kind::Package } else { Kind::Container },
        is_group: folder.ends_with("_groups"),
        stem: stem.to_owned(),
        registry: "full".into(),
        root: PathBuf::new(),
    };
    let (entry, found) = entry(&sources, &from);
    assert!(found.is_empty());
    entry.unwrap()
}

fn package(stem: &str) -> Package {
    let Entry::Package(package) = read("packages", stem) else { panic!("a package") };
    *package
}

fn container(stem: &str) -> Container {
    let Entry::Container(container) = read("containers", stem) else { panic!("a container") };
    *container
}

fn group(folder: &str, stem: &str) -> Group {
    let Entry::Group(group) = read(folder, stem) else { panic!("a group") };
    *group
}

fn str(value: &At<String>) -> &str {
    &value.value
}

fn of<T: ToString>(value: Option<&At<T>>) -> String {
    value.map_or_else(|| "-".to_owned(), |v| v.value.to_string())
}

fn item(item: &Item) -> String {
    format!(
        "{} {} {} {}",
        item.name.value,
        of(item.version.as_ref()),
        of(item.mode.as_ref()),
        of(item.profile.as_ref())
    )
}

#[test]
fn the_manifest() {
    let m = manifest();
    assert_eq!(str(&m.project.name), "my-rag-platform");
    assert_eq!(of(m.project.version.as_ref()), "0.1.0");
    assert_eq!(m.project.mode.as_ref().map(|m| m.value), Some(Mode::Prod));
    assert_eq!(of(m.project.container_engine.as_ref()), "docker");
    let registries: Vec<_> = m
        .registry
        .iter()
        .map(|r| match &r.source {
            RegistrySource::Path(path) => format!("{} {}", of(r.name.as_ref()), path.value),
            RegistrySource::Git { url, reference } => {
                let (kind, reference) = reference.as_ref().unwrap();
                assert_eq!(*kind, GitRefKind::Branch);
                format!("{} {} {}", of(r.name.as_ref()), url.value, reference.value)
            }
        })
        .collect();
    let expected =
        ["- ./hsm-registry", "corp https://example.org/registry.git main", "team ../team-registry"];
    assert_eq!(registries, expected);
    assert_eq!(of(m.dependencies.package_manager.as_ref()), "uv");
    assert_eq!(of(m.dependencies.into_group.as_ref()), "stack");
    assert_eq!(str(&m.services.compose_files[0]), "docker-compose.yml");
}

#[test]
fn the_manifest_s_groups_and_items() {
    let m = manifest();
    let groups = &m.dependencies.groups;
    let ids: Vec<_> = groups.iter().map(|g| g.group.value.to_string()).collect();
    let expected = [
        "package_group:vector-db-client",
        "package_group:tools",
        "package_group:empty",
        "package_group:implied-elsewhere",
    ];
    assert_eq!(ids, expected);
    let selection =
        |i: usize| -> Vec<String> { groups[i].selection.as_ref().unwrap().value.iter().map(item).collect() };
    assert_eq!(groups[0].strategy.as_ref().map(|s| s.value), Some(Strategy::One));
    assert_eq!(selection(0), ["qdrant-adapter - - -"]);
    assert_eq!(groups[0].mode.as_ref().map(|m| m.value), Some(Mode::Dev));
    assert_eq!(selection(1), ["tool-a - dev -", "tool-b - - -", "tool-c >=1 - -"]);
    assert_eq!(groups[1].exclude[0].value.as_str(), "tool-d");
    assert_eq!(selection(2), Vec::<String>::new());
    assert_eq!(groups[3].selection, None);
    let items: Vec<_> = m.dependencies.items.iter().map(item).collect();
    let expected =
        ["langchain - - -", "neo4j-client - dev -", "pandas-tools >=0.1.0 prod -", "rag-core 1.10 - -"];
    assert_eq!(items, expected);
    let pandas = &m.dependencies.items[2];
    assert_eq!(str(&pandas.extras[0]), "io");
    assert_eq!(of(pandas.marker.as_ref()), "python_version < '3.13'");
    let infra = &m.services.groups[0];
    let selection: Vec<_> = infra.selection.as_ref().unwrap().value.iter().map(item).collect();
    assert_eq!(selection, ["redis - - -", "postgres - - managed-dev"]);
    assert_eq!(of(infra.profile.as_ref()), "managed-dev");
    let items: Vec<_> = m.services.items.iter().map(item).collect();
    assert_eq!(items, ["redis - - -", "postgres 16 dev managed-dev", "grafana - - -"]);
    let constraints: Vec<_> = m
        .constraints
        .iter()
        .map(|c| {
            let (version, mode) = (of(c.version.as_ref()), of(c.mode.as_ref()));
            format!("{} {version} {mode} {}", c.target.value, of(c.profile.as_ref()))
        })
        .collect();
    assert_eq!(constraints, ["package:rag-core - dev -", "container:qdrant <2 - managed-dev"]);
}

#[test]
fn the_manifest_s_layers() {
    let m = manifest();
    let postgres = &m.services.items[1].layer;
    assert!(matches!(&postgres.ports[..], [Port::Short(p)] if str(p) == "15432:5432"));
    assert_eq!((str(&postgres.env[0].0), of(postgres.env[0].1.as_ref())), ("TZ", "UTC".to_owned()));
    assert_eq!(str(&postgres.compose[0].0), "mem_limit");
    let grafana = &m.services.items[2].layer;
    assert!(matches!(&grafana.image, Setting::Set(i) if str(i) == "grafana/grafana:11.0.0"));
    assert!(matches!(
        &grafana.ports[..],
        [Port::Long { target: a, .. }, Port::Remove { target: b, .. }] if str(a) == "3000" && str(b) == "3001"
    ));
    assert!(matches!(
        &grafana.volumes[..],
        [Volume::Short(a), Volume::Long { target: b, .. }, Volume::Remove { target: c }]
            if str(a) == "data:/var/lib/grafana" && str(b) == "/etc/grafana" && str(c) == "/old"
    ));
    let env: Vec<_> = grafana.env.iter().map(|(k, v)| format!("{}={}", k.value, of(v.as_ref()))).collect();
    assert_eq!(env, ["A=1", "B=", "C=-"]);
}

/// `version: mode type, mode type`.
fn release(r: &PackageRelease) -> String {
    let sources: Vec<_> = r
        .sources
        .iter()
        .map(|s| {
            let kind = match &s.origin {
                PackageOrigin::Pypi { .. } => "pypi",
                PackageOrigin::Git { .. } => "git",
                PackageOrigin::Local { .. } => "local",
                PackageOrigin::Url { .. } => "url",
                PackageOrigin::Workspace { .. } => "workspace",
            };
            format!("{} {kind}", s.mode)
        })
        .collect();
    format!("{}: {}", of(r.version.as_ref()), sources.join(", "))
}

#[test]
fn a_package_and_the_sources_that_its_releases_inherit() {
    let p = package("qdrant-adapter");
    let releases: Vec<_> = p.releases.iter().map(release).collect();
    let expected = [
        "1.0.0: prod git, dev local",
        "1.1.0: prod pypi, dev local",
        "1.2.0: prod pypi, dev git",
        "2.0.0rc1: prod url, dev workspace",
    ];
    assert_eq!(releases, expected);
    assert_eq!(of(p.requires_python.as_ref()), ">=3.11");
    assert_eq!(str(&p.dependencies[0]), "numpy>=1.26");
    assert_eq!((str(&p.env[0].0), str(&p.env[0].1)), ("QDRANT_TIMEOUT", "30"));
    assert_eq!(
        (str(&p.entrypoints[0].0), str(&p.entrypoints[0].1)),
        ("serve", "python -m qdrant_adapter.serve")
    );
    assert!(p.uv.as_ref().unwrap().get("no-build-isolation").is_some());
    assert_eq!(p.common.renamed_from[0].value.as_str(), "qdrant-client-old");
    assert_eq!(of(p.common.deprecated.as_ref().unwrap().instead.as_ref()), "new-adapter");
    let third = &p.releases[2];
    assert_eq!(of(third.yanked.as_ref()), "It loses data");
    assert_eq!(of(third.requires_python.as_ref()), ">=3.12");
    assert_eq!(third.rules.implies.len(), 1);
    assert_eq!(third.rules.conflicts[0].target.value, TargetId::parse("package:legacy").unwrap());
    let PackageOrigin::Pypi { name, version, index, .. } = &third.sources[0].origin else { panic!("pypi") };
    assert_eq!(
        [of(name.as_ref()), of(version.as_ref()), of(index.as_ref())],
        ["Qdrant_Adapter", ">=1.2,<2", "corp"]
    );
    let PackageOrigin::Git { url, reference, subdirectory, path, extras, .. } = &third.sources[1].origin
    else {
        panic!("git")
    };
    assert_eq!(str(url), "git@example.org:qdrant-adapter.git");
    assert!(matches!(reference, Some((GitRefKind::Branch, b)) if str(b) == "main"));
    assert_eq!([of(subdirectory.as_ref()), of(path.as_ref())], ["python", "../checkouts/qdrant-adapter"]);
    assert_eq!(str(&extras[0]), "dev");
    assert_eq!(third.sources[1].rules.implies.len(), 1);
    let floating = package("floating");
    assert_eq!(floating.releases.len(), 1);
    assert_eq!(floating.releases[0].version, None);
}

/// A demand, in one line.
fn demand(d: &Demand) -> String {
    let mode = |mode: &Option<At<DemandedMode>>| match mode.as_ref().map(|m| m.value) {
        None => "-".to_owned(),
        Some(DemandedMode::Same) => "same".to_owned(),
        Some(DemandedMode::Is(mode)) => mode.to_string(),
    };
    let param = |p: &hsm::registry::Param| {
        let values: Vec<_> = p.values.iter().map(str).collect();
        format!("{}={}", p.key.value, values.join("+"))
    };
    let what = match &d.what {
        Demands::Removed => "removed".to_owned(),
        Demands::Component { version, mode: m, profile, params, extras } => {
            let params: Vec<_> = params.iter().map(param).collect();
            let extras: Vec<_> = extras.iter().map(str).collect();
            let (version, profile) = (of(version.as_ref()), of(profile.as_ref()));
            format!("{version} {} {profile} [{}] [{}]", mode(m), params.join(","), extras.join(","))
        }
        Demands::Group { options, mode: m, profile, params } => {
            let options: Vec<_> = options.iter().map(|o| o.value.as_str()).collect();
            let params: Vec<_> = params.iter().map(param).collect();
            format!("{} {} {} [{}]", options.join("+"), mode(m), of(profile.as_ref()), params.join(","))
        }
    };
    format!("{}: {what}", d.target.value)
}

#[test]
fn all_forms_of_demands() {
    let p = package("qdrant-adapter");
    let demands: Vec<_> = p.rules.implies.iter().map(demand).collect();
    let expected = [
        "container:qdrant: - - - [collection=docs,shards=1+2] []",
        "package:rag-core: >=1 same - [] [qdrant]",
        "package:plain: * - - [] []",
        "package:none: removed",
        "container:cache: 7 prod managed-dev [] []",
        "container_group:infra: redis+postgres - - []",
        "container_group:metrics: prometheus - - []",
        "container_group:whole: a+b dev managed [k=v]",
        "package_group:tools:  - - []",
    ];
    assert_eq!(demands, expected);
    let conflicts: Vec<_> =
        p.rules.conflicts.iter().map(|c| format!("{} {}", c.target.value, c.version.value)).collect();
    assert_eq!(conflicts, ["package:milvus-adapter <2", "container_group:legacy *", "package:gone *"]);
}

#[test]
fn a_container_its_layers_and_the_releases_that_tags_name() {
    let c = container("qdrant");
    let versions: Vec<_> = c.releases.iter().map(|r| of(r.version.as_ref())).collect();
    assert_eq!(versions, ["v1.9.0", "v1.10.0", "1.11.0"]);
    let kinds: Vec<String> = c
        .releases
        .iter()
        .map(|r| {
            let kind = |s: &hsm::registry::ContainerSource| match &s.origin {
                ContainerOrigin::Image { image } => image.value.clone(),
                ContainerOrigin::Build(build) => format!("build {}", build.path.value),
                ContainerOrigin::Git { url, build, .. } => format!("git {} {}", url.value, build.path.value),
            };
            r.sources.iter().map(kind).collect::<Vec<_>>().join(", ")
        })
        .collect();
    let expected = [
        "qdrant/qdrant:v1.9.0, build ../services/qdrant",
        "qdrant/qdrant:v1.10.0, build ../services/qdrant",
        "registry.example.org:5000/q/qdrant:1.11.0@sha256:aaaa, git https://example.org/qdrant.git ../checkouts/qdrant",
    ];
    assert_eq!(kinds, expected);
    assert!(matches!(&c.layer.container_name, Setting::Set(n) if str(n) == "qdrant"));
    assert!(matches!(&c.layer.service_name, Setting::Set(n) if str(n) == "vector-db"));
    assert_eq!(c.layer.network_aliases.iter().map(str).collect::<Vec<_>>(), ["vector-db"]);
    let waits: Vec<_> = c.layer.depends_on.iter().map(|d| str(&d.target)).collect();
    assert_eq!(waits, ["postgres", "container_group:cache"]);
    let env: Vec<_> = c.layer.env.iter().map(|(k, v)| format!("{}={}", k.value, of(v.as_ref()))).collect();
    assert_eq!(env, ["TZ=UTC", "PORT=5432", "EMPTY=-", "QUOTED=yes"]);
    let keys: Vec<_> = c.layer.compose.iter().map(|(k, _)| str(k)).collect();
    assert_eq!(keys, ["healthcheck", "networks"]);
    let parts: Vec<_> = c.compose_project.iter().map(|(k, _)| str(k)).collect();
    assert_eq!(parts, ["volumes", "secrets", "configs", "networks"]);
    let dev = &c.releases[0].sources[1];
    let ContainerOrigin::Build(build) = &dev.origin else { panic!("a build") };
    assert_eq!(
        [of(build.dockerfile.as_ref()), of(build.target.as_ref()), of(build.image.as_ref())],
        ["Dockerfile.dev", "dev", "qdrant-dev"]
    );
    assert_eq!((str(&build.args[0].0), build.args[0].1.as_str()), ("BASE", Some("${HSM_IMAGE.base-python}")));
    assert_eq!(str(&build.other[0].0), "network");
    assert_eq!(dev.requires.iter().map(demand).collect::<Vec<_>>(), ["container:base-python: - dev - [] []"]);
    assert_eq!(dev.rules.implies.len(), 1);
    let third = &c.releases[2].layer;
    assert!(third.cleared.contains(&Part::Volumes) && !third.cleared.contains(&Part::DependsOn));
    let removed: Vec<_> = third.depends_on.iter().map(|d| (str(&d.target), d.removed)).collect();
    assert_eq!(removed, [("postgres", true), ("redis", false)]);
    assert!(c.releases[1].layer.env[0].1.is_none());
    assert_eq!(container("base-python").run.map(|r| r.value), Some(false));
}

#[test]
fn profiles() {
    let c = container("qdrant");
    let names: Vec<_> = c.profiles.iter().map(|p| (p.name.value.as_str(), p.external.is_some())).collect();
    assert_eq!(names, [("managed-dev", false), ("pinned", false), ("external-prod", true)]);
    assert!(matches!(&c.profiles[1].layer.container_name, Setting::Removed(_)));
    let external = c.profiles[2].external.as_ref().unwrap();
    let keys: Vec<_> = external.keys.iter().map(|(k, v)| format!("{}={}", k.value, v.value)).collect();
    assert_eq!(keys, ["host=${QDRANT_HOST}", "port=6333", "api_key=${QDRANT_KEY}"]);
    assert_eq!(of(c.default_profile.as_ref()), "managed-dev");
}

#[test]
fn groups() {
    let g = group("package_groups", "vector-db");
    assert_eq!(g.strategy.value, Strategy::One);
    assert_eq!(g.default[0].value.as_str(), "rag4code-qdrant");
    assert_eq!(of(g.comment.as_ref()), "Clients of the vector database");
    let options: Vec<_> = g.options.iter().map(|o| o.name.value.as_str()).collect();
    assert_eq!(options, ["rag4code-qdrant", "rag4code-milvus", "plain"]);
    assert_eq!(g.options[1].rules.implies.len() + g.options[1].rules.conflicts.len(), 2);
    assert!(g.options[1].deprecated.is_some());
    let g = group("container_groups", "infra");
    assert_eq!(
        (g.strategy.value, g.min.map(|n| n.value), g.max.map(|n| n.value)),
        (Strategy::Many, Some(0), Some(2))
    );
    let g = group("container_groups", "more");
    assert_eq!(of(g.extends.as_ref()), "corp/infra");
    assert!(g.options.is_empty());
}
