"""Odd tables at random: what salvor counts is what delta-rs and DuckDB's delta-kernel read, or salvor has said that it is
in doubt, broken or refused; and what it then puts back never stands beside rows that a reader sees.

SALVOR_SEED runs the same tables again, SALVOR_ODD_TABLES says how many (200).
"""

import datetime
import decimal
import json
import math
import os
import re
from collections import Counter
from pathlib import Path

import duckdb
import duckdb_extension_delta
import pytest
from deltalake import DeltaTable, QueryBuilder

from odd_lake import OddLake
from salvor_run import DONE, LOSS, LOST, REFUSED, run

TABLES = int(os.environ.get("SALVOR_ODD_TABLES", "200"))
SLICES = 8


@pytest.fixture(scope="module")
def kernel():
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true", "threads": "1"})
    folder = Path(duckdb_extension_delta.__file__).parent
    connection.load_extension(str(next(folder.rglob("delta.duckdb_extension"))))
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def canonical(value):
    """One object for each partition value, whoever read it."""
    if value is None:
        return None
    if isinstance(value, float):
        if math.isnan(value):
            return "nan"
        return float(value) + 0.0 if value else 0.0  # the two zeros are one partition to Spark, two to delta-rs
    if isinstance(value, decimal.Decimal):
        return value.normalize() + 0
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None) if value.tzinfo is None else value.astimezone(
            datetime.timezone.utc).replace(tzinfo=None)
    return value


def from_salvor(text, kind):
    """What salvor's text means as a value of the column; the text itself where it means none."""
    if text is None:
        return None
    try:
        if kind in ("float", "double"):
            value = float(text)
            if kind == "float" and math.isfinite(value):
                value = float(memoryview(bytearray(__import__("struct").pack("f", value))).cast("f")[0])
            return canonical(value)
        if kind.startswith("decimal"):
            return canonical(decimal.Decimal(text))
        if kind == "integer":
            return int(text)
        if kind == "boolean":
            return {"true": True, "false": False}.get(text, text)
        if kind == "date":
            return datetime.date.fromisoformat(text)
        if kind == "timestamp":
            return canonical(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")))
    except (ValueError, ArithmeticError):
        pass
    return text


def read_by_delta_rs(path):
    try:
        batches = QueryBuilder().register("t", DeltaTable(str(path))).execute("SELECT p, id FROM t").read_all()
        return dict(Counter(canonical(row["p"]) for row in __import__("pyarrow").table(batches).to_pylist()))
    except BaseException as error:  # a panic of delta-rs is no Exception
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        return f"delta-rs: {str(error)[:120]}"


def read_by_kernel(connection, path):
    try:
        rows = connection.execute("SELECT p, id FROM delta_scan(?)", [str(path)]).fetchall()
        return dict(Counter(canonical(value) for value, _ in rows))
    except duckdb.Error as error:
        assert "Required module" not in str(error), "the judges' Python lacks what DuckDB needs"
        return f"DuckDB: {str(error)[:120]}"


def alike(a, b):
    """Equal counts; '' and NULL of a string are one to DuckDB and two to delta-rs."""
    return isinstance(a, dict) and isinstance(b, dict) and folded(a) == folded(b)


def folded(counts):
    total = Counter()
    for value, count in counts.items():
        total[None if value == "" else value] += count
    return {value: count for value, count in total.items() if count}


class Judged:
    """One table, as all three see it."""

    def __init__(self, lake, kernel):
        self.lake = lake
        self.rust = read_by_delta_rs(lake.path)
        self.kernel = read_by_kernel(kernel, lake.path)
        self.status = run("status", lake.path, "--json")
        self.document = self.status.json
        self.refused = "error" in self.document

    def partitions(self):
        return self.document.get("partitions", [])

    def counts(self):
        total = Counter()
        for partition in self.partitions():
            total[from_salvor(partition["partition"]["p"], self.lake.type)] += partition["rows"]
        return folded(total)

    def careful(self):
        """Partition values that salvor would not touch by itself, and those that it says a reader has instead."""
        values = set()
        for partition in self.partitions():
            if partition.get("doubts") or partition["health"] == "broken":
                values.add(partition["partition"]["p"])
            for doubt in partition.get("doubts") or []:
                values.update(re.findall(r"(?:DuckDB|delta-rs) '([^']*)'", doubt))
        return {from_salvor(value, self.lake.type) for value in values}

    def faults(self):
        if self.refused:
            return []
        careful = {None if value == "" else value for value in self.careful()}
        if not isinstance(self.rust, dict) or not isinstance(self.kernel, dict):
            # Somebody cannot read the table at all: that must have been said.
            if careful or self.document.get("notes"):
                return []
            return [f"{[r for r in (self.rust, self.kernel) if not isinstance(r, dict)]}, and salvor says nothing"]
        mine, rust, kernel = self.counts(), folded(self.rust), folded(self.kernel)
        return [f"{value!r}: salvor {mine.get(value, 0)}, delta-rs {rust.get(value, 0)}, DuckDB {kernel.get(value, 0)}"
                for value in set(mine) | set(rust) | set(kernel)
                if not mine.get(value, 0) == rust.get(value, 0) == kernel.get(value, 0) and value not in careful]

    def __str__(self):
        log = "\n".join(f"-- {path.name}\n{path.read_bytes()!r}" for path in sorted(self.lake.log.glob("*.json")))
        return (f"type {self.lake.type}\n{self.lake.story}\ndelta-rs {self.rust}\nDuckDB {self.kernel}\n{log}\n"
                f"{sorted(path.name for path in self.lake.log.iterdir())}\n{self.status}")


def recovery_faults(lake, kernel, before, case):
    """The default recovery adds nothing where a reader saw rows, and what it calls proven is what readers get."""
    planned = run("plan", lake.path, "--case", case, expect=None)
    if planned.code != DONE or not (case / "plan.json").exists():
        return []
    made = json.loads((case / "plan.json").read_bytes())
    for step in (["persist", case], ["apply", case, "--yes"], ["verify", case]):
        done = run(*step)
        if done.code != DONE:
            return [] if step[0] != "verify" else [f"applied, then not proven: {done}"]
    promised = Counter()
    for partition in made["partitions"]:
        if partition["disposition"] == "restore":
            promised[from_salvor(partition["partition"]["p"], lake.type)] += partition["restore"]["rows"]
    faults = []
    for name, was, now in (("delta-rs", before.rust, read_by_delta_rs(lake.path)),
                           ("DuckDB", before.kernel, read_by_kernel(kernel, lake.path))):
        if not isinstance(was, dict):
            continue
        if not isinstance(now, dict):
            faults.append(f"{name} read the table before the recovery, and not after: {now}")
            continue
        wanted = Counter(folded(was))
        wanted.update(folded(promised))
        if folded(now) != folded(wanted):
            faults.append(f"{name}: {folded(was)} before, {folded(promised)} promised, {folded(now)} after")
    return faults


@pytest.mark.parametrize("part", range(SLICES))
def test_salvor_counts_what_readers_read_or_says_that_it_cannot_tell(tmp_path, kernel, seed, part):
    failures = []
    for turn in range(part, TABLES, SLICES):
        number = seed + turn
        lake = OddLake(tmp_path / f"t{number}", number)
        judged = Judged(lake, kernel)
        faults = judged.faults()
        faults += recovery_faults(lake, kernel, judged, tmp_path / f"c{number}")
        if faults:
            failures.append(f"===== table {number}\n" + "\n".join(faults) + f"\n{judged}")
    assert not failures, f"{len(failures)} tables differ (SALVOR_SEED={seed})\n" + "\n\n".join(failures[:3])


def test_odd_tables_are_odd_and_most_can_be_read(tmp_path, kernel, seed):
    """The judge judged: a generator of tables that nobody reads, or that are all alike, would find nothing."""
    lakes = [OddLake(tmp_path / f"t{turn}", seed + turn) for turn in range(40)]
    read = [lake for lake in lakes if isinstance(read_by_kernel(kernel, lake.path), dict)]
    assert len(read) >= 15
    assert sum(bool(lake.story) for lake in lakes) >= 10
    assert len({lake.type for lake in lakes}) >= 5
