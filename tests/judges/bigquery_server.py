"""The BigQuery test server as a judge starts it, and Google's own client on it."""

import contextlib
import json
import os
import subprocess
import urllib.request

from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
from google.cloud.bigquery import CopyJobConfig, LoadJobConfig, SchemaField, TimePartitioning

DAY_MS = 86_400_000
SCHEMA = [
    SchemaField("d", "DATE"),
    SchemaField("n", "INTEGER"),
    SchemaField("s", "RECORD", fields=[SchemaField("x", "FLOAT"), SchemaField("b", "BYTES")]),
    SchemaField("a", "STRING", mode="REPEATED"),
    SchemaField("ts", "TIMESTAMP"),
]


def row(n):
    return {"d": f"2024-01-{n % 10 + 1:02}", "n": n, "s": {"x": 1.5, "b": "AAH/"}, "a": ["x", "y"],
            "ts": "2024-01-01T00:00:00.123Z"}


class BigQueryServer:
    """Ends with the `with` block. Flags go to the program; `people` and the like to its test endpoints."""

    def __init__(self, *flags):
        self.process = subprocess.Popen(
            [os.environ["SALVOR_BIGQUERY_SERVER"], "--port", "0", "--until-stdin-closes", *flags],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        name, _, self.url = self.process.stdout.readline().strip().partition("=")
        assert name == "BIGQUERY_EMULATOR_HOST", name

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        assert self.process.wait(20) == 0
        self.process.stdout.close()

    def client(self, project="p", token=None, **options):
        client = bigquery.Client(project=project, credentials=AnonymousCredentials(),
                                 client_options={"api_endpoint": self.url}, **options)
        if token:
            client._http.headers["Authorization"] = f"Bearer {token}"
        return client

    def test_endpoint(self, path, body=None, method="POST"):
        request = urllib.request.Request(
            f"{self.url}/salvor-test/{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def now_ms(self):
        return self.test_endpoint("clock", method="GET")["now_ms"]

    def advance(self, millis):
        return self.test_endpoint("clock", {"advance_ms": millis})["now_ms"]

    def pace(self, **quotas):
        """Durations and quotas, as docs/bigquery-server.md names them; 0: none."""
        return self.test_endpoint("pace", quotas)

    def meters(self):
        return self.test_endpoint("meters", method="GET")

    def fault(self, **fault):
        return self.test_endpoint("faults", fault)


@contextlib.contextmanager
def recovering(folder, monkeypatch, *flags):
    """A server that salvor asks from `folder`, where no approval is wanted."""
    with BigQueryServer(*flags) as server:
        monkeypatch.chdir(folder)
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", server.url)
        (folder / "salvor.yaml").write_text("review: {approvals: 0}\n")
        yield server


def make_table(client, dataset, name="t", rows=100, schema=None, partitioning="d"):
    table = bigquery.Table(f"p.{dataset.dataset_id}.{name}", schema=schema or SCHEMA)
    if partitioning:
        table.time_partitioning = TimePartitioning(field=partitioning)
    table = client.create_table(table)
    if rows:
        load(client, table, [row(n) for n in range(rows)])
    return client.get_table(table)


def load(client, table, rows, **config):
    job = client.load_table_from_json(rows, table, job_config=LoadJobConfig(schema=table.schema, **config))
    return job.result()


def copy(client, source, destination, disposition="WRITE_EMPTY", job_id=None, **config):
    job = client.copy_table(str(source), str(destination), job_id=job_id,
                            job_config=CopyJobConfig(write_disposition=disposition, **config))
    return job.result()


def rows_of(client, table):
    return sorted(client.list_rows(client.get_table(str(table))), key=lambda r: r["n"])


def count(client, table):
    return client.get_table(str(table)).num_rows
