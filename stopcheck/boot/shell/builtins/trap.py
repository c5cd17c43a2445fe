"""The builtin `trap`."""

from __future__ import annotations

from stopcheck.boot.shell import hearing
from stopcheck.boot.shell.frames import Trap
from stopcheck.boot.signals import signal_name
from stopcheck.boot.world import TooComplex
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown

if TYPE_CHECKING:
    from stopcheck.boot.shell.call import Call
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.knowledge.shells import ShellRow


def do_trap(call: Call) -> None:
    """`trap ACTION SIGNAL…`."""
    shell = call.shell
    words = call.arguments
    nodes = call.node.words[1:]
    if words and words[0] == "--":
        words, nodes = words[1:], nodes[1:]
    if not words or (isinstance(words[0], str) and words[0] in {"-l", "-p"}):
        if words[:1] != ("-l",) and shell.row.name == "bash":
            shell.has_exit_trap = True  # to list them it minds signals from then on (trap.def)
        shell.leave(2) if words and shell.row.almquist else shell.set_status(0)
        return
    action, signals = words[0], words[1:]
    if not signals and action != "-" and not str(action).isdigit() and not shell.row.trap_resets:
        if shell.row.name == "ksh93":
            shell.leave(1)
        shell.set_status(1)
        return
    if not signals and action != "-" and not str(action).isdigit() and shell.row.name == "bash" and shell.strict:
        shell.refuse(2)
        return
    if not signals or (isinstance(action, str) and action.isdigit()):
        action, signals = "-", words
    status = 0
    for word in signals:
        if isinstance(word, Unknown):
            continue
        name = (
            "EXIT"
            if word in {"0", "EXIT"} or (word.upper() == "EXIT" and shell.row.sig_prefix)
            else (word if word in _pseudo_signals(shell.row) else _trap_signal(word, shell))
        )
        if name is None:
            call.world.note("bad-signal", call.process, text=word, span=call.node.span)
            status = 1
            if shell.row.trap_skips:
                continue
            break
        if action == "-":
            if (shell.traps.pop(name, None) is not None or name == "INT") and name not in shell.armed:
                shell.untrapped |= {name}
            shell.deaf -= {name} & {"INT"}
            continue
        if name in call.process.ignored and action != "" and shell.row.name != "busybox":
            continue  # busybox takes it down, and never hears the signal
        span = nodes[0].span if nodes else call.node.span
        body = None
        if isinstance(action, str):
            body = call.machine.parse_text(action, span, shell.row)
        trap = Trap(action, call.node.span, body)
        if action != "" and not hearing.leaves_waiting(shell, trap):
            if name == "CHLD" and not shell.row.child_trap:
                raise TooComplex("what its trap for SIGCHLD does hangs on when each of its children ends")
            if name == "CHLD" and _ends_now(call):
                raise TooComplex("whether a trap for SIGCHLD hears of a child that ends as it is set")
            if name in {"DEBUG", "RETURN"}:
                raise TooComplex(f"what its trap for {name} does")
        if shell.has_exit_trap and name not in shell.traps and name not in shell.untrapped:
            shell.armed |= {name}
        if name == "EXIT" and action != "" and not shell.has_exit_trap:
            shell.has_exit_trap = True
            shell.untrapped &= {"INT"}  # it minds the others from now on. Source: sig.c, initialize_terminating_signals
        shell.had_trap = shell.had_trap or action != ""
        shell.traps[name] = trap
    shell.set_status(status)


def _ends_now(call: Call) -> bool:
    """Whether a child has ended at this moment, which the shell may learn now or later."""
    children = (each for each in call.world.processes.values() if each.ppid == call.process.pid and not each.alive)
    return call.world.stopping and any(child.ended_at == call.world.clock for child in children)


def _pseudo_signals(row: ShellRow) -> frozenset[str]:
    if row.bash_syntax:
        return frozenset({"ERR", "DEBUG", "RETURN"})
    return frozenset({"ERR"}) if row.error_trap else frozenset()


def _trap_signal(word: str, shell: Shell) -> str | None:
    if shell.row.upper_only and word != word.upper():
        return None
    return signal_name(word, shell.row.sig_prefix, shell.row.realtime)
