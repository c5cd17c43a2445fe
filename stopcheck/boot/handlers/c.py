"""C and C++ (signal(7): what a program has not arranged is at its default; libc catches nothing by itself)."""

from __future__ import annotations

import re

from stopcheck.boot.handlers.scan import LOOPS, scan
from stopcheck.boot.handlers.source import CHILDREN, STOP_SIGNALS, Source
from stopcheck.boot.signals import NAMES
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import join, parent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.boot.handlers.source import Project

_NUMBERS = {str(number): name for number, name in NAMES.items()}
_WAITS = r"\bsig(?:wait|waitinfo|timedwait)\s*\(|\bsignalfd\s*\("
_ARRANGES = rf"\b(?:signal|bsd_signal|sigset|sigaction)\s*\(|{_WAITS}"
_BEYOND = {
    r"\b(?:fork|vfork|clone3?|popen|system|posix_spawnp?|exec[lv]p?e?|execvpe|fexecve)\s*\(": CHILDREN,
    r"\bdl(?:m?open|sym)\s*\(": "it loads libraries by name",
    r"\bdaemon\s*\(": "it goes to the background",
    r"\basm\b|\b__asm__\b|\bsyscall\s*\(": "it has parts that are not read",
    r"^[ \t]*#[ \t]*include[ \t]+[^<\"\s]": "it includes what is not known",
}
_LASTS = rf"{LOOPS}|\bpause\s*\(|\bwhile\s*\(\s*!?\s*\w+\s*\)|\bwhile\s*\(\s*\w+\s*==\s*\w+\s*\)|{_WAITS}"
"""Loops without an end, or until a flag is set, and calls that wait for a signal."""

_ONLY_PRINTS = (
    r"\s*(?:(?:\(\s*void\s*\)\s*\w+|(?:(?:std\s*::\s*)?(?:f?printf|f?puts|fflush|perror)\s*\("
    r"|write\s*\(\s*(?:[12]|STD(?:OUT|ERR)_FILENO)\b)[^;{}]*)\s*;\s*)*"
)


def read(text: str) -> Source:
    """See Language.read."""
    joined = re.sub(r"\\\r?\n", "", text)
    needs = tuple(dict.fromkeys(re.findall(r"^[ \t]*#[ \t]*include[ \t]+([<\"][^>\"\n]+[>\"])", joined, re.MULTILINE)))
    source = scan(joined, r"//[^\n]*|/\*.*?(?:\*/|\Z)", "\"'")
    code = source.code
    on: dict[str, str] = {}
    doubt = ""
    for name, action in re.findall(r"\b(?:signal|bsd_signal|sigset)\s*\(\s*(\w+)\s*,\s*([^;]*?)\s*\)\s*[;,)]", code):
        signal = _NUMBERS.get(name) or name.removeprefix("SIG")
        if signal in _NUMBERS.values():
            on[signal] = "default" if "SIG_DFL" in action else "ignore" if _goes_on(action, code) else "graceful"
        else:
            doubt = "it arranges for signals that are not known"
    named = {name for name in re.findall(r"\bSIG([A-Z]+\d?)\b", code) if name in STOP_SIGNALS} - on.keys()
    if re.search(rf"\bsigaction\s*\(|{_WAITS}", code):
        ignores = re.search(r"\bSIG_(?:IGN|DFL)\b", code) and not re.search(r"\b(?:signal|sigset)\s*\(", code)
        doubt = doubt or ("it may ignore signals" if ignores and named else "")
        doubt = doubt or ("" if named or "sigfillset" in code else "it arranges for signals that are not known")
        on |= dict.fromkeys(STOP_SIGNALS if "sigfillset" in code else named, "graceful")
    elif named or (re.search(_ARRANGES, code) and not on):
        doubt = doubt or "it names signals in a way that cannot be read"
    if re.search(r"\b(?:sigprocmask|pthread_sigmask)\s*\(", code) and not re.search(_WAITS, code):
        doubt = doubt or "it blocks signals"
    doubt = doubt or next((why for sign, why in _BEYOND.items() if re.search(sign, code, re.MULTILINE)), "")
    on = {signal: action for signal, action in on.items() if action != "default"}
    return Source(on=on, needs=needs, tokens=source.tokens(), doubt=doubt, lasts=bool(re.search(_LASTS, code)))


def _goes_on(handler: str, code: str) -> bool:
    """Whether nothing comes of a signal: it is ignored, or a handler does no more than to print in an endless loop."""
    name = handler.rpartition(")")[2].strip().removeprefix("&")
    body = re.search(rf"\b{re.escape(name)}\s*\([^()]*\)\s*\{{([^{{}}]*)\}}", code) if name else None
    prints = body is not None and re.fullmatch(_ONLY_PRINTS, body[1]) is not None
    return "SIG_IGN" in handler or (prints and re.search(LOOPS, code) is not None)


def follow(need: str, path: str, project: Project) -> tuple[str, ...] | None:
    """See Language.follow: a header beside the file that includes it with quotes."""
    name = need[1:-1]
    if need.startswith("<"):
        return None
    place = join(parent(path), name)
    if project.text(place) is None:
        raise LookupError(name)
    return (place,)


def libraries(need: str) -> tuple[str, ...]:
    """See Language.libraries: a header that neither libc nor the language brings, or a library that is linked."""
    name = need.strip("<>")
    own = name.removesuffix(".h") in _OWN or re.fullmatch(_SYSTEM, name)
    return () if own else (name,)


def finish(on: Mapping[str, str], sources: tuple[Source, ...]) -> Mapping[str, str]:
    """See Language.finish."""
    return on


_SYSTEM = r"(?:sys|net|netinet|arpa|linux|asm|bits)/\w+\.h|[a-z_]+"
"""The kernel's headers, and those of C++, which have no `.h`."""
_HEADERS = """
aio alloca argp assert byteswap complex cpio crypt ctype dirent endian err errno error execinfo fcntl fenv float fnmatch
fts ftw getopt glob grp iconv ifaddrs inttypes iso646 langinfo libgen limits link locale malloc math memory mntent
mqueue netdb nl_types paths poll pthread pty pwd regex resolv sched search semaphore setjmp shadow signal spawn stdalign
stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string strings syslog tgmath termios threads time uchar
ucontext unistd utime utmp utmpx values wchar wctype wordexp
"""
_OWN = frozenset(_HEADERS.split())
"""The headers of ISO C and POSIX, and those that glibc and musl have beside them."""
