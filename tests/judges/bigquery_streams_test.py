"""Rows that stream into a table while it is being recovered: none of them may end up there twice, or be proven unseen."""

import pytest
import salvor_run
from bigquery_refusals_test import LOST, TABLE, Scene, planned, refused
from bigquery_server import recovering
from salvor_run import DONE, FAILED, REFUSED

DAY = LOST[1]


@pytest.fixture(params=["yes", "no"])
def scene(request, tmp_path, monkeypatch):
    with recovering(tmp_path, monkeypatch, "--silence", f"write-empty-counts-buffer={request.param}") as server:
        scene = Scene(server).table().lose()
        planned()
        salvor_run.run("persist", "inc", expect=DONE)
        yield scene


def stream(scene, day=DAY):
    assert scene.client.insert_rows_json("prod.ds.events", [{"day": day, "x": x} for x in "ab"]) == []


def billed(scene):
    return scene.server.meters()["bytes_billed"]


def test_apply_refuses_before_its_first_write_what_streams_into_a_planned_partition(scene):
    stream(scene)
    said = refused("apply", "inc", "--yes")
    assert f"planned partitions have rows in the table's streaming buffer: {DAY} (2 rows)" in said
    assert "Stop the stream" in said and "90 minutes" in said and "run apply again" in said
    assert "whose rows are counted by a query: about 10.0 MiB billed" in said
    assert scene.count() == 14, "nothing was written"
    scene.server.test_endpoint("flush")
    done = salvor_run.run("apply", "inc", "--yes", expect=DONE)
    assert f"skipped {DAY}: it has identical rows again" in done.out
    assert scene.count() == 20


def test_a_stream_into_other_partitions_stops_nothing(scene):
    stream(scene, day="2024-01-09")
    plan = salvor_run.run("plan", TABLE, "--case", "other", "--staging", "locked.staging", expect=DONE)
    assert "each count its rows by a query" in plan.out
    salvor_run.run("apply", "inc", "--yes", expect=DONE)
    salvor_run.run("verify", "inc", expect=DONE)
    assert scene.count() == 20


def test_without_a_buffer_apply_is_billed_nothing(scene):
    before = billed(scene)
    salvor_run.run("apply", "inc", "--yes", expect=DONE)
    assert billed(scene) == before


def test_verify_does_not_prove_a_partition_into_which_rows_stream(scene):
    salvor_run.run("apply", "inc", "--yes", expect=DONE)
    stream(scene)
    failed = salvor_run.run("verify", "inc", expect=FAILED)
    assert "2 rows are of it in the table's streaming buffer" in failed.out and DAY in failed.out
    dear = salvor_run.run("verify", "inc", "--max-bytes-billed", "1M", expect=FAILED)
    assert "streaming buffer, and its rows must be counted" in dear.out + dear.err
    scene.server.test_endpoint("flush")
    later = salvor_run.run("verify", "inc", expect=DONE)
    assert f"{DAY} has 4 rows now, and 2 when apply had ended" in later.out


def test_undo_says_that_rows_stream_into_what_it_would_take_back(scene):
    salvor_run.run("apply", "inc", "--yes", expect=DONE)
    stream(scene)
    said = refused("undo", "inc", "--yes", code=REFUSED)
    assert f"{DAY} (2 rows)" in said and "streaming buffer" in said
    assert scene.count() == 20, "nothing was taken back"
