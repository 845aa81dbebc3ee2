"""Whatever status, history and plan print for a person to paste is a command that works, and does what is said of it:
flags that a reason names bring the partition back, and where nothing would, none is named."""

import json
import os
import re
import shlex
from pathlib import Path

import pytest
from deltalake import DeltaTable

import salvor_run as salvor
from daily_lake import DailyLake, day
from hand_table import HandTable
from odd_lake import OddLake
from row_multiset import difference
from salvor_run import DONE, LOSS, REFUSED
from spelled_table import SpelledTable

# A flag, its value, and what must be given beside it.
FLAG = re.compile(r"(?P<flag>(?:--version \d+ )?--replace|--(?:event|version) (?P<value>\d+)|--include partial|--beside|--partitions|--latest)"
                  r"(?P<named> together with --partitions)?")
IN_THE_WAY = re.compile(r"rows that it has now are not in the old content|and would be there twice")


def flags_named_by(one):
    """The flags that its reason offers for the partition, each as arguments."""
    name = ["--partitions", json.dumps(one["partition"])]
    reason = re.sub(r"--version takes [^;]*", lambda text: "".join(re.findall(r"--latest.*", text[0])), one["reason"])
    offered = reason.split(" was asked for")[-1] if one["disposition"] != "restore" else ""
    if "as --latest says" in offered:
        offered = offered.split("as --latest says")[1]
    for found in FLAG.finditer(offered):
        words = found["flag"].split() if found["flag"] != "--partitions" else name
        if words[-1] == "--replace":
            words = [*words, name[1]]
        yield words + (name if found["named"] else [])
    for content in one.get("contents", []) if one["disposition"] == "review" else []:
        yield ["--version", str(content["last_version"]), *name]


def plan(path, case, *flags):
    done = salvor.run("plan", path, "--case", case, *flags, "--json", expect={0, 1, 2, 5})
    return done, (done.json.get("plan") if done.out else None)


def offers(path, case, *flags):
    """Takes every offer of the plan; what came of each: [(flags, disposition, run)]."""
    done, made = plan(path, case, *flags)
    taken = []
    for number, one in enumerate(made["partitions"] if made else []):
        for more in flags_named_by(one):
            run, then = plan(path, f"{case}-{number}-{len(taken)}", *flags, *more)
            found = [p for p in then["partitions"] if p["partition"] == one["partition"]] if then else []
            taken.append((more, found[0]["disposition"] if found else None, f"{one['reason']}\n{run}"))
    return taken


def works(flags, disposition, run):
    """Some are offered on the condition that no row is in the way: then plan says which one is."""
    conditional = flags[0] in ("--include", "--beside", "--partitions")
    if disposition == "leave" and "it has these very rows now" in str(run):
        return True  # whatever rewrote them
    return disposition == "restore" or (conditional and IN_THE_WAY.search(str(run)) is not None)


def check_offers(path, case, *flags):
    taken = offers(path, case, *flags)
    for more, disposition, run in taken:
        assert works(more, disposition, run), f"{more} was offered, and comes to {disposition}\n{run}"
    return [more for more, _, _ in taken]


def check_printed(path, case):
    """Runs each whole command that is printed."""
    ran = []
    for verb, code in (("status", {0, 3, 4}), ("history", {0}), ("plan", {0, 1, 5})):
        flags = ["--case", f"{case}-printed"] if verb == "plan" else []
        said = salvor.run(verb, path, *flags, expect=code).out
        for command in re.findall(r"(?:^ +|`)(salvor [^`\n]*)", said, re.M):
            words = [f"{case}-{verb}-{len(ran)}" if w == "DIR" else w for w in shlex.split(command)[1:]]
            if words[0] == "persist" and not Path(words[1], "plan.json").exists():
                salvor.run("plan", path, "--case", words[1], expect={DONE, REFUSED})
                if not Path(words[1], "plan.json").exists():
                    continue
            may_refuse = words == ["plan", str(path), *words[2:4]] or {"--include", "--beside"} & {*words}
            salvor.run(*words, expect={DONE, REFUSED} if may_refuse else DONE)
            ran.append(words)
    return ran


# -- tables, each with what is odd about it


def gap(lake):
    table = HandTable(lake / "gap")
    table.begin(*[table.add(f"p={p}/f", p) for p in "ABCD"])
    table.commit(table.add("p=E/f", "E"))
    lost = table.commit(table.remove("p=A/f"), operation="DELETE")
    table.commit(table.remove("p=B/f"), table.add("p=B/g", "B", rows=2))
    DeltaTable(table.path).create_checkpoint()
    table.commit(table.remove("p=B/g"), operation="DELETE")
    table.commit(table.remove("p=C/f"), operation="DELETE")
    os.remove(table.log / f"{lost:020d}.json")
    os.remove(table.log / f"{lost + 1:020d}.json")
    return table.path


def contents(lake):
    table = DailyLake(lake / "contents")
    for wrong in (7, 8):
        table.overwrite(2, range(2000, 2000 + wrong), note="wrong")
    table.delete(2, 4)
    return table.path


def rewritten(lake):
    table = DailyLake(lake / "rewritten", files=2)
    table.delta().update(predicate=f"day = date '{day(1)}'", updates={"day": f"date '{day(2)}'"})
    table.delete(3, also="id >= 3005")
    table.overwrite(4, range(4100, 4112), note="changed")
    table.delete(5)
    table.append(5, [1, 2])
    return table.path


def expired(lake):
    table = DailyLake(lake / "expired")
    for number in (1, 2, 3):
        table.delete(number)
    return table.path


def spelled(lake):
    table = SpelledTable(lake / "spelled", "double")
    table.append("0.0", "-0.0", "7.0")
    table.append("0.0", rows=2)
    table.remove("-0.0")
    table.remove("7.0")
    return table.path


def held(lake):
    """A file that some readers read still: nothing may be put beside it, whatever is asked for."""
    table = HandTable(lake / "held")
    table.begin(table.add("p=A/f"), table.add("p=A/g"), table.add("p=B/f", "B"), table.add("p=C/f", "C"))
    table.commit(table.remove("p=B/f"), table.remove("p=A/g"), operation="DELETE")
    table.commit(table.remove("p%3DA/f"), operation="DELETE")
    return table.path


def repartitioned(lake):
    table = DailyLake(lake / "repartitioned", days=2)
    table.delete(1)
    rows = table.delta().to_pyarrow_table()
    from deltalake import write_deltalake
    write_deltalake(table.path, rows, mode="overwrite", partition_by=["note"], schema_mode="overwrite")
    return table.path


def kept_by_a_checkpoint(lake):
    """Readers read the rows of a file that version 3 removed, whatever else is looked up at versions 0 to 3."""
    table = HandTable(lake / "kept")
    table.begin(table.add("p=A/f", "A"), table.add("p=B/f", "B"))
    table.commit(table.remove("p=B/f"), table.add("p=B/g", "B", rows=10))
    table.commit(table.add("p=A/g", "A", rows=2))
    lines = [table.remove("p=A/g"), table.add("p=A/h", "A", rows=8)]
    version = table.commit(*lines)
    DeltaTable(table.path).create_checkpoint()
    table.commit(table.remove("p=A/f"), *lines, version=version)
    table.commit(table.remove("p=B/g"), operation="DELETE")
    return table.path


TABLES = [gap, contents, rewritten, expired, spelled, held, repartitioned, kept_by_a_checkpoint]


@pytest.mark.parametrize("build", TABLES, ids=lambda build: build.__name__)
def test_what_is_offered_and_printed_works(lake, case, build):
    path = build(lake)
    check_offers(path, case)
    check_printed(path, case)


def test_a_loss_inside_a_gap_of_the_log_comes_back_by_its_event(lake, case):
    offered = check_offers(gap(lake), case)
    assert ["--event", "2"] in offered, offered


def test_each_way_is_offered_where_it_works(lake, case):
    path = rewritten(lake)
    offered = {tuple(flags[:2]) for flags in check_offers(path, case)}
    assert {("--include", "partial"), ("--beside",), ("--event", "2")} <= offered, offered
    refilled = {tuple(flags[:2]) for flags in check_offers(path, f"{case}-event", "--event", 5)}
    assert {("--include", "partial"), ("--beside",)} <= refilled, refilled
    at_version = {tuple(flags[:2]) for flags in check_offers(path, f"{case}-version", "--version", 1)}
    assert ("--beside",) in at_version, at_version


def test_of_what_is_in_doubt_for_every_reader_nothing_is_offered(lake, case):
    _, made = plan(held(lake), case)
    one = next(p for p in made["partitions"] if p["partition"] == {"p": "A"})
    assert "cancels nothing" in one["reason"] and not list(flags_named_by(one)), one


def test_where_a_doubt_leaves_it_to_a_person_naming_the_partition_is_offered(lake, case):
    offered = check_offers(spelled(lake), case)
    assert any("--partitions" in flags for flags in offered), offered


def test_a_path_and_a_case_of_several_words_are_printed_so_that_a_shell_takes_them(lake, tmp_path):
    table = DailyLake(lake / "a lake's table")
    table.delete(2)
    case = tmp_path / "a case's folder"
    said = salvor.run("status", table.path, expect=LOSS).out
    words = shlex.split(re.search(r"salvor plan .*", said)[0])[1:]
    said = salvor.run(*[str(case) if w == "DIR" else w for w in words], expect=DONE).out
    for verb in ("persist", "apply", "verify", "clean"):
        words = shlex.split(re.search(rf"^ +(salvor {verb} .*)", said, re.M)[1])[1:]
        assert words[:2] == [verb, str(case)]
        said = salvor.run(*words, *(["--yes"] if verb == "apply" else []), expect=DONE).out


# -- contents to choose from whose files are gone


def files_of(path, version):
    return {uri for uri in DeltaTable(path, version=version).file_uris()}


def without_content(path, with_it, without_it):
    for file in files_of(path, with_it) - files_of(path, without_it):
        os.remove(file.removeprefix("file://"))


def planned(path, case, number, *flags):
    done, made = plan(path, case, *flags)
    return done, next(p for p in made["partitions"] if p["partition"] == {"day": str(day(number))})


def versions(one):
    return [content["last_version"] for content in one["contents"]]


def test_a_content_whose_files_are_gone_is_told_and_not_offered(lake, case):
    path = contents(lake)
    without_content(path, 1, 2)  # the 7 rows of version 1
    _, one = planned(path, case, 2)
    assert versions(one) == [0, 2]
    assert "the 7 rows of version 1 cannot come back: 1 of 1 files are gone" in one["reason"]
    said = salvor.run("plan", path, "--case", f"{case}-text", expect={DONE, REFUSED}).out
    assert "--version 1 " not in said and "--version 0 " in said and "--version 2 " in said and ", 1 file left" in said
    assert sorted(flags[1] for flags in check_offers(path, f"{case}-again") if flags[0] == "--version") == ["0", "2"]


def test_where_the_newest_content_is_gone_latest_is_not_offered(lake, case):
    path = contents(lake)
    without_content(path, 2, 3)  # the newest of the day, and all of another day
    _, one = planned(path, case, 2)
    assert one["disposition"] == "review" and "--latest" not in one["reason"] and versions(one) == [0, 1]
    assert "--latest" not in salvor.run("plan", path, "--case", f"{case}-text", expect=REFUSED).out
    check_offers(path, f"{case}-again")
    _, one = planned(path, f"{case}-latest", 2, "--latest")
    assert one["disposition"] == "review", one["reason"]


def test_where_no_content_is_left_none_is_offered(lake, case):
    path = contents(lake)
    for version in (0, 1, 2):
        for file in files_of(path, version):
            if f"day={day(2)}" in file:
                Path(file.removeprefix("file://")).unlink(missing_ok=True)
    _, one = planned(path, case, 2)
    assert one["reason"].count("cannot come back") == 3 and not list(flags_named_by(one))
    assert "Choose" not in salvor.run("plan", path, "--case", f"{case}-text", expect={DONE, REFUSED}).out


def test_odd_tables_at_random_offer_only_what_works(tmp_path, seed):
    for number in range(25):
        path = tmp_path / f"odd{number}"
        OddLake(path, seed + number)
        for more, disposition, run in offers(path, tmp_path / f"case{number}"):
            assert works(more, disposition, run), f"seed {seed + number}: {more} comes to {disposition}\n{run}"


def test_five_days_deleted_one_by_one_from_the_oldest_come_back_by_the_printed_commands(table, tmp_path):
    """It looks like expiry, so nothing comes back by itself, and nobody is told that all is well."""
    before = table.read()
    for day in range(1, 5):
        table.delete(day)
    left = salvor.run("plan", table.path, "--case", tmp_path / "case", expect=salvor.REFUSED)
    commands = [line.strip() for line in left.out.splitlines() if line.strip().startswith("salvor plan ")]
    assert len(commands) == 4
    for number, command in enumerate(commands):
        case = tmp_path / f"case {number}"
        words = shlex.split(command)[1:]
        words[words.index("DIR")] = str(case)
        salvor.run(*words, expect=salvor.DONE)
        for verb in ("persist", "apply"):
            salvor.run(verb, case, *(["--yes"] if verb == "apply" else []), expect=salvor.DONE)
    assert not difference(table.read(), before)


def test_days_that_are_named_come_back_although_they_look_like_expiry(table, case):
    before = table.read()
    for day in range(1, 5):
        table.delete(day)
    made = salvor.plan(table.path, case, "--partitions", "2024-01-01..2024-01-04")
    assert set(salvor.dispositions(made).values()) == {"restore"}
    salvor.run("persist", case, expect=salvor.DONE)
    salvor.run("apply", case, "--yes", expect=salvor.DONE)
    assert not difference(table.read(), before)


def test_a_thinned_day_is_replaced_by_the_printed_command(table, tmp_path):
    before = table.read()
    table.delete(3, also="id % 2 = 0")
    left = salvor.run("plan", table.path, "--case", tmp_path / "case", expect=salvor.REFUSED)
    command = next(line.strip() for line in left.out.splitlines() if line.strip().startswith("salvor plan "))
    words = shlex.split(command)[1:]
    words[words.index("DIR")] = str(tmp_path / "new")
    salvor.run(*words, expect=salvor.DONE)
    salvor.run("persist", tmp_path / "new", expect=salvor.DONE)
    salvor.run("apply", tmp_path / "new", "--yes", expect=salvor.DONE)
    assert not difference(table.read(), before)
    json_left = salvor.run("plan", table.path, "--case", tmp_path / "other", "--json")
    assert json_left.code == salvor.DONE and json_left.json["case"] is None


def test_a_plan_that_restores_nothing_warns_of_no_streams(table, case):
    left = salvor.run("plan", table.path, "--case", case, expect=salvor.DONE)
    assert "treams" not in left.said and not case.exists()
