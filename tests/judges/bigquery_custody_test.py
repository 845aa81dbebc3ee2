"""A reviewed recovery on BigQuery, by the addresses and credentials of production: Google's client sets the scene and
judges, each person acts with a token of their own, the server knows what each may do, and real ssh-keygen signs."""

import json
import os
import pty
import shutil
import subprocess

import pytest
import salvor_run
from bigquery_recovery_test import TABLE, rows_of, scene  # noqa: F401
from google.cloud import bigquery
from google_front import GoogleFront
from tracker_server import TrackerServer

ANN, BOB, DANA, ERIN = (f"{name}@example.com" for name in ("ann", "bob", "dana", "erin"))
RED = "\x1b[1;31m"


def keygen(path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path], check=True)
    return " ".join(path.with_suffix(".pub").read_text().split(" ")[:2])


def grant(server):
    """Ann and Erin may read the table, look at who else may, and write to staging; only Dana may also write to it."""
    people = [f"user:{who}" for who in (ANN, ERIN, DANA)]
    owner = {"role": "roles/owner", "members": ["user:owner@example.com"]}
    looking = ["roles/bigquery.jobUser", "roles/bigquery.resourceViewer", "roles/bigquery.dataViewer",
               "roles/iam.securityReviewer"]
    see = "projects/{}/roles/see"
    server.test_endpoint("people", {"roles": {see.format(project): [
        "resourcemanager.projects.get", "bigquery.rowAccessPolicies.list"] for project in ("prod", "locked")}})
    server.test_endpoint("people", {"projects": {
        "prod": {"bindings": [owner, *({"role": role, "members": people} for role in [*looking, see.format("prod")]),
                              {"role": "roles/bigquery.dataOwner", "members": [f"user:{DANA}"]}]},
        "locked": {"bindings": [owner, {"role": "roles/bigquery.dataOwner", "members": people},
                                {"role": see.format("locked"), "members": people},
                                {"role": "roles/iam.securityReviewer", "members": people}]}}})


class Team:
    def __init__(self, folder, front):
        self.folder, self.front = folder, front
        lines = [f'{who} namespaces="salvor-plan" {keygen(folder / who.split("@")[0])}\n' for who in (ANN, BOB)]
        (folder / "allowed_signers").write_text("".join(lines))
        (folder / "salvor.yaml").write_text(
            "warehouses:\n  prod: {bigquery: {project: prod, staging: locked.staging}}\n"
            "review:\n  allowed_signers: ./allowed_signers\n  people:\n"
            f"    Ann: {{emails: [{ANN}]}}\n    Bob: {{emails: [{BOB}]}}\n    Dana: {{emails: [{DANA}]}}\n")

    def run(self, who, *arguments, expect=salvor_run.DONE):
        return salvor_run.run(*arguments, expect=expect, env=self.front.environment(who))

    def approve(self, who, expect=salvor_run.DONE, *more):
        """Without any credentials: whoever approves needs no right to the table."""
        return salvor_run.run("approve", "inc", "--as", who, "--key", self.folder / who.split("@")[0], *more,
                              expect=expect, env={"HTTPS_PROXY": "http://127.0.0.1:1"})


@pytest.fixture
def team(scene, tmp_path, monkeypatch):  # noqa: F811
    server, client, whole = scene
    grant(server)
    monkeypatch.delenv("BIGQUERY_EMULATOR_HOST")
    with GoogleFront(server, tmp_path) as front:
        yield Team(tmp_path, front), client, whole


def planned_by(team, who):
    team.run(who, "plan", "prod:ds.events", "--case", "inc")
    team.run(who, "persist", "inc")
    return json.loads(open("inc/plan.json").read())


def test_one_plans_another_approves_a_third_writes_and_the_audit_says_who(team, tmp_path_factory):
    team, client, whole = team
    damaged = rows_of(client)
    made = planned_by(team, ANN)
    assert made["author"] == {"kind": "principal", "name": ANN} and made["review"]["approvals"] == 1
    assert made["pins"]["endpoint"] == "https://bigquery.googleapis.com"

    refused = team.run(DANA, "apply", "inc", "--yes", expect=salvor_run.REFUSED)
    assert "1 approval must cover apply, and none does" in refused.err and "salvor approve inc" in refused.err
    refused = team.approve(ANN, salvor_run.REFUSED)
    assert "are one person" in refused.err and rows_of(client) == damaged

    team.approve(BOB)
    # Approved, and still only somebody who may write can.
    denied = team.run(ANN, "apply", "inc", "--yes", expect=salvor_run.FAILED)
    assert "you may not write the table's rows" in denied.err and rows_of(client) == damaged
    team.run(DANA, "apply", "inc", "--yes")
    assert rows_of(client) == whole
    team.run(DANA, "verify", "inc")

    elsewhere = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree("inc", elsewhere / "inc")
    shutil.copy("allowed_signers", elsewhere)
    audit = salvor_run.run("audit", "inc", "--allowed-signers", "allowed_signers", "--json", expect=salvor_run.DONE,
                           prefix=["env", "-C", str(elsewhere)]).json
    assert not audit["problems"] and [one["who"] for one in audit["approvals"]] == [BOB]
    did = {(deed["who"], deed["step"]) for deed in audit["deeds"]}
    assert {(ANN, "plan"), (ANN, "persist"), (BOB, "approve"), (DANA, "apply"), (DANA, "verify")} <= did
    assert (ANN, "apply") not in did  # she was refused before anything began
    assert any("1 approval: " + BOB in deed["what"] for deed in audit["deeds"])


def test_identity_that_nobody_mapped_fails_distinct(team):
    team, client, _ = team
    damaged = rows_of(client)
    planned_by(team, ERIN)
    refused = team.approve(BOB, salvor_run.REFUSED)
    assert f"the author ({ERIN}) may be one person" in refused.err and "review.people" in refused.err
    # Mapped afterwards, she is known to the next plan, and to this one only in an emergency that is named.
    yaml = team.folder / "salvor.yaml"
    yaml.write_text(yaml.read_text() + f"    Erin: {{emails: [{ERIN}]}}\n")
    team.approve(BOB, salvor_run.REFUSED)
    team.approve(BOB, salvor_run.DONE, "--allow-other-signers")
    team.run(DANA, "apply", "inc", "--yes", expect=salvor_run.REFUSED)
    assert rows_of(client) == damaged
    team.run(DANA, "apply", "inc", "--yes", "--allow-other-signers")
    # The case does not know what made two people of them, so the audit names the override and the gap.
    audit = salvor_run.run("audit", "inc", "--json", expect=salvor_run.REFUSED).json
    assert audit["overrides"] == ["allow-other-signers"] and audit["verdict"] == "refused"


def test_ticket_has_the_statements_that_will_run(team):
    team, _, _ = team
    planned_by(team, ANN)
    ticket = team.run(ANN, "show", "inc", "--ticket", "markdown").out
    by_hand = team.run(ANN, "show", "inc", "--sql").out
    copies = [line for line in by_hand.splitlines() if " cp -n " in line]
    assert len(copies) == 13 and all(line in ticket for line in copies)
    for needed in ["CLONE `prod`.`ds`.`events`", "FOR SYSTEM_TIME AS OF", "salvor show inc --operations",
                   f"planned by: `{ANN}`", "whole or not at all", "salvor show inc --sql"]:
        assert needed in ticket, needed
    assert "file operations" not in ticket and "one change of the table" not in ticket
    redacted = team.run(ANN, "show", "inc", "--ticket", "markdown", "--redact").out
    assert "20240101" not in redacted and "2024-01-0" not in redacted and "name partitions" in redacted
    # Without a way to the service there is a ticket all the same.
    offline = salvor_run.run("show", "inc", "--ticket", "markdown", expect=salvor_run.DONE,
                             env={"GOOGLE_APPLICATION_CREDENTIALS": "absent.json"}).out
    assert "cannot be listed here and now" in offline and "file operations" not in offline


@pytest.mark.parametrize("kind", ["jira", "bugzilla", "github"])
def test_ticket_that_is_opened_has_the_statements_and_vouches_for_the_journal(team, kind):
    team, _, _ = team
    yaml = (team.folder / "salvor.yaml").read_text()
    with TrackerServer(kind) as tracker:
        tracker.section(team.folder)
        (team.folder / "salvor.yaml").write_text(yaml + (team.folder / "salvor.yaml").read_text())
        planned_by(team, ANN)
        key = json.loads(team.run(ANN, "ticket", "open", "inc", "--json").out)["key"]
        text = tracker.tickets[0]["texts"][0]
        assert text.count(" cp -n ") == 13 and "CLONE `prod`.`ds`.`events`" in text and "file operations" not in text
        salvor_run.run("approve", "inc", "--as", BOB, "--key", team.folder / "bob", expect=salvor_run.DONE)
        team.run(DANA, "apply", "inc", "--yes")
        # Bob's signature covers the line that names the ticket, so the ticket vouches for what came after it.
        audit = salvor_run.run("audit", "inc", "--json", expect=salvor_run.DONE).json
        assert audit["vouched"] == audit["head"]["line"] - 2
        assert any(key in head["keeper"] and head["vouches"] for head in audit["heads"])


def on_a_terminal(*arguments):
    """What it shows to a person."""
    shown = b""
    master, slave = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    program = subprocess.Popen([salvor_run.binary(), *map(str, arguments)], stdin=slave, stdout=slave, stderr=slave,
                               env=environment)
    os.close(slave)
    while True:
        try:
            shown += os.read(master, 65536)
        except OSError:  # it has ended
            break
    os.close(master)
    return program.wait(), shown.decode()


def test_review_that_is_turned_off_shows_in_red_everywhere(scene, tmp_path):  # noqa: F811
    (tmp_path / "salvor.yaml").write_text(
        "warehouses:\n  prod: {bigquery: {project: prod}}\n"
        "tables:\n  prod:ds.events: {review: {approvals: 0}}\n")
    for expected, *command in [(3, "status", TABLE), (0, "plan", TABLE, "--case", "inc", "--staging", "locked.staging"),
                               (0, "show", "inc"), (0, "persist", "inc"), (0, "apply", "inc", "--yes"),
                               (0, "verify", "inc"), (0, "audit", "inc"), (0, "undo", "inc", "--yes"),
                               (0, "clean", "inc", "--abandon", "--yes")]:
        code, shown = on_a_terminal(*command)
        assert code == expected, shown
        red = [line for line in shown.splitlines() if RED in line]
        assert any("approvals: 0" in line.lower() for line in red), (command, shown)
    ticket = salvor_run.run("show", "inc", "--ticket", "github", expect=0).out
    assert "> [!CAUTION]\n> **APPROVALS: 0." in ticket
    audit = salvor_run.run("audit", "inc", "--json", expect=0).json
    assert audit["overrides"] == ["approvals: 0"] and audit["approvals_needed"] == 0
    assert all(deed["alarm"] for deed in audit["deeds"] if deed["what"].startswith(("began to apply", "began to undo")))


def test_unchecked_readers_are_named_in_plan_ticket_and_audit(scene, tmp_path):  # noqa: F811
    salvor_run.run("plan", TABLE, "--case", "inc", "--staging", "locked.staging", "--allow-unchecked-iam", expect=0)
    code, shown = on_a_terminal("persist", "inc")
    assert code == 0 and any(RED in line and "allow-unchecked-iam" in line for line in shown.splitlines()), shown
    assert json.loads((tmp_path / "inc/plan.json").read_text())["pins"]["allow_unchecked_iam"] is True
    code, shown = on_a_terminal("audit", "inc")
    assert any(RED in line and "allow-unchecked-iam" in line for line in shown.splitlines()), shown
    assert "OVERRIDE" in salvor_run.run("show", "inc", "--ticket", "github", expect=0).out


WIDE = {"all users": ("iamMember", "allUsers"), "all who have an account": ("specialGroup", "allAuthenticatedUsers"),
        "a whole domain": ("domain", "example.com")}


def share(client, kind, who):
    staging = client.get_dataset("locked.staging")
    staging.access_entries = [*staging.access_entries, bigquery.AccessEntry("READER", kind, who)]
    client.update_dataset(staging, ["access_entries"])


@pytest.mark.parametrize("entry", WIDE.values(), ids=WIDE)
def test_staging_of_everybody_is_refused_whatever_the_flags(scene, tmp_path, entry):  # noqa: F811
    _, client, _ = scene
    share(client, *entry)
    salvor_run.run("plan", TABLE, "--case", "inc", "--staging", "locked.staging", "--allow-unchecked-iam", expect=0)
    refused = salvor_run.run("persist", "inc", expect=salvor_run.REFUSED)
    assert entry[1].lower() in refused.err.lower() and list(client.list_tables("locked.staging")) == []


def test_staging_that_was_opened_since_is_not_used(scene, tmp_path):  # noqa: F811
    _, client, _ = scene
    (tmp_path / "salvor.yaml").write_text("review: {approvals: 0}\n")
    damaged = rows_of(client)
    salvor_run.run("plan", TABLE, "--case", "inc", "--staging", "locked.staging", expect=0)
    salvor_run.run("persist", "inc", expect=0)
    share(client, *WIDE["all who have an account"])
    refused = salvor_run.run("apply", "inc", "--yes", expect=salvor_run.REFUSED)
    assert "allauthenticatedusers" in refused.err.lower() and rows_of(client) == damaged
    salvor_run.run("clean", "inc", "--abandon", "--yes", expect=0)
    assert list(client.list_tables("locked.staging")) == []
