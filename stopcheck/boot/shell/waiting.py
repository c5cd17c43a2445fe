"""How a shell's waiting ends: its foreground command, its `read`, its `wait`, and which status that leaves."""

from __future__ import annotations

from stopcheck.boot.bodies.program import Program
from stopcheck.boot.shell import forks
from stopcheck.boot.shell.frames import ENDLESS, Answer, Evaluate, Foreground, Reading, Standing, TrapEnd, Waiting
from stopcheck.boot.shell.quiet import LOOKS
from stopcheck.boot.signals import signal_number
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown
from stopcheck.records import replace
from stopcheck.syntax.shell.tree import Pipeline

if TYPE_CHECKING:
    from stopcheck.boot.shell.frames import Blocked
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Process, Status, World
    from stopcheck.source import Span


def unblock(shell: Shell, world: World, process: Process) -> bool:
    """Go on, where what it waits for has come; False where it has not (see Body.step)."""
    blocked = shell.blocked
    if blocked is None:
        return False
    if isinstance(blocked, Standing):
        return _stood(shell, blocked, world, process)
    if isinstance(blocked, Reading):
        return _has_read(shell, blocked, world, process)
    strays = dead_strays(world, process)
    for other in world.children(process.pid):
        other.collected = other.collected or not other.alive
    if isinstance(blocked, Foreground) and blocked.asked is not None:
        holders = world.holders(blocked.pipe)
        blocked = shell.blocked = replace(blocked, pids=tuple(dict.fromkeys((blocked.pids[0], *holders))))
        if holders:
            return False
    if isinstance(blocked, Waiting) and blocked.every and shell.row.waits_for_adopted:
        orphans = tuple(child.pid for child in world.children(process.pid) if child.adopted and child.alive)
        blocked = shell.blocked = replace(blocked, pids=tuple(dict.fromkeys((*blocked.pids, *orphans))))
    alive = world.living(blocked.pids)
    if isinstance(blocked, Waiting) and blocked.first:
        if _all_stand(shell, world, blocked):
            return False
    elif alive and not _has_its_answer(shell, world, blocked, alive):
        return False
    ended = _ended(shell, blocked, world)
    for child in ended:
        child.reaped = True
    shell.blocked = None
    if isinstance(blocked, Waiting):
        _wait_is_over(shell, blocked, ended, strays, world, process)
    elif blocked.asked is None or not _has_its_output(shell, blocked, world, process):
        _command_is_over(shell, blocked, ended, world, process)
    return True


def _stood(shell: Shell, blocked: Standing, world: World, process: Process) -> bool:
    """Whether somebody has opened the FIFO that it opens, or its loop has something new to see."""
    if blocked.pipe and world.is_open(blocked.pipe):
        shell.blocked = None
        return True
    if blocked.why == ENDLESS and _looks_again(world, blocked):
        shell.blocked = None
        world.spin = 0
        for child in world.children(process.pid):
            child.collected = child.collected or not child.alive  # as it goes round it is told, and asks
        return True
    return False


def _has_read(shell: Shell, blocked: Reading, world: World, process: Process) -> bool:
    """Whether there is a line for a `read`, or will be none."""
    pipe = blocked.pipe or process.stdin
    empty = blocked.whole or not world.pipes.get(pipe) or is_short(world, pipe)
    late = blocked.until is not None and world.clock >= blocked.until
    others = any(pid != process.pid for pid in world.holders(pipe))
    if empty and not late and (others or process.pid in blocked.pids):
        return False
    shell.blocked = None
    if blocked.pipe:
        shell.interpreter.read_on(shell, blocked, world, process, late=late)
    else:
        shell.push(Evaluate(blocked.node, None))
    return True


def _ended(shell: Shell, blocked: Foreground | Waiting, world: World) -> list[Process]:
    """Those of whose end it is told; bash's `wait -n` tells of one job alone, by its last process."""
    ended = [world.processes[pid] for pid in blocked.pids if not world.processes[pid].alive]
    if isinstance(blocked, Waiting) and blocked.first and shell.row.name == "bash":
        over = [job.pids for job in shell.jobs if not world.living(job.pids) and set(job.pids) & set(blocked.pids)]
        if over:
            return [child for child in ended if child.pid in over[0][:-1]] + [world.processes[over[0][-1]]]
    return ended


def _has_its_output(shell: Shell, blocked: Foreground, world: World, process: Process) -> bool:
    """Take what a `$( … )` has printed; False where a signal has come in between, which decides what follows.

    bash has SIGINT blocked while it reads that (subst.c), and PID 1 is not killed by it.
    """
    if shell.interrupted and shell.row.name == "bash":
        signal, shell.interrupted = shell.interrupted, ""
        if process.pid != 1:
            _die_of(shell, signal, world, process)
            return True
    if shell.interrupted or blocked.asked is None:
        return False
    lines = world.pipes.pop(blocked.pipe, ())
    unknown = next((line for line in lines if isinstance(line, Unknown)), None)
    output = unknown or "\n".join(map(str, lines)).rstrip("\n")
    status = seen(shell, world.processes[blocked.pids[0]])
    shell.answers += (Answer(blocked.asked, output, 0 if status is None else status),)
    return True


def _command_is_over(shell: Shell, blocked: Foreground, ended: list[Process], world: World, process: Process) -> None:
    """A foreground command has ended: its status, unless a signal that came meanwhile ends the shell."""
    _inherit(shell, ended, process)
    shell.fronted = "INT" in shell.pending and "m" not in shell.options
    status = _pipeline_status(shell, world, blocked)
    last = world.processes[blocked.pids[-1]]
    expected = shell.ok if blocked.own is not None else _success_expected(last)
    if shell.interrupted:
        signal, shell.interrupted = shell.interrupted, ""
        died = all(world.processes[pid].killed_by == signal for pid in shell.witnesses)
        if process.pid == 1 and shell.row.almquist:
            shell.leave(128 + signal_number(signal))  # it kills itself in vain, and leaves by way of EXIT
            return
        if shell.row.name != "bash" or died:
            _die_of(shell, signal, world, process)
            return
    if shell.pending and shell.row.name == "bash" and last.killed_by == "INT":
        # Its trap finds it among the jobs: of any other signal it has told, and forgotten it (jobs.c,
        # notify_of_job_status; trap2.bash.killed-pipeline-job).
        forks.add_job(shell, blocked.pids, blocked.node.span, True)
    within = shell.row.error_trap == "first" and not isinstance(blocked.node, Pipeline)
    if shell.pending and not shell.row.errexit_first and not within:
        shell.status, shell.ok, shell.cut = status, expected, True  # the trap comes before `set -e`
    else:
        shell.set_status(status, expected)
    if isinstance(blocked.node, Pipeline):
        shell.piped = _statuses(shell, world, blocked)
    _tell_of_killed(shell, world, min(blocked.pids))


def _wait_is_over(
    shell: Shell, blocked: Waiting, ended: list[Process], strays: frozenset[int], world: World, process: Process
) -> None:
    """What a `wait` was for has ended: what it says of that, and which jobs the shell forgets with it."""
    if blocked.which and ended and not blocked.every:
        shell.assign(blocked.which, str(ended[-1].pid))
    parts = any(len(job.pids) > 1 for job in shell.jobs)
    meant = tuple(child.pid for child in ended) if blocked.first else blocked.pids
    if blocked.every and shell.row.name in {"bash", "mksh", "yash"}:
        forget(shell, world, _waited_for(world, blocked.pids))
        if shell.row.name == "bash" and _ends_with_another(shell, world, blocked.pids):
            doubt = Unknown("whether `wait` has come to the last job before it ended", blocked.span)
            shell.disowned = {**shell.disowned, blocked.pids[-1]: doubt}
    have_waited(shell, world, None if blocked.every else meant, numbers=blocked.numbers)
    if blocked.every and not blocked.first and waits_on(shell, world, process, blocked.span, ended, strays):
        return
    told = seen(shell, ended[-1]) if ended and not blocked.every else 0
    if blocked.first and parts and shell.row.name == "busybox":
        shell.set_status(Unknown("what `wait -n` says of a pipeline", blocked.span))
        return
    if blocked.first and shell.row.name == "busybox" and told:
        told = told if isinstance(told, Unknown) else 129  # whatever it was
    if blocked.numbers and (shell.row.tells_once or (shell.strict and shell.row.name == "bash")):
        shell.forgotten |= {child.pid for child in ended}
    if not blocked.every:
        _tell_of_killed(shell, world)
    told = told if blocked.told is None else blocked.told
    shell.set_status(told if told is not None else 0, True)


def _die_of(shell: Shell, signal: str, world: World, process: Process) -> None:
    """A signal without a trap ends it: bash and mksh run their EXIT trap before that."""
    if "EXIT" in shell.traps and (shell.row.name == "bash" or shell.row.exit_trap_status):
        shell.leave(128 + signal_number(signal))
        shell.killed = True
        if shell.row.name == "bash":
            shell.dies_of(signal)
    else:
        world.exit(process, 128 + signal_number(signal), signal)


def _looks_again(world: World, loop: Standing) -> bool:
    return world.ended() > loop.ended and LOOKS.search(loop.span.text) is not None


def is_short(world: World, pipe: int) -> bool:
    """Whether all that is left in a pipe is a line that has not ended."""
    return len(world.pipes.get(pipe, ())) == 1 and pipe in world.partial


def _inherit(shell: Shell, ended: list[Process], process: Process) -> None:
    """ksh93 runs `( … )` itself, so that the jobs of that are its own, which it waits for."""
    if shell.row.name != "ksh93" or process.pid != 1:
        return
    for child in ended:
        if isinstance(child.body, type(shell)) and child.body.mode == "subshell":
            shell.jobs += tuple(job for job in child.body.jobs if job not in shell.jobs)


def _all_stand(shell: Shell, world: World, waiting: Waiting) -> bool:
    """Whether each job that a `wait -n` is for still stands: to bash a pipeline is one, and ends with all of it."""
    named = set(waiting.pids)
    if shell.row.name == "bash":
        jobs = [job.pids for job in shell.jobs if named & set(job.pids)]
        named -= {pid for pids in jobs for pid in pids if world.living(pids)}
    return all(world.processes[pid].alive for pid in named)


def dead_strays(world: World, process: Process) -> frozenset[int]:
    """The adopted children that have ended, of which it has not been told yet."""
    children = world.children(process.pid)
    return frozenset(child.pid for child in children if child.adopted and not (child.alive or child.collected))


def waits_on(
    shell: Shell, world: World, process: Process, span: Span, ended: list[Process], strays: frozenset[int]
) -> bool:
    """busybox's `wait` for all: where the last job has failed, it goes on until some other child ends.

    That is one that PID 1 has adopted; of `strays` it is told at once, if they come behind the job. Source: ash.c,
    dowait and waitone; fuzz, orphan-*.busybox.
    """
    last = max(ended, key=lambda child: child.ended_at, default=None)
    if shell.row.name != "busybox" or last is None or not last.status or max(strays, default=0) > last.pid:
        return False
    others = tuple(child.pid for child in world.children(process.pid) if child.alive)
    if others:
        shell.blocked = Waiting(others, span, first=True, every=True)
    return bool(others)


def forget(shell: Shell, world: World, waited: tuple[int, ...] = ()) -> None:
    """Keep the status of no job that has ended: so do bash, mksh and yash when they have waited for all.

    bash keeps that of `$!` where it had ended by itself before, and was not waited for. Source: jobs.c,
    mark_dead_jobs_as_notified.
    """
    told = {pid for job in shell.jobs if job.waited for pid in job.pids}
    over = frozenset(pid for pid, other in world.processes.items() if not other.alive)
    last = shell.last_job if shell.row.name == "bash" and shell.last_job not in waited else None
    kept = {pid for pid in over if pid == last and pid not in told and not world.processes[pid].killed_by}
    shell.forgotten |= over - kept
    shell.disowned = dict.fromkeys(shell.disowned, 127)


def _waited_for(world: World, pids: tuple[int, ...]) -> tuple[int, ...]:
    """Those that bash's `wait` for all has come to before they ended: it goes from job to job.

    Source: jobs.c, wait_for_background_pids.
    """
    ends = [world.processes[pid].ended_at for pid in pids]
    return tuple(pid for at, pid in enumerate(pids) if all(end < ends[at] for end in ends[:at]))


def _ends_with_another(shell: Shell, world: World, pids: tuple[int, ...]) -> bool:
    """Whether the last job has ended at the same moment as those before it."""
    ends = [world.processes[pid].ended_at for pid in pids]
    return len(ends) > 1 and pids[-1] == shell.last_job and ends[-1] == max(ends[:-1])


def _has_its_answer(shell: Shell, world: World, blocked: Blocked, alive: list[Process]) -> bool:
    """`tail -f log | grep -q ready` in a condition: it is over when grep has found what it looks for."""
    if not isinstance(blocked, Foreground) or blocked.pids[-1] in {process.pid for process in alive}:
        return False
    return shell.tested() and all(_only_waits(world, process) for process in alive)


def _only_waits(world: World, process: Process) -> bool:
    """Whether a process, or what it waits for, does no work of its own (`sleep`, `tail -f`)."""
    leaves = list(world.awaited(process.pid))
    return all(isinstance(p.body, Program) and p.body.row.role in {"keepalive", "timer"} for p in leaves)


def _success_expected(child: Process) -> bool:
    """Whether a program that has ended is one that does work, not one that answers a question."""
    return not (isinstance(child.body, Program) and child.body.row.role == "test")


def seen(shell: Shell, child: Process) -> Status | None:
    """A child's status as this shell has it in `$?`."""
    if isinstance(child.status, int) and child.killed_by:
        return child.status - 128 + shell.row.signal_base
    return child.status


def _pipeline_status(shell: Shell, world: World, blocked: Foreground) -> Status:
    statuses = _statuses(shell, world, blocked)
    last = statuses[-1]
    if "pipefail" in shell.options:
        failed = [status for status in statuses if isinstance(status, Unknown) or status]
        known = [status for status in failed if not isinstance(status, Unknown)]
        last = (known or failed or [0])[-1]
    return last


def _statuses(shell: Shell, world: World, blocked: Foreground) -> tuple[Status, ...]:
    """The status of each part of a pipeline."""
    told = (seen(shell, world.processes[pid]) for pid in blocked.pids)
    return (*(status or 0 for status in told), *(() if blocked.own is None else (blocked.own,)))


def is_frozen(shell: Shell) -> bool:
    """Whether bash is in a trap that it runs while it looks how a child has ended (jobs.c: jobs_list_frozen)."""
    return any(isinstance(frame, TrapEnd) and frame.frozen for frame in shell.frames)


def _tell_of_killed(shell: Shell, world: World, since: int = 0) -> None:
    """bash tells of the jobs that a signal has ended, and has them in its table no more: `wait -n` is not for them.

    With `-c` that goes for all that have ended, but in POSIX mode for `$!`. It looks when a command in the foreground
    has ended; what ends at that moment it may have seen, or not yet, but for what had ended before that command began
    (`since`: its first process). Source: jobs.c, notify_of_job_status.
    """
    if shell.row.name != "bash" or is_frozen(shell):
        return
    over = [job for job in shell.jobs if not (job.foreground or job.waited or world.living(job.pids))]
    if not shell.script.endswith(" -c"):
        over = [job for job in over if world.processes[job.pids[-1]].killed_by]
    elif shell.strict:
        over = [job for job in over if shell.last_job not in job.pids]
    late = [job for job in over if any(_ends_now(world, world.processes[pid], since) for pid in job.pids)]
    shell.jobs = tuple(
        replace(job, doubtful=True) if job in late else job for job in shell.jobs if job in late or job not in over
    )


def _ends_now(world: World, process: Process, since: int) -> bool:
    return process.ended_at == world.clock and process.ended_before > since


def have_waited(shell: Shell, world: World, pids: tuple[int, ...] | None, *, numbers: bool = True) -> None:
    """It knows how these have ended, or all that have: it forgets them, where they do not keep their places.

    bash does so when it next forks; in POSIX mode at once, where they were named by their numbers (jobs.c:
    cleanup_dead_jobs).
    """
    bash = shell.row.name == "bash"
    over = [job for job in shell.jobs if not world.living(job.pids)]
    if pids is not None and (shell.row.job_slots or bash):
        over = [job for job in over if set(pids) & set(job.pids)]
    if shell.row.job_slots or (bash and pids is not None and not (shell.strict and numbers)):
        shell.jobs = tuple(replace(job, waited=job.waited or job in over) for job in shell.jobs)
    else:
        shell.jobs = tuple(job for job in shell.jobs if job not in over)
