"""`[programs.NAME]` of a configuration: rows of knowledge that a repository adds or corrects."""

from __future__ import annotations

from functools import partial

from stopcheck.config.values import (
    MeaninglessError,
    Wrong,
    a_flag,
    a_list,
    a_seconds,
    a_text,
    a_whole,
    a_word,
    hint,
    named,
    said,
    table_of,
    words,
)
from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge.programs import ProgramRow, find_program, program_row
from stopcheck.records import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from stopcheck.config.values import Kind


def _by_signal(kind: Kind, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MeaninglessError(f"{said(value)} is no table of signals: {{ TERM = … }}")
    found: dict[str, Any] = {}
    for name, each in value.items():
        _signal(name, below=True)
        try:
            found[name] = kind(each)
        except MeaninglessError as error:
            raise MeaninglessError(str(error), name) from None
    return found


def _signal(name: Any, below: bool = False) -> str:
    from stopcheck.boot.signals import NUMBERS, signal_name

    meant = signal_name(a_text(name))
    if meant is not None and meant == name:
        return meant
    raise MeaninglessError(
        f"{said(name)} is no signal{f': did you mean {meant}?' if meant else hint(name, NUMBERS)}", *([name] * below)
    )


def _signals(value: Any) -> list[str]:
    return [_signal(name) for name in words(value)]


_PROGRAM_ACTIONS = ("graceful", "quick", "ignore", "default", "raise", "unknown")
_FORK_ACTIONS = ("quick", "ignore", "default", "raise", "unknown")
_INIT_ACTIONS = ("ignore", "default")

_ALWAYS: Mapping[str, Kind] = {"names": words, "instead": a_text, "source": a_text}
_GRAMMAR: Mapping[str, Kind] = {
    "value_options": words,
    "stop_options": words,
    "skip": partial(a_whole, 0),
    "assignments": a_flag,
    "user_options": words,
    "user_first": a_flag,
    "command_option": words,
    "shell": a_text,
    "child": partial(a_word, ("argv", "shell")),
}
_FORWARDING: Mapping[str, Kind] = {
    "forwards": partial(a_word, ("child", "group", "session", "none")),
    "forwards_only": _signals,
    "kill_after": a_seconds,
}
_SIGNALS: Mapping[str, Kind] = {
    "on": partial(_by_signal, partial(a_word, _PROGRAM_ACTIONS)),
    "otherwise": partial(a_word, _PROGRAM_ACTIONS),
    "stops_on": _signal,
    "on_term": a_text,
    "exit": partial(a_whole, 0),
    "exit_on": partial(_by_signal, partial(a_whole, 0)),
    "exit_signal": a_flag,
    "seconds": a_seconds,
    "cleanup": a_flag,
    "helper": a_flag,
}
_ROLES: Mapping[str, Mapping[str, Kind]] = {
    "service": {
        **_SIGNALS,
        "background": a_flag,
        "foreground": words,
        "foreground_text": a_list,
        "foreground_once": a_flag,
        "background_text": a_list,
        "config": words,
    },
    "short": {"status": partial(a_whole, 0)},
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
        "on": partial(_by_signal, partial(a_word, _FORK_ACTIONS)),
        "otherwise": partial(a_word, ("quick", "raise", "unknown")),
        "waits_out": a_flag,
        "then": partial(a_word, ("waits", "ends", "raises")),
        "exit": partial(a_whole, 0),
        "exit_of_child": a_flag,
        "exit_killed": partial(a_whole, -1),
        "exit_failed": partial(a_whole, 0),
        "raises": a_flag,
    },
    "init": {
        **_GRAMMAR,
        **_FORWARDING,
        "on": partial(_by_signal, partial(a_word, _INIT_ACTIONS)),
        "own_group": a_flag,
        "ends_with_child": a_flag,
        "rewrite_options": words,
        "zero_options": words,
    },
    "daemon": _GRAMMAR,
}
"""What can be said of a program of each role; the fields are told at the head of knowledge/programs.toml."""

_CONDITIONS: Mapping[str, Kind] = {
    "words": a_text,
    "any": a_text,
    "command": a_text,
    "letters": a_text,
    "without": a_text,
    "first": a_text,
    "bare": a_flag,
    "text": a_text,
    "base": a_text,
    "image": a_text,
    "named": a_text,
    "env": a_text,
}


def programs(tables: Any, keys: tuple[str, ...], wrong: list[Wrong]) -> Mapping[str, ProgramRow]:
    """The rows that the tables of `[programs]` hold, by the names of their programs; what is wrong goes to `wrong`."""
    rows: dict[str, ProgramRow] = {}
    if not isinstance(tables, dict):
        wrong.append(Wrong(keys, f"{named(keys)}is {said(tables)}, and should be a table"))
        return rows
    for name, table in tables.items():
        here = (*keys, name)
        row = _program(name, table, here, wrong)
        for each in () if row is None else (name, *row.names):
            if each in rows:
                wrong.append(Wrong(here, f"{named(here)}another table tells of {said(each)} already"))
            elif row is not None:
                rows[each] = row
    return rows


def _program(name: str, table: Any, keys: tuple[str, ...], wrong: list[Wrong]) -> ProgramRow | None:
    """A row; None where it is not told what the program does, or not rightly."""
    try:
        known = _known(name, table)
        roles = _all_roles(table, known)
    except MeaninglessError as error:
        below = (*keys, *error.below)
        wrong.append(Wrong(below, f"{named(below)}{error}"))
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
            wrong.append(Wrong(keys, f"{named(keys)}{message}"))
            return None
    return program_row(name, data)


def _known(name: str, table: Any) -> ProgramRow | None:
    """The row that a table corrects; None where it tells of the program from the beginning."""
    from stopcheck.boot.lookup import SHELL_NAMES

    if not isinstance(table, dict):
        raise MeaninglessError(f"is {said(table)}, and should be a table: [programs.NAME]")
    if not name or "/" in name:
        last = name.rstrip("/").rpartition("/")[2]
        raise MeaninglessError(
            "a program is named by the last part of its path"
            + (f": did you mean {named((last,))[:-2]}?" if last else "")
        )
    if name in SHELL_NAMES:
        raise MeaninglessError("a shell is more than a table can tell")
    known = None if "role" in table else find_program(name)
    if known is not None and known.role not in _ROLES:
        raise MeaninglessError(f"{name} works in ways of its own: a `role` here would describe it anew")
    return known


def _all_roles(table: Mapping[str, Any], known: ProgramRow | None) -> frozenset[str]:
    """The roles that it has with one argument or another."""
    given = table.get("variants", [])
    if not isinstance(given, list) or not all(isinstance(variant, dict) for variant in given):
        raise MeaninglessError(f"{said(given)} is no list of tables: [{{ … }}]", "variants")
    told = [table.get("role", "service" if known is None else known.role), *(each.get("role") for each in given)]
    own = {role for role in told if isinstance(role, str)}
    return frozenset(own | {str(each.get("role", "")) for each in (known.variants if known else ())}) & _ROLES.keys()


def _fields(
    table: Mapping[str, Any], roles: Iterable[str], keys: tuple[str, ...], wrong: list[Wrong]
) -> dict[str, Any]:
    kinds: dict[str, Kind] = {"role": partial(a_word, tuple(_ROLES)), **_ALWAYS}
    for fields in _ROLES.values():
        kinds |= {key: partial(_elsewhere, key) for key in fields.keys() - kinds.keys()}
    for role in sorted(roles):
        kinds |= _ROLES[role]
    given = {key: value for key, value in table.items() if key != "variants"}
    data = dict(table_of(given, kinds, keys, wrong))
    if "variants" in table:
        inner = {**kinds, **_CONDITIONS}
        data["variants"] = tuple(dict(table_of(each, inner, (*keys, "variants"), wrong)) for each in table["variants"])
    return data


def _elsewhere(key: str, _: object) -> None:
    roles = ", ".join(role for role, fields in _ROLES.items() if key in fields)
    raise MeaninglessError(f"says nothing of a program of this role, only of: {roles}")


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
