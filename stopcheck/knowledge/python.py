"""Loads knowledge/python.toml: what of Python's standard library takes no time, and what is like what."""

from __future__ import annotations

from functools import cache

import tomli

from stopcheck.knowledge import table_text
from stopcheck.records import dataclass


@dataclass(frozen=True)
class StandardLibrary:
    """The lists of the data file, which tells what each is."""

    harmless: frozenset[str]
    others: frozenset[str]
    waiting: frozenset[str]
    network: frozenset[str]
    servers: frozenset[str]
    native: frozenset[str]
    methods: frozenset[str]
    unfollowed: frozenset[str]
    asks: frozenset[str]

    def takes_no_time(self, path: str) -> bool:
        """Whether a dotted name is of what neither waits nor matters."""
        parts = path.split(".")
        names = {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
        return not names & self.waiting and bool(names & (self.harmless | self.others))

    def is_network(self, path: str) -> bool:
        """Whether it asks somebody outside."""
        parts = path.split(".")
        return any(".".join(parts[:count]) in self.network for count in range(1, len(parts) + 1))


@cache
def standard_library() -> StandardLibrary:
    """What is known of it."""
    data = tomli.loads(table_text("python.toml"))
    return StandardLibrary(**{name: frozenset(text.split()) for name, text in data.items()})
