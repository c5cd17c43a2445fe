"""Predicts one image, runs it for real, and says whether the two agree."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from stopcheck.files import MemoryFiles
from stopcheck.image.build import build_image
from stopcheck.knowledge.programs import ProgramRow
from stopcheck.model import Unknown
from stopcheck.source import SourceFile
from stopcheck.stop.assess import assess
from stopcheck.stop.story import story
from stopcheck.syntax.dockerfile import parse_dockerfile
from tests.conformance import harness
from tests.conformance.fact_images import PROGRAM
from tests.conformance.fuzz.grammar import DEFAULTS, SERVICES

if TYPE_CHECKING:
    from stopcheck.boot.world import Event, World
    from stopcheck.stop.assess import Assessment
    from stopcheck.stop.deliver import Stopped

Agreement = Literal["exact", "other way", "unknown", "race", "wrong"]
"""`other way`: not the way that counts, but one that is said to be possible, on what the files do not decide."""

GRACE = 1.6
"""Seconds; a stand-in needs 0.5 to clean up, a wrapper that gives up does it after 2."""
MARGINS = (1.3, 1.8)
"""What is said otherwise with these is a race with the clock."""
_LOGGED = ("HUP", "USR1", "USR2", "WINCH", "ALRM", "PWR")

RENAMED = "svc"
"""What `exec -a` calls any of them."""

_PART_OF_A_SECOND = re.compile(r"\btimeout [^;\n]*?\b0\.\d")

PROGRAMS = {
    **{
        name: ProgramRow(
            name, seconds=0.5, on=dict.fromkeys(_LOGGED, "ignore") | dict.fromkeys(("TERM", "INT", "QUIT"), "graceful"),
            otherwise="default",
        )
        for name in SERVICES
    },
    **{name: ProgramRow(name, otherwise="default") for name in DEFAULTS},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Image:
    """What is predicted and what is run, of one and the same image."""

    dockerfile: str
    argv: tuple[str, ...]
    texts: dict[str, str]
    shell: str
    stop_signal: str


@dataclass(frozen=True, slots=True)
class Said:
    """What the analysis says: `mains` by name, `exit_code` of PID 1 also where the report leaves it out.

    `is_race`: the script signals what it has just started, in a trap or before, or ends by itself a while after it is
    up: whether the stop comes before or after is chance. So it is how long a shell that calls itself takes to run out
    of memory.
    """

    outcome: str
    exit_code: int | None = None
    mains: tuple[str, ...] = ()
    reason: str = ""
    story: str = ""
    is_race: bool = False
    others: tuple[Said, ...] = ()
    """The other ways, and those on which it ends before anything is up."""


def predict(image: Image, grace: float = GRACE) -> Said:
    """Analyse it; a crash is an outcome of its own."""
    files = {f"files{path}": text for path, text in image.texts.items()}
    files |= {f"bin/{name}": PROGRAM for name in PROGRAMS}
    files["Dockerfile"] = image.dockerfile
    memory = MemoryFiles(files, dict.fromkeys(files, 0o755))
    try:
        built, problems = build_image(parse_dockerfile(SourceFile("Dockerfile", image.dockerfile)), memory, "", None)
        if built is None:
            return Said("problem", reason="; ".join(problem.message for problem in problems))
        return _said(assess(built, grace, PROGRAMS))
    except Exception as error:
        return Said("crash", reason=repr(error))


def _said(assessment: Assessment) -> Said:
    worst = assessment.worst
    if worst is None:
        return Said(str(assessment.outcome), reason=assessment.reason.reason if assessment.reason else "")
    if worst.outcome == "unknown":
        return Said("unknown", reason=worst.reason.reason if worst.reason else "")
    others = [path for path in assessment.paths if path is not worst and path.outcome != "unknown"]
    told = "\n".join(step.text for step in story(assessment, worst))
    return replace(_way(worst), story=told, others=tuple(map(_way, (*others, *assessment.guards))))


def _way(way: Stopped) -> Said:
    status = way.world.init.status
    code = 137 if way.outcome == "killed" else None if isinstance(status, Unknown) else status
    booted = way.booted.world
    early = any(event.kind == "kills" and event.seconds is None for event in booted.events)
    early = early or any(_is_too_soon(event, way.world) or _is_too_late(event, way.world) for event in way.world.events)
    late = way.outcome in ("exits", "fails") and booted.clock > 0
    names = tuple(booted.processes[pid].program for pid in way.mains)
    return Said(str(way.outcome), code, names, is_race=early or late or code == 139)


def _is_too_soon(event: Event, world: World) -> bool:
    """Whether something is sent a signal at the very moment it was started: is it what it is to become yet?"""
    if event.kind != "kills" or event.seconds is None or event.other < world.first_after:
        return False
    return world.processes[event.other].started_at == world.epoch + event.seconds


def _is_too_late(event: Event, world: World) -> bool:
    """Whether something is sent a signal that may have ended of the one it was sent before, at the same moment."""
    if event.kind != "kills" or event.seconds is None:
        return False
    now = [each for each in world.events if each.seconds == event.seconds]
    told = any(each.kind == "forwards" and each.other == event.other for each in now)
    return told and any(each.kind == "end" and each.pid == event.other for each in now)


def measure(image: Image) -> harness.Measurement:
    """Run it; raises UnavailableError."""
    return harness.run(
        harness.Case(
            image.argv,
            {path: (text, 0o755) for path, text in image.texts.items()},
            image.stop_signal,
            GRACE,
            sh={"busybox": "busybox", "sh": "bash"}.get(image.shell, "dash"),
            stand_ins={**dict.fromkeys(SERVICES, "service"), **dict.fromkeys(DEFAULTS, "default")},
            busybox_tools=image.shell == "busybox",
        )
    )


def agrees(said: Said, measured: harness.Measurement) -> bool:
    """Whether what was said is what happened, in outcome and exit code."""
    if measured.outcome in ("exits", "fails"):
        return said.outcome in ("exits", "fails") and said.exit_code in (None, measured.pid1_exit)
    if measured.outcome == "killed" or said.outcome in ("killed", "exits", "fails"):
        return measured.outcome == said.outcome
    if said.exit_code is not None and said.exit_code != measured.pid1_exit:
        return False
    names = {*said.mains, RENAMED}
    seen = [(item.name.removeprefix("-"), item) for item in measured.stand_ins]
    seen = [(name, item) for name, item in seen if name in names]
    # What `exec -a` has renamed is one of them.
    plain = set(said.mains) & set(DEFAULTS) - {name for name, _ in seen}
    fates = ["terminated" if plain and name == RENAMED else _fate(item) for name, item in seen]
    if not fates:
        return not any(name in PROGRAMS for name in said.mains)
    return said.outcome == next(fate for fate in ("cut-off", "terminated", "graceful") if fate in fates)


def _fate(item: harness.StandIn) -> str:
    if item.kind == "default":
        return "terminated"
    return "graceful" if item.finished else "cut-off"


def is_race(image: Image, said: Said) -> bool:
    """Whether a little more or less time would have it otherwise."""
    if said.is_race:
        return True
    texts = (*image.argv, *image.texts.values())
    if image.shell == "busybox" and any(map(_PART_OF_A_SECOND.search, texts)):
        return True  # its timeout counts whole seconds, and the stop comes before
    others = [predict(image, grace) for grace in MARGINS]
    return any((other.outcome, other.exit_code) != (said.outcome, said.exit_code) for other in others)


def disagreement(image: Image, times: int = 6) -> tuple[Agreement, Said, harness.Measurement | None]:
    """Predict and measure; "wrong" only where it is measured alike several times."""
    said = predict(image)
    if said.outcome == "unknown":
        return "unknown", said, None
    if is_race(image, said):
        return "race", said, None
    first = harness_key = None
    for _ in range(times):
        measured = measure(image)
        if agrees(said, measured):
            return ("exact" if first is None else "race"), said, measured
        if any(agrees(other, measured) for other in said.others):
            return "other way", said, measured
        key = (measured.outcome, measured.pid1_exit)
        if first is not None and key != harness_key:
            return "race", said, measured
        first, harness_key = measured, key
    return "wrong", said, first
