"""From a Dockerfile among its files to what a stop does to its container, and what is to blame."""

from __future__ import annotations

from posixpath import join, normpath

from stopcheck.boot.bodies.program import Program
from stopcheck.boot.boot import start_argv
from stopcheck.case import Container, Options, Verdict
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.build import build_image
from stopcheck.image.context import find_context
from stopcheck.model import OutcomeKind, Problem, Unknown
from stopcheck.records import replace
from stopcheck.stop.assess import Assessment, assess
from stopcheck.stop.story import nothing_to_start, processes, story
from stopcheck.syntax.dockerfile import parse_dockerfile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.files import Files
    from stopcheck.image.model import Image
    from stopcheck.knowledge.programs import ProgramRow
    from stopcheck.model import Severity, Violation

Case = tuple[Container, Verdict, list[tuple[str, "Violation", "Severity"]]]


def analyze_container(
    files: Files, path: str, options: Options, programs: Mapping[str, ProgramRow] | None = None
) -> tuple[tuple[Case, ...], tuple[Problem, ...]]:
    """The container that a Dockerfile's last stage (or `options.target`) makes, its verdict and violations; problems.

    No container where the file cannot be read or has no such stage. `programs` are further rows of knowledge.
    """
    source = files.read(path)
    if source is None:
        return (), (Problem(path, "there is no such file, or it cannot be read"),)
    dockerfile = parse_dockerfile(source)
    if not any(instruction.keyword == "FROM" for instruction in dockerfile.instructions):
        return (), dockerfile.problems
    context = options.context
    if context is None:
        context = find_context(dockerfile, files, path, options.contexts)
    image, problems = build_image(dockerfile, files, context, options.target, path=path, recipes=options.recipes)
    if image is None:
        return (), (*dockerfile.problems, *problems)
    assessment = assess(image, options.grace_period, programs)
    mounted = _mounted(assessment, path, options)
    if mounted is not None:
        assessment = replace(assessment, outcome=OutcomeKind.UNKNOWN, worst=None, reason=mounted)
    container = _container(image, path, context, assessment)
    verdict = _verdict(assessment)
    from stopcheck.findings import violations

    found = violations(dockerfile, files, path, assessment, options, programs)
    return ((container, verdict, found),), (*dockerfile.problems, *problems)


def _mounted(assessment: Assessment, dockerfile: str, options: Options) -> Unknown | None:
    """What the image lacks for its start and gets when it is run, as the repository tells.

    That may be the configuration of a service, too, which keeps it in the foreground.
    """
    early = assessment.outcome in {OutcomeKind.FAILS, OutcomeKind.EXITS}
    if not early or assessment.worst is None or options.mounts is None:
        return None
    world = assessment.worst.booted.world
    for event in world.events:
        failure = event.failure
        kinds = {"argument", "denied", "absent"} if failure is not None and "/" in failure.name else {"argument"}
        if failure is not None and failure.kind in kinds:
            path = normpath(join("/", world.processes[event.pid].cwd, failure.name))
            place = options.mounts(path, dockerfile)
            if place is not None:
                return Unknown(f"what {path} is: {place} mounts it when the container runs", event.span)
        left = world.processes[event.other].body if event.kind == "daemonizes" else None
        for path in left.row.config if isinstance(left, Program) else ():
            place = options.mounts(path, dockerfile)
            if place is not None:
                return Unknown(f"what {path} tells: {place} mounts it when the container runs", event.span)
    return None


def _container(image: Image, path: str, context: str, assessment: Assessment) -> Container:
    argv = start_argv(image)
    return Container(
        path=path,
        stage=image.stage,
        service=None,
        context=context,
        argv=() if argv is None else (argv,) if isinstance(argv, Unknown) else argv,
        stop_signal="SIG" + assessment.signal,
        grace_period=assessment.grace,
    )


def _verdict(assessment: Assessment) -> Verdict:
    worst = assessment.worst
    if worst is None:
        reason = assessment.reason.reason if assessment.reason is not None else None
        if assessment.outcome is OutcomeKind.FAILS:
            return Verdict(assessment.outcome, story=nothing_to_start(assessment.image))
        return Verdict(assessment.outcome, reason=reason)
    known = worst.outcome not in {OutcomeKind.UNKNOWN, OutcomeKind.EXITS, OutcomeKind.FAILS}
    programs = tuple(worst.booted.world.processes[pid].program for pid in worst.mains)
    return Verdict(
        outcome=worst.outcome,
        exit_code=assessment.exit_code(worst),
        signal_reaches_main=worst.reaches if known else None,
        main=programs,
        reason=worst.reason.reason if worst.outcome is OutcomeKind.UNKNOWN and worst.reason is not None else None,
        seconds=worst.seconds,
        story=story(assessment, worst),
        processes=processes(assessment, worst),
    )
