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
            ("unknown", None), id="what-they-share-is-not-followed",
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
