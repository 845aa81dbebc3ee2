"""Builds tables and logs for the figures. Logs are written by hand: what is measured is reading them."""

import json
import time
from pathlib import Path

DAY = "DATE '2019-01-01' + CAST({} AS INTEGER)"

COLUMNS = [("source", "string"), ("event_type", "string"), ("form_factor", "string"),
           ("country", "string"), ("subdivision1", "string"), ("advertiser", "string"),
           ("release_channel", "string"), ("position", "long"), ("provider", "string"),
           ("match_type", "string"), ("normalized_os", "string"),
           ("suggest_data_sharing_enabled", "boolean"), ("event_count", "long"),
           ("user_count", "long"), ("query_type", "string")]

ROWS = """
SELECT 'source' || (i % 3) AS source, 'type' || (i % 4) AS event_type, 'form' || (i % 2) AS form_factor,
       chr(CAST(65 + i % 26 AS INTEGER)) || chr(CAST(65 + i % 17 AS INTEGER)) AS country,
       'sub' || (i % 61) AS subdivision1, 'advertiser ' || (hash(i) % 997) AS advertiser,
       'channel' || (i % 4) AS release_channel, i % 12 AS position, 'provider' || (i % 5) AS provider,
       'match' || (i % 3) AS match_type, 'os' || (i % 6) AS normalized_os,
       i % 2 = 0 AS suggest_data_sharing_enabled, CAST(hash(i) % 10000 AS BIGINT) AS event_count,
       CAST(hash(i + 1) % 5000 AS BIGINT) AS user_count, 'query' || (i % 7) AS query_type"""


def schema_string(columns):
    fields = [{"name": name, "type": kind, "nullable": True, "metadata": {}} for name, kind in columns]
    return json.dumps({"type": "struct", "fields": fields})


def opening(columns, partition):
    now = int(time.time() * 1000)
    return [{"commitInfo": {"timestamp": now, "operation": "WRITE", "operationParameters": {}}},
            {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
            {"metaData": {"id": "b0000000-0000-4000-8000-000000000001", "format": {"provider": "parquet", "options": {}},
                          "schemaString": schema_string(columns), "partitionColumns": [partition],
                          "configuration": {}, "createdTime": now}}]


def commit(table, version, actions):
    log = Path(table) / "_delta_log"
    log.mkdir(exist_ok=True)
    with open(log / f"{version:020}.json", "w") as out:
        for action in actions:
            out.write(json.dumps(action) if isinstance(action, dict) else action)
            out.write("\n")


def removal(path, partition_values, size):
    return {"remove": {"path": path, "deletionTimestamp": int(time.time() * 1000), "dataChange": True,
                       "extendedFileMetadata": True, "partitionValues": partition_values, "size": size}}


def build_rows(table, days, rows_a_day):
    """A table of real rows: one file a day."""
    import duckdb

    table.mkdir(parents=True)
    connection = duckdb.connect(config={"preserve_insertion_order": "false"})
    for first in range(0, days, 50):
        connection.execute(
            f"COPY ({ROWS}, {DAY.format(f'{first} + i // {rows_a_day}')} AS submission_date"
            f" FROM range({min(50, days - first) * rows_a_day}) t(i) ORDER BY submission_date)"
            f" TO '{table}' (FORMAT parquet, PARTITION_BY (submission_date), OVERWRITE_OR_IGNORE,"
            f" FILENAME_PATTERN 'part-{first:05}-{{i}}', COMPRESSION snappy)")
    files = sorted(table.glob("*/*.parquet"))
    now = int(time.time() * 1000)
    actions = opening([("submission_date", "date"), *COLUMNS], "submission_date")
    for file in files:
        day = file.parent.name.split("=")[1]
        actions.append({"add": {"path": str(file.relative_to(table)), "partitionValues": {"submission_date": day},
                                "size": file.stat().st_size, "modificationTime": now, "dataChange": True,
                                "stats": json.dumps({"numRecords": rows_a_day})}})
    assert len(files) == days, (len(files), days)
    commit(table, 0, actions)
    return [(action["add"]["path"], action["add"]["partitionValues"], action["add"]["size"])
            for action in actions if "add" in action]


FIELDS = [("submission_date", "date"), *COLUMNS]
I_DAY = "strftime(DATE '2010-01-01' + CAST(i % 2000 AS INTEGER), '%Y-%m-%d')"
I_PATH = (f"'submission_date=' || {I_DAY} || '/part-' || lpad(CAST(i AS VARCHAR), 8, '0') || "
          "'-5f3c8a52-9a0e-4c55-8d0e-0c2f6f1d' || lpad(printf('%x', i % 65536), 4, '0') || '-c000.snappy.parquet'")
I_STATS = ("""'{"numRecords":' || (1000 + i % 100) || ',"minValues":{"event_count":1,"advertiser":"advertiser 1"},'"""
           """ || '"maxValues":{"event_count":9999,"advertiser":"advertiser 996"},"nullCount":{"event_count":0}}'""")


def checkpoint_by_duckdb(table, files, row_group=122_880):
    """So many files in 2,000 days, known from a checkpoint alone that DuckDB wrote."""
    import duckdb

    log = table / "_delta_log"
    log.mkdir(parents=True)
    schema = schema_string(FIELDS).replace("'", "''")
    texts = "MAP([]::VARCHAR[], []::VARCHAR[])"
    duckdb.connect(config={"preserve_insertion_order": "false"}).execute(f"""
      COPY (SELECT {{'minReaderVersion': 1, 'minWriterVersion': 2}} AS protocol,
                   {{'id': 'b0000000-0000-4000-8000-000000000001', 'format': {{'provider': 'parquet', 'options': {texts}}},
                     'schemaString': '{schema}', 'partitionColumns': ['submission_date'], 'configuration': {texts},
                     'createdTime': 1700000000000}} AS metaData, NULL AS add
            UNION ALL SELECT NULL, NULL,
              {{'path': {I_PATH}, 'partitionValues': MAP(['submission_date'], [{I_DAY}]), 'size': 100000 + i % 5000,
                'modificationTime': 1700000000000, 'dataChange': true, 'stats': {I_STATS}, 'tags': {texts}}}
            FROM range({files}) t(i))
      TO '{log}/{0:020}.checkpoint.parquet' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE {row_group})""")
    commit(table, 0, opening(FIELDS, "submission_date")[:1])
    (log / "_last_checkpoint").write_text('{"version":0,"size":1000}')


def delete_every_tenth(table, files):
    """Every tenth of those files, which are whole days, by the next commit."""
    import duckdb

    now = int(time.time() * 1000)
    rows = duckdb.connect().execute(
        f"""SELECT '{{"remove":{{"path":"' || {I_PATH} || '","deletionTimestamp":{now},"dataChange":true,'
            || '"extendedFileMetadata":true,"partitionValues":{{"submission_date":"' || {I_DAY} || '"}},"size":'
            || (100000 + i % 5000) || '}}}}' FROM range(0, {files}, 10) t(i)""").fetchall()
    info = {"commitInfo": {"timestamp": now, "operation": "DELETE", "operationParameters": {}}}
    commit(table, 1, [info, *(row[0] for row in rows)])


def one_file_each(table, partitions):
    """So many partitions of one file each, and another version."""
    table.mkdir(parents=True)
    lines = (f'{{"add":{{"path":"k={i}/part-{i:08}-5f3c8a52-9a0e-4c55-8d0e-0c2f6f1d-c000.snappy.parquet",'
             f'"partitionValues":{{"k":"{i}"}},"size":{100000 + i % 5000},"modificationTime":1700000000000,'
             f'"dataChange":true,"stats":"{{\\"numRecords\\":{1000 + i % 100}}}"}}}}' for i in range(partitions))
    commit(table, 0, [*opening([("k", "long"), *COLUMNS], "k"), *lines])
    commit(table, 1, opening(FIELDS, "k")[:1])


def delete_files(table, version, files):
    info = {"commitInfo": {"timestamp": int(time.time() * 1000), "operation": "DELETE", "operationParameters": {}}}
    commit(table, version, [info, *(removal(*file) for file in files)])


def add_lines(first, count, days):
    """add actions as text, as long as a real writer's: fast enough for a million."""
    stats = ('{\\"numRecords\\":%d,\\"minValues\\":{\\"event_count\\":1,\\"advertiser\\":\\"advertiser 1\\"},'
             '\\"maxValues\\":{\\"event_count\\":9999,\\"advertiser\\":\\"advertiser 996\\"},'
             '\\"nullCount\\":{\\"event_count\\":0,\\"advertiser\\":0}}')
    for i in range(first, first + count):
        day = f"20{10 + i % days // 360:02}-{i % days // 30 % 12 + 1:02}-{i % days % 30 + 1:02}" \
            if (i % days // 30 % 12 + 1) != 2 or i % days % 30 < 28 else f"20{10 + i % days // 360:02}-01-31"
        yield (f'{{"add":{{"path":"submission_date={day}/part-{i:08}-5f3c8a52-9a0e-4c55-8d0e-0c2f6f1d{i % 65536:04x}-c000.snappy.parquet",'
               f'"partitionValues":{{"submission_date":"{day}"}},"size":{100000 + i % 5000},'
               f'"modificationTime":1700000000000,"dataChange":true,"stats":"{stats % (1000 + i % 100)}","tags":{{}}}}}}')
