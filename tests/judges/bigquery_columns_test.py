"""Columns on BigQuery: of types that have no equality, of a schema that changed since, of a table that is a clone."""

import json

import pytest
import salvor_run
from bigquery_refusals_test import DAYS, LOST, Scene, refused, reviewed
from bigquery_server import recovering
from google.cloud import bigquery

NAME = "prod.ds.events"


@pytest.fixture
def scene(tmp_path, monkeypatch):
    with recovering(tmp_path, monkeypatch) as server:
        yield Scene(server)


def content(scene, columns="*", where="day IS NOT NULL"):
    """The rows as the service writes them, in no order."""
    return sorted(repr(tuple(row)) for row in scene.sql(f"SELECT {columns} FROM `{NAME}` WHERE {where}"))


def recovered(*flags):
    salvor_run.run("plan", f"bigquery:{NAME}", "--case", "inc", "--staging", "locked.staging", *flags, expect=0)
    salvor_run.run("persist", "inc", expect=0)
    salvor_run.run("apply", "inc", "--yes", expect=0)
    return salvor_run.run("verify", "inc", "--fingerprints", "--json", expect=0)


JSON_VALUES = ["NULL", "JSON 'null'", "JSON '{\"a\": [1, null]}'", "JSON '\"text\"'", "JSON '0'"]


def json_table(scene):
    scene.table(columns=[bigquery.SchemaField("day", "DATE"), bigquery.SchemaField("x", "STRING"),
                         bigquery.SchemaField("j", "JSON"),
                         bigquery.SchemaField("r", "RECORD", fields=[bigquery.SchemaField("j", "JSON")])])
    for value in JSON_VALUES:
        scene.sql(f"INSERT INTO `{NAME}` (day, x, j, r) VALUES (DATE '{LOST[0]}', 'json', {value}, STRUCT({value}))")
    scene.server.advance(60_000)
    return content(scene, "day, x, TO_JSON_STRING(j), j IS NULL, TO_JSON_STRING(r), r.j IS NULL")


def test_a_day_that_lost_rows_with_json_is_replaced_proven_and_taken_back(scene):
    before = json_table(scene)
    scene.sql(f"DELETE FROM `{NAME}` WHERE day = '{LOST[0]}' AND (j IS NULL OR TO_JSON_STRING(j) = 'null')")
    scene.server.advance(60_000)
    columns = "day, x, TO_JSON_STRING(j), j IS NULL, TO_JSON_STRING(r), r.j IS NULL"
    damaged = content(scene, columns)
    assert damaged != before
    proof = recovered("--include", "partial")
    assert {one["compared_by"] for one in json.loads(proof.out)["partitions"]} == {"fingerprints"}
    assert content(scene, columns) == before
    salvor_run.run("undo", "inc", "--yes", expect=0)
    assert content(scene, columns) == damaged


def test_json_s_null_in_the_place_of_a_null_is_another_row(scene):
    json_table(scene)
    scene.lose()
    recovered()
    scene.sql(f"UPDATE `{NAME}` SET j = NULL WHERE day = '{LOST[0]}' AND TO_JSON_STRING(j) = 'null' AND j IS NOT NULL")
    failed = salvor_run.run("verify", "inc", "--fingerprints", expect=1)
    assert "as many rows, but other ones" in failed.out


def test_a_column_that_was_added_since_is_offered_by_name_and_comes_back_so(scene):
    scene.table()
    before = content(scene, "day, x")
    scene.lose()
    scene.sql(f"ALTER TABLE `{NAME}` ADD COLUMN y STRING")
    scene.server.advance(60_000)
    reason = reviewed()
    assert "new since then: y" in reason and "--by-name" in reason
    recovered("--by-name")
    assert content(scene, "day, x") == before


def test_a_column_that_is_gone_is_refused_with_what_helps_and_that_helps(scene):
    scene.table()
    before = content(scene, "day, x")
    scene.lose()
    scene.sql(f"ALTER TABLE `{NAME}` DROP COLUMN x")
    scene.server.advance(60_000)
    reason = reviewed("--by-name")
    assert "column x: the table no longer has it" in reason and "ADD COLUMN" in reason
    scene.sql(f"ALTER TABLE `{NAME}` ADD COLUMN x STRING")
    scene.server.advance(60_000)
    recovered("--by-name")
    assert content(scene, "day, x", f"day <= '{LOST[-1]}'") == [row for row in before if "2024, 1, 1)" in row
                                                                or "2024, 1, 2)" in row or "2024, 1, 3)" in row]


def clone(scene, source, name):
    scene.sql(f"CREATE TABLE `{name}` CLONE `{source}`")
    scene.server.advance(60_000)


def test_a_table_that_cannot_be_cloned_any_more_is_refused_by_the_plan(scene):
    scene.table()
    origin = "prod.ds.origin"
    scene.sql(f"CREATE TABLE `{origin}` (day DATE, x STRING) PARTITION BY day")
    scene.sql(f"INSERT INTO `{origin}` (day, x) VALUES (DATE '{DAYS[0]}', 'a'), (DATE '{DAYS[-1]}', 'b')")
    scene.client.delete_table(NAME)
    clone(scene, origin, "prod.ds.first")
    clone(scene, "prod.ds.first", "prod.ds.second")
    clone(scene, "prod.ds.second", NAME)
    scene.sql(f"DELETE FROM `{NAME}` WHERE day = '{DAYS[0]}'")
    scene.server.advance(60_000)
    plan = salvor_run.run("plan", f"bigquery:{NAME}", "--case", "inc", "--staging", "locked.staging", "--json")
    reasons = [one["reason"] for one in plan.json["plan"]["partitions"]]
    assert any("a clone of a clone of a clone" in reason and "bq cp" in reason for reason in reasons), reasons
    # One step less deep can be cloned.
    scene.client.delete_table(NAME)
    clone(scene, "prod.ds.first", NAME)
    scene.sql(f"DELETE FROM `{NAME}` WHERE day = '{DAYS[0]}'")
    scene.server.advance(60_000)
    salvor_run.run("plan", f"bigquery:{NAME}", "--case", "two", "--staging", "locked.staging", expect=0)
    salvor_run.run("persist", "two", expect=0)
