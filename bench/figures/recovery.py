"""Figure 1: 200 of 2,000 daily partitions come back, against the runbook by hand."""

from .lake import build_rows, delete_files
from .measure import fresh, linked_copy, python, salvor, table

COPY_BY_DELTA_RS = """
import sys, deltalake
old = deltalake.DeltaTable(sys.argv[1], version=0).to_pyarrow_table()
deltalake.write_deltalake(sys.argv[2], old, partition_by=["submission_date"])
"""
INSERT_BY_DELTA_RS = """
import sys, deltalake, pyarrow.compute as pc, pyarrow as pa
target = deltalake.DeltaTable(sys.argv[1])
here = pa.array([entry["submission_date"] for entry in target.partitions()]).cast(pa.date32())
rows = deltalake.DeltaTable(sys.argv[2]).to_pyarrow_table()
missing = rows.filter(pc.invert(pc.is_in(rows["submission_date"].cast(pa.date32()), here)))
deltalake.write_deltalake(target, missing, mode="append")
"""
COPY_BY_DUCKDB = """
import sys, pathlib, duckdb, duckdb_extension_delta
folder = pathlib.Path(duckdb_extension_delta.__file__).parent
extension = next(folder.rglob("delta.duckdb_extension*"))
c = duckdb.connect(config={"allow_unsigned_extensions": "true"})
c.execute(f"LOAD '{extension}'")
c.execute(f"ATTACH '{sys.argv[1]}' AS old (TYPE delta, VERSION 0)")
c.execute(f"COPY (SELECT * FROM old) TO '{sys.argv[2]}' (FORMAT parquet, PARTITION_BY (submission_date))")
"""
RESTORE_BY_DELTA_RS = """
import sys, deltalake
deltalake.DeltaTable(sys.argv[1]).restore(0)
"""
COUNT = """
import sys, deltalake
t = deltalake.DeltaTable(sys.argv[1])
print(t.to_pyarrow_dataset().count_rows())
"""


def recover(lake, name):
    """Every verb on a table of its own: seconds by verb."""
    folder = linked_copy(lake / "lost", lake / name)
    case, staging = lake / f"{name}.case", lake / f"{name}.staging"
    took = {}
    took["plan"] = salvor("plan", folder, "--case", case, "--staging", staging).seconds
    took["persist"] = salvor("persist", case).seconds
    took["apply"] = salvor("apply", case, "--yes").seconds
    took["verify"] = salvor("verify", case).seconds
    return took


def run(place, scale):
    fresh(place)
    days, rows_a_day = 2000, max(1, int(10000 * scale))
    files = build_rows(place / "whole", days, rows_a_day)
    linked_copy(place / "whole", place / "lost")
    delete_files(place / "lost", 1, files[100:300])

    attempts = [recover(place, f"salvor{i}") for i in range(3)]
    took = {verb: min(attempt[verb] for attempt in attempts) for verb in attempts[0]}
    restored = took["plan"] + took["persist"] + took["apply"]
    proven = restored + took["verify"]
    count = int(python(COUNT, place / "salvor0").out)
    assert count == days * rows_a_day, (count, days * rows_a_day)

    by_hand = linked_copy(place / "lost", place / "by_hand")
    copy = python(COPY_BY_DELTA_RS, by_hand, place / "private")
    insert = python(INSERT_BY_DELTA_RS, by_hand, place / "private")
    assert int(python(COUNT, by_hand).out) == days * rows_a_day
    hand = copy.seconds + insert.seconds
    duck = python(COPY_BY_DUCKDB, place / "lost", place / "private_duck")
    restores = []
    for i in range(3):
        restores.append(python(RESTORE_BY_DELTA_RS, linked_copy(place / "lost", place / f"restore{i}")))
    restore = min(restores, key=lambda one: one.seconds)

    rows = [["salvor plan + persist + apply", f"{restored:.2f}", "1", ""],
            ["  and verify", f"{proven:.2f}", f"{proven / restored:.1f}", ""],
            ["delta-rs by hand: copy out + insert", f"{hand:.2f}", f"{hand / restored:.0f}", "at least 100"],
            ["  against salvor with verify", f"{hand:.2f}", f"{hand / proven:.0f}", "at least 30"],
            ["DuckDB by hand: copy out only", f"{duck.seconds:.2f}", f"{duck.seconds / restored:.0f}", ""],
            ["salvor plan + apply", f"{took['plan'] + took['apply']:.2f}", "", ""],
            ["delta-rs restore() of the whole table", f"{restore.seconds:.2f}",
             f"{restore.seconds / (took['plan'] + took['apply']):.1f}", "at least 1"]]
    table(f"1. {days * rows_a_day:,} rows, {days:,} days, 200 of them lost (seconds; each process's start included)",
          ["way", "seconds", "ratio to salvor", "wanted"], rows)
    print("salvor by verb:", ", ".join(f"{verb} {seconds:.3f}" for verb, seconds in took.items()))
    print(f"peak memory: delta-rs {max(copy.mebibytes, insert.mebibytes):,.0f} MiB, DuckDB {duck.mebibytes:,.0f} MiB")
