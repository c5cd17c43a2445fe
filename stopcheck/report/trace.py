"""The picture of a stop: the process tree, the signal's way through it, and the clock."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import OutcomeKind
from stopcheck.report._lines import clean, clip, columns, paint, wrap
from stopcheck.report._story import COLORS, command, gist, heading, outcome, story

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.case import ContainerReport, Fate, Process, Report
    from stopcheck.report._lines import Line, Style

MARKS: dict[Fate, tuple[str, str, str]] = {
    "handles": ("✓", "good", "handles it"),
    "forwards": ("↦", "good", "passes it on"),
    "dies": ("†", "warning", "dies of it"),
    "defers": ("‖", "error", "puts it off"),
    "ignores": ("✗", "error", "ignores it"),
    "untold": ("∅", "error", "is never told"),
    "unknown": ("?", "note", "unknown"),
    "": ("·", "faint", ""),
}
"""How a process takes the signal: mark, style, words."""


def render(report: Report, style: Style) -> str:
    """See report.render."""
    return paint(_lines(report, style.width), style)


def _lines(report: Report, width: int) -> Iterator[Line]:
    for number, container in enumerate(report.containers):
        if number:
            yield []
        yield from _container(container, width)
    legend = _legend(report, width)
    if legend:
        yield []
        yield from legend
    for problem in report.problems:
        place = clean(problem.path) + (f":{problem.line}" if problem.line else "")
        yield [(place, "strong"), ("  ", ""), ("problem", "error")]
        yield from ([("  ", ""), (text, "")] for text in wrap(problem.message, width - 2))


def _container(report: ContainerReport, width: int) -> Iterator[Line]:
    verdict = report.verdict
    yield [(clean(heading(report)), "strong"), (": ", ""), (outcome(report), COLORS[verdict.outcome])]
    yield from ([("  ", ""), (text, "")] for text in wrap(gist(report), width - 2))
    if verdict.processes:
        yield []
        if verdict.outcome not in (OutcomeKind.EXITS, OutcomeKind.FAILS):
            yield [("  ", ""), (clean(report.container.stop_signal), "strong")]
            yield [("  ▼", "")]
        yield from _tree(verdict.processes, width)
    if verdict.story:
        yield []
        yield from story(verdict.story, width)


def _tree(processes: tuple[Process, ...], width: int) -> Iterator[Line]:
    pids = {process.pid for process in processes}
    for process in processes:
        if process.ppid not in pids or process.ppid == process.pid:
            yield from _branch(process, processes, "  ", "  ", width, frozenset())


def _branch(
    process: Process, processes: tuple[Process, ...], first: str, rest: str, width: int, above: frozenset[int]
) -> Iterator[Line]:
    """A process and its children; `first` and `rest` stand before its own line and before those below it."""
    above |= {process.pid}
    children = [child for child in processes if child.ppid == process.pid and child.pid not in above]
    mark, style, _ = MARKS[process.fate]
    label = f" {process.pid}  "
    badge = "   main" if process.main else ""
    room = width - columns(first + mark + label + badge)
    text = clip(command(process.argv) or clean(process.program), room)
    yield [(first, "faint"), (mark, style), (label, "faint"), (text, "strong"), (badge, "note")]
    below = rest + ("│" if children else " ") + " " * columns(label)
    if process.note:
        yield from ([(below, "faint"), (line, "")] for line in wrap(process.note, width - columns(below)))
    for child in children:
        last = child is children[-1]
        turn, on = ("└─ ", "   ") if last else ("├─ ", "│  ")
        yield from _branch(child, processes, rest + turn, rest + on, width, above)


def _legend(report: Report, width: int) -> list[Line]:
    fates = {process.fate for container in report.containers for process in container.verdict.processes}
    parts = [f"  {mark} {words}" for fate, (mark, _, words) in MARKS.items() if fate in fates and words]
    lines: list[Line] = []
    room = 0
    for part in parts:
        if columns(part) > room:
            lines.append([])
            room = width
        lines[-1].append((part, "faint"))
        room -= columns(part)
    return lines
