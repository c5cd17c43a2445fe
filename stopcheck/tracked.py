"""What git tracks of a repository, read from its index: those files are not ignored, whatever .gitignore says."""

from __future__ import annotations

import os

_HEADER = 12
_STAT = 62
"""Bytes of an entry before its path, where object names have 20."""
_KINDS = frozenset({0o100644, 0o100755, 0o120000, 0o160000})


def tracked(root: str) -> tuple[str, ...]:
    """The paths in the index of a repository, with `/`, relative to it; none where it cannot be read.

    Source: gitformat-index(5), versions 2 to 4. An index that is split over two files, or has object names of another
    length, counts as one that cannot be read.
    """
    try:
        with open(os.path.join(_git_folder(root), "index"), "rb") as file:
            data = file.read()
    except OSError:
        return ()
    if data[:4] != b"DIRC":
        return ()
    try:
        return tuple(os.fsdecode(path) for path in _paths(data))
    except (IndexError, ValueError):
        return ()


def _git_folder(root: str) -> str:
    """The folder behind `.git`, which is a file that names it in worktrees and submodules."""
    place = os.path.join(root, ".git")
    if os.path.isfile(place):
        with open(place, encoding="utf-8", errors="replace") as file:
            return os.path.join(root, file.read().removeprefix("gitdir:").strip())
    return place


def _paths(data: bytes) -> list[bytes]:
    version, count = (int.from_bytes(data[at : at + 4], "big") for at in (4, 8))
    paths: list[bytes] = []
    at, path = _HEADER, b""
    for _ in range(count):
        if int.from_bytes(data[at + 24 : at + 28], "big") not in _KINDS:
            raise ValueError("no entry begins here")
        start = at + _STAT + (2 if data[at + 60] & 0x40 else 0)
        kept = b""
        if version == 4:
            drop, start = _number(data, start)
            kept = path[: len(path) - drop]
        end = data.index(b"\0", start)
        path = kept + data[start:end]
        paths.append(path)
        at = end + 1 if version == 4 else at + (end - at + 8) // 8 * 8
    return paths


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of variable width (as in pack files' OFS_DELTA), and where what follows it begins."""
    value = data[at] & 0x7F
    while data[at] & 0x80:
        at += 1
        value = ((value + 1) << 7) | (data[at] & 0x7F)
    return value, at + 1
