"""What a program's source says of signals: certain, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stopcheck.boot.handlers.program import read_file, read_program
from stopcheck.boot.handlers.python import parse
from stopcheck.boot.handlers.python2 import modern
from stopcheck.boot.handlers.python_newer import older
from stopcheck.boot.handlers.requirements import versions
from stopcheck.boot.programs.tree import Tree
from stopcheck.files import MemoryFiles
from stopcheck.image.build import build_image
from stopcheck.source import SourceFile
from stopcheck.syntax.dockerfile import parse_dockerfile
from tests.unit.verdicts import verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.boot.handlers.source import Handling

SIGNAL = 'package main\nimport "os/signal"\n'
EXPRESS = "const express = require('express');\nconst app = express();\napp.listen(80);\n"
FLASK = "from flask import Flask\napp = Flask(__name__)\n"
JVM = {"TERM": "raise", "INT": "raise", "HUP": "raise", "QUIT": "ignore"}
HOOKS = {"TERM": "graceful", "INT": "graceful", "HUP": "graceful", "QUIT": "ignore"}
LANGUAGES = ("python", "node", "ruby", "perl", "php", "go", "java", "dotnet", "rust", "c", "dart")


def read(language: str, text: str, files: Mapping[str, str] | None = None, **variables: str) -> Handling:
    """What is known of the program /app/main, with other files of /app beside it."""
    return read_program(language, ("/app/main",), among({"main": text, **(files or {})}, **variables), tokens=variables)


def among(files: Mapping[str, str], **variables: str) -> Tree:
    """Files of /app, and the variables of a program's environment."""
    source = SourceFile("Dockerfile", "FROM scratch\nCOPY src/ /app/\n")
    context = {f"src/{name}": content for name, content in files.items()}
    image, _ = build_image(parse_dockerfile(source), MemoryFiles(context), "")
    assert image is not None
    return Tree(image.files, {"sys.path": "/app", **variables})


@pytest.mark.parametrize(
    ("language", "text"),
    [
        pytest.param("python", "import acme\nacme.serve()", id="python-library"),
        pytest.param("python", "from . import server", id="python-relative"),
        pytest.param("python", "print 'two' 'three' four", id="no-python"),
        pytest.param("python", "import signal\nsignal.sigwait([15])", id="python-sigwait"),
        pytest.param("python", "import signal\nsignal.signal(which(), f)", id="python-computed-signal"),
        pytest.param("python", "exec(open('x').read())", id="python-exec"),
        pytest.param("node", "const e = require('acme-server')", id="node-library"),
        pytest.param("node", "import a from './a.js'", id="node-local"),
        pytest.param("node", "require(name)", id="node-computed"),
        pytest.param("node", "import('x')", id="node-dynamic"),
        pytest.param("node", "console.log(\"process.on('SIGTERM', f)\")", id="node-only-in-a-string"),
        pytest.param("node", "x.replace(/[\"']/, y); process.on('SIGTERM', f)", id="node-quote-in-an-expression"),
        pytest.param("ruby", "require 'acme'", id="ruby-gem"),
        pytest.param("ruby", "x = /\"/\ntrap('TERM') { exit }\ny = 1", id="ruby-quote-in-an-expression"),
        pytest.param("python", "import importlib\nimportlib.import_module(f'acme.{name}')", id="python-loaded-library"),
        pytest.param("python", "from google.cloud import acme", id="python-namespace"),
        pytest.param("python", "import importlib\nimportlib.import_module(name)", id="python-loaded-by-a-name"),
        pytest.param("ruby", "require_relative 'x'", id="ruby-relative"),
        pytest.param("perl", "use Mojolicious::Lite;", id="perl-module"),
        pytest.param("perl", "alarm 5;\nsleep 9 while 1;", id="perl-alarm-of-which-nothing-is-told"),
        pytest.param("perl", "$SIG{ALRM} = sub { die };\nalarm 5;\nsleep 9 while 1;", id="perl-alarm-that-ends-it"),
        pytest.param("perl", "END { sleep 9 }\nsleep 1 while 1;", id="perl-sleeps-at-its-end"),
        pytest.param("perl", "$SIG{TERM} = sub { sleep 30; exit };\nsleep;", id="perl-sleeps-in-a-handler"),
        pytest.param("ruby", "at_exit { sleep 10 }\nsleep", id="ruby-sleeps-at-its-end"),
        pytest.param("ruby", "loop { begin; sleep 1; rescue Exception; end }", id="ruby-rescues-all"),
        pytest.param("ruby", "trap('TERM') { Process.kill('KILL', $$) }\nsleep", id="ruby-kills-itself"),
        pytest.param(
            "php", "<?php register_shutdown_function(function () { sleep(10); });", id="php-sleeps-at-its-end"
        ),
        pytest.param("php", "<?php require 'vendor/autoload.php';", id="php-require"),
        pytest.param("php", "<?php\nuse React\\EventLoop;", id="php-use"),
        pytest.param("php", "<?php $s = new swoole_http_server('0.0.0.0', 80); $s->start();", id="php-extension"),
        pytest.param("java", "import com.acme.Server;", id="java-library"),
        pytest.param("java", "class A { com.acme.Server server; }", id="java-name-in-full"),
        pytest.param(
            "java",
            "import sun.misc.Signal;\nclass A { void f(String s) { Signal.handle(new Signal(s), h); } }",
            id="java-computed-signal",
        ),
        pytest.param("java", "class A { void f(String s) { Class.forName(s); } }", id="java-computed-class"),
        pytest.param("java", "class A { void f(File f) { f.deleteOnExit(); } }", id="java-deletes-files"),
        pytest.param("java", 'class A { String s = "runs on TERM"; }', id="java-names-a-signal"),
        pytest.param("java", "import akka.{actor => a, event}, b\nobject A", id="scala-imports-of-a-kind"),
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
        pytest.param("java", "// addShutdownHook(t)\nclass A {}", JVM, id="java-none"),
        pytest.param("java", "class A { { Runtime.getRuntime().addShutdownHook(t); } }", HOOKS, id="java-hook"),
        pytest.param(
            "java", "fun main() { Runtime.getRuntime().addShutdownHook(Thread { stop() }) }", HOOKS, id="kotlin"
        ),
        pytest.param("java", "object A extends App { sys.addShutdownHook { stop() } }", HOOKS, id="scala-hook"),
        pytest.param(
            "java", "class A { char c = '\"'; { r.addShutdownHook(t); } char d = '\"'; }", HOOKS, id="java-quotes"
        ),
        pytest.param(
            "java", 'class A { String s = """\n "x\n"""; { r.addShutdownHook(t); } }', HOOKS, id="java-text-block"
        ),
        pytest.param(
            "java",
            'import sun.misc.Signal;\nclass A { { Signal.handle(new Signal("TERM"), s -> stop()); } }',
            {**JVM, "TERM": "graceful"},
            id="java-signal",
        ),
        pytest.param(
            "java",
            'import sun.misc.*;\nclass A { { Signal.handle(new Signal("TERM"), SignalHandler.SIG_IGN); } }',
            {**JVM, "TERM": "ignore"},
            id="java-ignores",
        ),
        pytest.param("perl", "$SIG{TERM} = sub { exit 0 };", {"TERM": "graceful"}, id="perl"),
        pytest.param(
            "perl", "$SIG{$_} = $f for qw(TERM INT);", {"TERM": "graceful", "INT": "graceful"}, id="perl-loop"
        ),
        pytest.param("perl", "# $SIG{TERM} = 1\nsleep 1 while 1;", {}, id="perl-none"),
        pytest.param(
            "perl", "$SIG{ALRM} = sub { alarm 1 };\nalarm 1;\nsleep 9 while 1;", {"ALRM": "graceful"}, id="perl-alarm"
        ),
        pytest.param("php", "<?php while (true) sleep(1);", {}, id="php-none"),
        pytest.param(
            "php", "<?php pcntl_async_signals(true); pcntl_signal(SIGTERM, $f);", {"TERM": "graceful"}, id="php"
        ),
        pytest.param("php", "<?php pcntl_signal(SIGTERM, $f);", {"TERM": "ignore"}, id="php-never-dispatched"),
        pytest.param(
            "php",
            "<?php pcntl_async_signals(true); pcntl_signal(SIGTERM, SIG_IGN);",
            {"TERM": "ignore"},
            id="php-ignores",
        ),
        pytest.param(
            "php",
            "<?php pcntl_async_signals(true); foreach ([15, 2] as $s) pcntl_signal($s, $f); sleep(1);",
            {"TERM": "graceful", "INT": "graceful"},
            id="php-numbers",
        ),
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


PYTHON = "import signal, time\ndef f(number, frame):\n    %s\nsignal.signal(15, f)\nwhile True:\n    time.sleep(1)\n"
NODE = "require('http').createServer(g).listen(80);\nprocess.on('SIGTERM', %s);\n"


@pytest.mark.parametrize(
    ("language", "text", "action"),
    [
        pytest.param("python", PYTHON % "print('stopping', number)", "ignore", id="python"),
        pytest.param("python", PYTHON % "log.info('got %s', signal.Signals(number))", "ignore", id="python-logs"),
        pytest.param("python", PYTHON % "pass", "ignore", id="python-nothing"),
        pytest.param("python", PYTHON.replace("15, f", "15, lambda *_: print('x')") % "pass", "ignore", id="lambda"),
        pytest.param("python", PYTHON % "print('x'); raise SystemExit", "graceful", id="python-raises"),
        pytest.param("python", PYTHON % "server.stop()", "graceful", id="python-calls"),
        pytest.param("python", PYTHON % "global on; on = False", "graceful", id="python-sets"),
        pytest.param("python", PYTHON.replace("time.sleep(1)", "signal.pause()") % "pass", "graceful", id="pause"),
        pytest.param("python", PYTHON.replace("while True:\n    time.sleep(1)", "time.sleep(5)") % "pass", "graceful",
                     id="python-ends-by-itself"),
        pytest.param("node", NODE % "() => console.log('stopping')", "ignore", id="node"),
        pytest.param("node", NODE % "function (s) { console.error(s); }", "ignore", id="node-function"),
        pytest.param("node", NODE % "() => {}", "ignore", id="node-nothing"),
        pytest.param("node", NODE % "() => { console.log('x'); process.exit(0); }", "graceful", id="node-exits"),
        pytest.param("node", NODE % "stop", "graceful", id="node-elsewhere"),
        pytest.param("node", NODE % "() => console.log('x')" + NODE % "stop", "graceful", id="node-two"),
        pytest.param("node", "process.on('SIGTERM', () => console.log('x'))", "graceful", id="node-nothing-to-do"),
    ],
)  # fmt: skip
def test_a_handler_that_only_prints(language: str, text: str, action: str) -> None:
    """The program goes on after it (measured with Python 3.11 and Node 18 in an engine)."""
    assert read(language, text).on["TERM"] == action


@pytest.mark.parametrize(
    ("language", "text"),
    [
        pytest.param("python", "import subprocess\nsubprocess.run(['x'])", id="python-subprocess"),
        pytest.param("python", "import os, sys\nos.execvp(sys.argv[1], sys.argv[1:])", id="python-exec"),
        pytest.param("python", "import asyncio\nasyncio.create_subprocess_exec('x')", id="python-asyncio"),
        pytest.param("node", "require('child_process').spawn('x')", id="node-child"),
        pytest.param("node", "import cluster from 'node:cluster'", id="node-cluster"),
        pytest.param("node", EXPRESS + "require('child_process').exec('x')", id="node-server-with-children"),
        pytest.param("python", "import acme, subprocess", id="python-beside-what-nobody-knows"),
        pytest.param("ruby", "system('x')", id="ruby-system"),
        pytest.param("perl", "exec 'x';", id="perl-exec"),
        pytest.param("php", "<?php passthru('x');", id="php-passthru"),
        pytest.param("java", 'class A { { new ProcessBuilder("x").start(); } }', id="java-process"),
    ],
)
def test_starts_others(language: str, text: str) -> None:
    handling = read(language, text)
    assert handling.launches
    assert handling.reason.startswith("it starts other programs")


@pytest.mark.parametrize(
    ("language", "text", "launches"),
    [
        pytest.param("ruby", "puts `date`\nloop { sleep 1 }", False, id="ruby-asks"),
        pytest.param("ruby", "system('mkdir', '/x')\nsystem 'ls && id'\nloop { sleep 1 }", False, id="ruby-works"),
        pytest.param("ruby", "system('date; server')\nloop { sleep 1 }", True, id="ruby-something-else-too"),
        pytest.param("ruby", "system('cat /pipe &')\nloop { sleep 1 }", True, id="ruby-in-the-background"),
        pytest.param("ruby", "system(ARGV[0])\nloop { sleep 1 }", True, id="ruby-nobody-knows-what"),
        pytest.param("ruby", "`hostname`\nspawn('server')\nloop { sleep 1 }", True, id="ruby-asks-and-starts"),
        pytest.param("node", "new (require('worker_threads').Worker)('./w.js')", False, id="node-threads"),
        pytest.param("c", "int main(void) { daemon(0, 0); for (;;) pause(); }", True, id="c-leaves"),
        pytest.param("perl", "my $h = `hostname`; while (1) { sleep 1 }", False, id="perl-asks"),
        pytest.param("perl", "system('make run'); while (1) { sleep 1 }", True, id="perl-starts"),
    ],
)
def test_what_is_only_asked_is_no_service(language: str, text: str, launches: bool) -> None:
    assert read(language, text).launches is launches


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


@pytest.mark.parametrize(
    ("language", "text", "files"),
    [
        pytest.param("python", FLASK + "app.run(host='0.0.0.0')", {}, id="flask"),
        pytest.param("python", FLASK + "app.run('0.0.0.0', 80, debug=False)", {}, id="flask-no-debug"),
        pytest.param("python", FLASK + "app.config.from_object('conf.Live')", {"conf.py": "A = 1"}, id="flask-config"),
        pytest.param("python", "import requests\nfrom lib.work import run", {"lib/work.py": "run = 1"}, id="folder"),
        pytest.param("python", "import flask_socketio\ns.run(app)", {}, id="flask-socketio"),
        pytest.param("python", "from lib import work", {"lib/__init__.py": "work = 1"}, id="name-in-a-package"),
        pytest.param(
            "python", "import a.b", {"a/__init__.py": "", "a/b.py": "from . import c", "a/c.py": ""}, id="relative"
        ),
        pytest.param("python", "import uvicorn\nuvicorn.__version__", {}, id="server-that-is-not-run"),
        pytest.param("node", EXPRESS, {}, id="express"),
        pytest.param(
            "node", "require('./lib/x')", {"lib/x.js": "require('../y.json')", "y.json": "{}"}, id="node-files"
        ),
        pytest.param("node", "import './lib/'", {"lib/index.mjs": ""}, id="node-index"),
        pytest.param(
            "node",
            "import type { X } from 'acme'\nimport a from '@/a'",
            {"tsconfig.json": '{"compilerOptions": {"paths": {"@/*": ["./lib/*"]},}}', "lib/a.ts": ""},
            id="alias",
        ),
        pytest.param("node", "import {NestFactory} from '@nestjs/core'; NestFactory.create(A)", {}, id="nest"),
        pytest.param("ruby", "require_relative 'x'", {"x.rb": "sleep 1"}, id="ruby-files"),
        pytest.param("php", "<?php require __DIR__ . '/x.php';", {"x.php": "<?php sleep(1);"}, id="php-files"),
        pytest.param("go", 'package main\nimport "net/http"\n', {}, id="go"),
        pytest.param("go", 'package main\nimport "os/exec"', {}, id="go-exec"),
        pytest.param("go", 'package main\nimport "github.com/aws/aws-sdk-go-v2/service/s3"\n', {}, id="go-library"),
        pytest.param("python", "import grpc, health_pb2, health_pb2_grpc", {}, id="generated-by-protoc"),
        pytest.param("python", "import api.a_pb2_grpc", {"api/__init__.py": ""}, id="generated-into-a-package"),
        pytest.param(
            "python",
            "import importlib\nimportlib.import_module(f'cogs.{name}')",
            {"cogs/a.py": "import requests", "cogs/b.py": ""},
            id="loaded-from-a-package",
        ),
        pytest.param(
            "python",
            "import importlib.util\nimportlib.util.spec_from_file_location('x', path)",
            {"other/a.py": "import requests", "tests/a.py": "import acme"},
            id="loaded-from-a-file",
        ),
        pytest.param("python", "from google.cloud import pubsub_v1, storage", {}, id="from-a-namespace"),
        pytest.param("python", "import PIL\nmodel.eval()\nsession.exec(query)", {}, id="methods-like-builtins"),
        pytest.param(
            "go",
            'package main\nimport "example.com/x/in"\nfunc main() { http.ListenAndServe(":80", nil) }',
            {"go.mod": "module example.com/x", "in/a.go": 'package in\nimport "os/exec"'},
            id="go-server-with-children",
        ),
        pytest.param("go", 'package main\nimport "go.uber.org/zap/zapcore"\n', {}, id="go-module-of-two-parts"),
        pytest.param("go", 'package main\nimport "k8s.io/client-go/kubernetes"\n', {}, id="go-kubernetes"),
        pytest.param("python", "import torch, transformers\ntorch.load('m')", {}, id="torch"),
        pytest.param(
            "node",
            "import {a} from 'src/a'; import express from 'express'",
            {"tsconfig.json": '{"compilerOptions": {"baseUrl": "./"}}', "src/a.ts": "export const a = 1"},
            id="node-base-url",
        ),
        pytest.param("node", "import {ZodValidationPipe} from 'nestjs-zod'", {}, id="nestjs-zod"),
        pytest.param(
            "go",
            'package main\nimport (\n\t"os/signal"\n\t"os"\n)\nfunc f() { signal.Notify(c, os.Interrupt) }',
            {},
            id="go-another-signal",
        ),
        pytest.param(
            "go",
            'package main\nimport "example.com/x/in"',
            {
                "go.mod": "module example.com/x",
                "in/a.go": "package in",
                "in/a_test.go": 'package in\nimport "acme.org/t"',
            },
            id="go-package",
        ),
        pytest.param(
            "go",
            'package main\nimport z "acme.org/y/z"',
            {"go.mod": "module x\nreplace acme.org/y => ./y", "y/z/a.go": "package z"},
            id="go-replaced",
        ),
        pytest.param(
            "go",
            'package main\nimport "acme.org/y"',
            {"go.mod": "module x", "vendor/acme.org/y/a.go": "package y"},
            id="go-vendored",
        ),
    ],
)
def test_a_program_of_files_and_libraries_without_a_handler(language: str, text: str, files: dict[str, str]) -> None:
    handling = read(language, text, files)
    assert handling.complete, handling.reason
    assert handling.on.get("TERM", "default") in {"default", "raise"}


@pytest.mark.parametrize(
    ("language", "text", "files"),
    [
        pytest.param("python", "from signal import signal, SIGTERM\nsignal(SIGTERM, f)", {}, id="bare-names"),
        pytest.param("python", "import stop", {"stop.py": "import signal\nsignal.signal(15, f)"}, id="python-file"),
        pytest.param("python", "import uvicorn\nuvicorn.run('a:b')", {}, id="uvicorn"),
        pytest.param("python", "from aiohttp import web\nweb.run_app(app)", {}, id="aiohttp"),
        pytest.param("python", "from sanic import Sanic\nSanic('x').run(port=80)", {}, id="sanic"),
        pytest.param("python", "import acme, signal\nsignal.signal(15, f)", {}, id="python-beside-what-nobody-knows"),
        pytest.param("node", "require('./stop')", {"stop.js": "process.on('SIGTERM', f)"}, id="node-file"),
        pytest.param(
            "node", "import {NestFactory} from '@nestjs/core'; app.enableShutdownHooks()", {}, id="nest-hooks"
        ),
        pytest.param("node", "new (require('moleculer').ServiceBroker)().start()", {}, id="moleculer"),
        pytest.param("node", "import {ApolloServer} from '@apollo/server'", {}, id="apollo"),
        pytest.param("go", SIGNAL + "func f() { signal.Notify(c, os.Interrupt, syscall.SIGTERM) }", {}, id="go-notify"),
        pytest.param("go", SIGNAL + "func f() { signal.Notify(c) }", {}, id="go-all"),
        pytest.param("go", 'package main\nimport "go.uber.org/fx"\nfunc main() { fx.New().Run() }', {}, id="go-fx"),
        pytest.param(
            "go", 'package main\nimport "go-micro.dev/v5"\nfunc main() { micro.NewService().Run() }', {}, id="go-micro"
        ),
        pytest.param(
            "go",
            'package main\nimport "github.com/zeromicro/go-zero/rest"\nfunc main() { rest.MustNewServer(c).Start() }',
            {},
            id="go-zero",
        ),
        pytest.param("go", SIGNAL + "func f() { signal.NotifyContext(g(), syscall.SIGTERM) }", {}, id="go-context"),
        pytest.param(
            "go", 'package main\nimport s "os/signal"\nfunc f() { s.Notify(c, syscall.SIGTERM) }', {}, id="go-alias"
        ),
        pytest.param(
            "go",
            SIGNAL + "var all = []os.Signal{syscall.SIGTERM}\nfunc f() { signal.Notify(c, all...) }",
            {},
            id="go-variable",
        ),
    ],
)
def test_a_handler_somewhere(language: str, text: str, files: dict[str, str]) -> None:
    assert read(language, text, files).on["TERM"] == "graceful"


@pytest.mark.parametrize(
    ("language", "text", "files"),
    [
        pytest.param("python", FLASK + "if here: app.run(debug=True)", {}, id="flask-debug-perhaps"),
        pytest.param(
            "python", FLASK + "app.run(debug=True, use_reloader=False)", {}, id="flask-debug-without-the-reloader"
        ),
        pytest.param(
            "python",
            "from web import app\nfrom waitress import serve\nserve(app)",
            {"web.py": FLASK + "if __name__ == '__main__':\n    app.run(debug=True)"},
            id="flask-debug-of-a-file-that-is-not-run",
        ),
        pytest.param("python", FLASK + "app.run('0.0.0.0', 80, True)", {}, id="flask-debug-by-place"),
        pytest.param("python", FLASK + "app.run(**options)", {}, id="flask-options"),
        pytest.param("python", "import flask_socketio\ns.run(app, debug=True)", {}, id="flask-socketio-debug"),
        pytest.param("python", "import sanic\napp.run(register_sys_signals=False)", {}, id="sanic-without"),
        pytest.param("python", FLASK + "app.debug = LOCAL", {}, id="flask-debug-set"),
        pytest.param(
            "python", FLASK + "app.config.from_object('conf')", {"conf.py": "DEBUG = True"}, id="flask-config"
        ),
        pytest.param("python", FLASK + "app.config.from_object('conf.Live')", {}, id="flask-config-not-there"),
        pytest.param("python", "from lib import missing", {"lib/other.py": ""}, id="python-missing"),
        pytest.param("python", "import acme, lib", {"lib.py": "import subprocess"}, id="python-beside-other-programs"),
        pytest.param("python", "import requests\nchild.send_signal(signal.SIGTERM)", {}, id="python-names-it"),
        pytest.param(
            "python", "import a", {"a.py": "import signal\nsignal.signal(15, signal.SIG_IGN)"}, id="ignored-elsewhere"
        ),
        pytest.param("node", EXPRESS + "require('./routes/' + name)", {}, id="node-computed"),
        pytest.param(
            "node",
            "import {NestFactory} from '@nestjs/core'; app.enableShutdownHooks([ShutdownSignal.SIGINT])",
            {},
            id="nest-hooks-for-another-signal",
        ),
        pytest.param("node", EXPRESS + "require('./x')", {}, id="node-missing"),
        pytest.param("node", EXPRESS + "stop.on('SIGTERM')", {}, id="node-names-it"),
        pytest.param(
            "go", 'package main\nimport "example.com/x/in"', {"go.mod": "module example.com/x"}, id="go-missing"
        ),
        pytest.param("go", 'package main\nimport "acme.org/y"', {"go.mod": "module x"}, id="go-library"),
        pytest.param(
            "go", 'package main\nimport "github.com/hibiken/asynq"\nfunc main() { r.Run() }', {}, id="go-which-run"
        ),
        pytest.param("go", 'package main\nimport "C"', {}, id="go-c"),
        pytest.param("go", SIGNAL + "func f() { signal.Notify(c, elsewhere...) }", {}, id="go-elsewhere"),
        pytest.param("php", "<?php namespace App; new Worker();", {}, id="php-loads-by-name"),
    ],
)
def test_what_is_not_decided_is_told(language: str, text: str, files: dict[str, str]) -> None:
    handling = read(language, text, files)
    assert not handling.complete
    assert handling.reason
    assert "TERM" not in handling.on


@pytest.mark.parametrize(
    ("language", "text", "lasts"),
    [
        pytest.param("python", "while True: work()", True, id="python-loop"),
        pytest.param("python", "while not stopping.wait(5): work()", True, id="python-until"),
        pytest.param("python", "while True:\n  if not work(): break", False, id="python-loop-that-ends"),
        pytest.param(
            "python",
            "while True:\n  try: work()\n  except KeyboardInterrupt: break",
            True,
            id="python-loop-until-ctrl-c",
        ),
        pytest.param("python", "while True:\n  for n in jobs():\n    if n: break", True, id="python-loop-in-a-loop"),
        pytest.param("python", "while True:\n  try: work()\n  except EOFError: break", False, id="python-until-eof"),
        pytest.param("python", "while True:\n  try: work()\n  except: break", False, id="python-until-any-error"),
        pytest.param("python", "for n in range(3): print(n)", False, id="python-job"),
        pytest.param("python", "import asyncio\nasyncio.run(main())", False, id="python-coroutine"),
        pytest.param("python", "import time\ntime.sleep(0.5)", False, id="python-fraction-of-a-second"),
        pytest.param("python", "import time\ntime.sleep(86400.0)", True, id="python-day"),
        pytest.param("python", FLASK, False, id="flask-that-another-runs"),
        pytest.param("python", FLASK + "app.run()", True, id="flask"),
        pytest.param("node", EXPRESS, True, id="node"),
        pytest.param("node", "console.log(1)", False, id="node-job"),
        pytest.param("go", 'package main\nimport "fmt"\nfunc main() { fmt.Println(1) }', False, id="go-job"),
        pytest.param("go", "package main\nfunc main() { for { work() } }", True, id="go-loop"),
        pytest.param("go", "package main\nfunc main() { go f(); select {} }", True, id="go-select"),
        pytest.param("ruby", "loop { sleep 1 }", True, id="ruby"),
        pytest.param("ruby", "puts 1", False, id="ruby-job"),
        pytest.param("perl", "sleep 1 while 1;", True, id="perl"),
        pytest.param("php", "<?php while (true) sleep(1);", True, id="php"),
        pytest.param("php", "<?php echo 1;", False, id="php-job"),
    ],
)
def test_what_shows_that_a_program_lasts(language: str, text: str, lasts: bool) -> None:
    assert read(language, text).lasts is lasts


@pytest.mark.parametrize(
    "call",
    [
        pytest.param("app.run(debug=True)", id="plain"),
        pytest.param("if __name__ == '__main__':\n    app.run('0.0.0.0', debug=True)", id="guard"),
        pytest.param("def main():\n    app.run(debug=True, port=80)\nmain()", id="function"),
        pytest.param(
            "from werkzeug.serving import run_simple\nrun_simple('', 80, app, use_reloader=True)", id="simple"
        ),
    ],
)
def test_the_reloader_of_flask_ends_it_at_once(call: str) -> None:
    handling = read("python", FLASK + call)
    assert handling.on["TERM"] == "quick"


OLD = """
import Queue, SocketServer
class Handler(SocketServer.BaseRequestHandler):
    def handle(self):
\tif self.request: print >>log, 'one',
        else: print "%s" % self.request, `self`
try:
    x = [0777, 10L] if 1 <> 2 else ur'two'; print x, 'print this'  # print that
except (IOError, OSError), error:
    raise ValueError, "three"
exec "four" in {}
print 'five', (6,
    7)
"""
"""A text in Python 2 with all that Python 3 cannot read."""


def test_python_2() -> None:
    compile(modern(OLD), "old", "exec")
    handling = read("python", OLD.replace('exec "four" in {}', "while 1: print 'x'"))
    assert (handling.complete, dict(handling.on), handling.reason) == (True, {"INT": "quick"}, "")
    assert read("python", "print 'x'\nimport signal\nsignal.signal(signal.SIGTERM, f)").on["TERM"] == "graceful"
    assert not read("python", OLD).complete


@pytest.mark.parametrize(
    "line",
    [
        pytest.param('print(f"{d["a"]} {f"{d["b"]!r:>{n}}"}% and {{}}" "100%" f"{x=}")', id="quotes-in-f-strings"),
        pytest.param("print(f\"{'\\n'.join(d)}\")", id="backslashes-in-f-strings"),
        pytest.param("def first[T: int](xs: list[T]) -> T: return xs[0]", id="generic-function"),
        pytest.param("class Box[T]: pass", id="generic-class"),
        pytest.param("type Pair[T] = tuple[T, T]", id="type-alias"),
        pytest.param("try: pass\nexcept ValueError, KeyError: pass", id="exceptions-without-parentheses"),
    ],
)
def test_what_newer_versions_of_python_read(line: str) -> None:
    """A handler behind it is found, in its line."""
    text = f"import signal\n{line}\nsignal.signal(signal.SIGTERM, lambda *a: exit(0))\nwhile True: pass\n"
    assert read("python", text).on["TERM"] == "graceful"


@given(st.text("f'\"{}[]!:=%x\\\n ", max_size=40))
@settings(max_examples=300, deadline=None)
def test_what_is_written_anew_keeps_its_lines(text: str) -> None:
    assert older(text).count("\n") <= text.count("\n")


@pytest.mark.parametrize("text", ["x = f'{a}' 'b%' if self.type in d else {1: '%s' % 2}\n", "y = rf'\\d{n}%'\n"])
def test_what_every_version_reads_can_still_be_read(text: str) -> None:
    assert parse(older(text)) is not None


def test_what_python_3_cannot_read_it_does_not_run() -> None:
    assert read("python", "while 1: print 'x'", python="2").complete
    assert (
        read("python", "while 1: print 'x'", python="3").reason == "/app/main needs Python 2, which is not in the files"
    )


def test_the_environment_can_make_a_library_handle_signals() -> None:
    assert read("python", FLASK + "app.run()").complete
    assert not read("python", FLASK + "app.run()", FLASK_DEBUG="1").complete


@pytest.mark.parametrize(
    ("package", "outcome"),
    [
        pytest.param('{"dependencies": {"@prisma/client": "^6.1.0"}}', "killed", id="as-looked-at"),
        pytest.param('{"dependencies": {"@prisma/client": "~4.16"}}', "unknown", id="an-old-one-may"),
        pytest.param('{"name": "shop"}', "killed", id="not-told"),
    ],
)
def test_what_a_library_does_may_depend_on_its_version(package: str, outcome: str) -> None:
    text = "const { PrismaClient } = require('@prisma/client');\nnew PrismaClient();\nsetInterval(() => {}, 1000);\n"
    files = {"app.js": text, "package.json": package}
    said = verdict("node", "app.js", files=files, base="node:20", lines="RUN npm install")
    assert said.outcome == outcome


OFF = [
    pytest.param("app.run(debug=os.getenv('DEBUG'))", id="as-it-is"),
    pytest.param("app.run(debug=os.environ.get('DEBUG', 'False').lower() == 'true')", id="compared"),
    pytest.param("app.run(debug=os.getenv('DEBUG', '0') in ('1', 'yes'))", id="one-of"),
    pytest.param("app.debug = os.environ.get('DEBUG', '').startswith('y')\napp.run()", id="an-attribute"),
    pytest.param("on = bool(os.environ.get('DEBUG'))\nif on: print('on')\napp.run(debug=on)", id="by-a-name"),
    pytest.param("debug = not os.getenv('DEBUG') is None\napp.run(debug=debug)", id="is-none"),
]


@pytest.mark.parametrize("text", OFF)
def test_what_a_variable_switches_on_is_off_without_it(text: str) -> None:
    assert read("python", f"import os\n{FLASK}{text}").complete
    assert not read("python", f"import os\n{FLASK}{text}", DEBUG="1").complete
    assert not read("python", f"import os, dotenv\n{FLASK}{text}").complete


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("app.run(debug=os.getenv('DEBUG', 'True') == 'True')", id="on-by-default"),
        pytest.param("app.run(debug=os.getenv(name))", id="a-name-made-as-it-runs"),
        pytest.param("on = os.getenv('DEBUG')\non = True\napp.run(debug=on)", id="on-by-another-line"),
        pytest.param("for on in os.getenv('DEBUG'): app.run(debug=on)", id="by-a-loop"),
        pytest.param("def main(on=os.getenv('DEBUG')): app.run(debug=on)", id="by-an-argument"),
        pytest.param("from os import environ as on\napp.run(debug=on)", id="imported"),
        pytest.param("os.environ['FLASK_DEBUG'] = '1'\napp.run()", id="a-variable-that-is-set"),
    ],
)
def test_what_may_be_switched_on(text: str) -> None:
    assert not read("python", f"import os\n{FLASK}{text}").complete


def test_a_handler_that_ends_its_program_at_once_is_told_as_that() -> None:
    files = {"app.py": FLASK + "app.run(debug=True)\n"}
    said = verdict("python", "app.py", files=files, base="python:3.12", lines="RUN pip install flask")
    assert said.outcome == "terminated"
    assert any(step.text.endswith("and its own handler ends it at once") for step in said.story)


@pytest.mark.parametrize(
    ("wanted", "outcome"),
    [
        pytest.param("discord.py==2.3.2\n", "killed", id="pinned"),
        pytest.param("discord.py[voice] >= 1.7\nrequests\n", "killed", id="at-least"),
        pytest.param("discord.py~=1.7.3\n", "unknown", id="an-old-one"),
        pytest.param("discord.py<2.0  # not yet\n", "unknown", id="below-a-bound"),
        pytest.param("discord.py\npy-cord==2.4\n", "unknown", id="two-that-bring-it"),
        pytest.param("py-cord\n", "unknown", id="another-package"),
        pytest.param("discord.py @ https://example.org/an/archive.zip\n", "unknown", id="from-an-address"),
        pytest.param("", "unknown", id="not-told"),
    ],
)
def test_which_package_brings_a_library_is_told_by_the_requirements(wanted: str, outcome: str) -> None:
    files = {"app.py": "import discord\ndiscord.Client().run('x')\n", "requirements.txt": wanted}
    said = verdict("python", "app.py", files=files, base="python:3.12", lines="RUN pip install -r requirements.txt")
    assert said.outcome == outcome


@pytest.mark.parametrize(
    ("text", "token"),
    [
        pytest.param('dependencies = [\n  "Discord_Py (>=2.4,<3.0)",\n]', "discord-py@2", id="in-a-list"),
        pytest.param('"discord.py" = {version = "^1.7", extras = ["voice"]}', "discord-py@1", id="poetry"),
        pytest.param('discord-py = {extras = ["voice"], version = "^2.2"}', "discord-py@2", id="extras-first"),
        pytest.param('discord-py = "*"', "discord-py@", id="any"),
        pytest.param('  install_requires=["discord.py>=1.7,<2.0"],', "discord-py@1", id="setup"),
        pytest.param("discord-py==2.4.0 \\\n    --hash=sha256:1abc", "discord-py@2", id="with-a-hash"),
        pytest.param("discord.py ; python_version > '3'", "discord-py@", id="with-a-marker"),
    ],
)
def test_what_a_requirement_asks_for(text: str, token: str) -> None:
    assert token in versions("/app/src/main.py", among({"pyproject.toml": text}))


@pytest.mark.parametrize(
    ("line", "starts"),
    [
        pytest.param("import { execSync } from 'node:child_process';", "", id="waits"),
        pytest.param('const {execFileSync, spawnSync: run} = require("child_process");', "", id="two"),
        pytest.param("import { exec, execSync } from 'child_process';", "child_process", id="one-that-does-not"),
        pytest.param("import * as children from 'child_process';", "child_process", id="all"),
        pytest.param(
            "import { execSync } from 'child_process';\nconst all = require('child_process');",
            "child_process",
            id="and-all",
        ),
    ],
)
def test_a_child_that_is_waited_for_serves_nobody(line: str, starts: str) -> None:
    assert read_file("node", f"{line}\nserver.listen(80);\n").starts == starts


def test_python_does_not_warn_of_what_it_reads(recwarn: pytest.WarningsRecorder) -> None:
    assert read("python", "x = '\\ '").complete
    assert not recwarn


def test_a_circle_of_files_is_read_once() -> None:
    assert read("node", "require('./a')", {"a.js": "require('./b')", "b.js": "require('./a')"}).complete


@pytest.mark.parametrize(
    ("language", "text", "action"),
    [
        pytest.param("perl", "$SIG{TERM} = sub { print 'no'; };\nwhile (1) { sleep 1; }", "ignore", id="perl-prints"),
        pytest.param("perl", "$SIG{TERM} = sub { print 'bye'; exit 0; };\nwhile (1) { sleep 1; }",
                     "graceful", id="perl"),
        pytest.param("perl", "$SIG{TERM} = sub { print 'no'; };\nsleep 100;", "graceful", id="perl-sleep-that-ends"),
        pytest.param("ruby", "trap('TERM') { puts 'no' }\nsleep", "ignore", id="ruby-prints"),
        pytest.param("ruby", "trap('TERM') do\n  puts 'bye'\n  exit\nend\nloop { sleep 1 }", "graceful", id="ruby"),
        pytest.param("ruby", "stop = false\ntrap('TERM') { stop = true }\nsleep 1 until stop",
                     "graceful", id="ruby-notes"),
        pytest.param("php", "<?php pcntl_async_signals(true); pcntl_signal(SIGTERM, function ($s) { echo 'no'; });\n"
                     "while (true) { sleep(1); }", "ignore", id="php-prints"),
        pytest.param("php", "<?php pcntl_async_signals(true); pcntl_signal(SIGTERM, function () { echo 'x'; "
                     "exit(0); });\n"
                     "while (true) { sleep(1); }", "graceful", id="php"),
    ],
)  # fmt: skip
def test_a_handler_that_only_prints_goes_on(language: str, text: str, action: str) -> None:
    """Measured as PID 1 with Perl 5.36, Ruby 3.1 and PHP 8.2."""
    assert read(language, text).on["TERM"] == action


@pytest.mark.parametrize("language", [pytest.param(name, id=name) for name in LANGUAGES])
@given(text=st.text(alphabet="\"'`#/*\\\n(){}$ aSIGTERM15", max_size=60))
@settings(max_examples=60)
def test_any_text_is_read(language: str, text: str) -> None:
    read(language, text)


@pytest.mark.parametrize("language", [pytest.param(name, id=name) for name in LANGUAGES])
@pytest.mark.parametrize(
    "piece",
    [
        pytest.param(piece, id=repr(piece))
        for piece in ('"', "/*", "((", "'\\", "a" * 9, "=begin\n", "func main() {\n", "int main(void) {\n")
    ],
)
def test_long_texts_are_read_quickly(language: str, piece: str) -> None:
    read(language, piece * 20_000)


@pytest.mark.parametrize(
    ("setup", "outcome"),
    [
        pytest.param("", "killed", id="what-the-language-arranges"),
        pytest.param(
            "signal.signal(signal.SIGINT, signal.default_int_handler)\n", "graceful", id="what-it-does-itself"
        ),
    ],
)
def test_a_job_that_ignores_sigint(setup: str, outcome: str) -> None:
    """Measured: Python arranges for SIGINT when it starts, but not where it is ignored, as in a job of a script."""
    loop = "try:\n    while True:\n        time.sleep(1)\nexcept KeyboardInterrupt:\n    print('done')\n"
    files = {
        "start": "#!/bin/sh\ntrap 'kill -INT $pid; wait $pid' TERM\npython3 /app/main.py & pid=$!\nwait $pid\n",
        "main.py": f"import signal\nimport time\n{setup}{loop}",
    }
    assert verdict("/app/start", files=files, base="python:3.12-slim").outcome == outcome


_CATCHING = {
    "perl": "$SIG{TERM} = sub { %s };\nwhile (1) { eval { sleep 5; }; warn $@ if $@; }\n",
    "ruby": "trap('TERM') { %s }\nloop do\n  begin\n    sleep 5\n  rescue => e\n    warn e\n  end\nend\n",
    "php": "<?php\npcntl_async_signals(true);\npcntl_signal(SIGTERM, function () { %s });\n"
    "while (true) { try { sleep(1); } catch (Throwable $e) { echo $e; } }\n",
}


@pytest.mark.parametrize(
    ("language", "statement", "action"),
    [
        pytest.param("perl", 'die "stop"', "unknown", id="perl-dies"),
        pytest.param("perl", "exit 0", "graceful", id="perl-exits"),
        pytest.param("ruby", "raise 'stop'", "unknown", id="ruby-raises"),
        pytest.param("ruby", "exit", "graceful", id="ruby-exits"),
        pytest.param("php", 'throw new Exception("stop");', "unknown", id="php-throws"),
        pytest.param("php", "exit(0);", "graceful", id="php-exits"),
    ],
)
def test_what_a_handler_throws_may_be_caught_by_the_loop(language: str, statement: str, action: str) -> None:
    """Measured: Perl's goes on. (exit of Ruby raises SystemExit, which `rescue => e` lets pass.)"""
    assert read_file(language, _CATCHING[language] % statement).on["TERM"] == action


@pytest.mark.parametrize(
    ("files", "complete"),
    [
        pytest.param({"shop/config.py": "n = 1\n", "shop/__init__.py": ""}, True, id="the-first-is-there"),
        pytest.param({}, False, id="neither-is-there"),
    ],
)
def test_what_is_imported_where_another_import_fails(files: dict[str, str], complete: bool) -> None:
    text = "try: import shop.config as cfg\nexcept ImportError: import config_of_nobody as cfg\nwhile True: pass\n"
    variables = {"sys.path": "/app"}
    assert read("python", text, files, **variables).complete is complete


def test_what_tsconfig_has_looked_for_in_node_modules_is_a_library() -> None:
    told = '{"compilerOptions": {"baseUrl": ".", "paths": {"*": ["node_modules/*"]}}}'
    assert read("node", EXPRESS, {"tsconfig.json": told}).complete
