"""Package managers: which packages a command installs, and where those go."""

from __future__ import annotations

import re

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.layers import PROGRAM_FOLDERS, Programs
from stopcheck.knowledge.systems import package_programs
from stopcheck.records import dataclass
from stopcheck.regex import regex

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SYSTEM = ("/bin", "/boot", "/etc", "/home", "/lib", "/lib64", "/opt", "/root", "/run", "/sbin", "/srv", "/usr", "/var")
"""Folders that packages go to."""
_OF_USERS = ("/home", "/root")
"""Those that a distribution's packages leave to users; source: Filesystem Hierarchy Standard 3.0, 3.8 and 3.14."""


@dataclass(frozen=True, slots=True)
class Manager:
    """A package manager: its words for installing, options that take a value, where its packages go.

    `here`: into the current folder, too. `elsewhere` are words by which it may write anywhere.
    """

    verbs: frozenset[str]
    valued: frozenset[str] = frozenset()
    folders: tuple[str, ...] = SYSTEM
    here: bool = False
    elsewhere: frozenset[str] = frozenset()


def _manager(
    verbs: str, valued: str = "", elsewhere: str = "", *, here: bool = False, of_users: bool = True
) -> Manager:
    folders = SYSTEM if of_users else tuple(folder for folder in SYSTEM if folder not in _OF_USERS)
    return Manager(frozenset(verbs.split()), frozenset(valued.split()), folders, here, frozenset(elsewhere.split()))


_DEB = _manager("install", "-t --target-release -o --option -c", of_users=False)
_RPM = _manager(
    "install localinstall groupinstall", "--enablerepo --disablerepo --repo --setopt", "--installroot", of_users=False
)
_PIP = _manager(
    "install",
    "-r --requirement -c --constraint -i --index-url --extra-index-url -f -e",
    "-t --target --prefix --root",
)
_NPM = _manager("install i add ci", "--registry", "run exec --prefix", here=True)

MANAGERS = {
    "apk": _manager("add", "-t --virtual --repository -X", "-p --root", of_users=False),
    **dict.fromkeys(("apt-get", "apt", "aptitude"), _DEB),
    **dict.fromkeys(("yum", "dnf", "microdnf", "tdnf", "zypper"), _RPM),
    **dict.fromkeys(("pip", "pip3", "pip2"), _PIP),
    **dict.fromkeys(("npm", "yarn", "pnpm", "bun"), _NPM),
    "gem": _manager("install", "-v --version", "-i --install-dir"),
    "bundle": _manager("", "", "exec", here=True),
    "composer": _manager("require", "", "run-script", here=True),
    "pecl": _manager("install"),
    "cpanm": _manager(""),
    "pacman": _manager("-S -Sy -Syu"),
    "conda": _manager("install", "-c -n --name --channel"),
    "mamba": _manager("install", "-c -n --name --channel"),
    "poetry": _manager("add", "", "run", here=True),
    "uv": _manager("add", "", "run pip", here=True),
    "npx": _manager("", here=True),
    **dict.fromkeys(
        (
            "docker-php-ext-install",
            "docker-php-ext-enable",
            "docker-php-ext-configure",
            "a2enmod",
            "a2dismod",
            "a2ensite",
        ),
        _manager(""),
    ),
    **dict.fromkeys(
        (
            "a2dissite",
            "a2enconf",
            "a2disconf",
            "dpkg",
            "rpm",
            "locale-gen",
            "ldconfig",
            "update-ca-certificates",
            "snap",
        ),
        _manager(""),
    ),
    **dict.fromkeys(
        ("update-alternatives", "alternatives", "debconf-set-selections", "add-apt-repository", "apt-key", "apt-mark"),
        _manager(""),
    ),
    **dict.fromkeys(
        (
            "apt-cache",
            "rc-update",
            "setcap",
            "corepack",
            "phpenmod",
            "phpdismod",
            "update-rc.d",
            "apt-add-repository",
        ),
        _manager(""),
    ),
}
"""Commands whose files go to the system's folders, and to the current one where `here`."""

_VERSION = regex(r"(?<=.)(@|[<>=~!]=?|:).*", re.DOTALL)


def installed(manager: Manager, words: Sequence[str | None]) -> frozenset[str]:
    """The names of the packages that a command installs, without versions; a pip extra is dropped."""
    names: set[str] = set()
    found = skip = False
    for word in words:
        if skip or word is None:
            skip = False
        elif word in manager.valued:
            skip = True
        elif not found and word in manager.verbs:
            found = True
        elif found and word and not word.startswith(("-", ".", "/")):
            name = _VERSION.sub("", word).partition("[")[0]
            if name:
                names.add(name)
    return frozenset(names)


_NAMED = frozenset({"apk", "apt-get", "apt", "aptitude", "yum", "dnf", "microdnf", "zypper", "pip", "pip3", "npm",
                    "yarn", "pnpm"})  # fmt: skip
"""Package managers that install what they are told by name, and what that needs."""
_LISTS = (".apk", ".deb", ".gz", ".rpm", ".toml", ".txt", ".whl", ".yaml", ".yml", ".zip")
_STEMS = {
    "mysql": "mysql mariadb", "mysqladmin": "mysql mariadb", "pg_isready": "postgres", "psql": "postgres",
    "python": "python-", "redis-cli": "redis valkey", "s6-svscan": "s6", "supervisord": "supervisor",
    "tini-static": "tini",
}  # fmt: skip
"""What the name of a package, and a `-`, has in it that holds a program, where that is not the program's own name."""
RENAMED = frozenset({"python"})
"""What a distribution's packages call otherwise: `python-is-python3` alone brings it, and
(`apt-cache rdepends`) nothing else asks for that."""


_WITHOUT_BASH = frozenset({
    "build-base", "ca-certificates", "coreutils", "curl", "dumb-init", "g++", "gcc", "gcompat", "jq", "libc6-compat",
    "libffi-dev", "libgcc", "libstdc++", "linux-headers", "make", "musl-dev", "netcat-openbsd", "nginx", "nodejs",
    "npm", "openssl", "openssl-dev", "procps", "py3-pip", "python3", "redis", "shadow", "su-exec", "supervisor", "tini",
    "tzdata", "wget",
})  # fmt: skip
"""Alpine's packages that people add most, of those that do not need bash."""
_APT = {"dumb-init": ("/usr/bin",), "tini": ("/usr/bin",)}
_PLACES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "apk": {"dumb-init": ("/usr/bin",), "tini": ("/sbin", "/usr/sbin")}, "apt-get": _APT, "apt": _APT
}  # fmt: skip
"""Where the distributions' packages put a program of their name; source: their file lists. (Alpine's /sbin becomes a
link to /usr/sbin, which stays a folder of its own: alpinelinux.org/posts/2025-10-01-usr-merge.html.)"""

_INTERPRETERS = (
    "ash",
    "bash",
    "dash",
    "ksh",
    "node",
    "perl",
    "php",
    "python",
    "python2",
    "python3",
    "ruby",
    "sh",
    "zsh",
)
"""Programs that scripts name by their paths: a distribution's package puts nothing into /usr/local."""

_LANGUAGES = frozenset({"pip", "pip3", "npm", "yarn", "pnpm"})


def brought(name: str, words: Sequence[str | None], known: frozenset[str], systems: frozenset[str]) -> Programs:
    """The programs that a package manager's command may bring; of those it may not, `known` are told.

    `systems`: those that the manager of a language does not bring, either.
    """
    brings = _programs(name, words)
    if brings is None:
        known |= systems if name in _LANGUAGES else frozenset()
        return Programs(_not_installed(name, words, known), all_but=True)
    places = _PLACES.get(name, {})
    paths = {f"{folder}/{each}" for each in brings for folder in places.get(each, ())}
    return Programs(frozenset({*paths, *(each for each in brings if each not in places)}), all_but=False)


def _not_installed(name: str, words: Sequence[str | None], programs: frozenset[str]) -> frozenset[str]:
    """Those of the programs that a command surely does not install: names, or paths where it puts them elsewhere."""
    if name not in _NAMED:
        return frozenset()
    for word in words:
        # A file, a repository of its own; and what runs containers brings an init along.
        if word is None or word.startswith((".", "/", "http", "git+", "-r", "-c", "-e", "-f")) or word.endswith(_LISTS):
            return frozenset()
        if "docker" in word or "podman" in word:
            return frozenset()
    named = [f"{word.partition('=')[0]}-" for word in words if word]
    stems = {each: _STEMS.get(each, each).split() for each in programs}
    never = {each for each in programs if not any(stem in name for stem in stems[each] for name in named)}
    for program, folders in _PLACES.get(name, {}).items():
        if program in installed(MANAGERS[name], words):
            never |= {f"{other}/{program}" for other in PROGRAM_FOLDERS - set(folders)}
    if name in _PLACES:
        never |= {f"/usr/local/{folder}/{each}" for folder in ("bin", "sbin") for each in _INTERPRETERS}
    packages = installed(MANAGERS[name], words)
    if name == "apk" and packages <= _WITHOUT_BASH:
        never.add("bash")
    return frozenset(never)


_CLOSED = frozenset({"apk", "apt", "apt-get"})


def _programs(name: str, words: Sequence[str | None]) -> frozenset[str] | None:
    """All programs that a package manager's command brings; None where that is not known."""
    if name not in _CLOSED or any(word is None or word.startswith((".", "/")) for word in words):
        return None
    brought: frozenset[str] = frozenset()
    for package in installed(MANAGERS[name], words):
        found = package_programs(package)
        if found is None:
            return None
        brought |= found
    return brought


SILENT = frozenset(
    [
        *("true", ":", "set", "unset", "export", "readonly", "local", "declare", "typeset", "shift", "trap", "wait"),
        *("exit", "return", "break", "continue", "umask", "ulimit", "sleep", "test", "[", "chown", "chgrp", "groupadd"),
        *("addgroup", "groupdel", "usermod", "userdel", "deluser", "delgroup", "gpasswd", "passwd", "chpasswd", "chsh"),
        *("groupmod", "alias", "unalias", "hash", "shopt", "kill", "pkill", "killall", "sync", "strip", "false"),
    ]
)
"""Commands that put no file anywhere and print nothing that matters."""

TALKING = frozenset(
    [
        *(
            "ls",
            "find",
            "grep",
            "egrep",
            "fgrep",
            "cut",
            "sort",
            "uniq",
            "head",
            "tail",
            "wc",
            "tr",
            "which",
            "command",
        ),
        *(
            "type",
            "id",
            "whoami",
            "uname",
            "date",
            "env",
            "printenv",
            "pwd",
            "dirname",
            "basename",
            "readlink",
            "realpath",
        ),
        *(
            "stat",
            "du",
            "df",
            "ps",
            "diff",
            "cmp",
            "md5sum",
            "sha1sum",
            "sha256sum",
            "sha512sum",
            "b2sum",
            "gpg",
            "gpg2",
        ),
        *(
            "gpgconf",
            "dpkg-architecture",
            "dpkg-query",
            "ldd",
            "file",
            "getconf",
            "getent",
            "arch",
            "nproc",
            "seq",
            "base64",
        ),
        *(
            "hostname",
            "lsb_release",
            "free",
            "tput",
            "rev",
            "yes",
            "jq",
            "yq",
            "xxd",
            "od",
            "expr",
            "openssl",
            "ssh-keyscan",
        ),
        *("busybox", "cat", "echo", "printf", "tee", "sed", "awk", "gawk", "mktemp", "read", "dircolors", "apt-config"),
    ]
)
"""Commands that put no file anywhere (but by a redirection), and print something."""

TESTS = frozenset(["test", "[", "grep", "egrep", "command", "which", "type", "id", "getent", "diff", "cmp", "hash"])
"""Commands that are run to ask something: what follows on success may not be run."""

WRAPPERS = {
    **dict.fromkeys(("sudo", "doas"), "uUgGCpDhrt"),
    "env": "uC",
    "time": "fo",
    "nice": "n",
    "exec": "a",
    **dict.fromkeys(("command", "builtin", "nohup", "eatmydata", "busybox", "retry", "\\time", "setsid"), ""),
}
"""Commands that run the rest of their arguments, with the letters of the options that take a value."""
