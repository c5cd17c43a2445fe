"""grep in a text that is known: whether it finds what it looks for."""

from __future__ import annotations

import posixpath
import re

from stopcheck.boot.bodies.program import SILENT, Program, is_answered
from stopcheck.boot.bodies.supervisor import Supervisor
from stopcheck.boot.partly import Partly
from stopcheck.boot.shell import extended_regex
from stopcheck.boot.shell.environment import BY_THEMSELVES
from stopcheck.boot.shell.shell import Shell
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import clean
from stopcheck.knowledge.programs import ProgramRow
from stopcheck.model import Unknown
from stopcheck.regex import regex
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Set

    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Body, Field, Process, World
    from stopcheck.image.model import Image

_LETTERS = frozenset("EFHchinoqsvx")
"""The options that leave a plain pattern what it is; `-e` names it."""
_ATOM = r"(?:[\w .,:;=@%#/\"'<>&~-]|\\\.|\[\^?[\w .,:;=@%#/-]+\])"
_PLAIN = regex(rf"\^?(?:{_ATOM}\*?)*\$?")
"""What grep, `grep -E` and Python take alike."""
_OPENING = regex(r"\^(\w+)(?![*?{\\\w])")
_EITHER = regex(r"\^\((\w+(?:\|\w+)*)\)(?![*?{])")
_ENDS = frozenset({"short", "test"})
"""Roles of programs that print what they have to, and end."""
_LONGEST = 65_536
"""Characters of a file that are printed."""
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
        begins = openings(words[0], letters)
        shows, opens = letters <= _SHOWS | {"E"}, not letters & {"v", "x"} and "$" not in words[0]
        return Search(start.process.program, start.machine.stop_signal, selects, shows, begins, opens)
    texts = [_text(start, path) for path in words[1:]]
    if not texts or None in texts:
        return start.leaf("test")
    lines = [line for text in texts if text for line in text.removesuffix("\n").split("\n")]
    return start.leaf("test", status=int(not any(map(selects, lines))))


def start_shows(start: Start) -> Body:
    """cat(1) of files whose text is known prints that."""
    words = [word for word in start.argv[1:] if isinstance(word, str) and word[:1] != "-"]
    texts = [_text(start, word) for word in words]
    told = "".join(text for text in texts if text is not None)
    if len(words) < len(start.argv) - 1 or not told or None in texts or len(told) > _LONGEST:
        return start.leaf("short")
    lines = tuple(told.removesuffix("\n").split("\n"))
    return Listing(start.process.program, start.machine.stop_signal, lines, ends=told.endswith("\n"))


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


def openings(pattern: str, letters: Set[str]) -> tuple[str, ...]:
    """What each line begins with that a pattern can select, with `^` before it; () where that is not told."""
    if letters & {"F", "i", "v"}:
        return ()
    several = _EITHER.match(pattern) if "E" in letters else None
    if several is not None:
        return tuple(several[1].split("|"))
    opening = _OPENING.match(pattern)
    return (opening[1],) if opening is not None else ()


def start_environment(start: Start) -> Body:
    """`env` and `printenv` without a word: a line for each exported variable."""
    if len(start.argv) > 1:
        return start.leaf("short")
    lines = environment(start.env) if _is_all(start.machine.image, start.world) else None
    return start.leaf("short") if lines is None else Listing(start.process.program, start.machine.stop_signal, lines)


def _is_all(image: Image, world: World) -> bool:
    """Whether all is known that sets a variable: the base image, and each script."""
    shells = (process.body for process in world.processes.values() if isinstance(process.body, Shell))
    return bool(image.base.family) and not any(shell.opened or shell.renamed for shell in shells)


def environment(env: Mapping[str, Field]) -> tuple[Field, ...] | None:
    """The lines that `env` prints; None where one of them breaks."""
    values = {**dict.fromkeys(BY_THEMSELVES, Unknown("what the engine sets")), **env}
    if any(isinstance(value, str) and "\n" in value for value in values.values()):
        return None
    return tuple(
        f"{name}={value}" if isinstance(value, str) else Partly(value.reason, value.span, f"{name}=")
        for name, value in values.items()
    )


def excludes(begins: tuple[str, ...], line: Field) -> bool:
    """Whether a line of which only the begin is known is none that a pattern selects which is told by its own."""
    known = line.start if isinstance(line, Partly) else ""
    return bool(known and begins) and not any(known.startswith(each) or each.startswith(known) for each in begins)


class Listing(Program):
    """A program that prints lines which are known, and ends."""

    __slots__ = ("ends", "lines")

    def __init__(self, name: str, stop_signal: str, lines: tuple[Field, ...], *, ends: bool = True) -> None:
        super().__init__(ProgramRow(name, role="short", status=0), stop_signal)
        self.lines = lines
        self.ends = ends

    def copy(self) -> Listing:
        """See Body.copy."""
        return self

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        *lines, last = self.lines or ("",)
        for line in lines:
            world.write(process, line)
        if self.lines:
            world.put(process.stdout, last, ends=self.ends)
        world.exit(process, 0)
        return True


class Search(Program):
    """grep in its pipe: what it comes to is known once all that write to it have ended, if what they print is."""

    __slots__ = ("begins", "opens", "selects", "shows")

    def __init__(
        self, name: str, stop_signal: str, selects: Callable[[str], bool], shows: bool, begins: tuple[str, ...] = (),
        opens: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(ProgramRow(name, role="test"), stop_signal)
        self.selects = selects
        self.opens = opens
        """Whether what it finds at the begin of a line it finds in the whole."""
        self.shows = shows
        self.begins = begins

    def copy(self) -> Search:
        """See Body.copy."""
        other = Search(self.row.name, self.stop_signal, self.selects, self.shows, self.begins, self.opens)
        other.writers = self.writers
        return other

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        self.writers = world.writers(process)
        if self.writers and not (is_answered(process) and any(_lasts(world, pid) for pid in self.writers)):
            return False
        lines = tuple(line for line in world.pipes.pop(process.stdin, ()) if not excludes(self.begins, line))
        selected = [line for line in lines if self._selects(line)]
        unknown = Unknown(f"what {process.program} finds", process.origin)
        told = not self.writers and _is_told(world, process, lines)
        nothing = told and not selected and not is_counting(process)
        for line in selected if self.shows and told else () if nothing else (unknown,):
            world.write(process, line)
        world.exit(process, 0 if selected else 1 if told else unknown)
        return True

    def _selects(self, line: Field) -> bool:
        """Whether it surely selects it, of which the begin may be all that is known."""
        if isinstance(line, Unknown):
            return self.opens and isinstance(line, Partly) and line.start != "" and self.selects(line.start)
        return self.selects(line)


def is_counting(process: Process) -> bool:
    """`grep -c`: it prints a number where it finds nothing, too."""
    words = [word for word in process.argv[1:] if isinstance(word, str) and word[:1] == "-"]
    return any(word == "--count" or (word[1:2] != "-" and "c" in word) for word in words)


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
    path = clean(posixpath.join(start.process.cwd, path))
    if path in start.world.files:
        written = start.world.files[path]
        return written if isinstance(written, str) else None
    file = start.machine.image.files.lookup(path)
    origin = start.process.origin
    if file is None or isinstance(file, Unknown) or not isinstance(file.content, SourceFile) or origin is None:
        return None
    once = origin.source.text.count(posixpath.basename(path)) == 1
    return file.content.text if once else None
