"""Runs the checks over every way that a stop can go, and keeps what holds."""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module

from stopcheck import rules
from stopcheck.checks._case import Case
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import OutcomeKind
from stopcheck.proof import proven
from stopcheck.records import replace
from stopcheck.stop.blame import causes
from stopcheck.stop.others import others
from stopcheck.stop.story import story

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from stopcheck.case import Options
    from stopcheck.files import Files
    from stopcheck.knowledge.programs import ProgramRow
    from stopcheck.model import Severity, Violation
    from stopcheck.stop.assess import Assessment
    from stopcheck.stop.deliver import Stopped
    from stopcheck.syntax.dockerfile.tree import Dockerfile

    Found = tuple[str, Violation, Severity]
    Check = Callable[[Case], Iterator[Violation]]

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
def checks_of_images() -> tuple[str, ...]:
    """The rules whose checks are asked for every image: the modules in stopcheck/checks/of_image."""
    folder = os.path.join(os.path.dirname(__file__), "checks", "of_image")
    names = sorted(name[:-3] for name in os.listdir(folder) if name.endswith(".py") and name[0] != "_")
    return tuple(name.replace("_", "-") for name in names)


def rules_with_checks() -> tuple[str, ...]:
    """The rules that have a check, by name."""
    folder = os.path.join(os.path.dirname(__file__), "checks")
    names = (name[:-3].replace("_", "-") for name in os.listdir(folder) if name.endswith(".py") and name[0] != "_")
    return tuple(sorted({*names, *checks_of_images()}))


def checks(case: Case) -> Iterator[tuple[str, Check]]:
    """The checks to ask for a case: those of images, and those of the rules that its causes name; by name."""
    for rule in sorted({*checks_of_images(), *(cause.rule for cause in case.causes)}):
        yield rule, _check(rule)


@cache
def _check(rule: str) -> Check:
    place = "of_image." if rule in checks_of_images() else ""
    check: Check = import_module(f"stopcheck.checks.{place}{rule.replace('-', '_')}").check
    return check


def violations(
    dockerfile: Dockerfile, files: Files, path: str, assessment: Assessment, options: Options,
    programs: Mapping[str, ProgramRow] | None,
) -> list[Found]:  # fmt: skip
    """What is wrong with a container, by rule; a violation that several ways share is listed once, at its worst.

    What an entrypoint does with commands that are not the image's own gives warnings at most; so does what it surely
    does once it is given the variables that it cannot do without. What hangs on which shell /bin/sh is, where that is
    not known, is told if it is asked for (`options.pedantic`).
    """
    found = _by_place(_of(dockerfile, assessment, options.pedantic))
    own = proven(list(found.values()), dockerfile, files, path, options, programs, assessment)
    more: dict[tuple[str, str, int, int], Found] = {}
    for other in others(assessment, programs):
        new = _by_place(_of(dockerfile, other.assessment, options.pedantic, otherwise=True))
        fresh = [
            _under(other.condition, each)
            for key, each in new.items()
            if key not in found.keys() | more.keys() and (each[2] == "error" or not other.needed)
        ]
        more |= _by_place(proven(fresh, dockerfile, files, path, options, programs, other.assessment, as_it_is=False))
    return [*own, *more.values()]


def _under(condition: str, found: Found) -> Found:
    """A violation of an image that is run otherwise, which says when it comes true."""
    rule, violation, severity = found
    severity = min(severity, "warning", key=ORDER.index)
    first, rest = violation.message[0], violation.message[1:]
    first = first.lower() if rest[:1].islower() else first
    return rule, replace(violation, message=f"{condition}, {first}{rest}"), severity


def _of(dockerfile: Dockerfile, assessment: Assessment, pedantic: bool, *, otherwise: bool = False) -> Iterator[Found]:
    """What is wrong on every way; what hangs on something that the files do not decide is a warning at most.

    The story that is told of the image is that of its worst way: what comes of another says that it is one, and has a
    story of its own; so has all that comes of an image that is run `otherwise`.
    """
    paths: list[Stopped | None] = [*sorted(assessment.paths, key=lambda path: path is not assessment.worst)] or [None]
    ways = [_of_way(dockerfile, assessment, stopped, pedantic) for stopped in paths]
    errors = ({_place(rule, each) for rule, each, severity in way if severity == "error"} for way in ways)
    certain = set.intersection(*errors)
    for stopped, way in zip(paths, ways, strict=True):
        elsewhere = _elsewhere(assessment, stopped)
        own = story(assessment, stopped) if way and stopped is not None and (elsewhere or otherwise) else ()
        for rule, violation, severity in way:
            highest: Severity = "error" if _place(rule, violation) in certain else "warning"
            each = rule, replace(violation, story=own), min(severity, highest, key=ORDER.index)
            yield _under(elsewhere, each) if elsewhere else each


def _elsewhere(assessment: Assessment, stopped: Stopped | None) -> str:
    """On which way something comes true, where that ends otherwise than the worst one; "" where it does not."""
    worst = assessment.worst
    if stopped is None or worst is None or (stopped.outcome, stopped.exit_code) == (worst.outcome, worst.exit_code):
        return ""
    own = [one.reason for one in stopped.world.assumed if one not in worst.world.assumed]
    reasons = own or [one.reason for one in stopped.world.assumed]
    return f"On another way, which depends on {reasons[0]}" if reasons else ""


def _of_way(dockerfile: Dockerfile, assessment: Assessment, stopped: Stopped | None, pedantic: bool) -> list[Found]:
    known = stopped is not None and (pedantic or assessment.worst is not None)
    case = Case(dockerfile, assessment, stopped, causes(assessment, stopped) if stopped and known else ())
    return [(rule, each, _severity(rule, each, case)) for rule, check in checks(case) for each in check(case)]


def _by_place(found: Iterable[Found]) -> dict[tuple[str, str, int, int], Found]:
    """One for each rule and place: the worst."""
    kept: dict[tuple[str, str, int, int], Found] = {}
    for rule, violation, severity in found:
        key = _place(rule, violation)
        if key not in kept or ORDER.index(kept[key][2]) < ORDER.index(severity):
            kept[key] = (rule, violation, severity)
    return kept


def _place(rule: str, violation: Violation) -> tuple[str, str, int, int]:
    span = violation.span.outermost()
    return (rule, span.path, span.start, span.end)


def _severity(rule: str, violation: Violation, case: Case) -> Severity:
    """The page's severity, lowered by what comes of this way, and by what that hangs on."""
    if violation.severity is not None:
        return violation.severity
    ceiling = "warning" if case.supposed else CEILING[case.outcome]
    return min(rules.load(rule).severity, ceiling, key=ORDER.index)
