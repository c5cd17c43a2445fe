"""C# for .NET: a project, and the sources that it is made of.

Measured with .NET Core 3.1, as PID 1 and below an init: SIGTERM raises ProcessExit and Unloading and then ends the
program with 143; INT, QUIT and HUP do what they do to any program, but where CancelKeyPress sets Cancel; the generic
host and ASP.NET Core end in order on TERM, INT and QUIT. What later versions do is from documentation:
learn.microsoft.com/dotnet/core/compatibility/core-libraries/10.0/sigterm-signal-handler (until .NET 9 the
runtime raises ProcessExit on SIGTERM and ends the program, from .NET 10 on it does nothing by itself),
learn.microsoft.com/dotnet/api/system.runtime.interopservices.posixsignalregistration, …/core/extensions/generic-host.
"""

from __future__ import annotations

import re

from stopcheck.boot.handlers.scan import LOOPS, is_misread, scan
from stopcheck.boot.handlers.source import Source
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import base, join, parent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.boot.handlers.source import Project

_DEEPEST = 8
_LAST_THAT_ENDS = 9
_LAST_AS_MEASURED = 5
"""With version 6 came PosixSignalRegistration, and with it other code for all signals."""
_VERBATIM = r'\$*"""+.*?"""+|(?:\$@|@\$?)"(?:[^"]|"")*"'
_SIGNS = r"\bPosixSignal\b|\bProcessExit\b|\bCancelKeyPress\b|\bUnloading\b"
_BEYOND = {
    r"\bDllImport\b|\bLibraryImport\b|\bNativeLibrary\b": "it has parts in another language",
    r"\bAssembly\s*\.\s*Load|\bLoadFromAssemblyPath\b|\bCSharpScript\b": "it loads code as it runs",
}
_LASTING = frozenset(
    [
        "Run",
        "RunAsync",
        "AcceptTcpClient",
        "AcceptTcpClientAsync",
        "AcceptSocket",
        "Accept",
        "AcceptAsync",
        "GetContext",
        "GetContextAsync",
    ]
)


def read(text: str) -> Source:
    """See Language.read: a project (MSBuild), or a source."""
    return (
        _project(text)
        if re.match(r"[\s\ufeff]*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<Project\b", text, re.S)
        else _source(text)
    )


def _project(text: str) -> Source:
    plain = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    sdks = re.findall(r"<Project\b[^>]*\bSdk=\"([^\"/]+)", plain)
    packages = re.findall(r"<(?:PackageReference|FrameworkReference)\b[^>]*\bInclude=\"([^\"]+)\"", plain)
    projects = re.findall(r"<ProjectReference\b[^>]*\bInclude=\"([^\"]+)\"", plain)
    versions = re.findall(r"<TargetFramework>\s*([^<]*?)\s*</", plain)
    doubt = ""
    if re.search(r"<(?:Compile|Import|Reference)\b[^>]*\bInclude=|<Import\b|<TargetFrameworks>", plain):
        doubt = "its project takes in what cannot be read"
    elif re.search(r"<PublishAot>\s*true", plain, re.IGNORECASE):
        doubt = "it is compiled ahead of time"
    elif any("$(" in name for name in (*packages, *projects, *versions)):
        doubt = "its project names what is only known as it is built"
    return Source(
        needs=(*("." for _ in sdks[:1]), *sdks, *packages, *(f"./{name.replace(chr(92), '/')}" for name in projects)),
        tokens=frozenset({*(f"net {version}" for version in versions), *("sdk" for _ in sdks)}),
        doubt=doubt,
    )


def _source(text: str) -> Source:
    plain = re.sub(_VERBATIM, '""', text, flags=re.DOTALL)
    source = scan(plain, r"//[^\n]*|/\*.*?(?:\*/|\Z)", "\"'")
    code = source.code
    named = set(re.findall(r"\bPosixSignal\s*\.\s*SIG([A-Z]+)\b", code))
    on = dict.fromkeys(named if re.search(r"\bPosixSignalRegistration\b", code) else (), "graceful")
    if re.search(r"\bCancelKeyPress\s*\+=", code) and re.search(r"\.\s*Cancel\s*=\s*true\b", code):
        on |= {"INT": "graceful", "QUIT": "graceful"}
    doubt = "its quotes cannot be told apart" if is_misread(plain, source, _SIGNS) else ""
    if "PosixSignalRegistration" in code and not named:
        doubt = doubt or "it handles a signal that is not known"
    doubt = doubt or next((why for sign, why in _BEYOND.items() if re.search(sign, code)), "")
    ends = {"ProcessExit"} if re.search(r"\b(?:ProcessExit|Unloading)\s*\+=", code) else set()
    calls = {f"{name}(" for name in re.findall(r"\b(\w+)\s*<[^<>()]*>\s*\(", code)}
    return Source(
        on=on,
        tokens=source.tokens() | ends | calls | set(re.findall(r"\b[A-Z]\w+", code)),
        starts="Process.Start" if re.search(r"\bProcess\s*\.\s*Start\b|\bProcessStartInfo\b", code) else "",
        doubt=doubt,
        lasts=source.calls(_LASTING) or bool(re.search(rf"{LOOPS}|\bTimeout\s*\.\s*Infinite", code)),
    )


def follow(need: str, path: str, project: Project) -> tuple[str, ...] | None:
    """See Language.follow: what a project compiles without being told to, and the projects that it refers to."""
    folder = parent(path)
    if need == ".":
        return (*_shared(folder, project), *_compiled(folder, project))
    if not need.startswith("./"):
        return None
    place = join(folder, need)
    if project.text(place) is None:
        raise LookupError(base(place))
    return (place,)


def _compiled(folder: str, project: Project) -> tuple[str, ...]:
    found = [file for depth in range(_DEEPEST) for file in project.matching(folder + "/*" * depth + "/*.cs")]
    return tuple(file for file in found if not file.startswith((f"{folder}/bin/", f"{folder}/obj/")))


def _shared(folder: str, project: Project) -> tuple[str, ...]:
    """The nearest settings of all projects below a folder, of each kind."""
    found: list[str] = []
    for name in ("Directory.Build.props", "Directory.Build.targets"):
        place = folder
        while project.text(join(place, name)) is None and place not in {"/", ""}:
            place = parent(place)
        found += [join(place, name)] if project.text(join(place, name)) else []
    return tuple(found)


def find_project(name: str, project: Project) -> str | None:
    """The one project file that an assembly of this name is made by: they bear one name where nothing else is said."""
    found = {file for depth in range(_DEEPEST) for file in project.matching("/*" * depth + f"/{name}.csproj")}
    return found.pop() if len(found) == 1 else None


def libraries(need: str) -> tuple[str, ...]:
    """See Language.libraries: a package, or the kit that a project is built with."""
    return () if need == "Microsoft.NET.Sdk" else (need,)


def finish(on: Mapping[str, str], sources: tuple[Source, ...]) -> Mapping[str, str]:
    """See Language.finish.

    Where CancelKeyPress does not set Cancel, its handler runs, and then the signal does what it does to any program.
    """
    tokens = frozenset().union(*(source.tokens for source in sources))
    found = {re.match(r"net (?:net|netcoreapp)(\d+)\.\d", token) for token in tokens if token.startswith("net ")}
    versions = {int(match[1]) for match in found if match}
    measured = bool(versions) and None not in found and max(versions) <= _LAST_AS_MEASURED
    told: dict[str, str] = dict.fromkeys(("INT", "QUIT", "HUP"), "default" if measured else "unknown")
    if "CancelKeyPress" in tokens:
        told |= {"INT": "unknown", "QUIT": "unknown"}
    if "sdk" not in tokens or not versions or None in found or (min(versions) <= _LAST_THAT_ENDS < max(versions)):
        told["TERM"] = "unknown"
    elif max(versions) > _LAST_THAT_ENDS:
        told["TERM"] = "default"
    else:
        told["TERM"] = "graceful" if "ProcessExit" in tokens else "raise"
    return {**told, **on}
