"""The private copy of a Delta table: what persist finds, what it saves all the same, and what changed since."""

import json
import os
import re
import shlex
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import QueryBuilder

import salvor_run as salvor
from daily_lake import WHOLE, day
from delta_folder import commit_path, data_path, digest, live_adds
from hand_table import HandTable


def add_of(table, number):
    return next(add for add in live_adds(table.path).values()
                if add["partitionValues"]["day"] == str(day(number)))


def file_of(table, number):
    return data_path(table.path, add_of(table, number))


def flip(path, at, bit=1):
    content = bytearray(path.read_bytes())
    content[at] ^= bit
    overwrite(path, bytes(content))


def footer_of(path):
    """Where the footer's metadata begins."""
    content = path.read_bytes()
    return len(content) - 8 - int.from_bytes(content[-8:-4], "little")


def overwrite(path, content):
    """In place: every link to it has the new bytes."""
    assert len(content) == path.stat().st_size
    with open(path, "r+b") as file:
        file.write(content)


def claim(table, number, **stats):
    """Rewrites what the first commit says of a day's file."""
    path = commit_path(table.path, 0)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        add = line.get("add")
        if add and add["partitionValues"]["day"] == str(day(number)):
            add["stats"] = json.dumps({**json.loads(add["stats"]), **stats})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def total(table):
    """As delta-rs counts: by what the log claims."""
    batches = QueryBuilder().register("t", table.delta()).execute("SELECT count(*) AS n FROM t").read_all()
    return pa.table(batches)["n"][0].as_py()


def test_a_count_of_seven_for_ten_rows_is_put_right_and_proven(table, case):
    whole = table.read()
    claim(table, 2, numRecords=7)
    table.delete(2)
    salvor.plan(table.path, case)
    done = salvor.run("persist", case, expect=salvor.DONE)
    assert "7 rows" in done.said and "10" in done.said
    salvor.run("apply", case, "--yes", expect=salvor.DONE)
    salvor.run("verify", case, expect=salvor.DONE)
    assert table.read() == whole
    assert total(table) == 50
    assert json.loads(add_of(table, 2)["stats"]) == {"numRecords": 10}


@pytest.mark.parametrize("how", ["one bit of the footer", "garbage of the same size", "cut short"])
def test_a_damaged_file_costs_its_day_and_a_new_plan_takes_the_others_over(table, case, tmp_path, how):
    damaged = file_of(table, 3)
    table.delete(2, 3, 4)
    salvor.plan(table.path, case)
    if how == "one bit of the footer":
        flip(damaged, footer_of(damaged) + 3)  # how many columns the schema has
    elif how == "garbage of the same size":
        overwrite(damaged, os.urandom(damaged.stat().st_size))
    else:
        damaged.write_bytes(damaged.read_bytes()[:-1])
    before = digest(table.path)
    failed = salvor.run("persist", case, expect=salvor.FAILED)
    assert damaged.name in failed.said and str(day(3)) in failed.said
    assert f"--partitions {day(2)},{day(4)}\n" in failed.said, "what is left, to be pasted"
    salvor.run("apply", case, "--yes", expect=salvor.REFUSED)
    assert digest(table.path) == before
    second = tmp_path / "second"
    salvor.plan(table.path, second, "--partitions", f"{day(2)},{day(4)}")
    table.vacuum()
    done = salvor.run("persist", second, "--json", expect=salvor.DONE).json
    assert done["linked"] == 2
    salvor.run("apply", second, "--yes", expect=salvor.DONE)
    salvor.run("verify", second, expect=salvor.DONE)
    assert table.counts() == {number: 10 for number in (1, 2, 4, 5)}
    assert total(table) == 40


def in_place(table, number):
    """Other rows at equal size, as a repair by hand would leave them: the footer stays."""
    path = file_of(table, number)
    content = path.read_bytes()
    assert content.count(b"first") >= 1
    return path, content.replace(b"first", b"FIRST", 1)


@pytest.mark.parametrize("step", ["apply", "verify"])
@pytest.mark.parametrize("wish", [[], ["--deep"]])
def test_rows_changed_in_place_after_persist_are_refused(table, case, step, wish):
    path, content = in_place(table, 2)
    table.delete(2)
    salvor.plan(table.path, case)
    salvor.run("persist", case, *wish, expect=salvor.DONE)
    if step == "verify":
        salvor.run("apply", case, "--yes", expect=salvor.DONE)
    times = path.stat()
    overwrite(path, content)
    if wish:
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    before = digest(table.path)
    done = salvor.run(step, case, *(["--yes"] if step == "apply" else []), expect=salvor.REFUSED)
    assert str(day(2)) in done.said
    assert digest(table.path) == before


@pytest.mark.parametrize("earlier", [False, True])
def test_a_copy_of_bytes_is_what_comes_back(table, case, earlier):
    whole = table.read()
    path, content = in_place(table, 2)
    table.delete(2)
    salvor.plan(table.path, case)
    if earlier:
        salvor.run("persist", case, expect=salvor.DONE)
    salvor.run("persist", case, "--copy", expect=salvor.DONE)
    overwrite(path, content)
    salvor.run("apply", case, "--yes", expect=salvor.DONE)
    salvor.run("verify", case, expect=salvor.DONE)
    assert table.read() == whole
    assert table.counts() == WHOLE
    salvor.run("clean", case, expect=salvor.DONE)


def test_links_that_come_and_go_are_no_change(table, case, tmp_path):
    path = file_of(table, 2)
    table.delete(2)
    salvor.plan(table.path, case)
    salvor.run("persist", case, expect=salvor.DONE)
    os.link(path, tmp_path / "another")
    table.vacuum()
    salvor.run("apply", case, "--yes", expect=salvor.DONE)
    salvor.run("verify", case, expect=salvor.DONE)
    assert table.counts() == WHOLE


def test_what_is_left_of_partitions_of_texts_can_be_pasted_into_a_shell(lake, case, tmp_path):
    table = HandTable(lake / "texts")
    files = {p: table.add(f"{number}.parquet", p) for number, p in enumerate(["O'Neil", "a b", "c", None])}
    table.begin(*files.values(), table.add("kept.parquet", "kept"))
    table.commit(*(table.remove(file["add"]["path"]) for file in files.values()), operation="DELETE")
    salvor.plan(table.path, case)
    damaged = Path(table.path) / "2.parquet"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    said = salvor.run("persist", case, expect=salvor.FAILED).said
    command = shlex.split(re.search(r"salvor (plan .* --partitions .*)", said).group(1))
    salvor.run(*(str(tmp_path / "second") if word == "ANOTHER" else word for word in command), expect=salvor.DONE)
    assert salvor.run("persist", tmp_path / "second", "--json", expect=salvor.DONE).json["linked"] == 3


@pytest.mark.parametrize("earlier", [False, True])
def test_a_damaged_page_costs_its_day_where_rows_are_read(table, case, tmp_path, earlier):
    damaged = file_of(table, 3)
    table.delete(2, 3, 4)
    salvor.plan(table.path, case)
    end = footer_of(damaged)
    content = damaged.read_bytes()
    overwrite(damaged, content[:4] + bytes(255 - b for b in content[4:end]) + content[end:])
    if earlier:
        salvor.run("persist", case)  # by its footer it may be whole
    failed = salvor.run("persist", case, "--deep", expect=salvor.FAILED)
    assert damaged.name in failed.said and str(day(3)) in failed.said
    assert f"--partitions {day(2)},{day(4)}\n" in failed.said
    salvor.run("apply", case, "--yes", expect=salvor.REFUSED)
    second = tmp_path / "second"
    salvor.plan(table.path, second, "--partitions", f"{day(2)},{day(4)}")
    salvor.run("persist", second, "--deep", expect=salvor.DONE)
    salvor.run("apply", second, "--yes", expect=salvor.DONE)
    salvor.run("verify", second, expect=salvor.DONE)
    assert table.counts() == {number: 10 for number in (1, 2, 4, 5)}
