"""Tables that only Spark writes: recovered by the binary, read by Spark."""

import json
import os
import shutil
import signal
import subprocess
import threading
import time

import pytest

import salvor_run as salvor
from delta_folder import (actions, commit, commit_path, data_path, latest, live_adds, metadata,
                          protocol, re_add, versions)
from row_multiset import difference
from salvor_run import persisted, restore
from spark_lake import SparkLake, start_spark

FEATURES = {
    "deletion vectors": {"delta.enableDeletionVectors": "true"},
    "name mapping": {"delta.columnMapping.mode": "name"},
    "row tracking": {"delta.enableRowTracking": "true"},
    "in-commit timestamps": {"delta.enableInCommitTimestamps": "true"},
    "v2 checkpoints": {"delta.checkpointPolicy": "v2"},
    "change data feed": {"delta.enableChangeDataFeed": "true"},
}
FEATURES["all at once"] = {key: value for one in list(FEATURES.values())
                           for key, value in one.items()}


@pytest.fixture(scope="session")
def spark():
    session = start_spark()
    yield session
    session.stop()


def day(number):
    return f"2024-01-{number:02d}"


def total(rows):
    return sum(sum(counter.values()) for counter in rows.values())


def naive_twin(table, version):
    """A copy of the table, its second day put back by a hand that knows no rule."""
    naive = SparkLake.__new__(SparkLake)
    naive.__dict__.update(table.__dict__)
    naive.path = f"{table.path}-naive"
    shutil.copytree(table.path, naive.path)
    commit(naive.path, re_add(naive.path, version, {(day(2),)}))
    return naive


@pytest.mark.parametrize("feature", FEATURES)
def test_spark_reads_the_same_rows_and_row_ids(spark, lake, case, feature):
    properties = {"delta.checkpointInterval": "3", **FEATURES[feature]}
    table = SparkLake(spark, lake / "t", properties)
    tracked = "delta.enableRowTracking" in properties
    table.fill()
    table.sql("DELETE FROM {t} WHERE id % 7 = 0")
    if "delta.columnMapping.mode" in properties:
        table.sql("ALTER TABLE {t} RENAME COLUMN note TO remark")
    table.sql("ALTER TABLE {t} ADD COLUMN more INT")
    table.sql(f"INSERT INTO {{t}} VALUES (DATE'{day(2)}', 200, 'with more', 1)")
    before = table.read(tracked)
    table.sql(f"DELETE FROM {{t}} WHERE day = DATE'{day(2)}'")
    table.sql(f"INSERT INTO {{t}} VALUES (DATE'{day(1)}', 201, 'later', 2)")
    table.sql(f"DELETE FROM {{t}} WHERE day = DATE'{day(4)}'")
    table.sql(f"INSERT INTO {{t}} VALUES (DATE'{day(9)}', 202, 'later', 3)")
    wanted = {**table.read(tracked), **{(day(n),): before[(day(n),)] for n in (2, 4)}}

    lost = salvor.by_health(salvor.status(table.path, expect=salvor.LOSS), "missing")
    assert {key: p["rows_before"] for key, p in lost.items()} == {
        (day(n),): sum(before[(day(n),)].values()) for n in (2, 4)}
    salvor.recover(table, case)
    assert not difference(table.read(tracked), wanted)
    salvor.status(table.path, expect=salvor.DONE)
    table.vacuum()
    assert not difference(table.read(tracked), wanted)
    table.sql("OPTIMIZE {t}")
    table.vacuum()
    assert not difference(table.read(tracked), wanted)
    table.sql(f"DELETE FROM {{t}} WHERE day = DATE'{day(2)}' AND id = 200")
    assert total(table.read()) == total(wanted) - 1


def test_undo_of_a_restore_with_vectors_is_read_as_damaged_again(spark, lake, case):
    table = SparkLake(spark, lake / "t", {"delta.enableDeletionVectors": "true"})
    table.fill()
    table.sql("DELETE FROM {t} WHERE id % 7 = 0")
    table.sql(f"DELETE FROM {{t}} WHERE day = DATE'{day(2)}'")
    damaged = table.read()
    restore(table, case)
    assert total(table.read()) > total(damaged)
    salvor.run("undo", case, "--yes", expect=salvor.DONE)
    assert not difference(table.read(), damaged)


# -- the same file with another vector


def test_a_short_partition_is_replaced_although_its_file_is_live_with_another_vector(
        spark, lake, case):
    table = SparkLake(spark, lake / "t", {"delta.enableDeletionVectors": "true"})
    table.fill()
    before = table.read()
    version = latest(table.path)
    table.sql(f"DELETE FROM {{t}} WHERE day = DATE'{day(2)}' AND id > 50")
    naive = naive_twin(table, version)
    assert total(naive.read()) != total(before), "the rows of one file are there twice"
    restore(table, case, "--include", "partial")
    assert not difference(table.read(), before)
    salvor.run("undo", case, "--yes", expect=salvor.DONE)
    assert total(table.read()) == total(before) - 10


def test_vectors_are_not_replaced_under_a_change_feed(spark, lake, case):
    table = SparkLake(spark, lake / "t", {"delta.enableDeletionVectors": "true",
                                          "delta.enableChangeDataFeed": "true"})
    table.fill()
    table.sql(f"DELETE FROM {{t}} WHERE day = DATE'{day(2)}' AND id > 50")
    short = table.read()
    done = salvor.run("plan", table.path, "--case", case, "--include", "partial")
    if case.exists():
        salvor.run("persist", case)
        done = salvor.run("apply", case, "--yes", expect={salvor.FAILED, salvor.REFUSED})
    assert "change" in done.said.lower()
    assert not difference(table.read(), short)


def test_a_lost_vector_file_makes_its_partition_unrecoverable(spark, lake, case):
    table = SparkLake(spark, lake / "t", {"delta.enableDeletionVectors": "true"})
    table.fill()
    table.sql(f"DELETE FROM {{t}} WHERE day = DATE'{day(2)}' AND id % 2 = 0")
    table.sql(f"DELETE FROM {{t}} WHERE day = DATE'{day(2)}'")
    for name in os.listdir(table.path):
        if name.startswith("deletion_vector_"):
            os.unlink(os.path.join(table.path, name))
    found = salvor.status(table.path, expect=salvor.LOST)
    assert not salvor.by_health(found, "missing")[(day(2),)]["recoverable"]


# -- what today's table allows


def drop_vectors(table):
    """What DROP FEATURE leaves behind (Spark 4.0.1 cannot run Delta 4.0.0's own)."""
    now, meta = protocol(table.path), metadata(table.path)
    commit(table.path, [
        {"protocol": {"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": [
            name for name in now["writerFeatures"] if name != "deletionVectors"]}},
        {"metaData": {**meta, "configuration": {
            **meta["configuration"], "delta.enableDeletionVectors": "false"}}}], "DROP FEATURE")


def test_a_vector_is_refused_by_name_once_the_feature_was_dropped(spark, lake, case):
    table = SparkLake(spark, lake / "t", {"delta.enableDeletionVectors": "true"})
    table.fill()
    table.sql(f"DELETE FROM {{t}} WHERE day = DATE'{day(2)}' AND id < 20")
    before, version = table.read(), latest(table.path)
    table.sql(f"DELETE FROM {{t}} WHERE day = DATE'{day(2)}'")
    drop_vectors(table)
    naive = naive_twin(table, version)
    assert total(naive.read()) > total(before), "the vector is ignored: deleted rows are back"
    done = salvor.run("plan", table.path, "--case", case)
    if case.exists():
        salvor.run("persist", case)
        done = salvor.run("apply", case, "--yes", expect={salvor.FAILED, salvor.REFUSED})
    assert "deletionVectors" in done.said
    assert (day(2),) not in table.read()


def test_old_files_are_refused_once_their_column_mapping_was_switched_off(spark, lake, case):
    table = SparkLake(spark, lake / "t", {"delta.columnMapping.mode": "name"})
    table.fill()
    columns = [add["partitionValues"] for add in live_adds(table.path).values()]
    table.sql(f"DELETE FROM {{t}} WHERE day = DATE'{day(2)}'")
    table.sql("ALTER TABLE {t} SET TBLPROPERTIES ('delta.columnMapping.mode' = 'none')")
    assert columns and "day" not in columns[0], "physical names were invented"
    done = salvor.run("plan", table.path, "--case", case)
    if case.exists():
        salvor.run("persist", case)
        done = salvor.run("apply", case, "--yes", expect={salvor.FAILED, salvor.REFUSED})
    assert "mapping" in done.said.lower()
    assert (day(2),) not in table.read()


def test_a_type_that_was_widened_since_reads_the_old_files(spark, lake, case):
    table = SparkLake(spark, lake / "t", {"delta.enableTypeWidening": "true"},
                      "day DATE, id INT, note STRING")
    table.fill()
    before = table.read()
    table.sql(f"DELETE FROM {{t}} WHERE day = DATE'{day(2)}'")
    table.sql("ALTER TABLE {t} ALTER COLUMN id TYPE BIGINT")
    table.sql(f"INSERT INTO {{t}} VALUES (DATE'{day(9)}', {2**40}, 'wide')")
    salvor.recover(table, case)
    assert not difference({k: v for k, v in table.read().items() if k != (day(9),)}, before)


def test_rows_that_an_update_moved_to_another_day_are_not_restored(spark, lake, case):
    table = SparkLake(spark, lake / "t", {"delta.enableRowTracking": "true"})
    table.fill()
    version = latest(table.path)
    table.sql(f"UPDATE {{t}} SET day = DATE'{day(3)}' WHERE day = DATE'{day(2)}'")
    moved = table.read(row_ids=True)
    naive = naive_twin(table, version)
    frame = spark.read.format("delta").load(naive.path).select("_metadata.row_id")
    assert (frame.count(), frame.distinct().count()) == (120, 100)
    salvor.run("plan", table.path, "--case", case)
    if case.exists():
        made = json.loads((case / "plan.json").read_text())
        assert salvor.dispositions(made) == {(day(2),): "review"}
    assert not difference(table.read(row_ids=True), moved)


def wrong_day(spark, number, ids):
    return spark.sql(f"SELECT DATE'{day(number)}' AS day, id, 'wrong' AS note FROM range({ids})")


def chosen(table, case, number, content, expect=salvor.DONE):
    """Takes one content of a day by the way that is printed."""
    salvor.run("plan", table.path, "--case", case, "--version", content["last_version"], "--partitions", day(number),
               expect=expect)
    for verb in (["persist"], ["apply", "--yes"], ["verify"]):
        salvor.run(verb[0], case, *verb[1:], expect=expect)


def contents_to_choose(table, case, *numbers):
    """What the default plan leaves to a person, who has both the right rows and the wrong ones to choose from."""
    told = salvor.run("plan", table.path, "--case", case, "--json", expect=salvor.REFUSED).json["plan"]
    contents = {number: salvor.entry(told, (day(number),))["contents"] for number in numbers}
    assert salvor.dispositions(told) == {(day(number),): "review" for number in numbers}
    return contents


def test_days_overwritten_by_spark_with_wrong_rows_before_they_were_lost_are_for_review(spark, lake, case):
    table = SparkLake(spark, lake / "t")
    table.fill()
    right = table.read()
    wrong_day(spark, 1, 20).write.format("delta").mode("overwrite").option("replaceWhere", f"day = DATE'{day(1)}'").save(
        table.path)
    wrong_day(spark, 2, 7).write.format("delta").mode("overwrite").option("partitionOverwriteMode", "dynamic").save(
        table.path)
    wrong = table.read()
    assert wrong[(day(1),)] != right[(day(1),)] and wrong[(day(3),)] == right[(day(3),)]
    table.sql(f"DELETE FROM {{t}} WHERE day IN (DATE'{day(1)}', DATE'{day(2)}')")
    contents = contents_to_choose(table, case, 1, 2)
    assert {n: [c["tally"]["rows"] for c in contents[n]] for n in (1, 2)} == {1: [20, 20], 2: [20, 7]}
    assert [c["operation"] for c in contents[1]] == ["WRITE", "WRITE"]
    chosen(table, case, 1, contents[1][0])
    chosen(table, case.with_name("other"), 2, contents[2][1])
    assert not difference(table.read(), {**right, (day(2),): wrong[(day(2),)]})


def test_a_commit_after_a_clock_that_ran_ahead_keeps_in_commit_times_in_order(spark, lake, case):
    table = SparkLake(spark, lake / "t", {"delta.enableInCommitTimestamps": "true"})
    table.fill()
    table.sql(f"DELETE FROM {{t}} WHERE day = DATE'{day(2)}'")
    path = commit_path(table.path, latest(table.path))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    ahead = int(time.time() * 1000) + 3_600_000
    lines[0]["commitInfo"]["inCommitTimestamp"] = ahead
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    path.with_name(f".{path.name}.crc").unlink(missing_ok=True)
    restore(table, case)
    first = actions(table.path, latest(table.path))[0]
    assert first["commitInfo"]["inCommitTimestamp"] == ahead + 1


# -- Spark's VACUUM


def test_folders_with_letters_that_encoders_disagree_on_survive_a_vacuum(spark, lake, case):
    """Fresh names keep the folder's text byte for byte: Spark compares path strings."""
    table = SparkLake(spark, lake / "t", {"delta.deletedFileRetentionDuration": "interval 1 hours"},
                      "name STRING, id BIGINT", "name")
    names = ["ä-b", "a b", "50%", "q?#", "semi;colon", "plus+and&"]
    for number, name in enumerate(names):
        table.sql(f"INSERT INTO {{t}} VALUES ('{name}', {number}), ('{name}', {number + 100})")
    whole = table.read()
    table.sql("DELETE FROM {t} WHERE name <> '50%'")
    salvor.recover(table, case)
    assert not difference(table.read(), whole)
    table.vacuum()
    assert not difference(table.read(), whole)


def many_files(spark, path, count=300):
    """A day of many files, made fast: copies of one, committed by hand; then the day is deleted."""
    table = SparkLake(spark, path)
    table.fill()
    add = next(a for a in live_adds(table.path).values() if a["partitionValues"]["day"] == day(2))
    copies = []
    for number in range(count):
        copy = {**add, "path": f"day={day(2)}/copy-{number:05d}.parquet", "dataChange": True}
        shutil.copyfile(data_path(table.path, add), data_path(table.path, copy))
        copies.append({"add": copy})
    commit(table.path, copies)
    whole = table.read()
    table.sql(f"DELETE FROM {{t}} WHERE day = DATE'{day(2)}'")
    time.sleep(0.05)  # RETAIN 0 takes what is older than now
    return table, whole


def java_of(spark):
    return spark.sparkContext._gateway.proc.pid


def java_processes(pid):
    """The launcher's whole family: bash, java."""
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True,
                              text=True).stdout.split()
    return [pid, *(p for child in children for p in java_processes(int(child)))]


def vacuum_started(table):
    return any(action.get("commitInfo", {}).get("operation") == "VACUUM START"
               for version in versions(table.path)[-3:] for action in actions(table.path, version))


@pytest.mark.parametrize("moment", ["while it lists files", "while it deletes files"])
def test_a_vacuum_that_began_before_the_commit_and_ends_after_it_leaves_the_table_whole(
        spark, lake, case, moment):
    table, whole = many_files(spark, lake / "t")
    folder = os.path.join(table.path, f"day={day(2)}")
    files = len(os.listdir(folder))
    persisted(table, case)
    vacuum = threading.Thread(target=table.vacuum)
    vacuum.start()
    deadline = time.time() + 60
    if moment == "while it lists files":
        time.sleep(1.0)
    else:
        while len(os.listdir(folder)) == files and time.time() < deadline:
            time.sleep(0.001)
    family = java_processes(java_of(spark))
    for pid in family:
        os.kill(pid, signal.SIGSTOP)  # our own Spark holds its breath
    try:
        began = vacuum_started(table)
        salvor.run("apply", case, "--yes", expect=salvor.DONE)
    finally:
        for pid in family:
            os.kill(pid, signal.SIGCONT)
    vacuum.join()
    print(f"VACUUM START was in the log when apply ran: {began}")
    assert not difference(table.read(), whole)
    salvor.run("verify", case, expect=salvor.DONE)
    salvor.run("clean", case, expect=salvor.DONE)
    assert not difference(table.read(), whole)
