"""What is to be said of a container's stop in a line, and its steps with the clock."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import OutcomeKind
from stopcheck.report._lines import clean, columns, wrap
from stopcheck.stop.story import together

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stopcheck.case import ContainerReport
    from stopcheck.model import Step, Unknown
    from stopcheck.report._lines import Line

COLORS = {
    OutcomeKind.GRACEFUL: "good",
    OutcomeKind.TERMINATED: "warning",
    OutcomeKind.CUT_OFF: "error",
    OutcomeKind.KILLED: "error",
    OutcomeKind.EXITS: "warning",
    OutcomeKind.FAILS: "error",
    OutcomeKind.UNKNOWN: "note",
}


def seconds(value: float) -> str:
    """ "10 s", "0.5 s"."""
    return f"{value:g} s"


def command(argv: Sequence[str | Unknown]) -> str:
    """An argv as one would type it; what is not known as `?`."""
    return " ".join(_word(word) if isinstance(word, str) else "?" for word in argv)


def _word(word: str) -> str:
    word = clean(word)
    return word if word and not set(word) & set(" \"'\\$;&|<>()`*?[]#~") else "'" + word.replace("'", "'\\''") + "'"


def heading(report: ContainerReport) -> str:
    """The Dockerfile, with its stage or service where one was named."""
    container = report.container
    names = [name for name in (container.service, container.stage) if name]
    return container.path + (f" ({', '.join(names)})" if names else "")


def outcome(report: ContainerReport) -> str:
    """The outcome with its exit code and how long it takes."""
    verdict = report.verdict
    code = f" ({verdict.exit_code})" if verdict.exit_code is not None else ""
    waits = verdict.outcome in (OutcomeKind.KILLED, OutcomeKind.CUT_OFF) and verdict.seconds
    return f"{verdict.outcome}{code}" + (f" after {seconds(verdict.seconds)}" if waits and verdict.seconds else "")


def gist(report: ContainerReport) -> str:
    """In a few words why it ends so."""
    verdict = report.verdict
    told = verdict.signal_reaches_main
    mains = [process for process in verdict.processes if process.main]
    names = verdict.main
    amiss = "untold" if told is False else "dies" if verdict.outcome is OutcomeKind.TERMINATED else ""
    if amiss:  # where only some of them are never told, or die of it, those are what is to be said
        names = tuple(process.program for process in mains if process.fate == amiss) or names
    names = tuple(dict.fromkeys(map(clean, names))) or ("the main process",)
    main, several = together(names), len(names) > 1
    signal = _signal(report)
    match verdict.outcome:
        case OutcomeKind.GRACEFUL:
            told_of = f"{'get' if several else 'gets'} {signal}" if signal else f"{'are' if several else 'is'} told"
            if any(process.assumed for process in mains):
                return f"{main} {told_of}; that {'they handle' if several else 'it handles'} it is assumed"
            return f"{main} {told_of} and can finish"
        case OutcomeKind.TERMINATED if told is False:
            return f"{main} {'have' if several else 'has'} no handler that could be told: SIGKILLed at once"
        case OutcomeKind.TERMINATED if mains and all(process.fate == "handles" for process in mains):
            return f"{main} {'end' if several else 'ends'} on {signal or 'the signal'} at once, without cleanup"
        case OutcomeKind.TERMINATED:
            return f"{main} {'die' if several else 'dies'} of {signal or 'the signal'} at once, without cleanup"
        case OutcomeKind.CUT_OFF if told and mains and all(process.fate == "dies" for process in mains):
            return f"{main} {'die' if several else 'dies'} of {signal or 'the signal'} before any cleanup"
        case OutcomeKind.CUT_OFF if told:
            return f"{main} {'are' if several else 'is'} told, but SIGKILLed before the work is done"
        case OutcomeKind.CUT_OFF | OutcomeKind.KILLED if told is False:
            return f"{main} {'are' if several else 'is'} never told, then SIGKILLed"
        case OutcomeKind.KILLED if told:
            return f"{main} {'are' if several else 'is'} told, but the container does not end: SIGKILL"
        case OutcomeKind.CUT_OFF | OutcomeKind.KILLED:
            return f"{main} {'do' if several else 'does'} not end by {'themselves' if several else 'itself'}: SIGKILL"
        case OutcomeKind.EXITS:
            return verdict.reason or "the container ends by itself, before any stop"
        case OutcomeKind.FAILS:
            return verdict.reason or f"{main} never {'start' if several else 'starts'}"
        case _:
            return verdict.reason or "the files do not tell"


def _signal(report: ContainerReport) -> str | None:
    """What the main processes get, which need not be the stop signal; None where they get different ones."""
    told = {process.told[0] for process in report.verdict.processes if process.main and process.told}
    if not told:
        return report.container.stop_signal
    return f"SIG{told.pop()}" if len(told) == 1 else None


def story(steps: Sequence[Step], width: int) -> Iterator[Line]:
    """The steps, one a line, with the time since the stop signal and where each was written."""
    times = [f"{step.seconds:+.1f} s" if step.seconds is not None and step.seconds >= 0 else "" for step in steps]
    room = max(map(len, times), default=0)
    for time, step in zip(times, steps, strict=True):
        texts = list(wrap(step.text, max(20, width - room - 6)))
        for number, text in enumerate(texts):
            line: Line = [(f"    {time if number == 0 else '':>{room}}  ", "faint"), (text, "")]
            place = _place(step) if number == len(texts) - 1 else ""
            fits = room + 9 + columns(text) + columns(place) <= width
            if not place:
                yield line
            elif fits:
                yield [*line, (f"   {place}", "faint")]
            else:
                yield line
                yield [(" " * (room + 6) + place, "faint")]


def _place(step: Step) -> str:
    return "" if step.span is None else f"{clean(step.span.path)}:{step.span.position()[0]}"
