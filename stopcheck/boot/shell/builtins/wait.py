"""The builtin `wait`."""

from __future__ import annotations

from itertools import pairwise

from stopcheck.boot.shell import waiting
from stopcheck.boot.shell.builtins.jobs import find_job
from stopcheck.boot.shell.frames import ENDLESS, Foreground, Job, Standing, Waiting
from stopcheck.boot.signals import signal_number
from stopcheck.boot.world import TooComplex
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown, numeral
from stopcheck.syntax.shell.tree import CommandSubstitution

if TYPE_CHECKING:
    from stopcheck.boot.shell.call import Call
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Field, Process, Status, World


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
        world.note("wait-n", call.process, span=call.node.span)
    if options and (not shell.row.wait_n or (shell.row.name != "bash" and not first)):
        shell.set_status(shell.row.wait_n_status)
        return
    if first and waiting.is_frozen(shell):
        shell.set_status(127)
        return
    own = [child for child in world.children(call.process.pid) if not child.adopted]
    news = [child for child in own if child.job and not (child.alive or child.collected)]
    strays = waiting.dead_strays(world, call.process)
    for child in world.children(call.process.pid):
        child.collected = child.collected or not child.alive
    told: Status | None = None
    if words:
        pids, told = _meant(call, words, {child.pid for child in own}, first)
        if not pids:
            shell.set_status(127 if told is None else told, True)
            return
    else:
        pids = _all_jobs(call, first)
        if first and shell.dying and any(job.foreground and _ends_now(world, job) for job in shell.jobs):
            raise TooComplex("whether `wait -n` is told of what was in the foreground")
        if first and shell.row.name == "bash" and (over := _untold(shell, world, news)) is not None:
            _tell(call, over, which, bool(pids))
            return
        if not pids and news and waiting.waits_on(shell, world, call.process, call.node.span, news, strays):
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


def _meant(call: Call, words: list[Field], children: set[int], first: bool) -> tuple[list[int], Status | None]:
    """The processes that the words name, and the status that the last one tells which names none to wait for."""
    pids: list[int] = []
    told: Status | None = None
    for word in words:
        named, ends = _named(call, word, children, first)
        if isinstance(named, tuple):
            # One that is named again counts at its last place; POSIX mode forgets it as soon as it is told.
            again = call.shell.strict and call.shell.row.name == "bash" and not set(pids).isdisjoint(named)
            pids, told = [pid for pid in pids if pid not in named] + [*named], 127 if again else None
        elif named is not None and not (first and pids):
            told = named
        if ends:
            break
    return pids, told


def _all_jobs(call: Call, first: bool) -> list[int]:
    """What a `wait` without names waits for."""
    shell, world = call.shell, call.world
    any_ = first and shell.row.name == "bash"  # it knows what it has interrupted, too
    pids = [pid for job in shell.jobs if any_ or not job.foreground for pid in job.pids if world.living((pid,))]
    if shell.row.waits_for_adopted:
        pids += [child.pid for child in world.children(call.process.pid) if child.adopted and child.alive]
    if shell.row.waits_for_substitutions and not first:
        pids += [other.pid for other in world.living(shell.substitutions)]
    return pids


def _tell(call: Call, over: Job, which: str | None, others: bool) -> None:
    """`wait -n` has the status of a job that has ended already, as bash keeps it; `others` are still running."""
    shell, last = call.shell, over.pids[-1]
    shell.jobs = tuple(job for job in shell.jobs if job is not over)  # `wait PID` still tells its status
    if over.doubtful and others:
        raise TooComplex("whether bash tells of a killed job before `wait -n` asks for it")
    told = waiting.seen(shell, call.world.processes[last])
    if which is not None:
        shell.assign(which, Unknown("which job has ended", call.node.span) if over.doubtful else str(last))
    if over.doubtful:
        told = Unknown("what `wait -n` says of a job that bash may have told of", call.node.span)
    shell.set_status(told if told is not None else 0, True)


def _named(call: Call, word: Field, children: set[int], first: bool) -> tuple[tuple[int, ...] | Status | None, bool]:
    """What a word for `wait` names: processes, or a status for what is no job; and whether that ends it at once.

    dash and busybox pass over the number of what is none. Source: jobs.c (waitcmd), wait.def.
    """
    shell, world = call.shell, call.world
    if isinstance(word, Unknown):
        return tuple(pid for job in shell.jobs for pid in job.pids), False
    if word.startswith("%"):
        job = find_job(shell, word)
        return ((2, True) if shell.row.almquist else (127, False)) if job is None else (job.pids, False)
    pid = numeral(word)
    if pid is None:
        # bash goes on, unless it looks like a number.
        return (2, True) if shell.row.almquist else (1, shell.row.name != "bash" or word[:1].isdigit())
    if pid in shell.disowned and pid not in shell.forgotten:
        return 127 if first else shell.disowned[pid], False  # `wait -n` is for jobs alone
    if first and pid in shell.substitutions:
        return 127, False  # nor is a `>( … )` one
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
        if "-f" in call.arguments:
            shell.blocked = Standing(f"{ENDLESS}: `wait -f` of another's child", call.node.span)
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


def _ends_now(world: World, job: Job) -> bool:
    return not world.living(job.pids) and any(world.processes[pid].ended_at == world.clock for pid in job.pids)


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
