"""Dockerfile text to instructions, as BuildKit reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from stopcheck.model import Problem
from stopcheck.source import SourceFile, Span
from stopcheck.syntax.dockerfile_words import SPACE, LexError, heredoc_name, heredoc_names
from stopcheck.syntax.exec_form import JsonMistake, read_exec_form

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_SIZE = 1_000_000
"""Characters; a longer file is told as a problem and not read."""
MAX_LINES = 20_000
MAX_LINE_BYTES = 65_535
"""BuildKit's own limit."""


@dataclass(frozen=True, slots=True)
class Argument:
    """A word of an instruction: an element of an exec form, a source of COPY …; `span` includes its quotes.

    `given` is False only for the value of an ARG that has none (`ARG name`), which then is "".
    """

    value: str
    span: Span
    given: bool = True


@dataclass(frozen=True, slots=True)
class Flag:
    """`--name=value`; `value` is None for a bare `--name`."""

    name: str
    value: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class ExecForm:
    """A JSON array of strings; `span` goes from bracket to bracket."""

    arguments: tuple[Argument, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ShellForm:
    """What the image's shell gets after `-c`: line continuations joined, comments in them dropped.

    `source` is that text with its offsets mapped into the Dockerfile. `json_error` says what is wrong with it as an
    exec form where it was meant as one (it begins with a bracket), else None.
    """

    source: SourceFile
    span: Span
    json_error: str | None = None


@dataclass(frozen=True, slots=True)
class Heredoc:
    """`<<NAME … NAME`: `content` is the body (tabs stripped for `<<-`), with its offsets mapped into the Dockerfile."""

    name: str
    content: SourceFile
    expand: bool
    strip_tabs: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction.

    `keyword` is upper case. `value` is what follows keyword and flags, continuations joined, as BuildKit sees it;
    `value_span` where it stands. `form` is set for CMD, ENTRYPOINT, RUN, SHELL, HEALTHCHECK CMD, and for COPY, ADD,
    VOLUME where they are written as JSON. `arguments` are the words of the others (for FROM: image, `AS`, name;
    for COPY and ADD: sources and destination; for ENV, ARG and LABEL: alternately name and value, quotes and escapes
    still in the value). `onbuild` is the instruction that ONBUILD holds.
    """

    keyword: str
    span: Span
    keyword_span: Span
    value: str
    value_span: Span
    flags: tuple[Flag, ...] = ()
    arguments: tuple[Argument, ...] = ()
    form: ExecForm | ShellForm | None = None
    heredocs: tuple[Heredoc, ...] = ()
    onbuild: Instruction | None = None

    def flag(self, name: str) -> str | None:
        """The value of the last flag of that name, None where there is none ("" for a bare one)."""
        for flag in reversed(self.flags):
            if flag.name == name:
                return flag.value or ""
        return None


Form: TypeAlias = ExecForm | ShellForm


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """A whole file: its instructions in order, parser directives (`escape`, `syntax`, `check`), problems."""

    source: SourceFile
    instructions: tuple[Instruction, ...]
    directives: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...]
    escape: str = "\\"


def parse_dockerfile(source: SourceFile) -> Dockerfile:
    """Read a Dockerfile; never raises: what cannot be built is told in `problems`, with its line."""
    refused = _refuse(source)
    if refused:
        return Dockerfile(source, (), (), (refused,))
    return _Reader(source).read()


def _refuse(source: SourceFile) -> Problem | None:
    """Why a text is not worth reading at all."""
    text = source.text
    if len(text) > MAX_SIZE:
        return Problem(source.path, f"larger than {MAX_SIZE // 1_000_000} MB: this is no Dockerfile", 1, 1)
    nul = text.find("\0")
    if nul >= 0:
        return Problem.at(Span(source, nul, nul + 1), "a NUL byte: this is a binary file or UTF-16, not a Dockerfile in UTF-8")
    if len(source.line_starts) > MAX_LINES:
        return Problem(source.path, f"more than {MAX_LINES} lines: this is no Dockerfile", MAX_LINES, 1)
    return None


_DIRECTIVE = re.compile(r"#[^\S\n]*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*\Z", re.ASCII)
_CONTINUED = {
    "\\": re.compile(r"(?:(?<=[^\\])|\A)\\[ \t]*\Z"),
    "`": re.compile(r"(?:(?<=[^`])|\A)`[ \t]*\Z"),
}
_GAP = re.compile(r"[\t\v\f\r ]+")
_WORD = re.compile(r"[^\t\v\f\r ]+")
_LEADING_TABS = re.compile(r"^\t+", re.MULTILINE)
_HOLDS_HEREDOCS = frozenset({"ADD", "COPY", "RUN"})
_TEMPLATE = ("{{", "{%", "{#", "<%")


class _Reader:
    """Reads one file; `problems` grows on the way."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.escape = "\\"
        text = source.text
        self.lines = text.split("\n")
        if not self.lines[-1]:
            self.lines.pop()
        self.starts = source.line_starts

    def read(self) -> Dockerfile:
        directives = self.directives()
        instructions: list[Instruction] = []
        for first, last in self.extents():
            instruction = self.instruction(self.join(first, last), first, last)
            if instruction:
                instructions.append(instruction)
        return Dockerfile(self.source, tuple(instructions), directives, tuple(self.problems), self.escape)

    # --- lines ---

    def problem(self, span: Span, message: str) -> None:
        self.problems.append(Problem.at(span, message))

    def line_span(self, first: int, last: int) -> Span:
        return Span(self.source, self.starts[first], self.starts[last] + len(self.lines[last]))

    def directives(self) -> tuple[tuple[str, str], ...]:
        """The parser directives; they end at the first line that is none."""
        found: dict[str, str] = {}
        for number, line in enumerate(self.lines):
            match = _DIRECTIVE.match(line.removeprefix("\ufeff").strip(SPACE))
            name = match[1].lower() if match else ""
            if not match or name not in {"escape", "syntax", "check"}:
                break
            if name in found:
                self.problem(self.line_span(number, number), f"a second `{name}` directive: only one may stand in a file")
                break
            found[name] = match[2]
            if name == "escape":
                if match[2] in _CONTINUED:
                    self.escape = match[2]
                else:
                    self.problem(self.line_span(number, number), f"`escape={match[2]}`: only a backslash or a backquote can be the escape")
        return tuple(found.items())

    def extents(self) -> Iterator[tuple[int, int]]:
        """First and last line of each instruction, heredoc bodies left out.

        dockerfile-parse groups the lines; it is given each line as a short one of the same kind, so that blank
        continuation lines, escapes, a missing last line and bytes that are no UTF-8 cannot mislead it.
        """
        from io import BytesIO

        from dockerfile_parse import DockerfileParser

        ends = _CONTINUED[self.escape]
        kinds = []
        for line in self.lines:
            bare = line.strip(SPACE)
            if not bare or bare[0] == "#":
                kinds.append("#\n")
            elif ends.search(line.rstrip("\r")):
                kinds.append("X \\\n")
            else:
                kinds.append("X x\n")
        masked = "".join(kinds) + "X x\n"
        self.floor = 0
        for entry in DockerfileParser(fileobj=BytesIO(masked.encode())).structure:
            first, last = max(entry["startline"], self.floor), min(entry["endline"], len(kinds) - 1)
            if entry["instruction"] != "X":
                continue
            while first <= last and kinds[first] == "#\n":
                first += 1
            if first <= last:
                yield first, last

    def join(self, first: int, last: int) -> SourceFile:
        """The lines as one, as BuildKit joins them; offsets map into the file."""
        ends = _CONTINUED[self.escape]
        pieces: list[str] = []
        segments: list[tuple[int, int]] = []
        here = 0
        for number in range(first, last + 1):
            line, start = self.lines[number].rstrip("\r"), self.starts[number]
            if number == first:
                stripped = line.removeprefix("\ufeff") if number == 0 else line
                stripped = stripped.lstrip(SPACE)
                start += len(line) - len(stripped)
                line = stripped
            bare = line.lstrip(SPACE)
            if not bare or bare[0] == "#":
                continue
            match = ends.search(line)
            if match:
                line = line[: match.start()]
            if line:
                segments.append((here, start))
                pieces.append(line)
                here += len(line)
        return SourceFile(self.source.path, "".join(pieces), self.source, tuple(segments) or ((0, self.starts[first]),))

    # --- instructions ---

    def instruction(self, line: SourceFile, first: int, last: int) -> Instruction | None:
        whole = self.line_span(first, last)
        start = whole.start + len(whole.text) - len(whole.text.lstrip(SPACE + "\ufeff"))
        whole = Span(self.source, start, start + len(self.source.text[start : whole.end].rstrip("\r")))
        end = len(line.text.rstrip(SPACE))
        return _Instruction(self, line, whole, last).read(0, end)

    def heredocs(self, names_in: SourceFile, whole: Span, last: int) -> tuple[Heredoc, ...]:
        """The bodies that follow line `last`; moves the floor past them."""
        try:
            names = heredoc_names(names_in.text)
        except (LexError, RecursionError) as error:
            self.problem(whole, f"the heredoc's delimiter cannot be read: {error}")
            return ()
        found = []
        at = last + 1
        for heredoc in names:
            body = at
            while at < len(self.lines) and not self._terminates(at, heredoc.name, heredoc.strip_tabs):
                at += 1
            closed = at < len(self.lines)
            begin = self.starts[body] if body < len(self.starts) else len(self.source.text)
            stop = self.starts[at] if at < len(self.starts) else len(self.source.text)
            content = _body(self.source, begin, stop, heredoc.strip_tabs)
            end = self.line_span(at, at).end if closed else stop
            found.append(Heredoc(heredoc.name, content, heredoc.expand, heredoc.strip_tabs, Span(self.source, begin, end)))
            if not closed:
                self.problem(whole, f"the heredoc `<<{heredoc.name}` is not closed: no line `{heredoc.name}` follows")
                break
            at += 1
        self.floor = at
        return tuple(found)

    def _terminates(self, number: int, name: str, strip_tabs: bool) -> bool:
        line = self.lines[number].rstrip("\r")
        return (line.lstrip("\t") if strip_tabs else line) == name


def _body(source: SourceFile, begin: int, end: int, strip_tabs: bool) -> SourceFile:
    text = source.text[begin:end]
    if not strip_tabs:
        return SourceFile(source.path, text, source, ((0, begin),))
    pieces, segments, here, at = [], [], 0, 0
    for tabs in _LEADING_TABS.finditer(text):
        if tabs.start() > at:
            segments.append((here, begin + at))
            pieces.append(text[at : tabs.start()])
            here += tabs.start() - at
        at = tabs.end()
    segments.append((here, begin + at))
    pieces.append(text[at:])
    return SourceFile(source.path, "".join(pieces), source, tuple(segments))


@dataclass(frozen=True, slots=True)
class _Word:
    value: str
    start: int
    end: int


class _Instruction:
    """Reads one logical line; offsets are those of the line."""

    def __init__(self, reader: _Reader, line: SourceFile, whole: Span, last: int) -> None:
        self.reader = reader
        self.line = line
        self.text = line.text
        self.whole = whole
        self.last = last

    def span(self, start: int, end: int) -> Span:
        """A place of the line in the Dockerfile."""
        there = self.line.to_parent(start) if start < end else self.line.to_parent(max(0, start - 1)) + (start > 0)
        return Span(self.reader.source, there, self.line.to_parent(end - 1) + 1 if start < end else there)

    def slice(self, start: int, end: int) -> SourceFile:
        """A part of the line as a text of its own."""
        segments = [(0, self.line.to_parent(start))]
        segments += [(here - start, there) for here, there in self.line.segments if start < here < end]
        return SourceFile(self.line.path, self.text[start:end], self.reader.source, tuple(segments))

    def complain(self, start: int, end: int, message: str) -> None:
        self.reader.problem(self.span(start, end), message)

    def read(self, start: int, end: int) -> Instruction | None:
        gap = _GAP.search(self.text, start, end)
        name_end, rest = (gap.start(), gap.end()) if gap else (end, end)
        keyword = self.text[start:name_end].upper()
        read = _READERS.get(keyword)
        if read is None:
            self.complain(start, name_end, _unknown(self.text[start:name_end]))
            return None
        flags, rest = self.flags(rest, end)
        while rest < end and self.text[rest] in SPACE:
            rest += 1
        found = Instruction(
            keyword=keyword,
            span=self.whole,
            keyword_span=self.span(start, name_end),
            value=self.text[rest:end],
            value_span=self.span(rest, end),
            flags=flags,
        )
        return read(self, found, rest, end)

    def flags(self, at: int, end: int) -> tuple[tuple[Flag, ...], int]:
        """The words that begin with `--`, and where the rest begins."""
        found: list[Flag] = []
        text, escape = self.text, self.reader.escape
        while True:
            while at < end and text[at] in SPACE:
                at += 1
            if at == end or not text.startswith("--", at, end):
                return tuple(found), at
            begin, quote, out = at, "", []
            while at < end and (quote or text[at] not in SPACE):
                char = text[at]
                at += 1
                if quote:
                    if char == quote:
                        quote = ""
                        continue
                elif char in "'\"":
                    quote = char
                    continue
                if char == escape:
                    if at == end:
                        continue
                    char = text[at]
                    at += 1
                out.append(char)
            word = "".join(out)
            if word == "--":
                return tuple(found), at
            name, equals, value = word[2:].partition("=")
            found.append(Flag(name, value if equals else None, self.span(begin, at)))

    def lacks(self, found: Instruction, what: str) -> None:
        """Tell what an instruction is without."""
        self.reader.problem(found.keyword_span, f"`{found.keyword}` needs {what}")

    def pair(self, word: _Word, name: int) -> tuple[Argument, Argument]:
        """`name=value`, `name` characters before the `=`."""
        middle = word.start + name
        value = _Word(self.text[middle + 1 : word.end], middle + 1, word.end)
        return self.argument(_Word(self.text[word.start : middle], word.start, middle)), self.argument(value)

    def argument(self, word: _Word) -> Argument:
        return Argument(word.value, self.span(word.start, word.end))

    def split(self, start: int, end: int) -> list[_Word]:
        return [_Word(match[0], match.start(), match.end()) for match in _WORD.finditer(self.text, start, end)]

    def words(self, start: int, end: int) -> list[_Word]:
        """Words with quotes and escapes, kept as written, that may hold white space (ENV, LABEL, ARG)."""
        text, escape = self.text, self.reader.escape
        found = []
        at = start
        while True:
            while at < end and text[at] in SPACE:
                at += 1
            if at >= end:
                return found
            begin, quote, dropped = at, "", 0
            while at < end and (quote or text[at] not in SPACE):
                char = text[at]
                at += 1
                if char == quote:
                    quote = ""
                elif char == escape and quote != "'":
                    if at == end:
                        dropped = 1
                    else:
                        at += 1
                elif not quote and char in "'\"":
                    quote = char
            if at - dropped > begin:
                found.append(_Word(text[begin : at - dropped], begin, at - dropped))

    def form(self, start: int, end: int) -> ExecForm | ShellForm | None:
        """Exec form where it is a JSON array, else shell form; None where the array ends the build."""
        error = None
        if self.text.startswith("[", start, end):
            found = read_exec_form(self.text[start:end])
            if not isinstance(found, JsonMistake):
                bracket = len(self.text[:end].rstrip(SPACE))
                arguments = tuple(Argument(one.value, self.span(start + one.start, start + one.end)) for one in found)
                return ExecForm(arguments, self.span(start, bracket))
            error = found.message
            if found.fatal:
                self.complain(start + found.offset, end, f"every element of an exec form must be a string: {found.message}")
                return None
        return ShellForm(self.slice(start, end), self.span(start, end), error)

    def script(self, form: ShellForm, heredocs: tuple[Heredoc, ...]) -> SourceFile:
        """What the shell gets where RUN has heredocs: the body of a lone one, else all as it stands in the file."""
        try:
            alone = heredoc_name(form.source.text)
        except (LexError, RecursionError):
            alone = None
        if alone:
            return heredocs[0].content
        text = self.reader.source.text
        pieces, segments = [form.source.text], list(form.source.segments)
        here = len(pieces[0])
        for heredoc in heredocs:
            raw = text[heredoc.span.start : heredoc.span.end]
            indent = 0
            if heredoc.strip_tabs:
                closing = raw.rpartition("\n")[2]
                indent = len(closing) - len(closing.lstrip("\t"))
            body = raw[: raw.rfind("\n") + 1]
            segments.append((here, heredoc.span.start - 1))
            pieces.append("\n" + body)
            here += len(body) + 1
            segments.append((here, heredoc.span.start + len(body) + indent))
            pieces.append(heredoc.name)
            here += len(heredoc.name)
        return SourceFile(self.line.path, "".join(pieces), self.reader.source, tuple(segments))


def _unknown(word: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word.upper(), _READERS, n=1)
    return f"unknown instruction `{word}`" + (f": did you mean `{near[0]}`?" if near else "")


def _read_command(at: _Instruction, found: Instruction, start: int, end: int) -> Instruction | None:
    form = at.form(start, end)
    return replace(found, form=form) if form else None


def _read_run(at: _Instruction, found: Instruction, start: int, end: int) -> Instruction | None:
    form = at.form(start, end)
    if form is None:
        return None
    if isinstance(form, ExecForm) or "<<" not in at.text:
        return replace(found, form=form)
    heredocs = at.reader.heredocs(at.line, at.whole, at.last)
    if heredocs:
        form = replace(form, source=at.script(form, heredocs), json_error=None)
    return replace(found, form=form, heredocs=heredocs)


def _read_shell(at: _Instruction, found: Instruction, start: int, end: int) -> Instruction | None:
    form = at.form(start, end)
    if isinstance(form, ExecForm) and form.arguments:
        return replace(found, form=form)
    if form:
        reason = form.json_error if isinstance(form, ShellForm) and form.json_error else 'as in `SHELL ["/bin/bash", "-c"]`'
        at.complain(start, end, f"`SHELL` needs a JSON array of strings: {reason}")
    return None


def _read_paths(at: _Instruction, found: Instruction, start: int, end: int) -> Instruction | None:
    """COPY, ADD and VOLUME: a JSON array, or words."""
    form = at.form(start, end)
    if form is None:
        return None
    heredocs: tuple[Heredoc, ...] = ()
    if isinstance(form, ExecForm):
        found = replace(found, form=form, arguments=form.arguments)
    else:
        found = replace(found, arguments=tuple(map(at.argument, at.split(start, end))))
        if found.keyword in _HOLDS_HEREDOCS and "<<" in at.text:
            heredocs = at.reader.heredocs(at.line, at.whole, at.last)
    if found.keyword == "VOLUME" and not found.arguments:
        return at.lacks(found, "a path")
    if found.keyword != "VOLUME" and len(found.arguments) < 2:
        return at.lacks(found, "a source and a destination")
    return replace(found, heredocs=heredocs)


def _read_from(at: _Instruction, found: Instruction, start: int, end: int) -> Instruction | None:
    words = at.split(start, end)
    if len(words) != 1 and not (len(words) == 3 and words[1].value.lower() == "as"):
        return at.lacks(found, "an image, and after it at most `AS` and a name")
    return replace(found, arguments=tuple(map(at.argument, words)))


def _read_words(at: _Instruction, found: Instruction, start: int, end: int) -> Instruction | None:
    words = at.split(start, end)
    return replace(found, arguments=tuple(map(at.argument, words))) if words else at.lacks(found, "a port")


def _read_text(at: _Instruction, found: Instruction, start: int, end: int) -> Instruction | None:
    if start == end:
        return at.lacks(found, "a value")
    return replace(found, arguments=(Argument(found.value, found.value_span),))


def _read_pairs(at: _Instruction, found: Instruction, start: int, end: int) -> Instruction | None:
    """ENV and LABEL: `name value`, or `name=value` several times."""
    words = at.words(start, end)
    if not words:
        return at.lacks(found, "a name and a value")
    arguments: list[Argument] = []
    if "=" not in words[0].value:
        gap = _GAP.search(at.text, start, end)
        if not gap:
            return at.lacks(found, "a name and a value")
        pair = (_Word(at.text[start : gap.start()], start, gap.start()), _Word(at.text[gap.end() : end], gap.end(), end))
        return replace(found, arguments=tuple(map(at.argument, pair)))
    for word in words:
        name, equals, _ = word.value.partition("=")
        if not equals:
            at.complain(word.start, word.end, f"`{word.value}` in `{found.keyword}` has no `=`; a value with blanks needs quotes")
            return None
        if not name:
            at.complain(word.start, word.end, f"a name is missing before `=` in `{found.keyword}`")
            return None
        arguments += at.pair(word, len(name))
    return replace(found, arguments=tuple(arguments))


def _read_arg(at: _Instruction, found: Instruction, start: int, end: int) -> Instruction | None:
    arguments: list[Argument] = []
    words = at.words(start, end)
    if not words:
        return at.lacks(found, "a name")
    for word in words:
        name, equals, _ = word.value.partition("=")
        if equals and not name:
            at.complain(word.start, word.end, "a name is missing before `=` in `ARG`")
            return None
        if equals:
            arguments += at.pair(word, len(name))
        else:
            arguments += [at.argument(word), Argument("", at.span(word.end, word.end), given=False)]
    return replace(found, arguments=tuple(arguments))


def _read_healthcheck(at: _Instruction, found: Instruction, start: int, end: int) -> Instruction | None:
    match = _WORD.search(at.text, start, end)
    if not match:
        return at.lacks(found, "`CMD` and a command, or `NONE`")
    kind = _Word(match[0].upper(), match.start(), match.end())
    found = replace(found, arguments=(at.argument(kind),))
    start = match.end()
    while start < end and at.text[start] in SPACE:
        start += 1
    if kind.value == "NONE":
        if start == end:
            return found
        at.complain(start, end, "`HEALTHCHECK NONE` takes nothing after it")
        return None
    if kind.value != "CMD":
        at.complain(kind.start, kind.end, f"`HEALTHCHECK {match[0]}`: only `CMD` and `NONE` may follow")
        return None
    form = at.form(start, end)
    if form is None:
        return None
    if start == end or (isinstance(form, ExecForm) and not form.arguments):
        return at.lacks(found, "a command after `CMD`")
    return replace(found, form=form)


def _read_onbuild(at: _Instruction, found: Instruction, start: int, end: int) -> Instruction | None:
    match = _WORD.search(at.text, start, end)
    if not match:
        return at.lacks(found, "an instruction")
    if match[0].upper() in {"ONBUILD", "FROM", "MAINTAINER"}:
        at.complain(match.start(), match.end(), f"`{match[0].upper()}` cannot stand after `ONBUILD`")
        return None
    held = at.read(start, end)
    return replace(found, onbuild=replace(held, span=at.span(start, end))) if held else None


_READERS = {
    "ADD": _read_paths,
    "ARG": _read_arg,
    "CMD": _read_command,
    "COPY": _read_paths,
    "ENTRYPOINT": _read_command,
    "ENV": _read_pairs,
    "EXPOSE": _read_words,
    "FROM": _read_from,
    "HEALTHCHECK": _read_healthcheck,
    "LABEL": _read_pairs,
    "MAINTAINER": _read_text,
    "ONBUILD": _read_onbuild,
    "RUN": _read_run,
    "SHELL": _read_shell,
    "STOPSIGNAL": _read_text,
    "USER": _read_text,
    "VOLUME": _read_paths,
    "WORKDIR": _read_text,
}
