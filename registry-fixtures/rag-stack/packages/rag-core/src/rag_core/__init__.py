"""Documents, chunks and the interface of a vector store."""

from typing import Protocol

import attrs


@attrs.frozen
class Chunk:
    """A piece of a document."""

    document: str
    text: str


class VectorStore(Protocol):
    """What every adapter offers."""

    def address(self) -> str:
        """Where the server is."""
        ...

    def store(self, chunks: list[Chunk]) -> int:
        """Stores chunks and says how many."""
        ...


def split(document: str, text: str, size: int = 200) -> list[Chunk]:
    """Cuts a text into chunks of at most `size` characters."""
    return [Chunk(document, text[i : i + size]) for i in range(0, len(text), size)]
