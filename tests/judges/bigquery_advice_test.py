"""Errors on BigQuery say what to do next, and that advice helps."""

import json
import re

import pytest
import salvor_run
from bigquery_refusals_test import ALL_BUT_WRITING, TABLE, Scene, only, refused
from bigquery_server import recovering
from salvor_run import DONE, FAILED


@pytest.fixture
def scene(tmp_path, monkeypatch):
    with recovering(tmp_path, monkeypatch) as server:
        yield Scene(server)


PLAN = ("plan", TABLE, "--case", "inc", "--staging", "locked.staging")


def test_who_may_not_run_jobs_in_the_table_s_project_is_told_of_another(scene):
    scene.table().lose()
    only(scene, *(right for right in ALL_BUT_WRITING if right != "bigquery.jobs.create"))
    assert "--project PROJECT" in refused("status", TABLE, code=FAILED)
    salvor_run.run("--project", "locked", "status", TABLE, expect=3)


def test_policies_that_cannot_be_seen_name_the_right_that_is_missing(scene):
    scene.table().lose()
    only(scene, *(right for right in ALL_BUT_WRITING if right != "bigquery.rowAccessPolicies.list"))
    made = salvor_run.run(*PLAN, "--json")
    reasons = {one["reason"] for one in made.json["plan"]["partitions"]}
    assert any("Ask for bigquery.rowAccessPolicies.list" in reason for reason in reasons), reasons


def test_a_look_whose_query_cannot_be_read_back_has_changed_nothing(scene):
    scene.table().lose()
    scene.server.test_endpoint("pace", {"query_ms": 3000})
    scene.server.fault(kind="expired-token", method="GET", path="/jobs/salvor-look", count=5)
    said = refused("status", TABLE, code=FAILED)
    assert "nothing was changed" in said and "run the same command again" in said


def test_a_table_deleted_without_a_statement_is_reached_by_the_instant_that_is_offered(scene):
    scene.table()
    scene.server.advance(3_600_000)
    scene.client.delete_table("prod.ds.events")
    scene.server.advance(60_000)
    said = refused("status", TABLE, code=FAILED)
    assert "there was one when LOAD by owner@example.com ended" in said
    offered = re.search(r"--as-of (\S+)", said).group(1).rstrip(")")
    with open("t.json", "w") as file:
        json.dump({"timePartitioning": {"type": "DAY", "field": "day"}}, file)
    salvor_run.run(*PLAN, "--as-of", offered, "--definition", "t.json", expect=DONE)
    for command in (("persist", "inc"), ("apply", "inc", "--yes"), ("verify", "inc")):
        salvor_run.run(*command, expect=DONE)
    assert scene.count() == 20


def test_rows_that_nobody_counted_are_not_said_to_be_none(scene):
    scene.table()
    scene.sql("DROP TABLE `prod.ds.events`")
    scene.server.advance(60_000)
    status = salvor_run.run("status", TABLE, "--json", expect=3).json
    assert status["partitions"][0]["rows_before"] is None and status["partitions"][0]["bytes_before"] is None
    assert re.search(r"missing +\(whole table\) +1 +0 +\? +\?", salvor_run.run("status", TABLE, expect=3).out)
    history = salvor_run.run("history", TABLE, "--json", expect=DONE).json
    assert [event["rows_removed"] for event in history["events"]] == [None]
    assert "some that nobody counted" in salvor_run.run("history", TABLE, expect=DONE).out


def test_an_endpoint_with_a_path_is_refused(scene, monkeypatch):
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", scene.server.url + "/bigquery/v2")
    said = refused("status", TABLE, code=2)
    assert "/bigquery/v2" in said and "http://HOST:PORT" in said


@pytest.mark.parametrize("content", ["", "{", '{"type": "service_account", "private_key": "x"}'])
def test_a_credentials_file_that_is_none_says_what_would_be_one(scene, monkeypatch, tmp_path, content):
    monkeypatch.delenv("BIGQUERY_EMULATOR_HOST")
    (tmp_path / "key.json").write_text(content)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    said = salvor_run.run("status", TABLE, expect={1, 2}).err
    assert "named by GOOGLE_APPLICATION_CREDENTIALS" in said and "Name a file that" in said
