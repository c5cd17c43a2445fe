"""Programs that an installer writes for a project in Python: its pyproject.toml, setup.cfg or setup.py names them."""

from __future__ import annotations

import re

from stopcheck.boot.programs.tree import Tree
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import Made
from stopcheck.image.paths import join, parent
from stopcheck.model import Unknown
from stopcheck.records import dataclass, replace
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.bodies.program import Program
    from stopcheck.boot.programs.roles import Start
    from stopcheck.image.model import FileSystem, ImageFile

_DEEPEST = 4
_ROOTS = ("src", "", "lib", "app")
"""Folders of a project in which its packages stand (packaging.python.org: src layout vs flat layout)."""


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """`NAME = "MODULE:FUNCTION"`, and the folder of the sources that it is looked for in."""

    module: str
    function: str
    root: str


def start_console_script(start: Start, file: ImageFile | Unknown) -> Program | None:
    """What it does, by the sources of the function that it calls; None for no such script.

    Source: packaging.python.org, "Entry points specification".
    """
    path = start.path(str(start.argv[0])) if isinstance(file, Unknown) else file.path
    content = file if isinstance(file, Unknown) else file.content
    trees = [content.files] if isinstance(content, Made) and content.files is not None and not content.tool else []
    for files in (*trees, start.machine.image.files):
        found = _entry_point(files, start.process.program)
        if found is not None:
            return _started(start, path, files, found)
    return None


def _started(start: Start, path: str, files: FileSystem, found: EntryPoint) -> Program:
    from stopcheck.boot.programs.sources import from_source

    first = found.function.partition(".")[0]
    text = f"import sys\nfrom {found.module} import {first}\nsys.exit({found.function}())\n"
    env = {**start.env, "sys.path": found.root}
    given = {path: SourceFile(path, text)}
    program = from_source(start.machine, start.process, "python", (path,), files, env, given=given, world=start.world)
    if start.process.pid == 1 and program.row.role == "unknown" and program.assumed(start.machine.stop_signal):
        # The interpreter that runs it handles no signal by itself.
        why = f"what {start.process.program} does on SIG{start.machine.stop_signal} ({program.row.instead})"
        program.row = replace(program.row, role="unread", instead=why)
    return program


def _entry_point(files: FileSystem, name: str) -> EntryPoint | None:
    for manifest in _manifests(files):
        told = _told(manifest, name)
        if told is None:
            continue
        module, _, function = told.partition(":")
        for root in _ROOTS:
            folder = join(parent(manifest.path), root)
            below = join(folder, module.replace(".", "/"))
            if any(Tree(files).text(place) for place in (f"{below}.py", f"{below}/__init__.py")):
                return EntryPoint(module, function, folder)
    return None


def _manifests(files: FileSystem) -> Iterator[ImageFile]:
    for depth in range(_DEEPEST):
        for name in ("pyproject.toml", "setup.cfg", "setup.py"):
            yield from files.matching("/" + "*/" * depth + name)


def _told(manifest: ImageFile, name: str) -> str | None:
    """What a manifest says that a program calls."""
    if not isinstance(manifest.content, SourceFile) or name not in manifest.content.text:
        return None
    text = manifest.content.text
    if manifest.path.endswith(".toml"):
        return _of_project(text, name)
    found = re.search(rf"(?:^|[\"'\s]){re.escape(name)}\s*=\s*([\w.]+)\s*:\s*(\w[\w.]*)", text, re.MULTILINE)
    return None if found is None else f"{found[1]}:{found[2]}"


def _of_project(text: str, name: str) -> str | None:
    import tomli

    try:
        told: object = tomli.loads(text)
    except ValueError:
        return None
    for keys in (("project", "scripts"), ("tool", "poetry", "scripts")):
        table = told
        for key in keys:
            table = table.get(key) if isinstance(table, dict) else None
        value = table.get(name) if isinstance(table, dict) else None
        value = value.get("reference") or value.get("callable") if isinstance(value, dict) else value
        if isinstance(value, str) and re.fullmatch(r"[\w.]+:[\w.]+", value.replace(" ", "")):
            return value.replace(" ", "")
    return None
