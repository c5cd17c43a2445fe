"""Signal names and what each does to a process that has not arranged anything (signal(7))."""

from __future__ import annotations

from stopcheck.model import numeral

NUMBERS: dict[str, int] = {
    "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "BUS": 7, "FPE": 8, "KILL": 9, "USR1": 10,
    "SEGV": 11, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15, "STKFLT": 16, "CHLD": 17, "CONT": 18, "STOP": 19,
    "TSTP": 20, "TTIN": 21, "TTOU": 22, "URG": 23, "XCPU": 24, "XFSZ": 25, "VTALRM": 26, "PROF": 27, "WINCH": 28,
    "IO": 29, "PWR": 30, "SYS": 31,
}  # fmt: skip
NAMES: dict[int, str] = {number: name for name, number in NUMBERS.items()}
ALIASES: dict[str, str] = {"IOT": "ABRT", "CLD": "CHLD", "POLL": "IO"}
REALTIME_MIN, REALTIME_MAX = 34, 64
"""SIGRTMIN and SIGRTMAX as glibc and musl give them (signal(7)); systemd is stopped with SIGRTMIN+3."""

HARMLESS: frozenset[str] = frozenset({"CHLD", "CONT", "URG", "WINCH"})
"""Ignored by default."""
PAUSING: frozenset[str] = frozenset({"STOP", "TSTP", "TTIN", "TTOU"})


def signal_name(text: str, prefix: bool = True, realtime: str = "names") -> str | None:
    """The bare name ("TERM") of "15", "TERM", "term", "RTMIN+3" and, where `prefix`, "SIGTERM"; None: no signal.

    `realtime`: whether real-time signals have "names" there, only "numbers", or are no signals at all ("").
    """
    text = text.strip()
    number = numeral(text)
    if number is not None:
        return NAMES.get(number) or (_realtime_name(number) if realtime else None)
    name = text.upper()
    if name.startswith("SIG"):
        if not prefix:
            return None
        name = name[3:]
    name = ALIASES.get(name, name)
    if name in NUMBERS:
        return name
    if name in {"RTMIN", "RTMAX"} or (name[:6] in {"RTMIN+", "RTMAX-"} and numeral(name[6:]) is not None):
        return _realtime_name(signal_number(name)) if realtime == "names" else None
    return None


def _realtime_name(number: int) -> str | None:
    if not REALTIME_MIN <= number <= REALTIME_MAX:
        return None
    return f"RTMIN+{number - REALTIME_MIN}" if number > REALTIME_MIN else "RTMIN"


def signal_number(name: str) -> int:
    """The number of a bare name; real-time ones counted from SIGRTMIN."""
    if name in NUMBERS:
        return NUMBERS[name]
    offset = int(name[6:] or 0)
    return REALTIME_MIN + offset if name.startswith("RTMIN") else REALTIME_MAX - offset
