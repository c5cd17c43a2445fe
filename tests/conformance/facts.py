"""Reads the measured facts and tells which of them can be measured again on this machine."""

from __future__ import annotations

import functools
import json
import re
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.conformance.harness import Case

if TYPE_CHECKING:
    from collections.abc import Mapping

FACTS = Path(__file__).parents[1] / "facts" / "stop-facts.jsonl"
FOLDER = "/case"
"""The absolute folder that stands for `$D`."""

PACKAGES = {
    "bash": "bash",
    "busybox": "busybox-static",
    "catatonit": "catatonit",
    "daemontools": "daemontools",
    "dash": "dash",
    "dumb-init": "dumb-init",
    "execline": "execline",
    "ksh93u+m": "ksh93u+m",
    "mksh": "mksh",
    "perl": "perl",
    "posh": "posh",
    "python": "python3",
    "runit": "runit",
    "s6": "s6",
    "supervisor": "supervisor",
    "tini": "tini",
    "yash": "yash",
    "zsh": "zsh",
}
"""The Debian package behind the first word of a fact's `what` and `shell`."""

MAIN_PACKAGES = ("dash", "bash", "busybox-static", "tini", "dumb-init")
"""Those without which the measurements are worth nothing."""

UNLABELLED = (
    "app bash busybox chpst chroot chrt dash doas dumb-init env envdir envuidgid execlineb fghack find flock gosu "
    "ionice make nice nohup perl prlimit python3 runuser s6-setuidgid script setpriv setsid setuidgid sh sleep "
    "start-stop-daemon stdbuf su sudo tail taskset timeout tini unshare xargs"
)
"""Programs of Debian 12 that facts without a version in `what` are about and that can be measured again."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One measured case; see tests/facts/README.md. `files` are (text, mode) by their path below `$D`."""

    id: str
    group: str
    what: str
    shell: str
    argv: tuple[str, ...]
    files: Mapping[str, tuple[str, int]]
    stop_signal: str
    outcome: str
    pid1_exit: int
    app_is_pid1: str
    app_got_signal: str
    app_finished: str
    seconds: float
    tree: str
    flaky: bool

    @property
    def exit_is_certain(self) -> bool:
        """Whether a second run must give the same exit code: a race decides it in no other outcome but these."""
        return self.outcome in ("killed", "terminated", "exits", "fails")

    @property
    def has_stand_in(self) -> bool:
        """Whether a stand-in is there to tell what it saw; where the script itself told it, the harness cannot know."""
        texts = (*self.argv, *(text for text, _ in self.files.values()))
        return any(re.search(r"\bapp0?\b", text) for text in texts)

    @property
    def is_mixed(self) -> bool:
        """Measured with two different shells as /bin/sh and as `sh` on PATH, which no image has."""
        return self.id == "shc.bash-as-sh.sh-c-app"

    @property
    def slow_cleanup(self) -> bool:
        """Measured with a stand-in that needs 2.5 s to clean up, which the case itself does not show."""
        return "long2500" in self.id


def _fact(row: dict[str, Any]) -> Fact:
    def placed(text: str) -> str:
        return text.replace("$D", FOLDER)

    files = {name: (placed(file["text"]), int(file["mode"], 8)) for name, file in row["files"].items()}
    return Fact(**{**row, "argv": tuple(map(placed, row["argv"])), "files": files})


@functools.cache
def load() -> tuple[Fact, ...]:
    """All facts, in the order of the file."""
    with FACTS.open(encoding="utf-8") as lines:
        return tuple(_fact(json.loads(line)) for line in lines)


def case_of(fact: Fact) -> Case:
    """The fact as the harness runs it."""
    sh = "busybox" if fact.shell.startswith("busybox") else "bash" if fact.shell.endswith("as sh") else "dash"
    files = {f"{FOLDER}/{name}": file for name, file in (fact.files or {".keep": ("", 0o644)}).items()}
    if "doas" in fact.argv:
        files["/etc/doas.conf"] = ("permit nopass keepenv root\n", 0o600)
    return Case(fact.argv, files, fact.stop_signal, grace=3.0, sh=sh)


@functools.cache
def installed() -> Mapping[str, str]:
    """Versions of the Debian packages on this machine, without their epoch; empty where there is no dpkg."""
    command = ["dpkg-query", "--show", "--showformat", "${db:Status-Abbrev}\t${Package}\t${Version}\n"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return {}
    rows = (line.split("\t") for line in listed.splitlines())
    return {name: version.rpartition(":")[2] for state, name, version in rows if state.startswith("ii")}


@functools.cache
def is_debian_12() -> bool:
    """Whether the unversioned programs here are those that were measured."""
    path = Path("/etc/os-release")
    return path.exists() and 'VERSION_ID="12"' in path.read_text()


@functools.cache
def _is_here(label: str) -> bool:
    name, _, rest = label.partition(" ")
    version = re.match(r"R?([\w.]+(?:-\d+)?)(?: ash| as sh)?$", rest)
    if name not in PACKAGES or version is None:
        return False
    return re.match(re.escape(version[1]) + r"(?![\w.])", installed().get(PACKAGES[name], "")) is not None


def is_measurable(fact: Fact) -> bool:
    """Whether this machine has every program of the fact in the version it was measured with."""
    if fact.flaky or fact.slow_cleanup or fact.is_mixed or (fact.shell and not _is_here(fact.shell)):
        return False
    if fact.what:
        return _is_here(fact.what)
    return is_debian_12() and set(_programs(fact)) <= set(UNLABELLED.split())


def _programs(fact: Fact) -> list[str]:
    """The programs at the head of an argv without version: behind an init's `--`, and of a script given with -c."""
    words = list(fact.argv)
    while words and words[0] in ("tini", "dumb-init", "catatonit") and "--" in words:
        words = words[words.index("--") + 1 :]
    if fact.group == "script" or not words:
        return []
    script = next((word for before, word in pairwise(words) if before == "-c"), "")
    heads = re.findall(r"(?:^|[;&|])\s*(?:exec\s+)?([\w.-]+)", script) if words[0] in ("dash", "bash", "sh") else []
    return [words[0], *(head for head in heads if head not in ("cd", "echo", "true"))]
