//! Docker Compose, for the laws.

use hsm::names::Kind;

use crate::{Edit, Subject};

pub(crate) const SUBJECT: Subject = Subject {
    name: "docker",
    kind: Kind::Container,
    needs: "compose",
    files: &[
        (
            "hsm-registry/containers/cache.yaml",
            "name: cache\nversion: \"7\"\nsources: {prod: {type: docker-image, image: \"redis:7\"}}\nports: [\"6379:6379\"]\n",
        ),
        (
            "hsm-registry/containers/base.yaml",
            "name: base\nversion: \"1\"\nrun: false\nsources: {dev: {type: build, path: ./base}}\n",
        ),
        ("base/Dockerfile", "FROM scratch\n"),
        (
            "hsm-registry/containers/web.yaml",
            "name: web\nversion: \"1\"\nsources: {prod: {type: docker-image, image: \"nginx:1\"}}\n",
        ),
    ],
    users: &[("compose.yml", "services: {mine: {image: x}}  # mine\n")],
    left: &[],
    own: &["docker-compose.hpm.yml", ".hsm/compose.build.yml"],
    manifest: |parts| {
        let containers = parts.map(|number| ["cache", "web"][number]).join(", ");
        format!(
            "project: {{name: demo, container_engine: docker}}\nservices:\n  containers: [{containers}]\n"
        )
    },
    edit: Edit { path: "docker-compose.hpm.yml", from: "redis:7", to: "mine:1" },
    old: "1.29.2\n",
};
