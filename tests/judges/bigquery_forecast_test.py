"""What apply, undo and verify on BigQuery say that they will cost, against what the test server then bills: never more
than was said, and less only by the least that is billed for a table that turns out to be empty."""

import json

import pytest
import salvor_run
from bigquery_server import recovering
from bigquery_small_table import DAY, LOST, MIB, NAME, TABLE, SmallTable, told

LEAST = 10 * MIB  # pricing, "on-demand compute": for each table that a query reads


@pytest.fixture
def scene(tmp_path, monkeypatch):
    with recovering(tmp_path, monkeypatch) as server:
        yield SmallTable(server, tmp_path)


def persisted(*flags):
    salvor_run.run("plan", TABLE, "--case", "inc", "--staging", "locked.staging", *flags, expect=0)
    salvor_run.run("persist", "inc", expect=0)


def check(scene, *command, empty=LEAST):
    done, billed = scene.billed(*command)
    said = told(done.err)
    assert said > 0 and billed > 0, done
    assert billed <= said <= billed + empty, f"said {said / MIB}, billed {billed / MIB} MiB\n{done}"


def planned(scene, *flags):
    """What plan says of the cost, which show, the ticket and plan.json repeat, and which bills the same as it says."""
    done, billed = scene.billed("plan", TABLE, "--case", "inc", "--staging", "locked.staging", *flags)
    assert f"looked with {billed / MIB:.1f} MiB billed" in done.out
    line = next(line for line in done.out.splitlines() if "by one query" in line).removeprefix("warning: ")
    shown = salvor_run.run("show", "inc", expect=0).out
    ticket = salvor_run.run("show", "inc", "--ticket", "markdown", expect=0).out
    assert line in shown and line in json.loads((scene.folder / "inc" / "plan.json").read_text())["warnings"]
    assert f"about {told(line) / MIB:.1f} MiB billed" in ticket
    salvor_run.run("persist", "inc", expect=0)
    return line


def check_plan(scene, line, empty=LEAST):
    """apply is billed what the plan said at most, and a second run of it has nothing to say."""
    done, billed = scene.billed("apply", "inc", "--yes")
    said = told(line)
    assert 0 < billed <= said <= billed + empty, f"said {said / MIB}, billed {billed / MIB} MiB\n{done}"
    again, billed = scene.billed("apply", "inc", "--yes")
    assert billed == 0 and "by one query" not in again.err and "already" in again.out, again


def grow(scene, day, megabytes):
    """So many MB more in that day."""
    rows = [{"k": 2, "x": "y" * 500_000, "d": day} for _ in range(2 * megabytes)]
    scene.client.load_table_from_json(rows, NAME).result()
    scene.server.advance(10)


@pytest.mark.parametrize("megabytes", [0, 25])
def test_a_partition_filled_by_a_query(scene, megabytes):
    scene.make(layout=DAY, partition="IF({k} = 2, NULL, DATE '2024-01-01')")
    grow(scene, None, megabytes)
    scene.lose()
    persisted()
    check(scene, "apply", "inc", "--yes", empty=2 * LEAST)  # a day that is NULL takes no bytes to count either
    check(scene, "verify", "inc")
    check(scene, "undo", "inc", "--yes")


@pytest.mark.parametrize("megabytes", [0, 25])
def test_a_day_that_lost_some_rows(scene, megabytes):
    scene.make(layout=DAY)
    grow(scene, "2024-01-02", megabytes)
    scene.lose(f"{LOST} AND x = 'b'")
    persisted("--include", "partial")
    check(scene, "apply", "inc", "--yes")
    check(scene, "verify", "inc")
    check(scene, "undo", "inc", "--yes")


def test_old_rows_put_beside_new_ones(scene):
    scene.make(layout=DAY)
    scene.lose()
    scene.run(f"INSERT INTO `{NAME}` (k, x, d) VALUES (2, 'new', DATE '2024-01-02')")
    scene.server.advance(60_000)
    persisted("--beside",)
    check(scene, "apply", "inc", "--yes")
    check(scene, "verify", "inc")
    check(scene, "undo", "inc", "--yes")


def test_whole_days_are_copied_for_nothing_and_taken_back_by_a_query(scene):
    scene.make(layout=DAY, options="OPTIONS(require_partition_filter = TRUE)")
    scene.lose()
    persisted()
    done, billed = scene.billed("apply", "inc", "--yes")
    assert "no bytes billed" in done.err and (told(done.err), billed) == (0, 0)
    check(scene, "verify", "inc", "--fingerprints", empty=0)
    check(scene, "undo", "inc", "--yes")


def test_a_second_run_says_that_nothing_is_left_to_pay(scene):
    scene.make(layout=DAY, partition="IF({k} = 2, NULL, DATE '2024-01-01')")
    scene.lose()
    persisted()
    salvor_run.run("apply", "inc", "--yes", expect=0)
    for verb in "apply", "undo", "undo":
        done, billed = scene.billed(verb, "inc", "--yes")
        assert (told(done.err) == 0) == (billed == 0), done


def test_a_deleted_table_that_is_filled_by_a_query(tmp_path, monkeypatch):
    with recovering(tmp_path, monkeypatch) as server:
        scene = SmallTable(server, tmp_path)
        scene.make(layout=DAY)
        grow(scene, "2024-01-02", 12)
        (tmp_path / "before.json").write_text(json.dumps(scene.client.get_table(NAME).to_api_repr()))
        server.advance(60_000)
        scene.run(f"DROP TABLE `{NAME}`")
        server.advance(60_000)
        persisted("--definition", "before.json", "--by-name")
        check(scene, "apply", "inc", "--yes")
        check(scene, "verify", "inc")
        check(scene, "undo", "inc", "--yes")


@pytest.mark.parametrize("verb", ["apply", "undo"])
def test_what_the_limit_does_not_allow_is_refused_before_it_begins(scene, verb):
    scene.make(layout=DAY, partition="IF({k} = 2, NULL, DATE '2024-01-01')")
    scene.lose()
    persisted()
    if verb == "undo":
        salvor_run.run("apply", "inc", "--yes", expect=0)
    refused, billed = scene.billed(verb, "inc", "--yes", "--max-bytes-billed", "15M", expect=5)
    assert billed == 0 and "--max-bytes-billed allows 15.0 MiB" in refused.err
    assert "Nothing was written" in refused.err
    enough = refused.err.rsplit("--max-bytes-billed ", 1)[1].split()[0]
    salvor_run.run(verb, "inc", "--yes", "--max-bytes-billed", enough, expect=0)


@pytest.mark.parametrize("megabytes", [0, 25])
def test_a_plan_says_what_filling_the_partition_of_null_is_billed(scene, megabytes):
    scene.make(layout=DAY, partition="IF({k} = 2, NULL, DATE '2024-01-01')")
    grow(scene, None, megabytes)
    scene.lose()
    line = planned(scene)
    assert line.startswith("1 partition by one query") and "__NULL__" in line
    check_plan(scene, line, empty=2 * LEAST + megabytes * MIB)  # a day that is NULL takes no bytes to count


@pytest.mark.parametrize("megabytes", [0, 25])
def test_a_plan_says_what_replacing_a_day_is_billed(scene, megabytes):
    scene.make(layout=DAY)
    grow(scene, "2024-01-02", megabytes)
    scene.lose(f"{LOST} AND x = 'b'")
    line = planned(scene, "--include", "partial")
    assert "replaced under proof: 1" in line
    check_plan(scene, line, empty=LEAST + megabytes * MIB)  # DELETE looks for the key alone


@pytest.mark.parametrize("megabytes", [0, 25])
def test_a_plan_says_what_going_by_name_is_billed_and_offers_it(scene, megabytes):
    scene.make(layout=DAY)
    grow(scene, "2024-01-02", megabytes)
    scene.lose()
    scene.run(f"ALTER TABLE `{NAME}` ADD COLUMN z INT64")
    scene.server.advance(60_000)
    command = ("plan", TABLE, "--case", "inc", "--staging", "locked.staging")
    offered = salvor_run.run(*command, expect=5).out
    line = planned(scene, "--by-name")
    assert line.startswith("1 partition by one query") and "--by-name" in line
    offer = next(text for text in offered.splitlines() if "--by-name would put 1 partition back" in text)
    assert told(offer) == told(line)
    check_plan(scene, line, empty=LEAST + megabytes * MIB)  # only the key is counted, not the rows


def test_a_plan_of_copy_jobs_says_that_they_are_billed_nothing(scene):
    scene.make(layout=DAY)
    scene.lose()
    command = ("plan", TABLE, "--case", "inc", "--staging", "locked.staging", "--json")
    made = json.loads(salvor_run.run(*command, expect=0).out)
    assert "1 partition by copy jobs: billed nothing" in made["notes"]
    assert any("MiB billed (INFORMATION_SCHEMA" in note for note in made["notes"]), made["notes"]
    assert not any("billed" in warning for warning in made["plan"]["warnings"])
    assert "billed nothing" in salvor_run.run("show", "inc", "--ticket", "markdown", "--redact", expect=0).out


def test_a_plan_says_that_apply_will_refuse_what_the_limit_does_not_allow(scene):
    scene.make(layout=DAY, partition="IF({k} = 2, NULL, DATE '2024-01-01')")
    grow(scene, None, 130)  # looking reads the key alone
    scene.lose()
    line = planned(scene, "--max-bytes-billed", "120M")
    enough = salvor_run.run("show", "inc", expect=0).out.split("unless it is given --max-bytes-billed ")[1].split()[0]
    assert told(line) == int(enough)
    salvor_run.run("apply", "inc", "--yes", "--max-bytes-billed", "120M", expect=5)
    salvor_run.run("apply", "inc", "--yes", "--max-bytes-billed", enough, expect=0)
