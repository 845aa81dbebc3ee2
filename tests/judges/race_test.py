"""Others at work on the table while salvor is: writers, a second salvor, and VACUUM under way."""

import multiprocessing
import os
import shutil
import signal
import time

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

import salvor_run as salvor
from daily_lake import SCHEMA, WHOLE, DailyLake, day, key, rows_of
from delta_folder import actions, commit, data_path, latest, live_adds, re_add, versions
from salvor_run import persisted

SPAWN = multiprocessing.get_context("spawn")  # delta-rs has threads: no fork


def write_loop(path, number, first_id, stop, written):
    """Appends one row after another to a day until told to stop; says which it committed."""
    identity = first_id
    while not stop.is_set():
        write_deltalake(path, pa.Table.from_pylist(rows_of(number, [identity], "loop"),
                                                   schema=SCHEMA), mode="append")
        written.put(identity)
        identity += 1


class Writer:
    def __init__(self, table, number, first_id):
        self.stop, self.written = SPAWN.Event(), SPAWN.Queue()
        self.process = SPAWN.Process(target=write_loop, args=(
            table.path, number, first_id, self.stop, self.written))

    def __enter__(self):
        self.process.start()
        self.ids = [self.written.get(timeout=60)]  # it is under way
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.process.join(60)
        assert self.process.exitcode == 0
        while not self.written.empty():
            self.ids.append(self.written.get())


def ids_of(rows):
    return sorted(int(text.split("id=")[1].split(";")[0]) for text in rows.elements())


@pytest.mark.parametrize("turn", range(3))
def test_a_writer_beside_apply_loses_nothing_and_doubles_nothing(lake, case, turn):
    table = DailyLake(lake / "t", days=28, rows=4, files=2)
    table.delete(*range(2, 28))
    persisted(table, case)
    with Writer(table, 1, 10**6) as appends, Writer(table, 28, 2 * 10**6) as more:
        time.sleep(0.1 * turn)
        salvor.run("apply", case, "--yes", expect=salvor.DONE)
        salvor.run("verify", case, expect=salvor.DONE)
    found = table.read()
    assert all(sum(found[key(n)].values()) == 4 for n in range(2, 28))
    assert [i for i in ids_of(found[key(1)]) if i >= 10**6] == sorted(appends.ids)
    assert [i for i in ids_of(found[key(28)]) if i >= 10**6] == sorted(more.ids)
    assert sum(found[key(1)].values()) == 4 + len(appends.ids)


@pytest.mark.parametrize("turn", range(3))
def test_a_writer_to_the_lost_day_itself_is_never_joined_with_the_old_rows(lake, case, turn):
    """Whoever comes first: rows of the loop and the old rows meet only if apply's commit was first."""
    table = DailyLake(lake / "t", days=3)
    table.delete(2)
    persisted(table, case)
    before = latest(table.path)
    with Writer(table, 2, 10**6) as writer:
        done = salvor.run("apply", case, "--yes", expect={salvor.DONE, salvor.REFUSED})
    found = ids_of(table.read()[key(2)])
    assert [i for i in found if i >= 10**6] == sorted(writer.ids)
    if done.code == salvor.REFUSED:
        assert found == sorted(writer.ids)
    else:
        assert [i for i in found if i < 10**6] == list(range(2000, 2010))
        applied = next(v for v in versions(table.path) if v > before and any(
            "txn" in a and "add" not in a for a in actions(table.path, v)))
        adds = [a for a in live_adds(table.path, applied - 1).values()
                if a["partitionValues"]["day"] == str(day(2))]
        assert not adds, "there were rows before apply's commit"


def test_two_applies_at_once_of_copies_of_a_case_write_once(table, case, tmp_path):
    table.delete(2, 4)
    persisted(table, case)
    copies = [tmp_path / f"copy{number}" for number in range(4)]
    for copy in copies:
        copy.mkdir()
        shutil.copy(case / "plan.json", copy)
    before = latest(table.path)
    running = [salvor.start("apply", copy, "--yes") for copy in copies]
    said = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [salvor.DONE] * 4, said
    assert latest(table.path) == before + 1
    assert table.counts() == WHOLE


def test_two_applies_at_once_of_one_case_write_once(table, case):
    table.delete(2, 4)
    persisted(table, case)
    before = latest(table.path)
    running = [salvor.start("apply", case, "--yes") for _ in range(3)]
    said = [process.communicate(timeout=120) for process in running]
    codes = sorted(process.returncode for process in running)
    assert codes[0] == salvor.DONE and set(codes) <= {salvor.DONE, salvor.FAILED, salvor.REFUSED}, said
    assert latest(table.path) == before + 1
    assert table.counts() == WHOLE


# -- VACUUM under way


def many_files(path, count=2000):
    """A day of many files, made fast: copies of one, committed by hand; then the day is deleted."""
    table = DailyLake(path, days=2)
    add = next(a for a in live_adds(table.path).values() if a["partitionValues"]["day"] == str(day(2)))
    copies = []
    for number in range(count):
        copy = {**add, "path": f"day={day(2)}/copy-{number:05d}.parquet", "dataChange": True}
        shutil.copyfile(data_path(table.path, add), data_path(table.path, copy))
        copies.append({"add": copy})
    commit(table.path, copies)
    table.delete(2)
    time.sleep(0.05)  # retention 0 takes what is older than now
    return table, {1: 10, 2: 10 * (count + 1)}


def vacuum_once(path, full):
    DeltaTable(path).vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False,
                            full=full)


def halted_amid_deleting(table, full):
    """A VACUUM of delta-rs in a process of its own, stopped once the first file is gone; nothing if
    it was too fast for that."""
    folder = os.path.join(table.path, f"day={day(2)}")
    files = len(os.listdir(folder))
    process = SPAWN.Process(target=vacuum_once, args=(table.path, full))
    process.start()
    while process.is_alive() and len(os.listdir(folder)) == files:
        pass
    os.kill(process.pid, signal.SIGSTOP)
    left = len(os.listdir(folder))
    if 0 < left < files:
        return process
    os.kill(process.pid, signal.SIGCONT)
    process.join(60)
    return None


@pytest.mark.parametrize("full", [False, True])
def test_a_vacuum_that_began_before_the_commit_and_ends_after_it_leaves_the_table_whole(
        lake, case, full):
    for attempt in range(4):  # a busy machine may not let us stop it in time
        case = case.with_name(f"case{attempt}")
        table, whole = many_files(lake / f"t{attempt}", 2000 * 2**attempt)
        persisted(table, case)
        vacuum = halted_amid_deleting(table, full)
        if vacuum:
            break
    assert vacuum, "no VACUUM could be stopped while it was deleting"
    try:
        salvor.run("apply", case, "--yes", expect=salvor.DONE)
    finally:
        os.kill(vacuum.pid, signal.SIGCONT)
    vacuum.join(60)
    assert table.counts() == whole
    salvor.run("verify", case, expect=salvor.DONE)
    salvor.run("clean", case, expect=salvor.DONE)
    table.vacuum()
    assert table.counts() == whole


def test_a_vacuum_that_looked_before_the_commit_takes_old_paths_and_leaves_fresh_ones(lake, case):
    table, whole = many_files(lake / "t", 20)
    naive = DailyLake.__new__(DailyLake)
    naive.path, naive.columns = f"{table.path}-naive", table.columns
    shutil.copytree(table.path, naive.path)
    looked, naive_looked = table.delta(), naive.delta()
    commit(naive.path, re_add(naive.path, 1, {key(2)}))
    naive_looked.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
    with pytest.raises(Exception):
        naive.counts()
    persisted(table, case)
    salvor.run("apply", case, "--yes", expect=salvor.DONE)
    looked.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
    assert table.counts() == whole


def vacuum_loop(path, stop, full, begun):
    while not stop.is_set():
        vacuum_once(path, full)
        begun.set()


@pytest.mark.parametrize("turn", range(3))
def test_vacuums_in_a_loop_beside_apply_take_nothing(lake, case, turn):
    table = DailyLake(lake / "t", days=28, rows=4, files=2)
    whole = table.counts()
    table.delete(*range(2, 28))
    persisted(table, case)
    stop, begun = SPAWN.Event(), SPAWN.Event()
    loop = SPAWN.Process(target=vacuum_loop, args=(table.path, stop, False, begun))
    loop.start()
    assert begun.wait(60)
    try:
        salvor.run("apply", case, "--yes", expect=salvor.DONE)
        salvor.run("verify", case, expect=salvor.DONE)
        salvor.run("clean", case, expect=salvor.DONE)
    finally:
        stop.set()
        loop.join(60)
    assert table.counts() == whole


def test_a_file_that_was_taken_all_the_same_is_mended_by_apply_and_hinders_clean(table, case):
    table.delete(2)
    persisted(table, case)
    salvor.run("apply", case, "--yes", expect=salvor.DONE)
    salvor.run("verify", case, expect=salvor.DONE)
    for add in live_adds(table.path).values():
        if add["partitionValues"]["day"] == str(day(2)):
            os.unlink(data_path(table.path, add))
    salvor.run("clean", case, expect={salvor.FAILED, salvor.REFUSED})
    before = latest(table.path)
    salvor.run("apply", case, "--yes", expect=salvor.DONE)
    assert latest(table.path) == before
    assert table.counts() == WHOLE
    salvor.run("clean", case, expect=salvor.DONE)
