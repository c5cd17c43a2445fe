"""What an image is to those that start it."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING, Protocol
from stopcheck.model import Unknown
from stopcheck.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Literal, TypeAlias

    from stopcheck.model import Label
    from stopcheck.source import SourceFile, Span
    from stopcheck.syntax.dockerfile.tree import Instruction

Value: TypeAlias = str | Unknown


@dataclass(frozen=True, slots=True)
class StartCommand:
    """ENTRYPOINT or CMD as it holds in the final image.

    `argv` is what Docker runs: for a shell form the stage's SHELL plus the text. `shell_form` holds that text's
    source (None for exec form, and where it is inherited from a base image). `instruction` is None where it is
    inherited from a base image; `base` then names that image.
    """

    argv: tuple[Value, ...]
    instruction: Instruction | None
    shell_form: SourceFile | None = None
    argument_spans: tuple[Span, ...] = ()
    base: str | None = None


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A file in the image. `content` is Unknown for what the build makes; `origin` is what put it there.

    `mode` are permission bits, Unknown where not told. `link` is the target of a symbolic link, else None.
    """

    path: str
    content: SourceFile | Unknown
    mode: int | Unknown
    origin: Span | None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Made(Unknown):
    """The content of a file that a build step makes from others, as far as it is known from which.

    `tool` is what makes it, `sources` are the absolute paths of the files, or of the folder, that it makes it from, and
    `files` are those that stood when it did.
    """

    tool: str = ""
    sources: tuple[str, ...] = ()
    files: FileSystem | None = None


@dataclass(frozen=True, slots=True)
class Unlikely(Unknown):
    """A file that is there only if the base image has it, or somebody puts it into the build context first."""


@dataclass(frozen=True, slots=True)
class Edited(Unknown):
    """The content of a script that a build step edits: what it says then is not known, but a script it is."""


@dataclass(frozen=True, slots=True)
class Packaged(Unknown):
    """What a package may have brought, which knows no user of the build's own."""


class FileSystem(Protocol):
    """The files of the image by absolute path."""

    def lookup(self, path: str) -> ImageFile | Unknown | None:
        """The file there (links followed); Unknown where it may exist (base image, build step); None: surely absent."""

    def which(self, program: str, search: str) -> ImageFile | Unknown | None:
        """The same for a bare program name, over the folders of a PATH value; None: surely absent.

        Files that are surely not executable are passed over, as execvp does.
        """

    def matching(self, pattern: str) -> tuple[ImageFile, ...]:
        """The files that an absolute shell pattern names, as far as the build's own steps put them there; sorted."""

    def puts(self, name: str) -> bool:
        """Whether a build step is known to have put a file of that name somewhere."""

    def fills(self, folder: str) -> bool:
        """Whether the build is known to have put something into a folder, or below it."""

    def kind(self, path: str) -> Literal["file", "folder"] | Unknown | None:
        """What stands there (links followed); None: surely nothing."""


@dataclass(frozen=True, slots=True)
class Base:
    """What is known of the base image: see knowledge/bases.toml. `name` is as FROM has it, arguments expanded.

    `sh` is what /bin/sh is: a name of a shell in knowledge/shells.toml ("dash", "bash", "busybox", "mksh" …), "none"
    where there is surely no shell, Unknown otherwise. `sh_version` its version or "". `family`: "debian", "alpine",
    "distroless", "scratch" … or "". `execs` are paths of scripts of the base that end in `exec "$@"`, and `prepends`
    is the program that they put before arguments that begin with `-`, end in `prepends_to`, are one of the
    `prepends_words`, or (`prepends_missing`) name no command ("": none). They give up
    before that program where none of `needs` is set, unless a word of `needs_unless` tells of a database that is there.
    `starts` maps its other scripts to the command that they end in. `hooks` is the folder of the scripts that are run
    before its own command (`*.envsh` are sourced). `holds`: patterns for all programs of a slim image or one on Alpine
    that are not the system's (none: not known). `programs` are surely there, and `missing` surely
    not. `plain`: it holds no more than a system and what it is named after.
    """

    name: str
    sh: str | Unknown
    sh_version: str = ""
    family: str = ""
    entrypoint: tuple[str, ...] | Unknown | None = None
    cmd: tuple[str, ...] | Unknown | None = None
    stop_signal: str | Unknown | None = None
    env: Mapping[str, str] | None = None
    workdir: str = ""
    user: str = ""
    execs: tuple[str, ...] = ()
    programs: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    bash_version: str = ""
    prepends: str = ""
    prepends_to: str = ""
    prepends_missing: bool = False
    prepends_words: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    needs_unless: tuple[str, ...] = ()
    starts: Mapping[str, str] = field(default_factory=dict)
    hooks: str = ""
    holds: tuple[str, ...] = ()
    plain: bool = False
    sets: tuple[str, ...] = ()
    """Variables that it sets besides, to what is not known."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image as its Dockerfile's last stage, or the one asked for, makes it.

    `workdir` is absolute, or relative to the working directory of a base image that is not known ("": that itself);
    joined with a relative path it can be looked up in `files` either way.
    `stop_signal` is the value as written, `stop_signal_span` None where inherited or default. The default is
    "SIGTERM", also where the base image is not known (then `base.stop_signal` is Unknown) unless its name is like that
    of an image with another one.
    `env` has only what is set; a name that is not in it is unset unless `env_open` (the base image is not known)
    tells that the base may set it; `blanks` are those in it that are made from a build argument without a value.
    `superseded` are CMD and ENTRYPOINT instructions that a later one of the same stage replaces; `cleared` is the CMD
    of a stage that this one is built from, which its ENTRYPOINT clears.
    """

    dockerfile: str
    stage: str | None
    context: str
    entrypoint: StartCommand | Unknown | None
    cmd: StartCommand | Unknown | None
    env: Mapping[str, Value]
    workdir: str
    user: str
    shell: tuple[str, ...]
    stop_signal: Value
    stop_signal_span: Span | None
    base: Base
    files: FileSystem
    installed: frozenset[str]
    superseded: tuple[Instruction, ...] = ()
    cleared: Instruction | None = None
    stop_signal_base: str | None = None
    env_open: bool = False
    blanks: frozenset[str] = frozenset()
    healthcheck: Instruction | None = None
    instructions: tuple[Instruction, ...] = ()
    """Those of the final stage and of the stages it is built from, base first."""
    recipes: tuple[Label, ...] = ()
    """Where base images are named that other Dockerfiles make."""
    end: Instruction | None = None
    """The first CMD or ENTRYPOINT of the final stage, where that is the last one of the file."""
    with_end: Callable[[tuple[Instruction, ...]], Image] | None = None
    """The image that other instructions from `end` on would make, without building anew what is before them."""

    @property
    def inherits_stop_signal(self) -> bool:
        """Whether the stop signal is one that the base image has set, for its own program."""
        return self.stop_signal_base is not None and self.stop_signal_span is None
