"""What salvor finds and decides: one fact each, on tables that delta-rs wrote."""

import json
import os
from datetime import datetime, timedelta, timezone

import pyarrow as pa

import salvor_run as salvor
from daily_lake import SCHEMA, WHOLE, DailyLake, day, key, rows_of
from delta_folder import commit_path, versions
from salvor_run import entry, persisted, restore


# -- what is lost, and what only looks so


def test_rows_that_an_update_moved_to_another_day_are_for_review(table, case):
    table.delta().update(predicate=f"day = date '{day(2)}'", updates={"day": f"date '{day(3)}'"})
    table.delete(4)
    made = persisted(table, case)
    assert salvor.dispositions(made) == {key(2): "review", key(4): "restore"}
    salvor.run("apply", case, "--yes", expect=salvor.DONE)
    assert table.counts() == {1: 10, 3: 20, 4: 10, 5: 10}


def test_rows_that_a_merge_moved_to_another_day_are_for_review(table, case):
    source = pa.Table.from_pylist(rows_of(2, range(2000, 2010)), schema=SCHEMA)
    (table.delta().merge(source, "t.id = s.id", source_alias="s", target_alias="t")
     .when_matched_update({"day": f"date '{day(3)}'"}).execute())
    table.delete(4)
    made = salvor.plan(table.path, case)
    assert salvor.dispositions(made) == {key(2): "review", key(4): "restore"}


def test_optimized_partitions_are_intact(lake, case):
    table = DailyLake(lake / "t", files=5)
    table.delta().optimize.compact()
    assert salvor.status(table.path, expect=salvor.DONE)["summary"].get("missing", 0) == 0
    assert set(salvor.by_health(salvor.status(table.path), "intact")) == {key(n) for n in WHOLE}
    salvor.run("plan", table.path, "--case", case, expect=salvor.DONE)
    assert not case.exists()


def test_a_partition_emptied_twice_with_more_rows_earlier_is_for_review(table, case):
    first = table.delete(2)
    table.append(2, [1, 2, 3])
    second = table.delete(2)
    table.delete(4)
    made = salvor.plan(table.path, case)
    assert salvor.dispositions(made) == {key(2): "review", key(4): "restore"}
    reason = entry(made, key(2))["reason"]
    assert f"version {first - 1} or version {second - 1}" in reason


def test_each_of_two_emptyings_can_be_chosen_by_event(table, case):
    first = table.delete(2)
    table.append(2, [1, 2, 3])
    second = table.delete(2)
    made = salvor.plan(table.path, case.with_name("second"), "--event", second)
    assert entry(made, key(2))["restore"]["rows"] == 3
    restore(table, case.with_name("first"), "--event", first)
    assert table.counts() == WHOLE


def test_a_few_rows_deleted_before_the_loss_stay_deleted(table, case):
    table.delete(2, also="id >= 2008")
    table.delete(2)
    restore(table, case)
    assert table.counts() == {**WHOLE, 2: 8}


def test_three_events_that_each_took_the_oldest_day_look_like_expiry_and_are_left(table, case):
    events = [table.delete(number) for number in (1, 2, 3)]
    done = salvor.run("plan", table.path, "--case", case, expect=salvor.REFUSED)
    assert not case.exists(), done
    restore(table, case, "--event", events[1])
    assert table.counts() == {2: 10, 4: 10, 5: 10}


def test_two_events_at_different_times_are_restored_from_two_snapshots(table, case):
    first = table.delete(4)
    table.append(1, [1])
    second = table.delete(3)
    made = restore(table, case)
    assert entry(made, key(4))["snapshot"]["version"] == first - 1
    assert entry(made, key(3))["snapshot"]["version"] == second - 1
    assert table.counts() == {**WHOLE, 1: 11}


def test_nothing_to_bring_back_is_said_and_no_case_is_written(table, case):
    done = salvor.run("plan", table.path, "--case", case, expect=salvor.DONE)
    assert "nothing" in done.said.lower()
    assert not case.exists()


def test_a_table_that_is_whole_again_is_intact_also_after_a_vacuum(table, case):
    table.delete(2, 4)
    salvor.recover(table, case)
    salvor.status(table.path, expect=salvor.DONE)
    table.vacuum()
    found = salvor.status(table.path, expect=salvor.DONE)
    assert set(salvor.by_health(found, "intact")) == {key(n) for n in WHOLE}
    assert table.counts() == WHOLE


def test_history_names_the_events_that_took_rows(table):
    lost = table.delete(2, 4)
    found = salvor.run("history", table.path, "--json", expect=salvor.DONE).json
    event = next(e for e in found["events"] if e["version"] == lost)
    assert event["operation"] == "DELETE"
    assert event["rows_removed"] == 20


# -- choosing


def test_an_event_is_inverted_on_an_unpartitioned_table(lake, case):
    table = DailyLake(lake / "t", partitioned=False)
    whole = table.read()
    lost = table.delete(2, also="id >= 2004")
    salvor.status(table.path, expect=salvor.DONE)  # partial: fewer rows than before, not none
    restore(table, case, "--event", lost)
    assert table.read() == whole


def test_an_inverted_event_keeps_what_was_written_later(lake, case):
    table = DailyLake(lake / "t", partitioned=False)
    whole = table.read()
    lost = table.delete(2, also="id >= 2004")
    table.append(7, [1, 2])
    later = table.read()[key(7)]
    restore(table, case, "--event", lost)
    assert table.read() == {**whole, key(7): later}


def test_an_event_whose_files_were_rewritten_since_is_not_inverted(lake, case):
    table = DailyLake(lake / "t", partitioned=False)
    lost = table.delete(2, also="id >= 2004")
    table.delete(3)  # rewrites the file that the first one added
    now = table.read()
    salvor.run("plan", table.path, "--case", case, "--event", lost)
    if case.exists():
        salvor.run("persist", case)
        salvor.run("apply", case, "--yes", expect={salvor.FAILED, salvor.REFUSED})
    assert table.read() == now


def test_partitions_narrows_the_plan_to_a_range_and_a_list(lake, case):
    table = DailyLake(lake / "t", days=9)
    table.delete(2, 3, 4, 6, 8)
    made = restore(table, case, "--partitions", f"{day(2)}..{day(3)},{day(8)}")
    assert sorted(k for k, v in salvor.dispositions(made).items() if v == "restore") == [
        key(2), key(3), key(8)]
    assert sorted(table.counts()) == [1, 2, 3, 5, 7, 8, 9]


def test_partitions_takes_json_objects(table, case):
    table.delete(2, 4)
    restore(table, case, "--partitions", json.dumps({"day": str(day(4))}))
    assert sorted(table.counts()) == [1, 3, 4, 5]


def test_a_partition_that_never_was_is_a_usage_error(table, case):
    table.delete(2)
    salvor.run("plan", table.path, "--case", case, "--partitions", "2031-01-01",
               expect=salvor.USAGE)
    salvor.run("plan", table.path, "--case", case, "--partitions", "2024-1-2", expect=salvor.USAGE)
    assert not case.exists()


def test_version_and_as_of_choose_the_snapshot(table, case):
    table.delete(2)
    table.append(2, [1, 2, 3])
    at_three_rows = table.version()
    table.delete(2)
    made = salvor.plan(table.path, case.with_name("v"), "--version", at_three_rows)
    assert entry(made, key(2))["restore"]["rows"] == 3
    start = datetime(2024, 5, 1, tzinfo=timezone.utc)
    for version in versions(table.path):
        os.utime(commit_path(table.path, version),
                 ((start + timedelta(hours=version)).timestamp(),) * 2)
    made = salvor.plan(table.path, case.with_name("t"), "--as-of", "2024-05-01 00:30")
    assert entry(made, key(2))["restore"]["rows"] == 10
    assert entry(made, key(2))["snapshot"] == {"version": 0, "at": "2024-05-01T00:00:00Z"}
    made = salvor.plan(table.path, case.with_name("z"), "--as-of", "2024-05-01T04:00+02:00")
    assert entry(made, key(2))["snapshot"]["version"] == at_three_rows


def test_as_of_before_the_first_commit_is_an_error(table, case):
    table.delete(2)
    salvor.run("plan", table.path, "--case", case, "--as-of", "2001-01-01",
               expect={salvor.FAILED, salvor.USAGE})
    assert not case.exists()


# -- too late


def test_what_vacuum_took_is_lost_and_said_plainly(table, case):
    table.delete(2, 4)
    table.vacuum()
    found = salvor.status(table.path, expect=salvor.LOST)
    lost = salvor.by_health(found, "missing")
    assert not lost[key(2)]["recoverable"] and not lost[key(4)]["recoverable"]
    done = salvor.run("plan", table.path, "--case", case, expect=salvor.FAILED)
    assert not case.exists()
    assert "lost" in done.said.lower()
    assert str(day(2)) in done.said and str(day(4)) in done.said


def test_one_lost_partition_among_recoverable_ones_is_still_exit_3(table, case):
    table.delete(2)
    table.vacuum()
    table.delete(4)
    found = salvor.status(table.path, expect=salvor.LOSS)
    lost = salvor.by_health(found, "missing")
    assert not lost[key(2)]["recoverable"] and lost[key(4)]["recoverable"]
    made = restore(table, case)
    assert salvor.dispositions(made) == {key(2): "lost", key(4): "restore"}
    assert table.counts() == {1: 10, 3: 10, 4: 10, 5: 10}


def test_a_case_persisted_before_the_vacuum_still_restores(table, case):
    whole = table.read()
    table.delete(2, 4)
    persisted(table, case)
    table.vacuum()
    salvor.run("apply", case, "--yes", expect=salvor.DONE)
    salvor.run("verify", case, expect=salvor.DONE)
    salvor.run("clean", case, expect=salvor.DONE)
    assert table.read() == whole
    table.vacuum()
    assert table.read() == whole


def test_persist_after_the_vacuum_says_which_pieces_are_gone(table, case):
    table.delete(2, 4)
    salvor.plan(table.path, case)
    table.vacuum()
    done = salvor.run("persist", case, expect=salvor.FAILED)
    assert ".parquet" in done.said or str(day(2)) in done.said


def test_show_repeats_the_plan_for_a_person(table, case):
    table.delete(2, 4)
    salvor.plan(table.path, case)
    done = salvor.run("show", case, expect=salvor.DONE)
    assert str(day(2)) in done.out and str(day(4)) in done.out
