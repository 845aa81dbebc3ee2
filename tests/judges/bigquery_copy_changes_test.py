"""A private copy that somebody changed after persist had verified it: what comes from it is not put back unseen."""

import pytest
import salvor_run
from bigquery_refusals_test import LOST, Scene, planned, refused
from bigquery_server import recovering
from salvor_run import DONE, REFUSED

DAY_MS = 86_400_000


@pytest.fixture
def scene(tmp_path, monkeypatch):
    with recovering(tmp_path, monkeypatch) as server:
        scene = Scene(server).table().lose()
        planned()
        salvor_run.run("persist", "inc", expect=DONE)
        scene.copy = str(scene.copies()[0].reference)
        scene.server.advance(60_000)
        yield scene


def forge(scene):
    scene.sql(f"UPDATE `{scene.copy}` SET x = 'FORGED' WHERE day = '{LOST[1]}' AND x = 'b'")


def extend(scene):
    """What changes the copy's lastModifiedTime and none of its rows."""
    copy = scene.client.get_table(scene.copy)
    copy.labels = {**copy.labels, "seen_by": "ana"}
    scene.client.update_table(copy, ["labels"])


def billed(scene):
    return scene.server.meters()["bytes_billed"]


def test_rows_changed_one_for_one_are_refused_by_persist_and_apply(scene):
    forge(scene)
    for command in (("apply", "inc", "--yes"), ("persist", "inc")):
        said = refused(*command)
        assert "the private copy was changed at" in said
        assert f"planned partitions hold other rows than then: {LOST[1]}" in said and LOST[0] not in said
        assert "in two queries: about 20.0 MiB billed" in said
        assert "can be read until" in said and "run salvor persist again" in said
    assert scene.count() == 14, "nothing was written"


def test_a_row_that_is_gone_from_the_copy_is_refused_for_nothing_with_both_counts(scene):
    scene.sql(f"DELETE FROM `{scene.copy}` WHERE day = '{LOST[1]}' AND x = 'b'")
    before = billed(scene)
    said = refused("apply", "inc", "--yes")
    assert f"partition {LOST[1]} has 1 row, and had 2 when it was verified" in said
    assert billed(scene) == before
    assert scene.count() == 14, "nothing was written"


def test_a_copy_that_was_changed_is_dropped_and_made_again(scene):
    forge(scene)
    refused("apply", "inc", "--yes")
    scene.client.delete_table(scene.copy)
    for command in (("persist", "inc"), ("apply", "inc", "--yes"), ("verify", "inc"), ("clean", "inc")):
        salvor_run.run(*command, expect=DONE)
    assert scene.count() == 20
    assert [row.n for row in scene.sql("SELECT COUNT(*) AS n FROM `prod.ds.events` WHERE x = 'FORGED'")] == [0]


@pytest.mark.parametrize("days", [0, 8])
def test_a_new_label_on_the_copy_is_no_reason_also_after_the_window(scene, days):
    """After eight days the snapshot is gone; the copy's own past of the last seven is not."""
    if days:
        for _ in range(2):
            scene.server.advance(days // 2 * DAY_MS)
            salvor_run.run("persist", "inc", expect=DONE)
    extend(scene)
    said = salvor_run.run("apply", "inc", "--yes", expect=DONE).err
    assert "has the same rows in the planned partitions" in said
    before = billed(scene)
    audit = salvor_run.run("audit", "inc", expect={DONE}).out
    assert "touched after it had been verified" in audit
    assert billed(scene) == before
    assert scene.count() == 20
    salvor_run.run("verify", "inc", expect=DONE)


def test_what_cannot_be_compared_any_more_is_refused_and_kept(scene):
    scene.server.advance(9 * DAY_MS)
    extend(scene)
    said = refused("apply", "inc", "--yes")
    assert "cannot be seen" in said and "may be all that is left" in said
    assert len(scene.copies()) == 1


def test_verify_refuses_to_prove_against_a_copy_that_was_changed_since_apply(scene):
    salvor_run.run("apply", "inc", "--yes", expect=DONE)
    forge(scene)
    assert LOST[1] in refused("verify", "inc")


def test_undo_puts_nothing_back_from_a_copy_that_was_changed_since_apply(tmp_path, monkeypatch):
    """A day that was replaced gets back what it held before, from the second copy."""
    with recovering(tmp_path, monkeypatch) as server:
        scene = Scene(server).table()
        scene.sql(f"DELETE FROM `prod.ds.events` WHERE day = '{LOST[1]}' AND x = 'a'")
        server.advance(60_000)
        planned("--include", "partial")
        for command in (("persist", "inc"), ("apply", "inc", "--yes")):
            salvor_run.run(*command, expect=DONE)
        server.advance(60_000)
        for copy in scene.copies():
            scene.sql(f"UPDATE `{copy.reference}` SET x = 'FORGED' WHERE day = '{LOST[1]}' AND x = 'b'")
        assert LOST[1] in refused("undo", "inc", "--yes")
        assert [row.x for row in scene.sql(f"SELECT x FROM `prod.ds.events` WHERE day = '{LOST[1]}' ORDER BY x")] == ["a", "b"]


def test_nothing_changed_is_billed_nothing(scene):
    before = billed(scene)
    for command in (("persist", "inc"), ("apply", "inc", "--yes")):
        salvor_run.run(*command, expect=DONE)
    assert billed(scene) == before
