"""docs/delta-replay.md and docs/apply-loop.md name a test for every invariant; each of them exists."""

import re

import pytest

from custody_table_test import ROOT, cpp_tests


def rows(page):
    lines = (ROOT / "docs" / page).read_text().split("## Invariants")[1].splitlines()
    tables = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")]
    return [row for row in tables if row[0] != "what always holds"]


@pytest.mark.parametrize("page", ["delta-replay.md", "apply-loop.md"])
def test_every_invariant_has_a_test_that_exists(page):
    known = {name.split(".")[-1] for name in cpp_tests()}
    assert len(rows(page)) >= 20
    for invariant, kept_by, tests in rows(page):
        named = re.findall(r"`(?:\w*\.+)?(\w+)`", tests)
        assert kept_by and (named or tests == "the same"), invariant
        for name in named:
            assert name in known, f"{invariant}: there is no test {name}"
