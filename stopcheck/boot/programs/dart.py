"""Starts `dart`: a program in its sources."""

from __future__ import annotations

from stopcheck.boot.programs.sources import from_source
from stopcheck.hints import TYPE_CHECKING
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from stopcheck.boot.bodies.program import Program
    from stopcheck.boot.programs.roles import Start


def start_dart(start: Start) -> Program:
    """`dart FILE`, `dart run FILE`: a process of its own program (dart.dev/tools/dart-run)."""
    words = [word for word in start.words if not word.startswith("-")]
    words = words[1:] if words[:1] == ["run"] else words
    if not words or not words[0].endswith(".dart"):
        return start.leaf("unread", "what dart is told to do")
    path = start.path(words[0])
    if not isinstance(start.text(path), SourceFile):
        return start.leaf("unknown", f"{path} is not in the files")
    return from_source(start.machine, start.process, "dart", (path,), start.machine.image.files, start.env)
