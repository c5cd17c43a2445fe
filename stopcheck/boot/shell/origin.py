"""How a subshell has come about: what its parent did when it forked it."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from stopcheck.boot.world import Status


@dataclass(frozen=True, slots=True)
class Origin:
    """What a subshell keeps of the place where it was forked; the defaults are those of a shell that was started."""

    depth: int = 0
    """How many subshells it is in: $BASH_SUBSHELL."""
    root: int | None = None
    """The process that `$$` names, where it is not this one."""
    substitutes: str = ""
    """Of what substitution it runs the text: `$` of `$( … )`, `<` or `>`; "" of none."""
    parenthesised: bool = False
    """Whether it runs what stands in `( … )`."""
    called: bool = False
    """Whether it was forked from within a function."""
    looped: bool = False
    """Whether it was forked from within a loop, which `break` in dash and busybox then ends it for."""
    lenient: bool = False
    """Whether the shell that it was forked from looks at its status, so that `set -e` does not hold in it."""
    ends_plainly: bool = False
    """Whether it ends without its EXIT trap: a part of bash that is neither `( … )` nor, by itself, `{ … }`."""
    interrupts: Status | None = None
    """The status before the trap that it was forked in: to dash and busybox it is that of a bare `exit`, still."""
