"""Turns a measured fact into the image definition that it is a fact about."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.conformance.facts import FOLDER, Fact

if TYPE_CHECKING:
    from collections.abc import Mapping

BASES = {
    "bash 5.2.15": "debian:bookworm",
    "bash 5.2.15 as sh": "amazonlinux:2023",
    "busybox 1.35.0": "alpine:3.17",
    "busybox 1.35.0 ash": "alpine:3.17",
    "dash 0.5.12-2": "debian:bookworm",
}
"""A base image whose shell is the measured one; Amazon Linux 2023 has bash 5.2.15 as its sh."""

IMAGES = {
    "npm 9.6.7": "node:20.3",
    "npm 9.6.6": "node:20.2",
    "npm 10.1.0": "node:20.8",
    "npm 10.3.0": "node:20",
    "npm 11.21.2": "node:24",
}
"""A base image that has the version of the program that a fact is about, by its `what`."""

RELEASES = {
    "bionic": "ubuntu:18.04",
    "bullseye": "debian:bullseye",
    "focal": "ubuntu:20.04",
    "jammy": "ubuntu:22.04",
    "noble": "ubuntu:24.04",
    "questing": "ubuntu:25.10",
    "sid": "debian:sid",
    "trixie": "debian:trixie",
    "xenial": "ubuntu:16.04",
}
"""The release that `ver.SHELL@RELEASE.…` was measured on."""

PACKAGES = {
    "apachectl": "apache2",
    "catatonit": "catatonit",
    "chpst": "runit",
    "cron": "cron",
    "dumb-init": "dumb-init",
    "envvars": "apache2",
    "foreman": "ruby-foreman",
    "gosu": "gosu",
    "hugo": "hugo",
    "ksh93": "ksh93u+m",
    "mksh": "mksh",
    "nginx": "nginx",
    "node": "nodejs",
    "npm": "npm",
    "npx": "npm",
    "perl": "perl",
    "php": "php-cli",
    "pidproxy": "supervisor",
    "posh": "posh",
    "postfix": "postfix",
    "python3": "python3",
    "redis-server": "redis-server",
    "ruby": "ruby",
    "runsv": "runit",
    "runsvdir": "runit",
    "s6-supervise": "s6",
    "s6-svscan": "s6",
    "sudo": "sudo",
    "supervisord": "supervisor",
    "tini": "tini",
    "tini-static": "tini",
    "yash": "yash",
    "zsh": "zsh",
}
"""Programs that Debian's or Alpine's package manager brings, by the package's name."""

UPSTREAM = {"verup": {"dash"}}
"""dash as its authors have it is a package of Alpine; all versions measured behave alike."""

OTHERS = (
    "apachectl arq atd authbind beanstalkd bun bundle caddy capsh celery chronic circusd concurrently "
    "cross-env cross-env-shell daphne dbus-daemon dbus-run-session ddtrace-run direnv dnsmasq doas dovecot "
    "dramatiq envdir envuidgid etcd execlineb fakeroot fastapi fghack flask forever freeradius go granian "
    "gunicorn h haproxy honcho http-server huey_consumer hypercorn i influxd inotifywait java json-server "
    "jupyter lighttpd live-server locust make mariadbd memcached mitmdump mosquitto mysqld_safe n named "
    "nats-server nc nest newrelic-admin next node-red nodemon npm-run-all nsd numactl "
    "opentelemetry-instrument parallel pgbouncer pgrphack pipenv pm2 pm2-runtime pnpm poetry privoxy proftpd "
    "prometheus prometheus-node-exporter puma python rackup react-scripts rq rsync rsyslogd run-p run-s "
    "s6-applyuidgid s6-setsid s6-setuidgid sanic serve setuidgid socat squid supervise strace streamlit stunnel4 "
    "su-exec svscan syslog-ng thin tinyproxy tsx twistd unbound unicorn uv uvicorn uwsgi valgrind varnishd "
    "vite vsftpd waitress-serve watchmedo xinetd xvfb-run yarn pdns_server pdns_recursor stubby svnserve tgtd "
    "git docker-registry cupsd collectd xrdp smbd inspircd mpd knotd lldpd icecast2 inetd danted ss-server "
    "in.tftpd pgpool snmptrapd deno retry ifne daemonize env-cmd ts "
    "s6-tai64n schedtool tai64n entr rlwrap choom dbus-launch fakeroot-sysv dropbear inetutils-inetd chronyd "
    "ngircd Xvfb spawn-fcgi fcgiwrap webfsd prosody gearmand slapd vmstat redis-cli opendkim transmission-daemon "
    "mini_httpd"
)
"""Programs that come into the image as files."""

PROGRAM = "\x7fELF\x02\x01\x01" + "\0" * 57
"""The text of a program in which nothing can be read."""


@dataclass(frozen=True, slots=True)
class FactImage:
    """A build context (`Dockerfile` among its files) and what is not in it.

    `default_programs` have no signal handlers; the cleanup of `app` takes `cleanup_seconds`.
    """

    files: Mapping[str, str]
    modes: Mapping[str, int]
    default_programs: tuple[str, ...]
    cleanup_seconds: float

    @property
    def dockerfile(self) -> str:
        """The text of the Dockerfile."""
        return self.files["Dockerfile"]


def base_of(fact: Fact) -> str:
    """The base image of a fact."""
    if fact.group == "ver":
        name, _, release = fact.id.split(".")[1].partition("@")
        if name == "busybox":
            return f"busybox:{fact.shell.split()[1].split('-')[0]}"
        return RELEASES[release]
    if fact.group == "bbup":
        return f"busybox:{fact.shell.split()[1]}"
    if fact.group == "verup":
        return "alpine:3.20"
    return IMAGES.get(fact.what) or BASES.get(fact.shell, "debian:bookworm")


def image_of(fact: Fact) -> FactImage:
    """The image a fact is about."""
    base = base_of(fact)
    named = _words(fact)
    packages = sorted({PACKAGES[word] for word in named if word in PACKAGES} | UPSTREAM.get(fact.group, set()))
    lines = [f"FROM {base}"]
    if "busybox" in fact.argv and base.startswith("debian"):
        packages.append("busybox-static")  # what was measured: see the harness
    if packages:
        lines.append(f"RUN {_manager(base)} {' '.join(packages)}")
    pnpm = re.search(r"\.pnpm(\d+)-", fact.id)
    if pnpm:
        lines.append(f"RUN npm install --global pnpm@{pnpm[1]}")
    files = {f"bin/{name}": PROGRAM for name in ("app", "app0", *(word for word in OTHERS.split() if word in named))}
    modes = dict.fromkeys(files, 0o755)
    lines.append("COPY bin/ /usr/local/bin/")
    for name, (text, mode) in fact.files.items():
        files[f"case/{name}"] = text
        modes[f"case/{name}"] = mode
    if fact.files:
        lines.append(f"COPY case/ {FOLDER}/")
    if fact.stop_signal != "TERM":
        lines.append(f"STOPSIGNAL SIG{fact.stop_signal}")
    lines.append(f"CMD {json.dumps(fact.argv, ensure_ascii=False)}")
    files["Dockerfile"] = "\n".join(lines) + "\n"
    return FactImage(files, modes, ("app0",), 2.5 if fact.slow_cleanup else 0.5)


def _manager(base: str) -> str:
    if base.startswith("alpine"):
        return "apk add --no-cache"
    if base.startswith("amazonlinux"):
        return "dnf install -y"
    return "apt-get update && apt-get install -y --no-install-recommends"


def _words(fact: Fact) -> frozenset[str]:
    """All that could be the name of a program in the argv and the files."""
    texts = (*fact.argv, *(text for text, _ in fact.files.values()))
    return frozenset(word for text in texts for word in re.findall(r"[\w.+-]+", text))
