"""node:child_process: programs that a program in JavaScript starts (nodejs.org/api/child_process.html)."""

from __future__ import annotations

from stopcheck.boot.conduct import EndedError, Opaque, UndecidedError
from stopcheck.boot.javascript.library.language import Language
from stopcheck.boot.javascript.library.shelf import is_called
from stopcheck.boot.javascript.values import UNDEFINED, Builtin, List, Promise, Thing, ThrownError
from stopcheck.boot.signals import NUMBERS, signal_name
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from stopcheck.boot.conduct import Kernel
    from stopcheck.boot.javascript.values import Steps

_SHELL = "/bin/sh"
_OPTIONS = frozenset(
    {
        "cwd",
        "env",
        "stdio",
        "detached",
        "shell",
        "encoding",
        "windowsHide",
        "maxBuffer",
        "argv0",
        "input",
        "silent",
        "execArgv",
        "serialization",
    }
)
"""What of spawn()'s options is understood."""


class Processes(Language):
    """See library.node."""

    def kernel(self) -> Kernel:
        """Whom to ask for processes."""
        if self.around.kernel is None:
            raise UndecidedError("it has to do with other processes")
        return self.around.kernel

    def child_process_spawn(self, _: Any, command: object = UNDEFINED, *rest: Any) -> Thing:
        """child_process.spawn()."""
        words, options = told_words(rest)
        return self.start([command, *words], options)

    def child_process_exec(self, _: Any, command: object = UNDEFINED, *rest: Any) -> Thing:
        """child_process.exec()."""
        return self._with_callback(self.start([_SHELL, "-c", command], told_words(rest)[1]), rest)

    def child_process_execfile(self, _: Any, command: object = UNDEFINED, *rest: Any) -> Thing:
        """child_process.execFile()."""
        words, options = told_words(rest)
        return self._with_callback(self.start([command, *words], options), rest)

    def _with_callback(self, child: Thing, rest: tuple[Any, ...]) -> Thing:
        if rest and is_called(rest[-1]):
            child.fields["callback"] = rest[-1]
        return child

    def start(self, words: list[Any], options: Any, blocked: bool = False) -> Thing:
        """Starts a child."""
        told = self.options(options)
        if told.get("shell", False) is True:
            if any(isinstance(word, Opaque) for word in words):
                raise UndecidedError("what it starts is not known")
            words = [_SHELL, "-c", " ".join(map(str, words))]
        env = told.get("env", UNDEFINED)
        variables = self.variables if env is UNDEFINED or not isinstance(env, Thing) else env.fields
        folder = told.get("cwd", "")
        if not isinstance(folder, str):
            raise UndecidedError("in which folder a child begins is not known")
        session = "session" if told.get("detached", False) is True else ""
        plain = tuple("node" if _is_node(word) else word for word in words)
        piped = blocked or _is_piped(told.get("stdio", "pipe"))
        pid = self.kernel().start(plain, variables, session, frozenset(), folder, piped)
        streams = {name: Thing("stream") for name in ("stdin", "stdout", "stderr")}
        fields: dict[str, Any] = {
            "exitCode": None,
            "signalCode": None,
            "killed": False,
            "open": piped,
            "listeners": {},
            **streams,
        }
        child = Thing("child", {"pid": pid or UNDEFINED, **fields})
        if not pid:
            self.later(Builtin("child.emit", child), ("error", self.error("Error", "spawn ENOENT")))
            return child
        self.children[pid] = child
        self.loop.handles[id(child)] = child
        self.later(Builtin("child.emit", child), ("spawn",))
        return child

    def options(self, options: Any) -> dict[str, Any]:
        """A child's options, all of which have to be understood."""
        if options is UNDEFINED or options is None:
            return {}
        if not isinstance(options, Thing) or not options.fields.keys() <= _OPTIONS:
            raise UndecidedError("an option of a child is not followed")
        return options.fields

    def ended(self, pid: int, status: object) -> None:
        """A child has ended: with a status, or by a signal (negative)."""
        child = self.children[pid]
        fields = child.fields
        if isinstance(status, int) and status < 0:
            fields["signalCode"] = f"SIG{signal_name(str(-status))}"
        else:
            fields["exitCode"] = status
        fields["ended"] = True
        if "blocked" not in fields:
            self.later(Builtin("child.emit", child), ("exit", fields["exitCode"], fields["signalCode"]))
        if not fields["open"]:
            self.closed(pid)

    def closed(self, pid: int) -> None:
        """Nobody is left who could write to what is read of a child: that is its end, once it has ended."""
        fields = self.children[pid].fields
        fields["open"] = False
        if not fields.get("ended"):
            return
        child = self.children.pop(pid)
        self.loop.handles.pop(id(child), None)
        if "blocked" in fields:
            self.loop.release(fields["blocked"])
            return
        self.later(Builtin("child.emit", child), ("close", fields["exitCode"], fields["signalCode"]))
        if "callback" in fields:
            status = fields["exitCode"] if fields["signalCode"] is None else 1
            failed = Opaque("an error") if isinstance(status, Opaque) else self.error("Error") if status else None
            if isinstance(failed, Thing):
                failed.fields["code"] = fields["exitCode"]
                failed.fields["signal"] = fields["signalCode"]
            self.later(fields["callback"], (failed, Opaque("output"), Opaque("errors")))

    def child_emit(self, child: Thing, name: str, *arguments: Any) -> Steps:
        """What is told of a child; an error that nobody listens for ends the program."""
        heard = yield from self.emit(child, name, *arguments)
        if name == "error" and not heard and "callback" not in child.fields:
            raise ThrownError(arguments[0])
        return heard

    def child_on(self, child: Thing, name: object, function: Any = UNDEFINED) -> Thing:
        """ChildProcess.on()."""
        if name == "message":
            raise UndecidedError("what it hears from a child is not followed")
        return self.listen(child, name, function)

    child_addlistener = child_on

    def child_once(self, child: Thing, name: object, function: Any = UNDEFINED) -> Thing:
        """ChildProcess.once()."""
        return self.listen(child, name, function, once=True)

    def child_kill(self, child: Thing, signal: object = "SIGTERM") -> bool:
        """ChildProcess.kill()."""
        name = self._signal(signal)
        pid = child.fields["pid"]
        if not isinstance(pid, int) or child.fields["exitCode"] is not None or child.fields["signalCode"] is not None:
            return False
        child.fields["killed"] = self.kernel().send(pid, name)
        return bool(child.fields["killed"])

    def child_unref(self, child: Thing) -> None:
        """ChildProcess.unref(): its pipes are handles of their own."""
        if not child.fields["open"]:
            self.loop.handles.pop(id(child), None)

    def child_ref(self, child: Thing) -> None:
        """ChildProcess.ref()."""
        self.loop.handles[id(child)] = child

    def stream_on(self, stream: Thing, name: object, function: Any = UNDEFINED) -> Thing:
        """What a child prints is not known; that it ends is told by the child itself."""
        if name not in {"data", "error", "readable"}:
            raise UndecidedError("what is done at the end of a child's output is not followed")
        return stream

    stream_once = stream_addlistener = stream_on

    def stream_pipe(self, _: Thing, target: Any = UNDEFINED, *__: Any) -> Any:
        """Readable.pipe()."""
        return target

    def _signal(self, told: object) -> str:
        name = signal_name(str(told)) if isinstance(told, (str, int)) and not isinstance(told, bool) else None
        if told == 0:
            return ""
        if name is None or name not in NUMBERS:
            raise UndecidedError("which signal it sends is not known")
        return name

    # Until the child has ended, nothing else goes on

    def child_process_spawnsync(self, _: Any, command: object = UNDEFINED, *rest: Any) -> Steps:
        """child_process.spawnSync()."""
        words, options = told_words(rest)
        child = yield from self._blocked([command, *words], options)
        told = {"status": child.fields["exitCode"], "signal": child.fields["signalCode"], "pid": child.fields["pid"]}
        if child.fields["pid"] is UNDEFINED:
            told["error"] = self.error("Error", "spawnSync ENOENT")
        return Thing("", {**told, "stdout": Opaque("output"), "stderr": Opaque("errors")})

    def child_process_execsync(self, _: Any, command: object = UNDEFINED, *rest: Any) -> Steps:
        """child_process.execSync()."""
        child = yield from self._blocked([_SHELL, "-c", command], told_words(rest)[1])
        return self._output(child)

    def child_process_execfilesync(self, _: Any, command: object = UNDEFINED, *rest: Any) -> Steps:
        """child_process.execFileSync()."""
        words, options = told_words(rest)
        return self._output((yield from self._blocked([command, *words], options)))

    def _blocked(self, words: list[Any], options: Any) -> Steps:
        child = self.start(words, options, blocked=True)
        if child.fields["pid"] is not UNDEFINED:
            self.loop.handles.pop(id(child), None)
            child.fields["blocked"] = self.loop.blocked = Promise()
            yield self.loop.blocked
        return child

    def _output(self, child: Thing) -> object:
        status = child.fields["exitCode"]
        if isinstance(status, Opaque):
            if not self.decide(self.place):
                return Opaque("output")
        elif status == 0:
            return Opaque("output")
        error = self.error("Error", "Command failed")
        error.fields |= {"status": status, "signal": child.fields["signalCode"]}
        raise ThrownError(error)

    def process_kill(self, process: Thing, whom: Any = UNDEFINED, signal: object = "SIGTERM") -> bool:
        """process.kill(); a process group, where the number is negative."""
        name = self._signal(signal)
        if isinstance(whom, Builtin) and whom.path == "process.pid":
            if process.fields["listeners"].get(f"SIG{name}"):
                self.later(Builtin("process.emit", process), (f"SIG{name}", f"SIG{name}", NUMBERS[name]))
            elif not self.around.first:
                raise EndedError(128 + NUMBERS[name])
            return True
        if not isinstance(whom, (int, float)) or isinstance(whom, bool) or whom in {0, -1}:
            raise UndecidedError("it sends a signal to somebody else")
        if not self.kernel().send(abs(int(whom)), name, whom < 0):
            raise ThrownError(self.error("Error", "kill ESRCH"))
        return True


def told_words(rest: tuple[Any, ...]) -> tuple[list[Any], Any]:
    """The words and the options among what follows a command."""
    words = next((one.items for one in rest if isinstance(one, List)), [])
    options = next((one for one in rest if isinstance(one, (Thing, Opaque))), UNDEFINED)
    return words, options


def _is_piped(stdio: Any) -> bool:
    """Whether a child's output is read: `stdio` is one word for its three streams, or a list of them."""
    told = stdio.items[1] if isinstance(stdio, List) and len(stdio.items) > 1 else stdio
    return told in ("pipe", "overlapped", None, UNDEFINED)


def _is_node(word: object) -> bool:
    return isinstance(word, Builtin) and word.path == "process.execPath"
