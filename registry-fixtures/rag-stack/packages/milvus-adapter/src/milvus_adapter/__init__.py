"""Vector store in Milvus."""

import os

import six
from rag_core import Chunk


class Milvus:
    """Keeps chunks in memory; a real adapter would talk to the server at `address`."""

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []

    def address(self) -> str:
        """Where the server is."""
        return f"{os.environ.get('MILVUS_HOST', 'localhost')}:{os.environ.get('MILVUS_PORT', '19530')}"

    def store(self, chunks: list[Chunk]) -> int:
        """Stores chunks and says how many."""
        self.chunks.extend(chunks)
        return len(chunks)

    def name(self, raw: str | bytes) -> str:
        """A collection's name as text."""
        return six.ensure_str(raw)
