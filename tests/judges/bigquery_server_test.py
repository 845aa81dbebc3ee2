"""The BigQuery test server, driven by Google's own client: what the client sees must be BigQuery."""

import datetime
import http.client
import json
import os
import shutil
import subprocess

import pytest
from google.api_core import exceptions
from google.cloud import bigquery
from google.cloud.bigquery import TimePartitioning

from bigquery_server import (DAY_MS, SCHEMA, BigQueryServer, copy, count, load, make_table, row,
                             rows_of)

@pytest.fixture(scope="module")
def server():
    with BigQueryServer("--silence", "past-in-get=then") as started:
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


def copy_body(table, name, job_id):
    reference = table.reference.to_api_repr()
    return {"jobReference": {"projectId": "p", "jobId": job_id, "location": "US"},
            "configuration": {"copy": {"sourceTable": reference,
                                       "destinationTable": {**reference, "tableId": name}}}}


def send(server, method, path, body=None, token="x"):
    """One exchange without any client's retries: status and text."""
    host = server.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=30)
    try:
        connection.request(method, path, None if body is None else json.dumps(body),
                           {"Content-Type": "application/json", "Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


JOBS = "/bigquery/v2/projects/p/jobs"


@pytest.mark.parametrize("kind,happened", [("lost-before", False), ("lost-after", True)])
def test_reply_is_lost_before_or_after_the_effect(server, client, dataset, kind, happened):
    table = make_table(client, dataset, rows=1)
    server.fault(kind=kind, method="POST", path="/jobs")
    with pytest.raises(http.client.RemoteDisconnected):
        send(server, "POST", JOBS, copy_body(table, "u", dataset.dataset_id))
    status, _ = send(server, "GET", f"{JOBS}/{dataset.dataset_id}?location=US")
    assert status == (200 if happened else 404)


def test_half_a_body_arrives(server, client, dataset):
    server.fault(kind="half-body", method="GET", path="/datasets")
    with pytest.raises(http.client.IncompleteRead):
        send(server, "GET", "/bigquery/v2/projects/p/datasets")


@pytest.mark.parametrize("kind,status", [("503", 503), ("429", 429), ("500", 500), ("expired-token", 401)])
def test_fault_comes_at_the_request_that_was_named(server, client, dataset, kind, status):
    server.fault(kind=kind, method="GET", path=dataset.dataset_id, skip=1)
    path = f"/bigquery/v2/projects/p/datasets/{dataset.dataset_id}"
    assert [send(server, "GET", path)[0] for _ in range(3)] == [200, status, 200]


def test_job_of_a_region_is_not_found_without_its_location(client, server):
    client.create_dataset(bigquery.Dataset.from_api_repr(
        {"datasetReference": {"projectId": "p", "datasetId": "far"}, "location": "europe-west1"}))
    table = client.create_table(bigquery.Table("p.far.t", schema=SCHEMA))
    body = copy_body(table, "u", "far-1")
    body["jobReference"]["location"] = "europe-west1"
    assert send(server, "POST", JOBS, body)[0] == 200
    assert send(server, "GET", f"{JOBS}/far-1")[0] == 404
    assert send(server, "GET", f"{JOBS}/far-1?location=europe-west1")[0] == 200


def test_failed_job_keeps_its_id(server, client, dataset):
    table = make_table(client, dataset, rows=1)
    body = copy_body(table, "t", dataset.dataset_id)  # onto itself: not empty
    assert send(server, "POST", JOBS, body)[0] == 200
    job = json.loads(send(server, "GET", f"{JOBS}/{dataset.dataset_id}?location=US")[1])
    assert job["status"]["errorResult"]["reason"] == "duplicate"
    assert send(server, "POST", JOBS, body)[0] == 409


def test_copies_take_their_time_and_cannot_be_cancelled(client, dataset, server):
    table = make_table(client, dataset, rows=5)
    server.test_endpoint("pace", {"copy_ms": 300})
    try:
        job = client.copy_table(table, f"{table}_u")
        assert not job.done()
        job.cancel()
        job.result()
    finally:
        server.test_endpoint("pace", {"copy_ms": 0})
    assert count(client, f"{table}_u") == 5


def test_the_51st_partition_update_in_ten_seconds_fails(client, dataset, server):
    table = make_table(client, dataset, rows=1)
    other = make_table(client, dataset, name="u", rows=0)
    for n in range(50):
        copy(client, f"{table}$20240101", f"{other}$20240101", "WRITE_APPEND")
    with pytest.raises(exceptions.GoogleAPICallError, match="too many partitioned table update"):
        copy(client, f"{table}$20240101", f"{other}$20240101", "WRITE_APPEND")
    server.advance(10_001)
    copy(client, f"{table}$20240101", f"{other}$20240101", "WRITE_APPEND")
    assert count(client, other) == 51


def test_reader_reads_and_does_not_write(server, client, dataset):
    table = make_table(client, dataset, rows=1)
    server.test_endpoint("people", {"tokens": {"reader": "reader@example.com"}})
    path = f"/bigquery/v2/projects/p/datasets/{dataset.dataset_id}/tables/t"
    assert send(server, "GET", path, token="reader")[0] == 403
    dataset.access_entries = dataset.access_entries + [
        bigquery.AccessEntry("READER", "userByEmail", "reader@example.com")]
    client.update_dataset(dataset, ["access_entries"])
    assert send(server, "GET", path, token="reader")[0] == 200
    status, text = send(server, "PATCH", path, {"labels": {"a": "b"}}, token="reader")
    assert status == 403 and "bigquery.tables.update denied" in text
    status, text = send(server, "POST", f"{path}:testIamPermissions",
                        {"permissions": ["bigquery.tables.getData", "bigquery.tables.updateData"]},
                        token="reader")
    assert json.loads(text)["permissions"] == ["bigquery.tables.getData"]


def test_project_readers_are_those_of_the_enclosing_project(server, client):
    server.test_endpoint("people", {
        "tokens": {"viewer": "viewer@example.com"},
        "projects": {"pv": {"bindings": [
            {"role": "roles/owner", "members": ["user:owner@example.com"]},
            {"role": "roles/viewer", "members": ["user:viewer@example.com"]}]}}})
    server.client("pv").create_dataset("pv.d")
    client.create_dataset("p.no_viewers")
    assert send(server, "GET", "/bigquery/v2/projects/pv/datasets/d", token="viewer")[0] == 200
    assert send(server, "GET", "/bigquery/v2/projects/p/datasets/no_viewers", token="viewer")[0] == 403


def test_copy_removes_the_row_policies_of_its_destination(server, client, dataset):
    table = make_table(client, dataset, rows=1)
    other = make_table(client, dataset, name="u", rows=0)
    path = f"/bigquery/v2/projects/p/datasets/{dataset.dataset_id}/tables/u/rowAccessPolicies"
    policy = {"rowAccessPolicyReference": {"policyId": "only"}, "filterPredicate": "n = 1",
              "grantees": ["user:owner@example.com"]}
    assert send(server, "POST", path, policy)[0] == 200
    copy(client, f"{table}$20240101", f"{other}$20240101", "WRITE_APPEND")
    assert "only" in send(server, "GET", path)[1]
    load(client, table, [row(1)])
    copy(client, f"{table}$20240102", f"{other}$20240102")
    assert "only" not in send(server, "GET", path)[1]
    # The past of a table that had policies is closed, to its owner too.
    assert send(server, "GET", path.removesuffix("/rowAccessPolicies") + "@-1")[0] == 403


def test_unknown_members_and_parameters_are_refused(server, client, dataset):
    path = f"/bigquery/v2/projects/p/datasets/{dataset.dataset_id}"
    assert send(server, "PATCH", path, {"colour": "red"})[0] == 400
    assert send(server, "GET", f"{path}?colour=red")[0] == 400
    assert send(server, "GET", "/bigquery/v2/projects/p/colours")[0] == 404


def test_staging_that_expires_by_default_is_told_by_the_dataset(client):
    dataset = bigquery.Dataset("p.short_lived")
    dataset.default_partition_expiration_ms = 30 * DAY_MS
    client.create_dataset(dataset)
    table = make_table(client, dataset, rows=0)
    assert table.time_partitioning.expiration_ms == 30 * DAY_MS


def test_bq_drives_the_server(server, tmp_path):
    bq = shutil.which("bq")
    if bq is None:
        pytest.skip("bq is not installed")

    def run(*arguments):
        done = subprocess.run([bq, "--quiet", "--api", server.url, "--oauth_access_token=x",
                               "--project_id=p", *arguments], capture_output=True, text=True,
                              timeout=300, env={**os.environ, "HOME": str(tmp_path)})
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    lines = tmp_path / "rows.json"
    lines.write_text('{"d": "2024-01-01", "n": 1}\n{"d": "2024-01-02", "n": 2}\n')
    run("mk", "--dataset", "p:by_bq")
    run("mk", "--table", "--time_partitioning_field=d", "--schema", "d:DATE,n:INTEGER", "p:by_bq.t")
    run("load", "--source_format=NEWLINE_DELIMITED_JSON", "p:by_bq.t", str(lines))
    run("cp", "--force", "p:by_bq.t", "p:by_bq.u")
    run("rm", "--force", "--table", "p:by_bq.t$20240101")
    run("cp", "--no_clobber", "p:by_bq.u$20240101", "p:by_bq.t$20240101")
    answer = run("--format=json", "query", "--use_legacy_sql=false", "SELECT COUNT(*) AS n FROM `p.by_bq.t`")
    assert json.loads(answer) == [{"n": "2"}]
