"""Starts the programs whose role needs more than their row: services that leave, interpreters, script runners."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stopcheck.boot.machine import Machine
    from stopcheck.boot.programs import Failure
    from stopcheck.boot.world import Body, Field, Process, World
    from stopcheck.knowledge.programs import ProgramRow

Role: TypeAlias = (
    "Callable[[Machine, World, Process, ProgramRow, tuple[Field, ...], Mapping[str, Field], int], Body | Failure]"
)


def find_role(name: str) -> Role | None:
    """The function for a role; None where the row says all."""
    if name == "service":
        from stopcheck.boot import services

        return services.load
    return None
