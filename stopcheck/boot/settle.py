"""Which foreground command is the service: lets a world come to rest, and tries what may be short, and what stands."""

from __future__ import annotations

from stopcheck.boot.bodies.launching import Launching
from stopcheck.boot.bodies.program import LONG, Program
from stopcheck.boot.bodies.supervisor import Supervisor
from stopcheck.boot.leaves import (
    above,
    in_trap,
    in_turn,
    is_asked,
    is_asked_last,
    is_in_loop,
    is_standing,
    is_substituted,
    shell_of,
    waits_for_any,
)
from stopcheck.boot.no_service import is_no_service, waits_in_loop
from stopcheck.boot.programs.timeouts import Watcher
from stopcheck.boot.shell.frames import (
    ENDLESS,
    Standing,
    Waiting,
)
from stopcheck.boot.shell.shell import Shell
from stopcheck.boot.world import Branch, TooComplex, World
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from stopcheck.boot.world import Process

TICK_LIMIT = 60
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
            if world.fallback is None or is_no_service(world, world.fallback):
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
        first = self._waits_for_first(world) or any(is_substituted(world, leaf) for leaf in leaves)
        heard: Iterable[Process] = leaves
        if first:
            heard = (*leaves, *(child for child in world.children(self.top) if child.alive))
        if any(map(waits_for_any, leaves)):
            first, heard = True, [process for process in world.processes.values() if process.alive]
        timers = [each for each in heard if isinstance(each.body, (Program, Shell)) and each.body.wakes() is not None]
        if timers and first and len(self._ticks) < TICK_LIMIT:
            self._pass_time(world, timers)
        elif not leaves or any(is_standing(leaf) for leaf in leaves):
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
        if ended and fallback is not None and any(is_standing(leaf) for leaf in fallback.awaited(self.top)):
            _become(world, fallback)
        world.fallback = None
        self.done = True

    def _limited_before(self, world: World) -> bool:
        """Whether a loop has come round to a command with a time limit, whose time was over before."""
        limits = [pid for pid, _ in _time_limits(world, self.top)]
        return self._limited.setdefault(turn(world), limits) != limits

    def _suppose_ended(self, world: World, undecided: list[Process]) -> None:
        place = turn(world)
        repeated = any(self._comes_again(world, leaf, place) and not in_turn(world, leaf) for leaf in undecided)
        stands = world.copy()
        stands.fallback = None
        for leaf in undecided:
            body = stands.processes[leaf.pid].body
            assert isinstance(body, Program)
            body.stands, body.undecided = True, False
        if repeated:
            _become(world, stands)
            return
        work = any(is_asked(world, leaf) or in_turn(world, leaf) or in_trap(world, leaf) for leaf in undecided)
        last = world.fallback is None and all(is_asked_last(world, leaf) for leaf in undecided)
        if (last or not work) and not _stood_together(world, undecided):
            world.fallback = stands
        for leaf in undecided:
            self._ended[leaf.origin, place] = self._ended.get((leaf.origin, place), 0) + 1
            assert isinstance(leaf.body, Program)
            leaf.body.end(world, leaf)

    def _comes_again(self, world: World, leaf: Process, place: Hashable) -> bool:
        """Whether a loop has started it before: it is no step of a script, be that one in a function called twice."""
        counts = [count for (origin, _), count in self._ended.items() if origin == leaf.origin]
        often = sum(counts) >= ROUND_LIMIT and any(map(is_in_loop, above(world, leaf)))
        return often or self._ended.get((leaf.origin, place), 0) >= 2

    def _pass_time(self, world: World, timers: list[Process]) -> None:
        round_ = (turn(world), len(timers))
        if round_ in self._ticks or world.came_round:
            # A loop comes round: if it starts or waits for a program that nobody knows, that is what it is there for.
            before = world.fallback
            if (
                before is not None
                and not _naps(world, timers)
                and (any(count >= 2 for count in self._ended.values()) or waits_in_loop(before))
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
    before = [] if world.fallback is None else [leaf for leaf in world.fallback.awaited(top) if is_standing(leaf)]
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
    shells = [shell_of(world, timer) for timer in timers if timer.job]
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


def _stood_together(world: World, jobs: list[Process]) -> bool:
    """Whether jobs are waited for that were there before the last that was: `wait $a; wait $b` waits for both."""
    before = world.fallback
    return (
        before is not None
        and before.next_pid == world.next_pid
        and all(job.job for job in jobs)
        and any(leaf.job and isinstance(leaf.body, Program) and leaf.body.stands for leaf in before.awaited())
    )


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
