"""What lands in the drill, in every way that files land, and the list of what has to come of it.

The list is kept from the writing alone: it never looks at the folder, the ledger or the
warehouse. Each row has a profile of its own, so a row that is missing, doubled or left over
from an older version of its file shows by its name.
"""

from __future__ import annotations

import hashlib
import io
import os
import random
import tarfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HEAD = "who,day,fans\n"
DAYS = ("2025-01-01", "2025-01-02", "2025-01-03")

Row = tuple[str, str, int]
"""Profile, day, followers."""


@dataclass
class Landing:
    """A folder in which things happen, and what it holds when they have.

    Attributes:
        folder: in the landing folder, with a mapping for `*.csv`.
        rows: what each file holds; of an archive, each member under a name of its own.
        digests: SHA-256 of each of these.
        events: how many there were of each kind.
    """

    folder: Path
    seed: int = 0
    rows: dict[str, list[Row]] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)
    _made: int = 0
    _touched: set[str] = field(default_factory=set)
    _writers: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def burst(self, size: int) -> None:
        """So many events at once; returns when the last slow writer has ended."""
        kinds: dict[Callable[[], bool], int] = {
            self._new: 30, self._renamed: 20, self._in_pieces: 6, self._grown: 14,
            self._appended: 8, self._replaced: 12, self._copied: 4, self._archive: 6,
        }  # fmt: skip
        self._touched.clear()
        for kind in self._random.choices(list(kinds), list(kinds.values()), k=size):
            # At first there is no file yet that could grow or be replaced.
            done = kind if kind() else self._new
            if done is not kind:
                done()
            self.events[done.__name__.strip("_")] += 1
        for writer in self._writers:
            writer.join()
        self._writers.clear()

    def expected(self) -> Counter[Row]:
        """Every row that has to be in the warehouse, once each: copies add nothing."""
        by_content = {self.digests[name]: rows for name, rows in self.rows.items()}
        return Counter(row for rows in by_content.values() for row in rows)

    # The ways of landing: each tells whether there was something that it could happen to.

    def _new(self) -> bool:
        name = self._name()
        self._write(name, self._note(name, self._some_rows()))
        return True

    def _renamed(self) -> bool:
        name = self._name()
        self._put(name, self._note(name, self._some_rows()))
        return True

    def _in_pieces(self) -> bool:
        """Cut anywhere, also within a line."""
        name = self._name()
        self._slowly(name, self._note(name, self._some_rows(20)), "wb")
        return True

    def _grown(self) -> bool:
        """The same name with more rows, renamed into place."""
        if (name := self._old(alone=True)) is None:
            return False
        self._put(name, self._note(name, [*self.rows[name], *self._some_rows()]))
        return True

    def _appended(self) -> bool:
        """More rows at the end, while others read it."""
        if (name := self._old(alone=True)) is None:
            return False
        more = self._some_rows(10)
        self._note(name, [*self.rows[name], *more])
        self._slowly(name, _text(more).encode(), "ab")
        return True

    def _replaced(self) -> bool:
        """The same name with other rows; half of them as old as the file before, as `cp -p`."""
        if (name := self._old()) is None:
            return False
        stat = (self.folder / name).stat()
        content = self._note(name, self._some_rows())
        if self._random.random() < 0.5:
            self._put(name, content, (stat.st_atime_ns, stat.st_mtime_ns))
        else:
            self._write(name, content)
        return True

    def _copied(self) -> bool:
        """The bytes of another file under a new name."""
        if (old := self._old()) is None:
            return False
        name = self._name()
        self._write(name, self._note(name, self.rows[old]))
        return True

    def _archive(self) -> bool:
        """A zip or a tar of three files; now and then in place of an older one."""
        old = sorted({n.split("!")[0] for n in self.rows if "!" in n} - self._touched)
        if old and self._random.random() < 0.3:
            name = self._random.choice(old)
            self._touched.add(name)
        else:
            name = self._name(self._random.choice([".zip", ".tar.gz", ".tar"]))
        members = {m: self._note(f"{name}!{m}", self._some_rows()) for m in MEMBERS}
        self._put(name, _zip(members) if name.endswith(".zip") else _tar(members, name))
        return True

    # How it is done.

    def _name(self, ending: str = ".csv") -> str:
        self._made += 1
        name = f"{self._random.choice(['', 'deep/', 'deep/er/'])}{self._made:04}{ending}"
        self._touched.add(name)
        return name

    def _old(self, alone: bool = False) -> str | None:
        """A file that nothing has happened to in this burst; `alone`: and that has no copy.

        The rows of a file that grew would rightly stand twice if a copy of the shorter one was
        read before it, as the two are different files then: this drill leaves that out.
        """
        copies = Counter(self.digests.values())
        names = [
            n for n in self.rows
            if "!" not in n and n not in self._touched
            and not (alone and copies[self.digests[n]] > 1)
        ]  # fmt: skip
        if not names:
            return None
        name = self._random.choice(names)
        self._touched.add(name)
        return name

    def _some_rows(self, most: int = 6) -> list[Row]:
        """New profiles: no other row of any file has them."""
        rows = []
        for _ in range(self._random.randint(1, most)):
            self._made += 1
            rows.append((f"p{self._made:05}", self._random.choice(DAYS), self._made))
        return rows

    def _note(self, name: str, rows: list[Row]) -> bytes:
        content = (HEAD + _text(rows)).encode()
        self.rows[name], self.digests[name] = rows, hashlib.sha256(content).hexdigest()
        return content

    def _write(self, name: str, content: bytes) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def _put(self, name: str, content: bytes, times: tuple[int, int] | None = None) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        hidden = path.with_name(f".{path.name}.part")
        hidden.write_bytes(content)
        if times:
            os.utime(hidden, ns=times)
        hidden.replace(path)

    def _slowly(self, name: str, content: bytes, mode: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cuts = sorted(self._random.sample(range(1, len(content)), min(4, len(content) - 1)))
        pieces = [content[a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True)]

        def write() -> None:
            with path.open(mode) as out:
                for piece in pieces:
                    out.write(piece)
                    out.flush()
                    time.sleep(0.5)

        self._writers.append(threading.Thread(target=write))
        self._writers[-1].start()


MEMBERS = ("a.csv", "b.csv", "in/c.csv")


def _text(rows: list[Row]) -> str:
    return "".join(f"{who},{day},{fans}\n" for who, day, fans in rows)


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return out.getvalue()


def _tar(members: dict[str, bytes], name: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz" if name.endswith("gz") else "w") as file:
        for member, content in members.items():
            info = tarfile.TarInfo(member)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return out.getvalue()
