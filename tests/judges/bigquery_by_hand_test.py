"""`show --sql` instead of apply: a shell runs what it prints, Google's client carries out each command, and the table
is whole. The table requires a partition filter and has NULL dates, early dates, NULLs and rows that are there twice."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import salvor_run as salvor
from bigquery_server import BigQueryServer
from google.cloud import bigquery

NAME = "prod.ds.events"
TABLE = "bigquery:" + NAME
DAYS = [None, "1960-01-01", "1969-12-31", "2016-01-01", "2024-01-01", "2024-01-02", "2024-01-03"]
ROWS = [("a", 1), ("a", 1), ("", None), (None, 2), ("NaN", 3)]


def rows_of(client, fields="submission_date, title, n"):
    sql = f"SELECT {fields} FROM `{NAME}` WHERE submission_date IS NULL OR submission_date >= '1960-01-01'"
    return Counter(tuple(row.values()) for row in client.query(sql).result())


class Scene:
    def __init__(self, server, folder):
        self.server, self.client, self.folder = server, server.client("prod"), folder
        self.client.create_dataset("prod.ds")
        staging = bigquery.Dataset("locked.staging")
        staging.access_entries = [bigquery.AccessEntry("OWNER", "userByEmail", "owner@example.com")]
        self.client.create_dataset(staging)
        table = bigquery.Table(NAME, [bigquery.SchemaField("submission_date", "DATE"),
                                      bigquery.SchemaField("title", "STRING"),
                                      bigquery.SchemaField("n", "INTEGER")])
        table.time_partitioning = bigquery.TimePartitioning(field="submission_date")
        table.require_partition_filter = True
        self.client.create_table(table)
        self.load([(day, *row) for day in DAYS for row in ROWS])
        self.whole = rows_of(self.client)
        server.advance(3_600_000)
        self.sql(f"DELETE FROM `{NAME}` WHERE submission_date IS NULL OR submission_date < '2016-01-02'")
        server.advance(60_000)
        self.sql(f"DELETE FROM `{NAME}` WHERE submission_date = '2024-01-02'")
        server.advance(60_000)
        (folder / "salvor.yaml").write_text("review: {approvals: 0}\n")

    def load(self, rows, names=("submission_date", "title", "n")):
        config = bigquery.LoadJobConfig(write_disposition="WRITE_APPEND")
        self.client.load_table_from_json([dict(zip(names, row)) for row in rows], NAME, job_config=config).result()

    def sql(self, text):
        return list(self.client.query(text).result())

    def planned(self, *flags):
        salvor.run("plan", TABLE, "--case", "inc", "--staging", "locked.staging", *flags, expect=salvor.DONE)

    def script(self):
        text = salvor.run("show", "inc", "--sql", expect=salvor.DONE).out
        (self.folder / "by_hand.sh").write_text(text)
        return text

    def run_by_hand(self):
        programs = self.folder / "bin"
        programs.mkdir(exist_ok=True)
        bq = programs / "bq"
        bq.write_text(f"#!/bin/sh\nexec {sys.executable} {Path(__file__).parent / 'bq_by_client.py'} \"$@\"\n")
        bq.chmod(0o755)
        return subprocess.run(["sh", "by_hand.sh"], capture_output=True, text=True, timeout=300,
                              env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"})


@pytest.fixture
def scene(tmp_path, monkeypatch):
    with BigQueryServer() as server:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", server.url)
        yield Scene(server, tmp_path)


def test_statements_run_by_hand_make_the_table_whole_and_salvor_finds_them_done(scene):
    scene.planned()
    text = scene.script()
    damaged = rows_of(scene.client)
    assert damaged != scene.whole
    done = scene.run_by_hand()
    assert done.returncode == 0, done.stderr
    assert rows_of(scene.client) == scene.whole
    for step in ["Runbook step 1", "Runbook step 2", "Runbook step 3", "Runbook step 4"]:
        assert step in text
    assert "already" in salvor.run("apply", "inc", "--yes", expect=salvor.DONE).out
    assert rows_of(scene.client) == scene.whole
    assert "proven: 5 partitions with 25 rows" in salvor.run("verify", "inc", expect=salvor.DONE).out
    salvor.run("clean", "inc", expect=salvor.DONE)
    assert not list(scene.client.list_tables("locked.staging"))


def test_the_last_statement_that_runs_answers_what_is_missing_and_it_is_nothing(scene):
    scene.planned()
    scene.script()
    out = scene.run_by_hand().stdout
    assert out.count("salvor apply begins\n") == 1
    out = out.replace("salvor apply begins\n", "")
    counted = re.findall(r"^(\S+)\t5$", out, re.M)
    assert sorted(counted) == sorted(["__NULL__", "19600101", "19691231", "20160101", "20240102"])
    assert out.count("\n") == len(counted), out  # beyond the counts of step 1, step 3 answers without a row


def test_running_it_twice_doubles_nothing(scene):
    scene.planned()
    scene.script()
    assert scene.run_by_hand().returncode == 0
    again = scene.run_by_hand()
    assert again.returncode != 0 and "already exists" in again.stderr.lower()
    assert rows_of(scene.client) == scene.whole


def test_rows_that_came_meanwhile_are_never_added_to(scene):
    scene.planned()
    scene.script()
    scene.load([("2016-01-01", "later", 9)])
    scene.run_by_hand()
    got = rows_of(scene.client)
    assert [row for row in got.elements() if str(row[0]) == "2016-01-01"] == [
        next(row for row in got if row[1] == "later")]


def test_after_a_column_was_added_rows_come_back_by_name(scene):
    scene.sql(f"ALTER TABLE `{NAME}` ADD COLUMN added STRING")
    scene.load([("2024-03-01", "new", 1, "x")], ("submission_date", "title", "n", "added"))
    scene.planned("--by-name")
    scene.script()
    done = scene.run_by_hand()
    assert done.returncode == 0, done.stderr
    whole = scene.whole + Counter([next(r for r in rows_of(scene.client) if r[1] == "new")])
    assert rows_of(scene.client) == whole
    assert set(rows_of(scene.client, "added")) == {(None,), ("x",)}


@pytest.mark.skipif(not shutil.which("bq"), reason="bq is not installed")
def test_commands_are_what_bq_itself_takes(scene):
    scene.planned("--partitions", "2024-01-02,2016-01-01")
    scene.script()
    programs = scene.folder / "bin"
    programs.mkdir()
    bq = programs / "bq"
    bq.write_text(f"#!/bin/sh\nexec {shutil.which('bq')} --api {scene.server.url} --oauth_access_token=x \"$@\"\n")
    bq.chmod(0o755)
    done = subprocess.run(["sh", "by_hand.sh"], capture_output=True, text=True, timeout=300,
                          env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"})
    assert done.returncode == 0, done.stdout + done.stderr
    got = rows_of(scene.client)
    assert {str(row[0]) for row in got} == {"2024-01-01", "2024-01-02", "2024-01-03", "2016-01-01"}
    assert all(scene.whole[row] == got[row] for row in got)


class Deleted(Scene):
    """The same table, and then it is gone."""

    def __init__(self, server, folder, partitioning="submission_date", clustering=("title",)):
        self.server, self.client, self.folder = server, server.client("prod"), folder
        self.client.create_dataset("prod.ds")
        staging = bigquery.Dataset("locked.staging")
        staging.access_entries = [bigquery.AccessEntry("OWNER", "userByEmail", "owner@example.com")]
        self.client.create_dataset(staging)
        table = bigquery.Table(NAME, [bigquery.SchemaField("n", "INTEGER", description="it's a \"number\""),
                                      bigquery.SchemaField("submission_date", "DATE"),
                                      bigquery.SchemaField("title", "STRING"),
                                      bigquery.SchemaField("s", "RECORD", mode="REPEATED", fields=[
                                          bigquery.SchemaField("a", "INTEGER"), bigquery.SchemaField("b", "BYTES")])])
        if partitioning is not None:
            table.time_partitioning = bigquery.TimePartitioning(field=partitioning or None)
        table.require_partition_filter = bool(partitioning)
        table.clustering_fields = list(clustering) or None
        table.description, table.labels = "line one\nSQL\nit's", {"team": "ctx"}
        self.client.create_table(table)
        names = ("submission_date", "title", "n", "s")
        nested = [[], [{"a": 1, "b": "AAH/"}], [{"a": None, "b": None}]]
        self.load([(day, *row, nested[i % 3]) for day in DAYS for i, row in enumerate(ROWS)], names)
        self.before = self.client.get_table(NAME)
        (folder / "before.json").write_text(json.dumps(self.before.to_api_repr()))
        self.whole = self.everything() if partitioning != "" else None
        server.advance(3_600_000)
        self.client.query(f"DROP TABLE `{NAME}`").result()
        server.advance(60_000)
        (folder / "salvor.yaml").write_text("review: {approvals: 0}\n")

    def everything(self):
        where = "submission_date IS NULL OR submission_date >= '0001-01-01'"
        return sorted(row.row for row in self.sql(f"SELECT TO_JSON_STRING(t) AS row FROM `{NAME}` AS t WHERE {where}"))

    def definition(self):
        table = self.client.get_table(NAME).to_api_repr()
        wanted = ("schema", "timePartitioning", "clustering", "description", "labels", "requirePartitionFilter")
        return {name: table[name] for name in wanted if name in table}


@pytest.fixture
def deleted(tmp_path, monkeypatch):
    servers = []

    def make(*silences, **options):
        server = BigQueryServer(*[word for silence in silences for word in ("--silence", silence)])
        servers.append(server)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", server.url)
        return Deleted(server, tmp_path, **options)

    yield make
    for server in servers:
        server.__exit__()


def definition_before(scene):
    table = scene.before.to_api_repr()
    return {name: table[name] for name in scene.definition()}


@pytest.mark.parametrize("copied", ["before the script is printed", "by the script"])
def test_a_deleted_table_comes_back_by_hand_and_salvor_finds_it_done(deleted, copied):
    scene = deleted()
    scene.planned("--definition", "before.json")
    if copied.startswith("before"):
        salvor.run("persist", "inc", expect=salvor.DONE)
        text = scene.script()
        text = text[:text.index("bq ")] + text[text.index("# Is it all there?"):]
        (scene.folder / "by_hand.sh").write_text(text)
    else:
        text = scene.script()
    done = scene.run_by_hand()
    assert done.returncode == 0, text + done.stdout + done.stderr
    assert scene.everything() == scene.whole
    assert scene.definition() == definition_before(scene)
    assert scene.client.get_table(NAME + "$__NULL__").num_rows == 5
    for step in ["Runbook step 1", "Runbook step 2", "Runbook step 3", "Runbook step 4", "IAM"]:
        assert step in text
    assert "already" in salvor.run("apply", "inc", "--yes", expect=salvor.DONE).out
    assert scene.everything() == scene.whole
    assert "proven: 1 partition with 35 rows" in salvor.run("verify", "inc", expect=salvor.DONE).out
    again = scene.run_by_hand()
    assert again.returncode != 0 and scene.everything() == scene.whole
    salvor.run("clean", "inc", expect=salvor.DONE)
    assert not list(scene.client.list_tables("locked.staging"))


def test_a_deleted_table_of_times_of_ingestion_stays_in_the_copy(deleted):
    scene = deleted(partitioning="", clustering=())
    scene.planned("--definition", "before.json")
    text = scene.script()
    assert "stop here. The rows are safe" in text
    done = scene.run_by_hand()
    assert done.returncode != 0, done.stdout + done.stderr


def test_columns_that_no_definition_names_are_those_of_the_private_copy(deleted):
    scene = deleted(partitioning=None, clustering=())
    (scene.folder / "before.json").write_text("{}")
    scene.planned("--definition", "before.json")
    assert "run salvor show --sql again" in scene.script()
    salvor.run("persist", "inc", expect=salvor.DONE)
    text = scene.script()
    (scene.folder / "by_hand.sh").write_text(text[:text.index("bq ")] + text[text.index("# Is it all there?"):])
    done = scene.run_by_hand()
    assert done.returncode == 0, done.stdout + done.stderr
    assert scene.everything() == scene.whole
    assert "already" in salvor.run("apply", "inc", "--yes", expect=salvor.DONE).out


def test_operations_and_ticket_of_a_deleted_table_hold_its_commands(deleted):
    scene = deleted()
    scene.planned("--definition", "before.json")
    for text in [salvor.run("show", "inc", "--operations", expect=salvor.DONE).out,
                 salvor.run("show", "inc", "--ticket", "markdown", expect=salvor.DONE).out]:
        assert "cp -n 'prod:ds.events@" in text or "cp -n prod:ds.events@" in text, text
        assert "CREATE TABLE IF NOT EXISTS `prod`.`ds`.`events` (" in text and "INSERT INTO" in text
