"""Loads knowledge/programs.toml: what each known program does with its arguments, its children and signals."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cache

import tomli

from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge import table_text
from stopcheck.records import dataclass, field, replace
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


@dataclass(frozen=True, slots=True)
class ProgramRow:
    """One program; the fields are told at the head of the data file."""

    name: str
    table: str = ""
    role: str = "service"
    names: tuple[str, ...] = ()
    on: Mapping[str, str] = field(default_factory=dict)
    otherwise: str = ""
    stops_on: str = ""
    on_term: str = ""
    exit: int | None = None
    exit_signal: bool = False
    exit_on: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.5
    seconds_on: Mapping[str, float] = field(default_factory=dict)
    seconds_text: str = ""
    unit: float = 1.0
    cleanup: bool = False
    keeps_ignored: bool = False
    resets: bool = False
    value_options: tuple[str, ...] = ()
    stop_options: tuple[str, ...] = ()
    drops_dashes: bool = False
    own_letters: str = ""
    only_letters: str = ""
    long_options: tuple[str, ...] = ()
    takes: Mapping[str, str] = field(default_factory=dict)
    package: str = ""
    refused: int = 125
    skip: int = 0
    plus: bool = False
    user_options: tuple[str, ...] = ()
    user_first: bool = False
    unknown_user: int | None = None
    before: Mapping[str, str] = field(default_factory=dict)
    by_name: bool = False
    folder_first: bool = False
    enters: bool = False
    by_path: bool = False
    lock_first: bool = False
    folder_options: tuple[str, ...] = ()
    unfound: int = 0
    assignments: bool = False
    command_option: tuple[str, ...] = ()
    login: bool = False
    session_only: tuple[str, ...] = ()
    ignores: tuple[str, ...] = ()
    ignore_options: tuple[str, ...] = ()
    clears: tuple[str, ...] = ()
    unset_options: tuple[str, ...] = ()
    path: str = ""
    unstarted: int | None = None
    child: str = "argv"
    execve: bool = False
    alone: str = ""
    childless: int | None = None
    script: str = ""
    shell: str = ""
    forwards: str = "none"
    forwards_only: tuple[str, ...] = ()
    sends: str = ""
    own_group: bool = True
    own_session: bool = False
    rewrite_options: tuple[str, ...] = ()
    zero_options: tuple[str, ...] = ()
    kill_after: float | None = None
    waits_out: bool = False
    limits: bool = False
    limit_signal: tuple[str, ...] = ()
    preserve_options: tuple[str, ...] = ()
    kill_option: tuple[str, ...] = ()
    reads: bool = False
    idle: bool = False
    then: str = "waits"
    ends_with_child: bool = True
    exit_of_child: bool = True
    exit_killed: int | None = None
    exit_failed: int | None = None
    raises: bool = False
    background: bool = False
    foreground: tuple[str, ...] = ()
    foreground_text: tuple[str, ...] = ()
    background_text: tuple[str, ...] = ()
    foreground_once: bool = False
    init_waits: bool = False
    waits_for_all: bool = False
    session: int | None = None
    again: int | None = None
    foreground_base: str = ""
    packaged: str = ""
    config: tuple[str, ...] = ()
    config_decides: bool = False
    config_first: bool = False
    saves: bool = False
    makes: tuple[str, ...] = ()
    one_service: bool = False
    each: str = ""
    asks: tuple[str, ...] = ()
    removes_pid: bool = False
    trails: bool = False
    stops: tuple[str, ...] = ()
    helper: bool = False
    tells: bool = False
    daemons: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None
    instead: str = ""
    prints: str = ""
    writes: bool = False
    variants: tuple[Mapping[str, Any], ...] = ()
    refuses: tuple[Mapping[str, Any], ...] = ()
    configured: tuple[Mapping[str, Any], ...] = ()
    source: str = ""

    def action(self, signal: str) -> str:
        """What it does on a signal (bare name); the actions are told at the head of the data file. "": not told."""
        return self.on.get(signal, self.otherwise)


_TUPLES = {"names", "user_options", "value_options", "stop_options", "command_option", "forwards_only",
           "rewrite_options", "zero_options", "config", "foreground", "session_only", "ignores", "ignore_options",
           "clears", "unset_options", "kill_option", "limit_signal", "preserve_options",
           "long_options", "stops", "folder_options", "makes",
           "asks"}  # fmt: skip
_TEXTS = {"foreground_text", "background_text", "refuses", "variants", "configured"}
_CONDITIONS = {
    "words",
    "any",
    "command",
    "letters",
    "without",
    "first",
    "bare",
    "text",
    "base",
    "image",
    "env",
    "named",
}


def _values(data: Mapping[str, Any]) -> dict[str, Any]:
    """A table's values: a text of words stands for a tuple of them."""
    values = dict(data)
    for key in _TUPLES & values.keys():
        values[key] = tuple(values[key].split() if isinstance(values[key], str) else values[key])
    for key in _TEXTS & values.keys():
        values[key] = (values[key],) if isinstance(values[key], str) else tuple(values[key])
    return values


def as_configured(row: ProgramRow, texts: Sequence[str]) -> ProgramRow:
    """The row with the first change of `configured` whose directive one of the configurations begins a line with."""
    for change in row.configured:
        directive = re.compile(rf"^\s*{re.escape(change['text'])}(?![\w-])", re.MULTILINE)
        if any(directive.search(text) for text in texts):
            return replace(row, **_values({key: value for key, value in change.items() if key != "text"}))
    return row


def program_row(name: str, data: Mapping[str, Any]) -> ProgramRow:
    """A row from its table; raises TypeError where a key is not one of the fields."""
    return ProgramRow(name=name, **_values(data))


_HEADER = regex(r'^\["?([^"\]\n]+)"?\]$', re.MULTILINE)
_NAMES = regex(r'^names = "+([^"]+)"', re.MULTILINE)


@cache
def _tables() -> tuple[dict[str, str], dict[str, str]]:
    """Each table's text by its name, and the name of the table by every name that a program goes by.

    The file is cut at its headers: reading all of it as TOML would take longer than most analyses need.
    """
    parts = _HEADER.split(table_text("programs.toml"))
    texts = dict(zip(parts[1::2], parts[2::2], strict=True))
    known_as: dict[str, str] = {}
    for name, text in texts.items():
        known_as[name] = name
        names = _NAMES.search(text)
        if names:
            known_as.update(dict.fromkeys(names[1].split(), name))
    return texts, known_as


@cache
def _row(name: str, table: str) -> ProgramRow:
    return replace(program_row(name, tomli.loads(_tables()[0][table])), table=table)


UNKNOWN = "a program that nobody knows"
_VERSION = "0123456789."


def find_program(path: str, extra: Mapping[str, ProgramRow] | None = None) -> ProgramRow | None:
    """The row for a program by its path, its last part, or that without a version at its end (`python3.12`)."""
    name = path.rsplit("/", 1)[-1]
    if extra and name in extra:
        return extra[name]
    known_as = _tables()[1]
    if "/init.d/" in path:
        name = "service"
    elif path in known_as:
        name = path
    elif name not in known_as:
        name = name.rstrip(_VERSION).removesuffix("-") if name[-1:].isdecimal() else name
    return _row(name, known_as[name]) if name in known_as else None


def unknown_program(name: str, arguments: Sequence[str], role: str = "unknown", reason: str = "") -> ProgramRow:
    """The row for a program that no table has: what it is told to do may say that it ends (`app migrate`).

    So may its name, but for a script that nobody has read: `setup.sh` may become what it has set up.
    """
    row = ProgramRow(name, role=role, instead=reason)
    variants = _row(UNKNOWN, UNKNOWN).variants
    if role != "unknown":
        variants = tuple(variant for variant in variants if "named" not in variant)
    return applied(replace(row, variants=variants), arguments)


def applied(
    row: ProgramRow, arguments: Sequence[str], base: str = "", image: str = "", env: Mapping[str, object] | None = None
) -> ProgramRow:
    """The row with the first of its variants that fits these arguments (the words after the program's name).

    `base` is what /bin/sh is in the image: "busybox" tells that the small programs are busybox's own. `image` is the
    name of the base image, `env` what is known of the environment.
    """
    for variant in row.variants:
        fits = _fits(variant, arguments, base, row.value_options)
        if fits and _is_in(variant, image, env or {}) and _is_named(variant, row.name):
            return replace(row, **_values({key: value for key, value in variant.items() if key not in _CONDITIONS}))
    return row


def _is_in(variant: Mapping[str, Any], image: str, env: Mapping[str, object]) -> bool:
    """Whether the image and the environment are those of a variant."""
    name, _, tag = image.split("@")[0].rsplit("/", 1)[-1].partition(":")
    wanted = variant.get("image", name).split() or [name]
    return any(
        official == name and (not version or re.match(rf"{re.escape(version)}(?![\w])", tag))
        for official, _, version in (each.partition(":") for each in wanted)
    ) and ("env" not in variant or any(_is_set(env, each) for each in variant["env"].split()))


def _is_named(variant: Mapping[str, Any], name: str) -> bool:
    return "named" not in variant or any(fnmatchcase(name, each) for each in variant["named"].split())


def _is_set(env: Mapping[str, object], wanted: str) -> bool:
    """NAME=value: it has this value, NAME=*: any; NAME: it is on, as switches are told in the environment."""
    name, sign, value = wanted.partition("=")
    if value == "*":
        return name in env
    found = env.get(name)
    if not isinstance(found, str):
        return False
    return found == value if sign else found.lower() not in {"", "0", "false", "no", "off"}


def _fits(variant: Mapping[str, Any], arguments: Sequence[str], base: str, values: Sequence[str]) -> bool:
    return (
        all(_has(arguments, word) for word in variant.get("words", "").split())
        and ("any" not in variant or any(_has(arguments, word) for word in variant["any"].split()))
        and ("command" not in variant or _command(arguments) in variant["command"].split())
        and ("letters" not in variant or any(_letters(argument, variant["letters"], values) for argument in arguments))
        and not any(_has(arguments, word) for word in variant.get("without", "").split())
        and ("first" not in variant or "".join(arguments[:1]).startswith(variant["first"]))
        and ("bare" not in variant or variant["bare"] is not bool(arguments))
        and ("text" not in variant or variant["text"] in " ".join(arguments))
        and ("base" not in variant or variant["base"] == base)
    )


def _has(arguments: Sequence[str], word: str) -> bool:
    return any(argument == word or argument.startswith(word + "=") for argument in arguments)


def _command(arguments: Sequence[str]) -> str:
    """The first argument that is no option."""
    return next((argument for argument in arguments if argument[:1] != "-"), "")


def _letters(argument: str, wanted: str, values: Sequence[str]) -> bool:
    """Whether an argument is short options (`-De`), one of the wanted letters among them: behind one of `values` is
    that one's value."""
    if argument[:1] != "-" or argument[1:2] == "-":
        return False
    for letter in argument[1:]:
        if letter in wanted:
            return True
        if f"-{letter}" in values:
            return False
    return False
