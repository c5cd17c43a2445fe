"""The builtin `kill`."""

from __future__ import annotations

from itertools import takewhile

from stopcheck.boot.shell.builtins.jobs import find_job
from stopcheck.boot.shell.frames import Standing
from stopcheck.boot.signals import signal_name, signal_number
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown, numeral
from stopcheck.records import dataclass, replace

if TYPE_CHECKING:
    from stopcheck.boot.shell.call import Call
    from stopcheck.boot.shell.frames import Job
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Field, Process, World
    from stopcheck.knowledge.shells import ShellRow


_ENDING = frozenset({"TERM", "INT", "QUIT", "KILL"})


def do_kill(call: Call) -> None:
    """Send a signal to processes, jobs, groups."""
    shell = call.shell
    told = _told(call)
    if told.lists:
        listed = [listed_signal(shell, str(word)) for word in told.words]
        call.world.write(
            call.process,
            Unknown("what `kill -l` lists", call.node.span)
            if None in listed or not listed
            else "\n".join(map(str, listed)),
        )
        shell.set_status(0)
    elif told.signal is None:
        call.world.note("bad-signal", call.process, text="kill", span=call.node.span)
        shell.set_status(2 if shell.row.name == "dash" else 1)
    elif not told.words:
        _with_no_target(call)
    else:
        _send(call, told.signal, told.words, int(told.refused))


def listed_signal(shell: Shell, word: str) -> str | None:
    """What `kill -l WORD` prints: the name of a number, or of a status above 128, the number of a name."""
    number = numeral(word)
    if number is not None:
        return signal_name(str(number - 128 if number > 128 and shell.row.name != "posh" else number))
    name = _kill_signal(word, shell) if shell.row.name != "yash" else None
    return None if name is None else str(signal_number(name))


def _is_listed_word(word: str, shell: Shell) -> bool:
    return numeral(word) is not None or (shell.row.lists_names and _kill_signal(word, shell) is not None)


@dataclass(frozen=True, slots=True)
class _Told:
    """What its words tell it."""

    signal: str | None
    """None where it names none."""
    words: tuple[Field, ...] = ()
    """Whom to send it to."""
    refused: bool = False
    """Whether it takes a word for an option that is none."""
    lists: bool = False


def _told(call: Call) -> _Told:
    row = call.shell.row
    words = list(call.arguments)
    signal: str | None = "TERM"
    given = ""
    while words and isinstance(words[0], str) and words[0].startswith("-") and len(words[0]) > 1:
        option = words.pop(0)
        assert isinstance(option, str)
        if option == "--":
            refused = bool(given) if row.name == "busybox" else row.name == "dash" and given == "-SIGNAL"
            return _Told(signal, () if refused and row.name == "dash" else tuple(words), refused)
        if option == "-l" or (option == "-L" and row.lists_upper):
            known = all(_is_listed_word(str(word), call.shell) for word in words)
            return _Told(signal if known else None, tuple(words), lists=known)
        flag = _signal_option(option, row)
        if flag:
            value = option[2:] or (words.pop(0) if words else "")
            # A number alone: so say zsh and ksh93 of -n.
            number = numeral(str(value)) is not None
            wrong = (flag == "-n" and not number and row.name in {"zsh", "ksh93"}) or (
                flag == "-s" and number and row.name == "zsh"
            )
            given, signal = "-s", None if wrong else _kill_signal(value, call.shell)
        elif given:
            return _Told(signal, (option, *words))  # a group, after a signal
        else:
            small = row.name == "mksh" and option != option.upper()
            given, signal = "-SIGNAL", None if small else _kill_signal(option[1:], call.shell)
    return _Told(signal, tuple(words))


def _with_no_target(call: Call) -> None:
    """Nobody to send it to; bash's `$(jobs -p)` may have the numbers of jobs that have ended, too: then it is 1."""
    shell = call.shell
    had_jobs = any(other.job and other.ppid == call.process.pid for other in call.world.processes.values())
    ended = shell.row.name == "bash" and had_jobs and "jobs" in call.node.span.text
    unknown = Unknown("the status of a `kill` of jobs that have ended", call.node.span)
    if ended and "e" in shell.options and not shell.tested():
        shell.leave(unknown)
    else:
        shell.set_status(unknown if ended else 1 if shell.row.name in {"busybox", "zsh", "posh", "mksh"} else 2)


def _send(call: Call, signal: str, words: tuple[Field, ...], failed: int) -> None:
    """Send it to all that are named, and set the status: how many there were not, or whether there was one."""
    row, found = call.shell.row, False
    if row.name == "busybox":
        words = tuple(part for word in words for part in _numbers(word))
    for word in words:
        reached = _reached(call, signal, word)
        if reached is None:
            return
        failed += not reached and not (word == "" and row.name == "busybox")
        found = found or reached
    if row.almquist:
        call.shell.set_status(min(failed, 1) if row.name == "dash" else failed)
    else:
        call.shell.set_status(0 if found else 1)


def _reached(call: Call, signal: str, word: Field) -> bool | None:
    """Sends it to whom a word names: whether there is such a one; None where that ends the builtin, its status set."""
    shell, world = call.shell, call.world
    if isinstance(word, str) and not _is_target(word):
        if shell.row.name == "dash":
            shell.set_status(2)
        return None if shell.row.name == "dash" else False
    if isinstance(word, Unknown):
        targets = _unknown_pid(call) if signal in _ENDING else None
        if targets is None:
            shell.set_status(Unknown("whom `kill` reaches", call.node.span), True)
            world.note("unknown-kill", call.process, text=word.reason, span=call.node.span)
            return None
    else:
        targets = _targets(call, word)
    job = find_job(shell, word) if isinstance(word, str) and word.startswith("%") else None
    if job is not None and job.waited and shell.row.name == "bash":
        shell.jobs = tuple(replace(each, waited=each is not job and each.waited) for each in shell.jobs)
    if not targets and (_is_zombie(call, word) or (job is not None and _is_listed(shell, world, job))):
        return True
    if not targets and isinstance(word, str) and word.startswith("%") and job is None and shell.row.almquist:
        shell.set_status(2)
        return None
    targets = [target for target in targets if world.may_signal(call.process, target)]
    for target in targets:
        if signal != "0":
            world.note("kills", call.process, span=call.node.span, signal=signal, other=target.pid)
            world.kill(target, signal, call.process)
        if not call.process.alive:
            return None
    return bool(targets)


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
    prefix = shell.row.sig_prefix and not (shell.row.name == "bash" and shell.strict)
    return signal_name(value, prefix, shell.row.realtime)


def _unknown_pid(call: Call) -> list[Process] | None:
    """Whom a `kill` of something not known means while the script prepares: the one job that stands; else None."""
    world = call.world
    left = [process for process in world.processes.values() if process.alive and process.job]
    return left if len(left) == 1 and not world.stopping else None


def _targets(call: Call, word: str) -> list[Process]:
    world, process = call.world, call.process
    if word.startswith("%"):
        job = find_job(call.shell, word)
        if call.shell.row.name == "yash" and "m" not in call.shell.options:
            return []
        if call.shell.row.name == "dash" and "m" not in call.shell.options:
            # It signals a process group, which there is only where the job has made itself one (timeout, setsid).
            return world.group(job.pids[0]) if job else []
        if job and call.shell.row.name == "bash" and not (job.controlled or job.foreground):
            return _up_to_the_dead(call, job)
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


def _up_to_the_dead(call: Call, job: Job) -> list[Process]:
    """Of a pipeline without job control bash passes over none that has ended: the first is the end of it.

    Behind one that has not it goes round for ever. Source: jobs.c, kill_pid (`continue` before `p = p->next`).
    """
    parts = [call.world.processes[pid] for pid in job.pids]
    reached = list(takewhile(lambda part: not _has_ended_before(call.world, part), parts))
    if reached and len(reached) < len(parts):
        call.shell.blocked = Standing("an endless round of bash's own `kill`", call.node.span)
    return [part for part in reached if part.alive]


def _has_ended_before(world: World, process: Process) -> bool:
    early = process.ended_at < world.clock or (world.stopping and process.ended_at <= world.epoch and not process.told)
    return not process.alive and early


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
