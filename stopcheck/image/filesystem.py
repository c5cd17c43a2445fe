"""The files of an image: a chain of the steps that the build takes, asked newest first."""

from __future__ import annotations

from enum import Enum

from stopcheck.hints import TYPE_CHECKING, Protocol
from stopcheck.image.model import Base, ImageFile, Made, Unlikely
from stopcheck.image.modes import changed_mode
from stopcheck.image.paths import base, inside, join, parent
from stopcheck.image.wildcards import file_pattern, has_wildcards, literal_head, matches
from stopcheck.model import Unknown
from stopcheck.records import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal, TypeAlias

    from stopcheck.image.context import Context, Patterns
    from stopcheck.image.modes import ModeChange
    from stopcheck.image.wildcards import Token
    from stopcheck.source import Span

_MOST_STEPS = 2000
_MOST_LINKS = 40
_DEEPEST = 30
_TOO_MANY = Unknown("too many build steps to follow")


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
        if self.programs is not None and parent(path) in PROGRAM_FOLDERS and not self.programs.may_have(path):
            return Mark.PASS
        if path in self.never:
            return Mark.PASS
        if self.folders is None:
            return Maybe(self.reason)
        near = path.startswith(self.folders)  # told at once, which it mostly is not
        return (
            Maybe(self.reason)
            if near and any(inside(path, folder) is not None for folder in self.folders)
            else Mark.PASS
        )


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
    files: FileMap
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
        return Mark.PASS if found is Mark.ABSENT else found


@dataclass(frozen=True, slots=True)
class Trace:
    """Of what may have come to `path` from `folder` of other files: where it would stand there, for what makes it."""

    path: str
    files: FileMap
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


_STANDARD = frozenset(
    [
        *(
            "bin",
            "boot",
            "dev",
            "etc",
            "home",
            "lib",
            "lib32",
            "lib64",
            "libx32",
            "media",
            "mnt",
            "opt",
            "proc",
            "root",
        ),
        *("run", "sbin", "srv", "sys", "tmp", "usr", "var"),
    ]
)
"""Folders of the root that the Filesystem Hierarchy Standard knows: only the base image can tell what is in them."""

_EMPTY_HOMES = frozenset({"alpine", "debian", "ubuntu"})
"""Systems in whose images /root holds nothing but what begins with a dot (RHEL's has anaconda-ks.cfg)."""
_ALWAYS_FOLDERS = frozenset(
    [
        *("/bin", "/dev", "/etc", "/home", "/lib", "/media", "/mnt", "/opt", "/proc", "/root", "/run", "/sbin", "/srv"),
        *("/sys", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin", "/usr/local/lib"),
        *("/usr/local/share", "/usr/sbin", "/usr/share", "/var", "/var/cache", "/var/lib", "/var/log", "/var/run"),
        "/var/tmp",
    ]
)
"""Folders that every Linux distribution's image has."""

_EMPTY = ("/mnt/", "/srv/")
"""Folders in which the images of systems have nothing, nor those of languages."""
_SPARSE = {
    "/etc/": """. X11 adduser alternatives apt bash bindresvport binfmt ca- cron dbus deb default deluser dpkg e2scrub
    environment ethertypes fonts fstab gai group gshadow host init inputrc issue java kernel ld. libaudit locale
    localtime login logrotate magic mailcap mime mke2fs mod motd mtab nanorc netconfig networks newt nsswitch opt os-
    pam passwd perl profile protocols python rc resolv rmt rpc securetty security selinux services shadow shells skel
    ssh ssl sub sudo sv sysctl systemd terminfo timezone tmpfiles ucf udev update vim wgetrc xattr xdg""",
    "/home/": "node", "/opt/": "yarn", "/var/cache/": "adduser apt debconf font ldconfig man",
    "/var/lib/": "apt dbus dpkg misc pam private python shells. sudo systemd ucf udev usb vim",
    "/var/log/": "alternatives apt bootstrap btmp dpkg faillog fontconfig installer journal lastlog wtmp",
}  # fmt: skip
"""How the names begin that Debian's slim image has in some folders, or one that adds a language to it."""
PROGRAM_FOLDERS = frozenset(["/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"])
_MERGED = {"/bin": "/usr/bin", "/sbin": "/usr/sbin", "/usr/bin": "/bin", "/usr/sbin": "/sbin"}
"""Folders that are one and the same where /bin is a link into /usr."""


class BaseFiles:
    """What is known of the files of a base image: where there can be none, and what is surely missing."""

    def __init__(self, image: Base) -> None:
        self._image = image
        name = image.name
        self._unknown = Unlikely(f"it may come from the base image {name}")
        self._lean = image.family == "debian" and "pgrep" in image.missing
        self._nowhere = Unknown(f"the working directory of the base image {name} is not known")
        entrypoint = () if isinstance(image.entrypoint, Unknown) else image.entrypoint or ()
        cmd = () if isinstance(image.cmd, Unknown) else image.cmd or ()
        # What it starts itself is there, also where there is nothing else.
        self._started = frozenset(path for path in (*entrypoint[:1], *cmd[:1]) if path.startswith("/"))
        own = (image.workdir, *image.execs, *image.starts, *entrypoint)
        # A top-level name that the image uses itself, such as /docker-entrypoint.sh and /docker-entrypoint.d.
        self._own = tuple(path.split("/")[1].split(".")[0] for path in own if path.startswith("/") and path != "/")

    def at(self, path: str) -> Answer:
        """See Layer.at."""
        image = self._image
        if path == "/":
            return Mark.FOLDER
        if not path.startswith("/"):
            return Mark.FOLDER if path in ("", ".") else Maybe(self._nowhere)
        if path in self._started:
            return Maybe(self._unknown)
        if image.family == "scratch":
            return Mark.ABSENT
        if image.workdir and (path == image.workdir or inside(image.workdir, path)):
            return Mark.FOLDER
        if not image.family:
            return Maybe(self._unknown)
        if image.plain and (path.startswith(_EMPTY) or (self._lean and _is_nowhere(path))):
            return Mark.ABSENT
        if path in _ALWAYS_FOLDERS and image.family not in ("distroless", "busybox"):
            return Mark.FOLDER
        if parent(path) in PROGRAM_FOLDERS and base(path) in image.missing:
            return Mark.ABSENT
        if path.startswith("/etc/") and base(path).removesuffix(".conf") in image.missing:
            return Mark.ABSENT  # a program's configuration comes with it
        top = path.split("/")[1]
        if top == "root" and image.plain and image.family in _EMPTY_HOMES and "/." not in path:
            return Mark.ABSENT
        if top in _STANDARD or top.startswith(self._own):
            return Maybe(self._unknown)
        return Mark.ABSENT


def _is_nowhere(path: str) -> bool:
    """Whether a path begins with nothing that Debian's slim image has."""
    folder = next((folder for folder in _SPARSE if path.startswith(folder)), "")
    return bool(folder) and not path.startswith(tuple(folder + name for name in _SPARSE[folder].split()))


def _top(path: str) -> str | None:
    """The folder of the root that a path lies in; None for the root itself, and where the path does not begin there."""
    return path.split("/", 2)[1] or None if path[:1] == "/" else None


def _tops(places: tuple[str, ...] | None) -> frozenset[str] | None:
    tops = [None] if places is None else [_top(place) for place in places]
    return None if None in tops else frozenset(top for top in tops if top is not None)


def _likelier(newer: Maybe | None, older: Maybe) -> Maybe:
    """Which of two steps rather put something there."""
    if newer is None:
        return older
    return older if isinstance(newer.reason, Unlikely) and not isinstance(older.reason, Unlikely) else newer


class FileMap:
    """The files after a number of build steps; a step makes a new one. Implements model.FileSystem."""

    __slots__ = ("_answers", "_below", "_bottom", "_depth", "_found", "_inside", "_links", "_matched", "_size", "_step",
                 "_tops")  # fmt: skip

    def __init__(self, bottom: Layer) -> None:
        self._bottom = bottom
        self._step: Step | None = None
        self._tops: frozenset[str] | None = None
        """The folders of the root that the step has to do with; None: any."""
        self._below: FileMap | None = None
        self._size = 0
        self._depth = 0
        self._links: frozenset[str] | None = frozenset()
        """Where symbolic links were made; None where they may have been copied to anywhere."""
        self._answers: dict[str, Answer] = {}
        self._found: dict[tuple[str, str], ImageFile | Unknown | None] = {}
        self._matched: dict[str, tuple[ImageFile, ...]] = {}
        self._inside: dict[str, set[str]] = {}

    def after(self, step: Step) -> FileMap:
        """The files after one more step."""
        if self._size > _MOST_STEPS:
            return self
        depth = step.files._depth + 1 if isinstance(step, CopyFiles) else 0
        if depth > _DEEPEST:
            step, depth = Unsure(Unknown("files are copied through too many stages to follow")), 0
        new = FileMap(self._bottom)
        new._step, new._below, new._size = step, self, self._size + 1
        new._tops = _tops(step.places)
        new._depth = max(self._depth, depth)
        new._links = self._links
        if isinstance(step, Put) and step.file.link is not None and self._links is not None:
            new._links = self._links | {step.file.path}
        elif isinstance(step, CopyFiles) and step.files._links != frozenset():
            new._links = None
        return new

    def raw(self, path: str) -> Answer:
        """What stands at a path, no link followed; never PASS."""
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
        if self._links == frozenset():
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
            if self._links is None or prefix in self._links:
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
                names = {folder: self._names(folder) for folder in found}
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

    def _names(self, folder: str) -> set[str]:
        """The names that the build is known to have put into a folder."""
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
                    names |= step.files._names(join(step.folder, rest))
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
