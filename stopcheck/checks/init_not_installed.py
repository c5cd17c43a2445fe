"""The start command names an init that is not in the image."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.model import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopcheck.checks._case import Case

PACKAGES = {"debian": "apt-get install -y --no-install-recommends", "ubuntu": "apt-get install -y", "alpine": "apk add"}


def check(case: Case) -> Iterator[Violation]:
    """See docs/rules.md."""
    for cause in case.of("init-not-installed"):
        failure = cause.event.failure if cause.event is not None else None
        if failure is None:
            continue
        name = failure.name.rsplit("/", 1)[-1]
        yield Violation(
            message=f"{case.consequence(None)}. {failure.name} is not in the image",
            span=cause.span or case.start_span(),
            advice=_advice(case, name),
        )


def _advice(case: Case, name: str) -> str:
    if name in case.image.installed:
        return f"{name} is installed here, but elsewhere: name it without a folder."
    install = PACKAGES.get(case.image.base.family)
    how = f"install it (`RUN {install} {name}`)" if install is not None else "install it"
    return f"Either {how}, or leave it out and start the container with `docker run --init`."
