"""Servers, sockets, and what waits for several of them."""

from __future__ import annotations

from stopcheck.boot.conduct import Opaque, UndecidedError
from stopcheck.boot.python.library.shelf import Shelf
from stopcheck.boot.python.values import Library, RaisedError, Thing, Wait
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from stopcheck.boot.python.values import Steps


_HERE = frozenset({"localhost", "::1", "0.0.0.0"})


class Servers(Shelf):
    """See library.standard."""

    # Servers and sockets

    def server_serve_forever(self, server: Thing, *_: object, **__: object) -> Steps:
        """serve_forever(): it looks twice a second whether it is to end."""
        server.fields |= {"serves": True, "told": False}
        try:
            yield Wait("serve", ready=lambda: bool(server.fields["told"]))
        finally:
            server.fields["serves"] = False

    def http_server_test(self, *_: object, **__: object) -> Steps:
        """http.server.test(), what `python -m http.server` calls: Ctrl-C ends it in order."""
        try:
            yield from self.server_serve_forever(Thing("Server", {}))
        except RaisedError as error:
            raise RaisedError("SystemExit", 0) if error.kind == "KeyboardInterrupt" else error from None

    def server_shutdown(self, server: Thing) -> Steps:
        """shutdown(): it waits until serve_forever() has ended, for ever where that is below it."""
        server.fields["told"] = True
        yield Wait("shutdown", ready=lambda: not server.fields.get("serves"))

    def server_server_close(self, _: Thing) -> None:
        """server_close()."""

    def server_handle_request(self, server: Thing) -> Steps:
        """handle_request(): nobody asks while nobody knows of the service."""
        yield self.pause("serve", server.fields.get("timeout"))

    def socket_socket(self, *arguments: object, **named: object) -> Thing:
        """socket.socket()."""
        told = (*arguments, *named.values())
        return Thing("socket", {"timeout": None, "datagrams": Library("socket.SOCK_DGRAM") in told})

    socket_create_server = socket_socket

    def socket_settimeout(self, connection: Any = None, seconds: object = None) -> None:
        """socket.settimeout()."""
        if isinstance(connection, Thing):
            connection.fields["timeout"] = seconds

    def socket_setblocking(self, connection: Thing, flag: object) -> None:
        """socket.setblocking()."""
        connection.fields["timeout"] = None if flag is True else 0.0

    def socket_accept(self, connection: Thing, *_: object) -> Steps:
        """socket.accept(), and what else waits for somebody."""
        seconds = connection.fields["timeout"]
        yield self.pause("socket", seconds)
        raise RaisedError("BlockingIOError" if seconds == 0 else "TimeoutError")

    socket_recv = socket_recvfrom = socket_accept

    def _is_refused(self, address: object) -> bool:
        """Whether nobody listens there: in the container itself, where nothing else runs."""
        host = address[0] if isinstance(address, tuple) and address else None
        return self.around.alone and isinstance(host, str) and (host in _HERE or host.startswith("127."))

    def socket_create_connection(self, address: object, *_: object, **__: object) -> object:
        """socket.create_connection()."""
        if self._is_refused(address):
            raise RaisedError("ConnectionRefusedError")
        if not self.decide(self.place):
            raise RaisedError("OSError")
        return Opaque("socket.create_connection")

    def socket_connect(self, connection: Any = None, address: object = None) -> None:
        """socket.connect()."""
        datagrams = not isinstance(connection, Thing) or connection.fields.get("datagrams")
        if self._is_refused(address) and not datagrams:
            raise RaisedError("ConnectionRefusedError")
        if not self.decide(self.place):
            raise RaisedError("OSError")

    def select_select(self, readers: object, *rest: object) -> Steps:
        """select.select()."""
        if isinstance(readers, list) and any(isinstance(one, Library) for one in readers):
            raise UndecidedError("it reads what is typed")
        yield self.pause("select", rest[2] if len(rest) > 2 else None)
        return ([], [], [])

    def select_poll(self) -> Thing:
        """select.poll()."""
        return Thing("poll")

    def poll_poll(self, _: Thing, milliseconds: object = None) -> Steps:
        """poll.poll()."""
        seconds = milliseconds / 1000 if isinstance(milliseconds, (int, float)) else milliseconds
        yield self.pause("select", seconds if not isinstance(seconds, float) or seconds >= 0 else None)
        return []

    def selectors_defaultselector(self) -> Thing:
        """selectors.DefaultSelector()."""
        return Thing("selector")

    def selector_select(self, _: Thing, timeout: object = None) -> Steps:
        """BaseSelector.select()."""
        yield self.pause("select", timeout)
        return []
