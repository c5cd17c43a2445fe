"""Holds fixes to their promise: applied, the image must be stopped better than before, else no fix is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopcheck import fixes
from stopcheck.image.build import build_image
from stopcheck.image.context import find_context
from stopcheck.model import OutcomeKind
from stopcheck.records import replace
from stopcheck.source import SourceFile
from stopcheck.stop.assess import assess
from stopcheck.syntax.dockerfile import parse_dockerfile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.case import Options
    from stopcheck.files import Entry, Files
    from stopcheck.knowledge.programs import ProgramRow
    from stopcheck.model import Fix, Severity, Violation
    from stopcheck.stop.assess import Assessment

    Found = tuple[str, Violation, Severity]

RANKING = (
    OutcomeKind.FAILS,
    OutcomeKind.EXITS,
    OutcomeKind.KILLED,
    OutcomeKind.CUT_OFF,
    OutcomeKind.UNKNOWN,
    OutcomeKind.TERMINATED,
    OutcomeKind.GRACEFUL,
)
"""Worst first, as a fix is judged: one after which the container does not stay up mends nothing."""


class EditedFiles:
    """Files with some texts changed in memory; see files.Files."""

    def __init__(self, files: Files, changed: Mapping[SourceFile, str]) -> None:
        self._files = files
        self._changed = {source: SourceFile(source.path, text) for source, text in changed.items()}

    def entry(self, path: str) -> Entry | None:
        """See files.Files."""
        return self._files.entry(path)

    def read(self, path: str) -> SourceFile | None:
        """See files.Files."""
        source = self._files.read(path)
        return source if source is None else self._changed.get(source, source)

    def names(self, path: str) -> tuple[str, ...]:
        """See files.Files."""
        return self._files.names(path)

    def obstacle(self, path: str) -> str | None:
        """See files.Files."""
        return self._files.obstacle(path)


def proven(
    found: list[Found], files: Files, path: str, options: Options, programs: Mapping[str, ProgramRow] | None,
    before: Assessment,
) -> list[Found]:  # fmt: skip
    """The same violations, without the fixes that, alone or with all others, make nothing better."""
    suggested = [violation.fix for _, violation, _ in found if violation.fix is not None]
    if not suggested:
        return found
    now = _ranks(before)

    def reached(some: list[Fix]) -> tuple[int, ...] | None:
        return _ranks_after(some, files, path, options, programs)

    together = reached(suggested) if len(suggested) > 1 else None
    kept: list[Found] = []
    for rule, violation, severity in found:
        if violation.fix is not None:
            alone = reached([violation.fix])
            helps = alone is not None and (alone > now or (alone == now and before.outcome is OutcomeKind.GRACEFUL))
            needed = alone is not None and alone >= now and together is not None and together > now
            if not helps and not needed:
                violation = replace(violation, fix=None)
        kept.append((rule, violation, severity))
    return kept


def _ranks_after(
    some: list[Fix], files: Files, path: str, options: Options, programs: Mapping[str, ProgramRow] | None
) -> tuple[int, ...] | None:
    """How the image fares after some fixes; None where they cannot be applied or it is not known any more."""
    edits = tuple(dict.fromkeys(edit for fix in some for edit in fix.edits))
    sources = dict.fromkeys(edit.span.outermost().source for edit in edits)
    try:
        edited = EditedFiles(files, {source: fixes.apply(source, edits) for source in sources})
    except ValueError:
        return None
    source = edited.read(path)
    if source is None:
        return None
    dockerfile = parse_dockerfile(source)
    context = options.context if options.context is not None else find_context(dockerfile, edited, path)
    image, _ = build_image(dockerfile, edited, context, options.target, path=path)
    if image is None:
        return None
    return _ranks(assess(image, options.grace_period, programs))


def _ranks(assessment: Assessment) -> tuple[int, ...]:
    """The outcomes of all ways, worst first, as numbers; higher is better."""
    outcomes = [stopped.outcome for stopped in assessment.paths] or [assessment.outcome]
    return tuple(sorted(RANKING.index(outcome) for outcome in outcomes))
