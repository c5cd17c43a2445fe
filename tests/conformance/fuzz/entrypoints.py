"""Draws whole entrypoints part by part, as people write them: what is made ready, started, trapped and waited for."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conformance.fuzz.tree import Block, Node

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

FILE = Path(__file__).parent / "fragments.txt"


@cache
def fragments() -> dict[str, tuple[str, ...]]:
    """The fragments by their section, in the order of the file."""
    found: dict[str, tuple[str, ...]] = {}
    section = ""
    for line in FILE.read_text("utf-8").splitlines():
        if line.startswith("== "):
            section = line[3:]
        elif line and section:
            found[section] = (*found.get(section, ()), line.replace("⏎", "\n").replace("·", ""))
    return found


def kinds_of(shell: str) -> tuple[str, ...]:
    """The sections' suffixes for a shell: what is for every one, for bash, for what runs on Debian."""
    return ("", *([" bash"] if shell in ("bash", "sh") else []), *([" debian"] if shell in ("dash", "bash") else []))


WAYS = ("quoted", "quoted", "function", "function", "each", "exit", "apart", "named", "raised", "flag")
"""Styles of handlers."""


class Entrypoint:
    """Draws the parts of one, with one source of chance; `service` names the next stand-in."""

    def __init__(self, chance: random.Random, shell: str, service: Callable[[], str]) -> None:
        self._chance = chance
        self._kinds = kinds_of(shell)
        self._service = service
        self._many = False

    def block(self) -> Block:
        """All of one script."""
        nodes = [node for part in ("heads", "helpers", "files") for node in self._some(part, 2)]
        if self._one_in(3):
            nodes += self._some("arguments", 1)
        if self._one_in(3):
            nodes.append(self._node("alone"))
        else:
            nodes += self._jobs()
        if self._one_in(3):
            nodes.append(self._node("later"))
        return tuple(nodes)

    def _jobs(self) -> list[Node]:
        """What is started in the background, what is trapped before or after that, what is waited for."""
        self._many = " bash" in self._kinds and self._one_in(4)
        nodes = [self._node("starts_many" if self._many else "starts")]
        if self._one_in(6):
            nodes.append(self._node("starts"))
        for _ in range(self._chance.choice((0, 1, 1, 1, 2))):
            nodes.insert(self._chance.choice((0, len(nodes))), self._trap())
        return [*nodes, self._node("waits_many" if self._many and not self._one_in(4) else "waits")]

    def _trap(self) -> Node:
        """A handler, in one of the ways that there are to install it."""
        kill = self._of("kills_many" if self._many and not self._one_in(3) else "kills")
        action = kill + self._of("afters")
        signals = self._of("signals")
        way = self._chance.choice(WAYS)
        if "local" in action and way == "quoted":
            way = "function"
        match way:
            case "function":
                name = self._chance.choice(("stop", "cleanup", "handler", "on_exit"))
                return Node(f"{name}() {{ {action}; }}; trap {name} {signals}")
            case "each":
                return Node(f'on() {{ {action}; }}; for s in TERM INT; do trap "on $s" $s; done')
            case "exit":
                return Node(f"bye() {{ {action}; }}; trap bye EXIT; trap 'exit 4' {signals}")
            case "apart":
                return Node(
                    f"on_term() {{ {action}; }}; on_int() {{ exit 130; }}; trap on_term {signals}; trap on_int INT"
                )
            case "named":
                return Node(
                    f"handle() {{ echo \"got $1\" >&2; {action}; }}; trap 'handle TERM' TERM; trap 'handle INT' INT"
                )
            case "raised":
                return Node(f"die() {{ {kill}; wait $pid; trap - TERM; kill -s TERM $$; }}; trap die {signals}")
            case "flag" if "'" not in kill:
                return Node(f"stop=; trap 'stop=1; {kill}' {signals}")
        return Node(f"trap '{action}' {signals}")

    def _some(self, section: str, most: int) -> list[Node]:
        return [self._node(section) for _ in range(self._chance.randrange(most + 1))]

    def _of(self, section: str) -> str:
        """One fragment of a section, or of what is in it for this shell alone."""
        return self._chance.choice([text for kind in self._kinds for text in fragments().get(section + kind, ())])

    def _node(self, section: str) -> Node:
        """`{}` is a service."""
        before, *after = self._of(section).split("{}")
        return Node(before + "".join(self._service() + piece for piece in after))

    def _one_in(self, count: int) -> bool:
        return self._chance.randrange(count) == 0
