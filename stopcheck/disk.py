"""Read-only access to the files below a folder on disk."""

from __future__ import annotations

import os
from stat import S_IMODE, S_ISDIR, S_ISREG

from stopcheck.discovery import is_inside, shown
from stopcheck.files import Entry
from stopcheck.source import SourceFile

HEAD = 8192
LARGEST = 8 * 1024 * 1024
"""Bytes: a larger file is no Dockerfile, script or configuration; only its head is read."""


class DiskFiles:
    """The files below `root`, an absolute path; sources carry the path that is shown to people. See files.Files."""

    def __init__(self, root: str) -> None:
        self._root = os.path.realpath(root)
        self._named = root
        self._sources: dict[str, SourceFile | None] = {}

    @property
    def reads(self) -> frozenset[str]:
        """The paths of the files that have been read so far."""
        return frozenset(path for path, source in self._sources.items() if source is not None)

    def entry(self, path: str) -> Entry | None:
        """See Files.entry."""
        full = self._inside(path)
        if full is None:
            return None
        try:
            status = os.stat(full)
        except (OSError, ValueError):
            return None
        if S_ISDIR(status.st_mode):
            return Entry("folder", S_IMODE(status.st_mode), 0)
        return Entry("file", S_IMODE(status.st_mode), status.st_size) if S_ISREG(status.st_mode) else None

    def read(self, path: str) -> SourceFile | None:
        """See Files.read; of a binary or a very large file only the head is read."""
        if path not in self._sources:
            self._sources[path] = self._read(path)
        return self._sources[path]

    def names(self, path: str) -> tuple[str, ...]:
        """See Files.names."""
        full = self._inside(path)
        if full is None:
            return ()
        try:
            return tuple(sorted(os.listdir(full)))
        except (OSError, ValueError):
            return ()

    def _read(self, path: str) -> SourceFile | None:
        entry = self.entry(path)
        if entry is None or entry.kind != "file":
            return None
        try:
            with open(os.path.join(self._root, path), "rb") as file:
                data = file.read(HEAD)
                if b"\0" not in data and entry.size <= LARGEST:
                    data += file.read()
        except OSError:
            return None
        return SourceFile(shown(os.path.join(self._named, path)), data.decode("utf-8", "surrogateescape"))

    def _inside(self, path: str) -> str | None:
        """The real path of a file, None for one outside of the root."""
        try:
            full = os.path.realpath(os.path.join(self._root, path))
        except (OSError, ValueError):
            return None
        return full if is_inside(full, self._root) else None


class WithStandardInput(DiskFiles):
    """The same with a Dockerfile from standard input under the name `-`."""

    def __init__(self, root: str, path: str, text: str) -> None:
        super().__init__(root)
        self._sources[path] = SourceFile("-", text)
        self._path, self._size = path, len(text)

    def entry(self, path: str) -> Entry | None:
        """See Files.entry."""
        return Entry("file", 0o644, self._size) if path == self._path else super().entry(path)
