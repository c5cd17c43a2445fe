"""What a signal does to a shell: whether it catches it, when its trap runs, and what that leaves behind."""

from __future__ import annotations

import itertools

from stopcheck.boot.shell import forks
from stopcheck.boot.shell.frames import (
    ENDLESS,
    OPENS,
    READS,
    STARTS,
    UNSEEN,
    Again,
    Checked,
    Evaluate,
    Foreground,
    GoesOn,
    Joined,
    Left,
    Reading,
    Resume,
    SourceEnd,
    Standing,
    TrapEnd,
    Waiting,
)
from stopcheck.boot.shell.quiet import quiet_items
from stopcheck.boot.signals import signal_number
from stopcheck.boot.world import SPIN_LIMIT, TooComplex
from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import replace
from stopcheck.syntax.shell.tree import Pipeline, SimpleCommand, Subshell
from stopcheck.syntax.shell.walk import core

if TYPE_CHECKING:
    from stopcheck.boot.shell.frames import Trap
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Process, World

TRAP_LIMIT = 8


def disposition(shell: Shell, signal: str) -> str:
    """See Body.disposition."""
    trap = shell.traps.get(signal)
    if trap is not None:
        if signal == "CHLD" and trap.text != "" and shell.row.name == "bash":
            return "default"  # it minds its children's ends alone
        return "ignored" if trap.text == "" else "caught"
    unheard = shell.row.ignores
    if shell.mode == "subshell" and shell.row.name in {"bash", "busybox", "zsh"}:
        unheard = shell.deaf  # a fork puts back what they ignore themselves
    if signal in unheard:
        return "ignored"
    if isinstance(shell.blocked, Waiting) and signal in shell.row.wait_catches:
        return "caught"
    if signal == "INT" and signal in shell.untrapped and shell.row.name == "bash":
        return "caught"
    if isinstance(shell.blocked, Foreground) and signal in _foreground_catches(shell) | shell.row.run_catches:
        bare = shell.waited and isinstance(shell.blocked.node, (Pipeline, Subshell))
        return "default" if bare else "caught"
    alone = isinstance(shell.blocked, Standing) and shell.blocked.why.startswith((ENDLESS, UNSEEN, "`read`"))
    if (shell.blocked is None or alone) and signal in shell.row.run_catches:
        return "caught"
    minds = (
        shell.has_exit_trap if shell.row.name == "bash" else "EXIT" in shell.traps and shell.traps["EXIT"].text != ""
    )
    if minds and signal in shell.row.exit_trap - shell.untrapped:
        return "caught" if shell.mode != "subshell" or shell.row.name == "bash" else "default"
    return "default"


def _foreground_catches(shell: Shell) -> frozenset[str]:
    """With job control bash leaves signals to the foreground's own process group; ksh93 has none in a pipeline."""
    node = shell.blocked.node if isinstance(shell.blocked, Foreground) and shell.row.name == "ksh93" else None
    piped = node is not None and any(isinstance(frame, Joined) for frame in shell.frames)
    if (
        piped
        or isinstance(node, Pipeline)
        or (isinstance(node, SimpleCommand) and node.words and node.words[0].literal == "sleep")
    ):
        return frozenset()
    return frozenset() if shell.row.name == "bash" and "m" in shell.options else shell.row.fg_catches


def receive(shell: Shell, world: World, process: Process, signal: str) -> None:
    """See Body.receive: a trap runs at once in `wait`, else when the foreground command has ended."""
    if signal not in shell.traps:
        if isinstance(shell.blocked, Foreground) and signal in _foreground_catches(shell):
            _interrupt(shell, shell.blocked, world, process, signal)
        else:
            _die(shell, world, process, signal)
        return
    if signal == "CHLD" and (shell.traps[signal].text == "" or not shell.row.child_trap):
        return
    if signal == "CHLD" and shell.row.child_trap == "within" and _goes_on_waiting(shell, shell.traps[signal]):
        return
    if signal not in shell.pending:
        shell.pending += (signal,)
    if _hears_later(shell, world, signal):
        return
    blocked = shell.blocked
    if isinstance(blocked, Standing):
        _hear_standing(shell, blocked, world, signal)
    elif isinstance(blocked, Waiting):
        _hear_waiting(shell, blocked, world, process, signal)
    elif isinstance(blocked, Reading):
        _hear_reading(shell, blocked, world, signal)
    elif isinstance(blocked, Foreground) and blocked.asked is not None and _in_builtin(shell):
        shell.push(Again(blocked))
        shell.blocked = None
    elif isinstance(blocked, Foreground):
        world.note("deferred", process, span=blocked.node.span, signal=signal)


def _interrupt(shell: Shell, blocked: Foreground, world: World, process: Process, signal: str) -> None:
    """Without a trap: what it makes of the signal shows when the foreground command has ended."""
    if shell.row.name == "zsh" and process.pid == 1:
        return  # it kills itself in vain, and goes on
    shell.interrupted = signal
    shell.witnesses = tuple(other.pid for other in world.living(blocked.pids))


def _die(shell: Shell, world: World, process: Process, signal: str) -> None:
    """Without a trap it dies of the signal; some run their EXIT trap before that."""
    blocked = shell.blocked
    status = shell.row.hangup_status if signal == "HUP" else 0
    status = status or (shell.row.signal_base + signal_number(signal)) & 255
    exiting = next((each for each in shell.frames if isinstance(each, TrapEnd) and each.signal == "EXIT"), None)
    again = exiting is not None and exiting.status == (shell.row.signal_base + signal_number(signal)) & 255
    if shell.row.name == "ksh93" and again and process.pid == 1:
        shell.blocked = Standing("an endless round of the signal that its EXIT trap sends", shell.traps["EXIT"].span)
        return
    plainly = shell.row.name == "posh" or (shell.row.name == "mksh" and signal == "HUP")
    if plainly or (process.pid != 1 and shell.row.almquist):
        world.exit(process, status, signal)
        return
    if shell.blocked is None and "EXIT" not in shell.traps:
        world.exit(process, status, signal)
    shell.leave(status)
    shell.killed = True
    if shell.row.name == "bash":
        shell.dies_of(signal)
        if isinstance(blocked, Foreground):
            forks.add_job(shell, blocked.pids, blocked.node.span, True)


def _hear_standing(shell: Shell, blocked: Standing, world: World, signal: str) -> None:
    """In a builtin that does not end, or a loop that goes round without a pause."""
    if not shell.row.read_interrupts and "read" in blocked.why:
        return
    if blocked.why == "`sleep`" and "e" in shell.options:
        return  # ksh93 sleeps on, and runs the trap when that is over
    if blocked.why == STARTS:
        raise TooComplex("how long a program reads from a FIFO")
    if blocked.why in {READS, OPENS}:
        _stops_reading(shell, signal, blocked)
        return
    if blocked.why == UNSEEN:
        shell.push(GoesOn(blocked.span))
    if blocked.why == ENDLESS:
        world.spin = 0  # it looks at what it has, and goes round again: the trap may have set what it asks for
    _break_off(shell, None if blocked.why == ENDLESS else signal)


def _hear_waiting(shell: Shell, blocked: Waiting, world: World, process: Process, signal: str) -> None:
    """In `wait`, which mostly is over then."""
    if blocked.named and shell.row.wait_goes_on:
        rest = tuple(other.pid for other in world.living(blocked.pids))[1:]
        if rest:  # the first of those named is given up, and then it waits for the next
            shell.blocked = replace(blocked, pids=rest)
            return
    if shell.row.wait_resumes:
        shell.push(Resume(blocked, signal, _dead(world, process)))
        shell.blocked = None
        return
    _break_off(shell, signal)


def _break_off(shell: Shell, signal: str | None, status: int = 0) -> None:
    """Leave what it is blocked in for a trap; the status is then `status`, or that of the signal, if one is given."""
    if signal is not None:
        base = 128 if shell.row.name == "ksh93" else shell.row.signal_base
        shell.status, shell.ok = status or shell.row.wait_status or base + signal_number(signal), False
    shell.blocked = None
    shell.cut = True
    if shell.row.error_trap in {"first", "before"} and signal is not None:
        shell.cut = False
        shell.set_status(shell.status)
    told = shell.row.name == "mksh" and "ERR" in shell.traps  # its ERR trap comes first, and the others with it
    if shell.row.errexit_first and "e" in shell.options and not shell.tested() and not told:
        shell.leave()


def _hear_reading(shell: Shell, blocked: Reading, world: World, signal: str) -> None:
    """In `read` from a pipe: bash (but in POSIX mode) and zsh go on behind the trap, yash and `ksh93 -e` before it."""
    row, status = shell.row, 128 + signal_number(signal)
    if not row.read_interrupts or (row.name == "ksh93" and "e" in shell.options and not shell.tested()):
        return
    if row.name == "zsh" or (row.name == "bash" and not shell.strict):
        shell.push(Again(blocked) if blocked.pipe else Evaluate(blocked.node, None))
        shell.status, shell.ok, shell.blocked = status, False, None
        return
    if blocked.node.redirections:
        world.unread |= {blocked.pipe}
    _break_off(shell, signal, 1 if row.almquist else {"bash": status, "mksh": 2}.get(row.name, 0))


def _stops_reading(shell: Shell, signal: str, reading: Standing) -> None:
    """A signal comes while it reads, or opens a FIFO to read: bash goes on behind the trap (as sh: with the latter).

    Where dash and busybox cannot open it, `exec` ends them, before the trap can run.
    """
    bash = shell.row.name == "bash"
    shell.status, shell.ok = 1 if shell.row.almquist else 128 + signal_number(signal), False
    again = bash and (reading.why == OPENS or not shell.strict)
    shell.blocked, shell.cut = None, not again
    if reading.retries and not again:
        shell.frames = shell.frames[:-1]
    if again:
        shell.push(Again(reading))
    elif shell.row.almquist and reading.why == OPENS:
        shell.status = shell.row.open_error
        if shell.frames and isinstance(shell.frames[-1], Left):
            if "EXIT" in shell.traps:
                raise TooComplex("which trap runs where `exec` cannot open a FIFO")
            shell.leave(shell.status)


def _hears_later(shell: Shell, world: World, signal: str) -> bool:
    """Whether a trap for SIGCHLD disturbs nothing: what the shell waits for is over, or ends by itself."""
    if signal != "CHLD":
        return False
    blocked = shell.blocked
    if isinstance(blocked, (Standing, Reading)):
        raise TooComplex("what a trap for SIGCHLD leaves of a `read`")
    over = isinstance(blocked, Waiting) and shell.row.child_trap == "over" and not world.living(blocked.pids)
    return over or isinstance(blocked, Foreground)


def _goes_on_waiting(shell: Shell, trap: Trap) -> bool:
    """A child of bash has ended: its trap runs, and it waits on behind that; in its POSIX mode the `wait` is over.

    Source: jobs.c, waitchld. What only prints is not followed where it disturbs nothing.
    """
    if leaves_waiting(shell, trap):
        return True
    if any(isinstance(frame, TrapEnd) for frame in shell.frames):
        raise TooComplex("when a trap for SIGCHLD runs that has to wait for another trap")
    if isinstance(shell.blocked, Waiting) and not shell.strict:
        shell.push(Again(shell.blocked))
        shell.blocked = None
        shell.pending += ("CHLD",) if "CHLD" not in shell.pending else ()
        return True
    return False


def leaves_waiting(shell: Shell, trap: Trap) -> bool:
    """Whether a trap for SIGCHLD neither ends the shell nor anything that it waits for."""
    if shell.row.name != "bash" or shell.strict or ("e" in shell.options and "false" in str(trap.text)):
        return False
    return trap.body is not None and quiet_items(trap.body.items)


def _in_builtin(shell: Shell) -> bool:
    """bash hears a signal while it reads a `$( … )` in what `.` or `eval` runs (zread.c: `executing_builtin`)."""
    return shell.row.name == "bash" and any(isinstance(frame, (SourceEnd, Checked)) for frame in shell.frames)


def comes_later(shell: Shell, signal: str) -> bool:
    """Whether a trap has to wait for one that runs: in yash any, in zsh one of the same signal, in ksh93 for ERR's."""
    running = [frame.signal for frame in shell.frames if isinstance(frame, TrapEnd)]
    if shell.row.recursion != "hangs":
        return shell.row.error_trap == "before" and "ERR" in running
    return any(shell.row.name == "yash" or other == signal for other in running)


def run_trap(shell: Shell, signal: str, world: World, process: Process) -> None:
    """Run the trap of a signal that has come."""
    shell.pending = tuple(other for other in shell.pending if other != signal)
    trap = shell.traps.get(signal)
    if trap is None:
        return
    if shell.row.recursion == "hangs" and world.spin > SPIN_LIMIT:
        world.note("crash", process, text="for ever", span=trap.span, signal=signal)
        shell.blocked = Standing("an endless round of traps", trap.span)
        return
    running = [frame for frame in shell.frames if isinstance(frame, TrapEnd)]
    if shell.row.recursion == "drops" and any(frame.signal == signal for frame in running):
        return
    rounds = [frame.children for frame in running]
    if len(rounds) >= TRAP_LIMIT:
        if signal == "CHLD":
            raise TooComplex("how long a trap for SIGCHLD, which has children itself, takes to run out of memory")
        if all(before < after for before, after in itertools.pairwise(rounds)):
            world.note("crash", process, text="for ever", span=trap.span, signal=signal)
            shell.blocked = Standing("an endless round of traps", trap.span)  # to fork takes time
            return
        world.note("crash", process, span=trap.span, signal=signal)
        world.exit(process, 139, "SEGV")
        return
    if shell.ending and "e" in shell.options and shell.row.name == "busybox":
        raise TooComplex("which status a trap leaves that interrupts the EXIT trap under `set -e`")
    world.note("trap", process, text=trap.text if isinstance(trap.text, str) else "", span=trap.span, signal=signal)
    if trap.body is None:
        shell.blocked = Standing(f"a trap whose text is not known: {trap.text.reason}", trap.span)  # type: ignore[union-attr]
        return
    children = world.next_pid + shell.forked
    frozen = shell.row.name == "bash" and (signal == "CHLD" or (signal == "INT" and shell.fronted))
    shell.push(
        TrapEnd(signal, shell.status, shell.ok, children=children, frozen=frozen, waited=shell.waited),
        Evaluate(trap.body, None),
    )
    if shell.row.trap_exit_zero and signal != "EXIT":
        shell.status, shell.ok = 0, False


def resume(shell: Shell, frame: Resume, world: World, process: Process) -> None:
    """Behind a trap zsh's `wait` goes on, or is over (see Resume)."""
    trap = shell.traps.get(frame.signal)
    if trap is None or trap.text == "" or _dead(world, process) > frame.dead:
        shell.blocked = frame.waiting
    else:
        shell.set_status(128 + signal_number(frame.signal))


def trap_ended(shell: Shell, frame: TrapEnd) -> None:
    """Put back what a trap has interrupted."""
    shell.waited = frame.waited
    if frame.signal == "EXIT" and shell.killed and shell.row.exit_trap_status:
        return
    if shell.row.name == "bash":
        shell.frames = tuple(
            replace(each, heard=True) if isinstance(each, TrapEnd) and each.signal == "EXIT" else each
            for each in shell.frames
        )
    told = shell.row.name == "yash" and shell.traps.get(frame.signal) is not None and _has_complained(shell, frame)
    shell.status, shell.ok = (1, False) if told else (frame.status, frame.ok)
    shell.jobs = tuple(job for job in shell.jobs if not job.foreground)
    if shell.cut and not shell.pending:
        shell.cut = False
        shell.set_status(shell.status, shell.ok)


def _has_complained(shell: Shell, frame: TrapEnd) -> bool:
    """Whether the last command of a trap has printed an error, of which yash makes the status of the `wait`."""
    body = shell.traps[frame.signal].body
    last = core(body.items[-1]) if body is not None and body.items else None
    name = last.words[0].literal if isinstance(last, SimpleCommand) and last.words else ""
    interrupted = isinstance(frame.status, int) and frame.status > 128
    return interrupted and (shell.status == 127 or (shell.status != 0 and name in {"kill", "cd", "shift"}))


def end_trap(shell: Shell) -> bool:
    """A trap is left before its end; False where `set -e` ends the shell for what it has interrupted."""
    frame = shell.frames[-1]
    assert isinstance(frame, TrapEnd)
    shell.frames = shell.frames[:-1]
    before = shell.frames
    trap_ended(shell, frame)
    return shell.frames == before


def _dead(world: World, process: Process) -> int:
    """Of how many of its children it has learnt so far that they have ended."""
    return sum(other.collected and other.ppid == process.pid for other in world.processes.values())
