"""Runs the checks over every way that a stop can go, and keeps what holds."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from stopcheck import rules
from stopcheck.checks._case import Case
from stopcheck.model import OutcomeKind
from stopcheck.stop.blame import causes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from stopcheck.case import Options
    from stopcheck.files import Files
    from stopcheck.knowledge.programs import ProgramRow
    from stopcheck.model import Severity, Violation
    from stopcheck.stop.assess import Assessment
    from stopcheck.stop.deliver import Stopped
    from stopcheck.syntax.dockerfile import Dockerfile

ORDER: tuple[Severity, ...] = ("note", "warning", "error")
CEILING: dict[OutcomeKind, Severity] = {
    OutcomeKind.FAILS: "error",
    OutcomeKind.KILLED: "error",
    OutcomeKind.CUT_OFF: "error",
    OutcomeKind.EXITS: "error",
    OutcomeKind.TERMINATED: "warning",
    OutcomeKind.GRACEFUL: "note",
    OutcomeKind.UNKNOWN: "note",
}


@cache
def checks() -> tuple[tuple[str, Callable[[Case], Iterator[Violation]]], ...]:
    """All checks with the names of their rules: one module each in stopcheck/checks."""
    names = sorted(path.stem for path in (Path(__file__).parent / "checks").glob("[a-z]*.py"))
    return tuple((name.replace("_", "-"), import_module(f"stopcheck.checks.{name}").check) for name in names)


def violations(
    dockerfile: Dockerfile, files: Files, assessment: Assessment, options: Options, programs: Mapping[str, ProgramRow] | None
) -> list[tuple[str, Violation, Severity]]:
    """What is wrong with a container, by rule; a violation that several ways share is listed once, at its worst."""
    found: dict[tuple[str, object], tuple[str, Violation, Severity]] = {}
    for stopped in assessment.paths or (None,):
        case = Case(dockerfile, assessment, stopped, causes(assessment, stopped) if stopped is not None else ())
        for rule, check in checks():
            for violation in check(case):
                severity = _severity(rule, violation, case, stopped)
                span = violation.span.outermost()
                key = (rule, (span.path, span.start, span.end))
                if key not in found or ORDER.index(found[key][2]) < ORDER.index(severity):
                    found[key] = (rule, violation, severity)
    return list(found.values())


def _severity(rule: str, violation: Violation, case: Case, stopped: Stopped | None) -> Severity:
    """The page's severity, lowered by what comes of this way, and where the files do not decide that it is taken."""
    highest = violation.severity or rules.load(rule).severity
    if violation.severity is not None:
        return highest
    ceiling = CEILING[case.outcome]
    if stopped is not None and stopped.booted.conditional and ceiling == "error":
        ceiling = "warning"
    return min(highest, ceiling, key=ORDER.index)
