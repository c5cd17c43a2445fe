"""What sed leaves of a file: each was compared with GNU sed 4.9."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stopcheck.image.sed import edited
from stopcheck.source import SourceFile, Span

if TYPE_CHECKING:
    from pathlib import Path

TEXT = '#!/bin/bash\nexec "$@"\n# port: 80\nfoo(bar) a+b a.b\nindent  x\nlast [z] $HOME/x'

READ = [
    "s#/bin/bash#/bin/sh#", "s/exec/& nice/", "s/^#.*//", "2i set -e", "$a end", "/port/d", r"s/a\.b/X/g", "s/a.b/X/g",
    r"s/(bar)/[\0]/", "s/[z]/q/;s/foo/bar/", "s|/x$|/y|", "s/a+b/P/", r"s/a\+b/P/", "s/  *x/ y/", "1d\ns/80/81/",
    "/^exec/i trap : TERM", "/^exec/a done", r"s/\$HOME/$ROOT/", r's/"\$@"/app \&/', "s/O/0/gI", "3s/80/81/",
    "s/x*/-/g", "s/^/# /", "s/$/;/", r"s/\(o*\)(/<\1>/", r"s/80/8\n0/", r"s/\s\s*/ /g",
]  # fmt: skip
UNREAD = [
    "2,3d",
    "s/b/c/2",
    "y/abc/xyz/",
    r"s/\bbar/X/",
    "s/a/b/w out",
    "/x/!d",
    "s/a",
    "s//x/",
    "p",
    "{s/a/b/}",
    r"s/a/\U&/",
]


@pytest.mark.parametrize("script", [pytest.param(script, id=script) for script in READ])
def test_it_leaves_what_sed_leaves(script: str, tmp_path: Path) -> None:
    found = edited(SourceFile("run.sh", TEXT), [script], extended=False)
    assert found is not None
    program = shutil.which("sed")
    assert program is not None
    (tmp_path / "run.sh").write_text(TEXT, "utf-8")
    subprocess.run([program, "-i", script, "run.sh"], cwd=tmp_path, check=True)
    assert found.text == (tmp_path / "run.sh").read_text("utf-8")


@pytest.mark.parametrize("script", [pytest.param(script, id=script) for script in UNREAD])
def test_what_is_not_read(script: str) -> None:
    assert edited(SourceFile("run.sh", TEXT), [script], extended=False) is None


def test_extended_expressions() -> None:
    found = edited(SourceFile("run.sh", TEXT), [r"s/(o+)\(/<\1>/"], extended=True)
    assert found is not None
    assert "f<oo>bar)" in found.text
    assert edited(SourceFile("run.sh", TEXT), ["s/a|b/X/"], extended=True) is None


def test_what_is_left_stands_where_it_stood() -> None:
    source = SourceFile("run.sh", TEXT)
    found = edited(source, ["s/bash/sh/", "1i # x"], extended=False)
    assert found is not None
    at = found.text.index("exec")
    assert Span(found, at, at + 4).outermost() == Span(source, TEXT.index("exec"), TEXT.index("exec") + 4)


@settings(max_examples=60)
@given(st.text(r"s/\.*[]^$()+?|&;gid1,! a", max_size=14), st.booleans())
def test_any_script_is_read_or_refused(script: str, extended: bool) -> None:
    edited(SourceFile("run.sh", TEXT), [script], extended)
