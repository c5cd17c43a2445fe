"""The module `signal`."""

from __future__ import annotations

from stopcheck.boot.conduct import EndedError, Opaque, UndecidedError
from stopcheck.boot.python.library.shelf import Shelf
from stopcheck.boot.python.schedule import DEFAULT, IGNORED, INTERRUPTS
from stopcheck.boot.python.values import Library, RaisedError, Wait
from stopcheck.boot.signals import HARMLESS, NUMBERS
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from stopcheck.boot.python.values import Steps


class Signals(Shelf):
    """See library.standard."""

    # signal

    def signal_signal(self, number: object, handler: object) -> object:
        """signal.signal(): it works in the main thread only."""
        if self.schedule.current is not None and self.schedule.current.kind == "thread":
            raise RaisedError("ValueError")
        name = self.known_signal(number)
        if handler == 0:
            handler = Library("signal.SIG_DFL")
        if handler == 1:
            handler = Library("signal.SIG_IGN")
        if isinstance(handler, Opaque) or handler is None:
            raise UndecidedError("what handles a signal is not known")
        before = self.schedule.handlers.get(
            name, Library("signal.SIG_DFL" if name != "INT" else "signal.default_int_handler")
        )
        self.schedule.handlers[name] = handler
        return before

    def signal_getsignal(self, number: object) -> object:
        """signal.getsignal()."""
        name = self.known_signal(number)
        default = "signal.SIG_DFL" if name != "INT" else "signal.default_int_handler"
        return self.schedule.handlers.get(name, Library(default))

    def signal_signals(self, number: object) -> object:
        """signal.Signals()."""
        name = self.signal_name(number)
        return Library(f"signal.SIG{name}") if name else Opaque()

    def signal_strsignal(self, _: object) -> object:
        """signal.strsignal()."""
        return Opaque()

    def signal_siginterrupt(self, *_: object) -> None:
        """It changes nothing for Python's own calls (PEP 475)."""

    def os_kill(self, whom: object, number: object) -> Steps:
        """os.kill(); a process group, where the number is not positive."""
        kernel = self.around.kernel
        if (isinstance(whom, Opaque) and whom.name == "os.getpid") or (kernel is not None and whom == kernel.pid()):
            yield from self.signal_raise_signal(number)
        elif kernel is None or not isinstance(whom, int):
            raise UndecidedError("it sends a signal to somebody else")
        elif whom == -1:
            raise UndecidedError("it sends a signal to all")
        elif not kernel.send(
            abs(whom) or kernel.group_of(0), "" if number == 0 else self.known_signal(number), whom <= 0
        ):
            raise RaisedError("ProcessLookupError")

    def signal_raise_signal(self, number: object) -> Steps:
        """signal.raise_signal()."""
        name = self.known_signal(number)
        if name in self.schedule.in_loop or name in self.schedule.blocked:
            raise UndecidedError("when a signal comes that it sends itself is not known")
        handler = self.schedule.handlers.get(name, INTERRUPTS if name == "INT" else DEFAULT)
        if handler == INTERRUPTS:
            raise RaisedError("KeyboardInterrupt")
        if handler == DEFAULT and not self.around.first and name not in HARMLESS:
            raise EndedError(128 + NUMBERS[name])
        if handler not in (DEFAULT, IGNORED):
            yield from self.evaluator.call(handler, (Library(f"signal.SIG{name}"), Opaque("frame")))

    def signal_pause(self) -> Steps:
        """signal.pause(): until a handler has come back."""
        yield Wait("pause", woken=True)

    def signal_pthread_sigmask(self, how: object, signals: object) -> object:
        """signal.pthread_sigmask()."""
        if self.schedule.current is not None and self.schedule.current.kind == "thread":
            raise UndecidedError("what a thread blocks is not followed")
        names = {self.known_signal(one) for one in self.evaluator.items(signals, self.place)}
        if how == Library("signal.SIG_BLOCK"):
            self.schedule.blocked |= names
        elif how == Library("signal.SIG_UNBLOCK"):
            self.schedule.blocked -= names
        else:
            self.schedule.blocked = names
        return Opaque()

    def signal_sigwait(self, signals: object) -> Steps:
        """signal.sigwait()."""
        self.schedule.awaited = frozenset(self.known_signal(one) for one in self.evaluator.items(signals, self.place))
        yield Wait("sigwait")
        return Opaque()

    def signal_sigwaitinfo(self, signals: object) -> Steps:
        """signal.sigwaitinfo(): a handler may interrupt it."""
        self.schedule.awaited = frozenset(self.known_signal(one) for one in self.evaluator.items(signals, self.place))
        yield Wait("sigwaitinfo")
        return Opaque()
