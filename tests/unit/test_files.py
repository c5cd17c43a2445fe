"""Access to files on disk and in memory."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from stopcheck.files import HEAD, LARGEST, DiskFiles, Files, MemoryFiles


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    return folder


def read(files: Files, path: str) -> str | None:
    source = files.read(path)
    return None if source is None else source.text


def test_a_file(root: Path) -> None:
    (root / "a").mkdir()
    (root / "a/run.sh").write_text("exec app\n")
    (root / "a/run.sh").chmod(0o751)
    files = DiskFiles(root)
    entry = files.entry("a/run.sh")
    assert entry is not None
    assert (entry.kind, entry.mode, entry.size, entry.path) == ("file", 0o751, 9, "a/run.sh")
    assert read(files, "a/run.sh") == "exec app\n"
    source = files.read("a/run.sh")
    assert source is not None
    assert source.path == "a/run.sh"


def test_folders(root: Path) -> None:
    (root / "a/b").mkdir(parents=True)
    (root / "a/c").write_text("")
    files = DiskFiles(root)
    for path in ("", "a", "a/b"):
        entry = files.entry(path)
        assert entry is not None
        assert entry.kind == "folder"
        assert files.read(path) is None
    assert files.names("a") == ("b", "c")
    assert files.names("") == ("a",)
    assert files.names("a/c") == ()


@pytest.mark.parametrize("path", ["gone", "a/gone", "run.sh/x", "nul\0byte", "x/" * 3000 + "x", "x" * 300])
def test_what_is_not_there(root: Path, path: str) -> None:
    (root / "run.sh").write_text("")
    files = DiskFiles(root)
    assert files.entry(path) is None
    assert files.read(path) is None
    assert files.names(path) == ()


def test_a_file_is_read_once(root: Path) -> None:
    (root / "a").write_text("one")
    files = DiskFiles(root)
    first = files.read("a")
    (root / "a").write_text("two")
    assert files.read("a") is first
    assert files.reads == {"a"}


def test_bytes_that_are_no_utf8_are_kept(root: Path) -> None:
    (root / "a").write_bytes(b"caf\xe9\n")
    text = read(DiskFiles(root), "a")
    assert text is not None
    assert text.encode("utf-8", "surrogateescape") == b"caf\xe9\n"


def test_line_ends_are_kept(root: Path) -> None:
    (root / "a").write_bytes(b"x\r\ny\r\n")
    assert read(DiskFiles(root), "a") == "x\r\ny\r\n"


def test_of_a_binary_only_the_head_is_read(root: Path) -> None:
    (root / "a").write_bytes(b"\x7fELF\0" + b"x" * LARGEST)
    text = read(DiskFiles(root), "a")
    assert text is not None
    assert len(text) == HEAD


def test_a_large_text_is_not_read(root: Path) -> None:
    (root / "a").write_bytes(b"x" * (LARGEST + 1))
    files = DiskFiles(root)
    assert files.read("a") is None
    assert files.obstacle("a") == "is larger than 4 MB, and not read"
    assert files.entry("a") is not None


def test_a_text_that_is_just_not_too_large_is_read(root: Path) -> None:
    (root / "a").write_bytes(b"x" * LARGEST)
    assert read(DiskFiles(root), "a") == "x" * LARGEST


def test_links_inside_are_followed(root: Path) -> None:
    (root / "real").mkdir()
    (root / "real/run.sh").write_text("run")
    (root / "folder").symlink_to("real")
    (root / "file").symlink_to("folder/run.sh")
    (root / "absolute").symlink_to(root / "real/run.sh")
    files = DiskFiles(root)
    for path in ("folder/run.sh", "file", "absolute"):
        assert read(files, path) == "run"
        entry = files.entry(path)
        assert entry is not None
        assert entry.path == "real/run.sh"
    assert files.names("folder") == ("run.sh",)


@pytest.mark.parametrize(
    ("target", "why"),
    [
        pytest.param("../secret", "is a symbolic link that leads out of the repository", id="relative"),
        pytest.param("/etc/passwd", "is a symbolic link that leads out of the repository", id="absolute"),
        pytest.param("/", "is a symbolic link that leads out of the repository", id="the root of the disk"),
        pytest.param("link", "is a symbolic link that leads in a circle", id="itself"),
    ],
)
def test_other_links_count_as_nothing(root: Path, target: str, why: str) -> None:
    (root.parent / "secret").write_text("secret")
    (root / "link").symlink_to(target)
    files = DiskFiles(root)
    assert files.entry("link") is None
    assert files.read("link") is None
    assert files.names("link") == ()
    assert files.obstacle("link") == why


def test_nothing_is_seen_through_a_folder_that_leads_out(root: Path) -> None:
    (root.parent / "outside").mkdir()
    (root.parent / "outside/run.sh").write_text("run")
    (root / "link").symlink_to("../outside")
    files = DiskFiles(root)
    assert files.entry("link/run.sh") is None
    assert files.read("link/run.sh") is None
    assert files.obstacle("link/run.sh") == "is a symbolic link that leads out of the repository"


def test_a_folder_beside_the_root_with_a_name_alike_is_outside(root: Path) -> None:
    beside = root.with_name(root.name + "-2")
    beside.mkdir()
    (beside / "a").write_text("")
    (root / "link").symlink_to(beside / "a")
    assert DiskFiles(root).entry("link") is None


def test_pipes_and_sockets_are_not_opened(root: Path) -> None:
    os.mkfifo(root / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(root)
        try:
            server.bind("socket")
        finally:
            os.chdir(here)
        files = DiskFiles(root)
        for name in ("pipe", "socket"):
            assert files.entry(name) is None
            assert files.read(name) is None
            assert files.obstacle(name) == "is neither a regular file nor a folder"


def test_a_file_that_may_not_be_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "secret").write_text("x")

    def refuse(path: str, flags: int) -> int:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "open", refuse)
    files = DiskFiles(root)
    assert files.entry("secret") is not None
    assert files.read("secret") is None
    assert files.obstacle("secret") == "may not be read (permission denied)"


def test_paths_are_shown_as_asked(root: Path) -> None:
    (root / "run.sh").write_text("")
    source = DiskFiles(root, shown=lambda path: "web/" + path).read("run.sh")
    assert source is not None
    assert source.path == "web/run.sh"


def test_the_root_may_be_a_link(root: Path) -> None:
    (root / "a").write_text("a")
    link = root.parent / "link"
    link.symlink_to(root)
    assert read(DiskFiles(link), "a") == "a"


def test_nothing_is_written(root: Path) -> None:
    (root / "a").write_text("a")
    root.chmod(0o555)
    before = sorted(os.listdir(root.parent)), os.listdir(root), root.stat().st_mtime_ns
    files = DiskFiles(root)
    files.read("a")
    files.names("")
    assert (sorted(os.listdir(root.parent)), os.listdir(root), root.stat().st_mtime_ns) == before


def test_files_in_memory() -> None:
    files = MemoryFiles({"a/b/c": "text", "d": ""}, {"d": 0o600}, {"e": "may not be read"})
    assert files.names("") == ("a", "d", "e")
    assert files.names("a") == ("b",)
    assert files.names("a/b/c") == ()
    folder, file = files.entry("a/b"), files.entry("d")
    assert folder is not None
    assert folder.kind == "folder"
    assert file is not None
    assert (file.kind, file.mode) == ("file", 0o600)
    assert files.entry("e") is None
    assert files.obstacle("e") == "may not be read"
    assert files.read("a/b/c") is files.read("a/b/c")
    assert files.read("a") is None
