"""Who took rows from a BigQuery table, and what only looks like its own expiration."""

import datetime
import json

import pytest
import salvor_run
from bigquery_server import DAY_MS, recovering
from google.cloud import bigquery
from salvor_run import DONE, LOSS, REFUSED

NAME = "prod.ds.events"
TABLE = f"bigquery:{NAME}"
OWNER = "owner@example.com"
COLUMNS = [bigquery.SchemaField("day", "DATE"), bigquery.SchemaField("n", "INTEGER")]


class Scene:
    """Ten days of four rows, the oldest first, in a table that a job may write to in many ways."""

    def __init__(self, server):
        self.server, self.client = server, server.client("prod")
        self.client.create_dataset("prod.ds")
        staging = bigquery.Dataset("locked.staging")
        staging.access_entries = [bigquery.AccessEntry("OWNER", "userByEmail", OWNER)]
        self.client.create_dataset(staging)

    def table(self, first=datetime.date(2024, 1, 1), expiration_ms=None):
        table = bigquery.Table(NAME, COLUMNS)
        table.time_partitioning = bigquery.TimePartitioning(field="day", expiration_ms=expiration_ms)
        self.client.create_table(table)
        self.days = [first + datetime.timedelta(n) for n in range(10)]
        self.append([{"day": str(day), "n": n} for day in self.days for n in range(4)]).result()
        self.server.advance(5 * 3_600_000)
        return self

    def append(self, rows):
        config = bigquery.LoadJobConfig(schema=COLUMNS, write_disposition="WRITE_APPEND")
        return self.client.load_table_from_json(rows, NAME, job_config=config)

    def partition(self, n):
        return f"{NAME}${self.days[n]:%Y%m%d}"

    def overwrite_with_nothing(self, n):
        config = bigquery.QueryJobConfig(destination=self.partition(n), write_disposition="WRITE_TRUNCATE")
        self.client.query(f"SELECT * FROM `{NAME}` WHERE FALSE", job_config=config).result()

    def sql(self, text):
        self.client.query(text).result()

    def events(self):
        self.server.advance(3_600_000)
        return salvor_run.run("history", TABLE, "--json", expect=DONE).json["events"]


@pytest.fixture
def scene(tmp_path, monkeypatch):
    with recovering(tmp_path, monkeypatch, "--no-quotas") as server:
        yield Scene(server)


def planned(*flags):
    salvor_run.run("plan", TABLE, "--case", "inc", "--staging", "locked.staging", *flags, expect=DONE)
    return json.loads(open("inc/plan.json").read())


def test_a_backfill_that_emptied_day_after_day_from_the_oldest_on_comes_back(scene):
    scene.table()
    for n in range(4):
        scene.overwrite_with_nothing(n)
        scene.server.advance(40 * 60_000)
    salvor_run.run("status", TABLE, expect=LOSS)
    made = planned()
    assert [one["disposition"] for one in made["partitions"]] == ["restore"] * 4
    for verb in (("persist", "inc"), ("apply", "inc", "--yes"), ("verify", "inc")):
        salvor_run.run(*verb, expect=DONE)
    assert scene.client.get_table(NAME).num_rows == 40


def test_days_deleted_one_by_one_faster_than_time_passes_come_back(scene):
    scene.table()
    for n in range(4):
        scene.client.delete_table(scene.partition(n)) if n % 2 else scene.sql(
            f"DELETE FROM `{NAME}` WHERE day = '{scene.days[n]}'")
        scene.server.advance(60_000)
    assert [one["disposition"] for one in planned()["partitions"]] == ["restore"] * 4


def test_a_retention_that_takes_a_day_every_day_is_left(scene):
    scene.table()
    for n in range(3):
        scene.server.advance(DAY_MS)
        scene.sql(f"DELETE FROM `{NAME}` WHERE day = '{scene.days[n]}'")
    done = salvor_run.run("plan", TABLE, "--case", "inc", "--staging", "locked.staging", expect=REFUSED)
    assert "looks like expiry" in done.out and "nothing to bring back" in done.said
    assert f"salvor plan {TABLE} --case DIR --event" in done.out


def test_an_expiration_that_somebody_set_for_a_moment_takes_days_that_come_back(scene):
    scene.table(first=datetime.date.today() - datetime.timedelta(20))
    scene.sql(f"ALTER TABLE `{NAME}` SET OPTIONS (partition_expiration_days = 15)")
    scene.server.advance(60_000)
    scene.sql(f"ALTER TABLE `{NAME}` SET OPTIONS (partition_expiration_days = NULL)")
    scene.server.advance(60_000)
    made = planned()["partitions"]
    assert len(made) >= 4
    assert {one["disposition"] for one in made} == {"restore"}


@pytest.mark.parametrize("job", ("load", "query"))
def test_a_job_that_only_appended_while_somebody_removed_a_partition_is_not_blamed(scene, job):
    scene.table()
    scene.server.pace(load_ms=3_000, query_ms=3_000)
    if job == "load":
        running = scene.append([{"day": "2024-02-01", "n": 1}])
    else:
        config = bigquery.QueryJobConfig(destination=NAME, write_disposition="WRITE_APPEND")
        running = scene.client.query("SELECT DATE '2024-02-01' AS day, 1 AS n", job_config=config)
    scene.client.delete_table(scene.partition(2))
    running.result()
    scene.server.pace(load_ms=0, query_ms=0)
    (event,) = scene.events()
    assert (event["operation"], event["who"]) == ("unknown", "")


def test_a_job_that_truncated_is_still_named(scene):
    scene.table()
    scene.overwrite_with_nothing(5)
    (event,) = scene.events()
    assert (event["operation"], event["who"], event["rows_removed"]) == ("SELECT", OWNER, 4)


def test_expirations_beside_nightly_appends_are_no_loss(scene):
    scene.server.advance(DAY_MS - scene.server.now_ms() % DAY_MS + 3_600_000)  # the same at any time of day
    today = datetime.date.fromisoformat(
        datetime.datetime.fromtimestamp(scene.server.now_ms() / 1000, datetime.timezone.utc).date().isoformat())
    scene.table(first=today - datetime.timedelta(6), expiration_ms=7 * DAY_MS)
    for _ in range(2):
        scene.server.advance(DAY_MS - scene.server.now_ms() % DAY_MS - 500)
        scene.server.pace(load_ms=1_500)
        scene.append([{"day": str(today + datetime.timedelta(8)), "n": 1}]).result()
        scene.server.pace(load_ms=0)
    events = scene.events()
    assert [event["by_expiry"] for event in events] == [True, True]
    salvor_run.run("status", TABLE, expect=DONE)


def test_the_statements_of_one_transaction_are_one_event_of_whoever_ran_it(scene):
    scene.table()
    scene.sql(f"BEGIN TRANSACTION; DELETE FROM `{NAME}` WHERE day = '2024-01-02'; "
              f"DELETE FROM `{NAME}` WHERE day = '2024-01-03'; COMMIT TRANSACTION;")
    (event,) = scene.events()
    assert (event["operation"], event["who"], event["rows_removed"]) == ("DELETE", OWNER, 8)
    assert event["kind"] == "removal"


def test_rows_that_a_transaction_put_elsewhere_make_it_a_rewrite(scene):
    scene.table()
    scene.sql(f"BEGIN TRANSACTION; INSERT INTO `{NAME}` (day, n) SELECT DATE '2024-03-01', n FROM `{NAME}` "
              f"WHERE day = '2024-01-02'; DELETE FROM `{NAME}` WHERE day = '2024-01-02'; COMMIT TRANSACTION;")
    (event,) = scene.events()
    assert (event["kind"], event["rows_removed"]) == ("rewrite", 4)


def test_a_loss_by_a_job_of_another_project_says_how_to_learn_who_it_was(scene):
    scene.table()
    scene.server.client("elsewhere").query(f"DELETE FROM `{NAME}` WHERE day = '2024-01-02'").result()
    scene.server.advance(60_000)
    said = salvor_run.run("status", TABLE, expect=LOSS).out
    assert "unknown of 1 event" in said and "--jobs-project" in said
    found = salvor_run.run("status", TABLE, "--jobs-project", "elsewhere", expect=LOSS).out
    assert OWNER in found and "--jobs-project" not in found


def test_the_plan_says_whose_deletions_it_does_not_list_and_what_nobody_explains(scene):
    scene.table()
    scene.sql(f"DELETE FROM `{NAME}` WHERE day = '2024-01-02'")
    scene.server.advance(60_000)
    scene.server.client("elsewhere").query(f"DELETE FROM `{NAME}` WHERE n = 3").result()
    scene.server.advance(60_000)
    warnings = " ".join(planned()["warnings"])
    assert "among the jobs of prod only" in warnings and "--jobs-project" in warnings
    assert "1 event after the snapshot took 9 rows, and nobody says who" in warnings
    said = salvor_run.run("plan", TABLE, "--case", "two", "--staging", "locked.staging",
                          "--jobs-project", "elsewhere", expect=DONE).out
    assert "deleted 9 rows after the snapshot: if that was a lawful deletion" in said
    assert "nobody says who" not in said and "only:" not in said


def test_two_deletions_at_once_are_both_told_since_either_may_have_been_meant(scene):
    scene.table()
    scene.server.pace(query_ms=2_000)
    jobs = [scene.client.query(f"DELETE FROM `{NAME}` WHERE {rows}") for rows in ("day = '2024-01-02'", "n = 3")]
    for job in jobs:
        job.result()
    scene.server.pace(query_ms=0)
    scene.server.advance(60_000)
    warnings = " ".join(planned()["warnings"])
    assert "deleted 9 rows after the snapshot" in warnings or "deleted 10 rows after the snapshot" in warnings


@pytest.mark.parametrize("refill", (4, 6))
def test_a_day_that_was_emptied_and_filled_again_is_named_in_a_note(scene, refill):
    scene.table()
    scene.sql(f"DELETE FROM `{NAME}` WHERE day = '2024-01-02'")
    scene.server.advance(60_000)
    scene.append([{"day": "2024-01-02", "n": 9}] * refill).result()
    scene.server.advance(60_000)
    said = salvor_run.run("status", TABLE, expect=DONE).out
    assert "1 partition lost rows in the window and has as many again, or more (2024-01-02)" in said


def test_days_that_salvor_brought_back_are_not_named(scene):
    scene.table()
    scene.sql(f"DELETE FROM `{NAME}` WHERE day = '2024-01-02'")
    scene.server.advance(60_000)
    planned()
    salvor_run.run("persist", "inc", expect=DONE)
    salvor_run.run("apply", "inc", "--yes", expect=DONE)
    assert "lost rows in the window" not in salvor_run.run("status", TABLE, expect=DONE).out


def test_rows_that_went_before_the_loss_are_named_in_the_reason(scene):
    scene.table()
    scene.sql(f"DELETE FROM `{NAME}` WHERE day = '2024-01-02' AND n = 3")
    scene.server.advance(60_000)
    scene.sql(f"DELETE FROM `{NAME}` WHERE day = '2024-01-02'")
    scene.server.advance(60_000)
    (entry,) = planned()["partitions"]
    assert entry["disposition"] == "restore" and entry["restore"]["rows"] == 3
    assert "it had 4 rows before some went earlier, which stay deleted" in entry["reason"]


def test_doctor_asks_for_the_view_that_every_look_reads(scene):
    scene.table()
    dataset = scene.client.get_dataset("prod.ds")
    dataset.access_entries = [bigquery.AccessEntry("OWNER", "userByEmail", "ana@example.com")]
    scene.client.update_dataset(dataset, ["access_entries"])
    rights = ["bigquery.datasets.get", "bigquery.tables.get", "bigquery.tables.getData", "bigquery.jobs.create",
              "bigquery.tables.getIamPolicy", "bigquery.rowAccessPolicies.list", "bigquery.jobs.listAll",
              "bigquery.tables.updateData"]
    scene.server.test_endpoint("people", {
        "roles": {"projects/prod/roles/op": rights},
        "projects": {"prod": {"bindings": [{"role": "projects/prod/roles/op", "members": [f"user:{OWNER}"]}]}}})
    done = salvor_run.run("doctor", TABLE)
    assert done.code != DONE
    assert "bigquery.tables.list" in done.out


def test_a_table_that_was_partitioned_otherwise_then_is_refused_before_anything_is_approved(scene):
    scene.table()
    scene.sql(f"CREATE OR REPLACE TABLE `{NAME}` PARTITION BY DATE_TRUNC(day, MONTH) AS "
              f"SELECT * FROM `{NAME}` WHERE n = 0")
    scene.server.advance(60_000)
    assert "the table was replaced at" in " ".join(planned("--include", "partial")["warnings"])
    done = salvor_run.run("persist", "inc", expect=salvor_run.REFUSED)
    assert "partition" in done.said


def test_doctor_takes_a_name_of_salvor_yaml_and_its_projects(scene, tmp_path):
    scene.table()
    (tmp_path / "salvor.yaml").write_text(
        "warehouses:\n  w: {bigquery: {project: prod, staging: locked.staging, job_project: lab}}\n")
    said = salvor_run.run("doctor", "w:ds.events", expect=DONE).out
    assert TABLE in said and "jobs in lab" in said
