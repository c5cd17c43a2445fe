"""The threads and coroutines of a program, which pause and go on by their own clock, and the signals between."""

from __future__ import annotations

from stopcheck.boot.conduct import Opaque, UndecidedError
from stopcheck.boot.python.values import FOREVER, Library, RaisedError, Wait
from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable

    from stopcheck.boot.python.values import Steps

_OUT_OF_LOOP = frozenset({"SystemExit", "KeyboardInterrupt"})
"""What a coroutine raises goes to whoever waits for it, but these end the loop (asyncio.Task)."""
DEFAULT, IGNORED, INTERRUPTS = (
    Library("signal.SIG_DFL"),
    Library("signal.SIG_IGN"),
    Library("signal.default_int_handler"),
)
_OF_A_POOL = "what is raised while it waits for a pool's threads is not followed"


@dataclass(eq=False)
class Frame:
    """What a task carries out, and what that waits for; a signal's handler is carried out on top of it."""

    steps: Steps
    wait: Wait | None = None


@dataclass(eq=False)
class Task:
    """The main thread, another one, or a coroutine that a loop runs."""

    kind: str
    frames: list[Frame]
    daemon: bool = False
    done: bool = False
    forgotten: bool = False
    blocked: frozenset[str] = frozenset()
    result: object = None
    error: RaisedError | None = None
    thrown: RaisedError | None = None

    def top(self) -> Frame:
        """What it carries out now."""
        return self.frames[-1]


@dataclass(eq=False)
class Schedule:
    """All tasks of a process, its clock (seconds), and what it does on signals.

    `dormant`: the event loop sleeps in select(2), which goes on by itself after a handler (PEP 475), and has not looked
    at what that handler has done, unless it was woken (`awake`). `signalled`: a signal has come. `guessed`: it has
    waited for a time that is not told. `pending`: signals that came while it was in system(3), which goes on: their
    handlers' turn is after it.
    """

    call: Callable[[object, tuple[object, ...]], Steps]
    clock: float = 0.0
    tasks: list[Task] = field(default_factory=list)
    handlers: dict[str, object] = field(default_factory=dict)
    in_loop: dict[str, tuple[object, tuple[object, ...]]] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)
    awaited: frozenset[str] = frozenset()
    dormant: bool = False
    awake: bool = False
    signalled: bool = False
    guessed: bool = False
    pending: list[str] = field(default_factory=list)
    current: Task | None = None

    def spawn(self, kind: str, steps: Steps, daemon: bool = False) -> Task:
        """A task that begins."""
        task = Task(kind, [Frame(steps)], daemon, blocked=frozenset(self.blocked))
        self.tasks.append(task)
        return task

    def alone(self) -> None:
        """After a fork only the task that has called it is there, as the main thread."""
        if self.current is not None:
            self.current.kind = "main"
            self.tasks = [self.current]

    def soonest(self) -> float:
        """When time alone lets something go on."""
        return min((self._until(task) for task in self.tasks if not task.done), default=FOREVER)

    def main(self) -> Task:
        """The main thread: the first of the tasks."""
        return self.tasks[0]

    def threads_left(self) -> bool:
        """Whether threads go on for which the end of the process has to wait."""
        return any(task.kind == "thread" and not (task.daemon or task.done or task.forgotten) for task in self.tasks)

    def advance(self, limit: float) -> bool:
        """Goes on until the main thread is through, which is true, or nothing happens before a time."""
        while not self.main().done:
            task = next((task for task in self.tasks if self._is_ready(task)), None)
            if task is None:
                soonest = self.soonest()
                if soonest > limit:
                    return False
                if any(self._is_rough(task, soonest) for task in self.tasks):
                    if self.signalled:
                        raise UndecidedError("how long it waits is not told")
                    self.guessed = True
                self.clock = max(self.clock, soonest)
                continue
            self._resume(task)
        return True

    def _until(self, task: Task) -> float:
        wait = task.top().wait
        return FOREVER if wait is None or self._is_held(task) else wait.until

    def _is_rough(self, task: Task, until: float) -> bool:
        wait = task.top().wait
        return not task.done and wait is not None and wait.rough and self._until(task) <= until

    def _is_held(self, task: Task) -> bool:
        """Whether it is a coroutine whose loop does not run now."""
        main = self.main()
        wait = main.top().wait if not main.done else None
        return task.kind == "coroutine" and (wait is None or wait.kind != "loop")

    def _is_ready(self, task: Task) -> bool:
        if task.done or self._is_held(task):
            return False
        wait = task.top().wait
        if task.thrown is not None and (task.kind != "coroutine" or not self.dormant):
            return True
        if wait is not None and wait.until <= self.clock:
            return True
        in_loop = task.kind == "coroutine" or (wait is not None and wait.kind == "loop")
        if self.dormant and in_loop:
            return False
        return wait is None or (wait.ready is not None and wait.ready())

    def _resume(self, task: Task) -> None:
        frame = task.top()
        if task.kind == "coroutine":
            self.dormant = False
        if self.pending and frame.wait is not None and frame.wait.kind == "system":
            frame.wait = None
            while self.pending:
                self.deliver(self.pending.pop())
            return
        error, task.thrown, frame.wait = task.thrown, None, None
        self._step(task, frame, error)

    def _step(self, task: Task, frame: Frame, error: RaisedError | None) -> None:
        self.current = task
        try:
            frame.wait = frame.steps.throw(error) if error is not None else next(frame.steps)
        except StopIteration as end:
            self._leave(task, end.value, None)
        except RaisedError as raised:
            self._leave(task, None, raised)

    def _leave(self, task: Task, result: object, error: RaisedError | None) -> None:
        """What a task has carried out has come to its end."""
        task.frames.pop()
        if task.frames:  # it was a handler
            below = task.top()
            if error is not None:
                if below.wait is not None and below.wait.kind == "pool":
                    raise UndecidedError(_OF_A_POOL)
                below.wait, task.thrown = None, error
            elif below.wait is not None and below.wait.kind == "loop":
                self.dormant, self.awake = not self.awake, False
            elif below.wait is not None and below.wait.woken:
                below.wait = None
            return
        task.done, task.result, task.error = True, result, error
        task.frames.append(Frame(iter(())))  # type: ignore[arg-type]
        if task.kind == "coroutine" and error is not None and error.kind in _OUT_OF_LOOP:
            self.main().thrown = error

    def deliver(self, signal: str) -> bool:
        """A signal comes (bare name); whether the program has something that is done on it.

        Raises UndecidedError where it comes at a time for which that is not known.
        """
        main = self.main()
        wait = main.top().wait
        if signal in self.blocked:
            if any(task.kind == "thread" and not task.done and signal not in task.blocked for task in self.tasks):
                raise UndecidedError("which of its threads gets the signal is not known")
            waiting = wait is not None and wait.kind in {"sigwait", "sigwaitinfo"} and signal in self.awaited
            if waiting:
                main.top().wait = None
            return waiting
        if signal in self.in_loop:
            if wait is None or wait.kind != "loop":
                raise UndecidedError("a signal's handler waits for a loop that does not run")
            function, arguments = self.in_loop[signal]
            self.spawn("coroutine", self.call(function, arguments))
            return True
        handler = self.handlers.get(signal, INTERRUPTS if signal == "INT" else DEFAULT)
        if handler in (DEFAULT, IGNORED):
            return False
        if wait is not None and wait.kind == "system":
            self.pending.append(signal)
            return True
        if wait is not None and wait.kind == "sigwait":
            return False  # sigwait(3) goes on, and the handler's turn is after it
        if handler == INTERRUPTS:
            if wait is not None and wait.kind == "pool":
                raise UndecidedError(_OF_A_POOL)
            main.thrown = RaisedError("KeyboardInterrupt")
        else:
            steps = self.call(handler, (Library(f"signal.SIG{signal}"), Opaque("frame")))
            main.frames.append(Frame(steps))
        return True
