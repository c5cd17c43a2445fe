"""The shell in which npm and pnpm run scripts: by an option, a variable, an .npmrc, or a step of the build."""

from __future__ import annotations

import posixpath

from stopcheck.boot.files.accounts import home
from stopcheck.hints import TYPE_CHECKING
from stopcheck.regex import regex
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stopcheck.boot.programs.roles import Start

_VARIABLES = ("npm_config_script_shell", "NPM_CONFIG_SCRIPT_SHELL")
_LINE = regex(r"(?m)^[ \t]*script-shell[ \t]*=[ \t]*\"?([^\s\"]+)")
_SET = regex(r"\bnpm (?:config )?(?:-\S+ )*set (?:-\S+ )*\"?script-shell[ =]\"?([^\s\"]+)")


def script_shell(start: Start, folder: str, options: Mapping[str, str]) -> str:
    """Its name or its path; measured with npm 10: `script-shell=/bin/bash` in .npmrc, where bash execs a lone command.

    What comes first counts (docs.npmjs.com/cli/configuring-npm/npmrc).
    """
    return next(_told(start, folder, options), "sh")


def _told(start: Start, folder: str, options: Mapping[str, str]) -> Iterator[str]:
    if "--script-shell" in options:
        yield options["--script-shell"]
    yield from (value for name in _VARIABLES if isinstance(value := start.env.get(name), str) and value)
    for place in (folder, home(start.machine.image, start.process.user)):
        text = start.text(posixpath.join(place, ".npmrc")) if isinstance(place, str) else None
        found = _LINE.search(text.text) if isinstance(text, SourceFile) else None
        if found is not None:
            yield found[1]
    for line in start.machine.image.instructions:
        if line.keyword == "RUN" and (found := _SET.search(line.value)) is not None:
            yield found[1]
