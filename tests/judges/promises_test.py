"""What salvor does and refuses, step by step: one fact each, on tables that delta-rs wrote."""

import json
import os
import re
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

import salvor_run as salvor
from daily_lake import SCHEMA, WHOLE, DailyLake, day, key, rows_of
from delta_folder import digest, latest
from salvor_run import persisted, refused_without_a_trace, restore


# -- partial and changed


def test_a_partial_partition_is_shown_and_left_alone(table, case):
    table.delete(2, also="id >= 2006")
    table.delete(4)
    found = salvor.status(table.path, expect=salvor.LOSS)
    assert salvor.by_health(found, "partial")[key(2)]["rows"] == 6
    assert salvor.by_health(found, "partial")[key(2)]["rows_before"] == 10
    restore(table, case)
    assert table.counts() == {**WHOLE, 2: 6}


def test_a_partial_partition_alone_is_no_loss_by_the_exit_code(table):
    table.delete(2, also="id >= 2006")
    salvor.status(table.path, expect=salvor.DONE)


def test_include_partial_replaces_a_partition_that_the_old_content_contains(table, case):
    whole = table.read()
    table.delete(2, also="id >= 2006")
    restore(table, case, "--include", "partial")
    assert table.read() == whole


def test_include_partial_is_refused_where_a_later_row_would_be_lost(table, case):
    table.delete(2, also="id >= 2004")
    table.append(2, [99])
    refused_without_a_trace(table, "plan", table.path, "--case", case, "--include", "partial")
    assert not case.exists()
    assert table.counts() == {**WHOLE, 2: 5}


def test_include_partial_is_refused_where_a_duplicate_would_be_lost(table, case):
    table.delete(2, also="id >= 2004")
    table.append(2, [2000])  # the same row a second time: a multiset, not a set
    refused_without_a_trace(table, "plan", table.path, "--case", case, "--include", "partial")
    assert not case.exists()


def test_include_changed_puts_the_old_rows_beside_later_ones(table, case):
    old = table.read()
    table.overwrite(2, range(50, 62), note="later")
    later = table.read()
    assert salvor.by_health(salvor.status(table.path), "changed").keys() == {key(2)}
    restore(table, case, "--beside")
    assert table.read() == {**old, key(2): old[key(2)] + later[key(2)]}


def test_include_changed_is_refused_where_both_share_a_row(table, case):
    table.overwrite(2, [*range(50, 62), 2003])
    refused_without_a_trace(table, "plan", table.path, "--case", case, "--beside")
    assert not case.exists()


# -- refilled between plan and apply


def test_a_partition_refilled_with_the_same_rows_is_skipped(table, case):
    whole = table.read()
    table.delete(2, 4)
    persisted(table, case)
    table.append(2, range(2000, 2010))
    salvor.run("apply", case, "--yes", expect=salvor.DONE)
    salvor.run("verify", case, expect=salvor.DONE)
    assert table.read() == whole


def test_a_partition_refilled_with_other_rows_stops_everything_and_both_counts_are_said(table, case):
    table.delete(2, 4)
    persisted(table, case)
    table.append(2, [1, 2, 3])
    done = refused_without_a_trace(table, "apply", case, "--yes")
    assert str(day(2)) in done.said
    assert re.search(r"\b3\b", done.said) and re.search(r"\b10\b", done.said)
    assert table.counts() == {1: 10, 2: 3, 3: 10, 5: 10}


def test_a_refill_with_the_same_rows_but_one_doubled_is_refused(table, case):
    table.delete(2)
    persisted(table, case)
    table.append(2, [*range(2000, 2009), 2000])
    refused_without_a_trace(table, "apply", case, "--yes")


# -- the plan is what runs


def test_the_same_state_gives_the_same_bytes(table, case):
    table.delete(2, 4)
    staging = case.parent / "private"
    salvor.plan(table.path, case.with_name("a"), "--staging", staging)
    salvor.plan(table.path, case.with_name("b"), "--staging", staging)
    plans = [(case.with_name(name) / "plan.json").read_bytes() for name in "ab"]
    assert plans[0] == plans[1]


@pytest.mark.parametrize("moment", ["before persist", "after persist"])
def test_a_plan_in_another_form_is_refused(table, case, moment):
    table.delete(2, 4)
    salvor.plan(table.path, case)
    if moment == "after persist":
        salvor.run("persist", case, expect=salvor.DONE)
    path = case / "plan.json"
    path.write_text(json.dumps(json.loads(path.read_text()), indent=1))
    before = digest(table.path)
    step = ["apply", case, "--yes"] if moment == "after persist" else ["persist", case]
    salvor.run(*step, expect={salvor.FAILED, salvor.REFUSED})
    assert digest(table.path) == before


def test_a_plan_edited_after_persist_is_refused(table, case):
    table.delete(2, 4)
    persisted(table, case)
    path = case / "plan.json"
    edited = path.read_text().replace('"disposition":"restore"', '"disposition":"leave"', 1)
    made = json.loads(edited)
    for partition in made["partitions"]:
        if partition["disposition"] == "leave":
            for name in ("mode", "snapshot", "restore", "content", "present"):
                partition.pop(name, None)
    path.write_text(json.dumps(made, sort_keys=True, separators=(",", ":"),
                               ensure_ascii=False) + "\n")
    before = digest(table.path)
    salvor.run("apply", case, "--yes", expect={salvor.FAILED, salvor.REFUSED})
    assert digest(table.path) == before


def test_apply_twice_writes_once(table, case):
    table.delete(2, 4)
    restore(table, case)
    before = latest(table.path)
    salvor.run("apply", case, "--yes", expect=salvor.DONE)
    assert latest(table.path) == before
    assert table.counts() == WHOLE


def test_apply_from_a_copy_of_the_case_writes_nothing_more(table, case, tmp_path):
    table.delete(2, 4)
    persisted(table, case)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(case / "plan.json", elsewhere / "plan.json")
    salvor.run("apply", case, "--yes", expect=salvor.DONE)
    before = latest(table.path)
    salvor.run("apply", elsewhere, "--yes", expect=salvor.DONE)
    assert latest(table.path) == before
    assert table.counts() == WHOLE


def test_apply_without_yes_off_a_terminal_is_refused(table, case):
    table.delete(2)
    persisted(table, case)
    before = digest(table.path)
    salvor.run("apply", case, expect={salvor.USAGE, salvor.REFUSED})
    assert digest(table.path) == before


def test_apply_without_persist_makes_its_private_copy_or_refuses(table, case):
    table.delete(2)
    salvor.plan(table.path, case)
    done = salvor.run("apply", case, "--yes", expect={salvor.DONE, salvor.REFUSED})
    assert table.counts() == (WHOLE if done.code == salvor.DONE else {1: 10, 3: 10, 4: 10, 5: 10})


# -- undo


def test_undo_takes_back_what_apply_did_and_a_second_apply_is_refused(table, case):
    table.delete(2, 4)
    damaged = table.read()
    restore(table, case)
    salvor.run("undo", case, "--yes", expect=salvor.DONE)
    assert table.read() == damaged
    refused_without_a_trace(table, "apply", case, "--yes")


def test_undo_of_a_replacement_puts_the_short_partition_back(table, case):
    table.delete(2, also="id >= 2006")
    damaged = table.read()
    restore(table, case, "--include", "partial")
    salvor.run("undo", case, "--yes", expect=salvor.DONE)
    assert table.read() == damaged


@pytest.mark.parametrize("touch", ["append", "delete some", "optimize"])
def test_undo_is_refused_once_a_restored_partition_was_touched(lake, case, touch):
    table = DailyLake(lake / "t", files=2)
    table.delete(2, 4)
    restore(table, case)
    if touch == "append":
        table.append(2, [1])
    elif touch == "delete some":
        table.delete(2, also="id = 2003")
    else:
        table.delta().optimize.compact()
    refused_without_a_trace(table, "undo", case, "--yes")


def test_undo_is_not_hindered_by_writes_to_other_partitions(table, case):
    table.delete(2, 4)
    restore(table, case)
    table.append(1, [1])
    salvor.run("undo", case, "--yes", expect=salvor.DONE)
    assert table.counts() == {1: 11, 3: 10, 5: 10}


def test_apply_is_refused_when_the_restored_rows_were_taken_away_again(table, case):
    table.delete(2)
    restore(table, case)
    table.delete(2)
    refused_without_a_trace(table, "apply", case, "--yes")
    restore(table, case.parent / "second case")
    assert table.counts() == WHOLE


# -- what moves a table, and what does not


def test_unrelated_writes_do_not_make_a_plan_stale(table, case):
    table.delete(2, 4)
    persisted(table, case)
    table.append(1, [1])
    table.append(9, [1])
    table.delta().create_checkpoint()
    salvor.run("apply", case, "--yes", expect=salvor.DONE)
    salvor.run("verify", case, expect=salvor.DONE)
    assert table.counts() == {**WHOLE, 1: 11, 9: 1}


def test_a_new_column_makes_the_plan_stale_and_that_is_said(table, case):
    table.delete(2)
    persisted(table, case)
    wider = SCHEMA.append(pa.field("more", pa.string()))
    write_deltalake(table.path, pa.Table.from_pylist(
        [{**rows_of(9, [1])[0], "more": "x"}], schema=wider), mode="append", schema_mode="merge")
    done = refused_without_a_trace(table, "apply", case, "--yes")
    assert "schema" in done.said.lower()


def test_a_new_constraint_makes_the_plan_stale(table, case):
    table.delete(2)
    persisted(table, case)
    table.delta().alter.add_constraint({"positive": "id > 0"})
    refused_without_a_trace(table, "apply", case, "--yes")


def test_a_constraint_that_old_rows_break_is_not_slipped_past(table, case):
    table.delete(2)
    table.delta().alter.add_constraint({"small": "id < 1500 OR id > 2999"})
    done = salvor.run("plan", table.path, "--case", case, expect=salvor.REFUSED)
    assert "'small'" in done.out and not case.exists()


def test_a_table_that_was_made_anew_under_the_same_path_is_refused(table, case):
    table.delete(2)
    persisted(table, case)
    shutil.rmtree(table.path)
    again = DailyLake(table.path)
    again.delete(2)
    refused_without_a_trace(again, "apply", case, "--yes")


# -- the private copy


@pytest.mark.parametrize("mode", [0o770, 0o777, 0o757], ids=oct)
def test_staging_in_a_folder_that_others_could_change_is_refused(table, case, tmp_path, mode):
    table.delete(2)
    private = tmp_path / "private"
    private.mkdir()
    private.chmod(mode)
    salvor.plan(table.path, case, "--staging", private)
    done = salvor.run("persist", case, expect=salvor.REFUSED)
    assert str(private) in done.said
    assert not list(private.rglob("*"))


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o711], ids=oct)
def test_a_private_copy_that_others_may_enter_is_refused(table, case, tmp_path, mode):
    """The copy's own folder, loosened by somebody after it was made."""
    table.delete(2)
    private = tmp_path / "private"
    private.mkdir(mode=0o755)
    persisted(table, case, "--staging", private)
    (copy,) = private.iterdir()
    assert copy.stat().st_mode & 0o7777 == 0o700
    copy.chmod(mode)
    done = refused_without_a_trace(table, "apply", case, "--yes")
    assert str(copy) in done.said
    salvor.run("persist", case, expect=salvor.REFUSED)


def test_a_private_copy_inside_the_table_is_refused(table, case):
    table.delete(2)
    salvor.plan(table.path, case, "--staging", os.path.join(table.path, "private"))
    refused_without_a_trace(table, "persist", case)


def test_the_private_copy_is_private_flat_and_a_table_of_its_own(table, case, tmp_path):
    old = table.read()
    table.delete(2, 4)
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    persisted(table, case, "--staging", private)
    copies = [p for p in private.iterdir() if p.is_dir()]
    assert len(copies) == 1
    assert copies[0].stat().st_mode & 0o077 == 0
    assert {p.name for p in copies[0].iterdir() if p.is_dir()} <= {"_delta_log", "_salvor"}
    staged = DailyLake.__new__(DailyLake)
    staged.path = str(copies[0])
    assert staged.read() == {k: old[k] for k in (key(2), key(4))}


def test_no_row_of_data_is_in_the_case(table, case):
    table.append(2, [424242], note="secret-note")
    table.delete(2)
    salvor.recover(table, case)
    for path in case.rglob("*"):
        if path.is_file():
            assert b"secret-note" not in path.read_bytes(), path


def test_clean_without_a_proof_is_refused_and_abandon_drops(table, case, tmp_path):
    table.delete(2)
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    persisted(table, case, "--staging", private)
    salvor.run("clean", case, expect=salvor.REFUSED)
    assert list(private.rglob("*.parquet"))
    salvor.run("clean", case, "--abandon", expect={salvor.REFUSED, salvor.USAGE})
    assert list(private.rglob("*.parquet"))
    salvor.run("clean", case, "--abandon", "--yes", expect=salvor.DONE)
    assert not list(private.rglob("*.parquet"))
    assert table.counts() == {1: 10, 3: 10, 4: 10, 5: 10}


def test_clean_after_apply_but_without_verify_is_refused(table, case):
    table.delete(2)
    persisted(table, case)
    salvor.run("apply", case, "--yes", expect=salvor.DONE)
    salvor.run("clean", case, expect=salvor.REFUSED)


def test_clean_drops_the_private_copy_and_the_table_stays(table, case, tmp_path):
    table.delete(2)
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    salvor.recover(table, case, "--staging", private)
    assert not list(private.rglob("*"))
    assert table.counts() == WHOLE
    salvor.run("clean", case, expect=salvor.DONE)


def test_verify_before_apply_proves_nothing(table, case):
    table.delete(2)
    persisted(table, case)
    salvor.run("verify", case, expect={salvor.FAILED, salvor.REFUSED})
    assert not (case / "proof.json").exists()


def test_verify_finds_a_restored_file_that_was_swapped(table, case):
    table.delete(2)
    persisted(table, case)
    salvor.run("apply", case, "--yes", expect=salvor.DONE)
    uris = [p for p in table.delta().file_uris() if str(day(2)) in p]
    path = uris[0].removeprefix("file://")
    content = pq.read_table(path)
    os.unlink(path)  # so that the private copy's inode keeps its bytes
    pq.write_table(content.slice(0, content.num_rows - 1), path)
    salvor.run("verify", case, expect={salvor.FAILED, salvor.REFUSED})
    salvor.run("clean", case, expect=salvor.REFUSED)
