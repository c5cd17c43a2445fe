"""Which source a build step makes a JavaScript file of."""

from __future__ import annotations

import re

from stopcheck.boot.handlers.packages.bundlers import bundled_from
from stopcheck.boot.handlers.packages.manifests import nearest_package, settings
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import base, inside, join, parent
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.boot.handlers.source import Project

_EXTENDS = 4
"""So many configurations are followed from one to the next."""
_DEEPEST = 4
"""So far below its package.json a source is looked for by its name alone."""


def compiled_from(path: str, project: Project) -> str | None:
    """The file that the build makes one of: by the scripts of its package, or by what tsc is told."""
    folder, package = nearest_package(path, project)
    return (
        bundled_from(path, package, project, folder)
        or _transpiled_from(path, project)
        or _namesake(path, package, project, folder)
    )


_KEEPS_NAMES = regex(
    r"(?:^|[\s;&|])(?:tsc|tsup|tsdown|esbuild|rollup|swc|babel|unbuild|rolldown)(?=[\s;&|]|$)(?![^;&|]*\s(?:-d|-o|--out))"
)
"""Tools that name what they write after its source, where their command does not tell in which folder."""
_ASIDE = regex(r"/(?:node_modules|\.?tests?|__tests__|spec|e2e|dist|build|out|example?s)/|\.(?:test|spec|d)\.")


def _namesake(path: str, package: Mapping[str, object], project: Project, folder: str) -> str | None:
    """The only source of that name in the package, where one of its scripts builds it and keeps names."""
    scripts = package.get("scripts")
    texts = [text for text in scripts.values() if isinstance(text, str)] if isinstance(scripts, dict) else []
    stem = re.sub(r"\.[cm]?js$", "", base(path))
    if stem == base(path) or not any(map(_KEEPS_NAMES.search, texts)):
        return None
    places = [f"{folder.rstrip('/')}{'/*' * depth}/{stem}" for depth in range(_DEEPEST)]
    found = [file for place in places for form in (".ts", ".mts", ".cts") for file in project.matching(place + form)]
    found = [file for file in found if not _ASIDE.search(f"/{inside(file, folder)}")]
    return found[0] if len(found) == 1 else None


def _transpiled_from(path: str, project: Project) -> str | None:
    """The TypeScript file that tsc makes a file of (typescriptlang.org/tsconfig).

    By the nearest tsconfig.json, those of the projects that it refers to, or another tsconfig.*.json beside it.
    """
    folder = parent(path)
    while not (told := settings(join(folder, "tsconfig.json"), project)):
        if folder in {"/", ""}:
            return None
        folder = parent(folder)
    referred = told.get("references")
    named = [one.get("path") for one in referred if isinstance(one, dict)] if isinstance(referred, list) else []
    places = [join(folder, name) for name in named if isinstance(name, str)]
    others = [place if place.endswith(".json") else join(place, "tsconfig.json") for place in places]
    beside = project.matching(join(folder, "tsconfig.*.json"))
    configs = dict.fromkeys((join(folder, "tsconfig.json"), *others, *beside))
    return next((found for config in configs if (found := _compiled_by(config, path, project))), None)


def _compiled_by(config: str, path: str, project: Project) -> str | None:
    folder = parent(config)
    output, root = _folders(config, project)
    rest = inside(path, output or folder)
    if not rest or not rest.endswith(".js"):
        return None
    roots = [root] if root else [folder, join(folder, "src")]
    places = [join(place, rest.removesuffix(".js")) for place in roots]
    return next((place + form for place in places for form in (".ts", ".tsx") if project.text(place + form)), None)


def _folders(path: str, project: Project, depth: int = 0) -> tuple[str, str]:
    """The `outDir` and the `rootDir` of a configuration, or of those that it extends; "" where none tells."""
    told = settings(path, project)
    options = told.get("compilerOptions")
    found = [str(options.get(name, "")) if isinstance(options, dict) else "" for name in ("outDir", "rootDir")]
    folders = [join(parent(path), name) if name else "" for name in found]
    bases = told.get("extends")
    for base_of in reversed(bases if isinstance(bases, list) else [bases]) if depth < _EXTENDS else ():
        if isinstance(base_of, str) and base_of.startswith((".", "/")):
            place = join(parent(path), base_of)
            more = _folders(place if place.endswith(".json") else f"{place}.json", project, depth + 1)
            folders = [own or other for own, other in zip(folders, more, strict=True)]
    return folders[0], folders[1]
