//! Who gets which address, told as lines `NAME=VALUE`.

use super::*;
use crate::container::samples::{container, container_id, name, stack};
use crate::stack::PackageInStack;

fn shown(environment: Result<Environment, Vec<Diagnostic>>) -> String {
    match environment {
        Ok(environment) => {
            let lines = environment.iter().map(|(name, given)| format!("{name}={}", given.value));
            lines.collect::<Vec<_>>().join(" ")
        }
        Err(found) => found.iter().map(|d| format!("error: {}", d.finding)).collect::<Vec<_>>().join("; "),
    }
}

fn given(stack: &Stack, to: &str) -> String {
    let TargetId::Component(id) = TargetId::parse(to).unwrap() else { panic!("not a component") };
    shown(Addresses::of(stack).unwrap().given(&id))
}

fn db() -> ContainerInStack {
    let mut db = container("vector-store").ports(&["16333:6333", "6334:6334", "7000/udp"]);
    db.definition.service_name = "store".to_owned();
    db
}

#[test]
fn containers_see_services_and_packages_see_localhost() {
    let stack = stack([db(), container("api")])
        .link("container:api", LinkSort::DependsOn, "container:vector-store", &[])
        .link("package:client", LinkSort::Implies, "container:vector-store", &[]);
    assert_eq!(
        given(&stack, "container:api"),
        "VECTOR_STORE_HOST=store VECTOR_STORE_PORT=6333 VECTOR_STORE_PORT_6334=6334 VECTOR_STORE_PORT_7000=7000"
    );
    assert_eq!(
        given(&stack, "package:client"),
        "VECTOR_STORE_HOST=localhost VECTOR_STORE_PORT=16333 VECTOR_STORE_PORT_6334=6334"
    );
    assert_eq!(given(&stack, "package:other"), "");
}

#[test]
fn through_a_group_of_one_the_address_has_the_groups_name_too() {
    let stack = stack([db().ports(&["6333:6333"]), container("api")])
        .group("vector.db", true, &["vector-store"])
        .link("container:api", LinkSort::DependsOn, "container_group:vector.db", &[])
        .link("package_group:clients/x", LinkSort::Implies, "container_group:vector.db", &["vector-store"]);
    let expect = "VECTOR_DB_HOST=store VECTOR_DB_PORT=6333 VECTOR_STORE_HOST=store VECTOR_STORE_PORT=6333";
    assert_eq!(given(&stack, "container:api"), expect);
    assert_eq!(given(&stack, "package:x"), expect.replace("=store", "=localhost"));
}

#[test]
fn of_a_group_of_many_those_that_were_demanded() {
    let stack = stack([container("redis"), container("kafka"), container("api"), container("all")])
        .group("infra", false, &["redis", "kafka", "all"])
        .link("container:api", LinkSort::Implies, "container_group:infra", &["redis"])
        .link("container:all", LinkSort::DependsOn, "container_group:infra", &[]);
    assert_eq!(given(&stack, "container:api"), "REDIS_HOST=redis");
    assert_eq!(given(&stack, "container:all"), "KAFKA_HOST=kafka REDIS_HOST=redis");
}

#[test]
fn an_external_gives_each_of_its_keys() {
    let external = container("llm").external(&[("host", "${LLM:-llm.example.org}"), ("api-key", "${KEY}")]);
    let stack = stack([external, container("api")])
        .link("container:api", LinkSort::Implies, "container:llm", &[])
        .link("package:p", LinkSort::Implies, "container:llm", &[]);
    let expect = "LLM_API_KEY=${KEY} LLM_HOST=${LLM:-llm.example.org}";
    assert_eq!(given(&stack, "container:api"), expect);
    assert_eq!(given(&stack, "package:p"), expect);
    assert_eq!(shown(Addresses::of(&stack).unwrap().of_programs()), expect);
}

#[test]
fn a_build_requirement_and_a_base_image_give_no_address() {
    let stack = stack([container("base").base(), container("tool"), container("api")])
        .link("container:api", LinkSort::Implies, "container:base", &[])
        .link("container:api", LinkSort::Requires, "container:tool", &[]);
    assert_eq!(given(&stack, "container:api"), "");
}

#[test]
fn ports_that_are_not_published_at_a_known_place_are_left_out() {
    let check = |ports: &[&str], inside: &str, outside: &str| {
        let stack = stack([container("x").ports(ports), container("api")])
            .link("container:api", LinkSort::DependsOn, "container:x", &[])
            .link("package:p", LinkSort::Implies, "container:x", &[]);
        assert_eq!(
            (given(&stack, "container:api").as_str(), given(&stack, "package:p").as_str()),
            (inside, outside)
        );
    };
    check(&["80"], "X_HOST=x X_PORT=80", "");
    check(&["80", "8080:80"], "X_HOST=x X_PORT=80", "X_HOST=localhost X_PORT=8080");
    check(&["80", "443:443"], "X_HOST=x X_PORT=80 X_PORT_443=443", "X_HOST=localhost X_PORT_443=443");
    check(&["${P:-8080}:80"], "X_HOST=x X_PORT=80", "X_HOST=localhost X_PORT=${P:-8080}");
    check(&["10.0.0.5:80:80"], "X_HOST=x X_PORT=80", "X_HOST=10.0.0.5 X_PORT=80");
    check(
        &["9000-9001:80-81"],
        "X_HOST=x X_PORT=80 X_PORT_81=81",
        "X_HOST=localhost X_PORT=9000 X_PORT_81=9001",
    );
    check(&[], "X_HOST=x", "");
}

#[test]
fn two_values_for_one_variable_are_an_error() {
    let stack = stack([container("a-b").ports(&["1:1"]), container("a.b").ports(&["1:1"]), container("api")])
        .link("container:api", LinkSort::DependsOn, "container:a-b", &[])
        .link("container:api", LinkSort::DependsOn, "container:a.b", &[]);
    assert_eq!(
        given(&stack, "container:api"),
        "error: the variable `A_B_HOST` would be both `a-b (container:a-b)` and `a.b (container:a.b)` in the \
         environment of container:api"
    );
    // on this machine both are at localhost:1, and nothing collides
    assert_eq!(shown(Addresses::of(&stack).unwrap().of_programs()), "A_B_HOST=localhost A_B_PORT=1");
    assert_eq!(given(&stack, &container_id("a-b").to_string()), "");
}

#[test]
fn programs_see_everything_and_what_packages_set_wins() {
    let mut stack = stack([container("redis").ports(&["6379:6379"]), container("worker")]).group(
        "cache",
        true,
        &["redis"],
    );
    let package = PackageInStack {
        name: name("p"),
        registry: "test".to_owned(),
        root: std::path::PathBuf::new(),
        release: None,
        mode: crate::manifest::Mode::Prod,
        origin: At::new(
            crate::registry::PackageOrigin::Workspace { name: None, extras: Vec::new() },
            crate::container::samples::at(),
        ),
        demands: Vec::new(),
        excluded: Vec::new(),
        extras: Vec::new(),
        marker: None,
        requires_python: Vec::new(),
        dependencies: Vec::new(),
        env: [("REDIS_HOST".to_owned(), "other".to_owned()), ("TIMEOUT".to_owned(), "3".to_owned())].into(),
        uv: None,
    };
    stack.packages.insert(ComponentId::new(Kind::Package, &name("p")), package);
    assert_eq!(
        shown(Addresses::of(&stack).unwrap().of_programs()),
        "CACHE_HOST=localhost CACHE_PORT=6379 REDIS_HOST=other REDIS_PORT=6379 TIMEOUT=3"
    );
}
