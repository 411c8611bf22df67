"""The run folder: a ledger that survives `kill -9`, and files that are the same on every repeat.

The SQLite ledger has one writer, the coordinator, and one row a run; a run whose row says ``done`` is never
computed again. Everything else is written from the ledger when all runs are in, each file under a temporary
name and then renamed, ``DONE`` last. Only ``provenance.json`` and the ledger may differ between repeats.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from twin.errors import InputError, Words

Rows = Mapping[str, np.ndarray]
Tables = Mapping[str, Rows]

LEDGER = "ledger.sqlite"
DONE = "DONE"
_SQLITE = b"SQLite format 3"
_UNFINISHED = ".unfinished"
_LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}
_RECORDED = ("numpy", "numba", "scipy", "mesa", "duckdb", "matplotlib", "pydantic", "chinesecalendar")
_NAMES = {
    "digest": Words("what the scenario says", "场景内容"),
    "results_version": Words("the version of results", "结果版本"),
    "arms": Words("the arms", "方案"),
    "first_seed": Words("the first seed", "起始种子"),
    "data": Words("the content of the data that it reads, such as a request log", "所读数据的内容（如诉求日志）"),
}
_SCHEMA = """
CREATE TABLE IF NOT EXISTS identity (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS runs (
    arm TEXT, seed INTEGER, status TEXT NOT NULL, metrics TEXT, sha256 TEXT, failure TEXT, PRIMARY KEY (arm, seed));
CREATE TABLE IF NOT EXISTS tables (
    arm TEXT, seed INTEGER, name TEXT, content BLOB NOT NULL, PRIMARY KEY (arm, seed, name));
"""


@dataclass(frozen=True)
class Identity:
    """What makes two experiments the same, whatever the number of replications.

    ``digest`` is that of the scenario, ``data`` that of the files which it names ("": none).
    """

    digest: str
    results_version: int
    arms: tuple[str, ...]
    first_seed: int
    data: str = ""

    def rows(self) -> dict[str, str]:
        """The identity as the ledger keeps it."""
        return {
            "digest": self.digest,
            "results_version": str(self.results_version),
            "arms": json.dumps(self.arms, ensure_ascii=False),
            "first_seed": str(self.first_seed),
            "data": self.data,
        }


@dataclass
class RunFolder:
    """An open run folder; use it as a context manager. While open it is closed to other processes."""

    path: Path
    ledger: sqlite3.Connection
    started: float = field(default_factory=time.time)
    computed: int = 0

    @classmethod
    def open(cls, path: Path, identity: Identity, replications: int) -> RunFolder:
        """Create the folder, or open it if it holds this very experiment.

        Raises InputError R201 (another experiment), R202 (foreign files), R203 (cannot be written),
        R204 (in use by another process), R205 (it already holds more replications).
        """
        _make_folder(path)
        held = _is_run_folder(path)
        if not held and _foreign(path):
            raise InputError.of("R202", folder=str(path), files=", ".join(_foreign(path)[:3]))
        folder = cls(path, _open_ledger(path))
        try:
            folder._claim(identity, replications)
            folder._sweep()
        except BaseException:
            folder.ledger.close()
            raise
        return folder

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.ledger.close()

    def _claim(self, identity: Identity, replications: int) -> None:
        held = dict(self.ledger.execute("SELECT name, value FROM identity"))
        wanted = identity.rows()
        differing = [_NAMES[name] for name in wanted if held.get(name, wanted[name]) != wanted[name]]
        if differing:
            raise InputError.of("R201", folder=str(self.path), differing=differing)
        if int(held.get("replications", 0)) > replications:
            raise InputError.of("R205", folder=str(self.path), held=held["replications"], asked=replications)
        if held.get("replications") != str(replications):
            (self.path / DONE).unlink(missing_ok=True)
        wanted["replications"] = str(replications)
        with self.ledger:
            self.ledger.executemany("INSERT OR REPLACE INTO identity VALUES (?, ?)", wanted.items())

    def _sweep(self) -> None:
        """Remove what a killed session was writing."""
        for unfinished in self.path.rglob(f".*{_UNFINISHED}"):
            unfinished.unlink()

    # -- the ledger

    def finished(self) -> dict[tuple[str, int], dict[str, float]]:
        """Return the metrics of every finished run by (arm, seed)."""
        rows = self.ledger.execute("SELECT arm, seed, metrics FROM runs WHERE status = 'done' ORDER BY arm, seed")
        return {(arm, seed): json.loads(metrics) for arm, seed, metrics in rows}

    def record(self, arm: str, seed: int, measured: Mapping[str, float], packed: Mapping[str, bytes]) -> None:
        """Keep a finished run: its metrics and its packed tables by name, in one transaction."""
        text = canonical(measured)
        row = (arm, seed, "done", text, _digest_of(text, packed), None)
        with self.ledger:
            self.ledger.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?)", row)
            contents = [(arm, seed, name, content) for name, content in sorted(packed.items())]
            self.ledger.executemany("INSERT OR REPLACE INTO tables VALUES (?, ?, ?, ?)", contents)
        self.computed += 1

    def record_failure(self, arm: str, seed: int, why: str) -> None:
        """Keep why a run failed; it is tried again when the experiment is resumed."""
        row = (arm, seed, "failed", None, None, why)
        with self.ledger:
            self.ledger.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?)", row)

    def table_names(self) -> list[str]:
        """Return the names of the kept tables."""
        return [name for (name,) in self.ledger.execute("SELECT DISTINCT name FROM tables ORDER BY name")]

    def table_of(self, name: str, arm: str) -> Iterator[tuple[int, dict[str, np.ndarray]]]:
        """Yield (seed, columns) of one table for the runs of an arm, by seed."""
        query = "SELECT seed, content FROM tables WHERE name = ? AND arm = ? ORDER BY seed"
        for seed, content in self.ledger.execute(query, (name, arm)):
            yield seed, unpack(content)

    # -- files

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file of the folder so that it is there whole or not at all."""
        data = content.encode("utf-8") if isinstance(content, str) else content
        self._replace(name, lambda path: _write_through(path, data))

    def write_parquet(self, name: str, columns: Rows) -> None:
        """Write columns of equal length as one Parquet file, rows in their order."""
        self._replace(name, lambda path: _copy_to_parquet(path, columns))

    def write_tables(self, arms: Sequence[str]) -> None:
        """Write every kept table, one file an arm, all its runs by seed."""
        for name in self.table_names():
            for arm in arms:
                runs = [_with_run(arm, seed, columns) for seed, columns in self.table_of(name, arm)]
                self.write_parquet(f"tables/{name}-{file_name(arm)}.parquet", _stacked(runs))

    def write_provenance(self, settings: Mapping[str, object], sources: Mapping[str, str]) -> None:
        """Add this session to ``provenance.json``: versions, machine, command, wall time, sources word for word."""
        session = {**_session(self.started), "computed_runs": self.computed, **settings, "sources": dict(sources)}
        path = self.path / "provenance.json"
        earlier = json.loads(path.read_text("utf-8"))["sessions"] if path.exists() else []
        text = json.dumps(
            {"schema": "twin.provenance/1", "sessions": [*earlier, session]}, indent=1, ensure_ascii=False
        )
        self.write("provenance.json", text + "\n")

    def finish(self, digest: str) -> None:
        """Say that the folder is complete."""
        self.write(DONE, digest + "\n")

    def _replace(self, name: str, writer: Callable[[Path], None]) -> None:
        target = self.path / name
        target.parent.mkdir(exist_ok=True)
        unfinished = target.with_name(f".{target.name}{_UNFINISHED}")
        writer(unfinished)
        os.replace(unfinished, target)


def canonical(value: object) -> str:
    """Return the one JSON text of a value: keys sorted, numbers in full, no NaN."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def file_name(word: str) -> str:
    """Return a word as part of a file name on any system."""
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in word)


def pack(columns: Rows) -> bytes:
    """Return columns as bytes that depend on their content alone (column names in order)."""
    ordered = {name: np.ascontiguousarray(columns[name]) for name in sorted(columns)}
    head = canonical([[name, column.dtype.str, len(column)] for name, column in ordered.items()]).encode("utf-8")
    body = b"".join(column.tobytes() for column in ordered.values())
    return zlib.compress(len(head).to_bytes(8, "little") + head + body, level=1)


def unpack(content: bytes) -> dict[str, np.ndarray]:
    """Return the columns that :func:`pack` took (read-only)."""
    data = zlib.decompress(content)
    at = 8 + int.from_bytes(data[:8], "little")
    columns = {}
    for name, kind, count in json.loads(data[8:at]):
        columns[name] = np.frombuffer(data, np.dtype(kind), count, at)
        at += columns[name].nbytes
    return columns


# -- opening


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError.of("R203", folder=str(path), reason=error.strerror or str(error)) from error


def _is_run_folder(path: Path) -> bool:
    """Tell by the ledger's first bytes; it is empty if the very first start was cut short."""
    ledger = path / LEDGER
    if not ledger.is_file():
        return False
    with ledger.open("rb") as file:
        return file.read(len(_SQLITE)) in (_SQLITE, b"")


def _foreign(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.iterdir() if entry.name not in _LITTER)


def _open_ledger(path: Path) -> sqlite3.Connection:
    """Holding the lock for as long as the folder is open makes the coordinator the only writer."""
    ledger = None
    try:
        ledger = sqlite3.connect(path / LEDGER, timeout=0)
        for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL"):
            ledger.execute(f"PRAGMA {pragma}")
        ledger.executescript(_SCHEMA)
        return ledger
    except sqlite3.Error as error:
        if ledger is not None:
            ledger.close()
        code = "R204" if "locked" in str(error) else "R203"
        raise InputError.of(code, folder=str(path), reason=str(error)) from error


# -- writing


def _write_through(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _copy_to_parquet(path: Path, columns: Rows) -> None:
    """One thread, or DuckDB would write the row groups in the order in which threads end."""
    import duckdb

    target = str(path).replace("'", "''")
    with closing(duckdb.connect(":memory:", config={"threads": "1"})) as database:
        database.register("columns_in_memory", dict(columns))
        database.execute(f"COPY (SELECT * FROM columns_in_memory) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")


def _with_run(arm: str, seed: int, columns: Rows) -> dict[str, np.ndarray]:
    rows = len(next(iter(columns.values()), ()))
    return {"arm": np.full(rows, arm), "seed": np.full(rows, seed, np.int64), **columns}


def _stacked(runs: Sequence[Rows]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([columns[name] for columns in runs]) for name in runs[0]} if runs else {}


def _digest_of(metrics: str, packed: Mapping[str, bytes]) -> str:
    found = hashlib.sha256(metrics.encode("utf-8"))
    for name in sorted(packed):
        found.update(name.encode("utf-8") + zlib.decompress(packed[name]))
    return found.hexdigest()


# -- provenance


def _session(started: float) -> dict[str, Any]:
    ended = time.time()
    return {
        "started": _stamp(started),
        "ended": _stamp(ended),
        "wall_seconds": round(ended - started, 3),
        "command": sys.argv,
        "python": sys.version,
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "versions": {name: _version(name) for name in _RECORDED},
        "code": _commit(Path(__file__).resolve().parent),
    }


def _stamp(moment: float) -> str:
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).isoformat(timespec="seconds")


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _commit(folder: Path) -> dict[str, Any] | None:
    """Return the git commit of the code and whether the tree differs from it (``None``: no repository)."""
    git = shutil.which("git")
    if git is None:
        return None
    commit, status = (
        subprocess.run([git, "-C", str(folder), *ask], capture_output=True, text=True, check=False)
        for ask in (["rev-parse", "HEAD"], ["status", "--porcelain", "--", "."])
    )
    if commit.returncode != 0:
        return None
    return {"commit": commit.stdout.strip(), "changed": bool(status.stdout.strip())}
