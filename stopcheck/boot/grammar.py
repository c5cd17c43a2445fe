"""Where the child begins in a wrapper's argv, by the grammar that its row tells."""

from __future__ import annotations

import posixpath
import re

from stopcheck.boot.bodies.program import FOR_EVER
from stopcheck.boot.partly import OneWord
from stopcheck.boot.signals import NUMBERS, signal_name
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown
from stopcheck.records import dataclass, field
from stopcheck.regex import regex

if TYPE_CHECKING:
    from stopcheck.boot.world import Field
    from stopcheck.knowledge.programs import ProgramRow


@dataclass(slots=True)
class _Reading:
    """A wrapper's words on the way: those left, and what was found so far."""

    row: ProgramRow
    rest: list[Field]
    skip: int
    shell: Field
    command: Field | None = None
    kill_after: Field | None = None
    signal: Field | None = None
    direct: bool = False
    """runuser -u: a program, no shell."""
    own_session: bool = False
    user: str | None = None
    assigned: dict[str, Field] = field(default_factory=dict)
    unset: list[Field | None] = field(default_factory=list)
    skipped: list[Field] = field(default_factory=list)
    folders: list[Field | None] = field(default_factory=list)
    before: str = ""
    """The words that an option puts before the child."""
    refused: bool = False
    """Whether an option has a value that it does not take."""

    def take(self) -> Field | None:
        return self.rest.pop(0) if self.rest else None

    def option(self, word: str) -> None:
        """One word that begins with a dash: long, or a cluster of short ones (`-qec TEXT`, `-n1`, `-I{}`)."""
        name, sign, value = word.partition("=")
        self.before = self.row.before.get(word, self.before)
        if word in self.row.value_options or word in self.row.command_option:
            self._value(word, self.take())
        elif sign and (name in self.row.value_options or name in self.row.command_option):
            self._value(name, value)
        elif not word.startswith("--"):
            for index, letter in enumerate(word[1:], 1):
                if f"-{letter}" in self.row.value_options or f"-{letter}" in self.row.command_option:
                    attached = word[index + 1 :]
                    self._value(f"-{letter}", attached or self.take())
                    return

    def _value(self, name: str, value: Field | None) -> None:
        pattern = self.row.takes.get(name)
        if pattern and isinstance(value, str) and not re.fullmatch(pattern, value):
            self.refused = True
        if name in self.row.kill_option:
            self.kill_after = value
        if name in self.row.limit_signal:
            self.signal = value
        if name in self.row.unset_options:
            self.unset.append(value)
        if name in self.row.folder_options:
            self.folders.append(value)
        if name in self.row.user_options and isinstance(value, str):
            self.user = value.split(":")[0]
        if name in self.row.command_option:
            self.command = value
            self.own_session = name != "--session-command"
        elif name in {"-s", "--shell"} and self.row.command_option and value:
            self.shell = value
        elif name in self.row.user_options and self.row.login:
            self.skip, self.direct = 0, True
        elif name in {"-S", "--split-string"} and isinstance(value, str):
            self.rest[:0] = split_string(value)


def split_string(text: str) -> list[str]:
    """The words of `env -S TEXT`, which has quotes as a shell has (env(1))."""
    if "'" not in text and '"' not in text:
        return text.split()
    import shlex

    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def child_argv(row: ProgramRow, argv: tuple[Field, ...]) -> tuple[tuple[Field, ...], dict[str, Field]]:
    """A wrapper's child by the row's grammar, empty where it has none; and the NAME=value words before it."""
    reading = _Reading(row, list(argv[1:]), row.skip, row.shell or "/bin/sh")
    _read(reading)
    rest, command = reading.rest, reading.command
    if row.drops_dashes and rest.count("--") == argv.count("--") > 0:
        rest.remove("--")
    if row.child == "shell" and rest:
        command, rest = " ".join(str(word) for word in rest if isinstance(word, str)), []
    if row.child == "node" and rest:
        rest = ["node", *rest]
    if row.before and rest and isinstance(rest[0], str):
        rest = [*(reading.before or row.before.get(posixpath.splitext(rest[0])[1], "")).split(), *rest]
    if row.child == "forever" and isinstance(reading.command, str):
        return (*reading.command.split(), *rest), reading.assigned
    if command is not None:
        return (reading.shell, "-c", command, *rest), reading.assigned
    if row.login and not reading.direct:
        return (reading.shell, *rest), reading.assigned
    return tuple(rest), reading.assigned


def new_user(row: ProgramRow, argv: tuple[Field, ...]) -> str | None:
    """The user that a wrapper switches to, without its group; None where it stays."""
    reading = _Reading(row, list(argv[1:]), row.skip, "")
    _read(reading)
    return reading.user


def kill_after(row: ProgramRow, argv: tuple[Field, ...]) -> Field | None:
    """The seconds, as they are written, after which its own option makes a wrapper kill; None without it."""
    reading = _Reading(row, list(argv[1:]), row.skip, "")
    _read(reading)
    return reading.kill_after


def refuses_value(row: ProgramRow, argv: tuple[Field, ...]) -> bool:
    """Whether one of a wrapper's own options has a value that it does not take."""
    if not row.takes:
        return False
    reading = _Reading(row, list(argv[1:]), row.skip, "")
    _read(reading)
    return reading.refused


def unset(row: ProgramRow, argv: tuple[Field, ...]) -> list[Field | None]:
    """The variables that its own options take from a wrapper's child."""
    reading = _Reading(row, list(argv[1:]), row.skip, "")
    _read(reading)
    return reading.unset


def time_limit(row: ProgramRow, argv: tuple[Field, ...]) -> tuple[Field, ...]:
    """The seconds, as they are written, that a wrapper lets its child run; empty where they are not told."""
    reading = _Reading(row, list(argv[1:]), row.skip, "")
    _read(reading)
    return tuple(reading.skipped[:1])


_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def duration(words: tuple[Field, ...], clock: float) -> float:
    """When a `sleep` ends; for ever where its argument is not known or is `infinity`."""
    total = 0.0
    for word in words:
        if isinstance(word, Unknown):
            return FOR_EVER
        number, unit = (word[:-1], _UNITS[word[-1]]) if word[-1:] in _UNITS else (word, 1.0)
        try:
            total += float(number) * unit
        except ValueError:
            return FOR_EVER
    return clock + total


def limit_signal(row: ProgramRow, argv: tuple[Field, ...]) -> Field | None:
    """The signal that its own option names for a child that has run too long, as it is written; None without it."""
    reading = _Reading(row, list(argv[1:]), row.skip, "")
    _read(reading)
    return reading.signal


def folders(row: ProgramRow, argv: tuple[Field, ...]) -> tuple[str, ...]:
    """The folders, as they are written, without which a wrapper starts nothing: it enters them, or makes its lock."""
    reading = _Reading(row, list(argv[1:]), row.skip, "")
    _read(reading)
    first = reading.skipped[0] if reading.skipped else None
    found = [*reading.folders, first if row.folder_first else None]
    if row.lock_first and isinstance(first, str) and not first.isdigit():
        found.append(posixpath.dirname(first))
    return tuple(each for each in found if isinstance(each, str) and each)


def has_own_session(row: ProgramRow, argv: tuple[Field, ...]) -> bool:
    """Whether a wrapper gives its child a session of its own: su does so for a command, but not for root."""
    reading = _Reading(row, list(argv[1:]), row.skip, "")
    _read(reading)
    return reading.own_session and reading.user not in {None, "root", "0"}


def _read(reading: _Reading) -> None:
    row, rest = reading.row, reading.rest
    while rest:
        word = rest[0]
        if row.plus and reading.skipped and not reading.skip and word not in row.command_option:
            return
        if isinstance(word, str):
            if word in row.stop_options:
                rest.pop(0)
                return
            if row.plus and reading.assigned and word[:1] == "-":
                return
            if word.startswith("-") and (len(word) > 1 or row.command_option or row.clears):
                rest.pop(0)
                reading.option(word)
                continue
            name, sign, value = word.partition("=")
            if row.assignments and sign and name.isidentifier():
                rest.pop(0)
                reading.assigned[name] = value
                continue
        elif isinstance(word, OneWord) and "=" in word.start:
            name = word.start.partition("=")[0]
            if name.startswith("--") or (row.assignments and name.isidentifier()):
                rest.pop(0)
                if not name.startswith("--"):
                    reading.assigned[name] = word
                continue
        if reading.skip:
            reading.skip -= 1
            reading.skipped.append(rest.pop(0))
            if row.user_first and reading.user is None and isinstance(word, str):
                reading.user = word.split(":")[0]
                reading.refused |= "USER" in row.takes and not re.fullmatch(row.takes["USER"], word)
        elif row.command_option and reading.command is None and _command_follows(reading):
            rest.pop(0)
        else:
            return


def _command_follows(reading: _Reading) -> bool:
    """Whether a later word is, or ends in, the option that gives the command: `su USER - -c TEXT`.

    But `flock FILE bash -c TEXT` has a command, and the option is that one's.
    """
    options = reading.row.command_option
    return (reading.row.login or not reading.row.skip) and any(
        word.split("=", 1)[0] in options or (word[:1] == "-" and word[1:2] != "-" and f"-{word[-1]}" in options)
        for word in reading.rest[1:]
        if isinstance(word, str)
    )


def permuted(row: ProgramRow, argv: tuple[Field, ...]) -> tuple[Field, ...]:
    """The words of an init as glibc's getopt(3) takes them: options that stand behind the child's name come first."""
    own: list[Field] = []
    rest: list[Field] = []
    words = list(argv[1:])
    while words:
        word = words.pop(0)
        if word == "--":
            rest += words
            break
        if not isinstance(word, str) or word[:1] != "-" or len(word) == 1:
            rest.append(word)
            continue
        if len(word) > 2 and f"-{word[-1]}" in row.value_options and f"-{word[1]}" not in row.value_options:
            own.append(word[:-1])  # `-gp SIGTERM`
            word = f"-{word[-1]}"
        own.append(word)
        if word in row.value_options and words:
            own.append(words.pop(0))
    return (*argv[:1], *own, "--", *rest) if rest else argv


def own_words(row: ProgramRow, argv: tuple[Field, ...]) -> tuple[str, ...]:
    """A wrapper's own words: those before its child's."""
    child, _ = child_argv(row, argv)
    mine = argv[1 : len(argv) - len(child)] if child and argv[-len(child) :] == child else argv[1:]
    return tuple(word for word in mine if isinstance(word, str))


def is_option(word: Field, name: str) -> bool:
    """Whether a word is the option: long, with or without its value, or a letter in a cluster of short ones."""
    if not isinstance(word, str):
        return False
    if name.startswith("--") or word == name:
        return word.split("=", 1)[0] == name
    return len(name) == 2 and word[:1] == "-" and word[1:2] != "-" and name[1] in word[1:]


def ignored_by(row: ProgramRow, own: list[str]) -> set[str]:
    """The signals that a wrapper's options make its child ignore: all that can be where none is named."""
    found: set[str] = set()
    for word in own:
        name, _, value = word.partition("=")
        if name in row.ignore_options:
            found |= {signal_name(each) or "" for each in value.split(",")} if value else set(NUMBERS)
    return found - {"", "KILL", "STOP"}


_SHELL_WORK = regex(
    r"[;&|<>()$`*?\[\]{}~#\\\"']|^\s*[^\s=]+=|^\s*(cd|exec|export|unset|set|umask|trap|\.|:|if|for|while|case|wait|eval|test|read)\b"
)


def needs_a_shell(line: str) -> bool:
    """Whether a command is more than words between blanks: make and yarn start others themselves (make's job.c)."""
    return _SHELL_WORK.search(line) is not None
