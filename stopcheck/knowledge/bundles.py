"""Loads knowledge/bundles.toml: the servers that the builds of frameworks write, and what they do on signals."""

from __future__ import annotations

from functools import cache

import tomli

from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge import table_text
from stopcheck.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class BundleRow:
    """One framework; the fields are told at the head of the data file. `packages`: name -> (major, minor)."""

    file: str
    packages: Mapping[str, tuple[int, int]]
    on: Mapping[str, str] = field(default_factory=dict)
    unless: tuple[str, ...] = ()
    config: tuple[str, ...] = ()
    source: str = ""


@cache
def bundle_rows() -> tuple[BundleRow, ...]:
    """All of them."""
    return tuple(
        BundleRow(
            file=table["file"],
            packages=dict(map(_package, table["packages"].split())),
            on=table["on"],
            unless=tuple(table.get("unless", "").split()),
            config=tuple(table.get("config", "").split()),
            source=table["source"],
        )
        for table in tomli.loads(table_text("bundles.toml"))["bundle"]
    )


def _package(text: str) -> tuple[str, tuple[int, int]]:
    name, _, version = text.rpartition("@")
    major, _, minor = version.partition(".")
    return name, (int(major), int(minor))
