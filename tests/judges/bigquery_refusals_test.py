"""What salvor refuses on BigQuery before it writes anything: each by name, with what to do, and with nothing written."""

import contextlib
import datetime
import json

import pytest
import salvor_run
from bigquery_server import BigQueryServer, recovering
from google.cloud import bigquery
from salvor_run import DONE, FAILED, REFUSED

TABLE = "bigquery:prod.ds.events"
KEY = "projects/prod/locations/us/keyRings/ring/cryptoKeys/key"
DAYS = [f"2024-01-{day:02}" for day in range(1, 11)]
LOST = DAYS[:3]


class Scene:
    """Ten days of two rows. `lose` takes three of them."""

    def __init__(self, server):
        self.server = server
        self.client = server.client("prod")
        self.client.create_dataset("prod.ds")
        self.staging = self.dataset("locked.staging")

    def dataset(self, name, **properties):
        dataset = bigquery.Dataset(name)
        dataset.access_entries = [bigquery.AccessEntry("OWNER", "userByEmail", "owner@example.com")]
        for key, value in properties.items():
            setattr(dataset, key, value)
        return self.client.create_dataset(dataset)

    def table(self, partitioning="DAY", columns=None, **properties):
        columns = columns or [bigquery.SchemaField("day", "DATE"), bigquery.SchemaField("x", "STRING")]
        table = bigquery.Table("prod.ds.events", columns)
        if partitioning:
            table.time_partitioning = bigquery.TimePartitioning(partitioning, field="day")
        for key, value in properties.items():
            setattr(table, key, value)
        self.client.create_table(table)
        self.load([{"day": day, "x": x} for day in DAYS for x in "ab"])
        self.server.advance(60_000)
        return self

    def load(self, rows):
        config = bigquery.LoadJobConfig(write_disposition="WRITE_APPEND")
        self.client.load_table_from_json(rows, "prod.ds.events", job_config=config).result()

    def sql(self, text):
        return list(self.client.query(text).result())

    def lose(self):
        self.sql(f"DELETE FROM `prod.ds.events` WHERE day <= '{LOST[-1]}'")
        self.server.advance(60_000)
        return self

    def patch(self, **body):
        """A change of the table that Google's client has no words for."""
        self.client._call_api(None, method="PATCH", path="/projects/prod/datasets/ds/tables/events", data=body)

    def count(self):
        return self.client.get_table("prod.ds.events").num_rows

    def copies(self):
        return list(self.client.list_tables("locked.staging"))

    @contextlib.contextmanager
    def nothing_is_written(self):
        rows, copies = self.count(), len(self.copies())
        yield
        assert self.count() == rows
        assert len(self.copies()) == copies


@pytest.fixture
def scene(tmp_path, monkeypatch):
    with recovering(tmp_path, monkeypatch) as server:
        yield Scene(server)


def planned(*flags, case="inc", staging="locked.staging"):
    salvor_run.run("plan", TABLE, "--case", case, "--staging", staging, *flags, expect=DONE)
    return json.loads(open(f"{case}/plan.json").read())


def reviewed(*flags):
    """Every lost partition stands in the plan as one that a person must look at; their reason."""
    made = salvor_run.run("plan", TABLE, "--case", "inc", "--staging", "locked.staging", "--json", *flags)
    entries = [one for one in made.json["plan"]["partitions"] if one["disposition"] == "review"]
    assert [one["partition"]["day"] for one in entries][:3] == LOST
    reasons = {one["reason"] for one in entries[:3]}
    return " ".join(sorted(reasons))


def refused(*command, code=REFUSED):
    return salvor_run.run(*command, expect=code).err


# ---- tables that are not looked at

def looked_at_in_vain(table=TABLE):
    for command in (("status", table), ("plan", table, "--case", "inc", "--staging", "locked.staging")):
        said = refused(*command, code=FAILED)
    return said


def test_a_view_is_refused(scene):
    scene.table()
    view = bigquery.Table("prod.ds.seen")
    view.view_query = "SELECT * FROM `prod.ds.events`"
    scene.client.create_table(view)
    assert "it is a view" in looked_at_in_vain("bigquery:prod.ds.seen")


@pytest.mark.parametrize("part, words", [
    ({"biglakeConfiguration": {"connectionId": "us.c", "storageUri": "gs://b/t", "fileFormat": "PARQUET",
                               "tableFormat": "ICEBERG"}}, "Iceberg"),
    ({"maxStaleness": "0-0 0 0:15:0"}, "change data capture"),
    ({"tableReplicationInfo": {"sourceTable": {"projectId": "a", "datasetId": "b", "tableId": "c"}}}, "replica"),
    ({"externalDataConfiguration": {"sourceUris": ["gs://b/t"], "sourceFormat": "CSV"}}, "external"),
])
def test_a_table_whose_rows_are_another_system_s_is_refused(scene, part, words):
    scene.client._call_api(None, method="POST", path="/projects/prod/datasets/ds/tables", data={
        "tableReference": {"projectId": "prod", "datasetId": "ds", "tableId": "events"},
        "schema": {"fields": [{"name": "x", "type": "STRING"}]}, **part})
    assert words in looked_at_in_vain()


def test_one_day_of_a_sharded_table_is_refused(scene):
    scene.client.create_table(bigquery.Table("prod.ds.events_20240101", [bigquery.SchemaField("x", "STRING")]))
    assert "sharded by date" in looked_at_in_vain("bigquery:prod.ds.events_20240101")


def test_a_snapshot_is_refused(scene):
    scene.table()
    scene.client.copy_table("prod.ds.events", "prod.ds.kept",
                            job_config=bigquery.CopyJobConfig(operation_type="SNAPSHOT")).result()
    assert "snapshot" in looked_at_in_vain("bigquery:prod.ds.kept")


# ---- partitions that the plan leaves to a person

def test_row_access_policies_are_refused(scene):
    scene.table().lose()
    scene.sql("CREATE ROW ACCESS POLICY only_a ON `prod.ds.events` GRANT TO ('user:ana@example.com') "
              "FILTER USING (x = 'a')")
    for command in (("status", TABLE), ("plan", TABLE, "--case", "inc", "--staging", "locked.staging")):
        assert "row-access policies (only_a)" in refused(*command)
    assert "only_a" in salvor_run.run("doctor", TABLE).out


def test_row_access_policies_that_came_after_the_plan_are_refused(scene):
    scene.table().lose()
    planned()
    scene.sql("CREATE ROW ACCESS POLICY only_a ON `prod.ds.events` GRANT TO ('user:ana@example.com') "
              "FILTER USING (x = 'a')")
    with scene.nothing_is_written():
        assert "row-access polic" in refused("persist", "inc")


@pytest.mark.parametrize("tag", [
    {"policyTags": {"names": ["projects/prod/locations/us/taxonomies/1/policyTags/2"]}},
    {"dataPolicies": [{"name": "projects/prod/locations/us/dataPolicies/masked"}]},
])
def test_policy_tags_and_data_policies_are_refused(scene, tag):
    scene.table().lose()
    scene.patch(schema={"fields": [{"name": "day", "type": "DATE"}, {"name": "x", "type": "STRING", **tag}]})
    assert "column x carries a policy tag or data policy" in reviewed()


def test_a_partition_with_rows_in_the_streaming_buffer_is_refused_and_the_others_are_not(scene):
    scene.table().lose()
    assert scene.client.insert_rows_json("prod.ds.events", [{"day": LOST[1], "x": "streamed"}]) == []
    made = planned()
    by_day = {one["partition"]["day"]: one for one in made["partitions"]}
    assert by_day[LOST[0]]["disposition"] == "restore"
    assert by_day[LOST[1]]["disposition"] == "review"
    assert "streaming buffer" in by_day[LOST[1]]["reason"]


def test_a_partition_that_its_expiration_would_take_at_once_is_refused(scene):
    scene.table().lose()
    scene.patch(timePartitioning={"type": "DAY", "field": "day", "expirationMs": str(30 * 86_400_000)})
    scene.server.advance(1)
    assert "partition expiration would delete it at once" in reviewed()


@pytest.mark.parametrize("change, words", [
    ("ALTER TABLE `prod.ds.events` DROP COLUMN x", "column x: the table no longer has it"),
    ("ALTER TABLE `prod.ds.events` ADD COLUMN y STRING", "new since then: y"),
])
def test_a_schema_that_no_longer_fits_is_refused(scene, change, words):
    scene.table().lose()
    scene.sql(change)
    scene.server.advance(60_000)
    reason = reviewed()
    assert words in reason
    assert "--by-name" in reason


def test_a_table_without_partitions_is_restored_only_while_it_is_empty(scene):
    scene.table(partitioning=None)
    scene.sql("DELETE FROM `prod.ds.events` WHERE x = 'a'")
    scene.server.advance(60_000)
    made = salvor_run.run("plan", TABLE, "--case", "inc", "--staging", "locked.staging", "--include", "partial",
                          expect=REFUSED)
    assert "restored only while it is empty" in made.out
    scene.sql("DELETE FROM `prod.ds.events` WHERE TRUE")
    scene.server.advance(60_000)
    planned(case="all")
    salvor_run.run("persist", "all", expect=DONE)
    salvor_run.run("apply", "all", "--yes", expect=DONE)
    salvor_run.run("verify", "all", expect=DONE)
    assert scene.count() == 10


# ---- places that are not safe for a private copy

@pytest.mark.parametrize("properties, words", [
    ({"default_table_expiration_ms": 86_400_000}, "default expiration"),
    ({"default_partition_expiration_ms": 86_400_000}, "default expiration"),
    ({"location": "EU"}, "the staging dataset is in EU, the table in US"),
    ({"default_encryption_configuration": bigquery.EncryptionConfiguration(KEY)}, "another encryption key"),
])
def test_a_place_that_would_lose_the_copy_is_refused(scene, properties, words):
    scene.table().lose()
    scene.dataset("locked.bad", **properties)
    assert words in " ".join(planned(staging="locked.bad")["warnings"])
    with scene.nothing_is_written():
        assert words in refused("persist", "inc")
    assert list(scene.client.list_tables("locked.bad")) == []


def test_a_copy_after_the_deadline_is_refused_with_who_can_still_help(scene):
    scene.table().lose()
    planned()
    scene.server.advance(8 * 86_400_000)
    with scene.nothing_is_written():
        assert "support" in refused("persist", "inc")


def test_a_staging_dataset_that_is_not_there_is_told_with_how_to_make_it(scene):
    scene.table().lose()
    assert "Make it in US" in " ".join(planned(staging="locked.nowhere")["warnings"])
    said = refused("persist", "inc", code=FAILED)
    assert "locked.nowhere" in said and "Make it in US" in said


def test_the_key_of_the_table_is_the_key_of_the_copy(scene):
    scene.table(encryption_configuration=bigquery.EncryptionConfiguration(KEY)).lose()
    planned()
    salvor_run.run("persist", "inc", expect=DONE)
    copy = scene.client.get_table(scene.copies()[0].reference)
    assert copy.encryption_configuration.kms_key_name == KEY


@pytest.mark.parametrize("lost", ["a day", "rows of no date"])
def test_where_a_policy_demands_a_key_every_query_job_carries_the_tables(tmp_path, monkeypatch, lost):
    with recovering(tmp_path, monkeypatch, "--demand-key") as server:
        key = bigquery.EncryptionConfiguration(KEY)
        with_key = bigquery.QueryJobConfig(destination_encryption_configuration=key)
        scene = Scene(server).table(encryption_configuration=key)
        scene.load([{"day": None, "x": "no date"}])
        server.advance(60_000)
        condition = "day IS NULL" if lost.startswith("rows") else f"day = '{LOST[0]}'"
        scene.client.query(f"DELETE FROM `prod.ds.events` WHERE {condition}", job_config=with_key).result()
        server.advance(60_000)
        assert "restrictNonCmekServices" not in salvor_run.run("doctor", TABLE).out
        planned()
        for verb in (("persist", "inc"), ("apply", "inc", "--yes"), ("verify", "inc", "--fingerprints"),
                     ("undo", "inc", "--yes")):
            salvor_run.run(*verb, expect=DONE)
        assert scene.count() == 2 * len(DAYS) + 1 - (1 if lost.startswith("rows") else 2)


# ---- what a later command finds to be another than the plan knew

@pytest.mark.parametrize("change, words", [
    ({"schema": {"fields": [{"name": "day", "type": "DATE"}, {"name": "x", "type": "STRING"},
                            {"name": "y", "type": "STRING"}]}}, "schema"),
    ({"timePartitioning": {"type": "DAY", "field": "day", "expirationMs": str(9 * 365 * 86_400_000)}}, "changed"),
])
def test_a_table_that_moved_since_the_plan_is_refused(scene, change, words):
    scene.table().lose()
    planned()
    salvor_run.run("persist", "inc", expect=DONE)
    scene.patch(**change)
    with scene.nothing_is_written():
        assert words in refused("apply", "inc", "--yes")


def test_new_partitions_since_the_plan_are_no_reason(scene):
    scene.table().lose()
    planned()
    salvor_run.run("persist", "inc", expect=DONE)
    scene.load([{"day": "2024-01-11", "x": "new"}])
    salvor_run.run("apply", "inc", "--yes", expect=DONE)
    assert scene.count() == 21


def test_another_endpoint_or_job_project_than_planned_is_refused(scene):
    scene.table().lose()
    planned("--project", "payer")
    salvor_run.run("persist", "inc", expect=DONE)
    with scene.nothing_is_written(), BigQueryServer() as other:
        said = salvor_run.run("apply", "inc", "--yes", env={"BIGQUERY_EMULATOR_HOST": other.url}, expect=REFUSED).err
        assert f"{scene.server.url}, and this would ask {other.url}" in said
        said = refused("apply", "inc", "--yes", "--project", "another")
        assert "payer" in said


# ---- quotas

def hours(first, count):
    start = datetime.datetime.fromisoformat(first)
    return [{"hour": (start + datetime.timedelta(hours=n)).isoformat()} for n in range(count)]


def test_partitions_beyond_what_a_table_may_have_are_refused(scene):
    table = bigquery.Table("prod.ds.events", [bigquery.SchemaField("hour", "DATETIME")])
    table.time_partitioning = bigquery.TimePartitioning("HOUR", field="hour")
    scene.client.create_table(table)
    scene.load(hours("2023-01-01", 10_000))
    scene.server.advance(8 * 86_400_000)
    scene.sql("DELETE FROM `prod.ds.events` WHERE hour < '2023-01-01T03:00:00'")
    scene.load(hours("2025-01-01", 1))
    scene.server.advance(60_000)
    made = salvor_run.run("plan", TABLE, "--case", "all", "--staging", "locked.staging", "--json", expect=REFUSED)
    entries = [one for one in made.json["plan"]["partitions"] if one["disposition"] == "review"]
    assert len(entries) == 3
    assert "the table has 9,998 partitions and may have 10,000: 3 more do not fit" in entries[0]["reason"]
    assert "--partitions" in entries[0]["reason"]
    planned(*(flag for one in entries[:2] for flag in ("--partitions", json.dumps(one["partition"]))))
    for command in (("persist", "inc"), ("apply", "inc", "--yes"), ("verify", "inc")):
        salvor_run.run(*command, expect=DONE)
    assert scene.count() == 10_000


def test_a_daily_quota_that_is_used_up_stops_apply_and_loses_nothing(scene):
    scene.table().lose()
    planned()
    salvor_run.run("persist", "inc", expect=DONE)
    scene.server.test_endpoint("pace", {"partition_updates_per_day": 3})  # the load took one
    said = refused("apply", "inc", "--yes", code=FAILED)
    assert "quota" in said and "midnight" in said
    assert scene.count() == 18
    scene.server.test_endpoint("pace", {"partition_updates_per_day": 0})
    salvor_run.run("apply", "inc", "--yes", expect=DONE)
    salvor_run.run("verify", "inc", expect=DONE)
    assert scene.count() == 20


# ---- rights

ALL_BUT_WRITING = ["bigquery.datasets.get", "bigquery.datasets.getIamPolicy", "bigquery.tables.get",
                   "bigquery.tables.list", "bigquery.tables.getData", "bigquery.tables.getIamPolicy",
                   "bigquery.rowAccessPolicies.list", "bigquery.jobs.create", "bigquery.jobs.get",
                   "bigquery.jobs.listAll", "resourcemanager.projects.getIamPolicy"]


def only(scene, *permissions):
    """From now on the caller may do just this in the table's project and dataset."""
    dataset = scene.client.get_dataset("prod.ds")
    dataset.access_entries = [bigquery.AccessEntry("OWNER", "userByEmail", "ana@example.com")]
    scene.client.update_dataset(dataset, ["access_entries"])
    scene.server.test_endpoint("people", {
        "roles": {"projects/prod/roles/op": list(permissions)},
        "projects": {"prod": {"bindings": [{"role": "projects/prod/roles/op",
                                            "members": ["user:owner@example.com"]}]}}})


def test_who_may_not_write_the_table_hears_so_before_being_asked(scene):
    scene.table().lose()
    planned()
    salvor_run.run("persist", "inc", expect=DONE)
    only(scene, *ALL_BUT_WRITING)
    said = refused("apply", "inc", "--yes", code=FAILED)
    assert "bigquery.tables.updateData" in said and "events" in said
    assert "salvor doctor" in said


def test_a_plan_by_one_who_may_not_write_says_that_somebody_else_must_apply(scene):
    scene.table().lose()
    only(scene, *ALL_BUT_WRITING)
    warnings = " ".join(planned()["warnings"])
    assert "bigquery.tables.updateData is missing: somebody else must run apply" in warnings


def test_more_partitions_than_one_query_may_change(scene):
    scene.server.pace(partitions_per_query=0, partition_updates_per_10s=0)
    scene.table()
    first = datetime.date(2000, 1, 1)
    scene.load([{"day": str(first + datetime.timedelta(n)), "x": "a"} for n in range(4_001)])
    scene.server.advance(60_000)
    scene.sql("DELETE FROM `prod.ds.events` WHERE day < '2020-01-01'")
    scene.server.advance(60_000)
    scene.sql("ALTER TABLE `prod.ds.events` ADD COLUMN y INT64")
    plan = salvor_run.run("plan", TABLE, "--case", "inc", "--staging", "locked.staging", "--by-name", expect=DONE)
    assert "more than the 4,000 partitions that one query may change: apply will refuse" in plan.out + plan.err
    salvor_run.run("persist", "inc", expect=DONE)
    with scene.nothing_is_written():
        refused = salvor_run.run("apply", "inc", "--yes", expect=REFUSED)
    assert "4,001 partitions are more than the 4,000" in refused.err and "--partitions" in refused.err


# ---- flags that name what is not there

def test_instants_that_no_plan_can_reach_are_refused_as_they_were_given(scene):
    scene.table().lose()
    plan = ("plan", TABLE, "--case", "inc", "--staging", "locked.staging")
    said = refused(*plan, "--as-of", "2020-01-01", code=FAILED)
    assert "as it was at 2020-01-01T00:00:00Z" in said and "salvor history" in said
    said = refused(*plan, "--version", "99999999999999999", code=2)
    assert "99999999999999999" in said and "no instant" in said
    said = refused(*plan, "--partitions", "20240101", code=2)
    assert "A day is written 2024-01-31" in said


def test_a_place_that_is_missing_is_said_before_anything_is_billed(scene):
    scene.table().lose()
    before = scene.server.meters()["bytes_billed"]
    assert "--staging PROJECT.DATASET" in refused("plan", TABLE, "--case", "inc", code=2)
    assert scene.server.meters()["bytes_billed"] == before
