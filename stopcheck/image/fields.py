"""The words of a RUN's commands, as far as the build tells what they expand to."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.texts import Mapped, joined
from stopcheck.image.variables import Missing
from stopcheck.model import Unknown
from stopcheck.records import dataclass
from stopcheck.syntax.shell.tree import CommandSubstitution, Parameter, SimpleCommand, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stopcheck.image.variables import Lookup
    from stopcheck.source import SourceFile, Span
    from stopcheck.syntax.shell.tree import Word


_LONGEST = 1 << 15
_TEMPORARY = "/tmp/tmp.XXXXXXXXXX"
"""What mktemp makes: a path that nothing else names."""


_ARGUMENTS = frozenset("@*123456789")
"""What a shell calls its arguments."""


class Glob(str):
    """The value of a loop's variable that stands for all the files that a pattern matches."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a field: its text, where it is written, and whether all of that stands for each character."""

    text: str
    span: Span
    whole: bool


@dataclass(frozen=True, slots=True)
class Field:
    """One argument of a command; `pattern` where it may stand for file names (globs that no quote protects)."""

    text: str
    pattern: bool = False
    pieces: tuple[Piece, ...] = ()

    @property
    def value(self) -> Mapped:
        """Its characters and where each is written."""
        return _mapped(self.pieces) if self.pieces else Mapped(self.text, [0] * len(self.text))

    def after(self, count: int) -> Field:
        """What follows the first characters: the value of an option."""
        text = self.text[count:]
        rest: list[Piece] = []
        for piece in self.pieces:
            if count >= len(piece.text):
                count -= len(piece.text)
            else:
                rest.append(Piece(piece.text[count:], piece.span, piece.whole))
                count = 0
        return Field(text, self.pattern, tuple(rest))


def _mapped(pieces: Iterable[Piece]) -> Mapped:
    return joined(
        Mapped.all_at(piece.text, piece.span) if piece.whole else Mapped.at(piece.text, piece.span) for piece in pieces
    )


def fields(word: Word, variable: Lookup) -> tuple[Field, ...] | None:
    """The arguments that a word becomes; None where that is not known."""
    pieces: list[Piece] = []
    pattern = split = empty = False
    for part in word.parts:
        piece = _piece(part, variable)
        if piece is None:
            return None
        pieces.append(piece)
        text = piece.text
        pattern = pattern or isinstance(text, Glob)
        if getattr(part, "quoted", True):
            empty = True
            continue
        pattern = pattern or "*" in text or "?" in text or "[" in text
        if isinstance(part, Parameter):
            split = split or text.split() != [text]
        elif "{" in text and ("," in text or ".." in text):
            return None
    whole = "".join([piece.text for piece in pieces])
    if not whole and len(word.parts) == 1 and isinstance(part, Parameter) and part.name == "@":
        return ()
    if not split:
        return (Field(whole, pattern, tuple(pieces)),)
    if len(pieces) == 1:
        return tuple(Field(text, pattern, (Piece(text, pieces[0].span, True),)) for text in whole.split())
    if any(len(piece.text.split()) > 1 or piece.text != piece.text.strip() for piece in pieces if piece.text):
        return None
    return (Field(whole, pattern, tuple(pieces)),) if whole or empty else ()


def text_of(word: Word, variable: Lookup) -> Mapped | None:
    """The text of a word that is not split into fields: a heredoc, a redirection's target, a value."""
    pieces = [_piece(part, variable) for part in word.parts]
    known = [piece for piece in pieces if piece is not None]
    return _mapped(known) if len(known) == len(pieces) else None


def _piece(part: object, variable: Lookup) -> Piece | None:
    if isinstance(part, Text):
        return Piece(part.text, part.span, False)
    if isinstance(part, Parameter):
        value = _parameter(part, variable)
        # A value that doubles itself command by command would fill the memory.
        return None if value is None or len(value) > _LONGEST else Piece(value, part.span, True)
    if isinstance(part, CommandSubstitution):
        here = variable("PWD") if _runs(part, "pwd") else _TEMPORARY if _runs(part, "mktemp") else None
        return Piece(here, part.span, True) if isinstance(here, str) else None
    return None


def _runs(part: CommandSubstitution, program: str) -> bool:
    """Whether a substitution is just a program."""
    items = part.body.items
    pipelines = [items[0].command.first, *items[0].command.rest] if len(items) == 1 else []
    command = items[0].command.first.commands[0] if len(pipelines) == 1 else None
    return isinstance(command, SimpleCommand) and bool(command.words) and command.words[0].literal == program


def _parameter(part: Parameter, variable: Lookup) -> str | None:
    if part.index is not None or not (part.name.isidentifier() or part.name in _ARGUMENTS):
        return None
    value = variable(part.name)
    if isinstance(value, Missing) and part.operator:
        value = None
    if isinstance(value, Unknown):
        return None
    if part.operator == "":
        return value or ""
    argument = text_of(part.argument, variable) if part.argument else Mapped("", ())
    if part.operator in (":-", "-", ":+", "+"):
        is_set = bool(value) if ":" in part.operator else value is not None
        if "+" in part.operator:
            return "" if not is_set else None if argument is None else argument.text
        return value if is_set else None if argument is None else argument.text
    return None


def disk_file(source: SourceFile) -> SourceFile:
    """The file on disk that a text is part of."""
    while source.parent is not None:
        source = source.parent
    return source
