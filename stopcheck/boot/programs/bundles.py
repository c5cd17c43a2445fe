"""A server that a framework's build writes and `node` runs: Next.js's standalone one, Nitro's, SvelteKit's."""

from __future__ import annotations

import re

from stopcheck.boot.handlers.packages.manifests import settings
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import join
from stopcheck.knowledge.bundles import bundle_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.boot.programs.tree import Tree
    from stopcheck.boot.world import Field

_SAFE = re.compile(r"[~^>=v ]*(\d+)(?:\.(\d+))?")


def bundled(path: str, project: Tree, env: Mapping[str, Field]) -> Mapping[str, str] | None:
    """What it does on signals; None where `path` is not known to be such a server. `project` has what it is built from.

    An application that handles signals itself does so beside it.
    """
    for row in bundle_rows():
        found = re.search(f"{row.file}$", path)
        if found is None:
            continue
        root = path[: found.start()] or "/"
        package = settings(join(root, "package.json"), project)
        if not any(_asks(package, name, since) for name, since in row.packages.items()):
            continue
        texts = [text.text for name in row.config if (text := project.text(join(root, name))) is not None]
        doubts = [word for word in row.unless if word in env or any(re.search(rf"\b{word}\b", text) for text in texts)]
        return None if doubts else row.on
    return None


def _asks(package: Mapping[str, object], name: str, since: tuple[int, int]) -> bool:
    """Whether a package.json asks for this version of a package, or a later one; what is no number is the newest."""
    for kind in ("dependencies", "devDependencies"):
        wanted = package.get(kind)
        version = wanted.get(name) if isinstance(wanted, dict) else None
        if isinstance(version, str):
            number = _SAFE.match(version)
            newest = version in {"latest", "*", ""}
            return newest or (number is not None and (int(number[1]), int(number[2] or 0)) >= since)
    return False
