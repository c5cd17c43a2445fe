"""What grep says of files whose text is known, and `which` of programs."""

from __future__ import annotations

import pytest

from tests.unit.verdicts import verdict

CONFIGURATION = "mode=dev\n# port = 80\n"


def outcome(script: str) -> str:
    files = {"app": "\x7fELF", "start": f"#!/bin/sh\n{script}\n", "app.conf": CONFIGURATION}
    return str(verdict("/app/start", files=files).outcome)


@pytest.mark.parametrize(
    ("command", "found"),
    [
        pytest.param("grep -q mode=dev app.conf", True, id="found"),
        pytest.param("grep -q mode=prod app.conf", False, id="not-found"),
        pytest.param("grep -q '^port' app.conf", False, id="at-the-beginning"),
        pytest.param("grep -q 'dev$' /app/app.conf", True, id="at-the-end"),
        pytest.param("grep -qi MODE app.conf", True, id="small-or-not"),
        pytest.param("grep -qx mode app.conf", False, id="the-whole-line"),
        pytest.param("grep -qv mode app.conf", True, id="another-line"),
        pytest.param("grep -qF 'port = 8.' app.conf", False, id="a-text"),
        pytest.param("grep -q 'port = 8.' app.conf", True, id="a-pattern"),
        pytest.param("echo mode=prod > /tmp/x; grep -q mode=prod /tmp/x", True, id="written-before"),
        pytest.param("grep -q '^# *p[a-z]*' app.conf", True, id="more-than-plain"),
        pytest.param("grep -Eq '^(port|host)' app.conf", False, id="one-or-the-other"),
        pytest.param("echo a | grep -q b", False, id="not-in-a-pipe"),
        pytest.param("printf 'a\\nb\\n' | cat | grep -qx b", True, id="behind-another-pipe"),
        pytest.param("{ echo a; echo b & } | grep -q b", True, id="of-a-job"),
        pytest.param("(sleep 1; echo a) | grep -qv a", False, id="later"),
        pytest.param("echo ab | grep b | grep -q a", True, id="in-what-was-found"),
        pytest.param("echo a | grep b | grep -qv b", False, id="in-what-was-not"),
        pytest.param("echo a >> /tmp/x; echo b >> /tmp/x; grep -q a /tmp/x", True, id="in-what-was-appended"),
        pytest.param("{ echo a; echo b; } > /tmp/x; grep -q c /tmp/x", False, id="in-what-a-group-prints"),
    ],
)
def test_what_it_finds(command: str, found: bool) -> None:
    assert outcome(f"set -e\n{command}\nexec ./app") == ("graceful" if found else "fails")
    assert outcome(f"if {command}; then exec ./app; fi\n./app") == ("graceful" if found else "killed")


@pytest.mark.parametrize(
    "command",
    [
        pytest.param("sed -i s/dev/prod/ app.conf; grep -q mode=prod app.conf", id="what-is-worked-on"),
        pytest.param("grep -q 'mode=\\(prod\\)' app.conf", id="a-pattern-that-is-not-plain"),
        pytest.param("grep -q mode=prod app.conf other.conf", id="a-file-that-nobody-knows"),
        pytest.param("grep -w mode=prod app.conf", id="an-option-that-is-not-followed"),
        pytest.param("echo mode=prod >> /var/x; grep -q mode=dev /var/x", id="what-is-appended"),
        pytest.param("{ echo a; date; } | grep -q b", id="what-a-program-prints"),
        pytest.param("{ echo a; ./check; } 2>&1 | grep -q b", id="errors"),
        pytest.param("grep -q 'a[[:alpha:]]' app.conf", id="classes-of-characters"),
        pytest.param("grep -qE 'mode=)' app.conf", id="no-pattern"),
    ],
)
def test_what_nobody_knows(command: str) -> None:
    assert outcome(f"set -e\n{command}\nexec ./app") == "graceful"


@pytest.mark.parametrize(
    ("command", "found"),
    [
        pytest.param('[ -n "$(which apk)" ]', False, id="another-familys-manager"),
        pytest.param("command -v yum", False, id="asked-by-its-status"),
        pytest.param('[ -n "$(which apt-get)" ]', True, id="its-own"),
    ],
)
def test_an_image_has_the_package_manager_of_its_family(command: str, found: bool) -> None:
    assert outcome(f"if {command}; then exec ./app; fi\n./app; true") == ("graceful" if found else "killed")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        pytest.param("env | grep -E '^OUR_KEY=' | sed -e 's/^OUR_KEY=//'", True, id="nobody-sets-it"),
        pytest.param("printenv | grep ^OUR_KEY= | cut -d= -f2-", True, id="by-another-program"),
        pytest.param("env | grep ^PATH= | cut -d= -f2-", False, id="what-is-set"),
        pytest.param("env | grep -c ^OUR_KEY=", False, id="a-number"),
        pytest.param("env | grep OUR_KEY=", False, id="anywhere"),
    ],
)
def test_what_the_environment_does_not_have(value: str, found: bool) -> None:
    """Left unset by all files, a variable is not in what env prints; of the rest the script may go either way."""
    expected = "exits" if found else "killed"
    assert outcome(f'v=$({value}); if [ -n "$v" ]; then ./app; date; exit 0; fi\nexit 0') == expected


@pytest.mark.parametrize("program", ["python", "python3"])
def test_an_official_image_has_its_language_below_usr_local(program: str) -> None:
    files = {
        "start": f'#!/bin/sh\nexec "$(command -v {program})" -u app.py\n',
        "app.py": "import signal\nsignal.signal(signal.SIGTERM, lambda *a: exit(0))\nwhile True:\n    signal.pause()\n",
    }
    assert verdict("/app/start", base="python:3.11-slim", files=files).outcome == "graceful"
