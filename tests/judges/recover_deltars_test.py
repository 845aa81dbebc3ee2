"""Tables that delta-rs wrote at random, damaged, recovered by the binary, and read by delta-rs again."""

import os

import pytest

import salvor_run as salvor
from random_lake import SHAPES, RandomLake
from row_multiset import difference

TURNS = int(os.environ.get("SALVOR_TURNS", "3"))


def damaged_lake(path, shape, seed):
    table = RandomLake(path, shape, seed)
    table.live_through(table.dice.randint(4, 9), vacuums=True)
    table.damage()
    table.live_through(table.dice.randint(0, 3), vacuums=False)
    if table.names and len(table.live_keys()) > 1 and table.dice.random() < 0.5:
        table.damage()
    table.live_through(table.dice.randint(0, 3), vacuums=False)
    return table


def goes_on_under_delta_rs(table, restored):
    """Writes, checkpoints, optimizes and vacuums; the rows stay right at every step."""
    wanted = table.expected()
    assert not difference(table.read(), wanted)
    table.note("recovered")
    key = table.dice.choice([k for k in table.keys if table.texts(k) in restored])
    table.append(keys=[key])
    wanted = table.now()
    for later in (table.checkpoint, table.optimize, table.vacuum, table.checkpoint):
        later()
        assert not difference(table.read(), wanted), later.__name__


@pytest.mark.parametrize("turn", range(TURNS))
@pytest.mark.parametrize("shape", SHAPES)
def test_lost_partitions_come_back_exactly(lake, case, seed, shape, turn):
    table = damaged_lake(lake / "t", shape, seed + turn)
    missing = table.missing()

    found = salvor.status(table.path, expect=salvor.LOSS)
    lost = salvor.by_health(found, "missing")
    assert set(lost) == set(missing)
    assert found["summary"]["missing"] == len(missing)
    for key, (_, rows) in missing.items():
        assert lost[key]["rows"] == 0
        assert lost[key]["rows_before"] == sum(rows.values())
        assert lost[key]["recoverable"] is True
        assert lost[key]["deadline"]

    made = salvor.recover(table, case, "--latest")  # overwritten days too: the newest rows
    restored = {key for key, what in salvor.dispositions(made).items() if what == "restore"}
    assert restored == set(missing)
    assert not difference(table.read(), table.expected())
    salvor.status(table.path, expect=salvor.DONE)
    goes_on_under_delta_rs(table, restored)


@pytest.mark.parametrize("shape", SHAPES)
def test_undo_takes_back_exactly_what_apply_did(lake, case, seed, shape):
    table = damaged_lake(lake / "t", shape, seed + 1000)
    salvor.plan(table.path, case, "--latest")
    salvor.run("persist", case, expect=salvor.DONE)
    salvor.run("apply", case, "--yes", expect=salvor.DONE)
    assert not difference(table.read(), table.expected())
    salvor.run("undo", case, "--yes", expect=salvor.DONE)
    assert not difference(table.read(), table.now())
    salvor.run("apply", case, "--yes", expect=salvor.REFUSED)
    assert not difference(table.read(), table.now())


@pytest.mark.parametrize("shape", ["string", "two"])
def test_a_persisted_case_restores_after_vacuum_took_the_originals(lake, case, seed, shape):
    table = damaged_lake(lake / "t", shape, seed + 2000)
    missing = table.missing()
    salvor.plan(table.path, case, "--latest")
    salvor.run("persist", case, expect=salvor.DONE)
    table.vacuum()
    salvor.run("apply", case, "--yes", expect=salvor.DONE)
    salvor.run("verify", case, expect=salvor.DONE)
    salvor.run("clean", case, expect=salvor.DONE)
    assert not difference(table.read(), table.expected())
    goes_on_under_delta_rs(table, set(missing))
