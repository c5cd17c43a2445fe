"""Loads knowledge/systems.toml: the programs of a bare system and of packages, where the list is closed."""

from __future__ import annotations

from functools import cache

import tomli

from stopcheck.knowledge import table_text

_SAME = {"ubuntu": "debian"}


@cache
def _tables() -> dict[str, dict[str, str]]:
    return tomli.loads(table_text("systems.toml"))


def lacks(family: str, name: str) -> bool:
    """Whether the system's own base image (nothing else installed) surely has no such program."""
    programs = _tables()["systems"].get(_SAME.get(family, family))
    return programs is not None and name not in programs.split()


def package_programs(package: str) -> frozenset[str] | None:
    """All programs that a package brings; None where that is not known."""
    programs = _tables()["packages"].get(package)
    return None if programs is None else frozenset(programs.split())


def without_login(user: str) -> bool:
    """Whether it is one of the system's own accounts whose shell is nologin(8)."""
    return user in _tables()["accounts"]["nologin"].split()
