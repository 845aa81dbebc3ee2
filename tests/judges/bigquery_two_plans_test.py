"""Two plans put the same rows back at the same time, each in a transaction that only inserts: whatever the service does
then, salvor does not call it a success where rows are there twice."""

import re

import pytest
import salvor_run
from bigquery_server import BigQueryServer
from bigquery_small_table import DAY, NAME, TABLE, SmallTable

TOGETHER_MS = 6_000  # how long a query takes, so that both transactions are open at once


@pytest.fixture
def race(tmp_path, monkeypatch):
    """Both plans applied at once: what each run said, and the rows that came of it."""
    servers = []

    def run(answer):
        server = BigQueryServer("--silence", f"inserting-transactions={answer}")
        servers.append(server)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", server.url)
        (tmp_path / "salvor.yaml").write_text("review: {approvals: 0}\n")
        scene = SmallTable(server, tmp_path)
        scene.make(layout=DAY, partition="IF({k} = 2, NULL, DATE '2024-01-01')")
        scene.lose()
        for case in "one", "two":
            salvor_run.run("plan", TABLE, "--case", case, "--staging", "locked.staging", expect=0)
            salvor_run.run("persist", case, expect=0)
        server.test_endpoint("pace", {"query_ms": TOGETHER_MS})
        runs = [salvor_run.start("apply", case, "--yes") for case in ("one", "two")]
        said = [(*process.communicate(timeout=300), process.returncode) for process in runs]
        server.test_endpoint("pace", {"query_ms": 0})
        rows = [row.x for row in scene.client.query(f"SELECT x FROM `{NAME}` WHERE d IS NULL ORDER BY x").result()]
        return said, rows

    yield run
    for server in servers:
        server.__exit__()


def test_where_both_commit_the_rows_are_twice_and_that_is_no_success(race):
    said, rows = race("both-commit")
    assert rows == ["a", "a", "a", "a", "b", "b"], said
    failed = [err for _, err, code in said if code == salvor_run.FAILED]
    assert failed and all("has 6 rows, and 3 were left there" in err for err in failed), said
    assert "take one set out by hand" in re.sub(r"\s+", " ", failed[0])
    for case in "one", "two":
        assert "6" in salvor_run.run("verify", case, expect=salvor_run.FAILED).out
        salvor_run.run("clean", case, "--yes", expect=salvor_run.REFUSED)


def test_where_the_second_one_fails_it_looks_again_and_writes_nothing(race):
    said, rows = race("second-fails")
    assert rows == ["a", "a", "b"], said
    assert [code for _, _, code in said] == [0, 0], said
    assert sum("it has identical rows again" in out for out, _, _ in said) == 1, said
