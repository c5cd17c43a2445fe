"""What is known of the files of a base image: where there can be none, and what is surely missing."""

from __future__ import annotations

from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.layers import PROGRAM_FOLDERS, Mark, Maybe
from stopcheck.image.model import Unlikely
from stopcheck.image.paths import base, inside, parent
from stopcheck.model import Unknown

if TYPE_CHECKING:
    from stopcheck.image.layers import Answer
    from stopcheck.image.model import Base

_STANDARD = frozenset(
    [
        *(
            "bin",
            "boot",
            "dev",
            "etc",
            "home",
            "lib",
            "lib32",
            "lib64",
            "libx32",
            "media",
            "mnt",
            "opt",
            "proc",
            "root",
        ),
        *("run", "sbin", "srv", "sys", "tmp", "usr", "var"),
    ]
)
"""Folders of the root that the Filesystem Hierarchy Standard knows: only the base image can tell what is in them."""

_EMPTY_HOMES = frozenset({"alpine", "debian", "ubuntu"})
"""Systems in whose images /root holds nothing but what begins with a dot (RHEL's has anaconda-ks.cfg)."""
_ALWAYS_FOLDERS = frozenset(
    [
        *("/bin", "/dev", "/etc", "/home", "/lib", "/media", "/mnt", "/opt", "/proc", "/root", "/run", "/sbin", "/srv"),
        *("/sys", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin", "/usr/local/lib"),
        *("/usr/local/share", "/usr/sbin", "/usr/share", "/var", "/var/cache", "/var/lib", "/var/log", "/var/run"),
        "/var/tmp",
    ]
)
"""Folders that every Linux distribution's image has."""

_EMPTY = ("/mnt/", "/srv/")
"""Folders in which the images of systems have nothing, nor those of languages."""
_SPARSE = {
    "/etc/": """. X11 adduser alternatives apt bash bindresvport binfmt ca- cron dbus deb default deluser dpkg e2scrub
    environment ethertypes fonts fstab gai group gshadow host init inputrc issue java kernel ld. libaudit locale
    localtime login logrotate magic mailcap mime mke2fs mod motd mtab nanorc netconfig networks newt nsswitch opt os-
    pam passwd perl profile protocols python rc resolv rmt rpc securetty security selinux services shadow shells skel
    ssh ssl sub sudo sv sysctl systemd terminfo timezone tmpfiles ucf udev update vim wgetrc xattr xdg""",
    "/home/": "node", "/opt/": "yarn", "/var/cache/": "adduser apt debconf font ldconfig man",
    "/var/lib/": "apt dbus dpkg misc pam private python shells. sudo systemd ucf udev usb vim",
    "/var/log/": "alternatives apt bootstrap btmp dpkg faillog fontconfig installer journal lastlog wtmp",
}  # fmt: skip
"""How the names begin that Debian's slim image has in some folders, or one that adds a language to it."""


class BaseFiles:
    """What is known of the files of a base image: where there can be none, and what is surely missing."""

    def __init__(self, image: Base) -> None:
        self._image = image
        name = image.name
        self._unknown = Unlikely(f"it may come from the base image {name}")
        self._lean = image.family == "debian" and "pgrep" in image.missing
        self._nowhere = Unknown(f"the working directory of the base image {name} is not known")
        entrypoint = () if isinstance(image.entrypoint, Unknown) else image.entrypoint or ()
        cmd = () if isinstance(image.cmd, Unknown) else image.cmd or ()
        # What it starts itself is there, also where there is nothing else.
        self._started = frozenset(path for path in (*entrypoint[:1], *cmd[:1]) if path.startswith("/"))
        own = (image.workdir, *image.execs, *image.starts, *entrypoint)
        # A top-level name that the image uses itself, such as /docker-entrypoint.sh and /docker-entrypoint.d.
        self._own = tuple(path.split("/")[1].split(".")[0] for path in own if path.startswith("/") and path != "/")

    def at(self, path: str) -> Answer:
        """See Layer.at."""
        image = self._image
        if path == "/":
            return Mark.FOLDER
        if not path.startswith("/"):
            return Mark.FOLDER if path in ("", ".") else Maybe(self._nowhere)
        if path in self._started:
            return Maybe(self._unknown)
        if image.family == "scratch":
            return Mark.ABSENT
        if image.workdir and (path == image.workdir or inside(image.workdir, path)):
            return Mark.FOLDER
        if not image.family:
            return Maybe(self._unknown)
        if image.plain and (path.startswith(_EMPTY) or (self._lean and _is_nowhere(path))):
            return Mark.ABSENT
        if path in _ALWAYS_FOLDERS and image.family not in ("distroless", "busybox"):
            return Mark.FOLDER
        if parent(path) in PROGRAM_FOLDERS and base(path) in image.missing:
            return Mark.ABSENT
        if path.startswith("/etc/") and base(path).removesuffix(".conf") in image.missing:
            return Mark.ABSENT  # a program's configuration comes with it
        top = path.split("/")[1]
        if top == "root" and image.plain and image.family in _EMPTY_HOMES and "/." not in path:
            return Mark.ABSENT
        if top in _STANDARD or top.startswith(self._own):
            return Maybe(self._unknown)
        return Mark.ABSENT


def _is_nowhere(path: str) -> bool:
    """Whether a path begins with nothing that Debian's slim image has."""
    for folder, names in _SPARSE.items():
        if path.startswith(folder):
            return not path.startswith(tuple(folder + name for name in names.split()))
    return False
