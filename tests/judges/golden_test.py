"""Spark's golden tables: each is read right, or refused for the reason that is named here.

The rows that `status` counts are compared with those that delta-rs reads, or DuckDB's delta extension
where delta-rs refuses the table.
"""

import os
from pathlib import Path

import duckdb
import duckdb_extension_delta
import pytest
from deltalake import DeltaTable

from salvor_run import run

GOLDEN = Path(os.environ.get("SALVOR_GOLDEN", ""))

# Refused by salvor, and what it must say.
REFUSED = {
    "data-reader-absolute-paths-escaped-chars": "no metaData action",
    "deltalog-invalid-protocol-version": "reader version 99",
    "deltalog-state-reconstruction-from-checkpoint-missing-metadata": "no metaData action",
    "deltalog-state-reconstruction-from-checkpoint-missing-protocol": "no protocol action",
    "deltalog-state-reconstruction-without-metadata": "no metaData action",
    "deltalog-state-reconstruction-without-protocol": "no protocol action",
    "no-delta-log-folder": "no _delta_log",
    "versions-not-contiguous": "commit 1 is missing",
}

# Only a log, or data files that were removed on purpose: there are no rows to compare.
WITHOUT_DATA = {
    "canonicalized-paths-normal-a", "canonicalized-paths-normal-b",
    "canonicalized-paths-special-a", "canonicalized-paths-special-b",
    "checkpoint", "collations-preview-table", "collations-table", "corrupted-last-checkpoint",
    "delete-re-add-same-file-different-transactions", "deltalog-commit-info",
    "deltalog-getChanges", "hive/deltatbl-deleted-path", "log-replay-special-characters",
    "log-replay-special-characters-a", "log-replay-special-characters-b", "log-store-listFrom",
    "log-store-read", "update-deleted-directory",
}


def tables():
    if not GOLDEN.is_dir():
        return []
    found = {str(log.parent.relative_to(GOLDEN)) for log in GOLDEN.rglob("_delta_log")}
    return sorted(found | {"no-delta-log-folder"})


def rows_of_peers(path):
    """The number of rows, and who counted them."""
    try:
        table = DeltaTable(str(path))
        return table.to_pyarrow_dataset().count_rows(), "delta-rs"
    except Exception:  # delta-rs does not know every feature
        pass
    try:
        folder = Path(duckdb_extension_delta.__file__).parent
        connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
        connection.load_extension(str(next(folder.rglob("delta.duckdb_extension"))))
        return connection.execute("SELECT count(*) FROM delta_scan(?)",
                                  [str(path)]).fetchone()[0], "duckdb"
    except Exception as problem:
        return None, str(problem)


if not tables():
    pytest.skip(f"the golden tables are not at {str(GOLDEN)!r} (CMake: SALVOR_GOLDEN_TABLES)",
                allow_module_level=True)


@pytest.mark.parametrize("name", tables())
def test_each_table_is_read_right_or_refused_by_name(name):
    answer = run("status", GOLDEN / name, "--json")
    if name in REFUSED:
        assert REFUSED[name] in answer.said, answer
        assert answer.code not in (0, 3, 4), answer
        return
    assert answer.code in (0, 3, 4), answer
    rows = sum(partition["rows"] for partition in answer.json["partitions"])
    if name in WITHOUT_DATA:
        return
    expected, judge = rows_of_peers(GOLDEN / name)
    if expected is None:
        pytest.skip(f"no peer reads {name}: {judge[:200]}")
    assert rows == expected, f"{judge} counts {expected}\n{answer}"
    assert answer.json["summary"]["broken"] == 0, f"{judge} reads it\n{answer}"


def test_every_named_table_exists():
    assert (set(REFUSED) | WITHOUT_DATA) - set(tables()) <= {"log-store-listFrom", "log-store-read"}
