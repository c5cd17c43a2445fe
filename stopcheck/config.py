"""Reads `stopcheck.toml`, or `[tool.stopcheck]` of pyproject.toml: what a repository knows and wants otherwise."""

from __future__ import annotations

import os
import re
import stat
from functools import partial

import tomli

from stopcheck.discovery import ignored, is_inside, patterns, shown
from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge.programs import ProgramRow, find_program, program_row
from stopcheck.model import Problem
from stopcheck.records import dataclass, field, replace
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from stopcheck.discovery import Ignores

    Kind = Callable[[Any], Any]

NAMES = ("stopcheck.toml", "pyproject.toml")
"""In one folder the first of them counts."""
LARGEST = 1024 * 1024
"""Bytes of the largest configuration file that is read."""
FEW = 10
"""So many words are listed where none of them is like the one that was meant."""
FAIL_ON = ("error", "warning", "note", "never")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a configuration file, or the command line, says; None: nothing. `grace_period` in seconds.

    `exclude` are patterns as in .gitignore, `programs` rows of knowledge beside those that stopcheck has.
    """

    grace_period: float | None = None
    select: frozenset[str] | None = None
    ignore: frozenset[str] | None = None
    fail_on: str | None = None
    pedantic: bool | None = None
    exclude: tuple[str, ...] | None = None
    programs: Mapping[str, ProgramRow] = field(default_factory=dict)

    def over(self, other: Settings) -> Settings:
        """Both, this one first; a rule selected here is not ignored there."""
        own = {
            name: value
            for name in ("grace_period", "select", "ignore", "fail_on", "pedantic", "exclude")
            if (value := getattr(self, name)) is not None
        }
        if self.select and self.ignore is None and other.ignore:
            own["ignore"] = other.ignore - self.select
        return replace(other, **own)


@dataclass(frozen=True, slots=True)
class _Nearest:
    """What holds in a folder: settings (None: their file is broken), and what they exclude, from which folder on."""

    settings: Settings | None
    excluded: Ignores = ()


class Configuration:
    """The settings of all places of a run: those of the nearest file at or above each, under the command line's."""

    def __init__(self, given: Settings) -> None:
        self.problems: list[Problem] = []
        self._given = given
        self._found: dict[str, _Nearest] = {}

    def settings(self, path: str, root: str) -> Settings | None:
        """For a file in a repository, both absolute; None where the configuration file is broken."""
        return self._at(os.path.dirname(path), root).settings

    def excludes(self, path: str, root: str) -> bool:
        """Whether a file is not to be checked where nobody has named it."""
        excluded = self._at(os.path.dirname(path), root).excluded
        return any(is_inside(path, folder) for folder, _ in excluded) and ignored(path, excluded)

    def _at(self, folder: str, root: str) -> _Nearest:
        if folder not in self._found:
            found = self._read(folder)
            if found is None and folder != root and is_inside(folder, root):
                found = self._at(os.path.dirname(folder), root)
            self._found[folder] = found or self._under(Settings(), folder)
        return self._found[folder]

    def _read(self, folder: str) -> _Nearest | None:
        for name in NAMES:
            path = os.path.join(folder, name)
            if not os.path.lexists(path):  # as mostly
                continue
            text, problem = _text_of(path)
            found, problems = read(shown(path), text) if text is not None else (None, problem)
            self.problems += problems
            if problems:
                return _Nearest(None)
            if found is not None:
                return self._under(found, folder)
        return None

    def _under(self, found: Settings, folder: str) -> _Nearest:
        settings = self._given.over(found)
        if self._given.exclude is not None:
            folder = os.getcwd()
        return _Nearest(settings, ((folder, patterns(settings.exclude)),) if settings.exclude else ())


def _text_of(path: str) -> tuple[str | None, tuple[Problem, ...]]:
    """The text of a file that is there; None where it says nothing of us, or is not as it should be: a problem."""
    name = shown(path)
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return None, (Problem(name, "is no file"),)
        if status.st_size > LARGEST:
            return None, (Problem(name, f"is larger than {LARGEST // 1024 // 1024} MB"),)
        with open(path, "rb") as file:
            data = file.read()
    except (FileNotFoundError, NotADirectoryError):  # it was meant to be a configuration
        return None, (Problem(name, "is a link that leads nowhere"),)
    except OSError as error:
        return None, (Problem(name, f"cannot be read: {error.strerror or error}"),)
    if path.endswith(NAMES[1]) and b"stopcheck" not in data:
        return None, ()
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        return None, (Problem(name, "is not UTF-8", line, column),)


def read(path: str, text: str) -> tuple[Settings | None, tuple[Problem, ...]]:
    """The settings that a file's text holds, and what is wrong with it; None where it has none for us."""
    text = text.replace("\r\n", "\n")
    try:
        table: Any = tomli.loads(text)
    except (ValueError, RecursionError) as error:
        return None, (_no_toml(path, text, error),)
    section: tuple[str, ...] = ("tool", "stopcheck") if os.path.basename(path) == NAMES[1] else ()
    for key in section:
        table = table.get(key) if isinstance(table, dict) else None
        if table is None:
            return None, ()
    wrong: list[_Wrong] = []
    values = dict(_table(table, _OPTIONS, (), wrong))
    problems = tuple(Problem(path, one.message, *_place(text, (*section, *one.keys))) for one in wrong)
    return Settings(**{key.replace("-", "_"): value for key, value in values.items()}), problems


def _no_toml(path: str, text: str, error: Exception) -> Problem:
    message = "is nested too deeply" if isinstance(error, RecursionError) else f"is no TOML: {error}"
    at = re.search(r" \(at line (\d+), column (\d+)\)", message)
    if at is not None:
        return Problem(path, message[: at.start()], int(at[1]), int(at[2]))
    last = len(text.rstrip("\n").split("\n"))
    return Problem(path, message.replace(" (at end of document)", ", and then it ends"), last, 1)


# --- where a key stands --------------------------------------------------------------------------

_TOKEN = regex(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[\[{]|[\]}]|\n', re.DOTALL
)


def _statements(text: str) -> list[int]:
    """The offsets at which the statements of a TOML document begin, and its end."""
    starts = [0]
    depth = 0
    for token in _TOKEN.finditer(text):
        match token[0]:
            case "[" | "{":
                depth += 1
            case "]" | "}":
                depth -= 1
            case "\n" if depth == 0:
                starts.append(token.end())
    return [*starts, len(text)]


def _place(text: str, keys: Sequence[str]) -> tuple[int, int]:
    """Line and column, from 1, of what a TOML document says of a key: a parser tells values without their places."""
    starts = _statements(text)
    low, high = 0, len(starts) - 1
    while low < high:
        middle = (low + high) // 2
        if _holds(tomli.loads(text[: starts[middle]]), keys):
            high = middle
        else:
            low = middle + 1
    start = starts[max(low - 1, 0)]
    key = re.escape(keys[-1]) if keys else r"\S"
    named = regex(rf"(?<![\w-]){key}(?![\w-])").search(text, start, starts[low])
    at = named.start() if named else start
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _holds(value: Any, keys: Sequence[str]) -> bool:
    if not keys:
        return True
    if isinstance(value, list):
        return any(_holds(each, keys) for each in value)
    return isinstance(value, dict) and keys[0] in value and _holds(value[keys[0]], keys[1:])


# --- what a key may hold -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Wrong:
    keys: tuple[str, ...]
    message: str


class _MeaninglessError(Exception):
    """A value that cannot be meant, and at which key below its own."""

    def __init__(self, message: str, *below: str) -> None:
        super().__init__(message)
        self.below = below


def _table(
    table: Any, kinds: Mapping[str, Kind], keys: tuple[str, ...], wrong: list[_Wrong]
) -> Iterator[tuple[str, Any]]:
    """The values of a table that are as they should be; the others go to `wrong`."""
    if not isinstance(table, dict):
        wrong.append(_Wrong(keys, f"{_named(keys)}is {_said(table)}, and should be a table"))
        return
    for key, value in table.items():
        here = (*keys, key)
        if key not in kinds:
            wrong.append(_Wrong(here, f"{_named(keys)}unknown key {_said(key)}{_key_hint(keys, key, value, kinds)}"))
        elif key == "programs":
            yield key, _programs(value, here, wrong)
        else:
            try:
                yield key, kinds[key](value)
            except _MeaninglessError as error:
                below = (*here, *error.below)
                wrong.append(_Wrong(below, f"{_named(below)}{error}"))


def _named(keys: Sequence[str]) -> str:
    """A key as it is written, with a colon."""
    bare = regex(r"[\w-]+", re.ASCII)
    return ".".join(key if bare.fullmatch(key) else _said(key) for key in keys) + ": " if keys else ""


def _said(value: Any) -> str:
    """A value in a message, on one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return "a table" if isinstance(value, dict) else "a list"
    text = " ".join(str(value).split())
    text = text if len(text) <= 40 else text[:39] + "…"
    return f'"{text}"' if isinstance(value, str) else text


def _hint(word: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    by_lower = {each.lower().replace("-", "_"): each for each in known}
    close = get_close_matches(word.lower().replace("-", "_"), by_lower, n=1)
    if close:
        return f": did you mean {by_lower[close[0]]}?"
    return f" (known: {', '.join(by_lower.values())})" if len(by_lower) <= FEW else ""


def _key_hint(keys: tuple[str, ...], key: str, value: Any, known: Iterable[str]) -> str:
    if isinstance(value, dict) and keys[:1] == ("programs",):
        return f": a name with a dot is quoted, [programs.{_said(f'{keys[-1]}.{key}')}]"
    return _hint(key, known)


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise _MeaninglessError(f"{_said(value)} is neither true nor false")


def _whole(lowest: int, value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= 255:
        return value
    raise _MeaninglessError(f"{_said(value)} is no whole number from {lowest} to 255")


def _seconds(value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 10**9:
        return float(value)
    raise _MeaninglessError(f"{_said(value)} is no number of seconds")


def _word(known: tuple[str, ...], value: Any) -> str:
    if isinstance(value, str) and value in known:
        return value
    raise _MeaninglessError(f"{_said(value)} is not known here{_hint(str(value), known)}")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise _MeaninglessError(f"{_said(value)} is no text in quotes")


def _list(value: Any) -> list[str]:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return value
    raise _MeaninglessError(f'{_said(value)} is no list of texts: ["…", "…"]')


def _words(value: Any) -> list[str]:
    """A text of words, or a list of them, as in knowledge/programs.toml."""
    return value.split() if isinstance(value, str) else _list(value)


def _rules(value: Any) -> frozenset[str]:
    from stopcheck import rules

    names: set[str] = set()
    for name in _list(value):
        try:
            names.add(rules.resolve(name))
        except KeyError:
            raise _MeaninglessError(rules.unknown(_said(name)[1:-1])) from None
    return frozenset(names)


def _patterns(value: Any) -> tuple[str, ...]:
    for pattern in _list(value):
        try:
            patterns([pattern])
        except ValueError:
            raise _MeaninglessError(f"{_said(pattern)} is no pattern of .gitignore") from None
    return tuple(value)


_OPTIONS: Mapping[str, Kind] = {
    "grace-period": _seconds,
    "select": _rules,
    "ignore": _rules,
    "fail-on": partial(_word, FAIL_ON),
    "pedantic": _flag,
    "exclude": _patterns,
    "programs": dict,
}


# --- programs ------------------------------------------------------------------------------------


def _by_signal(kind: Kind, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _MeaninglessError(f"{_said(value)} is no table of signals: {{ TERM = … }}")
    found: dict[str, Any] = {}
    for name, each in value.items():
        _signal(name, below=True)
        try:
            found[name] = kind(each)
        except _MeaninglessError as error:
            raise _MeaninglessError(str(error), name) from None
    return found


def _signal(name: Any, below: bool = False) -> str:
    from stopcheck.boot.signals import NUMBERS, signal_name

    meant = signal_name(_text(name))
    if meant is not None and meant == name:
        return meant
    raise _MeaninglessError(
        f"{_said(name)} is no signal{f': did you mean {meant}?' if meant else _hint(name, NUMBERS)}", *([name] * below)
    )


def _signals(value: Any) -> list[str]:
    return [_signal(name) for name in _words(value)]


_PROGRAM_ACTIONS = ("graceful", "quick", "ignore", "default", "raise", "unknown")
_FORK_ACTIONS = ("quick", "ignore", "default", "raise", "unknown")
_INIT_ACTIONS = ("ignore", "default")

_ALWAYS: Mapping[str, Kind] = {"names": _words, "instead": _text, "source": _text}
_GRAMMAR: Mapping[str, Kind] = {
    "value_options": _words,
    "stop_options": _words,
    "skip": partial(_whole, 0),
    "assignments": _flag,
    "user_options": _words,
    "user_first": _flag,
    "command_option": _words,
    "shell": _text,
    "child": partial(_word, ("argv", "shell")),
}
_FORWARDING: Mapping[str, Kind] = {
    "forwards": partial(_word, ("child", "group", "session", "none")),
    "forwards_only": _signals,
    "kill_after": _seconds,
}
_SIGNALS: Mapping[str, Kind] = {
    "on": partial(_by_signal, partial(_word, _PROGRAM_ACTIONS)),
    "otherwise": partial(_word, _PROGRAM_ACTIONS),
    "stops_on": _signal,
    "on_term": _text,
    "exit": partial(_whole, 0),
    "exit_on": partial(_by_signal, partial(_whole, 0)),
    "exit_signal": _flag,
    "seconds": _seconds,
    "cleanup": _flag,
    "helper": _flag,
}
_ROLES: Mapping[str, Mapping[str, Kind]] = {
    "service": {
        **_SIGNALS,
        "background": _flag,
        "foreground": _words,
        "foreground_text": _list,
        "foreground_once": _flag,
        "background_text": _list,
        "config": _words,
    },
    "short": {"status": partial(_whole, 0)},
    "test": {},
    "timer": _SIGNALS,
    "keepalive": _SIGNALS,
    "unknown": _SIGNALS,
    "worker": _SIGNALS,
    "opaque": {},
    "exec": _GRAMMAR,
    "fork": {
        **_GRAMMAR,
        **_FORWARDING,
        "on": partial(_by_signal, partial(_word, _FORK_ACTIONS)),
        "otherwise": partial(_word, ("quick", "raise", "unknown")),
        "waits_out": _flag,
        "then": partial(_word, ("waits", "ends", "raises")),
        "exit": partial(_whole, 0),
        "exit_of_child": _flag,
        "exit_killed": partial(_whole, -1),
        "exit_failed": partial(_whole, 0),
        "raises": _flag,
    },
    "init": {
        **_GRAMMAR,
        **_FORWARDING,
        "on": partial(_by_signal, partial(_word, _INIT_ACTIONS)),
        "own_group": _flag,
        "ends_with_child": _flag,
        "rewrite_options": _words,
        "zero_options": _words,
    },
    "daemon": _GRAMMAR,
}
"""What can be said of a program of each role; the fields are told at the head of knowledge/programs.toml."""

_CONDITIONS: Mapping[str, Kind] = {
    "words": _text,
    "any": _text,
    "command": _text,
    "letters": _text,
    "without": _text,
    "first": _text,
    "bare": _flag,
    "text": _text,
    "base": _text,
    "image": _text,
    "named": _text,
    "env": _text,
}


def _programs(tables: Any, keys: tuple[str, ...], wrong: list[_Wrong]) -> Mapping[str, ProgramRow]:
    rows: dict[str, ProgramRow] = {}
    if not isinstance(tables, dict):
        wrong.append(_Wrong(keys, f"{_named(keys)}is {_said(tables)}, and should be a table"))
        return rows
    for name, table in tables.items():
        here = (*keys, name)
        row = _program(name, table, here, wrong)
        for each in () if row is None else (name, *row.names):
            if each in rows:
                wrong.append(_Wrong(here, f"{_named(here)}another table tells of {_said(each)} already"))
            elif row is not None:
                rows[each] = row
    return rows


def _program(name: str, table: Any, keys: tuple[str, ...], wrong: list[_Wrong]) -> ProgramRow | None:
    """A row; None where it is not told what the program does, or not rightly."""
    try:
        known = _known(name, table)
        roles = _all_roles(table, known)
    except _MeaninglessError as error:
        below = (*keys, *error.below)
        wrong.append(_Wrong(below, f"{_named(below)}{error}"))
        return None
    before = len(wrong)
    data = _fields(table, roles, keys, wrong)
    if wrong[before:]:
        return None
    if known is not None:
        return _corrected(known, data)
    for role in sorted(roles & {"fork", "init"}):
        if not any("forwards" in each for each in (table, *table.get("variants", ()))):
            message = f'role "{role}" needs `forwards`: child, group, session or none'
            wrong.append(_Wrong(keys, f"{_named(keys)}{message}"))
            return None
    return program_row(name, data)


def _known(name: str, table: Any) -> ProgramRow | None:
    """The row that a table corrects; None where it tells of the program from the beginning."""
    from stopcheck.boot.lookup import SHELL_NAMES

    if not isinstance(table, dict):
        raise _MeaninglessError(f"is {_said(table)}, and should be a table: [programs.NAME]")
    if not name or "/" in name:
        last = name.rstrip("/").rpartition("/")[2]
        raise _MeaninglessError(
            "a program is named by the last part of its path"
            + (f": did you mean {_named((last,))[:-2]}?" if last else "")
        )
    if name in SHELL_NAMES:
        raise _MeaninglessError("a shell is more than a table can tell")
    known = None if "role" in table else find_program(name)
    if known is not None and known.role not in _ROLES:
        raise _MeaninglessError(f"{name} works in ways of its own: a `role` here would describe it anew")
    return known


def _all_roles(table: Mapping[str, Any], known: ProgramRow | None) -> frozenset[str]:
    """The roles that it has with one argument or another."""
    given = table.get("variants", [])
    if not isinstance(given, list) or not all(isinstance(variant, dict) for variant in given):
        raise _MeaninglessError(f"{_said(given)} is no list of tables: [{{ … }}]", "variants")
    told = [table.get("role", "service" if known is None else known.role), *(each.get("role") for each in given)]
    own = {role for role in told if isinstance(role, str)}
    return frozenset(own | {str(each.get("role", "")) for each in (known.variants if known else ())}) & _ROLES.keys()


def _fields(
    table: Mapping[str, Any], roles: Iterable[str], keys: tuple[str, ...], wrong: list[_Wrong]
) -> dict[str, Any]:
    kinds: dict[str, Kind] = {"role": partial(_word, tuple(_ROLES)), **_ALWAYS}
    for fields in _ROLES.values():
        kinds |= {key: partial(_elsewhere, key) for key in fields.keys() - kinds.keys()}
    for role in sorted(roles):
        kinds |= _ROLES[role]
    given = {key: value for key, value in table.items() if key != "variants"}
    data = dict(_table(given, kinds, keys, wrong))
    if "variants" in table:
        inner = {**kinds, **_CONDITIONS}
        data["variants"] = tuple(dict(_table(each, inner, (*keys, "variants"), wrong)) for each in table["variants"])
    return data


def _elsewhere(key: str, _: object) -> None:
    roles = ", ".join(role for role, fields in _ROLES.items() if key in fields)
    raise _MeaninglessError(f"says nothing of a program of this role, only of: {roles}")


def _corrected(known: ProgramRow, data: Mapping[str, Any]) -> ProgramRow:
    """A row with other values, whatever its arguments; signals that are not told anew stay as they were."""
    given = program_row(known.name, data)
    changes = {key: getattr(given, key) for key in data}
    for key in ("on", "exit_on") & data.keys():
        changes[key] = {**getattr(known, key), **data[key]}
    variants = tuple(_corrected_variant(variant, data) for variant in known.variants)
    return replace(known, **{"names": (), **changes, "variants": (*changes.get("variants", ()), *variants)})


def _corrected_variant(variant: Mapping[str, Any], data: Mapping[str, Any]) -> Mapping[str, Any]:
    kept = {key: value for key, value in variant.items() if key in _CONDITIONS or key not in data}
    return kept | {key: {**variant[key], **data[key]} for key in ("on", "exit_on") if key in variant and key in data}
