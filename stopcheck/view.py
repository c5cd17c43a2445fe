"""Files as a run sees them: named as people name them, with standard input among them, and a note of what was read."""

from __future__ import annotations

import os

from stopcheck.discovery import shown
from stopcheck.files import Entry
from stopcheck.hints import TYPE_CHECKING
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from stopcheck.discovery import Place
    from stopcheck.files import Files


class View:
    """See files.Files; a source's `path` is relative to the working directory, `stdin` the text of `standing_in`."""

    def __init__(self, files: Files, root: str, standing_in: Place | None = None, stdin: str = "") -> None:
        self._files = files
        self._root = root
        self._sources: dict[str, SourceFile | None] = {}
        self._stdin = standing_in.path if standing_in else None
        if standing_in:
            self._sources[standing_in.path] = SourceFile("-", stdin)

    @property
    def sources(self) -> tuple[SourceFile, ...]:
        """The files that were read so far."""
        return tuple(source for source in self._sources.values() if source is not None)

    @property
    def reads(self) -> frozenset[str]:
        """The paths that were read so far, and those they led to through links."""
        read = [path for path, source in self._sources.items() if source is not None and path != self._stdin]
        places = [entry.path for entry in map(self._files.entry, read) if entry is not None]
        return frozenset([*read, *places])

    def entry(self, path: str) -> Entry | None:
        """See files.Files."""
        source = self._sources.get(path) if path == self._stdin else None
        return self._files.entry(path) if source is None else Entry("file", 0o644, len(source.text), path)

    def read(self, path: str) -> SourceFile | None:
        """See files.Files."""
        if path not in self._sources:
            source = self._files.read(path)
            self._sources[path] = source and SourceFile(shown(os.path.join(self._root, path)), source.text)
        return self._sources[path]

    def names(self, path: str) -> tuple[str, ...]:
        """See files.Files."""
        return self._files.names(path)

    def obstacle(self, path: str) -> str | None:
        """See files.Files."""
        return self._files.obstacle(path)
