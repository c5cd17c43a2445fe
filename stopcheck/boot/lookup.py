"""Which file of an image the name of a program means, and where there surely is none."""

from __future__ import annotations

import posixpath
import re

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.model import Unlikely
from stopcheck.image.paths import clean
from stopcheck.knowledge.programs import find_program
from stopcheck.knowledge.systems import is_foreign_manager, lacks
from stopcheck.model import Unknown
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopcheck.boot.world import Field
    from stopcheck.image.model import Image, ImageFile

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
BARE_PATH = {True: "/bin:/usr/bin", False: "/usr/local/bin:/bin:/usr/bin"}
"""Where execvp(3) looks without PATH: with glibc, and with musl (its src/process/execvp.c)."""
GLIBC = frozenset({"debian", "ubuntu", "rhel", "fedora", "amazonlinux", "opensuse", "arch"})
"""Families of base images whose getopt(3) looks for options behind other words."""
SHELL_NAMES = {"sh": "", "bash": "bash", "dash": "dash", "ash": "busybox", "mksh": "mksh", "zsh": "zsh", "yash": "yash",
               "ksh": "ksh93", "ksh93": "ksh93", "posh": "posh", "rbash": "bash"}  # fmt: skip
"""Programs that are shells, and which: "" for the one that the image has as /bin/sh."""
_EMPTY = ("/home/", "/mnt/", "/opt/", "/srv/", "/usr/src/")
"""Folders in which the images of systems have nothing."""
_LANGUAGES = regex(r"(java|node|php|python[23]?|ruby)(\d?\.\d+)?")
"""Interpreters that no system brings along, and those that their images have in a place of their own."""
_RELATIVE = regex(r"(?!/)[\w./-]*/[\w.-]+")
_MINOR = regex(r":(\d+\.\d+)")
_OF_NODE = frozenset({"node", "npm", "npx"})
_SPEAKS_OF_NOTHING = frozenset({"CMD", "ENTRYPOINT", "EXPOSE", "HEALTHCHECK", "LABEL", "WORKDIR"})
_MAY_BRING_NODE = regex(
    r"(?i)node|npm|nvm|fnm|volta|yarn|bun|deno|asdf|mise|nix|brew|conda|playwright|electron|\.t?[gx]z"
    r"|(?:^|\s)/(?:usr(?:/local)?(?:/bin)?|opt)?/?(?:\s|$)"
)
"""What a step has in it that may bring Node.js: its name, those of its installers, an archive, or a whole system."""
_RUNS_ANYTHING = regex(
    r"\|\s*(?:ba)?sh\b|(?:^|[;&|(])\s*(?:(?:ba|da)?sh\s+(?!-)|\./|/)[\w./-]+|\b(?:make|ansible\S*|tar|unzip|source|eval)\b"
)
_NEVER = frozenset("\\\n\"'`$()[]{}<>|&;*?,=")
_OPERATORS = frozenset({"&&", "||", ";", "|"})
_BUILT_IN = frozenset({"compgen", "declare", "disown", "let", "mapfile", "popd", "pushd", "readarray", "shopt",
                       "source", "typeset"})  # fmt: skip
"""Builtins of bash of which no package makes a program."""


def find_file(image: Image, name: str, cwd: str, env: Mapping[str, Field]) -> ImageFile | Unknown | None:
    """The file that a program's name means."""
    if "\r" in name:
        return None
    if "/" in name:
        file = image.files.lookup(clean(posixpath.join(cwd, name)))
    else:
        search = env.get("PATH", BARE_PATH[image.base.family in GLIBC])
        file = image.files.which(name, (search or cwd) if isinstance(search, str) else DEFAULT_PATH)
        if isinstance(file, Unlikely) and isinstance(search, str) and _is_elsewhere(image, name, search):
            return None
    keyword = name == "[[" and image.base.family in GLIBC  # busybox has a program of this name
    if isinstance(file, Unknown) and (
        keyword or name in _BUILT_IN or is_no_name(name) or is_foreign_manager(image.base.family, name)
    ):
        return None
    return file


def is_of_bash(name: str) -> bool:
    """Whether it is a builtin or a keyword of bash, and no program."""
    return name == "[[" or name in _BUILT_IN


def is_hidden(name: str, search: str) -> bool:
    """Whether a program that people know is not found for want of the system's folders in PATH."""
    usual = not set(DEFAULT_PATH.split(":")).isdisjoint(search.split(":"))
    return "/" not in name and not usual and (name in SHELL_NAMES or find_program(name) is not None)


def _is_elsewhere(image: Image, name: str, search: str) -> bool:
    """Whether it is hidden so, and the build context tells what is in the folders that are there in their place."""
    found = (image.files.lookup(posixpath.join(folder, name)) for folder in search.split(":") if folder)
    told = (each is None or (isinstance(each, Unlikely) and not may_be_the_bases(each)) for each in found)
    return is_hidden(name, search) and all(told)


def found_as(image: Image, name: str, target: str, cwd: str, env: Mapping[str, Field]) -> str:
    """The path by which a script was found, which becomes its `$0`: that of a link, where it is one."""
    search = env.get("PATH", "")
    folders = search.split(":") if isinstance(search, str) and "/" not in name else [""]
    for folder in folders:
        path = clean(posixpath.join(cwd, folder, name))
        found = image.files.lookup(path)
        if not isinstance(found, Unknown) and found is not None and found.path == target:
            return path
    return target


def is_absent(image: Image, name: str, cwd: str) -> bool:
    """Whether the base image, which alone could have it, has no program of this name."""
    return _meant_elsewhere(image, name, cwd) or (is_bare(image) and _lacks(image, name, cwd))


def waits_for_a_volume(image: Image, name: str) -> bool:
    """Whether an image with no file and no working directory of its own gets both where it is run."""
    given = any(line.keyword in {"ADD", "COPY", "WORKDIR"} for line in image.instructions)
    return _RELATIVE.fullmatch(name) is not None and not given


def is_bare(image: Image) -> bool:
    """Whether the base image is an operating system alone, so that it holds no program but the system's."""
    base = image.base
    starts_shell = isinstance(base.cmd, tuple) and base.cmd[-1:] and base.cmd[-1].rsplit("/", 1)[-1] in SHELL_NAMES
    return base.entrypoint is None and bool(starts_shell)


def lacks_shell(image: Image, name: str, cwd: str) -> bool:
    """Whether a shell is surely not there: images of systems and languages have none but the system's own."""
    base, program = image.base, name.rsplit("/", 1)[-1]
    if is_bare(image):
        return _lacks(image, name, cwd)
    others = program not in {"sh", "bash", "dash", "ash"} or name.startswith("/usr/local/")
    return base.plain and program not in base.name and others


def lacks_language(image: Image, name: str) -> bool:
    """Whether an interpreter is surely not there: a system has none but perl, a language's image no other's.

    The full images of languages, made from buildpack-deps, hold Debian's own besides. Ubuntu 14.04 has python3.
    """
    base = image.base
    folder, _, program = name.rpartition("/")
    found = _LANGUAGES.fullmatch(program)
    if found is None or folder not in {"", "/bin", "/usr/bin", "/usr/local/bin"}:
        return False
    if any(flag.name == "from" for line in image.instructions for flag in line.flags):
        return False  # it may come along with a folder of another image
    if is_bare(image):
        return base.name.partition(":")[0] == base.family and not base.sh_version.startswith("0.5.7")
    if not base.plain or (base.family != "alpine" and "slim" not in base.name):
        return False
    own = found[1] in base.programs and folder not in {"/bin", "/usr/bin"}
    tag = _MINOR.search(base.name)
    other = tag is not None and "." in program and program.removeprefix("python") != tag[1]
    return not own or (found[1] == "python3" and other)


def lacks_node(image: Image, name: str) -> bool:
    """Whether Node.js is surely not there: in an image of a system or of another language nothing speaks of it."""
    base, program = image.base, name.rpartition("/")[2]
    if program not in _OF_NODE or "node" in base.programs or not (base.plain or is_bare(image)):
        return False
    for line in image.instructions:
        text = " ".join([line.value, *(one.content.text for one in line.heredocs)])
        if line.keyword not in _SPEAKS_OF_NOTHING and _MAY_BRING_NODE.search(text):
            return False
        if line.keyword == "RUN" and _RUNS_ANYTHING.search(text):
            return False
    return True


def is_no_name(name: str) -> bool:
    """Whether no package installs a program of this name: `npm start`, `app --help`, `$APP`, `['gunicorn',`."""
    first, *rest = name.split() or [name]
    program = first.rsplit("/", 1)[-1]
    command = rest and (
        program in SHELL_NAMES
        or program.endswith((".sh", ".py", ".js"))
        or find_program(program) is not None
        or any(word.startswith("-") or word in _OPERATORS for word in rest)
    )
    if first.startswith("-") or name.isdecimal():
        return True
    return name not in {"[", "[["} and (bool(command) or not _NEVER.isdisjoint(name.rsplit("/", 1)[-1]))


def may_be_the_bases(file: ImageFile | Unknown) -> bool:
    """Whether only the base image could have brought a file."""
    return isinstance(file, Unknown) and file.reason.startswith("it may come from the base image")


def own_script(path: str, paths: tuple[str, ...]) -> str:
    """The one of a base image's own scripts that a path, or a bare name, means; "" for none."""
    if "/" in path:
        return path if path in paths else ""
    return next((own for own in paths if own.rsplit("/", 1)[-1] == path), "")


def is_for(image: Image, word: str, cwd: str, env: Mapping[str, Field]) -> bool:
    """Whether a base image's own entrypoint puts its program before this first argument."""
    base = image.base
    if word.startswith("-") or (base.prepends_to and word.endswith(base.prepends_to)) or word in base.prepends_words:
        return True
    if not base.prepends_missing:
        return False
    file = find_file(image, word, cwd, env)
    if isinstance(file, Unknown):
        named = _meant_elsewhere(image, word, cwd) or is_npm_script(image, word, cwd)
        return find_program(word) is None and named
    return file is None or not (isinstance(file.mode, Unknown) or file.mode & 0o111)


def is_npm_script(image: Image, word: str, cwd: str) -> bool:
    """Whether a word is what a package.json calls one of its scripts, for which no system has a program."""
    file = image.files.lookup(posixpath.join(cwd, "package.json"))
    text = getattr(getattr(file, "content", None), "text", "")
    named = rf'"scripts"\s*:\s*\{{[^{{}}]*"{word}"\s*:'
    return image.base.plain and word.isalpha() and re.search(named, text) is not None


def _lacks(image: Image, name: str, cwd: str) -> bool:
    """Whether neither the system's own image, nor what the build put on top, has a program of this name."""
    base = image.base
    folder, _, program = (clean(posixpath.join(cwd, name)) if "/" in name else name).rpartition("/")
    if base.name.partition(":")[0] == base.family and f"{folder}/".startswith(_EMPTY):
        return True
    return (
        base.name.partition(":")[0] == base.family
        and (not folder or folder in DEFAULT_PATH.split(":"))
        and (folder.startswith("/usr/local/") or lacks(base.family, program))  # that is left to others
    )


def _meant_elsewhere(image: Image, name: str, cwd: str) -> bool:
    """Whether a name that only the base image could have on PATH is that of a file which the build puts elsewhere.

    No system brings along a script whose name ends in `.sh`, either.
    """
    base = image.base
    own = {path.rsplit("/", 1)[-1] for path in (*base.execs, *base.starts)}
    if "/" in name or name in own or not (base.plain or is_bare(image)):
        return False
    here = image.files.lookup(clean(posixpath.join(cwd, name)))
    return name.endswith(".sh") or image.files.puts(name) or not (here is None or isinstance(here, Unknown))


def begins_like_a_program(text: str) -> bool:
    """Whether a file is one that the kernel runs itself: ELF, or another that is no text."""
    return "\0" in text[:256] or text.startswith(("\x7fELF", "MZ"))
