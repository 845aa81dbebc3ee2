"""The judges judged: the oracle of random_lake.py agrees with a restore made by hand, without salvor."""

import pytest

from delta_folder import commit, re_add
from random_lake import SHAPES, RandomLake
from row_multiset import difference


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("turn", range(2))
def test_hand_made_restore_gives_what_the_oracle_expects(lake, seed, shape, turn):
    table = RandomLake(lake / "t", shape, seed + turn)
    table.live_through(6, vacuums=True)
    table.damage()
    table.live_through(3, vacuums=False)
    missing = table.missing()
    assert missing
    content = []
    for key, (version, _) in missing.items():
        content += re_add(table.path, version - 1, {key})
    commit(table.path, content)
    assert not difference(table.read(), table.expected())


def test_oracle_tells_a_lost_row_from_a_doubled_one(lake, seed):
    table = RandomLake(lake / "t", "date", seed)
    key = table.live_keys()[0]
    wanted = table.now()
    got = {k: rows.copy() for k, rows in wanted.items()}
    row = next(iter(got[table.texts(key)]))
    got[table.texts(key)][row] += 1
    assert "1 too many, 0 missing" in difference(got, wanted)
    assert "0 too many, 1 missing" in difference(wanted, got)
