"""Reads a program: its files one after another, and which libraries they use."""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from importlib import import_module

from stopcheck.boot.handlers.source import Handling
from stopcheck.boot.handlers.together import MISSING, Read
from stopcheck.hints import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stopcheck.boot.handlers.source import Language, Project, Source

MOST_FILES = 3000


def find_language(name: str) -> Language:
    """The module of a language."""
    return cast("Language", import_module(f"stopcheck.boot.handlers.{name}"))


@lru_cache(maxsize=2048)
def read_file(name: str, text: str) -> Source:
    """What one file says; a program is started on many ways, and its files are the same on each."""
    return find_language(name).read(text)


def read_program(
    name: str, paths: tuple[str, ...], project: Project, needs: Iterable[str] = (), tokens: Iterable[str] = ()
) -> Handling:
    """What a program does on signals. `paths` are the files that it starts with.

    `needs` are modules that are loaded before them, `tokens` what its environment tells its libraries.
    """
    language, tokens = find_language(name), frozenset(tokens)
    sources: dict[str, Source] = {}
    libraries: dict[str, tuple[str, ...]] = {need: language.libraries(need) for need in needs}
    doubts: list[str] = []
    todo = deque(paths)
    while todo:
        path = todo.popleft()
        if path in sources:
            continue
        text = project.text(path)
        if text is None:
            doubts.append(f"{path} is {MISSING}")
            continue
        if len(sources) >= MOST_FILES:
            doubts.append("it has too many files")
            break
        source = sources[path] = read_file(name, text.text)
        if source.doubt:
            doubts.append(f"{path}: {source.doubt}")
        for need in source.needs:
            try:
                local = language.follow(need, path, project)
            except LookupError as error:
                doubts.append(f"{path} needs {error.args[0]}, which is {MISSING}")
                continue
            if local is None:
                libraries[need] = language.libraries(need)
            else:
                todo.extend(local)
    guard = next(
        ((path, one) for path in paths if path in sources for one in sources[path].guards if one.name not in tokens),
        None,
    )
    if guard is not None:
        file, end = guard
        asked = (end.name,) if end.name else ()
        return Handling(work=True, status=end.status, line=end.line, file=file, asked=asked)
    alone = len(sources) == 1 and not any(libraries.values())
    first = {path: sources[path] for path in paths if path in sources}
    read = Read(language, name, first, sources, libraries, alone)
    return read.handling(doubts, tokens)
