"""Image definitions that somebody has spoilt are analysed all the same: no exception, no hang, spans in their files.

`STOPCHECK_SEED` to draw the same ones again, `STOPCHECK_BROKEN_SECONDS` for another while than 12 seconds.
"""

from __future__ import annotations

import json
import os
import random
import re
import time
from functools import cache
from pathlib import Path

import click

from stopcheck.analysis import analyze_container
from stopcheck.case import Options
from stopcheck.files import MemoryFiles
from tests.conformance import facts
from tests.conformance.fact_images import image_of

SECONDS = 12.0
SLOW = 10.0
"""Seconds that no image may take, on a machine that does much else."""
TESTS = Path(__file__).parents[1]
TOKEN = re.compile(r"\s+|[\w./$-]+|.", re.DOTALL)
ODD = """
    ² ٣ -9 --9 0 08 1.5 0x 99999999999999999999 {1..999999999} {a..z} % %% %- $ ${ $(( )) ` " ' \\ & | ;; * [ ${!x}
    ${x@Q} "$@" $* $# $? $! $$ ~ <<E <<-E >&- <&99999999 2>&1 RTMIN+² SIGRTMAX-999 kill wait trap exec eval set shift
    getopts read printf local exit return break continue . source -- = += x[1]= x=( tini gosu supervisord -c -n sh
    bash timeout sleep s6-svscan runsvdir su sudo env nice setsid nohup xargs find flock npm node python java php-fpm
    while until for in case esac do done if then fi select function coproc time ! (( [[ ]] { } ( ) FROM RUN COPY CMD
""".split()  # noqa: SIM905
ODD += ["//", "//a/b", "../..", "/..", "mkdir -p ", "cd ", '"$(dirname "$0")/x" ', 'D="$(dirname "$0")"\n']
ODD += ["\n", "\0", "\x80", "\ufeff", "\u2028", "9" * 5000, "a" * 3000, "*" * 3000, "(" * 500, "$(" * 200]


@cache
def definitions() -> list[tuple[dict[str, str], dict[str, int]]]:
    """The files of fixtures, examples and facts, with their modes."""
    found: list[tuple[dict[str, str], dict[str, int]]] = []
    for top in (TESTS / "fixtures", TESTS.parent / "examples"):
        for dockerfile in sorted(top.glob("*/Dockerfile")):
            paths = [path for path in dockerfile.parent.rglob("*") if path.is_file() and path.name != "expected.json"]
            names = {path.relative_to(dockerfile.parent).as_posix(): path for path in paths}
            texts = {name: path.read_text("utf-8", "replace") for name, path in names.items()}
            found.append((texts, {name: path.stat().st_mode & 0o777 for name, path in names.items()}))
    images = [image_of(fact) for fact in facts.load()]
    return found * 20 + [(dict(image.files), dict(image.modes)) for image in images if image is not None]


@cache
def tokens() -> list[str]:
    return [token for texts, _ in definitions() for text in texts.values() for token in TOKEN.findall(text)]


def spoilt(draw: random.Random, text: str) -> str:
    """The text with up to six changes: words put in, taken out or changed, lines moved or lost, the end missing."""
    for _ in range(draw.choice((1, 1, 2, 3, 6))):
        found = TOKEN.findall(text) or [""]
        lines = text.split("\n")
        at, line = draw.randrange(len(found)), draw.randrange(len(lines))
        word = draw.choice(ODD) if draw.random() < 0.5 else draw.choice(tokens())
        match draw.choice(("put", "put", "change", "take", "swap", "repeat", "lose", "end")):
            case "put":
                found.insert(at, word + draw.choice(("", " ")))
            case "change":
                found[at] = word
            case "take":
                del found[at]
            case "swap":
                other = draw.randrange(len(found))
                found[at], found[other] = found[other], found[at]
            case "repeat":
                lines.insert(draw.randrange(len(lines)), lines[line])
                found = ["\n".join(lines)]
            case "lose":
                del lines[line]
                found = ["\n".join(lines)]
            case _:
                del found[at:]
        text = "".join(found)
    return text


def test_spoilt_images_are_analysed() -> None:
    seed = int(os.environ.get("STOPCHECK_SEED", random.SystemRandom().randrange(10**6)))
    click.echo(f"STOPCHECK_SEED={seed}")
    end = time.monotonic() + float(os.environ.get("STOPCHECK_BROKEN_SECONDS", SECONDS))
    run = 0
    while time.monotonic() < end:
        draw = random.Random(f"{seed}.{run}")
        files, modes = draw.choice(definitions())
        broken = {name: spoilt(draw, text) if draw.random() < 0.6 else text for name, text in files.items()}
        start = time.process_time()
        try:
            cases, problems = analyze_container(MemoryFiles(broken, modes), "Dockerfile", Options())
        except Exception as error:
            raise AssertionError(json.dumps(broken)) from error
        assert time.process_time() - start < SLOW, json.dumps(broken)
        assert cases or problems, json.dumps(broken)
        for _, _, found in cases:
            for rule, violation, _ in found:
                span = violation.span.outermost()
                assert 0 <= span.start <= span.end <= len(span.source.text), (rule, json.dumps(broken))
        run += 1
    click.echo(f"{run} images")
    assert run > 100
