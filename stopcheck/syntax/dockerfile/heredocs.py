"""The heredocs that an instruction opens, and what the shell gets of them."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.source import SourceFile, Span
from stopcheck.syntax.dockerfile.faults import InstructionError, clip
from stopcheck.syntax.dockerfile.tree import Heredoc, ShellForm
from stopcheck.syntax.dockerfile.words import LexError, heredoc_name, heredoc_names

if TYPE_CHECKING:
    from stopcheck.syntax.dockerfile.line import Line


def read_heredocs(line: Line) -> tuple[tuple[Heredoc, ...], bool]:
    """The heredocs that the line opens, whose bodies follow it, and whether all are closed."""
    try:
        names = heredoc_names(line.text)
    except LexError as error:
        raise InstructionError(0, len(line.text), f"the delimiter of the heredoc cannot be read: {error}") from None
    lines = line.reading.lines
    number, found = line.last + 1, []
    for each in names:
        after = lines.closing(number, each.name, each.strip_tabs)
        closed = after < len(lines.texts)
        end = lines.starts[after] + (len(lines.texts[after].rstrip("\r")) if closed else 0)
        span = Span(line.reading.source, lines.starts[number], end)
        body = lines.body(number, after, each.strip_tabs)
        found.append(Heredoc(each.name, body, each.expand, each.strip_tabs, span))
        if not closed:
            line.complain(0, len(line.text), f"the heredoc is not closed: no line `{clip(each.name)}` follows")
            line.reading.floor = after
            return tuple(found), False
        number = after + 1
    line.reading.floor = number
    return tuple(found), True


def opens_heredoc(word: str) -> bool:
    """Whether a text is nothing but `<<NAME`."""
    try:
        return heredoc_name(word) is not None
    except LexError:
        return False


def script_with(line: Line, form: ShellForm, heredocs: tuple[Heredoc, ...]) -> SourceFile:
    """What the shell gets of a RUN with heredocs: the body of a lone one, else the line and all the bodies."""
    if opens_heredoc(form.source.text):
        return heredocs[0].content
    text = line.reading.source.text
    pieces, segments = [form.source.text], list(form.source.segments)
    length = len(pieces[0])
    for heredoc in heredocs:
        closing = heredoc.span.end - len(heredoc.name)
        body = text[heredoc.span.start - 1 : text.rfind("\n", 0, closing) + 1]
        segments += [(length, heredoc.span.start - 1), (length + len(body), closing)]
        pieces += [body, heredoc.name]
        length += len(body) + len(heredoc.name)
    return SourceFile(line.joined.path, "".join(pieces), line.reading.source, tuple(segments))
