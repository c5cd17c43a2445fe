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
_STANDARD = regex(
    r"(?:sys|arpa|net|netinet|linux|asm|bits)/[\w/]+\.h|c?(?:assert|ctype|err|errno|fcntl|float|getopt|inttypes|libgen"
    r"|limits|locale|math|netdb|poll|pthread|pwd|grp|sched|semaphore|setjmp|signal|stdalign|stdarg|stdatomic|stdbool"
    r"|stddef|stdint|stdio|stdlib|stdnoreturn|string|strings|syslog|termios|threads|time|unistd|wait|wchar)(?:\.h)?"
    r"|algorithm|array|atomic|chrono|condition_variable|cstd\w+|functional|fstream|iomanip|ios|iostream|iterator|list"
    r"|map|memory|mutex|new|numeric|optional|queue|random|set|sstream|stdexcept|string|string_view|thread|tuple"
    r"|unordered_map|unordered_set|utility|vector"
)
"""Headers of the C and C++ libraries and the kernel's: none of them handles a signal."""
_BEYOND = {
    r"\b(?:fork|vfork|clone|system|popen|posix_spawnp?)\s*\(": CHILDREN,
    r"\bexec[lv]p?e?\s*\(": "it becomes another program",
    r"\bdlopen\s*\(|\basm\b|\b__attribute__\s*\(\(\s*constructor": "it has parts that are not read",
    r"\bsignalfd\s*\(|\bsigwait\w*\s*\(|\bsigtimedwait\s*\(|\bsigsetjmp\b|\bsiglongjmp\b": "",
}
_MOST_CALLS = 20
_NAMED = r"\bSIG(TERM|INT|QUIT|HUP|USR1|USR2|ABRT)\b"
_SIGNAL = regex(r"\b(?:signal|bsd_signal|sysv_signal)\s*\(\s*([^,();]+),\s*&?\s*([^();]+?)\s*\)")
_ACTION = regex(r"\bsigaction\s*\(\s*([^,();]+),\s*(&?\s*\w+|NULL|nullptr|0)\s*,")
_SETS = regex(
    r"\s*(?:\(void\)\s*\w+\s*;\s*)*(\w+)\s*=\s*[^;{}()=]+;\s*|\s*(?:\(void\)\s*\w+\s*;\s*)*(\w+)(?:\+\+|--)\s*;\s*"
)
_PRINTS = regex(
    r"(?:\s*(?:\(void\)\s*\w+|(?:(?:printf|puts|putchar|fprintf|fputs|perror|fflush|syslog)\s*\("
    r"|(?:write|dprintf)\s*\(\s*(?:[12]|STD(?:OUT|ERR)_FILENO)\b)[^;{}]*\))?\s*;)*\s*"
)
"""What is written elsewhere may be to a pipe that the program waits for."""
_ENDS = regex(r"\b(?:_?exit|_Exit|quick_exit|abort|pthread_exit)\s*\(")
_LASTING = r"\b(?:accept4?|pause|sigsuspend|epoll_wait|event_base_dispatch|uv_run)\s*\(|\bwhile\s*\(\s*!?\s*\w+\s*\)"
_INTERRUPTED = regex(
    r"\bEINTR\b|<\s*0\b|==\s*-\s*1\b|\b(?:while|if)\s*\((?:[^(){};]|\([^()]*\))*\b(?:accept4?|read|recv\w*|poll|select|epoll_wait|u?sleep|nanosleep"
    r"|pause|fgets|getline|getchar|scanf)\s*\("
)
"""Signs that a program sees where a signal has interrupted a call (signal(7): SA_RESTART)."""
_ONCE = regex(r"^(?:    |\t)(?:pause|sleep|usleep|nanosleep|poll|select|read|recv|accept)\s*\(", re.MULTILINE)


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
    doubt = doubt or next((why for sign, why in _BEYOND.items() if why and re.search(sign, code)), "")
    if re.search(r"^\s*#\s*(?:if|ifdef|ifndef)\b(?!\s*\w+_(?:H|HPP|SOURCE|H_+)\b)", code, re.MULTILINE) and on:
        doubt = doubt or "what is compiled depends on what is defined"
    return Source(
        on=on,
        needs=tuple(_needs(plain)),
        tokens=source.tokens(),
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
    # A call that waits at the margin of main is interrupted, and what comes after it is done.
    once = _ONCE.search(_body(code, "main") or "") or not re.search(r"\b(?:for|while|goto)\b", code)
    goes_on = "" if _INTERRUPTED.search(code) else "ignore"
    if _PRINTS.fullmatch(body):
        return "graceful" if once else goes_on
    lines = [line for line in re.split(r"(?<=;)", body) if not _PRINTS.fullmatch(line)]
    sets = [_SETS.fullmatch(line) for line in lines]
    if not all(sets):
        return ""
    names = {match[1] or match[2] for match in sets if match}
    elsewhere = code.replace(body, "")
    asks = [name for name in names if len(re.findall(rf"\b{name}\b", elsewhere)) > 1]
    return "graceful" if asks or once else goes_on


def _body(code: str, name: str) -> str | None:
    """The text of a function's block."""
    match = re.search(rf"^[^\n;#]*\b{name}\s*\([^;{{}}]*\)\s*\{{", code, re.MULTILINE)
    if match is None:
        return None
    depth = 1
    for place in range(match.end(), len(code)):
        depth += {"{": 1, "}": -1}.get(code[place], 0)
        if not depth:
            return code[match.end() : place]
    return None


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
    return () if need.startswith("./") or _STANDARD.fullmatch(need) else (need,)


def finish(on: Mapping[str, str], sources: tuple[Source, ...]) -> Mapping[str, str]:
    """See Language.finish."""
    return on
