"""Puts a part of a script into something else: a function, a subshell, a pipeline, a script of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.conformance.fuzz.entrypoints import fragments
from tests.conformance.fuzz.tree import Block, Node, write

if TYPE_CHECKING:
    import random

FILES = ("/part.sh", "/parts/inner.sh")
"""The scripts of their own, by how many there are already."""
MOST = 2


def _calls(before: Block, inner: Block) -> bool:
    """Whether a function of the one is called in the other, which a script of its own would not know."""
    names = re.findall(r"(\w+)\(\)|function (\w+)", write(before, lines=True))
    text = write(inner, lines=True)
    return any(re.search(rf"\b{one or other}\b", text) for one, other in names)


def layered(chance: random.Random, kinds: tuple[str, ...], block: Block) -> tuple[Block, tuple[tuple[str, Block], ...]]:
    """The block with its end put into one or two layers, and the files that these need; `kinds`: see fragments.txt."""
    files: list[tuple[str, Block]] = []
    for _ in range(chance.choice((1, 1, MOST))):
        at = chance.randrange(len(block))
        before, inner = block[:at], block[at:]
        text = chance.choice([text for kind in kinds for text in fragments().get("layers" + kind, ())])
        if ("/part.sh" in text and _calls(before, inner)) or "extglob" in write(inner, lines=True):
            continue  # a function would not be known, and a pattern would be read before it is allowed
        if "/part.sh" in text:
            path = FILES[len(files)]
            files.append((path, inner))
            block = (*before, Node(text.replace("/part.sh", path)))
        else:
            block = (*before, Node(text, (inner,)))
    return block, tuple(files)
