"""A job that overwrote days with as many rows: counts do not show it, so salvor says that they do not."""

import re

import pytest
import salvor_run
from bigquery_blame_test import NAME, TABLE, Scene
from bigquery_server import recovering
from google.cloud import bigquery
from salvor_run import DONE


@pytest.fixture
def scene(tmp_path, monkeypatch):
    with recovering(tmp_path, monkeypatch, "--no-quotas") as server:
        yield Scene(server).table()


def write(scene, n, disposition, whole=False):
    """Other rows, as many as there were."""
    config = bigquery.QueryJobConfig(destination=NAME if whole else scene.partition(n), write_disposition=disposition)
    if whole:
        config.time_partitioning = bigquery.TimePartitioning(field="day")
    sql = f"SELECT day, n + 1000 AS n FROM `{NAME}`" + ("" if whole else f" WHERE day = '{scene.days[n]}'")
    scene.client.query(sql, job_config=config).result()
    scene.server.advance(3_600_000)


def status():
    return salvor_run.run("status", TABLE, expect=DONE).out


def rows(scene):
    return sorted((str(row.day), row.n) for row in scene.client.query(f"SELECT day, n FROM `{NAME}`").result())


@pytest.mark.parametrize("whole", [False, True])
def test_rows_that_were_overwritten_are_told_of_and_come_back_as_the_note_says(scene, whole):
    before = rows(scene)
    assert "overwrote" not in status()
    write(scene, 2, "WRITE_TRUNCATE", whole)
    said = status()
    assert "whole" in said and "1 job overwrote rows and left no fewer" in said
    assert ("over the whole table" if whole else f"over {scene.days[2]}") in said and "by owner@example.com" in said
    instant = re.search(r"--as-of (\S+)", said).group(1)
    scene.sql(f"DELETE FROM `{NAME}` WHERE n >= 1000")
    scene.server.advance(60_000)
    days = f"{scene.days[0]}..{scene.days[9]}" if whole else str(scene.days[2])
    salvor_run.run("plan", TABLE, "--case", "inc", "--staging", "locked.staging", "--as-of", instant, "--partitions", days,
                   expect=DONE)
    for command in (("persist", "inc"), ("apply", "inc", "--yes"), ("verify", "inc")):
        salvor_run.run(*command, expect=DONE)
    assert rows(scene) == before


def test_appends_first_writes_and_losses_are_no_overwrites(scene):
    write(scene, 2, "WRITE_APPEND")
    scene.days.append(scene.days[-1].replace(day=20))
    config = bigquery.QueryJobConfig(destination=scene.partition(10), write_disposition="WRITE_TRUNCATE")
    scene.client.query("SELECT DATE '2024-01-20' AS day, 1 AS n", job_config=config).result()
    scene.server.advance(3_600_000)
    assert "overwrote" not in status()
    scene.overwrite_with_nothing(0)
    scene.server.advance(3_600_000)
    assert "overwrote" not in salvor_run.run("status", TABLE, expect=3).out


def test_a_loss_beside_an_overwritten_day_is_told_as_one_and_the_other_as_the_other(scene):
    write(scene, 2, "WRITE_TRUNCATE")
    scene.overwrite_with_nothing(0)
    scene.server.advance(3_600_000)
    said = salvor_run.run("status", TABLE, expect=3).out
    assert "1 job overwrote rows" in said and f"over {scene.days[2]}" in said
    assert re.search(rf"missing +{scene.days[0]} ", said)
