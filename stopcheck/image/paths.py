"""Slash-separated paths, as Go's path/filepath has them."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def clean(path: str) -> str:
    """The shortest path that means the same; "." for an empty one."""
    rooted = path.startswith("/")
    if rooted and "//" not in path and "/." not in path and path[-1] != "/":
        return path  # as most are
    out: list[str] = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part != "..":
            out.append(part)
        elif out and out[-1] != "..":
            out.pop()
        elif not rooted:
            out.append(part)
    text = "/".join(out)
    return "/" + text if rooted else text or "."


def join(folder: str, path: str) -> str:
    """`path` as seen from `folder`, cleaned; an absolute one stands for itself."""
    return clean(path if path.startswith("/") else f"{folder}/{path}" if folder else path)


def inside(path: str, folder: str) -> str | None:
    """What leads from the folder to the path: "" where they are the same, None where it is not inside."""
    if not path.startswith(folder):
        return None
    length = len(folder)
    if len(path) == length:
        return ""
    if not folder:
        return None if path[0] == "/" else path
    if folder[-1] == "/":
        return path[length:]
    return path[length + 1 :] if path[length] == "/" else None


def base(path: str) -> str:
    """The last name of a path."""
    return path.rstrip("/").rpartition("/")[2]


def parent(path: str) -> str:
    """The folder that a path lies in; of the root the root."""
    return path.rpartition("/")[0] or ("/" if path.startswith("/") else "")


def folders_above(path: str) -> Iterator[str]:
    """The folders that a path lies in, the nearest first, but for the root."""
    folder = parent(clean(path))
    while folder not in {"", "/"}:
        yield folder
        folder = parent(folder)
