"""Whether anybody can answer at the container's own address: it has a network of its own, and nobody else's loopback.

Source: network_namespaces(7).
"""

from __future__ import annotations

import re

from stopcheck.boot.bodies.parent import Parent
from stopcheck.boot.bodies.program import Program
from stopcheck.hints import TYPE_CHECKING
from stopcheck.knowledge.shells import ShellRow
from stopcheck.regex import regex

if TYPE_CHECKING:
    from stopcheck.boot.world import Process, World

_OWN = regex(r"(?:localhost|127(?:\.\d+){3}|0\.0\.0\.0|\[?::1\]?)(?::(\d+))?", re.IGNORECASE)
_SIDECARS = frozenset({"4191", "15000", "15004", "15020", "15021"})
"""Ports of Linkerd's and Istio's proxies, which share the network of what they stand beside (their documentation)."""
_DEAF = frozenset({"exec", "fork", "init", "keepalive", "short", "test", "timer"})
"""Roles of programs that listen nowhere."""


def is_own(address: str, port: str = "") -> bool:
    """Whether `HOST` or `HOST:PORT` is the container's own address, and nobody's who may share its network."""
    found = _OWN.fullmatch(address)
    return found is not None and (found[1] or port) not in _SIDECARS


def may_listen(world: World, asking: Process | None = None) -> bool:
    """Whether a program that stands, or has been there, may listen, or have left somebody behind who does."""
    return any(_may(process) for process in world.processes.values() if process is not asking)


def _may(process: Process) -> bool:
    body = process.body
    if isinstance(body, (Parent, Program)):
        return body.row.role not in _DEAF
    return not isinstance(getattr(body, "row", None), ShellRow)
