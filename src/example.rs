//! The example project, built into the program: `hsm init --example NAME`.
//!
//! Owns: the example's files as they stand in `registry-fixtures/`. Refuses: writing them anywhere.

/// The names of the examples.
pub const NAMES: [&str; 1] = ["rag-stack"];

/// An example's files: path relative to the project's root, with `/`, and content. `None`: there is no such example.
pub fn files(name: &str) -> Option<&'static [(&'static str, &'static str)]> {
    (name == NAMES[0]).then_some(RAG_STACK)
}

macro_rules! file {
    ($path:literal) => {
        ($path, include_str!(concat!("../registry-fixtures/rag-stack/", $path)))
    };
}

const RAG_STACK: &[(&str, &str)] = &[
    file!("hsm-registry/container_groups/cache.yaml"),
    file!("hsm-registry/container_groups/metrics.yaml"),
    file!("hsm-registry/container_groups/vector-db.yaml"),
    file!("hsm-registry/containers/base-python.yaml"),
    file!("hsm-registry/containers/etcd.yaml"),
    file!("hsm-registry/containers/grafana.yaml"),
    file!("hsm-registry/containers/ingest-worker.yaml"),
    file!("hsm-registry/containers/llm.yaml"),
    file!("hsm-registry/containers/milvus.yaml"),
    file!("hsm-registry/containers/minio.yaml"),
    file!("hsm-registry/containers/node-exporter.yaml"),
    file!("hsm-registry/containers/pgvector.yaml"),
    file!("hsm-registry/containers/postgres.yaml"),
    file!("hsm-registry/containers/prometheus.yaml"),
    file!("hsm-registry/containers/qdrant.yaml"),
    file!("hsm-registry/containers/rag-api.yaml"),
    file!("hsm-registry/containers/redis.yaml"),
    file!("hsm-registry/containers/valkey.yaml"),
    file!("hsm-registry/package_groups/vector-db-client.yaml"),
    file!("hsm-registry/packages/milvus-adapter.yaml"),
    file!("hsm-registry/packages/pgvector-adapter.yaml"),
    file!("hsm-registry/packages/prometheus-client.yaml"),
    file!("hsm-registry/packages/qdrant-adapter.yaml"),
    file!("hsm-registry/packages/rag-core.yaml"),
    file!("hsm-registry/packages/rag-ingest.yaml"),
    file!("hsm-registry/packages/structlog.yaml"),
    file!("hsm-registry/packages/tenacity.yaml"),
    file!("hsm-registry/registry.yaml"),
    file!("hsm-registry/tests/a-client-brings-its-server.yaml"),
    file!("hsm-registry/tests/a-client-without-its-server-is-a-conflict.yaml"),
    file!("hsm.yaml"),
    file!("packages/milvus-adapter/pyproject.toml"),
    file!("packages/milvus-adapter/src/milvus_adapter/__init__.py"),
    file!("packages/pgvector-adapter/pyproject.toml"),
    file!("packages/pgvector-adapter/src/pgvector_adapter/__init__.py"),
    file!("packages/qdrant-adapter/pyproject.toml"),
    file!("packages/qdrant-adapter/src/qdrant_adapter/__init__.py"),
    file!("packages/rag-core/pyproject.toml"),
    file!("packages/rag-core/src/rag_core/__init__.py"),
    file!("packages/rag-ingest/pyproject.toml"),
    file!("packages/rag-ingest/src/rag_ingest/__init__.py"),
    file!("packages/rag-ingest/src/rag_ingest/__main__.py"),
    file!("services/base-python/Dockerfile"),
    file!("services/postgres/create-databases.sh"),
    file!("services/prometheus/prometheus.yml"),
    file!("services/rag-api/Dockerfile.dev"),
    file!("services/rag-api/src/server.py"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    fn read(dir: &Path, at: &str, out: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{at}{}", path.file_name().unwrap().to_str().unwrap());
            if path.is_dir() {
                read(&path, &format!("{name}/"), out);
            } else {
                out.insert(name, std::fs::read_to_string(path).unwrap());
            }
        }
    }

    #[test]
    fn no_file_of_the_example_is_left_out() {
        let mut there = BTreeMap::new();
        read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("registry-fixtures/rag-stack"), "", &mut there);
        let built_in: BTreeMap<String, String> =
            super::RAG_STACK.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        assert_eq!(there, built_in);
    }
}
