"""The picture of a stop."""

from __future__ import annotations

from dataclasses import replace

from stopcheck.case import Process, Report
from stopcheck.model import OutcomeKind
from stopcheck.report import render
from stopcheck.report._lines import Style
from stopcheck.report.trace import MARKS
from tests.unit.reports import KILLED

PICTURE = """\
web/Dockerfile: killed (137) after 10 s
  gunicorn is never told, then SIGKILLed

  SIGTERM
  ▼
  ✗ 1  /bin/sh /start.sh
  │    no trap for SIGTERM
  ├─ ∅ 6  tail -f ?
  └─ ∅ 7  gunicorn app:wsgi   main
     │    never told
     └─ ∅ 8  gunicorn worker

             /start.sh is PID 1, run by dash   web/Dockerfile:3
             it starts gunicorn and waits   web/start.sh:4
     +0.0 s  SIGTERM: PID 1 ignores it
    +10.0 s  SIGKILL to all that is left

  ✗ ignores it  ∅ is never told
"""


def picture(report: Report, unicode: bool = True) -> str:
    return render("trace", report, Style(80, False, unicode))


def test_the_picture() -> None:
    assert picture(Report((KILLED,))) == PICTURE


def test_it_can_be_drawn_in_ascii() -> None:
    drawn = picture(Report((KILLED,)), unicode=False)
    assert drawn.isascii()
    assert "  `- o 7  gunicorn app:wsgi   main\n" in drawn


def test_what_the_marks_mean_fits_the_width() -> None:
    own = tuple(replace(process, fate=fate) for process, fate in zip(KILLED.verdict.processes, MARKS, strict=False))
    report = Report((replace(KILLED, verdict=replace(KILLED.verdict, processes=own)),))
    lines = render("trace", report, Style(50, False, True)).splitlines()
    assert lines[-2:] == ["  ✓ handles it  ↦ passes it on  † dies of it", "  ‖ puts it off"]


def test_no_signal_is_drawn_where_none_is_sent() -> None:
    ended = replace(KILLED, verdict=replace(KILLED.verdict, outcome=OutcomeKind.EXITS))
    assert "▼" not in picture(Report((ended,)))


def test_processes_in_a_circle_are_drawn_once() -> None:
    own = (Process(1, 1, ("a",), "a", "service"), Process(2, 1, ("b",), "b", "helper"), Process(1, 2, ("c",), "c", "x"))
    drawn = picture(Report((replace(KILLED, verdict=replace(KILLED.verdict, processes=own)),)))
    assert drawn.count("  b\n") == 1
