"""Which source a bundler or a compiler makes a JavaScript file of, by the scripts of the nearest package.json."""

from __future__ import annotations

import re

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import base, inside, join
from stopcheck.records import dataclass
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stopcheck.boot.handlers.source import Project


@dataclass(frozen=True, slots=True)
class Bundler:
    """Its options for a file and for a folder to write, the folder without them, and where else its sources are named.

    `folders`: it takes folders, and keeps the names of the files in them.
    """

    files: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    default: str = ""
    config: str = ""
    folders: bool = False


_BUNDLERS = {
    "esbuild": Bundler(("--outfile",), ("--outdir",)),
    "bun build": Bundler(("--outfile",), ("--outdir",)),
    "ncc build": Bundler((), ("-o", "--out"), "dist"),
    "tsup": Bundler((), ("-d", "--out-dir"), "dist", "tsup.config"),
    "tsdown": Bundler((), ("-d", "--out-dir"), "dist", "tsdown.config"),
    "babel": Bundler(("-o", "--out-file"), ("-d", "--out-dir"), folders=True),
    "sucrase": Bundler((), ("-d", "--out-dir"), folders=True),
    "swc": Bundler(("-o", "--out-file"), ("-d", "--out-dir"), folders=True),
}
"""Sources: esbuild.github.io/api, bun.sh/docs/bundler, tsup.egoist.dev, babeljs.io/docs/babel-cli,
swc.rs/docs/usage/cli."""
_SOURCE = regex(r"[\w@./-]+\.(?:[cm]?[jt]s|[jt]sx)")
_FORMS = (".ts", ".tsx", ".mts", ".js", ".mjs", ".jsx")
_ENDINGS = (".js", ".mjs", ".cjs")
_COMMANDS = regex(r"&&|\|\||;|&|\|")


def bundled_from(path: str, package: Mapping[str, object], project: Project, folder: str) -> str | None:
    """The source of the file at `path`; `package` is the package.json of `folder`."""
    scripts = package.get("scripts")
    texts = [text for text in scripts.values() if isinstance(text, str)] if isinstance(scripts, dict) else []
    for text in texts:
        for command in _COMMANDS.split(text):
            for source in _sources(command.split(), path, project, folder):
                if project.text(source) is not None:
                    return source
    return None


def _sources(words: list[str], path: str, project: Project, folder: str) -> Iterator[str]:
    """The files that one command may make it of."""
    named = next((name for name in _BUNDLERS if f" {name} " in f" {' '.join(words)} "), None)
    if named is None:
        return
    bundler = _BUNDLERS[named]
    words = " ".join(words).partition(named)[2].split()
    file = _value(words, bundler.files)
    inputs = [word for word in words if _SOURCE.fullmatch(word)] or list(_configured(bundler, project, folder))
    if file is not None:
        yield from (join(folder, word) for word in inputs[:1] if join(folder, file) == path)
        return
    place = _value(words, bundler.places) or bundler.default
    rest = inside(path, join(folder, place)) if place else None
    if not rest or not rest.endswith(_ENDINGS):
        return
    stem = rest.rpartition(".")[0]
    yield from (join(folder, word) for word in inputs if base(word).rpartition(".")[0] == stem)
    if bundler.folders:
        roots = [word for word in words if re.fullmatch(r"(?:\./)?[\w-]+/?", word) and word.strip("./") != place]
        yield from (join(join(folder, root), stem + form) for root in roots for form in _FORMS)
        yield from (join(folder, stem + form) for root in roots for form in _FORMS if stem.startswith(root))


def _value(words: list[str], options: Iterable[str]) -> str | None:
    """What an option is given, in the same word or in the next."""
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in options:
            return value if equals else words[at + 1] if at + 1 < len(words) else None
    return None


def _configured(bundler: Bundler, project: Project, folder: str) -> Iterator[str]:
    """The sources that a configuration of its own names."""
    for ending in (".ts", ".js", ".mjs", ".cjs") if bundler.config else ():
        text = project.text(join(folder, bundler.config + ending))
        told = re.search(r"\bentry\w*\s*:\s*(\[[^\]]*\]|\{[^}]*\})", text.text) if text is not None else None
        if told is not None:
            yield from _SOURCE.findall(told[1])
