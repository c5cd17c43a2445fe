"""Carries out a request: runs it with a progress bar, writes the report, and says with which code to exit."""

from __future__ import annotations

import os
import sys

from stopcheck import engine
from stopcheck.hints import TYPE_CHECKING
from stopcheck.report import render
from stopcheck.report._lines import Style

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

    from stopcheck.engine import Request, Run

CLEAN, FOUND, FAILED, NOTHING = 0, 1, 2, 3
"""Exit codes: nothing found; findings; wrong use, a broken configuration or an internal error; nothing to check."""


def perform(request: Request, form: str = "text", output: str | None = None, color: str = "auto") -> int:
    """Run, report, and give the exit code; OSError where `output` cannot be written."""
    run = _run(request)
    style = _style(color, to_file=output is not None)
    _write(render(form, run.report, style), output)
    if run.empty:
        besides = " besides what a .gitignore names" if run.left_out else ""
        message = f"stopcheck: nothing to check: no Dockerfile or Containerfile is there{besides}"
        print(message, file=sys.stderr)  # noqa: T201
    if run.crashed or run.bad_paths or run.bad_configuration:
        return FAILED
    if run.empty:
        return NOTHING
    return FOUND if run.failed else CLEAN


def _run(request: Request) -> Run:
    if not sys.stderr.isatty():
        return engine.run(request)
    from contextlib import ExitStack

    with ExitStack() as stack:
        return engine.run(request, _progress(stack))


def _progress(stack: ExitStack) -> Callable[[int, int], None]:
    """Shows a bar on standard error once a run turns out to be long; the stack takes it away at the end."""
    from time import monotonic

    start = monotonic()
    show: Callable[[int, int], None] | None = None

    def progress(done: int, total: int) -> None:
        nonlocal show
        if show is None and total > 1 and (total > 50 or monotonic() > start + 1):
            show = _bar(stack)
        if show is not None:
            show(done, total)

    return progress


def _bar(stack: ExitStack) -> Callable[[int, int], None]:
    from rich.console import Console
    from rich.progress import Progress

    bar = stack.enter_context(Progress(console=Console(stderr=True), transient=True))
    task = bar.add_task("Dockerfiles")
    return lambda done, total: bar.update(task, completed=done, total=total)


def _write(text: str, output: str | None) -> None:
    if output is not None:
        with open(output, "wb") as stream:
            stream.write(text.encode("utf-8", "replace"))
        return
    try:
        sys.stdout.buffer.write(text.encode(sys.stdout.encoding or "utf-8", "replace"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Who read us has gone: nothing more is to be said, not even at the flush on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _style(color: str, to_file: bool) -> Style:
    terminal = sys.stdout.isatty() and not to_file
    wanted = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    unicode = to_file or (sys.stdout.encoding or "ascii").lower().replace("-", "").startswith("utf")
    return Style(_width(terminal), color == "always" or (color == "auto" and wanted), unicode)


def _width(terminal: bool) -> int:
    """The columns to use: as many as there are, but no line so long that it is hard to read."""
    given = os.environ.get("COLUMNS", "")
    width = int(given) if given.isdecimal() else 0
    if not width and terminal:
        width = os.get_terminal_size(sys.stdout.fileno()).columns
    return max(40, min(width or 80, 120))
