"""`python -m rag_ingest`: shows how this document would be cut."""

from pathlib import Path

from rag_core import split

if __name__ == "__main__":
    for chunk in split("rag_ingest", Path(__file__).read_text(encoding="utf-8"), 80):
        print(repr(chunk.text))
