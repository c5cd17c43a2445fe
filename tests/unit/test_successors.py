"""What a Python script becomes, or waits for, at its end: as measured with Python 3.11 as PID 1 and below tini."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopcheck.boot.handlers.successors import successor
from tests.unit.test_machines import told, verdict

NGINX = '["nginx", "-g", "daemon off;"]'


def end(script: str, *, more: str = "", start: str = '["python3", "/start.py"]') -> str:
    files = {"start.py": f"import os, subprocess, sys\n{script}\n"}
    return told(verdict(f"FROM nginx:1.27\nCOPY start.py /\n{more}ENTRYPOINT {start}\n", files))


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        pytest.param(f'os.execvp("nginx", {NGINX})', "graceful", id="execvp"),
        pytest.param('os.execl("/usr/sbin/nginx", "nginx", "-g", "daemon off;")', "graceful", id="execl"),
        pytest.param('os.execle("/usr/sbin/nginx", "nginx", os.environ)', "exits", id="without-its-options"),
        pytest.param(f"command = {NGINX}\nos.execvp(command[0], command)", "graceful", id="variable"),
        pytest.param(
            f'command = {NGINX}\ncommand.append(os.environ["MORE"])\nos.execvp("nginx", command)', "graceful", id="more"
        ),
        pytest.param(f'def main():\n    os.execvp("nginx", {NGINX})\n\nmain()', "graceful", id="function"),
        pytest.param(
            f'def main():\n    os.execvp("nginx", {NGINX})\n\nif __name__ == "__main__":\n    sys.exit(main())',
            "graceful",
            id="program",
        ),
        pytest.param('os.execvp("nginx", ["nginx"] + ["-g", "daemon off;"])', "graceful", id="sum"),
        pytest.param("os.execvp(sys.argv[1], sys.argv[1:])", "graceful", id="arguments"),
        pytest.param(f'subprocess.check_call(["mkdir", "/x"])\nos.execvp("nginx", {NGINX})', "graceful", id="after"),
        pytest.param(f"subprocess.run({NGINX})", "killed", id="run"),
        pytest.param(f"sys.exit(subprocess.call({NGINX}))", "killed", id="call"),
        pytest.param(f"subprocess.check_call({NGINX}, cwd='/')", "killed", id="check-call"),
        pytest.param('subprocess.run(["acme"])', "killed", id="nothing-else"),
        pytest.param(f"subprocess.Popen({NGINX}).wait()", "killed", id="popen"),
        pytest.param(f'print("up")\nsys.exit(subprocess.Popen({NGINX}).wait())', "killed", id="popen-exit"),
        pytest.param(f"done = subprocess.run({NGINX})\nsys.exit(done.returncode)", "killed", id="its-status"),
        pytest.param(f"status = subprocess.call({NGINX})\nsys.exit(status)", "killed", id="a-status"),
        pytest.param(f"child = subprocess.Popen({NGINX})\nsys.exit(child.wait())", "killed", id="a-named-child"),
        pytest.param(f"command = sys.argv[9:] or {NGINX}\nos.execvp(command[0], command)", "graceful", id="or"),
        pytest.param("command = sys.argv[1:] or ['acme']\nos.execvp(command[0], command)", "graceful", id="or-not"),
        pytest.param("os.system(\"nginx -g 'daemon off;'\")", "killed", id="system"),
        pytest.param("subprocess.run(\"nginx -g 'daemon off;'\", shell=True)", "killed", id="shell"),
        pytest.param(f"import signal\nsubprocess.run({NGINX})", "killed", id="signals"),
        pytest.param(f'subprocess.Popen(["acme"])\nos.execvp("nginx", {NGINX})', "graceful", id="beside"),
        pytest.param(f"child = subprocess.Popen({NGINX})\nother.wait()", "fails", id="another"),
        pytest.param(f"child = subprocess.Popen({NGINX})\nchild.terminate()", "exits", id="stopped-at-once"),
        pytest.param(f'while True:\n    os.system("acme")\nos.execvp("nginx", {NGINX})', "killed", id="endless"),
        pytest.param('print("up")\nsubprocess.run(["acme"])', "killed", id="nobody-knows-it"),
        pytest.param('print("up")\nsubprocess.run(["mkdir", "/x"])', "exits", id="short"),
        pytest.param(f"subprocess.Popen({NGINX})", "exits", id="not-waited-for"),
        pytest.param("subprocess.run([])", "fails", id="empty"),
        pytest.param(
            'for name in ("nginx", "acme"):\n    pass\nos.execvp(name, [name])', "graceful (assumed)", id="loop"
        ),
        pytest.param("def main(name):\n    os.execvp(name, [name])\n\nmain('nginx')", "exits", id="parameter"),
        pytest.param('name = "nginx"\nname = "acme"\nos.execvp(name, [name])', "graceful (assumed)", id="two-values"),
        pytest.param("os.fork() or os.execvp('acme', ['acme'])\nos.wait()", "killed", id="fork"),
        pytest.param(
            "import signal\nsignal.signal(signal.SIGQUIT, signal.SIG_IGN)\nos.execvp('sleep', ['sleep', '999'])",
            "killed",
            id="ignored",
        ),
        pytest.param("subprocess.getoutput('acme')", "killed", id="output"),
    ],
)
def test_what_a_script_ends_in(script: str, outcome: str) -> None:
    assert end(script, more='CMD ["nginx", "-g", "daemon off;"]\n') == outcome


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(f"import acme\nsubprocess.run({NGINX})", id="library"),
        pytest.param(f'if len(os.listdir("/")) > 3:\n    os.execvp("nginx", {NGINX})', id="condition"),
        pytest.param("subprocess.run()", id="nothing"),
    ],
)
def test_what_is_not_sure_is_not_told(script: str) -> None:
    assert end(script) == "unknown"


def test_other_signals() -> None:
    waits = f"subprocess.run({NGINX})"
    assert end(waits, more="STOPSIGNAL SIGINT\n") == "cut-off"
    assert end(waits, more="STOPSIGNAL SIGQUIT\n") == "killed"
    assert end("os.system(\"nginx -g 'daemon off;'\")", more="STOPSIGNAL SIGINT\n") == "killed"


def test_below_an_init() -> None:
    start = '["tini", "--", "python3", "/start.py"]'
    assert (
        end(f"subprocess.run({NGINX})", more="RUN apt-get install tini\nSTOPSIGNAL SIGTERM\n", start=start) == "cut-off"
    )
    assert (
        end(f'os.execvp("nginx", {NGINX})', more="RUN apt-get install tini\nSTOPSIGNAL SIGTERM\n", start=start)
        == "graceful"
    )


PIECES = st.sampled_from(
    [
        "os.execvp(",
        "subprocess.run(",
        "[",
        "]",
        '"nginx"',
        ",",
        ")",
        "\n",
        "\r",
        "\x0c",
        "ä",
        "\ud800",
        "x",
        "=",
        "x",
        "if x:",
        "    ",
    ]
)


@given(st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join)))
def test_any_text_has_an_answer_and_a_place_within_it(text: str) -> None:
    script = text + '\nos.execvp("nginx", ["nginx"])\n'
    found = successor(script, ("a",))
    if found is not None:
        assert script[found.start : found.end] == 'os.execvp("nginx", ["nginx"])'
    successor(text, ())


def test_a_sum_of_a_great_many_words() -> None:
    assert successor("import os\nos.execvp('a', ['a']" + " + ['b']" * 5000 + ")\n", ()) is None
