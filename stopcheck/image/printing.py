"""What the commands of a RUN print, by which scripts are written: echo(1), printf(1)."""

from __future__ import annotations

import re

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.texts import Mapped, joined, unescaped
from stopcheck.model import Unknown
from stopcheck.regex import regex
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeAlias

    from stopcheck.image.fields import Field
    from stopcheck.source import Span

Output: TypeAlias = "Mapped | SourceFile | Unknown"
"""What a command prints: text of the Dockerfile, a whole file, or not known."""

_CONVERSION = regex(r"%(%|[sbd]|-?\d*(?:\.\d+)?[a-zA-Z])")


def whole(outputs: list[Output]) -> Output:
    """Several outputs, one after another."""
    if len(outputs) == 1:
        return outputs[0]
    pieces: list[Mapped] = []
    for output in outputs:
        if isinstance(output, Unknown):
            return output
        if isinstance(output, SourceFile):
            return Unknown("a build step puts several files together")
        pieces.append(output)
    return joined(pieces)


def echoed(arguments: Sequence[Field | None], shell: str | None, origin: Span) -> Output | None:
    """echo: bash and busybox read escapes with `-e` only, dash always, and to dash `-e` is a text.

    `shell`: whose echo it is; None where that is not known. None: what it is given is not known.
    """
    unsure = Unknown("what echo writes here is not the same in every shell", origin)
    known = [field for field in arguments if field is not None and not field.pattern]
    if len(known) != len(arguments):
        return None
    options = "neE" if shell in ("bash", "busybox") else "n"
    escapes: bool | None = shell == "dash"
    newline = True
    while known and re.fullmatch(f"-[{options}]+", known[0].text):
        letters = known.pop(0).text
        newline = newline and "n" not in letters
        escapes = "e" in letters or (escapes and "E" not in letters)
    text = joined([piece for field in known for piece in (field.value, _space(field))][:-1])
    if shell is None and ((known and known[0].text.startswith("-")) or "\\" in text.text):
        return unsure
    stopped = False
    if escapes:
        found = unescaped(text, "echo")
        if found is None:
            return unsure
        text, stopped = found
    return text.plus("\n") if newline and not stopped else text


def _space(field: Field) -> Mapped:
    return Mapped(" ", [field.value.offsets[-1] if field.value.offsets else 0])


def printed(arguments: Sequence[Field | None]) -> Output | None:
    """printf with %s, %b, %d and escapes; None where that is not known."""
    known = [field for field in arguments if field is not None and not field.pattern]
    if known and known[0].text == "--":
        known = known[1:]
    if len(known) != len(arguments) or not known:
        return None
    return _formatted(known[0].value, [field.value for field in known[1:]])


def _formatted(form: Mapped, values: list[Mapped]) -> Mapped | None:
    """What printf prints; the format is used again while values are left."""
    pieces: list[Mapped] = []
    waiting = list(values)
    while True:
        before = len(waiting)
        at = 0
        for match in _CONVERSION.finditer(form.text):
            literal = unescaped(form.part(at, match.start()), "printf")
            if literal is None or match[1] not in ("%", "s", "b", "d"):
                return None
            pieces.append(literal[0])
            at = match.end()
            if match[1] == "%":
                pieces.append(form.part(match.start(), match.start() + 1))
                continue
            value = waiting.pop(0) if waiting else Mapped("", ())
            if match[1] == "b":
                found = unescaped(value, "echo")
                if found is None:
                    return None
                value = found[0]
            elif match[1] == "d" and not value.text.lstrip("-").isdecimal():
                return None
            pieces.append(value)
        literal = unescaped(form.part(at, len(form.text)), "printf")
        if literal is None:
            return None
        pieces.append(literal[0])
        if not waiting or len(waiting) == before:
            return joined(pieces)
