"""verify on BigQuery: what each partition was compared by, and `--fingerprints`, whose cost is said first and kept."""

import json
import re

import pytest
import salvor_run
from bigquery_server import recovering
from bigquery_small_table import DAY, LOST, MIB, NAME, SmallTable, told
from daily_lake import DailyLake


@pytest.fixture
def scene(tmp_path, monkeypatch):
    with recovering(tmp_path, monkeypatch) as server:
        yield SmallTable(server, tmp_path)


def compared_by(run):
    return {one["compared_by"] for one in json.loads(run.out)["partitions"]}


KINDS = {
    "days": dict(layout=DAY),
    "a filter that is required": dict(layout=DAY, options="OPTIONS(require_partition_filter = TRUE)"),
    "time of ingestion": dict(layout="PARTITION BY _PARTITIONDATE", column="_PARTITIONTIME", filter="_PARTITIONTIME",
                              partition="TIMESTAMP '2024-01-0{k} 00:00:00+00'"),
    "a range of integers": dict(layout="PARTITION BY RANGE_BUCKET(k, GENERATE_ARRAY(0, 100, 1))", column="k",
                                filter="k"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_fingerprints_find_what_counts_cannot(scene, kind):
    scene.make(**KINDS[kind])
    scene.lose()
    scene.restored()
    by_counts, cost = scene.billed("verify", "inc", "--json")
    assert compared_by(by_counts) == {"copied rows"} and cost == told(by_counts.err) == 10 * MIB  # who wrote since, from JOBS
    proof, cost = scene.billed("verify", "inc", "--fingerprints", "--json")
    assert compared_by(proof) == {"fingerprints"}
    assert cost == told(proof.err) == 30 * MIB
    assert json.loads((scene.folder / "inc" / "proof.json").read_text()) == json.loads(proof.out)
    scene.swap_a_row()
    salvor_run.run("verify", "inc", expect=0)
    failed = salvor_run.run("verify", "inc", "--fingerprints", expect=1)
    assert "as many rows, but other ones" in failed.out and "NOT proven: 1 of 1" in failed.out
    salvor_run.run("clean", "inc", "--yes", expect=5)


def test_a_table_without_partitions_is_compared_as_a_whole(scene):
    scene.make(column="", filter="")
    scene.lose("TRUE")
    scene.restored()
    proof, cost = scene.billed("verify", "inc", "--fingerprints", "--json")
    assert compared_by(proof) == {"fingerprints"} and cost <= told(proof.err)
    scene.swap_a_row()
    assert "other ones" in salvor_run.run("verify", "inc", "--fingerprints", expect=1).out


def test_what_went_by_query_is_compared_unasked(scene):
    scene.make(layout=DAY, partition="IF({k} = 2, NULL, DATE '2024-01-01')")
    scene.lose()
    assert "by one query" in scene.restored().out
    proof, cost = scene.billed("verify", "inc", "--json")
    assert compared_by(proof) == {"fingerprints"} and cost == told(proof.err)
    scene.swap_a_row()
    assert "other ones" in salvor_run.run("verify", "inc", expect=1).out


def test_rows_that_a_day_lost_are_compared_unasked(scene):
    scene.make(layout=DAY)
    scene.lose(f"{LOST} AND x = 'b'")
    scene.restored("--include", "partial")
    assert compared_by(salvor_run.run("verify", "inc", "--json", expect=0)) == {"fingerprints"}
    scene.swap_a_row()
    assert "other ones" in salvor_run.run("verify", "inc", expect=1).out


def test_a_column_that_was_added_since_is_null_on_both_sides(scene):
    scene.make(layout=DAY)
    scene.lose()
    scene.run(f"ALTER TABLE `{NAME}` ADD COLUMN added STRING")
    scene.restored("--by-name")
    assert compared_by(salvor_run.run("verify", "inc", "--fingerprints", "--json", expect=0)) == {"fingerprints"}
    scene.run(f"UPDATE `{NAME}` SET added = 'new' WHERE {scene.always}{LOST} AND x = 'b'")
    assert "other ones" in salvor_run.run("verify", "inc", "--fingerprints", expect=1).out


def test_a_deleted_table_is_compared_as_a_whole(tmp_path, monkeypatch):
    with recovering(tmp_path, monkeypatch) as server:
        scene = SmallTable(server, tmp_path)
        scene.make(layout=DAY, options="OPTIONS(require_partition_filter = TRUE)")
        (tmp_path / "before.json").write_text(json.dumps(scene.client.get_table(NAME).to_api_repr()))
        server.advance(60_000)
        scene.run(f"DROP TABLE `{NAME}`")
        server.advance(60_000)
        scene.restored("--definition", "before.json", "--by-name")
        unasked = salvor_run.run("verify", "inc", "--json", expect=0)
        assert compared_by(unasked) == {"fingerprints"}
        assert compared_by(salvor_run.run("verify", "inc", "--fingerprints", "--json", expect=0)) == {"fingerprints"}
        scene.swap_a_row()
        assert "other ones" in salvor_run.run("verify", "inc", "--fingerprints", expect=1).out


def test_what_the_limit_does_not_allow_is_refused_before_anything_is_billed(scene):
    scene.make(layout=DAY)
    scene.lose()
    scene.restored()
    refused, cost = scene.billed("verify", "inc", "--fingerprints", "--max-bytes-billed", "15M", expect=5)
    assert cost == 0 and "about 20.0 MiB billed" in refused.err
    assert "leave --fingerprints out" in refused.err
    enough = re.search(r"at least --max-bytes-billed (\d+)", refused.err).group(1)
    salvor_run.run("verify", "inc", "--fingerprints", "--max-bytes-billed", enough, expect=0)
    salvor_run.run("verify", "inc", expect=0)


def test_a_private_copy_that_was_changed_is_found_too(scene):
    scene.make(layout=DAY)
    scene.lose()
    scene.restored()
    copy, = scene.client.list_tables("locked.staging")
    scene.client.query(f"UPDATE `locked.staging.{copy.table_id}` SET x = 'z' WHERE d = '2024-01-02' AND x = 'b'").result()
    for flags in ((), ("--fingerprints",)):
        assert "the private copy was changed" in salvor_run.run("verify", "inc", *flags, expect=5).err


def test_on_a_delta_table_the_flag_adds_nothing_and_that_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = DailyLake(tmp_path / "lake" / "t")
    table.delete(2)
    salvor_run.run("plan", table.path, "--case", "inc", expect=0)
    salvor_run.run("persist", "inc", expect=0)
    salvor_run.run("apply", "inc", "--yes", expect=0)
    proof = salvor_run.run("verify", "inc", "--fingerprints", "--json", expect=0)
    assert compared_by(proof) == {"fingerprints"} and "--fingerprints adds nothing" in proof.err
    assert "--fingerprints" not in salvor_run.run("verify", "inc", expect=0).err
