"""The one value that touches the disk: read-only access to the files of a build context or repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from stopcheck.source import SourceFile


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands at a path: `kind` is "file" or "folder"; `mode` its permission bits; `size` in bytes."""

    kind: str
    mode: int
    size: int


class Files(Protocol):
    """Paths are relative to the root, with `/`, normalised (no `.`, `..` or leading `/`); "" is the root itself."""

    def entry(self, path: str) -> Entry | None:
        """What stands there (links followed inside the root; a link that leads out counts as nothing)."""

    def read(self, path: str) -> SourceFile | None:
        """The text of a file (UTF-8, undecodable bytes as surrogates, read once); None where there is no such file."""

    def names(self, path: str) -> tuple[str, ...]:
        """The names in a folder, sorted; empty where there is no such folder."""


class MemoryFiles:
    """Files held in a dict: for tests, and for edits not yet written."""

    def __init__(self, files: Mapping[str, str], modes: Mapping[str, int] | None = None) -> None:
        self._sources = {path: SourceFile(path, text) for path, text in files.items()}
        self._modes = dict(modes or {})

    def entry(self, path: str) -> Entry | None:
        """See Files.entry."""
        source = self._sources.get(path)
        if source is not None:
            return Entry("file", self._modes.get(path, 0o755), len(source.text))
        if path == "" or any(name.startswith(path + "/") for name in self._sources):
            return Entry("folder", 0o755, 0)
        return None

    def read(self, path: str) -> SourceFile | None:
        """See Files.read."""
        return self._sources.get(path)

    def names(self, path: str) -> tuple[str, ...]:
        """See Files.names."""
        prefix = path + "/" if path else ""
        return tuple(sorted({name[len(prefix) :].split("/")[0] for name in self._sources if name.startswith(prefix)}))
