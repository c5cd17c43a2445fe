"""The program: a plain call goes straight to work, and any other through the command line in full."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress

from stopcheck.hints import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

COLLECT_AFTER = 100_000
"""A run makes few circles and is short: Python by itself would look for them all the time."""
COMMANDS = ("check", "trace", "rule", "rules")


def main() -> NoReturn:
    """Run the program and end the process, without taking apart first what a short run has built up."""
    code = run()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # who read us has gone
            stream.flush()
    os._exit(code)


def run() -> int:
    """The exit code of a run; whatever goes wrong ends in one line."""
    gc.set_threshold(COLLECT_AFTER)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed before we started
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
    try:
        code = _plain(sys.argv[1:])
        if code is None:
            from stopcheck import cli

            code = cli.run()
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        return _complain(f"{error.filename or 'output'}: {error.strerror or error}")
    except Exception as error:  # the last guard: never a traceback
        return _complain(f"internal error ({type(error).__name__}: {error}); please report it")
    return code


def _plain(arguments: Sequence[str]) -> int | None:
    """Does `stopcheck [check] [PATH]… [--format FORMAT]` without click, whose import takes as long as the work."""
    words = list(arguments)
    if words[:1] == ["check"]:
        words = words[1:]
    elif words and words[0] in COMMANDS:
        return None
    form = "text"
    if "--format" in words[:-1]:
        at = words.index("--format")
        form = words[at + 1]
        del words[at : at + 2]
    from stopcheck.report import formats

    if form not in formats() or any(word.startswith("-") or not word for word in words):
        return None
    from stopcheck.engine import Request
    from stopcheck.program import perform

    return perform(Request(tuple(words) or (".",)), form)


def _complain(message: str) -> int:
    print(f"stopcheck: {message}", file=sys.stderr)  # noqa: T201
    return 2
