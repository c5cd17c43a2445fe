"""The command line in full: commands, options and their help."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from stopcheck import __version__
from stopcheck.config.settings import FAIL_ON, Settings
from stopcheck.program import CLEAN, FAILED, perform
from stopcheck.records import replace
from stopcheck.report import formats

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stopcheck.engine import Request


class DefaultCheck(click.Group):
    """A group whose command is `check` where the first argument is no command's name."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See click.Group."""
        if not args or (args[0] not in self.commands and args[0] not in ("--help", "--version")):
            args = ["check", *args]
        return super().parse_args(ctx, args)


def _finite(_: click.Context, __: click.Parameter, seconds: float | None) -> float | None:
    if seconds is not None and not seconds < float("inf"):
        raise click.BadParameter(f"{seconds} is no number of seconds.")
    return seconds


def analysis_options(command: Callable[..., int]) -> Callable[..., int]:
    """The options that say what is analysed, and how."""
    for option in (
        click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True),
        click.option("--output", "-o", metavar="FILE", help="Write there instead of to standard output."),
        click.option(
            "--jobs", "-j", type=click.IntRange(1), help="Processes to use.  [default: by the number of files]"
        ),
        click.option("--exclude", multiple=True, metavar="PATTERN", help="Pass over these; patterns as in .gitignore."),
        click.option(
            "--grace-period", type=click.FloatRange(0), callback=_finite, metavar="SECONDS", help="[default: 10]"
        ),
        click.option("--context", metavar="DIR", help="The build context.  [default: found out]"),
        click.option("--target", metavar="STAGE", help="The stage that is run.  [default: the last]"),
    ):
        command = option(command)
    return click.argument("paths", nargs=-1, metavar="[PATH]…")(command)


@click.group(cls=DefaultCheck, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="stopcheck", message="%(prog)s %(version)s")
def cli() -> None:
    """If this container is stopped, what happens?

    `stopcheck [PATH]...` is short for `stopcheck check [PATH]...`.
    """


@cli.command()
@analysis_options
@click.option("--format", "form", type=click.Choice(formats()), default="text", show_default=True)
@click.option("--select", multiple=True, metavar="RULE[,…]", help="Report these rules only.")
@click.option("--ignore", multiple=True, metavar="RULE[,…]", help="Do not report these rules.")
@click.option("--pedantic/--no-pedantic", default=None, help="Report what rests on unknown facts, too.")
@click.option(
    "--fail-on",
    type=click.Choice(FAIL_ON),
    help="From which severity on the exit code is 1.  [default: warning]",
)
def check(
    form: str, select: Sequence[str], ignore: Sequence[str], pedantic: bool | None, fail_on: str | None, **given: Any
) -> int:
    """Say what a stop does to the images of these Dockerfiles, and which lines are to blame.

    A PATH is a Dockerfile, a folder of them (default: this one), a script that they start, or - for standard input.

    What --grace-period, --exclude, --select, --ignore, --pedantic and --fail-on say may stand in stopcheck.toml, too,
    or in [tool.stopcheck] of pyproject.toml.

    Exit code: 0 nothing found, 1 findings or unreadable files, 2 wrong use, a broken configuration or an internal
    error, 3 nothing to check.
    """
    settings = Settings(None, _rules(select), _rules(ignore), fail_on, pedantic)
    return perform(_request(given, settings), form, given["output"], given["color"])


@cli.command()
@analysis_options
def trace(**given: Any) -> int:
    """Draw the processes of an image, the way of the stop signal through them, and the clock."""
    request = _request(given, Settings(select=frozenset(), fail_on="error"))
    return perform(request, "trace", given["output"], given["color"])


@cli.command()
@click.argument("name")
def rule(name: str) -> None:
    """Print the page of a rule."""
    from stopcheck import rules

    page = rules.load(_rule(name)).text
    if not sys.stdout.isatty():
        click.echo(page.strip())
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(page))


@cli.command(name="rules")
def list_rules() -> None:
    """List all rules."""
    from stopcheck import rules

    pages = rules.load_all()
    if not sys.stdout.isatty():
        room = max((len(page.name) for page in pages), default=0)
        for page in pages:
            click.echo(f"{page.name:<{room}}  {page.severity:<7}  {page.fix:<6}  {page.summary}")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("rule", "at most", "fix", "summary", box=None)
    for page in pages:
        table.add_row(page.name, page.severity, page.fix, page.summary)
    Console().print(table)


def _request(given: dict[str, Any], settings: Settings) -> Request:
    from stopcheck.engine import Request

    context: str | None = given["context"]
    if context is not None and not os.path.isdir(context):
        raise click.UsageError(f"--context {context}: no such folder")
    settings = replace(settings, grace_period=given["grace_period"], exclude=_patterns(given["exclude"]))
    paths = tuple(given["paths"]) or (".",)
    stdin = _stdin() if "-" in paths else None
    return Request(paths, settings, given["target"], context, given["jobs"] or 0, stdin)


def _patterns(given: Sequence[str]) -> tuple[str, ...] | None:
    from stopcheck.discovery import patterns

    for pattern in given:
        try:
            patterns([pattern])
        except ValueError:
            raise click.UsageError(f"--exclude {pattern}: no pattern of .gitignore") from None
    return tuple(given) or None


def _stdin() -> str:
    from stopcheck.files import LARGEST

    if sys.stdin is None:
        raise click.UsageError("standard input is closed: give a path, or `- < Dockerfile`")
    data = sys.stdin.buffer.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise click.UsageError(f"standard input is larger than {LARGEST // 1024 // 1024} MB: no Dockerfile")
    return data.decode("utf-8", "surrogateescape")


def _rules(given: Sequence[str]) -> frozenset[str] | None:
    names = [name.strip() for value in given for name in value.split(",") if name.strip()]
    return frozenset(map(_rule, names)) if names else None


def _rule(name: str) -> str:
    from stopcheck import rules

    try:
        return rules.resolve(name)
    except KeyError:
        raise click.UsageError(rules.unknown(name)) from None


def run() -> int:
    """Do what the command line says, and give the exit code; what is wrong with it is told in one line."""
    try:
        code = cli.main(prog_name="stopcheck", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return FAILED
    except click.Abort:
        return 130
    return code if isinstance(code, int) else CLEAN
