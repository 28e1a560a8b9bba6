"""Vector store in Qdrant."""

import os

import certifi
from rag_core import Chunk


class Qdrant:
    """Keeps chunks in memory; a real adapter would talk to the server at `address`."""

    def __init__(self) -> None:
        self.chunks: list[Chunk] = []

    def address(self) -> str:
        """Where the server is."""
        return f"{os.environ.get('QDRANT_HOST', 'localhost')}:{os.environ.get('QDRANT_PORT', '6333')}"

    def store(self, chunks: list[Chunk]) -> int:
        """Stores chunks and says how many."""
        self.chunks.extend(chunks)
        return len(chunks)

    def authorities(self) -> str:
        """The certificates that the connection trusts."""
        return certifi.where()
