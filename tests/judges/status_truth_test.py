"""`status` says of a table what its readers get, and calls whole only what it compared."""

import json
import os
import shutil
import time
from pathlib import Path

import duckdb
import duckdb_extension_delta
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

import salvor_run as salvor
from daily_lake import SCHEMA, DailyLake, day, key, rows_of
from delta_folder import actions, commit_path, data_path, latest, live_adds

DAY_SECONDS = 24 * 3600


def count_by_deltars(path):
    return DeltaTable(str(path)).to_pyarrow_table().num_rows


def count_by_duckdb(path):
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    folder = Path(duckdb_extension_delta.__file__).parent
    connection.load_extension(str(next(folder.rglob("delta.duckdb_extension"))))
    return connection.execute("SELECT sum(hash(t)) IS NOT NULL, count(*) FROM delta_scan(?) t",
                              [str(path)]).fetchone()[1]


def unreadable_by_both(path):
    for count in (count_by_deltars, count_by_duckdb):
        with pytest.raises(Exception):
            count(path)
    return True


def files_of(table, number, version=None):
    return [data_path(table.path, a) for a in live_adds(table.path, version).values()
            if a["partitionValues"].get("day") == str(day(number))]


def age(paths, seconds):
    then = time.time() - seconds
    for path in paths:
        os.utime(path, (then, then))


def log_files(table):
    return sorted((Path(table.path) / "_delta_log").iterdir())


def text_of(table, *flags, expect):
    said = salvor.run("status", table.path, *flags, expect=expect).out
    assert expect == salvor.DONE or "whole" not in said
    return said


def rewrite(table, version, change):
    """A commit's lines, each as `change` makes it."""
    lines = [json.dumps(change(action)) for action in actions(table.path, version)]
    commit_path(table.path, version).write_text("\n".join(lines) + "\n", encoding="utf-8")


# -- live files that are not there


def test_a_live_day_whose_folder_is_gone_is_broken(table):
    table.append(1, [9])
    said = text_of(table, expect=salvor.DONE)
    assert "whole since version 0" in said and "and every file is there" in said
    gone = files_of(table, 2)
    shutil.rmtree(Path(gone[0]).parent)
    assert unreadable_by_both(table.path)
    said = text_of(table, expect=salvor.LOST)
    assert "1 of 5 partitions broken" in said and f"{Path(gone[0]).name}: it is not there" in said
    found = salvor.status(table.path, expect=salvor.LOST)
    assert found["summary"]["broken"] == 1
    broken = salvor.by_health(found, "broken")
    assert set(broken) == {key(2)}
    assert (broken[key(2)]["broken"]["files"], broken[key(2)]["broken"]["rows"]) == (1, 10)
    assert broken[key(2)]["recoverable"] is False
    said = text_of(table, "--no-files", expect=salvor.DONE)
    assert "files were not looked for" in said and "every file is there" not in said


@pytest.mark.parametrize("length", [0, 40, None])
def test_a_live_file_of_another_length_is_broken(table, length):
    table.append(1, [9])
    file = files_of(table, 3)[0]
    if length is None:
        with open(file, "ab") as out:
            out.write(b"more")
    else:
        os.truncate(file, length)
    with pytest.raises(Exception):
        count_by_duckdb(table.path)
    assert "bytes long, and the log says" in text_of(table, expect=salvor.LOST)
    assert set(salvor.by_health(salvor.status(table.path), "broken")) == {key(3)}


def test_with_something_to_bring_back_besides_the_answer_is_3(table, case):
    os.truncate(files_of(table, 3)[0], 10)
    table.delete(2)
    found = salvor.status(table.path, expect=salvor.LOSS)
    assert (found["summary"]["broken"], found["missing_recoverable"]) == (1, 1)
    made = salvor.plan(table.path, case)
    assert salvor.dispositions(made) == {key(2): "restore", key(3): "lost"}


def test_files_that_lie_elsewhere_are_looked_for_there(table, tmp_path):
    """As a shallow clone names them: by absolute paths."""
    clone = tmp_path / "clone"
    (clone / "_delta_log").mkdir(parents=True)
    head = [a for a in actions(table.path, 0) if "add" not in a]
    adds = [{"add": {**a, "path": str(data_path(table.path, a))}}
            for a in live_adds(table.path).values()]
    for version, content in enumerate([head, adds]):
        commit_path(clone, version).write_text("\n".join(map(json.dumps, content)) + "\n")
    assert count_by_duckdb(clone) == 50
    assert "every file is there" in salvor.run("status", clone, expect=salvor.DONE).out
    os.remove(files_of(table, 4)[0])
    assert set(salvor.by_health(salvor.status(clone, expect=salvor.LOST), "broken")) == {key(4)}


def test_a_live_file_without_a_size_in_the_log_is_a_note(table):
    table.append(1, [9])
    rewrite(table, latest(table.path), lambda action: {
        "add": {**action["add"], "size": 0}} if "add" in action else action)
    said = text_of(table, expect=salvor.DONE)
    assert "1 live file of no bytes by the log" in said


# -- one bad file among lost ones


def test_of_five_lost_days_the_one_whose_file_was_cut_short_is_named(table, case):
    files = {n: files_of(table, n)[0] for n in range(1, 6)}
    table.delete(1, 2, 3, 4, 5)
    os.truncate(files[4], 99)
    found = salvor.status(table.path, expect=salvor.LOSS)
    assert (found["summary"]["missing"], found["missing_recoverable"]) == (5, 4)
    assert f"{Path(files[4]).name}: 99 bytes long" in text_of(table, expect=salvor.LOSS)
    made = salvor.plan(table.path, case)
    dispositions = salvor.dispositions(made)
    assert [n for n in range(1, 6) if dispositions[key(n)] == "restore"] == [1, 2, 3, 5]
    assert dispositions[key(4)] == "lost"
    reason = next(p["reason"] for p in made["partitions"] if p["disposition"] == "lost")
    assert Path(files[4]).name in reason


# -- how far back


@pytest.mark.parametrize("configuration", [None, {"delta.logRetentionDuration": "interval 1 hours"}])
def test_old_commits_are_compared_whatever_their_times_say(lake, configuration):
    table = DailyLake(lake / "t", configuration=configuration)
    table.delete(2)
    age(log_files(table), time.time())  # 1970
    found = salvor.status(table.path, expect=salvor.LOSS)
    assert set(salvor.by_health(found, "missing")) == {key(2)}
    assert found["window"]["first_version"] == 0


def test_a_table_of_one_version_is_not_called_whole(table):
    said = text_of(table, expect=salvor.DONE)
    assert "nothing to compare 5 partitions with" in said and "whole" not in said
    assert salvor.status(table.path)["window"]["compared"] is False


def test_what_a_cleaned_log_no_longer_tells_is_a_note(table):
    table.delete(2)
    table.delta().create_checkpoint()
    age(log_files(table), 60 * DAY_SECONDS)
    table.delta().cleanup_metadata()
    assert not commit_path(table.path, 0).exists()
    said = text_of(table, expect=salvor.DONE)
    assert "whole" not in said and "nothing to compare 4 partitions with" in said
    assert "checkpoint of version 1 names 1 file that" in said and "day=2024-01-02" in said


def test_a_log_that_was_made_anew_leaves_files_that_it_does_not_name(table):
    shutil.rmtree(Path(table.path) / "_delta_log")
    write_deltalake(table.path, pa.Table.from_pylist([], schema=SCHEMA), partition_by=["day"])
    young = text_of(table, expect=salvor.DONE)
    assert "whole" not in young and "data file" not in young
    age(Path(table.path).glob("day=*/*.parquet"), 8 * DAY_SECONDS)
    hidden = Path(table.path) / "_staging" / "x.parquet"
    hidden.parent.mkdir()
    hidden.write_bytes(b"x")
    age([hidden], 8 * DAY_SECONDS)
    said = text_of(table, expect=salvor.DONE)
    assert "5 data files that this log does not name" in said and "day=2024-01-01" in said
    assert "whole" not in said and "_staging" not in said


def test_days_purged_long_ago_are_one_line_and_no_alarm(table, case):
    table.delete(1)
    table.delete(2)
    table.vacuum()
    age(log_files(table), 60 * DAY_SECONDS)
    table.append(4, [99])
    said = text_of(table, expect=salvor.DONE)
    assert "2 partitions lost 20 rows, of which 2 went whole" in said
    found = salvor.status(table.path, expect=salvor.DONE)
    assert found["old_losses"] == {"partitions": 2, "gone": 2, "rows": 20}
    assert found["summary"]["missing"] == 0
    salvor.run("status", table.path, "--since", "1970-01-01", expect=salvor.LOST)
    salvor.run("plan", table.path, "--case", case, expect=salvor.DONE)
    assert not case.exists()


def test_since_is_where_the_window_begins(table):
    table.delete(2)
    age(log_files(table), 60 * DAY_SECONDS)
    table.append(4, [99])
    assert text_of(table, expect=salvor.LOSS)
    yesterday = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - DAY_SECONDS))
    said = text_of(table, "--since", yesterday, expect=salvor.DONE)
    assert "whole since version 1" in said


# -- other partitions, other counts


def test_an_overwrite_with_other_partition_columns_is_an_event(table, case):
    content = pa.Table.from_pylist(rows_of(1, range(20)), schema=SCHEMA)
    write_deltalake(table.path, content, mode="overwrite", schema_mode="overwrite",
                    partition_by=["note"])
    assert count_by_deltars(table.path) == count_by_duckdb(table.path) == 20
    history = salvor.run("history", table.path, "--json", expect=salvor.DONE).json
    assert [(e["version"], e["rows_removed"]) for e in history["events"]] == [(1, 30)]
    said = text_of(table, expect=salvor.DONE)
    assert "nothing missing among 1 partition since version 1" in said and "took 30 rows" in said
    assert "nothing was compared" not in said and "cannot go back as they are" in said
    done = salvor.run("plan", table.path, "--case", case, "--event", 1, expect=salvor.REFUSED)
    assert "changed the partition columns" in done.said


def test_a_count_of_no_rows_is_not_believed(table, case):
    def lie(action):
        if action.get("add", {}).get("partitionValues", {}).get("day") == str(day(2)):
            action["add"]["stats"] = json.dumps({"numRecords": 0})
        return action
    rewrite(table, 0, lie)
    table.append(1, [9])
    assert count_by_duckdb(table.path) == 51
    found = salvor.status(table.path, expect=salvor.DONE)
    assert {p["partition"]["day"]: p["rows"] for p in found["partitions"]}[str(day(2))] == 10
    assert "1 file without rows by the log, and with rows by their footers" in text_of(
        table, expect=salvor.DONE)
    table.delete(2)
    missing = salvor.by_health(salvor.status(table.path, expect=salvor.LOSS), "missing")
    assert missing[key(2)]["rows_before"] == 10
    made = salvor.plan(table.path, case)
    assert [p["restore"]["rows"] for p in made["partitions"]] == [10]


@pytest.mark.parametrize("flags, code", [
    ((), salvor.DONE), (("--fail-on", "partial"), salvor.LOSS), (("--fail-on", "missing,partial,changed,broken"), salvor.LOSS),
    (("--fail-on", "missing,broken"), salvor.DONE), (("--fail-on", "changed"), salvor.DONE),
    (("--fail-on", "everything"), salvor.USAGE)])
def test_what_an_alarm_is_can_be_chosen(lake, flags, code):
    table = DailyLake(lake / "t")
    table.delete(3, also="id % 2 = 0")  # one thinned day
    salvor.run("status", table.path, *flags, expect=code)


def test_an_alarm_for_overwritten_days(lake):
    table = DailyLake(lake / "t")
    table.overwrite(2, range(9000, 9012), note="other")
    salvor.run("status", table.path, expect=salvor.DONE)
    salvor.run("status", table.path, "--fail-on", "changed", expect=salvor.LOSS)
    salvor.run("status", table.path, "--fail-on", "partial", expect=salvor.DONE)
