"""Clients that are asked whether a server is there."""

from __future__ import annotations

from stopcheck.boot.bodies.program import Program
from stopcheck.boot.listening import is_own, may_listen
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown
from stopcheck.records import replace
from stopcheck.regex import regex

if TYPE_CHECKING:
    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Body

_HOST = regex(r"(?:-h|--host=?)(.*)")
_URL = regex(r"(?:https?://)?([^/:@]+)(?::(\d+))?(?:/.*)?")

_NOBODY = "nobody listens in this container"


def start_asks(start: Start) -> Body:
    """It fails where it is told, in so many words, to ask the container itself, in which nobody listens.

    A host in a variable is there to be set; so it is taken to be found.
    """
    written = start.process.origin.text if start.process.origin is not None else ""
    known = not any(isinstance(word, Unknown) for word in start.argv)
    hosts = _hosts(start) if known else []
    spelt = hosts and all(host in written and is_own(host, port) for host, port in hosts)
    by_default = start.row.instead == "itself" and not hosts and known and {"-u", "-s"}.isdisjoint(start.words)
    alone = (spelt or by_default) and not may_listen(start.world, start.process)
    if alone and all(event.span != start.process.origin for event in start.world.events if event.text == _NOBODY):
        start.world.note("cannot-open", start.process, text=_NOBODY, span=start.process.origin)
    row = replace(start.row, role="test", instead="", status=1 if alone else start.row.status)
    return Program(row, start.machine.stop_signal)


def _hosts(start: Start) -> list[tuple[str, str]]:
    """The hosts that are asked, as they are written, with their ports; none where that is not told.

    Sources: manual pages nc(1), curl(1), wget(1), pg_isready(1), mysqladmin(1), redis-cli(1).
    """
    words = list(start.words)
    if start.row.instead == "operands":
        told = [word for word in words if not word.startswith("-")]
        at = next((index for index, word in enumerate(told) if not word.isdigit()), len(told))
        return [(told[at], told[at + 1])] if at + 2 == len(told) and told[at + 1].isdigit() else []
    if start.row.instead == "addresses":
        found = [_URL.fullmatch(word) for word in words if "://" in word or is_own(word.partition("/")[0])]
        return [(each[1], each[2] or "") for each in found if each] if all(found) else []
    hosts: list[tuple[str, str]] = []
    for at, word in enumerate(words):
        match = _HOST.fullmatch(word)
        hosts += [(match[1] or " ".join(words[at + 1 : at + 2]), "")] if match else []
    return hosts
