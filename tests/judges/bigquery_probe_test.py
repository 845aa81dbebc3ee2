"""The live probe, on the test server with each of its switches both ways: it must say what the switch says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from bigquery_server import BigQueryServer

PROBE = Path(__file__).resolve().parents[2] / "tools" / "bigquery_probe"
OTHER_ANSWERS = {
    "historical-copy-keeps-partitioning": "yes",
    "partition-at-instant-as-copy-source": "works",
    "past-in-get": "now",
    "special-partition-as-copy-destination": "works",
    "special-partition-as-copy-source": "works",
    "clone-statement-bills": "minimum",
    "restore-of-one-partition": "works",
    "write-empty-counts-buffer": "no",
    "write-empty-on-partition": "invalid",
    "failed-job-id": "free",
    "partition-quota-reason": "rateLimitExceeded",
    "inserting-transactions": "second-fails",
    "jobs-view-bills": "more",
    "partitions-view": "late",
    "drop-in-jobs": "unnamed",
    "job-in-list": "late",
}


LONG_ENOUGH = ["--query-seconds", "0.7"]  # for two transactions to be open at once


def probe(server, *flags):
    answer = subprocess.run([sys.executable, PROBE, "p", "--json", *flags], text=True, capture_output=True,
                            timeout=300, env={**os.environ, "BIGQUERY_EMULATOR_HOST": server.url})
    assert answer.returncode == 0, answer.stderr + answer.stdout
    return {entry["name"]: entry["answer"] for entry in json.loads(answer.stdout)}


def switches(server):
    return server.test_endpoint("silences", method="GET")


def test_the_strict_server_is_seen_as_it_is_and_left_empty():
    with BigQueryServer(*LONG_ENOUGH) as server:
        answers = probe(server)
        assert {name: answers[name] for name in switches(server)} == switches(server)
        assert list(server.client().list_datasets()) == []


def test_every_switch_of_the_server_is_tried_the_other_way():
    with BigQueryServer() as server:
        assert set(switches(server)) == set(OTHER_ANSWERS)


@pytest.mark.parametrize("name", OTHER_ANSWERS)
def test_another_answer_is_seen(name):
    special = ["--silence", "special-partition-as-copy-source=works"] if "copy-destination" in name else []
    special += LONG_ENOUGH if name == "inserting-transactions" else []
    with BigQueryServer("--silence", f"{name}={OTHER_ANSWERS[name]}", *special) as server:
        assert probe(server, "--only", name) == {name: OTHER_ANSWERS[name]}


def refused(tmp_path, **environment):
    answer = subprocess.run([sys.executable, PROBE, "p"], text=True, capture_output=True, timeout=300, env={
        **{name: value for name, value in os.environ.items() if not name.startswith(("GOOGLE", "BIGQUERY"))},
        "CLOUDSDK_CONFIG": str(tmp_path), "HOME": str(tmp_path), "NO_GCE_CHECK": "true", **environment})
    assert answer.returncode == 1 and "Traceback" not in answer.stderr
    return answer.stderr


def test_without_credentials_it_says_what_to_do(tmp_path):
    assert "gcloud auth application-default login" in refused(tmp_path)


def test_without_the_right_to_make_a_dataset_it_says_what_to_do(tmp_path):
    with BigQueryServer() as server:
        server.test_endpoint("people", {"projects": {"p": {"bindings": []}}})
        said = refused(tmp_path, BIGQUERY_EMULATOR_HOST=server.url)
        assert "no dataset can be made in p" in said and "Name a project" in said
