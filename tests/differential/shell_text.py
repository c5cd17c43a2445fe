"""Shell programs drawn at random from the grammar, for parsers to agree on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMES = ("a", "app", "x1", "_v", "PORT")
_COMMANDS = ("a", "exec", "b-c", "./d.sh", '"$e"')
_PLAIN = (
    *("a", "--flag=1", "/usr/bin/app", "a.b-c", "x=y", "{}", "*.sh", "~/x", "a#b", "é", "1", "if", "}", "-"),
    *("'a b'", "'$x'", '"a b"', '""', "''", "\\$x", "a\\ b", '"\\$x \\" \'q\'"', "'a'\"b\"c", "a\\'b", "`a b`"),
    *("$x", "${x}", '"$@"', "$1", "${x:-y}", '"${x:-y z}"', "${x#*/}", "${x%.*}", "${#x}", "$?", "${x/a/b}", "$"),
    *("$((1+x))", '"$(( (x + 1) * $y ))"', "x$1y", "[!a]*", "{1..3}"),
)
_REDIRECTIONS = (">out", "2>&1", "<in", ">>log", "2>/dev/null", ">&2", "<&-", '>"$x"', "3<>f")
_SEPARATORS = ("; ", "\n", " & ", " && ", " || ", " | ", " &&\n", " # why\n", "\n\n", ";", "&", "|")


class _Program:
    """Draws the parts of a program; `depth` is how much deeper it may nest."""

    def __init__(self, draw: Callable[[st.SearchStrategy[str]], str]) -> None:
        self._draw = draw

    def one_of(self, *choices: str) -> str:
        return self._draw(st.sampled_from(choices))

    def count(self, most: int) -> int:
        return int(self.one_of(*map(str, range(most + 1))))

    def words(self, depth: int) -> str:
        return " ".join(self.word(depth) for _ in range(self.count(3)))

    def word(self, depth: int) -> str:
        kind = self.one_of("plain", "plain", "plain", "substitution", "quoted", "default") if depth else "plain"
        if kind == "plain":
            return self.one_of(*_PLAIN)
        if kind == "default":
            return "${x:-" + self.word(depth - 1) + "}"
        body = self.program(depth - 1)
        return f"$( {body}\n)" if kind == "substitution" else f'"a $( {body}\n) b"'

    def simple(self, depth: int) -> str:
        parts = [f"{self.one_of(*_NAMES)}={self.word(depth)}" for _ in range(self.count(1))]
        parts += [self.one_of(*_COMMANDS), self.words(depth)]
        parts += [self.one_of(*_REDIRECTIONS) for _ in range(self.count(1))]
        return " ".join(parts)

    def command(self, depth: int) -> str:
        kinds = ("simple", "simple", "group", "subshell", "if", "elif", "while", "for", "case", "function", "!")
        kind = self.one_of(*kinds) if depth else "simple"
        if kind == "simple":
            return self.simple(depth)
        inner, word = self.program(depth - 1), self.word(depth - 1)
        match kind:
            case "group":
                return f"{{ {inner}\n}}"
            case "subshell":
                return f"( {inner}\n)"
            case "if":
                return f"if {inner}\nthen {self.program(depth - 1)}\nfi >o"
            case "elif":
                return f"if {inner}\nthen a\nelif b; then {self.program(depth - 1)}\nelse c; fi"
            case "while":
                return f"{self.one_of('while', 'until')} {inner}\ndo b {word}; done"
            case "for":
                return f"for x in {word} {self.words(depth - 1)}; do {inner}\ndone"
            case "case":
                return f"case {word} in a*|'b c') {inner}\n;; ({self.one_of('x', '*', '[a-z]')}) b ;; *) c; esac"
            case "!":
                return f"! {self.simple(depth)}"
        # shfmt and bash disagree on what an operator behind a function's body belongs to.
        return f"{{ {self.one_of(*_NAMES)}() {{ {inner}\n}}\n:; }}"

    def program(self, depth: int) -> str:
        text = self.command(depth)
        for _ in range(self.count(2)):
            separator, following = self.one_of(*_SEPARATORS), self.command(depth)
            if separator.strip() == "|":
                following = following.removeprefix("! ")
            text += separator + following
        return text + self.one_of("", " &", ";")


@st.composite
def scripts(draw: st.DrawFn, depth: int = 2) -> str:
    """A program that every shell parser should take."""
    return _Program(draw).program(depth)
