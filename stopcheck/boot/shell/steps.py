"""The steps of a shell, one after another: what it has still to do, its traps, its end."""

from __future__ import annotations

from stopcheck.boot.shell import constructs, forks, hearing, waiting
from stopcheck.boot.shell.arithmetic import ArithmeticFault, ConstantFault, UnsetError
from stopcheck.boot.shell.frames import (
    Again,
    AndOrRest,
    Assigned,
    CallEnd,
    CaseRest,
    Checked,
    Evaluate,
    ForRest,
    Frame,
    GoesOn,
    IfRest,
    Items,
    Joined,
    Left,
    LoopBody,
    LoopTest,
    Negate,
    Redirected,
    Resume,
    SourceEnd,
    TrapEnd,
)
from stopcheck.boot.signals import signal_number
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown

if TYPE_CHECKING:
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Process, World
    from stopcheck.source import Span


def step(shell: Shell, world: World, process: Process) -> bool:
    """See Body.step."""
    if shell.blocked is not None:
        return waiting.unblock(shell, world, process)
    if shell.feeding and not any(isinstance(frame, Redirected) and frame.feeds for frame in shell.frames):
        world.held = {pipe: pid for pipe, pid in world.held.items() if pipe not in shell.feeding}
        shell.feeding = ()
    amid = bool(shell.answers)  # its next command is being expanded: no trap comes before it has run
    if isinstance(shell.frames[-1] if shell.frames else None, Negate):
        amid = amid or shell.row.name == "bash"
    if shell.pending and not amid:
        signal = next((signal for signal in shell.pending if not hearing.comes_later(shell, signal)), None)
        if signal is not None:
            hearing.run_trap(shell, signal, world, process)
            return True
    if not shell.frames:
        _end(shell, world, process)
        return True
    frame, shell.frames = shell.frames[-1], shell.frames[:-1]
    try:
        _take(shell, frame, world, process)
    except UnsetError as error:
        if type(error) is UnsetError and process.pid == 1 and not world.stopping and str(error):
            world.note("unset", process, text=str(error), span=_place(frame))
        if isinstance(error, ConstantFault) and shell.row.name == "bash":
            _cannot_set(shell, error, process)
            return True
        if isinstance(error, ArithmeticFault) and shell.row.name == "bash" and not shell.strict:
            shell.discard(process)
            return True
        exiting = next((each for each in shell.frames if isinstance(each, TrapEnd) and each.signal == "EXIT"), None)
        if exiting is not None and shell.row.name == "bash":
            shell.dying = "" if "e" in shell.options else shell.dying
            shell.leave(1 if "e" in shell.options else exiting.status)
            return True
        one = shell.row.bash_syntax or shell.row.name in {"mksh", "posh"}
        shell.leave(shell.fault() if shell.row.name == "bash" else 1 if one else 2, unwound=True)
    return True


def _place(frame: Frame) -> Span | None:
    """Where in the script a frame stands: at its command, or at the next of several."""
    node = getattr(frame, "node", None)
    if isinstance(frame, Items):
        node = frame.node.items[frame.index] if frame.index < len(frame.node.items) else node
    return getattr(node, "span", None)


def _cannot_set(shell: Shell, fault: ConstantFault, process: Process) -> None:
    """bash: an expansion would set what is set for good."""
    if not shell.ending and (shell.strict or shell.errexit):
        shell.leave(shell.fault() if shell.strict else 1)
    else:
        shell.discard(process)
        shell.status = shell.status if shell.mode == "command" else fault.status


def _take(shell: Shell, frame: Frame, world: World, process: Process) -> None:
    match frame:
        case Evaluate():
            constructs.begin(shell, frame.node, frame.tail, world, process)
        case Items():
            constructs.rest_of_items(shell, frame.node, frame.index, frame.tail)
        case AndOrRest():
            constructs.rest_of_list(shell, frame)
        case Negate():
            if not isinstance(shell.status, Unknown):
                shell.status = int(not shell.status)
        case IfRest():
            constructs.rest_of_if(shell, frame, world, process)
        case LoopTest():
            constructs.test_loop(shell, frame, world, process)
        case LoopBody():
            constructs.loop_again(shell, frame, world)
        case ForRest():
            constructs.rest_of_for(shell, frame)
        case CaseRest():
            if frame.node.items[frame.index].terminator == ";;&":
                constructs.choose(shell, frame.node, frame.tail, world, process, frame.index + 1)
            else:
                constructs.case_body(shell, frame.node, frame.index, ";&", frame.tail)
        case CallEnd():
            shell.return_from(frame)
            shell.set_status(shell.status, shell.ok)
        case Checked():
            shell.set_status(shell.status, shell.ok)
        case GoesOn():
            world.note("waits-unseen", process, span=frame.span)
        case Left():
            shell.leave(shell.status, unwound=True)
        case Again():
            shell.blocked = frame.reading
        case Joined():
            forks.join(shell, frame, world)
        case Redirected():
            frame.restore(process)
        case Assigned():
            shell.unassign(frame)
        case SourceEnd():
            if frame.args is not None:
                shell.args = frame.args
            shell.set_status(shell.status, shell.ok)
        case Resume():
            hearing.resume(shell, frame, world, process)
        case TrapEnd():
            hearing.trap_ended(shell, frame)


def _end(shell: Shell, world: World, process: Process) -> None:
    trap = shell.traps.get("EXIT")
    if trap is not None and not shell.ending and (shell.dying or not shell.origin.ends_plainly):
        shell.ending = True
        if trap.body is not None and trap.text != "":
            world.note("trap", process, text="EXIT", span=trap.span, signal="EXIT")
            shell.push(TrapEnd("EXIT", shell.status, shell.ok), Evaluate(trap.body, None))
        return
    if shell.dying:
        status = (shell.row.hangup_status if shell.dying == "HUP" else 0) or 128 + signal_number(shell.dying)
        world.exit(process, status, shell.dying if process.pid != 1 else "")  # it kills itself behind its EXIT trap
    elif isinstance(shell.status, Unknown):
        world.exit(process, 0 if shell.ok else shell.status)
    elif shell.status > 256:  # ksh93's status of what a signal has killed, where no `exit` tells it
        world.exit(process, 128 + (shell.status & 127))
    else:
        world.exit(process, shell.status & 255)
