"""Scripts of execline, told as the commands of a shell that come to the same.

Each program of execline runs its blocks and becomes the next one; a shell that runs a command and ends in `exec`
stands in the same places, with the same children, and has arranged for no signal either. Source: the pages of
execline's programs, wrap.execline-*.
"""

from __future__ import annotations

import re
import shlex

from stopcheck.boot.either import Either
from stopcheck.boot.shell.shell import Shell
from stopcheck.hints import TYPE_CHECKING, cast
from stopcheck.records import dataclass, field, replace
from stopcheck.regex import regex
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from typing import TypeAlias

    from stopcheck.boot.failure import Failure
    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Body, Field

    Words: TypeAlias = "list[str | Words]"

_TOKEN = regex(r'\s+|#[^\n]*|(?P<brace>[{}])(?=\s|$)|(?P<word>(?:[^\s"\\]|\\.|"(?:[^"\\]|\\.)*")+)', re.DOTALL)
_PART = regex(r'"((?:[^"\\]|\\.)*)"|((?:[^"\\]|\\.)+)', re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\n": ""}
_NAME_OF = regex(r"\$(?:\{([\w@#]+)\}|([\w@#]+))")


class UnreadError(Exception):
    """A script does what is not told here."""


def read(text: str) -> Words:
    """The words of a script, and its blocks as lists of words; raises UnreadError where it is none."""
    stack: list[Words] = [[]]
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise UnreadError
        at = found.end()
        if found["brace"] == "{":
            block: Words = []
            stack[-1].append(block)
            stack.append(block)
        elif found["brace"] == "}":
            stack.pop()
            if not stack:
                raise UnreadError
        elif found["word"] is not None:
            stack[-1].append(_plain(found["word"]))
    if len(stack) > 1:
        raise UnreadError
    return stack[0]


def _plain(word: str) -> str:
    def plain(text: str, quoted: bool) -> str:
        return regex(r"\\(.)", re.DOTALL).sub(
            lambda found: _ESCAPES.get(found[1], found[1]) if quoted else found[1], text
        )

    parts = (plain(found[1], True) if found[2] is None else plain(found[2], False) for found in _PART.finditer(word))
    return "".join(parts)


@dataclass(slots=True)
class _Telling:
    """A script on the way to the commands of a shell; `values`: what stands in a word for `$NAME`."""

    values: dict[str, str] = field(default_factory=dict)

    def word(self, word: str | Words) -> str:
        """A word as a shell has it: what is substituted stands as it is, the rest quoted."""
        if not isinstance(word, str):
            raise UnreadError
        told, at = "", 0
        for found in _NAME_OF.finditer(word):
            value = self.values.get(found[1] or found[2])
            if value is not None:
                told += shlex.quote(word[at : found.start()]) if found.start() > at else ""
                told, at = told + value, found.end()
        return told + shlex.quote(word[at:]) if at < len(word) or not word else told

    def block(self, words: str | Words) -> str:
        """The commands of a block, which run in a process of their own."""
        if isinstance(words, str):
            raise UnreadError
        inner = _Telling(dict(self.values)).commands(list(words)) if words else ":"
        head, _, rest = inner.partition("\n")
        return head.removeprefix("exec ") if not rest and head.startswith("exec ") else f"(\n{inner}\n)"

    def commands(self, rest: Words) -> str:
        """All that a chain of programs does; the last takes the place of the shell."""
        lines: list[str] = []
        while rest:
            line = self._one(rest)
            if line is None:
                lines.append("exec " + " ".join(map(self.word, rest)))
                return "\n".join(lines)
            lines += [line] if line else []
        return "\n".join(lines) or ":"

    def _options(self, rest: Words, values: str = "") -> dict[str, str]:
        found: dict[str, str] = {}
        while rest and isinstance(rest[0], str) and len(rest[0]) > 1 and rest[0][0] == "-":
            letters = cast("str", rest.pop(0))[1:]
            for index, letter in enumerate(letters):
                if letter in values:
                    found[letter] = letters[index + 1 :] or self.word(rest.pop(0))
                    break
                found[letter] = ""
        return found

    def _one(self, rest: Words) -> str | None:
        """What the first program does before it becomes the next; None where it is none of execline's."""
        name = rest[0]
        if not isinstance(name, str):
            raise UnreadError
        told = getattr(self, "_" + _TOLD.get(name, ""), None) if name in _TOLD else None
        if told is None:
            if name in _OTHERS.split() or any(not isinstance(word, str) for word in rest):
                raise UnreadError
            return None
        del rest[0]
        try:
            return cast("str", told(rest))
        except IndexError:
            raise UnreadError from None

    def _foreground(self, rest: Words) -> str:
        return self.block(rest.pop(0))

    def _background(self, rest: Words) -> str:
        if self._options(rest):
            raise UnreadError  # -d: it is nobody's child
        return f"{self.block(rest.pop(0))} &"

    def _if(self, rest: Words) -> str:
        options = self._options(rest, "x")
        status = options.get("x", "1")
        return f"{self.block(rest.pop(0))} {'&&' if 'n' in options else '||'} exit {status}"

    def _ifelse(self, rest: Words) -> str:
        negated = "! " if "n" in self._options(rest) else ""
        asked, then = self.block(rest.pop(0)), rest.pop(0)
        return f"if {negated}{asked}; then\n{self._becomes(then)}\nfi"

    def _ifte(self, rest: Words) -> str:
        negated = "! " if "n" in self._options(rest) else ""
        then, other, asked = rest.pop(0), rest.pop(0), self.block(list(rest))
        rest.clear()
        return f"if {negated}{asked}; then\n{self._becomes(then)}\nelse\n{self._becomes(other)}\nfi"

    def _ifthenelse(self, rest: Words) -> str:
        if self._options(rest):
            raise UnreadError
        asked, then, other = (self.block(rest.pop(0)) for _ in range(3))
        return f"if {asked}; then\n{then}\nelse\n{other}\nfi"

    def _becomes(self, words: str | Words) -> str:
        if isinstance(words, str):
            raise UnreadError
        return _Telling(dict(self.values)).commands(list(words)) + ("" if words else "\nexit 0")

    def _true(self, rest: Words) -> str:
        rest.clear()
        return "exit 0"

    def _wait(self, rest: Words) -> str:
        if self._options(rest) or (rest and rest.pop(0)):
            raise UnreadError
        return "wait" if rest else "wait\nexit 0"

    def _cd(self, rest: Words) -> str:
        return f"cd {self.word(rest.pop(0))} || exit 111"

    def _umask(self, rest: Words) -> str:
        return f"umask {self.word(rest.pop(0))}"

    def _export(self, rest: Words) -> str:
        return f"export {self.word(rest.pop(0))}={self.word(rest.pop(0))}"

    def _unexport(self, rest: Words) -> str:
        return f"unset {self.word(rest.pop(0))}"

    def _exec(self, rest: Words) -> str:
        self._options(rest, "a")
        return ""

    def _exit(self, rest: Words) -> str:
        line = "exit " + (self.word(rest[0]) if rest else "0")
        rest.clear()
        return line

    def _fdmove(self, rest: Words) -> str:
        self._options(rest)
        to, source = rest.pop(0), rest.pop(0)
        return f"exec {self.word(to)}>&{self.word(source)}"

    def _fdclose(self, rest: Words) -> str:
        return f"exec {self.word(rest.pop(0))}>&-"

    def _redirfd(self, rest: Words) -> str:
        options = self._options(rest)
        number, path = self.word(rest.pop(0)), self.word(rest.pop(0))
        operator = next((sign for letter, sign in _OPENS.items() if letter in options), ">")
        return f"exec {number}{operator}{path}"

    def _define(self, rest: Words) -> str:
        if self._options(rest):
            raise UnreadError
        name, value = rest.pop(0), self.word(rest.pop(0))
        self.values[str(name)] = value
        return ""

    def _importas(self, rest: Words) -> str:
        options = self._options(rest, "Dd")
        if set(options) - set("iunsD"):
            raise UnreadError
        name, variable = str(rest.pop(0)), str(rest.pop(0))
        if not variable.isidentifier():
            raise UnreadError
        default = options.get("D")
        split = "" if "s" in options else '"'
        self.values[name] = f"{split}${{{variable}{'-' + default if default is not None else ''}}}{split}"
        return f'[ -n "${{{variable}+x}}" ] || exit 100' if {"i", "u"} & options.keys() else ""

    def _getpid(self, rest: Words) -> str:
        self._options(rest)
        return f"export {self.word(rest.pop(0))}=$$"

    def _tryexec(self, rest: Words) -> str:
        words = rest.pop(0)
        if isinstance(words, str) or not words:
            raise UnreadError
        return f"if command -v {self.word(words[0])}; then\n{self._becomes(words)}\nfi"

    def _backtick(self, rest: Words) -> str:
        options = self._options(rest, "D")
        name = str(rest.pop(0))
        if set(options) - set("niExI") or not name.isidentifier() or {"E"} & options.keys():
            raise UnreadError
        return f"{name}=$({self.block(rest.pop(0))})\nexport {name}"


_NO_SHELLS: dict[str, object] = dict.fromkeys(("ignores", "fg_catches", "run_catches", "wait_catches"), frozenset())
_NO_SHELLS["deafens_jobs"] = False
"""Programs of execline arrange for no signal, neither for themselves nor for what they start."""

_OPENS = {"r": "<", "u": "<>", "a": ">>"}
_NAMES = """
foreground background if ifelse ifte ifthenelse wait cd execline-cd umask execline-umask export unexport exec exit
fdmove fdclose redirfd define importas backtick true getpid tryexec"""
_TOLD = {name: name.removeprefix("execline-") for name in _NAMES.split()}
_OTHERS = """
case dollarat elgetopt elgetpositionals elglob eltest emptyenv envfile fdblock fdreserve fdswap forbacktickx
forstdin forx getcwd heredoc homeof import loopwhilex multidefine multisubstitute pipeline piperw runblock
shift trap withstdinas posix-cd posix-umask"""
"""Programs of execline that are not told here."""


def start_execlineb(start: Start) -> Body | Failure:
    """A script, or the text behind `-c`, as the commands of a shell; its arguments are those of the script."""
    words, options, text = list(start.argv[1:]), "", ""
    while words and isinstance(words[0], str) and len(words[0]) > 1 and words[0][0] == "-":
        option = words.pop(0)
        assert isinstance(option, str)
        options += option[1:]
        if option.endswith("c") and option[:2] not in {"-s", "-S"}:
            value = words.pop(0) if words else ""
            return _started(start, value, options, words)
        if option in {"-s", "-S"} and words:
            words.pop(0)
    if not words:
        return start.leaf("short", status=100)
    name = words.pop(0)
    file = start.text(name) if isinstance(name, str) else None
    if isinstance(file, SourceFile):
        text = file.text
        return _started(start, text, options, words, str(name))
    return start.leaf("unread", "an execline script")


def _started(
    start: Start, text: Field, options: str, arguments: list[Field], name: str = "execlineb"
) -> Body | Failure:
    values = {}
    if "S" in options or "s" in options:
        numbers = {str(at): f'"${at}"' for at in range(1, 10)}
        values = {"@": '"$@"', "#": '"$#"', "0": '"$0"', **numbers}
    if not isinstance(text, str):
        return start.leaf("unread", "an execline script")
    try:
        words = read(text)
        told = _Telling(values).commands(list(words))
    except UnreadError:
        return start.leaf("unread", "an execline script")
    if not words:
        return start.leaf("short", status=0)
    if "\n" not in told and told.startswith("exec ") and all(isinstance(word, str) for word in words) and not values:
        return start.load(tuple(shlex.split(told.removeprefix("exec "))))
    body = start.script(told, name, tuple(arguments))
    for shell in body.bodies if isinstance(body, Either) else (body,):
        if isinstance(shell, Shell):
            shell.row = replace(shell.row, **_NO_SHELLS)
    return body
