"""What Node.js does for a program, as far as that matters for how it waits (nodejs.org/api).

A function of it is a method here by its dotted name (`process.exit` is `process_exit`), and so is a method of one of
its objects (`server.listen` is `server_listen`). What has no method, and is in nothing in which nothing waits, is
undecided.
"""

from __future__ import annotations

import posixpath
from types import GeneratorType

from stopcheck.boot.conduct import Opaque, UndecidedError
from stopcheck.boot.javascript.library.collections import COLLECTIONS, Collections
from stopcheck.boot.javascript.library.files import Files
from stopcheck.boot.javascript.library.own_process import OwnProcess
from stopcheck.boot.javascript.library.servers import Servers
from stopcheck.boot.javascript.library.shelf import gives
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


class Node(OwnProcess, Servers, Files, Collections):
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
