"""What can be wrong with an instruction, or with a text that is no Dockerfile."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from stopcheck.source import Span


class InstructionError(Exception):
    """What is wrong with an instruction that cannot be kept, at a place in its logical line."""

    def __init__(self, start: int, end: int, message: str) -> None:
        super().__init__(message)
        self.start = start
        self.end = end


class UnknownInstructionError(InstructionError):
    """The line begins with no known keyword, or with one that is `alike`."""

    def __init__(self, start: int, end: int, message: str, alike: bool) -> None:
        super().__init__(start, end, message)
        self.alike = alike


class TemplateError(Exception):
    """The text is a template that some other program renders to a Dockerfile."""

    def __init__(self, span: Span, mark: str) -> None:
        super().__init__(mark)
        self.span = span


def clip(text: str) -> str:
    """A text as a message quotes it: at most 40 characters."""
    return text if len(text) <= 40 else text[:39] + "…"
