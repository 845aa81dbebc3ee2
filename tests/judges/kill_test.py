"""kill -9 of the program at random moments of persist, apply and clean; then the same command again.

The sweep over every durable operation is tests/crash; here the program itself dies, on real rows.
"""

import hashlib
import json
import random
import shutil
import time
from collections import Counter

import pytest

import salvor_run as salvor
from daily_lake import DailyLake
from delta_folder import actions, versions

DAYS, ROWS, FILES, LOST = 28, 24, 8, range(2, 27)
ROUNDS = 8
KILLS = 4  # of each command, at most


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    """A table with 25 of its 28 days lost, some 200 files, and the rows that must come back."""
    table = DailyLake(tmp_path_factory.mktemp("damaged") / "t", days=DAYS, rows=ROWS, files=FILES)
    expected = table.read()
    table.delete(*LOST)
    assert len(table.read()) == DAYS - len(LOST)
    return table.path, expected


def chain(case):
    """The journal's lines, each checked as docs/formats.md says."""
    previous = hashlib.sha256((case / "plan.json").read_bytes()).hexdigest()
    lines = []
    for number, text in enumerate((case / "journal.jsonl").read_text("utf-8").splitlines(), 1):
        line = json.loads(text)
        told = line.pop("hash")
        canonical = json.dumps(line, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        found = (line["n"], line["prev"], told)
        assert found == (number, previous, hashlib.sha256(canonical.encode()).hexdigest())
        previous = told
        lines.append(line)
    return lines


def killed_and_run_again(dice, lasts, *command):
    """Returns how often it was killed before it could end. `lasts`: about as long as it takes."""
    kills = 0
    for _ in range(KILLS):
        process = salvor.start(*command)
        time.sleep(dice.uniform(0, lasts * 1.1))
        process.kill()
        out, err = process.communicate()
        if process.returncode == salvor.DONE:
            continue  # it was faster: running it again must be harmless as well
        assert process.returncode == -9, f"exit {process.returncode}\n{out}\n{err}"
        kills += 1
    salvor.run(*command, expect=salvor.DONE)
    return kills


def how_long(*command):
    began = time.monotonic()
    salvor.run(*command, expect=salvor.DONE)
    return time.monotonic() - began


def test_killed_anywhere_and_run_again_each_partition_is_restored_once(damaged, tmp_path, seed):
    source, expected = damaged
    dice = random.Random(seed)
    lasts, kills, torn = {}, Counter(), 0
    for round_number in range(ROUNDS + 1):
        folder = tmp_path / str(round_number)
        table, case = folder / "t", folder / "case"
        shutil.copytree(source, table)  # with the times, which are the versions' times
        before = versions(table)
        salvor.plan(table, case)
        for step, command in {"persist": ("persist", case), "apply": ("apply", case, "--yes"),
                              "clean": ("clean", case)}.items():
            if step == "clean":
                salvor.run("verify", case, expect=salvor.DONE)
            if round_number == 0:
                lasts[step] = how_long(*command)
            else:
                kills[step] += killed_and_run_again(dice, lasts[step], *command)
        lake = object.__new__(DailyLake)
        lake.path = str(table)
        assert lake.read() == expected
        mine = [number for number in versions(table) if number not in before]
        assert len(mine) == 1, f"one commit restores, not {mine}"
        added = [a["add"]["path"] for a in actions(table, mine[0]) if "add" in a]
        assert len(added) == len(set(added)) == len(LOST) * FILES
        staging = folder / ".salvor-staging"
        assert not any(staging.iterdir()), "a private copy is left"
        lines = chain(case)
        torn += sum(line["step"] == "journal" for line in lines)
        outcomes = {line["step"]: line["data"]["result"] for line in lines
                    if line["kind"] == "outcome"}
        assert outcomes == dict.fromkeys(["persist", "apply", "verify", "clean"], "done")
    print(f"killed: {dict(kills)}, of {ROUNDS * KILLS} tries each; torn journal lines: {torn}")
    assert min(kills["persist"], kills["apply"]) > ROUNDS, "the kills came too late to mean anything"
