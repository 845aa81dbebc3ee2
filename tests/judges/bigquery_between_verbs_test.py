"""What others do on BigQuery between and during salvor's verbs, and what salvor says of it."""

import json

import pytest
import salvor_run
from bigquery_refusals_test import TABLE, Scene, planned
from bigquery_server import recovering
from salvor_run import DONE, REFUSED


@pytest.fixture
def scene(tmp_path, monkeypatch):
    with recovering(tmp_path, monkeypatch) as server:
        yield Scene(server)


def applied(*flags, case="inc"):
    planned(*flags, case=case)
    salvor_run.run("persist", case, expect=DONE)
    return salvor_run.run("apply", case, "--yes", expect=DONE)


def test_a_plan_that_was_undone_is_not_proven(scene):
    scene.table().lose()
    applied()
    salvor_run.run("verify", "inc", expect=DONE)
    scene.server.advance(60_000)
    salvor_run.run("undo", "inc", "--yes", expect=DONE)
    assert scene.count() == 14
    said = salvor_run.run("verify", "inc", expect=REFUSED)
    assert "this plan was undone at 20" in said.err and "plan anew" in said.err and "proven" not in said.out


@pytest.mark.parametrize("partitioning", ["DAY", None])
def test_rows_that_come_after_apply_do_not_spoil_the_proof_of_what_was_copied(scene, partitioning):
    scene.table(partitioning)
    scene.sql("DELETE FROM `prod.ds.events` WHERE day >= '2024-01-01'")
    scene.server.advance(60_000)
    applied()
    scene.server.advance(3_600_000)
    scene.load([{"day": "2024-01-03", "x": "late"}])
    scene.server.advance(60_000)
    said = salvor_run.run("verify", "inc", expect=DONE).out
    assert "changed since: LOAD by owner@example.com" in said and "1 row now, and" not in said


def test_salvor_s_own_statements_are_nobody_s_deletion(scene):
    scene.table()
    scene.sql("DELETE FROM `prod.ds.events` WHERE day = '2024-01-02' AND x = 'a'")
    scene.server.advance(60_000)
    applied("--include", "partial")
    scene.server.advance(60_000)
    said = salvor_run.run("verify", "inc", expect=DONE).out
    assert "changed since" not in said, said
    history = json.loads(salvor_run.run("history", TABLE, "--json", expect=DONE).out)
    assert history
