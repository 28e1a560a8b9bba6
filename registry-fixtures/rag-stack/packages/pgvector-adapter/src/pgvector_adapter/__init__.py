"""Vector store in PostgreSQL with pgvector."""

import os

from packaging.version import Version
from rag_core import Chunk


class Pgvector:
    """Keeps chunks in memory; a real adapter would talk to the server at `address`."""

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []

    def address(self) -> str:
        """Where the server is."""
        return f"{os.environ.get('PGVECTOR_HOST', 'localhost')}:{os.environ.get('PGVECTOR_PORT', '5433')}"

    def store(self, chunks: list[Chunk]) -> int:
        """Stores chunks and says how many."""
        self.chunks.extend(chunks)
        return len(chunks)

    def supports_hnsw(self, extension: str) -> bool:
        """Whether that version of the extension has HNSW indexes."""
        return Version(extension) >= Version("0.5.0")
