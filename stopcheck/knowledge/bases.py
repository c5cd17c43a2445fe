"""Loads knowledge/bases.toml: what is known of a base image before a Dockerfile adds to it."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cache
from math import inf

import tomli

from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge import table_text
from stopcheck.model import Unknown
from stopcheck.records import dataclass, field
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any


@dataclass(frozen=True, slots=True)
class BaseRow:
    """A base image; the fields are told at the head of the data file.

    `name` is without tag and digest, as Docker Hub calls it where it is from there; `release` is its row of [os]. `sh`
    is "none" where there is no /bin/sh, None where that is not known; a version is "" where it is not known.
    `entrypoint`, `cmd` and `stop_signal` are None where the image sets none; `shell` is () where it is Docker's own.
    """

    name: str
    release: str = ""
    family: str = ""
    sh: str | None = None
    sh_version: str = ""
    bash_version: str = ""
    entrypoint: tuple[str, ...] | Unknown | None = None
    cmd: tuple[str, ...] | Unknown | None = None
    stop_signal: str | Unknown | None = None
    shell: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    sets: tuple[str, ...] = ()
    workdir: str = ""
    user: str = ""
    execs: tuple[str, ...] = ()
    prepends: str = ""
    prepends_to: str = ""
    prepends_missing: bool = False
    prepends_words: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    needs_unless: tuple[str, ...] = ()
    default: str = ""
    starts: Mapping[str, str] = field(default_factory=dict)
    hooks: str = ""
    holds: tuple[str, ...] = ()
    programs: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    plain: bool = False
    source: str = ""


DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""The PATH that an engine sets where the image does not."""

_VARIABLE = regex(r"\$(\{[^}]*\}?|\w*)")
_VERSION = regex(r"v?([0-9]{1,18}(?:\.[0-9]{1,18})*)(\.?\$)?")
_OPEN = Unknown("the tag of the base image is not known")
_UNTOLD = Unknown("what the base image starts is not known")


@cache
def find_base(reference: str) -> BaseRow | None:
    """The row for an image as FROM names it, variables expanded; None where nothing is known of it.

    What hangs on a part of the tag that is still a variable, or on a tag where there is only a digest, is unknown.
    """
    reference = reference.strip()
    # A variable whose name alone tells the image has a row of its own.
    name, tag = _split(reference if reference in _index() else _VARIABLE.sub("$", reference))
    for candidate in _names(name):
        entry = _entry(candidate)
        if entry is not None:
            return _row(candidate, tag, entry)
    return None


@cache
def _blocks() -> tuple[str, ...]:
    """The head of the data file and its rows, not parsed: only those that are asked for are worth the time."""
    text = table_text("bases.toml")
    return tuple(text.split("\n[[image]]\n"))


@cache
def _head() -> dict[str, Any]:
    return tomli.loads(_blocks()[0])


@cache
def _index() -> dict[str, int]:
    """The place of each name's row in _blocks."""
    lists = (re.match(r"names = \[([^]]*)", block) for block in _blocks())
    return {name: place for place, names in enumerate(lists) if names for name in names[1].split('"')[1::2]}


@cache
def _parsed(place: int) -> dict[str, Any]:
    return tomli.loads(_blocks()[place])


@cache
def third_party() -> frozenset[str]:
    """Programs that no system brings along."""
    return frozenset(_head()["third_party"])


@cache
def systems_own() -> frozenset[str]:
    """Programs that only a system's own packages bring: those of procps and psmisc."""
    return frozenset(_head()["lean"])


def _entry(name: str) -> dict[str, Any] | None:
    index = _index()
    place = index.get(name) or next((index[known] for known in index if _matches(name, known)), None)
    return _parsed(place) if place else None


def _matches(text: str, pattern: str) -> bool:
    """As fnmatchcase, which compiles a regular expression: that takes too long for what has no wildcard but `*`."""
    if "?" in pattern or "[" in pattern:
        return fnmatchcase(text, pattern)
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    if not (text.startswith(first) and text.endswith(rest[-1])):
        return False
    at = len(first)
    for piece in rest[:-1]:
        found = text.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return len(text) - len(rest[-1]) >= at


def _split(reference: str) -> tuple[str, str]:
    """Name and tag; `$` stands for each part of the tag that is not known: all of it where there is only a digest."""
    plain, _, digest = reference.partition("@")
    name, colon, tag = plain.rpartition(":")
    if colon and "/" not in tag:
        return name, tag
    return plain, "$" if digest else "latest"


def _names(name: str) -> Iterator[str]:
    """The name as it stands, and what Docker Hub calls it where it comes from there or from a mirror."""
    yield name
    for folder in _head()["mirror_folders"]:
        name = name.rpartition(folder)[2]
    while mirror := next((mirror for mirror in _head()["mirrors"] if name.startswith(mirror)), None):
        name = name.removeprefix(mirror)
    yield name


def _row(name: str, tag: str, entry: Mapping[str, Any]) -> BaseRow:
    release = _release(name, tag, entry)
    system = _head()["os"].get(release, {})
    keys = {key for part in (entry, *entry.get("variants", ())) for key in part}
    told = {key: value for key in keys if (value := _value(key, tag, entry)) is not None}
    known = {key: value for key, value in told.items() if not isinstance(value, Unknown)}
    plain = bool(known.get("plain"))
    programs = frozenset((*system.get("programs", ()), *known.get("programs", ())))
    absent = (*third_party(), *system.get("unnamed", ()))
    lean = _head()["lean"] if known.get("lean") and system.get("family") == "debian" else ()
    return BaseRow(
        name=name,
        release=release,
        family=system.get("family", ""),
        sh=system.get("sh"),
        sh_version=system.get("sh_version", ""),
        bash_version=system.get("bash", ""),
        **_inherited(told, system),
        shell=tuple(known.get("shell", ())),
        env={key: value.replace("$PATH", DEFAULT_PATH) for key, value in known.get("env", {}).items()},
        sets=tuple(known.get("sets", "").split()),
        workdir=known.get("workdir", ""),
        user=known.get("user", ""),
        execs=tuple(known.get("execs", ())),
        prepends=known.get("prepends", ""),
        prepends_to=known.get("prepends_to", ""),
        prepends_missing=bool(known.get("prepends_missing")),
        prepends_words=tuple(known.get("prepends_words", "").split()),
        needs=tuple(known.get("needs", "").split()),
        needs_unless=tuple(known.get("needs_unless", "").split()),
        default=known.get("default", ""),
        starts=known.get("starts", {}),
        hooks=known.get("hooks", ""),
        holds=tuple(known.get("holds", "").split()),
        programs=programs,
        missing=frozenset((*system.get("missing", ()), *(absent if plain else ()), *lean)) - programs,
        plain=plain,
        source=entry["source"],
    )


def _inherited(told: Mapping[str, Any], system: Mapping[str, Any]) -> dict[str, Any]:
    """ENTRYPOINT, CMD and STOPSIGNAL. An ENTRYPOINT clears the CMD of the system below it, as Docker has it."""
    entrypoint = told.get("entrypoint", _UNTOLD)
    below = system.get("cmd", _UNTOLD) if entrypoint == [] else entrypoint if isinstance(entrypoint, Unknown) else []
    cmd = below if told.get("cmd", "system") == "system" else told["cmd"]
    return {
        "entrypoint": entrypoint if isinstance(entrypoint, Unknown) else tuple(entrypoint) or None,
        "cmd": cmd if isinstance(cmd, Unknown) else tuple(cmd) or None,
        "stop_signal": told.get("stop_signal", _UNTOLD if entrypoint is _UNTOLD else None),
    }


def _value(key: str, tag: str, entry: Mapping[str, Any]) -> Any:
    """What the first variant that fits says, else the row; None where neither does."""
    for part in (*entry.get("variants", ()), entry):
        fits = _fits(part, tag) if key in part else False
        if fits is None:
            return _OPEN
        if fits:
            return _UNTOLD if part[key] == "unknown" else part[key]
    return None


def _fits(part: Mapping[str, Any], tag: str) -> bool | None:
    """Whether a row or a variant is that of a tag; None where it hangs on what is not known of the tag."""
    answers: list[bool | None] = []
    if "tags" in part:
        found = any(_matches(tag, pattern) for pattern in part["tags"])
        answers.append(found or (None if "$" in tag else False))
    if "since" in part:
        older = _older(tag, part["since"])
        answers.append(None if older is None else not older)
    if "before" in part:
        answers.append(_older(tag, part["before"]))
    return False if False in answers else None if None in answers else True


def _older(tag: str, version: str) -> bool | None:
    """Whether the version that the tag begins with is lower; a tag without one is the newest."""
    found = _VERSION.match(tag)
    if found is None or found[2]:
        return None if "$" in tag else False
    return (*_numbers(found[1]), inf) < _numbers(version)


def _numbers(version: str) -> tuple[float, ...]:
    return tuple(int(part) for part in version.split("."))


def _release(name: str, tag: str, entry: Mapping[str, Any]) -> str:
    """The row of [os]: what name and tag tell, made exact by the variants; "" where it is not known."""
    named = _named(name, tag)
    if named != _family(named):
        return named
    for variant in entry.get("variants", ()):
        if "os" in variant and named in ("", _family(variant["os"])) and _fits(variant, tag):
            return str(variant["os"])
    usual = str(entry.get("os", ""))
    if "$" in tag:
        return named or (_family(usual) if entry.get("always") else "")
    return usual if named in ("", _family(usual)) else named


def _family(release: str) -> str:
    return str(_head()["os"].get(release, {}).get("family", ""))


def _named(name: str, tag: str) -> str:
    parts = re.split("[/-]", f"{name}-{tag}")
    for release, system in _head()["os"].items():
        if any(_matches(part, pattern) for pattern in system.get("tags", ()) for part in parts):
            return str(release)
    return ""
