"""Comments that silence findings: `# stopcheck: ignore[rule, …] reason`, in Dockerfiles and in shell scripts."""

from __future__ import annotations

import re
from bisect import bisect_left

from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Problem
from stopcheck.records import dataclass
from stopcheck.regex import regex
from stopcheck.source import Span

if TYPE_CHECKING:
    from stopcheck.source import SourceFile

_COMMENT = regex(r"(?:^|(?<=[ \t]))#[ \t]*stopcheck[ \t]*(?::|(?=[ \t]ignore\b.*\[))[ \t]*([^\r\n]*)", re.MULTILINE)
_IGNORE = regex(r"(ignore|ignore-file)[ \t]*\[([^\]]*)\][ \t]*[-–—:]*[ \t]*(.*)")
_RULE = regex(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_SHAPE = "write `# stopcheck: ignore[rule] reason`, or `ignore-file[rule]` for the whole file"


@dataclass(frozen=True, slots=True)
class Pragma:
    """The findings of `rules` are not reported where they begin on a line from `first` to `last` (from 1, inclusive).

    On a line of its own it holds for the next line of code, at a line's end for that line; lines that a backslash
    joins count as one. `first` and `last` are None where it holds for the whole file.
    """

    rules: tuple[str, ...]
    span: Span
    reason: str
    first: int | None = None
    last: int | None = None

    def covers(self, line: int) -> bool:
        """Whether it holds for a line of its file."""
        return self.first is None or self.last is None or self.first <= line <= self.last


@dataclass(frozen=True, slots=True)
class Pragmas:
    """What a file holds: the pragmas, and a problem for each comment that was meant as one and cannot be read."""

    pragmas: tuple[Pragma, ...]
    problems: tuple[Problem, ...]


def read_pragmas(source: SourceFile) -> Pragmas:
    """All pragmas of a file in order. Whether the rules they name exist is not checked here."""
    if "stopcheck" not in source.text:
        return Pragmas((), ())
    pragmas: list[Pragma] = []
    problems: list[Problem] = []
    code = _code_lines(source.text)
    for comment in _COMMENT.finditer(source.text):
        span = Span(source, comment.start(), comment.start() + len(comment[0].rstrip()))
        found = _read(span, comment[1].rstrip(), code)
        if isinstance(found, Pragma):
            pragmas.append(found)
        else:
            problems.append(Problem.at(span, found))
    return Pragmas(tuple(pragmas), tuple(problems))


def _read(span: Span, text: str, code: list[tuple[int, int]]) -> Pragma | str:
    """The pragma that a comment holds, or what is wrong with it."""
    if ":" not in span.text[: len(span.text) - len(text)]:
        return f"a colon is missing after `stopcheck`: {_SHAPE}"
    match = _IGNORE.match(text)
    if not match:
        return f"this `stopcheck` comment cannot be read: {_SHAPE}"
    rules = tuple(name.strip() for name in match[2].split(","))
    if rules == ("",):
        return f"no rule is named: {_SHAPE}"
    wrong = next((name for name in rules if not _RULE.fullmatch(name)), None)
    if wrong is not None:
        return f"`{wrong}` cannot be the name of a rule: {_SHAPE}"
    if match[1] == "ignore-file":
        return Pragma(rules, span, match[3])
    at = bisect_left(code, span.source.position(span.start)[0], key=lambda run: run[1])
    if at == len(code):
        return "no code follows that this could hold for: put it above the line, or use `ignore-file[rule]`"
    return Pragma(rules, span, match[3], *code[at])


def _code_lines(text: str) -> list[tuple[int, int]]:
    """First and last line of each run of lines that backslashes join; comments and blank lines do not end a run."""
    runs: list[tuple[int, int]] = []
    joined = False
    for number, line in enumerate(map(str.strip, text.split("\n")), 1):
        if not line or line[0] == "#":
            continue
        runs.append((runs.pop()[0] if joined else number, number))
        joined = line.endswith("\\") and not line.endswith("\\\\")
    return runs
