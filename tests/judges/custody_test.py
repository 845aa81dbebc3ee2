"""Who may do it and who checked: salvor.yaml, approvals with real SSH keys, and the refusals."""

import hashlib
import json
import os
import shutil
import subprocess

import pytest

import salvor_run as salvor
from daily_lake import WHOLE, DailyLake
from salvor_run import refused_without_a_trace


class Team:
    """A salvor.yaml with an allowed_signers file, and the keys of the people in it."""

    def __init__(self, folder, lake):
        self.folder, self.lake = folder, lake
        folder.mkdir()
        self.signers = []
        for name in ("bob", "carol"):
            self.admit(name, f"{name}@example.com")
        self.write()

    def key(self, name, kind="ed25519"):
        path = self.folder / name
        if not path.exists():
            ssh_keygen("-q", "-t", kind, "-N", "", "-C", name, "-f", path)
        return path

    def public(self, name):
        self.key(name)
        return " ".join((self.folder / f"{name}.pub").read_text().split()[:2])

    def admit(self, name, principal, options=""):
        self.signers.append(f"{principal} {options} {self.public(name)}".replace("  ", " "))

    def write(self, review="approvals: 1", more="", name="salvor.yaml"):
        (self.folder / "allowed_signers").write_text("\n".join(self.signers) + "\n")
        path = self.folder / name
        path.write_text(f"""warehouses:
  lake: {{delta: {{root: {self.lake.parent}}}}}
review:
  {review}
  allowed_signers: ./allowed_signers
  people:
    Ann: {{principals: [ann@example.com], os_users: [root, nobody, {os.environ.get('USER', 'ann')}]}}
    Bob: {{principals: [bob@example.com, robert@example.com]}}
    Carol: {{emails: [carol@example.com]}}
    Dave: {{principals: [dave@example.com]}}
{more}""")
        return path

    @property
    def config(self):
        return ("--config", self.folder / "salvor.yaml")

    def run(self, *arguments, **options):
        return salvor.run(*arguments, *self.config, **options)

    def approve(self, case, name, *flags, who=None, expect=salvor.DONE):
        return self.run("approve", case, "--as", who or f"{name}@example.com", "--key",
                        self.key(name), *flags, expect=expect)


def ssh_keygen(*arguments, **options):
    return subprocess.run(["ssh-keygen", *map(str, arguments)], check=True, capture_output=True,
                          **options)


@pytest.fixture
def team(tmp_path, lake):
    return Team(tmp_path / "team", lake)


@pytest.fixture
def persisted(table, case, team):
    table.delete(2, 4)
    team.run("plan", table.path, "--case", case, expect=salvor.DONE)
    team.run("persist", case, expect=salvor.DONE)
    return case


def refused(table, team, *command):
    return refused_without_a_trace(table, *command, *team.config)


def statements(case):
    return sorted((case / "approvals").glob("*.json"))


def forge(team, case, name, **changes):
    """A statement put together by hand and signed with a real key, as an attacker would."""
    space = changes.pop("namespace", "salvor-plan")
    digest = hashlib.sha256((case / "plan.json").read_bytes()).hexdigest()
    statement = {"format": 1, "plan": digest, "decision": "approve", "reason": "",
                 "verbs": ["abandon", "apply", "undo"], "who": f"{name}@example.com",
                 "signed_at": "2026-01-01T00:00:00Z", "expires": None,
                 "anchor": {"line": 0, "hash": digest}, **changes}
    put = json.dumps(statement, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    (case / "approvals").mkdir(exist_ok=True)
    path = case / "approvals" / (hashlib.sha256(put).hexdigest() + ".json")
    signed = ssh_keygen("-Y", "sign", "-n", space, "-f", team.key(name), input=put)
    path.write_bytes(put)
    path.with_name(path.name + ".sig").write_bytes(signed.stdout)
    return path


# -- the way that is meant


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_second_persons_approval_opens_apply_and_undo(table, case, tmp_path, lake, kind):
    team = Team(tmp_path / "team", lake)
    team.key("dave", kind)
    team.admit("dave", "dave@example.com")
    team.write()
    table.delete(2, 4)
    damaged = table.counts()
    team.run("plan", table.path, "--case", case, expect=salvor.DONE)
    team.run("persist", case, expect=salvor.DONE)
    done = refused(table, team, "apply", case, "--yes")
    assert "1 approval must cover apply" in done.said
    approved = team.approve(case, "dave", "--json").json
    assert approved["who"] == "dave@example.com" and approved["key"].startswith("SHA256:")
    team.run("apply", case, "--yes", expect=salvor.DONE)
    assert table.counts() == WHOLE
    intent = [line for line in map(json.loads, (case / "journal.jsonl").open())
              if line["step"] == "apply" and line["kind"] == "intent"][-1]["data"]
    assert intent["approvals"] == [approved["statement"]] and intent["identity"]["kind"] == "os_user"
    team.run("undo", case, "--yes", expect=salvor.DONE)
    assert table.counts() == damaged


def test_the_policy_and_the_author_are_in_the_plan_and_a_bare_path_has_neither(table, tmp_path, team):
    table.delete(2)
    team.run("plan", table.path, "--case", tmp_path / "a", expect=salvor.DONE)
    made = json.loads((tmp_path / "a" / "plan.json").read_bytes())
    assert made["review"]["approvals"] == 1 and len(made["review"]["signers"]) == 2
    assert made["author"]["kind"] == "os_user"
    salvor.run("plan", table.path, "--case", tmp_path / "b", expect=salvor.DONE)
    bare = json.loads((tmp_path / "b" / "plan.json").read_bytes())
    assert bare["review"] == {"approvals": 0} and "author" not in bare
    first = json.loads((tmp_path / "b" / "journal.jsonl").read_text().splitlines()[0])
    assert first["step"] == "plan" and first["data"]["identity"]["kind"] == "os_user"


def test_the_same_person_plans_the_same_bytes(table, tmp_path, team):
    table.delete(2)
    for name in "ab":
        team.run("plan", table.path, "--case", tmp_path / name, expect=salvor.DONE)
    assert (tmp_path / "a/plan.json").read_bytes() == (tmp_path / "b/plan.json").read_bytes()
    team.run("plan", table.path, "--case", tmp_path / "a", expect=salvor.DONE)
    assert len((tmp_path / "a/journal.jsonl").read_text().splitlines()) == 1


def test_a_table_is_named_by_its_warehouse(lake, tmp_path, team):
    table = DailyLake(lake / "t")
    table.delete(2)
    name = f"lake:{lake.name}.t"
    team.run("plan", name, "--case", tmp_path / "a", expect=salvor.DONE)
    made = json.loads((tmp_path / "a" / "plan.json").read_bytes())
    assert made["table"]["uri"] == os.path.realpath(table.path)
    assert "'lale'" in team.run("status", "lale:x.t", expect=salvor.FAILED).said
    team.run("status", "lake:../x.t", expect=salvor.USAGE)


# -- salvor.yaml


def test_salvor_yaml_is_found_in_a_folder_above(table, case, team):
    table.delete(2)
    below = team.folder / "a" / "b"
    below.mkdir(parents=True)
    salvor.run("plan", table.path, "--case", case, prefix=("env", "-C", below), expect=salvor.DONE)
    assert json.loads((case / "plan.json").read_bytes())["review"]["approvals"] == 1


@pytest.mark.parametrize("text, line, word", [
    ("review:\n  aprovals: 1\n", 2, "'approvals'"),
    ("review:\n  approvals: one\n", 2, "whole number"),
    ("review: {approvals: 1}\nreview: {approvals: 0}\n", 2, "second time"),
    ("warehouses:\n  l: {delta: {rot: x}}\n", 2, "'root'"),
    ("a: &a [*a]\n", 1, "anchor"),
    ("review: " + "[" * 5000 + "\n", 1, ""),
    ("tables:\n  l:a.b: {calendar: {}}\n", 2, ""),
    ("\x00", 1, "NUL"),
])
def test_what_is_wrong_with_salvor_yaml_is_told_by_line(table, team, text, line, word):
    path = team.folder / "salvor.yaml"
    path.write_text(text, encoding="latin-1")
    done = team.run("status", table.path)
    assert done.code in (salvor.USAGE, salvor.FAILED), done
    assert f"{path}:{line}" in done.said and word in done.said, done


def test_salvor_yaml_that_everybody_may_write_decides_nothing(table, team):
    (team.folder / "salvor.yaml").chmod(0o666)
    team.run("status", table.path, expect=salvor.REFUSED)
    (team.folder / "salvor.yaml").chmod(0o644)
    (team.folder / "allowed_signers").chmod(0o646)
    team.run("plan", table.path, "--case", team.folder / "c", expect=salvor.REFUSED)


# -- what must not get through


def test_a_weaker_config_does_not_weaken_the_plan(table, persisted, team, tmp_path):
    weak = tmp_path / "weak.yaml"
    weak.write_text("review: {approvals: 0}\n")
    refused_without_a_trace(table, "apply", persisted, "--yes", "--config", weak)
    refused_without_a_trace(table, "apply", persisted, "--yes")
    own = Team(tmp_path / "own", team.lake)
    own.key("mallory")
    own.signers = [f"bob@example.com {own.public('mallory')}"]
    own.write()
    done = own.run("approve", persisted, "--as", "bob@example.com", "--key", own.key("mallory"),
                   expect=salvor.REFUSED)
    assert "when the plan was made" in done.said
    own.run("approve", persisted, "--as", "bob@example.com", "--key", own.key("mallory"),
            "--allow-other-signers", expect=salvor.DONE)
    refused(table, own, "apply", persisted, "--yes")
    refused(table, team, "apply", persisted, "--yes", "--allow-other-signers")


def test_a_stricter_config_counts_for_an_older_plan(table, case, team):
    table.delete(2)
    salvor.run("plan", table.path, "--case", case, expect=salvor.DONE)
    salvor.run("persist", case, expect=salvor.DONE)
    refused(table, team, "apply", case, "--yes")
    team.approve(case, "bob")
    team.run("apply", case, "--yes", expect=salvor.DONE)


def test_the_author_cannot_approve(table, persisted, team):
    team.admit("ann", "ann@example.com")
    team.write()
    team.approve(persisted, "ann", expect=salvor.REFUSED)
    forge(team, persisted, "ann")
    refused(table, team, "apply", persisted, "--yes", "--allow-other-signers")


def test_an_approval_and_a_rejection_cannot_be_passed_off_as_each_other(table, persisted, team):
    team.approve(persisted, "bob", "--reject", "--reason", "a privacy request")
    done = refused(table, team, "apply", persisted, "--yes")
    assert "a privacy request" in done.said
    (path,) = statements(persisted)
    turned = path.read_bytes().replace(b'"reject"', b'"approve"')
    new = path.with_name(hashlib.sha256(turned).hexdigest() + ".json")
    new.write_bytes(turned)
    new.with_name(new.name + ".sig").write_bytes(path.with_name(path.name + ".sig").read_bytes())
    refused(table, team, "apply", persisted, "--yes")
    path.unlink()
    refused(table, team, "apply", persisted, "--yes")


def test_a_rejection_blocks_though_another_approved_until_the_same_person_does(table, persisted, team):
    team.approve(persisted, "bob")
    team.approve(persisted, "carol", "--reject", "--reason", "look again")
    refused(table, team, "apply", persisted, "--yes")
    team.approve(persisted, "carol")
    team.run("apply", persisted, "--yes", expect=salvor.DONE)


def test_an_approval_of_another_case_does_not_count(table, persisted, team, tmp_path):
    table.delete(5)
    other = tmp_path / "other"
    team.run("plan", table.path, "--case", other, expect=salvor.DONE)
    team.approve(other, "bob")
    shutil.copytree(other / "approvals", persisted / "approvals")
    done = refused(table, team, "apply", persisted, "--yes")
    assert "another plan" in done.said


@pytest.mark.parametrize("changes", [
    {"namespace": "git"}, {"who": "carol@example.com"}, {"plan": "0" * 64},
    {"expires": "2026-01-02T00:00:00Z"}, {"verbs": ["undo"]}, {"signed_at": "2999-01-01T00:00:00Z"},
    {"anchor": {"line": 7, "hash": "1" * 64}}, {"format": 2}, {"who": "*@example.com"}], ids=str)
def test_a_statement_that_is_not_quite_right_does_not_count(table, persisted, team, changes):
    forge(team, persisted, "bob", **changes)
    refused(table, team, "apply", persisted, "--yes")
    forge(team, persisted, "bob")
    team.run("apply", persisted, "--yes", expect=salvor.DONE)


def test_two_approvals_are_two_people_with_two_keys(table, case, team):
    team.admit("bob", "robert@example.com")
    team.write("approvals: 2")
    table.delete(2)
    team.run("plan", table.path, "--case", case, expect=salvor.DONE)
    team.run("persist", case, expect=salvor.DONE)
    team.approve(case, "bob")
    team.approve(case, "bob")
    team.approve(case, "bob", who="robert@example.com")
    done = refused(table, team, "apply", case, "--yes")
    assert "2 approvals must cover apply" in done.said
    team.approve(case, "carol")
    team.run("apply", case, "--yes", expect=salvor.DONE)


def test_revoked_and_expired_keys_do_not_count(table, persisted, team):
    team.approve(persisted, "bob")
    (team.folder / "revoked").write_text(team.public("bob") + "\n")
    team.write("approvals: 1\n  revoked: ./revoked")
    done = refused(table, team, "apply", persisted, "--yes")
    assert "revoked" in done.said
    team.write()
    signers = team.signers
    team.signers = [line.replace("bob@example.com ", 'bob@example.com valid-before="20200101" ')
                    for line in signers]
    team.write()
    refused(table, team, "apply", persisted, "--yes")
    team.signers = signers
    team.write()
    team.run("apply", persisted, "--yes", expect=salvor.DONE)


def test_a_certificate_counts(table, case, team):
    team.key("ca")
    team.key("dave")
    ssh_keygen("-q", "-s", team.folder / "ca", "-I", "dave", "-n", "dave@example.com", "-V", "+1h",
               team.folder / "dave.pub")
    team.signers.append(f'*@example.com cert-authority,namespaces="salvor-plan" {team.public("ca")}')
    team.write()
    table.delete(2)
    team.run("plan", table.path, "--case", case, expect=salvor.DONE)
    team.run("persist", case, expect=salvor.DONE)
    team.run("approve", case, "--as", "carol@example.com", "--key", team.folder / "dave-cert.pub",
             expect=salvor.REFUSED)
    team.run("approve", case, "--as", "dave@example.com", "--key", team.folder / "dave-cert.pub",
             expect=salvor.DONE)
    team.run("apply", case, "--yes", expect=salvor.DONE)


def test_a_stale_signature_file_beside_the_key_or_the_plan_changes_nothing(table, persisted, team):
    for path in (team.folder / "bob.sig", persisted / "plan.json.sig"):
        path.write_text("stale")
    team.approve(persisted, "bob")
    assert (team.folder / "bob.sig").read_text() == "stale"
    team.run("apply", persisted, "--yes", expect=salvor.DONE)


def test_a_plan_that_changed_by_one_byte_has_no_approvals(table, persisted, team):
    team.approve(persisted, "bob")
    path = persisted / "plan.json"
    path.write_bytes(path.read_bytes().replace(b'"intact":3', b'"intact":2'))
    before = table.counts()
    team.run("apply", persisted, "--yes", expect={salvor.REFUSED, salvor.FAILED})
    assert table.counts() == before


def test_yes_is_no_approval_and_persist_and_clean_need_none(table, persisted, team):
    refused(table, team, "apply", persisted, "--yes")
    refused(table, team, "clean", persisted, "--abandon", "--yes")
    team.approve(persisted, "bob", "--verbs", "abandon")
    refused(table, team, "apply", persisted, "--yes")
    team.run("clean", persisted, "--abandon", "--yes", expect=salvor.DONE)


def test_review_that_is_turned_off_is_shown(lake, tmp_path, team):
    table = DailyLake(lake / "t")
    table.delete(2)
    name = f"lake:{lake.name}.t"
    team.write(more=f"tables:\n  {name}: {{review: {{approvals: 0}}}}\n")
    case = tmp_path / "case"
    done = team.run("plan", name, "--case", case, expect=salvor.DONE)
    assert "TURNED OFF" in done.out and "TURNED OFF" in done.err
    team.run("persist", case, expect=salvor.DONE)
    assert "TURNED OFF" in team.run("apply", case, "--yes", expect=salvor.DONE).err
    assert '"approvals: 0"' in (case / "journal.jsonl").read_text()


def test_a_rejection_needs_a_reason_and_a_key_must_be_there(persisted, team):
    team.approve(persisted, "bob", "--reject", expect=salvor.USAGE)
    team.approve(persisted, "bob", "--verbs", "aply", expect=salvor.USAGE)
    team.approve(persisted, "bob", who="*@example.com", expect=salvor.USAGE)
    team.run("approve", persisted, "--as", "bob@example.com", "--key", team.folder / "absent",
             expect=salvor.FAILED)
    assert not (persisted / "approvals").exists()
