"""What the standard library does for a program, as far as that matters for how it waits (docs.python.org/3/library).

A function of it is a method here by its dotted name (`time.sleep` is `time_sleep`), and so is a method of one of its
objects (`Event.wait` is `event_wait`). What has no method, and is in no module in which nothing waits, is undecided.
"""

from __future__ import annotations

import builtins
import sys
from types import GeneratorType

from stopcheck.boot.conduct import Opaque, UndecidedError
from stopcheck.boot.python.library.arguments import Arguments
from stopcheck.boot.python.library.builtin import Builtins
from stopcheck.boot.python.library.loops import Loops
from stopcheck.boot.python.library.pools import Pools
from stopcheck.boot.python.library.servers import Servers
from stopcheck.boot.python.library.shared import VALUE
from stopcheck.boot.python.library.shelf import PLAIN, is_called
from stopcheck.boot.python.library.signals import Signals
from stopcheck.boot.python.values import ALIASES, FOREVER, Instance, Library, Method, RaisedError, Scope, Thing, Wait
from stopcheck.boot.signals import NUMBERS
from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge.python import standard_library

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from stopcheck.boot.python.values import Steps

_KINDS = {"threading.Event": "Event", "threading.Thread": "Thread", "threading.Timer": "Thread",
          "multiprocessing.Process": "Process"}  # fmt: skip


class Standard(Builtins, Arguments, Signals, Servers, Loops, Pools):
    """The standard library, for one run of a program."""

    # What the evaluator asks

    def busy(self) -> Wait:
        """What a loop without a pause comes to."""
        return Wait("busy", self.clock() + 1.0)

    def load(self, name: str) -> Steps:
        """A module: the program's own is carried out."""
        if name in self.modules:
            return self.modules[name]
        above, _, last = name.rpartition(".")
        outer = (yield from self.load(above)) if above else None
        package = self.around.module(f"{name}.__init__")
        tree = package or self.around.module(name)
        if tree is not None:
            fields = {"__name__": name, "__package__": name if package is not None else above, "__file__": Opaque()}
            module = self.modules[name] = Thing("module", fields)
            yield from self.evaluator.block(tree.body, Scope(module.fields))
            if isinstance(outer, Thing):
                outer.fields[last] = module
            return module
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and self.around.absent(top):
            raise RaisedError("ModuleNotFoundError")
        if top not in sys.stdlib_module_names and top not in standard_library().others:
            raise UndecidedError(f"it uses {top}")
        return Library(name)

    def imported(self, module: object, name: str) -> Steps:
        """`from module import name`: what it has by that name, or a module in it."""
        if not isinstance(module, Thing) or name in module.fields:
            return self.attribute(module, name)
        whole = module.fields["__name__"]
        if module.fields["__package__"] != whole:
            raise RaisedError("ImportError")
        return (yield from self.load(f"{whole}.{name}"))

    def builtin(self, name: str) -> object:
        """A name that the program has not defined."""
        if hasattr(builtins, name):
            return Library(name)
        raise RaisedError("NameError")

    def attribute(self, owner: Any, name: str) -> Any:
        """`owner.name`, of what is not of the program's own making."""
        if isinstance(owner, Library):
            return self._constant(f"{owner.path}.{name}")
        if isinstance(owner, Thing):
            if name in owner.fields:
                return owner.fields[name]
            if name == "value" and VALUE in owner.fields:
                return self.thawed(self.cells[owner.fields[VALUE]])
            if owner.kind == "module":
                if owner.fields["__package__"] == owner.fields["__name__"]:
                    raise UndecidedError(f"{name} may be in a package that is not wholly there")
                raise RaisedError("ImportError")
            return Method(owner, name)
        if isinstance(owner, RaisedError) and name == "code":
            return owner.value
        return Opaque(name)

    def _constant(self, path: str) -> Any:
        known: dict[str, Any] = {
            "sys.argv": self.arguments, "sys.platform": "linux", "os.name": "posix", "sys.maxsize": sys.maxsize,
            "math.inf": FOREVER, "typing.TYPE_CHECKING": False,
        }  # fmt: skip
        return known.get(path, Library(path))

    def put_attribute(self, owner: Thing, name: str, value: object) -> None:
        """`owner.name = value`."""
        if name == "value" and VALUE in owner.fields:
            self.change(owner.fields[VALUE], self.frozen(value))
        else:
            owner.fields[name] = value

    def number(self, value: Any) -> Any:
        """A signal as the number that it is; all else as it is."""
        name = self.signal_name(value) if isinstance(value, Library) else ""
        return NUMBERS[name] if name else value

    def is_harmless(self, value: object) -> bool:
        """Whether to call it neither takes time nor does anything that matters here."""
        if isinstance(value, Opaque):
            return True
        return isinstance(value, Library) and standard_library().takes_no_time(value.path)

    def has_variable(self, name: object) -> bool:
        """Whether a variable of the environment is set."""
        if isinstance(name, Opaque):
            return self.decide(self.place)
        if self.env_open and name not in self.variables:
            return self.decide(self.place)
        return name in self.variables or self.lacks(str(name))

    def variable(self, name: object) -> object:
        """`os.environ[name]`."""
        if isinstance(name, Opaque):
            return Opaque()
        if self.env_open and name not in self.variables:
            return Opaque(str(name))
        if name not in self.variables:
            self.lacks(str(name))
            raise RaisedError("KeyError")
        return self.variables[str(name)]

    def put_variable(self, name: str, value: object) -> None:
        """`os.environ[name] = value`."""
        self.variables[name] = value

    def made(self, paths: tuple[str, ...], instance: Instance) -> Thing | None:
        """The part of an object that comes from the library's classes."""
        for path in paths:
            if path in standard_library().servers:
                return Thing("Server", {})
            if path in _KINDS:
                return Thing(_KINDS[path], {"self": instance})
            if not standard_library().takes_no_time(path) and not hasattr(builtins, path):
                raise UndecidedError(f"what {path} does is not followed")
        return None

    def call(self, function: Any, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Steps:
        """Calls something of the library."""
        if isinstance(function, Library):
            told = getattr(self, function.path.replace(".", "_").lower(), None)
            name = function.path
        elif isinstance(function, Method):
            name = f"{function.thing.kind}.{function.name}"
            told = getattr(self, name.replace(".", "_").lower(), None)
            arguments = (function.thing, *arguments)
            if told is None and function.thing.kind in _QUIET:
                return Opaque(name)
        else:
            name, told = "", None
        if name in standard_library().native:
            arguments = yield from self._gone_through(arguments)
        if told is not None:
            try:
                result = told(*arguments, **named)
            except TypeError:
                raise UndecidedError(f"a call of {name} is not followed") from None
            return (yield from result) if isinstance(result, GeneratorType) else result
        if name in standard_library().servers:
            return Thing("Server", {})
        if standard_library().is_network(name):
            if self.decide(self.place):
                return Opaque(name)
            raise RaisedError("OSError")
        if isinstance(function, Library):
            return self._plainly(name, arguments, named)
        if isinstance(function, Opaque) and not any(map(is_called, (*arguments, *named.values()))):
            return Opaque()
        raise UndecidedError(f"{name or 'what it calls'} is not followed")

    def _gone_through(self, values: tuple[Any, ...]) -> Steps:
        found = []
        for one in values:
            is_lazy = isinstance(one, Thing) and one.kind == "PoolResults"
            found.append((yield from self.lines(one)) if is_lazy else one)
        return tuple(found)

    def _plainly(self, name: str, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> object:
        kind = getattr(builtins, name, None)
        if (isinstance(kind, type) and issubclass(kind, BaseException)) or name in ALIASES or name == "queue.Empty":
            return Thing("exception", {"kind": name, "value": arguments[0] if arguments else None})
        if name == "object" and not arguments:
            return Thing("object")
        known = standard_library()
        gives = any(map(is_called, (*arguments, *named.values())))
        if name in known.unfollowed or (gives and name not in known.asks):
            raise UndecidedError(f"{name} is not followed")
        if name in known.native:
            return _natively(name, arguments) if not named else Opaque()
        if kind is not None or known.takes_no_time(name):
            self.written |= {one for one in arguments if isinstance(one, str)}  # shutil.copy and its like
            return Opaque(name)
        raise UndecidedError(f"{name} is not followed")

    def begin_with(self, manager: Any) -> Steps:
        """`with manager`: what it gives."""
        thing = manager.thing if isinstance(manager, Instance) else manager
        if isinstance(thing, Thing) and thing.kind == "suppress":
            return None
        if isinstance(thing, Thing) and thing.kind == "Lock":
            return (yield from self.lock_acquire(thing))
        if isinstance(thing, Thing) and thing.kind in {"SharedLock", "SharedValue"}:
            return (yield from self.sharedlock_acquire(thing.fields.get("lock", thing)))
        return manager

    def end_with(self, manager: Any, error: RaisedError | None) -> Steps:
        """What `with` does at its end; whether that swallows an exception."""
        thing = manager.thing if isinstance(manager, Instance) else manager
        if isinstance(thing, Thing):
            if thing.kind == "suppress":
                return error is not None and error.fits(thing.fields["caught"])
            if thing.kind == "Popen":
                yield from self.popen_wait(thing)
            if thing.kind == "pool":
                yield from self.pool_shutdown(thing)
            if thing.kind == "ProcessPool":
                yield from self.processpool_terminate(thing)
            if thing.kind == "ProcessExecutor":
                yield from self.processexecutor_shutdown(thing)
            if thing.kind == "Lock":
                self.lock_release(thing)
            if thing.kind in {"SharedLock", "SharedValue"}:
                self.sharedlock_release(thing.fields.get("lock", thing))
        return False


_QUIET = frozenset({"socket", "poll", "selector", "Server", "loop", "listener", "Thread", "pool", "task"})
"""Objects whose other methods neither wait nor matter."""


def _natively(name: str, arguments: tuple[Any, ...]) -> object:
    """What Python's own function makes of known values."""
    if not all(isinstance(one, (*PLAIN, list, tuple, dict, set, range)) for one in arguments):
        return Opaque(name)
    made = getattr(builtins, name)
    try:
        value = made(*arguments)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise RaisedError(type(error).__name__) from None
    return list(value) if name in {"enumerate", "zip", "reversed"} else value
