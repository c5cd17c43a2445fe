"""The image as people run it besides as it is: with other commands, and with the variables that its scripts ask for."""

from __future__ import annotations

import re

from stopcheck.boot.alternatives import alternatives, is_told_to_start
from stopcheck.boot.bodies.program import Program
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import StartCommand
from stopcheck.model import OutcomeKind, Unknown
from stopcheck.records import dataclass, replace
from stopcheck.stop.assess import ROUNDS, assess, with_variables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stopcheck.knowledge.programs import ProgramRow
    from stopcheck.source import Span
    from stopcheck.stop.assess import Assessment
    from stopcheck.stop.deliver import Stopped

    Command = tuple[str, Span | None]

NAMED = 3
"""So many variables are named in a message."""
TRIED = 12
"""Of so many variables those are left out without which it comes up, too."""


@dataclass(frozen=True, slots=True)
class Other:
    """What a stop does to an image that is run otherwise; `condition` says how.

    `needed`: it cannot do without that; other commands its scripts only know.
    """

    assessment: Assessment
    condition: str
    needed: bool = False


def others(assessment: Assessment, programs: Mapping[str, ProgramRow] | None = None) -> Iterator[Other]:
    """Each with the ways on which it comes up; none where it does not."""
    if assessment.paths:
        ended = _made_ready(assessment)
        for other in (*_other_commands(assessment, programs), *_with_variables(assessment, programs)):
            paths = tuple(path for path in other.assessment.paths if not _serves(path, ended))
            if paths:
                yield replace(other, assessment=replace(other.assessment, paths=paths))


def _made_ready(assessment: Assessment) -> frozenset[Command]:
    """The commands that end on the way to the service of the image as it is: they are none themselves."""
    processes = (p for path in assessment.paths if path.booted.up for p in path.booted.world.processes.values())
    return frozenset((process.program, process.origin) for process in processes if not process.alive)


def _serves(path: Stopped, commands: frozenset[Command]) -> bool:
    """Whether one of them is taken for a service."""
    mains = (path.booted.world.processes[pid] for pid in path.mains)
    return any((main.program, main.origin) in commands for main in mains)


def _other_commands(assessment: Assessment, programs: Mapping[str, ProgramRow] | None) -> Iterator[Other]:
    """The commands that its entrypoint knows by name."""
    image = assessment.image
    entrypoint = image.entrypoint
    if entrypoint is None or isinstance(entrypoint, Unknown) or entrypoint.shell_form is not None:
        return
    own = image.cmd.argv[:1] if image.cmd is not None and not isinstance(image.cmd, Unknown) else ()
    for word in alternatives(assessment.paths[0].booted.machine.scripts()):
        if (word,) != own:  # a word that the script knows need not be a program of this image
            other = assess(replace(image, cmd=StartCommand((word,), None)), assessment.grace, programs)
            paths = tuple(path for path in other.paths if is_told_to_start(word) or not _is_supposed(path))
            yield from _up(replace(other, paths=paths), f"Run with `{word}`")


def _is_supposed(path: Stopped) -> bool:
    """Whether nothing tells that its main is a service, but that it comes last: other commands mostly do some work."""
    mains = (path.booted.world.processes[pid] for pid in path.mains)
    return any(
        isinstance(main.body, Program) and main.body.stands and not any(map(is_told_to_start, main.argv))
        for main in mains
    )


def _with_variables(assessment: Assessment, programs: Mapping[str, ProgramRow] | None) -> Iterator[Other]:
    """What it says it cannot do without (`: "${PASSWORD:?}"`), given when it is run."""
    given: list[str] = []
    now = assessment
    for _ in range(ROUNDS):
        if not _gave_up(now):
            break
        machine = now.paths[0].booted.machine
        texts = [script.body.span.source.text for script in machine.scripts()]
        wanted = {name for name in now.asked() if any(_is_wanted(name, text) for text in texts)} | machine.wanted
        asked = [name for name in now.asked() if name not in given and name in wanted]
        if not asked:
            break
        given += asked
        now = _given(assessment, given, programs)
    if given and not _gave_up(now):
        for name in given if 1 < len(given) <= TRIED else ():
            fewer = _given(assessment, [other for other in given if other != name], programs)
            if not _gave_up(fewer):
                given, now = [other for other in given if other != name], fewer
        names = ", ".join(given[:NAMED]) + (", …" if len(given) > NAMED else "")
        yield from _up(now, f"With {names} set", needed=True)


def _given(assessment: Assessment, names: list[str], programs: Mapping[str, ProgramRow] | None) -> Assessment:
    image = with_variables(assessment.image, names, "it is given when the container is run")
    return assess(image, assessment.grace, programs)


def _is_wanted(name: str, text: str) -> bool:
    """Whether a script uses a variable as it is given, or names it to one that does (`need HOST`: `${!1}`).

    By custom such a name is in capitals.
    """
    name = re.escape(name)
    used = re.search(rf"\$(?:{name}\b|\{{{name}(?:\}}|:?[?+]|[#%/]))|(?<![\w$\{{!=]){name}(?![\w=])", text)
    has_default = re.search(rf"\b{name}=[\"']?\$\{{{name}:?-|\$\{{{name}:?=", text)
    return name.isupper() and used is not None and has_default is None


def _gave_up(assessment: Assessment) -> bool:
    """Whether the script ends with an error of its own before the service starts, or for want of a variable."""
    worst = assessment.worst
    return (
        worst is not None
        and not worst.booted.up
        and (assessment.outcome is OutcomeKind.FAILS or bool(worst.booted.machine.wanted))
        and not any(event.kind in {"cannot-start", "not-found"} for event in worst.booted.world.events)
    )


def _up(assessment: Assessment, condition: str, needed: bool = False) -> Iterator[Other]:
    paths = tuple(stopped for stopped in assessment.paths if stopped.booted.up)
    if paths:
        yield Other(replace(assessment, paths=paths), condition, needed)
