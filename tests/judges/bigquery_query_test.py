"""Queries, scripts and bills of the BigQuery test server, as Google's own client sees them."""

import datetime

import pytest
from google.api_core import exceptions
from google.cloud import bigquery
from google.cloud.bigquery import QueryJobConfig, ScalarQueryParameter

from bigquery_server import BigQueryServer, copy, count, load, make_table

MB = 1024 * 1024


@pytest.fixture(scope="module")
def server():
    with BigQueryServer() as started:
        yield started


@pytest.fixture
def client(server):
    return server.client()


@pytest.fixture
def dataset(client, request):
    name = "q_" + "".join(c if c.isalnum() else "_" for c in request.node.name)
    return client.create_dataset(f"p.{name}")


@pytest.fixture
def table(client, dataset):
    return make_table(client, dataset)


def run(client, sql, **config):
    job = client.query(sql, job_config=QueryJobConfig(**config) if config else None, location="US")
    return job, [tuple(row) for row in job.result()]


def test_select_reads_what_was_loaded(client, table):
    _, rows = run(client, f"SELECT d, COUNT(*) AS n, SUM(n) AS s FROM `{table}` GROUP BY d ORDER BY d LIMIT 2")
    assert rows == [(datetime.date(2024, 1, 1), 10, 450), (datetime.date(2024, 1, 2), 10, 460)]


def test_query_and_wait_answers_at_once(client, table):
    rows = client.query_and_wait(f"SELECT COUNT(*) AS n FROM `{table}`")
    assert [row.n for row in rows] == [100]


def test_nested_values_come_back(client, table):
    _, rows = run(client, f"SELECT s, a, ts FROM `{table}` WHERE n = 3")
    assert rows == [({"x": 1.5, "b": b"\0\x01\xff"}, ["x", "y"],
                     datetime.datetime(2024, 1, 1, 0, 0, 0, 123000, datetime.timezone.utc))]


def test_parameters_are_values(client, table):
    _, rows = run(client, f"SELECT COUNT(*) FROM `{table}` WHERE n < @top",
                  query_parameters=[ScalarQueryParameter("top", "INT64", 7)])
    assert rows == [(7,)]


def instant(millis):
    at = datetime.datetime.fromtimestamp(millis / 1000, datetime.timezone.utc)
    return f"TIMESTAMP '{at:%Y-%m-%d %H:%M:%S.%f}+00:00'"


def test_past_is_read_by_system_time(server, client, table):
    before = server.now_ms()
    server.advance(1000)
    job, _ = run(client, f"DELETE FROM `{table}` WHERE d = '2024-01-01'")
    assert job.num_dml_affected_rows == 10
    assert count(client, table) == 90
    _, rows = run(client, f"SELECT COUNT(*) FROM `{table}` "
                          f"FOR SYSTEM_TIME AS OF {instant(before)}")
    assert rows == [(100,)]


def test_past_before_the_window_is_refused_with_its_edge(server, client, table):
    with pytest.raises(exceptions.BadRequest, match="Cannot read before [0-9]+"):
        run(client, f"SELECT COUNT(*) FROM `{table}` FOR SYSTEM_TIME AS OF TIMESTAMP '2020-01-01 00:00:00+00'")


def test_clone_statement_carries_labels_and_bills_nothing(server, client, table):
    before = server.now_ms()
    server.advance(1000)
    run(client, f"DELETE FROM `{table}` WHERE d = '2024-01-01'")
    job, _ = run(client, f"CREATE TABLE `{table}_c` CLONE `{table}` "
                         f"FOR SYSTEM_TIME AS OF {instant(before)} "
                         "OPTIONS(expiration_timestamp = TIMESTAMP '2999-01-01 00:00:00+00', "
                         "labels = [('salvor', 'abc')])")
    assert job.total_bytes_billed == 0
    clone = client.get_table(f"{table}_c")
    assert (clone.num_rows, clone.labels, clone.expires.year) == (100, {"salvor": "abc"}, 2999)
    assert clone.time_partitioning.field == "d"
    assert clone.clone_definition.base_table_reference.table_id == table.table_id
    copy(client, f"{table}_c$20240101", f"{table}$20240101")
    assert count(client, table) == 100


def test_snapshot_statement_makes_a_table_that_nobody_writes(client, table):
    run(client, f"CREATE SNAPSHOT TABLE `{table}_s` CLONE `{table}`")
    assert client.get_table(f"{table}_s").table_type == "SNAPSHOT"
    with pytest.raises(exceptions.BadRequest):
        run(client, f"DELETE FROM `{table}_s` WHERE TRUE")


def test_insert_by_name_and_merge(client, table):
    run(client, f"INSERT INTO `{table}` (n, d) VALUES (1000, '2024-03-01')")
    assert count(client, f"{table}$20240301") == 1
    job, _ = run(client, f"MERGE `{table}` t USING (SELECT 1000 AS k UNION ALL SELECT 2000) s ON t.n = s.k "
                         "WHEN MATCHED THEN UPDATE SET d = '2024-04-01' "
                         "WHEN NOT MATCHED THEN INSERT (n, d) VALUES (s.k, '2024-04-02')")
    assert job.num_dml_affected_rows == 2
    assert (count(client, f"{table}$20240301"), count(client, f"{table}$20240401"),
            count(client, f"{table}$20240402")) == (0, 1, 1)


def test_transaction_is_whole_or_not_at_all(client, table):
    with pytest.raises(exceptions.BadRequest, match="not what was expected"):
        run(client, f"BEGIN TRANSACTION; DELETE FROM `{table}` WHERE d = '2024-01-02'; "
                    f"ASSERT (SELECT COUNT(*) FROM `{table}`) = 100 AS 'not what was expected'; "
                    "COMMIT TRANSACTION;")
    assert count(client, table) == 100
    job, _ = run(client, f"BEGIN TRANSACTION; DELETE FROM `{table}` WHERE d = '2024-01-02'; "
                         f"ASSERT (SELECT COUNT(*) FROM `{table}`) = 90 AS 'no'; COMMIT TRANSACTION;")
    assert count(client, table) == 90
    assert job.statement_type == "SCRIPT"
    kinds = [child.statement_type for child in client.list_jobs(parent_job=job)]
    assert sorted(kinds) == ["ASSERT", "BEGIN_TRANSACTION", "COMMIT_TRANSACTION", "DELETE"]


def test_self_insert_from_the_past_is_refused(server, client, table):
    before = server.now_ms()
    with pytest.raises(exceptions.BadRequest):
        run(client, f"INSERT INTO `{table}` SELECT * FROM `{table}` "
                    f"FOR SYSTEM_TIME AS OF {instant(before)}")


def test_rows_in_the_buffer_cannot_be_deleted(client, table):
    client.insert_rows_json(table, [{"d": "2024-02-01", "n": 5000}])
    with pytest.raises(exceptions.BadRequest, match="streaming buffer"):
        run(client, f"DELETE FROM `{table}` WHERE n = 5000")
    _, rows = run(client, f"SELECT COUNT(*) FROM `{table}`")
    assert rows == [(101,)]


def test_partitions_are_listed_at_ten_megabytes(client, table):
    job, rows = run(client, f"SELECT partition_id, total_rows FROM `{table.dataset_id}.INFORMATION_SCHEMA.PARTITIONS` "
                            f"WHERE table_name = '{table.table_id}' ORDER BY partition_id")
    assert rows[0] == ("20240101", 10)
    assert len(rows) == 10
    assert job.total_bytes_billed == 10 * MB


def test_jobs_tell_who_deleted(client, table):
    job, _ = run(client, f"DELETE FROM `{table}` WHERE d = '2024-01-05'")
    _, rows = run(client, "SELECT user_email, statement_type, dml_statistics.deleted_row_count, destination_table.table_id "
                          f"FROM `region-us`.INFORMATION_SCHEMA.JOBS WHERE job_id = '{job.job_id}'")
    assert rows == [("owner@example.com", "DELETE", 10, table.table_id)]


def test_dry_run_tells_the_bytes_and_charges_none(server, client, table):
    before = server.meters()["bytes_billed"]
    job = client.query(f"SELECT n FROM `{table}` WHERE d = '2024-01-01'",
                       job_config=QueryJobConfig(dry_run=True))
    assert job.total_bytes_processed == 10 * 8 + 10 * 8
    assert server.meters()["bytes_billed"] == before


def test_limit_of_bytes_fails_without_charge(server, client, table):
    before = server.meters()["bytes_billed"]
    with pytest.raises(exceptions.GoogleAPICallError, match="bytes billed"):
        run(client, f"SELECT n FROM `{table}`", maximum_bytes_billed=MB)
    assert server.meters()["bytes_billed"] == before


def test_required_filter_is_required(client, dataset):
    table = make_table(client, dataset, name="f")
    table.require_partition_filter = True
    client.update_table(table, ["require_partition_filter"])
    with pytest.raises(exceptions.BadRequest, match="without a filter"):
        run(client, f"SELECT COUNT(*) FROM `{table}`")
    _, rows = run(client, f"SELECT COUNT(*) FROM `{table}` WHERE d = '2024-01-01' OR d IS NULL")
    assert rows == [(10,)]


def test_ingestion_time_partitions_have_their_pseudo_column(client, dataset):
    table = bigquery.Table(f"p.{dataset.dataset_id}.i", schema=[bigquery.SchemaField("n", "INTEGER")])
    table.time_partitioning = bigquery.TimePartitioning()
    table = client.create_table(table)
    load(client, table, [{"n": 1}])
    run(client, f"INSERT INTO `{table}` (_PARTITIONTIME, n) VALUES (TIMESTAMP '2024-05-06', 2)")
    _, rows = run(client, f"SELECT n FROM `{table}` WHERE _PARTITIONDATE = '2024-05-06'")
    assert rows == [(2,)]
    assert count(client, f"{table}$20240506") == 1


def test_columns_that_were_dropped_and_added_make_copies_fail(client, table):
    run(client, f"CREATE TABLE `{table}_c` CLONE `{table}`")
    run(client, f"ALTER TABLE `{table}` DROP COLUMN n")
    run(client, f"ALTER TABLE `{table}` ADD COLUMN n INT64")
    client.delete_table(f"{table}$20240101")
    with pytest.raises(exceptions.BadRequest):
        copy(client, f"{table}_c$20240101", f"{table}$20240101")


def test_a_result_may_overwrite_the_partition_that_it_was_read_from(client, table):
    before = count(client, f"{table}$20240101")
    destination = bigquery.TableReference.from_string(f"{table}$20240101")
    config = {"destination": destination, "write_disposition": "WRITE_TRUNCATE"}
    assert before > 0
    _, rows = run(client, f"SELECT * FROM `{table}` WHERE d = '2024-01-01'", **config)
    assert len(rows) == before == count(client, f"{table}$20240101")
    with pytest.raises(exceptions.BadRequest, match="belong to different partitions"):
        run(client, f"SELECT * FROM `{table}`", **config)
    assert count(client, f"{table}$20240101") == before


def test_what_is_not_understood_is_refused(client, table):
    with pytest.raises(exceptions.BadRequest):
        run(client, f"SELECT * FROM `{table}` TABLESAMPLE SYSTEM (10 PERCENT)")
    with pytest.raises(exceptions.BadRequest, match="Syntax error"):
        run(client, "SELEC 1")
    with pytest.raises(exceptions.NotFound, match="Not found: Table"):
        run(client, f"SELECT 1 FROM `{table}_nope`")


def test_query_results_come_in_pages(client, table):
    job = client.query(f"SELECT n FROM `{table}` ORDER BY n")
    assert [row.n for row in job.result(page_size=7)] == list(range(100))
    assert [row.n for row in client.list_rows(job.destination, selected_fields=[bigquery.SchemaField("n", "INTEGER")])] == list(range(100))
