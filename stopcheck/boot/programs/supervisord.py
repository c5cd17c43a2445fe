"""supervisord's configuration (supervisord.org/configuration.html): the programs it runs, and how it stops each."""

from __future__ import annotations

import posixpath
import shlex

from stopcheck.boot.bodies.daemon import Leaving
from stopcheck.boot.bodies.program import Program
from stopcheck.boot.bodies.supervisor import Departing, Managed, Supervisor
from stopcheck.boot.failure import Failure
from stopcheck.boot.files.accounts import ROOT
from stopcheck.boot.files.made import missing_file
from stopcheck.boot.files.permissions import is_denied
from stopcheck.boot.files.written import written
from stopcheck.boot.programs.supervisord_values import NO, YES, fault
from stopcheck.boot.signals import signal_name
from stopcheck.boot.world import SOMEWHERE
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import ImageFile, Unlikely
from stopcheck.image.paths import clean
from stopcheck.knowledge.programs import ProgramRow
from stopcheck.model import Unknown, numeral
from stopcheck.records import dataclass, replace
from stopcheck.regex import regex
from stopcheck.source import SourceFile
from stopcheck.syntax.ini import parse_ini

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Body, Field
    from stopcheck.image.model import FileSystem
    from stopcheck.source import Span
    from stopcheck.syntax.ini import Option, Section

SEARCHED = ("supervisord.conf", "etc/supervisord.conf", "/etc/supervisord.conf", "/etc/supervisor/supervisord.conf")
BESIDE = ("etc/supervisord.conf", "supervisord.conf")
"""What is looked for before that, from the folder above the program's own."""
POLLS = 0.9
"""It looks at its programs once a second (sup.supervisord-*: 1.07 s for one, 0.4 s more for each other)."""
PIPS = "/usr/local/bin/supervisord"
"""Where pip puts it."""
_EXPANSION = regex(r"%\((\w+)\)(\d*)([sd])|%%")


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a configuration says: the programs, whether supervisord leaves for the background, and where it says so."""

    managed: tuple[Managed, ...]
    daemonizes: bool
    place: Span | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why supervisord ends at once with status 2, and the variables that it would need; measured with 4.2."""

    why: str
    names: tuple[str, ...] = ()
    place: Span | None = None
    status: int = 2


def start_supervisord(start: Start) -> Body:
    """Its programs by its configuration; of one that nobody knows only that it stays, or leaves."""
    machine, world, process, row = start.machine, start.world, start.process, start.row
    place = process.argv[0] if isinstance(process.argv[0], str) else ""
    found = read(start, place)
    if isinstance(found, Unknown):
        body_of = Program if is_told_to_stay(start.words) else Leaving
        return body_of(ProgramRow(row.name, role="opaque", instead=found.reason), machine.stop_signal)
    if isinstance(found, Refused):
        machine.asked.update(dict.fromkeys(found.names))
        machine.wanted |= set(found.names)
        if found.names:
            world.note("cannot-open", process, text=found.why, span=found.place)
        else:
            world.note_failure("refused", process, Failure(found.status, found.why, "config"), found.place)
        return Program(ProgramRow(row.name, role="short", status=found.status), machine.stop_signal)
    stops = frozenset({"TERM", "INT", "QUIT"})
    body = Supervisor(machine, found.managed, dict(start.env), stops, lag=POLLS, hears=frozenset({"HUP", "USR2"}))
    return Departing(row, body) if found.daemonizes else body


def read(start: Start, executable: str = "") -> Configuration | Refused | Unknown:
    """The configuration that these arguments lead to.

    Unknown where a part of it is not in the files. What several files say of one section is as if one said it: the
    last holds.
    """
    wrong = _refuses(start.words)
    if wrong:
        return Refused(f"it takes no argument {wrong}")
    file = _file(start, executable)
    if not isinstance(file, ImageFile):
        return file
    sections = _sections(start, file)
    if isinstance(sections, Unknown):
        return sections
    mains = [section for section in sections if section.name == "supervisord"]
    if not mains:
        return Refused(f"{file.path} has no section [supervisord]")
    merged = _merged(sections)
    refused = _unset(sections, start.env) or _faulty(merged, start)
    if refused is not None:
        return refused
    option = next((option for section in reversed(mains) if (option := section.option("nodaemon"))), None)
    stays = is_told_to_stay(start.words) or (option is not None and option.value.lower() in YES)
    place = option.span if option is not None else mains[0].span
    return Configuration(_programs(merged, start.env, posixpath.dirname(file.path)), not stays, place)


def _file(start: Start, executable: str) -> ImageFile | Refused | Unknown:
    """The file that it reads: the one it is told of, or the first of those that it looks for."""
    files, cwd, world = start.machine.image.files, start.process.cwd, start.world
    path = _option(start.words, "-c", "--configuration")
    candidates = [clean(posixpath.join(cwd, name)) for name in ((path,) if path else SEARCHED)]
    if not path:
        above = posixpath.dirname(posixpath.dirname(posixpath.join(cwd, executable if "/" in executable else PIPS)))
        beside = [posixpath.join(above, name) for name in BESIDE]
        candidates[:0] = [name for name in beside if not isinstance(files.lookup(name), (Unknown, Unlikely))]
    found = [file for candidate in candidates if (file := files.lookup(candidate)) is not None]
    likely = [file for file in found if not isinstance(file, Unlikely)]
    file = next(iter(likely or found), None)
    if isinstance(file, Unknown):
        # Who brings a configuration has it read: no step of the build has put another one before it.
        file = next((each for each in found if not isinstance(each, Unknown) and _is_own(files, each)), file)
    fresh = [place for candidate in candidates for place in written(world, candidate)]
    if fresh:
        return _fresh(fresh)
    if file is None and path and missing_file(start.machine, world, candidates[0]):
        return Refused(f"there is no {candidates[0]}")
    if file is None:
        return Unknown("supervisord has no configuration file")
    return Unknown(f"supervisord's configuration: {file.reason}", file.span) if isinstance(file, Unknown) else file


def _sections(start: Start, file: ImageFile) -> list[Section] | Unknown:
    """What stands in it, and in the files that it includes."""
    world = start.world
    if not isinstance(file.content, SourceFile):
        return Unknown(f"supervisord's configuration: {file.content.reason}", file.origin)
    if file.content.path == file.path and SOMEWHERE in world.files:  # a package's, that the script may replace
        return _fresh([file.path])
    sections = list(parse_ini(file.content))
    for pattern in _patterns(file.path, sections):
        fresh = written(world, pattern)
        included = _fresh(fresh) if fresh else _included(start.machine.image.files, pattern)
        if isinstance(included, Unknown):
            return included
        sections += included
    return sections


def _unset(sections: list[Section], env: Mapping[str, Field]) -> Refused | None:
    """The variables that it asks for and that are not set: it does not start without them."""
    unset = {name: option for section in sections for option, name in _asked(section) if name not in env}
    if not unset:
        return None
    first = next(iter(unset))
    return Refused(f"{first} is not set, and its configuration asks for it", tuple(unset), unset[first].span)


def _faulty(sections: list[Section], start: Start) -> Refused | None:
    """A value that it does not take, or what its user may not."""
    wrong = fault(sections, start)
    if wrong is not None:
        return Refused(wrong.why, (), wrong.place)
    return _unprivileged(next(section for section in sections if section.name == "supervisord"), start)


def _programs(sections: list[Section], env: Mapping[str, Field], here: str) -> tuple[Managed, ...]:
    """The programs that it starts, in their order."""
    programs = [section for section in sections if section.name.startswith(("program:", "fcgi-program:"))]
    told = {name: section for section in sections if section.name.startswith("group:") for name in _members(section)}
    groups = {section.name: told.get(section.name.partition(":")[2], section) for section in programs}
    programs.sort(key=lambda each: (_rank(groups[each.name]), _rank(each)))
    return tuple(each for section in programs for each in _managed(section, groups[section.name].name, env, here))


def _unprivileged(section: Section, start: Start) -> Refused | None:
    """What a user who is not root may not: become root, or write its log where only root may.

    Source: drop_privileges and make_logger of supervisor/options.py; sup.supervisord-h-user-nobody.
    """
    is_root = start.process.user in ROOT
    user = _option(start.words, "-u", "--user") or section.get("user")
    if user in ROOT - {""} and not is_root:
        return Refused(f"{start.process.user} may not become root", (), section.span)
    user = user or start.process.user
    log = _option(start.words, "-l", "--logfile") or section.get("logfile", "supervisord.log")
    if user in ROOT or "%" in user + log or not is_denied(start.machine.image, start.path(log), start.world, user):
        return None
    option = section.option("logfile")
    return Refused(f"{user} may not write {start.path(log)}", (), (option or section).span, status=1)


def _patterns(path: str, sections: Iterable[Section]) -> list[str]:
    """The files that sections include, `*` and all."""
    told = " ".join(section.get("files") for section in sections if section.name == "include").split()
    return [clean(posixpath.join(posixpath.dirname(path), pattern)) for pattern in told]


def _is_own(files: FileSystem, file: ImageFile) -> bool:
    """Whether the build context has brought this configuration, or what that includes."""
    if not isinstance(file.content, SourceFile):
        return False
    packaged = file.content.path == file.path
    return not packaged or any(files.matching(each) for each in _patterns(file.path, parse_ini(file.content)))


def _asked(section: Section) -> Iterator[tuple[Option, str]]:
    """The variables that a section asks for (`%(ENV_NAME)s`), but for those that an engine sets by itself."""
    if section.name.partition(":")[0] in {"supervisord", "program", "fcgi-program", "eventlistener"}:
        for option in section.options:
            for name, _, _ in _EXPANSION.findall(option.value):
                if name.startswith("ENV_") and name[4:] not in {"HOME", "HOSTNAME", "PATH"}:
                    yield option, name[4:]


def is_told_to_stay(words: tuple[str, ...]) -> bool:
    """Whether the arguments alone keep it in the foreground."""
    return bool({"-n", "--nodaemon"} & set(_apart(words)))


_WITH_VALUES = "acdeijlmquyz"
"""Its short options that take a value (supervisor/options.py)."""
_LETTERS = _WITH_VALUES + "hknstv?"
_LONG = (
    "help configuration= version nodaemon user= umask= directory= logfile= logfile_maxbytes= logfile_backups= "
    "loglevel= pidfile= identifier= childlogdir= minfds= minprocs= nocleanup strip_ansi profile_options= silent"
)


def _refuses(words: tuple[str, ...]) -> str:
    """The first word that it does not take: an option that it does not know, or what is no option (getopt(3))."""
    rest = iter(_apart(words))
    for word in rest:
        if word[:2] == "--":
            name, sign, _ = word[2:].partition("=")
            found = [each for each in _LONG.split() if each.startswith(name)]
            if not found:
                return word
            if all(each[-1] == "=" for each in found) and not sign:
                next(rest, None)
        elif word[:1] != "-" or word[1:] not in _LETTERS:
            return word
        elif word[1:] in _WITH_VALUES:
            next(rest, None)
    return ""


def _apart(words: tuple[str, ...]) -> list[str]:
    """The words with each short option for itself: `-nc FILE` is `-n -c FILE`, as getopt has it."""
    found: list[str] = []
    for word in words:
        if word[:1] != "-" or word[1:2] in {"-", ""}:
            found.append(word)
            continue
        for index, letter in enumerate(word[1:], 2):
            found.append(f"-{letter}")
            if letter in _WITH_VALUES:
                found += [word[index:]] if word[index:] else []
                break
    return found


def _option(words: tuple[str, ...], *names: str) -> str | None:
    apart = _apart(words)
    for index, word in enumerate(apart):
        if word in names and index + 1 < len(apart):
            return apart[index + 1].removeprefix("=")
        name, sign, value = word.partition("=")
        if sign and name in names:
            return value
    return None


def _fresh(paths: list[str]) -> Unknown:
    return Unknown(f"supervisord's configuration: {paths[0]} is written as the container starts")


def _included(files: FileSystem, pattern: str) -> list[Section] | Unknown:
    """The sections of the files that a pattern of [include] names."""
    found = files.matching(pattern)
    sections: list[Section] = []
    for file in found:
        if not isinstance(file.content, SourceFile):
            return Unknown(f"supervisord's configuration {file.path}: {file.content.reason}", file.origin)
        sections += parse_ini(file.content)
    return sections


def _members(section: Section) -> list[str]:
    return [name.strip() for name in section.get("programs").split(",")]


def _priority(section: Section) -> int:
    priority = numeral(section.get("priority", "999"), signed=True)
    return 999 if priority is None else priority


def _rank(section: Section) -> tuple[int, str]:
    """By their priorities, and those of one priority by their names (Config.__lt__ of supervisor/options.py)."""
    return _priority(section), section.name.partition(":")[2]


def _merged(sections: Iterable[Section]) -> list[Section]:
    """Sections of one name are one, as Python's configparser has it."""
    merged: dict[str, Section] = {}
    for section in sections:
        before = merged.get(section.name)
        merged[section.name] = replace(section, options=(*before.options, *section.options)) if before else section
    return list(merged.values())


def _plain(value: str) -> str:
    """A value in which nothing is put in place of `%(…)s`; else "": as if it were not told."""
    return "" if "%" in value else value.strip()


def _managed(section: Section, group: str, env: Mapping[str, Field], here: str) -> list[Managed]:
    command = section.option("command")
    if command is None or section.get("autostart", "true").lower() not in YES:
        return []
    name = section.name.partition(":")[2]
    seconds = numeral(section.get("stopwaitsecs", "10"))
    count = numeral(section.get("numprocs", "1"))
    managed = Managed(
        name=name,
        argv=(),
        stop_signal=signal_name(section.get("stopsignal", "TERM")) or "TERM",
        wait=10.0 if seconds is None else max(1.0, float(seconds)),  # it looks once a second whether that is over
        group=section.get("stopasgroup", "false").lower() in YES,
        kill_group={"stopasgroup", "killasgroup"} & {o.key for o in section.options if o.value.lower() in YES} != set(),
        place=command.span,
        folder=_plain(section.get("directory", "")),
        user=_plain(section.get("user", "")),
        once=section.get("autorestart", "").lower() in NO,
        along=group,
    )
    first = numeral(section.get("numprocs_start", "0")) or 0
    numbers = range(first, first + (1 if count is None else min(count, 8)))
    return [replace(managed, argv=_argv(command.value, name, str(number), env, here)) for number in numbers]


def _argv(command: str, program: str, number: str, env: Mapping[str, Field], here: str) -> tuple[str, ...]:
    names = {"program_name": program, "process_num": number, "here": here}
    text = _EXPANSION.sub(lambda found: _expanded(found[1], names, env) if found[1] else "%", command)
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return tuple(text.split())


def _expanded(name: str, names: Mapping[str, str], env: Mapping[str, Field]) -> str:
    if name.startswith("ENV_"):
        value = env.get(name[4:], "")
        return value if isinstance(value, str) else ""
    return names.get(name, "")
