"""Reads documents and fills the vector store."""

import idna
from rag_core import VectorStore, split
from tenacity import retry, stop_after_attempt


def host(name: str) -> str:
    """The host of a source as it goes over the wire."""
    return idna.encode(name).decode()


@retry(stop=stop_after_attempt(3))
def ingest(store: VectorStore, document: str, text: str) -> int:
    """Stores one document."""
    return store.store(split(document, text))
