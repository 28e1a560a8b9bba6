//! Stacks and the files they become.

use super::super::{Docker, compose};
use crate::adapters::Lifecycle as _;
use crate::container::samples::{container, node, pairs, stack, text};
use crate::manifest::Mode;
use crate::registry::layer::{Port, Volume};
use crate::stack::{LinkSort, Stack};

/// The file without its header.
fn main(stack: &Stack) -> String {
    match compose::files(stack) {
        Ok(files) => body(&files.main.unwrap_or_default()),
        Err(found) => errors(&found),
    }
}

fn body(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.starts_with('#')).collect()
}

fn errors(found: &[crate::diagnostic::Diagnostic]) -> String {
    found.iter().flat_map(|d| ["error: ".to_owned(), d.finding.to_string(), "\n".to_owned()]).collect()
}

fn notes(stack: &Stack) -> String {
    let notes = compose::files(stack).unwrap().notes;
    notes.iter().flat_map(|d| [d.finding.to_string(), "\n".to_owned()]).collect()
}

fn check(stack: &Stack, expect: &str) {
    let shown = main(stack);
    assert!(shown == expect, "got\n{shown}\nexpected\n{expect}");
}

#[test]
fn a_published_image_with_all_its_keys() {
    let mut db = container("postgres")
        .ports(&["5432:5432", "${ALT:-6000}:6000/udp"])
        .volumes(&["pg_data:/var/lib/postgresql/data", "./init.sql:/docker-entrypoint-initdb.d/init.sql:ro"])
        .env(&[("POSTGRES_DB", Some("${HSM_MERGED_PARAMS.db}")), ("PORT", Some("5432")), ("TOKEN", None)])
        .compose("restart: unless-stopped\nhealthcheck:\n  test: [CMD, pg_isready]\n  retries: 3\nshm_size: 256m\n");
    db.params.insert("db".to_owned(), vec!["a".to_owned(), "b$".to_owned()]);
    db.definition.container_name = Some(text("pg"));
    db.definition.network_aliases = vec![text("db")];
    check(
        &stack([db]),
        r#"name: demo
services:
  postgres:
    image: postgres:1
    container_name: pg
    ports:
      - "5432:5432"
      - "${ALT:-6000}:6000/udp"
    volumes:
      - pg_data:/var/lib/postgresql/data
      - ./init.sql:/docker-entrypoint-initdb.d/init.sql:ro
    environment:
      POSTGRES_DB: "a,b$$"
      PORT: "5432"
      TOKEN: null
    networks:
      default:
        aliases:
          - db
    restart: unless-stopped
    healthcheck:
      test:
        - CMD
        - pg_isready
      retries: 3
    shm_size: "256m"
volumes:
  pg_data: {}
"#,
    );
}

#[test]
fn a_build_has_a_local_tag_and_never_pulls() {
    let mut api = container("api").built("services/api").volumes(&["${HSM_SOURCE}/src:/app/src"]);
    api.build().dockerfile = Some(text("Dockerfile.dev"));
    api.build().target = Some(text("dev"));
    api.build().args =
        pairs("{BASE: '${HSM_IMAGE.base}', TOOL: '${HSM_IMAGE.tool}', N: 1, FLAG: true, PASSED: }");
    api.build().other = pairs("{cache_from: [x], shm_size: 1g}");
    let mut named = container("tool").built("../tool");
    named.build().image = Some(text("tools/tool:local"));
    check(
        &stack([api, named, container("base").built("base").base()]),
        r#"name: demo
services:
  api:
    image: demo-api:dev
    build:
      context: ./services/api
      dockerfile: Dockerfile.dev
      target: dev
      args:
        BASE: "demo-base:dev"
        TOOL: "tools/tool:local"
        "N": "1"
        FLAG: "true"
        PASSED: null
      cache_from:
        - x
      shm_size: "1g"
    pull_policy: build
    volumes:
      - ./services/api/src:/app/src
    develop:
      watch:
        - action: rebuild
          path: ./services/api
          ignore:
            - src
  tool:
    image: tools/tool:local
    build:
      context: ../tool
    pull_policy: build
"#,
    );
}

#[test]
fn base_images_stand_in_their_own_file() {
    let mut base = container("base").built(".").base().compose("{platform: linux/amd64, restart: always}");
    base.build().args = pairs("{FROM: '${HSM_IMAGE.python}'}");
    let python = container("python").base();
    let files = compose::files(&stack([base, python])).unwrap();
    assert_eq!(files.main, None);
    assert_eq!(
        body(&files.base.unwrap()),
        "name: demo
services:
  base:
    image: demo-base:dev
    build:
      context: '.'
      args:
        FROM: \"python:1\"
    pull_policy: build
    platform: linux/amd64
"
    );
}

#[test]
fn dependencies_are_closed_over_what_runs() {
    let api = container("api").depends_on(&[
        "db {condition: service_healthy, restart: true}",
        "cache",
        "llm",
        "base",
        "container:queue {}",
        "container_group:cache {condition: service_healthy}",
    ]);
    let mut db = container("db").compose("healthcheck: {test: [CMD, x]}");
    db.definition.service_name = "database".to_owned();
    let stack = stack([
        api,
        db,
        container("redis"),
        container("queue"),
        container("base").base(),
        container("llm").external(&[("host", "x")]),
        container("web").depends_on(&["queue", "api", "llm"]),
    ])
    .group("cache", false, &["redis", "queue", "llm"]);
    check(
        &stack,
        "name: demo
services:
  api:
    image: api:1
    depends_on:
      database:
        condition: service_healthy
        restart: true
      redis:
        condition: service_healthy
      queue:
        condition: service_started
  database:
    image: db:1
    healthcheck:
      test:
        - CMD
        - x
  queue:
    image: queue:1
  redis:
    image: redis:1
  web:
    image: web:1
    depends_on:
      queue:
        condition: service_started
      api:
        condition: service_started
",
    );
    assert_eq!(
        notes(&stack),
        "`api` waits until `redis` is healthy, but `redis` declares no healthcheck\n\
         `api` waits until `queue` is healthy, but `queue` declares no healthcheck\n"
    );
}

#[test]
fn containers_are_given_addresses_unless_they_set_them() {
    let api = container("api").env(&[("QDRANT_PORT", Some("1")), ("QDRANT_HOST", None)]);
    let llm = container("llm").external(&[("host", "${LLM:-a.example}"), ("port", "443")]);
    let stack = stack([api, container("qdrant").ports(&["6333:6333", "6334"]), llm])
        .group("vector-db", true, &["qdrant"])
        .link("container:api", LinkSort::DependsOn, "container_group:vector-db", &[])
        .link("container:api", LinkSort::Implies, "container:llm", &[]);
    check(
        &stack,
        r#"name: demo
services:
  api:
    image: api:1
    environment:
      QDRANT_PORT: "1"
      QDRANT_HOST: null
      LLM_HOST: "${LLM:-a.example}"
      LLM_PORT: "443"
      QDRANT_PORT_6334: "6334"
      VECTOR_DB_HOST: "qdrant"
      VECTOR_DB_PORT: "6333"
      VECTOR_DB_PORT_6334: "6334"
  qdrant:
    image: qdrant:1
    ports:
      - "6333:6333"
      - "6334"
"#,
    );
}

#[test]
fn aliases_go_to_every_network_and_networks_are_declared() {
    let mut one = container("one").compose("networks: [front, back]");
    one.definition.network_aliases = vec![text("x")];
    let mut two =
        container("two").compose("networks: {front: {aliases: [x], priority: 5}, default: , own: }");
    two.definition.network_aliases = vec![text("x"), text("y")];
    let two = two
        .compose_project("{networks: {own: {internal: true}}, volumes: {spare: {driver: local}}, x-note: a}");
    check(
        &stack([one, two, container("three").volumes(&["data:/d", "/anonymous"])]),
        "name: demo
services:
  one:
    image: one:1
    networks:
      front:
        aliases:
          - x
      back:
        aliases:
          - x
  three:
    image: three:1
    volumes:
      - data:/d
      - /anonymous
  two:
    image: two:1
    networks:
      front:
        priority: 5
        aliases:
          - x
          - \"y\"
      default:
        aliases:
          - x
          - \"y\"
      own:
        aliases:
          - x
          - \"y\"
networks:
  back: {}
  front: {}
  own:
    internal: true
volumes:
  data: {}
  spare:
    driver: local
x-note: a
",
    );
}

#[test]
fn long_forms_keep_their_keys() {
    let mut web = container("web");
    web.definition.ports = vec![Port::Long {
        target: text("80"),
        protocol: None,
        node: node(
            "{target: 80, remove: false, published: 8080, host_ip: 127.0.0.1, mode: host, app_protocol: http}",
        ),
    }];
    web.definition.volumes = vec![
        Volume::Long {
            target: text("/data"),
            node: node("{type: volume, source: web_data, target: /data, read_only: true}"),
        },
        Volume::Long {
            target: text("/tmp"),
            node: node("{type: tmpfs, target: /tmp, tmpfs: {size: 1000000, mode: 01777}}"),
        },
    ];
    check(
        &stack([web]),
        "name: demo
services:
  web:
    image: web:1
    ports:
      - target: 80
        published: \"8080\"
        host_ip: \"127.0.0.1\"
        mode: host
        app_protocol: http
    volumes:
      - type: volume
        source: web_data
        target: /data
        read_only: true
      - type: tmpfs
        target: /tmp
        tmpfs:
          size: 1000000
          mode: 1023
volumes:
  web_data: {}
",
    );
}

#[test]
fn what_cannot_be_written_is_an_error() {
    let errors = |stack: Stack, expect: &str| assert_eq!(main(&stack), expect);
    errors(
        stack([container("a").ports(&["x:1"]), container("b").volumes(&["d:/x"])]),
        "error: `x` is not a port number: write `\"HOST:CONTAINER\"`, for example \"8080:80\"\n\
         error: `d:/x` is read as a path on a Windows drive: give the volume a name of at least two letters\n",
    );
    errors(
        stack([container("a").depends_on(&["b"]), container("c").depends_on(&["x"]), container("x")]).group(
            "x",
            true,
            &["x"],
        ),
        "error: `depends_on` names `b`, which is neither a container nor a group of the stack\n\
         error: `depends_on` names `x`, which is both a container and a group\n",
    );
    errors(
        stack([
            container("a").compose_project("volumes: {v: {driver: x}}"),
            container("b").compose_project("volumes: {v: {driver: y}, w: }"),
            container("c").compose_project("volumes: {w: {driver: x}}"),
        ]),
        "error: `v` in `volumes` is defined in two different ways\n",
    );
    errors(
        stack([container("a")
            .compose("{secrets: [s, {source: t}], configs: [c]}")
            .compose_project("secrets: {t: {file: ./t}}")]),
        "error: `s` in `secrets` is used but nobody defines it\nerror: `c` in `configs` is used but nobody defines it\n",
    );
    let mut same = container("b");
    same.definition.service_name = "a".to_owned();
    errors(
        stack([container("a"), same]),
        "error: `container:a` and `container:b` both have the service name `a`\n",
    );
    errors(
        stack([container("x").built("x"), container("X").built("y")]),
        "error: `container:X` and `container:x` both have the local image tag `demo-x:dev`\n",
    );
    errors(
        stack([container("a").env(&[("X", Some("${HSM_MERGED_PARAMS.k} ${HSM_SOURCE}"))])]),
        "error: nobody sets the param `k` of this container\n\
         error: `${HSM_SOURCE}` stands here, but the source that is used has no path\n",
    );
    let mut none = container("a");
    none.definition.origin = None;
    errors(stack([none]), "error: the container `a` has no image in this mode\n");
    let mut nameless = stack([container("a")]);
    nameless.project.name = "...".to_owned();
    errors(
        nameless,
        "error: nothing of the project's name `...` can be used as a project name of containers\n",
    );
}

#[test]
fn the_users_own_files_may_define_secrets() {
    let mut stack = stack([container("a").compose("secrets: [s]")]);
    stack.project.compose_files = vec![text("own.yml")];
    assert_eq!(notes(&stack), "`s` in `secrets` is used but nobody defines it\n");
}

#[test]
fn a_layers_image_wins_over_the_sources() {
    let mut pinned = container("a");
    pinned.definition.image = Some(text("mirror/a:${TAG:-2}"));
    let mut tagged = container("b").built("b");
    tagged.definition.image = Some(text("local/b"));
    let shown = main(&stack([pinned, tagged]));
    assert!(
        shown.contains("image: mirror/a:${TAG:-2}\n") || shown.contains("image: \"mirror/a:${TAG:-2}\"\n"),
        "{shown}"
    );
    assert!(shown.contains("image: local/b\n"), "{shown}");
}

#[test]
fn variables_without_a_default_are_known() {
    let a = container("a").env(&[("A", Some("${X} $Y ${Z:-1} $$NO ${X:?say}")), ("B", Some("${Z:-${W}}"))]);
    let names = |lookup: &dyn Fn(&str) -> Option<String>| {
        let unset = Docker.unset(&stack([a.clone()]), lookup).unwrap();
        unset.into_iter().map(|unset| unset.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&|_| None), ["X", "Y", "W"]);
    assert_eq!(
        names(&|name| (name != "W").then(String::new)),
        ["X", "W"],
        "an empty one is none with a colon"
    );
    assert_eq!(names(&|name| (name != "W").then(|| "1".to_owned())), Vec::<String>::new());
}

#[test]
fn edits_of_a_dev_source_that_no_mount_shows_lead_to_a_build() {
    let watched = |volumes: &[&str], compose: &str, mode: Mode| {
        let mut made = container("a").built("a").volumes(volumes).compose(compose);
        made.mode = Some(mode);
        let shown = main(&stack([made]));
        let read: serde_yaml::Value = serde_yaml::from_str(&shown).unwrap();
        serde_yaml::to_string(&read["services"]["a"]["develop"]).unwrap()
    };
    let rule = "watch:\n- action: rebuild\n  path: ./a\n  ignore:\n  - lib\n  - src\n";
    let mounts = ["./a/src:/app/src", "./a/lib:/app/lib:ro", "./b:/b", "data:/data"];
    assert_eq!(watched(&mounts, "{}", Mode::Dev), rule);
    for none in [&["./a:/app", "./a/src:/src"][..], &["data:/data", "./b:/b"], &[]] {
        assert_eq!(watched(none, "{}", Mode::Dev), "null\n", "{none:?}");
    }
    assert_eq!(watched(&mounts, "{}", Mode::Prod), "null\n");
    // what somebody wrote counts
    let own = "watch:\n- action: sync\n  path: ./a/x\n  target: /x\n";
    assert_eq!(
        watched(&mounts, "{develop: {watch: [{action: sync, path: ./a/x, target: /x}]}}", Mode::Dev),
        own
    );
}

/// Compose from 2.30 on has `gpus`; older ones have the long way round.
#[test]
fn devices_and_other_keys_of_a_build_pass_as_they_are() {
    let shown =
        main(&stack([container("a").compose("{gpus: all}"), container("b").compose("{gpus: [{count: 2}]}")]));
    assert!(shown.contains("gpus: all\n") && shown.contains("- count: 2\n"), "{shown}");
}
