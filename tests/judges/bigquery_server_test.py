"""The BigQuery test server, driven by Google's own client: what the client sees must be BigQuery."""

import datetime

import pytest
from google.api_core import exceptions
from google.cloud import bigquery
from google.cloud.bigquery import TimePartitioning

from bigquery_server import (DAY_MS, SCHEMA, BigQueryServer, copy, count, load, make_table, row,
                             rows_of)

@pytest.fixture(scope="module")
def server():
    with BigQueryServer() as started:
        yield started


@pytest.fixture
def client(server):
    return server.client()


@pytest.fixture
def dataset(client, request):
    name = "ds_" + "".join(c if c.isalnum() else "_" for c in request.node.name)
    return client.create_dataset(f"p.{name}")


def test_rows_that_were_loaded_come_back(client, dataset):
    table = make_table(client, dataset, rows=3)
    first = rows_of(client, table)[0]
    assert dict(first) == {
        "d": datetime.date(2024, 1, 1), "n": 0, "s": {"x": 1.5, "b": b"\0\x01\xff"}, "a": ["x", "y"],
        "ts": datetime.datetime(2024, 1, 1, 0, 0, 0, 123000, datetime.timezone.utc)}


def test_loads_of_more_than_five_megabytes_arrive_in_pieces(client, dataset):
    table = make_table(client, dataset, rows=0)
    load(client, table, [row(n) for n in range(60_000)])
    assert count(client, table) == 60_000


def test_decorator_counts_one_partition(client, dataset):
    table = make_table(client, dataset)
    assert count(client, f"{table}$20240103") == 10
    with pytest.raises(exceptions.BadRequest, match="partition id"):
        client.get_table(f"{table}$2024")


def test_past_of_a_partition_is_counted_without_a_query(server, client, dataset):
    table = make_table(client, dataset)
    before = server.now_ms()
    server.advance(1000)
    client.delete_table(f"{table}$20240101")
    assert count(client, table) == 90
    assert count(client, f"{table}$20240101@{before}") == 10
    assert server.meters()["bytes_billed"] == 0


def test_partition_is_copied_back_once(server, client, dataset):
    table = make_table(client, dataset)
    before = server.now_ms()
    server.advance(1000)
    client.delete_table(f"{table}$20240101")
    copy(client, f"{table}@{before}", f"{table}_s", operation_type="CLONE")
    staged = client.get_table(f"{table}_s")
    assert staged.time_partitioning.field == "d"
    assert staged.clone_definition.base_table_reference.table_id == "t"
    done = copy(client, f"{table}_s$20240101", f"{table}$20240101", job_id=f"{dataset.dataset_id}-1")
    assert done._properties["statistics"]["copy"]["copiedRows"] == "10"
    with pytest.raises(exceptions.Conflict, match="Already Exists: Table p:.*20240101"):
        copy(client, f"{table}_s$20240101", f"{table}$20240101", job_id=f"{dataset.dataset_id}-2")
    assert count(client, table) == 100


def test_job_id_stays_taken(client, dataset):
    table = make_table(client, dataset)
    job_id = dataset.dataset_id
    copy(client, table, f"{table}_1", job_id=job_id)
    body = {"jobReference": {"projectId": "p", "jobId": job_id, "location": "US"},
            "configuration": {"copy": {
                "sourceTable": table.reference.to_api_repr(),
                "destinationTable": {**table.reference.to_api_repr(), "tableId": "other"}}}}
    with pytest.raises(exceptions.Conflict, match="Already Exists: Job p:US"):
        client._connection.api_request("POST", "/projects/p/jobs", data=body)


def test_deleted_table_is_copied_but_not_read(server, client, dataset):
    table = make_table(client, dataset)
    before = server.now_ms()
    server.advance(1000)
    client.delete_table(table)
    with pytest.raises(exceptions.NotFound):
        client.get_table(f"{table}@{before}")
    copy(client, f"{table}@{before}", f"{table}_back")
    assert count(client, f"{table}_back") == 100


def test_past_beyond_the_window_is_refused_with_its_edge(server, client, dataset):
    dataset = client.create_dataset(
        bigquery.Dataset(f"p.{dataset.dataset_id}_short"), exists_ok=True)
    dataset._properties["maxTimeTravelHours"] = "48"
    client.update_dataset(dataset, ["max_time_travel_hours"])
    table = make_table(client, dataset)
    before = server.now_ms()
    assert count(client, f"{table}@{before}") == 100
    server.advance(3 * DAY_MS)
    with pytest.raises(exceptions.BadRequest, match="Cannot read before [0-9]+"):
        client.get_table(f"{table}@{before}")


def test_streamed_rows_wait_in_the_buffer(server, client, dataset):
    table = make_table(client, dataset)
    assert client.insert_rows_json(table, [{"d": "2024-02-01", "n": 5}]) == []
    table = client.get_table(table)
    assert (table.num_rows, table.streaming_buffer.estimated_rows) == (100, 1)
    server.advance(91 * 60 * 1000)
    table = client.get_table(table)
    assert (table.num_rows, table.streaming_buffer) == (101, None)
    assert count(client, f"{table}$20240201") == 1


def test_streamed_row_with_an_unknown_field_is_refused_by_index(client, dataset):
    table = make_table(client, dataset)
    errors = client.insert_rows_json(table, [{"n": 1}, {"nope": 1}])
    assert errors[1]["errors"][0]["message"] == "no such field: nope."


def test_truncate_without_decorator_takes_the_whole_table(client, dataset):
    table = make_table(client, dataset)
    other = make_table(client, dataset, name="u", rows=5)
    copy(client, f"{other}$20240101", f"{table}$20240101", "WRITE_TRUNCATE")
    assert count(client, table) == 91
    copy(client, other, table, "WRITE_TRUNCATE")
    assert count(client, table) == 5


def test_copy_to_another_partition_is_refused(client, dataset):
    table = make_table(client, dataset)
    other = make_table(client, dataset, name="u", rows=0)
    with pytest.raises(exceptions.BadRequest, match="column-partitioned"):
        copy(client, f"{table}$20240101", f"{other}$20240102")


def test_copy_needs_equal_partitioning(client, dataset):
    table = make_table(client, dataset)
    other = make_table(client, dataset, name="u", rows=0, partitioning=None)
    with pytest.raises(exceptions.BadRequest, match="Incompatible table partitioning"):
        copy(client, f"{table}$20240101", other)


def test_rows_past_their_expiry_vanish_at_once(client, dataset):
    table = make_table(client, dataset)
    short = bigquery.Table(f"{table}_short", schema=SCHEMA)
    short.time_partitioning = TimePartitioning(field="d", expiration_ms=30 * DAY_MS)
    client.create_table(short)
    done = copy(client, f"{table}$20240101", f"{table}_short$20240101")
    assert done._properties["statistics"]["copy"]["copiedRows"] == "10"
    assert count(client, f"{table}_short") == 0


def test_stale_etag_is_refused(client, dataset):
    table = make_table(client, dataset, rows=0)
    stale = client.get_table(table)
    table.labels = {"a": "b"}
    client.update_table(table, ["labels"])
    stale.labels = {"c": "d"}
    with pytest.raises(exceptions.PreconditionFailed):
        client.update_table(stale, ["labels"])
