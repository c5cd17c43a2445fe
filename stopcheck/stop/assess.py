"""An image, a stop signal and a grace period: the ways it can go, and the one that counts."""

from __future__ import annotations

from stopcheck.boot.bodies.program import Program
from stopcheck.boot.boot import boot, start_argv
from stopcheck.boot.either import MARK
from stopcheck.boot.signals import signal_name
from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge.programs import find_program
from stopcheck.model import WORST_FIRST, OutcomeKind, Unknown
from stopcheck.records import dataclass, replace
from stopcheck.stop.deliver import Stopped, stop
from stopcheck.stop.mains import gives_up

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stopcheck.image.model import Image
    from stopcheck.knowledge.programs import ProgramRow


_BY_ITSELF = frozenset({OutcomeKind.FAILS, OutcomeKind.EXITS})
ROUNDS = 8
"""So often a script may ask for more variables once it has those that it asked for."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a stop does to an image: `paths` are the ways that count, `worst` the one that gives the outcome.

    `guards` are the others, on which it ends before anything is up.
    """

    image: Image
    signal: str
    grace: float
    outcome: OutcomeKind
    paths: tuple[Stopped, ...] = ()
    worst: Stopped | None = None
    reason: Unknown | None = None
    guards: tuple[Stopped, ...] = ()

    def exit_code(self, stopped: Stopped) -> int | None:
        """How the container ends; None where that is not the same on all ways that end like this one.

        Where it ends by itself the guards count, too: nobody knows which of the ways it goes.
        """
        if stopped.booted.up:
            codes = {path.exit_code for path in self.paths if path.outcome is stopped.outcome}
        else:
            codes = {path.exit_code for path in (*self.paths, *self.guards) if not path.booted.up}
        return stopped.exit_code if len(codes) == 1 else None

    def asked(self) -> tuple[str, ...]:
        """The variables that its scripts asked for and that nothing sets."""
        return tuple(self.paths[0].booted.machine.asked) if self.paths else ()


def assess(image: Image, grace: float, programs: Mapping[str, ProgramRow] | None = None) -> Assessment:
    """Boot the image, stop it, and take the worst of the ways that count; `grace` in seconds.

    What nothing sets counts as unset. But a container must not end by itself for the want of a variable that a base
    image may set of which nothing is known: then it has it. Those have names in capitals. Nor for the want of one that
    is made from a build argument without a value: such an image is built with one. Nor must it wait for ever because of
    a variable that the command it waits for forbids to be unset.
    """
    found = _assess(image, grace, programs)
    for _ in range(ROUNDS):
        wanted = _waited_for_in_vain(found)
        if not wanted:
            break
        image = with_variables(image, wanted, "it is given when the container is run")
        found = _assess(image, grace, programs)
    if image.blanks and found.outcome in _BY_ITSELF:
        given = with_variables(image, sorted(image.blanks), "each build gives it")
        found = _assess(given, grace, programs)
    for _ in range(ROUNDS):
        asked = [name for name in found.asked() if name.isupper() and name not in found.image.env]
        if not image.env_open or not asked or found.outcome not in _BY_ITSELF:
            break
        given = with_variables(found.image, asked, f"the base image {image.base.name} may set it")
        found = _assess(given, grace, programs)
    return found


def _waited_for_in_vain(found: Assessment) -> list[str]:
    """The variables for want of which a command fails again and again, on each way that is up (`set -u`)."""
    up = [path.booted.world for path in found.paths if path.booted.up]
    lacks = [{event.text for event in world.events if event.kind == "lacks"} for world in up]
    return sorted(set().union(*lacks)) if lacks and all(lacks) else []


def with_variables(image: Image, names: Iterable[str], reason: str) -> Image:
    """The image with variables whose values are not known."""
    given = {name: Unknown(f"the value of {name} ({reason})") for name in names}
    return replace(image, env={**image.env, **given})


def _assess(image: Image, grace: float, programs: Mapping[str, ProgramRow] | None) -> Assessment:
    signal = image.stop_signal
    name = None if isinstance(signal, Unknown) else signal_name(signal)
    if name is None:
        why = signal if isinstance(signal, Unknown) else Unknown(f"`{signal}` is no signal", image.stop_signal_span)
        return Assessment(image, "TERM", grace, OutcomeKind.UNKNOWN, reason=why)
    argv = start_argv(image)
    if isinstance(argv, Unknown):
        return Assessment(image, name, grace, OutcomeKind.UNKNOWN, reason=argv)
    if argv is None:
        return Assessment(image, name, grace, OutcomeKind.FAILS, reason=None)
    every = tuple(stopped for booted in boot(image, name, programs) for stopped in stop(booted, name, grace))
    paths = _that_count(every)
    doubt = _doubt_about_shell(paths)
    if doubt is not None:
        return Assessment(image, name, grace, OutcomeKind.UNKNOWN, paths, None, doubt)
    if isinstance(image.entrypoint, Unknown) and any(_is_refused(path) for path in paths):
        return Assessment(image, name, grace, OutcomeKind.UNKNOWN, paths, None, image.entrypoint)
    worst = min(paths, key=lambda stopped: WORST_FIRST.index(stopped.outcome))
    graceful = paths if worst.outcome is OutcomeKind.GRACEFUL else ()
    doubt = next((found for stopped in graceful if (found := _assumption(stopped, name)) is not None), None)
    if doubt is not None:
        worst = replace(worst, outcome=OutcomeKind.UNKNOWN, reason=doubt)
    guards = tuple(path for path in every if all(path is not one for one in paths))
    return Assessment(image, name, grace, worst.outcome, paths, worst, worst.reason, guards)


_BARE = frozenset({"interpreter", "scripts.bun"})
"""Roles of programs that run a script, and handle no signal by themselves."""
_SCRIPTS = (".py", ".js", ".mjs", ".cjs", ".pl", ".php")
"""How the names of scripts end whose interpreters handle no signal by themselves."""


def _assumption(stopped: Stopped, signal: str) -> Unknown | None:
    """Why it is not known that a script, as PID 1, handles the signal, which the kernel keeps from it if it does not.

    A program that nobody knows is taken to handle it. An interpreter handles none by itself, but for Ruby's: of some
    19 scripts that were not in their repositories, or not read to the end, nine had no handler or were not there.
    """
    init = stopped.booted.world.init
    if init.pid not in stopped.mains or not isinstance(init.body, Program):
        return None
    row, known = init.body.row, find_program(init.program)
    if row.role != "unknown" or not row.instead or not init.body.assumed(signal):
        return None
    from stopcheck.boot.programs.sources import EXITS

    bare = known is not None and known.role in _BARE and known.name not in EXITS
    if not bare and not init.program.endswith(_SCRIPTS):
        return None
    return Unknown(f"what {init.program} does on SIG{signal} ({row.instead})", init.origin)


def _that_count(paths: tuple[Stopped, ...]) -> tuple[Stopped, ...]:
    """Without the guards: ways on which something not decided by the files ends the container before a main stands.

    One that waits before it ends is a guard, too. Where none stands on any way, a guard is what ends with an error of
    its own, where another way runs through.
    """
    kept = tuple(path for path in paths if path.booted.up or not path.booted.conditional)
    if any(path.booted.up for path in kept):
        serving = tuple(path for path in kept if not path.booted.conditional or not gives_up(path.booted.world))
        return serving if any(path.booted.up for path in serving) else kept
    through = tuple(path for path in paths if not path.booted.conditional or path.outcome is not OutcomeKind.FAILS)
    return through if any(path.outcome is OutcomeKind.EXITS for path in through) else paths


def _is_refused(path: Stopped) -> bool:
    """Whether CMD is no program: it may be meant for an ENTRYPOINT of the base image (`CMD ["/app.js"]`)."""
    return any(event.kind == "cannot-start" and event.pid == 1 for event in path.booted.world.events[:1])


def _doubt_about_shell(paths: tuple[Stopped, ...]) -> Unknown | None:
    """Where it is not known which shell runs, and the shells differ in what comes of it."""
    marked = [next((c for c in path.booted.world.assumed if c.reason.startswith(MARK)), None) for path in paths]
    first = next((mark for mark in marked if mark is not None), None)
    if first is None:
        return None
    outcomes = {path.outcome for path in paths if path.booted.unsure is None}
    return first if len(outcomes) > 1 else None
