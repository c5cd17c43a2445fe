"""Reads the text of `stopcheck.toml`, or `[tool.stopcheck]` of pyproject.toml: what a repository wants otherwise."""

from __future__ import annotations

import os
from functools import partial

import tomli

from stopcheck.config.places import no_toml, place
from stopcheck.config.programs import programs
from stopcheck.config.settings import FAIL_ON, NAMES, Settings
from stopcheck.config.values import MeaninglessError, Wrong, a_flag, a_list, a_seconds, a_word, said, table_of
from stopcheck.discovery import patterns
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from stopcheck.config.values import Kind


def read(path: str, text: str) -> tuple[Settings | None, tuple[Problem, ...]]:
    """The settings that a file's text holds, and what is wrong with it; None where it has none for us."""
    text = text.replace("\r\n", "\n")
    try:
        table: Any = tomli.loads(text)
    except (ValueError, RecursionError) as error:
        return None, (no_toml(path, text, error),)
    section: tuple[str, ...] = ("tool", "stopcheck") if os.path.basename(path) == NAMES[1] else ()
    for key in section:
        table = table.get(key) if isinstance(table, dict) else None
        if table is None:
            return None, ()
    wrong: list[Wrong] = []
    tables = table.pop("programs", {}) if isinstance(table, dict) else {}
    values = dict(table_of(table, _OPTIONS, (), wrong))
    values["programs"] = programs(tables, ("programs",), wrong)
    problems = tuple(Problem(path, one.message, *place(text, (*section, *one.keys))) for one in wrong)
    return Settings(**{key.replace("-", "_"): value for key, value in values.items()}), problems


def _rules(value: Any) -> frozenset[str]:
    from stopcheck import rules

    names: set[str] = set()
    for name in a_list(value):
        try:
            names.add(rules.resolve(name))
        except KeyError:
            raise MeaninglessError(rules.unknown(said(name)[1:-1])) from None
    return frozenset(names)


def _patterns(value: Any) -> tuple[str, ...]:
    for pattern in a_list(value):
        try:
            patterns([pattern])
        except ValueError:
            raise MeaninglessError(f"{said(pattern)} is no pattern of .gitignore") from None
    return tuple(value)


_OPTIONS: Mapping[str, Kind] = {
    "grace-period": a_seconds,
    "select": _rules,
    "ignore": _rules,
    "fail-on": partial(a_word, FAIL_ON),
    "pedantic": a_flag,
    "exclude": _patterns,
    "programs": dict,
}
