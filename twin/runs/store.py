"""The run folder: a ledger that survives `kill -9`, and files that are the same on every repeat.

The SQLite ledger has one writer, the coordinator, and one row a run; a run whose row says ``done`` is never
computed again, unless what is stored of it no longer has its sha256. Everything else is written from the ledger
when all runs are in, each file under a temporary name and then renamed, ``DONE`` last. Only ``provenance.json``,
which tells of every session from its start, and the ledger may differ between repeats.
"""

from __future__ import annotations

import datetime
import errno
import hashlib
import json
import os
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np

from twin.errors import InputError, RunFailed, Words
from twin.runs.provenance import circumstances

Rows = Mapping[str, np.ndarray]
Tables = Mapping[str, Rows]

LEDGER = "ledger.sqlite"
DONE = "DONE"
RUNNING = "running"
PROVENANCE = "provenance.json"
READERS_WAITED_FOR = 5.0
"""Seconds for which a ledger that somebody only reads is waited for."""
_BETWEEN_TRIES = 0.1  # seconds
_LEDGER_FILES = {LEDGER, *(f"{LEDGER}-{tail}" for tail in ("wal", "shm", "journal"))}
_SQLITE = b"SQLite format 3\0"
_UNFINISHED = ".unfinished"
_LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}
_CODE = "code"
_REPLACEABLE = ("R201", "R205", "R206", "R207")
_WRITTEN = {DONE, PROVENANCE, "scenario.yaml", "metrics.parquet", "summary.json", "summary.html",
            "sweep.json", "attribution.json", "comparison.json", "search.json", "map.geojson"}  # fmt: skip
_WRITTEN_BELOW = {"tables": ".parquet", "figures": ".png", "rules": ".yaml"}
_FINGERPRINT_SHOWN = 12
_PARQUET = "FORMAT parquet, COMPRESSION zstd"
_FILES_SHOWN = 3
_NAMES = {
    "digest": Words("what the scenario says", "场景内容"),
    "results_version": Words("the version of results", "结果版本"),
    "arms": Words("the arms", "方案"),
    "first_seed": Words("the first seed", "起始种子"),
    "data": Words("the content of the data that it reads, such as a request log", "所读数据的内容（如诉求日志）"),
    _CODE: Words("the source of the program", "程序源代码"),
}
_SCHEMA = """
CREATE TABLE IF NOT EXISTS identity (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sessions (number INTEGER PRIMARY KEY, record TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS runs (
    arm TEXT, seed INTEGER, status TEXT NOT NULL, metrics TEXT, sha256 TEXT, failure TEXT, session INTEGER,
    PRIMARY KEY (arm, seed));
CREATE TABLE IF NOT EXISTS tables (
    arm TEXT, seed INTEGER, name TEXT, content BLOB NOT NULL, PRIMARY KEY (arm, seed, name));
"""
_TABLES = {"identity", "sessions", "runs", "tables"}
_MISSING = Words("it is missing", "文件缺失")
_EMPTY = Words("it is empty, but results lie beside it", "内容为空，而文件夹中已有结果")
_NO_DATABASE = Words("it is not a SQLite database, or its beginning is lost", "不是 SQLite 数据库，或文件开头已损坏")
_STRANGE = Words("it is a database of something else", "是其他程序的数据库")
_DAMAGED = Words("it is damaged: parts of it are missing or overwritten", "已损坏：部分内容缺失或被覆盖")
_REASONS = {
    errno.EACCES: Words("no permission to write there", "没有写入权限"),
    errno.EPERM: Words("no permission to write there", "没有写入权限"),
    errno.EROFS: Words("the disk is read-only", "磁盘为只读"),
    errno.ENOSPC: Words("the disk is full", "磁盘已满"),
    errno.ENAMETOOLONG: Words("the name is too long", "名称过长"),
    errno.ENOENT: Words("there is no such place", "该位置不存在"),
}


@dataclass(frozen=True)
class Identity:
    """What makes two experiments the same, whatever the number of replications.

    ``digest`` is that of the scenario, ``data`` that of the files which it names ("": none), ``code`` the
    fingerprint of the program.
    """

    digest: str
    results_version: int
    arms: tuple[str, ...]
    first_seed: int
    data: str = ""
    code: str = ""

    def rows(self) -> dict[str, str]:
        """The identity as the ledger keeps it."""
        return {
            "digest": self.digest,
            "results_version": str(self.results_version),
            "arms": json.dumps(self.arms, ensure_ascii=False),
            "first_seed": str(self.first_seed),
            "data": self.data,
            _CODE: self.code,
        }


@dataclass
class RunFolder:
    """An open run folder; use it as a context manager. While open it is closed to other processes.

    ``damaged`` are the runs (arm, seed) whose stored results did not have their sha256 any more: they count
    as not computed.
    """

    path: Path
    ledger: sqlite3.Connection
    started: float = field(default_factory=time.time)
    computed: int = 0
    damaged: tuple[tuple[str, int], ...] = ()
    session: int = 0

    @classmethod
    def open(
        cls,
        path: Path,
        identity: Identity,
        replications: int,
        said: Mapping[str, object] | None = None,
        replace: bool = False,
        open_ended: bool = False,
    ) -> RunFolder:
        """Create the folder, or open it if it holds this very experiment, and record that a session begins.

        ``said`` is what the session is recorded with, besides its circumstances. Raises InputError R201
        (another experiment), R202 (foreign files), R203 (cannot be written), R204 (in use by another process),
        R205 (it already holds more replications), R206 (its ledger cannot be used), R207 (computed by another
        state of the program), R209 (a file, not a folder), R265 (somebody goes on reading its ledger). With
        ``replace`` a run folder that would be refused for what it holds (R201, R205, R206, R207) is cleared
        instead; foreign files never are. With ``open_ended`` it may hold more replications than the first few
        that are asked for.
        """
        try:
            return cls._opened(path, identity, replications, said or {}, open_ended)
        except InputError as error:
            if not replace or error.complaints[0].code not in _REPLACEABLE:
                raise
        clear(path)
        return cls._opened(path, identity, replications, said or {})

    @classmethod
    def _opened(
        cls, path: Path, identity: Identity, replications: int, said: Mapping[str, object], open_ended: bool = False
    ) -> RunFolder:
        _make_folder(path)
        fresh = _is_fresh(path)
        _refuse_unwritable(path)
        folder = cls(path, _open_ledger(path))
        try:
            folder._claim(identity, replications, fresh, open_ended)
            folder._drop_damaged()
            folder._sweep()
            folder._begin(said)
        except BaseException as error:
            folder.ledger.close()
            if isinstance(error, sqlite3.DatabaseError):
                raise _ledger_fault(path, error) from error
            raise
        return folder

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with closing(self.ledger):
            if kind is not None:
                with suppress(OSError, sqlite3.Error, RunFailed):  # what went wrong first is what counts
                    if dict(self._sessions())[self.session]["outcome"] == RUNNING:
                        self.end("interrupted" if issubclass(kind, KeyboardInterrupt) else "failed")

    def _claim(self, identity: Identity, replications: int, fresh: bool, open_ended: bool) -> None:
        held = dict(self.ledger.execute("SELECT name, value FROM identity"))
        if not held and not fresh:
            raise InputError.of("R206", ledger=str(self.path / LEDGER), reason=_EMPTY)
        wanted = identity.rows()
        differing = [name for name in wanted if held and held.get(name) != wanted[name]]
        if differing == [_CODE]:
            states = (text[:_FINGERPRINT_SHOWN] for text in (held.get(_CODE, "?"), identity.code))
            raise InputError.of("R207", **dict(zip(("held", "now"), states, strict=True)), folder=str(self.path))
        if differing:
            raise InputError.of("R201", folder=str(self.path), differing=names_of(differing))
        if open_ended:
            replications = max(replications, int(held.get("replications", 0)))
        if int(held.get("replications", 0)) > replications:
            raise InputError.of("R205", folder=str(self.path), held=held["replications"], asked=replications)
        if held.get("replications") != str(replications):
            self.reopen()
        wanted["replications"] = str(replications)
        with self.ledger:
            self.ledger.executemany("INSERT OR REPLACE INTO identity VALUES (?, ?)", wanted.items())

    def grown(self, replications: int) -> int:
        """Make room for so many replications, and return how many the folder is meant to hold: never fewer."""
        (held,) = self.ledger.execute("SELECT value FROM identity WHERE name = 'replications'").fetchone()
        if int(held) >= replications:
            return int(held)
        self.reopen()
        with self._writing(), self.ledger:
            self.ledger.execute("UPDATE identity SET value = ? WHERE name = 'replications'", (str(replications),))
        return replications

    def _drop_damaged(self) -> None:
        """Forget the runs whose stored results are not what was stored."""
        done = self.ledger.execute("SELECT arm, seed, metrics, sha256 FROM runs WHERE status = 'done'").fetchall()
        self.damaged = tuple(sorted((row[0], row[1]) for row in done if not self._is_whole(*row)))
        if self.damaged:
            self.reopen()
        with self.ledger:
            for table in ("tables", "runs"):
                self.ledger.executemany(f"DELETE FROM {table} WHERE arm = ? AND seed = ?", self.damaged)

    def _is_whole(self, arm: str, seed: int, metrics: str, sha256: str) -> bool:
        contents = self.ledger.execute("SELECT name, content FROM tables WHERE arm = ? AND seed = ?", (arm, seed))
        return is_whole(metrics, dict(contents.fetchall()), sha256)

    def reopen(self) -> None:
        """Say that the folder is not complete, until :meth:`finish`."""
        (self.path / DONE).unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove what a killed session was writing."""
        for unfinished in self.path.rglob(f".*{_UNFINISHED}"):
            unfinished.unlink()

    # -- sessions

    def _begin(self, said: Mapping[str, object]) -> None:
        """Record this session before it does anything, and how those ended that could not say so themselves."""
        for number, record in self._sessions():
            if record["outcome"] == RUNNING:
                (computed,) = self.ledger.execute("SELECT count(*) FROM runs WHERE session = ?", (number,)).fetchone()
                self._keep_session(number, {**record, "outcome": "killed", "computed_runs": computed})
        self.session = 1 + max((number for number, _ in self._sessions()), default=0)
        damage = {"damaged_runs": [list(run) for run in self.damaged]} if self.damaged else {}
        began = {"outcome": RUNNING, "started": _stamp(self.started)}
        self._keep_session(self.session, {**began, **circumstances(), **said, **damage})
        self._write_provenance()

    def end(self, outcome: str) -> None:
        """Record how the session ended ("finished", "failed", "interrupted"), and what it did."""
        ended = time.time()
        record = dict(self._sessions())[self.session] | {
            "outcome": outcome,
            "ended": _stamp(ended),
            "wall_seconds": round(ended - self.started, 3),
            "computed_runs": self.computed,
        }
        self._keep_session(self.session, record)
        self._write_provenance()

    def _sessions(self) -> list[tuple[int, dict[str, object]]]:
        rows = self.ledger.execute("SELECT number, record FROM sessions ORDER BY number")
        return [(number, json.loads(record)) for number, record in rows]

    def _keep_session(self, number: int, record: Mapping[str, object]) -> None:
        row = (number, json.dumps(record, ensure_ascii=False))
        with self._writing(), self.ledger:
            self.ledger.execute("INSERT OR REPLACE INTO sessions VALUES (?, ?)", row)

    def _write_provenance(self) -> None:
        """Write ``provenance.json`` from the ledger: versions, machine, command, wall time, sources word for word."""
        told = {"schema": "twin.provenance/1", "sessions": [record for _, record in self._sessions()]}
        self.write(PROVENANCE, json.dumps(told, indent=1, ensure_ascii=False) + "\n")

    # -- the ledger

    def finished(self) -> dict[tuple[str, int], dict[str, float]]:
        """Return the metrics of every finished run by (arm, seed)."""
        rows = self.ledger.execute("SELECT arm, seed, metrics FROM runs WHERE status = 'done' ORDER BY arm, seed")
        return {(arm, seed): json.loads(metrics) for arm, seed, metrics in rows}

    def record(self, arm: str, seed: int, finished: Packed) -> None:
        """Keep a finished run: its metrics and its packed tables by name, in one transaction."""
        self._keep(arm, seed, finished)
        self.computed += 1

    def adopt(self, arm: str, seed: int, metrics: str, tables: Mapping[str, bytes]) -> None:
        """Keep a run that another folder held: its metrics as their text and its packed tables, in one transaction."""
        self._keep(arm, seed, Packed(metrics, tables, result_digest(metrics, tables)))

    def _keep(self, arm: str, seed: int, finished: Packed) -> None:
        row = (arm, seed, "done", finished.metrics, finished.sha256, None, self.session)
        with self._writing(), self.ledger:
            self.ledger.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            contents = [(arm, seed, name, content) for name, content in sorted(finished.tables.items())]
            self.ledger.executemany("INSERT OR REPLACE INTO tables VALUES (?, ?, ?, ?)", contents)

    def digests(self) -> dict[tuple[str, int], str]:
        """Return the sha256 of every finished run by (arm, seed)."""
        rows = self.ledger.execute("SELECT arm, seed, sha256 FROM runs WHERE status = 'done'")
        return {(arm, seed): sha256 for arm, seed, sha256 in rows}

    def record_failure(self, arm: str, seed: int, why: str) -> None:
        """Keep why a run failed; it is tried again when the experiment is resumed."""
        row = (arm, seed, "failed", None, None, why, None)
        with self._writing(), self.ledger:
            self.ledger.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def remember(self, name: str, text: str) -> None:
        """Keep a text about the experiment under a name that :class:`Identity` does not use.

        The write-ahead log is emptied before and after: it then grows with the runs alone.
        """
        with self._writing():
            self._empty_log()
            with self.ledger:
                self.ledger.execute("INSERT OR REPLACE INTO identity VALUES (?, ?)", (name, text))
            self._empty_log()

    def _empty_log(self) -> None:
        self.ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

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
        self._replace(name, lambda path: _copy_to(path, columns, _PARQUET))

    def write_tables(self, arms: Sequence[str]) -> None:
        """Write every kept table, one file an arm, all its runs by seed."""
        with _database() as database:
            for name in self.table_names():
                for arm in arms:
                    runs = [_with_seed(seed, columns) for seed, columns in self.table_of(name, arm)]
                    if not runs:  # an arm without rules leaves no decisions
                        continue
                    copied = partial(_copied, database, columns=_stacked(runs), form=_PARQUET, arm=arm)
                    self._replace(f"tables/{name}-{file_name(arm)}.parquet", copied)

    def finish(self, digest: str) -> None:
        """Say that the session has ended and the folder is complete."""
        self.end("finished")
        self.write(DONE, digest + "\n")

    def _replace(self, name: str, writer: Callable[[Path], None]) -> None:
        target = self.path / name
        unfinished = target.with_name(f".{target.name}{_UNFINISHED}")
        with self._writing():
            target.parent.mkdir(exist_ok=True)
            writer(unfinished)
            os.replace(unfinished, target)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise RunFailed.of("R211", folder=str(self.path), reason=_reason(error)) from error


def names_of(parts: Sequence[str]) -> list[Words]:
    """Return what parts of an :class:`Identity` are called."""
    return [_NAMES[part] for part in parts]


def canonical(value: object) -> str:
    """Return the one JSON text of a value: keys sorted, numbers in full, no NaN."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def file_name(word: str) -> str:
    """Return a word as part of a file name on any system."""
    return "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in word)


class Packed(NamedTuple):
    """What is kept of a finished run: its metrics as text, its tables as packed bytes, and their digest."""

    metrics: str
    tables: Mapping[str, bytes]
    sha256: str


def packed(metrics: Mapping[str, float], tables: Tables) -> Packed:
    """Return what is kept of a run with these metrics and tables."""
    text = canonical(metrics)
    plain = {name: _plain(columns) for name, columns in tables.items()}
    shut = {name: zlib.compress(content, level=1) for name, content in plain.items()}
    return Packed(text, shut, _digest_of(text, plain.items()))


def _plain(columns: Rows) -> bytes:
    """Return columns as bytes that depend on their content alone (column names in order)."""
    ordered = {name: np.ascontiguousarray(columns[name]) for name in sorted(columns)}
    head = canonical([[name, column.dtype.str, len(column)] for name, column in ordered.items()]).encode("utf-8")
    body = b"".join(column.tobytes() for column in ordered.values())
    return len(head).to_bytes(8, "little") + head + body


def unpack(content: bytes) -> dict[str, np.ndarray]:
    """Return the columns of a packed table (read-only)."""
    data = zlib.decompress(content)
    at = 8 + int.from_bytes(data[:8], "little")
    columns = {}
    for name, kind, count in json.loads(data[8:at]):
        columns[name] = np.frombuffer(data, np.dtype(kind), count, at)
        at += columns[name].nbytes
    return columns


# -- opening


def folder_of(out: str | Path) -> Path:
    """Return the folder that was asked for; InputError R208 for a name of nothing, which would be this folder."""
    if not str(out).strip():
        raise InputError.of("R208")
    return Path(out)


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        file = next((one for one in (path, *path.parents) if one.is_file()), path)
        raise InputError.of("R209", folder=str(path), file=str(file)) from error
    except (OSError, ValueError) as error:
        raise _unusable(path, error) from error


def _is_fresh(path: Path) -> bool:
    """Tell whether no session has begun here yet; raise what speaks against using the folder."""
    ledger = path / LEDGER
    try:
        names = {entry.name for entry in path.iterdir()}
        head = _head_of(ledger) if LEDGER in names else None
    except OSError as error:
        raise _unusable(path, error) from error
    others = [name for name in names - _LEDGER_FILES - _LITTER if not name.endswith(_UNFINISHED)]
    if head:
        if head != _SQLITE:
            raise InputError.of("R206", ledger=str(ledger), reason=_NO_DATABASE)
    elif not {DONE, PROVENANCE}.isdisjoint(others):
        raise InputError.of("R206", ledger=str(ledger), reason=_MISSING if head is None else _EMPTY)
    elif others:
        raise _foreign(path, others)
    return not others


def clear(path: Path) -> None:
    """Take away the files of a run folder; R202, with nothing taken away, if there are others."""
    ours: list[Path] = []
    others: list[Path] = []
    for file in (file for file in path.rglob("*") if not file.is_dir()):
        at_the_top = file.parent == path and file.name in _WRITTEN | _LEDGER_FILES | _LITTER
        below = file.parent.parent == path and file.suffix == _WRITTEN_BELOW.get(file.parent.name)
        (ours if at_the_top or below or file.name.endswith(_UNFINISHED) else others).append(file)
    if others:
        raise _foreign(path, [file.relative_to(path).as_posix() for file in others])
    try:
        for file in sorted(ours, key=lambda file: file.name in (LEDGER, PROVENANCE)):  # while they stay it is ours
            file.unlink()
        for folder in (path / name for name in _WRITTEN_BELOW if (path / name).is_dir()):
            folder.rmdir()
    except OSError as error:
        raise _unusable(path, error) from error


def _foreign(path: Path, files: Sequence[str]) -> InputError:
    return InputError.of("R202", folder=str(path), files=", ".join(sorted(files)[:_FILES_SHOWN]))


def _head_of(ledger: Path) -> bytes:
    """The first bytes of a ledger: none if the very first start was cut short."""
    with ledger.open("rb") as file:
        return file.read(len(_SQLITE))


def _refuse_unwritable(path: Path) -> None:
    probe = path / f".probe{_UNFINISHED}"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise _unusable(path, error) from error


def _open_ledger(path: Path) -> sqlite3.Connection:
    """Holding the lock for as long as the folder is open makes the coordinator the only writer.

    Who only reads is waited for; another coordinator, beside whom nobody can read, is not.
    """
    patient_until = time.monotonic() + READERS_WAITED_FOR
    while True:
        try:
            return _locked_ledger(path)
        except sqlite3.Error as error:
            if "locked" not in str(error) or _is_coordinated(path):
                raise _ledger_fault(path, error) from error
            if time.monotonic() > patient_until:
                raise InputError.of("R265", ledger=str(path / LEDGER)) from error
        time.sleep(_BETWEEN_TRIES)


def _locked_ledger(path: Path) -> sqlite3.Connection:
    with ExitStack() as undo:
        ledger = sqlite3.connect(path / LEDGER, timeout=0)
        undo.callback(ledger.close)
        ledger.execute("PRAGMA locking_mode=EXCLUSIVE")
        _refuse_damage(path, ledger)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            ledger.execute(f"PRAGMA {pragma}")
        ledger.executescript(_SCHEMA)
        undo.pop_all()
    return ledger


def _is_coordinated(path: Path) -> bool:
    """Tell whether another process works in the folder: then the ledger cannot even be read."""
    try:
        with closing(sqlite3.connect(path / LEDGER, timeout=0)) as ledger:
            ledger.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        return "locked" in str(error)
    return False


def _refuse_damage(path: Path, ledger: sqlite3.Connection) -> None:
    (found,) = ledger.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise InputError.of("R206", ledger=str(path / LEDGER), reason=_DAMAGED)
    tables = {name for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables - _TABLES:
        raise InputError.of("R206", ledger=str(path / LEDGER), reason=_STRANGE)


def _ledger_fault(path: Path, error: sqlite3.Error) -> InputError:
    """Say what SQLite found."""
    if "locked" in str(error):
        return InputError.of("R204", folder=str(path))
    found = getattr(error, "sqlite_errorcode", None)
    if found in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        reason = _DAMAGED if found == sqlite3.SQLITE_CORRUPT else _NO_DATABASE
        return InputError.of("R206", ledger=str(path / LEDGER), reason=reason)
    return _unusable(path, error)


def _unusable(path: Path, error: Exception) -> InputError:
    return InputError.of("R203", folder=str(path), reason=_reason(error))


def _reason(error: Exception) -> Words | str:
    """Say why the system refused, in the reader's language where it is one of the usual reasons."""
    if isinstance(error, OSError):
        return _REASONS.get(error.errno or 0) or error.strerror or str(error)
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return _REASONS[errno.ENOSPC]
    return str(error)


# -- writing


def _write_through(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def write_table(file: Path, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write rows as Parquet or, where the name ends so, as CSV (``None``: an empty cell); raises OSError."""
    listed = list(zip(*rows, strict=True)) or [()] * len(names)
    columns = {name: np.array(column) for name, column in zip(names, listed, strict=True)}
    _copy_to(file, columns, "FORMAT csv, HEADER" if file.suffix == ".csv" else _PARQUET)


def read_parquet(file: Path) -> dict[str, np.ndarray]:
    """Return the columns of a Parquet file, rows in their order; raises OSError."""
    import duckdb

    source = str(file).replace("'", "''")
    with closing(duckdb.connect(":memory:", config={"threads": "1"})) as database:
        try:
            return dict(database.sql(f"SELECT * FROM '{source}'").fetchnumpy())
        except duckdb.Error as error:
            raise OSError(str(error)) from error


def _copy_to(path: Path, columns: Rows, form: str) -> None:
    with _database() as database:
        _copied(database, path, columns, form)


@contextmanager
def _database() -> Iterator[Any]:
    """One thread, or DuckDB would write the row groups in the order in which threads end."""
    import duckdb

    with closing(duckdb.connect(":memory:", config={"threads": "1"})) as database:
        yield database


def _copied(database: Any, path: Path, columns: Rows, form: str, arm: str | None = None) -> None:
    """Copy columns to a file; the arm, where it is given, comes first, as a constant (a column of text is dear)."""
    import duckdb

    target, said = (text.replace("'", "''") for text in (str(path), arm or ""))
    first = "" if arm is None else f"'{said}' AS arm, "
    database.register("columns_in_memory", dict(columns))
    try:
        database.execute(f"COPY (SELECT {first}* FROM columns_in_memory) TO '{target}' ({form})")
    except duckdb.IOException as error:
        raise OSError(str(error)) from error
    finally:
        database.unregister("columns_in_memory")


def read_rows(file: Path, columns: Sequence[str] | None, **equal: object) -> dict[str, np.ndarray]:
    """Return columns (``None``: all) of a Parquet file, of the rows in which the named columns have these values."""
    import duckdb

    wanted = "*" if columns is None else ", ".join(f'"{one}"' for one in columns)
    where = " AND ".join(f'"{name}" = ?' for name in equal) or "TRUE"
    with closing(duckdb.connect()) as engine:
        query = f"SELECT {wanted} FROM read_parquet(?) WHERE {where}"
        found = engine.execute(query, [str(file), *equal.values()]).fetchnumpy()
    return {name: _filled(column) for name, column in found.items()}


def count_rows(file: Path, columns: Sequence[str]) -> dict[tuple[Any, ...], int]:
    """Return how many rows of a Parquet file hold each combination of values of these columns."""
    import duckdb

    named = ", ".join(f'"{one}"' for one in columns)
    with closing(duckdb.connect()) as engine:
        query = f"SELECT {named}, count(*) FROM read_parquet(?) GROUP BY {named} ORDER BY {named}"
        return {tuple(row[:-1]): int(row[-1]) for row in engine.execute(query, [str(file)]).fetchall()}


def _filled(column: np.ndarray) -> np.ndarray:
    """Return a column as it was written: what is not a number comes back as missing."""
    if isinstance(column, np.ma.MaskedArray) and column.dtype.kind == "f":
        return np.ma.filled(column, np.nan)
    return np.asarray(column)


def _with_seed(seed: int, columns: Rows) -> dict[str, np.ndarray]:
    rows = len(next(iter(columns.values()), ()))
    return {"seed": np.full(rows, seed, np.int64), **columns}


def _stacked(runs: Sequence[Rows]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([columns[name] for columns in runs]) for name in runs[0]} if runs else {}


def result_digest(metrics: str, tables: Mapping[str, bytes]) -> str:
    """Return the sha256 of what a run gave: its metrics as text and its packed tables by name."""
    return _digest_of(metrics, ((name, zlib.decompress(content)) for name, content in tables.items()))


def _digest_of(metrics: str, tables: Iterable[tuple[str, bytes]]) -> str:
    found = hashlib.sha256(metrics.encode("utf-8"))
    for name, content in sorted(tables):
        found.update(name.encode("utf-8"))
        found.update(content)
    return found.hexdigest()


def is_whole(metrics: str, tables: Mapping[str, bytes], sha256: str) -> bool:
    """Tell whether what is stored of a run is what was stored."""
    try:
        return result_digest(metrics, tables) == sha256
    except (zlib.error, AttributeError, TypeError):  # bytes that are no packed table, or no text or bytes at all
        return False


# -- time


def _stamp(moment: float) -> str:
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).isoformat(timespec="seconds")
