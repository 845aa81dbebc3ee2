"""Ways around the review by what lies about: programs, variables, folders, files, clocks; and how people sign."""

import getpass
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time

import pytest

import salvor_run as salvor
from custody_attacks_test import BOB, CAROL, Team, keygen, planned, refused, statements, team  # noqa: F401

PASSPHRASE = "a passphrase of Bob's"


def run_with(team, environment, *arguments, expect=None):  # noqa: F811
    return salvor.run(*arguments, expect=expect, prefix=["env", "-C", str(team.folder)], env=environment)


# What lies about ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", ".", "below", "./below"])
def test_program_in_the_working_folder_is_not_run(team, planned, case, path):  # noqa: F811
    (team.folder / "below").mkdir()
    for folder in (team.folder, team.folder / "below"):
        # It would call every signature good.
        fake = folder / "ssh-keygen"
        fake.write_text(f"#!/bin/sh\ntouch {team.folder}/ran\necho 'Good \"salvor-plan\" signature for x with ED25519 "
                        f"key SHA256:x'\necho {BOB}\n")
        fake.chmod(0o755)
    forged = case / "approvals"
    team.approve(case, BOB, "--verbs", "undo")
    (undo,) = statements(case)
    changed = undo.read_text().replace('"undo"', '"apply"')
    import hashlib
    new = forged / (hashlib.sha256(changed.encode()).hexdigest() + ".json")
    new.write_text(changed)
    new.with_name(new.name + ".sig").write_text((forged / (undo.name + ".sig")).read_text())
    for folder in (path, team.folder):  # also where the fake's folder is named in full
        done = run_with(team, {"PATH": f"{folder}:{os.environ['PATH']}"}, "apply", case, "--yes", expect=salvor.REFUSED)
        assert not (team.folder / "ran").exists(), done


def test_neither_variables_nor_a_home_elsewhere_weaken_the_plan(team, planned, case, tmp_path_factory):  # noqa: F811
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for environment in [{"HOME": str(team.folder)}, {"HOME": str(elsewhere)}, {"HOME": ""}, {"HOME": "."},
                        {"SALVOR_CONFIG": "/dev/null"}, {"SALVOR_YES": "1", "CI": "1"}, {"TZ": "Asia/Tokyo"},
                        {"USER": "bob", "LOGNAME": "bob", "SUDO_USER": "bob"}]:
        done = run_with(team, environment, "apply", case, "--yes", "--no-input", expect=salvor.REFUSED)
        assert "approv" in done.err, environment
    # No salvor.yaml in reach at all.
    salvor.run("apply", case, "--yes", expect=salvor.REFUSED, prefix=["env", "-C", str(elsewhere)])
    # One that lies in the working folder and asks for nothing.
    (elsewhere / "salvor.yaml").write_text("review: {approvals: 0, distinct: []}\n")
    salvor.run("apply", case, "--yes", expect=salvor.REFUSED, prefix=["env", "-C", str(elsewhere)])


def test_case_folder_behind_a_link_is_the_same_case(team, planned, case):  # noqa: F811
    link = team.folder / "link"
    link.symlink_to(case)
    refused(team, planned, "apply", link, "--yes")
    team.approve(link)
    team.run("apply", link, "--yes", expect=salvor.DONE)
    assert not team.run("audit", link, "--json", expect=salvor.DONE).json["problems"]


def test_journal_that_is_a_link_is_not_written_to(team, planned, case, tmp_path):  # noqa: F811
    target = tmp_path / "somebody's file"
    for target_text in (None, "", "precious\n"):
        if target_text is not None:
            target.write_text(target_text)
        (case / "journal.jsonl").unlink(missing_ok=True)
        (case / "journal.jsonl").symlink_to(target)
        for command in [("apply", case, "--yes"), ("persist", case), ("verify", case)]:
            refused(team, planned, *command, expect={salvor.FAILED, salvor.REFUSED})
        assert target.exists() == (target_text is not None)
        assert not target.exists() or target.read_text() == target_text


def test_odd_files_among_the_approvals_neither_count_nor_stop_anybody(team, planned, case):  # noqa: F811
    team.approve(case)
    folder = case / "approvals"
    (real,) = statements(case)
    for name in [".DS_Store", "README.md", "x.json", "x.json.sig", "-rf", "new\nline.json", "\u202egnp.json", "a b",
                 "%s%n.json", real.name.upper(), real.name + ".bak", "é.json"]:
        (folder / name).write_bytes(b"\xff\x00{}")
    (folder / "sub").mkdir()
    (folder / "link.json").symlink_to(real)
    os.mkfifo(folder / "pipe.json")
    with open(folder / "huge.json", "wb") as huge:
        huge.truncate(1 << 40)
    audit = team.run("audit", case, "--json", expect=salvor.DONE).json
    assert [one["who"] for one in audit["approvals"] if not one["problem"]] == [BOB]
    shown = team.run("audit", case, expect=salvor.DONE).out
    assert "\u202e" not in shown and "new\nline" not in shown
    team.run("apply", case, "--yes", expect=salvor.DONE)


def test_line_ends_of_another_system_change_nothing(team, table, case):  # noqa: F811
    for path in (team.folder / "allowed_signers", team.yaml):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    table.delete(2)
    team.plan(table, case)
    refused(team, table, "apply", case, "--yes")
    team.approve(case)
    # The same signers, as git may have written them out on another machine.
    signers = team.folder / "allowed_signers"
    signers.write_bytes(signers.read_bytes().replace(b"\r\n", b"\n"))
    team.run("apply", case, "--yes", expect=salvor.DONE)


@pytest.mark.parametrize("name", ["salvor.yaml", "allowed_signers"])
def test_huge_or_strange_files_of_the_team_are_refused_in_words(team, planned, case, name):  # noqa: F811
    path = team.folder / name
    kept = path.read_bytes()
    path.unlink()
    for make in (lambda: path.mkdir(), lambda: os.mkfifo(path), lambda: os.truncate(path, 1 << 40)):
        if make.__code__.co_names[-1] == "truncate":
            path.write_bytes(b"")
        make()
        done = refused(team, planned, "apply", case, "--yes",
                       expect={salvor.REFUSED, salvor.FAILED, salvor.USAGE})
        assert name in done.err
        path.rmdir() if path.is_dir() else path.unlink()
    path.write_bytes(kept)


def test_what_another_salvor_yaml_says_about_people_tells_nobody_apart(tmp_path, table, case):
    team = Team(tmp_path, people={"Ann": {"os_users": [getpass.getuser()], "principals": ["ann@example.com"]}})
    table.delete(2)
    team.run("plan", table.path, "--case", case, "--as", "ann@example.com", "--key", team.keys["ann@example.com"],
             "--no-input", expect=salvor.DONE)
    team.run("persist", case, expect=salvor.DONE)
    # Two approvals are asked for by now; whether Bob and Carol are two, only a map made later says.
    team.write(2, {"Ann": {"os_users": [getpass.getuser()]}, "Bob": {"principals": [BOB]},
                   "Carol": {"principals": [CAROL]}})
    team.approve(case, BOB)
    team.approve(case, CAROL)
    done = team.run("apply", case, "--yes", expect=salvor.DONE)
    # On this machine that passes, and is recorded.
    assert "may be one person" in (case / "journal.jsonl").read_text(), done


def test_undo_and_abandoning_need_approvals_of_their_own(team, planned, case):  # noqa: F811
    team.approve(case, BOB, "--verbs", "apply")
    refused(team, planned, "clean", case, "--abandon", "--yes")
    team.run("apply", case, "--yes", expect=salvor.DONE)
    done = refused(team, planned, "undo", case, "--yes")
    assert "undo" in done.err and "does not cover" in done.err
    team.approve(case, BOB, "--verbs", "undo")
    team.run("undo", case, "--yes", expect=salvor.DONE)
    refused(team, planned, "clean", case, "--abandon", "--yes")
    assert not team.run("audit", case, "--json", expect=salvor.DONE).json["problems"]


# How people sign ------------------------------------------------------------------------------------------------------


def on_a_terminal(arguments, answers, folder, environment=None):
    """Runs it on a terminal of its own and types each answer when its question is seen."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.update(environment or {})
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_AUTH_SOCK", "SSH_ASKPASS"):
            if name not in (environment or {}):
                os.environ.pop(name, None)
        os.execv(salvor.binary(), [salvor.binary(), *map(str, arguments)])
    shown, answers = "", list(answers)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            shown += os.read(terminal, 65536).decode(errors="replace")
        except OSError:  # it has ended
            break
        if answers and re.search(answers[0][0], shown):
            os.write(terminal, answers.pop(0)[1].encode())
    else:
        os.kill(pid, signal.SIGKILL)
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown


@pytest.fixture
def locked(team):  # noqa: F811
    """Bob's key has a passphrase."""
    keygen("-q", "-p", "-P", "", "-N", PASSPHRASE, "-f", team.keys[BOB])
    return team


def approval(team, case):  # noqa: F811
    return ["approve", case, "--as", BOB, "--key", team.keys[BOB]]


def test_passphrase_is_asked_for_on_the_terminal(locked, planned, case):  # noqa: F811
    code, shown = on_a_terminal(approval(locked, case), [("Enter passphrase", PASSPHRASE + "\n")], locked.folder)
    assert code == salvor.DONE and "approved by " + BOB in shown, shown
    assert PASSPHRASE not in shown and PASSPHRASE not in (case / "journal.jsonl").read_text()
    locked.run("apply", case, "--yes", expect=salvor.DONE)


def test_wrong_passphrase_is_no_signature(locked, planned, case):  # noqa: F811
    code, shown = on_a_terminal(approval(locked, case), [("Enter passphrase", "wrong\n")], locked.folder)
    assert code == salvor.FAILED and "incorrect passphrase" in shown and "no signature" in shown, shown
    assert not (case / "approvals").exists()


def test_no_input_asks_nobody_even_on_a_terminal(locked, planned, case):  # noqa: F811
    begin = time.monotonic()
    code, shown = on_a_terminal([*approval(locked, case), "--no-input"], [], locked.folder)
    assert code == salvor.FAILED and time.monotonic() - begin < 15, shown
    assert not (case / "approvals").exists()


def test_passphrase_comes_from_an_askpass_program(locked, planned, case):  # noqa: F811
    askpass = locked.folder / "askpass"
    askpass.write_text(f"#!/bin/sh\necho \"$1\" >>{locked.folder}/asked\necho \"{PASSPHRASE}\"\n")
    askpass.chmod(0o700)
    environment = {"SSH_ASKPASS": str(askpass), "SSH_ASKPASS_REQUIRE": "force"}
    run_with(locked, environment, *approval(locked, case), "--no-input", expect=salvor.FAILED)
    assert not (locked.folder / "asked").exists()
    run_with(locked, environment, *approval(locked, case), expect=salvor.DONE)
    assert "passphrase" in (locked.folder / "asked").read_text()


def test_agent_signs_for_a_public_key(locked, planned, case):  # noqa: F811
    socket = str(locked.folder / "agent")
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL)
    try:
        while not os.path.exists(socket):
            time.sleep(0.01)
        askpass = locked.folder / "askpass"
        askpass.write_text(f"#!/bin/sh\necho \"{PASSPHRASE}\"\n")
        askpass.chmod(0o700)
        environment = {"SSH_AUTH_SOCK": socket}
        public = [*approval(locked, case)[:-1], str(locked.keys[BOB]) + ".pub"]
        shutil.move(locked.keys[BOB], locked.folder / "in the agent only")
        run_with(locked, environment, *public, "--no-input", expect=salvor.FAILED)
        subprocess.run(["ssh-add", "-q", locked.folder / "in the agent only"], check=True, stdin=subprocess.DEVNULL,
                       env={**os.environ, **environment, "SSH_ASKPASS": str(askpass), "SSH_ASKPASS_REQUIRE": "force"})
        run_with(locked, environment, *public, "--no-input", expect=salvor.DONE)
    finally:
        agent.terminate()
        agent.wait()
    locked.run("apply", case, "--yes", expect=salvor.DONE)


def test_what_a_hardware_key_asks_for_is_seen_at_once(team, planned, case):  # noqa: F811
    """No such key is here: a program in ssh-keygen's place says what ssh-keygen says, and waits for the touch."""
    folder = team.folder / "bin"
    folder.mkdir()
    stand_in = folder / "ssh-keygen"
    stand_in.write_text("#!/bin/sh\ncase \" $* \" in *' sign '*)\n"
                        "  echo 'Confirm user presence for key ED25519-SK SHA256:x' >&2\n"
                        "  read touch </dev/tty || exit 1;;\nesac\n"
                        f"exec {shutil.which('ssh-keygen')} \"$@\"\n")
    stand_in.chmod(0o755)
    if os.getuid() != 0:
        pytest.skip("only root can put a program where salvor believes one")
    text = team.yaml.read_text()
    team.yaml.write_text(text + f"  ssh_keygen: {stand_in}\n")
    stand_in.chmod(0o757)
    done = team.run(*approval(team, case), expect=salvor.REFUSED)
    assert "root" in done.err and str(stand_in) in done.err
    stand_in.chmod(0o755)
    team.yaml.write_text(text + "  ssh_keygen: ssh-keygen\n")
    team.run(*approval(team, case), expect=salvor.USAGE)
    team.yaml.write_text(text + f"  ssh_keygen: {stand_in}\n")
    code, shown = on_a_terminal(approval(team, case), [("Confirm user presence", "\n")], team.folder, {})
    assert code == salvor.DONE and "approved by " + BOB in shown, shown
