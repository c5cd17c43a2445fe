"""The values that supervisord's configuration may not have: it ends with status 2 before it has started anything.

Source: supervisor/options.py, supervisor/datatypes.py; sup.supervisord-bad-*.
"""

from __future__ import annotations

import posixpath
import shlex

from stopcheck.boot.files.accounts import is_missing
from stopcheck.boot.files.made import missing_folder
from stopcheck.boot.signals import signal_name
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import numeral
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopcheck.boot.programs.roles import Start
    from stopcheck.source import Span
    from stopcheck.syntax.ini import Option, Section

YES = frozenset({"true", "yes", "on", "1"})
NO = frozenset({"false", "no", "off", "0"})
PROGRAMS = ("program", "fcgi-program", "eventlistener")
_LEVELS = frozenset({"critical", "error", "warn", "info", "debug", "trace", "blather"})
_NO_FILES = frozenset({"none", "off", "auto", "syslog", ""})
_GENERAL = {
    "minfds": "number", "minprocs": "number", "logfile_backups": "number", "umask": "octal", "directory": "folder",
    "logfile": "file", "pidfile": "file", "loglevel": "level", "childlogdir": "folder", "nodaemon": "boolean",
    "silent": "boolean", "nocleanup": "boolean", "strip_ansi": "boolean", "environment": "pairs", "user": "user",
}  # fmt: skip
_OF_PROGRAM = {
    "priority": "number", "startsecs": "number", "startretries": "number", "stopwaitsecs": "number",
    "numprocs": "number", "numprocs_start": "number", "autostart": "boolean", "stopasgroup": "boolean",
    "killasgroup": "boolean", "redirect_stderr": "boolean", "autorestart": "restart", "stopsignal": "signal",
    "exitcodes": "codes", "umask": "octal", "stdout_logfile": "log", "stderr_logfile": "log", "environment": "pairs",
    "user": "user",
}  # fmt: skip
_EXPANDED = frozenset({"command", "environment", "process_name", "stdout_logfile", "stderr_logfile"})
"""What may ask for `%(process_num)d`, and is put together by Python's `%`."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why it refuses its configuration, and where that says so."""

    why: str
    place: Span


def fault(sections: Sequence[Section], start: Start) -> Fault | None:
    """The first value that it does not take; what is not known for sure is taken."""
    names = {section.name for section in sections}
    for section in sections:
        kind, _, name = section.name.partition(":")
        if section.name == "supervisord":
            found = _of_values(section, _GENERAL, start)
        elif kind in PROGRAMS and name:
            found = _of_program(section, kind, start)
        elif kind == "group":
            members = [each.strip() for each in section.get("programs").split(",")]
            absent = next((each for each in members if not {f"{of}:{each}" for of in PROGRAMS[:2]} & names), "")
            found = Fault(f"[{section.name}] names {absent}, which is not there", section.span) if absent else None
        else:
            continue
        if found is not None:
            return found
    return None


def _of_program(section: Section, kind: str, start: Start) -> Fault | None:
    def says(key: str, default: str = "") -> bool:
        return section.get(key, default).lower() in YES

    needs = {"fcgi-program": "socket", "eventlistener": "events"}.get(kind, "command")
    for key in {"command", needs}:
        if section.option(key) is None:
            return Fault(f"[{section.name}] has no {key}", section.span)
    found = _of_values(section, _OF_PROGRAM, start)
    if found is not None:
        return found
    for option in section.options:
        if option.key in _EXPANDED and not _expands(option.value):
            return Fault(f"{option.key} of [{section.name}] has a % that it cannot expand", option.span)
    if (numeral(section.get("numprocs", "1")) or 0) > 1 and "%(process_num)" not in section.get("process_name"):
        return Fault(f"[{section.name}] has numprocs, and no %(process_num)d in its process_name", section.span)
    if says("stopasgroup") and section.option("killasgroup") is not None and not says("killasgroup"):
        return Fault(f"[{section.name}] has stopasgroup without killasgroup", section.span)
    if kind == "eventlistener" and says("redirect_stderr"):
        return Fault(f"[{section.name}] is a listener, and has redirect_stderr", section.span)
    return None


def _of_values(section: Section, kinds: dict[str, str], start: Start) -> Fault | None:
    for key, kind in kinds.items():
        option = section.option(key)
        if option is not None and "%" not in option.value and not _is_taken(kind, option.value, start):
            return Fault(_why(option, kind), option.span)
    return None


def _why(option: Option, kind: str) -> str:
    if kind in {"folder", "file", "log"}:
        return f"{option.key} is in a folder that is not there: {option.value}"
    if kind == "user":
        return f"there is no user {option.value}"
    return f"{option.key} may not be {option.value or 'empty'}"


def _is_taken(kind: str, value: str, start: Start) -> bool:
    """Whether a value is one of its kind."""
    if kind == "boolean":
        return value.lower() in YES | NO
    if kind == "restart":
        return value.lower() in YES | NO | {"unexpected"}
    if kind == "number":
        return numeral(value.replace("_", ""), signed=True) is not None
    if kind == "octal":
        return value.lower().removeprefix("0o").isdigit() and not {"8", "9"} & set(value)
    if kind == "signal":
        return signal_name(value) is not None
    if kind == "codes":
        codes = [numeral(each.strip()) for each in value.split(",")]
        return not value or all(code is not None and code < 256 for code in codes)
    if kind == "level":
        return value.lower() in _LEVELS
    if kind == "pairs":
        return _are_pairs(value)
    if kind == "user":
        return not is_missing(start.machine, start.world, start.process, start.row, value)
    if kind == "log" and value.lower() in _NO_FILES:
        return True
    folder = value if kind == "folder" else posixpath.dirname(value)
    if not folder or folder.startswith(("~", "/dev", "/proc")):
        return True
    return not missing_folder(start.machine, start.world, start.path(folder), start.process)


def _are_pairs(value: str) -> bool:
    """Whether it is `KEY=value,KEY="value"`: a value of other letters has to be quoted."""
    lexer = shlex.shlex(value)
    lexer.wordchars += "/.+-():"
    try:
        tokens = list(lexer)
    except ValueError:
        return False
    return all(len(tokens[each : each + 3]) == 3 and tokens[each + 1] == "=" for each in range(0, len(tokens), 4))


class _Names(dict[str, object]):
    """The names that may stand in `%(…)s`."""

    def __missing__(self, name: str) -> object:
        if name.startswith("ENV_"):
            return ""
        raise KeyError(name)


def _expands(value: str) -> bool:
    names = _Names(here="", program_name="", group_name="", host_node_name="", process_num=0, numprocs=1)
    try:
        return bool(value % names) or True
    except (KeyError, TypeError, ValueError):
        return False
