"""What a Go program does with a signal that a channel brings it: something, or nothing at all.

Decided where the channel is a variable of one function and does nothing but to be received from there.
"""

from __future__ import annotations

import re

from stopcheck.regex import regex

_MOST_MENTIONS = 30
_FUNCTION = regex(r"^func\b[^\n]*\{", re.MULTILINE)
_HARMLESS = r"(?:String|Error|Now|Getpid)\s*\(\s*\)|Sprint\w*\s*\("
_PRINT = (
    r"(?:fmt|log|slog|logger|logrus|sugar|zap)\s*\.\s*(?:F?[Pp]rint|Info|Warn|Debug|Error|Trace|Notice)\w*\s*"
    rf"\((?:{_HARMLESS}|[^\w\n;{{}}]|\w++(?!\s*\())*\)"
)
_ONLY_PRINTS = regex(rf"(?:\s|;|\bcontinue\b|{_PRINT})*")
_TAKEN = regex(r"\s*(?:[\w, \t]+:?=\s*)?((?:fmt|log)\s*\.\s*Print\w*\s*\([^()]*)?<-\s*")
_SLEEP = regex(r"\btime\s*\.\s*Sleep\s*\(\s*(?:(\d+)\s*\*\s*)?time\s*\.\s*(Second|Minute|Hour)(?:\s*\*\s*(\d+))?\s*\)")
_SECONDS = {"Second": 1.0, "Minute": 60.0, "Hour": 3600.0}


def swallowed(code: str, package: str, channel: str, at: int) -> str:
    """What comes of signals that are asked for at a place: "ignore" where nobody acts on them, "default" where they
    are given back, "" where something may be done. `package` is what os/signal is called.
    """
    body = _body(code, at)
    given = re.compile(rf"(?<![\w.]){channel}\s*(?::=|=)\s*make\b|\bvar\s+{channel}\b")
    if not given.search(body):
        return ""
    asked = re.compile(rf"\b{package}\s*\.\s*(?:Notify|Stop)\s*\(\s*{channel}\b|\bclose\s*\(\s*{channel}\b")
    left = given.sub(_blank, asked.sub(_blank, body))
    mentions = [match.start() for match in re.finditer(rf"(?<![\w.]){channel}\b", left)]
    if not mentions:
        back = re.search(rf"(?<!defer )(?<!\w)\b{package}\s*\.\s*(?:Stop\s*\(\s*{channel}\b|Reset\s*\()", body)
        return "default" if back else "ignore"
    if len(mentions) > _MOST_MENTIONS:
        return ""
    received = [match.start(1) for match in re.finditer(rf"(?:<-|\brange)\s*({channel})\b(?!\s*<-)", left)]
    if received != mentions or any(_acts(body, place) for place in received):
        return ""
    return "ignore"


def pause(code: str, channel: str, at: int) -> float:
    """The seconds that the function surely sleeps once it has received from the channel, in the order of its lines."""
    body = _body(code, at)
    received = [match.end() for match in re.finditer(rf"<-\s*{re.escape(channel)}(?![\w.])", body)]
    if len(received) != 1 or _blocks(body, received[0])[1:]:
        return 0.0
    return sum(
        float(match[1] or match[3] or 1) * _SECONDS[match[2]]
        for match in _SLEEP.finditer(body, received[0])
        if not _blocks(body, match.start())[1:]
    )


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _body(code: str, at: int) -> str:
    """The text of the function around a place, from its name on."""
    start = max((match.start() for match in _FUNCTION.finditer(code, 0, at)), default=0)
    following = _FUNCTION.search(code, at)
    return code[start : following.start() if following else len(code)]


def _blocks(body: str, at: int) -> list[tuple[str, int]]:
    """The blocks around a place, the outermost first: what stands before their brace, and where that is."""
    opened: list[int] = []
    for place, character in enumerate(body[:at]):
        if character == "{":
            opened.append(place)
        elif character == "}" and opened:
            opened.pop()
    return [(re.split(r"[;{}\n]", body[:place])[-1].strip(), place) for place in opened]


def _end(body: str, brace: int) -> int:
    """Where the block ends that begins at a brace."""
    depth = 0
    for place in range(brace, len(body)):
        depth += {"{": 1, "}": -1}.get(body[place], 0)
        if not depth:
            return place
    return len(body)


def _acts(body: str, at: int) -> bool:
    """Whether anything but messages comes of what is received at a place."""
    line = re.split(r"[;{}\n]", body[:at])[-1]
    if re.search(r"\bfor\b[^\n{]*\brange\s*$", line):
        brace = body.find("{", at)
        return not _ONLY_PRINTS.fullmatch(body[brace + 1 : _end(body, brace)])
    blocks = _blocks(body, at)
    function = max((index for index, (head, _) in enumerate(blocks) if re.search(r"\bfunc\s*\(", head)), default=0)
    apart = function > 0 and blocks[function][0].startswith("go ")
    loops = [brace for head, brace in blocks[function + 1 :] if re.match(r"for\b", head)]
    if re.search(r"\bcase\b", line) and loops and blocks[-1][0] == "select":
        clause = body[body.find(":", at) + 1 : _end(body, blocks[-1][1])]
        own = re.split(r"\n\s*(?:case\b|default\s*:)", clause)[0]
        return not _ONLY_PRINTS.fullmatch(re.sub(r"\bbreak\s*$", "", own))  # that only leaves the `select`
    taken = _TAKEN.fullmatch(line)
    around = loops[-1:] or ([blocks[function][1]] if apart else [])
    if not taken or not around or around != [blocks[-1][1]]:
        return True
    rest = body[at : _end(body, around[0])]
    return not _ONLY_PRINTS.fullmatch(re.sub(r"^\w+[ \t]*" + (r"\)" if taken[1] else ""), "", rest))


def function(code: str, name: str) -> str:
    """The text of a function's block; "" where there is none of that name."""
    begins = rf"^func\s+{name}\s*\("
    plain = re.search(begins + r"[^{}\n]*\{", code, re.MULTILINE)
    match = plain or re.search(begins + r"[^\n]*\{", code, re.MULTILINE)
    return code[match.end() : _end(code, match.end() - 1)] if match else ""
