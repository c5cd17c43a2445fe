"""INI files as supervisord reads them: sections and values with their places."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass
from stopcheck.regex import regex
from stopcheck.source import Span

if TYPE_CHECKING:
    from stopcheck.source import SourceFile

_SECTION = regex(r"\[([^\]\n]*)\]")
_OPTION = regex(r"([^\s=:\[;#][^=:\n]*?)[ \t]*[=:]")
_COMMENT = regex(r"(?:^|\s)[;#].*")


@dataclass(frozen=True, slots=True)
class Option:
    """`key = value`, continuation lines joined by line feeds, comments (` ;`, ` #`) dropped; `span` is the value's."""

    key: str
    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class Section:
    """`[name]` and its options; `span` is the line of the name."""

    name: str
    span: Span
    options: tuple[Option, ...]

    def get(self, key: str, default: str = "") -> str:
        """The last value of that key."""
        return next((option.value for option in reversed(self.options) if option.key == key), default)

    def option(self, key: str) -> Option | None:
        """The last option of that key."""
        return next((option for option in reversed(self.options) if option.key == key), None)


def parse_ini(source: SourceFile) -> tuple[Section, ...]:
    """The sections in order; what is no section, option, continuation or comment is passed over. Never raises."""
    sections: list[tuple[str, Span, list[Option]]] = []
    offset = 0
    for line in source.text.split("\n"):
        start, offset = offset, offset + len(line) + 1
        text = line.rstrip("\r")
        if not text.strip() or text.lstrip()[0] in "#;":
            continue
        found = _SECTION.match(text)
        if found:
            sections.append((found[1].strip(), Span(source, start, start + found.end()), []))
            continue
        if not sections:
            continue
        options = sections[-1][2]
        if text[0] in " \t" and options:
            last = options[-1]
            options[-1] = Option(
                last.key, f"{last.value}\n{_bare(text)}", Span(source, last.span.start, start + len(text))
            )
            continue
        found = _OPTION.match(text)
        if found:
            value = text[found.end() :]
            begin = start + found.end() + len(value) - len(value.lstrip())
            options.append(
                Option(found[1].strip().lower(), _bare(value), Span(source, begin, start + len(text.rstrip())))
            )
    return tuple(Section(name, span, tuple(options)) for name, span, options in sections)


def _bare(value: str) -> str:
    return _COMMENT.sub("", value).strip()
