"""C, and the C++ that looks like it (signal(7): what a program does not ask for is at its default).

What a handler does is followed where it ends the program, sets a flag that something else asks for, or only prints.
"""

from __future__ import annotations

import re
from itertools import islice
from textwrap import dedent

from stopcheck.boot.handlers.guards import C, Guard, guards
from stopcheck.boot.handlers.scan import LOOPS, Scan, block, scan
from stopcheck.boot.handlers.source import CHILDREN, Source
from stopcheck.boot.signals import NAMES
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import join, parent
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stopcheck.boot.handlers.source import Project

_GRAMMAR = (r"//[^\n]*|/\*.*?(?:\*/|\Z)", "\"'")
_BECOMES = "it becomes another program"
_STARTS = regex(r"\b(fork|vfork|clone|system|popen|posix_spawnp?)\s*\(")
_BEYOND = {
    r"\bf?exec(?:[lv]p?e?|ve|vpe)\s*\(": _BECOMES,
    r"^[ \t]*#[ \t]*include[ \t]+[^<\"\s]": "it includes what is not known",
    r"\bdl(?:m?open|sym)\s*\(|\basm\b|\b__asm__\b|\bsyscall\s*\(|\bconstructor\b": "it has parts that are not read",
}
_MOST_CALLS = 20
_NAMED = r"\bSIG(TERM|INT|QUIT|HUP|USR1|USR2|ABRT)\b"
_SIGNAL = regex(r"\b(?:signal|bsd_signal|sysv_signal)\s*\(\s*([^,();]+),\s*&?\s*([^();]+?)\s*\)")
_ACTION = regex(r"\bsigaction\s*\(\s*([^,();]+),\s*(&?\s*\w+|NULL|nullptr|0)\s*,")
_SETS = regex(
    r"\s*(?:\(void\)\s*\w+\s*;\s*)*(\w+)\s*=\s*[^;{}()=]+;\s*|\s*(?:\(void\)\s*\w+\s*;\s*)*(\w+)(?:\+\+|--)\s*;\s*"
)
_PRINTS = regex(
    r"(?:\s*(?:\(\s*void\s*\)\s*\w+|(?:(?:std\s*::\s*)?(?:printf|puts|putchar|perror|fflush|syslog)\s*\("
    r"|f(?:printf|puts)\s*\((?:[^;{}()]*,)?\s*std(?:out|err)\b|(?:write|dprintf)\s*\(\s*(?:[12]|STD(?:OUT|ERR)_FILENO)\b)[^;{}]*)?"
    r"\s*;)*\s*"
)
_ENDS = regex(r"\b(?:_?exit|_Exit|quick_exit|abort|pthread_exit)\s*\(")
_LASTING = r"\b(?:accept4?|pause|sigsuspend|epoll_wait|event_base_dispatch|uv_run)\s*\(|\bwhile\s*\(\s*!?\s*\w+\s*\)"
_INTERRUPTED = regex(
    r"\bEINTR\b|<\s*0\b|==\s*-\s*1\b|\b(?:while|if)\s*\([^{};)]*\b"
    r"(?:accept4?|read|recv\w*|poll|select|epoll_wait|u?sleep|nanosleep|pause|fgets|getline|getchar|scanf)\s*\("
)
"""Signs that a program sees where a signal has interrupted a call (signal(7): SA_RESTART)."""
_WAITS = regex(r"\b(?:pause|u?sleep|nanosleep|poll|select|read|recv|accept)\s*\(")
_DECLARED = regex(
    r"^(?:(?:static|volatile|extern|const|unsigned|int|bool|char|sig_atomic_t|std::\S+)\s+)+[^;(){}]*;", re.MULTILINE
)
_LOOP = regex(r"\b(?:for|while)\s*\(|\bdo\b")


def read(text: str) -> Source:
    """See Language.read."""
    plain = re.sub(r"\\\r?\n", " ", text)
    source = scan(plain, *_GRAMMAR)
    code = source.code
    actions, doubt = _actions(code)
    on = {signal: action for signal, action in actions.items() if action != "default"}
    waits = re.search(r"\b(?:sigwait\w*|sigtimedwait|signalfd)\s*\(", code)
    masks = re.findall(rf"\bsigaddset\s*\([^,;]*,\s*{_NAMED}", code)
    if waits or "sigfillset" in code:
        on |= dict.fromkeys(masks or re.findall(_NAMED, code), "graceful")
    elif re.search(r"\b(?:sigprocmask|pthread_sigmask)\s*\(\s*SIG_(?:BLOCK|SETMASK)", code):
        on |= dict.fromkeys((name for name in masks if name not in on), "ignore")
    untold = sorted(set(re.findall(_NAMED, code)) & {"TERM", "INT", "QUIT"} - actions.keys() - on.keys())
    if untold:
        doubt = doubt or f"it names SIG{untold[0]}"
    started = _STARTS.search(code)
    if started and "TERM" in on:
        started, doubt = None, doubt or CHILDREN
    beyond = (why for sign, why in _BEYOND.items() if re.search(sign, code, re.MULTILINE))
    doubt = doubt or next((why for why in beyond if not (started and why == _BECOMES)), "")
    if re.search(r"^\s*#\s*(?:if|ifdef|ifndef)\b(?!\s*\w+_(?:H|HPP|SOURCE|H_+)\b)", code, re.MULTILINE) and on:
        doubt = doubt or "what is compiled depends on what is defined"
    return Source(
        on=on,
        needs=tuple(_needs(plain)),
        tokens=source.tokens(),
        # It forks and leaves (daemon(3)): with it ends what it was started as.
        starts="daemon" if re.search(r"(?<!\bint )\bdaemon\s*\(", code) else started[1] if started else "",
        doubt=doubt,
        lasts=bool(re.search(rf"{LOOPS}|{_LASTING}", code)) or _sleeps(source),
        guards=() if doubt else tuple(_guards(plain)),
    )


def _guards(text: str) -> Iterator[Guard]:
    """The variables without which `main` gives up."""
    main = block(text, r"int main\([^)\n]*\)\s*\{")
    if main:
        yield from guards(scan(dedent(main[1]), *_GRAMMAR), C, (), text)


def _sleeps(source: Scan) -> bool:
    return any(int(seconds) >= 1000 for seconds in re.findall(r"\bsleep\s*\(\s*(\d{1,9})\s*\)", source.code))


def _needs(text: str) -> list[str]:
    """What it includes: in quotes its own files, and what is not the system's."""
    found = re.findall(r"^[ \t]*#[ \t]*include[ \t]*([<\"])([^>\"\n]+)", text, re.MULTILINE)
    return list(dict.fromkeys(f"./{name}" if quote == '"' else name for quote, name in found))


def _actions(code: str) -> tuple[dict[str, str], str]:
    """What it asks for each signal, and what about that is not certain."""
    called = list(islice(_ACTION.finditer(code), _MOST_CALLS))
    asked = [(match[1], match[2]) for match in islice(_SIGNAL.finditer(code), _MOST_CALLS)]
    if _MOST_CALLS in (len(called), len(asked)):
        return {}, "it asks for signals in many places"
    for match in called:
        name = match[2].lstrip("& ")
        if name not in {"NULL", "nullptr", "0"}:
            asked.append((match[1], _handler(code, name, match.start())))
    actions: dict[str, str] = {}
    doubt = ""
    for told, handler in asked:
        named = re.fullmatch(rf"\s*{_NAMED}\s*", told)
        number = re.fullmatch(r"\s*(\d{1,2})\s*", told)
        signal = named[1] if named else NAMES.get(int(number[1]), "") if number else ""
        action = _action(code, handler)
        doubt = doubt or ("" if action else f"what {handler or 'a handler'} does is not followed")
        for name in [signal] if signal else re.findall(_NAMED, code):
            # What is asked for last is what holds.
            actions[name] = action or "graceful"
    return actions, doubt


def _handler(code: str, name: str, at: int) -> str:
    """The handler in a `struct sigaction` of this name."""
    given = re.findall(
        rf"\b{name}\s*(?:\.|->)\s*(?:__sigaction_handler\.)?sa_(?:handler|sigaction)\s*=\s*&?\s*(\w+)", code[:at]
    )
    if given:
        return str(given[-1])
    made = re.findall(rf"\bsigaction\s+{name}\s*=\s*\{{[^;{{}}]*\.sa_(?:handler|sigaction)\s*=\s*&?\s*(\w+)", code[:at])
    return str(made[-1]) if made else ""


def _action(code: str, handler: str) -> str:
    """What comes of a signal that has this handler; "" where that is not followed."""
    if handler in {"SIG_IGN", "SIG_DFL"}:
        return {"SIG_IGN": "ignore", "SIG_DFL": "default"}[handler]
    body = _body(code, handler) if re.fullmatch(r"\w+", handler) else None
    if body is None:
        return ""
    if "SIG_DFL" in body and re.search(r"\braise\s*\(|\bkill\s*\(\s*getpid\s*\(", body):
        return "default"
    if _ENDS.search(body) and not re.search(r"\b(?:if|switch)\b", body):
        return "graceful"
    # A call of main that waits is interrupted, and what comes after it is done.
    main = _body(code, "main")
    once = _WAITS.search(_without_loops(main or ""))
    goes_on = "" if main is None or _INTERRUPTED.search(code) else "ignore"
    if _PRINTS.fullmatch(body):
        return "graceful" if once else goes_on
    lines = [line for line in re.split(r"(?<=;)", body) if not _PRINTS.fullmatch(line)]
    sets = [_SETS.fullmatch(line) for line in lines]
    if not all(sets):
        return ""
    names = {match[1] or match[2] for match in sets if match}
    elsewhere = _DECLARED.sub("", code.replace(body, ""))
    asks = [name for name in names if re.search(rf"\b{name}\b", elsewhere)]
    # What is not static another file may ask for.
    own = all(re.search(rf"^static\b[^;(){{}}]*\b{name}\b", code, re.MULTILINE) for name in names)
    return "graceful" if asks or once else goes_on if own else ""


def _without_loops(body: str) -> str:
    """What of a block is done once."""
    left, at = "", 0
    for match in _LOOP.finditer(body):
        if match.start() < at:
            continue
        left += body[at : match.start()]
        head = _closed(body, match.end(), "()") if match[0].endswith("(") else match.end()
        end = re.compile(r"\s*\{").match(body, head)
        at = _closed(body, end.end(), "{}") if end else body.find(";", head) + 1 or len(body)
    return left + body[at:]


def _closed(text: str, at: int, brackets: str) -> int:
    """Where the bracket is closed that a place is behind."""
    depth = 1
    for place in range(at, len(text)):
        depth += {brackets[0]: 1, brackets[1]: -1}.get(text[place], 0)
        if not depth:
            return place + 1
    return len(text)


def _body(code: str, name: str) -> str | None:
    """The text of a function's block."""
    match = re.search(rf"^[^\n;#]*\b{name}\s*\([^;{{}}]*\)\s*\{{", code, re.MULTILINE)
    return code[match.end() : _closed(code, match.end(), "{}") - 1] if match else None


def follow(need: str, path: str, project: Project) -> tuple[str, ...] | None:
    """See Language.follow: a header of its own; the sources are all those that are compiled."""
    if not need.startswith("./"):
        return None
    file = join(parent(path), need[2:])
    if project.text(file) is None:
        raise LookupError(need[2:])
    return (file,)


def libraries(need: str) -> tuple[str, ...]:
    """See Language.libraries: by its header."""
    own = need.removesuffix(".h") in _OWN or re.fullmatch(_SYSTEM, need)
    return () if own or need.startswith("./") else (need,)


def finish(on: Mapping[str, str], sources: tuple[Source, ...]) -> Mapping[str, str]:
    """See Language.finish."""
    return on


_SYSTEM = r"(?:sys|net|netinet|arpa|linux|asm|bits)/[\w/]+\.h|[a-z_]+"
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
