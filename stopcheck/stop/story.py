"""Tells what happens, step by step, from the events of a stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopcheck.model import Step

if TYPE_CHECKING:
    from stopcheck.case import Process
    from stopcheck.stop.assess import Assessment
    from stopcheck.stop.deliver import Stopped


def story(assessment: Assessment, stopped: Stopped) -> tuple[Step, ...]:
    """The steps of one way, each with its place and its second."""
    return tuple(
        Step(f"{event.kind} pid {event.pid} {event.signal} {event.other or ''} {event.text}".strip(), event.span, event.seconds, event.pid)
        for event in stopped.world.events
    )


def processes(stopped: Stopped) -> tuple[Process, ...]:
    """The processes that stood when the signal came."""
    return ()
