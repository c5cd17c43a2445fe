"""ENTRYPOINT is in shell form, and its shell stays PID 1."""

from __future__ import annotations

from stopcheck.checks._start import of_shell_form
from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case
    from stopcheck.model import Violation


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    yield from of_shell_form(case, "shell-form-entrypoint")
