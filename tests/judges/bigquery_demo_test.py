"""`salvor demo --warehouse bigquery`: the story, judged by Google's client on a server that stays, and what is left of
a server that the demo started itself."""

import datetime
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
import salvor_run as salvor
from bigquery_server import BigQueryServer

NAME = "moz-fx-data-shared-prod.contextual_services_derived.event_aggregates_v1"
SANDBOX = "some-locked-down-sandbox-project"
FIRST = datetime.date(2021, 5, 1)
LOST = [datetime.date(2023, 3, 1) + datetime.timedelta(n) for n in range(31)] + [
    datetime.date(2022, 7, 4) + datetime.timedelta(n) for n in range(7)]


def demo(folder, *arguments, expect=salvor.DONE, **env):
    return salvor.run("demo", "--warehouse", "bigquery", *arguments, expect=expect, prefix=["env", "-C", str(folder)],
                      env={"BIGQUERY_EMULATOR_HOST": "", **env})


def commands_of(done):
    return [shlex.split(line[2:]) for line in done.out.splitlines() if line.startswith("$ ")]


def servers_of(parent):
    """Processes of the test server whose parent is this one."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            name = (entry / "comm").read_text().strip()
            if name == "salvor-bigquery"[:15] and int((entry / "stat").read_text().rsplit(") ", 1)[1].split()[1]) == parent:
                found.append(int(entry.name))
        except (OSError, IndexError, ValueError):
            continue
    return found


def gone(pid, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The demo on a server that was started by hand and stays."""
    folder = tmp_path_factory.mktemp("kept")
    with BigQueryServer() as server:
        done = demo(folder, BIGQUERY_EMULATOR_HOST=server.url)
        yield folder, server, server.client("moz-fx-data-shared-prod"), done


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    return folder, demo(folder)


def test_table_is_whole_for_googles_client(kept):
    _, _, client, done = kept
    sql = f"SELECT submission_date AS day, COUNT(*) AS n FROM `{NAME}` WHERE submission_date >= '2021-01-01' GROUP BY day"
    days = {row["day"]: row["n"] for row in client.query(sql).result()}
    assert all(days.get(day) for day in LOST)
    assert min(days) == FIRST and len(days) == (max(days) - FIRST).days + 1
    assert client.get_table(NAME).num_rows == sum(days.values())


def test_lost_days_have_the_rows_of_right_before_the_incident(kept):
    _, _, client, done = kept
    version = int(re.findall(r"(\d+)\s+\S+Z\s+DELETE\s+kim@example.com", done.out)[0])
    before = datetime.datetime.fromtimestamp((version - 1) / 1000, datetime.timezone.utc)
    where = " OR ".join(f"submission_date BETWEEN '{a}' AND '{b}'" for a, b in
                        [(LOST[0], LOST[30]), (LOST[31], LOST[37])])

    def rows(past=""):
        return sorted(repr(tuple(r.values())) for r in
                      client.query(f"SELECT * FROM `{NAME}` {past} WHERE {where}").result())
    assert rows() == rows(f"FOR SYSTEM_TIME AS OF TIMESTAMP '{before.isoformat()}'")
    assert len(rows()) > 38 * 30


def test_private_copy_is_gone_and_the_case_is_kept(kept):
    folder, server, _, _ = kept
    assert not list(server.client(SANDBOX).list_tables(f"{SANDBOX}.contextual_services_derived"))
    names = {p.name for p in (folder / "salvor-demo/case").iterdir()}
    assert {"plan.json", "journal.jsonl", "proof.json", "approvals"} <= names


def test_custody_is_real(kept):
    folder, _, _, done = kept
    plan = json.loads((folder / "salvor-demo/case/plan.json").read_text())
    assert plan["review"]["approvals"] == 1
    journal = [json.loads(line) for line in (folder / "salvor-demo/case/journal.jsonl").read_text().splitlines()]
    steps = [(line["step"], line["kind"]) for line in journal]
    assert steps.index(("approve", "note")) < steps.index(("apply", "intent"))
    verbs = [c[1] for c in commands_of(done) if c[0] == "salvor"]
    assert verbs.count("apply") == 3 and verbs.index("approve") > verbs.index("apply") > verbs.index("persist")
    assert "approval" in done.err  # the first apply was refused
    assert "sam@example.com" in done.out and "TURNED OFF" not in done.said


def test_story_is_told_with_its_commands_and_they_can_be_run_again(kept):
    folder, server, _, done = kept
    commands = commands_of(done)
    assert commands[0] == ["export", f"BIGQUERY_EMULATOR_HOST={server.url}"]
    assert "runs already" in done.out
    for command in [c for c in commands if c[0] == "salvor" and c[1] in ("status", "audit", "doctor")][-2:]:
        assert salvor.run(*command[1:], expect=salvor.DONE, prefix=["env", "-C", str(folder)],
                          env={"BIGQUERY_EMULATOR_HOST": server.url})
    assert "\x1b" not in done.said and "\r" not in done.said
    assert "kim@example.com" in done.out and "lee@example.com" in done.out


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_plain_rest_request_gives_the_figures_that_the_demo_shows(kept):
    folder, _, _, done = kept
    line = next(x[2:] for x in done.out.splitlines() if x.startswith("$ curl"))
    answer = json.loads(subprocess.run(line, shell=True, cwd=folder, capture_output=True, check=True).stdout)
    days, rows, fingerprint = (cell["v"] for cell in answer["rows"][0]["f"])
    shown = [x for x in done.out.splitlines() if x.startswith(("right before the incident:", "now:"))]
    assert len(shown) == 2 and all(f"{int(days):,} days, {int(rows):,} rows, fingerprint {fingerprint}" in x for x in shown)
    damaged = next(x for x in done.out.splitlines() if x.startswith("after it:"))
    assert fingerprint not in damaged and f"{int(days) - 38:,} days" in damaged


def test_clock_of_the_server_is_this_machines_again(kept):
    _, server, _, _ = kept
    assert abs(server.test_endpoint("clock", method="GET")["offset_ms"]) < 5_000


def test_server_with_something_in_it_is_refused_and_left_alone(kept, tmp_path):
    _, server, client, _ = kept
    rows = client.get_table(NAME).num_rows
    done = demo(tmp_path, expect=salvor.FAILED, BIGQUERY_EMULATOR_HOST=server.url)
    assert "empty" in done.err and not list(tmp_path.iterdir())
    assert client.get_table(NAME).num_rows == rows


def test_server_of_its_own_is_ended_with_the_demo(own):
    _, done = own
    host = commands_of(done)[0][1].split("=")[1]
    assert "started for this demo" in done.out and "The table is whole" in done.out
    refused = salvor.run("status", f"bigquery:{NAME}", env={"BIGQUERY_EMULATOR_HOST": host}, timeout=120)
    assert refused.code == salvor.FAILED


def started_with_its_server(folder):
    started = subprocess.Popen([salvor.binary(), "demo", "--warehouse", "bigquery"], cwd=folder,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env={**os.environ, "BIGQUERY_EMULATOR_HOST": ""})
    end = time.monotonic() + 30
    while not servers_of(started.pid) and time.monotonic() < end:
        time.sleep(0.02)
    server, = servers_of(started.pid)
    return started, server


def test_server_of_its_own_ends_though_the_demo_is_killed(tmp_path):
    started, server = started_with_its_server(tmp_path)
    started.send_signal(signal.SIGKILL)
    started.wait()
    assert gone(server)


def test_server_of_its_own_ends_on_interruption(tmp_path):
    started, server = started_with_its_server(tmp_path)
    started.send_signal(signal.SIGINT)
    assert started.wait(20) != 0
    assert gone(server)


def test_folder_in_use_is_refused_before_a_server_starts(tmp_path):
    (tmp_path / "used").mkdir()
    (tmp_path / "used/x").write_text("")
    done = demo(tmp_path, "used", expect=salvor.REFUSED)
    assert "not empty" in done.err and "export" not in done.out


def test_program_that_is_no_server_is_refused(tmp_path):
    done = demo(tmp_path, "--server", "/bin/true", expect=salvor.FAILED)
    assert "first line" in done.err
    done = demo(tmp_path, "--server", "/bin/pwd", expect=salvor.FAILED)
    assert "/bin/pwd" in done.err
    done = demo(tmp_path, "--server", str(tmp_path / "absent"), expect=salvor.FAILED)
    assert "no such program" in done.err
