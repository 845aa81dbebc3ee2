"""docs/custody.md names a test for every attack; each of them exists."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def rows():
    table = (ROOT / "docs/custody.md").read_text().split("## Attacks")[1].split("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def python_tests():
    return {f"{path.stem}.{name}" for path in (ROOT / "tests/judges").glob("*_test.py")
            for name in re.findall(r"^def (test_\w+)", path.read_text(), re.M)}


def cpp_tests():
    found = set()
    for folder in ("src", "tests", "testing"):
        for path in (ROOT / folder).rglob("*.cc"):
            found |= {f"{suite}.{name}" for suite, name in
                      re.findall(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", path.read_text(), re.M)}
    return found


def test_every_attack_has_a_test_that_exists():
    known = python_tests() | cpp_tests()
    assert len(rows()) >= 20
    for attack, stopped_by, tests in rows():
        named = re.findall(r"`([^`]+)`", tests)
        assert stopped_by and named, attack
        for name in named:
            assert name in known, f"{attack}: there is no test {name}"


def test_the_attacks_that_must_be_there_are_there():
    text = "\n".join(row[0] for row in rows())
    for needed in ["edited plan", "passed off as a rejection", "passed off as an approval", "swapped",
                   "another case", "approving one's own plan", "two names", "two principals", "--config", "stale signature",
                   "replay after undo", "edited journal", "cut after the last", "made readable", "symbolic link as staging",
                   "world-readable parent", "HTML", "Markdown"]:
        assert needed in text, needed
