"""A CMD or ENTRYPOINT has no effect, because a later instruction takes its place or clears it."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import StartCommand
from stopcheck.model import Edit, Fix, Label, Violation
from stopcheck.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case
    from stopcheck.syntax.dockerfile.tree import Instruction


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    image = case.image
    current = {"ENTRYPOINT": image.entrypoint, "CMD": image.cmd}
    for instruction in image.superseded:
        later = current[instruction.keyword]
        winner = later.instruction if isinstance(later, StartCommand) else None
        yield Violation(
            message=f"A later {instruction.keyword} of the same stage takes the place of this one: it is never run",
            span=instruction.span,
            fix=_without(case, instruction),
            related=(Label(winner.span, "this one is run"),) if winner is not None else (),
            advice="Keep one of the two; a step of the build belongs into RUN.",
            severity="warning",
        )
    for cause in case.of("superseded-instruction"):
        entrypoint = image.entrypoint.instruction if isinstance(image.entrypoint, StartCommand) else None
        if cause.span is None or entrypoint is None:
            continue
        yield Violation(
            message=f"{case.consequence(None)}. The ENTRYPOINT of the final stage clears this CMD: "
            "nothing is left to run",
            span=cause.span,
            related=(Label(entrypoint.span, "an ENTRYPOINT clears the CMD of the stage that it is built on"),),
            advice="Repeat the CMD after that ENTRYPOINT.",
        )


def _without(case: Case, instruction: Instruction) -> Fix | None:
    """Its lines taken out of the Dockerfile."""
    source = case.dockerfile.source
    if instruction.span.source is not source or instruction not in case.dockerfile.instructions:
        return None
    first, _, last, _ = instruction.span.position()
    if last >= len(source.line_starts):
        return None
    lines = Span(source, source.line_starts[first - 1], source.line_starts[last])
    return Fix("Take it out", (Edit(lines, ""),))
