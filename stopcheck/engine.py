"""Runs the analysis: over all that was found, guarded, in one or several processes, into one sorted report."""

from __future__ import annotations

import os
from functools import lru_cache

from stopcheck.case import ContainerReport, Options, Report
from stopcheck.config.configuration import Configuration
from stopcheck.config.settings import FAIL_ON, Settings
from stopcheck.discovery import Found, Place, discover, place, repository_root, shown
from stopcheck.files import DiskFiles
from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Finding, Problem, Step
from stopcheck.records import dataclass, replace
from stopcheck.view import View

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from stopcheck.case import Container, Verdict
    from stopcheck.model import Severity, Violation
    from stopcheck.recipes import Recipes
    from stopcheck.source import SourceFile, Span
    from stopcheck.syntax.pragmas import Pragma

    Case = tuple[Container, Verdict, list[tuple[str, Violation, Severity]]]

ORDER: tuple[Severity, ...] = ("error", "warning", "note")
MANY = 200
"""From so many Dockerfiles on, starting processes costs less than it saves."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a run is asked for. `given` wins over files; `context` is a folder on disk; `jobs` 0: what pays off."""

    paths: tuple[str, ...]
    given: Settings = Settings()
    target: str | None = None
    context: str | None = None
    jobs: int = 0
    stdin: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A report, and what its exit code depends on: something found that is bad enough, paths that do not exist, a
    configuration that cannot be read, a bug met, nothing to check (`left_out`: but for what .gitignore names)."""

    report: Report
    failed: bool = False
    bad_paths: bool = False
    bad_configuration: bool = False
    crashed: bool = False
    empty: bool = False
    left_out: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """One Dockerfile to analyse; `context` is a path in its repository, `text` set for standard input.

    `only` are the scripts asked for, if any.
    """

    place: Place
    settings: Settings
    target: str | None = None
    context: str | None = None
    text: str | None = None
    only: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What the analysis of one Dockerfile gave; `failed` where that is bad enough for its settings."""

    cases: tuple[Case, ...] = ()
    problems: tuple[Problem, ...] = ()
    failed: bool = False
    crashed: bool = False


def run(request: Request, progress: Callable[[int, int], None] | None = None) -> Run:
    """Do what is asked; `progress` is called with the number of Dockerfiles done and of all."""
    found = discover(tuple(path for path in request.paths if path != "-"))
    configuration = Configuration(request.given)
    tasks = list(_tasks(request, found, configuration))
    failed = any(_fails_outside(problem, configuration) for problem in found.problems)
    results: list[Result] = []
    for result in _results(tasks, request.jobs):
        results.append(result)
        if progress is not None:
            progress(len(results), len(tasks))
    cases = sorted((case for result in results for case in result.cases), key=lambda case: _by_container(case[0]))
    problems = [
        *found.problems,
        *configuration.problems,
        *(problem for result in results for problem in result.problems),
    ]
    report = Report(
        tuple(ContainerReport(container, verdict) for container, verdict, _ in cases),
        tuple(sorted(_findings(cases), key=_by_place)),
        tuple(
            sorted(dict.fromkeys(problems), key=lambda problem: (problem.path, problem.line or 0, problem.column or 0))
        ),
    )
    return Run(
        report,
        failed or any(result.failed for result in results),
        found.bad_paths,
        bool(configuration.problems),
        any(result.crashed for result in results),
        empty=not tasks and not found.scripts and not found.problems and not configuration.problems,
        left_out=found.left_out,
    )


def _tasks(request: Request, found: Found, configuration: Configuration) -> Iterator[Task]:
    """All that can be done; what a broken configuration stands above would be done wrong."""
    if "-" in request.paths:
        here = os.getcwd()
        at = Place(repository_root(here), shown_in(repository_root(here), os.path.join(here, "-")))
        yield from _task(request, at, configuration)
    named = {place(path) for path in request.paths if path != "-" and not os.path.isdir(path)}
    for at in found.dockerfiles:
        if at in named or not configuration.excludes(at.absolute, at.root):
            yield from _task(request, at, configuration)
    by_root: dict[str, set[str]] = {}
    for script in found.scripts:
        by_root.setdefault(script.root, set()).add(script.path)
    done = set(found.dockerfiles)
    for root, scripts in by_root.items():
        for at in discover((root,)).dockerfiles:
            if at not in done and at.root == root and not configuration.excludes(at.absolute, at.root):
                yield from (replace(task, only=frozenset(scripts)) for task in _task(request, at, configuration))


def _task(request: Request, place: Place, configuration: Configuration) -> Iterator[Task]:
    settings = configuration.settings(place.absolute, place.root)
    if settings is None:
        return
    context = None
    if request.context is not None:
        folder = os.path.abspath(request.context)
        root = os.path.commonpath([place.root, folder])
        place = Place(root, shown_in(root, place.absolute))
        context = shown_in(root, folder)
    elif place.path.split("/")[-1] == "-":
        context = "/".join(place.path.split("/")[:-1])
    text = request.stdin if place.path.split("/")[-1] == "-" else None
    yield Task(place, settings, request.target, context, text)


def shown_in(root: str, path: str) -> str:
    """An absolute path as `Files` has it: relative to the root, with `/`, the root itself as ""."""
    relative = os.path.relpath(path, root).replace(os.sep, "/")
    return "" if relative == "." else relative


def _fails_outside(problem: Problem, configuration: Configuration) -> bool:
    """Whether a path that is no Dockerfile is bad enough."""
    path = os.path.abspath(problem.path)
    settings = configuration.settings(path, repository_root(os.path.dirname(path)))
    return settings is not None and _fails((), (problem,), settings.fail_on)


def _fails(cases: tuple[Case, ...], problems: tuple[Problem, ...], fail_on: str | None) -> bool:
    """Whether something is bad enough; a file that cannot be read counts as an error."""
    counts = FAIL_ON[: FAIL_ON.index(fail_on or "warning") + 1] if fail_on != "never" else ()
    return bool(counts and problems) or any(severity in counts for _, _, found in cases for _, _, severity in found)


def _results(tasks: list[Task], jobs: int) -> Iterator[Result]:
    if jobs == 0:
        jobs = min(os.cpu_count() or 1, 8) if len(tasks) >= MANY else 1
    if jobs == 1 or len(tasks) < 2:
        yield from map(analyze, tasks)
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    done = 0
    try:
        with ProcessPoolExecutor(min(jobs, len(tasks))) as pool:
            for result in pool.map(analyze, tasks, chunksize=max(1, min(16, len(tasks) // (4 * jobs)))):
                done += 1
                yield result
    except BrokenProcessPool:
        problem = Problem(tasks[done].place.shown, "internal error: a worker process died; please report it")
        yield Result(problems=(problem,), crashed=True)


def analyze(task: Task) -> Result:
    """Analyse one Dockerfile; any exception becomes a problem that says so."""
    try:
        return _analyze(task)
    except Exception as error:  # the guard: a bug in the analysis of one file must not take the others down
        where = error.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        place = f" at {os.path.basename(where.tb_frame.f_code.co_filename)}:{where.tb_lineno}" if where else ""
        message = f"internal error ({type(error).__name__}: {error}{place}); please report it"
        return Result(problems=(Problem(task.place.shown, message),), crashed=True)


def _analyze(task: Task) -> Result:
    from stopcheck.analysis import analyze_container

    place, settings = task.place, task.settings
    files = View(DiskFiles(place.root), place.root, None if task.text is None else place, task.text or "")
    path = place.shown if task.text is None else "-"
    if files.read(place.path) is None:
        unread = (Problem(path, files.obstacle(place.path) or "cannot be read"),)
        return Result(problems=unread, failed=_fails((), unread, settings.fail_on))
    options = replace(
        _repository(place.root), target=task.target, context=task.context, pedantic=bool(settings.pedantic)
    )
    if settings.grace_period is not None:
        options = replace(options, grace_period=settings.grace_period)
    cases, problems = analyze_container(files, place.path, options, settings.programs)
    if task.only is not None and not task.only & files.reads:
        return Result()
    cases, pragma_problems = _suppressed(_selected(cases, settings), files.sources)
    problems = (*problems, *pragma_problems)
    if task.only is not None:
        wanted = {path, *(Place(place.root, script).shown for script in task.only)}
        cases = tuple((c, v, [one for one in found if one[1].span.path in wanted]) for c, v, found in cases)
        problems = tuple(problem for problem in problems if problem.path in wanted)
    shown_cases = tuple(
        (replace(c, path=path, context=shown(os.path.join(place.root, c.context))), v, found) for c, v, found in cases
    )
    return Result(shown_cases, problems, _fails(shown_cases, problems, settings.fail_on))


@lru_cache(maxsize=8)
def _repository(root: str) -> Options:
    """What builds the images of a repository, and what is mounted: found out when first asked for, once a run."""
    known: list[Recipes] = []

    def recipes() -> Recipes:
        if not known:
            from stopcheck.recipes import Recipes

            known.append(Recipes(DiskFiles(root)))
        return known[0]

    return Options(
        recipes=lambda reference: recipes().find(reference),
        mounts=lambda path, dockerfile: recipes().mount(path, dockerfile),
        contexts=lambda dockerfile: recipes().context(dockerfile),
    )


def _selected(cases: tuple[Case, ...], settings: Settings) -> tuple[Case, ...]:
    """The cases with the rules that are wanted."""
    select, ignore = settings.select, settings.ignore or frozenset()
    return tuple(
        (c, v, [one for one in found if one[0] not in ignore and (select is None or one[0] in select)])
        for c, v, found in cases
    )


def _suppressed(cases: tuple[Case, ...], sources: Iterable[SourceFile]) -> tuple[tuple[Case, ...], list[Problem]]:
    """The cases without what comments in the files silence, and what is wrong with those comments."""
    problems: list[Problem] = []
    for source in sources:
        if "stopcheck" not in source.text:
            continue
        from stopcheck.syntax.pragmas import read_pragmas

        found = read_pragmas(source)
        problems += found.problems
        for pragma in found.pragmas:
            silenced, unknown = _rules_of(pragma)
            problems += unknown
            cases = tuple(
                (c, v, [one for one in found if one[0] not in silenced or not _covers(pragma, one[1].span, source)])
                for c, v, found in cases
            )
    return cases, problems


def _rules_of(pragma: Pragma) -> tuple[set[str], list[Problem]]:
    """The rules that an ignore names; one that is mistyped silences nothing, and must not be silent itself."""
    from stopcheck import rules

    silenced: set[str] = set()
    unknown: list[Problem] = []
    for name in pragma.rules:
        try:
            silenced.add(rules.resolve(name))
        except KeyError:
            unknown.append(Problem.at(pragma.span, rules.unknown(name)))
    return silenced, unknown


def _covers(pragma: Pragma, span: Span, source: SourceFile) -> bool:
    place = span.outermost()
    return place.source is source and pragma.covers(source.position(place.start)[0])


def _findings(cases: list[Case]) -> Iterable[Finding]:
    """Each rule and place once, with all the containers it harms, as the worst of them has it."""
    found: dict[object, Finding] = {}
    for index, (_, _, violations) in enumerate(cases):
        for name, violation, severity in violations:
            key = (name, violation.span.path, violation.span.position())
            before = found.get(key)
            if before is None:
                found[key] = _stamp(name, violation, severity, (index,))
            elif index not in before.containers:
                new = _stamp(name, violation, severity, (*before.containers, index))
                worse = ORDER.index(new.severity) < ORDER.index(before.severity)
                found[key] = new if worse else replace(before, containers=new.containers)
    return found.values()


def _stamp(name: str, violation: Violation, severity: Severity, containers: tuple[int, ...]) -> Finding:
    """A finding; its story leads through the related places."""
    story = violation.story or tuple(Step(label.text, label.span) for label in violation.related)
    return Finding(name, severity, violation, containers, story)


def _by_container(container: Container) -> tuple[str, str, str]:
    return container.path, container.stage or "", container.service or ""


def _by_place(finding: Finding) -> tuple[str, int, int, str]:
    line, column, _, _ = finding.violation.span.position()
    return finding.violation.span.path, line, column, finding.rule
