"""grep in a text that is known: whether it finds what it looks for."""

from __future__ import annotations

import posixpath
import re

from stopcheck.boot.programs.program import SILENT, Program, is_answered
from stopcheck.boot.programs.supervisors import Supervisor
from stopcheck.boot.shell import extended_regex
from stopcheck.boot.shell.shell import Shell
from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge.programs import ProgramRow
from stopcheck.model import Unknown
from stopcheck.regex import regex
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Body, Field, Process, World

_LETTERS = frozenset("EFHchinoqsvx")
"""The options that leave a plain pattern what it is; `-e` names it."""
_ATOM = r"(?:[\w .,:;=@%#/\"'<>&~-]|\\\.|\[\^?[\w .,:;=@%#/-]+\])"
_PLAIN = regex(rf"\^?(?:{_ATOM}\*?)*\$?")
"""What grep, `grep -E` and Python take alike."""
_ENDS = frozenset({"short", "test"})
"""Roles of programs that print what they have to, and end."""
_SHOWS = frozenset("Fivx")
"""Options with which it prints the lines that it selects as they are."""


def start_grep(start: Start) -> Body:
    """A question whose answer the files tell where its pattern is plain and nothing else works on what it reads."""
    letters: set[str] = set()
    words: list[str] = []
    for word in start.argv[1:]:
        if isinstance(word, Unknown):
            return start.leaf("test")
        if word == "--quiet":
            letters.add("q")
        elif word.startswith("-") and len(word) > 1 and word != "--":
            letters |= set(word[1:])
        elif word != "--":
            words.append(word)
    selects = _selects(words[0], letters) if words and letters <= _LETTERS | {"e"} else None
    if selects is None:
        return start.leaf("test")
    if len(words) == 1 and start.process.stdin:
        return Search(start.process.program, start.machine.stop_signal, selects, letters <= _SHOWS | {"E"})
    texts = [_text(start, path) for path in words[1:]]
    if not texts or None in texts:
        return start.leaf("test")
    lines = [line for text in texts if text for line in text.removesuffix("\n").split("\n")]
    return start.leaf("test", status=int(not any(map(selects, lines))))


def _selects(pattern: str, letters: set[str]) -> Callable[[str], bool] | None:
    """Which lines it selects; None where its pattern is not one that Python takes alike."""
    flags = re.IGNORECASE if "i" in letters else 0
    if "F" in letters:
        found = re.compile(re.escape(pattern), flags)
    elif "E" not in letters and not _PLAIN.fullmatch(pattern):
        return None
    elif (extended := extended_regex.compiled(pattern, flags)) is not None:
        found = extended
    else:
        return None
    look = found.fullmatch if "x" in letters else found.search
    return lambda line: (look(line) is None) is ("v" in letters)


class Search(Program):
    """grep in its pipe: what it comes to is known once all that write to it have ended, if what they print is."""

    __slots__ = ("selects", "shows")

    def __init__(self, name: str, stop_signal: str, selects: Callable[[str], bool], shows: bool) -> None:
        super().__init__(ProgramRow(name, role="test"), stop_signal)
        self.selects = selects
        self.shows = shows

    def copy(self) -> Search:
        """See Body.copy."""
        other = Search(self.row.name, self.stop_signal, self.selects, self.shows)
        other.writers = self.writers
        return other

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        self.writers = world.writers(process)
        if self.writers and not (is_answered(process) and any(_lasts(world, pid) for pid in self.writers)):
            return False
        lines = world.pipes.pop(process.stdin, ())
        selected = [line for line in lines if isinstance(line, str) and self.selects(line)]
        unknown = Unknown(f"what {process.program} finds", process.origin)
        told = not self.writers and _is_told(world, process, lines)
        for line in selected if self.shows and told else (unknown,) if selected or not told else ():
            world.write(process, line)
        world.exit(process, 0 if selected else 1 if told else unknown)
        return True


def _lasts(world: World, writer: int) -> bool:
    """Whether a process that writes to the pipe waits for what does not end by itself."""
    return any(_stands(leaf.body) for leaf in world.awaited(writer))


def _stands(body: Body) -> bool:
    if isinstance(body, Program):
        return not body.undecided and body.wakes() is None and body.row.role not in _ENDS
    return not isinstance(body, Shell) or body.blocked is not None


def _is_told(world: World, reader: Process, lines: tuple[Field, ...]) -> bool:
    """Whether all is known that was written to its pipe: each that could write has told what it prints."""
    if reader.stdin in world.mixed or any(isinstance(line, Unknown) for line in lines):
        return False
    return all(_tells(other) for other in world.processes.values() if other.stdout == reader.stdin)


def _tells(writer: Process) -> bool:
    body = writer.body
    if isinstance(body, Program):
        return body.row.role in _ENDS or writer.program in SILENT
    return not isinstance(body, Supervisor)


def _text(start: Start, path: str) -> str | None:
    """A file's text; None where it is not known, or where the script may have changed what the image has."""
    path = posixpath.normpath(posixpath.join(start.process.cwd, path))
    if path in start.world.files:
        written = start.world.files[path]
        return written if isinstance(written, str) else None
    file = start.machine.image.files.lookup(path)
    origin = start.process.origin
    if file is None or isinstance(file, Unknown) or not isinstance(file.content, SourceFile) or origin is None:
        return None
    once = origin.source.text.count(posixpath.basename(path)) == 1
    return file.content.text if once else None
