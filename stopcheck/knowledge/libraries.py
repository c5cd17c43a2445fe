"""Loads knowledge/libraries.toml: which libraries handle signals by themselves, and which surely do not."""

from __future__ import annotations

import re
from functools import cache

import tomli

from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge import table_text
from stopcheck.records import dataclass, field
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class LibraryRow:
    """One library; the fields are told at the head of the data file. `version` is the one that was looked at."""

    name: str
    version: str = ""
    on: Mapping[str, str] = field(default_factory=dict)
    where: frozenset[str] = frozenset()
    unless: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()
    asks: frozenset[str] = frozenset()
    source: str = ""


_HEADER = regex(r"^\[\[(\w+)\]\]$", re.MULTILINE)


@cache
def library_rows(language: str) -> Mapping[str, LibraryRow]:
    """The libraries of a language by name. Only its own tables are parsed: the others would cost as much again."""
    parts = _HEADER.split(table_text("libraries.toml"))
    texts = [text for name, text in zip(parts[1::2], parts[2::2], strict=True) if name == language]
    rows: dict[str, LibraryRow] = {}
    for text in texts:
        table = tomli.loads(text)
        for entry in table["names"].split():
            at = entry.rfind("@")
            name, version = (entry[:at], entry[at + 1 :]) if at > 0 else (entry, "")
            rows[name] = LibraryRow(
                name=name,
                version=version,
                on=table.get("on", {}),
                where=frozenset(table.get("where", "").split()),
                unless=frozenset(table.get("unless", "").split()),
                unsure=frozenset(table.get("unsure", "").split()),
                asks=frozenset(table.get("asks", "").split()),
                source=table["source"],
            )
    return rows


def find_library(language: str, name: str) -> LibraryRow | None:
    """The row for a library by the name that programs use."""
    return library_rows(language).get(name)
