"""What `status` calls recoverable is what `plan` restores, and what it refuses says why: on tables that
delta-rs wrote, changed since the loss."""

import json
import os
import shutil
from pathlib import Path

import pytest

import salvor_run as salvor
from daily_lake import WHOLE, DailyLake, key
from delta_folder import commit, data_path, live_adds, metadata, protocol
from salvor_run import entry, restore


def change_schema(table, change):
    described = metadata(table.path)
    schema = json.loads(described["schemaString"])
    change(schema["fields"])
    commit(table.path, [{"metaData": {**described, "schemaString": json.dumps(schema)}}], "ALTER")


def other_type(table):
    change_schema(table, lambda fields: next(f for f in fields if f["name"] == "id").update(
        type="string"))


def dropped_column(table):
    change_schema(table, lambda fields: fields.remove(
        next(f for f in fields if f["name"] == "note")))


def new_not_null(table):
    change_schema(table, lambda fields: next(f for f in fields if f["name"] == "note").update(
        nullable=False))


def iceberg(table):
    old = protocol(table.path)
    new = {"minReaderVersion": max(2, old["minReaderVersion"]), "minWriterVersion": 7,
           "writerFeatures": ["icebergCompatV2", "columnMapping"]}
    described = metadata(table.path)
    settings = {**described["configuration"], "delta.enableIcebergCompatV2": "true"}
    commit(table.path, [{"protocol": new}, {"metaData": {**described, "configuration": settings}}],
           "SET TBLPROPERTIES")


REFUSED = {other_type: "'id' was long and is string", dropped_column: "'note'",
           new_not_null: "'note' is NOT NULL", iceberg: "Iceberg"}


def refused_alike(table, case, reason, numbers=(2,)):
    """status and plan say the same, and neither promises anything."""
    told = salvor.status(table.path, expect=salvor.LOST)
    assert told["missing_recoverable"] == 0 and told["missing_refused"] == len(numbers)
    done = salvor.run("plan", table.path, "--case", case, "--json", expect=salvor.REFUSED)
    for number in numbers:
        found = salvor.by_health(told, "missing")[key(number)]
        assert found["recoverable"] is False and reason in found["refusal"]
        assert found["refusal"] in entry(done.json["plan"], key(number))["reason"]
    said = salvor.run("status", table.path, expect=salvor.LOST).out
    assert "0 recoverable" in said and reason in said


@pytest.mark.parametrize("change", REFUSED, ids=lambda change: change.__name__)
def test_what_today_s_table_cannot_take_is_not_promised(table, case, change):
    table.delete(2)
    change(table)
    refused_alike(table, case, REFUSED[change])


def test_days_lost_before_and_after_a_change_are_told_apart(table, case):
    table.delete(2)
    dropped_column(table)
    commit(table.path, [{"remove": {"path": add["path"], "dataChange": True,
                                    "deletionTimestamp": add["modificationTime"]}}
                        for add in live_adds(table.path).values()
                        if add["partitionValues"]["day"] == "2024-01-04"], "DELETE")
    told = salvor.status(table.path, expect=salvor.LOSS)
    found = salvor.by_health(told, "missing")
    assert "refusal" in found[key(2)] and found[key(4)]["recoverable"] is True
    made = salvor.plan(table.path, case)
    assert salvor.dispositions(made) == {key(2): "review", key(4): "restore"}


def test_a_folder_that_is_a_link_is_not_promised(table, case, tmp_path):
    folder = data_path(table.path, next(add for add in live_adds(table.path).values()
                                        if add["partitionValues"]["day"] == "2024-01-02")).parent
    table.delete(2)
    shutil.move(folder, tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", folder)
    refused_alike(table, case, "symbolic link")


def test_a_shallow_clone_is_not_promised(lake, case):
    source = DailyLake(lake / "source")
    clone = DailyLake(lake / "clone", days=1)
    added = [{"add": {**add, "path": str(data_path(source.path, add)), "dataChange": True}}
             for add in live_adds(source.path).values()
             if add["partitionValues"]["day"] == "2024-01-02"]
    commit(clone.path, added, "CLONE")
    commit(clone.path, [{"remove": {"path": one["add"]["path"], "dataChange": True,
                                    "deletionTimestamp": one["add"]["modificationTime"]}}
                        for one in added], "DELETE")
    refused_alike(clone, case, "other folders")


def test_one_file_cut_short_costs_its_own_day_only(table, case):
    cut = data_path(table.path, next(add for add in live_adds(table.path).values()
                                     if add["partitionValues"]["day"] == "2024-01-03"))
    table.delete(1, 2, 3, 4, 5)
    whole = cut.read_bytes()
    cut.write_bytes(whole[:-40])
    made = restore(table, case)
    assert salvor.dispositions(made) == {key(n): "lost" if n == 3 else "restore" for n in WHOLE}
    reason = entry(made, key(3))["reason"]
    assert Path(cut).name in reason and str(len(whole)) in reason
    assert table.counts() == {n: rows for n, rows in WHOLE.items() if n != 3}
    told = salvor.status(table.path)
    assert salvor.by_health(told, "missing")[key(3)]["recoverable"] is False
