"""Days whose rows were replaced by wrong ones, and deletions that were meant: what a plan must leave to
a person, or say. delta-rs writes and reads."""

import json
import re
import shlex

import salvor_run as salvor
from daily_lake import WHOLE, DailyLake, day, key
from hand_table import HandTable
from salvor_run import entry, restore


def contents(made, number):
    return [(c["last_version"], c["tally"]["rows"]) for c in entry(made, key(number))["contents"]]


def plan_json(table, case, *flags, expect):
    return salvor.run("plan", table.path, "--case", case, *flags, "--json", expect=expect).json


# -- which rows were right


def test_a_day_overwritten_with_wrong_rows_and_then_deleted_is_for_review(table, case):
    right = table.read()[key(2)]
    wrong = table.overwrite(2, range(2000, 2010), note="wrong")
    table.delete(2)
    told = plan_json(table, case, expect=salvor.REFUSED)
    assert salvor.dispositions(told["plan"]) == {key(2): "review"}
    assert contents(told["plan"], 2) == [(wrong - 1, 10), (wrong, 10)]
    writer = entry(told["plan"], key(2))["contents"][1]
    assert (writer["written_by"], writer["operation"]) == (wrong, "WRITE")
    assert not case.exists()
    restore(table, case, "--version", wrong - 1, "--partitions", day(2))
    assert table.counts() == WHOLE
    assert table.read()[key(2)] == right


def test_the_commands_that_choose_are_printed_whole(table, case):
    wrong = table.overwrite(2, range(2000, 2007), note="wrong")
    table.delete(2, 4)
    said = salvor.run("plan", table.path, "--case", case, expect=salvor.DONE).out
    commands = [shlex.split(line)[1:] for line in re.findall(r"salvor plan .*", said)]
    choosing = [c for c in commands if "--version" in c]
    assert [c[c.index("--version") + 1] for c in choosing] == [str(wrong - 1), str(wrong)]
    for number, command in enumerate(choosing):
        folder = case.with_name(f"choice-{number}")
        salvor.run(*[str(folder) if word == "DIR" else word for word in command],
                   expect=salvor.DONE)
        made = json.loads((folder / "plan.json").read_bytes())
        restored = [k for k, what in salvor.dispositions(made).items() if what == "restore"]
        assert restored == [key(2)]
        assert entry(made, key(2))["restore"]["rows"] == (10, 7)[number]


def test_latest_takes_the_newest_rows_of_all(table, case):
    table.overwrite(2, range(2000, 2007), note="newer")
    newer = table.read()[key(2)]
    table.delete(2, 4)
    made = restore(table, case, "--latest")
    assert salvor.dispositions(made) == {key(2): "restore", key(4): "restore"}
    assert table.counts() == {**WHOLE, 2: 7}
    assert table.read()[key(2)] == newer


def test_a_day_deleted_and_filled_with_as_many_other_rows_is_for_review(table, case):
    table.delete(2)
    refill = table.append(2, range(2000, 2010), note="wrong")
    table.delete(2)
    told = plan_json(table, case, expect=salvor.REFUSED)
    assert contents(told["plan"], 2) == [(refill - 2, 10), (refill, 10)]


def test_deleting_some_rows_updating_merging_and_compacting_are_no_other_content(lake, case):
    table = DailyLake(lake / "t", files=2)
    table.delete(2, also="id >= 2008")
    table.delta().update(predicate=f"day = date '{day(3)}'", updates={"note": "'changed'"})
    (table.delta().merge(table.delta().to_pyarrow_table(), "t.id = s.id", source_alias="s",
                         target_alias="t").when_matched_update({"note": "'merged'"}).execute())
    table.delta().optimize.compact()
    table.delete(2, 3, 4)
    made = restore(table, case)
    assert {key(n): salvor.dispositions(made)[key(n)] for n in (2, 3, 4)} == {
        key(n): "restore" for n in (2, 3, 4)}
    assert table.counts() == {**WHOLE, 2: 8}


def test_rows_that_were_put_back_are_chosen_already(table, case):
    wrong = table.overwrite(2, range(2000, 2010), note="wrong")
    table.delta().restore(wrong - 1)
    whole = table.read()
    table.delete(2)
    restore(table, case)
    assert table.read() == whole
    table.delete(2)
    restore(table, case.with_name("again"))
    assert table.read() == whole


def test_a_table_overwritten_night_after_night_names_the_newest_and_counts_the_others(lake, case):
    table = DailyLake(lake / "t", days=1)
    for night in range(12):
        table.overwrite(1, range(night + 1), note=f"night {night}")
    table.delete(1)
    told = plan_json(table, case, expect=salvor.REFUSED)
    planned = entry(told["plan"], key(1))
    assert len(planned["contents"]) == 8 and planned["older_contents"] == 13 - 8
    assert planned["contents"][-1]["tally"]["rows"] == 12


# -- whole again


def test_a_day_emptied_and_filled_with_as_many_other_rows_in_files_of_the_same_size_is_not_whole(lake):
    table = HandTable(lake / "t")
    by_size = {}
    for number in range(10, 30):
        file = table.add(f"p=A/{number}")
        by_size.setdefault(file["add"]["size"], []).append(file)
    first, second = max(by_size.values(), key=len)[:2]
    table.begin(first, table.add("p=B/f", "B"))
    emptied = table.commit(table.remove(first["add"]["path"]), operation="DELETE")
    table.commit(second)
    said = salvor.run("status", table.path, expect=salvor.DONE).out
    assert "whole" not in said and "1 changed, 1 intact" in said, said
    events = salvor.run("history", table.path, "--json", expect=salvor.DONE).json["events"]
    assert [(e["version"], e["rows_removed"], e["partitions_emptied"]) for e in events] == [(emptied, 5, 1)]
    table.commit(table.remove(second["add"]["path"]), first, operation=None)  # the very files are back
    assert "whole" in salvor.run("status", table.path, expect=salvor.DONE).out


def test_what_its_writer_puts_back_is_whole(table, case):
    before = table.version()
    table.overwrite(2, range(2000, 2010), note="wrong")
    table.delta().restore(before)
    assert "whole" in salvor.run("status", table.path, expect=salvor.DONE).out
    table.delete(3)
    restore(table, case)  # under other names
    assert "whole" in salvor.run("status", table.path, expect=salvor.DONE).out


# -- deletions that were meant


def test_deletions_after_the_version_that_was_asked_for_stand_in_the_plan(table, case):
    meant = table.delete(2, also="id >= 2008")
    table.delete(3, also="id >= 3005")
    table.delete(2)
    made = salvor.plan(table.path, case, "--version", meant - 1, "--partitions", day(2))
    deletions = [w for w in made["warnings"] if "DELETE" in w]
    assert len(deletions) == 1, made["warnings"]
    assert f"version {meant} " in deletions[0] and "2 rows" in deletions[0]
    assert "2024-01-02" in deletions[0] and "run it again after apply" in deletions[0]
    assert deletions[0] in salvor.run("show", case, expect=salvor.DONE).out
    assert "version" in salvor.run("show", case, "--ticket", "jira", expect=salvor.DONE).out


def test_deletions_after_the_event_that_was_asked_for_stand_in_the_plan(table, case):
    first = table.delete(2)
    table.append(2, [1, 2, 3])
    second = table.delete(2)
    made = salvor.plan(table.path, case, "--event", first)
    told = [w for w in made["warnings"] if f"version {second} " in w]
    assert len(told) == 1 and "3 rows" in told[0], made["warnings"]


def test_a_default_plan_warns_of_no_deletion_elsewhere(table, case):
    table.delete(2)
    table.delete(3, also="id >= 3005")
    made = salvor.plan(table.path, case)
    assert not [w for w in made["warnings"] if "DELETE" in w], made["warnings"]
