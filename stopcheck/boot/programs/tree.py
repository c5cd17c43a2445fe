"""The files of an image as the sources of a program."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import dataclass, field
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.image.model import FileSystem


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of an image, or of a stage on its way, as a program's sources: see handlers.source.Project."""

    files: FileSystem
    variables: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, SourceFile] = field(default_factory=dict)
    """Texts that no file holds, by the path that they would have."""

    def text(self, path: str) -> SourceFile | None:
        """See Project.text."""
        if path in self.given:
            return self.given[path]
        found = self.files.lookup(path)
        content = getattr(found, "content", None)
        return content if isinstance(content, SourceFile) else None

    def is_folder(self, path: str) -> bool:
        """See Project.is_folder."""
        return self.files.kind(path) == "folder"

    def matching(self, pattern: str) -> tuple[str, ...]:
        """See Project.matching."""
        return tuple(file.path for file in self.files.matching(pattern))

    def variable(self, name: str) -> str:
        """See Project.variable."""
        return self.variables.get(name, "")
