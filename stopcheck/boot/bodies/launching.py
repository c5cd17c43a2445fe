"""Programs that start others and are carried out, as far as those below them need to know."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

    from stopcheck.knowledge.programs import ProgramRow
    from stopcheck.source import SourceFile


def may_be_carried_out(language: str, program: str) -> bool:
    """Whether a program's language, and what runs it, allow that: Deno and Bun bring more than Node.js, and less."""
    return language == "python" or (language == "node" and program in {"node", "nodejs"})


class Launching:
    """A program that starts others and is carried out: boot.programs.launcher has it, which few images need."""

    __slots__ = ()
    row: ProgramRow
    source: SourceFile
    pids: tuple[int, ...]

    def children(self) -> tuple[int, ...]:
        """Those that it has started and that it has not heard of to have ended."""
        raise NotImplementedError

    def round(self) -> Hashable:
        """See Shell.round."""
        raise NotImplementedError
