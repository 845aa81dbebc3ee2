"""Figure 2: status of large logs, against DuckDB reading the very same log files."""

import json
import shutil

from .lake import (FIELDS, add_lines, checkpoint_by_duckdb, commit, delete_every_tenth, one_file_each,
                   opening)
from .measure import apart, fresh, least_cpu, python, salvor, table

DAYS = 2000

DUCK_JSON = """
import sys, duckdb
c = duckdb.connect()
# The whole action is parsed: counting files per partition needs its path and its partition values.
print(c.execute('''SELECT count(*), sum(n) FROM (
    SELECT add.partitionValues AS p, count(*) AS n FROM read_json(?, format='newline_delimited',
      maximum_object_size=33554432,
      columns={'add': 'STRUCT(path VARCHAR, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT)'})
    WHERE add IS NOT NULL GROUP BY 1)''', [sys.argv[1] + '/_delta_log/*.json']).fetchone())
"""
DUCK_CHECKPOINT = """
import sys, duckdb
c = duckdb.connect()
print(c.execute('''SELECT count(*), sum(n) FROM (
    SELECT add.partitionValues AS p, count(*) AS n FROM read_parquet(?)
    WHERE add.path IS NOT NULL GROUP BY 1)''', [sys.argv[1] + '/_delta_log/*.checkpoint.parquet']).fetchone())
"""
DELTA_RS = """
import sys, deltalake
print(len(deltalake.DeltaTable(sys.argv[1]).partitions()))
"""


def one_commit(folder, files):
    folder.mkdir(parents=True)
    commit(folder, 0, [*opening(FIELDS, "submission_date"), *add_lines(0, files, DAYS)])


def many_commits(folder, files, commits):
    folder.mkdir(parents=True)
    each = files // commits
    for version in range(commits):
        head = opening(FIELDS, "submission_date") if version == 0 else opening(FIELDS, "submission_date")[:1]
        commit(folder, version, [*head, *add_lines(version * each, each, DAYS)])


def churn(folder, commits, live):
    """Many commits, few live files: each commit adds one file and takes the oldest out."""
    folder.mkdir(parents=True)
    lines = list(add_lines(0, commits, live))
    paths = [json.loads(line)["add"] for line in lines]
    for version in range(commits):
        head = opening(FIELDS, "submission_date") if version == 0 else opening(FIELDS, "submission_date")[:1]
        actions = [*head, lines[version]]
        if version >= live:
            old = paths[version - live]
            actions.append({"remove": {"path": old["path"], "deletionTimestamp": 1700000000000, "dataChange": False,
                                       "extendedFileMetadata": True, "partitionValues": old["partitionValues"],
                                       "size": old["size"]}})
        commit(folder, version, actions)


def checkpointed(folder, source):
    """The same table from a checkpoint alone, written with DuckDB."""
    import duckdb

    log = folder / "_delta_log"
    log.mkdir(parents=True)
    connection = duckdb.connect()
    connection.execute(f"""
      COPY (SELECT protocol, metaData, add FROM read_json('{source}/_delta_log/*.json', format='newline_delimited',
        maximum_object_size=33554432, columns={{
          'protocol': 'STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER)',
          'metaData': 'STRUCT(id VARCHAR, format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)),
             schemaString VARCHAR, partitionColumns VARCHAR[], configuration MAP(VARCHAR, VARCHAR), createdTime BIGINT)',
          'add': 'STRUCT(path VARCHAR, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT, modificationTime BIGINT,
             dataChange BOOLEAN, stats VARCHAR, tags MAP(VARCHAR, VARCHAR))'}})
        WHERE protocol IS NOT NULL OR metaData IS NOT NULL OR add IS NOT NULL)
      TO '{log}/00000000000000000000.checkpoint.parquet' (FORMAT parquet, COMPRESSION snappy)""")
    # The commit of the checkpoint's own version says when it was.
    commit(folder, 0, opening(FIELDS, "submission_date")[:1])
    (log / "_last_checkpoint").write_text('{"version":0,"size":1000}')


def with_files(folder, source):
    """The same table with its files: sparse ones, as long as the log says."""
    shutil.copytree(source / "_delta_log", folder / "_delta_log")
    for line in open(folder / "_delta_log" / f"{0:020}.json"):
        add = json.loads(line).get("add")
        if not add:
            continue
        path = folder / add["path"]
        path.parent.mkdir(exist_ok=True)
        with open(path, "wb") as out:
            out.truncate(add["size"])


def measure(name, folder, duck_script, rows, *flags, rust=True):
    status = least_cpu(lambda: salvor("status", folder, *flags, expect=(0, 3, 4), keep=False))
    duck = least_cpu(lambda: python(duck_script, folder))
    peer = python(DELTA_RS, folder) if rust else None
    rows.append([name, f"{status.cpu:.2f}", f"{duck.cpu:.2f}", f"{status.cpu / duck.cpu:.2f}",
                 f"{peer.cpu:.2f}" if peer else "", f"{status.mebibytes:.0f}", f"{duck.mebibytes:.0f}",
                 f"{peer.mebibytes:.0f}" if peer else ""])


def run(place, scale):
    fresh(place)
    rows = []
    for files in (10_000, 100_000, 1_000_000):
        files = int(files * scale)
        apart(one_commit, place / f"json{files}", files)
        apart(checkpointed, place / f"checkpoint{files}", place / f"json{files}")
        measure(f"{files:,} files, one JSON commit", place / f"json{files}", DUCK_JSON, rows, "--no-files")
        measure(f"{files:,} files, checkpoint", place / f"checkpoint{files}", DUCK_CHECKPOINT, rows, "--no-files")
        apart(with_files, place / f"files{files}", place / f"json{files}")
        measure(f"{files:,} files, looked for", place / f"files{files}", DUCK_JSON, rows)
    for files in (1_000_000, 5_000_000):
        files = int(files * scale)
        apart(checkpoint_by_duckdb, place / f"removed{files}", files)
        apart(delete_every_tenth, place / f"removed{files}", files)
        measure(f"{files:,} files, checkpoint, a tenth removed since", place / f"removed{files}", DUCK_CHECKPOINT, rows,
                "--no-files", rust=files < 2_000_000)
    files = int(5_000_000 * scale)
    apart(checkpoint_by_duckdb, place / "group", files, 10_000_000)
    measure(f"{files:,} files, checkpoint of one row group", place / "group", DUCK_CHECKPOINT, rows, "--no-files",
            rust=False)
    files = int(1_000_000 * scale)
    apart(one_file_each, place / "partitions", files)
    measure(f"{files:,} files in as many partitions", place / "partitions", DUCK_JSON, rows, "--no-files")
    measure("the same, looked for and all of them gone", place / "partitions", DUCK_JSON, rows, rust=False)
    measure("the same as JSON", place / "partitions", DUCK_JSON, rows, "--json", rust=False)
    apart(many_commits, place / "many", int(100_000 * scale), 1000)
    measure(f"{int(100_000 * scale):,} files, 1,000 commits", place / "many", DUCK_JSON, rows, "--no-files")
    apart(churn, place / "churn", int(20_000 * scale), int(1_000 * scale) or 1)
    measure(f"{int(1_000 * scale):,} files, {int(20_000 * scale):,} commits", place / "churn", DUCK_JSON, rows, "--no-files")
    table("2. status, against DuckDB counting the files per partition in the same log files, in seconds of the processor "
          "(wanted: ratio at most 1.5)",
          ["log", "salvor s", "DuckDB s", "ratio", "delta-rs s", "salvor MiB", "DuckDB MiB", "delta-rs MiB"], rows)
