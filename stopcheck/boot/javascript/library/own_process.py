"""What a program in Node.js does with its own process: it ends it, and hears signals (nodejs.org/api/process.html)."""

from __future__ import annotations

from stopcheck.boot.conduct import EndedError, SpoiltEndError, UndecidedError
from stopcheck.boot.javascript.library.channels import Channels
from stopcheck.boot.javascript.library.events import Events
from stopcheck.boot.javascript.values import (
    UNDEFINED,
    Thing,
)
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from stopcheck.boot.javascript.values import Steps


class OwnProcess(Channels, Events):
    """`process`, and its standard input."""

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
