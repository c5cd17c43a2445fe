"""The lines of a Dockerfile: parser directives, continued lines joined into logical ones, bodies of heredocs."""

from __future__ import annotations

import re

from stopcheck.hints import TYPE_CHECKING
from stopcheck.regex import regex
from stopcheck.source import SourceFile, Span
from stopcheck.syntax.dockerfile.words import SPACE

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIRECTIVE = regex(r"#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*\Z", re.ASCII)
_LEADING_TABS = regex(r"^\t+", re.MULTILINE)


class DockerfileLines:
    """Lines are numbered from 0; `escape` is the character that continues a line and escapes."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.escape = "\\"
        self.texts = source.text.split("\n")
        self.starts = list(source.line_starts)
        if not self.texts[-1]:
            self.texts.pop()
        if source.text.startswith("\ufeff"):
            self.texts[0] = self.texts[0][1:]
            self.starts[0] = 1
        self.starts.append(len(source.text))

    def span(self, first: int, last: int) -> Span:
        """From the first character of a line that is not white space to the last one of another."""
        line = self.texts[last]
        start = self.starts[first] + len(self.texts[first]) - len(self.texts[first].lstrip(SPACE))
        return Span(self.source, start, self.starts[last] + len(line.rstrip(SPACE)))

    def directives(self) -> Iterator[tuple[int, str, str]]:
        """Line, lower-case name and value of the parser directives; the first line that is none ends them."""
        for number, line in enumerate(self.texts):
            bare = line.lstrip(SPACE)
            match = _DIRECTIVE.match(bare) if bare[:1] == "#" and "=" in bare else None
            name = match[1].lower() if match else ""
            if not match or name not in {"escape", "syntax", "check"}:
                return
            yield number, name, match[2]

    def logical(self) -> Iterator[tuple[int, int]]:
        """First and last line of each logical line, as if there were no heredocs."""
        first: int | None = None
        for number, line in enumerate(self.texts):
            if self.skipped(line):
                continue
            if first is None:
                first = number
            if not self._continues(line):
                yield first, number
                first = None
        if first is not None:
            yield first, len(self.texts) - 1

    def skipped(self, line: str) -> bool:
        """Whether a line is blank or a comment, which is passed over between and within instructions."""
        bare = line.lstrip(SPACE)
        return not bare or bare[0] == "#"

    def _continues(self, line: str) -> bool:
        bare = line.rstrip("\r").rstrip(" \t")
        return bare[-1:] == self.escape and bare[-2:-1] != self.escape

    def join(self, first: int, last: int) -> SourceFile:
        """A logical line: continuations joined without a line end, what is skipped left out."""
        pieces: list[str] = []
        segments: list[tuple[int, int]] = []
        length = 0
        for number in range(first, last + 1):
            line, start = self.texts[number].rstrip("\r"), self.starts[number]
            if self.skipped(line):
                continue
            if number == first:
                indent = len(line) - len(line.lstrip(SPACE))
                line, start = line[indent:], start + indent
            if self._continues(line):
                line = line.rstrip(" \t")[:-1]
            if line:
                segments.append((length, start))
                pieces.append(line)
                length += len(line)
        segments = segments or [(0, self.starts[first])]
        return SourceFile(self.source.path, "".join(pieces), self.source, tuple(segments))

    def closing(self, first: int, name: str, strip_tabs: bool) -> int:
        """The line from `first` on that closes a heredoc; the number of lines where none does."""
        for number in range(first, len(self.texts)):
            line = self.texts[number].rstrip("\r")
            if (line.lstrip("\t") if strip_tabs else line) == name:
                return number
        return len(self.texts)

    def body(self, first: int, after: int, strip_tabs: bool) -> SourceFile:
        """The lines from `first` to before `after` as a text of its own."""
        begin, end = self.starts[first], self.starts[after]
        text = self.source.text[begin:end]
        if not strip_tabs:
            return SourceFile(self.source.path, text, self.source, ((0, begin),))
        pieces, segments, length, at = [], [], 0, 0
        for tabs in _LEADING_TABS.finditer(text):
            if tabs.start() > at:
                segments.append((length, begin + at))
                pieces.append(text[at : tabs.start()])
                length += tabs.start() - at
            at = tabs.end()
        segments.append((length, begin + at))
        pieces.append(text[at:])
        return SourceFile(self.source.path, "".join(pieces), self.source, tuple(segments))
