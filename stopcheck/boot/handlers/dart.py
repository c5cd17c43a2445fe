"""Dart (measured with version 3: its runtime catches no signal that a program has not asked for)."""

from __future__ import annotations

import re

from stopcheck.boot.handlers.scan import LOOPS, scan
from stopcheck.boot.handlers.source import CHILDREN, Source
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import join, parent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.boot.handlers.source import Project

_GRAMMAR = (r"//[^\n]*|/\*.*?(?:\*/|\Z)", "\"'")
_KINDS = {"sigterm": "TERM", "sigint": "INT", "sigquit": "QUIT", "sighup": "HUP"}
_BEYOND = {"dart:ffi": "it has parts in another language", "dart:mirrors": "it makes code as it runs"}
_LASTING = frozenset({"serve", "bind", "listen", "periodic", "start", "run", "runServer", "startServer"})


def read(text: str) -> Source:
    """See Language.read."""
    plain = re.sub(r"\br?('''|\"\"\").*?(?:\1|\Z)", '""', text, flags=re.DOTALL)
    source = scan(plain, *_GRAMMAR)
    code = source.code
    needs = tuple(dict.fromkeys(source.at(r"\b(?:import|export|part)\s+\"") + source.at(r"\bif\s*\([^()]*\)\s*\"")))
    named = {_KINDS[name] for name in re.findall(r"\bProcessSignal\s*\.\s*(\w+)", code) if name in _KINDS}
    watches = re.search(r"\.\s*watch\s*\(", code) is not None
    on = dict.fromkeys(named, "graceful") if watches else {}
    doubt = "it names a signal in a way that cannot be read" if "ProcessSignal" in code and not on else ""
    doubt = doubt or next((why for need, why in _BEYOND.items() if need in needs), "")
    if re.search(r"\bProcess\s*\.\s*(?:start|run|runSync)\b", code):
        doubt = doubt or CHILDREN
    if re.search(r"\bIsolate\s*\.\s*spawnUri\b", code):
        doubt = doubt or "it loads code by names that are made as it runs"
    lasts = source.calls(_LASTING) or re.search(LOOPS, code) is not None
    return Source(on=on, needs=needs, tokens=source.tokens(), doubt=doubt, lasts=lasts)


def follow(need: str, path: str, project: Project) -> tuple[str, ...] | None:
    """See Language.follow: beside the file, or in lib/ of the package itself or of one that it has by a path."""
    if need.startswith("dart:"):
        return None
    name, _, rest = need.removeprefix("package:").partition("/")
    folder: str | None = parent(path)
    if need.startswith("package:"):
        folder = _package(parent(path), name, project)
    if folder is None:
        return None
    place = join(folder, rest if need.startswith("package:") else need)
    if project.text(place) is None:
        raise LookupError(need)
    return (place,)


def _package(folder: str, name: str, project: Project) -> str | None:
    """The folder of a package's sources, where the nearest pubspec.yaml is its own, or tells its path."""
    while True:
        text = project.text(join(folder, "pubspec.yaml"))
        if text is not None:
            if re.search(rf"^name:[ \t]*['\"]?{re.escape(name)}\b", text.text, re.MULTILINE):
                return join(folder, "lib")
            beside = re.search(rf"^[ \t]+{re.escape(name)}:[ \t]*\n[ \t]+path:[ \t]*(\S+)", text.text, re.MULTILINE)
            return join(folder, f"{beside[1]}/lib") if beside else None
        if folder in {"/", ""}:
            return None
        folder = parent(folder)


def libraries(need: str) -> tuple[str, ...]:
    """See Language.libraries: the package that a library is of."""
    return () if need.startswith("dart:") else (need.removeprefix("package:").partition("/")[0],)


def finish(on: Mapping[str, str], sources: tuple[Source, ...]) -> Mapping[str, str]:
    """See Language.finish."""
    return on
