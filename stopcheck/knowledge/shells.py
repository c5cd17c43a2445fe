"""Loads knowledge/shells.toml: how the shells differ where a stop is concerned."""

from __future__ import annotations

import re
from functools import cache

import tomli

from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge import table_text
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from typing import Any


@dataclass(frozen=True, slots=True)
class ShellRow:
    """One shell from a version on; the fields are told in the data file."""

    name: str
    since: str = ""
    build: str = ""
    exec_command: frozenset[str] = frozenset()
    exec_apart: frozenset[str] = frozenset()
    exec_before: str = ""
    exec_subshell: frozenset[str] = frozenset()
    exec_substitution: frozenset[str] = frozenset()
    exec_parentheses: frozenset[str] = frozenset()
    exec_file: frozenset[str] = frozenset()
    wait_catches: frozenset[str] = frozenset()
    fg_catches: frozenset[str] = frozenset()
    ignores: frozenset[str] = frozenset()
    exit_trap: frozenset[str] = frozenset()
    sig_prefix: bool = False
    realtime: str = "names"
    lists_names: bool = True
    lists_upper: bool = False
    trap_resets: bool = True
    trap_skips: bool = False
    tells_once: bool = False
    wait_n: bool = False
    jobs_p: bool = False
    job_control: bool = False
    last_in_shell: bool = False
    bash_syntax: bool = False
    dialect: str = ""
    plain: str = ""
    bash_tests: bool = False
    run_catches: frozenset[str] = frozenset()
    exec_open_file: frozenset[str] = frozenset()
    errexit_first: bool = False
    wait_status: int = 0
    wait_resumes: bool = False
    wait_goes_on: bool = False
    exit_trap_status: bool = False
    signal_base: int = 128
    hangup_status: int = 0
    upper_only: bool = False
    wait_n_status: int = 2
    waits_for_pipeline: bool = True
    leaves_pipeline: bool = False
    select_end: int = 1
    waits_for_substitutions: bool = False
    waits_for_adopted: bool = False
    trap_exit_zero: bool = False
    recursion: str = "crashes"
    refuses_monitor: bool = False
    read_interrupts: bool = True
    sleeps_itself: bool = False
    deafens_jobs: bool = True
    undeafens: bool = False
    path: str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    exports_path: bool = False
    syntax_error: str = ""
    syntax_status: int = 2
    error_trap: str = ""
    error_within: frozenset[str] = frozenset({"trap", "exit"})
    options: str = ""
    named_options: frozenset[str] = frozenset()
    job_slots: bool = False
    child_trap: str = ""
    open_error: int = 0
    cd_error: int = 0
    constant_error: int = 0
    special_ends: bool = False
    blank_option: int = 0
    source: str = ""

    @property
    def almquist(self) -> bool:
        """Whether it is dash or busybox, whose builtins fail with the same statuses (fuzz: disagreements.jsonl)."""
        return self.name in {"dash", "busybox"}


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


@cache
def _rows(name: str) -> tuple[ShellRow, ...]:
    """The rows of one shell, oldest first. The file is cut at its headers: no other row is read."""
    parts = (part for part in table_text("shells.toml").split("[[shell]]\n")[1:] if f'name = "{name}"' in part)
    return tuple(ShellRow(**_values(tomli.loads(part))) for part in parts)


def _values(table: dict[str, Any]) -> dict[str, Any]:
    return {key: frozenset(value) if isinstance(value, list) else value for key, value in table.items()}


@cache
def find_shell(name: str, version: str = "", build: str = "") -> ShellRow | None:
    """The row for a shell ("dash", "bash", "busybox" …); without a version the newest. None: not a shell we know."""
    rows = [row for row in _rows(name) if row.build == build]
    if not rows:
        return None
    if not version:
        return rows[-1]
    wanted = _version(version)
    return [row for row in rows if not row.since or _version(row.since) <= wanted][-1]
