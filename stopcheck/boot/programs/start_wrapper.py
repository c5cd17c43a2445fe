"""Starts a wrapper: what its own words make of it and of its child, and whether it starts one at all."""

from __future__ import annotations

from itertools import pairwise

from stopcheck.boot.bodies.daemon import Daemonizer
from stopcheck.boot.bodies.parent import Parent, ParentOptions, parent_options
from stopcheck.boot.bodies.program import FOR_EVER, Program
from stopcheck.boot.failure import Failure
from stopcheck.boot.files.accounts import ROOT, is_missing, is_refused, login_shell
from stopcheck.boot.grammar import (
    child_argv,
    duration,
    folders,
    has_own_session,
    ignored_by,
    is_option,
    kill_after,
    new_user,
    refuses_value,
    unset,
)
from stopcheck.boot.lookup import GLIBC
from stopcheck.boot.programs.known import tools
from stopcheck.boot.programs.roles import find_role
from stopcheck.boot.programs.timeouts import Timeout, limit, watch
from stopcheck.boot.programs.wrappers import Wrapper
from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge.programs import ProgramRow
from stopcheck.knowledge.systems import has_bash
from stopcheck.model import Unknown
from stopcheck.records import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Body, Field
    from stopcheck.image.model import Image


def start_wrapper(start: Start) -> Body | Failure:
    """exec: the child takes its place; fork and init: a parent that stays. A Failure where it starts nothing."""
    row, argv = start.row, start.argv
    if row.login and not row.shell:
        row = replace(row, shell=_login_shell(start.machine.image, new_user(row, argv)))
    child, assigned = child_argv(row, argv)
    start = replace(start, row=row, env={**start.env, **assigned})
    if not child:
        return _childless(start)
    own = [word for word in argv[: len(argv) - len(child)] if isinstance(word, str)]
    start = replace(start, row=_as_told(row, argv), env=_environment(start, own, assigned))
    start.process.ignored |= set(row.ignores) | ignored_by(row, own)
    kept = _kept_back(start, own)
    if kept is not None:
        return kept
    return _run(start, _with_what_is_read(own, child) if row.reads else child, own)


def _childless(start: Start) -> Body | Failure:
    """What it does when it is given nothing to start."""
    row, argv = start.row, start.argv
    alone = find_role(row.alone) if row.alone and len(argv) == 1 else None
    if alone is not None:
        return alone(start)
    if row.alone and "." not in row.alone:
        return _short(start, role=row.alone)
    busybox = tools(start.machine.image, row) == "busybox"
    status = _without_child(row.table or row.name, argv, busybox) if row.childless is None else row.childless
    return _short(start, status)


def _as_told(row: ProgramRow, argv: tuple[Field, ...]) -> ProgramRow:
    """With what its options change of how it stops."""
    if row.session_only and not has_own_session(row, argv):
        row = replace(row, on={**row.on, **dict.fromkeys(row.session_only, "ignore")})
    after = kill_after(row, argv) if row.kill_option else None
    return row if after is None else replace(row, kill_after=duration((after,), 0.0))


def _environment(start: Start, own: list[str], assigned: Mapping[str, Field]) -> Mapping[str, Field]:
    """What its child finds set."""
    row, env = start.row, start.env
    if row.clears and any(is_option(word, name) for word in own for name in row.clears):
        env = assigned
    elif row.unset_options:
        env = {name: value for name, value in env.items() if name in assigned or name not in unset(row, start.argv)}
    return {**env, "PATH": row.path} if row.path and "PATH" not in env else env


def _kept_back(start: Start, own: list[str]) -> Body | Failure | None:
    """What keeps it from starting its child: an option that it does not know, a user or a folder that is not there."""
    machine, row, argv = start.machine, start.row, start.argv
    if _refuses(row, own) or refuses_value(row, argv):
        return _short(start, 1 if tools(machine.image, row) == "busybox" else row.refused)
    gone = _gone(start)
    if gone is not None:
        return gone
    if row.enters and (entered := folders(row, argv)) and start.path(entered[0]) != "/":
        return start.leaf("opaque", f"which programs are in {entered[0]}")
    if row.login and is_refused(machine.image, start.process, row, argv, new_user(row, argv)):
        return _short(start, 1)
    if not row.refuses:
        return None
    from stopcheck.boot.programs.refusals import refusal

    return refusal(start)


def _run(start: Start, child: tuple[Field, ...], own: list[str]) -> Body | Failure:
    """Its child in its own place, or it above its child, by its role."""
    machine, process, row, env = start.machine, start.process, start.row, dict(start.env)
    user = new_user(row, start.argv)
    limited = limit(start, own) if row.limits else None
    if isinstance(limited, Program):
        return limited
    if row.role == "exec":
        process.user = process.user if user is None else user
        started = start.load(child)
        if limited is not None and limited.expires != FOR_EVER and not isinstance(started, Failure):
            watch(start.world, process, limited)
        return started
    if row.role == "init":
        return Parent(machine, row, child, env, replace(parent_options(row, start.argv), user=user))
    options = ParentOptions(dict.fromkeys(row.forwards_only, row.sends) if row.sends else {}, user=user)
    if limited is None:
        return Wrapper(machine, row, child, env, options=options)
    timeout = Timeout(machine, row, child, env, options=options)
    timeout.limit, timeout.timed_out = limited, False
    return timeout


def start_setsid(start: Start) -> Body | Failure:
    """setsid(1) forks only where it leads its process group already; else the child takes its place."""
    process, row = start.process, start.row
    child, _ = child_argv(row, start.argv)
    own = start.argv[1 : len(start.argv) - len(child)]

    def told(*names: str) -> bool:
        return any(is_option(word, name) for word in own for name in names)

    if not child or (start.machine.image.base.sh == "busybox" and any(word != "-c" for word in own)):
        return _short(start, 1)
    forks = process.pgid == process.pid or told("-f", "--fork")
    if forks and not told("-w", "--wait"):
        return Daemonizer(start.machine, row, child, dict(start.env))
    if told("-c", "--ctty") and start.machine.image.base.sh != "busybox":
        return _short(start, 1)  # there is no terminal
    if not forks:
        process.sid = process.pgid = process.pid
        return start.load(child)
    return Parent(start.machine, row, child, dict(start.env))


def start_daemon(start: Start) -> Body | Failure:
    """daemonize(1) and its like: the child goes on in the background, alone."""
    child, _ = child_argv(start.row, start.argv)
    if not child:
        return Failure(1, f"{start.row.name} is told to start nothing")
    if start.row.by_path and not str(child[0]).startswith("/"):
        return Failure(1, f"{start.row.name} wants the whole path of {child[0]}", "refuses", ran=True)
    own = start.argv[: len(start.argv) - len(child)]
    named = next((path for word, path in pairwise(own) if word in start.row.makes), "")
    pid_file = start.path(named) if isinstance(named, str) and named else ""
    return Daemonizer(start.machine, start.row, child, dict(start.env), pid_file)


def _short(start: Start, status: int | None = None, role: str = "short") -> Program:
    return Program(ProgramRow(start.row.name, role=role, status=status), start.machine.stop_signal)


def _login_shell(image: Image, user: str | None) -> str:
    """Whose login shell is known: root's is bash in the base images of all families but those with busybox."""
    bash = "/bin/bash" if image.base.family in GLIBC else ""
    if user is None or user in ROOT:
        return bash
    return login_shell(image, user) or (bash if has_bash(user) else "")


def _gone(start: Start) -> Failure | None:
    """What keeps a wrapper from starting anything: a user or a folder that is surely not there."""
    machine, world, process, row = start.machine, start.world, start.process, start.row
    user = new_user(row, start.argv) if row.unknown_user is not None else None
    if user is not None and is_missing(machine, world, process, row, user):
        advice = "Make it in the build (`RUN useradd …`), or name one that is there."
        return Failure(row.unknown_user or 1, f"the image has no user {user}", "refuses", advice, ran=True)
    if row.unfound:
        from stopcheck.boot.files.made import missing_folder

        for folder in folders(row, start.argv):
            if missing_folder(machine, world, start.path(folder), process):
                advice = "Make it in the build (`RUN mkdir -p …`), or name one that is there."
                return Failure(row.unfound, f"there is no folder {folder}", "refuses", advice, ran=True)
    return None


def _refuses(row: ProgramRow, own: list[str]) -> bool:
    """Whether a wrapper's own words have an option that it does not know; getopt_long(3) takes one cut short."""
    if not row.only_letters:
        return False
    value = False
    for word in own[1:]:
        if value:
            value = False
            continue
        if word == "--":
            break
        value = word in row.value_options
        if word.startswith("--"):
            name = word.partition("=")[0]
            if row.long_options and not any(option.startswith(name) for option in row.long_options):
                return True
        elif len(word) > 1 and word[0] == "-" and word[1] not in row.only_letters:
            return True
    return False


def _without_child(name: str, argv: tuple[Field, ...], busybox: bool) -> int:
    """The status of a wrapper that is given nothing to start: env and nice then tell what is so.

    flock locks the open file of a number; who else holds it in a container that starts?
    """
    if name == "tini":
        return 0 if argv[1:] == ("--version",) else 1
    if name in {"timeout", "nohup", "stdbuf"}:
        return 0 if argv[1:] in {("--help",), ("--version",)} else 1 if busybox else 125
    last = str(argv[-1])
    if name == "flock" and len(argv) > 1 and (last.isdigit() or isinstance(argv[-1], Unknown)):
        return 0
    if name not in {"env", "nice"}:
        return 64 if name == "flock" else 1
    adjusts = name == "nice" and len(argv) > 1
    return (1 if busybox else 125) if adjusts or (last.startswith("-") and last not in {"-", "-i", "-0"}) else 0


def _with_what_is_read(own: list[str], child: tuple[Field, ...]) -> tuple[Field, ...]:
    """The words of `xargs -I{} …` in which something that it reads stands in the place of `{}`."""
    place = next((word[2:] or after for word, after in pairwise([*own, ""]) if word.startswith("-I")), "")
    place = place or next((word.partition("=")[2] or "{}" for word in own if word.startswith("--replace")), "")
    unknown = Unknown("what xargs reads")
    return tuple(unknown if place and isinstance(word, str) and place in word else word for word in child)
