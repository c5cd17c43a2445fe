"""Holds fixes to their promise: applied, the image must be stopped better than before, else no fix is shown."""

from __future__ import annotations

from stopcheck import fixes
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.build import build_image
from stopcheck.image.context import find_context
from stopcheck.image.model import ImageFile
from stopcheck.model import OutcomeKind
from stopcheck.records import replace
from stopcheck.source import SourceFile
from stopcheck.stop.assess import assess
from stopcheck.syntax.dockerfile import parse_dockerfile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    from stopcheck.case import Options
    from stopcheck.files import Entry, Files
    from stopcheck.image.model import FileSystem, Image
    from stopcheck.knowledge.programs import ProgramRow
    from stopcheck.model import Edit, Fix, Severity, Unknown, Violation
    from stopcheck.stop.assess import Assessment
    from stopcheck.syntax.dockerfile.tree import Dockerfile

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


class EditedImageFiles:
    """An image's files with some texts changed in memory; see image.model.FileSystem."""

    def __init__(self, files: FileSystem, changed: Mapping[SourceFile, SourceFile]) -> None:
        self._files = files
        self._changed = changed

    def _edited(self, file: ImageFile | Unknown | None) -> ImageFile | Unknown | None:
        if isinstance(file, ImageFile) and file.content in self._changed:
            return replace(file, content=self._changed[file.content])  # type: ignore[index] # it is in it
        return file

    def lookup(self, path: str) -> ImageFile | Unknown | None:
        """See FileSystem.lookup."""
        return self._edited(self._files.lookup(path))

    def which(self, program: str, search: str) -> ImageFile | Unknown | None:
        """See FileSystem.which."""
        return self._edited(self._files.which(program, search))

    def matching(self, pattern: str) -> tuple[ImageFile, ...]:
        """See FileSystem.matching."""
        edited = (self._edited(file) for file in self._files.matching(pattern))
        return tuple(file for file in edited if isinstance(file, ImageFile))

    def fills(self, folder: str) -> bool:
        """See FileSystem.fills."""
        return self._files.fills(folder)

    def puts(self, name: str) -> bool:
        """See FileSystem.puts."""
        return self._files.puts(name)

    def kind(self, path: str) -> Literal["file", "folder"] | Unknown | None:
        """See FileSystem.kind."""
        return self._files.kind(path)


def proven(
    found: list[Found], dockerfile: Dockerfile, files: Files, path: str, options: Options,
    programs: Mapping[str, ProgramRow] | None, before: Assessment, as_it_is: bool = True,
) -> list[Found]:  # fmt: skip
    """The same violations, without the fixes that, alone or with all others, make nothing better.

    One after which nobody knows how the container is stopped takes a certain fault away, and is not safe.

    `before` is how the image fares; not `as_it_is`: where it is run otherwise, so that the Dockerfile does not make it.
    """
    suggested = [violation.fix for _, violation, _ in found if violation.fix is not None]
    if not suggested:
        return found
    now = _ranks(before)

    def better(ranks: tuple[int, ...]) -> bool:
        return ranks > now or (ranks == now and before.outcome is OutcomeKind.GRACEFUL)

    def ranked(image: Image | None) -> tuple[int, ...] | None:
        return None if image is None else _ranks(assess(image, options.grace_period, programs))

    def reached(some: list[Fix]) -> tuple[int, ...] | None:
        """How the image fares after some fixes; None where they cannot be applied or it is not known any more."""
        edits = tuple(dict.fromkeys(edit for fix in some for edit in fix.edits))
        try:
            changed = {source: fixes.apply(source, edits) for source in _sources(edits)}
        except ValueError:
            return None
        if dockerfile.source in changed and not as_it_is:
            return None
        ranks = ranked(_remade(before.image, dockerfile, changed, edits))
        if as_it_is and (ranks is None or not better(ranks)):
            ranks = ranked(_rebuilt(files, path, options, changed))
        return ranks

    together = reached(suggested) if len(suggested) > 1 else None
    kept: list[Found] = []
    for rule, violation, severity in found:
        if violation.fix is not None:
            alone = reached([violation.fix])
            helps = alone is not None and better(alone)
            needed = alone is not None and alone >= now and together is not None and together > now
            fix = fixes.joined(violation.fix) if helps or needed else None
            if fix is not None and alone is not None and RANKING[alone[0]] is OutcomeKind.UNKNOWN:
                fix = replace(fix, safety="unsafe")
            violation = replace(violation, fix=fix)
        kept.append((rule, violation, severity))
    return kept


def _sources(edits: tuple[Edit, ...]) -> tuple[SourceFile, ...]:
    return tuple(dict.fromkeys(edit.span.outermost().source for edit in edits))


def _remade(
    image: Image, dockerfile: Dockerfile, changed: Mapping[SourceFile, str], edits: tuple[Edit, ...]
) -> Image | None:
    """The image with the end of its Dockerfile and its files as they are now; None where that is not all that changes.

    What the build does with a file that is edited is not seen here.
    """
    text = changed.get(dockerfile.source)
    if text is not None:
        at = image.end.span.start if image.end is not None else len(text)
        places = [edit.span.outermost() for edit in edits]
        if image.with_end is None or any(p.source is dockerfile.source and p.start < at for p in places):
            return None
        head = "" if dockerfile.escape == "\\" else f"# escape={dockerfile.escape}\n"
        image = image.with_end(parse_dockerfile(SourceFile(dockerfile.source.path, head + text[at:])).instructions)
    sources = {source: SourceFile(source.path, new) for source, new in changed.items()}
    files: FileSystem = EditedImageFiles(image.files, sources)
    return replace(image, files=files)


def _rebuilt(files: Files, path: str, options: Options, changed: Mapping[SourceFile, str]) -> Image | None:
    """The image as the changed files make it, from the beginning."""
    edited = EditedFiles(files, changed)
    source = edited.read(path)
    if source is None:
        return None
    dockerfile = parse_dockerfile(source)
    context = options.context
    if context is None:
        context = find_context(dockerfile, edited, path, options.contexts)
    image, _ = build_image(dockerfile, edited, context, options.target, path=path, recipes=options.recipes)
    return image


def _ranks(assessment: Assessment) -> tuple[int, ...]:
    """The outcomes of all ways, worst first, as numbers; higher is better.

    To be cut off is no better than to be killed: it is SIGKILLed either way, only sooner.
    """
    outcomes = [stopped.outcome for stopped in assessment.paths] or [assessment.outcome]
    kinds = (OutcomeKind.KILLED if outcome is OutcomeKind.CUT_OFF else outcome for outcome in outcomes)
    return tuple(sorted(map(RANKING.index, kinds)))
