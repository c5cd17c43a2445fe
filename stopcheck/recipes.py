"""What the rest of a repository tells of an image: which Dockerfile builds it, of what, and what is mounted there."""

from __future__ import annotations

import posixpath
import re
import shlex

from stopcheck.case import Recipe
from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stopcheck.files import Files

MOST_NAMES = 20_000
"""Of a repository that has more files nothing is said: it takes too long to know them all."""
LONGEST = 256 * 1024
"""Characters of the largest text that is searched for how images are built."""

_SKIPPED = frozenset({".git", "node_modules", "vendor", "third_party", "testdata"})
_DOCKERFILE = regex(r"(?i)(?:.*[._-])?(?:docker|container)file(?:[._-].*)?")
_TELLS = regex(r"(?i)(?:gnu)?makefile|.*\.(?:mk|sh|bash|bsh|ya?ml|md)|justfile|Taskfile.*")
"""Names of files in which people write down how images are built."""
_FROM = regex(r"(?im)^\s*FROM\s+(?:--platform=\S+\s+)?(\S+)")
_ARG = regex(r"(?im)^\s*ARG\s+(\w+)=(\S+)")
_VARIABLE = regex(r"\$\{?(\w+)\}?")
_BUILD = regex(r"\b(?:docker|podman|nerdctl)(?:\s+(?:buildx|image|builder))?\s+build\b([^\n;&|`#]*)")
_MOUNT = regex(
    r"""(?m)(?:^\s*-\s+["']?|(?<=-v)[\s=]["']?|(?<=--volume)[\s=]["']?)[^\s:"']+:(/[^\s:"',]*)"""
    r"""|\b(?:target|mountPath|dst|destination)(?:=|:\s*)["']?(/[^\s:"',]*)"""
)
"""What a compose file, a manifest or `docker run` mounts, by where it does."""
_TOPICS = regex(r"build|volume|mount|docker run")
_VERSION = regex(r"v?\d[\w.-]*|.*\$.*")
_COMMENT = regex(r"(?m)^[ \t]*#[# \t]*(.+)")
"""A Dockerfile's comment: it may tell how it is built."""
_KEY = regex(r"(?:-\s+)?([\w-]+):(?:\s+(.*))?")
_WITH_VALUE = frozenset(
    """
    -t --tag -f --file --target --build-arg --platform --cache-from --cache-to --label --network --output -o --progress
    --secret --ssh --add-host --build-context --builder --iidfile --metadata-file --format -v --volume
    """.split()  # noqa: SIM905 - a table reads better as one text
)


_LONG = {"-t": "--tag", "-f": "--file"}


@dataclass(frozen=True, slots=True)
class _Name:
    """An image's name: `tag` is "latest" where none is written."""

    repository: str
    tag: str

    def fits(self, other: _Name) -> bool:
        """Whether both may be of one image; a tag that is made from variables may be any."""
        return self.repository == other.repository and (self.tag == other.tag or "$" in self.tag + other.tag)


def _name(text: str) -> _Name:
    text = re.sub(r"\$\{[^{}]*\}", "$X", text).partition("@")[0].removeprefix("docker.io/")
    head, colon, tag = text.rpartition(":")
    return _Name(head, tag) if colon and "/" not in tag else _Name(text, "latest")


def _bases(dockerfile: str) -> set[_Name]:
    """The images that a Dockerfile is made from, build arguments at their defaults."""
    arguments = {name: value.strip("\"'") for name, value in _ARG.findall(dockerfile)}
    given = (_VARIABLE.sub(lambda found: arguments.get(found[1], found[0]), name) for name in _FROM.findall(dockerfile))
    return set(map(_name, given))


@dataclass(frozen=True, slots=True)
class _Build:
    """What a build is asked for, as it is written."""

    tags: tuple[str, ...]
    context: str
    file: str | None
    target: str | None
    arguments: tuple[tuple[str, str | None], ...]
    seen_from: str = "any"
    """From where its paths are seen: "root", "here" (the Dockerfile's from the context), or one of the two."""


class Recipes:
    """The recipes of a repository; nothing is looked at before the first is asked for, and everything only once."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._dockerfiles: list[str] | None = None
        self._texts: list[tuple[str, str]] = []
        self._from: dict[str, set[_Name]] = {}
        """The images that the Dockerfiles are made from."""
        self._own: dict[str, set[str]] = {}
        """By namespace the images in it that folders are named after."""
        self._builds: dict[str, tuple[_Build, ...]] = {}
        self._answers: dict[str, Recipe | None] = {}

    def find(self, reference: str) -> Recipe | None:
        """What builds an image, by the name that FROM has for it (`$NAME` in it: not known); None: none, or several."""
        if reference not in self._answers:
            self._answers[reference] = self._find(reference)
        return self._answers[reference]

    def _find(self, reference: str) -> Recipe | None:
        name = _name(reference)
        if "$" in name.repository or "@" in reference:
            return None
        self._look_once()
        texts = [(path, text) for path, text in self._texts if name.repository in text]
        builds = [(path, build) for path, text in texts for build in self._written(path, text)]
        fitting = [(path, build) for path, build in builds if any(name.fits(_name(tag)) for tag in build.tags)]
        found = {recipe for path, build in fitting for recipe in self._recipe(build, posixpath.dirname(path))}
        if not found:
            found = set(self._by_folder(name))
        return found.pop() if len(found) == 1 else None

    def context(self, dockerfile: str) -> str | None:
        """The folder that a Dockerfile is built with; None: nothing tells of its build, or they tell of several."""
        self._look_once()
        builds = ((path, build) for path, text in self._texts for build in self._written(path, text))
        recipes = (recipe for path, build in builds for recipe in self._recipe(build, posixpath.dirname(path)))
        found = {recipe.context for recipe in recipes if recipe.path == dockerfile}
        return found.pop() if len(found) == 1 else None

    def mount(self, path: str, dockerfile: str) -> str | None:
        """The file that says that something is mounted at a path of a container, or at a folder above it.

        It stands with the Dockerfile, above it or below it: what is elsewhere tells of other images.
        """
        self._look_once()
        for place, text in sorted(self._texts):
            here, there = (f"/{posixpath.dirname(each)}/" for each in (dockerfile, place))
            if not here.startswith(there.replace("//", "/")) and not there.startswith(here.replace("//", "/")):
                continue
            for target in (one or other for one, other in _MOUNT.findall(text)):
                if len(target) > 1 and f"{path}/".startswith(f"{target.rstrip('/')}/"):
                    return place
        return None

    # --- the repository ---

    def _look_once(self) -> None:
        if self._dockerfiles is None:
            self._dockerfiles = []
            self._look()

    def _look(self) -> None:
        """Find the Dockerfiles and the texts that may tell of them."""
        left, folders = MOST_NAMES, [""]
        dockerfiles: list[str] = []
        while folders:
            folder = folders.pop()
            for each in self._files.names(folder):
                left -= 1
                path = f"{folder}/{each}" if folder else each
                entry = self._files.entry(path)
                if entry is None or entry.path != path:
                    continue
                if entry.kind == "folder":
                    if each not in _SKIPPED:
                        folders.append(path)
                elif _DOCKERFILE.fullmatch(each):
                    dockerfiles.append(path)
                elif _TELLS.fullmatch(each) and entry.size <= LONGEST:
                    source = self._files.read(path)
                    if source is not None and _TOPICS.search(source.text):
                        self._texts.append((path, source.text))
            if left < 0:
                self._texts = []
                return
        self._dockerfiles = sorted(dockerfiles)
        sources = {path: self._files.read(path) for path in self._dockerfiles}
        self._from = {path: _bases(source.text) for path, source in sources.items() if source is not None}
        told = {
            path: "\n".join(_COMMENT.findall(source.text)) for path, source in sources.items() if source is not None
        }
        self._texts += [(path, text) for path, text in told.items() if _TOPICS.search(text)]
        for path, names in self._from.items():
            for name in names:
                if any(each != path for each in self._folders(name)):
                    self._own.setdefault(posixpath.dirname(name.repository), set()).add(name.repository)

    # --- what is written down ---

    def _written(self, path: str, text: str) -> tuple[_Build, ...]:
        """The builds that a text tells of."""
        if path not in self._builds:
            yaml = path.endswith((".yml", ".yaml"))
            self._builds[path] = (*_commands(text), *(_yaml_builds(text) if yaml else ()))
        return self._builds[path]

    def _recipe(self, build: _Build, here: str) -> Iterator[Recipe]:
        """The recipe of a build that is written down in a folder.

        It was started there, or at the repository's root; the first that has its Dockerfile counts.
        """
        if any("$" in (text or "") or "://" in (text or "") for text in (build.context, build.file, build.target)):
            return
        for folder in {"here": (here,), "root": ("",), "any": (here, "")}[build.seen_from]:
            at = _inside(folder, build.context)
            if at is None:
                continue
            near = at if build.seen_from == "here" or build.file is None else folder
            path = _inside(near, build.file or "Dockerfile")
            if path is not None and path in (self._dockerfiles or ()):
                yield Recipe(path, at, build.target, build.arguments)
                return

    # --- where it stands ---

    def _by_folder(self, name: _Name) -> Iterator[Recipe]:
        """By the folder's name, for images of a namespace that is the repository's own.

        It is where folders are named after two of its images at least.
        """
        if len(self._own.get(posixpath.dirname(name.repository), ())) > 1:
            yield from (Recipe(path, None, None) for path in self._folders(name))

    def _folders(self, name: _Name) -> list[str]:
        """The Dockerfiles in folders that are named after an image."""
        namespace, _, last = name.repository.rpartition("/")
        if not namespace or not last:
            return []
        dockerfiles = self._dockerfiles or []
        exact = [path for path in dockerfiles if _stands_in(path, f"{last}/{name.tag}")]
        if exact:
            return self._others(exact, name)
        if name.tag != "latest" and not _VERSION.fullmatch(name.tag):
            return []
        found = [path for path in dockerfiles if _stands_in(path, last)]
        if len(found) == 1 and name.tag != "latest":
            folder = posixpath.dirname(found[0])
            if sum(path.startswith(f"{folder}/") for path in dockerfiles) > 1:
                return []  # one of the others may be for this version
        return self._others(found, name)

    def _others(self, paths: list[str], name: _Name) -> list[str]:
        """Without those that are made from the image themselves."""
        return [path for path in paths if all(name.repository != each.repository for each in self._from.get(path, ()))]


def _stands_in(dockerfile: str, folder: str) -> bool:
    """Whether it stands in a folder of this name; names of images have no capitals (`NodeBase`, `node-base`)."""
    stem, _, name = dockerfile.rpartition("/")
    return name == "Dockerfile" and _without_case(f"/{stem}").endswith(_without_case(f"/{folder}"))


def _without_case(name: str) -> str:
    return name.casefold().replace("-", "").replace("_", "")


def _inside(folder: str, path: str) -> str | None:
    """A path as seen from a folder of the repository, from its root; None where it leads out."""
    found = posixpath.normpath(posixpath.join("/" + folder, "." if path.startswith("/") else path or "."))
    if path.startswith("/") or posixpath.normpath(posixpath.join(folder, path)).startswith(".."):
        return None
    return found[1:]


def _commands(text: str) -> Iterator[_Build]:
    """Each `docker build`."""
    for line in _BUILD.findall(text.replace("\\\n", " ")):
        try:
            words = shlex.split(re.sub(r"\$\(([^()]*)\)", r"${\1}", line))
        except ValueError:
            continue
        contexts: list[str] = []
        options: dict[str, list[str]] = {}
        while words:
            word = words.pop(0)
            option, sign, value = word.partition("=")
            if not word.startswith("-") or word == "-":
                contexts.append(word)
                continue
            if not sign and option in _WITH_VALUE and words:
                value = words.pop(0)
            options.setdefault(_LONG.get(option, option), []).append(value)
        if len(contexts) == 1:
            file, target = (options.get(option, [None])[-1] for option in ("--file", "--target"))
            arguments = _arguments("\n".join(options.get("--build-arg", ())))
            yield _Build(tuple(options.get("--tag", ())), contexts[0], file, target, arguments)


def _arguments(text: str) -> tuple[tuple[str, str | None], ...]:
    """Build arguments, one a line, `NAME=value` or `NAME: value`; what is made from variables is not known."""
    found = (re.match(r"(\w+)\s*(?:=|:|$)\s*(.*)", line) for line in text.split("\n"))
    pairs = ((each[1], _plain(each[2])) for each in found if each)
    return tuple(sorted((name, value if value and "$" not in value else None) for name, value in pairs))


def _yaml_builds(text: str) -> Iterator[_Build]:
    """The services of compose that are built, and the builds of workflows' actions."""
    for block in _blocks(text):
        if "build" in block:
            yield _Build(
                _words(block.get("image", "")), block["build"] or block.get("build.context", ""),
                block.get("build.dockerfile"), block.get("build.target"), _arguments(block.get("build.args", "")),
                "here",
            )  # fmt: skip
        elif "tags" in block:
            yield _Build(
                _words(block["tags"]), block.get("context", "."), block.get("file"), block.get("target"),
                _arguments(block.get("build-args", "")), "root",
            )  # fmt: skip


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """The mappings of a YAML text, in outline: what is below `build` as `build.NAME`, other lists line by line."""
    lines = [line for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    for at, line in enumerate(lines):
        if re.match(r"\s*(?:-\s+)?(?:image|tags|build):", line):
            indent = _indent(line)
            first = at
            while first and _indent(lines[first - 1]) >= indent and not _begins(lines[first], indent):
                first -= 1
            last = at + 1
            while last < len(lines) and _indent(lines[last]) >= indent and not _begins(lines[last], indent):
                last += 1
            yield _mapping(lines[first:last], indent)


def _indent(line: str) -> int:
    """Where a line's key begins: after the dash of a list's item."""
    return len(line) - len(line.lstrip(" ").removeprefix("- ").lstrip(" "))


def _begins(line: str, indent: int) -> bool:
    """Whether a line is the first of a list's item whose keys stand so far from the margin."""
    return _indent(line) == indent and line.lstrip().startswith("- ")


def _mapping(lines: Iterable[str], indent: int) -> dict[str, str]:
    """The keys that stand so far from the margin, and those below `build`."""
    found: dict[str, str] = {}
    key, below = "", 0
    for line in lines:
        matched, at = _KEY.match(line.strip()), _indent(line)
        if at == indent and matched:
            key, below = matched[1], 0
            found[key] = _plain(matched[2] or "")
        elif key.startswith("build") and matched and at == (below or at):
            key, below = f"build.{matched[1]}", at
            found[key] = _plain(matched[2] or "")
        elif key:
            found[key] = f"{found[key]}\n{_plain(line.strip().removeprefix('- '))}"
    return found


def _plain(value: str) -> str:
    value = re.sub(r"\s+#.*$", "", value).strip()
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


def _words(value: str) -> tuple[str, ...]:
    return tuple(re.sub(r"\$\{\{.*?\}\}", "$X", value).replace(",", "\n").split())
