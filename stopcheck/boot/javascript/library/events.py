"""Emitters of Node.js, and what is aborted (nodejs.org/api/events.html)."""

from __future__ import annotations

from stopcheck.boot.conduct import UndecidedError
from stopcheck.boot.javascript.library.timers import Timers
from stopcheck.boot.javascript.values import (
    UNDEFINED,
    Builtin,
    Promise,
    Thing,
)
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from stopcheck.boot.javascript.values import Steps


class Events(Timers):
    """Who listens to what, and is called."""

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
