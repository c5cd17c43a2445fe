"""What one file of a program says of signals, and what it needs; and what is known of all of them together."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING, Protocol
from stopcheck.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.boot.handlers.guards import Guard
    from stopcheck.source import SourceFile

STOP_SIGNALS = ("TERM", "INT", "QUIT", "HUP")
CHILDREN = "it starts other programs"
"""A doubt: the signal may have to reach those."""


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its actions by signal, and what else decides.

    `needs` are the modules that it asks for, in its language's own words. `tokens` are what libraries go by: `name(`
    for a call, `name=` for a value that is set and is not surely false, and its short texts. `starts` tells what it
    starts other programs with. `doubt` is why what it does is not certain ("": it is). `lasts`: it has a loop without
    an end, or a call that serves for as long as the program lives. `interrupted`: it catches what SIGINT raises.
    `guards` are the lines that end it where a variable is not set, before anything else. `seconds` is how long it
    surely takes to end once a signal has come.
    """

    on: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    tokens: frozenset[str] = frozenset()
    cleanup: bool = False
    threads: bool = False
    starts: str = ""
    doubt: str = ""
    lasts: bool = False
    interrupted: bool = False
    guards: tuple[Guard, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Handling:
    """A program: its actions by signal.

    Where it is `complete` the signals that are not in `on` are at their default. Else `reason` tells why that is
    not certain; with `launches` it may be other programs that do the work. Without `lasts` it may end by itself.
    `inherits` are the signals that it handles unless it was started with them ignored. `seconds` is the longest
    that it takes from the stop signal to its end, `seconds_on` that from others, where known. `work`: it surely
    runs through; `status` is what it then ends with, where that is known, `line` where it gives up, in `file` ("":
    its first), and `asked` are the variables that it asks for and that nothing sets. `stands`: it surely does not
    end by itself. `strange`: all that is not known of it are libraries, or files of its own that are not there.
    """

    on: Mapping[str, str] = field(default_factory=dict)
    cleanup: bool = False
    complete: bool = True
    reason: str = ""
    launches: bool = False
    lasts: bool = False
    inherits: frozenset[str] = frozenset()
    seconds: float = 0.0
    seconds_on: Mapping[str, float] = field(default_factory=dict)
    work: bool = False
    status: int | None = None
    line: int = 0
    file: str = ""
    asked: tuple[str, ...] = ()
    stands: bool = False
    strange: bool = False


class Project(Protocol):
    """The files among which a program stands, by absolute path."""

    def text(self, path: str) -> SourceFile | None:
        """A file that is known word for word."""

    def is_folder(self, path: str) -> bool:
        """Whether a folder surely stands there."""

    def matching(self, pattern: str) -> tuple[str, ...]:
        """The paths of the files that a shell pattern names; sorted."""

    def variable(self, name: str) -> str:
        """A variable of its environment; "" where it is not set."""


class Language(Protocol):
    """What each module of a language has."""

    def read(self, text: str) -> Source:
        """What a file says."""

    def follow(self, need: str, path: str, project: Project) -> tuple[str, ...] | None:
        """The program's own files that the file at `path` needs by this name; None where it is a library's.

        Raises LookupError where it is surely the program's own, and is not there.
        """

    def libraries(self, need: str) -> tuple[str, ...]:
        """The names that a library may be known by, the closest first; none for a part of the language itself."""

    def finish(self, on: Mapping[str, str], sources: tuple[Source, ...]) -> Mapping[str, str]:
        """The actions of a program of which all is known, with those that its language adds."""
