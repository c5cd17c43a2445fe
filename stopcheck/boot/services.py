"""Starts a known service: whether it stays in the foreground, by its arguments, its configuration and the build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopcheck.boot.programs import Daemonizer, Program

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.boot.machine import Machine
    from stopcheck.boot.programs import Failure
    from stopcheck.boot.world import Body, Field, Process, World
    from stopcheck.knowledge.programs import ProgramRow


def load(
    machine: Machine,
    world: World,
    process: Process,
    row: ProgramRow,
    argv: tuple[Field, ...],
    env: Mapping[str, Field],
    depth: int,
) -> Body | Failure:
    """The service, or the process that leaves it in the background."""
    words = tuple(word for word in argv[1:] if isinstance(word, str))
    text = " ".join(words)
    background = row.background
    if any(part in text for part in row.foreground_text):
        background = False
    return Daemonizer(machine, row, (), dict(env)) if background else Program(row, machine.stop_signal)
