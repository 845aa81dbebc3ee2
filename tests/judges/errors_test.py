"""What goes wrong outside: a clear message with file and version, the right exit code, and not a byte
of the table changed."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess

import pytest

import salvor_run as salvor
from daily_lake import WHOLE, DailyLake, day, key
from delta_folder import commit_path, data_path, digest, latest, live_adds, log_folder
from salvor_run import persisted

COMMANDS = [("status",), ("history",), ("plan",)]


def run_on(command, table, case, **options):
    extra = ["--case", str(case)] if command == ("plan",) else []
    return salvor.run(*command, table, *extra, **options)


def check_error(done, *words):
    assert done.err.strip(), f"nothing was said\n{done}"
    assert not done.out.strip(), f"an error belongs on stderr\n{done}"
    for word in words:
        assert word in done.err, f"{word!r} is not said\n{done}"
    for noise in ("terminate called", "what():", "nlohmann", "json.exception", "std::"):
        assert noise not in done.err


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_that_is_not_there(tmp_path, case, command):
    done = run_on(command, tmp_path / "nowhere", case, expect=salvor.FAILED)
    check_error(done, "nowhere")


def test_a_table_that_cannot_be_looked_at_hides_nothing_of_the_others(table, tmp_path):
    nowhere = tmp_path / "nowhere"
    done = salvor.run("status", nowhere, table.path, expect=salvor.FAILED)
    assert "nowhere" in done.err and f"{table.path}: " in done.out
    told = salvor.run("status", table.path, nowhere, "--json", expect=salvor.FAILED).json
    assert told["error"]["where"] == str(nowhere)
    assert [one["table"] for one in told["result"]] == [str(table.path)]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_without_a_log(tmp_path, case, command):
    (tmp_path / "plain").mkdir()
    done = run_on(command, tmp_path / "plain", case, expect=salvor.FAILED)
    check_error(done, "_delta_log")


def test_a_log_without_a_version(tmp_path, case):
    (tmp_path / "t/_delta_log").mkdir(parents=True)
    check_error(salvor.run("status", tmp_path / "t", expect=salvor.FAILED), "_delta_log")


def test_a_file_in_the_place_of_a_table(tmp_path):
    (tmp_path / "t").write_text("x")
    check_error(salvor.run("status", tmp_path / "t", expect=salvor.FAILED), "t")


def broken_log(table, how):
    """Damages the commit of the loss; its name."""
    path = commit_path(table.path, latest(table.path))
    text = path.read_text()
    if how == "truncated":
        path.write_text(text[:len(text) // 2].rstrip())
    elif how == "garbage":
        path.write_bytes(b"\x00\xff\x17not json\n" + text.encode())
    elif how == "array":
        path.write_text("[1,2,3]\n")
    elif how == "wrong type":
        path.write_text(text + '{"add":{"path":7,"partitionValues":[],"size":"big"}}\n')
    elif how == "broken escape":
        path.write_text(text + '{"add":{"path":"day=%zz/x","partitionValues":{"day":"2024-01-01"},'
                               '"size":1,"modificationTime":1,"dataChange":true}}\n')
    elif how == "not a date":
        path.write_text(text + '{"add":{"path":"x","partitionValues":{"day":"soon"},"size":1,'
                               '"modificationTime":1,"dataChange":true}}\n')
    elif how == "huge nesting":
        path.write_text(text + "[" * 100000 + "\n")
    return path.name


BREAKS = ["truncated", "garbage", "array", "wrong type", "broken escape", "not a date",
          "huge nesting"]


@pytest.mark.parametrize("how", BREAKS)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_broken_commit_is_named(table, case, how, command):
    table.delete(2)
    name = broken_log(table, how)
    before = digest(table.path)
    done = run_on(command, table.path, case, expect=salvor.FAILED)
    check_error(done, name)
    assert digest(table.path) == before
    assert not case.exists()


def test_an_empty_newest_commit_is_no_reason_to_crash(table, case):
    table.delete(2)
    commit_path(table.path, latest(table.path) + 1).write_text("")
    salvor.run("status", table.path, expect={salvor.FAILED, salvor.LOSS})


def test_a_log_that_breaks_between_plan_and_apply_stops_apply(table, case):
    table.delete(2)
    persisted(table, case)
    table.append(1, [1])
    name = broken_log(table, "truncated")
    before = digest(table.path)
    done = salvor.run("apply", case, "--yes", expect=salvor.FAILED)
    check_error(done, name)
    assert digest(table.path) == before


def test_a_gap_in_the_log_is_named(table):
    table.append(1, [1])
    table.append(1, [2])
    commit_path(table.path, 1).unlink()
    done = salvor.run("status", table.path, expect=salvor.FAILED)
    check_error(done, "1")


# -- checkpoints


def checkpointed(table):
    """A table whose commits up to the checkpoint are gone."""
    table.append(1, [1])
    version = latest(table.path)
    table.delta().create_checkpoint()
    table.delete(2)
    return log_folder(table.path) / f"{version:020d}.checkpoint.parquet", version


def without_commits(table, up_to):
    for version in range(up_to + 1):
        commit_path(table.path, version).unlink()


def test_a_table_is_read_from_its_checkpoint_alone(table, case):
    checkpoint, version = checkpointed(table)
    without_commits(table, version)
    assert checkpoint.exists()
    salvor.recover(table, case)
    assert table.counts() == {**WHOLE, 1: 11}


@pytest.mark.parametrize("how", ["missing", "garbage", "points nowhere", "empty"])
def test_a_bad_last_checkpoint_file_is_only_a_hint(table, case, how):
    _, version = checkpointed(table)
    without_commits(table, version)
    hint = log_folder(table.path) / "_last_checkpoint"
    if how == "missing":
        hint.unlink()
    else:
        hint.write_text({"garbage": "{{{", "empty": "",
                         "points nowhere": '{"version":777,"size":1}'}[how])
    salvor.recover(table, case)


def test_a_missing_checkpoint_part_is_named_where_nothing_else_can_serve(table):
    checkpoint, version = checkpointed(table)
    without_commits(table, version)
    (log_folder(table.path) / "_last_checkpoint").unlink()
    part = checkpoint.with_name(f"{version:020d}.checkpoint.0000000001.0000000002.parquet")
    checkpoint.rename(part)
    before = digest(table.path)
    done = salvor.run("status", table.path, expect=salvor.FAILED)
    check_error(done, str(version))
    assert digest(table.path) == before


def test_a_missing_checkpoint_part_does_no_harm_where_the_commits_are_there(table, case):
    checkpoint, version = checkpointed(table)
    checkpoint.rename(checkpoint.with_name(
        f"{version:020d}.checkpoint.0000000001.0000000002.parquet"))
    (log_folder(table.path) / "_last_checkpoint").unlink()
    salvor.status(table.path, expect=salvor.LOSS)


@pytest.mark.parametrize("how", ["cut off", "no parquet", "empty"])
def test_a_broken_checkpoint_is_named_where_nothing_else_can_serve(table, how):
    checkpoint, version = checkpointed(table)
    without_commits(table, version)
    content = checkpoint.read_bytes()
    checkpoint.write_bytes({"cut off": content[:len(content) // 2], "no parquet": b"x" * 1000,
                            "empty": b""}[how])
    before = digest(table.path)
    check_error(salvor.run("status", table.path, expect=salvor.FAILED), checkpoint.name)
    assert digest(table.path) == before


# -- data files


def lost_files(table, number):
    """The data files of a day, before it is lost."""
    return [data_path(table.path, add) for add in live_adds(table.path).values()
            if add["partitionValues"]["day"] == str(day(number))]


def test_a_missing_data_file_makes_its_partition_lost_and_the_others_come_back(table, case):
    path = lost_files(table, 2)[0]
    table.delete(2, 4)
    path.unlink()
    found = salvor.by_health(salvor.status(table.path, expect=salvor.LOSS), "missing")
    assert not found[key(2)]["recoverable"] and found[key(4)]["recoverable"]
    made = salvor.recover(table, case)
    assert salvor.dispositions(made) == {key(2): "lost", key(4): "restore"}
    assert table.counts() == {1: 10, 3: 10, 4: 10, 5: 10}


def test_a_data_file_that_goes_between_plan_and_persist_is_named(table, case):
    path = lost_files(table, 2)[0]
    table.delete(2, 4)
    salvor.plan(table.path, case)
    path.unlink()
    before = digest(table.path)
    done = salvor.run("persist", case, expect=salvor.FAILED)
    check_error(done, path.name)
    assert digest(table.path) == before


@pytest.mark.parametrize("how", ["shorter", "longer", "other bytes"])
def test_a_data_file_of_other_content_is_never_proven(table, case, how):
    path = lost_files(table, 2)[0]
    table.delete(2)
    content = path.read_bytes()
    path.write_bytes({"shorter": content[:-100], "longer": content + b"x" * 7,
                      "other bytes": b"\0" * len(content)}[how])
    if how != "other bytes":
        # Its length alone tells, before anybody is asked.
        done = salvor.run("plan", table.path, "--case", case, expect=salvor.FAILED)
        assert path.name in done.out and not case.exists()
        return
    salvor.plan(table.path, case)
    check_error(salvor.run("persist", case, expect=salvor.FAILED), path.name)
    for step in (("apply", case, "--yes"), ("verify", case)):
        salvor.run(*step, expect={salvor.FAILED, salvor.REFUSED})
    assert 2 not in table.counts()


# -- permissions (root may do everything, so somebody else must try)


needs_setpriv = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"),
                                   reason="needs root and setpriv, to run as somebody else")


@pytest.fixture
def open_folders(tmp_path, monkeypatch):
    """pytest's folders are private to root: nobody must be able to pass."""
    for folder in [tmp_path, *tmp_path.parents]:
        if folder.stat().st_uid == os.geteuid() and folder.stat().st_mode & 0o011 != 0o011:
            folder.chmod(folder.stat().st_mode | 0o011)
    if not os.access(salvor.binary(), os.X_OK):
        pytest.skip("nobody cannot reach the binary")
    probe = subprocess.run(["setpriv", f"--reuid={salvor.UNPRIVILEGED}",
                            f"--regid={salvor.UNPRIVILEGED}", "--clear-groups",
                            salvor.binary(), "--help"], capture_output=True)
    if probe.returncode != 0:
        pytest.skip(f"nobody cannot run the binary where it lies: {probe.stderr[:200]}")


def owned_by_nobody(path):
    path.mkdir(mode=0o700)
    os.chown(path, salvor.UNPRIVILEGED, salvor.UNPRIVILEGED)
    return path


@needs_setpriv
def test_a_log_that_may_not_be_read_is_named(open_folders, table):
    path = commit_path(table.path, 0)
    path.chmod(0o600)
    done = salvor.run("status", table.path, as_nobody=True, expect=salvor.FAILED)
    check_error(done, path.name)


@needs_setpriv
def test_a_folder_whose_policy_may_not_be_seen_is_named(open_folders, table, tmp_path):
    closed = tmp_path / "closed" / "below"
    closed.mkdir(parents=True)
    closed.parent.chmod(0o700)
    done = salvor.run("status", table.path, as_nobody=True, cwd=closed, expect=salvor.FAILED)
    check_error(done, str(closed))
    assert "salvor.yaml" in done.err and "--config" in done.err, done
    named = tmp_path / "salvor.yaml"
    named.write_text("warehouses: {}\n")
    named.chmod(0o644)
    salvor.run("status", table.path, "--config", named, as_nobody=True, cwd=closed,
               expect=salvor.DONE)


@needs_setpriv
def test_who_may_only_read_can_look_plan_and_persist_but_not_apply(open_folders, table, tmp_path):
    table.delete(2)
    mine = owned_by_nobody(tmp_path / "mine")
    private = owned_by_nobody(mine / "private")
    before = digest(table.path)
    salvor.run("status", table.path, as_nobody=True, expect=salvor.LOSS)
    salvor.run("plan", table.path, "--case", mine / "case", "--staging", private, as_nobody=True,
               expect=salvor.DONE)
    salvor.run("persist", mine / "case", as_nobody=True, expect=salvor.DONE)
    done = salvor.run("apply", mine / "case", "--yes", as_nobody=True, expect=salvor.FAILED)
    check_error(done, table.path)
    assert digest(table.path) == before
    for copy in private.rglob("*.parquet"):
        assert copy.stat().st_mode & 0o077 == 0 or private.stat().st_mode & 0o077 == 0


@needs_setpriv
def test_a_case_that_may_not_be_written_leaves_everything_alone(open_folders, table, tmp_path):
    table.delete(2)
    before = digest(tmp_path)
    done = salvor.run("plan", table.path, "--case", tmp_path / "case", as_nobody=True,
                      expect=salvor.FAILED)
    check_error(done, "case")
    assert digest(tmp_path) == before


# -- a full disk


@contextlib.contextmanager
def small_disk(path, size):
    path.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", path],
                          capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"no small file system can be mounted here: {done.stderr.strip()}")
    try:
        yield path
    finally:
        subprocess.run(["umount", path], check=True)


def fill(folder):
    ballast = os.open(folder / "ballast", os.O_WRONLY | os.O_CREAT)
    with contextlib.suppress(OSError):
        while True:
            os.write(ballast, b"x" * 4096)
    os.close(ballast)


def test_a_full_disk_stops_persist_which_goes_on_once_there_is_room(table, case, tmp_path):
    table.delete(2, 4)
    before = digest(table.path)
    with small_disk(tmp_path / "small", "1m") as small:
        salvor.plan(table.path, case, "--staging", small)
        fill(small)
        done = salvor.run("persist", case, expect=salvor.FAILED)
        check_error(done, str(small))
        assert digest(table.path) == before
        (small / "ballast").unlink()
        salvor.run("persist", case, expect=salvor.DONE)
        salvor.run("apply", case, "--yes", expect=salvor.DONE)
        salvor.run("verify", case, expect=salvor.DONE)
        salvor.run("clean", case, expect=salvor.DONE)
    assert table.counts() == WHOLE


def test_a_full_disk_stops_apply_and_the_table_stays_as_it_was(case, tmp_path):
    with small_disk(tmp_path / "small", "2m") as small:
        table = DailyLake(small / "t")
        table.delete(2, 4)
        persisted(table, case)
        damaged = table.counts()
        fill(small)
        salvor.run("apply", case, "--yes", expect=salvor.FAILED)
        (small / "ballast").unlink()
        assert table.counts() == damaged
        assert len(log_names(table)) == 2, "half a commit"
        salvor.run("apply", case, "--yes", expect=salvor.DONE)
        salvor.run("verify", case, expect=salvor.DONE)
        assert table.counts() == WHOLE


def log_names(table):
    return [p.name for p in log_folder(table.path).iterdir() if p.suffix == ".json"]


def test_a_full_disk_under_the_case_stops_before_anything_is_done(table, tmp_path):
    table.delete(2)
    with small_disk(tmp_path / "small", "1m") as small:
        persisted(table, small / "case")
        fill(small)
        for _ in range(60):  # the journal's last page has room for some lines
            if salvor.run("persist", small / "case").code != salvor.DONE:
                break
        before = digest(table.path)
        done = salvor.run("apply", small / "case", "--yes", expect=salvor.FAILED)
        check_error(done, "journal")
        assert digest(table.path) == before


# -- looking never writes, and wrong use is said


def test_looking_and_planning_change_nothing_in_the_table_or_beside_it(table, case, lake):
    table.delete(2)
    before = digest(lake)
    salvor.run("status", table.path)
    salvor.run("history", table.path)
    salvor.plan(table.path, case)
    salvor.run("show", case)
    assert digest(lake) == before


@pytest.mark.parametrize("arguments", [
    (), ("frobnicate",), ("status",), ("plan",), ("status", "T", "--frobnicate"),
    ("plan", "T", "--case", "C", "--event", "x"), ("plan", "T", "--case", "C", "--event", "-1"),
    ("plan", "T", "--case", "C", "--as-of", "yesterday"),
    ("plan", "T", "--case", "C", "--include", "everything"),
    ("plan", "T", "--case", "C", "--event", "1", "--version", "1"),
    ("apply",)])
def test_wrong_use_is_exit_2(table, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    os.symlink(table.path, "T")
    salvor.run(*arguments, expect=salvor.USAGE)


def test_a_case_that_is_none_is_said(tmp_path):
    for command in (["show"], ["persist"], ["apply", "--yes"], ["verify"], ["clean"], ["undo", "--yes"]):
        done = salvor.run(command[0], tmp_path / "nowhere", *command[1:],
                          expect={salvor.FAILED, salvor.USAGE})
        check_error(done, "nowhere")


def test_whoever_stops_it_is_told_what_was_done_and_how_to_go_on():
    """A service that takes the connection and never answers."""
    with socket.socket() as service:
        service.bind(("127.0.0.1", 0))
        service.listen()
        started = salvor.start("status", "bigquery:p.d.t", env={
            "BIGQUERY_EMULATOR_HOST": f"127.0.0.1:{service.getsockname()[1]}"})
        connection, _ = service.accept()
        with connection:
            assert connection.recv(1)  # it has asked
            started.send_signal(signal.SIGINT)
            _, said = started.communicate(timeout=60)
    assert started.returncode == -signal.SIGINT
    assert "salvor: stopped. The same command goes on" in said
    assert "\n  salvor status bigquery:p.d.t\n" in said
