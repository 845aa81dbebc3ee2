"""One value in many spellings: what one writer wrote and another took away, compacted or wrote anew.

Spark, delta-rs and DuckDB write the same value in different words. Whoever tells partitions apart by
the words takes a compacted partition for a lost one, and puts its rows back beside themselves.
"""

import datetime
import decimal

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from delta_folder import commit, live_adds
from salvor_run import DONE, LOSS, REFUSED, plan, run, status
from spelled_table import SpelledTable
from spark_lake import start_spark

# The spellings of one writer, and of a second partition; the value for delta-rs, as SQL and as an
# Arrow value of its type.
KINDS = {
    "double": (["1.0", "1E0", "1"], "2.5", "1.0", pa.array([1.0], pa.float64())),
    "double large": (["1.0E10", "10000000000"], "2.5", "1e10", pa.array([1e10], pa.float64())),
    "double infinite": (["Infinity", "inf"], "2.5", "CAST('inf' AS DOUBLE)",
                        pa.array([float("inf")], pa.float64())),
    "float": (["0.1", "0.10000000149011612"], "2.5", "CAST(0.1 AS FLOAT)",
              pa.array([0.1], pa.float32())),
    "decimal(10,2)": (["01.10", "+1.10", "1.10"], "2.50", "1.10",
                      pa.array([decimal.Decimal("1.10")], pa.decimal128(10, 2))),
    "decimal(10,7)": (["0E-7", "0.0000000", "-0.0000000"], "2.5000000", "0",
                      pa.array([decimal.Decimal("0E-7")], pa.decimal128(10, 7))),
    "boolean": (["true", "True", "TRUE"], "false", "true", pa.array([True])),
    "integer": (["1", "01", "+1"], "2", "1", pa.array([1], pa.int32())),
    "long": (["-0", "0", "000"], "2", "0", pa.array([0], pa.int64())),
    "date": (["2024-01-02", "2024-1-2", "+2024-01-02"], "2024-01-03", "DATE '2024-01-02'",
             pa.array([datetime.date(2024, 1, 2)])),
    "timestamp_ntz": (["2024-01-02 03:04:05", "2024-01-02 03:04:05.000"], "2024-01-03 00:00:00",
                      "arrow_cast('2024-01-02T03:04:05', 'Timestamp(Microsecond, None)')",
                      pa.array([datetime.datetime(2024, 1, 2, 3, 4, 5)], pa.timestamp("us"))),
    "string": (["a b"], "a", "'a b'", pa.array(["a b"])),
}


@pytest.fixture(params=KINDS)
def scene(request, tmp_path):
    """A file of six rows for each spelling of one value, and one of another value."""
    spellings, other, sql, array = KINDS[request.param]
    table = SpelledTable(tmp_path / "t", request.param.split(" ")[0])
    table.append(*spellings)
    table.append(other)
    return table, spellings, sql, array


def rows_are_those_of_readers(table):
    counts = table.by_salvor()
    assert counts == table.by_delta_rs()
    assert counts == table.by_duckdb()
    return sum(counts.values())


def decided(table, case, *flags):
    """{value: disposition} of all that is not intact, and {value: reason}."""
    done = run("plan", table.path, "--case", case, "--json", *flags, expect={DONE, REFUSED})
    made = done.json["plan"]["partitions"]
    return ({p["partition"]["p"]: p["disposition"] for p in made},
            {p["partition"]["p"]: p["reason"] for p in made})


def nothing_can_be_doubled(table, case):
    """No plan brings rows back beside those that readers see."""
    assert "restore" not in decided(table, case)[0].values()


def test_spellings_of_one_value_are_one_partition(scene):
    table, spellings, _, _ = scene
    assert rows_are_those_of_readers(table) == 6 * (len(spellings) + 1)
    assert set(table.health().values()) == {"intact"} and len(table.health()) == 2


def test_compaction_by_another_writer_loses_nothing(scene, case):
    table, spellings, _, _ = scene
    if len(spellings) > 1:
        assert table.delta().optimize.compact()["numFilesRemoved"] >= 2
    assert status(table.path, expect=DONE)["summary"]["intact"] == 2
    rows_are_those_of_readers(table)
    nothing_can_be_doubled(table, case)


def test_overwrite_by_another_writer_is_no_empty_partition(scene, case):
    table, _, sql, array = scene
    new = pa.table({"id": pa.array([1, 2, 3], pa.int64()), "p": pa.concat_arrays([array] * 3)})
    write_deltalake(table.path, new, mode="overwrite", predicate=f"p = {sql}")
    assert status(table.path, expect=DONE)["summary"]["missing"] == 0
    assert rows_are_those_of_readers(table) == 3 + 6
    nothing_can_be_doubled(table, case)


def test_what_another_writer_deleted_comes_back_whole_and_verbatim(scene, case):
    table, spellings, sql, _ = scene
    before = table.by_delta_rs()
    spelled = table.spellings()
    table.delta().delete(f"p = {sql}")
    found = status(table.path, expect=LOSS)
    assert found["summary"]["missing"] == 1
    run("plan", table.path, "--case", case, expect=DONE)
    for verb in (["persist", case], ["apply", case, "--yes"], ["verify", case], ["clean", case]):
        run(*verb, expect=DONE)
    assert table.by_delta_rs() == before == table.by_duckdb() == table.by_salvor()
    assert table.spellings() == spelled
    assert status(table.path, expect=DONE)["summary"]["intact"] == 2


def test_refilled_in_another_spelling_is_not_missing(tmp_path, case):
    table = SpelledTable(tmp_path / "t", "double")
    table.append("1.0", "2.0")
    table.remove("1.0")
    table.append("1")
    assert "missing" not in table.health().values()
    nothing_can_be_doubled(table, case)


def test_apply_refuses_where_the_partition_was_refilled_in_another_spelling(tmp_path, case):
    table = SpelledTable(tmp_path / "t", "decimal(10,2)")
    table.append("1.10", "2.20")
    table.remove("1.10")
    plan(table.path, case)
    run("persist", case, expect=DONE)
    table.append("+01.10")
    run("apply", case, "--yes", expect=REFUSED)
    assert table.by_delta_rs() == {decimal.Decimal("1.10"): 6, decimal.Decimal("2.20"): 6}


def test_the_two_zeros_are_one_partition_and_in_doubt_where_both_occur(tmp_path, case):
    table = SpelledTable(tmp_path / "t", "double")
    table.append("0.0", "-0.0", "1.0")
    assert table.by_salvor() == {0.0: 12, 1.0: 6} == table.by_duckdb()
    assert list(table.doubts()) == ["0.0"] and "two for delta-rs" in table.doubts()["0.0"][0]
    table.delta().delete("p = 0.0")  # of its own sign only
    assert table.health()["0.0"] == "partial"
    nothing_can_be_doubled(table, case)


def test_nan_is_one_value(tmp_path):
    table = SpelledTable(tmp_path / "t", "double")
    table.append("NaN", "nan", "1.0")
    assert table.by_salvor() == {"NaN": 12, 1.0: 6} == table.by_delta_rs()


@pytest.mark.parametrize("kind, texts", [
    ("double", ["1_0", "soon"]), ("decimal(10,2)", ["123456789.10"]), ("integer", ["1e0"]),
    ("boolean", ["on"]), ("date", ["20240102", "2024-02-30"]), ("timestamp", ["1704164645"])])
def test_what_no_reader_takes_for_a_value_is_a_problem_of_its_own_partition(tmp_path, kind, texts,
                                                                          case):
    table = SpelledTable(tmp_path / "t", kind)
    good = {"double": "1.0", "decimal(10,2)": "1.10", "integer": "1", "boolean": "true",
            "date": "2024-01-02", "timestamp": "2024-01-02T00:00:00Z"}[kind]
    table.append(good, None, *texts)
    for read in (table.by_delta_rs, table.by_duckdb):
        with pytest.raises(Exception):
            read()
    found = status(table.path, expect=DONE)
    doubts = table.doubts()
    assert set(doubts) == {None, *texts}  # Spark counts their rows to NULL
    assert found["doubtful"] == len(texts) + 1
    assert any("DuckDB and delta-rs cannot read this table" in note for note in found["notes"])
    table.remove(good)
    assert list(decided(table, case)[0].values()) == ["restore"]


@pytest.mark.parametrize("kind, text, value", [
    ("double", "1.0d", "1.0"), ("float", " 1", "1.0"), ("boolean", "t", "true"),
    ("decimal(10,2)", "1.1", "1.1"), ("decimal(10,2)", "1.105", "1.11"), ("integer", "1.0", "1"),
    ("date", "2024-01-02 00:00:00", "2024-01-02"), ("date", "2024", "2024-01-01"),
    ("timestamp", "2024-01-02T03:04:05+01", "2024-01-02T02:04:05Z")])
def test_what_only_spark_reads_is_taken_as_spark_does_and_left_to_a_person(tmp_path, kind, text,
                                                                         value, case):
    table = SpelledTable(tmp_path / "t", kind)
    table.append(text)
    assert list(table.doubts()) == [value]
    assert "only Spark reads this" in table.doubts()[value][0]
    table.remove(text)
    assert decided(table, case)[0] == {value: "review"}


def test_offset_that_duckdb_leaves_out_is_a_doubt(tmp_path):
    table = SpelledTable(tmp_path / "t", "timestamp")
    table.append("2024-01-02T04:04:05+01:00")
    assert table.by_delta_rs() != table.by_duckdb()
    assert table.by_salvor() == table.by_delta_rs()
    assert "DuckDB '2024-01-02T04:04:05Z'" in table.doubts()["2024-01-02T03:04:05Z"][0]


def test_instants_without_a_zone_beside_some_with_one_are_never_restored(tmp_path, case):
    table = SpelledTable(tmp_path / "t", "timestamp")
    table.append("2024-01-02 03:04:05.000000", "2024-01-03 00:00:00")
    table.append("2024-01-02T03:04:05.000000Z")
    assert rows_are_those_of_readers(table) == 18
    table.remove("2024-01-02 03:04:05.000000", "2024-01-02T03:04:05.000000Z")
    dispositions, reasons = decided(table, case)
    assert dispositions == {"2024-01-02T03:04:05Z": "review"}
    assert "session's zone" in reasons["2024-01-02T03:04:05Z"]


def test_empty_text_and_null_are_two_partitions_and_in_doubt_together(tmp_path):
    table = SpelledTable(tmp_path / "t", "string")
    table.append("", "a")
    assert table.by_salvor() == {"": 6, "a": 6} == table.by_delta_rs()
    assert not table.doubts()
    table.append(None)
    assert table.by_salvor() == {"": 6, None: 6, "a": 6} == table.by_delta_rs()
    assert set(table.doubts()) == {"", None}
    assert table.by_duckdb() == {None: 12, "a": 6}


@pytest.mark.parametrize("keys", [{"P": "x"}, {"q": "x"}, {"p": "x", "q": "y"}, {"p": "x", "P": "y"}])
def test_keys_that_are_no_partition_column_refuse_the_table(tmp_path, keys, case):
    table = SpelledTable(tmp_path / "t", "string")
    table.append("x", "y")
    commit(table.path, [table.add(None, keys=keys)])
    counts = table.by_duckdb()
    with pytest.raises(Exception):
        table.by_delta_rs()
    assert table.by_salvor() == counts
    table.remove("y")
    dispositions, reasons = decided(table, case)
    assert dispositions == {"y": "review"}
    wrong = next(k for k in keys if k != "p")
    assert f"'{wrong}', which is not a partition column" in reasons["y"]


def test_missing_key_is_null_for_every_reader_and_never_written_again(tmp_path, case):
    table = SpelledTable(tmp_path / "t", "string")
    version = commit(table.path, [table.add(None, keys={}), table.add("x")])
    assert rows_are_those_of_readers(table) == 12
    assert "no value for 'p'" in table.doubts()[None][0]
    add = next(a for a in live_adds(table.path).values() if not a["partitionValues"])
    commit(table.path, [{"remove": {"path": add["path"], "deletionTimestamp": 4102444800000,
                                    "dataChange": True}}], "DELETE")
    for flags in ([], ["--version", version]):
        assert decided(table, f"{case}{len(flags)}", *flags)[0][None] == "review"


def test_partition_value_as_a_number_is_its_text(tmp_path):
    table = SpelledTable(tmp_path / "t", "integer")
    table.append(5, "05")
    assert rows_are_those_of_readers(table) == 12
    assert table.health() == {"5": "intact"}


@pytest.mark.parametrize("name, text", [
    ("delta.deletedFileRetentionDuration", "rubbish"), ("delta.logRetentionDuration", "604800"),
    ("delta.setTransactionRetentionDuration", "interval 1 month")])
def test_property_that_is_no_duration_stops_nothing(tmp_path, name, text, case):
    table = SpelledTable(tmp_path / "t", "date", {name: text})
    table.append("2024-01-02", "2024-01-03")
    table.delta().delete("p = DATE '2024-01-02'")
    found = status(table.path, expect=LOSS)
    assert any(name in note and text in note for note in found["notes"])
    assert decided(table, case)[0] == {"2024-01-02": "restore"}


def test_partitions_are_named_in_any_spelling_that_a_person_may_choose(tmp_path, case):
    table = SpelledTable(tmp_path / "t", "double")
    table.append("1E0", "2.0")
    table.remove("1E0", "2.0")
    chosen = decided(table, case, "--partitions", '{"p": 1}')[0]
    assert chosen == {"1.0": "restore", "2.0": "leave"}


class TestBySpark:
    """One session for all of them."""

    @pytest.fixture(scope="class")
    def spark(self):
        session = start_spark()
        yield session
        session.stop()

    @staticmethod
    def rows(spark, table):
        counts = {}
        for row in spark.read.format("delta").load(table.path).collect():
            value = "NaN" if row.p != row.p else row.p
            counts[value] = counts.get(value, 0) + 1
        return counts

    def test_reads_what_salvor_counts(self, spark, scene):
        table = scene[0]
        assert self.rows(spark, table) == table.by_salvor()

    def test_dynamic_overwrite_leaves_old_spellings_that_count(self, spark, tmp_path, case):
        table = SpelledTable(tmp_path / "t", "double")
        table.append("1", "1.0", "1E0", "2.0")
        spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
        (spark.createDataFrame([(i, 1.0) for i in range(4)], "id long, p double")
         .write.format("delta").mode("overwrite").option("partitionOverwriteMode", "dynamic")
         .save(table.path))
        counts = self.rows(spark, table)
        assert counts == {1.0: 16, 2.0: 6} == table.by_salvor() == table.by_delta_rs()
        nothing_can_be_doubled(table, case)

    def test_what_delta_rs_wrote_and_spark_deleted_comes_back_once(self, spark, tmp_path, case):
        table = SpelledTable(tmp_path / "t", "double")
        table.append("1", "10000000000", "inf")
        spark.sql(f"DELETE FROM delta.`{table.path}` WHERE p = 1.0D")
        spark.sql(f"UPDATE delta.`{table.path}` SET id = id WHERE p > 2D")
        assert table.health() == {"1.0": "missing", "1.0E10": "changed", "Infinity": "changed"}
        run("plan", table.path, "--case", case, expect=DONE)
        for verb in (["persist", case], ["apply", case, "--yes"], ["verify", case]):
            run(*verb, expect=DONE)
        expected = {1.0: 6, 1e10: 6, float("inf"): 6}
        assert self.rows(spark, table) == expected == table.by_delta_rs() == table.by_duckdb()
