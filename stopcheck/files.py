"""The one value that touches the disk: read-only access to the files of a build context or repository."""

from __future__ import annotations

import os
import stat

from stopcheck.hints import TYPE_CHECKING, Protocol
from stopcheck.records import dataclass
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

HEAD = 8192
"""Bytes read of a file that holds a NUL byte among them: what a binary is shows at its beginning."""

LARGEST = 4 * 1024 * 1024
"""Bytes of the largest text that is read."""

_DEEPEST = 200
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
"""A file that was swapped for a pipe since must not block."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands at a path: `kind` is "file" or "folder"; `mode` its permission bits; `size` in bytes.

    `path` is where it stands once links are followed.
    """

    kind: str
    mode: int
    size: int
    path: str = ""


class Files(Protocol):
    """Paths are relative to the root, with `/`, normalised (no `.`, `..` or leading `/`); "" is the root itself."""

    def entry(self, path: str) -> Entry | None:
        """What stands there (links followed inside the root; a link that leads out counts as nothing)."""

    def read(self, path: str) -> SourceFile | None:
        """The text of a file (UTF-8, undecodable bytes as surrogates, read once); None where there is no such file."""

    def names(self, path: str) -> tuple[str, ...]:
        """The names in a folder, sorted; empty where there is no such folder."""

    def obstacle(self, path: str) -> str | None:
        """Why what stands there cannot be read, as the end of a sentence that begins with the path; else None."""


class MemoryFiles:
    """Files held in a dict: for tests, and for edits not yet written."""

    def __init__(
        self,
        files: Mapping[str, str],
        modes: Mapping[str, int] | None = None,
        obstacles: Mapping[str, str] | None = None,
    ) -> None:
        self._sources = {path: SourceFile(path, text) for path, text in files.items()}
        self._modes = dict(modes or {})
        self._obstacles = dict(obstacles or {})
        self._names = _names_by_folder([*self._sources, *self._obstacles])

    def entry(self, path: str) -> Entry | None:
        """See Files.entry."""
        source = self._sources.get(path)
        if source is not None:
            return Entry("file", self._modes.get(path, 0o755), len(source.text), path)
        if path in self._names:
            return Entry("folder", 0o755, 0, path)
        return None

    def read(self, path: str) -> SourceFile | None:
        """See Files.read."""
        return self._sources.get(path)

    def names(self, path: str) -> tuple[str, ...]:
        """See Files.names."""
        return self._names.get(path, ())

    def obstacle(self, path: str) -> str | None:
        """See Files.obstacle."""
        return self._obstacles.get(path)


def _names_by_folder(paths: Iterable[str]) -> dict[str, tuple[str, ...]]:
    names: dict[str, set[str]] = {"": set()}
    for path in paths:
        folder = path
        while folder:
            folder, _, name = folder.rpartition("/")
            names.setdefault(folder, set()).add(name)
    return {folder: tuple(sorted(found)) for folder, found in names.items()}


class DiskFiles:
    """The files below a folder on disk. Nothing is written, and nothing but regular files is opened.

    Each path is looked at once: what changes on disk during a run is not seen. `shown` tells the path that a source
    carries, from the one below the root.
    """

    def __init__(self, root: Path | str, shown: Callable[[str], str] = str) -> None:
        self._root = os.path.realpath(root)
        self._prefix = os.path.join(self._root, "")
        self._shown = shown
        self._places: dict[str, str | None] = {}
        self._entries: dict[str, Entry | None] = {}
        self._sources: dict[str, SourceFile | None] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self._obstacles: dict[str, str] = {}

    def entry(self, path: str) -> Entry | None:
        """See Files.entry."""
        if path not in self._entries:
            self._entries[path] = self._look(path)
        return self._entries[path]

    def read(self, path: str) -> SourceFile | None:
        """See Files.read; of a binary only the head is read, of a text of more than LARGEST bytes nothing."""
        if path not in self._sources:
            self._sources[path] = self._load(path)
        return self._sources[path]

    def names(self, path: str) -> tuple[str, ...]:
        """See Files.names; what is neither a file nor a folder is named too."""
        if path not in self._names:
            self._names[path] = self._list(path)
        return self._names[path]

    def obstacle(self, path: str) -> str | None:
        """See Files.obstacle; for a file that stands, it is known once `read` was tried."""
        self.entry(path)
        return self._obstacles.get(path)

    @property
    def reads(self) -> frozenset[str]:
        """The paths of the files that have been read so far."""
        return frozenset(path for path, source in self._sources.items() if source is not None)

    def _on_disk(self, place: str) -> str:
        return self._prefix + place if place else self._root

    def _look(self, path: str) -> Entry | None:
        place = self._here(path)
        if place is None:
            return None
        try:
            status = os.lstat(self._on_disk(place))
            if stat.S_ISLNK(status.st_mode):
                place = self._target(path, place)
                if place is None:
                    return None
                status = os.lstat(self._on_disk(place))
        except PermissionError:
            self._obstacles[path] = "may not be read (permission denied)"
            return None
        except (OSError, ValueError):
            return None
        if stat.S_ISREG(status.st_mode):
            return Entry("file", stat.S_IMODE(status.st_mode), status.st_size, place)
        if stat.S_ISDIR(status.st_mode):
            return Entry("folder", stat.S_IMODE(status.st_mode), 0, place)
        self._obstacles[path] = "is neither a regular file nor a folder"
        return None

    def _here(self, path: str) -> str | None:
        """The path with every link above it followed; None where one leads out of the root, or in a circle."""
        parent, _, name = path.rpartition("/")
        if not parent:
            return path
        if parent not in self._places:
            self._places[parent] = self._place(parent) if path.count("/") < _DEEPEST else None
        place = self._places[parent]
        if place is None and parent in self._obstacles:
            self._obstacles[path] = self._obstacles[parent]
        return f"{place}/{name}" if place else None if place is None else name

    def _place(self, path: str) -> str | None:
        """The path with every link on its way followed; None where one leads out of the root, or in a circle."""
        here = self._here(path)
        return here if here is None or not _is_link(self._on_disk(here)) else self._target(path, here)

    def _target(self, path: str, here: str) -> str | None:
        """Where a link leads that stands at `here`."""
        real = os.path.realpath(self._on_disk(here))
        if _is_link(real):
            self._obstacles[path] = "is a symbolic link that leads in a circle"
            return None
        relative = os.path.relpath(real, self._root)
        if relative == ".." or relative.startswith("../"):
            self._obstacles[path] = "is a symbolic link that leads out of the repository"
            return None
        return "" if relative == "." else relative

    def _load(self, path: str) -> SourceFile | None:
        entry = self.entry(path)
        if entry is None or entry.kind != "file":
            return None
        try:
            data = _content(self._on_disk(entry.path))
        except OSError as error:
            self._obstacles[path] = f"may not be read ({(error.strerror or 'error').lower()})"
            return None
        if len(data) > LARGEST:
            self._obstacles[path] = f"is larger than {LARGEST // 1024 // 1024} MB, and not read"
            return None
        return SourceFile(self._shown(path), data.decode("utf-8", "surrogateescape"))

    def _list(self, path: str) -> tuple[str, ...]:
        entry = self.entry(path)
        if entry is None or entry.kind != "folder":
            return ()
        try:
            return tuple(sorted(os.listdir(self._on_disk(entry.path))))
        except OSError as error:
            self._obstacles[path] = f"may not be read ({(error.strerror or 'error').lower()})"
            return ()


def _is_link(full: str) -> bool:
    try:
        return os.path.islink(full)
    except ValueError:
        return False


def _content(full: str) -> bytes:
    """All of a text, up to one byte more than LARGEST; the head of a binary."""
    descriptor = os.open(full, _FLAGS)
    try:
        data = os.read(descriptor, HEAD)
        while b"\0" not in data[:HEAD] and len(data) <= LARGEST and (more := os.read(descriptor, len(data) or 1)):
            data += more
    finally:
        os.close(descriptor)
    return data
