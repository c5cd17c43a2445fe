"""The picture of a stop: the process tree, the signal's way through it, and the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopcheck.model import OutcomeKind
from stopcheck.report._lines import clean, clip, columns, paint, wrap
from stopcheck.report._story import COLORS, command, gist, heading, outcome, story

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.case import ContainerReport, Fate, Process, Report
    from stopcheck.report._lines import Line, Style

MARKS: dict[Fate, tuple[str, str]] = {
    "handles": ("✓", "good"),
    "forwards": ("↦", "good"),
    "dies": ("†", "warning"),
    "defers": ("‖", "error"),
    "ignores": ("✗", "error"),
    "untold": ("∅", "error"),
    "unknown": ("?", "note"),
    "": ("·", "faint"),
}
"""How a process takes the signal, in a column."""


def render(report: Report, style: Style) -> str:
    """See report.render."""
    return paint(_lines(report, style.width), style)


def _lines(report: Report, width: int) -> Iterator[Line]:
    for number, container in enumerate(report.containers):
        if number:
            yield []
        yield from _container(container, width)
    for problem in report.problems:
        place = clean(problem.path) + (f":{problem.line}" if problem.line else "")
        yield [(place, "strong"), ("  ", ""), ("problem", "error")]
        yield from ([("  ", ""), (text, "")] for text in wrap(problem.message, width - 2))


def _container(report: ContainerReport, width: int) -> Iterator[Line]:
    verdict = report.verdict
    yield [(clean(heading(report)), "strong"), ("  ", ""), (outcome(report), COLORS[verdict.outcome])]
    yield from ([("  ", ""), (text, "")] for text in wrap(gist(report), width - 2))
    if verdict.processes:
        yield []
        if verdict.outcome not in (OutcomeKind.EXITS, OutcomeKind.FAILS):
            yield [("  ", ""), (clean(report.container.stop_signal), "strong")]
            yield [("  │", "faint")]
            yield [("  ▼", "faint")]
        yield from _tree(verdict.processes, width)
    if verdict.story:
        yield []
        yield from story(verdict.story, width)


def _tree(processes: tuple[Process, ...], width: int) -> Iterator[Line]:
    pids = {process.pid for process in processes}
    tops = [process for process in processes if process.ppid not in pids or process.ppid == process.pid]
    for process in tops:
        yield from _branch(process, processes, "  ", "  ", width, frozenset())


def _branch(
    process: Process, all_: tuple[Process, ...], first: str, rest: str, width: int, above: frozenset[int]
) -> Iterator[Line]:
    """A process and its children; `first` and `rest` stand before its own line and before those below it."""
    children = [child for child in all_ if child.ppid == process.pid and child.pid not in above | {process.pid}]
    mark, color = MARKS[process.fate]
    label = f" {process.pid}  "
    badge = "  main" if process.main else ""
    text = clip(command(process.argv) or clean(process.program), width - columns(first + mark + label + badge))
    yield [(first, "faint"), (mark, color), (label, "faint"), (text, "strong" if process.main else ""), (badge, "note")]
    below = rest + ("│" if children else " ") + " " * (columns(label) - 1 + 1)
    note = process.note or ""
    if note:
        for line in wrap(note, width - columns(below)):
            yield [(below, "faint"), (line, color if process.fate else "faint")]
    for number, child in enumerate(children, 1):
        last = number == len(children)
        turn = rest + ("└─ " if last else "├─ ")
        deeper = rest + ("   " if last else "│  ")
        yield from _branch(child, all_, turn, deeper, width, above | {process.pid})
