"""Programs in Python that start others. How each ends was measured with Python 3.11, as PID 1 of a namespace."""

from __future__ import annotations

import textwrap

import pytest

from stopcheck.analysis import analyze_container
from stopcheck.case import Options
from stopcheck.files import MemoryFiles
from tests.unit.verdicts import verdict

WORKER = """
import signal, sys, time
def leave(number, frame):
    time.sleep(0.3)
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
while True:
    time.sleep(1)
"""
STUBBORN = "import time\nwhile True:\n    time.sleep(1)\n"
HEAD = "import asyncio, atexit, multiprocessing, os, signal, subprocess, sys, threading, time\n"
CHILD = "child = subprocess.Popen([sys.executable, 'worker.py'])\n"


def said(text: str, lines: str = "") -> tuple[str, int | None]:
    """The outcome, and the exit code where it is told."""
    files = {"main.py": HEAD + textwrap.dedent(text), "worker.py": WORKER, "stubborn.py": STUBBORN}
    found = verdict("python", "main.py", files=files, base="python:3.11", lines=lines)
    return found.outcome.value, found.exit_code


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        pytest.param(CHILD + "child.wait()", ("killed", 137), id="waits"),
        pytest.param(
            CHILD + "signal.signal(signal.SIGTERM, lambda n, f: child.terminate())\nchild.wait()", ("graceful", None),
            id="passes-it-on",
        ),
        pytest.param(
            CHILD + "signal.signal(signal.SIGTERM, lambda n, f: sys.exit(0))\nchild.wait()", ("cut-off", 0),
            id="leaves-at-once",
        ),
        pytest.param(
            CHILD + "atexit.register(lambda: (child.terminate(), child.wait()))\n"
            "signal.signal(signal.SIGTERM, lambda n, f: sys.exit(0))\nchild.wait()", ("graceful", None),
            id="stops-it-at-exit",
        ),
        pytest.param(
            CHILD + """
            def leave(number, frame):
                raise KeyboardInterrupt
            signal.signal(signal.SIGTERM, leave)
            try:
                child.wait()
            except KeyboardInterrupt:
                pass
            finally:
                child.terminate()
                child.wait()
            """.replace("\n            ", "\n"), ("graceful", None), id="raises-in-the-handler",
        ),
        pytest.param(
            "child = subprocess.Popen('python worker.py; true', shell=True)\n"
            "signal.signal(signal.SIGTERM, lambda n, f: child.terminate())\nsys.exit(child.wait() & 1)", ("cut-off", 1),
            id="a-shell-between",
        ),
        pytest.param(
            "child = subprocess.Popen(['python', 'stubborn.py'])\n"
            "signal.signal(signal.SIGTERM, lambda n, f: child.send_signal(n))\n"
            "status = child.wait()\nsys.exit(status if status >= 0 else 128 - status)", ("terminated", 143),
            id="a-child-without-handler",
        ),
        pytest.param(
            "for _ in range(2):\n"
            "    try:\n        subprocess.run(['sleep', '30'], timeout=0.2)\n"
            "    except subprocess.TimeoutExpired:\n        print('late')\n"
            "subprocess.run(['python', 'worker.py'])", ("killed", 137), id="timeouts-before",
        ),
        pytest.param("subprocess.run(['false'], check=True)\n" + CHILD + "child.wait()", ("fails", 1), id="checks"),
        pytest.param(
            "child = subprocess.Popen(['sh', '-c', 'exit 3'])\n"
            "while child.poll() is None:\n    time.sleep(0.2)\nsys.exit(child.returncode)", ("fails", 3), id="polls",
        ),
        pytest.param(
            "subprocess.check_call(['true'])\nos.execvp(sys.executable, [sys.executable, 'worker.py'])",
            ("graceful", None), id="becomes-it",
        ),
        pytest.param(
            "env = os.environ.copy()\nenv['KIND'] = 'stubborn'\n"
            "child = subprocess.Popen('exec python $KIND.py', shell=True, env=env)\n"
            "signal.signal(signal.SIGTERM, lambda n, f: child.terminate())\nsys.exit(child.wait() == 0)",
            ("terminated", 0), id="environment",
        ),
        pytest.param("os.system('python worker.py')", ("killed", 137), id="system"),
        pytest.param(
            "ends = []\nsignal.signal(signal.SIGTERM, lambda n, f: ends.append(n))\n"
            "while not ends:\n    os.system('sleep 0.3')", ("graceful", None), id="a-timer-is-no-main",
        ),
        pytest.param(
            "signal.signal(signal.SIGTERM, lambda n, f: sys.exit(0))\nos.system('python worker.py')",
            ("killed", 137), id="system-keeps-a-handler-waiting",
        ),
        pytest.param(
            "class Worker(multiprocessing.Process):\n"
            "    def run(self):\n        signal.signal(signal.SIGTERM, lambda n, f: sys.exit(0))\n"
            "        while True:\n            time.sleep(0.1)\n"
            "worker = Worker()\nworker.start()\n"
            "signal.signal(signal.SIGTERM, lambda n, f: worker.terminate())\nworker.join()", ("graceful", None),
            id="a-process-of-its-own-class",
        ),
        pytest.param(
            "def work():\n    signal.signal(signal.SIGTERM, signal.SIG_DFL)\n    time.sleep(600)\n"
            "signal.signal(signal.SIGTERM, lambda n, f: sys.exit(0))\n"
            "worker = multiprocessing.Process(target=work)\nworker.start()\nworker.join()", ("killed", 137),
            id="joined-at-exit",
        ),
        pytest.param(
            "def work(queue):\n    queue.get()\n"
            "queue = multiprocessing.Queue()\nworker = multiprocessing.Process(target=work, args=(queue,))\n"
            "worker.start()\nsignal.signal(signal.SIGTERM, lambda n, f: queue.put(None))\nworker.join()",
            ("graceful", None), id="what-they-share",
        ),
    ],
)  # fmt: skip
def test_it_ends_as_the_kernel_has_it(text: str, outcome: tuple[str, int | None]) -> None:
    assert said(text) == outcome


def test_what_ctrl_c_does_to_a_call() -> None:
    """subprocess.call() gives its child a quarter of a second, and kills it."""
    assert said("subprocess.call(['python', 'worker.py'])", "STOPSIGNAL SIGINT") == ("cut-off", 130)


def test_something_that_nobody_knows_right_behind_a_fork() -> None:
    """The child has not run yet when the parent goes both ways."""
    work = "def work():\n    print(os.getpid())\n    time.sleep(600)\n"
    fork = "child = multiprocessing.Process(target=work)\nchild.start()\n"
    assert said(f"import random\n{work}{fork}if random.random() > 0.5:\n    print('x')\nchild.join()") == (
        "killed",
        137,
    )
    assert said(f"{work}{fork}child.terminate()\nchild.join()\nsys.exit(3)") == ("fails", 3)


HANDLES = "signal.signal(signal.SIGTERM, stop)\nwhile True:\n    time.sleep(1)\n"


@pytest.mark.parametrize(
    ("does", "outcome"),
    [
        pytest.param("subprocess.run(['true'])\n    sys.exit(0)", ("graceful", None), id="quickly"),
        pytest.param("subprocess.run(['sleep', '60'])\n    sys.exit(0)", ("killed", 137), id="for-long"),
        pytest.param("subprocess.run(['true'])", ("killed", 137), id="and-goes-on"),
        pytest.param("subprocess.Popen(['python', 'worker.py']).wait()", ("killed", 137), id="and-waits-for-ever"),
    ],
)
def test_a_handler_starts_another(does: str, outcome: tuple[str, int | None]) -> None:
    assert said(f"def stop(number, frame):\n    {does}\n{HANDLES}") == outcome


def test_a_module_of_its_own_starts_the_child() -> None:
    start = "import signal, subprocess\ndef main():\n    child = subprocess.Popen(['python', 'worker.py'])\n"
    runner = start + "    signal.signal(signal.SIGTERM, lambda n, f: child.terminate())\n    child.wait()\n"
    files = {"main.py": "from runner import main\nmain()\n", "runner.py": runner, "worker.py": WORKER}
    assert verdict("python", "main.py", files=files, base="python:3.11").outcome == "graceful"


def test_it_is_blamed_with_the_line_that_starts_the_child() -> None:
    dockerfile = 'FROM python:3.11\nCOPY . /app/\nWORKDIR /app\nCMD ["python", "main.py"]\n'
    files = {"Dockerfile": dockerfile, "main.py": HEAD + CHILD + "child.wait()\n", "worker.py": WORKER}
    (case,), _ = analyze_container(MemoryFiles(files), "Dockerfile", Options())
    found = [(rule, violation.span.source.path, violation.span.position()[0]) for rule, violation, _ in case[2]]
    assert found == [("forking-wrapper", "main.py", 2)]


def test_a_child_that_dies_of_the_signal_is_one_finding() -> None:
    work = (
        "def work():\n    time.sleep(600)\nchild = multiprocessing.Process(target=work)\nchild.start()\nchild.join()\n"
    )
    dockerfile = 'FROM python:3.11\nCOPY . /app/\nWORKDIR /app\nCMD ["python", "main.py"]\n'
    (case,), _ = analyze_container(
        MemoryFiles({"Dockerfile": dockerfile, "main.py": HEAD + work}), "Dockerfile", Options()
    )
    assert [rule for rule, _, severity in case[2] if severity == "error"] == ["forking-wrapper"]


WORKERS = """
workers = [multiprocessing.Process(target=work) for _ in range(2)]
for worker in workers:
    worker.start()
"""
JOIN = "signal.signal(signal.SIGTERM, leave)\nfor worker in workers:\n    worker.join()\n"
POOL = """
def work(seconds):
    time.sleep(seconds)
def leave(number, frame):
    %s
    sys.exit(4)
def deaf():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
pool = multiprocessing.Pool(2%s)
signal.signal(signal.SIGTERM, leave)
%s
while True:
    time.sleep(1)
"""


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        pytest.param(
            "stop = multiprocessing.Event()\nsignal.signal(signal.SIGTERM, lambda n, f: stop.set())\nstop.wait()",
            ("killed", 137), id="a-handler-waits-for-what-it-has-interrupted",
        ),
        pytest.param(
            "stop = multiprocessing.Event()\nsignal.signal(signal.SIGTERM, lambda n, f: stop.set())\n"
            "while not stop.is_set():\n    time.sleep(0.5)", ("graceful", None), id="an-event-that-nobody-waits-for",
        ),
        pytest.param(
            "stop = multiprocessing.Event()\n"
            "def work():\n    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    while not stop.wait(0.5): pass\n"
            "def leave(n, f):\n    stop.set()\n" + WORKERS + JOIN, ("graceful", None), id="an-event-for-children",
        ),
        pytest.param(
            "stop = multiprocessing.Event()\ndef work():\n    stop.wait()\n"
            "def leave(n, f):\n    workers[0].kill()\n    workers[0].join()\n    stop.set()\n" + WORKERS + JOIN,
            ("killed", 137), id="a-child-that-waited-was-killed",
        ),
        pytest.param(
            "stop = multiprocessing.Event()\njobs = multiprocessing.Queue()\n"
            "def work():\n    while not stop.is_set():\n"
            "        try: jobs.get(timeout=0.5)\n        except Exception: pass\n"
            "def leave(n, f):\n    stop.set()\n" + WORKERS + "signal.signal(signal.SIGTERM, leave)\n"
            "while not stop.is_set():\n    jobs.put(os.getpid())\n    time.sleep(0.3)\n" + JOIN, ("graceful", None),
            id="who-puts-without-an-end",
        ),
        pytest.param(
            "jobs = multiprocessing.Queue()\n"
            "def work():\n    signal.signal(signal.SIGTERM, signal.SIG_DFL)\n"
            "    for number in range(1000):\n        if jobs.get() is None: return\n"
            "def leave(n, f):\n    for _ in workers: jobs.put(None)\n" + WORKERS + JOIN, ("graceful", None),
            id="a-queue-with-sentinels",
        ),
        pytest.param(
            "jobs = multiprocessing.Queue()\ndef work():\n    while jobs.get() is not None: pass\n"
            "def leave(n, f):\n    workers[0].kill()\n    workers[0].join()\n    jobs.put(None)\n" + WORKERS + JOIN,
            ("killed", 137), id="the-reader-of-a-queue-was-killed",
        ),
        pytest.param(
            "jobs = multiprocessing.Queue()\ndef work():\n    sys.exit(jobs.get()['code'])\n" + WORKERS +
            "for code in (3, 4): jobs.put({'code': code})\nfor worker in workers: worker.join()\n"
            "sys.exit(sum(worker.exitcode for worker in workers))", ("fails", 7), id="what-comes-through-a-queue",
        ),
        pytest.param(
            "run = multiprocessing.Value('b', 1)\n"
            "def work():\n    signal.signal(signal.SIGTERM, signal.SIG_DFL)\n    while run.value: time.sleep(0.2)\n"
            "def leave(n, f):\n    with run.get_lock(): run.value = 0\n" + WORKERS + JOIN, ("graceful", None),
            id="a-value",
        ),
        pytest.param(
            "lock = multiprocessing.Lock()\ndef work():\n    with lock: time.sleep(600)\n"
            "def leave(n, f):\n    workers[0].terminate()\n    with lock: sys.exit(0)\n" + WORKERS + JOIN,
            ("killed", 137), id="a-lock-that-a-child-had",
        ),
        pytest.param(POOL % ("pool.terminate()", "", "pool.apply_async(work, (60,))"), ("terminated", 4), id="pool"),
        pytest.param(POOL % ("pool.close(); pool.join()", "", "pool.map(work, [1])"), ("graceful", None),
                     id="pool-closes"),
        pytest.param(
            POOL % ("pool.close(); pool.join()", ", deaf", "pool.apply_async(work, (60,))"), ("killed", 137),
            id="pool-that-has-much-to-do",
        ),
        pytest.param(POOL % ("pool.terminate()", ", deaf", ""), ("unknown", None), id="pool-that-ignores-it"),
        pytest.param(
            "def square(n):\n    return n * n\ndef fails(n):\n    raise ValueError\n"
            "with multiprocessing.Pool(2) as pool:\n    total = sum(pool.map(square, range(5)))\n"
            "    try:\n        pool.apply(fails, (1,))\n    except ValueError:\n        total += 1\nsys.exit(total)",
            ("fails", 31), id="pool-values",
        ),
        pytest.param(
            "from concurrent.futures import ProcessPoolExecutor, as_completed\ndef square(n):\n    return n * n\n"
            "with ProcessPoolExecutor(2) as pool:\n"
            "    total = sum(one.result() for one in as_completed([pool.submit(square, n) for n in range(5)]))\n"
            "    total += sum(pool.map(square, [1, 2]))\nsys.exit(total)", ("fails", 35), id="executor-values",
        ),
        pytest.param(
            "import concurrent.futures\ndef work(n):\n    os._exit(3)\n"
            "with concurrent.futures.ProcessPoolExecutor(2) as pool:\n    try:\n        pool.submit(work, 1).result()\n"
            "    except concurrent.futures.process.BrokenProcessPool:\n        sys.exit(5)", ("fails", 5),
            id="executor-that-breaks",
        ),
        pytest.param(
            "from concurrent.futures import ProcessPoolExecutor\ndef work(n):\n    time.sleep(60)\n"
            "pool = ProcessPoolExecutor(2)\npool.submit(work, 1)\n"
            "signal.signal(signal.SIGTERM, lambda n, f: sys.exit(0))\nwhile True: time.sleep(1)", ("killed", 137),
            id="the-end-waits-for-an-executor",
        ),
    ],
)  # fmt: skip
def test_what_processes_share(text: str, outcome: tuple[str, int | None]) -> None:
    assert said(text) == outcome


@pytest.mark.parametrize(("tag", "outcome"), [("3.13", "killed"), ("3.14", "unknown"), ("3", "unknown")])
def test_children_that_are_no_forks(tag: str, outcome: str) -> None:
    text = "import multiprocessing, time\nworker = multiprocessing.Process(target=time.sleep, args=(900,))\n"
    files = {"main.py": text + "worker.start()\nworker.join()\n"}
    assert verdict("python", "main.py", files=files, base=f"python:{tag}").outcome.value == outcome
