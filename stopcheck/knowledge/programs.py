"""Loads knowledge/programs.toml: what each known program does with its arguments, its children and signals."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class ProgramRow:
    """One program; the fields are told at the head of the data file."""

    name: str
    role: str = "service"
    names: tuple[str, ...] = ()
    on: Mapping[str, str] = field(default_factory=dict)
    otherwise: str = "default"
    exit: int | None = None
    exit_signal: bool = False
    seconds: float = 0.5
    value_options: tuple[str, ...] = ()
    stop_options: tuple[str, ...] = ()
    skip: int = 0
    assignments: bool = False
    command_option: tuple[str, ...] = ()
    child: str = "argv"
    shell: str = ""
    login: bool = False
    forwards: str = "none"
    forwards_only: tuple[str, ...] = ()
    own_group: bool = True
    rewrite_options: tuple[str, ...] = ()
    zero_options: tuple[str, ...] = ()
    kill_after: float | None = None
    ends_with_child: bool = True
    exit_of_child: bool = True
    background_words: tuple[str, ...] = ()
    foreground_words: tuple[str, ...] = ()
    foreground_text: tuple[str, ...] = ()
    status: int | None = None
    needs_argument: bool = False
    instead: str = ""
    variants: tuple[Mapping[str, Any], ...] = ()
    source: str = ""

    def action(self, signal: str) -> str:
        """What it does on a signal (bare name): "graceful", "quick", "ignore" or "default"."""
        return self.on.get(signal, self.otherwise)


_TUPLES = {"names", "value_options", "stop_options", "command_option", "forwards_only", "rewrite_options", "zero_options", "background_words",
           "foreground_words", "foreground_text", "variants"}  # fmt: skip


def program_row(name: str, data: Mapping[str, Any]) -> ProgramRow:
    """A row from its table; raises TypeError where a key is not one of the fields."""
    return ProgramRow(name=name, **{key: tuple(value) if key in _TUPLES else value for key, value in data.items()})


@cache
def _index() -> dict[str, ProgramRow]:
    data = tomllib.loads(Path(__file__).with_name("programs.toml").read_text("utf-8"))
    index: dict[str, ProgramRow] = {}
    for name, table in data.items():
        row = program_row(name, table)
        for known_as in (name, *row.names):
            index[known_as] = row
    return index


_VERSION = re.compile(r"-?\d+(\.\d+)*$")


def find_program(path: str, extra: Mapping[str, ProgramRow] | None = None) -> ProgramRow | None:
    """The row for a program by the last part of its path, also without a version at its end (`python3.12`)."""
    name = path.rsplit("/", 1)[-1]
    if extra and name in extra:
        return extra[name]
    index = _index()
    return index.get(name) or index.get(_VERSION.sub("", name))


def applied(row: ProgramRow, arguments: Sequence[str]) -> ProgramRow:
    """The row with the first of its variants that fits these arguments (the words after the program's name)."""
    for variant in row.variants:
        words = variant.get("words", ())
        without = variant.get("without", ())
        if all(_has(arguments, word) for word in words) and not any(_has(arguments, word) for word in without):
            changes = {key: value for key, value in variant.items() if key not in {"words", "without"}}
            changes = {key: tuple(value) if key in _TUPLES else value for key, value in changes.items()}
            return replace(row, **changes)
    return row


def _has(arguments: Sequence[str], word: str) -> bool:
    return any(argument == word or argument.startswith(word + "=") for argument in arguments)
