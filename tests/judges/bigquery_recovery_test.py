"""A whole recovery on BigQuery by the binary: Google's own client sets the scene, damages it and judges the result."""

import datetime
import json
import time

import pytest
import salvor_run
from bigquery_server import BigQueryServer
from google.cloud import bigquery

TABLE = "bigquery:prod.ds.events"
FIRST = datetime.date(2024, 1, 1)


def rows_of(client):
    found = client.query("SELECT submission_date, x FROM `prod.ds.events`").result()
    return sorted((str(day), x) for day, x in found)


def load(client, rows):
    config = bigquery.LoadJobConfig(write_disposition="WRITE_APPEND")
    client.load_table_from_json([{"submission_date": day, "x": x} for day, x in rows], "prod.ds.events",
                                job_config=config).result()


@pytest.fixture
def scene(tmp_path, monkeypatch):
    """40 days with three rows each, one of them twice; two events took 13 days, normal writes went on."""
    with BigQueryServer() as server:
        client = server.client("prod")
        client.create_dataset("prod.ds")
        staging = bigquery.Dataset("locked.staging")
        staging.access_entries = [bigquery.AccessEntry("OWNER", "userByEmail", "owner@example.com")]
        client.create_dataset(staging)
        table = bigquery.Table("prod.ds.events", [bigquery.SchemaField("submission_date", "DATE"),
                                                  bigquery.SchemaField("x", "STRING")])
        table.time_partitioning = bigquery.TimePartitioning(field="submission_date")
        table.require_partition_filter = False
        client.create_table(table)
        days = [str(FIRST + datetime.timedelta(days=n)) for n in range(40)]
        load(client, [(day, x) for day in days for x in ("a", "a", "b")])
        whole = rows_of(client)
        server.advance(60_000)
        client.query("DELETE FROM `prod.ds.events` WHERE submission_date < '2024-01-11'").result()
        server.advance(86_400_000)
        client.query("DELETE FROM `prod.ds.events` WHERE submission_date BETWEEN '2024-01-20' AND '2024-01-22'").result()
        server.advance(60_000)
        load(client, [("2024-03-01", "later")])
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", server.url)
        yield server, client, sorted([*whole, ("2024-03-01", "later")])


def approvals_are_off(folder):
    (folder / "salvor.yaml").write_text("review: {approvals: 0}\n")


def made_case():
    salvor_run.run("plan", TABLE, "--case", "inc", "--staging", "locked.staging", expect=0)
    return json.loads(open("inc/plan.json").read())


def test_both_losses_come_back_for_nothing_and_the_copy_is_dropped(scene, tmp_path):
    server, client, whole = scene
    approvals_are_off(tmp_path)
    look = salvor_run.run("status", TABLE, "--json", expect=3).json
    assert look["summary"]["missing"] == 13
    made_case()
    before = server.meters()["bytes_billed"]
    salvor_run.run("persist", "inc", expect=0)
    salvor_run.run("apply", "inc", "--yes", expect=0)
    assert server.meters()["bytes_billed"] == before
    assert rows_of(client) == whole
    salvor_run.run("apply", "inc", "--yes", expect=0)
    assert rows_of(client) == whole
    proof = salvor_run.run("verify", "inc", expect=0)
    assert "proven: 13 partitions with 39 rows" in proof.out and "row for row" not in proof.out
    assert len(list(client.list_tables("locked.staging"))) == 1  # nothing was written between the two losses
    salvor_run.run("clean", "inc", expect=0)
    assert list(client.list_tables("locked.staging")) == []
    salvor_run.run("status", TABLE, expect=0)


def test_where_nobody_listens_it_says_so_and_gives_up_soon(tmp_path):
    began = time.monotonic()
    failed = salvor_run.run("status", TABLE, expect=1, env={"BIGQUERY_EMULATOR_HOST": "http://127.0.0.1:1"})
    assert time.monotonic() - began < 30
    assert "http://127.0.0.1:1" in failed.err and "trying again in" in failed.err
    assert "check the address" in failed.err


def test_undo_takes_back_what_was_restored_and_nothing_else(scene, tmp_path):
    _, client, _ = scene
    approvals_are_off(tmp_path)
    damaged = rows_of(client)
    made_case()
    salvor_run.run("persist", "inc", expect=0)
    salvor_run.run("apply", "inc", "--yes", expect=0)
    salvor_run.run("undo", "inc", "--yes", expect=0)
    assert rows_of(client) == damaged
    salvor_run.run("apply", "inc", "--yes", expect=5)
    assert rows_of(client) == damaged


def test_without_an_approval_nothing_is_written_to_production(scene):
    _, client, _ = scene
    damaged = rows_of(client)
    assert made_case()["review"]["approvals"] == 1
    salvor_run.run("persist", "inc", expect=0)
    refused = salvor_run.run("apply", "inc", "--yes", expect=5)
    assert "approval" in refused.err
    assert rows_of(client) == damaged


def test_a_day_that_got_other_rows_meanwhile_stops_everything(scene, tmp_path):
    _, client, _ = scene
    approvals_are_off(tmp_path)
    made_case()
    salvor_run.run("persist", "inc", expect=0)
    load(client, [("2024-01-03", "somebody else")])
    before = rows_of(client)
    salvor_run.run("apply", "inc", "--yes", expect=5)
    assert rows_of(client) == before


def test_staging_that_more_people_can_read_is_refused_before_the_first_byte(scene, tmp_path):
    _, client, _ = scene
    approvals_are_off(tmp_path)
    open_to_all = bigquery.Dataset("locked.open")
    open_to_all.access_entries = [bigquery.AccessEntry("OWNER", "userByEmail", "owner@example.com"),
                                  bigquery.AccessEntry("READER", "specialGroup", "allAuthenticatedUsers")]
    client.create_dataset(open_to_all)
    salvor_run.run("plan", TABLE, "--case", "inc", "--staging", "locked.open", expect=0)
    refused = salvor_run.run("persist", "inc", expect=5)
    assert "allauthenticatedusers" in refused.err.lower()
    assert list(client.list_tables("locked.open")) == []
