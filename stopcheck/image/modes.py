"""File modes as chmod reads them."""

from __future__ import annotations

import re

from stopcheck.model import Unknown
from stopcheck.records import dataclass
from stopcheck.regex import regex

_CLAUSE = regex(r"([ugoa]*)((?:[-+=][rwxXstugo]*)+)")
_ACTION = regex(r"([-+=])([rwxXstugo]*)")
_SHIFTS = {"u": 6, "g": 3, "o": 0}


@dataclass(frozen=True, slots=True)
class ModeChange:
    """Set the `bits`, or apply the actions (who, operator, permissions) one after another."""

    bits: int | None
    actions: tuple[tuple[str, str, str], ...] = ()

    def apply(self, mode: int) -> int:
        """The permission bits after it."""
        if self.bits is not None:
            return self.bits
        for who, operator, permissions in self.actions:
            mode = _apply(mode, who, operator, permissions)
        return mode


def changed_mode(mode: int | Unknown, change: ModeChange | Unknown | None) -> int | Unknown:
    """The mode after a chmod; known also where only its x bits are, and then the others are those of a usual file."""
    if change is None or isinstance(change, Unknown):
        return change or mode
    if not isinstance(mode, Unknown):
        return change.apply(mode)
    least, most = change.apply(0), change.apply(0o777)
    return change.apply(0o644) if least & 0o111 == most & 0o111 else mode


def read_mode(text: str) -> ModeChange | None:
    """What `chmod text` does; None where it cannot be read. See chmod(1)."""
    if re.fullmatch("[0-7]{1,5}", text):
        bits = int(text, 8)
        return ModeChange(bits) if bits <= 0o7777 else None
    actions = []
    for clause in text.split(","):
        match = _CLAUSE.fullmatch(clause)
        if not match:
            return None
        actions += [(match[1], action[1], action[2]) for action in _ACTION.finditer(match[2])]
    return ModeChange(None, tuple(actions))


def _apply(mode: int, who: str, operator: str, permissions: str) -> int:
    everyone = not who or "a" in who
    mask = special = 0
    for name, shift in _SHIFTS.items():
        if everyone or name in who:
            bits = _bits(permissions, mode) << shift
            # Without a who the umask holds: 022, as in a build.
            mask |= bits & ~0o022 if not who else bits
    if "s" in permissions:
        special |= 0o4000 * (everyone or "u" in who) | 0o2000 * (everyone or "g" in who)
    if "t" in permissions:
        special |= 0o1000
    if operator == "+":
        return mode | mask | special
    if operator == "-":
        return mode & ~(mask | special)
    kept = sum(0o7 << shift for name, shift in _SHIFTS.items() if not (everyone or name in who))
    return (mode & (kept | 0o7000)) | mask | special


def _bits(permissions: str, mode: int) -> int:
    bits = 4 * ("r" in permissions) | 2 * ("w" in permissions) | ("x" in permissions)
    if "X" in permissions and mode & 0o111:
        bits |= 1
    for name, shift in _SHIFTS.items():
        if name in permissions:
            bits |= mode >> shift & 7
    return bits
