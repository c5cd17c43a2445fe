"""The builtins by which a script takes its way: `exec`, `exit`, `return`, `break`, `continue`."""

from __future__ import annotations

import itertools

from stopcheck.boot.alternatives import is_default, is_told_to_start
from stopcheck.boot.shell import constructs, hearing
from stopcheck.boot.shell.frames import (
    CallEnd,
    Left,
    LoopBody,
    LoopTest,
    Negate,
    SourceEnd,
    Standing,
    TrapEnd,
)
from stopcheck.boot.shell.parameters import value_of
from stopcheck.boot.shell.running import replace_process
from stopcheck.boot.world import TooComplex
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown, numeral

if TYPE_CHECKING:
    from stopcheck.boot.shell.call import Call
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Status


_EXEC_LETTERS = {"bash": "cla", "ksh93": "ca", "mksh": "ca", "yash": "cfa", "zsh": "cla"}
"""The options of `exec`: the name behind `-a` is what the program is called."""


def do_exec(call: Call) -> None:
    """Replace the shell; without a command only its redirections hold."""
    words = call.arguments
    row = call.shell.row
    while (
        words
        and isinstance(words[0], str)
        and words[0].startswith("-")
        and len(words[0]) > 1
        and row.name not in {"dash", "posh"}
    ):
        option, words = words[0], words[1:]
        if option == "--":
            break
        known = set(option[1:]) <= set(_EXEC_LETTERS.get(row.name, ""))
        if known and option.endswith("a") and words:
            words = words[1:]
        elif not known and row.name in {"busybox", "ksh93", "mksh"}:
            call.shell.leave(2)
            return
        elif not known and row.name == "bash":
            call.shell.refuse(2)
            return
        elif not known and row.name == "yash":
            call.shell.set_status(2)
            return
    if not words:
        if len(call.node.words) > 1 and not _serves_by_default(call):
            # `exec "$@"` of nothing: it was to run what it is given, and no earlier command in its place.
            call.world.fallback = None
        if call.node.redirections:
            from stopcheck.boot.shell.redirections import redirect

            redirect(call.shell, call.node.redirections, call.world, call.process, lasting=True)
        if isinstance(call.shell.blocked, Standing) and row.almquist:
            call.shell.push(Left())  # it is over where that fails
        call.shell.set_status(0)
        return
    env = call.shell.environment()
    for assignment in call.node.assignments:
        value = value_of(call.shell, assignment.name)
        env |= {} if value is None else {assignment.name: value}
    replace_process(call, words, env, "exec")


def _serves_by_default(call: Call) -> bool:
    """Whether what may have been the service is told to start, or is what the script runs where it is given nothing."""
    before = call.world.fallback
    leaves = list(before.awaited()) if before is not None else []
    scripts = call.machine.scripts()
    if any(leaf.origin is not None and is_default(scripts, leaf.origin) for leaf in leaves):
        return True
    told = list(leaves)
    for each in told:  # `yarn start` is told, and node below it serves
        above = before.processes.get(each.ppid) if before is not None else None
        told += [above] if above is not None and above.pid != 1 else []
    return any(any(map(is_told_to_start, each.argv[1:])) for each in told)


_NO_NUMBER = {"mksh": 1, "zsh": 0, "ksh93": 0}
"""What a status is that is no number: `exit abc`. Source: shc.*.exit-word."""


def number(call: Call, default: int) -> int | Unknown:
    """The number that a builtin is given, as a status; where it is given none, the default."""
    if not call.arguments:
        return default
    value = call.arguments[0]
    if isinstance(value, Unknown):
        return value
    number = numeral(value, signed=True)
    return _NO_NUMBER.get(call.shell.row.name, 2) if number is None else number & 255


_UNSIGNED = {"dash": 2, "busybox": 2, "posh": 1, "yash": 2}
"""What a number with a sign, or none at all, comes to where that is an error. Source: shc.*.exit-minus."""


def _is_misused(call: Call) -> bool:
    """Whether `exit` or `return` is given what it does not take, which is no end then, or another one."""
    shell, words = call.shell, call.arguments
    if shell.row.name == "bash" and len(words) > 1:
        shell.discard(call.process, wholly=True)
        return True
    if shell.row.name in _UNSIGNED and words and isinstance(words[0], str) and not words[0].isdecimal():
        shell.leave(_UNSIGNED[shell.row.name])
        return True
    return False


def do_exit(call: Call) -> None:
    """Leave the shell, with the status given or the last one (POSIX: in a trap, the one before it)."""
    shell = call.shell
    if _is_misused(call):
        return
    if shell.eases():
        shell.options -= {"e"}
    if call.arguments:
        status = number(call, 0)
        before = call.world.fallback
        if (
            call.process.pid == 1
            and before is not None
            and status == 0
            and constructs.turns_away(shell, before.init, call.node)
        ):
            call.world.fallback = None
        if call.process.pid == 1 and status != 0:
            call.world.note("leaves", call.process, span=call.node.span)
        shell.leave(_byte(status))
        return
    outermost = shell.row.almquist or (shell.ending and shell.row.name != "bash")
    frames = shell.frames if outermost else tuple(reversed(shell.frames))
    trap = next((frame for frame in frames if isinstance(frame, TrapEnd)), None)
    if shell.row.name in {"bash", "ksh93", "posh"} and trap is not None and (trap.signal != "EXIT" or trap.heard):
        trap = None
    if trap is None and shell.origin.interrupts is not None and shell.row.almquist:
        shell.leave(shell.origin.interrupts)
        return
    kept = trap is not None and not (shell.row.trap_exit_zero and (trap.signal != "EXIT" or shell.row.name == "zsh"))
    shell.leave(_byte(trap.status if trap is not None and kept else shell.status))


def _byte(status: Status) -> Status:
    """What is left of a status that `exit` tells."""
    return status if isinstance(status, Unknown) else status & 255


do_logout = do_exit


def do_return(call: Call) -> None:
    """Leave a function or a sourced file."""
    shell = call.shell
    if _is_misused(call):
        return
    bash = shell.row.name == "bash"
    # In bash the status from before a trap counts for whatever that calls, too.
    ends = (TrapEnd,) if bash else (CallEnd, SourceEnd, TrapEnd)
    within = next((each for each in reversed(shell.frames) if isinstance(each, ends)), None)
    last = _byte(shell.status)
    if isinstance(within, TrapEnd) and shell.row.name != "ksh93":
        last = within.status
    status = number(call, 0) if call.arguments else last
    looked = shell.tested()
    if shell.row.almquist and sum(isinstance(each, TrapEnd) for each in shell.frames) > 1:
        raise TooComplex("what `return` in a trap within another one leads to")
    if shell.row.name == "busybox":
        status = _negated(shell, status)
    frame = shell.unwind(CallEnd, SourceEnd)
    if frame is None and shell.ending and ((bash and shell.left_within) or not (bash or shell.row.almquist)):
        raise TooComplex("what `return` in an EXIT trap leaves as the status")
    if frame is None and bash:
        shell.refuse(2)
        return
    trap = shell.unwind(TrapEnd) if frame is None and shell.ending else None
    if trap is not None and not ("e" in shell.options and status):
        shell.push(trap)
        return
    if frame is None:
        shell.leave(status)
        return
    shell.push(frame)
    if looked or (isinstance(frame, CallEnd) and shell.row.error_trap != "last"):
        shell.status, shell.ok = status, False  # `return 3 || true`; a call's status is looked at where it stands
    else:
        shell.set_status(status)


def _negated(shell: Shell, status: int | Unknown) -> int | Unknown:
    """busybox: a `!` that it leaves with a `return` makes of the status what it does of any other (measured)."""
    within = itertools.takewhile(lambda frame: not isinstance(frame, (CallEnd, SourceEnd)), reversed(shell.frames))
    for _ in (frame for frame in within if isinstance(frame, Negate)):
        status = status if isinstance(status, Unknown) else int(not status)
    return status


def _leave_loops(call: Call, again: bool) -> None:
    """Also those that a trap has interrupted, which ends with that; in zsh and ksh93 before its end."""
    shell = call.shell
    frames, loops = shell.frames, shell.loops()
    shell.status, shell.ok = 0, False
    if not loops:
        called = any(isinstance(frame, CallEnd) for frame in frames)
        if shell.origin.looped and (shell.row.name == "busybox" or (shell.row.name == "dash" and not called)):
            shell.leave(0)
        elif shell.row.name == "zsh" and not shell.origin.looped:
            shell.leave(1)
        return
    count = number(call, 1)
    last = loops[min(len(loops), 1 if isinstance(count, Unknown) else max(1, count)) - 1]
    trap = next((at for at in range(last, len(frames)) if isinstance(frames[at], TrapEnd)), None)
    if trap is not None and shell.row.name == "posh":
        raise TooComplex("what a trap leaves of the loop that its `break` or `continue` is meant for")
    if trap is not None and shell.row.name in {"mksh", "yash"}:
        if shell.row.name == "yash":
            shell.set_status(2)
        return  # to the trap there is no loop
    if trap is not None and shell.row.name not in {"zsh", "ksh93"}:
        shell.unwind_to(trap + 1, call.process)
        if not hearing.end_trap(shell):
            return
    shell.unwind_to(last, call.process)
    frame = frames[last]
    if trap is not None and isinstance(frame, LoopTest) and not (shell.row.name == "bash" and frame.node.until):
        shell.status, shell.ok = frame.body, False  # that of the loop; bash has `until` take it for its body's
    if again:
        shell.push(LoopBody(frame.node) if isinstance(frame, LoopTest) else frame)


def do_break(call: Call) -> None:
    """Leave loops."""
    _leave_loops(call, False)


def do_continue(call: Call) -> None:
    """Begin the next round of a loop."""
    _leave_loops(call, True)
