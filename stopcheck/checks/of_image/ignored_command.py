"""CMD is given to an ENTRYPOINT that does not look at its arguments."""

from __future__ import annotations

from stopcheck.boot.arguments import dropping_script
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import StartCommand
from stopcheck.model import Edit, Fix, Label, Violation
from stopcheck.source import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case
    from stopcheck.source import SourceFile


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    entrypoint, cmd = case.image.entrypoint, case.image.cmd
    if not isinstance(cmd, StartCommand) or cmd.instruction is None or not isinstance(entrypoint, StartCommand):
        return
    script = dropping_script(case.image)
    if script is None or not any(cmd.argv):
        return
    place = cmd.instruction.form.span if cmd.instruction.form is not None else cmd.instruction.span
    ends = any(True for _ in case.of("ignored-command"))
    if entrypoint.shell_form is not None:
        why, advice = "an ENTRYPOINT in shell form takes no arguments", "Write ENTRYPOINT in exec form, a JSON array."
    else:
        why = f"{script.path} never looks at its arguments"
        advice = 'End the script in `exec "$@"`, which runs what CMD says, or take CMD out.'
    yield Violation(
        message=(f"{case.consequence(None)}. " if ends else "") + f"CMD has no effect: {why}",
        span=place,
        fix=_ending(script) if ends and entrypoint.shell_form is None else None,
        related=(Label(entrypoint.instruction.span, "this is run without CMD"),) if entrypoint.instruction else (),
        advice=advice,
        severity=None if ends else "warning",
    )


def _ending(script: SourceFile) -> Fix | None:
    """`exec "$@"` as a script's last line."""
    if script.parent is not None:
        return None
    end = Span(script, len(script.text), len(script.text))
    line = 'exec "$@"\n'
    return Fix('End the script in `exec "$@"`', (Edit(end, line if script.text.endswith("\n") else "\n" + line),))
