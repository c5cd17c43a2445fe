"""A process whose shell is not known: each that it can be is a way of its own."""

from __future__ import annotations

from stopcheck.boot.world import Branch, Passing
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from stopcheck.boot.world import Body, Process, World

MARK = "which shell /bin/sh is"


class Either(Passing):
    """Becomes one of several bodies, in a world each."""

    __slots__ = ("bodies", "why")

    def __init__(self, why: Unknown, bodies: tuple[Body, ...]) -> None:
        self.why = why
        self.bodies = bodies

    def copy(self) -> Either:
        """See Body.copy."""
        return self

    def key(self) -> Hashable:
        """See Body.key."""
        return MARK

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""

        def become(body: Body) -> Callable[[World, Process], None]:
            def way(_: World, process: Process) -> None:
                process.body = body.copy()

            return way

        raise Branch(Unknown(f"{MARK}: {self.why.reason}", self.why.span), tuple(become(body) for body in self.bodies))
