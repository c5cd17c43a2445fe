"""Other processes: subprocess, multiprocessing, and what `os` has of them."""

from __future__ import annotations

from stopcheck.boot.conduct import EndedError, Opaque, UndecidedError
from stopcheck.boot.python.library.shelf import Shelf
from stopcheck.boot.python.schedule import IGNORED
from stopcheck.boot.python.values import Instance, Library, RaisedError, Thing, Wait
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from stopcheck.boot.conduct import Kernel
    from stopcheck.boot.python.values import Steps

_PLAIN_OPTIONS = frozenset(
    {"args", "stdin", "stdout", "stderr", "text", "universal_newlines", "encoding", "errors", "bufsize", "close_fds",
     "check", "capture_output", "env", "cwd", "shell", "start_new_session", "process_group", "preexec_fn", "timeout",
     "input"}
)  # fmt: skip
"""What of Popen's options is understood."""
_LAST_WAIT = 0.25
"""Seconds that Popen.wait() gives a child after Ctrl+C, before that goes on (Lib/subprocess.py: sigint_timeout)."""


class Processes(Shelf):
    """See library.standard."""

    def kernel(self) -> Kernel:
        """Whom to ask for processes."""
        if self.around.kernel is None:
            raise UndecidedError("it has to do with other processes")
        return self.around.kernel

    def child(self, pid: int) -> Thing:
        """What is known of a child: its status, as waitpid(2) tells it, once it has ended.

        `open`: what it prints is read, and somebody is there who could write.
        """
        return self.children.setdefault(pid, Thing("child", {"status": None, "open": False}))

    def ended(self, pid: int, status: object) -> None:
        """A child has ended: with a status, or by a signal (negative)."""
        self.child(pid).fields["status"] = status
        if pid in self.watched:
            self.schedule.dormant = False

    # subprocess

    def subprocess_popen(self, args: object, *more: object, **named: Any) -> Thing:
        """subprocess.Popen()."""
        if more or not named.keys() <= _PLAIN_OPTIONS:
            raise UndecidedError("an option of Popen is not followed")
        ignored = self._ignored()
        env = named.get("env")
        told = env if isinstance(env, dict) else self.variables
        words = self._words(args, named.get("shell", False))
        piped = named.get("stdout") == Library("subprocess.PIPE") or named.get("capture_output") is True
        folder = self._folder(named.get("cwd"))
        pid = self.kernel().start(words, told, _session(named), ignored, folder, piped)
        if not pid:
            raise RaisedError("FileNotFoundError")
        self.child(pid).fields["open"] = piped
        output = Thing("childpipe", {"pid": pid})
        return Thing("Popen", {"pid": pid, "args": args, "returncode": None, "stdout": output, "stderr": output,
                               "locked": False})  # fmt: skip

    def _ignored(self) -> frozenset[str]:
        """The signals that a child ignores, as this program does."""
        if self.schedule.blocked:
            raise UndecidedError("what a child does with blocked signals is not followed")
        return frozenset(name for name, handler in self.schedule.handlers.items() if handler == IGNORED)

    def _folder(self, told: object) -> str:
        folder = self.folder if told is None else told
        if not isinstance(folder, str):
            raise UndecidedError("in which folder a child begins is not known")
        return folder

    def os_chdir(self, folder: object) -> None:
        """os.chdir()."""
        self.folder = folder

    def _words(self, args: object, shell: object) -> tuple[object, ...]:
        if shell is True:
            first = args[0] if isinstance(args, (list, tuple)) and args else args
            return ("/bin/sh", "-c", first)
        if isinstance(args, Opaque):
            raise UndecidedError("what it starts is not known")
        words = args if isinstance(args, (list, tuple)) else [args]
        return tuple(self._word(word) for word in words)

    def _word(self, word: object) -> object:
        if word == Library("sys.executable"):
            return self.around.interpreter
        if isinstance(word, Instance):
            raise UndecidedError("what it starts is not known")
        return word

    def popen_wait(self, popen: Thing, timeout: object = None) -> Steps:
        """Popen.wait(): Ctrl+C gives the child a moment more.

        While it waits without a limit it holds a lock, which a signal's handler that waits too does not get
        (Lib/subprocess.py, `_waitpid_lock`; facts rt.python3-wait-in-handler*).
        """
        fields = popen.fields
        status = self.child(fields["pid"]).fields

        def over() -> bool:
            return status["status"] is not None and (timeout is None or not fields["locked"])

        if timeout is None:
            yield Wait("lock", ready=lambda: not fields["locked"])
        fields["locked"] = fields["locked"] or timeout is None
        try:
            yield self.pause("child", timeout, over, (fields["pid"],))
        except RaisedError as error:
            if error.kind == "KeyboardInterrupt":
                yield self.pause("child", _LAST_WAIT, lambda: status["status"] is not None)
            raise
        finally:
            fields["locked"] = fields["locked"] and timeout is not None
        if self._told(popen) is None:
            raise RaisedError("subprocess.TimeoutExpired")
        return fields["returncode"]

    def _told(self, popen: Thing) -> object:
        """How it has ended; None where it has not, or where a `wait` that goes on has the say."""
        if not popen.fields["locked"]:
            popen.fields["returncode"] = self.child(popen.fields["pid"]).fields["status"]
        return popen.fields["returncode"]

    def popen_communicate(self, popen: Thing, _: object = None, timeout: object = None) -> Steps:
        """Popen.communicate(): what is printed is read to its end, before the child is waited for."""
        child = self.child(popen.fields["pid"])
        if child.fields["open"]:
            yield self.pause("child", timeout, lambda: not child.fields["open"], (popen.fields["pid"],))
            if child.fields["open"]:
                raise RaisedError("subprocess.TimeoutExpired")
        yield from self.popen_wait(popen, timeout)
        return (Opaque("output"), Opaque("errors"))

    def popen_poll(self, popen: Thing) -> object:
        """Popen.poll()."""
        return self._told(popen)

    def popen_send_signal(self, popen: Thing, signal: object) -> None:
        """Popen.send_signal()."""
        if self._told(popen) is None:
            self.kernel().send(popen.fields["pid"], self.known_signal(signal))

    def popen_terminate(self, popen: Thing) -> None:
        """Popen.terminate()."""
        self.popen_send_signal(popen, 15)

    def popen_kill(self, popen: Thing) -> None:
        """Popen.kill()."""
        self.popen_send_signal(popen, 9)

    def lines(self, value: Thing) -> Steps:
        """What is read of a child's output, line by line: nothing that is known, until it ends."""
        if value.kind != "childpipe":
            return value
        child = self.child(value.fields["pid"])
        yield Wait("child", ready=lambda: not child.fields["open"], whom=(value.fields["pid"],))
        return []

    def childpipe_readline(self, pipe: Thing) -> Steps:
        """Reads a line, of which nothing is known but the end."""
        yield from self.lines(pipe)
        return ""

    childpipe_read = childpipe_readline

    def _run(self, args: object, named: dict[str, Any]) -> Steps:
        """Start, and wait: an exception on the way kills the child (Lib/subprocess.py: run, call)."""
        timeout = named.pop("timeout", None)
        popen = self.subprocess_popen(args, **named)
        try:
            yield from self.popen_communicate(popen, None, timeout)
        except RaisedError as error:
            self.popen_kill(popen)
            if error.kind != "KeyboardInterrupt":
                yield from self.popen_wait(popen)
            raise
        return popen.fields["returncode"]

    def subprocess_run(self, args: object, *_: object, **named: Any) -> Steps:
        """subprocess.run()."""
        status = yield from self._run(args, named)
        if named.get("check") is True:
            self._checked(status)
        return Thing("completed", {"returncode": status, "stdout": Opaque("output"), "stderr": Opaque("errors")})

    def completed_check_returncode(self, completed: Thing) -> None:
        """CompletedProcess.check_returncode()."""
        self._checked(completed.fields["returncode"])

    def subprocess_call(self, args: object, *_: object, **named: Any) -> Steps:
        """subprocess.call()."""
        return (yield from self._run(args, named))

    def subprocess_check_call(self, args: object, *_: object, **named: Any) -> Steps:
        """subprocess.check_call()."""
        status = yield from self._run(args, named)
        self._checked(status)
        return status

    def subprocess_getoutput(self, command: object) -> Steps:
        """subprocess.getoutput()."""
        yield from self._run(command, {"shell": True, "stdout": Library("subprocess.PIPE")})
        return Opaque("output")

    def subprocess_getstatusoutput(self, command: object) -> Steps:
        """subprocess.getstatusoutput()."""
        status = yield from self._run(command, {"shell": True, "stdout": Library("subprocess.PIPE")})
        return (status, Opaque("output"))

    def subprocess_check_output(self, args: object, *_: object, **named: Any) -> Steps:
        """subprocess.check_output()."""
        self._checked((yield from self._run(args, {**named, "stdout": Library("subprocess.PIPE")})))
        return Opaque("output")

    def _checked(self, status: object) -> None:
        if isinstance(status, Opaque) and not self.decide(self.place):
            return
        if status != 0:
            raise RaisedError("subprocess.CalledProcessError")

    # asyncio

    def asyncio_create_subprocess_exec(self, *words: object, **named: Any) -> Thing:
        """asyncio.create_subprocess_exec()."""
        return Thing("awaitable", {"steps": self._begun(list(words), named)})

    def asyncio_create_subprocess_shell(self, command: object, **named: Any) -> Thing:
        """asyncio.create_subprocess_shell()."""
        return Thing("awaitable", {"steps": self._begun(command, {**named, "shell": True})})

    def _begun(self, words: object, named: dict[str, Any]) -> Steps:
        yield from ()
        popen = self.subprocess_popen(words, **named)
        self.watched.add(popen.fields["pid"])
        return Thing("aprocess", popen.fields)

    def aprocess_wait(self, process: Thing) -> Thing:
        """asyncio.subprocess.Process.wait()."""
        return Thing("awaitable", {"steps": self._over(process)})

    def _over(self, process: Thing) -> Steps:
        child = self.child(process.fields["pid"])
        yield Wait("await", ready=lambda: child.fields["status"] is not None, whom=(process.fields["pid"],))
        process.fields["returncode"] = child.fields["status"]
        return child.fields["status"]

    def aprocess_communicate(self, process: Thing, *_: object) -> Thing:
        """asyncio.subprocess.Process.communicate()."""
        return Thing("awaitable", {"steps": self._all_read(process)})

    def _all_read(self, process: Thing) -> Steps:
        child = self.child(process.fields["pid"])
        yield Wait("await", ready=lambda: not child.fields["open"], whom=(process.fields["pid"],))
        yield from self._over(process)
        return (Opaque("output"), Opaque("errors"))

    def aprocess_send_signal(self, process: Thing, signal: object) -> None:
        """asyncio.subprocess.Process.send_signal()."""
        if self.child(process.fields["pid"]).fields["status"] is not None:
            raise RaisedError("ProcessLookupError")
        self.kernel().send(process.fields["pid"], self.known_signal(signal))

    def aprocess_terminate(self, process: Thing) -> None:
        """asyncio.subprocess.Process.terminate()."""
        self.aprocess_send_signal(process, 15)

    def aprocess_kill(self, process: Thing) -> None:
        """asyncio.subprocess.Process.kill()."""
        self.aprocess_send_signal(process, 9)

    # os

    def os_getpid(self) -> object:
        """os.getpid()."""
        return self.around.kernel.pid() if self.around.kernel is not None else Opaque("os.getpid")

    def os_killpg(self, group: object, signal: object) -> None:
        """os.killpg()."""
        if not isinstance(group, int):
            raise UndecidedError("which process group it signals is not known")
        group = group or self.kernel().group_of(0)
        if not self.kernel().send(group, self.known_signal(signal), True):
            raise RaisedError("ProcessLookupError")

    def os_getpgid(self, pid: object) -> object:
        """os.getpgid()."""
        return self.kernel().group_of(pid) if isinstance(pid, int) else Opaque()

    def os_getpgrp(self) -> object:
        """os.getpgrp()."""
        return self.kernel().group_of(0)

    def os_fork(self) -> int:
        """os.fork(): of its threads the child has only the one that has called it."""
        pid = self.kernel().fork()
        if not pid:
            self.schedule.alone()
            self.children.clear()
            self.own = self.kernel().pid()
            for number in self.cells:
                self.cells[number] = self.kernel().look(number)
        else:
            self.child(pid)
        return pid

    def fork_worker(self) -> int:
        """A child of multiprocessing, where that is a fork."""
        if not self.around.forks:
            raise UndecidedError("its children are no forks")
        return self.os_fork()

    def os_waitpid(self, pid: object, options: object = 0) -> Steps:
        """os.waitpid()."""
        if not isinstance(pid, int):
            raise UndecidedError("which child it waits for is not known")
        fields = [self.child(pid).fields] if pid > 0 else [one.fields for one in self.children.values()]
        waited = [one for one in fields if not one.get("waited")]
        if not waited:
            raise RaisedError("ChildProcessError")
        if options == 0:
            numbers = tuple(number for number, one in self.children.items() if one.fields in waited)
            yield Wait("child", ready=lambda: any(one["status"] is not None for one in waited), whom=numbers)
        over = next((one for one in waited if one["status"] is not None), None)
        if over is None:
            return (0, 0)
        over["waited"] = True
        number = next(number for number, one in self.children.items() if one.fields is over)
        status = over["status"]
        return (number, status << 8 if isinstance(status, int) and status >= 0 else Opaque("a status"))

    def os_wexitstatus(self, status: object) -> object:
        """os.WEXITSTATUS()."""
        return status >> 8 & 255 if isinstance(status, int) else Opaque()

    def os_waitstatus_to_exitcode(self, status: object) -> object:
        """os.waitstatus_to_exitcode()."""
        return status >> 8 & 255 if isinstance(status, int) and not status & 255 else Opaque()

    def os_wait(self) -> Steps:
        """os.wait()."""
        return (yield from self.os_waitpid(-1))

    def os_system(self, command: object) -> Steps:
        """os.system(): it ignores SIGINT and SIGQUIT meanwhile (system(3))."""
        handlers = self.schedule.handlers
        before = {name: handlers.get(name) for name in ("INT", "QUIT")}
        pid = self.kernel().start(("/bin/sh", "-c", command), self.variables)
        handlers.update(INT=IGNORED, QUIT=IGNORED)
        child = self.child(pid)
        yield Wait("system", ready=lambda: child.fields["status"] is not None, whom=(pid,))
        for name, handler in before.items():
            if handler is None:
                handlers.pop(name)
            else:
                handlers[name] = handler
        status = child.fields["status"]
        return status << 8 if isinstance(status, int) and status >= 0 else status

    def os_execvp(self, _: object, words: object, *__: object) -> None:
        """os.execvp() and its like, with a list of words."""
        if not isinstance(words, (list, tuple)):
            raise UndecidedError("what it becomes is not known")
        self.kernel().become(tuple(map(self._word, words)), self.variables, self._ignored())
        raise RaisedError("FileNotFoundError")

    os_execv = os_execvpe = os_execve = os_execvp

    def os_execlp(self, _: object, *words: object) -> None:
        """os.execlp() and its like, with the words one by one."""
        self.os_execvp(None, words)

    os_execl = os_execlp

    def os_setsid(self) -> None:
        """os.setsid(): PID 1 leads a session already."""
        kernel = self.around.kernel
        if self.around.first and (kernel is None or kernel.pid() == 1):
            raise RaisedError("PermissionError")
        raise UndecidedError("that it leaves its session is not followed")

    os_setpgrp = os_setsid

    # multiprocessing

    def multiprocessing_process(self, *arguments: Any, **named: Any) -> Thing:
        """multiprocessing.Process()."""
        told = dict(zip(("group", "target", "name", "args", "kwargs"), arguments, strict=False)) | dict(named)
        return Thing("Process", {"target": told.get("target"), "args": told.get("args", ()), "exitcode": None,
                                 "kwargs": told.get("kwargs") or {}, "daemon": told.get("daemon", False)})  # fmt: skip

    def process_start(self, process: Thing) -> Steps:
        """Process.start(): a fork that carries out the function, with the handlers of its parent."""
        fields = process.fields
        instance = fields.get("self")
        daemon = instance.fields.get("daemon", False) if isinstance(instance, Instance) else fields["daemon"]
        if isinstance(instance, Instance) and instance.kind.member("run") is not None:
            target, arguments = self.evaluator.attribute(instance, "run"), ()
            named: Mapping[str, Any] = {}
        else:
            target, arguments, named = fields.get("target"), tuple(fields.get("args", ())), fields.get("kwargs") or {}
        pid = self.fork_worker()
        if pid:
            self.workers.append((pid, daemon is True))
            fields["pid"] = pid
            return
        self.workers.clear()
        self.exits.clear()
        self.pools.clear()
        status = 0
        try:
            yield from self.evaluator.call(target, arguments, named)
        except RaisedError as error:
            status = status_of(error)
        raise EndedError(status)

    def process_join(self, process: Thing, timeout: object = None) -> Steps:
        """Process.join()."""
        child = self.child(process.fields["pid"])
        pid = process.fields["pid"]
        yield self.pause("child", timeout, lambda: child.fields["status"] is not None, (pid,))
        process.fields["exitcode"] = child.fields["status"]

    def process_is_alive(self, process: Thing) -> bool:
        """Process.is_alive()."""
        process.fields["exitcode"] = self.child(process.fields["pid"]).fields["status"]
        return process.fields["exitcode"] is None

    def process_terminate(self, process: Thing) -> None:
        """Process.terminate()."""
        if self.process_is_alive(process):
            self.kernel().send(process.fields["pid"], "TERM")

    def process_kill(self, process: Thing) -> None:
        """Process.kill()."""
        if self.process_is_alive(process):
            self.kernel().send(process.fields["pid"], "KILL")

    def workers_over(self) -> Steps:
        """What multiprocessing does at the end: daemons are terminated, all are waited for (util._exit_function)."""
        for pid, daemon in self.workers:
            if daemon and self.child(pid).fields["status"] is None:
                self.kernel().send(pid, "TERM")
        left = [self.child(pid) for pid, _ in self.workers]
        if left:
            numbers = tuple(pid for pid, _ in self.workers)
            yield Wait("child", ready=lambda: all(one.fields["status"] is not None for one in left), whom=numbers)


def status_of(error: RaisedError) -> int:
    """What a child of multiprocessing ends with that has raised something (Lib/multiprocessing/process.py)."""
    code = error.value if error.kind == "SystemExit" else 1
    return 0 if code is None else code & 255 if isinstance(code, int) else 1


def _session(named: Mapping[str, Any]) -> str:
    """Which session or process group a child begins."""
    before = named.get("preexec_fn")
    if named.get("start_new_session") is True or before == Library("os.setsid"):
        return "session"
    if named.get("process_group") == 0 or before in (Library("os.setpgrp"), Library("os.setpgid")):
        return "group"
    if before is not None or named.get("process_group") is not None:
        raise UndecidedError("what is done before a child begins is not followed")
    return ""
