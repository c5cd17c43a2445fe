"""Go (pkg.go.dev/os/signal: the runtime ends a program on SIGTERM, SIGINT and SIGHUP unless it asks for them)."""

from __future__ import annotations

import re
from functools import lru_cache

from stopcheck.boot.handlers.channels import function, pause, swallowed
from stopcheck.boot.handlers.scan import scan
from stopcheck.boot.handlers.source import CHILDREN, STOP_SIGNALS, Source
from stopcheck.boot.signals import NAMES
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import inside, join, parent
from stopcheck.records import dataclass
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import TypeAlias

    from stopcheck.boot.handlers.guards import Guard
    from stopcheck.boot.handlers.scan import Scan
    from stopcheck.boot.handlers.source import Project

    _Call: TypeAlias = tuple[str, list[str], int]

_SPOKEN = {"Interrupt": "INT", "Kill": "KILL"}
_REPLACED = r"^[ \t]*(?:replace[ \t]+)?(\S+)(?:[ \t]+v\S+)?[ \t]+=>[ \t]+(\.\S*)"
_LASTING = frozenset({"ListenAndServe", "ListenAndServeTLS", "Serve", "ServeTLS", "Listen", "Accept"})
_SERVERS = {
    "github.com/gin-gonic/gin": frozenset({"Run", "RunTLS"}),
    "github.com/labstack/echo": frozenset({"Start"}),
    "github.com/go-telegram/bot": frozenset({"Start", "StartWebhook"}),
    "gopkg.in/telebot.v3": frozenset({"Start"}),
}
# Their modules are named after an owner, too.
_CODE_HOSTS = frozenset({"github.com", "gitlab.com", "bitbucket.org", "golang.org"})
_GRAMMAR = (r"//[^\n]*|/\*.*?(?:\*/|\Z)", "\"'`")
_IDLE = frozenset({"errors", "fmt", "log", "os", "os/signal", "strconv", "strings", "syscall"})
"""Packages of the standard library in which nothing runs by itself."""
_MOST_CALLS = 20
_CONTEXT = regex(r"(\w+)\s*,\s*\w+\s*:?=\s*$")
_ENDLESS = regex(r"\bselect\s*\{\s*\}|\brange\s+(?:[\w.]+\.C\b|time\s*\.\s*Tick\s*\()")
_BEYOND = {"os/exec": CHILDREN, "plugin": "it loads plugins", "C": "it has parts in C"}


def read(text: str) -> Source:
    """See Language.read."""
    source = scan(text, *_GRAMMAR)
    code, needs = source.code, _needs(source)
    alias = re.search(r"\b(\w+) +\"os/signal\"", text)
    package = alias[1] if alias and alias[1] not in {"import", "_"} else "signal"
    calls = _calls(code, package)
    asked = _asked(code, package, calls, _named(code))
    doubt = asked.doubt or _doubt(code, needs, calls)
    stuck = () if any(verb != "Ignore" for verb, _, _ in calls) else _stuck(code, needs, text)
    return Source(
        on=asked.on, needs=needs, tokens=source.tokens(), doubt=doubt, lasts=_lasts(source, needs, package),
        seconds=asked.seconds, guards=() if doubt else (*_guards(text, needs), *stuck),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which signals a program asks for; `seconds` is how long it sleeps once it has heard of one."""

    on: Mapping[str, str]
    seconds: float
    doubt: str


def _named(code: str) -> set[str]:
    """The signals that a text names."""
    found = {name[3:] for name in re.findall(r"\b(?:syscall|unix)\s*\.\s*(SIG[A-Z]+\d?)\b", code)} & set(NAMES.values())
    return found | {_SPOKEN[name] for name in re.findall(r"\bos\s*\.\s*(Interrupt|Kill)\b", code)}


def _asked(code: str, package: str, calls: Sequence[_Call], named: set[str]) -> _Asked:
    """What its calls of Notify, NotifyContext and Ignore ask for."""
    on: dict[str, str] = {}
    returned: set[str] = set()
    seconds, doubt = 0.0, ""
    for verb, arguments, at in calls:
        written = [_signal(word) for word in arguments[1 if verb.startswith("Notify") else 0 :]]
        if not written:
            signals = set(STOP_SIGNALS)
        elif all(written):
            signals = {name for name in written if name}
        else:
            # A variable: it holds those that the file names, or those of another file.
            signals = named
            doubt = doubt or ("" if named else "it asks for signals that are not known")
        action = "ignore" if verb == "Ignore" else "graceful"
        if verb == "Notify" and len(calls) <= _MOST_CALLS and re.fullmatch(r"\w+", "".join(arguments[:1])):
            action = swallowed(code, package, arguments[0], at) or action
            seconds = max(seconds, pause(code, arguments[0], at))
        context = _CONTEXT.search(code[max(at - 200, 0) : at]) if verb == "NotifyContext" else None
        if context and len(calls) <= _MOST_CALLS:
            seconds = max(seconds, pause(code, f"{context[1]}.Done()", at))
        if action == "default":
            returned |= signals
        else:
            on |= {name: action for name in signals if on.get(name) != "graceful"}
    untold = sorted(named & {"TERM", "INT", "QUIT"} - on.keys() - returned)
    if untold:
        doubt = doubt or f"it names SIG{untold[0]}"
    return _Asked(on, seconds, doubt)


def _doubt(code: str, needs: tuple[str, ...], calls: Sequence[_Call]) -> str:
    """Why it may do something else on a signal; "": nothing speaks for that."""
    if "os/signal" in needs and not calls:
        return "it uses os/signal in a way that cannot be read"
    if re.search(r"\bsyscall\s*\.\s*(Exec|ForkExec)\b", code):
        return "it becomes another program"
    return next((why for need, why in _BEYOND.items() if need in needs), "")


def _lasts(source: Scan, needs: tuple[str, ...], package: str) -> bool:
    """Whether something in it shows that it lasts until it is stopped."""
    code = source.code
    servers = (names for need, names in _SERVERS.items() if any(each.startswith(need) for each in needs))
    return (
        source.calls(_LASTING)
        or any(map(source.calls, servers))
        or bool(_ENDLESS.search(code))
        # Who asks for a signal, if only for os.Interrupt, waits for it.
        or bool(re.search(rf"\b{package}\s*\.\s*Notify", code))
        # An endless loop may be anywhere in a tool, but where it begins it is what it does.
        or bool(re.search(r"\bpackage\s+main\b", code) and re.search(r"\bfor\s*\{", code))
    )


def _guards(text: str, needs: tuple[str, ...]) -> Iterator[Guard]:
    """The variables without which `main` gives up."""
    if "env(" in text.lower():
        from stopcheck.boot.handlers.go_environment import guards

        yield from guards(text, needs)


def _stuck(code: str, needs: tuple[str, ...], text: str) -> Iterator[Guard]:
    """`select {}` where nothing else runs: the runtime sees that nobody will ever go on, and ends with 2."""
    main = function(code, "main")
    if re.search(r"^[\t ]select\s*\{\s*\}", main, re.MULTILINE) and not re.search(r"\bgo\b", code):
        lines = [
            at for at, line in enumerate(text.split("\n"), 1) if re.match(r"(?:\t|func main\(\) \{ )select\s*\{", line)
        ]
        if len(lines) == 1 and _IDLE.issuperset(needs):
            from stopcheck.boot.handlers.guards import Guard

            yield Guard("", lines[0], 2)


def _needs(source: Scan) -> tuple[str, ...]:
    """The paths that it imports."""
    blocks = [match.span(1) for match in re.finditer(r"\bimport\s*\(([^)]*)\)", source.code)]
    alone = {match.end() - 1 for match in re.finditer(r"\bimport\s+(?:[\w.]+\s+)?\"", source.code)}
    positions = [index for index, character in enumerate(source.code) if character == '"']
    found = [
        text
        for position, text in zip(positions, source.strings, strict=False)
        if position in alone or any(start <= position < end for start, end in blocks)
    ]
    return tuple(dict.fromkeys(found))


def _calls(code: str, package: str) -> list[_Call]:
    """The calls of Notify, NotifyContext and Ignore, with their arguments and their place."""
    found: list[_Call] = []
    for match in re.finditer(rf"\b{package}\s*\.\s*(Notify|NotifyContext|Ignore)\s*\(", code):
        depth, at = 1, match.end()
        while at < len(code) and depth:
            depth += {"(": 1, ")": -1}.get(code[at], 0)
            at += 1
        inner = code[match.end() : at - 1]
        flat = re.sub(r"\([^()]*\)", "", inner)
        found.append((match[1], [word.strip() for word in flat.split(",") if word.strip()], match.start()))
    return found


def _signal(word: str) -> str:
    match = re.fullmatch(r"(?:(?:syscall|unix)\s*\.\s*SIG([A-Z]+\d?)|os\s*\.\s*(Interrupt|Kill))", word)
    return (match[1] or _SPOKEN[match[2]]) if match else ""


def package_files(folder: str, project: Project) -> tuple[str, ...]:
    """The files of the package in a folder."""
    return tuple(path for path in project.matching(join(folder, "*.go")) if not path.endswith("_test.go"))


def follow(need: str, path: str, project: Project) -> tuple[str, ...] | None:
    """See Language.follow: within the module, where go.mod replaces one by a folder, or in vendor/."""
    found = module_of(parent(path), project)
    if found is None:
        return None
    root, name, replaced = found
    for prefix, folder in ((name, root), *((old, join(root, new)) for old, new in replaced)):
        rest = "" if need == prefix else inside(need, prefix)
        if rest is not None:
            files = package_files(join(folder, rest) if rest else folder, project)
            if not files:
                raise LookupError(need)
            return files
    return package_files(join(root, f"vendor/{need}"), project) or None


def module_of(folder: str, project: Project) -> tuple[str, str, list[tuple[str, str]]] | None:
    """The folder of the nearest go.mod, the module's name, and the modules that it has in folders."""
    while True:
        text = project.text(join(folder, "go.mod"))
        if text is not None:
            name, replaced = _module(text.text)
            return (folder, name, replaced) if name else None
        if folder in {"/", ""}:
            return None
        folder = parent(folder)


@lru_cache(maxsize=64)
def _module(text: str) -> tuple[str, list[tuple[str, str]]]:
    """What a go.mod says, as in module_of ("": no name): every import of every file asks for it."""
    name = re.search(r"^[ \t]*module[ \t]+\"?([^\s\"]+)", text, re.MULTILINE)
    return name[1] if name else "", re.findall(_REPLACED, text, re.MULTILINE)


def libraries(need: str) -> tuple[str, ...]:
    """See Language.libraries: the standard library's names have no dot before their first slash."""
    parts = need.split("/")
    if "." not in parts[0]:
        return ()
    plain = [part for index, part in enumerate(parts) if index < 1 or not re.fullmatch(r"v\d+", part)]
    return (*_prefixes(parts), *(_prefixes(plain) if plain != parts else ()))


def _prefixes(parts: list[str]) -> tuple[str, ...]:
    """The names of a package and of those that it lies in, down to its module."""
    shortest = 3 if parts[0] in _CODE_HOSTS else 2
    return tuple("/".join(parts[:count]) for count in range(len(parts), min(len(parts), shortest) - 1, -1))


def finish(on: Mapping[str, str], sources: tuple[Source, ...]) -> Mapping[str, str]:
    """See Language.finish; on SIGQUIT the runtime prints what all goroutines do, and ends with 2 below an init, too."""
    return {"TERM": "raise", "INT": "raise", "HUP": "raise", "QUIT": "quick", **on}
