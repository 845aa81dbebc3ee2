"""The traps of putting old files back: each is sprung once by a naive commit, made by hand, that a
person without the rule would write; beside it stands what salvor does on the same table."""

import json
import os
import shutil
import time

import pyarrow as pa
import pyarrow.compute as compute
import pytest
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

import salvor_run as salvor
from daily_lake import SCHEMA, WHOLE, DailyLake, day, key, rows_of
from delta_folder import (actions, commit, data_path, latest, live_adds, protocol, re_add,
                          versions)
from salvor_run import persisted, refused_without_a_trace, restore


def adds_of(table, number, version=None):
    return [a for a in live_adds(table.path, version).values()
            if a["partitionValues"].get("day") == str(day(number))]


def twin(table, name):
    """The same table a second time, for the naive hand."""
    path = f"{table.path}-{name}"
    shutil.copytree(table.path, path)
    other = DailyLake.__new__(DailyLake)
    other.path, other.columns = path, table.columns
    return other


# -- what is put back


def test_tombstones_know_less_than_the_old_snapshot(table, case):
    original = adds_of(table, 2)[0]
    lost = table.delete(2)
    naive = twin(table, "naive")
    tombstone = next(a["remove"] for a in actions(naive.path, lost) if "remove" in a)
    commit(naive.path, [{"add": {k: tombstone.get(k) for k in (
        "path", "partitionValues", "size", "dataChange")} | {"modificationTime": 0}}])
    assert "stats" not in adds_of(naive, 2)[0]
    restore(table, case)
    restored = adds_of(table, 2)[0]
    assert restored["dataChange"] is True
    assert json.loads(restored["stats"]) == json.loads(original["stats"])
    for field in ("partitionValues", "size", "tags"):
        assert restored.get(field) == original.get(field)


def test_rows_that_an_update_moved_would_be_doubled(table, case):
    before = latest(table.path)
    table.delta().update(predicate=f"day = date '{day(2)}'", updates={"day": f"date '{day(3)}'"})
    naive = twin(table, "naive")
    commit(naive.path, re_add(naive.path, before, {key(2)}))
    ids = [row for rows in naive.read().values() for row in rows.elements()]
    assert len(ids) == len(set(ids)) + 10
    salvor.run("plan", table.path, "--case", case)
    assert not case.exists() or salvor.dispositions(
        json.loads((case / "plan.json").read_text())) == {key(2): "review"}


def test_rows_that_optimize_rewrote_would_be_doubled(lake, case):
    table = DailyLake(lake / "t", files=2)
    before = latest(table.path)
    table.delta().optimize.compact()
    naive = twin(table, "naive")
    commit(naive.path, re_add(naive.path, before, {key(2)}))
    assert naive.counts()[2] == 20
    salvor.run("plan", table.path, "--case", case, "--version", before, "--partitions", str(day(2)))
    if case.exists():
        salvor.run("persist", case)
        salvor.run("apply", case, "--yes")
    assert table.counts() == WHOLE


def test_a_day_that_was_refilled_would_be_doubled(table, case):
    before = latest(table.path)
    table.delete(2)
    persisted(table, case)
    table.append(2, range(2000, 2010))
    naive = twin(table, "naive")
    commit(naive.path, re_add(naive.path, before, {key(2)}))
    assert naive.counts()[2] == 20
    salvor.run("apply", case, "--yes", expect=salvor.DONE)
    assert table.counts() == WHOLE


def test_a_repeated_commit_would_double_nothing_but_hide_a_later_deletion(table, case):
    before = latest(table.path)
    table.delete(2)
    naive = twin(table, "naive")
    content = re_add(naive.path, before, {key(2)})
    commit(naive.path, content)
    naive.delete(2)
    commit(naive.path, content)  # the reply was lost, so the hand repeats it
    assert naive.counts() == WHOLE
    restore(table, case)
    table.delete(2)
    refused_without_a_trace(table, "apply", case, "--yes")
    assert 2 not in table.counts()


# -- values that look alike


def nested_table(path, rows):
    schema = pa.schema([("day", pa.date32()), ("list", pa.list_(pa.list_(pa.int32()))),
                        ("pair", pa.struct([("a", pa.int32()), ("b", pa.string())])),
                        ("number", pa.float64()), ("text", pa.string()),
                        ("map", pa.map_(pa.string(), pa.int32()))])
    content = [{"day": day(2), **row} for row in rows] + [{"day": day(1)}]
    return pa.Table.from_pylist(content, schema=schema)


ALIKE = {
    "null and empty list": ({"list": None}, {"list": []}),
    "empty list and list of null": ({"list": []}, {"list": [None]}),
    "nesting of lists": ({"list": [[1], [2]]}, {"list": [[1, 2]]}),
    "empty inner list": ({"list": [[]]}, {"list": []}),
    "null struct and struct of nulls": ({"pair": None}, {"pair": {"a": None, "b": None}}),
    "zero and minus zero": ({"number": 0.0}, {"number": -0.0}),
    "nan and null": ({"number": float("nan")}, {"number": None}),
    "null text and empty text": ({"text": None}, {"text": ""}),
    "null text and the word": ({"text": None}, {"text": "NULL"}),
    "null map and empty map": ({"map": None}, {"map": []}),
    "null map value and no entry": ({"map": [("a", None)]}, {"map": []}),
    "value in another column": ({"text": "1"}, {"number": 1.0}),
}


@pytest.mark.parametrize("pair", ALIKE)
def test_a_refill_that_only_looks_alike_is_not_taken_for_the_same_rows(lake, case, pair):
    old, new = ALIKE[pair]
    path = str(lake / "t")
    write_deltalake(path, nested_table(path, [old]), partition_by=["day"])
    table = DailyLake.__new__(DailyLake)
    table.path, table.columns = path, ["day"]
    table.delete(2)
    persisted(table, case)
    refill = nested_table(path, [new])
    write_deltalake(path, refill.filter(compute.equal(refill["day"], day(2))), mode="append")
    refused_without_a_trace(table, "apply", case, "--yes")


@pytest.mark.parametrize("pair", ALIKE)
def test_a_refill_that_is_the_same_is_seen_as_the_same(lake, case, pair):
    path = str(lake / "t")
    content = nested_table(path, ALIKE[pair])
    write_deltalake(path, content, partition_by=["day"])
    table = DailyLake.__new__(DailyLake)
    table.path, table.columns = path, ["day"]
    whole = table.read()
    table.delete(2)
    persisted(table, case)
    write_deltalake(path, content.filter(compute.equal(content["day"], day(2))), mode="append")
    salvor.run("apply", case, "--yes", expect=salvor.DONE)
    assert table.read() == whole


def test_an_empty_partition_value_is_null(table, case):
    """"" in the log means NULL: a partition that a NULL-blind restore forgets."""
    content = re_add(table.path, 0, {key(2)})
    for action in content:
        old = action["add"]["path"]
        new = "day=__HIVE_DEFAULT_PARTITION__/" + os.path.basename(old)
        os.makedirs(os.path.join(table.path, os.path.dirname(new)), exist_ok=True)
        shutil.copy(data_path(table.path, action["add"]), os.path.join(table.path, new))
        action["add"].update(path=new, partitionValues={"day": ""})
    commit(table.path, content)
    commit(table.path, [{"remove": {"path": a["add"]["path"], "dataChange": True,
                                    "deletionTimestamp": int(time.time() * 1000),
                                    "extendedFileMetadata": True, "size": a["add"]["size"],
                                    "partitionValues": {"day": ""}}} for a in content], "DELETE")
    lost = salvor.by_health(salvor.status(table.path, expect=salvor.LOSS), "missing")
    assert set(lost) == {(None,)}
    assert lost[(None,)]["rows_before"] == 10
    salvor.recover(table, case)
    assert sum(table.read()[(None,)].values()) == 10


def test_files_without_counts_are_counted_from_their_footers(table, case):
    lean = [{"remove": {"path": a["path"], "dataChange": False,
                        "deletionTimestamp": int(time.time() * 1000)}}
            for a in live_adds(table.path).values()]
    bare = [{"add": {k: v for k, v in a.items() if k != "stats"} | {"dataChange": False}}
            for a in live_adds(table.path).values()]
    for number, action in enumerate(bare):  # one path only once in a commit: under another name
        old = action["add"]["path"]
        action["add"]["path"] = f"{os.path.dirname(old)}/bare-{number}.parquet"
        shutil.copy(os.path.join(table.path, old), os.path.join(table.path, action["add"]["path"]))
    commit(table.path, lean + bare, "OPTIMIZE")
    table.delete(2)
    lost = salvor.by_health(salvor.status(table.path, expect=salvor.LOSS), "missing")
    assert lost[key(2)]["rows_before"] == 10
    salvor.recover(table, case)
    assert table.counts() == WHOLE


# -- VACUUM, and where the files lie


SHORT = {"delta.deletedFileRetentionDuration": "interval 1 hours"}


def fresh_names(table, old, started):
    now = adds_of(table, 2)
    assert now and not {a["path"] for a in now} & old
    for add in now:
        folder, _, name = add["path"].rpartition("/")
        assert folder in {path.rpartition("/")[0] for path in old}, "the folder's text, byte for byte"
        assert all(c.isascii() and (c.isalnum() or c in "._-") for c in name)
        assert data_path(table.path, add).stat().st_mtime >= started - 2, "an old mtime is an orphan's"


@pytest.mark.parametrize("configuration", [None, SHORT])
def test_files_come_back_under_fresh_names_that_are_young(lake, case, configuration):
    """Spark says VACUUM START only after it has looked, so its absence from the log proves nothing."""
    table = DailyLake(lake / "t", configuration=configuration)
    old = adds_of(table, 2)
    hours_ago = time.time() - 7200
    for add in old:
        os.utime(data_path(table.path, add), (hours_ago, hours_ago))
    table.delete(2)
    started = time.time()
    restore(table, case)
    fresh_names(table, {a["path"] for a in old}, started)
    assert table.counts() == WHOLE


def test_a_linked_file_with_an_old_mtime_would_be_vacuumed_before_the_commit(lake):
    table = DailyLake(lake / "t", configuration=SHORT)
    add = adds_of(table, 2)[0]
    linked = data_path(table.path, add).with_name("linked.parquet")
    os.utime(data_path(table.path, add), (time.time() - 7200,) * 2)
    os.link(data_path(table.path, add), linked)
    fresh = linked.with_name("fresh.parquet")
    shutil.copyfile(linked, fresh)
    table.delta().vacuum(retention_hours=1, dry_run=False, full=True)
    assert not linked.exists() and fresh.exists()


def test_a_tombstone_without_a_time_is_old(table, case):
    old = {a["path"] for a in adds_of(table, 2)}
    commit(table.path, [{"remove": {"path": path, "dataChange": True}} for path in old], "DELETE")
    started = time.time()
    restore(table, case)
    fresh_names(table, old, started)
    assert table.counts() == WHOLE


def test_two_cases_do_not_collide_in_fresh_names(lake, case):
    table = DailyLake(lake / "t", configuration=SHORT)
    table.delete(2)
    restore(table, case.with_name("first"))
    table.delete(2)
    restore(table, case.with_name("second"))
    assert table.counts() == WHOLE


def test_the_deadline_is_the_earlier_of_both_retentions(lake):
    week = 7 * 24 * 3600
    for name, configuration, seconds in [
            ("files", {"delta.deletedFileRetentionDuration": "interval 2 days",
                       "delta.logRetentionDuration": "interval 30 days"}, 2 * week / 7),
            ("log", {"delta.deletedFileRetentionDuration": "interval 7 days",
                     "delta.logRetentionDuration": "interval 3 days"}, 3 * week / 7),
            ("default", None, week)]:
        table = DailyLake(lake / name, configuration=configuration)
        table.delete(2)
        found = salvor.status(table.path, expect=salvor.LOSS)
        deadline = salvor.by_health(found, "missing")[key(2)]["deadline"]
        from datetime import datetime
        instant = datetime.fromisoformat(deadline.replace("Z", "+00:00")).timestamp()
        assert abs(instant - time.time() - seconds) < 120, (name, deadline)


# -- what today's table allows


def test_append_only_allows_the_restore_and_forbids_undo(table, case):
    table.delete(2)
    table.delta().alter.set_table_properties({"delta.appendOnly": "true"})
    made = restore(table, case)
    assert table.counts() == WHOLE
    assert any("append" in warning.lower() for warning in made["warnings"])
    refused_without_a_trace(table, "undo", case, "--yes")


def test_append_only_forbids_the_replacement_of_a_short_partition(table, case):
    table.delete(2, also="id >= 2006")
    table.delta().alter.set_table_properties({"delta.appendOnly": "true"})
    short = table.read()
    done = salvor.run("plan", table.path, "--case", case, "--include", "partial")
    if case.exists():
        salvor.run("persist", case)
        done = salvor.run("apply", case, "--yes", expect={salvor.FAILED, salvor.REFUSED})
    assert "append" in done.said.lower()
    assert table.read() == short


def upgrade(table, readers, writers, configuration=None):
    """A protocol of named features, by hand: what delta-rs wrote stays as it was."""
    now = protocol(table.path)
    content = [{"protocol": {
        "minReaderVersion": 3 if readers else now["minReaderVersion"], "minWriterVersion": 7,
        **({"readerFeatures": readers} if readers else {}),
        "writerFeatures": sorted({*readers, *writers})}}]
    if configuration:
        meta = next(a["metaData"] for v in reversed(versions(table.path))
                    for a in actions(table.path, v) if "metaData" in a)
        content.append({"metaData": {**meta, "configuration": {
            **meta.get("configuration", {}), **configuration}}})
    commit(table.path, content, "UPGRADE PROTOCOL")


REFUSED_FEATURES = ["catalogManaged", "catalogOwned-preview", "coordinatedCommits-preview",
                    "redirectReaderWriter-preview", "redirectWriterOnly-preview", "clustering",
                    "featureOfTheFuture"]
READER_TOO = {"catalogManaged", "catalogOwned-preview", "redirectReaderWriter-preview"}


@pytest.mark.parametrize("feature", REFUSED_FEATURES)
def test_a_feature_that_is_not_understood_is_refused_by_name_before_any_write(table, case, feature):
    table.delete(2)
    upgrade(table, [feature] if feature in READER_TOO else [], [feature])
    done = salvor.run("plan", table.path, "--case", case)
    if case.exists():
        salvor.run("persist", case)
        done = refused_without_a_trace(table, "apply", case, "--yes",
                                       expect={salvor.FAILED, salvor.REFUSED})
    assert feature in done.said
    assert not any("add" in a for a in actions(table.path, latest(table.path)))


def test_a_feature_that_only_writers_must_know_does_not_stop_status(table):
    table.delete(2)
    upgrade(table, [], ["featureOfTheFuture"])
    found = salvor.by_health(salvor.status(table.path, expect=salvor.LOST), "missing")
    assert "featureOfTheFuture" in found[key(2)]["refusal"]


def test_a_feature_that_readers_must_know_stops_status_by_name(table):
    table.delete(2)
    upgrade(table, ["featureOfTheFuture"], [])
    assert "featureOfTheFuture" in salvor.run("status", table.path, expect=salvor.FAILED).said


def test_old_files_without_row_ids_are_refused_once_the_table_tracks_rows(table, case):
    table.delete(2)
    upgrade(table, [], ["rowTracking", "domainMetadata"], {
        "delta.enableRowTracking": "true",
        "delta.rowTracking.materializedRowIdColumnName": "_row-id-col",
        "delta.rowTracking.materializedRowCommitVersionColumnName": "_row-commit-version-col"})
    done = salvor.run("plan", table.path, "--case", case)
    if case.exists():
        salvor.run("persist", case)
        done = salvor.run("apply", case, "--yes", expect={salvor.FAILED, salvor.REFUSED})
    assert "row" in done.said.lower()
    assert not any("add" in a for a in actions(table.path, latest(table.path)))


def test_a_change_feed_is_warned_of(lake, case):
    table = DailyLake(lake / "t", configuration={"delta.enableChangeDataFeed": "true"})
    table.delete(2)
    made = restore(table, case)
    assert any("feed" in w.lower() or "stream" in w.lower() for w in made["warnings"])
    assert table.counts() == WHOLE


def test_other_applications_transactions_are_left_alone(table, case):
    write_deltalake(table.path, pa.Table.from_pylist(rows_of(1, [1]), schema=SCHEMA), mode="append",
                    commit_properties=CommitProperties(app_transactions=[Transaction("ingest", 5)]))
    table.delete(2)
    restore(table, case)
    assert DeltaTable(table.path).transaction_version("ingest") == 5
    assert table.counts() == {**WHOLE, 1: 11}


def test_no_schema_and_no_protocol_is_written(table, case):
    table.delete(2)
    restore(table, case)
    kinds = [next(iter(a)) for a in actions(table.path, latest(table.path))]
    assert kinds[0] == "commitInfo" and set(kinds) == {"commitInfo", "txn", "add"}


# -- hostile logs


@pytest.mark.parametrize("spelling", ["relative", "encoded", "absolute", "link"])
def test_a_log_cannot_make_salvor_copy_a_file_from_outside(table, case, tmp_path, spelling):
    outside = tmp_path / "outside.parquet"
    add = adds_of(table, 2)[0]
    shutil.copy(data_path(table.path, add), outside)
    path = {"relative": "../../outside.parquet", "encoded": "%2e%2e/%2E%2e/outside.parquet",
            "absolute": f"file://{outside}", "link": f"day={day(2)}/link.parquet"}[spelling]
    if spelling == "link":
        os.symlink(outside, os.path.join(table.path, path))
    commit(table.path, [{"add": {**add, "path": path}}])
    commit(table.path, [{"remove": {"path": p, "dataChange": True,
                                    "deletionTimestamp": int(time.time() * 1000)}}
                        for p in (path, add["path"])], "DELETE")
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    done = salvor.run("plan", table.path, "--case", case, "--staging", private)
    if case.exists() and done.code == salvor.DONE:
        done = salvor.run("persist", case, expect={salvor.FAILED, salvor.REFUSED})
    inode = outside.stat().st_ino
    assert not any(p.stat().st_ino == inode for p in private.rglob("*.parquet"))
    assert sum(1 for _ in private.rglob("*.parquet")) <= 1
    assert "outside" in done.said or "link.parquet" in done.said or str(day(2)) in done.said


def test_a_control_character_in_the_log_does_not_reach_the_terminal(table):
    commit(table.path, [], "WRITE\u001b[2J\u202e")
    table.delete(2)
    for command in ("status", "history"):
        said = salvor.run(command, table.path).said
        assert "\u001b" not in said and "\u202e" not in said


# -- time


def test_commit_times_are_made_monotonic_before_a_version_is_chosen_by_time(table, case):
    """Version 1's file is older than version 0's (a copy did that): it counts as 1 ms later."""
    table.delete(2)
    table.append(2, [1, 2])
    table.delete(2)
    hour = 3600
    base = 1_700_000_000
    for version, instant in [(0, base), (1, base - hour), (2, base + hour), (3, base + 2 * hour)]:
        os.utime(os.path.join(table.path, "_delta_log", f"{version:020d}.json"), (instant,) * 2)
    made = salvor.plan(table.path, case.with_name("a"), "--as-of", "2023-11-14T22:13:20Z")  # base itself
    assert made["partitions"][0]["snapshot"]["version"] == 0
    made = salvor.plan(table.path, case.with_name("b"), "--as-of", "2023-11-14T23:13:20Z")
    assert made["partitions"][0]["snapshot"]["version"] == 2


def test_timestamp_partitions_of_two_spellings_are_for_review(lake, case):
    from datetime import datetime
    path = str(lake / "t")
    schema = pa.schema([("at", pa.timestamp("us", tz="UTC")), ("id", pa.int64())])
    write_deltalake(path, pa.Table.from_pylist(
        [{"at": datetime(2024, 1, n), "id": n} for n in (1, 2, 3)], schema=schema),
        partition_by=["at"])
    add = next(a for a in live_adds(path).values() if "2024-01-02" in str(a["partitionValues"]))
    respelled = {**add, "path": add["path"].rpartition("/")[0] + "/respelled.parquet",
                 "partitionValues": {"at": "2024-01-02T00:00:00.000000Z"}, "dataChange": True}
    shutil.copy(data_path(path, add), data_path(path, respelled))
    gone = lambda a: {"remove": {"path": a["path"], "dataChange": True,
                                 "deletionTimestamp": int(time.time() * 1000)}}
    commit(path, [gone(add), {"add": respelled}])
    commit(path, [gone(respelled)], "DELETE")
    salvor.run("plan", path, "--case", case)
    assert not case.exists() or "restore" not in salvor.dispositions(
        json.loads((case / "plan.json").read_text())).values()
