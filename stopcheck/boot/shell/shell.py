"""The shell: walks a script as far as it runs by itself, and hears signals as shells do."""

from __future__ import annotations

import itertools

from stopcheck.boot.accounts import home, user_number
from stopcheck.boot.programs.program import Failure, Parent
from stopcheck.boot.quiet import leaves_off, quiet_items, runs_out, waits_for
from stopcheck.boot.shell.arithmetic import ArithmeticFault, ConstantFault, UnsetError, evaluate, filled_in
from stopcheck.boot.shell.frames import (
    TESTING,
    Again,
    AndOrRest,
    Answer,
    Assigned,
    Blocked,
    CallEnd,
    CaseRest,
    Checked,
    Evaluate,
    Foreground,
    ForRest,
    Frame,
    GoesOn,
    IfRest,
    Items,
    Job,
    Joined,
    Left,
    LoopBody,
    LoopTest,
    Negate,
    Node,
    Reading,
    Redirected,
    Resume,
    SourceEnd,
    Standing,
    Tail,
    Trap,
    TrapEnd,
    Waiting,
    frame_key,
)
from stopcheck.boot.shell.words import (
    OneWord,
    Partly,
    Scope,
    count,
    expand_pattern,
    expand_text,
    fits,
)
from stopcheck.boot.signals import signal_name, signal_number
from stopcheck.boot.world import SOMEWHERE, Branch, Process, TooComplex, World
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown, numeral
from stopcheck.records import replace
from stopcheck.regex import regex
from stopcheck.syntax.shell.tree import (
    AndOr,
    Arithmetic,
    ArithmeticFor,
    ArrayLiteral,
    Case,
    CommandSubstitution,
    Conditional,
    Coprocess,
    For,
    Function,
    Group,
    If,
    Item,
    Pipeline,
    ProcessSubstitution,
    Sequence,
    SimpleCommand,
    Subshell,
    Unparsed,
    While,
    Word,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping
    from typing import TypeAlias

    from stopcheck.boot.machine import Machine
    from stopcheck.boot.world import Field, Status
    from stopcheck.knowledge.programs import ProgramRow
    from stopcheck.knowledge.shells import ShellRow
    from stopcheck.source import Span

    Asking: TypeAlias = SimpleCommand | Case | For | Arithmetic | Conditional

_PLAIN = regex(r"[\w ./:-]*")
_READ_SCRIPTS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh93", "mksh", "yash"})
"""What may run what is piped to it."""
_TIDYING = (Function, Sequence, SimpleCommand, Subshell)
"""What bash runs an EXIT trap behind, where it is what a child of it runs."""

_DESCRIPTOR = "/dev/fd/63"
"""What a `<( … )` is called."""
_ASKED = (ArrayLiteral, CommandSubstitution, ProcessSubstitution)

SPIN_LIMIT = 1500
"""A loop that goes round so many steps without time passing goes round for ever."""
ENDLESS = "an endless loop"
UNSEEN = "a loop whose condition is not known"
CALL_LIMIT = 40
TRAP_LIMIT = 8


_PLAIN_SLOTS = (
    "aliases", "answers", "args", "armed", "blocked", "called", "comes_last", "constants", "cut", "deaf",
    "disowned", "dying", "ending", "ends_plainly", "exported", "folders", "forgotten", "forked", "frames",
    "had_trap", "has_exit_trap", "integers", "interrupted", "interrupts", "jobs", "killed", "last_job",
    "left_within", "lenient", "looped", "machine", "mode", "name", "ok", "open_end", "opened", "options",
    "packaged", "parenthesised", "pending", "plain", "renamed", "root", "row", "script", "status", "substitutions",
    "text", "unsourced", "untrapped", "waited", "witnesses",
)  # fmt: skip
"""What a copy of a shell can share; the rest are dicts."""


def _comes_last(row: ShellRow, body: Sequence) -> bool:
    """Whether this shell takes the last command of the text for its last: it looks at what it has still to read."""
    rest = body.span.source.text[body.items[-1].span.end if body.items else 0 :]
    return not row.exec_before or regex(row.exec_before).fullmatch(rest) is not None


class Shell:
    """A shell process: what it knows, what is still to do, what it waits for."""

    __slots__ = (*_PLAIN_SLOTS, "arrays", "functions", "traps", "variables")
    overrides = False

    def __init__(
        self,
        machine: Machine,
        row: ShellRow,
        body: Sequence,
        mode: str,
        name: Field,
        args: tuple[Field, ...],
        variables: Mapping[str, Field],
        options: frozenset[str] = frozenset(),
        script: str = "",
    ) -> None:
        self.machine = machine
        self.row = row
        self.frames: tuple[Frame, ...] = (Evaluate(body, frozenset()),)
        self.text = body
        """All that it reads."""
        self.mode = mode
        self.name = name
        self.args = args
        self.variables: dict[str, Field] = dict(variables)
        self.exported: frozenset[str] = frozenset(variables)
        if "PATH" not in variables:
            self.variables["PATH"] = row.path
            self.exported |= {"PATH"} if row.exports_path else frozenset()
        self.arrays: dict[str, tuple[Field, ...]] = {}
        self.functions: dict[str, Function] = {}
        self.aliases: Mapping[str, tuple[str, Span]] = {}
        """What `alias` has made other words of, and where: from the next line on."""
        self.constants: frozenset[str] = frozenset()
        """What `readonly` has set."""
        self.integers: frozenset[str] = frozenset()
        """What is set to the value of an expression, ever since `declare -i`."""
        self.folders: tuple[str, ...] = ()
        """What `pushd` has kept."""
        self.options = options
        self.traps: dict[str, Trap] = {}
        self.pending: tuple[str, ...] = ()
        self.jobs: tuple[Job, ...] = ()
        self.last_job: int | None = None
        self.status: Status = 0
        self.ok = False
        self.blocked: Blocked | None = None
        self.ending = False
        self.script = script
        self.plain = mode == "command" and _PLAIN.fullmatch(body.span.source.text) is not None
        """Whether the text of `-c` has nothing in it but words."""
        self.open_end = not body.span.source.text.endswith("\n")
        looks = mode == "command" or bool(row.exec_file or row.exec_open_file)
        self.comes_last = not looks or _comes_last(row, body)
        """Whether what follows the last command lets that replace the shell."""
        self.opened = ""
        """A sourced file that is not known: it may set any variable that is not set else."""
        self.renamed = ""
        """A command that sets a variable whose name is not known: any that is not set else."""
        self.interrupted = ""
        """A signal that the shell acts on when its foreground child has ended."""
        self.witnesses: tuple[int, ...] = ()
        """Those of them that were alive then."""
        self.cut = False
        """Whether a trapped signal has ended a builtin, whose status `set -e` has yet to see."""
        self.forgotten: frozenset[int] = frozenset()
        """Jobs whose status is kept no longer: bash's `wait` for all of them."""
        self.disowned: Mapping[int, Status] = {}
        """The children that are no jobs any more, with the status that `wait PID` tells of them."""
        self.called = False
        """Whether it was forked from within a function."""
        self.ends_plainly = False
        """Whether it ends without its EXIT trap: a part of bash that is neither `( … )` nor, by itself, `{ … }`."""
        self.interrupts: Status | None = None
        """The status before the trap that it was forked in: to dash and busybox it is that of a bare `exit`, still."""
        self.left_within = False
        """Whether it has ended in a function, or in a sourced file: bash's EXIT trap is as if called from there."""
        self.looped = False
        """Whether it was forked from within a loop, which `break` in dash and busybox then ends it for."""
        self.had_trap = False
        """Whether it has ever set a trap: busybox does not forget that when it is taken back."""
        self.parenthesised = False
        """Whether it runs what stands in `( … )`."""
        self.unsourced = False
        """Whether a `.` of a missing file has ended it: a syntax error in bash's EXIT trap is its status then."""
        self.waited = False
        """Whether bash has waited for a job, and for no program since: SIGINT ends it beside a pipeline or `( … )`."""
        self.lenient = False
        """Whether the shell that it was forked from looks at its status, so that `set -e` does not hold in it."""
        self.has_exit_trap = False
        """Whether it ever had an EXIT trap: bash minds signals for it from then on (row.exit_trap), even without."""
        self.armed: frozenset[str] = frozenset()
        """Signals that were trapped only after that: without their traps they are minded again."""
        self.untrapped: frozenset[str] = frozenset()
        """Signals that had a trap and are at their default again, an EXIT trap or not."""
        self.dying = ""
        """A signal that ends the shell, once its EXIT trap has run."""
        self.deaf = False
        """Whether it ignores what the shell ignores, though it is a subshell."""
        self.killed = False
        """Whether a signal without a trap ends it: in mksh the EXIT trap's own status counts then."""
        self.forked = 0
        """How many of its `$( … )` were worked out without a child."""
        self.answers: tuple[Answer, ...] = ()
        self.substitutions: tuple[int, ...] = ()
        """The processes of `<( … )` and `>( … )`."""
        self.root: int | None = None
        """The process that `$$` names, where it is not this one."""
        self.packaged: ProgramRow | None = None
        """The known program that this is: a script of its package, which nobody here has written."""

    def copy(self) -> Shell:
        """See Body.copy."""
        other = Shell.__new__(Shell)
        for slot in _PLAIN_SLOTS:
            setattr(other, slot, getattr(self, slot))
        other.variables = dict(self.variables)
        other.arrays = dict(self.arrays)
        other.functions = dict(self.functions)
        other.traps = dict(self.traps)
        return other

    def key(self) -> Hashable:
        """See Body.key; what `round` has is not in it."""
        return (
            tuple(self.arrays.items()), tuple(self.functions), self.args, self.folders,
            tuple((signal, trap.text) for signal, trap in self.traps.items()), self.pending, self.status, self.options,
            self.last_job, tuple(job.pids for job in self.jobs), frame_key(self.blocked) if self.blocked else None,
        )  # fmt: skip

    def round(self) -> Hashable:
        """Equal when a loop comes to the same place with the same variables, whatever it is that makes one unknown.

        The number of a job (`pid=$!`) is another each time, and makes no difference.
        """
        frames = tuple(frame_key(frame) for frame in self.frames)
        jobs = {str(pid) for pid in (self.last_job, *(pid for job in self.jobs for pid in job.pids))}
        variables = frozenset(
            (name, value.shape if isinstance(value, Unknown) else "$!" if value in jobs else value)
            for name, value in self.variables.items()
        )
        return (frames, variables, isinstance(self.blocked, Foreground))

    @property
    def strict(self) -> bool:
        """Whether an error of a special builtin ends it, as POSIX has it (XCU 2.8.1): not bash under its own name."""
        return self.row.almquist or self.row.special_ends or (self.row.name == "bash" and "posix" in self.options)

    # --- signals ---------------------------------------------------------------------------------

    def disposition(self, signal: str) -> str:
        """See Body.disposition."""
        trap = self.traps.get(signal)
        if trap is not None:
            if signal == "CHLD" and trap.text != "" and self.row.name == "bash":
                return "default"  # it minds its children's ends alone
            return "ignored" if trap.text == "" else "caught"
        if signal in self.row.ignores and (self.deaf or not (self.row.name == "bash" and self.mode == "subshell")):
            return "ignored"
        if isinstance(self.blocked, Waiting) and signal in self.row.wait_catches:
            return "caught"
        if signal == "INT" and signal in self.untrapped and self.row.name == "bash":
            return "caught"
        if isinstance(self.blocked, Foreground) and signal in self._foreground_catches() | self.row.run_catches:
            bare = self.waited and isinstance(self.blocked.node, (Pipeline, Subshell))
            return "default" if bare else "caught"
        alone = isinstance(self.blocked, Standing) and self.blocked.why.startswith((ENDLESS, UNSEEN, "`read`"))
        if (self.blocked is None or alone) and signal in self.row.run_catches:
            return "caught"
        minds = (
            self.has_exit_trap if self.row.name == "bash" else "EXIT" in self.traps and self.traps["EXIT"].text != ""
        )
        if minds and signal in self.row.exit_trap - self.untrapped and self.mode != "subshell":
            return "caught"
        return "default"

    def listed(self, words: tuple[Word, ...], world: World, process: Process) -> tuple[Field, ...]:
        """The words of a list, with the files that its patterns name."""
        from stopcheck.boot.shell.globs import with_files

        nullglob = "nullglob" in self.options
        return with_files(self.scope(world, process), words, self.machine.image.files, process.cwd, nullglob=nullglob)

    def _foreground_catches(self) -> frozenset[str]:
        """With job control bash leaves signals to the foreground's own process group; ksh93 has none in a pipeline."""
        node = self.blocked.node if isinstance(self.blocked, Foreground) and self.row.name == "ksh93" else None
        piped = node is not None and any(isinstance(frame, Joined) for frame in self.frames)
        if (
            piped
            or isinstance(node, Pipeline)
            or (isinstance(node, SimpleCommand) and node.words and node.words[0].literal == "sleep")
        ):
            return frozenset()
        return frozenset() if self.row.name == "bash" and "m" in self.options else self.row.fg_catches

    def receive(self, world: World, process: Process, signal: str) -> None:
        """See Body.receive: a trap runs at once in `wait`, else when the foreground command has ended."""
        if signal not in self.traps and isinstance(self.blocked, Foreground) and signal in self._foreground_catches():
            if self.row.name == "zsh" and process.pid == 1:
                return  # it kills itself in vain, and goes on
            self.interrupted = signal
            self.witnesses = tuple(other.pid for other in world.living(self.blocked.pids))
            return
        if signal not in self.traps:
            blocked = self.blocked
            status = self.row.hangup_status if signal == "HUP" else 0
            status = status or (self.row.signal_base + signal_number(signal)) & 255
            exiting = next((each for each in self.frames if isinstance(each, TrapEnd) and each.signal == "EXIT"), None)
            again = exiting is not None and exiting.status == (self.row.signal_base + signal_number(signal)) & 255
            if self.row.name == "ksh93" and again and process.pid == 1:
                self.blocked = Standing(
                    "an endless round of the signal that its EXIT trap sends", self.traps["EXIT"].span
                )
                return
            plainly = self.row.name == "posh" or (self.row.name == "mksh" and signal == "HUP")
            if plainly or (process.pid != 1 and self.row.almquist):
                world.exit(process, status, signal)
                return
            if self.blocked is None and "EXIT" not in self.traps:
                world.exit(process, status, signal)
            self.leave(status)
            self.killed = True
            if self.row.name == "bash":
                self.dying = signal
                if isinstance(blocked, Foreground):
                    self.add_job(blocked.pids, blocked.node.span, True)
            return
        if signal == "CHLD" and (self.traps[signal].text == "" or not self.row.child_trap):
            return
        if signal == "CHLD" and self.row.child_trap == "within" and self._goes_on_waiting(self.traps[signal]):
            return
        if signal not in self.pending:
            self.pending += (signal,)
        if self._hears_later(world, signal):
            return
        if isinstance(self.blocked, (Waiting, Standing)):
            if isinstance(self.blocked, Standing) and not self.row.read_interrupts and "read" in self.blocked.why:
                return
            if isinstance(self.blocked, Standing) and self.blocked.why == "`sleep`" and "e" in self.options:
                return  # ksh93 sleeps on, and runs the trap when that is over
            if isinstance(self.blocked, Waiting) and self.blocked.named and self.row.wait_goes_on:
                rest = tuple(other.pid for other in world.living(self.blocked.pids))[1:]
                if rest:  # the first of those named is given up, and then it waits for the next
                    self.blocked = replace(self.blocked, pids=rest)
                    return
            if isinstance(self.blocked, Waiting) and self.row.wait_resumes:
                self.push(Resume(self.blocked, signal, _dead(world, process)))
                self.blocked = None
                return
            if not (isinstance(self.blocked, Standing) and self.blocked.why == ENDLESS):  # that looks at what it has
                self.status, self.ok = self.row.wait_status or 128 + signal_number(signal), False
            if isinstance(self.blocked, Standing) and self.blocked.why == UNSEEN:
                self.push(GoesOn(self.blocked.span))
            self.blocked = None
            self.cut = True
            if self.row.errexit_first and "e" in self.options and not self.tested():
                self.leave()
        elif isinstance(self.blocked, Reading) and self.row.name == "bash":
            if not self.strict and self.blocked.pipe:
                self.push(Again(self.blocked))
            elif not self.strict:
                self.push(Evaluate(self.blocked.node, None))  # it reads on behind the trap
            self.status, self.ok = 128 + signal_number(signal), False
            self.blocked = None
        elif isinstance(self.blocked, Foreground) and self.blocked.asked is not None and self._in_builtin():
            self.push(Again(self.blocked))
            self.blocked = None
        elif isinstance(self.blocked, Foreground):
            world.note("deferred", process, span=self.blocked.node.span, signal=signal)

    def _hears_later(self, world: World, signal: str) -> bool:
        """Whether a trap for SIGCHLD disturbs nothing: what the shell waits for is over, or ends by itself."""
        if signal != "CHLD":
            return False
        blocked = self.blocked
        if isinstance(blocked, (Standing, Reading)):
            raise TooComplex("what a trap for SIGCHLD leaves of a `read`")
        over = isinstance(blocked, Waiting) and self.row.child_trap == "over" and not world.living(blocked.pids)
        return over or isinstance(blocked, Foreground)

    def _goes_on_waiting(self, trap: Trap) -> bool:
        """A child of bash has ended: its trap runs, and it waits on behind that; in its POSIX mode the `wait` is over.

        Source: jobs.c, waitchld. What only prints is not followed where it disturbs nothing.
        """
        if self.leaves_waiting(trap):
            return True
        if any(isinstance(frame, TrapEnd) for frame in self.frames):
            raise TooComplex("when a trap for SIGCHLD runs that has to wait for another trap")
        if isinstance(self.blocked, Waiting) and not self.strict:
            self.push(Again(self.blocked))
            self.blocked = None
            self.pending += ("CHLD",) if "CHLD" not in self.pending else ()
            return True
        return False

    def leaves_waiting(self, trap: Trap) -> bool:
        """Whether a trap for SIGCHLD neither ends the shell nor anything that it waits for."""
        if self.row.name != "bash" or self.strict or ("e" in self.options and "false" in str(trap.text)):
            return False
        return trap.body is not None and quiet_items(trap.body.items)

    def _in_builtin(self) -> bool:
        """bash hears a signal while it reads a `$( … )` in what `.` or `eval` runs (zread.c: `executing_builtin`)."""
        return self.row.name == "bash" and any(isinstance(frame, (SourceEnd, Checked)) for frame in self.frames)

    def wakes(self) -> float | None:
        """See Body.wakes: a shell has no timer of its own."""
        return None

    def awaits(self, process: Process) -> tuple[int, ...]:
        """See Body.awaits."""
        return self.blocked.pids if isinstance(self.blocked, (Foreground, Reading, Waiting)) else ()

    # --- going on --------------------------------------------------------------------------------

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        if self.blocked is not None:
            return self._unblock(world, process)
        if self.pending and not (self.frames and isinstance(self.frames[-1], Negate) and self.row.name == "bash"):
            signal = next((signal for signal in self.pending if not self._later(signal)), None)
            if signal is not None:
                self._run_trap(signal, world, process)
                return True
        if not self.frames:
            self._end(world, process)
            return True
        frame, self.frames = self.frames[-1], self.frames[:-1]
        try:
            self._take(frame, world, process)
        except UnsetError as error:
            if type(error) is UnsetError and process.pid == 1 and not world.stopping and str(error):
                world.note("unset", process, text=str(error), span=self._place(frame))
            if isinstance(error, ConstantFault) and self.row.name == "bash":
                self._cannot_set(error, process)
                return True
            if isinstance(error, ArithmeticFault) and self.row.name == "bash" and not self.strict:
                self.discard(process)
                return True
            exiting = next((each for each in self.frames if isinstance(each, TrapEnd) and each.signal == "EXIT"), None)
            if exiting is not None and self.row.name == "bash":
                self.dying = "" if "e" in self.options else self.dying
                self.leave(1 if "e" in self.options else exiting.status)
                return True
            one = self.row.bash_syntax or self.row.name in {"mksh", "posh"}
            self.leave(self.fault() if self.row.name == "bash" else 1 if one else 2)
        return True

    @staticmethod
    def _place(frame: Frame) -> Span | None:
        """Where in the script a frame stands: at its command, or at the next of several."""
        node = getattr(frame, "node", None)
        if isinstance(frame, Items):
            node = frame.node.items[frame.index] if frame.index < len(frame.node.items) else node
        return getattr(node, "span", None)

    def _cannot_set(self, fault: ConstantFault, process: Process) -> None:
        """bash: an expansion would set what is set for good."""
        if not self.ending and (self.strict or self.errexit):
            self.leave(self.fault() if self.strict else 1)
        else:
            self.discard(process)
            self.status = self.status if self.mode == "command" else fault.status

    def keeps(self, *names: str) -> bool:
        """Whether one of these is set for good, so that a builtin fails that would set it.

        With `set -e` bash ends then, be that looked at or not (error.c: report_error).
        """
        if self.constants.isdisjoint(names):
            return False
        if self.row.name == "bash" and self.errexit:
            self.leave(1)
        else:
            self.set_status(2 if self.row.almquist else 1)
        return True

    def _take(self, frame: Frame, world: World, process: Process) -> None:
        match frame:
            case Evaluate():
                self._evaluate(frame.node, frame.tail, world, process)
            case Items():
                self._items(frame.node, frame.index, frame.tail)
            case AndOrRest():
                self._and_or(frame)
            case Negate():
                if not isinstance(self.status, Unknown):
                    self.status = int(not self.status)
            case IfRest():
                self._if(frame, world, process)
            case LoopTest():
                self._loop_test(frame, world, process)
            case LoopBody():
                self._loop_again(frame, world)
            case ForRest():
                self._for(frame)
            case CaseRest():
                if frame.node.items[frame.index].terminator == ";;&":
                    self._case(frame.node, frame.tail, frame.index + 1)
                else:
                    self._case_body(frame.node, frame.index, ";&", frame.tail)
            case CallEnd():
                self._return(frame)
                self.set_status(self.status, self.ok)
            case Checked():
                self.set_status(self.status, self.ok)
            case GoesOn():
                world.note("waits-unseen", process, span=frame.span)
            case Left():
                self.leave(self.status)
            case Again():
                self.blocked = frame.reading
            case Joined():
                self.blocked = Foreground(frame.pids, frame.node)
            case Redirected():
                frame.restore(process)
            case Assigned():
                self._unassign(frame)
            case SourceEnd():
                if frame.args is not None:
                    self.args = frame.args
                self.set_status(self.status, self.ok)
            case Resume():
                trap = self.traps.get(frame.signal)
                if trap is None or trap.text == "" or _dead(world, process) > frame.dead:
                    self.blocked = frame.waiting
                else:
                    self.set_status(128 + signal_number(frame.signal))
            case TrapEnd():
                self._trap_ended(frame)

    def _trap_ended(self, frame: TrapEnd) -> None:
        if frame.signal == "EXIT" and self.killed and self.row.exit_trap_status:
            return
        if self.row.name == "bash":
            self.frames = tuple(
                replace(each, heard=True) if isinstance(each, TrapEnd) and each.signal == "EXIT" else each
                for each in self.frames
            )
        told = self.row.name == "yash" and self.traps.get(frame.signal) is not None and self._has_complained(frame)
        self.status, self.ok = (1, False) if told else (frame.status, frame.ok)
        self.jobs = tuple(job for job in self.jobs if not job.foreground)
        if self.cut and not self.pending:
            self.cut = False
            self.set_status(self.status, self.ok)

    def _has_complained(self, frame: TrapEnd) -> bool:
        """Whether the last command of a trap has printed an error, of which yash makes the status of the `wait`."""
        body = self.traps[frame.signal].body
        last = _core(body.items[-1]) if body is not None and body.items else None
        name = last.words[0].literal if isinstance(last, SimpleCommand) and last.words else ""
        interrupted = isinstance(frame.status, int) and frame.status > 128
        return interrupted and (self.status == 127 or (self.status != 0 and name in {"kill", "cd", "shift"}))

    def push(self, *frames: Frame) -> None:
        """Do these next, the last one first."""
        self.frames += frames

    def set_status(self, status: Status, ok: bool = False) -> None:
        """`ok`: where the status is unknown, success is to be expected (it is no test)."""
        self.status, self.ok = status, ok
        if isinstance(status, Unknown) or status == 0 or self.tested():
            return
        if self.pending and not self.row.errexit_first:
            self.cut = True  # the trap comes before `set -e`: it has signalled itself
            return
        if "ERR" in self.traps and self._runs_error_trap():
            if "e" in self.options:
                self.push(Left())
            self.pending += ("ERR",)
        elif "e" in self.options:
            self.leave(status)

    def _runs_error_trap(self) -> bool:
        """Whether the ERR trap hears of a failure here: not in itself, nor in a function that has not inherited it."""
        if self.traps["ERR"].text == "":
            return False
        if not self.row.error_trap:
            raise TooComplex("what its trap for ERR does")
        for frame in reversed(self.frames):
            if isinstance(frame, CallEnd) and "E" not in self.options:
                return False
            if isinstance(frame, TrapEnd) and (frame.signal == "ERR" or self.row.error_trap == "outside"):
                return False
        return "ERR" not in self.pending

    def tested(self) -> bool:
        """Whether the status of what runs now is looked at, so that `set -e` does not hold."""
        for frame in reversed(self.frames):
            if isinstance(frame, TESTING):
                return True
            if isinstance(frame, TrapEnd):
                return False  # a trap is looked at by nobody, wherever it comes
            if isinstance(frame, SourceEnd) and self.row.almquist:
                return False  # they run what they source like a script of its own: `. file || true`
        return self.lenient

    def eases(self) -> bool:
        """Whether `set -e` is off in what bash's `.` or `eval` runs whose status is looked at: for EXIT traps, too."""
        frames = self.frames
        last = max((at for at, frame in enumerate(frames) if isinstance(frame, (SourceEnd, Checked))), default=0)
        return self.row.name == "bash" and any(isinstance(frame, TESTING) for frame in frames[:last])

    @property
    def errexit(self) -> bool:
        """Whether `set -e` is on: bash looks at that alone where an error is none of a command's status."""
        return "e" in self.options and not self.eases()

    def leave(self, status: Status | None = None) -> None:
        """`exit`: nothing more to do, but for the EXIT trap."""
        if status is not None:
            self.status, self.ok = status, False
        self.status = self._put_back_by_child_trap()
        self.left_within = not self.ending and any(isinstance(frame, (CallEnd, SourceEnd)) for frame in self.frames)
        self.frames = ()
        self.pending = ()
        self.blocked = None

    def _put_back_by_child_trap(self) -> Status:
        """The status with which it leaves: bash's trap for SIGCHLD puts back the one from before it.

        Unless the trap has interrupted a script, not a text that is run: then nothing is left to put it back. Source:
        jobs.c, run_sigchld_trap; what has longjmp(3) go through parse_and_execute.
        """
        frames = self.frames
        at = next((at for at, frame in enumerate(frames) if isinstance(frame, TrapEnd) and frame.signal == "CHLD"), -1)
        within = frames[at] if at >= 0 and self.row.name == "bash" else None
        run = self.mode == "command" or any(
            isinstance(frame, (Checked, SourceEnd, TrapEnd)) for frame in frames[: max(at, 0)]
        )
        return within.status if isinstance(within, TrapEnd) and run else self.status

    def refuse(self, status: int, *, special: bool = True) -> None:
        """An error of a builtin, which ends a POSIX shell where that is a special one.

        bash does not mind where its status is looked at, if it was only called wrongly (2).
        """
        if special and self.strict and not (self.row.name == "bash" and status == 2 and self.tested()):
            self.leave(status)
        else:
            self.set_status(status)

    def fault(self) -> int:
        """The status of a bash that an assignment to a constant ends."""
        return 127 if self.mode == "command" and not self.errexit else 1

    def discard(self, process: Process, *, wholly: bool = False) -> None:
        """bash gives up a command for an error in it, all of its line; in a script it goes on with the next one.

        So it does in a sourced file; `eval` and a trap are over. `wholly`: it gives up the line that has called them.
        """
        frames = self.frames
        kinds = (TrapEnd,) if wholly else (Checked, SourceEnd, TrapEnd)
        index = max((at for at, frame in enumerate(frames) if isinstance(frame, kinds)), default=-1)
        if index < 0 and self.mode != "file":
            self.leave(1)
            return
        self.unwind_to(index + 1, process)
        within = frames[index] if index >= 0 else None
        text = within.body if isinstance(within, SourceEnd) else self.text if within is None else None
        rest = frames[index + 1] if len(frames) > index + 1 else None
        if isinstance(rest, Items) and rest.node is text:
            at = rest.index
            while at < len(text.items) and "\n" not in _between(text.items[at - 1].span, text.items[at].span):
                at += 1
            self.push(Items(text, at, rest.tail))
        self.status, self.ok = 1, False

    def _return(self, frame: CallEnd) -> None:
        self.args = frame.args
        for name, value in frame.saved:
            self._put_back(name, value)

    def _end(self, world: World, process: Process) -> None:
        trap = self.traps.get("EXIT")
        if trap is not None and not self.ending and not self.ends_plainly:
            self.ending = True
            if trap.body is not None and trap.text != "":
                world.note("trap", process, text="EXIT", span=trap.span, signal="EXIT")
                self.push(TrapEnd("EXIT", self.status, self.ok), Evaluate(trap.body, None))
            return
        if self.dying:
            world.exit(
                process, (self.row.hangup_status if self.dying == "HUP" else 0) or 128 + signal_number(self.dying)
            )
        elif isinstance(self.status, Unknown):
            world.exit(process, 0 if self.ok else self.status)
        else:
            world.exit(process, self.status & 255)

    def _later(self, signal: str) -> bool:
        """Whether a trap has to wait for one that runs: in yash any, in zsh one of the same signal."""
        if self.row.recursion != "hangs":
            return False
        running = (frame.signal for frame in self.frames if isinstance(frame, TrapEnd))
        return any(self.row.name == "yash" or other == signal for other in running)

    def _run_trap(self, signal: str, world: World, process: Process) -> None:
        self.pending = tuple(other for other in self.pending if other != signal)
        trap = self.traps.get(signal)
        if trap is None:
            return
        if self.row.recursion == "hangs" and world.spin > SPIN_LIMIT:
            world.note("crash", process, text="for ever", span=trap.span, signal=signal)
            self.blocked = Standing("an endless round of traps", trap.span)
            return
        running = [frame for frame in self.frames if isinstance(frame, TrapEnd)]
        if self.row.recursion == "drops" and any(frame.signal == signal for frame in running):
            return
        rounds = [frame.children for frame in running]
        if len(rounds) >= TRAP_LIMIT:
            if signal == "CHLD":
                raise TooComplex("how long a trap for SIGCHLD, which has children itself, takes to run out of memory")
            if all(before < after for before, after in itertools.pairwise(rounds)):
                world.note("crash", process, text="for ever", span=trap.span, signal=signal)
                self.blocked = Standing("an endless round of traps", trap.span)  # to fork takes time
                return
            world.note("crash", process, span=trap.span, signal=signal)
            world.exit(process, 139, "SEGV")
            return
        if self.ending and "e" in self.options and self.row.name == "busybox":
            raise TooComplex("which status a trap leaves that interrupts the EXIT trap under `set -e`")
        world.note("trap", process, text=trap.text if isinstance(trap.text, str) else "", span=trap.span, signal=signal)
        if trap.body is None:
            self.blocked = Standing(f"a trap whose text is not known: {trap.text.reason}", trap.span)  # type: ignore[union-attr]
            return
        children = world.next_pid + self.forked
        self.push(TrapEnd(signal, self.status, self.ok, children=children), Evaluate(trap.body, None))
        if self.row.trap_exit_zero and signal != "EXIT":
            self.status, self.ok = 0, False

    def _inherit(self, ended: list[Process], process: Process) -> None:
        """ksh93 runs `( … )` itself, so that the jobs of that are its own, which it waits for."""
        if self.row.name != "ksh93" or process.pid != 1:
            return
        for child in ended:
            if isinstance(child.body, Shell) and child.body.mode == "subshell":
                self.jobs += tuple(job for job in child.body.jobs if job not in self.jobs)

    def _unblock(self, world: World, process: Process) -> bool:
        blocked = self.blocked
        if isinstance(blocked, Standing) or blocked is None:
            return False
        if isinstance(blocked, Reading):
            pipe = blocked.pipe or process.stdin
            if not world.pipes.get(pipe) and any(pid != process.pid for pid in world.holders(pipe)):
                return False
            self.blocked = None
            if blocked.pipe:
                for name in blocked.names:
                    self.assign(name, Unknown(f"what is read into ${name}", blocked.node.span))
                self.set_status(Unknown("the end of the input", blocked.node.span))
                return True
            self.push(Evaluate(blocked.node, None))
            return True
        alive = world.living(blocked.pids)
        for other in world.children(process.pid):
            other.collected = other.collected or not other.alive
        if isinstance(blocked, Foreground) and blocked.asked is not None:
            holders = world.holders(blocked.pipe)
            blocked = self.blocked = replace(blocked, pids=tuple(dict.fromkeys((blocked.pids[0], *holders))))
            if holders:
                return False
            alive = world.living(blocked.pids)
        if isinstance(blocked, Waiting) and blocked.first:
            if self._all_stand(world, blocked):
                return False
        elif alive and not self._has_its_answer(world, blocked, alive):
            return False
        ended = [world.processes[pid] for pid in blocked.pids if not world.processes[pid].alive]
        if isinstance(blocked, Waiting) and blocked.first and self.row.name == "bash":
            over = [job.pids for job in self.jobs if not world.living(job.pids)]
            ended = [child for child in ended if any(child.pid in pids for pids in over)] or ended
        for child in ended:
            child.reaped = True
        self.blocked = None
        if isinstance(blocked, Foreground) and blocked.asked is not None and not self.interrupted:
            lines = world.pipes.pop(blocked.pipe, ())
            unknown = next((line for line in lines if isinstance(line, Unknown)), None)
            output = unknown or "\n".join(map(str, lines)).rstrip("\n")
            status = self.seen(world.processes[blocked.pids[0]])
            self.answers += (Answer(blocked.asked, output, 0 if status is None else status),)
        elif isinstance(blocked, Foreground):
            self._inherit(ended, process)
            status = self._pipeline_status(world, blocked)
            last = world.processes[blocked.pids[-1]]
            expected = self.machine.success_expected(last)
            if self.interrupted:
                signal, self.interrupted = self.interrupted, ""
                died = all(world.processes[pid].killed_by == signal for pid in self.witnesses)
                if process.pid == 1 and self.row.almquist:
                    self.leave(128 + signal_number(signal))  # it kills itself in vain, and leaves by way of EXIT
                    return True
                if "EXIT" in self.traps and ((self.row.name == "bash" and died) or self.row.exit_trap_status):
                    self.leave(128 + signal_number(signal))
                    self.killed = True
                    self.dying = signal if self.row.name == "bash" else ""
                    return True
                if self.row.name != "bash" or died:
                    world.exit(process, 128 + signal_number(signal), signal)
                    return True
            if self.pending and self.row.name == "bash" and any(child.killed_by for child in ended):
                self.add_job(blocked.pids, blocked.node.span, True)  # its trap finds it among the jobs
            if self.pending and not self.row.errexit_first:
                self.status, self.ok, self.cut = status, expected, True  # the trap comes before `set -e`
            else:
                self.set_status(status, expected)
        else:
            self.waited = self.row.name == "bash" and not blocked.every
            parts = any(len(job.pids) > 1 for job in self.jobs)
            self.have_waited(world, None if blocked.every else blocked.pids)
            if blocked.every and self.row.name in {"bash", "mksh", "yash"}:
                self.forget(world, blocked.pids)
            if blocked.every and not blocked.first and self.waits_on(world, process, blocked.span, ended):
                return True
            told = self.seen(ended[-1]) if ended and not blocked.every else 0
            if blocked.first and parts and self.row.name == "busybox":
                self.set_status(Unknown("what `wait -n` says of a pipeline", blocked.span))
                return True
            if blocked.first and self.row.name == "busybox" and told:
                told = told if isinstance(told, Unknown) else 129  # whatever it was
            if blocked.numbers and (self.row.tells_once or (self.strict and self.row.name == "bash")):
                self.forgotten |= {child.pid for child in ended}
            self.set_status(told if told is not None else 0, True)
        return True

    def _all_stand(self, world: World, waiting: Waiting) -> bool:
        """Whether each job that a `wait -n` is for still stands: to bash a pipeline is one, and ends with all of it."""
        named = set(waiting.pids)
        if self.row.name == "bash":
            jobs = [job.pids for job in self.jobs if named & set(job.pids)]
            named -= {pid for pids in jobs for pid in pids if world.living(pids)}
        return all(world.processes[pid].alive for pid in named)

    def waits_on(self, world: World, process: Process, span: Span, ended: list[Process]) -> bool:
        """busybox's `wait` for all: where the last job has failed, it goes on until some other child ends.

        That is one that PID 1 has adopted. Source: fuzz, orphan-*.busybox; its calls of wait4(2) tell.
        """
        if self.row.name != "busybox" or not ended or not max(ended, key=lambda child: child.ended_at).status:
            return False
        others = tuple(child.pid for child in world.children(process.pid) if child.alive)
        if others:
            self.blocked = Waiting(others, span, first=True, every=True)
        return bool(others)

    def forget(self, world: World, waited: tuple[int, ...] = ()) -> None:
        """Keep the status of no job that has ended: so do bash, mksh and yash when they have waited for all.

        bash keeps that of `$!` where it had ended by itself before. Source: jobs.c, mark_dead_jobs_as_notified.
        """
        over = frozenset(pid for pid, other in world.processes.items() if not other.alive)
        last = self.last_job if self.row.name == "bash" and self.last_job not in waited else None
        kept = {pid for pid in over if pid == last and not world.processes[pid].killed_by}
        self.forgotten |= over - kept
        self.disowned = dict.fromkeys(self.disowned, 127)

    def _has_its_answer(self, world: World, blocked: Blocked, alive: list[Process]) -> bool:
        """`tail -f log | grep -q ready` in a condition: it is over when grep has found what it looks for."""
        if not isinstance(blocked, Foreground) or blocked.pids[-1] in {process.pid for process in alive}:
            return False
        return self.tested() and all(self.machine.only_waits(world, process) for process in alive)

    def seen(self, child: Process) -> Status | None:
        """A child's status as this shell has it in `$?`."""
        if isinstance(child.status, int) and child.killed_by:
            return child.status - 128 + self.row.signal_base
        return child.status

    def _pipeline_status(self, world: World, blocked: Foreground) -> Status:
        statuses = [self.seen(world.processes[pid]) for pid in blocked.pids]
        last = statuses[-1]
        if "pipefail" in self.options:
            failed = [status for status in statuses if isinstance(status, Unknown) or status]
            known = [status for status in failed if not isinstance(status, Unknown)]
            last = (known or failed or [0])[-1]
        return 0 if last is None else last

    # --- nodes -----------------------------------------------------------------------------------

    def _evaluate(self, node: Node, tail: Tail, world: World, process: Process) -> None:
        node = _core(node)
        match node:
            case Sequence():
                self._items(node, 0, tail)
            case Item():
                self._background(node, world, process)
            case AndOr():
                self.push(AndOrRest(node, 0, tail), Evaluate(node.first, None))
            case Pipeline():
                self._pipeline(node, tail, world, process)
            case SimpleCommand():
                self.machine.simple_command(self, node, tail, world, process)
            case Group():
                if self._redirections(node, tail, world, process):
                    self.push(Evaluate(node.body, self._under(tail, "group", node)))
            case Subshell():
                self._subshell(node, tail, world, process)
            case If() if self._redirections(node, tail, world, process):
                self.push(IfRest(node, 0, self._under(tail, "if", node)), Evaluate(node.branches[0][0], None))
            case Case():
                if not self.asks((node.subject,), node, tail, world, process) and self._redirections(
                    node, tail, world, process
                ):
                    self._case(node, self._under(tail, "case", node))
            case For():
                if self.asks(node.words or (), node, tail, world, process):
                    return
                if not self._redirections(node, tail, world, process):
                    return
                values = self.args if node.words is None else self.listed(node.words, world, process)
                if node.select:
                    if world.pipes.get(process.stdin) or (process.stdin and world.writers(process)):
                        self.blocked = Standing("`select` waits for an answer", node.span)
                    else:
                        self.status, self.ok = 1, False  # nobody answers: that is the end of it
                    return
                if node.variable in self.constants and values and self.row.name in {"dash", "bash", "busybox"}:
                    if self.strict or self.errexit:
                        self.leave(self.fault() if self.row.name == "bash" else 2)
                    else:
                        self.status, self.ok = 1, False
                    return
                doubt = next((value for value in values if isinstance(value, Unknown)), None)
                if doubt is not None:
                    world.write(process, doubt)
                self.push(ForRest(node, values, self._under(tail, "for", node)))
            case ArithmeticFor():
                self.status, self.ok = 0, False
                _begin_loop(world)
                if self._reckoned(node.expressions[0], node.span) is not None:
                    self._arithmetic_loop(node, world)
            case While() if self._redirections(node, tail, world, process):
                self.status, self.ok = 0, False
                _begin_loop(world)
                self.push(LoopTest(node), Evaluate(node.condition, None))
            case Function():
                if self.row.name == "zsh" and signal_name(node.name.removeprefix("TRAP")) and node.name[:4] == "TRAP":
                    raise TooComplex(f"what its function {node.name}, which is a trap, does")
                self.functions[node.name] = node
                self.status, self.ok = 0, False
            case Arithmetic():
                if not self._runs(node.substitutions, node, tail, world, process):
                    self._arithmetic(node, world, process)
                    self.answers = ()
            case Conditional():
                if not self.asks(_words_of(node), node, tail, world, process):
                    self.machine.conditional(self, node, world, process)
                    self.answers = ()
            case Coprocess():
                self._background_node(node.body, node.span, world, process)
                assert self.last_job is not None
                pipe = world.processes[self.last_job].stdin = world.new_pipe()
                world.held = {**world.held, pipe: process.pid}
                self.assign(f"{node.name or 'COPROC'}_PID", str(self.last_job))
            case Unparsed():
                self._cannot_read(node, world, process)

    def _cannot_read(self, node: Unparsed, world: World, process: Process) -> None:
        """A syntax error: the shell ends, or only the file, the `eval` or the trap that it stands in does."""
        if not self.row.syntax_error or node.too_deep:
            self.blocked = Standing(f"not read: {node.reason}", node.span)
            return
        array = self.row.name == "bash" and node.array and not self.errexit
        ends = array and not self.ending and (self.strict or self.mode == "subshell")
        ends = ends or (self.strict and any(isinstance(frame, Checked) for frame in self.frames))
        status = self._discarded(node) if array else 2
        world.note_failure("cannot-read", process, Failure(status, node.reason, "syntax"), node.span)
        fails = self.row.syntax_error == "fails" and not ends
        within = self.unwind(SourceEnd, Checked, TrapEnd) if fails else None
        if within is None or (isinstance(within, TrapEnd) and ("e" in self.options or self.unsourced)):
            self.dying = ""  # an error in a trap is the status
            self.leave(status)
        else:
            self.status, self.ok = status, False
            self.push(within)

    def _discarded(self, node: Unparsed) -> int:
        """The status of an array that bash 5.2 cannot read, which is no syntax error to it."""
        if self.strict:
            return 127 if self.mode == "command" else 1
        if node.more:
            raise TooComplex("what bash makes of the lines behind an array that it cannot read")
        return 1

    def _under(self, tail: Tail, construct: str, node: Group | If | Case | For | Subshell) -> Tail:
        if tail is None or (
            node.redirections and construct != "subshell" and self.row.name in {"dash", "busybox", "ksh93"}
        ):
            return None
        return tail | {construct, "redirection"} if node.redirections else tail | {construct}

    def _items(self, node: Sequence, index: int, tail: Tail) -> None:
        if index >= len(node.items):
            return
        last = index == len(node.items) - 1
        if not last:
            self.push(Items(node, index + 1, tail), Evaluate(node.items[index], None))
            return
        if tail is not None and index:
            between = _between(node.items[index - 1].span, node.items[index].span)
            if node.items[index - 1].background:
                tail = tail | {"background"}
            else:
                tail = tail | {"newline" if "\n" in between else "sequence"}
        self.push(Evaluate(node.items[index], tail))

    def _and_or(self, frame: AndOrRest) -> None:
        operator, pipeline = frame.node.rest[frame.index]
        more = frame.index + 1 < len(frame.node.rest)
        tail = None if more or frame.tail is None else frame.tail | {"and-or"}

        def taken(shell: Shell) -> None:
            if more:
                shell.push(AndOrRest(frame.node, frame.index + 1, frame.tail), Evaluate(pipeline, None))
            else:
                shell.push(Evaluate(pipeline, tail))

        def skipped(shell: Shell) -> None:
            if more:
                shell.push(AndOrRest(frame.node, frame.index + 1, frame.tail))

        def decided(status: int, way: Callable[[Shell], None]) -> Callable[[Shell], None]:
            def go(shell: Shell) -> None:
                shell.decide(status)
                way(shell)

            return go

        on_success, on_failure = (taken, skipped) if operator == "&&" else (skipped, taken)
        if isinstance(self.status, Unknown):
            if self.ok:
                self.status = 0
                on_success(self)
                return
            self._fork(self.status, decided(0, on_success), decided(1, on_failure))
        (on_success if self.status == 0 else on_failure)(self)

    def decide(self, status: int) -> None:
        """Go on as if the status were this."""
        self.status, self.ok = status, False

    def _fork(self, condition: Unknown, *ways: Callable[[Shell], object]) -> None:
        def way(go: Callable[[Shell], object]) -> Callable[[World, Process], None]:
            def take(_: World, process: Process) -> None:
                assert isinstance(process.body, Shell)
                go(process.body)

            return take

        raise Branch(condition, tuple(way(go) for go in ways))

    def _if(self, frame: IfRest, world: World, process: Process) -> None:
        node, index = frame.node, frame.index

        def taken(shell: Shell) -> None:
            shell.decide(0)
            shell.push(Evaluate(node.branches[index][1], frame.tail))

        def skipped(shell: Shell) -> None:
            if index + 1 < len(node.branches) or node.otherwise is None:
                shell.decide(0)  # what follows `else` sees the status of the condition
            if index + 1 < len(node.branches):
                shell.push(IfRest(node, index + 1, frame.tail), Evaluate(node.branches[index + 1][0], None))
            elif node.otherwise is not None:
                shell.push(Evaluate(node.otherwise, frame.tail))

        if isinstance(self.status, Unknown):
            if self.machine.quiet(node):
                world.write(process, self.status)
                removes = bool(world.files) and self.machine.removes(node)
                if removes:
                    world.files.clear()
                if removes or self.machine.writes(node):
                    world.files[SOMEWHERE] = Unknown("a file that may be written", node.span)
                self.decide(0)
                return
            self._fork(self.status, skipped, taken)
        (taken if self.status == 0 else skipped)(self)

    def _loop_test(self, frame: LoopTest, world: World, process: Process) -> None:
        status = self.status
        node = frame.node
        if isinstance(status, Unknown):
            world.write(process, status)
            # A loop that waits for something ends some day; it stands only if else nothing would (see boot.settle).
            if world.stopping and not runs_out(node) and any(isinstance(each, TrapEnd) for each in self.frames):
                world.note("waits-unseen", process, span=node.span)
            ends = runs_out(node) or (waits_for(node) and (self._goes_on() or leaves_off(node)))
            if not ends and not _asks_for_good(world, process, node):
                self.machine.keep_fallback(world, process, Standing(UNSEEN, node.span))
            self.decide(0)
            return
        if (status == 0) == node.until:
            self.status, self.ok = frame.body, True
            return
        if world.spin > SPIN_LIMIT:
            self.push(frame)
            self.blocked = Standing(ENDLESS, node.span)
            return
        self.push(LoopBody(node), Evaluate(node.body, None))

    def _goes_on(self) -> bool:
        """Whether there is more to do than to print and to work on files."""
        rests = (frame.node.items[frame.index :] for frame in self.frames if isinstance(frame, Items))
        return not all(quiet_items(rest) for rest in rests)

    def turns_away(self, before: Process, leave: SimpleCommand) -> bool:
        """Whether this `exit 0`, in a branch of its own and with more to do below, gives up the service.

        So does a script that is only asked for its usage: what it ran before was there to make things ready.
        """
        frames = before.body.frames if isinstance(before.body, Shell) else ()
        lists = [item.command for frame in frames if isinstance(frame, Items) for item in frame.node.items]
        lists += [frame.node for frame in frames if isinstance(frame, AndOrRest)]
        pipelines = (pipeline for each in lists for pipeline in (each.first, *(rest for _, rest in each.rest)))
        return self._goes_on() and not any(leave in pipeline.commands for pipeline in pipelines)

    def _loop_again(self, frame: LoopBody, world: World) -> None:
        if isinstance(frame.node, While):
            body, self.status, self.ok = self.status, 0, False
            self.push(LoopTest(frame.node, body), Evaluate(frame.node.condition, None))
        else:
            if self._reckoned(frame.node.expressions[2], frame.node.span) is not None:
                self._arithmetic_loop(frame.node, world)

    def _arithmetic_loop(self, node: ArithmeticFor, world: World) -> None:
        condition = node.expressions[1].strip()
        value = self._reckoned(condition, node.span) if condition else "1"
        if value in {"0", None} or isinstance(value, Unknown):
            return
        self.push(LoopBody(node), Evaluate(node.body, None))
        if world.spin > SPIN_LIMIT:
            self.blocked = Standing(ENDLESS, node.span)

    def _for(self, frame: ForRest) -> None:
        if not frame.values:
            return
        self.variables[frame.node.variable] = frame.values[0]
        rest = frame.values[1:]
        if rest:
            self.push(ForRest(frame.node, rest, frame.tail), Evaluate(frame.node.body, None))
        elif frame.tail is not None and self.may_replace(frame.tail):
            self.push(Evaluate(frame.node.body, frame.tail))
        else:
            self.push(ForRest(frame.node, (), None), Evaluate(frame.node.body, None))

    def _case(self, node: Case, tail: Tail, start: int = 0) -> None:
        """`start`: the first item whose patterns are tried, behind one that ends in `;;&`."""
        scope = self.scope()
        if not start:
            self.status, self.ok = 0, False
        subject = expand_text(scope, node.subject)
        possible: list[int] = []
        doubt: Unknown | None = None
        for index, item in enumerate(node.items[start:], start):
            answers = [fits(subject, expand_pattern(scope, word)) for word in item.patterns]
            unsure = next((answer for answer in answers if isinstance(answer, Unknown)), None)
            if True in answers or unsure is not None:
                possible.append(index)
            if True in answers:
                break
            doubt = doubt or unsure
        else:
            possible.append(-1)

        def into(index: int) -> Callable[[Shell], None]:
            return lambda shell: shell._case_body(node, index, "", tail) if index >= 0 else None

        if doubt is None:
            into(possible[0])(self)
        else:
            self._fork(doubt, *map(into, possible))

    def _case_body(self, node: Case, index: int, after: str, tail: Tail) -> None:
        if after == ";&":
            index += 1
            if index >= len(node.items):
                return
        item = node.items[index]
        if item.terminator in {";&", ";;&"}:
            self.push(CaseRest(node, index, tail), Evaluate(item.body, None))
        else:
            self.push(Evaluate(item.body, tail))

    def _arithmetic(self, node: Arithmetic, world: World, process: Process) -> None:
        scope = self.scope(world, process)
        value = self._reckoned(filled_in(scope, node.text, node.substitutions), node.span, scope)
        if value is not None:
            self.set_status(value if isinstance(value, Unknown) else int(value == "0"))

    def _reckoned(self, text: str, span: Span, scope: Scope | None = None) -> Field | None:
        """The value of an expression; None where it cannot be worked out, which is the status then."""
        try:
            return evaluate(scope or self.scope(), text, span)
        except ArithmeticFault as fault:
            if not (isinstance(fault, ConstantFault) and self.keeps(str(fault))):
                self.set_status(1)
            return None

    # --- children --------------------------------------------------------------------------------

    def child(
        self, world: World, process: Process, node: Node, span: Span, background: bool, piped: bool = False
    ) -> Process:
        """fork(2) of this shell, to run a part of the script: traps are reset, jobs forgotten."""
        body = self.copy()
        body.frames = (Evaluate(node, frozenset()),)
        body.mode = "subshell"
        body.has_exit_trap = body.had_trap = False
        body.parenthesised = body.deaf = False
        body.options = self.options - {"m"}
        body.lenient = self.tested() and (self.row.name == "bash" or not background)
        # Source: execute_cmd.c, execute_command_internal, where it calls subshell_exit.
        alone = node.first.commands[0] if isinstance(node, AndOr) and not node.rest else node  # `! … &`
        tidies = background is not piped if isinstance(alone, Group) else isinstance(alone, _TIDYING)
        body.ends_plainly = self.row.name == "bash" and not tidies
        trap = next((frame for frame in self.frames if isinstance(frame, TrapEnd)), None)
        body.interrupts = self.interrupts if trap is None else trap.status
        body.called = self.called or any(isinstance(frame, CallEnd) for frame in self.frames)
        body.looped = self.looped or bool(self.loops())
        body.root = self.root or process.pid
        body.traps = {signal: trap for signal, trap in self.traps.items() if trap.text == "" and signal != "EXIT"}
        body.pending, body.jobs, body.blocked, body.ending = (), (), None, False
        body.answers, body.substitutions, body.disowned = (), (), {}
        child = world.spawn(process, body, process.argv, span)
        child.program = process.program
        child.job = background
        if "m" in self.options:
            child.pgid = child.pid
        elif background:
            # What is more than one program bash runs in a subshell that ignores QUIT; the programs in it do not.
            body.deaf = self.row.name == "bash" and not self._is_program(node)
            child.ignored |= {"INT"} if body.deaf else {"INT", "QUIT"}
        return child

    def _is_program(self, node: Node) -> bool:
        """Whether a job is one program alone, neither a builtin nor a function."""
        if not isinstance(node, SimpleCommand):
            return False
        names = [word.literal for word in node.words]
        while names[:1] == ["command"]:
            names = [name for name in names[1:] if name not in {"-p", "--"}]
        name = names[0] if names else ":"
        return name is None or not (name in self.functions or self.machine.builtin(name, self.row))

    def _background(self, node: Item, world: World, process: Process) -> None:
        pipeline = node.command.first
        if not node.command.rest and len(pipeline.commands) > 1:
            children = [self.child(world, process, command, node.span, True, True) for command in pipeline.commands]
            world.connect(children, pipeline.stderr_too)
            self._add_job(tuple(child.pid for child in children), node.span)
        else:
            # bash runs a program at once, whatever `!` says of its status.
            negated = pipeline.negated and not (self.row.name == "bash" and self._is_program(pipeline.commands[0]))
            whole = node.command.rest or negated or pipeline.timed
            inner: Node = node.command if whole else pipeline.commands[0]
            self._background_node(inner, node.span, world, process)

    def _background_node(self, node: Node, span: Span, world: World, process: Process) -> None:
        child = self.child(world, process, node, span, True)
        self._add_job((child.pid,), span)

    def have_waited(self, world: World, pids: tuple[int, ...] | None) -> None:
        """It knows how these have ended, or all that have: it forgets them, where they do not keep their places."""
        if not self.row.job_slots:
            self.jobs = tuple(job for job in self.jobs if world.living(job.pids))
            return
        over = (job for job in self.jobs if not world.living(job.pids) and (pids is None or set(pids) & set(job.pids)))
        ended = set(over)
        self.jobs = tuple(replace(job, waited=job.waited or job in ended) for job in self.jobs)

    def take_place(self) -> int:
        """The place in the table of jobs for what is forked now: the first that is free, or whose job is waited for."""
        if not self.row.job_slots:
            return max((job.number for job in self.jobs), default=0) + 1
        numbers = {job.number: job for job in self.jobs}
        number = next(number for number in itertools.count(1) if number not in numbers or numbers[number].waited)
        if number in numbers:
            self.drop_jobs((numbers[number],))
        return number

    def drop_jobs(self, jobs: Iterable[Job]) -> None:
        """Forget these, their status too."""
        self.jobs = tuple(job for job in self.jobs if job not in jobs)
        self.forgotten |= {pid for job in jobs for pid in job.pids}

    def add_job(self, pids: tuple[int, ...], span: Span, foreground: bool = False) -> None:
        """Keep a job under its number."""
        number = self.take_place()
        self.jobs += (Job(pids, span, number, foreground),)

    def _add_job(self, pids: tuple[int, ...], span: Span) -> None:
        self.add_job(pids, span)
        self.last_job = pids[-1]
        self.status, self.ok = 0, False

    def _pipeline(self, node: Pipeline, tail: Tail, world: World, process: Process) -> None:
        if node.negated:
            self.push(Negate())
            tail = None
        if node.timed:
            tail = None
        if len(node.commands) == 1:
            self.push(Evaluate(node.commands[0], tail))
            return
        last = self.row.last_in_shell or ("lastpipe" in self.options and "m" not in self.options)
        inside = node.commands[:-1] if last else node.commands
        under = None if tail is None else tail | {"pipeline"}
        children = [self.child(world, process, command, command.span, False, True) for command in inside]
        world.connect(children, node.stderr_too)
        self.take_place()
        pids = tuple(child.pid for child in children)
        if last and self.row.last_in_shell and "pipefail" not in self.options and self.may_replace(under):
            world.connect([children[-1], process])
            self.push(Evaluate(node.commands[-1], under))
        elif last:
            self.push(Joined(pids, node))
            command = node.commands[-1]
            program = command.words[0].literal if isinstance(command, SimpleCommand) and command.words else None
            if program is None or program in _READ_SCRIPTS or "lastpipe" in self.options:
                # What is read in the shell itself, or run as a script, comes out of the pipe.
                self.push(Redirected(process.stdin, process.stdout, process.closed))
                world.connect([children[-1], process])
            self.push(Evaluate(command, None))
        else:
            self.blocked = Foreground(pids, node)

    def _subshell(self, node: Subshell, tail: Tail, world: World, process: Process) -> None:
        if not self._redirections(node, tail, world, process):
            return
        under = self._under(tail, "subshell", node)
        if self.may_replace(under):
            alone = under is not None and under <= {"subshell", "redirection"} and self.mode == "subshell"
            self.parenthesised = self.parenthesised or alone
            self.push(Evaluate(node.body, frozenset() if alone and self.row.exec_parentheses else under))
            return
        child = self.child(world, process, node.body, node.span, False)
        assert isinstance(child.body, Shell)
        child.body.parenthesised = True
        self.take_place()
        self.blocked = Foreground((child.pid,), node)

    def may_replace(self, tail: Tail) -> bool:
        """Whether this shell execs its last command by itself here (knowledge/shells.toml)."""
        trapped = any(
            trap.text != "" or (self.row.name == "bash" and name == "EXIT") for name, trap in self.traps.items()
        )
        trapped = trapped or (self.had_trap and self.row.name == "busybox")
        if tail is None or self.frames or trapped or not (self.comes_last or self.mode == "subshell"):
            return False
        construct = tail - {"simple", "assignment"}
        if self.parenthesised and len(construct) == 1 and construct <= self.row.exec_parentheses:
            return True
        allowed = {"command": self.row.exec_command, "subshell": self.row.exec_subshell}.get(
            self.mode, self.row.exec_file
        )
        if self.mode == "file" and self.open_end:
            allowed = allowed | self.row.exec_open_file
        if "plain" in allowed:
            return self.plain and "eval" not in tail
        return tail <= allowed and "simple" in allowed and len(tail & self.row.exec_apart) < 2

    def _redirections(
        self, node: Group | Subshell | If | For | While | Case, tail: Tail, world: World, process: Process
    ) -> bool:
        """Make them; False where one surely cannot be made, which is what the command comes to."""
        if node.redirections:
            from stopcheck.boot.lacking import cannot_open
            from stopcheck.boot.shell.redirections import redirect

            before = Redirected(process.stdin, process.stdout, process.closed)
            try:
                fails = cannot_open(self, node.redirections, world, process)
                if not fails:
                    redirect(self, node.redirections, world, process)
            except UnsetError as fault:
                almquist = self.row.almquist
                if not (fault.in_heredoc if almquist else self.row.name == "bash" and isinstance(node, Subshell)):
                    raise
                before.restore(process)
                fails = True
            if fails:
                if self.row.name == "busybox" and not isinstance(node, Subshell):
                    self.status, self.ok = self.row.open_error, False  # `set -e` does not hold
                else:
                    self.set_status(2 if self.row.name == "busybox" else self.row.open_error)
                return False
            if tail is None:
                self.push(before)
        return True

    def asks(self, words: tuple[Word, ...], node: Asking, tail: Tail, world: World, process: Process) -> bool:
        """Run the first substitution in these words in which something may stand; False where none is left."""
        if not any(isinstance(part, _ASKED) for word in words for part in word.parts):
            return False
        from stopcheck.boot.shell.asked import sourced, to_run

        part = sourced(self, node) or next(
            to_run(self, words, world, process, last=self._is_last(node, world, process)), None
        )
        return part is not None and self._runs((part,), node, tail, world, process, surely=True)

    def _runs(
        self, parts: tuple[CommandSubstitution | ProcessSubstitution, ...], node: Asking, tail: Tail, world: World,
        process: Process, *, surely: bool = False,
    ) -> bool:  # fmt: skip
        """Run the first of these substitutions in which something may stand (or `surely` the first)."""
        if not parts:
            return False
        from stopcheck.boot.shell.asked import is_to_run

        part = next((each for each in parts if surely or is_to_run(self, each, world, process)), None)
        if part is None:
            return False
        child = self.child(world, process, part.body, part.span, False)
        assert isinstance(child.body, Shell)
        child.body.lenient = child.body.lenient and not self.row.almquist
        if self.forgets_errexit():
            child.body.options -= {"e"}
        child.stdout = world.new_pipe()
        self.take_place()
        self.push(Evaluate(node, tail))
        self.blocked = Foreground((child.pid,), node, part, child.stdout)
        return True

    def _is_last(self, node: Asking, world: World, process: Process) -> bool:
        """Whether nothing but a builtin, or an assignment, is left to do of what the container was started for."""
        if self.frames or not isinstance(node, SimpleCommand):
            return False
        if process.pid != 1 and not isinstance(world.processes[process.ppid].body, Parent):
            return False
        name = node.words[0].literal if node.words else ":"
        return name is not None and self.machine.builtin(name, self.row) is not None

    def forgets_errexit(self) -> bool:
        """Whether `set -e` does not hold in a `$( … )`."""
        bash = self.row.name == "bash" and not self.strict and "inherit_errexit" not in self.options
        return bash or self.row.name == "busybox"

    def answer(self, part: CommandSubstitution | ProcessSubstitution) -> Answer | None:
        """What a substitution that was run has printed."""
        return next((answer for answer in self.answers if answer.part is part), None)

    # --- variables -------------------------------------------------------------------------------

    def value(self, name: str) -> Field | None:
        """A parameter's value; None where it is unset."""
        match name:
            case "#":
                return count(self.args)
            case "?":
                return self.status if isinstance(self.status, Unknown) else str(self.status)
            case "!":
                if self.last_job is None:
                    return "0" if self.row.name in {"zsh", "yash"} else None
                return str(self.last_job)
            case "0":
                return self.name
            case "-":
                return "".join(sorted(option for option in self.options if len(option) == 1))
            case "BASH_SOURCE" if self.row.name == "bash" and self.mode != "command":
                return self._source()
            case "BASH_VERSION":
                return "5.2.15(1)-release" if self.row.name == "bash" else None
            case "OSTYPE" if self.row.name == "bash":
                return Partly("$OSTYPE", None, "linux")
            case "HOSTTYPE" | "MACHTYPE" | "SHLVL" if self.row.name == "bash":
                return Unknown(f"${name}")
            case "RANDOM" | "SECONDS" | "HOSTNAME" | "LINENO" | "EPOCHSECONDS":
                return Unknown(f"${name}")
        if (number := numeral(name)) is not None:
            index = number - 1
            several = (word for word in self.args[: index + 1] if isinstance(word, Unknown))
            doubt = next((word for word in several if not isinstance(word, OneWord)), None)
            return doubt or (self.args[index] if index < len(self.args) else None)
        if name in self.variables:
            return self.variables[name]
        array = self.arrays.get(name)
        if array:
            return array[0]
        setter = self.opened or self.renamed
        if setter:
            return Unknown(f"whether {setter} sets ${name}")
        self.machine.asked[name] = None
        return None

    def assign_array(self, name: str, elements: tuple[Word, ...], values: tuple[Field, ...], append: bool) -> None:
        """`name=(…)`. What stands under which key of an associative array is not followed."""
        keyed = any(element.span.text.startswith("[") and "]=" in element.span.text for element in elements)
        if keyed or isinstance(self.variables.get(name), Unknown):
            self.arrays.pop(name, None)
            self.variables[name] = Unknown(f"what is in ${name}")
        else:
            self.arrays[name] = (self.arrays.get(name, ()) if append else ()) + values

    def _source(self) -> Field:
        """The file that the current command stands in."""
        sources = (frame.path for frame in reversed(self.frames) if isinstance(frame, SourceEnd))
        return next(sources, self.name)

    def array(self, name: str) -> tuple[Field, ...] | None:
        """An array's elements; None where there is none. bash's FUNCNAME has the calls, the innermost first."""
        if name == "FUNCNAME" and self.row.name == "bash":
            calls = [frame for frame in reversed(self.frames) if isinstance(frame, (CallEnd, SourceEnd))]
            if not any(isinstance(frame, CallEnd) for frame in calls):
                return None
            names = ("source" if isinstance(frame, SourceEnd) else frame.name for frame in calls)
            return (*names, "main") if self.mode != "command" else tuple(names)
        if name == "BASH_VERSINFO" and self.row.name == "bash" and name not in self.arrays:
            return ("5", "2", "15", "1", "release")
        return self.arrays.get(name)

    def assign(self, name: str, value: Field) -> None:
        """Set a variable."""
        self.arrays.pop(name, None)
        if name in self.integers and isinstance(value, str):
            value = evaluate(self.scope(), value)
        self.variables[name] = value
        if "a" in self.options:
            self.exported |= {name}

    def _keep_match(self, groups: tuple[Field, ...] | None) -> None:
        self.assign("BASH_REMATCH", Unknown("what a text matched"))
        if groups is not None:
            self.variables.pop("BASH_REMATCH")
            self.arrays["BASH_REMATCH"] = groups

    def _assign_expanding(self, name: str, value: Field) -> None:
        if name in self.constants:
            raise ConstantFault(name)
        self.assign(name, value)

    def assign_for_now(self, values: Mapping[str, Field]) -> None:
        """Set and export these, until what is pushed next has run."""
        self.push(Assigned(tuple((name, self.variables.get(name)) for name in values), self.exported))
        self.variables |= values
        self.exported |= values.keys()

    def _unassign(self, frame: Assigned) -> None:
        for name, value in frame.saved:
            self._put_back(name, value)
            self.exported = self.exported - {name} | (frame.exported & {name})

    def _put_back(self, name: str, value: Field | None) -> None:
        if value is None:
            self.variables.pop(name, None)
        else:
            self.variables[name] = value

    def scope(self, world: World | None = None, process: Process | None = None) -> Scope:
        """What expansion may ask."""

        def variable(name: str) -> Field | None:
            if name == "$":
                return str(self.root or (process.pid if process is not None else 1))
            if name in {"UID", "EUID"} and process is not None and self.row.bash_syntax:
                return user_number(process.user)
            if name == "PPID":
                return str(process.ppid) if process is not None else None
            if name == "HOME" and name not in self.variables and process is not None:
                return home(self.machine.image, process.user)
            if name == "PWD" and process is not None and "PWD" not in self.variables:
                return process.folder()
            return self.value(name)

        def substitute(part: CommandSubstitution) -> Field:
            answer = self.answer(part)
            if answer is not None:
                return answer.output
            self.take_place()
            self.forked += 1
            if self.row.wait_resumes:  # what runs it is a child, too, and has ended
                self.frames = tuple(replace(f, dead=-1) if isinstance(f, Resume) else f for f in self.frames)
            if self.row.child_trap and "CHLD" in self.traps and "CHLD" not in self.pending:
                if self.row.child_trap != "within":
                    self.pending += ("CHLD",)
                elif world is not None and process is not None:
                    self.receive(world, process, "CHLD")
            try:
                return self.machine.substitute(self, part, world, process)
            except UnsetError:
                return ""

        def process_substitution(part: ProcessSubstitution) -> Field:
            answer = self.answer(part)
            if answer is not None and world is not None:
                world.files[_DESCRIPTOR] = answer.output
            elif world is not None and process is not None:
                self.substitutions += (self.child(world, process, part.body, part.span, False).pid,)
            return _DESCRIPTOR

        return Scope(
            variable,
            lambda: self.args,
            self._assign_expanding,
            substitute,
            process_substitution,
            self.array,
            self._keep_match,
            self.row.plain,
            "u" in self.options,
            self.row.name == "bash",
            self.row.name != "zsh"
            or not self.options.isdisjoint({"y", "shwordsplit"})
            or "emulate" in self.text.span.source.text,
            self.row.dialect != "busybox",
        )

    def aside(self, world: World, process: Process) -> Scope:
        """What expansion may ask where what it sets is lost: in a subshell, or in what is not run yet."""
        return replace(self.scope(world, process), assign=lambda _, __: None, keep_match=lambda _: None)

    def environment(self) -> dict[str, Field]:
        """The exported variables."""
        return {name: value for name, value in self.variables.items() if name in self.exported}

    def call(self, function: Function, args: tuple[Field, ...], tail: Tail) -> bool:
        """Call a function; False where calls are nested too deeply."""
        if sum(isinstance(frame, CallEnd) for frame in self.frames) >= CALL_LIMIT:
            return False
        if tail is not None and self.may_replace(tail | {"function"}):
            self.push(Evaluate(function.body, tail | {"function"}))
        else:
            self.push(CallEnd(function.name, self.args, ()), Evaluate(function.body, None))
        self.args = args
        return True

    def declare_local(self, name: str) -> None:
        """`local name`: the caller's value comes back when the function returns."""
        for index in range(len(self.frames) - 1, -1, -1):
            frame = self.frames[index]
            if isinstance(frame, CallEnd):
                if all(saved != name for saved, _ in frame.saved):
                    saved = (*frame.saved, (name, self.variables.get(name)))
                    self.frames = (*self.frames[:index], replace(frame, saved=saved), *self.frames[index + 1 :])
                return

    def loops(self) -> list[int]:
        """Where its loops are among its frames, the innermost first; from a function only busybox leaves one."""
        found = []
        for at in range(len(self.frames) - 1, -1, -1):
            if isinstance(self.frames[at], CallEnd) and self.row.name != "busybox":
                break
            if isinstance(self.frames[at], (LoopBody, LoopTest, ForRest)):
                found.append(at)
        return found

    def unwind_to(self, index: int, process: Process) -> None:
        """Drop what is to do from there on, and undo what redirections and calls have changed."""
        for frame in reversed(self.frames[index:]):
            if isinstance(frame, Redirected):
                frame.restore(process)
            elif isinstance(frame, Assigned):
                self._unassign(frame)
            elif isinstance(frame, CallEnd):
                self._return(frame)
        self.frames = self.frames[:index]

    def end_trap(self) -> bool:
        """A trap is left before its end; False where `set -e` ends the shell for what it has interrupted."""
        frame = self.frames[-1]
        assert isinstance(frame, TrapEnd)
        self.frames = self.frames[:-1]
        before = self.frames
        self._trap_ended(frame)
        return self.frames == before

    def unwind(self, *kinds: type[Frame]) -> Frame | None:
        """Drop what is to do up to a frame of these kinds, and that one; None where there is none (all stays)."""
        for index in range(len(self.frames) - 1, -1, -1):
            if isinstance(self.frames[index], kinds):
                frame, self.frames = self.frames[index], self.frames[:index]
                return frame
        return None


def _words_of(node: Conditional) -> tuple[Word, ...]:
    """The words of a `[[ … ]]` itself, not those in its substitutions."""
    words: list[Word] = []
    for each in walk(node):
        if isinstance(each, Word) and not (words and each.span.end <= words[-1].span.end):
            words.append(each)
    return tuple(words)


def _core(node: Node) -> Node:
    """What a node comes down to: most items are lists of one pipeline of one command."""
    while True:
        if isinstance(node, Item) and not node.background:
            node = node.command
        elif isinstance(node, AndOr) and not node.rest:
            node = node.first
        elif isinstance(node, Pipeline) and len(node.commands) == 1 and not (node.negated or node.timed):
            node = node.commands[0]
        else:
            return node


def _dead(world: World, process: Process) -> int:
    """Of how many of its children it has learnt so far that they have ended."""
    return sum(other.collected and other.ppid == process.pid for other in world.processes.values())


def _between(before: Span, after: Span) -> str:
    """What stands between two spans of one text."""
    return before.source.text[before.end : after.start] if before.source is after.source else ""


def _asks_for_good(world: World, process: Process, loop: While) -> bool:
    """Whether it is supposed already that what a loop asks stands: `until app; do sleep 1; done` starts it anew."""
    before = world.fallback.processes.get(process.pid) if world.fallback is not None else None
    shell = before.body if before is not None else None
    if not isinstance(shell, Shell) or not isinstance(shell.blocked, Foreground):
        return False
    return any(isinstance(frame, LoopTest) and frame.node is loop for frame in shell.frames)


def _begin_loop(world: World) -> None:
    """Count the steps of a loop from its beginning, where no other is around it: a long script is no endless loop."""
    shells = [process.body for process in world.processes.values() if process.alive]
    if not any(isinstance(frame, LoopBody) for shell in shells if isinstance(shell, Shell) for frame in shell.frames):
        world.spin = 0
