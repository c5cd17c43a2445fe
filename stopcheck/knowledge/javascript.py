"""Loads knowledge/javascript.toml: what of JavaScript and Node.js takes no time, and what is like what."""

from __future__ import annotations

from functools import cache

import tomli

from stopcheck.knowledge import table_text
from stopcheck.records import dataclass


@dataclass(frozen=True)
class Runtime:
    """The lists of the data file, which tells what each is."""

    harmless: frozenset[str]
    others: frozenset[str]
    apps: frozenset[str]
    waiting: frozenset[str]
    servers: frozenset[str]
    errors: frozenset[str]
    quiet: frozenset[str]
    present: frozenset[str]

    def takes_no_time(self, path: str) -> bool:
        """Whether a dotted name is of what neither waits nor matters."""
        parts = path.split(".")
        names = {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
        return not names & self.waiting and bool(names & (self.harmless | self.others))


@cache
def runtime() -> Runtime:
    """What is known of it."""
    data = tomli.loads(table_text("javascript.toml"))
    return Runtime(**{name: frozenset(text.split()) for name, text in data.items()})
