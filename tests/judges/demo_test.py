"""`salvor demo`, judged by what other readers find in its lake, and its printed commands by running them."""

import datetime
import json
import shlex
import subprocess
import sys
from pathlib import Path

import duckdb
import duckdb_extension_delta
import pytest
from deltalake import DeltaTable

import salvor_run as salvor
from delta_folder import actions, digest, versions

TABLE = "lake/contextual_services_derived/event_aggregates_v1"
BACKFILLED = (datetime.date(2023, 3, 1), 31)
DELETED = (datetime.date(2022, 7, 4), 7)
FIRST = datetime.date(2021, 5, 1)


def run_in(folder, *arguments, expect=None):
    return salvor.run(*arguments, expect=expect, prefix=["env", "-C", str(folder)])


def days(first, count):
    return [first + datetime.timedelta(n) for n in range(count)]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def shown(place):
    return run_in(place, "demo", expect=salvor.DONE)


@pytest.fixture(scope="module")
def table(shown, place):
    return place / "salvor-demo" / TABLE


@pytest.fixture(scope="module")
def story(table):
    """The versions that the demo made before its recovery, and the rows of each day that they wrote."""
    own = [v for v in versions(table) if not any("txn" in a for a in actions(table, v))]
    adds = [a["add"] for v in own for a in actions(table, v) if "add" in a]
    return own, {a["partitionValues"]["submission_date"]: a for a in adds}


def duckdb_with_delta():
    folder = Path(duckdb_extension_delta.__file__).parent
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    connection.load_extension(str(next(folder.rglob("delta.duckdb_extension"))))
    return connection


def rows_per_day_by_duckdb(table):
    return dict(duckdb_with_delta().execute(
        "SELECT submission_date, count(*) FROM delta_scan(?) GROUP BY 1", [str(table)]).fetchall())


def in_a_shell(shown, command, instead, folder):
    """Runs the line that the ending names, with another program in the place of `command`."""
    line = next(x.strip() for x in shown.out.splitlines() if x.startswith(f"  {command} -c"))
    return subprocess.run(line.replace(f"{command} -c", instead, 1), shell=True, cwd=folder,
                          capture_output=True, text=True, check=True).stdout


def figures_of_both_readers(shown, folder, monkeypatch):
    by_python = in_a_shell(shown, "python3", shlex.quote(sys.executable) + " -c", folder)
    query = in_a_shell(shown, "duckdb", "printf %s", folder)
    monkeypatch.chdir(folder)
    by_duckdb = duckdb_with_delta().execute(query.split("; ")[-1]).fetchone()
    return by_duckdb, by_python


def rows_of(table, wanted, version=None):
    read = DeltaTable(str(table), version=version).to_pyarrow_table(
        filters=[("submission_date", "in", wanted)])
    return sorted(map(repr, read.to_pylist()))


def last_day():
    """What the nightly job has written last: five hours ago it was yesterday, in UTC."""
    then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=5, minutes=20)
    return then.date() - datetime.timedelta(1)


def test_every_day_is_there_again_with_its_rows(shown, table, story):
    _, adds = story
    counted = {day: json.loads(add["stats"])["numRecords"]
               for day, add in adds.items()}
    assert len(counted) == (datetime.date.fromisoformat(max(counted)) - FIRST).days + 1
    assert abs((datetime.date.fromisoformat(max(counted)) - last_day()).days) <= 1
    got = rows_per_day_by_duckdb(table)
    assert {str(day): rows for day, rows in got.items()} == counted


def test_lost_days_come_back_with_the_rows_of_before(shown, table, story):
    own, _ = story
    before = next(v for v in own if any("remove" in a for a in actions(table, v))) - 1
    lost = days(*BACKFILLED) + days(*DELETED)
    assert rows_of(table, lost) == rows_of(table, lost, version=before)
    assert len(rows_of(table, lost)) > 38 * 30
    assert not rows_of(table, lost, version=own[-1])


def test_incident_is_what_the_story_says(shown, table, story):
    own, _ = story
    removed = [{a["remove"]["partitionValues"]["submission_date"] for a in actions(table, v)
                if "remove" in a} for v in own]
    assert [r for r in removed if r] == [set(map(str, days(*BACKFILLED))), set(map(str, days(*DELETED)))]
    times = [actions(table, v)[0]["commitInfo"]["timestamp"] for v in own]
    assert times == sorted(set(times))


def test_each_command_is_shown_before_its_output(shown):
    commands = [shlex.split(line[2:]) for line in shown.out.splitlines() if line.startswith("$ ")]
    assert [c[1] for c in commands] == ["status", "history", "plan", "show", "persist", "apply", "apply",
                                        "verify", "clean", "status"]
    assert all(c[0] == "salvor" for c in commands)
    assert not any(word.startswith("/") for c in commands for word in c)
    assert "\x1b" not in shown.said and "\r" not in shown.said


def test_shown_commands_can_be_run_again(shown, place):
    commands = [shlex.split(line[2:]) for line in shown.out.splitlines() if line.startswith("$ ")]
    assert "whole" in run_in(place, *commands[-1][1:], expect=salvor.DONE).out
    run_in(place, *commands[1][1:], expect=salvor.DONE)
    run_in(place, *commands[3][1:], expect=salvor.DONE)


def test_case_is_kept_and_private_copy_is_gone(shown, place):
    names = {p.name for p in (place / "salvor-demo/case").iterdir()}
    assert {"plan.json", "journal.jsonl", "proof.json"} <= names
    assert not list((place / "salvor-demo").rglob(".salvor-staging/*/*"))


def test_readers_that_the_ending_names_give_the_figures_it_promises(shown, place, table, monkeypatch):
    got = rows_per_day_by_duckdb(table)
    figures = len(got), sum(got.values())
    by_duckdb, by_python = figures_of_both_readers(shown, place, monkeypatch)
    assert by_duckdb == figures
    assert all(str(figure) in by_python for figure in figures)
    assert f"{figures[0]:,} days, {figures[1]:,} rows" in shown.out


def test_folder_that_is_in_use_is_refused(shown, place):
    before = digest(place)
    done = run_in(place, "demo", "salvor-demo", expect=salvor.REFUSED)
    assert "salvor-demo" in done.err and "not empty" in done.err
    assert digest(place) == before


def test_second_demo_takes_the_next_free_name(shown, place):
    before = digest(place / "salvor-demo")
    done = run_in(place, "demo", expect=salvor.DONE)
    assert "in salvor-demo-2\n" in done.out and (place / "salvor-demo-2/case/proof.json").exists()
    assert digest(place / "salvor-demo") == before


def test_any_name_of_the_folder_will_do(place, monkeypatch):
    name = "it's a $HOME \"lake\""
    done = run_in(place, "demo", name, expect=salvor.DONE)
    commands = [shlex.split(line[2:]) for line in done.out.splitlines() if line.startswith("$ ")]
    assert commands[0] == ["salvor", "status", f"{name}/{TABLE}"]
    assert "whole" in run_in(place, *commands[-1][1:], expect=salvor.DONE).out
    by_duckdb, by_python = figures_of_both_readers(done, place, monkeypatch)
    assert all(str(figure) in by_python for figure in by_duckdb)


def test_json_is_refused_since_the_demo_prints_many_documents(place):
    run_in(place, "--json", "demo", "other", expect=salvor.USAGE)
    assert not (place / "other").exists()


@pytest.mark.parametrize("yaml", ["review: {approvals: 2}\n", "revew: {}\n"], ids=["review", "broken"])
def test_salvor_yaml_above_the_demo_does_not_stop_it(tmp_path, yaml):
    (tmp_path / "salvor.yaml").write_text(yaml)
    shown = run_in(tmp_path, "demo", expect=salvor.DONE).out
    own = tmp_path / "salvor-demo" / "salvor.yaml"
    assert own.exists() and "one of its own, salvor-demo/salvor.yaml" in shown
    commands = [line for line in shown.splitlines() if line.startswith("$ salvor ")]
    assert commands and all(line.endswith(" --config salvor-demo/salvor.yaml") for line in commands)
    assert (tmp_path / "salvor.yaml").read_text() == yaml
