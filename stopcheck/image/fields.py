"""The words of a RUN's commands, as far as the build tells what they expand to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopcheck.image.texts import Mapped, joined
from stopcheck.model import Unknown
from stopcheck.syntax.shell.tree import CommandSubstitution, Parameter, SimpleCommand, Text

if TYPE_CHECKING:
    from stopcheck.image.variables import Lookup
    from stopcheck.source import SourceFile
    from stopcheck.syntax.shell.tree import Word


@dataclass(frozen=True, slots=True)
class Field:
    """One argument of a command; `pattern` where it may stand for file names (globs that no quote protects)."""

    value: Mapped
    pattern: bool = False

    @property
    def text(self) -> str:
        """Its characters."""
        return self.value.text


def fields(word: Word, variable: Lookup) -> tuple[Field, ...] | None:
    """The arguments that a word becomes; None where that is not known."""
    pieces: list[Mapped] = []
    pattern = split = empty = False
    for part in word.parts:
        piece = _piece(part, variable)
        if piece is None:
            return None
        pieces.append(piece)
        if not getattr(part, "quoted", True):
            pattern = pattern or any(char in piece.text for char in "*?[")
            if isinstance(part, Parameter):
                split = split or not piece.text or piece.text.split() != [piece.text]
            elif "{" in piece.text and ("," in piece.text or ".." in piece.text):
                return None
        else:
            empty = True
    whole = joined(pieces)
    if not split:
        return (Field(whole, pattern),)
    if len(pieces) == 1:
        return tuple(Field(Mapped(text, [*whole.offsets[:1]] * len(text)), pattern) for text in whole.text.split())
    if any(len(piece.text.split()) > 1 or piece.text != piece.text.strip() for piece in pieces if piece.text):
        return None
    return (Field(whole, pattern),) if whole.text or empty else ()


def text_of(word: Word, variable: Lookup) -> Mapped | None:
    """The text of a word that is not split into fields: a heredoc, a redirection's target, a value."""
    pieces = [_piece(part, variable) for part in word.parts]
    known = [piece for piece in pieces if piece is not None]
    return joined(known) if len(known) == len(pieces) else None


def _piece(part: object, variable: Lookup) -> Mapped | None:
    if isinstance(part, Text):
        return Mapped.at(part.text, part.span)
    if isinstance(part, Parameter):
        value = _parameter(part, variable)
        return None if value is None else Mapped.all_at(value, part.span)
    if isinstance(part, CommandSubstitution) and _is_pwd(part):
        value_here = variable("PWD")
        return Mapped.all_at(value_here, part.span) if isinstance(value_here, str) else None
    return None


def _is_pwd(part: CommandSubstitution) -> bool:
    items = part.body.items
    command = items[0].command.first.commands[0] if len(items) == 1 else None
    return isinstance(command, SimpleCommand) and [word.literal for word in command.words] == ["pwd"]


def _parameter(part: Parameter, variable: Lookup) -> str | None:
    if part.index is not None or not part.name.isidentifier():
        return None
    value = variable(part.name)
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
