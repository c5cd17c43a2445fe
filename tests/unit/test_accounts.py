"""Whose shell su(1) starts, as the build has made the account."""

from __future__ import annotations

import pytest

from tests.unit.verdicts import verdict

PASSWD = "shop:x:1:1::/:/bin/sh\n"
APP = {"app": "\x7fELF", "start": "#!/bin/sh\nexec /app/app\n"}


@pytest.mark.parametrize(
    ("made", "outcome", "status"),
    [
        pytest.param("useradd -ms /bin/bash svc", "graceful", None, id="bash"),
        pytest.param("useradd --create-home --shell=/bin/bash svc", "graceful", None, id="a-long-option"),
        pytest.param("useradd -m svc", "cut-off", 143, id="dash-by-itself"),
        pytest.param("adduser --disabled-password --gecos '' svc", "graceful", None, id="adduser-has-bash"),
        pytest.param("useradd -m svc && usermod -s /bin/bash svc", "graceful", None, id="changed"),
        pytest.param("useradd -m -s /bin/bash other && useradd -m svc", "cut-off", 143, id="another-user"),
        pytest.param("useradd -r -s /usr/sbin/nologin svc", "fails", 1, id="none"),
        pytest.param("useradd -r -s /bin/false svc", "fails", 1, id="none-either"),
        pytest.param("adduser --system --group svc", "fails", 1, id="a-system-user"),
    ],
)
def test_the_shell_of_an_account(made: str, outcome: str, status: int | None) -> None:
    """bash execs the last command of a list by itself, dash does not."""
    found = verdict("su", "-", "svc", "-c", "cd /app && ./app", files=APP, lines=f"RUN {made}")
    assert (found.outcome, found.exit_code) == (outcome, status)


def test_a_shell_of_its_own_choice() -> None:
    found = verdict(
        "su", "-s", "/bin/sh", "svc", "-c", "exec /app/app", files=APP, lines="RUN useradd -s /bin/false svc"
    )
    assert found.outcome == "graceful"


def test_the_shell_of_an_account_that_a_package_makes() -> None:
    """bash puts the last command of `-c` in its own place, so that the server hears of what su passes on."""
    made = "RUN apt-get update && apt-get install -y postgresql"
    found = verdict("su", "-", "postgres", "-c", "A=1 /app/app -D /data", files=APP, lines=made)
    assert found.outcome == "graceful"


def test_su_tells_its_child_to_end_whatever_it_is_told() -> None:
    """As measured with util-linux 2.38: SIGINT and SIGQUIT are SIGTERM to what it has started, and its own status."""
    app = "import signal\nsignal.signal(signal.SIGINT, lambda *_: exit())\nwhile True:\n    signal.pause()\n"
    command = ("su", "nobody", "-s", "/bin/sh", "-c", "exec python3 /app/app.py")
    found = verdict(*command, files={"app.py": app}, base="python:3.12-slim", lines="STOPSIGNAL SIGINT")
    assert found.outcome == "terminated"


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        pytest.param("USER shop", "fails", id="nobody"),
        pytest.param("RUN apt-get install -y curl\nUSER appuser", "fails", id="of-no-package"),
        pytest.param("RUN apt-get install -y shopd\nUSER shop", "graceful", id="perhaps-of-a-package"),
        pytest.param("RUN useradd shop\nUSER shop", "graceful", id="made"),
        pytest.param("RUN ./setup\nUSER shop", "graceful", id="perhaps-made"),
        pytest.param("COPY src/passwd /etc/passwd\nUSER shop", "graceful", id="perhaps-brought"),
        pytest.param("COPY src/start /\nUSER shop", "fails", id="another-file-at-the-root"),
        pytest.param("COPY src/ /\nUSER shop", "fails", id="other-files-at-the-root"),
        pytest.param("COPY src/rootfs/ /\nUSER shop", "graceful", id="brought-in-a-folder"),
        pytest.param("COPY --from=shop/base / /\nUSER shop", "graceful", id="perhaps-brought-of-another-image"),
        pytest.param("COPY --from=debian:12 /etc /etc\nUSER shop", "graceful", id="perhaps-brought-with-all-of-etc"),
        pytest.param("USER www-data", "graceful", id="the-systems"),
        pytest.param("USER 4711", "graceful", id="a-number"),
    ],
)
def test_an_account_that_is_not_there(lines: str, outcome: str) -> None:
    """Measured: "unable to find user shop: no matching entries in passwd file", and no container."""
    found = verdict("/app/start", files={**APP, "passwd": PASSWD, "rootfs/etc/passwd": PASSWD}, lines=lines)
    assert (found.outcome, found.exit_code) == (outcome, None)


@pytest.mark.parametrize(
    ("script", "status"),
    [
        pytest.param("exec gosu shop /app/app", 1, id="gosu"),
        pytest.param("exec runuser -u nobody -- /app/app", 1, id="runuser"),
        pytest.param("exec chroot --userspec=nobody / /app/app", 125, id="chroot"),
        pytest.param("exec setpriv --reuid=1 --clear-groups /app/app", 127, id="setpriv"),
        pytest.param("set -e\nchown -R shop /app", 1, id="chown-of-roots"),
        pytest.param("set -e\nsed -i s/a/b/ /app/conf", 4, id="sed"),
    ],
)
def test_another_user_becomes_nobody_else(script: str, status: int) -> None:
    """As measured in an engine, as a user of the build's own."""
    lines = "RUN apt-get install -y gosu && useradd shop\nUSER shop"
    files = {**APP, "start": f"#!/bin/sh\n{script}\nexec /app/app\n", "conf": "a\n"}
    found = verdict("/app/start", files=files, lines=lines)
    assert (found.outcome, found.exit_code) == ("fails", status)


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        pytest.param("USER 4711", "fails", id="a-number-without-an-account"),
        pytest.param("USER 1000", "graceful", id="perhaps-an-account"),
        pytest.param("RUN useradd -u 4711 shop\nUSER 4711", "graceful", id="an-account"),
    ],
)
def test_the_home_of_a_number(lines: str, outcome: str) -> None:
    files = {**APP, "start": '#!/bin/bash\nset -e\nmkdir -p "$HOME/.config"\nexec /app/app\n'}
    assert verdict("/app/start", files=files, lines=lines).outcome == outcome
