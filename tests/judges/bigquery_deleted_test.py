"""A table is deleted and recovered by the binary; Google's own client makes it, deletes it and judges what came back."""

import json
import time

import pytest
import salvor_run
from bigquery_server import BigQueryServer
from google.cloud import bigquery
from google.cloud.bigquery import SchemaField

NAME = "prod.ds.events"
TABLE = f"bigquery:{NAME}"
SCHEMA = [
    SchemaField("submission_date", "DATE", description="the day"),
    SchemaField("x", "STRING", mode="REQUIRED"),
    SchemaField("s", "RECORD", fields=[SchemaField("a", "INTEGER"), SchemaField("b", "BYTES")]),
    SchemaField("list", "STRING", mode="REPEATED"),
]
ROWS = [*({"submission_date": f"2024-01-{day:02}", "x": x, "s": {"a": day, "b": "AAH/"}, "list": [x, "é"]}
          for day in range(1, 11) for x in ("a", "a", "b")),
        {"submission_date": None, "x": "no day", "s": None, "list": []},
        {"submission_date": "1950-05-05", "x": "early", "s": {"a": None, "b": None}, "list": []}]


def by_day():
    return bigquery.TimePartitioning(field="submission_date")


def rows_of(client):
    everything = "submission_date IS NULL OR submission_date >= '0001-01-01'"
    found = client.query(f"SELECT TO_JSON_STRING(t) AS row FROM `{NAME}` AS t WHERE {everything}").result()
    return sorted(row.row for row in found)


def load(client, rows):
    config = bigquery.LoadJobConfig(write_disposition="WRITE_APPEND")
    client.load_table_from_json(rows, NAME, job_config=config).result()


def definition_of(table):
    wanted = ("schema", "timePartitioning", "clustering", "description", "labels", "requirePartitionFilter")
    return {name: value for name, value in table.to_api_repr().items() if name in wanted}


class Scene:
    """A table with rows, described as before.json, and then deleted."""

    def __init__(self, server, folder, partitioning, schema=None, rows=None, clustering=("x",)):
        self.server, self.folder, self.client = server, folder, server.client("prod")
        self.client.create_dataset("prod.ds")
        staging = bigquery.Dataset("locked.staging")
        staging.access_entries = [bigquery.AccessEntry("OWNER", "userByEmail", "owner@example.com")]
        self.client.create_dataset(staging)
        table = bigquery.Table(NAME, schema or SCHEMA)
        table.time_partitioning = partitioning
        table.clustering_fields = list(clustering) or None
        table.description, table.labels = "Events by day", {"team": "ctx"}
        table.require_partition_filter = partitioning is not None and partitioning.field is not None
        self.table = self.client.create_table(table)
        load(self.client, ROWS if rows is None else rows)
        self.before = self.client.get_table(NAME)
        (folder / "before.json").write_text(json.dumps(self.before.to_api_repr()))
        (folder / "salvor.yaml").write_text("review: {approvals: 0}\n")
        self.rows = rows_of(self.client) if partitioning is None or partitioning.field else None
        time.sleep(0.05)
        self.client.query(f"DROP TABLE `{NAME}`").result()
        time.sleep(0.05)

    def plan(self, *flags, expect=0):
        return salvor_run.run("plan", TABLE, "--case", "inc", "--staging", "locked.staging", *flags, expect=expect)

    def persisted(self, *flags):
        self.plan(*flags)
        return salvor_run.run("persist", "inc", expect=0)

    def rows_in(self, partition):
        return self.client.get_table(f"{NAME}${partition}").num_rows


@pytest.fixture
def make(tmp_path, monkeypatch):
    servers = []

    def made(*silences, partitioning=by_day, **options):
        server = BigQueryServer(*[word for silence in silences for word in ("--silence", silence)])
        servers.append(server)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", server.url)
        return Scene(server, tmp_path, partitioning(), **options)

    yield made
    for server in servers:
        server.__exit__()


@pytest.mark.parametrize("get", ["refused", "now", "then"])
def test_rows_definition_and_partitions_are_the_same_again(make, get):
    scene = make(f"past-in-get={get}")
    assert salvor_run.run("status", TABLE, expect=3).out.count("deleted") >= 1
    scene.persisted("--definition", "before.json")
    billed = scene.server.meters()["bytes_billed"]
    applied = salvor_run.run("apply", "inc", "--yes", expect=0)
    assert "IAM" in applied.out and "set again by hand" in applied.out
    assert scene.server.meters()["bytes_billed"] > billed
    assert rows_of(scene.client) == scene.rows
    assert definition_of(scene.client.get_table(NAME)) == definition_of(scene.before)
    assert scene.rows_in("20240103") == 3 and scene.rows_in("__NULL__") == 1
    salvor_run.run("apply", "inc", "--yes", expect=0)
    assert rows_of(scene.client) == scene.rows
    assert "proven: 1 partition with 32 rows" in salvor_run.run("verify", "inc", expect=0).out
    salvor_run.run("clean", "inc", expect=0)
    assert list(scene.client.list_tables("locked.staging")) == []
    salvor_run.run("status", TABLE, expect=0)


def test_without_a_definition_a_person_is_asked_before_anything_is_copied(make):
    scene = make()
    asked = scene.plan(expect=5)
    assert "--definition" in asked.said and "timePartitioning" in asked.said
    (scene.folder / "by_hand.json").write_text('{"timePartitioning": {"type": "DAY", "field": "submission_date"}}')
    scene.persisted("--definition", "by_hand.json")
    salvor_run.run("apply", "inc", "--yes", expect=0)
    assert rows_of(scene.client) == scene.rows
    assert scene.client.get_table(NAME).time_partitioning.field == "submission_date"


def test_what_a_person_must_set_again_is_in_plan_show_ticket_and_apply(make):
    scene = make()
    definition = {**scene.before.to_api_repr(), "resourceTags": {"env/class": "secret"}}
    definition["timePartitioning"]["expirationMs"] = str(4000 * 86_400_000)
    (scene.folder / "before.json").write_text(json.dumps(definition))
    planned = scene.plan("--definition", "before.json")
    salvor_run.run("persist", "inc", expect=0)
    told = [planned.out, salvor_run.run("show", "inc", expect=0).out,
            salvor_run.run("show", "inc", "--ticket", "markdown", expect=0).out,
            salvor_run.run("apply", "inc", "--yes", expect=0).out]
    for text in told:
        assert "IAM" in text and "authorized views" in text and "secret" in text
        assert "time" in text and "expiration=345600000" in text.replace("\\", "")
    assert rows_of(scene.client) == scene.rows, "what is older than the expiration must not be taken at once"


def test_undo_empties_the_table_that_apply_made(make):
    scene = make()
    scene.persisted("--definition", "before.json")
    salvor_run.run("apply", "inc", "--yes", expect=0)
    undone = salvor_run.run("undo", "inc", "--yes", expect=0)
    assert "bq rm" in undone.out
    assert rows_of(scene.client) == []
    salvor_run.run("apply", "inc", "--yes", expect=5)
    assert rows_of(scene.client) == []


def test_undo_leaves_a_table_alone_that_got_other_rows(make):
    scene = make()
    scene.persisted("--definition", "before.json")
    salvor_run.run("apply", "inc", "--yes", expect=0)
    load(scene.client, [{"submission_date": "2024-02-02", "x": "new", "list": []}])
    before = rows_of(scene.client)
    assert salvor_run.run("undo", "inc", "--yes", expect=5).code == 5
    assert rows_of(scene.client) == before


def test_a_table_that_somebody_made_again_empty_and_the_same_is_filled(make):
    scene = make()
    scene.persisted("--definition", "before.json")
    scene.client.create_table(scene.table)
    salvor_run.run("apply", "inc", "--yes", expect=0)
    assert rows_of(scene.client) == scene.rows


def test_a_table_that_somebody_made_again_with_rows_is_refused(make):
    scene = make()
    scene.persisted("--definition", "before.json")
    scene.client.create_table(scene.table)
    load(scene.client, ROWS[:4])
    before = rows_of(scene.client)
    salvor_run.run("apply", "inc", "--yes", expect=5)
    assert rows_of(scene.client) == before


def test_a_table_that_somebody_made_again_otherwise_is_refused(make):
    scene = make()
    scene.persisted("--definition", "before.json")
    scene.client.create_table(bigquery.Table(NAME, SCHEMA[:2]))
    refused = salvor_run.run("apply", "inc", "--yes", expect=5)
    assert "other partitions" in refused.err
    assert scene.client.get_table(NAME).num_rows == 0


def test_rows_that_only_their_partitions_placed_stay_in_the_private_copy(make):
    scene = make(partitioning=bigquery.TimePartitioning,
                 schema=[SchemaField("x", "STRING")], rows=[{"x": "a"}, {"x": "a"}, {"x": "b"}], clustering=())
    planned = scene.plan("--definition", "before.json")
    assert "time of ingestion" in planned.out
    salvor_run.run("persist", "inc", expect=0)
    applied = salvor_run.run("apply", "inc", "--yes", expect={1, 5})
    assert "lost the partitions" in applied.err
    assert list(scene.client.list_tables("prod.ds")) == []


def test_a_table_without_partitions_comes_back_by_the_same_query(make):
    scene = make(partitioning=lambda: None, clustering=())
    (scene.folder / "none.json").write_text("{}")
    scene.persisted("--definition", "none.json")
    salvor_run.run("apply", "inc", "--yes", expect=0)
    assert rows_of(scene.client) == scene.rows
    assert scene.client.get_table(NAME).time_partitioning is None
    assert "by hand: its description" in salvor_run.run("apply", "inc", "--yes", expect=0).out


def test_a_default_expiration_of_the_dataset_takes_nothing(make):
    scene = make()
    dataset = scene.client.get_dataset("prod.ds")
    dataset.default_partition_expiration_ms = dataset.default_table_expiration_ms = 86_400_000
    scene.client.update_dataset(dataset, ["default_partition_expiration_ms", "default_table_expiration_ms"])
    scene.persisted("--definition", "before.json")
    salvor_run.run("apply", "inc", "--yes", expect=0)
    assert rows_of(scene.client) == scene.rows
    assert scene.client.get_table(NAME).expires is None


def test_what_max_bytes_billed_does_not_allow_is_not_begun(make):
    scene = make()
    scene.persisted("--definition", "before.json")
    refused = salvor_run.run("apply", "inc", "--yes", "--max-bytes-billed", "29M", expect=5)
    assert "30.0 MiB" in refused.err and "--max-bytes-billed" in refused.err
    assert [table.table_id for table in scene.client.list_tables("prod.ds")] == []


def test_what_the_plan_announced_is_what_it_costs(make):
    scene = make()
    planned = scene.plan("--definition", "before.json")
    assert "30 MB at least" in planned.out
    salvor_run.run("persist", "inc", expect=0)
    billed = scene.server.meters()["bytes_billed"]
    told = salvor_run.run("apply", "inc", "--yes", expect=0).err
    assert "by one query: about 30.0 MiB billed" in told
    assert 0 < scene.server.meters()["bytes_billed"] - billed <= 30 << 20
