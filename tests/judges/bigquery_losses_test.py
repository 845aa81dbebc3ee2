"""How partitions get lost on BigQuery, as people reported it: each way is a scene that ends with the rows of before."""

import datetime

import pytest
import salvor_run
from bigquery_server import DAY_MS, recovering
from google.cloud import bigquery
from salvor_run import DONE, LOSS, LOST, REFUSED

NAME = "prod.ds.events"
TABLE = f"bigquery:{NAME}"
OWNER = "owner@example.com"
HOUR_MS = 3_600_000
COLUMNS = [bigquery.SchemaField("day", "DATE"), bigquery.SchemaField("n", "INTEGER")]
DAYS = [datetime.date(2024, 1, 1) + datetime.timedelta(n) for n in range(10)]


class Scene:
    """Ten days of four rows, made before the window, in a table that a job may write to in many ways."""

    def __init__(self, server):
        self.server, self.client = server, server.client("prod")
        self.client.create_dataset("prod.ds")
        staging = bigquery.Dataset("locked.staging")
        staging.access_entries = [bigquery.AccessEntry("OWNER", "userByEmail", OWNER)]
        self.client.create_dataset(staging)

    def table(self, columns=COLUMNS, partitioning=bigquery.TimePartitioning(field="day"), rows=None, **more):
        table = bigquery.Table(NAME, columns)
        if isinstance(partitioning, bigquery.RangePartitioning):
            table.range_partitioning = partitioning
        else:
            table.time_partitioning = partitioning
        for name, value in more.items():
            setattr(table, name, value)
        self.client.create_table(table)
        self.load(rows or [{"day": str(day), "n": n} for day in DAYS for n in range(4)])
        self.server.advance(8 * DAY_MS)
        return self

    def load(self, rows, project="prod", destination=NAME, write="WRITE_APPEND"):
        config = bigquery.LoadJobConfig(write_disposition=write)
        client = self.client if project == "prod" else self.server.client(project)
        client.load_table_from_json(rows, destination, job_config=config).result()

    def sql(self, text, **config):
        self.client.query(text, job_config=bigquery.QueryJobConfig(**config)).result()

    def wait(self, millis=HOUR_MS):
        self.server.advance(millis)

    def content(self, filter="TRUE"):
        rows = self.client.query(f"SELECT TO_JSON_STRING(t) AS row FROM `{NAME}` AS t WHERE {filter}").result()
        return sorted(row.row for row in rows)

    def recover(self, *flags):
        self.wait()
        salvor_run.run("plan", TABLE, "--case", "inc", "--staging", "locked.staging", *flags, expect=DONE)
        for verb in (("persist", "inc"), ("apply", "inc", "--yes"), ("verify", "inc"), ("clean", "inc")):
            salvor_run.run(*verb, expect=DONE)


@pytest.fixture(params=["refused", "now", "then"])
def scene(request, tmp_path, monkeypatch):
    """Whatever the service says of the past's metadata, nothing of it is asked."""
    with recovering(tmp_path, monkeypatch, "--no-quotas", "--silence", f"past-in-get={request.param}") as server:
        yield Scene(server)


def test_a_backfill_overwrote_the_whole_table_where_it_meant_one_day(scene):
    before = scene.table().content()
    scene.load([{"day": str(DAYS[3]), "n": n} for n in range(4)], write="WRITE_TRUNCATE")
    scene.recover()
    assert scene.content() == before


def test_a_day_was_deleted_without_a_query(scene):
    before = scene.table().content()
    scene.client.delete_table(f"{NAME}${DAYS[2]:%Y%m%d}")
    scene.wait()
    (event,) = salvor_run.run("history", TABLE, "--json", expect=DONE).json["events"]
    assert event["operation"] == "unknown" and event["not_before"] < event["at"]
    scene.recover()
    assert scene.content() == before


def test_a_day_that_was_written_and_deleted_inside_the_window_is_missed(scene):
    scene.table()
    scene.load([{"day": "2024-02-01", "n": n} for n in range(4)])
    before = scene.content()
    scene.wait(30 * HOUR_MS)
    scene.client.delete_table(f"{NAME}$20240201")
    scene.recover()
    assert scene.content() == before


def test_jobs_may_not_be_read(scene):
    scene.table()
    rights = ["bigquery.datasets.get", "bigquery.tables.get", "bigquery.tables.list", "bigquery.tables.getData",
              "bigquery.jobs.create", "bigquery.tables.getIamPolicy", "bigquery.rowAccessPolicies.list",
              "bigquery.datasets.getIamPolicy", "resourcemanager.projects.getIamPolicy",
              "bigquery.tables.updateData"]
    dataset = scene.client.get_dataset("prod.ds")
    dataset.access_entries = [bigquery.AccessEntry("OWNER", "userByEmail", "ana@example.com")]
    scene.client.update_dataset(dataset, ["access_entries"])
    scene.client.delete_table(f"{NAME}${DAYS[4]:%Y%m%d}")
    scene.wait()
    scene.server.test_endpoint("people", {
        "roles": {"projects/prod/roles/op": rights},
        "projects": {"prod": {"bindings": [{"role": "projects/prod/roles/op", "members": [f"user:{OWNER}"]}]}}})
    done = salvor_run.run("status", TABLE, expect=LOSS)
    assert "1 of 10 partitions missing" in done.out and "its jobs cannot be read" in done.out


def test_the_backfill_of_another_project_is_found_by_counts_and_named_where_it_is_asked(scene):
    before = scene.table().content()
    scene.server.client("elsewhere").query(f"DELETE FROM `{NAME}` WHERE day >= '{DAYS[7]}'").result()
    scene.wait()
    (event,) = salvor_run.run("history", TABLE, "--json", expect=DONE).json["events"]
    assert event["operation"] == "unknown"
    (named,) = salvor_run.run("history", TABLE, "--json", "--jobs-project", "elsewhere", expect=DONE).json["events"]
    assert (named["operation"], named["who"], named["candidates"][0]["fits"]) == ("DELETE", OWNER, True)
    scene.recover()
    assert scene.content() == before


def test_a_merge_with_an_empty_source_emptied_days(scene):
    before = scene.table().content()
    scene.sql(f"MERGE `{NAME}` AS t USING (SELECT DATE '2024-01-02' AS day, 1 AS n FROM UNNEST([1]) WHERE FALSE) AS s "
              f"ON FALSE WHEN NOT MATCHED BY SOURCE AND t.day IN ('{DAYS[1]}', '{DAYS[2]}') THEN DELETE "
              "WHEN NOT MATCHED THEN INSERT (day, n) VALUES (s.day, s.n)")
    scene.recover()
    assert scene.content() == before


def test_some_rows_of_every_day_stay_deleted_beside_a_loss_that_comes_back(scene):
    scene.table()
    scene.sql(f"DELETE FROM `{NAME}` WHERE n = 3")
    before = scene.content()
    scene.wait()
    scene.sql(f"DELETE FROM `{NAME}` WHERE day = '{DAYS[5]}'")
    scene.recover()
    assert scene.content() == before


def test_days_that_were_deleted_one_by_one_need_one_private_copy(scene):
    before = scene.table().content()
    for day in DAYS[6], DAYS[2], DAYS[8]:
        scene.sql(f"DELETE FROM `{NAME}` WHERE day = '{day}'")
        scene.wait(5 * HOUR_MS)
    salvor_run.run("plan", TABLE, "--case", "inc", "--staging", "locked.staging", expect=DONE)
    salvor_run.run("persist", "inc", expect=DONE)
    assert len(list(scene.client.list_tables("locked.staging"))) == 1
    for verb in (("apply", "inc", "--yes"), ("verify", "inc")):
        salvor_run.run(*verb, expect=DONE)
    assert scene.content() == before


HOURS = [f"2024-01-01T{hour:02}:30:00Z" for hour in (0, 1, 5, 23)]
KINDS = {
    "hours": ([bigquery.SchemaField("day", "TIMESTAMP"), bigquery.SchemaField("n", "INTEGER")],
              bigquery.TimePartitioning(field="day", type_="HOUR"),
              [{"day": hour, "n": n} for hour in HOURS for n in range(3)],
              "day >= '2024-01-01 05:00:00+00' AND day < '2024-01-01 06:00:00+00'"),
    "months": (COLUMNS, bigquery.TimePartitioning(field="day", type_="MONTH"),
               [{"day": f"2024-{month:02}-17", "n": n} for month in range(1, 6) for n in range(3)],
               "day >= '2024-03-01' AND day < '2024-04-01'"),
    "range": ([bigquery.SchemaField("day", "INTEGER"), bigquery.SchemaField("n", "INTEGER")],
              bigquery.RangePartitioning(field="day", range_=bigquery.PartitionRange(start=-20, end=100, interval=10)),
              [{"day": day, "n": n} for day in (-20, -5, 0, 42, 99) for n in range(3)], "day >= 40 AND day < 50"),
    "null": (COLUMNS, bigquery.TimePartitioning(field="day"),
             [{"day": day, "n": n} for day in ("2024-01-01", None, "1999-12-31") for n in range(3)], "day IS NULL"),
    "early": (COLUMNS, bigquery.TimePartitioning(field="day"),
              [{"day": day, "n": n} for day in ("1960-01-01", "1969-12-31", "2159-12-31") for n in range(3)],
              "day = '1960-01-01'"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("required", [False, True])
def test_partitions_of_every_kind_come_back_also_where_queries_need_a_filter(scene, kind, required):
    columns, partitioning, rows, lost = KINDS[kind]
    scene.table(columns, partitioning, rows, require_partition_filter=required)
    always = {"range": "(day < 0 OR day >= 0 OR day IS NULL)", "hours": "(day >= '0001-01-01 00:00:00+00' OR day IS NULL)"}
    everything = always.get(kind, "(day >= '0001-01-01' OR day IS NULL)")
    before = scene.content(everything)
    scene.sql(f"DELETE FROM `{NAME}` WHERE {lost}")
    scene.recover()
    assert scene.content(everything) == before


def test_partitions_by_time_of_ingestion_come_back(scene):
    scene.table(COLUMNS[1:], bigquery.TimePartitioning(), [{"n": n} for n in range(3)])
    scene.load([{"n": n} for n in range(7)])
    scene.wait(2 * DAY_MS)
    before = scene.content("_PARTITIONTIME IS NOT NULL")
    day = scene.client.query(f"SELECT MAX(_PARTITIONTIME) AS day FROM `{NAME}`").result()
    (row,) = day
    scene.sql(f"DELETE FROM `{NAME}` WHERE _PARTITIONTIME = '{row.day:%Y-%m-%d}'")
    scene.recover()
    assert scene.content("_PARTITIONTIME IS NOT NULL") == before


def test_streamed_rows_in_a_lost_day_are_left_to_a_person_before_the_review(scene):
    scene.table()
    scene.sql(f"DELETE FROM `{NAME}` WHERE day = '{DAYS[5]}'")
    scene.wait()
    assert scene.client.insert_rows_json(NAME, [{"day": str(DAYS[5]), "n": 9}]) == []
    done = salvor_run.run("plan", TABLE, "--case", "inc", "--staging", "locked.staging", expect=REFUSED)
    assert "streaming buffer" in done.out


def test_what_the_limit_does_not_allow_was_not_compared(scene):
    scene.table()
    scene.sql(f"DELETE FROM `{NAME}` WHERE day = '{DAYS[5]}'")
    scene.wait()
    done = salvor_run.run("status", TABLE, "--max-bytes-billed", "25M", expect=REFUSED)
    assert "was not compared" in done.err and "whole" not in done.out
    enough = done.err.split("Allow at least --max-bytes-billed ")[1].split()[0]
    salvor_run.run("status", TABLE, "--max-bytes-billed", enough, expect=LOSS)


def test_whole_names_what_was_compared(scene):
    said = salvor_run.run("status", scene.table() and TABLE, expect=DONE).out
    assert "whole since" in said and "compared the rows of now with those of" in said and "the jobs of prod" in said


def test_a_table_that_was_dropped_and_made_again_is_a_loss_and_a_new_one_is_none(scene):
    scene.table()
    scene.sql(f"DROP TABLE `{NAME}`")
    scene.wait(6 * HOUR_MS)
    scene.sql(f"CREATE TABLE `{NAME}` (day DATE, n INT64) PARTITION BY day")
    scene.load([{"day": "2024-03-01", "n": 1}])
    scene.wait()
    said = salvor_run.run("status", TABLE, expect=LOSS).out
    assert f"another table of this name was dropped by {OWNER}" in said and "bq cp prod:ds.events@" in said
    done = salvor_run.run("plan", TABLE, "--case", "inc", "--staging", "locked.staging", expect=REFUSED)
    assert "another table had this name" in done.out
    scene.wait(7 * DAY_MS - 4 * HOUR_MS)
    assert "it is gone, unless Google's support" in salvor_run.run("status", TABLE, expect=LOST).out
    scene.wait(DAY_MS)
    salvor_run.run("status", TABLE, expect=DONE)
