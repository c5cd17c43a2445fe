"""What Node.js does for a program, as far as that matters for how it waits (nodejs.org/api).

A function of it is a method here by its dotted name (`process.exit` is `process_exit`), and so is a method of one of
its objects (`server.listen` is `server_listen`). What has no method, and is in nothing in which nothing waits, is
undecided.
"""

from __future__ import annotations

import posixpath
from types import GeneratorType

from stopcheck.boot.conduct import EndedError, Opaque, SpoiltEndError, UndecidedError
from stopcheck.boot.javascript.library.channels import Channels
from stopcheck.boot.javascript.library.collections import COLLECTIONS, Collections
from stopcheck.boot.javascript.library.shelf import gives, is_called
from stopcheck.boot.javascript.objects import line
from stopcheck.boot.javascript.values import (
    ABSENT,
    UNDEFINED,
    Builtin,
    Class,
    Function,
    List,
    Promise,
    Scope,
    Thing,
    ThrownError,
    value_of,
)
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import clean, folders_above
from stopcheck.knowledge.javascript import runtime

if TYPE_CHECKING:
    from typing import Any

    from stopcheck.boot.javascript.values import Steps

_GLOBALS = frozenset(
    [
        *("Promise", "AbortController", "fetch", "globalThis", "queueMicrotask", "require", "process", "setImmediate"),
        *("clearImmediate", "setTimeout", "setInterval", "clearTimeout", "clearInterval"),
    ]
)
_MODULES = frozenset(
    [
        *(
            "child_process",
            "cluster",
            "dgram",
            "events",
            "fs",
            "fs/promises",
            "http",
            "http2",
            "https",
            "net",
            "process",
            "readline",
            "timers",
        ),
        *("timers/promises", "tls"),
    ]
)
"""Modules of which something is followed; in the rest of those that are known nothing waits."""
_OF_MODULES = frozenset({"import_statement", "export_statement"})
_OF_SCRIPTS = ("require", "module", "exports", "__dirname", "__filename")
"""Names that each file has, but for ECMAScript's modules."""
_META = "import.meta"
"""What they have instead (nodejs.org/api/esm.html)."""
_VARIABLE = 0x04
"""In a function's flags: it takes any number of arguments (inspect.CO_VARARGS, whose import takes long)."""
_KINDS = {"events": "emitter", "events.EventEmitter": "emitter", **dict.fromkeys(("AbortController",), "controller")}


class Node(Channels, Collections):
    """Node.js, for one run of a program."""

    # What the evaluator asks

    def is_known(self, name: str) -> bool:
        """Whether a name is one of the language's or of Node.js's."""
        own = name not in runtime().others and runtime().takes_no_time(name)
        return own or name in _GLOBALS or name in runtime().errors

    def known(self, name: str) -> object:
        """A name that the program has not defined."""
        if name == "process":
            return self.process
        constants = {"Infinity": float("inf"), "NaN": float("nan"), "__dirname": Opaque(), "__filename": Opaque()}
        if name in constants:
            return constants[name]
        if name in runtime().present:
            raise UndecidedError(f"{name} is not followed")
        if not self.is_known(name):
            raise ThrownError(self.error("ReferenceError"))
        return Builtin(name)

    def member(self, owner: Any, name: str) -> Any:
        """`owner.name`, of what is not of the program's own making."""
        if name == "isTTY" and (isinstance(owner, Builtin) or (isinstance(owner, Thing) and owner.kind)):
            return UNDEFINED  # a container has no terminal unless it is asked for one
        if isinstance(owner, (Builtin, Function, Class)) and name in {"bind", "call", "apply"}:
            return Builtin(f"function.{name}", owner)
        if isinstance(owner, Builtin):
            return self._of_builtin(owner, name)
        if isinstance(owner, Promise):
            return Builtin(f"promise.{name}", owner)
        if isinstance(owner, List):
            if name.isdecimal():
                return owner.items[int(name)] if int(name) < len(owner.items) else UNDEFINED
            return len(owner.items) if name == "length" else Builtin(f"list.{name}", owner)
        if isinstance(owner, str):
            return len(owner) if name == "length" else Builtin(f"string.{name}", owner)
        if isinstance(owner, Thing):
            if owner.kind == "process":
                return self._of_process(name)
            if owner.kind or name in runtime().quiet:
                return Builtin(f"{owner.kind}.{name}", owner)
            return UNDEFINED
        return Opaque(name)

    def _of_builtin(self, owner: Builtin, name: str) -> Any:
        if owner.path == "process.env":
            if self.env_open and name not in self.variables:
                return Opaque(name)
            if name not in self.variables:
                self.asked[name] = None
            return self.variables.get(name, UNDEFINED)
        if owner.path == "cluster" and name != "default":
            return self.of_cluster(name)
        if owner.path == "require" and name == "main":
            return self.modules["$main"]
        if owner.path in {"events", "events.EventEmitter"} and name in {"EventEmitter", "default"}:
            return Builtin("events.EventEmitter")
        if name == "default":
            return owner
        if owner.path == "fs" and name == "promises":
            return Builtin("fs/promises")
        if owner.path == "timers" and name == "promises":
            return Builtin("timers/promises")
        if owner.path in {"timers", "globalThis"} and self.is_known(name):
            return self.known(name)
        return Builtin(f"{owner.path}.{name}", owner)

    def _of_process(self, name: str) -> Any:
        known: dict[str, Any] = {
            "argv": List(["node", *self.around.arguments]), "platform": "linux", "stdin": self.input,
            "env": Builtin("process.env"), "exitCode": UNDEFINED, "default": self.process,
            "connected": self.channel is not None,
        }  # fmt: skip
        if name in {"send", "disconnect", "channel"} and self.channel is None:
            return UNDEFINED
        return known.get(name, Builtin(f"process.{name}", self.process))

    def put(self, owner: Builtin, name: str, value: Any) -> None:
        """`owner.name = value`."""
        if owner.path == "process.env":
            self.variables[name] = value

    def kind_of(self, kind: Class) -> str:
        """What the runtime makes of an object of a class of the program's own."""
        base = line(kind)[-1].base
        if base is None:
            return ""
        path = base.path if isinstance(base, Builtin) else ""
        if path in runtime().errors:
            return "error"
        if path in _KINDS:
            return _KINDS[path]
        raise UndecidedError("what its class extends is not followed")

    def make(self, kind: Any, arguments: tuple[Any, ...]) -> Steps:
        """`new kind(…)`, of what is not of the program's own making."""
        path = kind.path if isinstance(kind, Builtin) else ""
        if path == "Promise":
            promise = Promise()
            try:
                yield from self.evaluator.call(
                    arguments[0], (Builtin("$resolve", promise), Builtin("$reject", promise))
                )
            except ThrownError as error:
                self.loop.settle(promise, "broken", error.value)
            return promise
        if path in {"URL", "url.URL"}:
            return self._url(*arguments)
        if path == "AbortController":
            return Thing("controller", {"signal": Thing("abort", {"aborted": False})})
        if path in _KINDS:
            return Thing(_KINDS[path])
        if path in COLLECTIONS:
            return (yield from self.collection(path, *arguments[:1]))
        if path in runtime().errors:
            return self.error(path, arguments[0] if arguments else "")
        if isinstance(kind, Function):
            made = Thing()
            yield from self.evaluator.call(Builtin("function.call", kind), (made, *arguments))
            return made
        if path in runtime().servers:
            return Thing("server")
        if path in runtime().apps:
            return Thing("app")
        return self._plainly(path, arguments) if path else Opaque()

    def call(self, function: Any, arguments: tuple[Any, ...]) -> Steps:
        """Calls something that is not of the program's own making."""
        if not isinstance(function, Builtin):
            if isinstance(function, Opaque) and not gives(arguments):
                return Opaque()
            raise UndecidedError("what it calls is not known")
        path = function.path
        if path == "$bound":
            return (yield from self.evaluator.call(function.owner[0], (*function.owner[1], *arguments)))
        if path in {"$resolve", "$reject"}:
            value = arguments[0] if arguments else UNDEFINED
            self.loop.settle(function.owner, "kept" if path == "$resolve" else "broken", value)
            return UNDEFINED
        if path in runtime().servers:
            return Thing("server")
        if path in runtime().apps:
            return Thing("app")
        told = getattr(self, path.replace(".", "_").replace("/", "_").lower(), None)
        if told is None and path.startswith("app."):
            return function.owner  # nobody asks it for anything
        if told is None:
            return self._plainly(path, arguments)
        given = (function.owner, *arguments) if function.owner is not None else arguments
        most = told.__code__.co_argcount - 1
        if not told.__code__.co_flags & _VARIABLE:
            given = given[:most]  # what is given beyond its parameters, a function does not see
        if len(given) < most - len(told.__defaults__ or ()):
            raise UndecidedError(f"a call of {path} is not followed")
        result = told(*given)
        return (yield from result) if isinstance(result, GeneratorType) else result

    def _plainly(self, path: str, arguments: tuple[Any, ...]) -> object:
        kind, _, name = path.rpartition(".")
        if path in runtime().errors:
            return self.error(path)
        if (
            kind in {"server", "udp", "timer", "input", "emitter", "error", "watcher", "lines", "stream", "child"}
            and name in runtime().quiet
        ):
            return UNDEFINED
        if gives(arguments) and not path.startswith("console."):
            raise UndecidedError(f"{path} is not followed")
        if kind in {"string", "list"} or runtime().takes_no_time(path):
            return UNDEFINED if path.startswith("console.") else Opaque(path)
        raise UndecidedError(f"{path} is not followed")

    # Modules

    def load(self, name: str) -> Any:
        """What `require(name)` gives."""
        if name.startswith((".", "/")):
            return self._own(name)
        plain = name.removeprefix("node:")
        if plain == "process":
            return self.process
        if plain in _MODULES or runtime().takes_no_time(plain.replace("/", ".")):
            return Builtin(plain)
        raise UndecidedError(f"it uses {name}")

    def require(self, name: object = UNDEFINED) -> Any:
        """require()."""
        if not isinstance(name, str):
            raise UndecidedError("it loads what is only known as it runs")
        return self.load(name)

    def _own(self, name: str) -> Any:
        place = clean(posixpath.join(self.folders[-1], name))
        paths = [f"{place}{end}" for end in ("", ".js", ".mjs", ".cjs", ".json", ".node", "/index.js", "/package.json")]
        for path in paths:
            if path in self.modules:
                return self.modules[path].fields["exports"]
            tree = self.around.module(path)
            if tree is not None:
                return self._carried_out(path, tree)
            data = self.around.data(path)
            if data is not None:
                return value_of(data)
        if all(map(self.around.missing, paths)):
            error = self.error("Error", f"Cannot find module '{name}'")
            error.fields["code"] = "MODULE_NOT_FOUND"
            raise ThrownError(error)
        raise UndecidedError(f"it needs {name}")

    def read(self, path: str, tree: Any) -> None:
        """Refuses a file that is told to be no module, and imports all the same; nothing of it is run."""
        statement = next((one for one in tree.named_children if one.type in _OF_MODULES), None)
        if statement is not None and (
            path.endswith(".cjs") or (path.endswith(".js") and self._package_type(path) == "commonjs")
        ):
            self.evaluator.line = statement.start_point[0] + 1
            raise ThrownError(self.error("SyntaxError"))

    def _carried_out(self, path: str, tree: Any) -> Any:
        self.read(path, tree)
        scope, module = self.scope(path)
        self.modules[path] = module
        self.folders.append(posixpath.dirname(path))
        steps = self.evaluator.whole(tree, scope)
        promise = self.loop.start(steps)
        promise.seen = True
        self.folders.pop()
        if promise.state == "broken":
            raise ThrownError(promise.value)
        if promise.state == "pending":
            raise UndecidedError("a module waits as it is loaded")
        exports = module.fields["exports"]
        if isinstance(exports, Thing) and not exports.fields:
            hidden = (*_OF_SCRIPTS, _META)
            exports.fields |= {key: value for key, value in scope.names.items() if key not in hidden}
        return module.fields["exports"]

    def scope(self, path: str) -> tuple[Scope, Thing]:
        """The names that a file begins with, and its module."""
        exports = Thing()
        module = Thing("", {"exports": exports, "filename": path})
        if self._is_ecmascript(path):
            meta = Thing("", {"url": f"file://{path}", "filename": path, "dirname": posixpath.dirname(path)})
            return Scope({"this": UNDEFINED, _META: meta, **dict.fromkeys(_OF_SCRIPTS, ABSENT)}), module
        place = {"__filename": path, "__dirname": posixpath.dirname(path)}
        return Scope({"module": module, "exports": exports, "this": exports, **place}), module

    def _is_ecmascript(self, path: str) -> bool:
        """Whether a file is a module in which `require` is not defined (nodejs.org/api/esm.html, Enabling)."""
        if not path.endswith(".js"):
            return path.endswith(".mjs")
        return bool(self._package_type(path) == "module")

    def _package_type(self, path: str) -> Any:
        """What the nearest package.json says that its files are."""
        for folder in (*folders_above(path), "/"):
            package = self.around.data(posixpath.join(folder, "package.json"))
            if package is not None:
                return package.get("type") if isinstance(package, dict) else None
        return None

    # process

    def process_exit(self, process: Thing, code: object = UNDEFINED) -> None:
        """process.exit()."""
        told = process.fields["exitCode"] if code is UNDEFINED else code
        told = self.number(told) if isinstance(told, str) else told
        if told is not UNDEFINED and told is not None and not isinstance(told, int):
            raise SpoiltEndError
        raise EndedError(int(told) & 255 if isinstance(told, int) else 0)

    def process_nexttick(self, _: Thing, function: Any, *arguments: Any) -> None:
        """process.nextTick()."""
        self.later(function, arguments)

    def process_on(self, process: Thing, name: object, function: Any = UNDEFINED) -> Thing:
        """process.on()."""
        if not isinstance(name, str):
            raise UndecidedError("which signal it handles is not known")
        if name == "beforeExit":
            raise UndecidedError("what it does before it ends is not followed")
        self.listen(process, name, function)
        self.hears(name)
        return process

    process_addlistener = process_prependlistener = process_on

    def process_once(self, process: Thing, name: object, function: Any = UNDEFINED) -> Thing:
        """process.once()."""
        if not isinstance(name, str):
            raise UndecidedError("which signal it handles is not known")
        self.listen(process, name, function, once=True)
        self.hears(name)
        return process

    def process_off(self, process: Thing, name: object = UNDEFINED, function: Any = UNDEFINED) -> Thing:
        """process.off()."""
        return self.emitter_off(process, name, function)

    process_removelistener = process_off

    def process_removealllisteners(self, process: Thing, name: object = UNDEFINED) -> Thing:
        """process.removeAllListeners()."""
        return self.emitter_removealllisteners(process, name)

    def process_emit(self, process: Thing, name: object = UNDEFINED, *arguments: Any) -> Steps:
        """process.emit()."""
        return (yield from self.emitter_emit(process, name, *arguments))

    def input_on(self, thing: Thing, name: object, function: Any = UNDEFINED) -> Thing:
        """process.stdin.on(): a container's standard input is at its end."""
        if name in {"end", "close"}:
            self.later(function)
        return thing

    input_once = input_addlistener = input_on

    def input_resume(self, thing: Thing) -> Thing:
        """process.stdin.resume()."""
        return thing

    input_unref = input_resume

    # Timers

    def settimeout(self, function: Any = UNDEFINED, milliseconds: Any = UNDEFINED, *arguments: Any) -> Thing:
        """setTimeout()."""
        return self.timer(function, milliseconds, arguments)

    def setinterval(self, function: Any = UNDEFINED, milliseconds: Any = UNDEFINED, *arguments: Any) -> Thing:
        """setInterval()."""
        return self.timer(function, milliseconds, arguments, again=True)

    def setimmediate(self, function: Any = UNDEFINED, *arguments: Any) -> Thing:
        """setImmediate()."""
        return self.timer(function, 0, arguments)

    def queuemicrotask(self, function: Any) -> None:
        """queueMicrotask()."""
        self.later(function)

    def cleartimeout(self, timer: Any = UNDEFINED) -> None:
        """clearTimeout()."""
        if isinstance(timer, Opaque) and self.loop.timers:
            raise UndecidedError("which timer it clears is not known")
        made = timer.fields.get("timer") if isinstance(timer, Thing) else None
        if made in self.loop.timers:
            self.loop.timers.remove(made)
        if made is not None:
            made.every = None

    clearinterval = clearimmediate = cleartimeout

    def timer_unref(self, timer: Thing) -> Thing:
        """Timeout.unref()."""
        timer.fields["timer"].keeps = False
        return timer

    def timers_promises_settimeout(
        self, _: Any, milliseconds: Any = UNDEFINED, value: Any = UNDEFINED, options: Any = UNDEFINED, *__: Any
    ) -> Promise:
        """setTimeout() of timers/promises."""
        promise = Promise()
        timer = self.timer(Builtin("$resolve", promise), milliseconds, (value,))
        if self.option(options, "ref") is False:
            self.timer_unref(timer)
        self.abortable(promise, options, Builtin("$bound", (Builtin("clearTimeout"), (timer,))))
        return promise

    def option(self, options: Any, name: str) -> Any:
        """What an object of options says."""
        if isinstance(options, Opaque):
            raise UndecidedError("what it is told is not known")
        return options.fields.get(name, UNDEFINED) if isinstance(options, Thing) else UNDEFINED

    def abortable(self, promise: Promise, options: Any, clean: Any = UNDEFINED) -> None:
        """`{ signal }`: once that is aborted, a promise is broken, and what would have kept it is given up."""
        signal = self.option(options, "signal")
        if signal is UNDEFINED or signal is None:
            return
        if not isinstance(signal, Thing) or signal.kind != "abort":
            raise UndecidedError("what aborts it is not known")
        error = self.error("AbortError", "The operation was aborted")
        error.fields["code"] = "ABORT_ERR"
        if signal.fields["aborted"]:
            self.later(clean)
            self.loop.settle(promise, "broken", error)
            return
        self.listen(signal, "abort", Builtin("$bound", (Builtin("$reject", promise), (error,))))
        self.listen(signal, "abort", clean)

    def util_promisify(self, _: Any, function: Any = UNDEFINED) -> object:
        """util.promisify()."""
        if function == Builtin("setTimeout"):
            return Builtin("timers/promises.setTimeout", function)
        raise UndecidedError("util.promisify is not followed")

    # Events

    def emitter_on(self, emitter: Thing, name: object, function: Any = UNDEFINED) -> Thing:
        """EventEmitter.on()."""
        return self.listen(emitter, name, function)

    emitter_addlistener = emitter_on
    server_on = server_once = server_addlistener = udp_on = udp_once = emitter_on

    def emitter_once(self, emitter: Thing, name: object, function: Any = UNDEFINED) -> Thing:
        """EventEmitter.once()."""
        return self.listen(emitter, name, function, once=True)

    def emitter_off(self, emitter: Thing, name: object = UNDEFINED, function: Any = UNDEFINED) -> Thing:
        """EventEmitter.off()."""
        listeners = emitter.fields.setdefault("listeners", {})
        if isinstance(name, str):
            kept = [one for one in listeners.get(name, ()) if one[0] is not function]
            listeners[name] = kept
        return emitter

    emitter_removelistener = emitter_off

    def emitter_removealllisteners(self, emitter: Thing, name: object = UNDEFINED) -> Thing:
        """EventEmitter.removeAllListeners()."""
        listeners = emitter.fields.setdefault("listeners", {})
        for key in [name] if isinstance(name, str) else list(listeners):
            listeners[key] = []
        return emitter

    def emitter_emit(self, emitter: Thing, name: object = UNDEFINED, *arguments: Any) -> Steps:
        """EventEmitter.emit()."""
        if not isinstance(name, str):
            raise UndecidedError("which event it emits is not known")
        return (yield from self.emit(emitter, name, *arguments))

    def events_once(
        self, _: Any, emitter: Any = UNDEFINED, name: object = UNDEFINED, options: Any = UNDEFINED, *__: Any
    ) -> Promise:
        """events.once()."""
        if not isinstance(emitter, Thing) or not isinstance(name, str):
            raise UndecidedError("what it waits for is not known")
        promise = Promise()
        self.listen(emitter, name, Builtin("$resolve", promise), once=True)
        self.abortable(promise, options)
        return promise

    def controller_abort(self, controller: Thing, *_: Any) -> Steps:
        """AbortController.abort()."""
        signal = controller.fields["signal"]
        signal.fields["aborted"] = True
        yield from self.emit(signal, "abort")
        return UNDEFINED

    def abort_addeventlistener(self, signal: Thing, name: object, function: Any = UNDEFINED, *_: Any) -> None:
        """AbortSignal.addEventListener()."""
        self.listen(signal, name, function)

    def dotenv_config(self, *_: Any) -> object:
        """config() of dotenv: it looks for a file `.env`, and sets what that has."""
        self.env_open = self.env_open or not self.around.missing(".env")
        return Opaque("dotenv.config")

    # Servers, sockets, files

    def server_listen(self, server: Thing, *arguments: Any) -> Thing:
        """server.listen(): it keeps the process alive."""
        self.loop.handles[id(server)] = server
        for one in arguments:
            signal = one.fields.get("signal") if isinstance(one, Thing) else None
            if isinstance(signal, Thing):
                self.listen(signal, "abort", Builtin("server.close", server))
            if is_called(one):
                self.later(one)
        self.later(Builtin("server.emit", server), ("listening",))
        self.listens()
        return server

    server_emit = emitter_emit

    def app_listen(self, _: Thing, *arguments: Any) -> Thing:
        """app.listen() of Express and its like: a server of node:http."""
        return self.server_listen(Thing("server"), *arguments)

    def server_close(self, server: Thing, function: Any = UNDEFINED) -> Thing:
        """server.close(): nobody is connected."""
        was_open = self.loop.handles.pop(id(server), None) is not None
        self.later(function, () if was_open else (self.error("Error"),))
        for one, _ in server.fields.get("listeners", {}).get("close", ()) if was_open else ():
            self.later(one)
        return server

    def server_unref(self, server: Thing) -> Thing:
        """server.unref()."""
        self.loop.handles.pop(id(server), None)
        return server

    udp_close, udp_unref = server_close, server_unref

    def dgram_createsocket(self, *_: Any) -> Thing:
        """dgram.createSocket()."""
        return Thing("udp")

    def udp_bind(self, socket: Thing, *arguments: Any) -> Thing:
        """socket.bind()."""
        return self.server_listen(socket, *arguments)

    def fetch(self, *_: Any) -> Promise:
        """fetch(): who is asked may be there or not."""
        return (
            self.promised(Opaque("fetch"))
            if self.decide(self.place)
            else self.promised(self.error("TypeError"), "broken")
        )

    def readline_createinterface(self, *_: Any) -> Thing:
        """readline.createInterface(): what it reads is at its end."""
        return Thing("lines")

    def lines_on(self, lines: Thing, name: object, function: Any = UNDEFINED) -> Thing:
        """readline.Interface.on()."""
        if name == "close":
            self.later(function)
        return lines

    def lines_close(self, _: Thing) -> None:
        """readline.Interface.close()."""

    def _is_missing(self, name: object) -> bool:
        return isinstance(name, str) and name not in self.written and self.around.missing(name)

    def fs_readfilesync(self, _: Any, name: object = UNDEFINED, *__: Any) -> object:
        """fs.readFileSync()."""
        if self._is_missing(name):
            raise ThrownError(self.error("Error"))
        return Opaque("a file")

    def fs_existssync(self, _: Any, name: object = UNDEFINED) -> bool:
        """fs.existsSync()."""
        return not self._is_missing(name) and self.decide(self.place)

    def fs_writefilesync(self, _: Any, *arguments: Any) -> object:
        """fs.writeFileSync(), and what else does something to files at once."""
        self.written |= {one for one in arguments if isinstance(one, str)}
        return UNDEFINED

    fs_appendfilesync = fs_copyfilesync = fs_mkdirsync = fs_renamesync = fs_rmsync = fs_writefilesync
    fs_unlinksync = fs_chmodsync = fs_symlinksync = fs_writefilesync

    def fs_readdirsync(self, *_: Any) -> object:
        """fs.readdirSync()."""
        return Opaque("names")

    fs_statsync = fs_readdirsync

    def fs_readfile(self, _: Any, name: object = UNDEFINED, *rest: Any) -> None:
        """fs.readFile()."""
        failed = self._is_missing(name)
        self.later(rest[-1] if rest else UNDEFINED, (self.error("Error"),) if failed else (None, Opaque("a file")))

    def fs_writefile(self, _: Any, *arguments: Any) -> None:
        """fs.writeFile(), and what else does something to files later."""
        self.written |= {one for one in arguments if isinstance(one, str)}
        self.later(arguments[-1] if arguments else UNDEFINED, (None,))

    fs_appendfile = fs_mkdir = fs_unlink = fs_writefile

    def fs_promises_readfile(self, _: Any, name: object = UNDEFINED, *__: Any) -> Promise:
        """readFile() of fs/promises."""
        if self._is_missing(name):
            return self.promised(self.error("Error"), "broken")
        return self.promised(Opaque("a file"))

    def fs_promises_writefile(self, _: Any, *arguments: Any) -> Promise:
        """writeFile() of fs/promises, and its like."""
        self.written |= {one for one in arguments if isinstance(one, str)}
        return self.promised()

    fs_promises_mkdir = fs_promises_appendfile = fs_promises_unlink = fs_promises_rm = fs_promises_writefile

    def fs_watch(self, *_: Any) -> Thing:
        """fs.watch(): it keeps the process alive."""
        watcher = Thing("watcher")
        self.loop.handles[id(watcher)] = watcher
        return watcher

    fs_watchfile = fs_watch

    def watcher_on(self, watcher: Thing, *_: Any) -> Thing:
        """fs.FSWatcher.on()."""
        return watcher

    watcher_close = server_close

    # The rest

    def path_join(self, _: Any, *parts: Any) -> object:
        """path.join()."""
        known = parts and all(isinstance(part, str) for part in parts)
        return clean("/".join(filter(None, parts))) if known else Opaque("a path")

    def path_dirname(self, _: Any, path: object = UNDEFINED, *__: Any) -> object:
        """path.dirname()."""
        return posixpath.dirname(path) or "." if isinstance(path, str) else Opaque("a path")

    def url_fileurltopath(self, _: Any, url: object = UNDEFINED, *__: Any) -> object:
        """url.fileURLToPath()."""
        told = url.fields.get("href") if isinstance(url, Thing) else url
        plain = isinstance(told, str) and told.startswith("file:///") and "%" not in told
        return str(told).removeprefix("file://") if plain else Opaque("a path")

    def _url(self, url: object = UNDEFINED, base: object = UNDEFINED, *_: Any) -> object:
        """new URL(): that of a file, from where a module stands."""
        told = base.fields.get("href") if isinstance(base, Thing) else base
        if not isinstance(url, str) or not isinstance(told, str) or not told.startswith("file:///") or ":" in url:
            return Opaque("a URL")
        path = clean(posixpath.join(posixpath.dirname(told.removeprefix("file://")), url))
        return Thing("", {"href": f"file://{path}", "pathname": path, "protocol": "file:"})

    def os_cpus(self, *_: Any) -> List:
        """os.cpus(): two stand for as many as there are."""
        return List([Opaque("a processor"), Opaque("a processor")])

    def os_availableparallelism(self, *_: Any) -> int:
        """os.availableParallelism()."""
        return 2

    def path_resolve(self, _: Any, *parts: Any) -> object:
        """path.resolve(), from a folder that is known."""
        known = parts and all(isinstance(part, str) for part in parts) and parts[0].startswith("/")
        return clean(posixpath.join(*parts)) if known else Opaque("a path")

    def date_now(self, *_: Any) -> float:
        """Date.now()."""
        return 1_700_000_000_000.0 + self.loop.clock * 1000
