"""What others do on BigQuery between and during salvor's verbs, and what salvor says of it."""

import json
import re
import shutil
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import salvor_run
from bigquery_refusals_test import DAYS, KEY, TABLE, Scene, planned
from bigquery_server import recovering
from google.cloud import bigquery
from salvor_run import DONE, FAILED, REFUSED


@pytest.fixture
def scene(tmp_path, monkeypatch):
    with recovering(tmp_path, monkeypatch) as server:
        yield Scene(server)


def applied(*flags, case="inc"):
    planned(*flags, case=case)
    salvor_run.run("persist", case, expect=DONE)
    return salvor_run.run("apply", case, "--yes", expect=DONE)


def test_a_plan_that_was_undone_is_not_proven(scene):
    scene.table().lose()
    applied()
    salvor_run.run("verify", "inc", expect=DONE)
    scene.server.advance(60_000)
    salvor_run.run("undo", "inc", "--yes", expect=DONE)
    assert scene.count() == 14
    said = salvor_run.run("verify", "inc", expect=REFUSED)
    assert "this plan was undone at 20" in said.err and "plan anew" in said.err and "proven" not in said.out


@pytest.mark.parametrize("partitioning", ["DAY", None])
def test_rows_that_come_after_apply_do_not_spoil_the_proof_of_what_was_copied(scene, partitioning):
    scene.table(partitioning)
    scene.sql("DELETE FROM `prod.ds.events` WHERE day >= '2024-01-01'")
    scene.server.advance(60_000)
    applied()
    scene.server.advance(3_600_000)
    scene.load([{"day": "2024-01-03", "x": "late"}])
    scene.server.advance(60_000)
    said = salvor_run.run("verify", "inc", expect=DONE).out
    assert "changed since: LOAD by owner@example.com" in said and "1 row now, and" not in said


def test_salvor_s_own_statements_are_nobody_s_deletion(scene):
    scene.table()
    scene.sql("DELETE FROM `prod.ds.events` WHERE day = '2024-01-02' AND x = 'a'")
    scene.server.advance(60_000)
    applied("--include", "partial")
    scene.server.advance(60_000)
    said = salvor_run.run("verify", "inc", expect=DONE).out
    assert "changed since" not in said, said
    history = json.loads(salvor_run.run("history", TABLE, "--json", expect=DONE).out)
    assert history


def test_an_undo_while_apply_runs_elsewhere_leaves_nothing_behind_unsaid(scene):
    scene.table()
    scene.sql("DELETE FROM `prod.ds.events` WHERE day <= '2024-01-08'")
    scene.server.advance(60_000)
    planned()
    salvor_run.run("persist", "inc", expect=DONE)
    shutil.copytree("inc", "elsewhere")
    scene.server.pace(copy_ms=300, partition_updates_per_10s=3)
    apply = salvor_run.start("apply", "inc", "--yes")
    while scene.count() < 8:
        time.sleep(0.05)
    first = salvor_run.run("undo", "elsewhere", "--yes")
    assert "already" not in first.out
    scene.server.pace(partition_updates_per_10s=0)
    said = apply.communicate(timeout=100)[1]
    assert apply.returncode == FAILED and "the plan was undone at 20" in said, said
    assert scene.count() > 4  # apply went on after the first undo
    last = salvor_run.run("undo", "elsewhere", "--yes", expect=DONE)
    assert "undone at" in last.out and "already" not in last.out
    assert scene.count() == 4
    assert "already undone" in salvor_run.run("undo", "elsewhere", "--yes", expect=DONE).out
    salvor_run.run("apply", "inc", "--yes", expect=REFUSED)


def test_a_job_of_somebody_else_under_the_id_of_undo_has_taken_nothing_back(scene):
    scene.table().lose()
    applied()
    script = salvor_run.run("show", "inc", "--sql", expect=DONE).out
    job_id = re.search(r"salvor-undo-[0-9a-f]+-all-1", script).group()
    scene.client.query("SELECT 1", job_id=job_id, job_retry=None).result()
    assert "already" not in salvor_run.run("undo", "inc", "--yes", expect=DONE).out
    assert scene.count() == 14


def test_undo_without_the_private_copy_says_what_is_left_to_do(scene):
    scene.table().lose()
    applied()
    salvor_run.run("verify", "inc", expect=DONE)
    salvor_run.run("clean", "inc", expect=DONE)
    said = salvor_run.run("undo", "inc", "--yes", expect=REFUSED).err
    assert "the private copy is gone" in said and "by hand" in said and "persist" not in said
    assert scene.count() == 20


def test_a_column_that_came_after_the_deadline_leaves_a_way_to_put_the_rows_back(scene):
    scene.table().lose()
    planned()
    salvor_run.run("persist", "inc", expect=DONE)
    scene.server.advance(10 * 86_400_000)
    scene.sql("ALTER TABLE `prod.ds.events` ADD COLUMN y STRING")
    said = salvor_run.run("apply", "inc", "--yes", expect=REFUSED).err
    assert "its schema changed" in said and "Plan anew" not in said
    assert "private copy alone" in said and "salvor show --sql" in said
    step = salvor_run.run("show", "inc", "--sql", expect=DONE).out.split("# Runbook step 2")[1].split("# Runbook step 3")[0]
    assert "new since then: y" in step and " cp " not in step
    statement = step.split("<<'SQL'\n")[2].split("\nSQL")[0]
    scene.sql(statement)
    rows = scene.sql("SELECT day, x, y FROM `prod.ds.events` WHERE day < '2024-01-04' ORDER BY day, x")
    assert [(str(row.day), row.x, row.y) for row in rows] == [(day, x, None) for day in DAYS[:3] for x in "ab"]


def test_in_time_a_moved_table_is_planned_anew(scene):
    scene.table().lose()
    planned()
    salvor_run.run("persist", "inc", expect=DONE)
    scene.sql("ALTER TABLE `prod.ds.events` ADD COLUMN y STRING")
    assert "Plan anew" in salvor_run.run("apply", "inc", "--yes", expect=REFUSED).err


def test_a_partition_that_apply_has_not_come_to_yet_is_not_called_left_alone(scene):
    scene.table().lose()
    planned()
    salvor_run.run("persist", "inc", expect=DONE)
    scene.server.pace(partition_updates_per_day=3)  # the load took one, apply may do two
    salvor_run.run("apply", "inc", "--yes", expect=FAILED)
    assert scene.count() == 18
    said = salvor_run.run("verify", "inc", expect=FAILED).out
    assert "NOT proven: 1 of 3" in said and "apply has not written it; run apply again" in said
    assert "left alone" not in said
    scene.server.pace(partition_updates_per_day=0)
    salvor_run.run("apply", "inc", "--yes", expect=DONE)
    salvor_run.run("verify", "inc", expect=DONE)


def test_a_copy_that_the_service_refuses_for_its_columns_says_how_else_it_goes(scene):
    scene.table().lose()
    scene.sql("ALTER TABLE `prod.ds.events` DROP COLUMN x")
    scene.sql("ALTER TABLE `prod.ds.events` ADD COLUMN x STRING")
    scene.server.advance(60_000)
    planned()
    salvor_run.run("persist", "inc", expect=DONE)
    said = salvor_run.run("apply", "inc", "--yes", expect=REFUSED).err
    assert "diverging physical schemas" in said and "--by-name" in said
    assert scene.count() == 14
    applied("--by-name", case="by-name")
    salvor_run.run("verify", "by-name", expect=DONE)
    assert scene.count() == 20
    lost = scene.sql("SELECT x FROM `prod.ds.events` WHERE day < '2024-01-04' ORDER BY day, x")
    assert [row.x for row in lost] == ["a", "b"] * 3


def test_an_expiration_of_the_table_itself_is_said_before_anything_is_put_back(scene):
    scene.table().lose()
    planned()
    salvor_run.run("persist", "inc", expect=DONE)
    scene.patch(expirationTime=str(scene.server.now_ms() + 3_600_000))
    said = salvor_run.run("apply", "inc", "--yes", expect=DONE).err
    assert "the table itself expires at 20" in said


class Forbidding(BaseHTTPRequestHandler):
    """In front of the server: hands on all but the questions about apply's jobs, as if they were another person's."""

    protocol_version = "HTTP/1.1"
    server_url, closed = "", False

    def hand_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or None
        if self.closed and self.command == "GET" and "/jobs/salvor-apply" in self.path:
            error = {"code": 403, "message": "Access Denied", "errors": [{"reason": "accessDenied"}]}
            return self.say(403, {"Content-Type": "application/json"}, json.dumps({"error": error}).encode())
        if self.closed and self.command == "GET" and "/jobs?" in self.path:
            return self.say(200, {"Content-Type": "application/json"}, b"{}")
        headers = {key: value for key, value in self.headers.items() if key in ("Content-Type", "If-Match")}
        request = urllib.request.Request(self.server_url + self.path, body, headers, method=self.command)
        try:
            with urllib.request.urlopen(request) as answer:
                self.say(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            self.say(error.code, dict(error.headers), error.read())

    def say(self, status, headers, body):
        self.send_response_only(status)
        for key in ("Content-Type", "Date"):
            if key in headers:
                self.send_header(key, headers[key])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_DELETE = hand_on

    def log_message(self, *_):
        pass


def test_where_the_jobs_of_another_person_cannot_be_read_no_time_is_made_up(scene, monkeypatch):
    class Front(Forbidding):
        server_url = scene.server.url

    front = ThreadingHTTPServer(("127.0.0.1", 0), Front)
    front.daemon_threads = True
    thread = threading.Thread(target=front.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", f"http://127.0.0.1:{front.server_address[1]}")
        scene.table().lose()
        applied()
        Front.closed = True
        for command in (("apply", "inc", "--yes"), ("verify", "inc")):
            said = salvor_run.run(*command, expect=DONE)
            assert "1970-" not in said.said and "DELETE" not in said.out and "LOAD" not in said.out
        salvor_run.run("undo", "inc", "--yes", expect=DONE)
        assert scene.count() == 14
        assert "already undone" in salvor_run.run("undo", "inc", "--yes", expect=DONE).out
    finally:
        front.shutdown()
        thread.join()
        front.server_close()


def test_a_proof_by_rows_that_late_rows_spoil_says_that_it_was_right_when_apply_ended(scene):
    scene.table().lose()
    applied()
    scene.server.advance(3_600_000)
    scene.load([{"day": "2024-01-03", "x": "late"}])
    scene.server.advance(60_000)
    said = salvor_run.run("verify", "inc", "--fingerprints", expect=FAILED).out
    assert "the table has 3 rows, and the private copy 2, as the table had when apply had ended: others wrote" in said


def test_a_copy_of_other_than_the_planned_rows_is_no_success_and_no_proof(scene):
    """The service says how many rows it copied: apply and verify hold it to the plan."""
    scene.table().lose()
    planned()
    salvor_run.run("persist", "inc", expect=DONE)
    scene.server.fault(kind="miscount", path="/jobs", count=1000)
    said = salvor_run.run("apply", "inc", "--yes", expect=FAILED).err
    assert re.search(r"the service copied 3 rows into partition 2024010[123], and the plan says 2", said)
    assert "salvor verify" in said
    assert "NOT proven" in salvor_run.run("verify", "inc", expect=FAILED).out
    scene.server.test_endpoint("faults", method="DELETE")
    salvor_run.run("apply", "inc", "--yes", expect=DONE)
    salvor_run.run("verify", "inc", expect=DONE)
    assert scene.count() == 20


def test_a_private_copy_that_others_were_let_read_since_is_refused(scene):
    """The dataset is as private as before; the copy itself is not."""
    scene.table().lose()
    planned()
    salvor_run.run("persist", "inc", expect=DONE)
    copy = scene.copies()[0].reference
    policy = scene.client.get_iam_policy(copy)
    policy.bindings.append({"role": "roles/bigquery.dataViewer", "members": {"user:eve@example.com"}})
    scene.client.set_iam_policy(copy, policy)
    for command in (("persist", "inc"), ("apply", "inc", "--yes")):
        said = salvor_run.run(*command, expect=REFUSED).err
        assert "eve@example.com" in said, said
    assert scene.count() == 14


def test_a_private_copy_under_another_key_than_the_table_is_refused(scene):
    scene.table(encryption_configuration=bigquery.EncryptionConfiguration(KEY)).lose()
    planned()
    salvor_run.run("persist", "inc", expect=DONE)
    copy = scene.client.get_table(scene.copies()[0].reference)
    copy.encryption_configuration = bigquery.EncryptionConfiguration(KEY + "2")
    scene.client.update_table(copy, ["encryption_configuration"])
    said = salvor_run.run("apply", "inc", "--yes", expect=REFUSED).err
    assert "encrypted with another key than the table" in said
    assert scene.count() == 14


def test_a_right_in_the_table_s_own_project_that_holds_for_staging_alone_is_refused(scene):
    """The project's rights reach both datasets, but a condition can choose one of them."""
    scene.table().lose()
    scene.dataset("prod.private")
    planned(staging="prod.private")
    viewer = {"role": "roles/bigquery.dataViewer", "members": ["user:eve@example.com"],
              "condition": {"title": "t", "expression": "resource.name.startsWith('projects/prod/datasets/private')"}}
    owner = {"role": "roles/owner", "members": ["user:owner@example.com"]}
    scene.server.test_endpoint("people", {"projects": {"prod": {"bindings": [owner, viewer]}}})
    said = salvor_run.run("persist", "inc", expect=REFUSED).err
    assert "eve@example.com" in said and "under a condition" in said
    assert [one.table_id for one in scene.client.list_tables("prod.private")] == []
    scene.server.test_endpoint("people", {"projects": {"prod": {"bindings": [owner]}}})
    salvor_run.run("persist", "inc", expect=DONE)
