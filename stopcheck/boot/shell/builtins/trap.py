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
    from stopcheck.boot.world import Field
    from stopcheck.knowledge.shells import ShellRow
    from stopcheck.source import Span


def do_trap(call: Call) -> None:
    """`trap ACTION SIGNAL…`."""
    shell, row = call.shell, call.shell.row
    words, nodes = call.arguments, call.node.words[1:]
    if words and words[0] == "--":
        words, nodes = words[1:], nodes[1:]
    if not words or (isinstance(words[0], str) and words[0] in {"-l", "-p"}):
        _list(call, words)
        return
    action, signals = words[0], words[1:]
    number = isinstance(action, str) and action.isdigit()
    if not signals and action != "-" and not number:
        if not row.trap_resets:
            shell.leave(1) if row.name == "ksh93" else shell.set_status(1)
            return
        if row.name == "bash" and shell.strict:
            shell.refuse(2)
            return
    if not signals or number:
        action, signals = "-", words
    status = 0
    for word in signals:
        if isinstance(word, Unknown):
            continue
        name = _condition(word, shell)
        if name is not None:
            _set(call, name, action, nodes[0].span if nodes else call.node.span)
            continue
        call.world.note("bad-signal", call.process, text=word, span=call.node.span)
        status = 1
        if not row.trap_skips:
            break
    shell.set_status(status)


def _list(call: Call, words: tuple[Field, ...]) -> None:
    """`trap` alone, `trap -p` and `trap -l`."""
    shell = call.shell
    if words[:1] != ("-l",) and shell.row.name == "bash":
        shell.has_exit_trap = True  # to list them it minds signals from then on (trap.def)
    shell.leave(2) if words and shell.row.almquist else shell.set_status(0)


def _condition(word: str, shell: Shell) -> str | None:
    """What a word stands for: `EXIT`, a signal without `SIG`, one of bash's own; None: nothing that can be trapped."""
    if word in {"0", "EXIT"} or (word.upper() == "EXIT" and shell.row.sig_prefix):
        return "EXIT"
    return word if word in _pseudo_signals(shell.row) else _trap_signal(word, shell)


def _set(call: Call, name: str, action: Field, span: Span) -> None:
    """Set, or with `-` take back, the trap for one signal; `span` is where the action stands."""
    shell = call.shell
    if shell.row.undeafens and name in shell.deaf and action != "":
        shell.deaf -= {name}
        call.process.ignored -= {name}
    if action == "-":
        if (shell.traps.pop(name, None) is not None or name == "INT") and name not in shell.armed:
            shell.untrapped |= {name}
        shell.deaf -= {name} & {"INT"}
        return
    if name in call.process.ignored and action != "" and shell.row.name != "busybox":
        return  # busybox takes it down, and never hears the signal
    body = call.machine.parse_text(action, span, shell.row) if isinstance(action, str) else None
    trap = Trap(action, call.node.span, body)
    if action != "" and not hearing.leaves_waiting(shell, trap):
        _refuse_undecided(call, name)
    if shell.has_exit_trap and name not in shell.traps and name not in shell.untrapped:
        shell.armed |= {name}
    if name == "EXIT" and action != "" and not shell.has_exit_trap:
        shell.has_exit_trap = True
        shell.untrapped &= {"INT"}  # it minds the others from now on. Source: sig.c, initialize_terminating_signals
    shell.had_trap = shell.had_trap or action != ""
    shell.traps[name] = trap


def _refuse_undecided(call: Call, name: str) -> None:
    """Raise where it is not told when, or how often, a trap runs."""
    if name == "CHLD" and not call.shell.row.child_trap:
        raise TooComplex("what its trap for SIGCHLD does hangs on when each of its children ends")
    if name == "CHLD" and _ends_now(call):
        raise TooComplex("whether a trap for SIGCHLD hears of a child that ends as it is set")
    if name in {"DEBUG", "RETURN"}:
        raise TooComplex(f"what its trap for {name} does")


def _ends_now(call: Call) -> bool:
    """Whether a child has ended at this moment, which the shell may learn now or later.

    Before the stop that is one that nobody has waited for, with nothing started since.
    """
    world, shell = call.world, call.shell
    children = [each for each in world.processes.values() if each.ppid == call.process.pid and not each.alive]
    if world.stopping:
        return any(child.ended_at == world.clock for child in children)
    new = (each for each in children if each.ended_before == world.next_pid and not (each.reaped or each.collected))
    return any(child.job or child.pid in shell.substitutions for child in new)


def _pseudo_signals(row: ShellRow) -> frozenset[str]:
    if row.bash_syntax:
        return frozenset({"ERR", "DEBUG", "RETURN"})
    return frozenset({"ERR"}) if row.error_trap else frozenset()


def _trap_signal(word: str, shell: Shell) -> str | None:
    if shell.row.upper_only and word != word.upper():
        return None
    return signal_name(word, shell.row.sig_prefix, shell.row.realtime)
