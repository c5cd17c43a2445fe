"""Files and paths in Node.js (nodejs.org/api/fs.html, path.html)."""

from __future__ import annotations

import posixpath

from stopcheck.boot.conduct import Opaque
from stopcheck.boot.javascript.library.shelf import Shelf
from stopcheck.boot.javascript.values import (
    UNDEFINED,
    List,
    Promise,
    Thing,
    ThrownError,
)
from stopcheck.hints import TYPE_CHECKING
from stopcheck.image.paths import clean

if TYPE_CHECKING:
    from typing import Any


class Files(Shelf):
    """What stands in files, as far as it is known."""

    def _is_missing(self, name: object) -> bool:
        return isinstance(name, str) and name not in self.written and self.around.missing(name)

    def fs_readfilesync(self, _: Any, name: object = UNDEFINED, *__: Any) -> object:
        """fs.readFileSync()."""
        if self._is_missing(name):
            raise ThrownError(self.error("Error"))
        return Opaque("a file")

    def fs_existssync(self, _: Any, name: object = UNDEFINED) -> bool:
        """fs.existsSync()."""
        return not self._is_missing(name) and self.decide(self.place)

    def fs_writefilesync(self, _: Any, *arguments: Any) -> object:
        """fs.writeFileSync(), and what else does something to files at once."""
        self.written |= {one for one in arguments if isinstance(one, str)}
        return UNDEFINED

    fs_appendfilesync = fs_copyfilesync = fs_mkdirsync = fs_renamesync = fs_rmsync = fs_writefilesync
    fs_unlinksync = fs_chmodsync = fs_symlinksync = fs_writefilesync

    def fs_readdirsync(self, *_: Any) -> object:
        """fs.readdirSync()."""
        return Opaque("names")

    fs_statsync = fs_readdirsync

    def fs_readfile(self, _: Any, name: object = UNDEFINED, *rest: Any) -> None:
        """fs.readFile()."""
        failed = self._is_missing(name)
        self.later(rest[-1] if rest else UNDEFINED, (self.error("Error"),) if failed else (None, Opaque("a file")))

    def fs_writefile(self, _: Any, *arguments: Any) -> None:
        """fs.writeFile(), and what else does something to files later."""
        self.written |= {one for one in arguments if isinstance(one, str)}
        self.later(arguments[-1] if arguments else UNDEFINED, (None,))

    fs_appendfile = fs_mkdir = fs_unlink = fs_writefile

    def fs_promises_readfile(self, _: Any, name: object = UNDEFINED, *__: Any) -> Promise:
        """readFile() of fs/promises."""
        if self._is_missing(name):
            return self.promised(self.error("Error"), "broken")
        return self.promised(Opaque("a file"))

    def fs_promises_writefile(self, _: Any, *arguments: Any) -> Promise:
        """writeFile() of fs/promises, and its like."""
        self.written |= {one for one in arguments if isinstance(one, str)}
        return self.promised()

    fs_promises_mkdir = fs_promises_appendfile = fs_promises_unlink = fs_promises_rm = fs_promises_writefile

    def path_join(self, _: Any, *parts: Any) -> object:
        """path.join()."""
        known = parts and all(isinstance(part, str) for part in parts)
        return clean("/".join(filter(None, parts))) if known else Opaque("a path")

    def path_dirname(self, _: Any, path: object = UNDEFINED, *__: Any) -> object:
        """path.dirname()."""
        return posixpath.dirname(path) or "." if isinstance(path, str) else Opaque("a path")

    def url_fileurltopath(self, _: Any, url: object = UNDEFINED, *__: Any) -> object:
        """url.fileURLToPath()."""
        told = url.fields.get("href") if isinstance(url, Thing) else url
        plain = isinstance(told, str) and told.startswith("file:///") and "%" not in told
        return str(told).removeprefix("file://") if plain else Opaque("a path")

    def _url(self, url: object = UNDEFINED, base: object = UNDEFINED, *_: Any) -> object:
        """new URL(): that of a file, from where a module stands."""
        told = base.fields.get("href") if isinstance(base, Thing) else base
        if not isinstance(url, str) or not isinstance(told, str) or not told.startswith("file:///") or ":" in url:
            return Opaque("a URL")
        path = clean(posixpath.join(posixpath.dirname(told.removeprefix("file://")), url))
        return Thing("", {"href": f"file://{path}", "pathname": path, "protocol": "file:"})

    def os_cpus(self, *_: Any) -> List:
        """os.cpus(): two stand for as many as there are."""
        return List([Opaque("a processor"), Opaque("a processor")])

    def os_availableparallelism(self, *_: Any) -> int:
        """os.availableParallelism()."""
        return 2

    def path_resolve(self, _: Any, *parts: Any) -> object:
        """path.resolve(), from a folder that is known."""
        known = parts and all(isinstance(part, str) for part in parts) and parts[0].startswith("/")
        return clean(posixpath.join(*parts)) if known else Opaque("a path")

    def date_now(self, *_: Any) -> float:
        """Date.now()."""
        return 1_700_000_000_000.0 + self.loop.clock * 1000

    def dotenv_config(self, *_: Any) -> object:
        """config() of dotenv: it looks for a file `.env`, and sets what that has."""
        self.env_open = self.env_open or not self.around.missing(".env")
        return Opaque("dotenv.config")
