"""The builtins of jobs and signals: `trap`, `wait`, `kill`, `fg`, `disown`."""

from __future__ import annotations

from itertools import pairwise, takewhile

from stopcheck.boot.shell import forks, hearing, waiting
from stopcheck.boot.shell.frames import (
    Foreground,
    Job,
    Trap,
    Waiting,
)
from stopcheck.boot.shell.words import Partly
from stopcheck.boot.signals import signal_name, signal_number
from stopcheck.boot.world import TooComplex
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown, numeral
from stopcheck.syntax.shell.tree import CommandSubstitution

if TYPE_CHECKING:
    from stopcheck.boot.shell.commands import Call
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Field, Process, Status, World
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
        shell.has_exit_trap = shell.has_exit_trap or (name == "EXIT" and action != "")
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
    return frozenset({"ERR"}) if row.name == "busybox" else frozenset()


def _trap_signal(word: str, shell: Shell) -> str | None:
    if shell.row.upper_only and word != word.upper():
        return None
    return signal_name(word, shell.row.sig_prefix)


def do_wait(call: Call) -> None:
    """Wait for jobs; returns early when a trapped signal comes."""
    shell, world = call.shell, call.world
    words = [word for word in call.arguments if isinstance(word, Unknown) or not word.startswith("-")]
    options = [word for word in call.arguments if isinstance(word, str) and word.startswith("-") and word != "--"]
    first = any(word.startswith("-n") for word in options)
    which = _told_which(call.arguments) if words and shell.row.name == "bash" else None
    if which is not None:
        words.remove(which)
        shell.arrays.pop(which, None)
        shell.variables.pop(which, None)  # until one has ended
    if first and not shell.row.wait_n:
        call.world.note("wait-n", call.process, span=call.node.span)
    if options and (not shell.row.wait_n or (shell.row.name != "bash" and not first)):
        shell.set_status(shell.row.wait_n_status)
        return
    if first and waiting.is_frozen(shell):
        shell.set_status(127)
        return
    children = {child.pid for child in world.children(call.process.pid) if not child.adopted}
    news = [
        child
        for child in world.children(call.process.pid)
        if not (child.alive or child.collected or child.adopted) and child.job
    ]
    for child in world.children(call.process.pid):
        child.collected = child.collected or not child.alive
    pids: list[int] = []
    told: Status | None = None
    if words:
        for word in words:
            named, ends = _named(call, word, children, first)
            if isinstance(named, tuple):
                # One that is named again counts at its last place; POSIX mode forgets it as soon as it is told.
                again = shell.strict and shell.row.name == "bash" and not set(pids).isdisjoint(named)
                pids, told = [pid for pid in pids if pid not in named] + [*named], 127 if again else None
            elif named is not None and not (first and pids):
                told = named
            if ends:
                break
        if not pids:
            shell.set_status(127 if told is None else told, True)
            return
    else:
        any_ = first and shell.row.name == "bash"  # it knows what it has interrupted, too
        pids = [pid for job in shell.jobs if any_ or not job.foreground for pid in job.pids if world.living((pid,))]
        if shell.row.waits_for_substitutions and not first and not shell.dying:
            pids += [other.pid for other in world.living(shell.substitutions)]
        if first and shell.row.name == "bash" and (over := _untold(shell, call.world, news)) is not None:
            shell.jobs = tuple(job for job in shell.jobs if job is not over)  # `wait PID` still tells its status
            told = waiting.seen(shell, world.processes[over.pids[-1]])
            if which is not None:
                shell.assign(which, str(over.pids[-1]))
            if over.doubtful and pids:
                raise TooComplex("whether bash tells of a killed job before `wait -n` asks for it")
            if over.doubtful:
                if which is not None:
                    shell.assign(which, Unknown("which job has ended", call.node.span))
                told = Unknown("what `wait -n` says of a job that bash may have told of", call.node.span)
            shell.set_status(told if told is not None else 0, True)
            return
        if not pids and news and waiting.waits_on(shell, world, call.process, call.node.span, news):
            return
        if not pids and shell.row.name in {"bash", "yash"}:
            waiting.forget(shell, world)
    if not pids:
        for pid in (pid for job in shell.jobs if not first for pid in job.pids):
            world.processes[pid].reaped = True
        waiting.have_waited(shell, world, None)
        shell.set_status(127 if first else 0)
        return
    if shell.row.wait_resumes and shell.pending:
        shell.set_status(128 + signal_number(shell.pending[0]))
        shell.pending = shell.pending[1:]
        return
    numbers = bool(words) and all(isinstance(word, str) and word.isdigit() for word in words)
    every = not words and not first
    named_last = None if first else told
    shell.blocked = Waiting(
        tuple(dict.fromkeys(pids)), call.node.span, first, every, len(words) > 1, numbers, named_last, which or ""
    )


def _named(call: Call, word: Field, children: set[int], first: bool) -> tuple[tuple[int, ...] | Status | None, bool]:
    """What a word for `wait` names: processes, or a status for what is no job; and whether that ends it at once.

    dash and busybox pass over the number of what is none. Source: jobs.c (waitcmd), wait.def.
    """
    shell, world = call.shell, call.world
    if isinstance(word, Unknown):
        return tuple(pid for job in shell.jobs for pid in job.pids), False
    if word.startswith("%"):
        job = _job(shell, word)
        return ((2, True) if shell.row.almquist else (127, False)) if job is None else (job.pids, False)
    pid = numeral(word)
    if pid is None:
        # bash goes on, unless it looks like a number.
        return (2, True) if shell.row.almquist else (1, shell.row.name != "bash" or word[:1].isdigit())
    if pid in shell.disowned and pid not in shell.forgotten:
        return 127 if first else shell.disowned[pid], False  # `wait -n` is for jobs alone
    if pid in children and pid not in shell.forgotten:
        # A pipeline is one job: waiting for its last process waits for all.
        jobs = (job.pids for job in shell.jobs if pid in job.pids)
        return next(jobs, (pid,)) if shell.row.waits_for_pipeline else (pid,), False
    if _was_job(call, pid):
        told = waiting.seen(shell, world.processes[pid])
        waiting.have_waited(shell, world, (pid,))
        if shell.row.tells_once or (shell.strict and shell.row.name == "bash"):
            shell.forgotten |= {pid}
        return told if told is not None else 0, first
    if shell.row.name == "bash" and pid in _known_above(call):
        return 255, False
    return None if shell.row.almquist else 127, False


def _known_above(call: Call) -> set[int]:
    """The jobs of the shell that bash runs a `$( … )` for: it has them in its own table, and cannot wait for them."""
    above = call.world.processes.get(call.process.ppid)
    blocked = getattr(above.body, "blocked", None) if above is not None else None
    if above is None or not isinstance(blocked, Foreground) or not isinstance(blocked.asked, CommandSubstitution):
        return set()
    return {pid for job in getattr(above.body, "jobs", ()) for pid in job.pids}


def _untold(shell: Shell, world: World, news: list[Process]) -> Job | None:
    """The first job that has ended without the script knowing, which bash keeps for a `wait -n`.

    With `-c` it forgets those that it has learnt of, but in POSIX mode (shc.bash.wait-n-of-the-dead).
    """
    new = {child.pid for child in news}
    keeps = shell.strict or not shell.script.endswith(" -c")
    return next(
        (
            job
            for job in shell.jobs
            if not (job.foreground or job.waited or world.living(job.pids) or shell.forgotten.issuperset(job.pids))
            and (keeps or job.doubtful or new & set(job.pids))
        ),
        None,
    )


def _told_which(words: tuple[Field, ...]) -> str | None:
    """The variable that `wait -p NAME` sets."""
    for option, name in pairwise(words):
        if isinstance(option, str) and option[:1] == "-" and option[-1] == "p" and isinstance(name, str):
            return name
    return None


def _was_job(call: Call, pid: int) -> bool:
    """Whether it is a job of this shell that has ended: its status is kept."""
    process = call.world.processes.get(pid)
    if process is None or process.adopted or pid in call.shell.forgotten:
        return False
    if not process.job and pid not in call.shell.substitutions:
        return False
    return process.ppid == call.process.pid and not process.alive


def _is_zombie(call: Call, word: Field) -> bool:
    """Whether a child has ended and its number is not free yet; bash looks at once, the others when they next wait."""
    if word == "-1":
        ended = (other for other in call.world.processes.values() if other.pid != 1 and not other.alive)
        return any(not (other.collected or other.reaped) or _has_just_ended(call.world, other) for other in ended)
    pid = numeral(word) if isinstance(word, str) else None
    process = call.world.processes.get(pid) if pid is not None else None
    if process is None or process.alive or process.collected or process.ppid != call.process.pid:
        return False
    return call.shell.row.name != "bash" or process.ended_at == call.world.clock


def _has_just_ended(world: World, process: Process) -> bool:
    """Whether it has ended at this moment, and nobody has waited for it yet."""
    return process.ended_at == world.clock and not process.reaped


def _job(shell: Shell, word: str) -> Job | None:
    if word in {"%%", "%+", "%"}:
        return shell.jobs[-1] if shell.jobs else None
    if word == "%-" and shell.row.name == "bash":
        kept = [job for job in shell.jobs if not job.waited]  # the one before the last, or the only one
        return kept[-2:][0] if kept else None
    if word == "%-" and shell.row.almquist:
        return shell.jobs[-2] if len(shell.jobs) > 1 else None
    number = word[1:]
    if number.isdigit():
        return next((job for job in shell.jobs if str(job.number) == number), None)
    if shell.row.name not in {"bash", "zsh", "yash"}:
        return None
    # Its command, as written, begins so (`%name`) or has it somewhere (`%?name`); where several do, none is meant.
    named = [
        job
        for job in shell.jobs
        if (number[1:] in job.span.text if number[:1] == "?" else job.span.text.startswith(number))
    ]
    return named[0] if len(named) == 1 else None


def do_jobs(call: Call) -> None:
    """List them, and with that forget those that have ended, where they have kept their places."""
    shell = call.shell
    named = [word for word in call.arguments if isinstance(word, str) and not word.startswith("-")]
    if not all(word.startswith("%") and _job(shell, word) for word in named):
        shell.set_status(2 if shell.row.almquist else 127 if shell.row.name == "zsh" else 1)
        return
    if shell.row.job_slots and "-p" not in call.arguments:
        forks.drop_jobs(shell, tuple(job for job in shell.jobs if not call.world.living(job.pids)))
    if call.arguments and set(call.arguments) <= {"-p", "-pr", "-rp", "-r"} and shell.row.jobs_p:
        numbers = _numbers_of_jobs(call)
        if numbers:
            call.world.put(call.output, numbers)
    shell.set_status(0)


def _numbers_of_jobs(call: Call) -> Field:
    """What `jobs -p` prints; a part of a pipeline has the table of the shell that it was forked from."""
    above = call.world.processes.get(call.process.ppid)
    jobs = call.shell.jobs
    if call.shell.mode == "subshell" and above is not None and not jobs:
        jobs = getattr(above.body, "jobs", ())
    if any("r" in str(word) for word in call.arguments):
        jobs = tuple(job for job in jobs if call.world.living(job.pids))
    jobs = tuple(job for job in jobs if not job.waited)
    if jobs and not any("p" in str(word) for word in call.arguments):
        return Partly("what `jobs` prints", call.node.span, "[")
    return "\n".join(str(job.pids[0]) for job in jobs)


def do_fg(call: Call) -> None:
    """A job back in the foreground; without job control there is none."""
    shell = call.shell
    if "m" not in shell.options or not shell.jobs:
        shell.set_status(2 if shell.row.almquist else 1)
        return
    job = _job(shell, str(call.arguments[0])) if call.arguments else shell.jobs[-1]
    if job is None or not job.controlled:
        shell.set_status(1)
        return
    shell.blocked = Foreground(job.pids, call.node)


def do_bg(call: Call) -> None:
    """A stopped job goes on; without job control there is none."""
    shell = call.shell
    there = "m" in shell.options and shell.jobs
    shell.set_status(
        0 if there or shell.row.name not in {"bash", "dash", "busybox"} else 2 if shell.row.almquist else 1
    )


def do_disown(call: Call) -> None:
    """Forget jobs; of those that it is told one by one `wait PID` still gives a status: 0 where they had not ended."""
    shell = call.shell
    words = [word for word in call.arguments if isinstance(word, Unknown) or not word.startswith("-")]
    letters = "".join(word[1:] for word in call.arguments if isinstance(word, str) and word.startswith("-"))
    if shell.row.name == "ksh93":
        shell.set_status(int("m" not in shell.options))  # it only spares them its own SIGHUP, if it has job control
        return
    if not set(letters) <= set("har-"):
        shell.set_status(2)
        return
    every = bool({"a", "r"} & set(letters)) and not words
    meant = list(shell.jobs) if every else [_named_job(shell, word) for word in words or ["%%"]]
    if "h" not in letters:
        for job in filter(None, meant):
            told = {pid: waiting.seen(shell, call.world.processes[pid]) or 0 for pid in job.pids}
            shell.disowned = {**shell.disowned, **(dict.fromkeys(job.pids, 127) if every else told)}
        shell.jobs = tuple(job for job in shell.jobs if job not in meant)
    shell.set_status(0 if all(meant) else 1)


def _named_job(shell: Shell, word: Field) -> Job | None:
    """The job that a number of a process, or what may stand behind `%`, names."""
    if isinstance(word, Unknown):
        return shell.jobs[-1] if shell.jobs else None
    if (pid := numeral(word)) is not None:
        return next((job for job in shell.jobs if pid in job.pids), None)
    return _job(shell, word if word.startswith("%") else f"%{word}")


_ENDING = frozenset({"TERM", "INT", "QUIT", "KILL"})


def do_kill(call: Call) -> None:
    """Send a signal to processes, jobs, groups."""
    shell, world = call.shell, call.world
    words = list(call.arguments)
    signal: str | None = "TERM"
    given, failed = "", 0
    while words and isinstance(words[0], str) and words[0].startswith("-") and len(words[0]) > 1:
        option = words.pop(0)
        assert isinstance(option, str)
        if option == "--" and (
            given if shell.row.name == "busybox" else given == "-SIGNAL" and shell.row.name == "dash"
        ):
            failed += 1
            if shell.row.name == "dash":
                words = []
            break
        if option == "--":
            break
        if option == "-l" or option == "-L":
            shell.set_status(0)
            return
        named = _signal_option(option, shell.row)
        if named:
            value = option[2:] or (words.pop(0) if words else "")
            # A number alone: so say zsh and ksh93 of -n.
            number = numeral(str(value)) is not None
            wrong = (named == "-n" and not number and shell.row.name in {"zsh", "ksh93"}) or (
                named == "-s" and number and shell.row.name == "zsh"
            )
            given, signal = "-s", None if wrong else _kill_signal(value, shell)
        elif given:
            words.insert(0, option)  # a group, after a signal
            break
        else:
            small = shell.row.name == "mksh" and option != option.upper()
            given, signal = "-SIGNAL", None if small else _kill_signal(option[1:], shell)
    if signal is None:
        world.note("bad-signal", call.process, text="kill", span=call.node.span)
        shell.set_status(2 if shell.row.name == "dash" else 1)
        return
    if not words:
        # bash's `$(jobs -p)` may have the numbers of jobs that have ended, too: then it is 1.
        had_jobs = any(other.job and other.ppid == call.process.pid for other in world.processes.values())
        ended = shell.row.name == "bash" and had_jobs and "jobs" in call.node.span.text
        unknown = Unknown("the status of a `kill` of jobs that have ended", call.node.span)
        if ended and "e" in shell.options and not shell.tested():
            shell.leave(unknown)
        else:
            shell.set_status(unknown if ended else 1 if shell.row.name in {"busybox", "zsh", "posh", "mksh"} else 2)
        return
    found = False
    if shell.row.name == "busybox":
        words = [part for word in words for part in _numbers(word)]
    for word in words:
        if isinstance(word, str) and not _is_target(word):
            if shell.row.name == "dash":
                shell.set_status(2)
                return
            failed += word != "" or shell.row.name != "busybox"
            continue
        if isinstance(word, Unknown):
            targets = _unknown_pid(call) if signal in _ENDING else None
            if targets is None:
                shell.set_status(Unknown("whom `kill` reaches", call.node.span), True)
                world.note("unknown-kill", call.process, text=word.reason, span=call.node.span)
                return
        else:
            targets = _targets(call, word)
        fallen = _job(shell, word) if isinstance(word, str) and word.startswith("%") else None
        if not targets and (_is_zombie(call, word) or (fallen and _is_listed(shell, world, fallen))):
            found = True
            continue
        if not targets and isinstance(word, str) and word.startswith("%") and _job(shell, word) is None:
            shell.set_status(2 if shell.row.almquist else 1)
            if shell.row.almquist:
                return
        targets = [target for target in targets if world.may_signal(call.process, target)]
        failed += not targets
        for target in targets:
            found = True
            if signal != "0":
                world.note("kills", call.process, span=call.node.span, signal=signal, other=target.pid)
                world.kill(target, signal, call.process)
            if not call.process.alive:
                return
    if shell.row.almquist:
        shell.set_status(min(failed, 1) if shell.row.name == "dash" else failed)
    else:
        shell.set_status(0 if found else 1)


def _is_listed(shell: Shell, world: World, job: Job) -> bool:
    """Whether the shell still has a job that has ended in its table: bash, until it has told that a signal ended it.

    That it does when it has waited for it (jobs.c, notify_of_job_status), or as in waiting._tell_of_killed.
    """
    told = shell.row.name != "bash" or (job.waited and any(world.processes[pid].killed_by for pid in job.pids))
    return job.foreground or shell.row.name == "busybox" or not told


def _signal_option(option: str, row: ShellRow) -> str:
    """The option of `kill` that a signal's name follows, by itself or attached; "" where the option is a signal."""
    name = option[:2]
    if name not in {"-s", "-n"} or (name == "-n" and row.name in {"dash", "busybox", "mksh", "posh"}):
        return ""
    attached = {"-s": {"dash", "bash", "mksh", "yash", "ksh93"}, "-n": {"bash", "yash", "ksh93"}}.get(name, set())
    return name if option == name or (row.name in attached and signal_name(option[1:]) is None) else ""


def _numbers(word: Field) -> list[Field]:
    """The words that busybox's `kill` finds in one: numbers between blanks, up to the first that is none.

    Source: procps/kill.c, which is given " -PGID" by the shell.
    """
    if isinstance(word, Unknown) or " " not in word or word.startswith("%"):
        return [word]
    parts = [part for part in word.split(" ") if part]
    numbers = list(takewhile(lambda part: numeral(part.removeprefix("-")) is not None, parts))
    bad = len(numbers) < len(parts) or word.endswith(" ")
    return [*numbers, "?"] if bad else [*numbers]


def _is_target(word: str) -> bool:
    return word.startswith("%") or numeral(word.removeprefix("-")) is not None


def _kill_signal(value: Field, shell: Shell) -> str | None:
    if isinstance(value, Unknown):
        return "TERM"
    if value == "0":
        return "0"
    # bash's `kill` understands `SIGTERM` under its own name alone, its `trap` always.
    return signal_name(value, shell.row.sig_prefix and not (shell.row.name == "bash" and shell.strict))


def _unknown_pid(call: Call) -> list[Process] | None:
    """Whom a `kill` of something not known means while the script prepares: the one job that stands; else None."""
    world = call.world
    left = [process for process in world.processes.values() if process.alive and process.job]
    return left if len(left) == 1 and not world.stopping else None


def _targets(call: Call, word: str) -> list[Process]:
    world, process = call.world, call.process
    if word.startswith("%"):
        job = _job(call.shell, word)
        if call.shell.row.name == "yash" and "m" not in call.shell.options:
            return []
        if call.shell.row.name == "dash" and "m" not in call.shell.options:
            # It signals a process group, which there is only where the job has made itself one (timeout, setsid).
            return world.group(job.pids[0]) if job else []
        return world.living(job.pids) if job else []
    number = numeral(word, signed=True)
    if number is None:
        return []
    if number == 0:
        return world.group(process.pgid)
    if number == -1:
        return [other for other in world.processes.values() if other.alive and other.pid != 1 and other is not process]
    if number < 0:
        return world.group(-number)
    return world.living((number,))
