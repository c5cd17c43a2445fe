"""The builtins that work on the table of jobs: `jobs`, `fg`, `bg`, `disown`."""

from __future__ import annotations

from stopcheck.boot.partly import Partly
from stopcheck.boot.shell import forks, waiting
from stopcheck.boot.shell.frames import (
    Foreground,
    Job,
)
from stopcheck.boot.shell.printed import known_below
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown, numeral

if TYPE_CHECKING:
    from stopcheck.boot.shell.call import Call
    from stopcheck.boot.shell.shell import Shell
    from stopcheck.boot.world import Field


def find_job(shell: Shell, word: str) -> Job | None:
    """The job that `%word` names; None where it names none."""
    if word in {"%%", "%+", "%"}:
        # In bash what it dies in the foreground of is not the current one.
        started = [job for job in shell.jobs if not (job.foreground and shell.row.name == "bash")]
        return started[-1] if started else None
    if word == "%-" and shell.row.name == "bash":
        return shell.jobs[-2:][0] if shell.jobs else None  # the one before the last, or the only one
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
    if not all(word.startswith("%") and find_job(shell, word) for word in named):
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
    other = above.body if above is not None else None
    apart = call.shell.origin.parenthesised and call.shell.row.name == "bash"
    if call.shell.mode == "subshell" and isinstance(other, type(call.shell)) and not (jobs or apart):
        beside = call.process.pid in other.substitutions and other.row.name == "bash"
        jobs = tuple(known_below(other, call.world)) if beside else other.jobs
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
    job = find_job(shell, str(call.arguments[0])) if call.arguments else shell.jobs[-1]
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
    return find_job(shell, word if word.startswith("%") else f"%{word}")
