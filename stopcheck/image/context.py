"""The build context: what a build may copy, which .dockerignore decides, and which folder it is."""

from __future__ import annotations

import re

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import base, clean, inside, join, parent
from stopcheck.image.wildcards import file_pattern, has_wildcards, matches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from stopcheck.files import Entry, Files
    from stopcheck.image.wildcards import Token
    from stopcheck.source import SourceFile
    from stopcheck.syntax.dockerfile.tree import Dockerfile, Instruction

_MOST_MATCHES = 2000
"""Files that a wildcard is followed to."""


class Patterns:
    """The patterns of a .dockerignore or of `COPY --exclude`: the last that matches a path or its folders decides.

    Source: moby/patternmatcher.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._patterns: list[tuple[bool, tuple[Token, ...]]] = []
        for line in lines:
            text = line.strip()
            if not text or line.startswith("#"):
                continue
            exception = text.startswith("!")
            if exception:
                text = text[1:].strip()
            tokens = file_pattern(clean(text).lstrip("/") or "/", any_depth=True) if text else None
            if tokens is not None:
                self._patterns.append((exception, tokens))

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def match(self, path: str) -> bool:
        """Whether the path is left out."""
        found = False
        names = path.split("/")
        candidates = [path, *("/".join(names[:count]) for count in range(1, len(names)))]
        for exception, tokens in self._patterns:
            if exception == found and any(matches(tokens, candidate) for candidate in candidates):
                found = not exception
        return found


class Context:
    """The files that a build may copy; paths are relative to the context's folder."""

    def __init__(self, files: Files, folder: str, dockerfile_path: str = "Dockerfile") -> None:
        self.folder = folder
        self._files = files
        entry = files.entry(folder)
        self._real = entry.path if entry is not None else folder
        self._ignored = self._read_ignored(dockerfile_path)
        self._answers: dict[str, bool] = {}

    def _read_ignored(self, dockerfile_path: str) -> Patterns:
        # The ignore file that bears the Dockerfile's name wins over the context's.
        for path in (dockerfile_path + ".dockerignore", self.path(".dockerignore")):
            source = self._files.read(path)
            if source is not None:
                return Patterns(source.text.removeprefix("\ufeff").split("\n"))
        return Patterns(())

    def path(self, path: str) -> str:
        """The path below the repository's root."""
        return f"{self.folder}/{path}" if self.folder and path else self.folder or path

    def ignored(self, path: str) -> bool:
        """Whether .dockerignore leaves the path out."""
        if not path or not self._ignored:
            return False
        if path not in self._answers:
            self._answers[path] = self._ignored.match(path)
        return self._answers[path]

    def stands(self, path: str) -> Entry | None:
        """What is at the path on disk, whether or not .dockerignore leaves it out."""
        return self._files.entry(self.path(path))

    def entry(self, path: str) -> Entry | None:
        """What the build finds at the path. A folder counts even where all in it is left out."""
        entry = self.stands(path)
        return None if entry is None or (entry.kind == "file" and self.ignored(path)) else entry

    def leads_out(self, path: str) -> bool:
        """Whether a symbolic link leads from the path to outside of the context."""
        entry = self.stands(path)
        if entry is not None:
            return inside(entry.path, self._real) is None
        obstacle = self._files.obstacle(self.path(path))
        return obstacle is not None and "leads out" in obstacle

    def read(self, path: str) -> SourceFile | str:
        """The text of a file, or why it cannot be read."""
        source = self._files.read(self.path(path))
        if source is None:
            return f"{path} {self._files.obstacle(self.path(path)) or 'is not in the build context'}"
        return source

    def obstacle(self, path: str) -> str | None:
        """Why what stands at the path cannot be read."""
        return self._files.obstacle(self.path(path))

    def names(self, path: str) -> tuple[str, ...]:
        """The names in a folder, sorted."""
        return self._files.names(self.path(path))

    def glob(self, pattern: str) -> tuple[str, ...]:
        """What a COPY source with wildcards matches, in the order of names."""
        return tuple(path for path in glob(self._files, self.folder, pattern) if self.entry(path) is not None)


def glob(files: Files, folder: str, pattern: str) -> list[str]:
    """The paths below a folder that a COPY source matches, seen from the folder."""
    found = [""]
    for part in pattern.split("/"):
        tokens = file_pattern(part) if has_wildcards(part) else None
        following: list[str] = []
        for path in found:
            start = f"{path}/" if path else ""
            if tokens is None:
                if files.entry(join(folder, start + part)) is not None:
                    following.append(start + part)
                continue
            names = files.names(join(folder, path) if path else folder)
            following += [start + name for name in names if matches(tokens, name)]
        found = following[:_MOST_MATCHES]
    return found


def source_path(text: str) -> str:
    """A COPY source as a path in the context: what leads above it is cut off, as BuildKit does."""
    return clean("/" + text)[1:]


def is_url(text: str) -> bool:
    """Whether an ADD source is fetched: http, https, or a git repository."""
    return text.startswith(("http://", "https://", "git://", "ssh://", "git@"))


def find_context(
    dockerfile: Dockerfile, files: Files, dockerfile_path: str, told: Callable[[str], str | None] | None = None
) -> str:
    """The folder that the build is most likely started with.

    The Dockerfile's own, or the nearest above it in which all its COPY sources exist. Sources may be built before: else
    it is the nearest in which most of them exist, or one that lies in the Dockerfile's folder. What is copied whole
    says nothing: there `told` is asked, which knows what the repository tells of a Dockerfile's build; else it is the
    nearest folder that has what the tools of the build work on.
    """
    own = folder = parent(dockerfile_path)
    sources = {path for instruction in dockerfile.instructions for path in _sources(instruction)}
    sources = {path for path in sources if base(path) not in _LOCKS} or sources
    if own and told is not None and not sources and any(map(_is_whole, dockerfile.instructions)):
        place = told(dockerfile_path)
        if place is not None or any(files.entry(join(own, name)) for name in _started(dockerfile)):
            return own if place is None else place
        return _nearest(own, _worked_on(dockerfile), files)
    best, most = folder, -1
    while sources:
        # A source that bears the name of a folder that the Dockerfile lies in is rather a file that is built before.
        found = [path for path in sources if inside(own, join(folder, path)) is None and _stands(files, folder, path)]
        likely = 2 * len(found) > len(sources) or any(inside(join(folder, path), own) for path in found)
        if len(found) > most and (likely or folder == own):
            best, most = folder, len(found)
        if len(found) == len(sources) or not folder:
            break
        folder = parent(folder)
    return best


_MANIFESTS = {
    "go": ("go.mod",), "cargo": ("Cargo.toml",), "mvn": ("pom.xml",), "gradle": ("build.gradle", "build.gradle.kts"),
    "bundle": ("Gemfile",), "composer": ("composer.json",), "poetry": ("pyproject.toml",), "mix": ("mix.exs",),
    "pipenv": ("Pipfile",), **dict.fromkeys(("npm", "yarn", "pnpm", "bun"), ("package.json",)),
}  # fmt: skip
"""The files without which a tool of a build does nothing."""


def _worked_on(dockerfile: Dockerfile) -> set[str]:
    texts = [one.value for one in dockerfile.instructions if one.keyword == "RUN"]
    words = {word.rpartition("/")[2] for text in texts for word in re.split(r"[\s;&|()]+", text)}
    return {name for tool in words & _MANIFESTS.keys() for name in _MANIFESTS[tool]}


def _started(dockerfile: Dockerfile) -> set[str]:
    """What the image starts, as far as that may be a file of the context."""
    texts = [one.value for one in dockerfile.instructions if one.keyword in {"CMD", "ENTRYPOINT"}]
    return {word.removeprefix("./") for text in texts for word in re.findall(r"[\w./-]+\.\w+", text) if word[0] != "/"}


def _nearest(own: str, names: set[str], files: Files) -> str:
    """The folder, or the nearest above it, that has one of the files; the folder itself where none has."""
    folder = own
    while names and not any(files.entry(join(folder, name) if folder else name) for name in names):
        if not folder:
            return own
        folder = parent(folder)
    return folder


_LOCKS = frozenset(
    ["package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lockb", "bun.lock", "poetry.lock", "uv.lock", "go.sum"]
)
"""What is often left out of a repository though a build takes it: whether it stands somewhere says nothing."""


def _stands(files: Files, folder: str, path: str) -> bool:
    if has_wildcards(path):
        return bool(glob(files, folder, path))
    return files.entry(join(folder, path) if folder else path) is not None


def _sources(instruction: Instruction) -> tuple[str, ...]:
    """The sources of a COPY or ADD that only some folders have."""
    return tuple(path for path in _copied(instruction) if path and base(path) != "*")


def _is_whole(instruction: Instruction) -> bool:
    """Whether a COPY or ADD takes all that there is."""
    return any(path in {"", "*"} for path in _copied(instruction))


def _copied(instruction: Instruction) -> tuple[str, ...]:
    instruction = instruction.onbuild or instruction
    if instruction.keyword not in ("COPY", "ADD") or instruction.flag("from") is not None:
        return ()
    texts = (argument.value.strip("\"'") for argument in instruction.arguments[:-1])
    local = (text for text in texts if "$" not in text and not text.startswith("<<") and not is_url(text))
    return tuple(map(source_path, local))
