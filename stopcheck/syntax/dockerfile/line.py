"""Reads the parts of one logical line: words, flags, exec or shell form."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Problem
from stopcheck.records import dataclass, replace
from stopcheck.regex import regex
from stopcheck.source import SourceFile, Span
from stopcheck.syntax.dockerfile.exec_form import read_exec_form, without_bracket
from stopcheck.syntax.dockerfile.faults import InstructionError
from stopcheck.syntax.dockerfile.tree import Argument, ExecForm, Flag, ShellForm
from stopcheck.syntax.dockerfile.words import SPACE

if TYPE_CHECKING:
    from stopcheck.syntax.dockerfile.lines import DockerfileLines

_WORD = regex(r"[^\t\v\f\r ]+")
_ASCII_SPACE = "\t\n\v\f\r "
"""What ends a flag: BuildKit reads flags byte by byte."""
_FLAG_BEGINS = regex(r"[\t\n\v\f\r ]*--")


class Reading:
    """How far a file was read: `problems` grows on the way, `floor` is the first line not yet read."""

    def __init__(self, lines: DockerfileLines) -> None:
        self.source = lines.source
        self.lines = lines
        self.problems: list[Problem] = []
        self.floor = 0

    def problem(self, span: Span, message: str) -> None:
        """Tell of what is wrong at a place of the file."""
        self.problems.append(Problem.at(span, message))


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a logical line and its offsets there."""

    value: str
    start: int
    end: int


class Line:
    """Reads one logical line; offsets are those of its text."""

    def __init__(self, reading: Reading, joined: SourceFile, whole: Span, last: int) -> None:
        self.reading = reading
        self.joined = joined
        self.text = joined.text
        self.whole = whole
        self.last = last

    # --- places ---

    def span(self, start: int, end: int) -> Span:
        """A part of the line as a place in the Dockerfile."""
        place = self.joined.to_parent
        if start < end:
            return Span(self.reading.source, place(start), place(end - 1) + 1)
        at = place(start - 1) + 1 if start else place(0)
        return Span(self.reading.source, at, at)

    def cut(self, start: int, end: int) -> SourceFile:
        """A part of the line as a text of its own."""
        segments = [(0, self.span(start, end).start)]
        segments += [(here - start, there) for here, there in self.joined.segments if start < here < end]
        return SourceFile(self.joined.path, self.text[start:end], self.reading.source, tuple(segments))

    def argument(self, word: Word) -> Argument:
        return Argument(word.value, self.span(word.start, word.end))

    def complain(self, start: int, end: int, message: str) -> None:
        """Tell of what is wrong with an instruction that is kept."""
        self.reading.problem(self.span(start, end), message)

    # --- words ---

    def past_space(self, at: int, end: int) -> int:
        while at < end and self.text[at] in SPACE:
            at += 1
        return at

    def split(self, start: int, end: int) -> list[Word]:
        """Words between white space, whatever quotes there are."""
        return [Word(match[0], match.start(), match.end()) for match in _WORD.finditer(self.text, start, end)]

    def words(self, start: int, end: int) -> list[Word]:
        """Words as ENV, LABEL and ARG have them: white space may be quoted; quotes and escapes are kept."""
        text, escape = self.text, self.reading.lines.escape
        found: list[Word] = []
        at = self.past_space(start, end)
        while at < end:
            begin, quote, dropped = at, "", 0
            while at < end and (quote or text[at] not in SPACE):
                char = text[at]
                at += 1
                if char == quote:
                    quote = ""
                elif char == escape and quote != "'":
                    dropped = int(at == end)
                    at += 1 - dropped
                elif not quote and char in "'\"":
                    quote = char
            if at - dropped > begin:
                found.append(Word(text[begin : at - dropped], begin, at - dropped))
            at = self.past_space(at, end)
        return found

    def pair(self, word: Word) -> tuple[Argument, Argument]:
        """Name and value of `name=value`."""
        name, _, value = word.value.partition("=")
        middle = word.start + len(name)
        return (
            self.argument(Word(name, word.start, middle)),
            self.argument(Word(value, middle + 1, word.end)),
        )

    def flags(self, at: int, end: int) -> tuple[tuple[Flag, ...], int]:
        """The words that begin with `--`, and where the rest begins."""
        found: list[Flag] = []
        while match := _FLAG_BEGINS.match(self.text, at, end):
            begin = match.end() - 2
            word, at = self.flag_word(begin, end)
            if word == "--":
                break
            name, equals, value = word[2:].partition("=")
            found.append(Flag(name, value if equals else None, self.span(begin, at)))
        return tuple(found), self.past_space(at, end)

    def flag_word(self, at: int, end: int) -> tuple[str, int]:
        """A word without its quotes and escapes, and its end."""
        text, escape = self.text, self.reading.lines.escape
        quote, out = "", []
        while at < end and (quote or text[at] not in _ASCII_SPACE):
            char = text[at]
            at += 1
            if char == quote:
                quote = ""
            elif not quote and char in "'\"":
                quote = char
            elif char != escape:
                out.append(char)
            elif at < end:
                out.append(text[at])
                at += 1
        return "".join(out), at

    # --- forms ---

    def form(self, start: int, end: int) -> ExecForm | ShellForm:
        """Exec form where it is a JSON array of strings, else shell form; raises where the array ends the build."""
        text = self.text[start:end]
        found = read_exec_form(text) if text.startswith("[") else without_bracket(text)
        if isinstance(found, tuple):
            elements = tuple(Argument(one.value, self.span(start + one.start, start + one.end)) for one in found)
            return ExecForm(elements, self.span(start, end))
        form = ShellForm(self.cut(start, end), self.span(start, end))
        if found is None or not (found.fatal or found.meant):
            return form
        if found.fatal:
            message = f"only strings may stand in an exec form: {found.message}"
            raise InstructionError(start + found.start, start + found.end, message)
        place = self.span(start + found.start, start + found.end)
        return replace(form, json_error=found.message, json_error_span=place)

    def command_form(self, start: int, end: int) -> ExecForm | ShellForm | None:
        """The form of a command that is kept though it ends the build: None then."""
        try:
            return self.form(start, end)
        except InstructionError as fault:
            self.complain(fault.start, fault.end, str(fault))
            return None
