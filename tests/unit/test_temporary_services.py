"""Services that a script starts to prepare something, and stops before the one that stays."""

from __future__ import annotations

import pytest

from tests.unit.scripts import context, found, said


@pytest.mark.parametrize(
    ("script", "main"),
    [
        pytest.param(
            "pg_ctl -D /d -w start\npsql -c x\npg_ctl -D /d -m fast stop\nexec gosu postgres postgres\n", "postgres",
            id="pg_ctl",
        ),
        pytest.param(
            "mysqld -u mysql &\nmysqladmin ping\nmysqladmin -uroot shutdown\nexec mysqld -u mysql\n", "mysqld",
            id="mysqladmin",
        ),
        pytest.param(
            'mysqld -u mysql &\npid=$!\nmysqladmin ping\n'
            'if ! kill "$pid" || ! wait "$pid"; then exit 1; fi\nexec mysqld -u mysql\n',
            "mysqld", id="kill-and-wait",
        ),
        pytest.param("mysqld_safe &\nmysqladmin shutdown\nexec mysqld -u mysql\n", "mysqld", id="mysqld_safe"),
        pytest.param("mysqld_safe &\nkillall mysqld\nexec mysqld -u mysql\n", "mysqld", id="killall"),
        pytest.param("service nginx start\nservice nginx stop\nexec nginx -g 'daemon off;'\n", "nginx", id="service"),
        pytest.param("service slapd stop && exec nginx -g 'daemon off;'\n", "nginx", id="service-that-does-not-run"),
        pytest.param("/etc/init.d/ours stop && exec nginx -g 'daemon off;'\n", "nginx", id="script-of-one-s-own"),
        pytest.param("nginx\nnginx -s quit\nexec nginx -g 'daemon off;'\n", "nginx", id="nginx-s"),
        pytest.param("nginx\nkill $(cat /run/nginx.pid)\nexec nginx -g 'daemon off;'\n", "nginx", id="pid-file"),
        pytest.param("slapd -h ldapi:///\nkill `cat /run/x/server.pid`\nexec slapd -d 0\n", "slapd", id="only-service"),
        pytest.param(
            "slapd -d 0 &\nldapmodify -f /x\npid=$(ps -A | awk '/slapd/{print $1}')\nkill -2 $pid\nexec slapd -d 0\n",
            "slapd", id="ps",
        ),
        pytest.param("nginx\nkill $(pgrep -f 'nginx')\nexec nginx -g 'daemon off;'\n", "nginx", id="pgrep-f"),
        pytest.param(
            "redis-server --daemonize yes\nredis-cli shutdown\nexec redis-server --daemonize no\n", "redis-server",
            id="redis-cli",
        ),
    ],
)  # fmt: skip
def test_it_is_no_main_process_any_more(script: str, main: str) -> None:
    verdict, rows = said(context(script))
    assert (verdict.outcome, verdict.main, found((verdict, rows))) == ("graceful", (main,), [])


def test_one_that_is_left_is_cut_off() -> None:
    some = said(context("pg_ctl -D /data start\npg_ctl -D /data reload\nexec nginx -g 'daemon off;'\n"))
    assert some[0].outcome == "cut-off"
    assert found(some) == [("abandoned-job", "pg_ctl -D /data start")]


@pytest.mark.parametrize("signal", ["-HUP", "-0"])
def test_a_signal_that_ends_nothing_leaves_it(signal: str) -> None:
    script = (
        f"hypercorn -u nobody &\nkill {signal} $(ps -A | awk '/hypercorn/{{print $1}}')\nexec nginx -g 'daemon off;'\n"
    )
    verdict, _ = said(context(script))
    assert (verdict.outcome, verdict.main) == ("cut-off", ("nginx", "hypercorn"))
