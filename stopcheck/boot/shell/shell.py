"""A shell: what it knows and has still to do, its status, its variables; the modules beside it carry it out."""

from __future__ import annotations

from stopcheck.boot.accounts import home, user_number
from stopcheck.boot.shell import constructs, forks, hearing, implicit_exec, waiting
from stopcheck.boot.shell.arithmetic import ArithmeticFault, ConstantFault, UnsetError, evaluate
from stopcheck.boot.shell.frames import (
    OPTION_AT,
    OPTION_INSIDE,
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
    Reading,
    Redirected,
    Resume,
    SourceEnd,
    Tail,
    Trap,
    TrapEnd,
    Waiting,
    frame_key,
)
from stopcheck.boot.shell.scope import Scope
from stopcheck.boot.shell.words import OneWord, Partly, bounded, count
from stopcheck.boot.signals import signal_number
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown, numeral
from stopcheck.records import replace
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from stopcheck.boot.machine import Machine
    from stopcheck.boot.shell.interface import Interpreter
    from stopcheck.boot.world import Field, Process, Status, World
    from stopcheck.knowledge.programs import ProgramRow
    from stopcheck.knowledge.shells import ShellRow
    from stopcheck.source import Span
    from stopcheck.syntax.shell.tree import CommandSubstitution, Function, ProcessSubstitution, Sequence, Word

_PLAIN = regex(r"[\w ./:-]*")
_DESCRIPTOR = "/dev/fd/63"
"""What a `<( … )` is called."""

CALL_LIMIT = 40


_PLAIN_SLOTS = (
    "aliases", "answers", "args", "armed", "blocked", "called", "comes_last", "constants", "cut", "deaf",
    "depth", "disowned", "dying", "ending", "ends_plainly", "exported", "feeding", "folders", "forgotten",
    "forked", "frames", "fronted", "had_trap", "has_exit_trap", "integers", "interpreter", "interrupted",
    "interrupts", "jobs", "killed", "last_job", "left_within", "lenient", "looped", "machine", "mode", "name",
    "ok", "open_end", "opened", "options", "packaged", "parenthesised", "pending", "piped", "plain", "renamed",
    "root", "row", "script", "status", "substitutions", "text", "unheard", "unsourced", "untrapped", "waited",
    "witnesses",
)  # fmt: skip
"""What a copy of a shell can share; the rest are dicts."""


class Shell:
    """A shell process: what it knows, what is still to do, what it waits for."""

    __slots__ = (*_PLAIN_SLOTS, "arrays", "functions", "traps", "variables")
    overrides = False

    def __init__(
        self,
        machine: Machine,
        interpreter: Interpreter,
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
        self.interpreter = interpreter
        self.row = row
        self.frames: tuple[Frame, ...] = (Evaluate(body, frozenset()),)
        self.text = body
        """All that it reads."""
        self.mode = mode
        self.name = name
        self.args = args
        self.variables: dict[str, Field] = {"IFS": " \t\n", **variables}
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
        self.piped: tuple[Status, ...] = ()
        """What has become of each part of the pipeline that has just run: bash's PIPESTATUS."""
        self.blocked: Blocked | None = None
        self.ending = False
        self.script = script
        self.plain = mode == "command" and _PLAIN.fullmatch(body.span.source.text) is not None
        """Whether the text of `-c` has nothing in it but words."""
        self.open_end = not body.span.source.text.endswith("\n")
        looks = mode == "command" or bool(row.exec_file or row.exec_open_file)
        self.comes_last = not looks or implicit_exec.comes_last(row, body)
        """Whether what follows the last command lets that replace the shell."""
        self.opened = ""
        """A sourced file that is not known: it may set any variable that is not set else."""
        self.renamed = ""
        """A command that sets a variable whose name is not known: any that is not set else."""
        self.interrupted = ""
        """A signal that the shell acts on when its foreground child has ended."""
        self.witnesses: tuple[int, ...] = ()
        """Those of them that were alive then."""
        self.fronted = False
        """Whether a trapped SIGINT came while a command was in the foreground, which has ended now."""
        self.cut = False
        """Whether a trapped signal has ended a builtin, whose status `set -e` has yet to see."""
        self.forgotten: frozenset[int] = frozenset()
        """Jobs whose status is kept no longer: bash's `wait` for all of them."""
        self.disowned: Mapping[int, Status] = {}
        """The children that are no jobs any more, with the status that `wait PID` tells of them."""
        self.depth = 0
        """How many subshells it is in: $BASH_SUBSHELL."""
        self.called = False
        """Whether it was forked from within a function."""
        self.ends_plainly = False
        """Whether it ends without its EXIT trap: a part of bash that is neither `( … )` nor, by itself, `{ … }`."""
        self.interrupts: Status | None = None
        """The status before the trap that it was forked in: to dash and busybox it is that of a bare `exit`, still."""
        self.left_within = False
        """Whether it has ended in a function, or in a sourced file: bash's EXIT trap is as if called from there."""
        self.unheard = False
        """Whether it has ended where no ERR trap hears of a failure: bash's EXIT trap is there, too."""
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
        self.deaf: frozenset[str] = frozenset()
        """Signals that a subshell of bash ignores itself, while what it starts does not."""
        self.killed = False
        """Whether a signal without a trap ends it: in mksh the EXIT trap's own status counts then."""
        self.forked = 0
        """How many of its `$( … )` were worked out without a child."""
        self.answers: tuple[Answer, ...] = ()
        self.feeding: tuple[int, ...] = ()
        """The pipes to `>( … )` that it holds as long as a command, or a construct, is redirected there."""
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

    # --- the process -----------------------------------------------------------------------------

    def disposition(self, signal: str) -> str:
        """See Body.disposition."""
        return hearing.disposition(self, signal)

    def receive(self, world: World, process: Process, signal: str) -> None:
        """See Body.receive."""
        hearing.receive(self, world, process, signal)

    def wakes(self) -> float | None:
        """See Body.wakes: a shell has no timer of its own but that of `read -t`."""
        return self.blocked.until if isinstance(self.blocked, Reading) else None

    def awaits(self, process: Process) -> tuple[int, ...]:
        """See Body.awaits."""
        if isinstance(self.blocked, Reading) and self.blocked.until is not None:
            return ()  # whatever happens, it goes on
        return self.blocked.pids if isinstance(self.blocked, (Foreground, Reading, Waiting)) else ()

    # --- going on --------------------------------------------------------------------------------

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        if self.blocked is not None:
            return waiting.unblock(self, world, process)
        if self.feeding and not any(isinstance(frame, Redirected) and frame.feeds for frame in self.frames):
            world.held = {pipe: pid for pipe, pid in world.held.items() if pipe not in self.feeding}
            self.feeding = ()
        amid = bool(self.answers)  # its next command is being expanded: no trap comes before it has run
        if isinstance(self.frames[-1] if self.frames else None, Negate):
            amid = amid or self.row.name == "bash"
        if self.pending and not amid:
            signal = next((signal for signal in self.pending if not hearing.comes_later(self, signal)), None)
            if signal is not None:
                hearing.run_trap(self, signal, world, process)
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
            self.leave(self.fault() if self.row.name == "bash" else 1 if one else 2, unwound=True)
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
                constructs.begin(self, frame.node, frame.tail, world, process)
            case Items():
                constructs.rest_of_items(self, frame.node, frame.index, frame.tail)
            case AndOrRest():
                constructs.rest_of_list(self, frame)
            case Negate():
                if not isinstance(self.status, Unknown):
                    self.status = int(not self.status)
            case IfRest():
                constructs.rest_of_if(self, frame, world, process)
            case LoopTest():
                constructs.test_loop(self, frame, world, process)
            case LoopBody():
                constructs.loop_again(self, frame, world)
            case ForRest():
                constructs.rest_of_for(self, frame)
            case CaseRest():
                if frame.node.items[frame.index].terminator == ";;&":
                    constructs.choose(self, frame.node, frame.tail, world, process, frame.index + 1)
                else:
                    constructs.case_body(self, frame.node, frame.index, ";&", frame.tail)
            case CallEnd():
                self._return(frame)
                self.set_status(self.status, self.ok)
            case Checked():
                self.set_status(self.status, self.ok)
            case GoesOn():
                world.note("waits-unseen", process, span=frame.span)
            case Left():
                self.leave(self.status, unwound=True)
            case Again():
                self.blocked = frame.reading
            case Joined():
                self.blocked = Foreground(frame.pids, frame.node, own=self.status)
            case Redirected():
                frame.restore(process)
            case Assigned():
                self._unassign(frame)
            case SourceEnd():
                if frame.args is not None:
                    self.args = frame.args
                self.set_status(self.status, self.ok)
            case Resume():
                hearing.resume(self, frame, world, process)
            case TrapEnd():
                hearing.trap_ended(self, frame)

    def push(self, *frames: Frame) -> None:
        """Do these next, the last one first."""
        self.frames += frames

    def set_status(self, status: Status, ok: bool = False) -> None:
        """`ok`: where the status is unknown, success is to be expected (it is no test)."""
        self.status, self.ok, self.piped = status, ok, ()
        if isinstance(status, Unknown) or status == 0 or self.tested():
            return
        heard = "ERR" in self.traps and hearing.runs_error_trap(self)
        if self.pending and not self.row.errexit_first and not (heard and self.row.error_trap == "first"):
            self.cut = True  # the trap comes before `set -e`: it has signalled itself
        elif heard:
            if "e" in self.options:
                self.push(Left())
            self.pending = ("ERR", *self.pending)
        elif "e" in self.options:
            self.leave(status, unwound=True)

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

    def leave(self, status: Status | None = None, *, unwound: bool = False) -> None:
        """`exit`: nothing more to do, but for the EXIT trap.

        `unwound`: it is an error that ends it, for which bash leaves its functions first, and their variables are gone.
        """
        if status is not None:
            self.status, self.ok = status, False
        self.status = self._put_back_by_child_trap()
        if self.row.exit_trap_status and any(isinstance(f, TrapEnd) and f.signal != "EXIT" for f in self.frames):
            self.killed = True  # mksh leaves a trap as it leaves what a signal has ended
        if not self.ending and self.row.error_trap == "first" and "ERR" in self.traps:
            self.unheard = not hearing.runs_error_trap(self, unwound=unwound)
        self.left_within = not self.ending and any(isinstance(frame, (CallEnd, SourceEnd)) for frame in self.frames)
        for frame in reversed(self.frames) if unwound and self.row.name == "bash" else ():
            if isinstance(frame, CallEnd):
                self._return(frame)
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

        bash does not mind where its status is looked at, if it was only called wrongly (2); nor behind an ERR trap,
        which has it forget that (execute_cmd.c: special_builtin_failed).
        """
        minds = not (self.tested() or ("ERR" in self.traps and hearing.runs_error_trap(self)))
        if special and self.strict and not (self.row.name == "bash" and status == 2 and not minds):
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
            while at < len(text.items) and "\n" not in constructs.between(text.items[at - 1].span, text.items[at].span):
                at += 1
            self.push(Items(text, at, rest.tail))
        self.status, self.ok = 1, False

    def _return(self, frame: CallEnd) -> None:
        self.args = frame.args
        for name, value in frame.saved:
            self._put_back(name, value)
        self.integers = self.integers.difference(name for name, _ in frame.saved) | frame.integers

    def _end(self, world: World, process: Process) -> None:
        trap = self.traps.get("EXIT")
        if trap is not None and not self.ending and not self.ends_plainly:
            self.ending = True
            if trap.body is not None and trap.text != "":
                world.note("trap", process, text="EXIT", span=trap.span, signal="EXIT")
                self.push(TrapEnd("EXIT", self.status, self.ok), Evaluate(trap.body, None))
            return
        if self.dying:
            status = (self.row.hangup_status if self.dying == "HUP" else 0) or 128 + signal_number(self.dying)
            world.exit(process, status, self.dying if process.pid != 1 else "")  # it kills itself behind its EXIT trap
        elif isinstance(self.status, Unknown):
            world.exit(process, 0 if self.ok else self.status)
        elif self.status > 256:  # ksh93's status of what a signal has killed, where no `exit` tells it
            world.exit(process, 128 + (self.status & 127))
        else:
            world.exit(process, self.status & 255)

    # --- nodes -----------------------------------------------------------------------------------

    def decide(self, status: Status) -> None:
        """Go on as if the status were this."""
        self.status, self.ok = status, False

    # --- children --------------------------------------------------------------------------------

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
            case "BASH_SUBSHELL" if self.row.name == "bash":
                return str(self.depth)
            case "BASH_VERSION":
                return "5.2.15(1)-release" if self.row.name == "bash" else None
            case "OSTYPE" if self.row.name == "bash":
                return Partly("$OSTYPE", None, "linux")
            case "HOSTTYPE" | "MACHTYPE" | "SHLVL" | "PIPESTATUS" if self.row.name == "bash":
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
        """`name=(…)`, `mapfile name`. What stands under which key of an associative array is not followed."""
        keyed = any(element.span.text.startswith("[") and "]=" in element.span.text for element in elements)
        if keyed or (isinstance(self.variables.get(name), Unknown) and (append or elements)):
            self.arrays.pop(name, None)
            self.variables[name] = Unknown(f"what is in ${name}")
        else:
            scalar = self.variables.pop(name, None)
            before = self.arrays.get(name, () if scalar is None else (scalar,)) if append else ()
            self.arrays[name] = before + values

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
        if name == "PIPESTATUS" and self.piped and self.row.name == "bash":
            return tuple(status if isinstance(status, Unknown) else str(status) for status in self.piped)
        if name == "BASH_VERSINFO" and self.row.name == "bash" and name not in self.arrays:
            return ("5", "2", "15", "1", "release")
        return self.arrays.get(name)

    def assign(self, name: str, value: Field) -> None:
        """Set a variable; of an array that is its first element."""
        value = bounded(value)
        rest = self.arrays.pop(name, ())[1:]
        if name == "OPTIND":
            self.variables.pop(OPTION_AT, None)
        if name in self.integers and isinstance(value, str):
            value = evaluate(self.scope(), value)
        if rest and isinstance(value, str):
            self.arrays[name] = (value, *rest)
        else:
            self.variables[name] = value
        if "a" in self.options:
            self.exported |= {name}

    def _keep_match(self, groups: tuple[Field, ...] | None) -> None:
        self.assign("BASH_REMATCH", Unknown("what a text matched"))
        if groups is not None:
            self.assign_array("BASH_REMATCH", (), groups, append=False)

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
            if name == "BASHPID" and self.row.name in {"bash", "mksh"}:
                return str(process.pid) if process is not None else Unknown("$BASHPID")
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
            forks.take_place(self)
            self.forked += 1
            if self.row.name == "bash" and world is not None and process is not None:
                for child in world.children(process.pid):
                    child.collected = child.collected or not child.alive  # it is told while it waits for the answer
            if self.row.wait_resumes:  # what runs it is a child, too, and has ended
                self.frames = tuple(replace(f, dead=-1) if isinstance(f, Resume) else f for f in self.frames)
            if self.row.child_trap and "CHLD" in self.traps and "CHLD" not in self.pending:
                if self.row.child_trap != "within":
                    self.pending += ("CHLD",)
                elif world is not None and process is not None:
                    hearing.receive(self, world, process, "CHLD")
            try:
                return self.interpreter.substitute(self, part, world, process)
            except UnsetError:
                return ""

        def process_substitution(part: ProcessSubstitution) -> Field:
            answer = self.answer(part)
            if answer is not None and world is not None:
                world.files[_DESCRIPTOR] = answer.output
            elif world is not None and process is not None:
                forks.note_substitution(self, forks.fork(self, world, process, part.body, part.span, False))
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
        if tail is not None and implicit_exec.may_replace(self, tail | {"function"}):
            self.push(Evaluate(function.body, tail | {"function"}))
        else:
            self.push(CallEnd(function.name, self.args, self._options_anew()), Evaluate(function.body, None))
        self.args = args
        return True

    def _options_anew(self) -> tuple[tuple[str, Field | None], ...]:
        """dash and busybox begin with the options of each function, and go on with their own when it has returned."""
        if not self.row.almquist or "getopts" not in self.text.span.source.text:
            return ()
        at = self.variables.get(OPTION_AT) or self.variables.get("OPTIND") or "1"
        kept = ((OPTION_AT, at), (OPTION_INSIDE, self.variables.get(OPTION_INSIDE)))
        self.variables[OPTION_AT] = self.variables[OPTION_INSIDE] = "1"
        return kept

    def keep_fallback(self, world: World, process: Process, blocked: Blocked) -> None:
        """Remember the world in which this shell stands here, for when nothing else would."""
        if world.stopping:
            return
        stands = world.copy()
        stands.fallback = None
        body = stands.processes[process.pid].body
        assert isinstance(body, Shell)
        body.blocked = blocked
        world.fallback = stands

    def declare_local(self, name: str) -> None:
        """`local name`: the caller's value comes back when the function returns."""
        for index in range(len(self.frames) - 1, -1, -1):
            frame = self.frames[index]
            if isinstance(frame, CallEnd):
                if all(saved != name for saved, _ in frame.saved):
                    saved = (*frame.saved, (name, self.variables.get(name)))
                    integers = frame.integers | (self.integers & {name})
                    frame = replace(frame, saved=saved, integers=integers)
                    self.frames = (*self.frames[:index], frame, *self.frames[index + 1 :])
                    self.integers -= {name}
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

    def unwind(self, *kinds: type[Frame]) -> Frame | None:
        """Drop what is to do up to a frame of these kinds, and that one; None where there is none (all stays)."""
        for index in range(len(self.frames) - 1, -1, -1):
            if isinstance(self.frames[index], kinds):
                frame, self.frames = self.frames[index], self.frames[:index]
                return frame
        return None
