"""Why exec(3) starts nothing."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from stopcheck.image.model import ImageFile


@dataclass(frozen=True, slots=True)
class Failure:
    """exec(3) fails: the status a shell or an engine gives, and why.

    `kind` is "absent" (no such program), "path" (none in the folders of PATH, which are not the system's), "argument"
    (no such file for an interpreter to run), "binary" (no text for it), "folder" (no program, but a folder), "closed"
    (in a folder that the user may not enter), "denied" (he may not write there), "syntax" (its shell cannot read it),
    "option" (the shell does not know one), "config" (it refuses its configuration), "dot" (no such file for a shell's
    `.` on PATH), "module" (none of that name for Python), "refuses" (a service that wants something else; `name` is
    what to do about it), "interpreter" (the one that a script names is absent), "mode" (not executable), "empty",
    "shebang" (none, or nothing after it), "mark" (a byte order mark before it), "late" (not on the first line), "crlf"
    or ""; `name` is the program that was looked for, `file` the one that was found. `ran`: another program was
    started in its place, found that it could not start this one, and ended with `status`.
    """

    status: int
    reason: str
    kind: str = ""
    name: str = ""
    file: ImageFile | None = None
    ran: bool = False
