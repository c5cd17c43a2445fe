"""Servers, sockets and lines that are read in Node.js: what keeps a program alive (nodejs.org/api/net.html)."""

from __future__ import annotations

from stopcheck.boot.conduct import Opaque
from stopcheck.boot.javascript.library.channels import Channels
from stopcheck.boot.javascript.library.events import Events
from stopcheck.boot.javascript.library.shelf import is_called
from stopcheck.boot.javascript.values import (
    UNDEFINED,
    Builtin,
    Promise,
    Thing,
)
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any


class Servers(Channels, Events):
    """What waits for others."""

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

    server_emit = Events.emitter_emit

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
