"""Reads a program: its files one after another, the libraries that it uses, and what follows of all of them."""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from importlib import import_module

from stopcheck.boot.handlers.source import CHILDREN, Handling
from stopcheck.hints import TYPE_CHECKING, cast
from stopcheck.knowledge.libraries import find_library

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stopcheck.boot.handlers.source import Language, Project, Source
    from stopcheck.knowledge.libraries import LibraryRow

MOST_FILES = 400
_MISSING = "not in the files"
STRENGTH = {"default": 0, "ignore": 1, "unknown": 1, "quick": 2, "graceful": 3}


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
            doubts.append(f"{path} is {_MISSING}")
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
                doubts.append(f"{path} needs {error.args[0]}, which is {_MISSING}")
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
    return _together(language, name, first, sources, libraries, doubts, alone, tokens)


def _together(
    language: Language,
    name: str,
    first: Mapping[str, Source],
    sources: Mapping[str, Source],
    libraries: Mapping[str, tuple[str, ...]],
    doubts: list[str],
    alone: bool,
    tokens: frozenset[str],
) -> Handling:
    told = frozenset().union(*(source.tokens for source in first.values()))
    loads = any("dotenv" in names for names in libraries.values())  # from a file that nobody has to see
    tokens = tokens.union(*(source.tokens for source in sources.values()))
    hung = (token.partition("=$") for token in tokens if "=$" in token)
    tokens |= {f"{key}=" for key, _, variable in hung if loads or variable in tokens}
    on: dict[str, str] = {}
    for path, source in sources.items():
        for signal, action in source.on.items():
            if path not in first and action != "graceful":
                if signal == "TERM":
                    doubts.append(f"{path} may change what it does on SIGTERM")
                else:
                    _add(on, signal, "unknown")
            else:
                _add(on, signal, action)
    strange = all(doubt.endswith(_MISSING) for doubt in doubts)
    rows: dict[str, LibraryRow] = {}
    for names in libraries.values():
        if not names:
            continue
        row = next((row for one in names if (row := find_library(name, one)) is not None), None)
        if row is None:
            doubts.append(f"it uses {names[-1]}, and whether that handles signals is not known")
        else:
            rows[row.name] = row
    strangers = len(doubts)
    for row in rows.values():
        if row.where and tokens.isdisjoint(row.where):
            continue
        if tokens & row.unless:
            doubts.append(f"what {row.name} does on signals is set otherwise")
            continue
        for signal, action in row.on.items():
            if action != "graceful" and row.where and told.isdisjoint(row.where):
                doubts.append(f"what {row.name} does on signals depends on which of its files is run")
            else:
                _add(on, signal, action)
    for row in rows.values():
        if row.asks and tokens.isdisjoint(row.asks):
            doubts.append(f"which package its {row.name} is of is not known")
        for token in sorted(tokens & row.unsure):
            doubts.append(f"what {row.name} does on signals depends on `{token.rstrip('=(@')}`")
    # Python arranges for SIGINT only where that is not ignored.
    inherits = frozenset({"INT"} - on.keys()) if name == "python" else frozenset()
    if inherits and any(source.interrupted for source in sources.values()):
        on["INT"] = "graceful"
    starts = next((source.starts for source in sources.values() if source.starts), "")
    if starts:
        launches = alone or (on.get("TERM") is None and (not doubts or any(one.starts for one in first.values())))
        if launches:
            # Whom the signal has to reach may be one of those.
            return Handling(reason=f"it starts other programs ({starts})", complete=False, launches=True)
        doubts.append(f"it starts other programs ({starts})")
    if language.finish({}, ()).get("TERM") == "raise":
        # Its runtime ends a program that has no handler, whoever works for it.
        doubts = [doubt for doubt in doubts if not doubt.endswith(CHILDREN)]
    if doubts:
        known = {signal: action for signal, action in on.items() if STRENGTH[action] > 1}
        lasts = any(source.lasts for source in sources.values())
        strange = strange and len(doubts) == strangers
        return Handling(known, complete=False, reason=doubts[0], lasts=lasts, strange=strange)
    if alone and on and any(source.threads for source in sources.values()) and any(s.on for s in sources.values()):
        explicit = {signal for source in first.values() for signal in source.on} - {"INT"}
        if explicit:
            return Handling(reason="it has threads beside its signal handler", complete=False, launches=True)
    ordered = tuple(sources.values())
    return Handling(
        language.finish(on, ordered),
        cleanup=any(source.cleanup for source in first.values()),
        lasts=any(source.lasts for source in ordered),
        inherits=inherits,
        seconds=max((source.seconds for source in ordered), default=0.0),
    )


def _add(on: dict[str, str], signal: str, action: str) -> None:
    """An action beside others: who finishes its work wins over who does not."""
    if signal not in on or STRENGTH[action] > STRENGTH[on[signal]]:
        on[signal] = action
