"""A supervisor leaves what it runs to itself when it is told to stop, or tells only a shell in between."""

from __future__ import annotations

from stopcheck.boot.shell.shell import Shell
from stopcheck.checks._edits import prefix_exec
from stopcheck.checks._script import called, consequence, ends_there
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("supervisor-not-forwarding"):
        shell = cause.process.body
        child = called(cause.child) if cause.child is not None else "its programs"
        if isinstance(shell, Shell):
            supervisor = called(case.up.processes[cause.process.ppid])
            named = supervisor == "supervisord"
            yield Violation(
                message=f"{consequence(case, cause)}. {supervisor} stops the shell that this command starts, and the "
                f"shell does not tell {child}",
                span=cause.span or case.start_span(),
                fix=prefix_exec(cause.node) if ends_there(shell) else None,
                advice="Leave the shell out, or write `exec` before the command in it"
                + ("; or let it signal all that it has started: `stopasgroup=true`." if named else "."),
            )
        else:
            name = called(cause.process)
            yield Violation(
                message=f"{consequence(case, cause)}. {name} does not stop what it runs when {case.signal} comes",
                span=cause.span or case.start_span(),
                advice=f"Use a supervisor that stops its programs and waits for them, or a signal at which {name} "
                "does: see STOPSIGNAL.",
            )
