"""Built-in functions, and what `os`, `sys`, `time`, `functools` and their like do."""

from __future__ import annotations

from stopcheck.boot.conduct import EndedError, Opaque, SpoiltEndError
from stopcheck.boot.python.library.shelf import PLAIN, Shelf, is_called
from stopcheck.boot.python.values import Class, Instance, Library, Partial, RaisedError, Thing
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from stopcheck.boot.python.values import Steps


class Builtins(Shelf):
    """See library.standard."""

    # Built-in functions

    def print(self, *_: object, **__: object) -> None:
        """Prints."""

    def input(self, *_: object) -> None:
        """A container without a terminal has nothing to read."""
        raise RaisedError("EOFError")

    def open(self, name: object, mode: object = "r", *_: object, **__: object) -> object:
        """open(): of a file that is surely not there, an exception."""
        if isinstance(name, str) and isinstance(mode, str):
            if mode.startswith("r") and self._is_missing(name):
                raise RaisedError("FileNotFoundError")
            self.written.add(name)
        return Opaque("open")

    def os_path_exists(self, name: object) -> bool:
        """os.path.exists()."""
        return not (isinstance(name, str) and self._is_missing(name)) and self.decide(self.place)

    os_path_isfile = os_path_exists

    def _is_missing(self, name: str) -> bool:
        return name not in self.written and self.around.missing(name)

    def sys_exit(self, code: object = None) -> None:
        """sys.exit()."""
        raise RaisedError("SystemExit", code)

    exit = quit = sys_exit

    def os__exit(self, code: object = 0) -> None:
        """os._exit()."""
        if not isinstance(code, int):
            raise SpoiltEndError
        raise EndedError(code & 255)

    def isinstance(self, value: object, kind: object) -> bool:
        """isinstance()."""
        if isinstance(kind, Class) and isinstance(value, (Instance, RaisedError)):
            return isinstance(value.kind, Class) and kind in value.kind.line()
        natives = {"str": str, "int": int, "float": float, "dict": dict, "list": list, "bytes": bytes, "bool": bool}
        if isinstance(kind, Library) and kind.path in natives and isinstance(value, (*PLAIN, list, dict)):
            return isinstance(value, natives[kind.path])
        if isinstance(value, RaisedError):
            return value.fits(kind)
        return self.decide(self.place)

    def getattr(self, owner: object, name: object, default: object = ...) -> object:
        """getattr()."""
        if not isinstance(name, str):
            return Opaque()
        try:
            return self.evaluator.attribute(owner, name)
        except RaisedError:
            if default is ...:
                raise
            return default

    def setattr(self, owner: object, name: object, value: object) -> None:
        """setattr()."""
        if isinstance(owner, (Instance, Thing)) and isinstance(name, str):
            owner.fields[name] = value

    def callable(self, value: object) -> bool:
        """callable()."""
        return is_called(value) or self.decide(self.place)

    # os, sys, time

    def os_getenv(self, name: object, default: object = None) -> object:
        """os.getenv()."""
        if isinstance(name, Opaque):
            return Opaque()
        if self.env_open and name not in self.variables:
            return Opaque(str(name))
        if default is None and name not in self.variables:
            self.lacks(str(name))
        return self.variables.get(str(name), default)

    os_environ_get = os_getenv

    def os_environ_setdefault(self, name: str, value: object) -> object:
        """os.environ.setdefault()."""
        return self.variables.setdefault(name, value)

    def os_environ_copy(self) -> object:
        """os.environ.copy()."""
        return dict(self.variables)

    def dotenv_load_dotenv(self, *_: object, **__: object) -> bool:
        """load_dotenv() of python-dotenv: it looks for a file `.env`, and sets what that has."""
        self.env_open = self.env_open or not self.around.missing(".env")
        return self.env_open

    def sys_stdin_read(self, *_: object) -> str:
        """Nothing: the standard input of a container is at its end."""
        return ""

    sys_stdin_readline = sys_stdin_read

    def time_sleep(self, seconds: object) -> Steps:
        """time.sleep(): after a signal's handler it goes on (PEP 475)."""
        yield self.pause("sleep", seconds)

    def time_time(self) -> float:
        """time.time()."""
        return 1_700_000_000.0 + self.clock()

    def time_monotonic(self) -> float:
        """time.monotonic()."""
        return 1_000.0 + self.clock()

    time_perf_counter = time_monotonic

    def atexit_register(self, function: object, *arguments: object, **named: object) -> object:
        """atexit.register()."""
        self.exits.append((function, arguments, named))
        return function

    def itertools_count(self, *_: object) -> Thing:
        """itertools.count(), and what else has no end."""
        return Thing("endless")

    itertools_cycle = itertools_repeat = itertools_count

    def functools_partial(self, function: object, *arguments: object, **named: object) -> Partial:
        """functools.partial()."""
        return Partial(function, arguments, named)

    def contextlib_suppress(self, *kinds: object) -> Thing:
        """contextlib.suppress()."""
        return Thing("suppress", {"caught": kinds})

    def contextlib_closing(self, value: object) -> object:
        """contextlib.closing()."""
        return value
