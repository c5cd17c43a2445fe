"""pm2-runtime: one program, or those of an ecosystem file."""

from __future__ import annotations

from stopcheck.boot.bodies.parent import ParentOptions
from stopcheck.boot.bodies.supervisor import Managed, Supervisor
from stopcheck.boot.lookup import find_file
from stopcheck.boot.programs.tree import Tree
from stopcheck.boot.programs.wrappers import Wrapper, option
from stopcheck.boot.signals import signal_name
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import join, parent
from stopcheck.model import Unknown
from stopcheck.records import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopcheck.boot.failure import Failure
    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Body, Field

STOPS = frozenset({"TERM", "INT"})
"""The signals on which it stops its programs."""
KILL_AFTER = 1.6
"""Seconds from its signal to SIGKILL, where a program's `kill_timeout` says nothing else."""
_IN_JAVASCRIPT = (".config.js", ".config.cjs", ".config.mjs")
_CONFIGURATIONS = (".json", ".yml", ".yaml", *_IN_JAVASCRIPT)
_SCRIPTS = (".js", ".mjs", ".cjs")
_FLAGS = frozenset({"--raw", "--no-autorestart", "--json", "--watch", "--format"})
_TOLD = "what pm2 runs is told in its configuration"
_CHOICE = "pm2's own choice of an interpreter"


def start_pm2(start: Start) -> Body | Failure:
    """pm2-runtime: whatever ends it, its programs get SIGINT, or what PM2_KILL_SIGNAL says (measured with pm2 7)."""
    told = start.env.get("PM2_KILL_SIGNAL", "SIGINT")
    signal = signal_name(told) if isinstance(told, str) else None
    if signal is None:
        return start.leaf("unread", "which signal pm2 stops its programs with")
    words = [word for word in start.argv[1:] if word != "start"]
    program = _program(words)
    if not isinstance(program, str):
        return start.leaf("unread", _TOLD)
    if program.endswith(_CONFIGURATIONS):
        return _start_all(start, program, signal)
    separator = words.index("--") if "--" in words else len(words)
    child = _command(option(words, "--interpreter", "--interpreter-args"), program, tuple(words[separator + 1 :]))
    if child is None:
        return start.leaf("unread", _CHOICE)
    row = replace(
        start.row,
        role="fork",
        forwards="child",
        forwards_only=tuple(sorted(STOPS)),
        kill_after=KILL_AFTER,
        exit_of_child=False,
        exit=0,
    )
    rewrites = ParentOptions(dict.fromkeys(row.forwards_only, signal))
    return Wrapper(start.machine, row, child, dict(start.env), options=rewrites)


def _program(words: list[Field]) -> Field | None:
    """The first word that is neither an option nor the value of one."""
    index = 0
    while index < len(words) and words[index] != "--":
        word = words[index]
        if not isinstance(word, str) or not word.startswith("-"):
            return word
        index += 1 if "=" in word or word in _FLAGS else 2
    return None


def _command(interpreter: object, script: str, arguments: tuple[Field, ...]) -> tuple[Field, ...] | None:
    """How it starts a script; None where it chooses an interpreter by a table of its own."""
    if interpreter == "none":
        return (script, *arguments)
    if interpreter not in {None, "node"} and isinstance(interpreter, str):
        return (interpreter, script, *arguments)
    if "." not in script.rpartition("/")[2] and interpreter is None:
        return (script, *arguments)
    return ("node", script, *arguments) if interpreter in {None, "node"} and script.endswith(_SCRIPTS) else None


def _start_all(start: Start, program: str, signal: str) -> Body | Failure:
    """The programs of an ecosystem file: it stops them all at once, each with its own time (measured with pm2 7)."""
    path = start.path(program)
    wanted = option(list(start.argv), "--only")
    sees = find_file(start.machine.image, "ps", "/", start.env) is not None
    files = Tree(start.machine.image.files)
    managed = [_managed(told, parent(path), signal, sees) for told in _applications(path, files)]
    known = [one for one in managed if one is not None]
    if not known or len(known) < len(managed) or isinstance(wanted, Unknown):
        return start.leaf("unread", _TOLD)
    if parent(path) != start.process.cwd and any(not one.folder for one in known):
        return start.leaf("unread", _TOLD)
    chosen = tuple(one for one in known if wanted is None or one.name in wanted.split(","))
    return Supervisor(start.machine, chosen, dict(start.env), STOPS, at_once=True)


def _applications(path: str, files: Tree) -> list[object]:
    """What an ecosystem file tells of each program; none where it does not say so."""
    told: object
    source = files.text(path)
    if source is None:
        return []
    if path.endswith(_IN_JAVASCRIPT):
        from stopcheck.boot.javascript.literal import exported

        told = exported(source.text)
    else:
        from stopcheck.boot.handlers.packages.manifests import settings

        told = settings(path, files)
    if isinstance(told, dict):
        told = told.get("apps", told)
    return told if isinstance(told, list) else [told]


_DECISIVE = ("script", "args", "interpreter", "cwd", "kill_timeout", "name")


def _managed(told: object, folder: str, signal: str, sees: bool) -> Managed | None:
    """One program of an ecosystem file; None where it is not known how it is started or stopped.

    It stops what a program has started, too, as far as ps(1) tells: without that it sees none of it.
    """
    if not isinstance(told, dict) or any(isinstance(told.get(key), Unknown) for key in _DECISIVE):
        return None
    script, cwd, seconds = told.get("script"), told.get("cwd"), told.get("kill_timeout", int(KILL_AFTER * 1000))
    arguments = told.get("args", [])
    words = arguments.split() if isinstance(arguments, str) else arguments
    if not isinstance(script, str) or not isinstance(seconds, int) or not isinstance(words, list):
        return None
    if told.get("shutdown_with_message") or not isinstance(cwd, str | None) or _has_quotes(words):
        return None
    argv = _command(told.get("interpreter") or told.get("exec_interpreter"), script, tuple(words))
    if argv is None:
        return None
    place = join(folder, cwd) if cwd else ""
    name = told.get("name")
    tree = sees and told.get("treekill") is not False
    return Managed(
        name if isinstance(name, str) else script, argv, signal, seconds / 1000,
        group=tree, kill_group=tree, folder=place, once=told.get("autorestart") is False,
    )  # fmt: skip


def _has_quotes(words: Sequence[object]) -> bool:
    return any(not isinstance(word, str) or "'" in word or '"' in word for word in words)
