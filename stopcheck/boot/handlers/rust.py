"""Rust, a package of Cargo and its sources (measured with rustc 1.95: a program of std alone catches no signal)."""

from __future__ import annotations

import re

from stopcheck.boot.handlers.scan import LOOPS, scan
from stopcheck.boot.handlers.source import STOP_SIGNALS, Source
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import join, parent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.boot.handlers.source import Project

_DEEPEST = 8
_OWN = frozenset({"std", "core", "alloc"})
_KINDS = {"terminate": "TERM", "interrupt": "INT", "quit": "QUIT", "hangup": "HUP"}
_BEYOND = {
    r"\bextern\s+\"C\"\s*\{|\bextern\s*\{|\blibloading\b|\bdlopen\b": "it has parts in another language",
    r"\binclude!\s*\(|\basm!\s*\(": "it has parts that are not read",
    r"\bprocess\s*::\s*(?:Command|\{[^}]*\bCommand\b)|\bexecvp?e?\s*\(|\bfork\s*\(\s*\)": "it starts other programs",
}
_LASTING = frozenset(
    [
        *("serve", "run", "launch", "start", "start_autosharded", "bind", "incoming", "accept", "park", "pending"),
        *("dispatch", "poll", "listen", "block_on_all", "recv", "next_event"),
    ]
)


def read(text: str) -> Source:
    """See Language.read: Cargo.toml, or a source."""
    return _package(text) if re.search(r"^\s*\[(?:package|dependencies)\]", text, re.MULTILINE) else _source(text)


def _package(text: str) -> Source:
    import tomli

    try:
        told = tomli.loads(text)
    except ValueError:
        return Source(doubt="it cannot be read as TOML")
    tables = [told.get("dependencies"), *(one.get("dependencies") for one in _values(told.get("target")))]
    needs, tokens = ["."], set()
    for name, value in ((name, value) for table in tables if isinstance(table, dict) for name, value in table.items()):
        detail = value if isinstance(value, dict) else {}
        path = detail.get("path")
        needs.append(f"./{path}/Cargo.toml" if path else str(detail.get("package", name)))
        features = detail.get("features")
        tokens |= {f"{name}/{feature}" for feature in features} if isinstance(features, list) else set()
        tokens |= {f"{name}/?"} if detail.get("workspace") else set()
    doubt = "" if told.get("package") else "it names no package"
    return Source(needs=tuple(needs), tokens=frozenset(tokens), doubt=doubt)


def _values(table: object) -> list[dict[str, object]]:
    return [one for one in table.values() if isinstance(one, dict)] if isinstance(table, dict) else []


def _source(text: str) -> Source:
    plain = re.sub(r"'(?:\\.[^']*|[^'\\])'", '""', re.sub(r'\br(#*)".*?"\1', '""', text, flags=re.DOTALL))
    source = scan(plain, r"//[^\n]*|/\*.*?(?:\*/|\Z)", '"')
    code = re.sub(r"#\[cfg\(test\)\]\s*mod\s+\w+\s*\{.*", "", source.code, flags=re.DOTALL)
    on = {_KINDS[kind]: "graceful" for kind in re.findall(r"\bSignalKind\s*::\s*(\w+)", code) if kind in _KINDS}
    named = {name for name in re.findall(r"\bSIG([A-Z]+)\b", code) if name in STOP_SIGNALS}
    if re.search(r"\bsignal_hook\b|\bSignals\s*::\s*new\b|\bsigaction\b|\bsignal\s*\(", code):
        on |= dict.fromkeys(named, "graceful")
    if "TERM_SIGNALS" in code:
        on |= dict.fromkeys(("TERM", "INT", "QUIT"), "graceful")
    if re.search(r"\bctrl_c\s*\(|\bctrlc\s*::", code):
        on |= {"INT": "graceful"}
    untold = sorted(named & {"TERM", "INT", "QUIT"} - on.keys())
    doubt = f"it names SIG{untold[0]}" if untold else ""
    if re.search(r"\bSignalKind\s*::\s*from_raw\b", code):
        doubt = doubt or "it asks for a signal by its number"
    doubt = doubt or next((why for sign, why in _BEYOND.items() if re.search(sign, code)), "")
    lasts = bool(re.search(rf"{LOOPS}|\bloop\s*\{{", code)) or source.calls(_LASTING)
    return Source(
        on=on,
        tokens=source.tokens() | set(re.findall(r"\b[A-Z]\w+", code)),
        doubt=doubt,
        lasts=lasts,
    )


def follow(need: str, path: str, project: Project) -> tuple[str, ...] | None:
    """See Language.follow: the sources of a package but for its programs, and the packages that it has by a path."""
    folder = parent(path)
    if need == ".":
        found = [file for depth in range(_DEEPEST) for file in project.matching(f"{folder}/src{'/*' * depth}/*.rs")]
        programs = (f"{folder}/src/bin/", f"{folder}/src/main.rs")
        return tuple(file for file in found if not file.startswith(programs))
    if not need.startswith("./"):
        return None
    place = join(folder, need)
    if project.text(place) is None:
        raise LookupError(need)
    return (place,)


def libraries(need: str) -> tuple[str, ...]:
    """See Language.libraries: a crate, whose name may be written with `-` or `_`."""
    return () if need in _OWN else (need.replace("_", "-"),)


def finish(on: Mapping[str, str], sources: tuple[Source, ...]) -> Mapping[str, str]:
    """See Language.finish."""
    return on
