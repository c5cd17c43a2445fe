"""What a program's source says of signals: certain, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stopcheck.boot.handlers.program import read_program
from stopcheck.boot.sources import Tree
from stopcheck.files import MemoryFiles
from stopcheck.image.build import build_image
from stopcheck.source import SourceFile
from stopcheck.syntax.dockerfile import parse_dockerfile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.boot.handlers.source import Handling

LANGUAGES = ("python", "node", "ruby", "perl", "php", "go")


def read(language: str, text: str, files: Mapping[str, str] | None = None, **variables: str) -> Handling:
    """What is known of the program /app/main, with other files of /app beside it."""
    source = SourceFile("Dockerfile", "FROM scratch\nCOPY src/ /app/\n")
    context = {f"src/{name}": content for name, content in {"main": text, **(files or {})}.items()}
    image, _ = build_image(parse_dockerfile(source), MemoryFiles(context), "")
    assert image is not None
    project = Tree(image.files, {"sys.path": "/app", **variables})
    return read_program(language, ("/app/main",), project, tokens=variables)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        pytest.param("python", "import acme\nacme.serve()", id="python-library"),
        pytest.param("python", "from . import server", id="python-relative"),
        pytest.param("python", "print 'two'", id="python-2"),
        pytest.param("python", "import signal\nsignal.sigwait([15])", id="python-sigwait"),
        pytest.param("python", "import signal\nsignal.signal(which(), f)", id="python-computed-signal"),
        pytest.param("python", "exec(open('x').read())", id="python-exec"),
        pytest.param("node", "const e = require('acme-server')", id="node-library"),
        pytest.param("node", "import a from './a.js'", id="node-local"),
        pytest.param("node", "require(name)", id="node-computed"),
        pytest.param("node", "import('x')", id="node-dynamic"),
        pytest.param("node", "console.log(\"process.on('SIGTERM', f)\")", id="node-only-in-a-string"),
        pytest.param("node", "x.replace(/[\"']/, y); process.on('SIGTERM', f)", id="node-quote-in-an-expression"),
        pytest.param("ruby", "require 'sinatra'", id="ruby-gem"),
        pytest.param("ruby", "x = /\"/\ntrap('TERM') { exit }\ny = 1", id="ruby-quote-in-an-expression"),
        pytest.param("ruby", "require_relative 'x'", id="ruby-relative"),
        pytest.param("perl", "use Mojolicious::Lite;", id="perl-module"),
        pytest.param("php", "<?php require 'vendor/autoload.php';", id="php-require"),
        pytest.param("php", "<?php\nuse React\\EventLoop;", id="php-use"),
    ],
)
def test_nobody_knows(language: str, text: str) -> None:
    handling = read(language, text)
    assert not handling.complete
    assert not handling.launches
    assert handling.reason


@pytest.mark.parametrize(
    ("language", "text", "on"),
    [
        pytest.param("python", "import time\nwhile 1: time.sleep(1)", {"INT": "quick"}, id="python-none"),
        pytest.param(
            "python",
            "import signal as s, signal\nsignal.signal(signal.SIGTERM, f)",
            {"TERM": "graceful", "INT": "quick"},
            id="python",
        ),
        pytest.param(
            "python",
            "import signal\nfor s in (signal.SIGTERM, 3): signal.signal(s, f)",
            {"TERM": "graceful", "QUIT": "graceful", "INT": "quick"},
            id="python-loop",
        ),
        pytest.param(
            "python",
            "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)",
            {"TERM": "ignore", "INT": "quick"},
            id="python-ignores",
        ),
        pytest.param(
            "python",
            "import asyncio, signal\nloop.add_signal_handler(signal.SIGTERM, stop)",
            {"TERM": "graceful", "INT": "quick"},
            id="python-asyncio",
        ),
        pytest.param(
            "python", "try:\n  go()\nexcept KeyboardInterrupt: pass", {"INT": "graceful"}, id="python-interrupt"
        ),
        pytest.param(
            "python", "# signal.signal(SIGTERM, f)\nx = 'signal.signal(15, f)'", {"INT": "quick"}, id="python-comment"
        ),
        pytest.param("node", "setInterval(() => {}, 1000)", {"USR1": "ignore"}, id="node-none"),
        pytest.param("node", "process.on('SIGTERM', stop)", {"USR1": "ignore", "TERM": "graceful"}, id="node"),
        pytest.param(
            "node",
            'for (const s of ["SIGTERM", "SIGINT"]) process.once(s, stop)',
            {"USR1": "ignore", "TERM": "graceful", "INT": "graceful"},
            id="node-loop",
        ),
        pytest.param(
            "node", "// process.on('SIGTERM', f)\n/* process.on('SIGINT') */", {"USR1": "ignore"}, id="node-comment"
        ),
        pytest.param(
            "node", "process.on('SIGTERM', f); while (true) {}", {"USR1": "ignore", "TERM": "ignore"}, id="node-blocked"
        ),
        pytest.param("node", "import http from 'node:http'", {"USR1": "ignore"}, id="node-own-module"),
        pytest.param("perl", "$SIG{TERM} = sub { exit 0 };", {"TERM": "graceful"}, id="perl"),
        pytest.param(
            "perl", "$SIG{$_} = $f for qw(TERM INT);", {"TERM": "graceful", "INT": "graceful"}, id="perl-loop"
        ),
        pytest.param("perl", "# $SIG{TERM} = 1\nsleep 1 while 1;", {}, id="perl-none"),
        pytest.param("php", "<?php while (true) sleep(1);", {}, id="php-none"),
        pytest.param(
            "php", "<?php pcntl_async_signals(true); pcntl_signal(SIGTERM, $f);", {"TERM": "graceful"}, id="php"
        ),
        pytest.param("php", "<?php pcntl_signal(SIGTERM, $f);", {"TERM": "ignore"}, id="php-never-dispatched"),
    ],
)
def test_certain(language: str, text: str, on: dict[str, str]) -> None:
    handling = read(language, text)
    assert (dict(handling.on), handling.reason) == (on, "")


@pytest.mark.parametrize(
    ("text", "action"),
    [
        pytest.param("loop { sleep 1 }", "raise", id="none"),
        pytest.param("trap('TERM') { exit }", "graceful", id="trap"),
        pytest.param("%w[TERM INT].each { |s| trap(s) { exit } }", "graceful", id="loop"),
        pytest.param("at_exit { puts 1 }", "graceful", id="at-exit"),
        pytest.param("begin\n  run\nrescue Interrupt\nend", "graceful", id="rescue"),
    ],
)
def test_ruby(text: str, action: str) -> None:
    handling = read("ruby", text)
    assert handling.on["TERM"] == action


@pytest.mark.parametrize(
    ("language", "text"),
    [
        pytest.param("python", "import subprocess\nsubprocess.run(['x'])", id="python-subprocess"),
        pytest.param("python", "import os, sys\nos.execvp(sys.argv[1], sys.argv[1:])", id="python-exec"),
        pytest.param("python", "import asyncio\nasyncio.create_subprocess_exec('x')", id="python-asyncio"),
        pytest.param("node", "require('child_process').spawn('x')", id="node-child"),
        pytest.param("node", "import cluster from 'node:cluster'", id="node-cluster"),
        pytest.param("ruby", "system('x')", id="ruby-system"),
        pytest.param("perl", "exec 'x';", id="perl-exec"),
        pytest.param("php", "<?php passthru('x');", id="php-passthru"),
    ],
)
def test_starts_others(language: str, text: str) -> None:
    handling = read(language, text)
    assert handling.launches
    assert handling.reason.startswith("it starts other programs")


@pytest.mark.parametrize(
    ("language", "text", "cleanup"),
    [
        pytest.param("python", "import atexit\natexit.register(f)", True, id="python-atexit"),
        pytest.param("python", "try:\n  while 1: f()\nfinally: g()", True, id="python-finally"),
        pytest.param("python", "try:\n  f()\nfinally: g()", False, id="python-short-finally"),
        pytest.param("node", "process.on('exit', f)", True, id="node-exit"),
        pytest.param("php", "<?php register_shutdown_function('f');", True, id="php-shutdown"),
    ],
)
def test_cleanup_that_a_death_by_signal_skips(language: str, text: str, cleanup: bool) -> None:
    handling = read(language, text)
    assert handling.cleanup is cleanup


@pytest.mark.parametrize("language", [pytest.param(name, id=name) for name in LANGUAGES])
@given(text=st.text(alphabet="\"'`#/*\\\n(){}$ aSIGTERM15", max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_is_read(language: str, text: str) -> None:
    read(language, text)


@pytest.mark.parametrize("language", [pytest.param(name, id=name) for name in LANGUAGES])
@pytest.mark.parametrize(
    "piece", [pytest.param(piece, id=repr(piece)) for piece in ('"', "/*", "((", "'\\", "a" * 9, "=begin\n")]
)
def test_long_texts_are_read_quickly(language: str, piece: str) -> None:
    read(language, piece * 20_000)
