"""Figure 6: status beside history, on long logs where many partitions changed at as many versions."""

import json
import os

from .lake import COLUMNS, add_lines, commit, opening
from .measure import apart, best, fresh, python, salvor, table

FIELDS = [("submission_date", "date"), *COLUMNS]

CHECKPOINTS = """
import sys, deltalake
for version in range(10, int(sys.argv[2]), 10):
    deltalake.DeltaTable(sys.argv[1], version=version).create_checkpoint()
"""


def emptied_one_by_one(folder, commits, partitions):
    """Every partition is there from the first commit on and is deleted by one of its own; the other commits add."""
    folder.mkdir(parents=True)
    days = list(add_lines(0, partitions, partitions))
    others = list(add_lines(partitions, commits, partitions))
    apart_by = max(1, (commits - 1) // partitions)
    for version in range(commits):
        head = opening(FIELDS, "submission_date")
        number, rest = divmod(version, apart_by)
        if version == 0:
            commit(folder, version, [*head, *days])
        elif rest == 0 and number <= partitions:
            old = json.loads(days[number - 1])["add"]
            commit(folder, version, [{"commitInfo": {"timestamp": 1700000000000 + version, "operation": "DELETE"}},
                                     {"remove": {"path": old["path"], "deletionTimestamp": 1700000000000 + version,
                                                 "dataChange": True, "extendedFileMetadata": True,
                                                 "partitionValues": old["partitionValues"], "size": old["size"]}}])
        else:
            commit(folder, version, [*head[:1], others[version]])
        os.utime(folder / "_delta_log" / f"{version:020}.json", (1700000000 + version,) * 2)


def measure(name, folder, wanted, rows):
    history = best(lambda: salvor("history", folder, expect=(0, 3, 4)), times=5)
    status = best(lambda: salvor("status", folder, "--no-files", expect=(0, 3, 4)), times=5)
    rows.append([name, f"{history.seconds:.2f}", f"{status.seconds:.2f}", f"{status.seconds / history.seconds:.2f}",
                 wanted, f"{status.mebibytes:.0f}"])


def run(place, scale):
    fresh(place)
    rows = []
    for commits, partitions, wanted in ((20_000, 200, 4), (20_000, 1_000, 4), (20_000, 4_000, 4), (100_000, 1_000, 2)):
        commits, partitions = int(commits * scale), int(partitions * scale)
        folder = place / f"{commits}_{partitions}"
        apart(emptied_one_by_one, folder, commits, partitions)
        measure(f"{commits:,} commits, {partitions:,} partitions emptied", folder, wanted, rows)
    commits = int(5_000 * scale)
    folder = place / "checkpoints"
    apart(emptied_one_by_one, folder, commits, int(500 * scale))
    python(CHECKPOINTS, folder, commits)
    measure(f"{commits:,} commits, a checkpoint every 10", folder, 3, rows)
    table("6. status beside history (wanted: at most so many times as long)",
          ["log", "history s", "status s", "ratio", "wanted", "MiB"], rows)
