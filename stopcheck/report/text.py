"""The report for people: each finding with its code, its story and its fix, then what a stop does to each image."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import OutcomeKind
from stopcheck.report._frame import diff, frame
from stopcheck.report._lines import clean, columns, count, paint, wrap
from stopcheck.report._story import COLORS, gist, heading, outcome, story

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stopcheck.case import Report
    from stopcheck.model import Finding, Problem, Severity, Step
    from stopcheck.report._lines import Line, Style


_EARLY = frozenset({OutcomeKind.EXITS, OutcomeKind.FAILS})
"""Outcomes that come before any stop."""
_AMISS = (OutcomeKind.FAILS, OutcomeKind.KILLED, OutcomeKind.CUT_OFF)


def render(report: Report, style: Style) -> str:
    """See report.render."""
    return paint(_lines(report, style.width), style)


def _lines(report: Report, width: int) -> Iterator[Line]:
    told: set[int] = set()
    ways: list[Sequence[Step]] = []
    for finding in report.findings:
        yield from _finding(finding, width)
        # What a container does, and what becomes of another way, is told once, with the first finding.
        untold = [index for index in finding.containers if index not in told]
        way = finding.violation.story
        if finding.severity != "note" and way and way not in ways:
            yield []
            yield [("  ", ""), ("What happens then:", "")]
            yield from story(way, width)
            ways.append(way)
        elif not way and untold and finding.severity != "note" and report.containers[untold[0]].verdict.story:
            yield []
            yield from _story(report, untold[0], width)
            told.update(finding.containers)
        yield []
    for problem in report.problems:
        yield from _problem(problem, width)
    if report.problems:
        yield []
    yield from _summary(report, width)


def _finding(finding: Finding, width: int) -> Iterator[Line]:
    violation = finding.violation
    line, column, _, _ = violation.span.position()
    place = f"{clean(violation.span.path)}:{line}:{column}"
    yield [(place, "strong"), ("  ", ""), (finding.severity, finding.severity), ("  ", ""), (finding.rule, "strong")]
    yield from _paragraph(violation.message, width)
    yield []
    yield from frame(violation.span, finding.severity, width, context=1)
    for label in violation.related:
        line, column, _, _ = label.span.position()
        yield []
        yield from _paragraph(f"{label.text}: {label.span.path}:{line}:{column}", width)
        yield from frame(label.span, "note", width)
    if violation.fix is not None:
        unsafe = " (look at it: it changes more than this)" if violation.fix.safety == "unsafe" else ""
        yield []
        yield from _paragraph(f"Fix: {violation.fix.title}{unsafe}", width)
        yield from diff(violation.fix, violation.span.path, width)
    if violation.advice is not None:
        yield []
        yield from _paragraph(violation.advice, width)


def _paragraph(text: str, width: int) -> Iterator[Line]:
    for line in wrap(text, width - 2):
        yield [("  ", ""), (line, "")]


def _story(report: Report, index: int, width: int) -> Iterator[Line]:
    container = report.containers[index]
    what = "run" if container.verdict.outcome in _EARLY else "stopped"
    yield [("  ", ""), (f"When {clean(heading(container))} is {what}:", "")]
    yield from story(container.verdict.story, width)


def _problem(problem: Problem, width: int) -> Iterator[Line]:
    place = clean(problem.path) + (f":{problem.line}:{problem.column or 1}" if problem.line else "")
    yield [(place, "strong"), ("  ", ""), ("problem", "error")]
    yield from _paragraph(problem.message, width)


def _summary(report: Report, width: int) -> Iterator[Line]:
    found = {index for finding in report.findings for index in finding.containers}
    for index, container in enumerate(report.containers):
        end = outcome(container)
        line: Line = [(clean(heading(container)), "strong"), (": ", ""), (end, COLORS[container.verdict.outcome])]
        used = sum(columns(text) for text, _ in line)
        texts = list(wrap(gist(container), width - used - 3))
        if used + 3 + columns(texts[0]) <= width and len(texts) == 1:
            yield [*line, (" — ", "faint"), (texts[0], "")]
        else:
            yield line
            yield from ([("  ", ""), (text, "")] for text in wrap(gist(container), width - 2))
        if container.verdict.outcome in _AMISS and index not in found:
            # Nobody is to blame, or nobody knows who: then the story is all that says why.
            yield from story(container.verdict.story, width)
    if report.containers:
        yield []
    yield [(_total(report), "")]


def _total(report: Report) -> str:
    severities: tuple[Severity, ...] = ("error", "warning", "note")
    found = [finding.severity for finding in report.findings]
    parts = [count(found.count(severity), severity) for severity in severities if severity in found]
    if report.problems:
        parts.append(count(len(report.problems), "problem"))
    return f"{count(len(report.containers), 'image')} checked: {', '.join(parts) or 'nothing found'}"
