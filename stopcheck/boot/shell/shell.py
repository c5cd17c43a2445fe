"""A shell: what it knows and has still to do, its status, its variables; its interpreter carries it out."""

from __future__ import annotations

from stopcheck.boot.partly import bounded
from stopcheck.boot.shell.arithmetic import evaluate
from stopcheck.boot.shell.arrays import Array
from stopcheck.boot.shell.frames import (
    OPTION_AT,
    TESTING,
    Again,
    Assigned,
    CallEnd,
    Checked,
    Evaluate,
    Foreground,
    ForRest,
    Frame,
    Items,
    Left,
    LoopBody,
    LoopTest,
    Reading,
    Redirected,
    SourceEnd,
    TrapEnd,
    Waiting,
    frame_key,
)
from stopcheck.boot.shell.origin import Origin
from stopcheck.boot.world import TooComplex
from stopcheck.hints import TYPE_CHECKING, Protocol
from stopcheck.model import Unknown
from stopcheck.records import replace
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from stopcheck.boot.machine import Machine
    from stopcheck.boot.shell.frames import Answer, Blocked, Held, Job, Tail, Trap
    from stopcheck.boot.shell.scope import Scope
    from stopcheck.boot.world import Field, Process, Status, World
    from stopcheck.knowledge.programs import ProgramRow
    from stopcheck.knowledge.shells import ShellRow
    from stopcheck.source import Span
    from stopcheck.syntax.shell.tree import (
        CommandSubstitution,
        Conditional,
        Function,
        ProcessSubstitution,
        Sequence,
        SimpleCommand,
    )


class Interpreter(Protocol):
    """What carries a shell out; `interpreter.py` has the one there is, which the modules below need not know."""

    def step(self, shell: Shell, world: World, process: Process) -> bool:
        """See Body.step."""

    def disposition(self, shell: Shell, signal: str) -> str:
        """See Body.disposition."""

    def receive(self, shell: Shell, world: World, process: Process, signal: str) -> None:
        """See Body.receive."""

    def scope(self, shell: Shell, world: World | None, process: Process | None) -> Scope:
        """What expansion may ask the shell for."""

    def simple_command(self, shell: Shell, node: SimpleCommand, tail: Tail, world: World, process: Process) -> None:
        """Run one: it changes the shell, starts a child, or replaces the process."""

    def conditional(self, shell: Shell, node: Conditional, world: World, process: Process) -> None:
        """`[[ … ]]`: sets the shell's status."""

    def substitute(
        self, shell: Shell, part: CommandSubstitution, world: World | None, process: Process | None
    ) -> Field:
        """The output of `$( … )`."""

    def read_on(self, shell: Shell, reading: Reading, world: World, process: Process, *, late: bool) -> None:
        """What a `read` waited for has come, or its time is over."""

    def has_builtin(self, name: str, row: ShellRow) -> bool:
        """Whether the shell has a builtin of that name."""


_PLAIN = regex(r"[\w ./:-]*")
_PLAIN_SLOTS = (
    "aliases", "answers", "args", "armed", "blocked", "constants", "cut", "deaf",
    "disowned", "dying", "ending", "exported", "feeding", "folders", "forgotten",
    "forked", "frames", "fronted", "had_trap", "has_exit_trap", "integers", "interpreter", "interrupted",
    "jobs", "kept", "killed", "last_job", "left_within", "machine", "mode", "name",
    "ok", "open_end", "opened", "origin", "options", "packaged", "pending", "piped", "plain", "renamed",
    "row", "script", "status", "substitutions", "text", "unheard", "unsourced", "untrapped", "waited",
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
        self.arrays: dict[str, Array] = {}
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
        self.origin = Origin()
        self.open_end = not body.span.source.text.endswith("\n")
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
        self.left_within = False
        """Whether it has ended in a function, or in a sourced file: bash's EXIT trap is as if called from there."""
        self.unheard = False
        """Whether it has ended where no ERR trap hears of a failure: bash's EXIT trap is there, too."""
        self.had_trap = False
        """Whether it has ever set a trap: busybox does not forget that when it is taken back."""
        self.unsourced = False
        """Whether a `.` of a missing file has ended it: a syntax error in bash's EXIT trap is its status then."""
        self.waited = False
        """Whether `wait` was bash's last simple command: SIGINT ends it beside a pipeline or `( … )`."""
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
        self.kept: frozenset[int] = frozenset()
        """The pipes of `outputs` to the end: those of the shell that it was forked from, too."""
        self.substitutions: tuple[int, ...] = ()
        """The processes of `<( … )` and `>( … )`."""
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

    # --- the process: its interpreter carries it out -----------------------------------------------

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        return self.interpreter.step(self, world, process)

    def disposition(self, signal: str) -> str:
        """See Body.disposition."""
        return self.interpreter.disposition(self, signal)

    def receive(self, world: World, process: Process, signal: str) -> None:
        """See Body.receive."""
        self.interpreter.receive(self, world, process, signal)

    def wakes(self) -> float | None:
        """See Body.wakes: a shell has no timer of its own but that of `read -t`."""
        return self.blocked.until if isinstance(self.blocked, Reading) else None

    def awaits(self, process: Process) -> tuple[int, ...]:
        """See Body.awaits."""
        if isinstance(self.blocked, Reading) and self.blocked.until is not None:
            return ()  # whatever happens, it goes on
        return self.blocked.pids if isinstance(self.blocked, (Foreground, Reading, Waiting)) else ()

    def inputs(self) -> set[int]:
        """The pipes that it reads from once it has done what it does now, or is about to read from."""
        kept = (self.blocked, *self.frames)
        waiting = (each.reading if isinstance(each, Again) else each for each in kept)
        found = {each.pipe for each in waiting if isinstance(each, Reading)}
        for frame in self.frames:
            if isinstance(frame, Redirected):
                found |= {frame.stdin, *(pipe for _, pipe in frame.inlets)}
        return found

    def outputs(self, upto: int | None = None) -> frozenset[int]:
        """The pipes that it wrote to before a construct or a function was redirected, and has open until that ends."""
        return self.kept.union(frame.stdout for frame in self.frames[:upto] if isinstance(frame, Redirected)) - {0}

    # --- going on --------------------------------------------------------------------------------

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

    def push(self, *frames: Frame) -> None:
        """Do these next, the last one first."""
        self.frames += frames

    def set_status(self, status: Status, ok: bool = False) -> None:
        """`ok`: where the status is unknown, success is to be expected (it is no test)."""
        self.status, self.ok, self.piped = status, ok, ()
        if isinstance(status, Unknown) or status == 0 or self.tested():
            return
        heard = "ERR" in self.traps and self.hears_failure()
        if self.pending and not self.row.errexit_first and not (heard and self.row.error_trap == "first"):
            self.cut = True  # the trap comes before `set -e`: it has signalled itself
        elif heard:
            if "e" in self.options:
                self.push(Left())
            self.pending = ("ERR", *self.pending)
        elif "e" in self.options:
            self.leave(status, unwound=True)

    def hears_failure(self, *, unwound: bool = False) -> bool:
        """Whether the ERR trap hears of a failure here: not in itself, nor in a function that has not inherited it.

        `unwound`: where all functions are left.
        """
        if self.traps["ERR"].text == "":
            return False
        if not self.row.error_trap:
            raise TooComplex("what its trap for ERR does")
        within = self.row.error_within
        for frame in reversed(self.frames):
            if isinstance(frame, CallEnd) and not ("E" in self.options or "function" in within or unwound):
                return False
            if isinstance(frame, TrapEnd) and (frame.signal == "ERR" or (frame.signal == "EXIT" and self.unheard)):
                return False
            if isinstance(frame, TrapEnd) and ("exit" if frame.signal == "EXIT" else "trap") not in within:
                return False
        return "ERR" not in self.pending

    def tested(self) -> bool:
        """Whether the status of what runs now is looked at, so that `set -e` does not hold."""
        for frame in reversed(self.frames):
            if isinstance(frame, TESTING):
                return True
            if isinstance(frame, TrapEnd):
                return self.eases()  # a trap is looked at by nobody, wherever it comes
            if isinstance(frame, SourceEnd) and self.row.almquist:
                return False  # they run what they source like a script of its own: `. file || true`
        return self.origin.lenient

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
            self.unheard = not self.hears_failure(unwound=unwound)
        self.left_within = not self.ending and any(isinstance(frame, (CallEnd, SourceEnd)) for frame in self.frames)
        for frame in reversed(self.frames) if unwound and self.row.name == "bash" else ():
            if isinstance(frame, CallEnd):
                self.return_from(frame)
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
        minds = not (self.tested() or ("ERR" in self.traps and self.hears_failure()))
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
            while at < len(text.items) and "\n" not in text.items[at - 1].span.between(text.items[at].span):
                at += 1
            self.push(Items(text, at, rest.tail))
        self.status, self.ok = 1, False

    def return_from(self, frame: CallEnd) -> None:
        """A function is over: the caller's arguments and variables are there again."""
        self.args = frame.args
        for name, value in frame.saved:
            self._put_back(name, value)
        self.integers = self.integers.difference(name for name, _ in frame.saved) | frame.integers

    def dies_of(self, signal: str) -> None:
        """bash runs its EXIT trap before that; what it has started by `<( … )` before, no `wait` there waits for."""
        self.dying, self.substitutions = signal, ()

    def decide(self, status: Status) -> None:
        """Go on as if the status were this."""
        self.status, self.ok = status, False

    def answer(self, part: CommandSubstitution | ProcessSubstitution) -> Answer | None:
        """What a substitution that was run has printed."""
        return next((answer for answer in self.answers if answer.part is part), None)

    # --- variables -------------------------------------------------------------------------------

    def scope(self, world: World | None = None, process: Process | None = None) -> Scope:
        """What expansion may ask it for."""
        return self.interpreter.scope(self, world, process)

    def aside(self, world: World, process: Process) -> Scope:
        """What expansion may ask where what it sets is lost: in a subshell, or in what is not run yet."""
        return replace(self.scope(world, process), assign=lambda _, __: None, keep_match=lambda _: None)

    def assign_array(self, name: str, array: Array | Unknown) -> None:
        """`name=(…)`, `mapfile name`."""
        self.arrays.pop(name, None)
        self.variables.pop(name, None)
        if isinstance(array, Unknown):
            self.variables[name] = array
        else:
            self.arrays[name] = array

    def assign(self, name: str, value: Field) -> None:
        """Set a variable; of an array that is its first element."""
        value = bounded(value)
        if name == "OPTIND":
            self.variables.pop(OPTION_AT, None)
        if name in self.integers and isinstance(value, str):
            value = evaluate(self.scope(), value)
        if name in self.arrays and self.row.name != "zsh":
            self.arrays[name] = self.arrays[name].put("0", value)
        else:
            self.arrays.pop(name, None)
            self.variables[name] = value
        if "a" in self.options:
            self.exported |= {name}

    def assign_for_now(self, values: Mapping[str, Field]) -> None:
        """Set and export these, until what is pushed next has run."""
        self.push(Assigned(tuple((name, self._held(name)) for name in values), self.exported))
        self.variables |= values
        self.exported |= values.keys()

    def unassign(self, frame: Assigned) -> None:
        """Take back what `assign_for_now` has set."""
        for name, value in frame.saved:
            self._put_back(name, value)
            self.exported = self.exported - {name} | (frame.exported & {name})

    def _held(self, name: str) -> Held:
        return self.arrays[name] if name in self.arrays else self.variables.get(name)

    def _put_back(self, name: str, value: Held) -> None:
        self.arrays.pop(name, None)
        self.variables.pop(name, None)
        if isinstance(value, Array):
            self.arrays[name] = value
        elif value is not None:
            self.variables[name] = value

    def environment(self) -> dict[str, Field]:
        """The exported variables."""
        return {name: value for name, value in self.variables.items() if name in self.exported}

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
                    saved = (*frame.saved, (name, self._held(name)))
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
                self.unassign(frame)
            elif isinstance(frame, CallEnd):
                self.return_from(frame)
        self.frames = self.frames[:index]

    def unwind(self, *kinds: type[Frame]) -> Frame | None:
        """Drop what is to do up to a frame of these kinds, and that one; None where there is none (all stays)."""
        for index in range(len(self.frames) - 1, -1, -1):
            if isinstance(self.frames[index], kinds):
                frame, self.frames = self.frames[index], self.frames[:index]
                return frame
        return None
