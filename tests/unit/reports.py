"""A report with everything in it, for the tests of the formats."""

from __future__ import annotations

from dataclasses import dataclass, replace

from stopcheck.case import Container, ContainerReport, Process, Report, Verdict
from stopcheck.model import (
    Edit,
    Finding,
    Fix,
    Label,
    OutcomeKind,
    Problem,
    Safety,
    Severity,
    Step,
    Unknown,
    Violation,
)
from stopcheck.source import SourceFile, Span

DOCKERFILE = SourceFile(
    "web/Dockerfile",
    'FROM debian:12\nCOPY start.sh /\nENTRYPOINT ["/start.sh"]\nCMD ["gunicorn", "app:wsgi"]\n',
)
SCRIPT = SourceFile("web/start.sh", "#!/bin/sh\nset -e\npython manage.py migrate\ngunicorn app:wsgi --bind :80\n")


def spot(source: SourceFile, text: str) -> Span:
    start = source.text.index(text)
    return Span(source, start, start + len(text))


def violation(safety: Safety = "safe") -> Violation:
    culprit = spot(SCRIPT, "gunicorn app:wsgi --bind :80")
    return Violation(
        "`docker stop` waits 10 s, then kills gunicorn: exit 137.",
        culprit,
        Fix("Start it with `exec`", (Edit(culprit.at_start(), "exec "),), safety),
        (Label(spot(DOCKERFILE, 'ENTRYPOINT ["/start.sh"]'), "this starts the script"),),
        "Where something must follow, trap SIGTERM.",
    )


def finding(severity: Severity = "error") -> Finding:
    found = violation()
    return Finding(
        "missing-exec", severity, found, (0,), tuple(Step(label.text, label.span) for label in found.related)
    )


STORY = (
    Step("/start.sh is PID 1, run by dash", spot(DOCKERFILE, "ENTRYPOINT"), None, 1),
    Step("it starts gunicorn and waits", spot(SCRIPT, "gunicorn"), None, 1),
    Step("SIGTERM: PID 1 ignores it", None, 0.0, 1),
    Step("SIGKILL to all that is left", None, 10.0, 1),
)
PROCESSES = (
    Process(1, 0, ("/bin/sh", "/start.sh"), "sh", "shell", False, None, "no trap for SIGTERM", "ignores"),
    Process(6, 1, ("tail", "-f", Unknown("a glob")), "tail", "helper", False, None, "", "untold"),
    Process(7, 1, ("gunicorn", "app:wsgi"), "gunicorn", "service", True, None, "never told", "untold"),
    Process(8, 7, ("gunicorn", "worker"), "gunicorn", "helper", False, None, "", "untold"),
)
KILLED = ContainerReport(
    Container("web/Dockerfile", None, None, "web", ("/start.sh", "gunicorn", "app:wsgi"), "SIGTERM"),
    Verdict(OutcomeKind.KILLED, 137, False, ("gunicorn",), None, 10.0, STORY, PROCESSES),
)
GRACEFUL = ContainerReport(
    Container("go/Dockerfile", "final", None, "go", ("/app",), "SIGTERM"),
    Verdict(OutcomeKind.GRACEFUL, None, True, ("app",)),
)
UNKNOWN = ContainerReport(
    Container("x/Dockerfile", None, None, "x", ("/run", Unknown("built")), "SIGTERM"),
    Verdict(OutcomeKind.UNKNOWN, None, None, (), "/run is made by a build step"),
)
REPORT = Report((KILLED, GRACEFUL, UNKNOWN), (finding(),), (Problem("old/Dockerfile", "no FROM", 1, 1),))


@dataclass(frozen=True)
class Ending:
    """A container that ends in a certain way."""

    outcome: OutcomeKind
    told: bool | None = None
    code: int | None = None

    def report(self) -> ContainerReport:
        verdict = Verdict(self.outcome, self.code, self.told, ("app",), None, 10.0)
        return replace(GRACEFUL, verdict=verdict)
