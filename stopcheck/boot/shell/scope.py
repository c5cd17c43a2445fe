"""What expansion may ask its shell for."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from stopcheck.boot.shell.arrays import Array
    from stopcheck.boot.world import Field
    from stopcheck.syntax.shell.tree import CommandSubstitution, ProcessSubstitution


@dataclass(frozen=True, slots=True)
class Scope:
    """What expansion may ask its shell for."""

    variable: Callable[[str], Field | None]
    """A variable's value; None: unset."""
    positional: Callable[[], tuple[Field, ...]]
    assign: Callable[[str, Field], None]
    substitute: Callable[[CommandSubstitution], Field]
    process: Callable[[ProcessSubstitution], Field]
    array: Callable[[str], Array | None]
    keep_match: Callable[[tuple[Field, ...] | None], None]
    """Where `=~` leaves what it has found, and each group of it; None: what that is, is not known."""
    plain: str = ""
    """The expansions that the shell knows, where not all: it ends at any other ("Bad substitution")."""
    nounset: bool = False
    """`set -u`: a parameter that is not set ends the shell."""
    counts_unset: bool = False
    """Whether that is so in arithmetic, too."""
    splits: bool = True
    """Whether the value of a variable is split: not in zsh."""
    slices: bool = True
    """Whether `${@:1}` is a part of the list; busybox takes it for a part of the text of its first word."""
