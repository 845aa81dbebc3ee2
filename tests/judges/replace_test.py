"""plan --replace: the day as it was, whatever stands there now. delta-rs writes and reads; what it finds
is what the plan said, and after undo what it found before."""

import json
import random
import re
import shlex
import shutil
import time
from collections import Counter
from pathlib import Path

import duckdb
import duckdb_extension_delta
import pytest
from deltalake import DeltaTable

import salvor_run as salvor
from daily_lake import WHOLE, DailyLake, day, key
from delta_folder import actions, versions
from row_multiset import rows_by_partition
from salvor_run import entry, restore

WRONG = range(2000, 2007)


def plan_json(table, case, *flags, expect):
    return salvor.run("plan", table.path, "--case", case, *flags, "--json", expect=expect).json


# -- the plan says what goes


def test_a_day_overwritten_with_wrong_rows_is_again_what_it_was(table, case):
    right = table.read()
    table.overwrite(2, WRONG, note="wrong")
    wrong = table.read()
    made = restore(table, case, "--replace", day(2))
    planned = entry(made, key(2))
    assert (planned["mode"], planned["now"]["rows"], planned["restore"]["rows"],
            planned["common"]) == ("instead", 7, 10, 0)
    assert any("7 rows of today's leave 1 partition" in w for w in made["warnings"])
    assert table.read() == right
    proof = json.loads((case / "proof.json").read_bytes())["partitions"][0]["replaced"]
    assert proof["saved"] == proof["had"] and proof["saved"]["rows"] == 7
    salvor.run("undo", case, "--yes", expect=salvor.DONE)
    assert table.read() == wrong


def test_rows_that_are_in_both_are_told_apart_from_those_that_go(table, case):
    table.overwrite(2, [2000, 2001, 2002, 2000, 99], note="first")
    said = salvor.run("plan", table.path, "--case", case, "--replace", day(2), expect=salvor.DONE).out
    planned = entry(json.loads((case / "plan.json").read_bytes()), key(2))
    assert (planned["now"]["rows"], planned["common"]) == (5, 3)
    assert "WHAT GOES" in said and re.search(r"2024-01-02\s+1\s+5\s+10\s+3\s+2\b", said), said


def test_a_day_that_has_these_rows_is_left_alone(table, case):
    rows = table.read()
    table.overwrite(2, range(2000, 2010), note="first")
    assert table.read() == rows
    told = plan_json(table, case, "--replace", day(2), expect=salvor.DONE)
    assert salvor.dispositions(told["plan"]) == {key(2): "leave"}
    assert "it has these very rows now" in entry(told["plan"], key(2))["reason"]


def test_a_day_with_several_earlier_contents_is_left_to_a_person_with_the_commands(table, case):
    right = table.read()
    wrong = table.overwrite(2, range(10), note="wrong")
    table.overwrite(2, WRONG, note="wrong again")
    told = plan_json(table, case, "--replace", day(2), expect=salvor.REFUSED)
    contents = entry(told["plan"], key(2))["contents"]
    assert [c["last_version"] for c in contents] == [wrong - 1, wrong]
    said = salvor.run("plan", table.path, "--case", case, "--replace", day(2),
                      expect=salvor.REFUSED).out
    first = next(line for line in re.findall(r"salvor plan .*", said) if "--version" in line)
    command = [str(case) if word == "DIR" else word for word in shlex.split(first)[1:]]
    salvor.run(*command, expect=salvor.DONE)
    for step in (["persist", case], ["apply", case, "--yes"], ["verify", case]):
        salvor.run(*step, expect=salvor.DONE)
    assert table.read() == right


def test_latest_takes_the_newest_content(table, case):
    table.overwrite(2, range(10), note="newest")
    newest = table.read()
    table.overwrite(2, WRONG, note="wrong")
    restore(table, case, "--replace", day(2), "--latest")
    assert table.read() == newest


def test_the_rows_that_a_partial_restore_would_lose_are_known_at_plan(table, case):
    table.delete(2, also="id >= 2003")
    table.append(2, [77], note="later")
    told = plan_json(table, case, "--partitions", day(2), expect=salvor.REFUSED)
    planned = entry(told["plan"], key(2))
    assert planned["disposition"] == "review"
    assert "1 of the 4 rows that it has now are not in the old content" in planned["reason"]
    assert "--replace" in planned["reason"]
    assert not case.exists()


def test_rows_that_are_on_both_sides_are_known_at_plan(table, case):
    table.overwrite(2, [2000, 77, *range(3000, 3010)], note="first")
    told = plan_json(table, case, "--beside", expect=salvor.REFUSED)
    assert "1 row of the old content are there now" in entry(told["plan"], key(2))["reason"]


def test_an_intact_day_needs_a_version(table, case):
    told = plan_json(table, case, "--replace", day(2), expect=salvor.DONE)
    assert "--version" in entry(told["plan"], key(2))["reason"]


def test_event_names_the_content_too(table, case):
    right = table.read()
    event = table.overwrite(2, WRONG, note="wrong")
    table.append(2, [5], note="later")
    restore(table, case, "--replace", day(2), "--event", event)
    assert table.read() == right


def test_an_append_only_table_is_not_replaced(lake, case):
    table = DailyLake(lake / "t", configuration={"delta.appendOnly": "true"})
    version = table.version()
    table.append(2, [5], note="later")
    told = plan_json(table, case, "--replace", day(2), "--version", version, expect=salvor.REFUSED)
    assert "append-only" in entry(told["plan"], key(2))["reason"]


def test_what_goes_is_said_in_every_step_before_it_goes_and_no_longer_afterwards(table, case):
    table.overwrite(2, WRONG, note="wrong")
    go = "ROWS GO: 7 rows of today's leave t"
    for step in (["plan", table.path, "--case", case, "--replace", day(2)], ["persist", case], ["show", case],
                 ["apply", case, "--yes"]):
        assert go in salvor.run(*step, expect=salvor.DONE).err
    assert "ROWS GO: 7 rows" in salvor.run("show", case, "--ticket", "jira", expect=salvor.DONE).out
    for step in (["verify", case], ["undo", case, "--yes"], ["clean", case, "--abandon", "--yes"]):
        assert go not in salvor.run(*step, expect=salvor.DONE).err


# -- attacks


def test_rows_written_between_plan_and_apply_are_not_taken(table, case):
    table.overwrite(2, WRONG, note="wrong")
    salvor.persisted(table, case, "--replace", day(2))
    table.append(2, [123456], note="came meanwhile")
    before = table.read()
    done = salvor.refused_without_a_trace(table, "apply", case, "--yes")
    assert "other rows than when the plan was made" in done.err
    assert table.read() == before


def test_nothing_is_taken_out_that_was_not_saved(table, case):
    table.overwrite(2, WRONG, note="wrong")
    salvor.persisted(table, case, "--replace", day(2))
    saved = next((case.parent / "lake" / ".salvor-staging").glob("*-replaced"))
    shutil.rmtree(saved)
    salvor.refused_without_a_trace(table, "apply", case, "--yes")
    salvor.run("persist", case, expect=salvor.DONE)
    salvor.run("apply", case, "--yes", expect=salvor.DONE)


def test_undo_after_a_later_write_is_refused(table, case):
    table.overwrite(2, WRONG, note="wrong")
    restore(table, case, "--replace", day(2))
    table.append(2, [5], note="later")
    done = salvor.refused_without_a_trace(table, "undo", case, "--yes")
    assert "touched since apply" in done.err


def test_undo_after_an_optimize_is_refused(lake, case):
    table = DailyLake(lake / "t", files=2)
    table.overwrite(2, WRONG, note="wrong")
    restore(table, case, "--replace", day(2))
    table.delta().optimize.compact()
    salvor.refused_without_a_trace(table, "undo", case, "--yes")


def test_undo_after_a_vacuum_takes_the_rows_from_the_private_copy(table, case):
    table.overwrite(2, WRONG, note="wrong")
    wrong = table.read()
    restore(table, case, "--replace", day(2))
    table.vacuum()
    salvor.run("undo", case, "--yes", expect=salvor.DONE)
    assert table.read() == wrong
    table.vacuum()
    assert table.read() == wrong


def test_clean_asks_before_the_way_back_goes(table, case):
    table.overwrite(2, WRONG, note="wrong")
    restore(table, case, "--replace", day(2))
    done = salvor.run("clean", case, "--no-input", expect={salvor.USAGE, salvor.REFUSED})
    assert "7 rows" in done.err and "--yes" in done.err
    salvor.run("clean", case, "--yes", expect=salvor.DONE)
    staging = case.parent / "lake" / ".salvor-staging"
    assert not any(staging.iterdir())


def test_a_commit_that_takes_rows_out_names_each_path_once_and_its_vector(lake, case):
    table = DailyLake(lake / "t", files=2)
    table.overwrite(2, WRONG, note="wrong")
    before = set(versions(table.path))
    restore(table, case, "--replace", day(2))
    (mine,) = set(versions(table.path)) - before
    told = actions(table.path, mine)
    paths = [a[kind]["path"] for a in told for kind in ("add", "remove") if kind in a]
    assert len(paths) == len(set(paths))
    assert not [a for a in told if "cdc" in a]


# -- random tables


def spoil(table, dice, number):
    """One of the ways in which people lose a day."""
    way = dice.choice(("empty", "overwrite", "thin", "twice", "refill", "rewrite", "layout"))
    if way == "empty":
        table.delete(number)
    elif way == "overwrite":
        table.overwrite(number, range(dice.randrange(1, 15)), note="wrong")
    elif way == "thin":
        table.delete(number, also=f"id % {dice.randrange(2, 4)} = 0")
    elif way == "twice":
        table.overwrite(number, range(dice.randrange(1, 15)), note="wrong")
        table.overwrite(number, range(50, 50 + dice.randrange(1, 15)), note="wrong again")
    elif way == "refill":
        table.delete(number)
        table.append(number, [number * 1000, number * 1000 + 1, 7], note="first")
    elif way == "rewrite":
        table.delta().update(predicate=f"day = date '{day(number)}'", updates={"note": "'changed'"})
    else:
        table.delta().optimize.compact()


@pytest.fixture(scope="module")
def kernel():
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    folder = Path(duckdb_extension_delta.__file__).parent
    connection.load_extension(str(next(folder.rglob("delta.duckdb_extension"))))
    return connection


def by_duckdb(kernel, path):
    cursor = kernel.execute("SELECT day, id, note FROM delta_scan(?)", [str(path)])
    rows = [dict(zip(("day", "id", "note"), row)) for row in cursor.fetchall()]
    return rows_by_partition(rows, ["day"])


def wanted_of(table, made, before):
    """What each reader must find: the planned snapshots, read by delta-rs itself."""
    wanted = {k: Counter(rows) for k, rows in before.items()}
    for planned in made["partitions"]:
        if planned["disposition"] != "restore":
            continue
        k = salvor.key_of(planned["partition"])
        then = rows_at(table, planned["snapshot"]["version"]).get(k, Counter())
        if planned["mode"] == "beside":
            wanted[k] = wanted.get(k, Counter()) + then
        else:
            wanted[k] = then
        assert sum(then.values()) == planned["restore"]["rows"]
        if planned["mode"] == "instead":
            now = before[k]
            assert planned["common"] == sum((now & then).values())
    return {k: rows for k, rows in wanted.items() if rows}


def rows_at(table, version):
    rows = DeltaTable(table.path, version=version).to_pyarrow_table().to_pylist()
    return rows_by_partition(rows, ["day"])


def killed_now_and_then(dice, *command):
    for _ in range(2):
        process = salvor.start(*command)
        time.sleep(dice.uniform(0, 0.15))
        process.kill()
        process.communicate()
    salvor.run(*command, expect=salvor.DONE)


@pytest.mark.parametrize("number", range(6))
def test_random_tables_are_what_the_plan_said_and_after_undo_what_they_were(lake, case, kernel, seed, number):
    dice = random.Random(f"{seed} {number}")
    table = DailyLake(lake / "t", files=dice.choice((1, 2)))
    for _ in range(dice.randrange(3, 8)):
        spoil(table, dice, dice.randrange(1, 6))
    before = table.read()
    ways = dice.choice((["--replace", f"{day(1)}..{day(5)}"],
                        ["--replace", f"{day(1)}..{day(5)}", "--latest"],
                        ["--replace", f"{day(1)}..{day(3)}", "--version", "0"],
                        ["--partitions", f"{day(1)}..{day(5)}", "--latest"],
                        ["--beside"], []))
    done = salvor.run("plan", table.path, "--case", case, *ways,
                      expect={salvor.DONE, salvor.REFUSED, salvor.FAILED})
    if not (case / "plan.json").exists():
        assert table.read() == before
        return
    made = json.loads((case / "plan.json").read_bytes())
    wanted = wanted_of(table, made, before)
    killed_now_and_then(dice, "persist", case)
    killed_now_and_then(dice, "apply", case, "--yes")
    salvor.run("verify", case, expect=salvor.DONE)
    assert table.read() == wanted, done
    assert by_duckdb(kernel, table.path) == wanted
    # Of a short day nothing is saved that the old content has: its own files are needed for undo.
    if dice.random() < 0.5 and not any(p.get("mode") == "replace" for p in made["partitions"]):
        table.vacuum()
    killed_now_and_then(dice, "undo", case, "--yes")
    assert table.read() == before
    assert by_duckdb(kernel, table.path) == before
