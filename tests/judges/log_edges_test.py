"""Logs with odd but possible lines: what salvor says each partition holds is what delta-rs and DuckDB
read, or it has said that readers differ, or refused by name. And whatever is restored, no reader ever
reads a row twice that it read once before."""

import json
import os
import shutil
import struct
import zlib
from pathlib import Path

import pyarrow
import pytest
from deltalake import DeltaTable
from pyarrow import compute, parquet

import salvor_run as salvor
from hand_table import UNREADABLE, HandTable, counts
from salvor_run import DONE, FAILED, LOSS, LOST, REFUSED
from spark_lake import start_spark

MARK = "\ufeff"


def line(action):
    return json.dumps(action, ensure_ascii=False)


def vanish(table, spelled, name="p=A/f", path=None, p="A"):
    """Adds a file under one spelling and removes it under another; a second partition stays."""
    table.begin(table.add(path or name, p, name=name), table.add("p=Z/z", "Z"))
    table.commit(table.remove(spelled), operation="DELETE")


def spelling(spelled, **more):
    return lambda table: vanish(table, spelled, **more)


def two_adds(first, second):
    def build(table):
        table.begin(table.add(first, name="p=A/f"), table.add("p=Z/z", "Z"))
        table.commit(table.add(second, name="p=A/f"))
    return build


def in_one_commit(*kinds, fresh):
    def build(table):
        add = table.add("p=A/f")
        table.begin(table.add("p=Z/z", "Z"), *([] if fresh else [add]))
        table.commit(*[add if kind == "add" else table.remove("p=A/f") for kind in kinds])
    return build


def lines(*make):
    """A table of p=A/f, and a second commit of what `make` say of a new file p=B/g."""
    def build(table):
        table.begin(table.add("p=A/f"))
        add = table.add("p=B/g", "B")
        table.commit(*[one(table, add) for one in make], operation=None)
    return build


def without(kind, field):
    def make(table, add):
        action = add if kind == "add" else table.remove("p=A/f")
        return {kind: {k: v for k, v in action[kind].items() if k != field}}
    return make


def sized(value):
    return lambda table, add: {"add": {**add["add"], "size": value}}


def two_metadata(table):
    table.begin(table.add("p=A/f"))
    other = json.loads(json.dumps(table.metadata))
    other["metaData"]["partitionColumns"] = []
    table.commit(table.metadata, other, table.add("p=B/g", "B"))


def same_add_in_two_partitions(table):
    table.begin(table.add("p=A/f"))
    table.commit(table.add("p=B/g", "B"), table.add("p=B/g", "C"))


def vector_file(table, *vectors):
    """A file of deletion vectors, each a list of row numbers; what an add says of each of them."""
    data, said = b"\1", []
    for rows in vectors:
        # One bitmap of one array container, in the portable format with a magic number before it.
        bitmap = struct.pack("<IQII", 1681511377, 1, 0, 12346) + struct.pack("<IHHI", 1, 0, len(rows) - 1, 16)
        bitmap += struct.pack(f"<{len(rows)}H", *rows)
        said.append({"deletionVector": {
            "storageType": "u", "pathOrInlineDv": "0" * 20, "offset": len(data),
            "sizeInBytes": len(bitmap), "cardinality": len(rows)}})
        data += struct.pack(">I", len(bitmap)) + bitmap + struct.pack(">I", zlib.crc32(bitmap))
    (Path(table.path) / "deletion_vector_00000000-0000-0000-0000-000000000000.bin").write_bytes(data)
    return said


def vectors(*entries):
    """One file that is live under these entries: 1 and 2 are vectors, 0 is none."""
    def build(table):
        table.protocol["protocol"] = {"minReaderVersion": 3, "minWriterVersion": 7,
                                      "readerFeatures": ["deletionVectors"],
                                      "writerFeatures": ["deletionVectors"]}
        with_vector = [{}, *vector_file(table, [0], [1, 2])]
        table.begin(table.add("p=Z/z", "Z"))
        for entry in entries:
            table.commit(table.add("p=A/f", **with_vector[entry]))
    return build


CASES = {
    "decoded remove, as delta-rs 1.4 writes it": spelling(
        "p=New York/f", name="p=New York/f", path="p=New%20York/f", p="New York"),
    "remove with %3D": spelling("p%3DA/f"),
    "add with %3D": spelling("p=A/f", path="p%3DA/f"),
    "remove with %41": spelling("p=%41/f"),
    "remove of ./": spelling("./p=A/f"),
    "add of ./": spelling("p=A/f", path="./p=A/f"),
    "remove with a step back": spelling("p=A/../p=A/f"),
    "remove with a doubled slash": spelling("p=A//f"),
    "remove with an umlaut raw": spelling("p=ä/f", name="p=ä/f", path="p=%C3%A4/f", p="ä"),
    "remove in small digits": spelling("p=%c3%a4/f", name="p=ä/f", path="p=%C3%A4/f", p="ä"),
    "same letters": spelling("p=A/f"),
    "two adds of one file, ./": two_adds("p=A/f", "./p=A/f"),
    "two adds of one file, %3D": two_adds("p=A/f", "p%3DA/f"),
    "added, then removed": in_one_commit("add", "remove", fresh=False),
    "removed, then added": in_one_commit("remove", "add", fresh=False),
    "new: added, then removed": in_one_commit("add", "remove", fresh=True),
    "new: removed, then added": in_one_commit("remove", "add", fresh=True),
    "the same add in two partitions": same_add_in_two_partitions,
    "two metaData": two_metadata,
    "two vectors of one file": vectors(1, 2),
    "a file with and without a vector": vectors(0, 1),
    "a file without and with a vector": vectors(1, 0),
    "escaped names": lines(lambda t, a: line(a).replace('"add"', '"\\u0061dd"')
                           .replace('"path"', '"p\\u0061th"')),
    "escaped remove": lines(lambda t, a: line(t.remove("p=A/f"))
                            .replace('"remove"', '"rem\\u006fve"')),
    "path twice": lines(lambda t, a: line(a).replace('"path":', '"path": "nowhere", "path":')),
    "remove twice in an object": lines(lambda t, a: '{"remove": {"path": "x", "dataChange": true}, '
                                       + line(t.remove("p=A/f"))[1:]),
    "remove and null": lines(lambda t, a: line(t.remove("p=A/f"))[:-1] + ', "remove": null}'),
    "add and remove in one object": lines(lambda t, a: line({**a, **t.remove("p=A/f")})),
    "remove and add in one object": lines(lambda t, a: line({**t.remove("p=A/f"), **a})),
    "byte order mark": lines(lambda t, a: MARK + line(a)),
    "two objects on a line": lines(lambda t, a: line(a) + " " + line(t.remove("p=A/f"))),
    "an object over lines": lines(lambda t, a: line(a).replace('{"add"', '{\n"add"')),
    "an array": lines(lambda t, a: "[" + line(a) + "]"),
    "single quotes": lines(lambda t, a: line(t.remove("p=A/f")).replace('"', "'")),
    "text after the object": lines(lambda t, a: line(a) + " // once"),
    "size as text": lines(lambda t, a: {"add": {**a["add"], "size": str(a["add"]["size"])}}),
    "size as a fraction": lines(lambda t, a: {"add": {**a["add"], "size": float(a["add"]["size"])}}),
    "size 0": lines(sized(0)),
    "size -1": lines(sized(-1)),
    "no size": lines(without("add", "size")),
    "a number as partition value": lines(
        lambda t, a: {"add": {**a["add"], "partitionValues": {"p": 7}}}),
    "remove without dataChange": lines(without("remove", "dataChange")),
    "add without dataChange": lines(without("add", "dataChange")),
    "add without modificationTime": lines(without("add", "modificationTime")),
    "add without partitionValues": lines(without("add", "partitionValues")),
    "stats cut short": lines(lambda t, a: {"add": {**a["add"], "stats": '{"numRecords":5'}}),
    "blank lines and carriage returns": lines(lambda t, a: "\r\n\n" + line(a) + "\r\n"),
    "an unknown action": lines(lambda t, a: '{"novelty": {"a": [1]}}', lambda t, a: a),
}


def checkpointed(table, version=None):
    DeltaTable(table.path, version=version).create_checkpoint()
    return table.log / f"{table.latest if version is None else version:020d}.checkpoint.parquet"


def commits(table, number=4):
    table.begin(table.add("p=A/f"))
    for i in range(1, number):
        table.commit(table.add(f"p={i}/f", str(i)))


def with_hint(version, **more):
    def build(table):
        commits(table)
        checkpointed(table, 1)
        (table.log / "_last_checkpoint").write_text(json.dumps({"version": version, "size": 4, **more}))
    return build


def stray_checkpoint(table):
    commits(table)
    shutil.move(checkpointed(table, 1), table.log / "09223372036854775807.checkpoint.parquet")
    (table.log / "_last_checkpoint").unlink()


def stray_commit(table):
    commits(table)
    shutil.copy(table.log / f"{1:020d}.json", table.log / "09223372036854775807.json")


def cut_checkpoint(table):
    commits(table)
    file = checkpointed(table, 2)
    file.write_bytes(file.read_bytes()[:-40])


def checkpoint_without_commit(table):
    commits(table)
    checkpointed(table)
    (table.log / f"{table.latest:020d}.json").unlink()


def folder_as_commit(table):
    commits(table)
    (table.log / f"{table.latest + 1:020d}.json").mkdir()


def checkpoint_that_lost(table):
    """Checkpoint 3 has what was there at version 1."""
    commits(table)
    shutil.move(checkpointed(table, 1), table.log / f"{3:020d}.checkpoint.parquet")
    (table.log / "_last_checkpoint").unlink()
    table.commit(table.add("p=Y/y", "Y"))


def checkpoint_that_kept(table):
    """Checkpoint 2 has the file that commit 2 removed."""
    table.begin(table.add("p=A/f"))
    table.commit(table.add("p=B/g", "B"))
    table.commit(table.remove("p=A/f"), operation="DELETE")
    shutil.move(checkpointed(table, 1), table.log / f"{2:020d}.checkpoint.parquet")
    (table.log / "_last_checkpoint").unlink()
    table.commit(table.add("p=Y/y", "Y"))


def checkpoint_that_names_twice(table):
    commits(table)
    file = checkpointed(table)
    rows = parquet.read_table(file)
    is_add = compute.is_valid(rows["add"])
    parquet.write_table(pyarrow.concat_tables([rows, rows.filter(is_add).slice(0, 1)]), file)
    (table.log / "_last_checkpoint").unlink()


def odd_commit_below_a_checkpoint(table):
    commits(table)
    checkpointed(table)
    (table.log / f"{2:020d}.json").write_text("[" + line(table.add("p=2/f", "2")) + "]\n")
    table.commit(table.add("p=Y/y", "Y"))


def compacted(*drop, **more):
    """Commits 1 to 3 in one file, without the days `drop`."""
    def build(table):
        commits(table)
        lines = [json.loads(text) for version in (1, 2, 3)
                 for text in (table.log / f"{version:020d}.json").read_text().splitlines()]
        kept = [action for action in lines
                if "add" in action and action["add"]["partitionValues"]["p"] not in drop]
        kept += [table.add("p=X/x", "X")] if more.get("extra") else []
        name = f"{1:020d}.{3:020d}.compacted.json"
        (table.log / name).write_text("".join(line(action) + "\n" for action in kept))
    return build


LISTINGS = {
    "compacted commits that say the same": compacted(),
    "compacted commits that lack a file": compacted("2"),
    "compacted commits with a file more": compacted(extra=True),
    "odd commit below a checkpoint": odd_commit_below_a_checkpoint,
    "hint ahead": with_hint(3), "hint beyond": with_hint(7), "hint behind": with_hint(0),
    "hint with other parts": with_hint(1, parts=2), "hint of text": with_hint("1"),
    "stray checkpoint": stray_checkpoint, "stray commit": stray_commit,
    "cut checkpoint": cut_checkpoint, "checkpoint without its commit": checkpoint_without_commit,
    "folder as commit": folder_as_commit, "checkpoint that lost": checkpoint_that_lost,
    "checkpoint that kept": checkpoint_that_kept,
    "checkpoint that names a file twice": checkpoint_that_names_twice,
}


def look(table):
    """What salvor says: rows and doubts by partition, and the notes; a text where it refuses."""
    done = salvor.run("status", table.path, "--json")
    if done.code not in (DONE, LOSS, LOST):
        assert done.code in (FAILED, REFUSED) and done.err.startswith("salvor: "), done
        return done.err
    seen = done.json
    return ({p["partition"]["p"]: p["rows"] for p in seen["partitions"]},
            {p["partition"]["p"] for p in seen["partitions"] if p.get("doubts")},
            " ".join(seen["notes"]))


def assert_agrees(table, reader, read):
    said = look(table)
    if isinstance(said, str):
        return
    rows, doubted, notes = said
    if read == UNREADABLE:
        assert doubted or reader in notes or "no reader" in notes or "others" in notes, said
        return
    for p in {*rows, *read} - doubted:
        assert rows.get(p, 0) == counts(read).get(p, 0) or f"{reader}" in notes, (p, said, counts(read))


def named(p):
    return ["--partitions", json.dumps({"p": p})]


def never_doubled(table, readers, tmp_path):
    """Whatever a person asks salvor to restore."""
    before = {name: read() for name, read in readers.items()}
    said = look(table)
    shown = [] if isinstance(said, str) else [named(p) for p in said[0]]
    every = [flag for flags in shown for flag in flags]
    for turn, flags in enumerate(([], every, ["--version", "0"], [*every, "--version", "0"],
                                  *([*one, "--version", "0"] for one in shown))):
        case = tmp_path / f"case-{turn}"
        if salvor.run("plan", table.path, "--case", case, *flags,
                      expect={DONE, FAILED, REFUSED}).code != DONE or not case.exists():
            continue
        salvor.run("persist", case)
        salvor.run("apply", case, "--yes")
        for name, read in readers.items():
            after = read()
            if UNREADABLE in (after, before[name]):
                assert after == before[name], (name, flags)
                continue
            for p, ids in after.items():
                was = before[name].get(p, {})
                assert all(n <= max(1, was.get(i, 0)) for i, n in ids.items()), (name, p, flags)


def readers_of(table):
    return {"delta-rs": table.by_deltars, "DuckDB": table.by_duckdb}


@pytest.mark.parametrize("name", [*CASES, *LISTINGS])
def test_odd_logs_are_read_as_others_read_them_or_named(lake, tmp_path, name):
    table = HandTable(lake / "t")
    {**CASES, **LISTINGS}[name](table)
    for reader, read in readers_of(table).items():
        assert_agrees(table, reader, read())
    never_doubled(table, readers_of(table), tmp_path)


def test_odd_logs_are_read_as_spark_reads_them_or_named(lake):
    spark = start_spark()
    wrong = []
    for number, (name, build) in enumerate({**CASES, **LISTINGS}.items()):
        table = HandTable(lake / f"t{number}")
        build(table)
        try:
            assert_agrees(table, "Spark", table.by_spark(spark))
        except AssertionError as difference:
            wrong.append((name, str(difference).splitlines()[0]))
    spark.stop()
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("build", [CASES["decoded remove, as delta-rs 1.4 writes it"],
                                   CASES["remove with %3D"]])
def test_rows_that_readers_still_read_are_not_put_back_beside_themselves(lake, tmp_path, build):
    table = HandTable(lake / "t")
    build(table)
    rows, doubted, _ = look(table)
    (p,) = set(rows) - {"Z"}
    assert rows[p] == 5 and doubted == {p}
    assert counts(table.by_deltars())[p] == counts(table.by_duckdb())[p] == 5
    salvor.run("plan", table.path, "--case", tmp_path / "case", *named(p), "--version", 0)
    if (tmp_path / "case").exists():
        salvor.run("persist", tmp_path / "case")
        salvor.run("apply", tmp_path / "case", "--yes")
    assert counts(table.by_deltars())[p] == counts(table.by_duckdb())[p] == 5


def test_what_a_checkpoint_dropped_is_missed_and_comes_back(lake, tmp_path):
    table = HandTable(lake / "t")
    commits(table, 5)
    shutil.move(checkpointed(table, 1), table.log / f"{4:020d}.checkpoint.parquet")
    (table.log / "_last_checkpoint").unlink()
    assert set(counts(table.by_duckdb())) == {"A", "1"}
    seen = salvor.status(table.path, expect=LOSS)
    missing = salvor.by_health(seen, "missing")
    assert {("2",), ("3",)} <= set(missing)
    assert "checkpoint 4 dropped" in " ".join(seen["notes"])
    salvor.run("plan", table.path, "--case", tmp_path / "case", expect=DONE)
    salvor.run("persist", tmp_path / "case", expect=DONE)
    salvor.run("apply", tmp_path / "case", "--yes", expect=DONE)
    for read in (table.by_duckdb(), table.by_deltars()):
        assert counts(read) == {"A": 5, "1": 5, "2": 5, "3": 5}


@pytest.mark.parametrize("how", ["a hard link", "a linked folder"])
def test_a_file_that_is_live_under_another_name_is_not_added(lake, tmp_path, how):
    table = HandTable(lake / "t")
    table.begin(table.add("p=A/f"), table.add("p=Z/z", "Z"))
    table.commit(table.remove("p=A/f"), operation="DELETE")
    folder = Path(table.path)
    if how == "a hard link":
        (folder / "p=B").mkdir()
        os.link(folder / "p=A/f", folder / "p=B/f")
    else:
        (folder / "p=B").symlink_to("p=A")
    case = tmp_path / "case"
    salvor.run("plan", table.path, "--case", case, expect=DONE)
    salvor.run("persist", case, expect=DONE)
    table.commit(table.add("p=B/f", "B"))
    refused = salvor.run("apply", case, "--yes", expect=REFUSED)
    assert "p=A/f" in refused.err and "p=B/f" in refused.err
    again = salvor.run("plan", table.path, "--case", tmp_path / "again", expect=None)
    assert "p=B/f" in again.said
    assert counts(table.by_duckdb()) == counts(table.by_deltars()) == {"B": 5, "Z": 5}


def test_what_a_checkpoint_kept_is_there(lake):
    table = HandTable(lake / "t")
    checkpoint_that_kept(table)
    seen = salvor.status(table.path, expect=DONE)
    assert "checkpoint 2 kept" in " ".join(seen["notes"]) and "version 2" in " ".join(seen["notes"])


def test_versions_before_a_lost_commit_are_reached(lake, tmp_path):
    table = HandTable(lake / "t")
    commits(table, 5)
    table.commit(table.remove("p=2/f"), operation="DELETE")
    table.commit(table.add("p=Y/y", "Y"))
    checkpointed(table)
    table.commit(table.add("p=X/x", "X"))
    (table.log / f"{5:020d}.json").unlink()
    seen = salvor.status(table.path)
    (lost,) = [p for p in seen["partitions"] if p["partition"]["p"] == "2"]
    assert lost["health"] == "missing" and "lost" in lost["doubts"][0]
    done = salvor.run("plan", table.path, "--case", tmp_path / "default", expect=REFUSED)
    assert "a person must choose" in done.err and not (tmp_path / "default").exists()
    salvor.run("plan", table.path, "--case", tmp_path / "case", "--version", 3, *named("2"),
               expect=DONE)
    salvor.run("persist", tmp_path / "case", expect=DONE)
    salvor.run("apply", tmp_path / "case", "--yes", expect=DONE)
    assert counts(table.by_duckdb())["2"] == 5


def test_checkpoints_of_one_version_that_differ_are_refused(lake):
    table = HandTable(lake / "t")
    commits(table)
    checkpointed(table, 3)
    shutil.move(checkpointed(table, 1),
                table.log / f"{3:020d}.checkpoint.0000000001.0000000001.parquet")
    done = salvor.run("status", table.path, expect=REFUSED)
    assert "different files" in done.err


def test_a_log_with_a_stray_version_is_not_written(lake, tmp_path):
    table = HandTable(lake / "t")
    commits(table)
    table.commit(table.remove("p=2/f"), operation="DELETE")
    shutil.copy(checkpointed(table, 1), table.log / "09223372036854775807.checkpoint.parquet")
    salvor.run("status", table.path, expect=LOST)
    done = salvor.run("plan", table.path, "--case", tmp_path / "case")
    assert "09223372036854775807" in done.said
    if (tmp_path / "case").exists():
        salvor.run("persist", tmp_path / "case")
        salvor.run("apply", tmp_path / "case", "--yes", expect={DONE, FAILED, REFUSED})
    assert table.latest == 4 and not (table.log / f"{5:020d}.json").exists()
