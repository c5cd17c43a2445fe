"""Timers of Node.js, and what is given up in time (nodejs.org/api/timers.html)."""

from __future__ import annotations

from stopcheck.boot.conduct import Opaque, UndecidedError
from stopcheck.boot.javascript.library.language import Language
from stopcheck.boot.javascript.values import (
    UNDEFINED,
    Builtin,
    Promise,
    Thing,
)
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


class Timers(Language):
    """What is called later, once or again and again."""

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
