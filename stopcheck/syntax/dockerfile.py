"""Dockerfile text to instructions, as BuildKit reads them."""

from __future__ import annotations

import re

from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Problem
from stopcheck.records import dataclass, replace
from stopcheck.regex import regex
from stopcheck.source import SourceFile, Span
from stopcheck.syntax.dockerfile_lines import DockerfileLines
from stopcheck.syntax.dockerfile_words import SPACE, LexError, heredoc_name, heredoc_names
from stopcheck.syntax.exec_form import read_exec_form, without_bracket

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

MAX_CHARACTERS = 1_000_000
"""A longer file is a problem and not read: no Dockerfile is that long."""

MAX_LINE_BYTES = 65_535
"""BuildKit reads no longer line (bufio.MaxScanTokenSize - 1)."""


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

    `source` is that text with its offsets mapped into the Dockerfile; for a RUN that is only `<<NAME` it is the
    heredoc's body, for any other RUN with heredocs their bodies follow. `json_error` says what is wrong with it as an
    exec form where it was meant as one, at `json_error_span`; else None.
    """

    source: SourceFile
    span: Span
    json_error: str | None = None
    json_error_span: Span | None = None


@dataclass(frozen=True, slots=True)
class Heredoc:
    """`<<NAME … NAME`: `content` is the body (tabs stripped for `<<-`), with its offsets mapped into the Dockerfile.

    `span` goes from the first line of the body to the delimiter that closes it.
    """

    name: str
    content: SourceFile
    expand: bool
    strip_tabs: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction.

    `keyword` is upper case. `span` ends before the bodies of its heredocs. `value` is what follows keyword and flags,
    continuations joined, as BuildKit sees it; `value_span` where it stands. `form` is set for CMD, ENTRYPOINT, RUN,
    SHELL, HEALTHCHECK CMD, and for COPY, ADD, VOLUME where they are written as JSON; it is None for a CMD, ENTRYPOINT
    or RUN whose array holds more than strings, which is a problem of the file. `arguments` are the words of the others
    (for FROM: image, `AS`, name; for COPY and ADD: sources and destination; for ENV, ARG and LABEL: alternately name
    and value, quotes and escapes still in the value; for HEALTHCHECK: `CMD` or `NONE`). `onbuild` is the instruction
    that ONBUILD holds.
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
    """Read a Dockerfile; never raises: what cannot be built is told in `problems`, with its line.

    A text that is no Dockerfile at all (binary, too long, a template) has one problem and no instructions.
    """
    refused = _refuse(source)
    return Dockerfile(source, (), (), (refused,)) if refused else _Reader(source).read()


def _refuse(source: SourceFile) -> Problem | None:
    text = source.text
    if len(text) > MAX_CHARACTERS:
        message = f"too long for a Dockerfile: {len(text):,} characters, at most {MAX_CHARACTERS:,} are read"
        return Problem(source.path, message, 1, 1)
    nul = text.find("\0")
    if nul >= 0:
        message = "a NUL byte: the file is binary or UTF-16, and a Dockerfile must be UTF-8 text"
        return Problem.at(Span(source, nul, nul + 1), message)
    return None


class _InstructionError(Exception):
    """What is wrong with an instruction that cannot be kept, at a place in its logical line."""

    def __init__(self, start: int, end: int, message: str) -> None:
        super().__init__(message)
        self.start = start
        self.end = end


class _TemplateError(Exception):
    """The text is a template that some other program renders to a Dockerfile."""

    def __init__(self, span: Span, mark: str) -> None:
        super().__init__(mark)
        self.span = span


class _Reader:
    """Reads one file; `problems` grows on the way, `floor` is the first line not yet read."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.lines = DockerfileLines(source)
        self.problems: list[Problem] = []
        self.floor = 0

    def read(self) -> Dockerfile:
        self.check_line_lengths()
        directives = self.directives()
        try:
            instructions = self.instructions()
        except _TemplateError as template:
            message = f"a template (`{template}`), not a Dockerfile: check the file that it is rendered to"
            return Dockerfile(self.source, (), directives, (Problem.at(template.span, message),), self.lines.escape)
        self.check_stages(instructions)
        problems = sorted(self.problems, key=lambda problem: (problem.line or 0, problem.column or 0))
        return Dockerfile(self.source, instructions, directives, tuple(problems), self.lines.escape)

    def problem(self, span: Span, message: str) -> None:
        self.problems.append(Problem.at(span, message))

    def check_line_lengths(self) -> None:
        message = f"a line longer than {MAX_LINE_BYTES:,} bytes cannot be built"
        for number, line in enumerate(self.lines.texts):
            if len(line) * 4 > MAX_LINE_BYTES and len(line.encode(errors="surrogatepass")) > MAX_LINE_BYTES:
                self.problem(self.lines.span(number, number), message)

    def directives(self) -> tuple[tuple[str, str], ...]:
        found: dict[str, str] = {}
        for number, name, value in self.lines.directives():
            span = self.lines.span(number, number)
            if name in found:
                self.problem(span, f"a second `{name}` directive: a file may have only one")
                break
            found[name] = value
            if name == "escape" and value in ("\\", "`"):
                self.lines.escape = value
            elif name == "escape":
                self.problem(span, f"`escape={value}`: the escape can only be a backslash or a backquote")
        return tuple(found.items())

    def instructions(self) -> tuple[Instruction, ...]:
        found: list[Instruction] = []
        lines = self.lines
        told = False
        for start, last in lines.logical():
            first = max(start, self.floor)
            while start < first <= last and lines.skipped(lines.texts[first]):
                first += 1
            if first > last:
                continue
            line = _Line(self, lines.join(first, last), lines.span(first, last), last)
            try:
                found.append(line.instruction(0, len(line.text.rstrip(SPACE))))
                told = False
            except _UnknownInstructionError as fault:
                if not told:
                    self.problem(line.span(fault.start, fault.end), str(fault))
                if not found and not fault.alike:
                    break
                told = True
            except _InstructionError as fault:
                self.problem(line.span(fault.start, fault.end), str(fault))
                told = False
        return tuple(found)

    def check_stages(self, instructions: tuple[Instruction, ...]) -> None:
        """Tell what stands before the first FROM, or that there is none."""
        first = next((at for at, one in enumerate(instructions) if one.keyword == "FROM"), None)
        if first is not None:
            early = next((one for one in instructions[:first] if one.keyword != "ARG"), None)
            if early:
                self.problem(early.keyword_span, f"`{early.keyword}` stands before the first `FROM`: only `ARG` may")
        elif instructions:
            message = "there is no `FROM`: a Dockerfile begins with the image to build on"
            self.problem(instructions[0].keyword_span, message)
        elif self.problems:
            del self.problems[1:]
        else:
            what = "only comments" if self.source.text.strip() else "empty"
            self.problems.append(Problem(self.source.path, f"no instructions: the file is {what}", 1, 1))


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a logical line and its offsets there."""

    value: str
    start: int
    end: int


_UNDECODED = regex("[\ud800-\udfff]+")
_GAP = regex(r"[\t\v\f\r ]+")
_WORD = regex(r"[^\t\v\f\r ]+")
_ASCII_SPACE = "\t\n\v\f\r "
"""What ends a flag: BuildKit reads flags byte by byte."""
_FLAG_BEGINS = regex(r"[\t\n\v\f\r ]*--")
_STAGE_NAME = regex(r"[a-z][a-z0-9-_.]*\Z")
_TEMPLATE_MARK = regex(r"\{\{|\{%|<%")
_TEMPLATE_SUFFIXES = (".template", ".tmpl", ".tpl", ".j2", ".jinja", ".jinja2", ".erb", ".in")
_PLACEHOLDER = regex(r"%%[A-Z_]+%%")


class _Line:
    """Reads one logical line; offsets are those of its text."""

    def __init__(self, reader: _Reader, joined: SourceFile, whole: Span, last: int) -> None:
        self.reader = reader
        self.joined = joined
        self.text = joined.text
        self.whole = whole
        self.last = last

    # --- places ---

    def span(self, start: int, end: int) -> Span:
        """A part of the line as a place in the Dockerfile."""
        place = self.joined.to_parent
        if start < end:
            return Span(self.reader.source, place(start), place(end - 1) + 1)
        at = place(start - 1) + 1 if start else place(0)
        return Span(self.reader.source, at, at)

    def cut(self, start: int, end: int) -> SourceFile:
        """A part of the line as a text of its own."""
        segments = [(0, self.span(start, end).start)]
        segments += [(here - start, there) for here, there in self.joined.segments if start < here < end]
        return SourceFile(self.joined.path, self.text[start:end], self.reader.source, tuple(segments))

    def argument(self, word: _Word) -> Argument:
        return Argument(word.value, self.span(word.start, word.end))

    def complain(self, start: int, end: int, message: str) -> None:
        """Tell of what is wrong with an instruction that is kept."""
        self.reader.problem(self.span(start, end), message)

    # --- words ---

    def past_space(self, at: int, end: int) -> int:
        while at < end and self.text[at] in SPACE:
            at += 1
        return at

    def split(self, start: int, end: int) -> list[_Word]:
        """Words between white space, whatever quotes there are."""
        return [_Word(match[0], match.start(), match.end()) for match in _WORD.finditer(self.text, start, end)]

    def words(self, start: int, end: int) -> list[_Word]:
        """Words as ENV, LABEL and ARG have them: white space may be quoted; quotes and escapes are kept."""
        text, escape = self.text, self.reader.lines.escape
        found: list[_Word] = []
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
                found.append(_Word(text[begin : at - dropped], begin, at - dropped))
            at = self.past_space(at, end)
        return found

    def pair(self, word: _Word) -> tuple[Argument, Argument]:
        """Name and value of `name=value`."""
        name, _, value = word.value.partition("=")
        middle = word.start + len(name)
        return (
            self.argument(_Word(name, word.start, middle)),
            self.argument(_Word(value, middle + 1, word.end)),
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
        text, escape = self.text, self.reader.lines.escape
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

    # --- instructions ---

    def instruction(self, start: int, end: int) -> Instruction:
        """The instruction that stands there; raises _InstructionError."""
        gap = _GAP.search(self.text, start, end)
        name_end, rest = (gap.start(), gap.end()) if gap else (end, end)
        name = self.text[start:name_end]
        keyword = name.upper()
        read = _READERS.get(keyword)
        if read is None:
            raise self.unknown(name, start, name_end)
        flags, rest = self.flags(rest, end)
        found = Instruction(
            keyword=keyword,
            span=self.whole,
            keyword_span=self.span(start, name_end),
            value=self.text[rest:end],
            value_span=self.span(rest, end),
            flags=flags,
        )
        if flags:
            self.check_flags(found)
        return read(self, found, rest, end)

    def unknown(self, name: str, start: int, end: int) -> _InstructionError:
        self.check_template(name, start, end)
        from difflib import get_close_matches

        near = get_close_matches(name.upper(), _READERS, n=1, cutoff=0.7)
        first = self.reader.source.position(self.whole.start)[0] - 1
        lines = self.reader.lines
        hint = ""
        if near:
            hint = f": did you mean `{near[0]}`?"
        elif first and not start and not lines.skipped(lines.texts[first - 1]):
            hint = f": is a `{lines.escape}` missing at the end of the line before?"
        return _UnknownInstructionError(
            start, end, f"unknown instruction `{_clip(name) or lines.escape}`{hint}", bool(near)
        )

    def check_template(self, name: str, start: int, end: int) -> None:
        """Raise where an unknown instruction shows that the file is a template."""
        if name.startswith(("{{", "{%", "{#", "<%")):
            raise _TemplateError(self.span(start, end), name[:2])
        source = self.reader.source
        mark = _TEMPLATE_MARK.search(source.text) if source.path.endswith(_TEMPLATE_SUFFIXES) else None
        mark = mark or _PLACEHOLDER.search(source.text)
        if mark:
            raise _TemplateError(Span(source, mark.start(), mark.end()), mark[0])

    def check_flags(self, found: Instruction) -> None:
        """Tell of the flags that the instruction does not have, or not like this."""
        if found.keyword in _IGNORE_FLAGS or (found.keyword == "HEALTHCHECK" and found.value.upper() == "NONE"):
            return
        known = _FLAGS.get(found.keyword, {})
        seen = set()
        for flag in found.flags:
            message = _flag_fault(flag, found.keyword, known, flag.name in seen)
            if message:
                self.reader.problem(flag.span, message)
            seen.add(flag.name)

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
            raise _InstructionError(start + found.start, start + found.end, message)
        place = self.span(start + found.start, start + found.end)
        return replace(form, json_error=found.message, json_error_span=place)

    def command_form(self, start: int, end: int) -> ExecForm | ShellForm | None:
        """The form of a command that is kept though it ends the build: None then."""
        try:
            return self.form(start, end)
        except _InstructionError as fault:
            self.complain(fault.start, fault.end, str(fault))
            return None

    def check_utf8(self, source: SourceFile) -> None:
        """Tell of bytes that are not UTF-8: BuildKit cannot run them, and stores U+FFFD in their place in an image."""
        wrong = None if source.text.isascii() else _UNDECODED.search(source.text)
        if wrong:
            place = Span(source, wrong.start(), wrong.end())
            self.reader.problem(place, "bytes that are not UTF-8: save the file as UTF-8 text")

    def heredocs(self) -> tuple[tuple[Heredoc, ...], bool]:
        """The heredocs that the line opens, whose bodies follow it, and whether all are closed."""
        try:
            names = heredoc_names(self.text)
        except LexError as error:
            raise _InstructionError(
                0, len(self.text), f"the delimiter of the heredoc cannot be read: {error}"
            ) from None
        lines = self.reader.lines
        number, found = self.last + 1, []
        for each in names:
            after = lines.closing(number, each.name, each.strip_tabs)
            closed = after < len(lines.texts)
            end = lines.starts[after] + (len(lines.texts[after].rstrip("\r")) if closed else 0)
            span = Span(self.reader.source, lines.starts[number], end)
            body = lines.body(number, after, each.strip_tabs)
            found.append(Heredoc(each.name, body, each.expand, each.strip_tabs, span))
            if not closed:
                self.complain(0, len(self.text), f"the heredoc is not closed: no line `{_clip(each.name)}` follows")
                self.reader.floor = after
                return tuple(found), False
            number = after + 1
        self.reader.floor = number
        return tuple(found), True

    def opens_heredoc(self, word: str) -> bool:
        """Whether a text is nothing but `<<NAME`."""
        try:
            return heredoc_name(word) is not None
        except LexError:
            return False

    def script(self, form: ShellForm, heredocs: tuple[Heredoc, ...]) -> SourceFile:
        """What the shell gets of a RUN with heredocs: the body of a lone one, else the line and all the bodies."""
        if self.opens_heredoc(form.source.text):
            return heredocs[0].content
        text = self.reader.source.text
        pieces, segments = [form.source.text], list(form.source.segments)
        length = len(pieces[0])
        for heredoc in heredocs:
            closing = heredoc.span.end - len(heredoc.name)
            body = text[heredoc.span.start - 1 : text.rfind("\n", 0, closing) + 1]
            segments += [(length, heredoc.span.start - 1), (length + len(body), closing)]
            pieces += [body, heredoc.name]
            length += len(body) + len(heredoc.name)
        return SourceFile(self.joined.path, "".join(pieces), self.reader.source, tuple(segments))


class _UnknownInstructionError(_InstructionError):
    """The line begins with no known keyword, or with one that is `alike`."""

    def __init__(self, start: int, end: int, message: str, alike: bool) -> None:
        super().__init__(start, end, message)
        self.alike = alike


def _clip(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


_FLAGS: dict[str, dict[str, str]] = {
    "ADD": {
        "checksum": "text",
        "chmod": "text",
        "chown": "text",
        "exclude": "list",
        "keep-git-dir": "bool",
        "link": "bool",
        "unpack": "bool",
    },
    "COPY": {"chmod": "text", "chown": "text", "exclude": "list", "from": "text", "link": "bool", "parents": "bool"},
    "FROM": {"platform": "text"},
    "HEALTHCHECK": {
        "interval": "time",
        "retries": "count",
        "start-interval": "time",
        "start-period": "time",
        "timeout": "time",
    },
    "RUN": {"device": "list", "mount": "mounts", "network": "network", "security": "security"},
}
_IGNORE_FLAGS = frozenset({"ARG", "STOPSIGNAL"})
_FLAG_VALUES = {
    "bool": (regex(r"true|false", re.IGNORECASE), "true or false"),
    "count": (regex(r"\+?\d+|", re.ASCII), "a whole number"),
    "time": (
        regex(r"\+?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)|", re.ASCII),
        "a time like `30s` or `1m30s`",
    ),
    "mounts": (
        regex(r"(?!(?:.*,)?from=[^,$]*\$[^,]).*", re.IGNORECASE | re.DOTALL),
        "one without a variable in `from`: give that image a stage (`FROM … AS name`), and name the stage here",
    ),
    "network": (regex("default|none|host"), "default, none or host"),
    "security": (regex("insecure|sandbox"), "insecure or sandbox"),
}
"""What the value of a flag must look like, by kind; "text" and "list" may be anything."""
_REPEATED = frozenset({"list", "mounts"})


def _flag_fault(flag: Flag, keyword: str, known: dict[str, str], again: bool) -> str | None:
    kind = known.get(flag.name)
    if kind is None:
        if not known:
            return f"`{keyword}` has no flags: `--{_clip(flag.name)}`"
        return f"`{keyword}` has no flag `--{_clip(flag.name)}`: its flags are {', '.join('--' + one for one in known)}"
    if again and kind not in _REPEATED:
        return f"`--{flag.name}` stands twice"
    if flag.value is None:
        return None if kind == "bool" else f"`--{flag.name}` needs a value: `--{flag.name}=…`"
    shape = _FLAG_VALUES.get(kind)
    if shape and not shape[0].fullmatch(flag.value):
        return f"`--{flag.name}={_clip(flag.value)}`: the value must be {shape[1]}"
    return None


# --- one reader for each kind of instruction -----------------------------------------------------


def _lacks(found: Instruction, line: _Line, what: str) -> _InstructionError:
    start = line.text.upper().index(found.keyword)
    return _InstructionError(start, start + len(found.keyword), f"`{found.keyword}` needs {what}")


def _read_command(line: _Line, found: Instruction, start: int, end: int) -> Instruction:
    form = line.command_form(start, end)
    line.check_utf8(form.source if isinstance(form, ShellForm) else line.joined)
    return replace(found, form=form)


def _read_run(line: _Line, found: Instruction, start: int, end: int) -> Instruction:
    form = line.command_form(start, end)
    heredocs: tuple[Heredoc, ...] = ()
    if isinstance(form, ShellForm) and "<<" in line.text:
        heredocs, closed = line.heredocs()
        if heredocs and closed:
            form = ShellForm(line.script(form, heredocs), form.span)
    line.check_utf8(form.source if isinstance(form, ShellForm) else line.joined)
    return replace(found, form=form, heredocs=heredocs)


def _read_shell(line: _Line, found: Instruction, start: int, end: int) -> Instruction:
    form = line.form(start, end)
    if isinstance(form, ShellForm):
        reason = form.json_error or 'like `SHELL ["/bin/bash", "-c"]`'
        raise _InstructionError(start, end, f"`SHELL` needs a JSON array of strings: {reason}")
    if not form.arguments:
        raise _lacks(found, line, "at least one string")
    return replace(found, form=form)


def _read_paths(line: _Line, found: Instruction, start: int, end: int) -> Instruction:
    """A JSON array, or words."""
    form = line.form(start, end)
    if isinstance(form, ExecForm):
        return replace(found, form=form, arguments=form.arguments)
    return replace(found, arguments=tuple(map(line.argument, line.split(start, end))))


def _read_copy(line: _Line, found: Instruction, start: int, end: int) -> Instruction:
    found = _read_paths(line, found, start, end)
    if "<<" in line.text and found.form is None:
        found = replace(found, heredocs=line.heredocs()[0])
    if len(found.arguments) < 2:
        raise _lacks(found, line, "a source and a destination")
    if found.form is None and line.opens_heredoc(found.arguments[-1].value):
        target = found.arguments[-1].span
        line.reader.problem(target, f"`{found.keyword}` needs a destination after the heredoc")
    return found


def _read_volume(line: _Line, found: Instruction, start: int, end: int) -> Instruction:
    found = _read_paths(line, found, start, end)
    if not found.arguments or not all(argument.value.strip(SPACE) for argument in found.arguments):
        raise _lacks(found, line, "a path")
    return found


def _read_from(line: _Line, found: Instruction, start: int, end: int) -> Instruction:
    """Always has an argument, if an empty one: a stage begins here whatever is wrong with it."""
    words = line.split(start, end)
    mark = _TEMPLATE_MARK.search(found.value)
    if mark:
        raise _TemplateError(line.span(start + mark.start(), start + mark.end()), mark[0])
    named = len(words) == 3 and words[1].value.lower() == "as"
    if not named and len(words) != 1:
        line.complain(start, end, "`FROM` needs an image, and after it at most `AS` and a name")
        words = words[:1] or [_Word("", start, start)]
    elif named and not _STAGE_NAME.match(words[2].value.lower()):
        message = f"`{_clip(words[2].value)}` cannot name a stage: a letter, then letters, digits, `-`, `_`, `.`"
        line.complain(words[2].start, words[2].end, message)
    return replace(found, arguments=tuple(map(line.argument, words)))


def _read_words(line: _Line, found: Instruction, start: int, end: int) -> Instruction:
    words = line.split(start, end)
    if not words:
        raise _lacks(found, line, "at least one value")
    return replace(found, arguments=tuple(map(line.argument, words)))


def _read_text(line: _Line, found: Instruction, start: int, end: int) -> Instruction:
    """All that follows is one value."""
    if start == end:
        raise _lacks(found, line, "a value")
    return replace(found, arguments=(Argument(found.value, found.value_span),))


def _read_pairs(line: _Line, found: Instruction, start: int, end: int) -> Instruction:
    """`name value`, or `name=value` several times."""
    words = line.words(start, end)
    if not words:
        raise _lacks(found, line, "a name and a value")
    if "=" not in words[0].value:
        gap = _GAP.search(line.text, start, end)
        if not gap:
            raise _lacks(found, line, "a name and a value")
        name = _Word(line.text[start : gap.start()], start, gap.start())
        value = _Word(line.text[gap.end() : end], gap.end(), end)
        return replace(found, arguments=(line.argument(name), line.argument(value)))
    arguments: list[Argument] = []
    for word in words:
        name_length = word.value.find("=")
        if _is_quoted_whole(word):
            line.complain(word.start, word.end, _QUOTED_WHOLE)
        elif name_length > 0:
            arguments += line.pair(word)
        elif name_length == 0:
            line.complain(word.start, word.end, f"a name is missing before the `=` in `{found.keyword}`")
        else:
            message = (
                f"`{_clip(word.value)}` has no `=`: `{found.keyword}` needs name=value, a value with blanks in quotes"
            )
            line.complain(word.start, word.end, message)
    return replace(found, arguments=tuple(arguments))


_QUOTED_WHOLE = 'the quotes stand around name and value: they belong around the value alone, as in `name="value"`'


def _is_quoted_whole(word: _Word) -> bool:
    """`"name=value"`: to BuildKit each half has a quote that is not closed."""
    name, equals, _ = word.value.partition("=")
    return bool(equals) and name[:1] in ("'", '"') and name.count(name[0]) == 1


def _read_arg(line: _Line, found: Instruction, start: int, end: int) -> Instruction:
    arguments: list[Argument] = []
    words = line.words(start, end)
    if not words:
        raise _lacks(found, line, "a name")
    for word in words:
        if word.value.startswith("="):
            line.complain(word.start, word.end, "a name is missing before the `=` in `ARG`")
        elif _is_quoted_whole(word):
            line.complain(word.start, word.end, _QUOTED_WHOLE)
        elif "=" in word.value:
            arguments += line.pair(word)
        else:
            arguments += [line.argument(word), Argument("", line.span(word.end, word.end), given=False)]
    return replace(found, arguments=tuple(arguments))


def _read_healthcheck(line: _Line, found: Instruction, start: int, end: int) -> Instruction:
    words = line.split(start, end)
    if not words:
        raise _lacks(found, line, "`CMD` and a command, or `NONE`")
    kind = words[0]
    found = replace(found, arguments=(Argument(kind.value.upper(), line.span(kind.start, kind.end)),))
    start = line.past_space(kind.end, end)
    if kind.value.upper() == "NONE":
        if start < end:
            line.complain(start, end, "nothing may follow `HEALTHCHECK NONE`")
        return found
    if kind.value.upper() != "CMD":
        raise _InstructionError(kind.start, kind.end, f"`HEALTHCHECK` needs `CMD` or `NONE`, not `{_clip(kind.value)}`")
    form = line.form(start, end)
    if start == end or (isinstance(form, ExecForm) and not form.arguments):
        raise _InstructionError(kind.start, kind.end, "`HEALTHCHECK CMD` needs a command")
    return replace(found, form=form)


def _read_onbuild(line: _Line, found: Instruction, start: int, end: int) -> Instruction:
    words = line.split(start, end)
    if not words:
        raise _lacks(found, line, "an instruction")
    trigger = words[0].value.upper()
    if trigger in {"ONBUILD", "FROM", "MAINTAINER"}:
        raise _InstructionError(words[0].start, words[0].end, f"`{trigger}` cannot stand in `ONBUILD`")
    return replace(found, onbuild=replace(line.instruction(start, end), span=line.span(start, end)))


_READERS: dict[str, Callable[[_Line, Instruction, int, int], Instruction]] = {
    "ADD": _read_copy,
    "ARG": _read_arg,
    "CMD": _read_command,
    "COPY": _read_copy,
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
    "VOLUME": _read_volume,
    "WORKDIR": _read_text,
}
