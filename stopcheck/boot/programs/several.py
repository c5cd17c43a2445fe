"""Runners of several commands at once: npm-run-all, concurrently, and those of a Procfile (honcho, foreman)."""

from __future__ import annotations

import re
from itertools import pairwise

from stopcheck.boot.bodies.supervisor import Managed, Supervisor
from stopcheck.boot.lookup import find_file
from stopcheck.boot.programs.wrappers import Wrapper, option
from stopcheck.hints import TYPE_CHECKING
from stopcheck.records import replace
from stopcheck.source import SourceFile

if TYPE_CHECKING:
    from stopcheck.boot.failure import Failure
    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Body, Field, Process, World


def start_parallel_scripts(start: Start) -> Body | Failure:
    """`run-p NAME…`, `run-s NAME…`, `npm-run-all NAME…`: npm run for each, at once or one after another.

    It catches nothing (wrap.npm-run-all-p, wrap.npm-run-all-s).
    """
    options = {word for word in start.words if word.startswith("-")}
    names = [word for word in start.words if not word.startswith("-")]
    if (
        not names
        or any(re.search(r"[*:\s]", name) for name in names)
        or len(names) + len(options) < len(start.argv) - 1
    ):
        return start.leaf("unread", "which scripts it runs")
    at_once = bool(options & {"-p", "--parallel"}) or start.process.program == "run-p"
    if at_once and options & {"-s", "--sequential", "--serial"}:
        return start.leaf("unread", "which scripts it runs")
    if not at_once:
        argvs: list[tuple[Field, ...]] = [("npm", "run", name) for name in names]
        row = replace(start.row, role="fork")
        return Wrapper(start.machine, row, argvs[0], dict(start.env), tuple(argvs[1:]))
    managed = tuple(Managed(name, ("npm", "run", name)) for name in names)
    return Supervisor(start.machine, managed, dict(start.env), stops_on=frozenset())


def start_procfile(start: Start) -> Body | Failure:
    """honcho start: each line of the Procfile under `/bin/sh -c`; SIGTERM goes to its process group (wrap.honcho-1).

    foreman has its own script become the line's program, if it is one, tells that alone, and ends with 0 once it has
    (sup.foreman); what a shell has left behind it does not wait for (sup.foreman-orphan).
    """
    words = start.words
    name = str(option(list(words), "-f", "--procfile") or "Procfile")
    root = str(option(list(words), "-d", "--app-root", "--root") or "")
    if root:
        start.process.cwd = start.path(root)
    if "start" not in words:
        return start.leaf("unread", f"what {start.row.name} is asked")
    text = start.text(name)
    if not isinstance(text, SourceFile):
        return start.leaf("unread", f"{name} is not in the files")
    lines = re.findall(r"^([A-Za-z0-9_-]+):\s*(\S.*)$", text.text, re.MULTILINE)
    chosen = set(words[words.index("start") + 1 :]) & {process for process, _ in lines}
    wanted = [line for process, line in lines if not chosen or process in chosen]
    if not wanted:
        return start.leaf("short", status=1)
    if start.row.name != "foreman":
        return _together(start, wanted, 143)
    runs = [line if re.search(r"^exec\s|[&|;<>()`]", line) else f"exec {line}" for line in wanted]
    told = next((after for word, after in pairwise(words) if word in {"-t", "--timeout"}), "5")
    wait = float(told) if told.isdigit() else 5.0
    managed = tuple(
        Managed(line.split()[0], ("/bin/sh", "-c", run), wait=wait, own_group=False)
        for line, run in zip(wanted, runs, strict=True)
    )
    return Supervisor(start.machine, managed, dict(start.env), frozenset({"TERM", "INT", "HUP"}), True, status=0)


def start_concurrently(start: Start) -> Body | Failure:
    """concurrently: each argument under `/bin/sh -c`; SIGTERM goes to all their processes (measured with version 9).

    It asks ps(1) for these: where there is none, it dies of that (measured likewise, in a slim image of Node).
    """
    words, lines = list(start.words), []
    known = len(words) == len(start.argv) - 1
    while words:
        word = words.pop(0)
        if word in _CONCURRENTLY_VALUES and words:
            words.pop(0)
        elif not word.startswith("-"):
            lines.append(word)
        elif word.partition("=")[0] not in _CONCURRENTLY_VALUES | _CONCURRENTLY_FLAGS:
            known = False
    if not known or not all(map(str.strip, lines)):
        return start.leaf("unread", "what concurrently runs")
    lines = [re.sub(r"^(npm|yarn|pnpm|bun):(?=[\w-]+( |$))", r"\1 run ", line) for line in lines]
    if any(re.match(r"(npm|yarn|pnpm|bun|node|deno):", line) for line in lines):
        return start.leaf("unread", "a shortcut of concurrently")
    if not lines:
        return start.leaf("short", status=1)
    forsaken = (
        frozenset({"TERM", "INT"}) if find_file(start.machine.image, "ps", "/", start.env) is None else frozenset()
    )
    raw = not {"-r", "--raw"}.isdisjoint(start.words)
    return _together(start, lines, 1, forsaken, Supervisor if raw else Together)


_CONCURRENTLY_VALUES = frozenset(
    """-n --names --name-separator -c --prefix-colors -p --prefix -l --prefix-length -t --timestamp-format -s --success
    --restart-tries --restart-after --handle-input-default""".split()  # noqa: SIM905 - a table reads better as one text
)
_CONCURRENTLY_FLAGS = frozenset({"-k", "--kill-others", "--kill-others-on-fail", "-r", "--raw", "--no-color", "-g"})


def _together(
    start: Start,
    lines: list[str],
    status: int,
    forsakes: frozenset[str] = frozenset(),
    kind: type[Supervisor] | None = None,
) -> Body:
    """`kind`: whether it waits for all that holds the pipes of its children, as one does that reads what they print."""
    managed = tuple(
        Managed((line.split() or ["sh"])[0], ("/bin/sh", "-c", line), wait=5.0, group=True) for line in lines
    )
    stops_on = frozenset({"TERM", "INT"}) - forsakes
    body = kind or Together
    return body(start.machine, managed, dict(start.env), stops_on, True, forsakes=forsakes, status=status)


class Together(Supervisor):
    """A supervisor that ends when nothing of what it started is left."""

    __slots__ = ()

    def copy(self) -> Together:
        """See Body.copy."""
        other = Together.__new__(Together)
        for slot in Supervisor.__slots__:
            setattr(other, slot, getattr(self, slot))
        return other

    def step(self, world: World, process: Process) -> bool:
        """See Body.step."""
        left = any(world.group(pid) for pid in self.pids)
        if self.current is not None and left and not any(world.processes[pid].alive for pid in self.pids):
            return False
        return super().step(world, process)
