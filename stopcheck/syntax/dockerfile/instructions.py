"""Reads an instruction by its keyword: what it must have, and what may follow it."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import replace
from stopcheck.regex import regex
from stopcheck.source import SourceFile, Span
from stopcheck.syntax.dockerfile.faults import InstructionError, TemplateError, UnknownInstructionError, clip
from stopcheck.syntax.dockerfile.flags import flag_faults
from stopcheck.syntax.dockerfile.heredocs import opens_heredoc, read_heredocs, script_with
from stopcheck.syntax.dockerfile.line import Word
from stopcheck.syntax.dockerfile.tree import Argument, ExecForm, Heredoc, Instruction, ShellForm
from stopcheck.syntax.dockerfile.words import SPACE

if TYPE_CHECKING:
    from collections.abc import Callable

    from stopcheck.syntax.dockerfile.line import Line

_UNDECODED = regex("[\ud800-\udfff]+")
_GAP = regex(r"[\t\v\f\r ]+")
_STAGE_NAME = regex(r"[a-z][a-z0-9-_.]*\Z")
_TEMPLATE_MARK = regex(r"\{\{|\{%|<%")
_TEMPLATE_SUFFIXES = (".template", ".tmpl", ".tpl", ".j2", ".jinja", ".jinja2", ".erb", ".in")
_PLACEHOLDER = regex(r"%%[A-Z_]+%%")


def read_instruction(line: Line, start: int, end: int) -> Instruction:
    """The instruction that stands there; raises InstructionError."""
    gap = _GAP.search(line.text, start, end)
    name_end, rest = (gap.start(), gap.end()) if gap else (end, end)
    name = line.text[start:name_end]
    keyword = name.upper()
    read = _READERS.get(keyword)
    if read is None:
        raise _unknown(line, name, start, name_end)
    flags, rest = line.flags(rest, end)
    found = Instruction(
        keyword=keyword,
        span=line.whole,
        keyword_span=line.span(start, name_end),
        value=line.text[rest:end],
        value_span=line.span(rest, end),
        flags=flags,
    )
    for flag, fault in flag_faults(found) if flags else ():
        line.reading.problem(flag.span, fault)
    return read(line, found, rest, end)


def _unknown(line: Line, name: str, start: int, end: int) -> InstructionError:
    _check_template(line, name, start, end)
    from difflib import get_close_matches

    near = get_close_matches(name.upper(), _READERS, n=1, cutoff=0.7)
    first = line.reading.source.position(line.whole.start)[0] - 1
    lines = line.reading.lines
    hint = ""
    if near:
        hint = f": did you mean `{near[0]}`?"
    elif first and not start and not lines.skipped(lines.texts[first - 1]):
        hint = f": is a `{lines.escape}` missing at the end of the line before?"
    return UnknownInstructionError(start, end, f"unknown instruction `{clip(name) or lines.escape}`{hint}", bool(near))


def _check_template(line: Line, name: str, start: int, end: int) -> None:
    """Raise where an unknown instruction shows that the file is a template."""
    if name.startswith(("{{", "{%", "{#", "<%")):
        raise TemplateError(line.span(start, end), name[:2])
    source = line.reading.source
    mark = _TEMPLATE_MARK.search(source.text) if source.path.endswith(_TEMPLATE_SUFFIXES) else None
    mark = mark or _PLACEHOLDER.search(source.text)
    if mark:
        raise TemplateError(Span(source, mark.start(), mark.end()), mark[0])


def _check_utf8(line: Line, source: SourceFile) -> None:
    """Tell of bytes that are not UTF-8: BuildKit cannot run them, and stores U+FFFD in their place in an image."""
    wrong = None if source.text.isascii() else _UNDECODED.search(source.text)
    if wrong:
        place = Span(source, wrong.start(), wrong.end())
        line.reading.problem(place, "bytes that are not UTF-8: save the file as UTF-8 text")


def _lacks(found: Instruction, line: Line, what: str) -> InstructionError:
    start = line.text.upper().index(found.keyword)
    return InstructionError(start, start + len(found.keyword), f"`{found.keyword}` needs {what}")


def _read_command(line: Line, found: Instruction, start: int, end: int) -> Instruction:
    form = line.command_form(start, end)
    _check_utf8(line, form.source if isinstance(form, ShellForm) else line.joined)
    return replace(found, form=form)


def _read_run(line: Line, found: Instruction, start: int, end: int) -> Instruction:
    form = line.command_form(start, end)
    heredocs: tuple[Heredoc, ...] = ()
    if isinstance(form, ShellForm) and "<<" in line.text:
        heredocs, closed = read_heredocs(line)
        if heredocs and closed:
            form = ShellForm(script_with(line, form, heredocs), form.span)
    _check_utf8(line, form.source if isinstance(form, ShellForm) else line.joined)
    return replace(found, form=form, heredocs=heredocs)


def _read_shell(line: Line, found: Instruction, start: int, end: int) -> Instruction:
    form = line.form(start, end)
    if isinstance(form, ShellForm):
        reason = form.json_error or 'like `SHELL ["/bin/bash", "-c"]`'
        raise InstructionError(start, end, f"`SHELL` needs a JSON array of strings: {reason}")
    if not form.arguments:
        raise _lacks(found, line, "at least one string")
    return replace(found, form=form)


def _read_paths(line: Line, found: Instruction, start: int, end: int) -> Instruction:
    """A JSON array, or words."""
    form = line.form(start, end)
    if isinstance(form, ExecForm):
        return replace(found, form=form, arguments=form.arguments)
    return replace(found, arguments=tuple(map(line.argument, line.split(start, end))))


def _read_copy(line: Line, found: Instruction, start: int, end: int) -> Instruction:
    found = _read_paths(line, found, start, end)
    if "<<" in line.text and found.form is None:
        found = replace(found, heredocs=read_heredocs(line)[0])
    if len(found.arguments) < 2:
        raise _lacks(found, line, "a source and a destination")
    if found.form is None and opens_heredoc(found.arguments[-1].value):
        target = found.arguments[-1].span
        line.reading.problem(target, f"`{found.keyword}` needs a destination after the heredoc")
    return found


def _read_volume(line: Line, found: Instruction, start: int, end: int) -> Instruction:
    found = _read_paths(line, found, start, end)
    if not found.arguments or not all(argument.value.strip(SPACE) for argument in found.arguments):
        raise _lacks(found, line, "a path")
    return found


def _read_from(line: Line, found: Instruction, start: int, end: int) -> Instruction:
    """Always has an argument, if an empty one: a stage begins here whatever is wrong with it."""
    words = line.split(start, end)
    mark = _TEMPLATE_MARK.search(found.value)
    if mark:
        raise TemplateError(line.span(start + mark.start(), start + mark.end()), mark[0])
    named = len(words) == 3 and words[1].value.lower() == "as"
    if not named and len(words) != 1:
        line.complain(start, end, "`FROM` needs an image, and after it at most `AS` and a name")
        words = words[:1] or [Word("", start, start)]
    elif named and not _STAGE_NAME.match(words[2].value.lower()):
        message = f"`{clip(words[2].value)}` cannot name a stage: a letter, then letters, digits, `-`, `_`, `.`"
        line.complain(words[2].start, words[2].end, message)
    return replace(found, arguments=tuple(map(line.argument, words)))


def _read_words(line: Line, found: Instruction, start: int, end: int) -> Instruction:
    words = line.split(start, end)
    if not words:
        raise _lacks(found, line, "at least one value")
    return replace(found, arguments=tuple(map(line.argument, words)))


def _read_text(line: Line, found: Instruction, start: int, end: int) -> Instruction:
    """All that follows is one value."""
    if start == end:
        raise _lacks(found, line, "a value")
    return replace(found, arguments=(Argument(found.value, found.value_span),))


def _read_pairs(line: Line, found: Instruction, start: int, end: int) -> Instruction:
    """`name value`, or `name=value` several times."""
    words = line.words(start, end)
    if not words:
        raise _lacks(found, line, "a name and a value")
    if "=" not in words[0].value:
        gap = _GAP.search(line.text, start, end)
        if not gap:
            raise _lacks(found, line, "a name and a value")
        name = Word(line.text[start : gap.start()], start, gap.start())
        value = Word(line.text[gap.end() : end], gap.end(), end)
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
                f"`{clip(word.value)}` has no `=`: `{found.keyword}` needs name=value, a value with blanks in quotes"
            )
            line.complain(word.start, word.end, message)
    return replace(found, arguments=tuple(arguments))


_QUOTED_WHOLE = 'the quotes stand around name and value: they belong around the value alone, as in `name="value"`'


def _is_quoted_whole(word: Word) -> bool:
    """`"name=value"`: to BuildKit each half has a quote that is not closed."""
    name, equals, _ = word.value.partition("=")
    return bool(equals) and name[:1] in ("'", '"') and name.count(name[0]) == 1


def _read_arg(line: Line, found: Instruction, start: int, end: int) -> Instruction:
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


def _read_healthcheck(line: Line, found: Instruction, start: int, end: int) -> Instruction:
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
        raise InstructionError(kind.start, kind.end, f"`HEALTHCHECK` needs `CMD` or `NONE`, not `{clip(kind.value)}`")
    form = line.form(start, end)
    if start == end or (isinstance(form, ExecForm) and not form.arguments):
        raise InstructionError(kind.start, kind.end, "`HEALTHCHECK CMD` needs a command")
    return replace(found, form=form)


def _read_onbuild(line: Line, found: Instruction, start: int, end: int) -> Instruction:
    words = line.split(start, end)
    if not words:
        raise _lacks(found, line, "an instruction")
    trigger = words[0].value.upper()
    if trigger in {"ONBUILD", "FROM", "MAINTAINER"}:
        raise InstructionError(words[0].start, words[0].end, f"`{trigger}` cannot stand in `ONBUILD`")
    return replace(found, onbuild=replace(read_instruction(line, start, end), span=line.span(start, end)))


_READERS: dict[str, Callable[[Line, Instruction, int, int], Instruction]] = {
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
