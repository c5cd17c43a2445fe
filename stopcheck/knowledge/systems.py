"""Loads knowledge/systems.toml: the programs of a bare system and of packages, where the list is closed."""

from __future__ import annotations

from functools import cache

import tomli

from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge import table_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_SAME = {
    "ubuntu": "debian", "fedora": "rhel", "amazonlinux": "rhel",
    "apt-get": "apt", "aptitude": "apt", "pip2": "pip", "pip3": "pip",
}  # fmt: skip


@cache
def _tables() -> dict[str, Any]:
    return tomli.loads(table_text("systems.toml"))


def lacks(family: str, name: str) -> bool:
    """Whether the system's own base image (nothing else installed) surely has no such program."""
    programs: str | None = _tables()["systems"].get(_SAME.get(family, family))
    return programs is not None and name not in programs.split()


def package_programs(package: str) -> frozenset[str] | None:
    """All programs that a package brings; None where that is not known."""
    programs: str | None = _tables()["packages"].get(package)
    return None if programs is None else frozenset(programs.split())


def package_files(manager: str, package: str) -> Mapping[str, str]:
    """The text of the files of a package that decide what its programs do, by path; of all else nothing is known."""
    files: Mapping[str, str] = _tables()["files"].get(_SAME.get(manager, manager), {}).get(package, {})
    return files


def is_foreign_manager(family: str, name: str) -> bool:
    """Whether it is the package manager of another family of systems."""
    managers: Mapping[str, str] = _tables()["managers"]
    own = managers.get(_SAME.get(family, family), "").split()
    return bool(own) and name not in own and any(name in names.split() for names in managers.values())


def foreign(manager: str) -> frozenset[str]:
    """Paths of files that no package of this manager's systems puts there."""
    return frozenset(_tables()["foreign"].get(_SAME.get(manager, manager), "").split())


def without_login(user: str) -> bool:
    """Whether it is one of the system's own accounts whose shell is nologin(8)."""
    return user in _tables()["accounts"]["nologin"].split()


def has_bash(user: str) -> bool:
    """Whether it is an account that a package makes with bash for its shell, on systems with glibc."""
    return user in _tables()["accounts"]["bash"].split()


def is_account(user: str) -> bool:
    """Whether a bare system may have such an account."""
    return user in _tables()["accounts"]["systems"].split() or user.startswith("systemd-") or without_login(user)


def makes_no_account(package: str) -> bool:
    """Whether a package surely makes no account when it is installed."""
    return package_programs(package) is not None or package in _tables()["accounts"]["packages_without"].split()
