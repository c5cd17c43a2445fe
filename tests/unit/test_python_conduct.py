"""Programs in Python, carried out on paper. How each ends was measured with Python 3.11, as PID 1 of a namespace."""

from __future__ import annotations

import ast
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stopcheck.boot.conduct import Conduct, Surroundings
from stopcheck.boot.python.fate import conduct
from tests.unit.verdicts import verdict

SLEEP = "while True:\n    time.sleep(1)\n"
SERVER = "from http.server import HTTPServer, BaseHTTPRequestHandler as H\nserver = HTTPServer(('', 80), H)\n"
IMPORTS = "import asyncio, os, queue, signal, socket, sys, threading, time\n"


ARGUMENTS = "import argparse\na = argparse.ArgumentParser()\n"
MODULES = {
    "config": "LEVEL = 6\n",
    "shop.__init__": "",
    "shop.stock": "from . import base\nfrom .base import count\nLEVEL = base.LEVEL\n",
    "shop.base": "LEVEL = 5\ndef count():\n    return LEVEL\n",
}


def carried_out(text: str, *arguments: str, own: dict[str, str] | None = None, **variables: str) -> Conduct | None:
    """What a program does that is started with some arguments and variables beside some modules."""
    modules = {name: ast.parse(source) for name, source in (own or {}).items()}
    tree = ast.parse(IMPORTS + textwrap.dedent(text))
    return conduct(tree, Surroundings(variables, ("app.py", *arguments), modules.get, "/gone".__eq__))


@pytest.mark.parametrize(
    ("text", "status"),
    [
        pytest.param("print('hello')", 0, id="prints"),
        pytest.param("sys.exit(3)", 3, id="exits"),
        pytest.param("sys.exit('no')", 1, id="complains"),
        pytest.param("raise SystemExit", 0, id="system-exit"),
        pytest.param("def main():\n  return 4\nif __name__ == '__main__':\n  sys.exit(main())", 4, id="main"),
        pytest.param("os.environ['TOKEN']", 1, id="a-variable-that-is-not-set"),
        pytest.param("os.environ['HOME']", 0, id="a-variable-that-is"),
        pytest.param("if not os.getenv('TOKEN'): sys.exit(2)", 2, id="getenv"),
        pytest.param("unknown()", 1, id="a-name-that-is-not-there"),
        pytest.param("open('/etc/passwd').read()", 0, id="reads"),
        pytest.param("open('/gone').read()", 1, id="reads-what-is-not-there"),
        pytest.param("print(2 if os.path.exists('/gone') else sys.exit(4))", 4, id="looks-for-what-is-not-there"),
        pytest.param("input('name? ')", 1, id="nobody-types"),
        pytest.param("for line in sys.stdin: print(line)", 0, id="standard-input"),
        pytest.param("time.sleep(2)", 0, id="a-short-sleep"),
        pytest.param("for n in range(3): time.sleep(1)", 0, id="counts"),
        pytest.param("end = time.monotonic() + 5\nwhile time.monotonic() < end: time.sleep(1)", 0, id="clock"),
        pytest.param("def f():\n  while True: time.sleep(1)\nthreading.Thread(target=f, daemon=True).start()", 0,
                     id="a-daemon-thread"),
        pytest.param("try:\n  raise ValueError\nexcept (KeyError, ValueError):\n  sys.exit(5)", 5, id="catches"),
        pytest.param("try:\n  raise ValueError\nfinally:\n  print('x')", 1, id="finally"),
        pytest.param("assert sys.argv[1:] == ['work'], 'no'", 0, id="arguments"),
        pytest.param("os._exit(7)", 7, id="at-once"),
        pytest.param("async def f():\n  await asyncio.sleep(1)\n  return 1\nsys.exit(asyncio.run(f()))",
                     1, id="coroutine"),
        pytest.param("import config\nsys.exit(config.LEVEL)", 6, id="a-module-of-its-own"),
        pytest.param("from concurrent.futures import ThreadPoolExecutor, as_completed\n"
                     "with ThreadPoolExecutor() as pool:\n  got = [pool.submit(lambda: 2) for _ in range(3)]\n"
                     "  sys.exit(sum(each.result() for each in as_completed(got)))", 6, id="executor"),
        pytest.param("from shop.stock import LEVEL\nsys.exit(LEVEL)", 5, id="a-module-of-a-package"),
        pytest.param("import shop.stock as stock\nsys.exit(stock.count())", 5, id="its-functions"),
        pytest.param("from shop import stock\nsys.exit(stock.LEVEL)", 5, id="from-its-package"),
        pytest.param("import shop.stock\nsys.exit(shop.stock.LEVEL)", 5, id="by-its-whole-name"),
        pytest.param(ARGUMENTS + "a.add_argument('file')\nx = a.parse_args([])\nsys.exit(0)", 2,
                     id="an-argument-is-missing"),
        pytest.param(ARGUMENTS + "a.add_argument('what')\na.add_argument('-n', type=int, default=3)\n"
                     "x = a.parse_args()\nsys.exit(x.n if x.what == 'work' else 1)", 3, id="arguments-of-the-image"),
        pytest.param(ARGUMENTS + "a.add_argument('--once', action='store_true')\na.add_argument('what', nargs='?')\n"
                     "if a.parse_args().once: sys.exit(1)\nsys.exit(4)", 4, id="an-option-that-is-not-given"),
        pytest.param(ARGUMENTS + "c = a.add_subparsers(dest='cmd')\nw = c.add_parser('work')\n"
                     "w.set_defaults(f=lambda args: 7)\nx = a.parse_args()\nsys.exit(x.f(x))", 7, id="commands"),
        pytest.param(ARGUMENTS + "a.parse_args(['--nosuch'])", 2, id="an-option-that-it-does-not-know"),
        pytest.param("match 'a':\n  case 'b': sys.exit(1)\n  case _: sys.exit(2)", 2, id="match"),
        pytest.param("x = {'a': [1, 2]}\nx['a'].append(3)\nsys.exit(len(x['a']) + sum(x['a']))", 9, id="values"),
        pytest.param("x = [n * 2 for n in range(3) if n]\nsys.exit(x[-1])", 4, id="comprehension"),
        pytest.param("class A:\n  n = 2\n  def f(self): return self.n\n"
                     "class B(A):\n  def f(self): return super().f() + 1\n"
                     "sys.exit(B().f())", 3, id="classes"),
        pytest.param("class E(Exception): pass\nclass F(E): pass\ntry:\n  raise F\nexcept E:\n  sys.exit(8)", 8,
                     id="exceptions-of-its-own"),
        pytest.param("def f(a, *b, c=3, **d): return a + len(b) + c + len(d)\nsys.exit(f(1, 2, 3, e=4))", 7, id="call"),
    ],
)  # fmt: skip
def test_what_runs_through(text: str, status: int) -> None:
    found = carried_out(text, "work", own=MODULES, HOME="/root")
    assert found is not None
    assert (found.ends, found.status) == (True, status)


STOP = "def stop(*_):\n    %s\nsignal.signal(signal.SIGTERM, stop)\n"
FLAG = "run = True\ndef stop(*_):\n    global run\n    run = False\nsignal.signal(signal.SIGTERM, stop)\n"
EVENT = "e = asyncio.Event()\n    loop = asyncio.get_running_loop()\n    "
TICKS = "async def ticks():\n    while True: await asyncio.sleep(1)\n"


@pytest.mark.parametrize(
    ("text", "action", "seconds"),
    [
        pytest.param(SLEEP, None, None, id="nothing"),
        pytest.param(STOP % "sys.exit(0)" + SLEEP, "graceful", 0, id="exits"),
        pytest.param(STOP % "print('no')" + SLEEP, "ignore", 0, id="prints"),
        pytest.param(STOP % "print('no')" + "signal.pause()", "graceful", 0, id="pause"),
        pytest.param(STOP % "time.sleep(2); sys.exit(0)" + SLEEP, "graceful", 2, id="drains"),
        pytest.param(STOP % "os._exit(3)" + SLEEP, "graceful", 0, id="at-once"),
        pytest.param(STOP % "raise ValueError" + SLEEP, "graceful", 0, id="raises"),
        pytest.param(STOP % "raise ValueError" + "while True:\n    try:\n        time.sleep(1)\n"
                     "    except Exception:\n        print('on')\n", "ignore", 0, id="raises-and-is-caught"),
        pytest.param(FLAG + "while run:\n    time.sleep(60)", "graceful", 60, id="sleeps-on"),
        pytest.param(FLAG + "while run:\n    time.sleep(0.5)", "graceful", 0.5, id="looks-often"),
        pytest.param(FLAG + "while run: pass", "graceful", 1, id="looks-at-once"),
        pytest.param("e = threading.Event()\nsignal.signal(15, lambda *_: e.set())\ne.wait()", "graceful",
                     0, id="event"),
        pytest.param("e = threading.Event()\nsignal.signal(15, lambda *_: e.set())\nwhile not e.is_set():\n"
                     "    time.sleep(40)", "graceful", 40, id="event-that-nobody-waits-for"),
        pytest.param("signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SLEEP, "ignore", 0, id="ignored"),
        pytest.param("signal.signal(signal.SIGTERM, signal.SIG_DFL)\n" + SLEEP, "default", 0, id="default"),
        pytest.param("for s in (15, signal.SIGINT): signal.signal(s, lambda *_: exit())\n" + SLEEP, "graceful", 0,
                     id="loop"),
        pytest.param(f"if os.getenv('NICE'): signal.signal(15, lambda *_: exit())\n{SLEEP}",
                     None, None, id="not-asked"),
        pytest.param(f"{SLEEP}signal.signal(15, lambda *_: exit())", None, None, id="too-late"),
        pytest.param(f"threading.Thread(target=lambda: signal.signal(15, print)).start()\n{SLEEP}", None, None,
                     id="not-in-the-main-thread"),
        pytest.param(STOP % "sys.exit(0)" + "import http.server\nhttp.server.test(port=80)", "graceful", 0,
                     id="serves-in-a-function-of-the-library"),
        pytest.param(STOP % "sys.exit(0)" + "import socketserver\nsocketserver.ForkingTCPServer(('', 80), None)"
                     ".serve_forever()", "graceful", 0, id="serves-with-children"),
        pytest.param(SERVER + "signal.signal(15, lambda *_: server.shutdown())\nserver.serve_forever()", "ignore", 0,
                     id="shuts-down-where-it-serves"),
        pytest.param(SERVER + "signal.signal(15, lambda *_: threading.Thread(target=server.shutdown).start())\n"
                     "server.serve_forever()", "graceful", 0, id="shuts-down-from-a-thread"),
        pytest.param(SERVER + "signal.signal(15, lambda *_: server.shutdown())\n"
                     "threading.Thread(target=server.serve_forever).start()", "graceful", 0, id="serves-in-a-thread"),
        pytest.param(f"threading.Thread(target=lambda: time.sleep(10**9)).start()\n{STOP % 'sys.exit(0)'}{SLEEP}",
                     "ignore", 0, id="a-thread-goes-on"),
        pytest.param(f"threading.Thread(target=lambda: time.sleep(10**9)).start()\n{STOP % 'os._exit(0)'}{SLEEP}",
                     "graceful", 0, id="a-thread-that-nobody-waits-for"),
        pytest.param(FLAG + "s = socket.socket()\ns.listen()\ns.settimeout(2)\nwhile run:\n    try: s.accept()\n"
                     "    except socket.timeout: continue", "graceful", 2, id="accepts-for-a-while"),
        pytest.param(FLAG + "s = socket.socket()\ns.listen()\nwhile run: s.accept()", "ignore", 0, id="accepts"),
        pytest.param("q = queue.Queue()\nsignal.signal(15, lambda *_: q.put(None))\nq.get()", "graceful",
                     0, id="queue"),
        pytest.param("END = object()\nq = queue.Queue()\nsignal.signal(15, lambda *_: q.put(END))\n"
                     "while q.get() is not END: pass", "graceful", 0, id="queue-with-an-end-of-its-own"),
        pytest.param("signal.pthread_sigmask(signal.SIG_BLOCK, [15])\nsignal.sigwait({15})", "graceful",
                     0, id="sigwait"),
        pytest.param("signal.pthread_sigmask(signal.SIG_BLOCK, [15])\n"
                     "threading.Thread(target=lambda: time.sleep(10**9), daemon=True).start()\n"
                     "signal.sigwait({15})", "graceful", 0,
                     id="sigwait-beside-a-thread"),
        pytest.param("threading.Thread(target=lambda: time.sleep(10**9), daemon=True).start()\n"
                     "signal.pthread_sigmask(signal.SIG_BLOCK, [15])\nsignal.sigwait({15})", None, None,
                     id="a-thread-that-has-not-blocked-it"),
        pytest.param("signal.sigwait({15})", None, None, id="sigwait-of-what-is-not-blocked"),
        pytest.param("signal.pthread_sigmask(signal.SIG_BLOCK, [15])\n" + SLEEP, "ignore", 0, id="blocked"),
        pytest.param(f"async def f():\n    {EVENT}loop.add_signal_handler(15, e.set)\n    await e.wait()\n"
                     "asyncio.run(f())",
                     "graceful", 0, id="loop-handler"),
        pytest.param(f"async def f():\n    {EVENT}signal.signal(15, lambda *_: e.set())\n    await e.wait()\n"
                     "asyncio.run(f())", "ignore", 0, id="nobody-wakes-the-loop"),
        pytest.param(f"{TICKS}async def f():\n    {EVENT}signal.signal(15, lambda *_: e.set())\n"
                     "    asyncio.create_task(ticks())\n    await e.wait()\nasyncio.run(f())", "graceful", 1,
                     id="the-loop-wakes-by-itself"),
        pytest.param(f"{TICKS}async def f():\n    t = asyncio.current_task()\n"
                     "    asyncio.get_running_loop().add_signal_handler(15, t.cancel)\n    await ticks()\n"
                     "asyncio.run(f())",
                     "graceful", 0, id="cancels"),
        pytest.param("lock = threading.Lock()\n" + STOP % "lock.acquire(); sys.exit(0)" + "while True:\n"
                     "    with lock: time.sleep(1)", "ignore", 0, id="waits-for-the-lock-that-it-holds"),
        pytest.param("lock = threading.RLock()\n" + STOP % "lock.acquire(); sys.exit(0)" + "while True:\n"
                     "    with lock: time.sleep(1)", "graceful", 0, id="takes-its-lock-again"),
        pytest.param("lock = threading.Lock()\n" + STOP % "lock.acquire(timeout=2); sys.exit(0)" + "lock.acquire()\n"
                     + SLEEP, "graceful", 2, id="waits-for-a-lock-for-a-while"),
        pytest.param("lock = threading.Lock()\ndef work():\n    while True:\n        with lock: time.sleep(3)\n"
                     "        time.sleep(3)\nthreading.Thread(target=work, daemon=True).start()\n"
                     + STOP % "lock.acquire(); sys.exit(0)" + SLEEP, "graceful", 3, id="waits-for-a-thread-s-lock"),
        pytest.param(f"{TICKS}loop = asyncio.new_event_loop()\nloop.add_signal_handler(15, loop.stop)\n"
                     "loop.create_task(ticks())\nloop.run_forever()", "graceful", 0, id="stops-the-loop"),
    ],
)  # fmt: skip
def test_what_stands_and_what_sigterm_makes_of_it(text: str, action: str | None, seconds: float | None) -> None:
    found = carried_out(text)
    assert found is not None
    assert not found.ends
    assert (found.on.get("TERM"), found.seconds.get("TERM")) == (action, seconds)


JOINS = STOP % "sys.exit(5)" + "def work():\n    while True: time.sleep(1)\n"
JOIN = JOINS + "t = threading.Thread(target=work)\nt.start()\nt.join()"
TWO = JOINS + "ts = [threading.Thread(target=work) for _ in (1, 2)]\nfor t in ts: t.start()\nfor t in ts: t.join()"
LATE = JOINS + "threading.Thread(target=work).start()"


@pytest.mark.parametrize(
    ("text", "forgets", "action"),
    [
        pytest.param(JOIN, True, "graceful", id="forgets-its-thread"),
        pytest.param(JOIN, False, "ignore", id="does-not"),
        pytest.param(JOIN, None, None, id="which-python"),
        pytest.param(TWO, True, "ignore", id="forgets-one-of-two"),
        pytest.param(LATE, None, "graceful", id="at-the-end-it-is-only-told"),
        pytest.param(JOIN.replace("work)", "work, daemon=True)"), None, "graceful", id="daemon"),
    ],
)
def test_an_exception_while_it_waits_for_a_thread(text: str, forgets: bool | None, action: str | None) -> None:
    found = conduct(
        ast.parse(IMPORTS + text), Surroundings({}, ("app.py",), lambda _: None, "/gone".__eq__, forgets=forgets)
    )
    assert (found and found.on.get("TERM")) == action


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import acme\nacme.run()", id="nobody-knows"),
        pytest.param("os.system('app')", id="starts-another"),
        pytest.param("def f():\n  yield 1\nfor x in f(): print(x)", id="generator"),
        pytest.param("eval(os.getenv('X', ''))", id="eval"),
        pytest.param("if os.path.exists('/x'): signal.pause()", id="as-the-files-are"),
        pytest.param("n = 0\nwhile n < 10**9: n += 1", id="counts-long"),
        pytest.param("def f(): f()\nf()", id="without-an-end"),
        pytest.param("signal.signal(int(open('/x').read()), print)\nsignal.pause()", id="which-signal"),
        pytest.param("time.sleep(int(open('/x').read()))", id="how-long"),
        pytest.param("time.sleep(int(open('/x').read()))\n" * 40, id="how-long-in-all"),
    ],
)
def test_what_cannot_be_followed(text: str) -> None:
    assert carried_out(text) is None


def test_a_text_that_grows_without_an_end_takes_no_memory() -> None:
    carried_out("x = 'a'\nwhile True: x += x")


def test_a_thread_that_is_waited_for_differs_between_versions() -> None:
    text = "t = threading.Thread(target=signal.pause)\nt.start()\nsignal.signal(15, lambda *_: sys.exit())\nt.join()"
    found = carried_out(text)
    assert found is not None
    assert "TERM" in found.unsure


def test_ctrl_c() -> None:
    caught = carried_out(f"try:\n    {SLEEP.replace(chr(10), chr(10) + '    ')}\nexcept KeyboardInterrupt:\n    pass")
    plain = carried_out(SLEEP)
    assert caught is not None
    assert plain is not None
    assert (caught.on["INT"], plain.on["INT"]) == ("graceful", "quick")


def test_what_it_does_with_the_variable_that_it_lacks_is_told() -> None:
    text = "import os, signal\nos.environ['QUEUE']\nsignal.pause()\n"
    said = verdict("python", "app.py", files={"app.py": text}, base="python:3.12")
    assert said.outcome == "fails"
    assert any("QUEUE is not set" in step.text and step.span is not None for step in said.story)


def test_a_package_is_run_as_a_program() -> None:
    files = {
        "shop/__init__.py": "",
        "shop/__main__.py": "from .worker import run\nrun()\n",
        "shop/worker.py": "import signal\n\ndef run():\n    signal.pause()\n",
    }
    assert verdict("python", "-m", "shop", files=files, base="python:3.12").outcome == "killed"
    stops = {
        **files,
        "shop/worker.py": "import signal\n\ndef run():\n    signal.signal(15, print)\n    signal.pause()\n",
    }
    assert verdict("python", "-m", "shop", files=stops, base="python:3.12").outcome == "graceful"


@pytest.mark.parametrize(
    ("loop", "outcome"),
    [
        pytest.param("while True:\n    time.sleep(1)\n", "killed", id="stands"),
        pytest.param("time.sleep(60)\n", "exits", id="ends-later"),
        pytest.param("while not os.path.exists('/run/ready'):\n    time.sleep(1)\n", "exits", id="waits"),
    ],
)
def test_what_surely_stands_is_the_service_wherever_it_is_started(loop: str, outcome: str) -> None:
    script = "#!/bin/sh\nfor n in 1 2; do\n  python /app/app.py $n\ndone\n"
    files = {"start": script, "app.py": f"import os, time\n{loop}"}
    assert verdict("/app/start", files=files, base="python:3.12").outcome == outcome


PACKAGE = {
    "app/core/jobs.py": "import signal, sys\nfrom ..settings import LIMIT\nfrom . import store\n"
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit(LIMIT))\n",
    "app/core/store.py": "NAME = 'store'\n",
    "app/core/__init__.py": "",
    "app/__main__.py": "import time\nfrom app.core import jobs\nwhile jobs.store.NAME:\n    time.sleep(1)\n",
}


@pytest.mark.parametrize(
    ("settings", "outcome"),
    [
        pytest.param({"app/__init__.py": "", "app/settings.py": "LIMIT = 3\n"}, "graceful", id="package"),
        pytest.param({"app/settings.py": "LIMIT = 3\n"}, "graceful", id="folder"),
        pytest.param({"app/__init__.py": "", "app/settings.py": "import os\nLIMIT = os.environ['LIMIT']\n"}, "fails",
                     id="a-variable-that-is-not-set"),
        pytest.param({"app/__init__.py": "raise SystemExit(4)\n", "app/settings.py": "LIMIT = 3\n"}, "fails",
                     id="the-package-gives-up"),
    ],
)  # fmt: skip
def test_a_package_is_carried_out_from_module_to_module(settings: dict[str, str], outcome: str) -> None:
    files = PACKAGE | settings
    assert verdict("python", "-m", "app", files=files, base="python:3.12").outcome == outcome


def test_folders_of_packages_are_packages() -> None:
    files = {"svc/a/x.py": "N = 1\n", "app.py": "import svc.a.x, time\nwhile svc.a.x.N: time.sleep(1)\n"}
    assert verdict("python", "app.py", files=files, base="python:3.12").outcome == "killed"


def test_a_script_is_in_no_package() -> None:
    files = {"app.py": "from .other import x\nimport time\nwhile True: time.sleep(1)\n", "other.py": "x = 1\n"}
    assert verdict("python", "app.py", files=files, base="python:3.12").outcome == "fails"


def test_the_environment_and_the_arguments_of_an_image_are_the_program_s() -> None:
    text = "import os, sys, signal\nif os.environ['MODE'] == sys.argv[1]:\n    signal.pause()\n"
    said = [
        verdict("python", "app.py", word, files={"app.py": text}, base="python:3.12", lines="ENV MODE=serve").outcome
        for word in ("serve", "other")
    ]
    assert said == ["killed", "exits"]


WORDS = st.sampled_from(
    [
        *(
            "import signal",
            "signal.signal(15, f)",
            "while x:",
            "for n in range(9):",
            "def f(*a):",
            "class A(B):",
            "try:",
        ),
        *("except ValueError:", "x = 1", "f()", "time.sleep(1)", "return x", "raise x", "async def g():", "await f()"),
        *("x += x", "[x] * x", "lambda: x", "with x as y:", "global x", "x.append(x)", 'f"{x}"', "pass", "break"),
        *("sys.exit(x)", "asyncio.run(g())", "x = {1: x}", "del x", "else:", "finally:", "os.environ[x]", "x[0] = f"),
    ]
)


@given(lines=st.lists(st.tuples(st.integers(0, 3), WORDS), max_size=25))
@settings(max_examples=300, deadline=None)
def test_any_program_is_carried_out_or_given_up(lines: list[tuple[int, str]]) -> None:
    text = "".join(f"{'  ' * depth}{line.strip()}\n" for depth, line in lines)
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return
    conduct(tree, Surroundings({}, ("app.py",), lambda _: None))


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        pytest.param(
            "import requests\n{stop}while running:\n  try:\n    requests.get('http://api/')\n"
            "  except requests.RequestException as error:\n    print(error)\n  time.sleep(60)", "killed",
            id="asks-once-a-minute",
        ),
        pytest.param(
            "import requests\n{stop}while running:\n  try:\n    requests.get('http://api/')\n"
            "  except requests.RequestException as error:\n    print(error)\n  time.sleep(1)", "graceful",
            id="asks-once-a-second",
        ),
        pytest.param(
            "from prometheus_client import Counter, start_http_server\njobs = Counter('jobs', 'done')\n"
            "start_http_server(9100)\n{stop}while running:\n  jobs.inc()\n  time.sleep(1)", "graceful", id="counts",
        ),
        pytest.param(
            "from loguru import logger\n@logger.catch\ndef main():\n"
            "  signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n  while True:\n    time.sleep(1)\nmain()",
            "graceful", id="a-decorator",
        ),
        pytest.param("from jinja2 import Template\nprint(Template('{{ x }}').render(x=1))", "exits", id="renders"),
    ],
)  # fmt: skip
def test_libraries_in_which_nothing_waits(text: str, outcome: str) -> None:
    stop = (
        "running = True\ndef stop(number, frame):\n  global running\n  running = False\n"
        "signal.signal(signal.SIGTERM, stop)\n"
    )
    files = {"app.py": IMPORTS + text.replace("{stop}", stop)}
    install = "RUN pip install requests prometheus_client loguru jinja2"
    assert verdict("python", "app.py", files=files, base="python:3.11", lines=install).outcome == outcome


CONNECT = "import socket, sys, time\ntry:\n    {}\nexcept OSError:\n    sys.exit(4)\nwhile True: time.sleep(1)\n"


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        pytest.param("socket.socket().connect(('localhost', 80))", True, id="connect"),
        pytest.param("socket.create_connection(('127.0.0.1', 80), timeout=1)", True, id="create-connection"),
        pytest.param("socket.create_connection(('db', 80))", False, id="another-host"),
        pytest.param("socket.socket(type=socket.SOCK_DGRAM).connect(('localhost', 80))", False, id="datagrams"),
        pytest.param("socket.socket(socket.AF_UNIX).connect('/run/x')", False, id="a-path"),
    ],
)
def test_nobody_listens_in_the_container(line: str, refused: bool) -> None:
    files = {"main.py": CONNECT.format(line)}
    alone = verdict("python3", "main.py", files=files, base="python:3.12-slim")
    assert (alone.outcome, alone.exit_code) == (("fails", 4) if refused else ("killed", 137))
    beside = verdict("bash", "-c", "nats-server & exec python3 main.py", files=files, base="python:3.12-slim")
    assert beside.outcome != "fails"


WRITES = "import logging, logging.handlers, os, time\n{}\nwhile True: time.sleep(1)\n"


@pytest.mark.parametrize(
    ("line", "root", "user"),
    [
        pytest.param("open('/app/state', 'w')", "killed", "fails", id="of-roots"),
        pytest.param("open('state', 'a')", "killed", "fails", id="beside-it"),
        pytest.param("open('/tmp/state', 'w')", "killed", "killed", id="for-all"),
        pytest.param("open('/data/state', 'w')", "fails", "fails", id="no-folder"),
        pytest.param("os.makedirs('/data', exist_ok=True)\nopen('/data/state', 'w')", "killed", "killed", id="made"),
        pytest.param("logging.FileHandler('/var/log/shop.log')", "killed", "fails", id="log"),
        pytest.param("logging.FileHandler('/var/log/shop.log', delay=True)", "killed", "killed", id="log-later"),
        pytest.param("logging.handlers.RotatingFileHandler('/var/log/shop/log')", "fails", "fails", id="rotating"),
        pytest.param("logging.basicConfig(filename='/data/log')", "fails", "fails", id="basic-config"),
        pytest.param("logging.basicConfig(level=10)", "killed", "killed", id="no-file"),
        pytest.param("try: open('/data/x', 'w')\nexcept OSError: pass", "killed", "killed", id="minded"),
    ],
)
def test_files_that_it_may_not_make(line: str, root: str, user: str) -> None:
    for lines, outcome in (("", root), ("USER nobody", user)):
        stopped = verdict(
            "python3", "main.py", files={"main.py": WRITES.format(line)}, base="python:3.12-slim", lines=lines
        )
        assert stopped.outcome == outcome
        assert stopped.exit_code == (1 if outcome == "fails" else 137)


@pytest.mark.parametrize(
    "test",
    [
        "sys.version_info < (3, 8)", "sys.version_info[0] < 3", "sys.version_info.major == 2", "sys.byteorder == 'big'",
        "sys.maxsize < 2**32", "sys.implementation.name != 'cpython'",
    ],
)  # fmt: skip
def test_a_value_of_the_library_is_compared(test: str) -> None:
    text = f"import sys, time\nif {test}:\n    sys.exit(1)\nwhile True: time.sleep(1)\n"
    stopped = verdict("python3", "main.py", files={"main.py": text}, base="python:3.12-slim")
    assert (stopped.outcome, stopped.exit_code) == ("killed", 137)


@pytest.mark.parametrize(
    ("name", "base", "outcome"),
    [
        pytest.param("HOME", "debian:12-slim", "killed", id="by-the-engine"),
        pytest.param("HOSTNAME", "debian:12-slim", "killed", id="by-the-engine-too"),
        pytest.param("PYTHON_VERSION", "python:3.12-slim", "killed", id="by-the-image"),
        pytest.param("PYTHON_VERSION", "debian:12-slim", "fails", id="by-no-image"),
        pytest.param("LANG", "python:3.12-slim", "killed", id="by-the-image-too"),
    ],
)
def test_variables_that_are_set_anyway(name: str, base: str, outcome: str) -> None:
    text = f"import os, time\nprint(os.environ['{name}'])\nwhile True: time.sleep(1)\n"
    stopped = verdict("python3", "main.py", files={"main.py": text}, base=base, lines="RUN apt-get install -y python3")
    assert stopped.outcome == outcome


def test_a_global_without_a_value() -> None:
    found = verdict("python3", "main.py", files={"main.py": "global x\nprint(x)\n"}, base="python:3.12-slim")
    assert (found.outcome, found.exit_code) == ("fails", 1)
