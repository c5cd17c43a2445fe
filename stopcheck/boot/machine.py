"""What every process of a container can look up: the image, what the user describes, the scripts that were parsed."""

from __future__ import annotations

import posixpath

from stopcheck.boot.embedded import embedded
from stopcheck.boot.signals import HARMLESS
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import ImageFile
from stopcheck.image.paths import clean
from stopcheck.model import Unknown
from stopcheck.records import replace
from stopcheck.syntax.shell import parse_script

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from stopcheck.boot.failure import Failure
    from stopcheck.boot.handlers.source import Handling
    from stopcheck.boot.world import Body, Field, Process, World
    from stopcheck.image.model import FileSystem, Image
    from stopcheck.knowledge.programs import ProgramRow
    from stopcheck.knowledge.shells import ShellRow
    from stopcheck.source import SourceFile, Span
    from stopcheck.syntax.shell.tree import Script, Sequence


class Machine:
    """An image ready to run, and how a process of it starts another program (`loader.py` does it).

    It is handed down to all that runs, so that shells and programs need not know those that they start.
    """

    def __init__(self, image: Image, stop_signal: str, programs: Mapping[str, ProgramRow] | None = None) -> None:
        self.image = image
        self.stop_signal = "" if stop_signal in HARMLESS and image.inherits_stop_signal else stop_signal
        """What programs nobody knows are taken to end on."""
        self.programs = programs or {}
        self.asked: dict[str, None] = {}
        """The variables that scripts asked for and that nothing sets, in that order."""
        self.wanted: set[str] = set()
        """Those without which a configuration is refused."""
        self.handlings: dict[Hashable, tuple[Handling, FileSystem]] = {}
        """What the sources of programs say of signals: on each way that is followed they are the same."""
        self._texts: dict[tuple[str, Span | None], SourceFile] = {}
        self._parsed: dict[tuple[int, str], tuple[SourceFile, Script]] = {}

    # --- scripts ---------------------------------------------------------------------------------

    def parse(self, source: SourceFile, row: ShellRow) -> Script:
        """A script as this shell reads it, parsed once."""
        dialect = row.dialect or ("bash" if row.bash_syntax else "posix")
        key = (id(source), row.name)
        found = self._parsed.get(key)
        if found is None:
            script = parse_script(source, dialect)
            if script.problems and row.syntax_error:
                from stopcheck.syntax.shell.lines import readable

                script = replace(script, body=readable(script.body))
            found = self._parsed[key] = (source, script)
        return found[1]

    def scripts(self) -> tuple[Script, ...]:
        """The scripts that were run from files, in the order of their first use."""
        return tuple(script for source, script in self._parsed.values() if source.parent is None)

    def parse_text(self, text: str, span: Span | None, row: ShellRow) -> Sequence:
        """A text that a script or an argument gives (a trap, `eval`, `-c`), with its place."""
        return self.parse(self._text(text, span), row).body

    def _text(self, text: str, span: Span | None) -> SourceFile:
        key = (text, span)
        source = self._texts.get(key)
        if source is None:
            source = self._texts[key] = embedded(text, span)
        return source

    def written(self, world: World, process: Process, name: str) -> ImageFile | None:
        """A script that another one has written, where its text is known; that it was made executable is taken so."""
        path = clean(posixpath.join(process.cwd, name))
        text = world.files.get(path)
        if not isinstance(text, str):
            return None
        mode = Unknown("the mode of a file that is written as the container starts")
        return ImageFile(path, self._text(text, world.places.get(path)), mode, None)

    def is_folder(self, world: World, process: Process, path: str) -> bool:
        """Whether a path names a folder, of the image or one that a script has made."""
        path = clean(posixpath.join(process.cwd, path))
        return path in world.folders or self.image.files.kind(path) == "folder"

    # --- starting a program ----------------------------------------------------------------------

    def load(
        self, world: World, process: Process, argv: tuple[Field, ...], env: Mapping[str, Field], depth: int = 0,
        search: Field | None = None,
    ) -> Body | Failure:  # fmt: skip
        """execve(2) in `process`: sets its argv and gives what runs in it; a Failure where it cannot start.

        `search`: the folders in which a shell looks for it, where those are not the PATH that it is given.
        """
        raise NotImplementedError

    def start(
        self, world: World, process: Process, row: ProgramRow, argv: tuple[Field, ...], env: Mapping[str, Field],
        depth: int = 0,
    ) -> Body | Failure:  # fmt: skip
        """As a program starts another, mostly by execvp(3)."""
        raise NotImplementedError
