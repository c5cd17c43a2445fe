"""The commands of a RUN that make programs: which file each puts where, and from which sources."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stopcheck.image.model import ImageFile, Made
from stopcheck.image.paths import base, inside, join, parent
from stopcheck.regex import regex
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopcheck.image.effects import Effects
    from stopcheck.image.fields import Field

_PROGRAM_MODE = 0o755
_GO_BIN = "/go/bin"
_GO_VALUES = frozenset(
    """o p C ldflags tags gcflags asmflags gccgoflags mod modfile overlay pkgdir toolexec installsuffix buildmode
    compiler pgo coverpkg covermode""".split()
)


class Builders:
    """What each does; the method bears the command's name after `do_`."""

    effects: Effects

    def do_go(self, arguments: Sequence[Field | None]) -> None:
        """`go build` and `go install` of one package that is there."""
        effects = self.effects
        effects.unsure()
        options, operands = _go_words(arguments)
        verb, packages = operands[0] if operands else None, operands[1:]
        folder = effects.path(options.get("C")) if "C" in options else effects.cwd
        if verb is None or verb.text not in {"build", "install"} or folder is None:
            return
        sources = self._go_package(folder, packages)
        if sources is None:
            return
        name = self._go_name(sources if isinstance(sources, str) else folder)
        if verb.text == "install":
            target: str | None = join(_GO_BIN, name)
        elif "o" in options:
            target = self._go_output(folder, options["o"], name)
        else:
            target = join(folder, name if isinstance(sources, str) else base(sources[0]).removesuffix(".go"))
        if target is None:
            return
        paths = (sources,) if isinstance(sources, str) else sources
        made = Made("a build step makes it", effects.origin, "go", paths, effects.view)
        effects.put(target, ImageFile(target, made, _PROGRAM_MODE, effects.origin))

    def _go_output(self, folder: str, field: Field | None, name: str) -> str | None:
        if field is None or field.pattern or not field.text:
            return None
        path = join(folder, field.text)
        return join(path, name) if field.text.endswith("/") or self.effects.view.kind(path) == "folder" else path

    def _go_package(self, folder: str, packages: Sequence[Field | None]) -> str | tuple[str, ...] | None:
        """The folder of the package that is built, or its files; None where it is not known, or not one."""
        if not packages:
            return folder
        words = [field.text if field and not field.pattern else None for field in packages]
        if packages[0] is not None and packages[0].text in {"*.go", "./*.go"}:
            return folder
        if all(word is not None and word.endswith(".go") for word in words):
            return tuple(join(folder, word) for word in words if word)
        word = words[0]
        if len(words) > 1 or not word or "..." in word or "@" in word:
            return None
        if word.startswith((".", "/")):
            return join(folder, word)
        root, name = self._go_module(folder)
        rest = inside(word, name) if name else None
        return None if rest is None else join(root, rest or ".")

    def _go_module(self, folder: str) -> tuple[str, str]:
        """The folder of the nearest go.mod, and the module that it names."""
        while True:
            file = self.effects.file_at(join(folder, "go.mod"))
            if file is not None and isinstance(file.content, SourceFile):
                found = regex(r"^\s*module\s+\"?([^\s\"]+)", re.MULTILINE).search(file.content.text)
                return folder, found[1] if found else ""
            if folder in {"/", ""}:
                return folder, ""
            folder = parent(folder)

    def _go_name(self, folder: str) -> str:
        """The name that go gives a program: the last part of its package's path, but for a version."""
        root, name = self._go_module(folder)
        path = name if name and folder == root else folder
        return base(parent(path) if re.fullmatch(r"v[2-9]\d*", base(path)) else path)


def _go_words(arguments: Sequence[Field | None]) -> tuple[dict[str, Field | None], list[Field | None]]:
    """The options that take a value, and the words that are no options."""
    options: dict[str, Field | None] = {}
    operands: list[Field | None] = []
    waiting = list(arguments)
    while waiting:
        field = waiting.pop(0)
        if field is None or not field.text.startswith("-"):
            operands.append(field)
            continue
        name, equals, _ = field.text.lstrip("-").partition("=")
        if name not in _GO_VALUES:
            continue
        if equals:
            options[name] = field.after(field.text.index("=") + 1)
        else:
            options[name] = waiting.pop(0) if waiting else None
    return options, operands
