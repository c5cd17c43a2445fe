"""Java, Kotlin and Scala (java.lang.Runtime: a JVM that is told to end runs its shutdown hooks, then ends with 143)."""

from __future__ import annotations

import re
from functools import reduce
from itertools import islice
from textwrap import dedent

from stopcheck.boot.handlers.guards import JAVA, Guard, guards
from stopcheck.boot.handlers.scan import LOOPS, block, is_misread, scan, signals_in
from stopcheck.boot.handlers.source import Source
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import base, join, parent
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stopcheck.boot.handlers.source import Project

BUILD_FILES = ("pom.xml", "build.gradle", "build.gradle.kts", "build.sbt")
"""The files that make a folder a module of Maven, Gradle or sbt."""
_OUTPUT = frozenset({"target", "build", "out", "bin"})
_SOURCES = ("java", "kotlin", "scala")
_ENDINGS = ("java", "kt", "scala")
_DEEPEST = 12
_HOOKS = ("TERM", "INT", "HUP")
_SIGNS = r"\baddShutdownHook\b|\bShutdownHookThread\b|\bSignal\s*\.\s*handle\b"
_JAVAX = (
    r"javax\.(accessibility|annotation\.processing|crypto|imageio|lang|management|naming|net|print|script|security|sound"
    r"|sql|swing|tools|xml\.(crypto|parsers|stream|transform|validation|xpath))\."
)
_OWN = rf"(java|jdk|sun|com\.sun\.net|kotlin|scala|org\.w3c\.dom|org\.xml\.sax)\.|{_JAVAX}"
"""Packages of the JDK, of Kotlin's and of Scala's own library."""
_SHORT = frozenset({"freemarker", "lombok", "okhttp3", "okio", "picocli"})
"""Libraries whose packages do not begin with a domain."""
_BEYOND = {
    r"\bServiceLoader\b|\bURLClassLoader\b|\.\s*loadClass\s*\(|\bScriptEngine|\bClass\s*\.\s*forName\s*\(\s*[^\"\s]": (
        "it loads classes by names that are made as it runs"
    ),
    r"\bSystem\s*\.\s*load(Library)?\s*\(|\bnative\s+\w[\w<>\[\]]*\s+\w+\s*\(": "it has parts in another language",
    r"[dD]eleteOnExit\b|\bDELETE_ON_CLOSE\b": "the JVM deletes files for it as it ends",
    r"\bsetAccessible\s*\(|\bLookup\b.*\bfindStatic": "it calls what it looks up as it runs",
}
_STARTS = r"\bProcessBuilder\b|\bgetRuntime\s*\(\s*\)\s*\.\s*exec\s*\(|\bsys\s*\.\s*process\b"
_GRAMMAR = (r"//[^\n]*|/\*.*?(?:\*/|\Z)", "\"'")
_HANDLES = r"\bSignal\s*\.\s*handle\s*\("
_PRINTS = r"System\s*\.\s*(?:out|err)\s*\.\s*print\w*\s*\([^;{}()]*\)"
_SWALLOWS = rf"{_HANDLES}[^;{{}}]{{0,200}}?->\s*(?:\{{\s*(?:{_PRINTS}\s*;\s*)*\}}|{_PRINTS})\s*\)\s*;"
_PERHAPS = regex(r"\b(?:if|while|for|switch)\b")
"""A part of a hook that may not be come to, or more than once."""
_LONG = 60.0
"""A sleep of so many seconds shows that a program is to stay."""
_MOST_HOOKS = 10
_LONGEST_HOOK = 10_000
_PAUSE = regex(r"\bThread\s*\.\s*sleep\s*\(\s*([\d_]+)L?\s*\)|\b(SECONDS|MINUTES)\s*\.\s*sleep\s*\(\s*([\d_]+)")
_FOR_EVER = regex(
    r"\b(?:Thread|TimeUnit\s*\.\s*\w+)\s*\.\s*sleep\s*\(\s*(?:Long|Integer)\s*\.\s*(?:MAX_VALUE|MaxValue)\b"
    r"|\bcurrentThread\s*\(\s*\)\s*\.\s*join\s*\(\s*\)|\.\s*await\s*\(\s*\)|\bLockSupport\s*\.\s*park\s*\(\s*\)"
)
_LASTING = frozenset(
    [
        "accept",
        "awaitTermination",
        "scheduleAtFixedRate",
        "scheduleWithFixedDelay",
        "closeFuture",
        "awaitUninterruptibly",
    ]
)
_MAIN = (
    r"\bstatic\s+(?:final\s+)?void\s+main\s*\(|^fun\s+main\s*\(|\bdef\s+main\s*\(|^@main\b"
    r"|\bextends\s+(?:App|IOApp\w*|ZIOApp\w*)\b"
)
_DECLARED = (
    r"<(?:mainClass|start-class|exec\.mainClass|main\.class)>\s*([\w.$]+)\s*<"
    r"|\bmainClass(?:Name)?\b[^\n\"']{0,24}[\"']([\w.]+)[\"']|[\"']?Main-Class[\"']?\]?[^\n\"'\w]{0,8}[\"']([\w.]+)[\"']"
)


def read(text: str) -> Source:
    """See Language.read."""
    plain = re.sub(r'"""(?:.*?)"""', '""', text, flags=re.DOTALL)
    source = scan(plain, *_GRAMMAR)
    code = source.code
    doubt = "its quotes cannot be told apart" if is_misread(plain, source, rf"{_SIGNS}|^\s*import\b") else ""
    on: dict[str, str] = dict.fromkeys(_HOOKS, "graceful") if re.search(_SIGNS.rpartition("|")[0], code) else {}
    handled = signals_in(source.at(r"\bSignal\s*\(\s*\""))
    if re.search(r"\bSignal\s*\.\s*handle\b|\bSignalHandler\b", code):
        given = "ignore" if "SIG_IGN" in code or _goes_on(code) else "default" if "SIG_DFL" in code else "graceful"
        on |= {signal: given for signal in handled if signal not in on or given == "graceful"}
        if not handled:
            doubt = doubt or "it handles a signal that is not known"
    untold = sorted(signals_in(source.strings) & {"TERM", "INT"} - on.keys())
    if untold:
        doubt = doubt or f"it names SIG{untold[0]}"
    doubt = doubt or next((why for sign, why in _BEYOND.items() if re.search(sign, code)), "")
    needs, unread = _needs(code)
    if unread:
        doubt = doubt or "it imports in a way that cannot be read"
    needs += tuple(source.at(r"\bforName\s*\(\s*\""))
    starts = re.search(_STARTS, code)
    hooks = [
        _argument(code, match.end()) for match in islice(re.finditer(r"\baddShutdownHook\s*\(", code), _MOST_HOOKS)
    ]
    if any(re.search(r"\bSystem\s*\.\s*exit\s*\(", hook) and not _PERHAPS.search(hook) for hook in hooks):
        on |= dict.fromkeys(_HOOKS, "ignore")  # it waits for the hooks, of which it is one
    serves = ("HttpServer" in code and source.calls(frozenset({"start"}))) or re.search(
        r"\bserver\w*\s*(\(\))?\s*\.\s*(start|join|run|await|listen)\s*\(", code, re.IGNORECASE
    )
    return Source(
        on=on,
        needs=(".", *needs),
        tokens=source.tokens() | _names(code) | switched_off(text),
        starts="ProcessBuilder" if starts else "",
        doubt=doubt,
        guards=() if doubt else tuple(_guards(text, needs)),
        seconds=max(
            (sum(map(_seconds, _PAUSE.findall(hook))) for hook in hooks if not _PERHAPS.search(hook)), default=0.0
        ),
        lasts=bool(serves) or source.calls(_LASTING) or bool(re.search(LOOPS, code)) or _waits(code, hooks),
    )


def _waits(code: str, hooks: list[str]) -> bool:
    """Whether it waits for ever, or for minutes, other than in a hook."""
    outside = reduce(lambda left, hook: left.replace(hook, ""), hooks, code)
    return bool(_FOR_EVER.search(outside)) or any(_seconds(pause) >= _LONG for pause in _PAUSE.findall(outside))


def _argument(code: str, at: int) -> str:
    """What stands in the brackets that a place is behind."""
    depth = 1
    for place in range(at, min(len(code), at + _LONGEST_HOOK)):
        depth += {"(": 1, ")": -1}.get(code[place], 0)
        if not depth:
            return code[at:place]
    return ""


def _goes_on(code: str) -> bool:
    """Whether all handlers do no more than to print."""
    return len(re.findall(_SWALLOWS, code)) == len(re.findall(_HANDLES, code)) > 0


def _seconds(told: tuple[str, str, str]) -> float:
    """How long a `sleep` is, in milliseconds or in a unit; where it may not be come to, none."""
    if told[0]:
        return int(told[0].replace("_", "")) / 1000
    return int(told[2].replace("_", "")) * {"SECONDS": 1.0, "MINUTES": 60.0}[told[1]]


def _guards(text: str, needs: tuple[str, ...]) -> Iterator[Guard]:
    """The variables without which `main` gives up."""
    main = block(text, r"public static void main\([^\n]*\{")
    if main:
        yield from guards(scan(dedent(main[1]), *_GRAMMAR), JAVA, needs, text)


def _names(code: str) -> frozenset[str]:
    """The types that it names, and the calls with types between their name and their arguments."""
    calls = {f"{name}(" for name in re.findall(r"\b(\w+)\s*(?:<[^<>()]*>|\[[^\[\]()]*\])\s*\(", code)}
    return frozenset(calls | set(re.findall(r"\b[A-Z]\w+", code)))


def switched_off(text: str) -> frozenset[str]:
    """What a source or a configuration switches off: the hook of a Spring application."""
    off = re.search(r"register-?shutdown-?hook\"?\s*[:=(]\s*false", text, re.IGNORECASE)
    return frozenset({"register-shutdown-hook"} if off else ())


def _needs(code: str) -> tuple[tuple[str, ...], bool]:
    """What it imports, or names in full; and whether there are imports that cannot be read."""
    found: list[str] = []
    unread = False
    for line in re.findall(r"^[ \t]*import\b([^\n;]*)", code, re.MULTILINE):
        match = re.fullmatch(r"\s+(?:static\s+)?([\w.]+?)(?:\.(?:\*|_|\{[\w\s,=>]*\}))?(?:\s+as\s+\w+)?\s*", line)
        if match is None:
            unread = True
        else:
            found.append(match[1])
    rest = re.sub(r"^[ \t]*(?:import|package)\b[^\n;]*", "", code, flags=re.MULTILINE)
    found += re.findall(r"(?<![\w.])((?!this\.|super\.)(?:[a-z]\w*\.){2,}[A-Z]\w*)", rest)
    return tuple(dict.fromkeys(found)), unread


def follow(need: str, path: str, project: Project) -> tuple[str, ...] | None:
    """See Language.follow: the package of a file, and the classes and packages of its module and of those beside it."""
    if need == ".":
        return tuple(file for file in _files(parent(path), project) if file != path)
    if not libraries(need):
        return None
    package = _package(path, project)
    near = need.split(".")[:2] == package.split(".")[:2]
    return find_class(need, _roots(path, package, near), project) or None


def _package(path: str, project: Project) -> str:
    text = project.text(path)
    found = re.search(r"^[ \t]*package[ \t]+([\w.]+)", text.text, re.MULTILINE) if text else None
    return found[1] if found else ""


def _roots(path: str, package: str, near: bool) -> list[str]:
    """The folders that packages begin in; `near`: also those of the modules beside, as patterns."""
    module, standard, _ = path.rpartition("/src/main/")
    if not standard:
        folder = parent(path)
        return [folder.removesuffix("/" + package.replace(".", "/"))]
    return source_folders(module) + (source_folders(f"{parent(module)}/*") if near else [])


def source_folders(module: str) -> list[str]:
    """The folders that a module's sources are in (maven.apache.org: Standard Directory Layout)."""
    return [join(module, f"src/main/{language}") for language in _SOURCES]


def find_class(name: str, roots: list[str], project: Project) -> tuple[str, ...]:
    """The file of a class, or of one that it is nested in; or the files of a package in Kotlin or Scala."""
    parts = name.removesuffix("$").split(".")
    for root in roots:
        if "*" not in root and not project.is_folder(join(root, "/".join(parts[:2] if len(parts) > 2 else parts[:-1]))):
            continue
        for count in range(len(parts), 0, -1):
            if count < len(parts) and not parts[count - 1][:1].isupper():
                break
            place = join(root, "/".join(parts[:count]))
            file = parts[count - 1].removesuffix("Kt")
            stems = [place, *(join(parent(place), name) for name in (file, file[:1].lower() + file[1:]))]
            found = [file for stem in stems for ending in _ENDINGS for file in _exact(f"{stem}.{ending}", project)]
            if found:
                return tuple(dict.fromkeys(found))
        packages = ["/".join(parts), "/".join(parts[:-1])]
        files = _files(join(root, packages[0]), project)
        loose = [file for file in _files(join(root, packages[1]), project) if not file.endswith(".java")]
        if len(parts) > 1 and (files or loose):
            return files or tuple(loose)
    return ()


def _exact(path: str, project: Project) -> tuple[str, ...]:
    return project.matching(path) if "*" in path else (path,) if project.text(path) else ()


def _files(folder: str, project: Project) -> tuple[str, ...]:
    """The sources in a folder."""
    return tuple(file for ending in _ENDINGS for file in project.matching(join(folder, f"*.{ending}")))


def module_of(path: str, project: Project) -> str | None:
    """The folder of the module whose build puts a file at a path: the nearest one with a build file around it."""
    folder = parent(path)
    inside = False
    while folder not in {"/", ""}:
        inside = inside or base(folder) in _OUTPUT
        folder = parent(folder)
        if any(project.text(join(folder, name)) for name in BUILD_FILES):
            return folder if inside else None
    return None


def declared(module: str, project: Project) -> tuple[str, str]:
    """The text of a module's build files, and the main class that they name ("": none, or several)."""
    texts = [text.text for name in BUILD_FILES if (text := project.text(join(module, name))) is not None]
    whole = "\n".join(texts)
    names = {next(name for name in found if name) for found in re.findall(_DECLARED, whole)}
    return whole, names.pop() if len(names) == 1 else ""


def find_main(module: str, project: Project) -> tuple[str, ...]:
    """The one source of a module that a program can start in."""
    found: list[str] = []
    for folder in source_folders(module):
        if project.is_folder(folder):
            for depth in range(_DEEPEST):
                found += _files(folder + "/*" * depth, project)
    mains = [file for file in found if (text := project.text(file)) and re.search(_MAIN, text.text, re.MULTILINE)]
    return tuple(mains) if len(mains) == 1 else ()


def settings(module: str, project: Project) -> frozenset[str]:
    """What the module's configuration of Spring switches off."""
    folder = join(module, "src/main/resources")
    files = [file for ending in ("properties", "yml", "yaml") for file in project.matching(f"{folder}/app*.{ending}")]
    texts = [text.text for file in files if (text := project.text(file)) is not None]
    return frozenset().union(*(switched_off(text) for text in texts))


def libraries(need: str) -> tuple[str, ...]:
    """See Language.libraries: a class by the packages that it lies in."""
    if re.match(_OWN, need + "."):
        return ()
    parts = need.split(".")
    shortest = 1 if len(parts) < 2 or parts[0] in _SHORT else 2
    return tuple(".".join(parts[:count]) for count in range(len(parts), shortest - 1, -1))


def finish(on: Mapping[str, str], sources: tuple[Source, ...]) -> Mapping[str, str]:
    """See Language.finish: on SIGQUIT the JVM prints what all threads do, and goes on."""
    return {"TERM": "raise", "INT": "raise", "HUP": "raise", "QUIT": "ignore", **on}
