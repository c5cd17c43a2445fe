"""The files of an image: a chain of the steps that the build takes, asked newest first."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.base_files import BaseFiles
from stopcheck.image.layers import Alter, CopyContext, CopyFiles, Either, Mark, Maybe, Put, Unsure
from stopcheck.image.model import Base, ImageFile, Made, Unlikely
from stopcheck.image.paths import base, inside, join, parent
from stopcheck.image.wildcards import file_pattern, has_wildcards, matches
from stopcheck.model import Unknown

if TYPE_CHECKING:
    from typing import Literal

    from stopcheck.image.context import Context
    from stopcheck.image.layers import Answer, Layer, Step
    from stopcheck.source import Span

_MOST_STEPS = 2000
_MOST_LINKS = 40
_DEEPEST = 30
_TOO_MANY = Unknown("too many build steps to follow")
_MERGED = {"/bin": "/usr/bin", "/sbin": "/usr/sbin", "/usr/bin": "/bin", "/usr/sbin": "/sbin"}
"""Folders that are one and the same where /bin is a link into /usr."""


def _top(path: str) -> str | None:
    """The folder of the root that a path lies in; None for the root itself, and where the path does not begin there."""
    return path.split("/", 2)[1] or None if path[:1] == "/" else None


def _tops(places: tuple[str, ...] | None) -> frozenset[str] | None:
    tops = [None] if places is None else [_top(place) for place in places]
    return None if None in tops else frozenset(top for top in tops if top is not None)


def _likelier(newer: Maybe | None, older: Maybe) -> Maybe:
    """Which of two steps rather put something there: one that tells of what it is made, one that needs no luck."""
    if newer is None:
        return older
    traced = [isinstance(maybe.reason, Made) for maybe in (newer, older)]
    if traced == [False, True]:
        return older
    return older if isinstance(newer.reason, Unlikely) and not isinstance(older.reason, Unlikely) else newer


class FileMap:
    """The files after a number of build steps; a step makes a new one. Implements layers.Layers."""

    __slots__ = ("_answers", "_below", "_bottom", "_found", "_inside", "_matched", "_size", "_step", "_tops", "depth",
                 "links")  # fmt: skip

    def __init__(self, bottom: Layer) -> None:
        self._bottom = bottom
        self._step: Step | None = None
        self._tops: frozenset[str] | None = None
        """The folders of the root that the step has to do with; None: any."""
        self._below: FileMap | None = None
        self._size = 0
        self.depth = 0
        self.links: frozenset[str] | None = frozenset()
        self._answers: dict[str, Answer] = {}
        self._found: dict[tuple[str, str], ImageFile | Unknown | None] = {}
        self._matched: dict[str, tuple[ImageFile, ...]] = {}
        self._inside: dict[str, set[str]] = {}

    def after(self, step: Step) -> FileMap:
        """The files after one more step."""
        if self._size > _MOST_STEPS:
            return self
        depth = step.files.depth + 1 if isinstance(step, CopyFiles) else 0
        if depth > _DEEPEST:
            step, depth = Unsure(Unknown("files are copied through too many stages to follow")), 0
        new = FileMap(self._bottom)
        new._step, new._below, new._size = step, self, self._size + 1
        new._tops = _tops(step.places)
        new.depth = max(self.depth, depth)
        new.links = self.links
        if isinstance(step, Put) and step.file.link is not None and self.links is not None:
            new.links = self.links | {step.file.path}
        elif isinstance(step, CopyFiles) and step.files.links != frozenset():
            new.links = None
        return new

    def raw(self, path: str) -> Answer:
        """See Layers.raw."""
        if self._size > _MOST_STEPS:
            return Maybe(_TOO_MANY)
        if path not in self._answers:
            self._answers[path] = self._ask(path)
        return self._answers[path]

    def _ask(self, path: str) -> Answer:
        changes: list[Alter] = []
        maybe: Maybe | None = None
        answer: Answer = Mark.PASS
        files: FileMap | None = self
        top = _top(path)
        while files is not None and files._step is not None and answer is Mark.PASS:
            step = files._step
            if files._tops is not None and top is not None and top not in files._tops:
                pass
            elif isinstance(step, Alter):
                if step.selection.covers(path):
                    changes.append(step)
            else:
                answer = step.at(path)
                if isinstance(answer, Maybe):
                    maybe, answer = _likelier(maybe, answer), Mark.PASS
            files = files._below
        if answer is Mark.PASS:
            answer = self._bottom.at(path)
        if maybe is not None and (answer is Mark.ABSENT or isinstance(answer, Maybe)):
            return maybe
        either = isinstance(answer, Either)
        if isinstance(answer, Either):
            answer = answer.file
        if isinstance(answer, ImageFile):
            for change in reversed(changes):
                answer = change.change(answer)
            return Either(answer) if either else answer
        return answer

    def resolve(self, path: str) -> str | Unknown:
        """The path with all links on its way followed."""
        if self.links == frozenset():
            return path
        for _ in range(_MOST_LINKS):
            link = self._first_link(path)
            if link is None:
                return path
            path = join(join(parent(link.path), link.link or ""), inside(path, link.path) or ".")
        return Unknown("symbolic links lead in a circle")

    def followed(self, path: str) -> str:
        """The path with all links on its way followed, as it is where they lead in a circle."""
        place = self.resolve(path)
        return path if isinstance(place, Unknown) else place

    def _first_link(self, path: str) -> ImageFile | None:
        at = path.find("/", 1)
        while True:
            prefix = path if at < 0 else path[:at]
            if self.links is None or prefix in self.links:
                found = self.raw(prefix)
                if isinstance(found, ImageFile) and found.link is not None:
                    return found
            if at < 0:
                return None
            at = path.find("/", at + 1)

    def look(self, path: str) -> Answer:
        """What stands at a path, links followed; never PASS. No file is named with the end of a line in CR LF."""
        if "\r" in path:
            return Mark.ABSENT
        place = self.resolve(path)
        if isinstance(place, Unknown):
            return Maybe(place)
        found = self.raw(place)
        twin = _MERGED.get(parent(place))
        if found is Mark.ABSENT and twin and self.raw(twin) is not Mark.ABSENT:
            merged = self.raw(join(twin, base(place)))
            return Maybe(Unknown(f"{twin} may be the same folder")) if merged is not Mark.ABSENT else found
        return found

    def lookup(self, path: str) -> ImageFile | Unknown | None:
        """See FileSystem.lookup."""
        found = self.look(join("", path))
        if isinstance(found, Either):
            return found.file
        if isinstance(found, Maybe):
            return found.reason
        return found if isinstance(found, ImageFile) else None

    def which(self, program: str, search: str) -> ImageFile | Unknown | None:
        """See FileSystem.which."""
        key = (program, search)
        if key not in self._found:
            self._found[key] = self._which(program, search)
        return self._found[key]

    def _which(self, program: str, search: str) -> ImageFile | Unknown | None:
        doubt: Unknown | None = None
        for folder in search.split(":"):
            found = self.lookup(join(folder or ".", program))
            if isinstance(found, Unknown):
                likelier = isinstance(doubt, Unlikely) and not isinstance(found, Unlikely)
                doubt = found if doubt is None or likelier else doubt
            elif found is not None and (isinstance(found.mode, Unknown) or found.mode & 0o111):
                return found
        return doubt

    def matching(self, pattern: str) -> tuple[ImageFile, ...]:
        """See FileSystem.matching."""
        if pattern not in self._matched:
            self._matched[pattern] = self._match(pattern)
        return self._matched[pattern]

    def _match(self, pattern: str) -> tuple[ImageFile, ...]:
        found: list[str] = ["/"]
        for part in pattern.strip("/").split("/"):
            if has_wildcards(part):
                tokens = file_pattern(part)
                names = {folder: self.names(folder) for folder in found}
                found = [
                    join(folder, name)
                    for folder, inside_it in names.items()
                    for name in sorted(inside_it)
                    if tokens is not None and matches(tokens, name)
                ]
            else:
                found = [join(folder, part) for folder in found]
        files = (self.lookup(path) for path in found)
        return tuple(file for file in files if isinstance(file, ImageFile))

    def puts(self, name: str) -> bool:
        """See FileSystem.puts."""
        files: FileMap | None = self
        while files is not None and files._step is not None:
            if isinstance(files._step, Put) and base(files._step.file.path) == name:
                return True
            files = files._below
        return False

    def fills(self, folder: str) -> bool:
        """See FileSystem.fills."""
        files: FileMap | None = self
        while files is not None:
            step = files._step
            if isinstance(step, Put) and inside(step.file.path, folder) is not None:
                return True
            if isinstance(step, CopyContext | CopyFiles) and (
                inside(step.path, folder) is not None or inside(folder, step.path) is not None
            ):
                return True
            files = files._below
        return False

    def names(self, folder: str) -> set[str]:
        """See Layers.names."""
        if folder not in self._inside:
            self._inside[folder] = self._all_names(folder)
        return self._inside[folder]

    def _all_names(self, folder: str) -> set[str]:
        names: set[str] = set()
        files: FileMap | None = self
        while files is not None:
            step = files._step
            if isinstance(step, Put | CopyContext | CopyFiles):
                rest = inside(step.file.path if isinstance(step, Put) else step.path, folder)
                if rest:
                    names.add(rest.split("/")[0])
            if isinstance(step, CopyContext):
                rest = inside(folder, step.path)
                if rest is not None:
                    names |= set(step.context.names(f"{step.folder}/{rest}".strip("/")))
            elif isinstance(step, CopyFiles):
                rest = inside(folder, step.path)
                if rest is not None:
                    names |= step.files.names(join(step.folder, rest))
            files = files._below
        return names

    def kind(self, path: str) -> Literal["file", "folder"] | Unknown | None:
        """See FileSystem.kind."""
        found = self.look(join("", path))
        if isinstance(found, ImageFile):
            return "file"
        if isinstance(found, Maybe):
            return found.reason
        if isinstance(found, Either):
            return Unknown(f"{path} may be a file or a folder")
        return "folder" if found is Mark.FOLDER else None


_NOTHING = Base("scratch", "none", family="scratch")


def context_files(context: Context, origin: Span) -> FileMap:
    """The files of a build context, as what is built in it before the image sees them."""
    return FileMap(BaseFiles(_NOTHING)).after(CopyContext("/", context, "", origin))
