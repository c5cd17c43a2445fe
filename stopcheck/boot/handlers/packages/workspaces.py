"""Packages of one repository that need each other: workspaces of npm, Yarn, pnpm and Bun."""

from __future__ import annotations

import re

from stopcheck.boot.handlers.packages.compiled import compiled_from
from stopcheck.boot.handlers.packages.manifests import settings
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import join, parent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stopcheck.boot.handlers.source import Project

_KINDS = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
_OWN = ("workspace:", "file:", "link:", "portal:", "*")
"""How a version begins that is that of a package of the same repository (docs.npmjs.com: package.json)."""
_MAIN = ("source", "module", "main")
_CONDITIONS = ("source", "bun", "development", "import", "require", "node", "default")


def member(need: str, path: str, project: Project) -> tuple[str, ...] | None:
    """The file by which the file at `path` comes to such a package; None where it is none of them.

    Raises LookupError where it is one, and what it is made of is not there.
    """
    parts = need.split("/")
    name = "/".join(parts[: 2 if need.startswith("@") else 1])
    version = _version(name, path, project)
    if version is None or not version[1].startswith(_OWN):
        return None
    folder = next(iter(_folders(name, *version, path, project)), None)
    if folder is None:
        if version[1] == "*":
            return None
        raise LookupError(name)
    package = settings(join(folder, "package.json"), project)
    for place in _entries(package, need[len(name) :]):
        file = _found(join(folder, place), project) or compiled_from(join(folder, place), project)
        if file is not None:
            return () if file.endswith((".d.ts", ".json")) else (file,)
    raise LookupError(name)


def _version(name: str, path: str, project: Project) -> tuple[str, str] | None:
    """The folder of the nearest package that asks for it, and the version that it asks for."""
    folder = path
    while folder not in {"/", ""}:
        folder = parent(folder)
        package = settings(join(folder, "package.json"), project)
        for kind in _KINDS:
            wanted = package.get(kind)
            version = wanted.get(name) if isinstance(wanted, dict) else None
            if isinstance(version, str):
                return folder, version
    return None


def _folders(name: str, asking: str, version: str, path: str, project: Project) -> Iterator[str]:
    """The folders of the packages of that name."""
    _, _, place = version.partition(":")
    if place.startswith((".", "/")) and settings(join(join(asking, place), "package.json"), project):
        yield join(asking, place)
    root = path
    while root not in {"/", ""}:
        root = parent(root)
        yield from members(name, root, project)


def members(name: str, root: str, project: Project) -> Iterator[str]:
    """The folders of the members of a workspace that have this name."""
    for pattern in _patterns(root, project):
        for manifest in project.matching(join(root, f"{pattern}/package.json")):
            if settings(manifest, project).get("name") == name:
                yield parent(manifest)


def _patterns(root: str, project: Project) -> list[str]:
    """The folders of the members of a workspace, as its root names them."""
    told = settings(join(root, "package.json"), project).get("workspaces")
    told = told.get("packages") if isinstance(told, dict) else told
    found = [str(one) for one in told] if isinstance(told, list) else []
    text = project.text(join(root, "pnpm-workspace.yaml"))
    if text is not None:
        found += re.findall(r"^\s*-\s*[\"']?([^\"'#\s]+)", text.text, re.MULTILINE)
    return [one.rstrip("/").replace("**", "*") for one in found if not one.startswith("!")]


def _entries(package: Mapping[str, object], below: str) -> Iterator[str]:
    """Where a package is entered: by its `exports`, its main file, or in the usual places; `below` is `/part`."""
    yield from _exported(package.get("exports"), f".{below}")
    if below:
        yield from (below[1:], f"src{below}")
        return
    yield from (value for key in _MAIN if isinstance(value := package.get(key), str))
    yield from ("src/index", "index", "lib/index")


def _exported(exports: object, key: str) -> Iterator[str]:
    """The files under a key of `exports` (nodejs.org/api/packages.html)."""
    if isinstance(exports, str):
        yield from (exports,) if key == "." else ()
    elif isinstance(exports, dict):
        found = exports.get(key)
        if found is None and key == "." and not any(str(name).startswith(".") for name in exports):
            found = exports
        for pattern, target in exports.items() if found is None else ():
            head, star, tail = str(pattern).partition("*")
            if star and key.startswith(head) and key.endswith(tail):
                middle = key[len(head) : len(key) - len(tail)]
                yield from (place.replace("*", middle) for place in _targets(target))
        yield from _targets(found)


def _targets(found: object) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict):
        for condition in _CONDITIONS:
            yield from _targets(found.get(condition))


def _found(place: str, project: Project) -> str | None:
    stem, dot, ending = place.rpartition(".")
    written = [f"{stem}.{ending.replace('js', 'ts')}"] if dot and ending in {"js", "mjs", "cjs"} else []
    forms = (".ts", ".tsx", ".js", ".mjs", ".cjs", "/index.ts", "/index.js")
    return next((file for file in (place, *written, *(place + form for form in forms)) if project.text(file)), None)
