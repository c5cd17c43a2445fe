"""make: the recipes of its targets, one after another, and how it ends after a signal."""

from __future__ import annotations

import posixpath
import re

from stopcheck.boot.programs.make_rules import logical_lines, read_rules, recipe
from stopcheck.boot.programs.wrappers import Wrapper
from stopcheck.boot.signals import signal_number
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.makefile import exported
from stopcheck.model import Unknown
from stopcheck.records import dataclass, field, replace
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopcheck.boot.failure import Failure
    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Body, Process, World


class Make(Wrapper):
    """make: after a fatal signal it never ends as PID 1 where an orphan has outlived its child.

    It kills itself in vain then, and asks again and again for a child that it has collected (make 4.3: wrap.make-cd;
    where the orphan has ended it is busy for good).
    """

    __slots__ = ()

    def leave(self, world: World, process: Process, child: Process) -> bool:
        """End as make does after a fatal signal: 2 as PID 1, else by that signal (wrap.make, wrap.make-cd)."""
        if not self.got:
            failed = child.status if isinstance(child.status, Unknown) else 2 if child.status else 0
            world.exit(process, failed)
            return True
        if process.pid != 1:
            world.exit(process, 128 + signal_number(self.got), self.got)
            return True
        ends = [event.pid for event in world.events if event.kind == "end"]
        earlier = ends[: ends.index(child.pid)] if child.pid in ends else ends
        orphans = [other for other in world.processes.values() if other.ppid == 1 and other not in (process, child)]
        if any(other.pid not in earlier for other in orphans) or getattr(child.body, "row", self.row).trails:
            return False
        world.exit(process, 2)
        return True


def start_make(start: Start) -> Body | Failure:
    """The recipe of a target, its prerequisites' before it, where the Makefile is plain enough to be read."""
    asked = _read_options(start.words)
    if isinstance(asked, Unknown):
        return start.leaf("unread", asked.reason)
    if asked.asks:
        return start.leaf("short")
    targets, given = asked.targets, asked.variables
    folder, image = start.path(asked.folder), start.machine.image
    for candidate in [asked.file] if asked.file else ["GNUmakefile", "makefile", "Makefile"]:
        text = start.text(posixpath.join(folder, candidate))
        if isinstance(text, SourceFile):
            lines = recipe(text.text, targets, None if image.env_open else start.env, given)
            if isinstance(lines, Unknown):
                return start.leaf("test") if _only_works(targets) else start.leaf("unread", lines.reason)
            if not lines or _is_there(start, folder, text.text, targets):
                return start.leaf("short", status=0)
            if asked.at_once and len(lines) > 1:
                return start.leaf("unread", "it may run several at a time")
            told = exported(text.text, start.env, given)
            if told is None or (told and image.env_open):
                return start.leaf("unread", "what the Makefile exports is not known")
            row = replace(start.row, role="fork", forwards="child")
            return Make(start.machine, row, lines[0], {**start.env, **told}, tuple(lines[1:]), folder)
    return start.leaf("test") if _only_works(targets) else start.leaf("unread", "the Makefile is not in the files")


@dataclass(slots=True)
class _Options:
    """What make is told: the folder that it goes to, its file, targets, variables; `asks`: it runs no recipe."""

    folder: str = ""
    file: str = ""
    at_once: bool = False
    asks: bool = False
    targets: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)


def _read_options(arguments: Sequence[str]) -> _Options | Unknown:
    """The arguments of make (gnu.org/software/make/manual/html_node/Options-Summary.html)."""
    told, words = _Options(), list(arguments)
    while words:
        word = words.pop(0)
        last = word[-1:] if word[:1] == "-" and word[1:2] != "-" else ""
        option, _, value = word.partition("=")
        if (word == "--directory" or last == "C") and words:
            told.folder = words.pop(0)
        elif (word in {"--file", "--makefile"} or last == "f") and words:
            told.file = words.pop(0)
        elif option == "--directory":
            told.folder = value
        elif option in {"--file", "--makefile"}:
            told.file = value
        elif word == "--ignore-errors" or (last and "i" in word):
            return Unknown("it goes on whatever fails")
        elif word.startswith(("-j", "--jobs")):
            told.at_once = word not in {"-j1", "--jobs=1"}
            if word in {"-j", "--jobs"} and words and words[0].isdigit():
                told.at_once = words.pop(0) != "1"
        elif word.startswith("SHELL="):
            return Unknown("its shell is another one")
        elif word in _ASKS:
            told.asks = True
            break
        elif not word.startswith("-") and "=" in word:
            told.variables[option] = value
        elif not word.startswith("-"):
            told.targets.append(word)
    return told


_ASKS = frozenset({"-n", "--dry-run", "-v", "--version", "-h", "--help", "-q", "--question", "-t", "--touch"})
"""Options with which make runs no recipe."""


def _is_there(start: Start, folder: str, text: str, targets: list[str]) -> bool:
    """Whether the goal is a file or a folder that is there, and hangs on nothing: make has nothing to do then."""
    rules = read_rules(text)
    goals = targets or list(rules)[:1] if isinstance(rules, dict) else []
    if len(goals) != 1 or not isinstance(rules, dict) or rules.get(goals[0], ([goals[0]], []))[0]:
        return False
    phony = re.findall(r"^\.PHONY\s*:(.*)", "\n".join(logical_lines(text)), re.MULTILINE)
    if any(goals[0] in line.split() for line in phony):
        return False
    return start.machine.image.files.kind(posixpath.join(folder, goals[0])) in {"file", "folder"}


_WORK = frozenset({"all", "build", "check", "clean", "compile", "deb", "dist", "distclean", "docs", "html", "install",
                   "installcheck", "lint", "package", "pdf", "release", "rpm", "test", "tests", "uninstall", "validate",
                   })  # fmt: skip
_STAY = frozenset({"daemon", "dev", "env", "forever", "run", "serve", "server", "shell", "start", "up", "watch"})


def _only_works(targets: list[str]) -> bool:
    """Whether the targets are all ones that by custom do some work and end (GNU coding standards; `test-unit`)."""
    parts = [re.split(r"[-_.:/]", target) for target in targets]
    return bool(parts) and all(words[0] in _WORK and _STAY.isdisjoint(words) for words in parts)
