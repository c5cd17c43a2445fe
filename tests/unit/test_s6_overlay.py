"""s6-overlay's /init: what was measured with version 3.2.3 (s6 2.15, s6-rc 0.7), and where it is recognised."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.scripts import found, said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.case import Verdict
    from tests.unit.scripts import Said

ADDED = """ARG S6_OVERLAY_VERSION=3.2.3.0
ADD https://example.org/s6-overlay/releases/download/v${S6_OVERLAY_VERSION}/s6-overlay-noarch.tar.xz /tmp
RUN tar -C / -Jxpf /tmp/s6-overlay-noarch.tar.xz"""
LEGACY = "root/etc/services.d/web/run"
RC = "root/etc/s6-overlay/s6-rc.d/web"
EXEC = "#!/bin/sh\nexec {}\n"
NO_EXEC = "#!/bin/sh\n{}\n:\n"
SERVICE = "hypercorn -u nobody"


def image(
    files: Mapping[str, str], command: tuple[str, ...] = (), lines: str = "", base: str = "alpine:3.20",
    start: tuple[str, ...] = ("/init",), added: str = ADDED, grace: float = 10.0,
) -> Said:  # fmt: skip
    end = f"ENTRYPOINT {json.dumps(start)}\n" if start else ""
    end += f"CMD {json.dumps(command)}\n" if command else ""
    copy = "COPY root/ /\n" if files else ""
    dockerfile = f"FROM {base}\n{added}\nRUN apk add hypercorn tini\n{copy}{lines}\n{end}"
    return said({"Dockerfile": dockerfile, **files}, grace)


def rc(script: str, **more: str) -> dict[str, str]:
    return {f"{RC}/type": "longrun\n", f"{RC}/run": script, **{f"{RC}/{name}": text for name, text in more.items()}}


@pytest.mark.parametrize(
    ("files", "command", "lines", "outcome", "code"),
    [
        pytest.param({LEGACY: EXEC.format(SERVICE)}, (), "", "graceful", None, id="service"),
        pytest.param({LEGACY: NO_EXEC.format(SERVICE)}, (), "", "graceful", None, id="service-below-a-shell"),
        pytest.param(rc(EXEC.format(SERVICE)), (), "", "graceful", None, id="s6-rc"),
        pytest.param(rc(NO_EXEC.format(SERVICE)), (), "", "graceful", None, id="s6-rc-below-a-shell"),
        pytest.param({LEGACY: EXEC.format(SERVICE)}, (), "STOPSIGNAL SIGINT", "graceful", None, id="INT"),
        pytest.param({LEGACY: EXEC.format(SERVICE)}, (), "STOPSIGNAL SIGUSR1", "graceful", None, id="USR1"),
        pytest.param({LEGACY: EXEC.format(SERVICE)}, (), "STOPSIGNAL SIGUSR2", "graceful", None, id="USR2"),
        pytest.param({LEGACY: EXEC.format(SERVICE)}, (), "STOPSIGNAL SIGPWR", "graceful", None, id="PWR"),
        pytest.param({LEGACY: EXEC.format(SERVICE)}, (), "STOPSIGNAL SIGQUIT", "killed", 137, id="QUIT"),
        pytest.param({LEGACY: EXEC.format(SERVICE)}, (), "STOPSIGNAL SIGHUP", "killed", 137, id="HUP"),
        pytest.param({LEGACY: EXEC.format(SERVICE)}, (), "STOPSIGNAL SIGWINCH", "killed", 137, id="WINCH"),
        pytest.param({}, ("hypercorn", "-u", "nobody"), "", "graceful", None, id="command"),
        pytest.param({}, ("sh", "-c", f"{SERVICE}; :"), "", "graceful", None, id="command-below-a-shell"),
        pytest.param({}, ("sh", "-c", "exit 7"), "", "fails", 7, id="command-ends"),
        pytest.param(
            {LEGACY: EXEC.format(SERVICE)}, ("hypercorn", "-u", "nobody", "-p", "1"), "", "graceful", None, id="both"
        ),
        pytest.param(
            {}, ("sh", "-c", f"{SERVICE}; :"), "ENV S6_CMD_RECEIVE_SIGNALS=1", "graceful", None, id="signals-to-command"
        ),
    ],
)
def test_what_was_measured(
    files: dict[str, str], command: tuple[str, ...], lines: str, outcome: str, code: int | None
) -> None:
    some = image(files, command, lines)
    assert (some[0].outcome, some[0].exit_code) == (outcome, code)


def test_a_signal_that_only_the_base_image_wants_is_all_that_is_wrong() -> None:
    """Told to stop, it sends SIGTERM to all that its scripts have left, too."""
    some = image({LEGACY: NO_EXEC.format(SERVICE)}, base="nginx:1.27-alpine")
    assert some[0].outcome == "killed"
    assert [rule for rule, _, _ in some[1]] == ["inherited-stop-signal"]


def test_two_services_are_both_told() -> None:
    files = {**rc(EXEC.format(SERVICE)), "root/etc/services.d/cache/run": EXEC.format("hypercorn -u nobody -p 1")}
    some = image(files)
    assert some[0].outcome == "graceful"
    assert len(some[0].main) == 2
    assert found(some) == []


def test_it_takes_three_seconds_whatever_it_stops() -> None:
    """Measured: 3.1 s for a command that ends at once, 1.2 s with S6_KILL_GRACETIME=1000."""
    files = {LEGACY: EXEC.format(SERVICE)}
    assert image(files, grace=2.0)[0].outcome == "killed"
    assert image(files, lines="ENV S6_KILL_GRACETIME=1000", grace=2.0)[0].outcome == "graceful"


def test_what_takes_longer_is_killed() -> None:
    """Measured: what goes on in /etc/services.d is told twice and SIGKILLed after 6 s; s6-rc waits for ever."""
    slow = "squid -N"  # waits for half a minute for its clients
    some = image({LEGACY: EXEC.format(slow)})
    assert (some[0].outcome, some[0].exit_code) == ("cut-off", 0)
    assert found(some) == [("grace-period-too-short", "exec squid -N")]
    assert "init waits 6 s for it" in some[1][0][1].message
    assert image(rc(EXEC.format(slow)))[0].outcome == "killed"
    assert image(rc(EXEC.format(slow), **{"timeout-kill": "2000\n"}))[0].outcome == "cut-off"


def test_what_is_killed_below_a_shell_is_to_blame() -> None:
    some = image(rc(NO_EXEC.format("squid -N"), **{"timeout-kill": "2000\n"}))
    assert some[0].outcome == "cut-off"
    assert [rule for rule, _, _ in some[1]] != []


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        pytest.param(ADDED, "fails", id="3"),
        pytest.param(ADDED.replace("3.2.3.0", "2.2.0.3"), "unknown", id="2"),
    ],
)
def test_below_another_init(lines: str, outcome: str) -> None:
    """Measured with 3.2.3: exit code 100."""
    some = image({}, ("hypercorn", "-u", "nobody"), start=("tini", "--", "/init"), added=lines)
    assert some[0].outcome == outcome
    assert outcome != "fails" or some[0].exit_code == 100


def test_where_it_comes_from_the_base_image() -> None:
    files = {LEGACY: "#!/usr/bin/with-contenv bash\nexec s6-setuidgid abc hypercorn\n"}
    some = image(files, base="ghcr.io/linuxserver/baseimage-alpine:3.20", start=(), added="")
    assert some[0].outcome == "graceful"
    assert some[0].main == ("hypercorn",)


def test_another_init_is_not_known() -> None:
    some = image({}, start=("/init",), added="", base="example/base")
    assert some[0].outcome == "unknown"


def test_services_that_are_not_in_the_files() -> None:
    assert image({})[0].outcome == "unknown"


def test_a_script_for_execlineb() -> None:
    chain = "#!/command/execlineb -P\nwith-contenv\n# as its own user\ns6-setuidgid nobody\nhypercorn -v\n"
    assert image(rc(chain))[0].main == ("hypercorn",)
    assert image(rc("#!/command/execlineb -P\nforeground { echo }\nhypercorn\n"))[0].main == ("hypercorn",)
    assert image(rc("#!/command/execlineb -P\nforstdin x { echo }\nhypercorn\n"))[0].outcome == "unknown"


def log(line: str) -> dict[str, str]:
    """A service and, behind it in a pipe, the one that logs for it."""
    other = "root/etc/s6-overlay/s6-rc.d/log"
    return {
        **rc(EXEC.format(SERVICE)),
        f"{RC}/producer-for": "log\n",
        f"{other}/type": "longrun\n",
        f"{other}/consumer-for": "web\n",
        f"{other}/run": EXEC.format(line),
    }


def test_a_log_that_does_not_end() -> None:
    """Measured: `s6-log -p` takes no note of SIGTERM, and s6-rc waits for it for ever; without -p it ends."""
    some = image(log("s6-log -bp n3 /tmp/log"))
    assert (some[0].outcome, some[0].exit_code, some[0].main) == ("killed", 137, ("hypercorn",))
    assert found(some) == [("supervisor-exceeds-grace", "exec s6-log -bp n3 /tmp/log")]
    message = some[1][0][1].message
    assert message.startswith("`docker stop` waits 10 s, then kills s6-log: exit 137. init waits for s6-log,")
    for line in ("s6-log -b n3 /tmp/log", "logutil-service /tmp/log"):
        assert image(log(line))[0].outcome == "graceful"


def test_scripts_that_are_not_executable() -> None:
    """Measured: s6-rc makes a copy that is; what stands in /etc/services.d stays as it is."""
    legacy, new = {LEGACY: EXEC.format(SERVICE)}, rc(EXEC.format(SERVICE))
    chmod = "RUN chmod 644 /etc/services.d/*/run /etc/s6-overlay/s6-rc.d/*/run"
    assert image(new, lines=chmod)[0].outcome == "graceful"
    assert image(legacy, lines=chmod)[0].reason == (
        "what init does is not in the files (/etc/services.d/web/run is not executable)"
    )


def test_a_service_that_tells_when_it_is_ready() -> None:
    run = "#!/usr/bin/with-contenv sh\nexec s6-notifyoncheck -d -n 300 -c 'nc -z localhost 1' cd /srv s6-setuidgid abc "
    assert image(rc(f"{run}hypercorn\n"))[0].main == ("hypercorn",)


def test_services_for_a_base_image_that_is_not_known() -> None:
    """Only s6-overlay looks into its own folder; others have an /etc/services.d, too."""

    def upon(files: dict[str, str]) -> Verdict:
        return image(files, base="example/base", start=(), added="")[0]

    assert upon(rc(EXEC.format(SERVICE))).main == ("hypercorn",)
    assert upon({**rc(EXEC.format(SERVICE)), f"{RC}/type": "oneshot\n"}).outcome == "unknown"
    assert upon({LEGACY: EXEC.format(SERVICE)}).outcome == "unknown"


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        pytest.param("FROM ghcr.io/hassio-addons/base:14.0.0", "graceful", id="by-name"),
        pytest.param("ARG BUILD_FROM\nFROM $BUILD_FROM", "graceful", id="by-its-builder"),
        pytest.param("ARG BUILD_FROM=debian:12\nFROM $BUILD_FROM", "killed", id="another"),
        pytest.param("ARG BASE\nFROM $BASE", "killed", id="by-another-argument"),
    ],
)
def test_add_ons_of_home_assistant(lines: str, outcome: str) -> None:
    """Their base images have the ENTRYPOINT /init: what CMD starts is never PID 1."""
    dockerfile = f'{lines}\nCOPY run.sh /\nCMD ["/run.sh"]\n'
    assert said({"Dockerfile": dockerfile, "run.sh": "#!/bin/bash\nredis-server\n"})[0].outcome == outcome


def test_what_was_not_measured_is_not_known() -> None:
    """Another /init with an /etc/services.d; signals but SIGTERM where the version is not told."""
    files = {LEGACY: EXEC.format(SERVICE)}
    assert image(files, base="example/base", added="")[0].outcome == "unknown"
    second = ADDED.replace("3.2.3.0", "2.2.0.3")
    assert image(files, added=second)[0].outcome == "graceful"
    assert image(files, added=second, lines="STOPSIGNAL SIGINT")[0].outcome == "unknown"
