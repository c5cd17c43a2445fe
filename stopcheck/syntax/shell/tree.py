"""The nodes of a shell program, each with the span it was read from."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Literal, TypeAlias

    from stopcheck.source import Span

# --- words ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """Characters that stand for themselves: `text` has quotes and backslashes already removed."""

    text: str
    span: Span
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """`$name`, `${name…}`; `index` is the text between brackets, `argument` follows the operator.

    `operator` is "", ":-", "-", ":=", "=", ":?", "?", ":+", "+", "#", "##", "%", "%%", "/", "//", "/#", "/%",
    ":" (substring: `argument` is the offset, `replacement` the length), "^", "^^", ",", ",,", "@" (transformation),
    "length" (`${#x}`), "indirect" (`${!x}`), "indirect" with another after it (`${!x:-y}` is "indirect:-"),
    "prefix" (`${!x*}`, `${!x@}`; `index` is "*" or "@"), "keys" (`${!x[@]}`) or "invalid" (`name` is the text
    between the braces: a shell complains when it expands it). `substitutions` are those in `index`.
    """

    name: str
    span: Span
    quoted: bool
    operator: str = ""
    argument: Word | None = None
    index: str | None = None
    replacement: Word | None = None
    substitutions: tuple[CommandSubstitution, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandSubstitution:
    """`$( … )` or backquotes."""

    body: Sequence
    span: Span
    quoted: bool
    backquoted: bool = False


@dataclass(frozen=True, slots=True)
class ArithmeticExpansion:
    """`$(( … ))` or `$[ … ]`: its text, unread; `substitutions` are the command substitutions in it."""

    text: str
    span: Span
    quoted: bool
    substitutions: tuple[CommandSubstitution, ...] = ()


@dataclass(frozen=True, slots=True)
class ProcessSubstitution:
    """`<( … )` or `>( … )`."""

    direction: Literal["<", ">"]
    body: Sequence
    span: Span


@dataclass(frozen=True, slots=True)
class ArrayLiteral:
    """`( … )` at the right of an assignment."""

    elements: tuple[Word, ...]
    span: Span


WordPart: TypeAlias = Text | Parameter | CommandSubstitution | ArithmeticExpansion | ProcessSubstitution | ArrayLiteral


@dataclass(frozen=True, slots=True)
class Word:
    """What becomes none, one or several fields. No parts: an empty word (as the value of `x=`)."""

    parts: tuple[WordPart, ...]
    span: Span

    @property
    def literal(self) -> str | None:
        """The word's text where it holds no expansion, else None. (Globs and tildes count as text.)"""
        if len(self.parts) == 1:  # most words
            part = self.parts[0]
            return part.text if isinstance(part, Text) else None
        texts = []
        for part in self.parts:
            if not isinstance(part, Text):
                return None
            texts.append(part.text)
        return "".join(texts)

    @property
    def quoted(self) -> bool:
        """Whether any of its parts is quoted."""
        return any(getattr(part, "quoted", False) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Assignment:
    """`name=value`, `name+=value`, `name[index]=value`."""

    name: str
    value: Word
    span: Span
    append: bool = False
    index: str | None = None


@dataclass(frozen=True, slots=True)
class Heredoc:
    """The body of `<<` or `<<-`: `body` is one word, expanded unless the delimiter was quoted."""

    delimiter: str
    quoted: bool
    strip_tabs: bool
    body: Word


OUTPUTS = frozenset({">", ">>", ">|", "&>", "&>>", ">&"})
"""The operators of redirections that write."""


@dataclass(frozen=True, slots=True)
class Redirection:
    """`operator` is one of < > >> >| <> <& >& &> &>> << <<- <<<; `descriptor` is what stood before it (`2`, `{fd}`)."""

    operator: str
    target: Word
    span: Span
    descriptor: str | None = None
    heredoc: Heredoc | None = None


# --- commands ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SimpleCommand:
    """Assignments, words and redirections; `words` is empty for a bare assignment or redirection."""

    assignments: tuple[Assignment, ...]
    words: tuple[Word, ...]
    redirections: tuple[Redirection, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Group:
    """`{ …; }`."""

    body: Sequence
    redirections: tuple[Redirection, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Subshell:
    """`( … )`."""

    body: Sequence
    redirections: tuple[Redirection, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class If:
    """`branches` are (condition, body) for `if` and each `elif`."""

    branches: tuple[tuple[Sequence, Sequence], ...]
    otherwise: Sequence | None
    redirections: tuple[Redirection, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class CaseItem:
    """`a|b) … ;;`: `terminator` is ";;", ";&", ";;&" or "" for a last one without."""

    patterns: tuple[Word, ...]
    body: Sequence
    terminator: str
    span: Span


@dataclass(frozen=True, slots=True)
class Case:
    """`case word in … esac`."""

    subject: Word
    items: tuple[CaseItem, ...]
    redirections: tuple[Redirection, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class For:
    """`for name in words` (`words` None: the positional parameters); `select` alike."""

    variable: str
    words: tuple[Word, ...] | None
    body: Sequence
    redirections: tuple[Redirection, ...]
    span: Span
    select: bool = False


@dataclass(frozen=True, slots=True)
class ArithmeticFor:
    """`for ((…;…;…))`, the three expressions as text."""

    expressions: tuple[str, str, str]
    body: Sequence
    redirections: tuple[Redirection, ...]
    span: Span
    substitutions: tuple[CommandSubstitution, ...] = ()


@dataclass(frozen=True, slots=True)
class While:
    """`while` or `until`."""

    until: bool
    condition: Sequence
    body: Sequence
    redirections: tuple[Redirection, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Function:
    """`name() body` or `function name body`."""

    name: str
    body: Command
    span: Span


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`(( … ))`, as text."""

    text: str
    redirections: tuple[Redirection, ...]
    span: Span
    substitutions: tuple[CommandSubstitution, ...] = ()


@dataclass(frozen=True, slots=True)
class TestUnary:
    """`-f word`, `-z word` …, and a bare word as operator `-n`."""

    __test__ = False
    operator: str
    operand: Word
    span: Span


@dataclass(frozen=True, slots=True)
class TestBinary:
    """`a == b`, `a =~ b`, `a -eq b`, `a < b` …"""

    __test__ = False
    operator: str
    left: Word
    right: Word
    span: Span


@dataclass(frozen=True, slots=True)
class TestNot:
    """`! expression`."""

    __test__ = False
    operand: TestExpression
    span: Span


@dataclass(frozen=True, slots=True)
class TestLogical:
    """`a && b`, `a || b`."""

    __test__ = False
    operator: Literal["&&", "||"]
    left: TestExpression
    right: TestExpression
    span: Span


TestExpression: TypeAlias = TestUnary | TestBinary | TestNot | TestLogical


@dataclass(frozen=True, slots=True)
class Conditional:
    """`[[ … ]]`; `expression` is None where it could not be read."""

    expression: TestExpression | None
    redirections: tuple[Redirection, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Coprocess:
    """`coproc [NAME] command`."""

    name: str | None
    body: Command
    span: Span


@dataclass(frozen=True, slots=True)
class Unparsed:
    """Text that could not be read, and why; what stands around it is kept. `too_deep`: a shell may well read it.

    `array`: what is wrong stands in an array; `more`: there are lines behind that one.
    """

    reason: str
    span: Span
    too_deep: bool = False
    array: bool = False
    more: bool = False


Command: TypeAlias = (
    SimpleCommand
    | Group
    | Subshell
    | If
    | Case
    | For
    | ArithmeticFor
    | While
    | Function
    | Arithmetic
    | Conditional
    | Coprocess
    | Unparsed
)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """`[time] [!] a | b |& c`, or one command; `stderr_too[i]` tells whether the bar after command i is `|&`."""

    commands: tuple[Command, ...]
    span: Span
    negated: bool = False
    timed: bool = False
    stderr_too: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class AndOr:
    """`first && second || third …`, left to right: `rest` are (operator, pipeline)."""

    first: Pipeline
    rest: tuple[tuple[Literal["&&", "||"], Pipeline], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Item:
    """An and-or list and how it ends: with `&` it runs in the background."""

    command: AndOr
    background: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Sequence:
    """Items one after another: a script, a body, the inside of a substitution."""

    items: tuple[Item, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Script:
    """A whole program text; `shebang` is its first line after `#!`, stripped; `problems` are its `Unparsed` nodes."""

    body: Sequence
    shebang: str | None
    problems: tuple[Unparsed, ...]
    ends_with_newline: bool


Node: TypeAlias = Sequence | Item | AndOr | Pipeline | Command
"""What a script is made of, from the whole of it to one command."""


def walk(node: Any) -> Iterator[Any]:
    """A node and all nodes below it, each before those below it, in the order of their fields."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, tuple):
            waiting.extend(reversed(current))
        elif type(current).__module__ == __name__:
            yield current
            waiting.extend(getattr(current, name) for name in reversed(current.__match_args__))
