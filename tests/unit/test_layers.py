"""Each layer imports only from those to its left, nothing imports in a circle, and each library has one door."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "stopcheck"

LAYERS: tuple[tuple[str, ...], ...] = (
    ("hints",),
    ("records", "regex"),
    ("source",),
    ("model", "files"),
    ("case",),
    ("recipes",),
    ("syntax",),
    ("knowledge",),
    ("image",),
    ("boot",),
    ("stop",),
    ("rules",),
    ("checks",),
    ("fixes",),
    ("proof",),
    ("findings",),
    ("analysis",),
    ("tracked",),
    ("discovery",),
    ("view",),
    ("config",),
    ("engine",),
    ("report",),
    ("program",),
    ("cli",),
    ("main",),
    ("__main__",),
)
RANKS = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}

DOORS = {
    "click": {"cli"},
    "rich": {"cli", "program"},
    "pathspec": {"discovery"},
}
"""Where a library may be imported: who wants what it does asks that part."""


def modules() -> dict[str, ast.Module]:
    found: dict[str, ast.Module] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text("utf-8"))
    return found


MODULES = modules()


def part(module: str) -> str:
    """ "stopcheck.image.model" → "image"; the package itself is ""."""
    return module.split(".")[1] if "." in module else ""


def imported(tree: ast.AST) -> set[str]:
    """What a module imports, in functions too, as module names where they are ours."""
    names: set[str] = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, "imports are absolute"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            names.update(inner & MODULES.keys() or {node.module})
        else:
            names.update(imported(node))
    return names


@pytest.mark.parametrize("module", [pytest.param(name, id=name) for name in MODULES])
def test_it_imports_only_from_the_left(module: str) -> None:
    here = part(module)
    if here == "":
        return
    assert here in RANKS, f"{module} has no place in the layers: give it one"
    for name in imported(MODULES[module]):
        there = part(name)
        if name.startswith("stopcheck.") and there != here:
            assert RANKS[there] < RANKS[here], f"{module} imports {name}"


def test_the_layers_name_what_exists() -> None:
    assert set(RANKS) == {part(module) for module in MODULES} - {""}


@pytest.mark.parametrize("module", [pytest.param(name, id=name) for name in MODULES])
def test_a_library_is_imported_through_its_door_alone(module: str) -> None:
    for name in imported(MODULES[module]):
        library = name.split(".")[0]
        assert part(module) in DOORS.get(library, {part(module)}), f"{module} imports {library}"


def test_no_module_needs_itself_not_even_for_its_types() -> None:
    needs = {name: imported(tree) & MODULES.keys() for name, tree in MODULES.items()}
    while needs:
        free = {name for name, wanted in needs.items() if not wanted & needs.keys() - {name}}
        assert free, f"a circle among {', '.join(sorted(needs))}"
        needs = {name: wanted for name, wanted in needs.items() if name not in free}
