"""Runs one command as PID 1 of a fresh container made of namespaces, and reports its life on standard output.

A program of its own, started by the harness with a specification as JSON on standard input. It writes one JSON object a
line: {"pid": N} (PID 1 as the outside sees it), {"started": true} or {"error": errno}, and at the end {"status": N}.

The root of the container has the machine's system folders, under overlays that take all writes and are gone with the
container; all else in it is empty, and its network has only the loopback.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import resource
import shutil
import signal
import socket
import struct
import sys
from typing import Any

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = (
    0x20000,
    0x8000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
MS_BIND, MS_REC, MS_PRIVATE, MS_NOSUID = 0x1000, 0x4000, 0x40000, 0x2
PR_SET_PDEATHSIG = 1
SIOCSIFFLAGS, IFF_UP = 0x8914, 1

SYSTEM = ("bin", "etc", "lib", "lib32", "lib64", "libx32", "sbin", "usr", "var")
"""The folders of the machine that the container sees."""

libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: Any) -> None:
    """Call a function of libc that returns 0; raise OSError where it does not."""
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}{arguments}: {os.strerror(number)}")


def mount(source: str, target: str, kind: str | None, flags: int = 0, options: str = "") -> None:
    os.makedirs(target, exist_ok=True)
    call("mount", source.encode(), target.encode(), kind.encode() if kind else None, flags, options.encode())


def enter_namespaces() -> bool:
    """Leave the machine's namespaces; True where a user namespace was needed for it."""
    user, group = os.geteuid(), os.getegid()
    flags = CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWNET
    call("unshare", flags | (CLONE_NEWUSER if user != 0 else 0))
    if user != 0:
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    return user != 0


def enter_root(scratch: str, log: str, touched: set[str], in_user_namespace: bool) -> None:
    """Build the container's root below `scratch` and make it this process's; `touched` folders can be written.

    An unprivileged user may not write to root's folders, not even on an overlay: the overlay has to have them already.
    """
    mount("tmpfs", scratch, "tmpfs")
    root = scratch + "/root"
    mount("tmpfs", root, "tmpfs", MS_NOSUID, "mode=755")
    # Folder by folder: an unprivileged overlay is refused where another file system is mounted below it.
    for name in SYSTEM:
        if os.path.islink(f"/{name}"):
            os.symlink(os.readlink(f"/{name}"), f"{root}/{name}")
        elif os.path.isdir(f"/{name}"):
            upper, work = f"{scratch}/upper-{name}", f"{scratch}/work-{name}"
            for folder in (upper, work, *(upper + path[len(name) + 1 :] for path in touched if is_below(path, name))):
                os.makedirs(folder, exist_ok=True)
            options = f"lowerdir=/{name},upperdir={upper},workdir={work}"
            mount("overlay", f"{root}/{name}", "overlay", 0, options + (",userxattr" if in_user_namespace else ""))
    mount("/dev", root + "/dev", None, MS_BIND | MS_REC)
    mount("tmpfs", root + "/tmp", "tmpfs", MS_NOSUID, "mode=1777")
    mount("tmpfs", root + "/run", "tmpfs", MS_NOSUID, "mode=755")
    for folder in ("proc", "root", "home"):
        os.mkdir(f"{root}/{folder}")
    mount(log, root + "/run/stand-ins", None, MS_BIND)
    os.chroot(root)
    os.chdir("/")


def is_below(path: str, name: str) -> bool:
    return path.startswith(f"/{name}/")


def place(files: list[dict[str, Any]], binaries: dict[str, bytes]) -> None:
    """Write what the container holds on top of the machine's folders: texts, links and copies of programs."""
    for file in files:
        path = file["path"]
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        elif os.path.lexists(path):
            os.remove(path)
        if "absent" in file:
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if "link" in file:
            os.symlink(file["link"], path)
            continue
        data = binaries[file["copy"]] if "copy" in file else file["text"].encode("utf-8", "surrogateescape")
        with open(path, "wb") as out:
            out.write(data)
        os.chmod(path, file["mode"])


def build(commands: list[dict[str, Any]], cwd: str, output: int) -> None:
    """Run the commands of an image's build in the container's root; what fails there shows in the measurement."""
    os.makedirs(cwd, exist_ok=True)
    for command in commands:
        child = os.fork()
        if child == 0:
            os.chdir(cwd)
            redirect(output)
            try:
                os.execve(command["argv"][0], command["argv"], command["env"])
            finally:
                os._exit(127)
        os.waitpid(child, 0)


def redirect(output: int) -> None:
    """No standard input; standard output and error into the log."""
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)


def loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP) + bytes(24))


def find_program(name: str, search: str) -> str:
    """As a container engine looks for it: the first executable file on PATH, a name with a slash as it is."""
    if "/" in name:
        return name
    for folder in search.split(":"):
        path = os.path.join(folder or ".", name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    raise FileNotFoundError(errno.ENOENT, "not on PATH", name)


def become(argv: list[str], env: dict[str, str], cwd: str, output: int) -> None:
    """In the new PID 1: own session, default dispositions, no standard input; then exec."""
    call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    os.setsid()
    mount("proc", "/proc", "proc")
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o022)
    os.makedirs(cwd, exist_ok=True)
    os.chdir(cwd)
    redirect(output)
    os.execve(find_program(argv[0], env.get("PATH", "")), argv, env)


def report(**event: object) -> None:
    os.write(1, json.dumps(event).encode() + b"\n")


def main() -> None:
    spec = json.load(sys.stdin)
    binaries = {}
    for path in {file["copy"] for file in spec["files"] if "copy" in file}:
        with open(path, "rb") as source:
            binaries[path] = source.read()
    output = os.open(spec["log"] + "/output", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    in_user_namespace = enter_namespaces()
    touched = {os.path.realpath(os.path.dirname(file["path"])) for file in spec["files"]}
    enter_root(spec["scratch"], spec["log"], touched, in_user_namespace)
    place(spec["files"], binaries)
    loopback_up()
    build(spec["build"], spec["cwd"], output)
    call("unshare", CLONE_NEWPID)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            become(spec["argv"], spec["env"], spec["cwd"], output)
        except OSError as problem:
            os.write(writing, str(problem.errno or errno.EIO).encode())
        os._exit(127)
    os.close(writing)
    report(pid=child)
    failure = os.read(reading, 16)
    if failure:
        report(error=int(failure))
    else:
        report(started=True)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    report(status=128 - code if code < 0 else code)


if __name__ == "__main__":
    main()
