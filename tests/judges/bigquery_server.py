"""The BigQuery test server as a judge starts it, and Google's own client on it."""

import json
import os
import subprocess
import urllib.request

from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

DAY_MS = 86_400_000


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

    def meters(self):
        return self.test_endpoint("meters", method="GET")

    def fault(self, **fault):
        return self.test_endpoint("faults", fault)
