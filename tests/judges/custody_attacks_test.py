"""Everything that somebody might try with approvals, keys, journals and names; docs/custody.md lists it.

Real ssh-keygen makes and checks the keys.
"""

import getpass
import hashlib
import json
import os
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

import salvor_run as salvor
from delta_folder import digest

ANN, BOB, CAROL = "ann@example.com", "bob@example.com", "carol@example.com"


def keygen(*words, **more):
    return subprocess.run(["ssh-keygen", *map(str, words)], check=True, capture_output=True, text=True, **more)


class Team:
    """A salvor.yaml, keys for Ann (who is the user that runs this), Bob and Carol, and an approved way to sign."""

    def __init__(self, folder, approvals=1, signers=None, people=None):
        self.folder = folder
        self.keys = {}
        for name in (ANN, BOB, CAROL):
            self.keys[name] = folder / name.split("@")[0]
            keygen("-q", "-t", "ed25519", "-N", "", "-C", name, "-f", self.keys[name])
        self.allow(signers or self.keys)
        self.yaml = folder / "salvor.yaml"
        self.write(approvals, people)

    def public(self, name):
        return self.keys[name].with_suffix(".pub").read_text().split(" ")[:2]

    def allow(self, keys):
        lines = [f"{who} namespaces=\"salvor-plan\" {' '.join(Path(str(key) + '.pub').read_text().split(' ')[:2])}\n"
                 for who, key in keys.items()]
        (self.folder / "allowed_signers").write_text("".join(lines))

    def write(self, approvals, people=None):
        people = people or {"Ann": {"os_users": [getpass.getuser()], "principals": [ANN]},
                            "Bob": {"principals": [BOB]}, "Carol": {"principals": [CAROL]}}
        self.yaml.write_text("review:\n" + f"  approvals: {approvals}\n  allowed_signers: ./allowed_signers\n"
                             + "  distinct: [approver, author]\n  people: " + json.dumps(people) + "\n")

    def run(self, *arguments, expect=None):
        return salvor.run(*arguments, expect=expect, prefix=["env", "-C", str(self.folder)])

    def approve(self, case, who=BOB, *more, key=None, expect=salvor.DONE):
        return self.run("approve", case, "--as", who, "--key", key or self.keys[who], "--no-input", *more, expect=expect)

    def plan(self, table, case):
        self.run("plan", table.path, "--case", case, expect=salvor.DONE)
        self.run("persist", case, expect=salvor.DONE)


@pytest.fixture
def team(tmp_path):
    return Team(tmp_path)


@pytest.fixture
def planned(team, table, case):
    table.delete(2, 3)
    team.plan(table, case)
    return table


def refused(team, table, *command, expect=frozenset({salvor.REFUSED})):
    before = digest(table.path)
    done = team.run(*command, expect=expect)
    assert digest(table.path) == before, f"the table changed\n{done}"
    return done


def statements(case):
    return sorted((case / "approvals").glob("*.json"))


def put_statement(case, changed, signature):
    """As an attacker who may write into the case would: canonical bytes under their own name."""
    bytes_ = (json.dumps(changed, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n").encode()
    path = case / "approvals" / (hashlib.sha256(bytes_).hexdigest() + ".json")
    path.write_bytes(bytes_)
    Path(str(path) + ".sig").write_text(signature)
    return path


def signature_of(path):
    return Path(str(path) + ".sig").read_text()


def drop_notes(case, step="approve"):
    """The journal anew, as nobody but an attacker writes it: without the lines of that step."""
    previous = hashlib.sha256((case / "plan.json").read_bytes()).hexdigest()
    lines, number = [], 0
    for text in (case / "journal.jsonl").read_text().splitlines():
        line = json.loads(text)
        if line["step"] == step:
            continue
        number += 1
        lines.append(sealed(line, number, previous))
        previous = json.loads(lines[-1])["hash"]
    (case / "journal.jsonl").write_text("".join(line + "\n" for line in lines))


def sealed(line, number, previous):
    line = {**line, "n": number, "prev": previous}
    line.pop("hash", None)
    plain = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    line["hash"] = hashlib.sha256(plain.encode()).hexdigest()
    return json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


# The honest way, so that the refusals below mean something -----------------------------------------------------------


def test_approved_plan_is_applied_and_the_audit_knows_who(team, planned, case):
    refused(team, planned, "apply", case, "--yes")
    team.approve(case)
    team.run("apply", case, "--yes", expect=salvor.DONE)
    team.run("verify", case, expect=salvor.DONE)
    audit = team.run("audit", case, "--json", expect=salvor.DONE).json
    assert [a["who"] for a in audit["approvals"]] == [BOB] and not audit["problems"]
    assert audit["vouched"] >= 1 and audit["verdict"] == "unproven"
    assert any(d["step"] == "apply" and getpass.getuser() in d["who"] for d in audit["deeds"])


def test_audit_works_with_nothing_but_the_case_and_allowed_signers(team, planned, case, tmp_path_factory):
    team.approve(case)
    team.run("apply", case, "--yes", expect=salvor.DONE)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(case, elsewhere / "case")
    shutil.copy(team.folder / "allowed_signers", elsewhere / "signers")
    shutil.rmtree(planned.path)
    done = salvor.run("audit", "case", "--allowed-signers", "signers", "--json", expect=salvor.DONE,
                      prefix=["env", "-C", str(elsewhere)])
    assert not done.json["problems"] and done.json["approvals"][0]["problem"] == ""
    # Without the file nothing can be checked, and what cannot be checked does not count.
    blind = salvor.run("audit", "case", expect=salvor.REFUSED, prefix=["env", "-C", str(elsewhere)])
    assert "--allowed-signers" in blind.out


# The plan ------------------------------------------------------------------------------------------------------------


def edit_plan(case):
    text = (case / "plan.json").read_text()
    edited = text.replace('"intact":3', '"intact":4', 1)
    assert edited != text
    (case / "plan.json").write_text(edited)


def test_edited_plan_has_no_approvals(team, planned, case):
    team.approve(case)
    edit_plan(case)
    refused(team, planned, "apply", case, "--yes", expect={salvor.REFUSED, salvor.FAILED})
    assert team.run("audit", case, expect=salvor.FAILED).err
    (case / "journal.jsonl").unlink()  # the journal would give it away, so it goes too
    done = refused(team, planned, "apply", case, "--yes")
    assert "another plan" in done.err or "approv" in done.err


def test_plan_that_asks_for_no_approval_is_not_believed(team, planned, case):
    text = (case / "plan.json").read_text()
    plan = json.loads(text)
    plan["review"] = {"approvals": 0}
    plan.pop("author", None)
    (case / "plan.json").write_text(json.dumps(plan, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n")
    (case / "journal.jsonl").unlink()
    refused(team, planned, "apply", case, "--yes", expect={salvor.REFUSED, salvor.FAILED})


def test_yes_is_no_approval(team, planned, case):
    done = refused(team, planned, "apply", case, "--yes", "--no-input")
    assert "approv" in done.err


# Statements ----------------------------------------------------------------------------------------------------------


def test_rejection_passed_off_as_an_approval_counts_for_nothing(team, planned, case):
    team.approve(case, BOB, "--reject", "--reason", "wrong month")
    (real,) = statements(case)
    changed = {**json.loads(real.read_text()), "decision": "approve"}
    put_statement(case, changed, signature_of(real))
    done = refused(team, planned, "apply", case, "--yes")
    assert "rejected" in done.err
    # Nor does it help to take the rejection itself away: the journal knows it.
    real.unlink()
    Path(str(real) + ".sig").unlink()
    done = refused(team, planned, "apply", case, "--yes")
    assert "is gone" in done.err
    drop_notes(case)
    refused(team, planned, "apply", case, "--yes")


def test_approval_passed_off_as_a_rejection_blocks_nobody(team, planned, case):
    team.approve(case)
    (real,) = statements(case)
    changed = {**json.loads(real.read_text()), "decision": "reject", "reason": "so that nothing goes on"}
    forged = put_statement(case, changed, signature_of(real))
    team.run("apply", case, "--yes", expect=salvor.DONE)
    audit = team.run("audit", case, "--json", expect=salvor.DONE).json
    problems = {Path(a["file"]).name: a["problem"] for a in audit["approvals"]}
    assert problems[forged.name] and not problems[real.name]


def test_swapped_approval_counts_for_nothing(team, planned, case):
    team.approve(case, BOB)
    (bobs,) = statements(case)
    text = json.loads(bobs.read_text())
    put_statement(case, {**text, "who": CAROL}, signature_of(bobs))
    bobs.unlink()
    Path(str(bobs) + ".sig").unlink()
    drop_notes(case)
    refused(team, planned, "apply", case, "--yes")


def test_stretched_approval_counts_for_nothing(team, planned, case):
    team.approve(case, BOB, "--verbs", "undo")
    refused(team, planned, "apply", case, "--yes")
    (real,) = statements(case)
    put_statement(case, {**json.loads(real.read_text()), "verbs": ["apply"], "expires": None}, signature_of(real))
    refused(team, planned, "apply", case, "--yes")


def test_approval_copied_from_another_case_counts_for_nothing(team, planned, case, tmp_path):
    other = tmp_path / "other"
    team.run("plan", planned.path, "--case", other, "--partitions", "2024-01-02", expect=salvor.DONE)
    team.approve(other)
    shutil.copytree(other / "approvals", case / "approvals")
    done = refused(team, planned, "apply", case, "--yes")
    assert "another plan" in done.err or "0 of 1" in done.err or "approv" in done.err


def test_stale_signature_does_not_pass_for_a_new_one(team, planned, case):
    team.approve(case, BOB, "--verbs", "undo")
    (undo,) = statements(case)
    old = signature_of(undo)
    # ssh-keygen would find such files beside what it signs, and report success without signing.
    for name in ["-.sig", "stdin.sig", "bob.sig", "(standard input).sig"]:
        (team.folder / name).write_text(old)
    team.keys[BOB].chmod(0o644)  # a key that ssh-keygen will not touch
    failed = team.approve(case, BOB, expect={salvor.REFUSED, salvor.FAILED})
    assert len(statements(case)) == 1, failed
    refused(team, planned, "apply", case, "--yes")


# People --------------------------------------------------------------------------------------------------------------


def test_nobody_approves_ones_own_plan(team, planned, case):
    done = team.approve(case, ANN, expect=salvor.REFUSED)
    assert "author" in done.err
    assert not (case / "approvals").exists() or not statements(case)


@pytest.mark.parametrize("people", [None, {"Bob": {"principals": [BOB]}}])
def test_author_who_is_only_named_is_nobody_else(tmp_path, table, case, people):
    """Whoever made the plan writes another author into it, signs with a key of their own and applies it."""
    team = Team(tmp_path, people=people)
    table.delete(2)
    team.plan(table, case)
    plan = json.loads((case / "plan.json").read_text())
    plan["author"] = {"kind": "os_user", "name": "somebody-else"}
    (case / "plan.json").write_text(json.dumps(plan, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n")
    (case / "journal.jsonl").unlink()
    team.run("persist", case, expect=salvor.DONE)
    team.approve(case, ANN, expect={salvor.DONE, salvor.REFUSED})
    done = refused(team, table, "apply", case, "--yes")
    assert "nobody has proven who made the plan" in done.err
    assert "nobody has proven who made the plan" in team.run("show", case, expect=salvor.DONE).out


def test_author_who_signed_the_plan_need_not_be_known_by_any_other_name(tmp_path, table, case):
    team = Team(tmp_path, people={"Bob": {"principals": [BOB]}})
    table.delete(2)
    team.run("plan", table.path, "--case", case, "--as", ANN, "--key", team.keys[BOB], "--no-input",
             expect=salvor.REFUSED)
    assert not case.exists()
    team.run("plan", table.path, "--case", case, "--as", ANN, "--key", team.keys[ANN], "--no-input", expect=salvor.DONE)
    team.run("persist", case, expect=salvor.DONE)
    assert "person" in team.approve(case, ANN, expect=salvor.REFUSED).err
    team.approve(case, BOB)
    team.run("apply", case, "--yes", expect=salvor.DONE)
    said = f"{ANN} (SHA256:"
    assert said in team.run("show", case, expect=salvor.DONE).out
    audit = json.loads(team.run("audit", case, "--json", expect=salvor.DONE).out)
    assert said in audit["author"] and "signed the plan as its author" in audit["author"]
    assert [one["decision"] for one in audit["approvals"] if not one["problem"]].count("author") == 1


def test_older_copy_of_the_case_does_not_apply_what_was_rejected(team, planned, case, tmp_path):
    team.approve(case, BOB)
    older = tmp_path / "older"
    shutil.copytree(case, older)
    done = team.approve(case, CAROL, "--reject", "--reason", "a lawful deletion")
    assert "does not keep" not in done.err
    for command in (["apply"], ["clean", "--abandon"]):
        assert "keeps a rejection" in refused(team, planned, command[0], older, *command[1:], "--yes").err
    refused(team, planned, "apply", case, "--yes")


def test_case_that_everybody_may_write_decides_nothing(team, planned, case):
    team.approve(case, BOB)
    case.chmod(0o757)
    assert "chmod" in refused(team, planned, "apply", case, "--yes").err
    assert "everybody may write" in team.run("audit", case, expect=salvor.REFUSED).out
    case.chmod(0o755)
    team.run("apply", case, "--yes", expect=salvor.DONE)


def test_rejection_before_there_is_a_copy_is_kept_where_that_will_lie(team, table, case, tmp_path):
    table.delete(2, 3)
    team.run("plan", table.path, "--case", case, expect=salvor.DONE)
    older = tmp_path / "older"
    shutil.copytree(case, older)
    team.approve(older, BOB)
    done = team.approve(case, CAROL, "--reject", "--reason", "a lawful deletion")
    assert "does not keep" not in done.err
    team.run("persist", older, expect=salvor.DONE)  # rows that are saved privately harm nobody
    assert "keeps a rejection" in refused(team, table, "apply", older, "--yes").err
    assert "keeps a rejection" in refused(team, table, "clean", older, "--abandon", "--yes").err


def acl_for_another(path, permissions):
    """A POSIX ACL with one named user, whose rights the mode shows as the group's."""
    entries = [(1, 7, 0xffffffff), (2, permissions, 4242), (4, 5, 0xffffffff), (16, permissions | 5, 0xffffffff),
               (32, 5, 0xffffffff)]
    try:
        os.setxattr(path, "system.posix_acl_access", struct.pack("<I", 2) + b"".join(
            struct.pack("<HHI", *entry) for entry in entries))
    except OSError as error:
        pytest.skip(f"no ACLs on this file system: {error}")


@pytest.mark.parametrize("what", ["", "plan.json", "journal.jsonl", "approvals"])
def test_case_that_an_acl_opens_to_another_decides_nothing(team, planned, case, what):
    team.approve(case, BOB)
    mode = (case / what).stat().st_mode & 0o777
    acl_for_another(case / what, 7)
    assert "setfacl" in refused(team, planned, "apply", case, "--yes").err
    assert "access control list" in team.run("audit", case, expect=salvor.REFUSED).out
    acl_for_another(case / what, 5)  # who may only look changes nothing
    team.run("show", case, expect=salvor.DONE)
    os.removexattr(case / what, "system.posix_acl_access")
    (case / what).chmod(mode)
    team.run("apply", case, "--yes", expect=salvor.DONE)


def test_salvor_yaml_that_an_acl_opens_to_another_decides_nothing(team, planned, case):
    team.approve(case, BOB)
    acl_for_another(team.yaml, 6)
    assert "access control list" in refused(team, planned, "apply", case, "--yes").err


def test_case_of_a_group_is_for_all_of_them(team, planned, case):
    for path in (case, case / "plan.json", case / "journal.jsonl"):
        path.chmod(path.stat().st_mode | 0o020)
    team.approve(case, BOB)
    team.run("apply", case, "--yes", expect=salvor.DONE)


def test_one_person_under_two_names_counts_once(tmp_path, table, case):
    people = {"Ann": {"os_users": [getpass.getuser()], "principals": [ANN]}, "Bob": {"principals": [BOB, CAROL]}}
    team = Team(tmp_path, approvals=2, people=people)
    table.delete(2)
    team.plan(table, case)
    team.approve(case, BOB)
    team.approve(case, CAROL, expect={salvor.DONE, salvor.REFUSED})
    refused(team, table, "apply", case, "--yes")


def test_one_key_under_two_principals_counts_once(tmp_path, table, case):
    team = Team(tmp_path, approvals=2)
    team.allow({BOB: team.keys[BOB], CAROL: team.keys[BOB]})
    table.delete(2)
    team.plan(table, case)
    team.approve(case, BOB)
    team.approve(case, CAROL, key=team.keys[BOB], expect={salvor.DONE, salvor.REFUSED})
    refused(team, table, "apply", case, "--yes")


def test_two_people_with_two_keys_are_two(tmp_path, table, case):
    team = Team(tmp_path, approvals=2)
    table.delete(2)
    team.plan(table, case)
    team.approve(case, BOB)
    refused(team, table, "apply", case, "--yes")
    team.approve(case, CAROL)
    team.run("apply", case, "--yes", expect=salvor.DONE)
    assert not team.run("audit", case, "--json", expect=salvor.DONE).json["problems"]


def test_stranger_with_a_key_of_ones_own_is_nobody(team, planned, case, tmp_path):
    keygen("-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "mallory")
    team.approve(case, BOB, key=tmp_path / "mallory", expect=salvor.REFUSED)
    # Added to allowed_signers after the plan was made, it still does not count for it.
    team.allow({**team.keys, "mallory@example.com": tmp_path / "mallory"})
    team.approve(case, "mallory@example.com", key=tmp_path / "mallory", expect=salvor.REFUSED)
    refused(team, planned, "apply", case, "--yes")


def test_revoked_key_no_longer_counts(team, planned, case):
    team.approve(case)
    shutil.copy(str(team.keys[BOB]) + ".pub", team.folder / "revoked")
    team.yaml.write_text(team.yaml.read_text().replace("  distinct", "  revoked: ./revoked\n  distinct"))
    refused(team, planned, "apply", case, "--yes")


def test_weaker_config_cannot_weaken_the_plans_policy(team, planned, case, tmp_path):
    weak = tmp_path / "weak.yaml"
    weak.write_text("review: {approvals: 0}\n")
    weak.chmod(0o600)
    refused(team, planned, "apply", case, "--yes", "--config", weak)
    strangers = tmp_path / "strangers"
    keygen("-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "mallory")
    strangers.write_text("mallory " + " ".join((tmp_path / "mallory.pub").read_text().split(" ")[:2]) + "\n")
    weak.write_text("review: {approvals: 1, allowed_signers: ./strangers}\n")
    team.run("approve", case, "--as", "mallory", "--key", tmp_path / "mallory", "--config", weak,
             expect={salvor.DONE, salvor.REFUSED})
    refused(team, planned, "apply", case, "--yes", "--config", weak)


# Journal -------------------------------------------------------------------------------------------------------------


def applied(team, table, case):
    team.approve(case)
    team.run("apply", case, "--yes", expect=salvor.DONE)


def test_replay_after_undo_is_refused(team, planned, case):
    applied(team, planned, case)
    team.run("undo", case, "--yes", expect=salvor.DONE)
    refused(team, planned, "apply", case, "--yes")
    assert not team.run("audit", case, "--json", expect=salvor.DONE).json["problems"]


def test_edited_journal_stops_every_verb_and_is_found(team, planned, case):
    applied(team, planned, case)
    path = case / "journal.jsonl"
    text = path.read_text()
    path.write_text(text.replace(getpass.getuser(), "nobody", 1))
    refused(team, planned, "apply", case, "--yes", expect={salvor.FAILED})
    done = team.run("audit", case, expect=salvor.FAILED)
    assert "was altered" in done.out and "PROBLEM" in done.out


def test_removed_and_moved_lines_are_found(team, planned, case):
    applied(team, planned, case)
    path = case / "journal.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    for n in range(len(lines) - 1):
        path.write_text("".join(lines[:n] + lines[n + 1:]))
        team.run("audit", case, expect=salvor.FAILED)
        path.write_text("".join(lines[:n] + [lines[n + 1], lines[n]] + lines[n + 2:]))
        team.run("audit", case, expect=salvor.FAILED)


def test_journal_cut_below_an_anchor_is_found(team, planned, case):
    applied(team, planned, case)
    path = case / "journal.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0])
    done = team.run("audit", case, expect=salvor.FAILED)
    assert "cut off, or it was written anew" in done.out


def test_journal_cut_after_the_last_anchor_is_called_unproven(team, planned, case):
    applied(team, planned, case)
    path = case / "journal.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    head = json.loads(lines[-1])
    path.write_text("".join(lines[:-1]))
    audit = team.run("audit", case, "--json", expect=salvor.DONE).json
    assert audit["verdict"] == "unproven" and audit["vouched"] < len(lines) - 1
    assert not [d for d in audit["deeds"] if d["line"] > audit["vouched"] and d["vouched"]]
    # A head that the ticket keeps finds it.
    done = team.run("audit", case, "--head", f"salvor-journal {head['n']} {head['hash']}", expect=salvor.FAILED)
    assert "cut off" in done.out


def test_journal_written_anew_without_the_approval_is_refused_by_the_audit(team, planned, case):
    applied(team, planned, case)
    drop_notes(case)
    shutil.rmtree(case / "approvals")
    done = team.run("audit", case, expect=salvor.REFUSED)
    assert "without what the policy asked for" in done.out


def test_approval_signed_after_the_fact_does_not_heal_an_apply(team, planned, case):
    applied(team, planned, case)
    drop_notes(case)
    shutil.rmtree(case / "approvals")
    team.approve(case, CAROL)
    done = team.run("audit", case, expect=salvor.REFUSED)
    assert "without what the policy asked for" in done.out


def test_missing_approval_file_is_found(team, planned, case):
    applied(team, planned, case)
    (real,) = statements(case)
    real.unlink()
    done = team.run("audit", case, expect=salvor.FAILED)
    assert "is gone" in done.out


@pytest.mark.parametrize("name", ["plan.json", "journal.jsonl", "proof.json", "approvals"])
def test_links_in_a_case_are_not_followed(team, planned, case, tmp_path, name):
    applied(team, planned, case)
    team.run("verify", case, expect=salvor.DONE)
    (case / name).rename(tmp_path / "elsewhere")
    (case / name).symlink_to(tmp_path / "elsewhere")
    team.run("audit", case, expect=salvor.FAILED)


@pytest.mark.parametrize("bytes_", [b"\xff\xfe\n", b"[" * 1_000_000 + b"\n", b"\0" * 100 + b"\n", b"{}\n", b"\n"])
def test_hostile_files_in_a_case_are_refused_in_words(team, planned, case, bytes_):
    applied(team, planned, case)
    for name in ["journal.jsonl", "proof.json", "plan.json"]:
        path = case / name
        kept = path.read_bytes() if path.exists() else None
        path.write_bytes(bytes_)
        done = team.run("audit", case, expect=salvor.FAILED)
        assert "\x1b" not in done.said and "\0" not in done.said and done.err
        path.unlink()
        if kept is not None:
            path.write_bytes(kept)


def test_names_in_a_case_do_not_act_on_the_terminal(team, planned, case):
    applied(team, planned, case)
    nasty = "eve\x1b[2J\u202e\u200b\u009b"
    path = case / "journal.jsonl"
    lines = path.read_text().splitlines()
    last = json.loads(lines[-1])
    path.write_text("\n".join(lines) + "\n" + sealed(
        {**last, "step": "apply", "kind": "note", "data": {"text": nasty, "who": nasty}}, last["n"] + 1, last["hash"]) + "\n")
    done = team.run("audit", case, expect=salvor.DONE)
    assert "\x1b" not in done.out and "\u202e" not in done.out and "eve\\x1b[2J\\u202e\\u200b\\x9b" in done.out
    done = team.run("audit", case, "--json", expect=salvor.DONE)
    assert not set("\x1b\u202e\u200b\u009b") & set(done.out) and done.json["deeds"][-1]["who"] == nasty
