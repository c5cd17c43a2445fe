"""What a build step, or a copy, puts into an image or takes out of it, path by path."""

from __future__ import annotations

from enum import Enum

from stopcheck.hints import TYPE_CHECKING, Protocol
from stopcheck.image.model import FileSystem, ImageFile, Made, Unlikely
from stopcheck.image.modes import changed_mode
from stopcheck.image.paths import base, inside, join, parent
from stopcheck.image.wildcards import literal_head, matches
from stopcheck.model import Unknown
from stopcheck.records import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from stopcheck.image.context import Context, Patterns
    from stopcheck.image.modes import ModeChange
    from stopcheck.image.wildcards import Token
    from stopcheck.source import Span

PROGRAM_FOLDERS = frozenset(["/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"])


class Mark(Enum):
    """What a step can say of a path besides a file."""

    PASS = "what the steps before it say"
    ABSENT = "surely nothing"
    FOLDER = "a folder"


@dataclass(frozen=True, slots=True)
class Maybe:
    """A step that may have put something there, unless a step before it surely did."""

    reason: Unknown


@dataclass(frozen=True, slots=True)
class Either:
    """This file, or a folder that holds it: the step copied it to a path that may have been a folder."""

    file: ImageFile


Answer: TypeAlias = "ImageFile | Mark | Maybe | Either"


class Layer(Protocol):
    """Files that something put there: a build step, or the base image."""

    def at(self, path: str) -> Answer:
        """What stands at a path by this layer alone; no links are followed."""


class Layers(FileSystem, Protocol):
    """Layers on one another: the files of a stage, as another one copies them."""

    depth: int
    """Through how many stages some of them were copied."""
    links: frozenset[str] | None
    """Where symbolic links were made; None where they may have been copied to anywhere."""

    def raw(self, path: str) -> Answer:
        """What stands at a path, no link followed; never PASS."""

    def names(self, folder: str) -> set[str]:
        """The names that the build is known to have put into a folder."""


class Step(Layer, Protocol):
    """What one build step did to the files."""

    @property
    def places(self) -> tuple[str, ...] | None:
        """Paths in whose surroundings (below them or above) alone it can have done something; None: anywhere."""


def _above(path: str, below: str) -> Mark:
    """What a step that puts something at `below` says of another path: its parents are folders."""
    return Mark.FOLDER if inside(below, path) else Mark.PASS


@dataclass(frozen=True, slots=True)
class Put:
    """A file at its path; `name` where that path may have been a folder, which then holds it under the name.

    Not `sure`: what was copied may itself be a folder.
    """

    file: ImageFile
    name: str | None = None
    sure: bool = True

    @property
    def places(self) -> tuple[str, ...]:
        """See Step.places."""
        return (self.file.path,)

    def at(self, path: str) -> Answer:
        """See Layer.at."""
        if path == self.file.path:
            return self.file if self.sure and self.name is None else Either(self.file)
        if self.name is not None and path == join(self.file.path, self.name):
            file = replace(self.file, path=path)
            return file if self.sure else Either(file)
        return _above(path, self.file.path)


@dataclass(frozen=True, slots=True)
class MakeFolder:
    """A folder."""

    path: str

    @property
    def places(self) -> tuple[str, ...]:
        """See Step.places."""
        return (self.path,)

    def at(self, path: str) -> Answer:
        """See Layer.at."""
        return Mark.FOLDER if path == self.path else _above(path, self.path)


@dataclass(frozen=True, slots=True)
class Selection:
    """The paths that a command names: some as they are, some by a pattern; `deep` with all that is below them.

    `folders` are patterns that only folders match. `name` is a pattern that the last name has to match. `all` where it
    is not known which.
    """

    paths: tuple[str, ...] = ()
    patterns: tuple[tuple[Token, ...], ...] = ()
    folders: tuple[tuple[Token, ...], ...] = ()
    deep: bool = False
    all: bool = False
    name: tuple[Token, ...] | None = None

    @property
    def places(self) -> tuple[str, ...] | None:
        """See Step.places."""
        if self.all:
            return None
        patterns = (*self.patterns, *self.folders)
        return (*self.paths, *(literal_head(tokens).rpartition("/")[0] for tokens in patterns))

    def covers(self, path: str) -> bool:
        """Whether the path is one of them."""
        return self._below(path) and (self.name is None or matches(self.name, base(path)))

    def _below(self, path: str) -> bool:
        patterns = self.patterns
        while not (self.all or path in self.paths or any(matches(tokens, path) for tokens in patterns)):
            if not self.deep or path in ("", "/"):
                return False
            path, patterns = parent(path), (*self.patterns, *self.folders)
        return True


@dataclass(frozen=True, slots=True)
class Remove:
    """Nothing at the paths any more."""

    selection: Selection

    @property
    def places(self) -> tuple[str, ...] | None:
        """See Step.places."""
        return self.selection.places

    def at(self, path: str) -> Answer:
        """See Layer.at."""
        return Mark.ABSENT if self.selection.covers(path) else Mark.PASS


@dataclass(frozen=True, slots=True)
class Programs:
    """Which programs may come into the folders for programs: these, by name or path; or all but these."""

    names: frozenset[str]
    all_but: bool

    def may_have(self, path: str) -> bool:
        """Whether this may be one of them."""
        return (path in self.names or base(path) in self.names) is not self.all_but


@dataclass(frozen=True, slots=True)
class Unsure:
    """A step that may have put anything below the folders; None: anywhere. `programs`: which, if that is known.

    The files `never` are surely none of its own.
    """

    reason: Unknown
    folders: tuple[str, ...] | None = None
    programs: Programs | None = None
    never: frozenset[str] = frozenset()

    @property
    def places(self) -> tuple[str, ...] | None:
        """See Step.places."""
        return self.folders

    def at(self, path: str) -> Answer:
        """See Layer.at."""
        folders = self.folders
        if path in self.never or (folders is not None and not path.startswith(folders)):
            return Mark.PASS
        if self.programs is not None and parent(path) in PROGRAM_FOLDERS and not self.programs.may_have(path):
            return Mark.PASS
        if folders is None or any(inside(path, folder) is not None for folder in folders):
            return Maybe(self.reason)
        return Mark.PASS


@dataclass(frozen=True, slots=True)
class CopyContext:
    """The files of a folder of the build context, below `path`. `mode` is that of `--chmod`."""

    path: str
    context: Context
    folder: str
    origin: Span
    chmod: ModeChange | Unknown | None = None
    exclude: Patterns | None = None

    @property
    def places(self) -> tuple[str, ...]:
        """See Step.places."""
        return (self.path,)

    def at(self, path: str) -> Answer:
        """See Layer.at; what .dockerignore leaves out is not there, what is missing may be built before."""
        rest = inside(path, self.path)
        if rest is None:
            return _above(path, self.path)
        if self.exclude and rest and self.exclude.match(rest):
            return Mark.PASS
        source = f"{self.folder}/{rest}" if self.folder and rest else self.folder or rest
        entry = self.context.entry(source)
        if entry is not None and entry.kind == "file":
            return context_file(self.context, source, path, self.origin, self.chmod)
        if entry is not None or not rest:
            return Mark.FOLDER
        if self.context.ignored(source):
            return Mark.PASS
        if self.context.obstacle(source):
            return context_file(self.context, source, path, self.origin, self.chmod)
        return Maybe(Unlikely(f"{self.context.path(source)} is not in the build context", self.origin))


@dataclass(frozen=True, slots=True)
class CopyFiles:
    """What other files (a stage's, or the same before a move) hold below `folder`, now below `path`.

    `names` is a pattern for the names in the folder; None: all.
    """

    path: str
    files: Layers
    folder: str
    origin: Span | None
    chmod: ModeChange | Unknown | None = None
    exclude: Patterns | None = None
    names: tuple[Token, ...] | None = None

    @property
    def places(self) -> tuple[str, ...]:
        """See Step.places."""
        return (self.path,)

    def at(self, path: str) -> Answer:
        """See Layer.at."""
        rest = inside(path, self.path)
        if rest is None:
            return _above(path, self.path)
        if not rest:
            return Mark.FOLDER
        if self.names is not None and not matches(self.names, rest.partition("/")[0]):
            return Mark.PASS
        if self.exclude and self.exclude.match(rest):
            return Mark.PASS
        found = self.files.raw(join(self.folder, rest))
        if isinstance(found, Either):
            found = found.file
        if isinstance(found, ImageFile):
            return replace(found, path=path, mode=changed_mode(found.mode, self.chmod))
        if isinstance(found, Maybe) and not isinstance(found.reason, (Made, Unlikely)):
            return Maybe(Made(found.reason.reason, found.reason.span, "", (join(self.folder, rest),), self.files))
        return Mark.PASS if found is Mark.ABSENT else found


@dataclass(frozen=True, slots=True)
class Trace:
    """Of what may have come to `path` from `folder` of other files: where it would stand there, for what makes it."""

    path: str
    files: Layers
    folder: str
    reason: Unknown

    @property
    def places(self) -> tuple[str, ...]:
        """See Step.places."""
        return (self.path,)

    def at(self, path: str) -> Answer:
        """See Layer.at."""
        rest = inside(path, self.path)
        if not rest:
            return Mark.PASS
        place = join(self.folder, rest)
        found = self.files.raw(place)
        if not isinstance(found, Maybe):
            return Mark.PASS
        if isinstance(found.reason, Made):
            return found
        return Maybe(Made(self.reason.reason, self.reason.span, "", (place,), self.files))


@dataclass(frozen=True, slots=True)
class Alter:
    """Changes files that steps before it put there."""

    selection: Selection
    change: Callable[[ImageFile], ImageFile]

    @property
    def places(self) -> tuple[str, ...] | None:
        """See Step.places."""
        return self.selection.places

    def at(self, path: str) -> Answer:
        """See Layer.at."""
        return Mark.PASS


def context_file(
    context: Context, source: str, path: str, origin: Span, chmod: ModeChange | Unknown | None
) -> ImageFile:
    """A file of the build context at a path in the image."""
    entry = context.stands(source)
    text = context.read(source)
    mode: int | Unknown = (
        entry.mode if entry else Unknown(f"{context.path(source)} is not in the build context", origin)
    )
    content = Unknown(text, origin) if isinstance(text, str) else text
    return ImageFile(path, content, changed_mode(mode, chmod), origin)
