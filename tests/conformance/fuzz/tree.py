"""Scripts as trees of statements that can be written on many lines or on one, and made smaller."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Block = tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A statement: `text` with `{}` for each of its blocks; `prefixes` and `suffixes` are what can go first."""

    text: str
    blocks: tuple[Block, ...] = ()
    prefixes: tuple[str, ...] = ()
    suffix: str = ""

    def write(self, lines: bool) -> str:
        """The statement, on many lines or on one."""
        pieces = self.text.split("{}")
        written = pieces[0]
        for block, piece in zip(self.blocks, pieces[1:], strict=True):
            inner = write(block, lines)
            written += f"\n{_indented(inner)}\n{piece}" if lines else f" {inner}{_end(inner)} {piece}"
        return " ".join((*self.prefixes, written)) + self.suffix


def write(block: Block, lines: bool) -> str:
    """The statements of a block, without the end of the last one."""
    texts = [node.write(lines) for node in block]
    if lines:
        return "\n".join(texts)
    written = ""
    for text in texts:
        written += f"{_end(written)} {text}" if written else text
    return written


def _end(text: str) -> str:
    return "" if text.endswith("&") else ";"


def _indented(text: str) -> str:
    if re.search(r"<<-?['\"]?\w", text):
        return text  # the end of a here-document begins a line
    return "\n".join("  " + line for line in text.split("\n"))


def size(block: Block) -> int:
    """How many statements there are."""
    return sum(1 + sum(size(inner) for inner in node.blocks) for node in block)


def smaller(block: Block, minimum: int = 1) -> Iterator[Block]:
    """Each block that is one step smaller, the greatest steps first."""
    if len(block) > 3:
        half = len(block) // 2
        yield block[half:]
        yield block[:half]
    for index, node in enumerate(block):
        before, after = block[:index], block[index + 1 :]
        if len(block) > minimum:
            yield (*before, *after)
        for inner in node.blocks:
            yield (*before, *inner, *after)
        for number, inner in enumerate(node.blocks):
            for less in smaller(inner):
                blocks = (*node.blocks[:number], less, *node.blocks[number + 1 :])
                yield (*before, replace(node, blocks=blocks), *after)
        for number in range(len(node.prefixes)):
            prefixes = node.prefixes[:number] + node.prefixes[number + 1 :]
            yield (*before, replace(node, prefixes=prefixes), *after)
        if node.suffix:
            yield (*before, replace(node, suffix=""), *after)
