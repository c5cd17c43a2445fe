"""sed(1), as far as it edits files in place by plain commands: `s`, `d`, `i` and `a`, on all lines or on some."""

from __future__ import annotations

import re

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.texts import Mapped, joined
from stopcheck.records import dataclass, field
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stopcheck.source import SourceFile

_NOTHING: re.Pattern[str] = re.compile(r"(?!)")
_MOST = 2_000_000
"""Characters of a file, times its commands, beyond which it is not worth the time."""


class _UnreadError(Exception):
    """A script says something that is not read."""


@dataclass(frozen=True, slots=True)
class _Command:
    """`place`: a line's number, "$" for the last one, an expression, or None for all lines."""

    verb: str
    place: int | str | re.Pattern[str] | None = None
    looks_for: re.Pattern[str] = field(default_factory=lambda: _NOTHING)
    replacement: tuple[str | int, ...] = ()
    everywhere: bool = False

    def fits(self, number: int, last: int, text: str) -> bool:
        if isinstance(self.place, re.Pattern):
            return self.place.search(text) is not None
        return self.place is None or number == (last if self.place == "$" else self.place)


def edited(source: SourceFile, scripts: Iterable[str], extended: bool) -> SourceFile | None:
    """The text as sed leaves it, whose offsets lead to the old one; None where that is not known."""
    try:
        commands = [command for script in scripts for command in _Script(script, extended).commands()]
    except (_UnreadError, re.error):
        return None
    if not commands or len(source.text) * len(commands) > _MOST:
        return None
    whole = Mapped(source.text, range(len(source.text)))
    lines = list(_lines(whole))
    pieces: list[Mapped] = []
    for number, line in enumerate(lines, 1):
        pieces += _line(line, number, len(lines), commands)
    return joined(pieces).source(source)


def _lines(whole: Mapped) -> Iterator[Mapped]:
    start = 0
    while start < len(whole.text):
        end = whole.text.find("\n", start) + 1 or len(whole.text)
        yield whole.part(start, end)
        start = end


def _line(line: Mapped, number: int, last: int, commands: list[_Command]) -> Iterator[Mapped]:
    """What is left of a line, and what is put before and after it."""
    ends = line.text.endswith("\n")
    text = line.part(0, len(line.text) - ends)
    after: list[Mapped] = []
    place = line.offsets[:1]
    for command in commands:
        if not command.fits(number, last, text.text):
            continue
        if command.verb == "d":
            yield from after
            return
        if command.verb == "s":
            text = _substituted(text, command, place)
        else:
            told = "".join(map(str, command.replacement)) + "\n"
            new = Mapped(told, [*place] * len(told))
            if command.verb == "i":
                yield new
            else:
                after.append(new)
    yield text
    yield (
        line.part(len(line.text) - 1, len(line.text)) if ends else Mapped("\n" if after else "", [*place][: len(after)])
    )
    yield from after


def _substituted(text: Mapped, command: _Command, place: Iterable[int]) -> Mapped:
    pieces: list[Mapped] = []
    at, before = 0, -1
    for match in command.looks_for.finditer(text.text):
        if match.start() == match.end() == before:  # nothing, right behind what was found
            continue
        new = "".join(part if isinstance(part, str) else match[part] or "" for part in command.replacement)
        here = text.offsets[match.start()] if match.start() < len(text.offsets) else [*text.offsets, *place, 0][-1]
        pieces += [text.part(at, match.start()), Mapped(new, [here] * len(new))]
        at = before = match.end()
        if not command.everywhere:
            break
    return joined([*pieces, text.part(at, len(text.text))])


class _Script:
    """A script on the way of being read."""

    def __init__(self, text: str, extended: bool) -> None:
        self.text = text
        self.extended = extended
        self.at = 0

    def commands(self) -> Iterator[_Command]:
        while self._skip(r"[\s;]*") is not None and self.at < len(self.text):
            yield self._command()

    def _skip(self, pattern: str) -> str | None:
        found = re.compile(pattern).match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        return found[0]

    def _command(self) -> _Command:
        place = self._place()
        verb = self._skip(r"[ \t]*[sdia]")
        if verb is None:
            raise _UnreadError
        verb = verb.strip()
        if verb == "s":
            delimiter = self.text[self.at : self.at + 1]
            if not delimiter or delimiter in "\\\n" or delimiter.isalnum():
                raise _UnreadError
            self.at += 1
            looked, new = self._until(delimiter), self._until(delimiter)
            flags = self._skip(r"[gI]*") or ""
            self._end()
            pattern = re.compile(self._expression(looked), re.IGNORECASE if "I" in flags else 0)
            return _Command("s", place, pattern, tuple(_replacement(new, pattern.groups)), "g" in flags)
        if verb == "d":
            self._end()
            return _Command("d", place)
        told = re.compile(r"[ \t]*\\?\n?[ \t]*([^\n\\]+)\Z").match(self.text, self.at)
        if told is None:
            raise _UnreadError
        self.at = len(self.text)
        return _Command(verb, place, replacement=(told[1],))

    def _place(self) -> int | str | re.Pattern[str] | None:
        number = self._skip(r"\d+")
        if number is not None:
            place: int | str | re.Pattern[str] | None = int(number)
        elif self._skip(r"\$") is not None:
            place = "$"
        elif self._skip("/") is not None:
            place = re.compile(self._expression(self._until("/")))
        else:
            place = None
        if self._skip(r"[ \t]*[,!~+0]") is not None:
            raise _UnreadError  # a range, or all other lines
        return place

    def _until(self, delimiter: str) -> str:
        """What stands before the next delimiter; one with a backslash before it is the plain character."""
        found = ""
        while self.at < len(self.text) and self.text[self.at] != delimiter:
            char = self.text[self.at]
            self.at += 1
            if char == "\\":
                char = self.text[self.at : self.at + 1]
                self.at += 1
                if char == delimiter and delimiter in _SPECIAL:
                    raise _UnreadError
                char = char if char == delimiter else f"\\{char}"
            found += char
        if self.at >= len(self.text):
            raise _UnreadError
        self.at += 1
        return found

    def _end(self) -> None:
        if self._skip(r"[ \t]*(?:[;\n]|\Z)") is None:
            raise _UnreadError

    def _expression(self, text: str) -> str:
        """An expression of POSIX as one of Python's; alternatives are not read, for the longest counts there."""
        if not text:
            raise _UnreadError
        found = ""
        for token in _TOKEN.finditer(text):
            word = token[0]
            at_the_start, at_the_end = token.start() == 0, token.end() == len(text)
            if word in {"|", "\\|"} and self.extended == (word == "|"):
                raise _UnreadError
            if word.removeprefix("\\") in _OPERATORS and self.extended == (word in _OPERATORS):
                found += word.removeprefix("\\")
            elif word in {"^", "$"}:
                anchor = self.extended or (at_the_start if word == "^" else at_the_end)
                found += (word if word == "^" else r"\Z") if anchor else re.escape(word)
            elif word == "*":
                found += re.escape(word) if at_the_start or found.endswith(("(", "^")) else word
            elif word == ".":
                found += word
            elif word[0] == "[" and len(word) > 1:
                found += f"{word[0]}{word[1:-1].replace('&', chr(92) + '&').replace('~', chr(92) + '~')}]"
            elif word[0] == "\\" and word[1:].isalnum():
                if word[1] not in _CLASSES:
                    raise _UnreadError
                found += word
            elif word in {"[", "\\"}:
                raise _UnreadError
            else:
                found += re.escape(word.removeprefix("\\"))
        return found


_SPECIAL = frozenset("|.*+?(){}[]^$&")
_OPERATORS = frozenset("(){}+?")
_CLASSES = frozenset("swSWntr")
_TOKEN = regex(r"\\.|\[\^?\]?[^\]\[\\]*\]|.", re.DOTALL)


def _replacement(text: str, groups: int) -> Iterator[str | int]:
    """Its texts, and the groups that it takes over; 0 is all that was found."""
    for token in re.finditer(r"\\.|&|[^\\&]+", text, re.DOTALL):
        word = token[0]
        if word == "&":
            yield 0
        elif word[0] == "\\" and word[1:].isdigit():
            if int(word[1:]) > groups:
                raise _UnreadError
            yield int(word[1:])
        elif word[0] == "\\" and word[1:].isalpha():
            if word[1:] not in _ESCAPES:
                raise _UnreadError
            yield _ESCAPES[word[1:]]
        else:
            yield word.removeprefix("\\") if word[0] == "\\" else word


_ESCAPES = {"n": "\n", "t": "\t"}
