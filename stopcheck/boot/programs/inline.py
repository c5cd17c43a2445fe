"""Texts given to interpreters that do nothing but start one program: `perl -e 'exec "app"'`."""

from __future__ import annotations

import re

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass, replace
from stopcheck.regex import regex

if TYPE_CHECKING:
    from stopcheck.boot.world import Field


@dataclass(frozen=True, slots=True)
class Inline:
    """A program that a text starts: in its own place, or as a child that it waits for."""

    argv: tuple[str, ...]
    replaces: bool
    asks: bool = False
    """For what it prints: perl then does not mind signals otherwise than it does else."""
    ignores: tuple[str, ...] = ()
    """The signals that it ignores before, and the program with it."""


SIGNALS: dict[str, dict[str, str]] = {
    "python": {"INT": "raise"},
    "perl": {"INT": "ignore", "QUIT": "ignore"},
    "ruby": {"TERM": "raise", "INT": "raise", "QUIT": "raise", "HUP": "raise"},
    "php": {},
    "node": {"USR1": "ignore"},
}
"""What each does with signals while its child runs; nothing is passed on (wrap.python-*, wrap.perl-*, wrap.ruby-*)."""

_STRING = r"\"(?:[^\"\\$@#]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_CALL = regex(
    rf"\s*(?:exit[\s(]+)?(?:(?:Process|Kernel)\.)?(exec|system)\s*\(?\s*((?:{_STRING})(?:\s*,\s*(?:{_STRING}))*)\s*\)?(?:\s*>>\s*8)?\s*\)?\s*(;.*)?$",
    re.DOTALL,
)
_QUOTED = {
    "perl": regex(r"\bqq?\s*(?:\(([^()'\\$@#]*)\)|\{([^{}'\\$@#]*)\})"),
    "ruby": regex(r"%[qQ]?(?:\(([^()'\\$@#]*)\)|\{([^{}'\\$@#]*)\})"),
}
"""Their other ways to quote a text: `q(app)`, `%q(app)`."""
_LIST = rf"\[\s*((?:{_STRING})(?:\s*,\s*(?:{_STRING}))*)?\s*\]"
_QW = regex(r"\s*(exec|system)\s*\(?\s*qw\s*[(\[{/]([\w ./:=@%+-]+)[)\]}/]\s*\)?\s*;?\s*$")
_BEFORE = regex(
    r"\s*(?:(?:\$ENV\{\w+\}|\$0)\s*=\s*[\w\"'./:-]+\s*;|alarm\s*\(?\s*\d{3,}\s*\)?\s*;|use\s+(?:strict|warnings)\s*;"
    r"|(?:\$SIG\s*\{\s*|(?:Signal\.)?trap\s*\(?\s*)[\"']?(?:SIG)?(?P<signal>[A-Z]+)[\"']?\s*(?:\}\s*=|,)\s*[\"']IGNORE[\"']\s*\)?\s*;)"
)
"""What may stand before it: a variable, a long alarm, a signal that is ignored."""
_FORKED = regex(
    rf"\s*(?:fork\s+or\s+exec\s*\(?\s*({_STRING})\s*\)?\s*;\s*wait"
    rf"|Process\.wait\s*\(?\s*fork\s*\{{\s*exec\s*\(?\s*({_STRING})\s*\)?\s*\}}\s*\)?)\s*;?\s*$"
)
_OF_ARGUMENTS = regex(r"\s*(exec|system)\s*\(?\s*@ARGV\s*\)?\s*;?\s*$")
_SPAWN = regex(
    rf"\s*(?:spawn\s*\(?\s*({_STRING})\s*\)?\s*;\s*Process\.wait(?:\(\))?"
    r"|(?:(?:my\s+)?\$?\w+\s*=\s*|(?:print|puts)\s+)?`([\w ./-]+)`)\s*;?\s*$"
)
_PHP = regex(rf"\s*pcntl_exec\s*\(\s*({_STRING})\s*(?:,\s*{_LIST}\s*)?\)\s*;?\s*$")
_PHP_SHELL = regex(
    rf"\s*(?:echo\s+|\$\w+\s*=\s*)?(?:(?:system|exec|passthru|shell_exec|proc_close\s*\(\s*proc_open)\s*\(\s*({_STRING})"
    r"\s*(?:,\s*\[[^\[\]]*\]\s*,\s*\$\w+\s*\))?\s*\)|`([\w ./-]+)`)"
    r"\s*;?\s*$"
)
_NODE = regex(
    rf"\s*require\((?:\"|')(?:node:)?child_process(?:\"|')\)\.(exec|execSync|spawn|spawnSync|execFile|execFileSync)"
    rf"\(\s*({_STRING})\s*(?:,\s*{_LIST}\s*)?(?:,\s*\{{\s*stdio\s*:\s*(?:{_STRING})\s*\}}\s*)?\)\s*;?\s*$"
)
_LITERALS = rf"(?:(?:{_STRING}|\d+)(?:\s*[,.+]\s*(?:{_STRING}|\d+))*)?"
_TELLS = {
    "perl": r"(?:print|say|warn)", "ruby": r"(?:puts|print|p|warn)", "php": r"(?:echo|print|printf)",
    "node": r"console\.(?:log|error|info)",
}  # fmt: skip
_LEAVES = {"perl": "exit", "ruby": "exit!?", "php": "(?:exit|die)", "node": r"process\.exit"}
_META = regex(r"[;&|<>()$`*?\[\]{}~\\\"'\n]")


def read_inline(language: str, text: str) -> Inline | None:
    """The one program that the text starts; None where it does more, or cannot be read."""
    if language in {"perl", "ruby"}:
        text = _QUOTED[language].sub(lambda found: f"'{found[1] or found[2]}'", text)
        ignored: list[str] = []
        while (before := _BEFORE.match(text)) is not None:
            ignored += [before["signal"]] if before["signal"] else []
            text = text[before.end() :]
        found = _read_call(language, text)
        return replace(found, ignores=tuple(ignored)) if found is not None else None
    if language == "php":
        call = _PHP.match(text)
        if call is not None:
            return Inline((*_strings(call[1]), *_strings(call[2] or "")), True)
        call = _PHP_SHELL.match(text)
        return Inline(("sh", "-c", _strings(call[1])[0] if call[1] else call[2]), False) if call else None
    call = _NODE.match(text)
    if call is None:
        return None
    program = _strings(call[2])[0]
    shell = call[1] in {"exec", "execSync"}
    return Inline(("/bin/sh", "-c", program) if shell else (program, *_strings(call[3] or "")), False)


def _read_call(language: str, text: str) -> Inline | None:
    """The one call of a text in Perl or Ruby."""
    spawned = _SPAWN.match(text) if language == "ruby" or "`" in text else None
    if spawned is not None:
        return Inline(
            _shell_words(language, _strings(spawned[1]) if spawned[1] else [spawned[2]]), False, language == "perl"
        )
    forked = _FORKED.match(text)
    if forked is not None:
        return Inline(_shell_words(language, _strings(forked[1] or forked[2])), False, language == "perl")
    words = _QW.match(text) if language == "perl" else None
    if words is not None:
        return Inline(tuple(words[2].split()), words[1] == "exec")
    call = _CALL.match(text)
    return Inline(_shell_words(language, _strings(call[2])), call[1] == "exec") if call else None


def of_arguments(text: str, arguments: tuple[Field, ...]) -> tuple[tuple[Field, ...], bool] | None:
    """What `perl -e 'exec @ARGV' app` starts: its words, and whether it becomes that."""
    while (before := _BEFORE.match(text)) is not None and not before["signal"]:
        text = text[before.end() :]
    call = _OF_ARGUMENTS.match(text)
    return (arguments, call[1] == "exec") if call is not None and arguments else None


def read_end(language: str, text: str) -> int | None:
    """The status of a text that only tells something, or ends at once; None where it does more."""
    if language == "python":
        from stopcheck.boot.handlers.successors import end_status

        return end_status(text)
    if language not in _TELLS:
        return None
    tells = rf"{_TELLS[language]}\s*\(?\s*{_LITERALS}\s*\)?"
    leaves = rf"{_LEAVES[language]}\s*\(?\s*(?P<status>\d+)?\s*\)?"
    found = re.fullmatch(rf"\s*(?:{tells}\s*;\s*)*(?:{tells}|{leaves})\s*;?\s*", text)
    return int(found["status"] or 0) & 255 if found is not None else None


def _strings(text: str) -> list[str]:
    return [found[1:-1] for found in re.findall(_STRING, text)]


def _shell_words(language: str, strings: list[str]) -> tuple[str, ...]:
    """As exec and system have it: one string with a shell's characters goes to /bin/sh, one without is split.

    Perl does without a shell for `2>&1` at the end (wrap.perl-exec-to-stdout; do_exec3 of its doio.c).
    """
    if len(strings) > 1:
        return tuple(strings)
    line = re.sub(r"\s2>&1\s*$", "", strings[0]) if language == "perl" else strings[0]
    return ("/bin/sh", "-c", line) if _META.search(line) else tuple(line.split())
