"""Starts a known service: whether it stays in the foreground, by its arguments, its configuration and the build."""

from __future__ import annotations

import re
from itertools import pairwise

from stopcheck.boot.bodies.daemon import Daemonizer, Leaving
from stopcheck.boot.bodies.program import Program
from stopcheck.boot.failure import Failure
from stopcheck.boot.files.accounts import ROOT
from stopcheck.boot.programs.killers import Killer, Stopper
from stopcheck.boot.programs.refusals import refusal, unmade
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import Made, Packaged
from stopcheck.knowledge.programs import ProgramRow, as_configured, find_program
from stopcheck.model import Unknown
from stopcheck.records import replace
from stopcheck.regex import regex
from stopcheck.source import SourceFile
from stopcheck.syntax.shell.tree import SimpleCommand
from stopcheck.syntax.shell.walk import commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.boot.programs.roles import Start
    from stopcheck.boot.world import Body
    from stopcheck.syntax.shell.tree import Command

_TEMPLATES = (".tpl", ".tmpl", ".template", ".j2", ".in")
_CONFIG = regex(r"/|\.(conf|cfg|cnf|ini|toml|ya?ml)$")
_FPM = regex(r"[:-]fpm")
_BUILT = regex(r"--(conf-path|prefix|sysconfdir)=[\"']?(/[^\s\"'$]*)")


def start_service(start: Start) -> Body | Failure:
    """The service, or the process that leaves it in the background."""
    if any(word in {"--help", "--version"} for word in start.words):
        return start.leaf("short")
    refused = refusal(start) if start.row.refuses else unmade(start) if start.row.makes else None
    if refused is not None:
        return refused
    twice = start.row.foreground_once and _told_twice(start)
    if twice:
        return Failure(
            1, f"{start.process.program} refuses a directive that stands twice: in {twice} and its arguments"
        )
    if start.row.again is not None and _stands_already(start):
        return start.leaf("short", status=start.row.again)
    if start.row.session is not None and start.process.pgid == start.process.pid:
        return start.leaf("short", status=start.row.session)
    background = leaves(start)
    if isinstance(background, Unknown):
        row = ProgramRow(start.process.program, role="opaque", instead=background.reason)
        return Leaving(row, start.machine.stop_signal)
    if background:
        return Daemonizer(start.machine, start.row, (), dict(start.env))
    row = _with_seconds(start, as_configured(start.row, list(_texts(start)) if start.row.configured else ()))
    if row.saves and _cannot_save(start):
        row = replace(row, on={**row.on, "TERM": "ignore", "INT": "ignore"})
    return Program(row, start.machine.stop_signal)


_SAVES_ELSEWHERE = regex(r"^\s*(?:dir|save|include)\b", re.MULTILINE)


def _cannot_save(start: Start) -> bool:
    """Whether a service is to save its data into its working folder, where its user may not write.

    Then it goes on when it is told to end ("Error trying to save the DB, can't exit": measured with redis 7.0).
    """
    from stopcheck.boot.files.permissions import is_denied

    process = start.process
    if process.user in ROOT or "sentinel" in " ".join((process.program, *start.words)):
        return False
    if any(word.startswith(("--dir", "--shutdown-on", "--include")) for word in start.words):
        return False
    told = [after for word, after in pairwise((*start.argv, "")) if word == "--save"]
    if any(not isinstance(after, str) or not after[:1].isdigit() for after in told):
        return False
    for name in (word for word in start.words[:1] if not word.startswith("-")):
        file = start.text(name)
        text = file.text if isinstance(file, SourceFile) else start.world.files.get(start.path(name))
        if not isinstance(text, str) or _SAVES_ELSEWHERE.search(text):
            return False
    return is_denied(start.machine.image, start.path("dump.rdb"), start.world, process.user)


_OWN_CONFIGURATION = frozenset({"-c", "-C", "-d", "-f", "-p"})


def _stands_already(start: Start) -> bool:
    """Whether another of the service stands that nobody has told to end, and both are configured alike."""
    others = (
        other
        for other in start.world.processes.values()
        if other.alive and not other.told and isinstance(other.body, Program) and other.body.row.name == start.row.name
    )
    return any(_OWN_CONFIGURATION.isdisjoint((*start.words, *other.argv)) for other in others)


def _told_twice(start: Start) -> str:
    """What tells it to stay where its arguments do so, too: its configuration, or a build step that adds to that."""
    row, line = start.row, _plain(f" {' '.join(start.words)} ")
    if not any(_plain(wanted) in line for wanted in row.foreground_text):
        return ""
    for name in _named(start) or row.config:
        text = start.text(name)
        if isinstance(text, SourceFile) and any(_plain(each) in _plain(text.text) for each in row.foreground_text):
            return name
        adds = regex(rf"(?:{'|'.join(map(re.escape, row.foreground_text))})[^|&\n]*>>\s*{re.escape(name)}(?![\w.])")
        if any(line.keyword == "RUN" and adds.search(line.value) for line in start.machine.image.instructions):
            return name
    return ""


def _named(start: Start) -> list[str]:
    """The configurations that its arguments name."""
    return [start.words[at + 1] for at, word in enumerate(start.words[:-1]) if word == "-c"]


def _texts(start: Start) -> Iterator[str]:
    """Its configurations, as far as they are known."""
    for name in _configurations(start):
        text = start.text(name)
        if isinstance(text, SourceFile):
            yield text.text


def _with_seconds(start: Start, row: ProgramRow) -> ProgramRow:
    """The row with the time to finish that its configuration sets."""
    for text in _texts(start) if row.seconds_text else ():
        found = re.search(rf"^\s*{row.seconds_text}\s+([\d.]+)", text, re.MULTILINE)
        if found:
            return replace(row, seconds=float(found[1]) + 1.0)
    return row


def leaves(start: Start) -> bool | Unknown:
    """Whether it leaves for the background by itself."""
    row = start.row
    if not (row.background or row.background_text or row.config_decides or row.foreground_base):
        return False
    doubt: Unknown | None = None
    known = [_plain(f" {' '.join(start.words)} ")]
    rendered: Unknown | None = None
    for name in _configurations(start):
        text, written = start.text(name), start.world.files.get(start.path(name))
        if isinstance(written, Unknown):
            rendered = Unknown(f"what a script writes into {start.path(name)} as the container starts", written.span)
        elif written is not None:
            known.append(_plain(written))
        elif isinstance(text, Packaged) and _is_as_packaged(start, name):
            known.append(_plain(" ".join(row.background_text)))
        elif isinstance(text, Unknown):
            doubt = text
        elif text is not None:
            known.append(_plain(text.text))
    if any(_plain(wanted) in text for wanted in row.foreground_text for text in (*known, *_runs(start))):
        return False
    if any(_plain(wanted) in text for wanted in row.background_text for text in known):
        return True
    if rendered is not None and (row.foreground_text or not row.background):
        return rendered
    if row.config_decides and doubt is not None and not row.background:
        return doubt
    if row.foreground_base:
        return _by_base(start)
    copied = _copied_configuration(start) or _template(start) or _unseen(start)
    return copied if row.background and copied is not None else row.background


def _is_as_packaged(start: Start, name: str) -> bool:
    """Whether a configuration is as Debian's package has brought it, which has the service leave, and may be read."""
    image, row = start.machine.image, start.row
    if start.path(name) != row.packaged or image.base.sh != "dash" or start.process.user not in ROOT:
        return False
    option = row.background_text[0].split()[0]
    runs = " ".join(_runs(start))
    return name not in runs and option not in runs and not any(option in word for word in start.words)


def _configurations(start: Start) -> Iterator[str]:
    for word in start.words[:1] if start.row.config_first else start.words:
        name = word.split("=", 1)[1] if word.startswith("-") and "=" in word else word
        if not name.startswith("-") and _CONFIG.search(name) and "://" not in name and " " not in name:
            yield name
    version = start.process.program[len(start.process.program.rstrip("0123456789.")) :]
    yield from (name.replace("{version}", version) for name in start.row.config)
    names = dict.fromkeys(name.rsplit("/", 1)[-1] for name in start.row.config)
    for kind, place in _built_for(start):
        yield from (place,) if kind == "conf-path" else ()
        yield from (f"{place}/{name}" for name in names if kind == "sysconfdir")
        yield from (f"{place}/{folder}/{name}" for name in names for folder in ("conf", "etc") if kind == "prefix")


def _built_for(start: Start) -> Iterator[tuple[str, str]]:
    """Where a build from its sources was told to look for a configuration."""
    for instruction in start.machine.image.instructions if start.row.config else ():
        if instruction.keyword in {"ARG", "ENV", "RUN"}:
            yield from _BUILT.findall(instruction.value)


def _runs(start: Start) -> Iterator[str]:
    for instruction in start.machine.image.instructions:
        if instruction.keyword == "RUN":
            yield _plain(instruction.value)
            yield from (_plain(heredoc.content.text) for heredoc in instruction.heredocs)
    for script in start.machine.scripts():
        for command in commands(script.body):
            yield from (_plain(text) for text in _written(command))


def _written(command: Command) -> Iterator[str]:
    """What a command of a script may put into a configuration."""
    if isinstance(command, SimpleCommand):
        yield from (each.heredoc.body.span.text for each in command.redirections if each.heredoc is not None)
        if command.words and command.words[0].literal in {"echo", "printf", "sed"}:
            yield command.span.text


def _plain(text: str) -> str:
    """Without comment lines, with single blanks and none around `=`."""
    lines = (line for line in text.split("\n") if not line.lstrip().startswith(("#", ";")))
    return re.sub(r"\s*=\s*", "=", re.sub(r"\s+", " ", " ".join(lines)))


def _by_base(start: Start) -> bool | Unknown:
    """For those that official images configure to stay: known where the base image is."""
    image = start.machine.image
    name = image.base.name.rsplit("/", 1)[-1]
    if name.split(":")[0] == start.row.foreground_base or "PHP_INI_DIR" in image.env or _FPM.search(name):
        return False
    own = (name for name in _configurations(start) if name.startswith("/etc/") and name.endswith("/php-fpm.conf"))
    if image.env_open and not any(isinstance(start.text(name), SourceFile) for name in own):
        return Unknown(
            f"whether {start.process.program} stays in the foreground is set in the base image {image.base.name}"
        )
    copied = _copied_configuration(start)
    return start.row.background if copied is None else copied


def _copied_configuration(start: Start) -> Unknown | None:
    """Whether a configuration that cannot be read was copied over the default one."""
    for name in list(_configurations(start)):
        file = start.machine.image.files.lookup(name)
        if isinstance(file, Made):
            return Unknown(f"{name} may have been copied from where it cannot be read", file.span)
        if file is None or isinstance(file, Unknown) or not isinstance(file.content, Unknown):
            continue
        if file.origin is not None and file.origin.text[:4].upper() in {"COPY", "ADD "}:
            return Unknown(f"{name} was copied from where it cannot be read", file.origin)
    return None


def _unseen(start: Start) -> Unknown | None:
    """A configuration of another name than the default one, which is nowhere in the files: it may keep it there."""
    for name in _named(start) if start.row.foreground_text else ():
        known = isinstance(start.text(name), SourceFile) or start.path(name) in start.world.files
        if name not in start.row.config and not known:
            return Unknown(f"{name} is not in the files")
    return None


def _template(start: Start) -> Unknown | None:
    """A template next to the configuration that may keep it in the foreground: envsubst and the like render it."""
    for name in [name + suffix for name in start.row.config for suffix in _TEMPLATES]:
        file = start.machine.image.files.lookup(name)
        if file is None or isinstance(file, Unknown):
            continue
        text = file.content
        if isinstance(text, Unknown) or any(_plain(each) in _plain(text.text) for each in start.row.foreground_text):
            return Unknown(f"its configuration may be made from {name}", file.origin)
    return None


def start_daemon_of(start: Start) -> Body | Failure:
    """A command that starts a service in the background: `pg_ctl start`, `celery multi start`."""
    row = find_program(start.row.instead) or ProgramRow(start.row.instead, role="unknown")
    return Daemonizer(start.machine, replace(row, role="service"), (), dict(start.env))


def start_init_script(start: Start) -> Body | Failure:
    """`service NAME start`, `/etc/init.d/NAME start`."""
    first = start.argv[0]
    words = [word for word in start.words if not word.startswith("-")]
    if isinstance(first, str) and "/init.d/" in first:
        words = [first.rsplit("/", 1)[-1], *words]
    if words[1:2] == ["stop"]:
        row = _daemon(words[0], start.row)
        by, target = ("table", row.table) if row.table else ("name", row.name)
        if start.world.stopping and target not in start.row.stops:
            return Killer("pid", "TERM", (Unknown(f"whether its init script ends {target}", start.process.origin),))
        return Stopper(by, "TERM", (target,), content=True)
    if len(words) < 2 or words[1] not in {"start", "restart", "reload", "force-reload", "onestart"}:
        return start.leaf("test" if "status" in words else "short")
    row = _daemon(words[0], start.row)
    if row.init_waits and _stays(replace(start, row=row, argv=(row.name,))):
        return start.script(f"{row.name}; exit $?")
    return Daemonizer(start.machine, row, (), dict(start.env))


def _stays(start: Start) -> bool:
    """Whether its configuration surely keeps it in the foreground."""
    files = [start.text(name) for name in _configurations(start)]
    texts = [_plain(file.text) for file in files if isinstance(file, SourceFile)]
    return any(_plain(wanted) in text for wanted in start.row.foreground_text for text in (*texts, *_runs(start)))


def _daemon(name: str, service: ProgramRow) -> ProgramRow:
    """The program behind a service's name: the same name, but for those that the data tell."""
    known = service.daemons.get(re.sub(r"[-@]?\d[\d.]*(?=-fpm|$)", "", name), name)
    row = find_program(re.sub(r"^php[\d.]*-fpm$", "php-fpm", known))
    if row is None or row.role not in {"service", "supervisor", "short"}:
        return ProgramRow(name, role="unknown")
    return replace(row, role="service", variants=())


def start_apachectl(start: Start) -> Body | Failure:
    """A script that runs apache2 in the foreground of a shell, and does not exec it."""
    words = start.words
    if any(word.endswith(("FOREGROUND", "NO_DETACH")) or word == "-X" for word in words):
        if start.machine.image.base.family not in {"debian", "ubuntu", "alpine"} or not words[0].startswith("-"):
            return start.leaf("opaque", f"what {start.process.program} does differs between distributions")
        return start.script(start.row.script)
    if any(word in {"start", "restart", "graceful"} for word in words) or words[:1] == ("-D",):
        apache = find_program("apache2")
        assert apache is not None
        return Daemonizer(start.machine, apache, (), dict(start.env))
    if any(word in {"stop", "graceful-stop"} for word in words):
        return Killer("table", "TERM", ("apache2",))
    return start.leaf("short")


def start_celery_worker(start: Start) -> Program:
    """`celery -A MODULE worker`: with a broker in its own memory it takes three times as long to end (measured)."""
    names = [f"{word.replace('.', '/')}.py" for word in start.words if word.replace(".", "").isidentifier()]
    found = [file.content for name in names for file in start.machine.image.files.matching(f"/*/{name}")]
    texts = [*found, *map(start.text, names)]
    alone = any(isinstance(text, SourceFile) and "memory://" in text.text for text in texts)
    row = replace(start.row, role="service", seconds=6.0 if alone else start.row.seconds)
    return Program(row, start.machine.stop_signal)


_MONITS = ("/etc/monit/monitrc", "/etc/monitrc")
_STARTS = regex(r"(?m)^\s*start(?:\s+program)?\s*=?\s*[\"']")


def start_monit(start: Start) -> Body | Failure:
    """monit in the foreground: what its configuration has it start, it leaves alone when it ends."""
    files = start.machine.image.files
    others = [file.path for folder in ("conf.d", "conf-enabled") for file in files.matching(f"/etc/monit/{folder}/*")]
    for name in (*_named(start), *_MONITS, *others):
        text = start.text(name)
        if isinstance(text, SourceFile) and _STARTS.search(text.text):
            return start.leaf("opaque", f"what monit starts, by {name}, is no child of it")
    return Program(replace(start.row, role="service"), start.machine.stop_signal)


def start_uwsgi(start: Start) -> Body | Failure:
    """uWSGI: its options stand in the arguments, the environment and an ini file."""
    options = _uwsgi_options(start)
    if isinstance(options, Unknown):
        return start.leaf("opaque", options.reason)
    if options.get("daemonize") or options.get("daemonize2"):
        return Daemonizer(
            start.machine, replace(start.row, role="service", on=_uwsgi_signals(options)), (), dict(start.env)
        )
    master = _is_on(options, "master", "M")
    row = replace(
        start.row, role="service", on=_uwsgi_signals(options), exit=0 if master else 30, seconds=1.0 if master else 0.1
    )
    return Program(row, start.machine.stop_signal)


def _uwsgi_signals(options: dict[str, str]) -> dict[str, str]:
    dies = _is_on(options, "die-on-term")
    if not _is_on(options, "master", "M"):
        return {"TERM": "quick", "INT": "quick", "QUIT": "default", "HUP": "quick", "USR1": "ignore"}
    if any(key.startswith("hook-") and "signal" in value for key, value in options.items()):
        return {"INT": "graceful"}  # `unix_signal:15 gracefully_kill_them_all`: what the signals do is said there
    return {
        "TERM": "graceful" if dies else "ignore",
        "INT": "graceful",
        "QUIT": "ignore" if dies else "graceful",
        "HUP": "ignore",
        "USR1": "ignore",
    }


def _is_on(options: dict[str, str], *names: str) -> bool:
    """As uWSGI's core/uwsgi.c, uwsgi_opt_true: any value but these switches an option on."""
    return any(options.get(name, "false").strip().lower() not in {"false", "off", "no", "0"} for name in names)


def _uwsgi_options(start: Start) -> dict[str, str] | Unknown:
    """Every option with its value; "" for a bare one."""
    options: dict[str, str] = {}
    files: list[str] = []
    words = list(start.words)
    for index, word in enumerate(words):
        if not word.startswith("-"):
            if word.endswith((".ini", ".xml", ".yaml", ".yml", ".json")) and not _takes_value(words, index):
                files.append(word)
            continue
        name, _, value = word.lstrip("-").partition("=")
        following = words[index + 1] if index + 1 < len(words) and not words[index + 1].startswith("-") else ""
        if name in {"ini", "ini-paste", "ini-paste-logged", "xml", "yaml", "json", "x", "y", "j"}:
            files.append(value or following)
        else:
            options[name] = value or ("" if name in _UWSGI_FLAGS else following)
    for key, given in start.env.items():
        if key.startswith("UWSGI_") and isinstance(given, str):
            if key in {"UWSGI_INI", "UWSGI_YAML", "UWSGI_XML", "UWSGI_JSON"}:
                files.append(given)
            else:
                options[key[6:].lower().replace("_", "-")] = given
    for name in files:
        if not name.endswith(".ini"):
            return Unknown(f"{name} is not read")
        text = start.text(name)
        if text is None or isinstance(text, Unknown):
            return Unknown(f"{name} is not in the files")
        options |= _ini(text.text)
    return options


_UWSGI_FLAGS = frozenset(
    {"master", "M", "die-on-term", "vacuum", "lazy-apps", "enable-threads", "need-app", "single-interpreter"}
)


def _takes_value(words: list[str], index: int) -> bool:
    return index > 0 and words[index - 1].startswith("-") and "=" not in words[index - 1]


def _ini(text: str) -> dict[str, str]:
    """The options in uWSGI's ini file: the `name = value` lines of all sections, and bare names, which switch on."""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        name, _, value = line.partition("=")
        if name.strip() and not line.lstrip().startswith(("#", ";", "[")):
            found[name.strip()] = value.split(";")[0].strip()
    return found
