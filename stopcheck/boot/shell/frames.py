"""What a shell has still to do, and what it waits for: frames of a stack, all of them values."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import TypeAlias

    from stopcheck.boot.shell.arrays import Array
    from stopcheck.boot.world import Field, Process, Status
    from stopcheck.source import Span
    from stopcheck.syntax.shell.tree import (
        AndOr,
        ArithmeticFor,
        Case,
        Command,
        CommandSubstitution,
        For,
        If,
        Node,
        Pipeline,
        ProcessSubstitution,
        Sequence,
        SimpleCommand,
        While,
    )


Held: TypeAlias = "Field | Array | None"
"""What a name stands for."""
Tail: TypeAlias = frozenset[str] | None
"""The constructs between here and the whole text, where nothing follows; None where something does."""


# --- what is still to do ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Evaluate:
    """A node is next."""

    node: Node
    tail: Tail


@dataclass(frozen=True, slots=True)
class Items:
    """The items of a sequence from `index` on."""

    node: Sequence
    index: int
    tail: Tail


@dataclass(frozen=True, slots=True)
class AndOrRest:
    """Status in hand, the rest of an and-or list from `index` on."""

    node: AndOr
    index: int
    tail: Tail


@dataclass(frozen=True, slots=True)
class Negate:
    """`!` before a pipeline that has ended."""


@dataclass(frozen=True, slots=True)
class IfRest:
    """The status of the condition of branch `index` in hand."""

    node: If
    index: int
    tail: Tail


@dataclass(frozen=True, slots=True)
class LoopTest:
    """The status of a loop's condition in hand; and that of the last round of its body, which is the loop's own."""

    node: While
    body: Status = 0


@dataclass(frozen=True, slots=True)
class LoopBody:
    """A loop's body has ended."""

    node: While | ArithmeticFor


@dataclass(frozen=True, slots=True)
class ForRest:
    """The values that a `for` has not yet had."""

    node: For
    values: tuple[Field, ...]
    tail: Tail

    @property
    def once(self) -> bool:
        """Whether the text of the `for` names one value alone: others are for work that ends each time."""
        words = self.node.words
        literal = words[0].literal if words is not None and len(words) == 1 else None
        return literal is not None and not any(char in literal for char in "*?[{")


@dataclass(frozen=True, slots=True)
class CaseRest:
    """The body of item `index` has ended in `;&`."""

    node: Case
    index: int
    tail: Tail


@dataclass(frozen=True, slots=True)
class CallEnd:
    """A function returns to its caller, with the caller's arguments."""

    name: str
    args: tuple[Field, ...]
    saved: tuple[tuple[str, Held], ...]
    integers: frozenset[str] = frozenset()
    """Those of the saved that `declare -i` had made so before."""


@dataclass(frozen=True, slots=True)
class Checked:
    """`eval` has ended: a command like any other for `set -e`, whatever its text has looked at itself."""


@dataclass(frozen=True, slots=True)
class GoesOn:
    """A trap has returned into a loop of which nobody knows how long it goes on."""

    span: Span | None


@dataclass(frozen=True, slots=True)
class Left:
    """`set -e` ends the shell here, now that its ERR trap has run."""


@dataclass(frozen=True, slots=True)
class SourceEnd:
    """A sourced file ends; `args` are the caller's, None where they stayed."""

    path: str
    args: tuple[Field, ...] | None
    body: Sequence


@dataclass(frozen=True, slots=True)
class Joined:
    """The last command of a pipeline, which ran in the shell itself, has ended; the others may not have."""

    pids: tuple[int, ...]
    node: Pipeline


@dataclass(frozen=True, slots=True)
class Redirected:
    """A construct with redirections has ended: its shell reads and writes where it did before."""

    stdin: int
    stdout: int
    closed: frozenset[str]
    inlets: tuple[tuple[str, int], ...]
    feeds: bool = False
    """Whether it writes to a `>( … )` until then."""

    @staticmethod
    def of(process: Process) -> Redirected:
        """What a process reads and writes now."""
        return Redirected(process.stdin, process.stdout, process.closed, tuple(process.inlets.items()))

    def restore(self, process: Process) -> None:
        """As it was before."""
        process.stdin, process.stdout, process.closed = self.stdin, self.stdout, self.closed
        process.inlets = dict(self.inlets)


@dataclass(frozen=True, slots=True)
class Assigned:
    """A function or a text has run that had assignments before it: the variables are what they were."""

    saved: tuple[tuple[str, Held], ...]
    exported: frozenset[str]


@dataclass(frozen=True, slots=True)
class TrapEnd:
    """A trap returns; the status is what it was before.

    `heard`: another trap has run within, which bash then takes to be none: `exit` gives the last status.
    `children`: how many processes there had been when it began. `frozen`: bash leaves its table of jobs alone until it
    has returned, and `wait -n` is over at once.
    """

    signal: str
    status: Status
    ok: bool
    heard: bool = False
    children: int = 0
    frozen: bool = False
    waited: bool = False
    """What the shell had in `waited`."""


@dataclass(frozen=True, slots=True)
class Resume:
    """zsh's `wait` goes on behind a trap: unless the signal is trapped still, and no child has ended since (`dead`)."""

    waiting: Waiting
    signal: str
    dead: int


@dataclass(frozen=True, slots=True)
class Again:
    """A `$( … )` or a `read` is read on, or a `wait` goes on, behind a trap."""

    reading: Foreground | Waiting | Reading | Standing


Frame: TypeAlias = (
    Evaluate
    | Items
    | AndOrRest
    | Negate
    | IfRest
    | LoopTest
    | LoopBody
    | ForRest
    | CaseRest
    | CallEnd
    | Checked
    | GoesOn
    | Left
    | SourceEnd
    | Joined
    | Redirected
    | Assigned
    | TrapEnd
    | Resume
    | Again
)
TESTING = (AndOrRest, Negate, IfRest, LoopTest)

OPTION_AT = "OPTIND @"
OPTION_INSIDE = "OPTIND "
"""Where `getopts` is: at which word, and among several options behind one `-`. No script can name these variables."""
ENDLESS = "an endless loop"
READS = "`read` waits for a writer"
OPENS = "`read` waits for a writer to open the FIFO"
STARTS = "a program waits for a writer to open the FIFO"
UNSEEN = "a loop whose condition is not known"
"""Why it stands: see Standing."""


# --- what it waits for -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Foreground:
    """The end of all these children: a command or a pipeline in the foreground."""

    pids: tuple[int, ...]
    node: Pipeline | Command
    asked: CommandSubstitution | ProcessSubstitution | None = None
    """The `$( … )` of the command `node` that they run, or the `<( … )` that it sources.

    It is over when nobody can write to `pipe` any more.
    """
    pipe: int = 0
    own: Status | None = None
    """The status of the last part of a pipeline, where that ran in the shell itself."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A `read` that has nothing to read yet: one of these may still write.

    `pipe`: it has been redirected from there, once, and is called with `words`; `whole`: it reads all there is;
    `until`: when it gives up.
    """

    pids: tuple[int, ...]
    node: SimpleCommand
    pipe: int = 0
    words: tuple[Field, ...] = ()
    whole: bool = False
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """The builtin `wait`: `first` for `wait -n`, the first of them; `every` where no job is named, and none told of.

    `named`: of several that are, one after another; `numbers`: they are named by their numbers. `told`: what it
    comes to where the last that is named is no job. `which`: the variable that gets the number of what has ended.
    """

    pids: tuple[int, ...]
    span: Span
    first: bool = False
    every: bool = False
    named: bool = False
    numbers: bool = False
    told: Status | None = None
    which: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """For ever, by itself: an endless loop, a `read` that nobody answers; or until somebody opens `pipe` to write.

    `retries`: what is to open it is the next to be done, once more. `ended`: how many processes had ended by then.
    """

    why: str
    span: Span
    pipe: int = 0
    retries: bool = False
    ended: int = 0


Blocked: TypeAlias = Foreground | Reading | Waiting | Standing


@dataclass(frozen=True, slots=True)
class Answer:
    """What a `$( … )` has printed, and its status, until the command that asked for it runs."""

    part: CommandSubstitution | ProcessSubstitution
    output: Field
    status: Status


@dataclass(frozen=True, slots=True)
class Trap:
    """The action of a trap: "" ignores the signal; `body` is None where the text is not known."""

    text: Field
    span: Span
    body: Sequence | None


@dataclass(frozen=True, slots=True)
class Job:
    """What was started with `&`: one process, or those of a pipeline; `number` is its `%N`.

    bash lists what it dies in the foreground of, too; plain `wait` does not wait for that. `waited`: it has ended, and
    was waited for. `controlled`: it was started under `set -m`. `doubtful`: it was killed when bash may just have told
    of such jobs.
    """

    pids: tuple[int, ...]
    span: Span
    number: int
    foreground: bool = False
    waited: bool = False
    controlled: bool = False
    doubtful: bool = False


def frame_key(frame: Frame | Blocked) -> Hashable:
    """Equal for equal frames; nodes count by identity, which is quicker than to compare what they hold."""
    values = (getattr(frame, name) for name in frame.__slots__)
    return (type(frame), *(id(value) if hasattr(value, "span") else value for value in values))
