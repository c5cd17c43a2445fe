"""Which foreground command is the service: lets a world come to rest, and tries what may be short, and what stands."""

from __future__ import annotations

from itertools import pairwise, takewhile

from stopcheck.boot.bodies.launching import Launching
from stopcheck.boot.bodies.program import LONG, Program, is_answered
from stopcheck.boot.bodies.supervisor import Supervisor
from stopcheck.boot.lookup import SHELL_NAMES
from stopcheck.boot.programs.timeouts import Watcher
from stopcheck.boot.shell.frames import (
    ENDLESS,
    AndOrRest,
    CallEnd,
    Foreground,
    ForRest,
    IfRest,
    Items,
    LoopBody,
    Reading,
    Standing,
    TrapEnd,
    Waiting,
)
from stopcheck.boot.shell.shell import Shell
from stopcheck.boot.world import Branch, TooComplex, World
from stopcheck.hints import TYPE_CHECKING
from stopcheck.regex import regex
from stopcheck.syntax.shell.tree import Parameter, SimpleCommand

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from stopcheck.boot.world import Process
    from stopcheck.model import Unknown

TICK_LIMIT = 60
TIDYING = frozenset({"cat", "chmod", "chown", "date", "echo", "kill", "killall", "ls", "mkdir", "pkill", "rm", "sleep",
                     "sync", "tail", "touch"})  # fmt: skip
ANSWERING = frozenset({"false", "true"})
"""What does no work."""
LULL = 60.0
"""Where a script runs out behind a sleep of this many seconds and more, it is taken to be stopped in it."""
ROUND_LIMIT = 40
"""A loop that counts and has come round so often counts for ever."""


def settle(world: World) -> World | None:
    """Run until only a stop, or time, would change anything.

    Where the container ends unless a command that may be short is the service, that is supposed; it then gives the
    world that has ended, for where that is not likely.
    """
    settling: dict[int, _Settling] = {}
    ended: World | None = None
    while True:
        world.run()
        if not world.init.alive:
            if world.fallback is None or _is_no_service(world, world.fallback):
                return ended
            fallback, world.fallback = world.fallback, None
            ended = world.copy()
            _become(world, fallback)
            continue
        ending = _next_end(world)
        if ending is not None:
            world.pass_time(ending)
            continue
        for top, leaves in _groups(world):
            group = settling.setdefault(top, _Settling(top))
            if not group.done:
                group.go_on(world, leaves)
                break
        else:
            if not _runs_out_aside(world):
                return ended


def _is_no_service(world: World, before: World) -> bool:
    """Whether the container has ended, and what might have been its service in `before` was none all the same."""
    kept = _left_behind(world, before) and not _waits(before)
    below = [process for process in world.processes.values() if process.pid != 1]
    typed = any(reads_a_terminal(process) and process.program in SHELL_NAMES for process in below)
    return typed or kept or _guard(world, before) or _gave_way(world) or _works_on(world, before)


def _groups(world: World) -> Iterator[tuple[int, list[Process]]]:
    """What comes up independently of the rest, by the pid above it: what PID 1 waits for, a supervisor's programs."""
    leaves = list(world.awaited())
    yield 1, leaves
    for leaf in leaves:
        if isinstance(leaf.body, Supervisor):
            yield from ((pid, list(world.awaited(pid))) for pid in leaf.body.pids)


class _Settling:
    """How far one group has come: what it has been seen to do again and again."""

    def __init__(self, top: int) -> None:
        self.top = top
        self.done = False
        self._ticks: set[Hashable] = set()
        self._limited: dict[Hashable, list[int]] = {}
        self._parts = 0
        self._ended: dict[tuple[object, Hashable], int] = {}

    def go_on(self, world: World, leaves: list[Process]) -> None:
        """Let what it waits for end, where that may be short; it is done where something stands."""
        undecided = [
            leaf for leaf in leaves if isinstance(leaf.body, Program) and leaf.body.undecided and leaf.pid != self.top
        ]
        first = self._waits_for_first(world) or any(_is_substituted(world, leaf) for leaf in leaves)
        heard: Iterable[Process] = leaves
        if first:
            heard = (*leaves, *(child for child in world.children(self.top) if child.alive))
        if any(map(_waits_for_any, leaves)):
            first, heard = True, [process for process in world.processes.values() if process.alive]
        timers = [each for each in heard if isinstance(each.body, (Program, Shell)) and each.body.wakes() is not None]
        if timers and first and len(self._ticks) < TICK_LIMIT:
            self._pass_time(world, timers)
        elif not leaves or any(_stands(leaf) for leaf in leaves):
            self._finish(world, ended=not leaves)
        elif undecided:
            self._suppose_ended(world, undecided)
        elif timers and len(self._ticks) < TICK_LIMIT:
            self._pass_time(world, timers)
        else:
            self._finish(world)

    def _waits_for_first(self, world: World) -> bool:
        """Whether it is in a `wait` that what ends first ends, whatever else stands: `wait -n`, or by a trap."""
        body = world.processes[self.top].body
        if not isinstance(body, Shell) or not isinstance(body.blocked, Waiting):
            return False
        return body.blocked.first or (bool(body.row.child_trap) and "CHLD" in body.traps)

    def _finish(self, world: World, *, ended: bool = False) -> None:
        """Nothing more will come; a program of a supervisor that has run through is taken to stand before that.

        So is one whose end lets a loop spin: `while [ $stop = 0 ]; do wait $pid; done`. Not one that is to run once,
        though; and what stands under `timeout 5` does so for that long only, unless a loop starts it again and again.
        """
        limit = None if ended else _time_limit(world, self.top)
        if limit is not None and not self._limited_before(world):
            self._let_pass(world, limit)
            return
        fallback = None if ended and _runs_once(world, self.top) else world.fallback
        ended = ended or _spins(world, self.top) or _is_told_again(world, self.top)
        ended = ended or (
            fallback is not None and _waits_for_jobs(fallback, self.top) and _is_kept_alive(world, self.top)
        )
        if ended and fallback is not None and any(_stands(leaf) for leaf in fallback.awaited(self.top)):
            _become(world, fallback)
        world.fallback = None
        self.done = True

    def _limited_before(self, world: World) -> bool:
        """Whether a loop has come round to a command with a time limit, whose time was over before."""
        limits = [pid for pid, _ in _time_limits(world, self.top)]
        return self._limited.setdefault(turn(world), limits) != limits

    def _suppose_ended(self, world: World, undecided: list[Process]) -> None:
        place = turn(world)
        repeated = any(self._comes_again(world, leaf, place) and not _in_turn(world, leaf) for leaf in undecided)
        stands = world.copy()
        stands.fallback = None
        for leaf in undecided:
            body = stands.processes[leaf.pid].body
            assert isinstance(body, Program)
            body.stands, body.undecided = True, False
        if repeated:
            _become(world, stands)
            return
        work = any(_is_asked(world, leaf) or _in_turn(world, leaf) or _in_trap(world, leaf) for leaf in undecided)
        last = world.fallback is None and all(_is_asked_last(world, leaf) for leaf in undecided)
        if (last or not work) and not _stood_together(world, undecided):
            world.fallback = stands
        for leaf in undecided:
            self._ended[leaf.origin, place] = self._ended.get((leaf.origin, place), 0) + 1
            assert isinstance(leaf.body, Program)
            leaf.body.end(world, leaf)

    def _comes_again(self, world: World, leaf: Process, place: Hashable) -> bool:
        """Whether a loop has started it before: it is no step of a script, be that one in a function called twice."""
        counts = [count for (origin, _), count in self._ended.items() if origin == leaf.origin]
        often = sum(counts) >= ROUND_LIMIT and any(map(_is_in_loop, _above(world, leaf)))
        return often or self._ended.get((leaf.origin, place), 0) >= 2

    def _pass_time(self, world: World, timers: list[Process]) -> None:
        round_ = (turn(world), len(timers))
        if round_ in self._ticks or world.came_round:
            # A loop comes round: if it starts or waits for a program that nobody knows, that is what it is there for.
            before = world.fallback
            if (
                before is not None
                and not _naps(world, timers)
                and (any(count >= 2 for count in self._ended.values()) or _waits_in_loop(before))
            ):
                _become(world, before)
            else:
                self._finish(world)
            return
        limit = _time_limit(world, self.top)
        wake = min(wake for wake in (limit, *(leaf.body.wakes() for leaf in timers)) if wake is not None)
        beside = world.fallback
        if wake - world.clock >= LONG and beside is not None and beside.next_pid == world.next_pid:
            self._ticks.add(round_)
            _become(world, beside)  # what only keeps the script alive is waited for together with it
        elif wake - world.clock >= LONG:
            self._ticks.add(round_)
            self._finish(world)
        else:
            stood = world.copy()
            if not self._let_pass(world, wake):
                return
            self._ticks.add(round_)
            if world.fallback is None and world.clock - stood.clock >= LULL:
                world.fallback = stood

    def _let_pass(self, world: World, until: float) -> bool:
        """Let time pass up to then; False where something that is not waited for ends before that, and comes first."""
        wakes = [process.body.wakes() for process in world.processes.values() if process.alive]
        first = min((wake for wake in wakes if wake is not None and world.clock < wake), default=until)
        whole = first >= until or self._parts >= TICK_LIMIT
        self._parts += not whole
        world.pass_time(until if whole else first)
        return whole


def _waits_for_any(process: Process) -> bool:
    """Whether a shell waits until somebody opens a FIFO, or reads for so long: any end may be what it waits for."""
    blocked = process.body.blocked if isinstance(process.body, Shell) else None
    return (isinstance(blocked, Standing) and blocked.pipe != 0) or isinstance(blocked, Reading)


def _waits_for_jobs(world: World, top: int) -> bool:
    """Whether all that is waited for are jobs: what a script waits for by name or number is no step of it."""
    leaves = list(world.awaited(top))
    return bool(leaves) and all(leaf.job for leaf in leaves)


def _is_kept_alive(world: World, top: int) -> bool:
    """Whether what stands does no work: a `sleep` behind all that was waited for."""
    leaves = list(world.awaited(top))
    idle = (isinstance(leaf.body, Program) and leaf.body.row.role in {"keepalive", "timer"} for leaf in leaves)
    return bool(leaves) and all(idle) and not any(leaf.job for leaf in leaves)


def _is_told_again(world: World, top: int) -> bool:
    """Whether what stands is the very command that was supposed to end before: `app; app` never comes to the second."""
    before = [] if world.fallback is None else [leaf for leaf in world.fallback.awaited(top) if _stands(leaf)]
    now = {leaf.argv for leaf in world.awaited(top)}
    return bool(before) and all(isinstance(leaf.body, Program) and leaf.argv in now for leaf in before)


def _spins(world: World, top: int) -> bool:
    """Whether a loop is all that goes on, be it PID 1's or that of a script below an init."""
    bodies = (process.body for process in (world.processes[top], *world.awaited(top)))
    blocked = [body.blocked for body in bodies if isinstance(body, Shell)]
    return any(isinstance(each, Standing) and each.why == ENDLESS for each in blocked)


def _runs_once(world: World, top: int) -> bool:
    supervisors = (process.body for process in world.processes.values() if isinstance(process.body, Supervisor))
    return any(body.lets_end(top) for body in supervisors)


def _naps(world: World, timers: list[Process]) -> bool:
    """Whether a loop waits for a `sleep` in the background, so that its trap is not held up: its work is short then."""
    shells = [_shell_of(world, timer) for timer in timers if timer.job]
    waiting = [shell for shell in shells if shell is not None and isinstance(shell.blocked, Waiting) and shell.traps]
    return len(waiting) == len(timers)


def _time_limit(world: World, top: int) -> float | None:
    """When the first timeout gives up what stands below it."""
    return min((limit for _, limit in _time_limits(world, top)), default=None)


def _time_limits(world: World, top: int) -> list[tuple[int, float]]:
    """The timeouts above what it waits for, or the processes that these have become, and when each gives that up."""
    bodies = (process.body for process in world.processes.values() if process.alive)
    watched = {body.target: body.expires for body in bodies if isinstance(body, Watcher)}
    limits: list[tuple[int, float | None]] = []
    for leaf in world.awaited(top):
        above: Process | None = leaf
        while above is not None and above.pid != 1:
            limits.append((above.pid, watched.get(above.pid)))
            above = world.processes.get(above.ppid)
            if above is not None and above.pid != 1:
                limits.append((above.pid, above.body.wakes()))
    return [(pid, limit) for pid, limit in limits if limit is not None and limit > world.clock]


def turn(world: World) -> Hashable:
    """Equal when a loop comes to the same place with the same variables, and as the same user."""
    return tuple(
        (p.user, p.body.round()) for p in world.processes.values() if p.alive and isinstance(p.body, (Shell, Launching))
    )


def _gave_way(world: World) -> bool:
    """Whether PID 1 had put a command that does its work in its own place: what ran before made things ready for it."""
    body = world.init.body
    execs = any(event.kind == "exec" and event.pid == 1 for event in world.events)
    return execs and isinstance(body, Program) and body.row.role == "short" and world.init.program not in ANSWERING


def _is_asked(world: World, leaf: Process) -> bool:
    """Whether its status or what it prints is an answer (`if app check; …`, `app check | grep -q ok`).

    Nobody asks a service that: a loop asks it to start it anew (`until app; do sleep 1; done`), and where nothing
    follows an `if`, that is how its failure is told.
    """
    if _is_substituted(world, leaf):
        return True
    shell = _shell_of(world, leaf)
    if shell is None or not isinstance(shell.blocked, Foreground):
        return False
    if len(shell.blocked.pids) > 1 and is_answered(world.processes[shell.blocked.pids[-1]]):
        return True
    frames = list(takewhile(lambda frame: not isinstance(frame, CallEnd), reversed(shell.frames)))
    if any(isinstance(frame, LoopBody) for frame in frames) and isinstance(frames[0], AndOrRest) and _leaves(frames[0]):
        return True
    return any(
        isinstance(frame, IfRest) and isinstance(below, Items) and below.index < len(below.node.items)
        for frame, below in pairwise(frames)
    )


def _leaves(frame: AndOrRest) -> bool:
    """Whether its failure is what a loop is left for: `app status || exit`."""
    operator, pipeline = frame.node.rest[frame.index]
    command = pipeline.commands[0]
    name = command.words[0].literal if isinstance(command, SimpleCommand) and command.words else None
    return operator == "||" and name in {"exit", "break", "return"}


def _is_substituted(world: World, leaf: Process) -> bool:
    """Whether what it prints is what a `$( … )` asks for."""
    for parent in _above(world, leaf):
        blocked = parent.body.blocked if isinstance(parent.body, Shell) else None
        if isinstance(blocked, Foreground) and blocked.asked is not None and not leaf.job:
            return True
    return False


def _is_asked_last(world: World, leaf: Process) -> bool:
    """Whether nobody does anything with what it prints: `x=$(app)` is all that is left of the script."""
    shells = [process.body for process in _above(world, leaf) if isinstance(process.body, Shell)]
    return _is_substituted(world, leaf) and all(len(shell.frames) <= 1 for shell in shells)


def _above(world: World, leaf: Process) -> Iterator[Process]:
    """Its parent, the parent of that, and so on to PID 1."""
    process = world.processes.get(leaf.ppid)
    while process is not None:
        yield process
        process = world.processes.get(process.ppid) if process.pid != 1 else None


def _is_in_loop(process: Process) -> bool:
    return isinstance(process.body, Shell) and any(isinstance(frame, LoopBody) for frame in process.body.frames)


def _shell_of(world: World, leaf: Process) -> Shell | None:
    parent = world.processes.get(leaf.ppid)
    return parent.body if parent is not None and isinstance(parent.body, Shell) else None


def _in_turn(world: World, leaf: Process) -> bool:
    """Whether it is run once for each of several values of a `for`, so that it ends each time."""
    for process in _above(world, leaf):
        shell = process.body
        loops = [frame for frame in shell.frames if isinstance(frame, ForRest)] if isinstance(shell, Shell) else []
        loops = [frame for frame in loops if _holds(frame, leaf)]
        rounds = any(not frame.once for frame in loops)
        if rounds and not _is_value(process, loops[-1], leaf) and not _is_all(loops[-1], leaf):
            return True
    return False


def reads_a_terminal(process: Process) -> bool:
    """Whether it does what is typed (`docker run -it`), and ends where there is no terminal."""
    return process.program in {*SHELL_NAMES, "cat"} and len(process.argv) == 1 and not process.stdin


def _in_trap(world: World, leaf: Process) -> bool:
    """Whether a trap runs it: that cleans up behind a service, or what was to be one. It may wait for that, too."""
    if leaf.job and world.processes[leaf.ppid].body is _waiting_shell(world, leaf):
        return False
    shells = (process.body for process in _above(world, leaf) if isinstance(process.body, Shell))
    return any(isinstance(frame, TrapEnd) for shell in shells for frame in shell.frames)


def _waiting_shell(world: World, leaf: Process) -> Shell | None:
    """The shell that started a job before the trap that waits for it now."""
    shell = _shell_of(world, leaf)
    trap = next((frame for frame in shell.frames if isinstance(frame, TrapEnd)), None) if shell is not None else None
    text = (
        shell.traps[trap.signal].body if shell is not None and trap is not None and trap.signal in shell.traps else None
    )
    if shell is None or text is None or leaf.origin is None or leaf.origin.source is text.span.source:
        return None
    return shell


def _holds(loop: ForRest, leaf: Process) -> bool:
    """Whether a `for` has started it: a job from before that it waits for is none of its rounds (`wait $pid`)."""
    start, whole = leaf.origin, loop.node.span
    return not leaf.job or start is None or start.source is not whole.source or whole.start <= start.start < whole.end


def _is_all(loop: ForRest, leaf: Process) -> bool:
    """Whether a `for` does nothing else, and does not tell it the value: it is started anew when it ends, then."""
    items = loop.node.body.items
    if len(items) != 1 or items[0].command.rest or items[0].background or leaf.origin is None:
        return False
    command = items[0].command.first.commands[0]
    return isinstance(command, SimpleCommand) and loop.node.variable not in command.span.text


def _is_value(process: Process, loop: ForRest, leaf: Process) -> bool:
    """Whether a script that the `for` names has become it by `exec`: every value starts something else."""
    blocked = process.body.blocked if isinstance(process.body, Shell) else None
    command = blocked.node if isinstance(blocked, Foreground) and leaf.pid in blocked.pids else None
    if not isinstance(command, SimpleCommand) or not command.words or leaf.origin is None:
        return False
    first = command.words[0].parts
    named = len(first) == 1 and isinstance(first[0], Parameter) and first[0].name == loop.node.variable
    return named and leaf.origin.source is not command.span.source


def _stood_together(world: World, jobs: list[Process]) -> bool:
    """Whether jobs are waited for that were there before the last that was: `wait $a; wait $b` waits for both."""
    before = world.fallback
    return (
        before is not None
        and before.next_pid == world.next_pid
        and all(job.job for job in jobs)
        and any(leaf.job and isinstance(leaf.body, Program) and leaf.body.stands for leaf in before.awaited())
    )


def _left_behind(world: World, before: World) -> bool:
    """Whether a service has left for the background since: PID 1 was there for it, not for what ran before it.

    A known one, or the same program as before with other arguments (`app --init; app & sleep 5`).
    """
    tried = {leaf.program: leaf.argv for leaf in before.awaited()}
    return any(
        pid not in before.processes
        and process.job
        and isinstance(process.body, Program)
        and (process.body.row.role in {"service", "worker"} or tried.get(process.program, process.argv) != process.argv)
        and not process.body.row.helper
        for pid, process in world.processes.items()
    )


def _works_on(world: World, before: World) -> bool:
    """Whether a script does more work behind what might be its service: then that was work, too.

    What tidies up behind a service that has ended is no such work. What is done with a file that the program was
    told of is: it has made that.
    """
    later = [process for pid, process in world.processes.items() if pid >= before.next_pid]
    ended = [p for p in later if isinstance(p.body, Program) and p.body.row.role in {"short", "test"}]
    work = [process for process in ended if process.program not in TIDYING]
    told = {word for leaf in before.awaited() for word in _files(leaf)}
    return len({process.program for process in work}) >= 2 or any(not told.isdisjoint(_files(p)) for p in work)


def _files(process: Process) -> set[str]:
    """The paths of files among the arguments of a program."""
    return {word for word in process.argv[1:] if isinstance(word, str) and word.startswith("/") and "." in word}


def _waits(world: World) -> bool:
    """Whether PID 1 waits for a job that it has started: it is there for that."""
    body = world.init.body
    return isinstance(body, Shell) and isinstance(body.blocked, Waiting)


def _waits_in_loop(world: World) -> bool:
    """Whether PID 1 waits for a job inside of a loop."""
    return _waits(world) and _is_in_loop(world.init)


def _guard(world: World, before: World) -> bool:
    """Whether the service was never meant to come up: an exec that fails, an error exit on an undecided condition.

    That is one which was asked since what might have been its service, or of which that is a part
    (`[ -f /data ] || { tell; exit 1; }`): what ends with an error in any case is how the end of a service is told.
    """
    if any(event.kind == "cannot-start" and event.pid == 1 for event in world.events):
        return True
    refused = bool(world.assumed) and isinstance(world.init.status, int) and world.init.status != 0
    if not refused or _asks_in_the_end(world.init) or _ends_as_its_trap_does(world):
        return False
    parts = (_is_part(world.init, doubt, leaf) for doubt in before.assumed for leaf in before.awaited())
    return len(world.assumed) > len(before.assumed) or any(parts)


def _ends_as_its_trap_does(world: World) -> bool:
    """Whether the status is that of a process which an EXIT trap has killed and waited for (under `set -e`)."""
    trap = next((at for at, event in enumerate(world.events) if event.kind == "trap" and event.text == "EXIT"), None)
    killed = [] if trap is None else [event.pid for event in world.events[trap:] if event.kind == "dies"]
    return any(world.processes[pid].status == world.init.status for pid in killed)


_LEAVES = regex(r"\b(?:exec|exit|return)\b")


def _is_part(init: Process, doubt: Unknown, leaf: Process) -> bool:
    """Whether it depends on a condition that a program is started: both stand in one command, or the first may leave.

    So it is taken to be where they are not in PID 1's script itself.
    """
    items = init.body.text.items if isinstance(init.body, Shell) else ()
    asking, starting = (
        next((item for item in items if place is not None and item.span.holds(place)), None)
        for place in (doubt.span, leaf.origin)
    )
    if asking is None or starting is None or asking is starting:
        return True
    return _LEAVES.search(asking.span.text) is not None


def _asks_in_the_end(process: Process) -> bool:
    """Whether a script ends with a `read`: that somebody presses a key, and it fails where there is no terminal."""
    items = process.body.text.items if isinstance(process.body, Shell) else ()
    last = items[-1].command.first.commands[-1] if items and not items[-1].command.rest else None
    return isinstance(last, SimpleCommand) and bool(last.words) and last.words[0].literal == "read"


def _become(world: World, other: World) -> None:
    """Take over another world's state."""
    for name in World.__slots__:
        setattr(world, name, getattr(other, name))


def _next_end(world: World) -> float | None:
    """When the next program ends that the script itself has told to: a temporary server, say."""
    bodies = [process.body for process in world.processes.values() if process.alive]
    return min(
        (body.ends_at for body in bodies if isinstance(body, Program) and body.ends_at is not None), default=None
    )


def _runs_out_aside(world: World) -> bool:
    """Whether a short timer in the background ends next, and a job with it, while nothing else comes of that.

    `sleep 5 & app & wait`: when the container is stopped, that is over.
    """
    timers = [(wake, p) for p in world.processes.values() if p.alive and (wake := p.body.wakes()) is not None]
    if not timers:
        return False
    wake, timer = min(timers, key=lambda each: each[0])
    job = timer if timer.job else world.processes.get(timer.ppid)
    if not isinstance(timer.body, Program) or job is None or not job.job or wake - world.clock >= LONG:
        return False
    later = world.copy()
    later.pass_time(wake)
    try:
        later.run()
    except (Branch, TooComplex):
        return False
    if not later.init.alive or later.processes[job.pid].alive or _standing(later) != _standing(world):
        return False
    if later.next_pid != world.next_pid:  # a loop that comes round: it starts the next one
        return False
    _become(world, later)
    return True


def _standing(world: World) -> Hashable:
    """What PID 1 does, and what is there in the end; what it still waits for beside that may become less."""
    body = world.init.body
    leaves = tuple(leaf.pid for leaf in world.awaited() if leaf.body.wakes() is None)
    return (body.round(), type(body.blocked), leaves) if isinstance(body, Shell) else (leaves,)


def _stands(leaf: Process) -> bool:
    body = leaf.body
    if isinstance(body, Program):
        return not body.undecided and body.wakes() is None
    if isinstance(body, Shell):
        return isinstance(body.blocked, (Standing, Waiting, Foreground))
    return True
