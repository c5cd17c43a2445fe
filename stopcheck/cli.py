"""The command line."""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, NoReturn

import click

from stopcheck import __version__
from stopcheck.report import formats

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stopcheck.case import Report
    from stopcheck.engine import Request, Run
    from stopcheck.report._lines import Style

CLEAN, FOUND, FAILED, NOTHING = 0, 1, 2, 3
"""Exit codes: nothing found; findings; wrong use or an internal error; nothing to check."""


class DefaultCheck(click.Group):
    """A group whose command is `check` where the first argument is no command's name."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See click.Group."""
        if not args or (args[0] not in self.commands and args[0] not in ("--help", "--version")):
            args = ["check", *args]
        return super().parse_args(ctx, args)


def analysis_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what is analysed, and how."""
    for option in (
        click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True),
        click.option("--output", "-o", metavar="FILE", help="Write there instead of to standard output."),
        click.option(
            "--jobs", "-j", type=click.IntRange(1), help="Processes to use.  [default: by the number of files]"
        ),
        click.option("--grace-period", type=click.FloatRange(0), default=10, show_default=True, metavar="SECONDS"),
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
@click.option("--pedantic", is_flag=True, help="Report what rests on unknown facts, too.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "note", "never"]),
    default="warning",
    show_default=True,
    help="From which severity on the exit code is 1.",
)
def check(form: str, select: Sequence[str], ignore: Sequence[str], pedantic: bool, fail_on: str, **given: Any) -> None:
    """Say what a stop does to the images of these Dockerfiles, and which lines are to blame.

    A PATH is a Dockerfile, a folder of them (default: this one), a script that they start, or - for standard input.

    Exit code: 0 nothing found, 1 findings or unreadable files, 2 wrong use or internal error, 3 nothing to check.
    """
    request = _request(given, _rules(select), _rules(ignore) or frozenset(), pedantic)
    run = _run(request)
    _write(form, run.report, given)
    _finish(run, _failed(run.report, fail_on))


@cli.command()
@analysis_options
def trace(**given: Any) -> None:
    """Draw the processes of an image, the way of the stop signal through them, and the clock."""
    run = _run(_request(given, None, frozenset(), False))
    _write("trace", run.report, given)
    _finish(run, bool(run.report.problems))


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


def _request(given: dict[str, Any], select: frozenset[str] | None, ignore: frozenset[str], pedantic: bool) -> Request:
    from stopcheck.case import Options
    from stopcheck.engine import Request

    context: str | None = given["context"]
    if context is not None and not os.path.isdir(context):
        raise click.UsageError(f"--context {context}: no such folder")
    options = Options(given["target"], None, given["grace_period"], pedantic)
    paths = tuple(given["paths"]) or (".",)
    return Request(paths, options, context, select, ignore, given["jobs"] or 0, _stdin() if "-" in paths else None)


def _stdin() -> str:
    from stopcheck.files import LARGEST

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
        from difflib import get_close_matches

        close = get_close_matches(name, rules.names(), n=1)
        hint = f"did you mean {close[0]}?" if close else "`stopcheck rules` lists them"
        raise click.UsageError(f"no rule is called {name}: {hint}") from None


def _run(request: Request) -> Run:
    from stopcheck import engine

    with ExitStack() as stack:
        return engine.run(request, _progress(stack) if sys.stderr.isatty() else None)


def _progress(stack: ExitStack) -> Callable[[int, int], None]:
    """Shows a bar on standard error once a run turns out to be long; the stack takes it away at the end."""
    start = time.monotonic()
    show: Callable[[int, int], None] | None = None

    def progress(done: int, total: int) -> None:
        nonlocal show
        if show is None and total > 1 and (total > 50 or time.monotonic() > start + 1):
            show = _bar(stack)
        if show is not None:
            show(done, total)

    return progress


def _bar(stack: ExitStack) -> Callable[[int, int], None]:
    from rich.console import Console
    from rich.progress import Progress

    bar = stack.enter_context(Progress(console=Console(stderr=True), transient=True))
    task = bar.add_task("Dockerfiles")
    return lambda done, total: bar.update(task, completed=done, total=total)


def _write(form: str, report: Report, given: dict[str, Any]) -> None:
    from stopcheck.report import render

    file: str | None = given["output"]
    style = _style(given["color"], to_file=file is not None)
    data = render(form, report, style).encode("utf-8" if file else sys.stdout.encoding, "replace")
    if file is not None:
        try:
            with open(file, "wb") as stream:
                stream.write(data)
        except OSError as error:
            raise click.UsageError(f"--output {file}: {error.strerror}") from None
        return
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Who read us has gone: nothing more is to be said, not even at the flush on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _style(color: str, to_file: bool) -> Style:
    from stopcheck.report._lines import Style

    terminal = sys.stdout.isatty() and not to_file
    colored = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    unicode = to_file or sys.stdout.encoding.lower().replace("-", "").startswith("utf")
    return Style(_width(terminal), color == "always" or (color == "auto" and colored), unicode)


def _width(terminal: bool) -> int:
    """The columns to use: as many as there are, but no line so long that it is hard to read."""
    given = os.environ.get("COLUMNS", "")
    width = int(given) if given.isdecimal() and int(given) else os.get_terminal_size(1).columns if terminal else 80
    return max(40, min(width or 80, 120))


def _failed(report: Report, fail_on: str) -> bool:
    severities = ("error", "warning", "note")
    if fail_on == "never":
        return False
    counts = severities[: severities.index(fail_on) + 1]
    return bool(report.problems) or any(finding.severity in counts for finding in report.findings)


def _finish(run: Run, failed: bool) -> NoReturn:
    if run.empty:
        click.echo("stopcheck: nothing to check: no Dockerfile or Containerfile is there", err=True)
    code = FAILED if run.crashed or run.bad_paths else NOTHING if run.empty else FOUND if failed else CLEAN
    raise click.exceptions.Exit(code)


def main() -> NoReturn:
    """Run the command line; whatever goes wrong ends in one line and an exit code."""
    try:
        code = cli.main(prog_name="stopcheck", standalone_mode=False)
    except click.exceptions.Exit as ended:
        code = ended.exit_code
    except click.ClickException as error:
        error.show()
        code = FAILED
    except (KeyboardInterrupt, click.Abort):
        code = 130
    except Exception as error:  # the last guard: never a traceback
        click.echo(f"stopcheck: internal error ({type(error).__name__}: {error}); please report it", err=True)
        code = FAILED
    sys.exit(code if isinstance(code, int) else CLEAN)
