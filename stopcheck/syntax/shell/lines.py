"""What a shell gets to read of a text in which something is no grammar: it reads a line, runs it, reads the next."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import replace
from stopcheck.syntax.shell.tree import AndOr, CommandSubstitution, Item, Pipeline, Sequence, Unparsed, walk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def readable(body: Sequence) -> Sequence:
    """The commands of a text up to the first that cannot be read; that and what stands on its line is one `Unparsed`.

    A line goes on inside of a compound command, and behind a backslash (fuzz: unreadable.*, unreadable-same-line.*).
    """
    start = 0
    for index, item in enumerate(body.items):
        if index:
            source = item.span.source.text
            between = source[body.items[index - 1].span.end : item.span.start]
            start = index if "\n" in between.replace("\\\n", "") else start
        flaw = next(_flaws(item), None)
        if flaw is not None:
            span = body.items[start].span.to(flaw.span)
            unread = replace(flaw, span=span)
            alone = Item(AndOr(Pipeline((unread,), span), (), span), False, span)
            return Sequence((*body.items[:start], alone), body.items[0].span.to(span))
    return body


def _flaws(item: Item) -> Iterator[Unparsed]:
    """What could not be read in it; the text between backquotes is read when it is run."""
    later: set[Any] = set()
    for node in walk(item):
        if isinstance(node, CommandSubstitution) and node.backquoted:
            later.update(id(inner) for inner in walk(node.body) if isinstance(inner, Unparsed))
        elif isinstance(node, Unparsed) and id(node) not in later:
            yield node
