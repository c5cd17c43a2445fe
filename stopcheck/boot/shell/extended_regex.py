"""POSIX extended regular expressions, of `[[ … =~ … ]]` and `grep -E`, as Python's."""

from __future__ import annotations

import re

from stopcheck.regex import regex

_CLASSES = {
    "alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "blank": r" \t", "cntrl": r"\x00-\x1f\x7f", "digit": "0-9", "graph": "!-~",
    "lower": "a-z", "print": " -~", "punct": r"!-/:-@\[-`{-~", "space": r"\s", "upper": "A-Z", "xdigit": "0-9a-fA-F",
}  # fmt: skip
_REPEATED = regex(r"\{[0-9]{1,3}(?:,[0-9]{0,3})?\}")
_GNU = frozenset("wWsSbB")
"""What glibc takes after a backslash as Python does."""


def compiled(pattern: str, flags: int = 0) -> re.Pattern[str] | None:
    """The expression; None where libraries may read it in different ways, or it may take long. See regex(7)."""
    try:
        text = _translated(pattern)
        return None if text is None else re.compile(text, flags | re.DOTALL)
    except (re.error, RecursionError):
        return None


def _translated(pattern: str) -> str | None:
    out: list[str] = []
    groups: list[bool] = []
    """Of each group that is open, whether something in it is repeated."""
    atom = repeats = False
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "[":
            found = _bracket(pattern, at)
            if found is None:
                return None
            piece, at = found
            out.append(piece)
            atom, repeats = True, False
        elif char == "(":
            out.append("(")
            groups.append(False)
            atom = False
        elif char == ")":
            if not groups:
                return None
            out.append(")")
            atom, repeats = True, groups.pop()
        elif char in "*+?{":
            times = _REPEATED.match(pattern, at - 1) if char == "{" else None
            # A repetition of what repeats can take Python for ever.
            if not atom or (repeats and char != "?") or (char == "{" and times is None):
                return None
            out.append(times[0] if times else char)
            at = times.end() if times else at
            groups = [True] * len(groups)
            atom = False
        elif char in "|^$":
            out.append(r"\Z" if char == "$" else char)
            atom = False
        elif char == "\\":
            char = pattern[at : at + 1]
            at += 1
            if not char or (char.isalnum() and char not in _GNU) or char in "<>`'":
                return None
            out.append(f"\\{char}" if char in _GNU else re.escape(char))
            atom, repeats = True, False
        else:
            out.append("." if char == "." else re.escape(char))
            atom, repeats = True, False
    return None if groups else "".join(out)


def _bracket(pattern: str, at: int) -> tuple[str, int] | None:
    """A bracket expression whose inside begins at `at`, and where it ends."""
    out = ["["]
    if pattern.startswith("^", at):
        out.append("^")
        at += 1
    first = True
    while first or not pattern.startswith("]", at):
        first = False
        char = pattern[at : at + 1]
        if not char or pattern.startswith(("[.", "[="), at):
            return None
        if pattern.startswith("[:", at):
            end = pattern.find(":]", at)
            name = pattern[at + 2 : end] if end > 0 else ""
            if name not in _CLASSES:
                return None
            out.append(_CLASSES[name])
            at = end + 2
            continue
        # Between two others `-` makes a range.
        ranges = char == "-" and len(out) > 1 and out[-1] != "^" and not pattern.startswith("]", at + 1)
        out.append(char if ranges or char.isalnum() else re.escape(char) if char.isascii() else char)
        at += 1
    return "".join([*out, "]"]), at + 1
