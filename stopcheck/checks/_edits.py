"""The edits that several rules suggest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopcheck.model import Edit, Fix
from stopcheck.syntax.shell.tree import SimpleCommand

if TYPE_CHECKING:
    from stopcheck.syntax.shell.tree import Command, Pipeline


def prefix_exec(node: Command | Pipeline | None) -> Fix | None:
    """`exec ` before a simple command; None for anything else, which `exec` cannot start."""
    if not isinstance(node, SimpleCommand) or not node.words:
        return None
    return Fix("Start it with `exec`", (Edit(node.span.at_start(), "exec "),))
