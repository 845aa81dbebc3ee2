"""The test server's translation of GoogleSQL, run on DuckDB, against GoogleSQL's own evaluator."""

import json
import os
import subprocess
from pathlib import Path

import pytest

TABLES = {
    # NULLs, duplicates, an early date, NaN, an empty string, nested values.
    "t": """
        SELECT 1 AS id, DATE '2026-11-01' AS d, 'a"b' AS s, 1.5 AS f, NUMERIC '1.25' AS n,
               TIMESTAMP '2026-11-22 10:00:00.5+00' AS ts, b'\\x00\\xff' AS b, [1, 2, 3] AS l,
               STRUCT(1 AS a, 'x' AS b) AS st, TRUE AS flag, DATETIME '2026-11-22 10:00:00' AS dt
        UNION ALL SELECT 2, NULL, '', CAST('nan' AS FLOAT64), NULL, NULL, NULL, [], NULL, NULL, NULL
        UNION ALL SELECT 3, DATE '0001-01-01', NULL, CAST('-inf' AS FLOAT64),
               NUMERIC '123456789012345678.123', TIMESTAMP '1969-12-31 23:59:59.999999+00', b'', [7],
               STRUCT(3, CAST(NULL AS STRING)), FALSE, DATETIME '0001-01-01 00:00:00.000001'
        UNION ALL SELECT 3, DATE '0001-01-01', 'é\\n', 0.1, NUMERIC '-3', NULL, b'abc', [6, 5],
               STRUCT(3, 'y'), TRUE, NULL
        UNION ALL SELECT 4, DATE '2024-02-29', 'Zz%_', 2.5, NUMERIC '-0.000000001',
               TIMESTAMP '9999-12-31 23:59:59.999999+00', b'%', [9007199254740993],
               STRUCT(-4, ''), NULL, DATETIME '2024-02-29 23:59:59.123'
        UNION ALL SELECT -9007199254740993, DATE '2026-11-01', 'a', -2.5, NUMERIC '0',
               TIMESTAMP '2026-03-08 10:30:00+00', b'z', [0], STRUCT(0, 'x'), FALSE,
               DATETIME '2026-03-08 02:30:00'""",
    "u": """
        SELECT 'x' AS s, 1 AS id, DATE '2026-11-01' AS d UNION ALL SELECT 'y', 3, NULL
        UNION ALL SELECT NULL, 3, DATE '0001-01-01' UNION ALL SELECT 'z', NULL, DATE '2030-01-01'
        UNION ALL SELECT 'a', 9, DATE '2026-11-01'""",
    "w": "SELECT STRUCT(1 AS a, [STRUCT('p' AS k, 1 AS v), STRUCT('q', NULL)] AS l) AS st, 1 AS id"
         " UNION ALL SELECT STRUCT(2, [STRUCT('r', 3)]), 2",
    "e": "SELECT 1 AS id, 'x' AS s FROM (SELECT 1) WHERE FALSE",
}

SAME = [line.strip() for line in r"""
SELECT * FROM t
SELECT * FROM u
SELECT * FROM w
SELECT * FROM e
SELECT TO_JSON_STRING(t) AS j FROM t
SELECT TO_JSON_STRING(st) AS j, TO_JSON_STRING(l) AS k, TO_JSON_STRING(f) AS m, TO_JSON_STRING(n) AS o FROM t
SELECT TO_JSON_STRING(NULL) AS a, TO_JSON_STRING('<a>&\u2028\u007f\u0001\t\\/"') AS b
SELECT TO_JSON_STRING(DATETIME '2020-01-01 00:00:00.1') AS a, TO_JSON_STRING(TIME '01:02:03.000004') AS b, TO_JSON_STRING(DATE '0099-01-01') AS c
SELECT TO_JSON_STRING([1.0, 1e20, 1e15, 123456789.123, 1e-7, 0.1, 5e-324, 1.7976931348623157e308, CAST('-0' AS FLOAT64), CAST('inf' AS FLOAT64)]) AS a
SELECT TO_JSON_STRING([9007199254740992, 9007199254740993, -9007199254740992, -9007199254740993]) AS a
SELECT TO_JSON_STRING([NUMERIC '1', NUMERIC '1.5', NUMERIC '9007199254740992', NUMERIC '9007199254740993', NUMERIC '-0.000000001']) AS a
SELECT TO_JSON_STRING([BIGNUMERIC '1', BIGNUMERIC '1.5', BIGNUMERIC '-9007199254740993']) AS a
SELECT TO_JSON_STRING(u) AS j FROM t LEFT JOIN u ON t.id = u.id
SELECT FARM_FINGERPRINT(s) AS a, FARM_FINGERPRINT(b) AS c FROM t
SELECT BIT_XOR(FARM_FINGERPRINT(TO_JSON_STRING(t))) AS x, COUNT(*) AS c FROM t
SELECT SUM(CAST(FARM_FINGERPRINT(TO_JSON_STRING(t)) AS BIGNUMERIC)) AS x FROM t
SELECT d, SUM(CAST(FARM_FINGERPRINT(TO_JSON_STRING(t)) AS BIGNUMERIC)) AS x FROM t GROUP BY d
SELECT MIN(f) AS a, MAX(f) AS b FROM t
SELECT MIN(f) AS a, MAX(f) AS b, SUM(f) AS c FROM t WHERE id IN (1, 4)
SELECT d, COUNT(*) AS c FROM t GROUP BY d
SELECT d, COUNT(*) AS c FROM t GROUP BY 1 HAVING COUNT(*) > 1
SELECT d AS day, COUNT(*) AS c FROM t GROUP BY day HAVING c > 1
SELECT st.a AS k, COUNT(*) AS c FROM t GROUP BY st.a
SELECT f, COUNT(*) AS c FROM t GROUP BY f
SELECT id + 1 AS x FROM t GROUP BY id
SELECT d, id, COUNT(*) AS c FROM t GROUP BY d, id
SELECT COUNT(*) AS c FROM t HAVING COUNT(*) > 100
SELECT DISTINCT id, d FROM t
SELECT DISTINCT f FROM t
SELECT id FROM t UNION ALL SELECT id FROM u
SELECT id FROM t UNION DISTINCT SELECT id FROM u
SELECT id FROM t INTERSECT DISTINCT SELECT id FROM u
SELECT id FROM t EXCEPT DISTINCT SELECT id FROM u
SELECT id, d FROM t EXCEPT DISTINCT SELECT id, d FROM u
SELECT id FROM t UNION ALL SELECT 1.5 UNION ALL SELECT NULL
SELECT NULL AS x UNION ALL SELECT 'a'
SELECT d FROM t UNION ALL SELECT '2020-01-01'
(SELECT id FROM t UNION ALL SELECT id FROM u) EXCEPT DISTINCT SELECT 3
SELECT (SELECT MAX(id) FROM u) AS m, id FROM t
SELECT id, (SELECT COUNT(*) FROM u WHERE u.id = t.id) AS c FROM t
SELECT id, ARRAY(SELECT u.s FROM u WHERE u.id = t.id AND u.s IS NOT NULL) AS c FROM t
SELECT id, EXISTS(SELECT 1 FROM u WHERE u.id = t.id) AS c FROM t
SELECT id FROM t WHERE EXISTS (SELECT * FROM u WHERE u.d = t.d)
SELECT id FROM t WHERE NOT EXISTS (SELECT * FROM u WHERE u.d = t.d)
SELECT id FROM t WHERE id IN (SELECT id FROM u)
SELECT id FROM t WHERE id NOT IN (SELECT id FROM u)
SELECT id FROM t WHERE id NOT IN (SELECT id FROM u WHERE id IS NOT NULL)
SELECT id FROM t WHERE s NOT IN ('a', NULL)
SELECT id, s IN ('a', NULL) AS x, s NOT IN ('a', '') AS y FROM t
SELECT id, id IN UNNEST([1, 3]) AS x, id IN UNNEST([1, NULL]) AS y, id NOT IN UNNEST(l) AS z FROM t
SELECT id FROM t WHERE d IN (DATE '2026-11-01', '2024-02-29')
SELECT f IN (1.5, 2.5) AS x FROM t
SELECT t.id, u.s FROM t JOIN u ON t.id = u.id
SELECT t.id, u.s FROM t INNER JOIN u ON t.id = u.id AND t.d = u.d
SELECT t.id, u.s FROM t LEFT JOIN u ON t.id = u.id
SELECT t.id, u.s FROM t RIGHT JOIN u ON t.id = u.id
SELECT t.id, u.s FROM t FULL JOIN u ON t.id = u.id
SELECT t.id, u.s FROM t FULL OUTER JOIN u ON t.id = u.id AND t.d = u.d
SELECT t.id, u.s FROM t CROSS JOIN u
SELECT t.id, u.s FROM t, u WHERE t.d = u.d
SELECT * FROM (SELECT id, d AS td FROM t) JOIN u USING (id)
SELECT * FROM (SELECT id, d FROM t) AS a LEFT JOIN u USING (id, d)
SELECT * FROM (SELECT id FROM t) AS a RIGHT JOIN u USING (id)
SELECT * FROM (SELECT id FROM t) AS a FULL JOIN u USING (id)
SELECT id, a.id AS x, u.id AS y FROM t AS a FULL JOIN u USING (id)
SELECT a.id FROM t AS a JOIN u AS b ON a.id = b.id JOIN u AS c ON b.id = c.id
SELECT a.id FROM t AS a LEFT JOIN (u AS b JOIN u AS c ON b.id = c.id) ON a.id = b.id
SELECT a.id, b.id AS x FROM t AS a JOIN u AS b ON a.d IS NOT DISTINCT FROM b.d
SELECT id, x FROM t, UNNEST(l) AS x
SELECT id, x, o FROM t, UNNEST(t.l) AS x WITH OFFSET AS o
SELECT id, x, offset FROM t CROSS JOIN t.l AS x WITH OFFSET
SELECT id, x FROM t LEFT JOIN UNNEST(l) AS x
SELECT id, x FROM t LEFT JOIN UNNEST(l) AS x ON x > 1
SELECT id, k, v FROM w, UNNEST(st.l)
SELECT id, x.k AS k, x AS y FROM w, UNNEST(w.st.l) AS x
SELECT w.id, x.* FROM w, w.st.l AS x
SELECT x FROM UNNEST([1, 2, NULL]) AS x WHERE x IS NOT NULL
SELECT * FROM UNNEST([STRUCT(1 AS a, 'x' AS b), (2, NULL)])
SELECT (SELECT SUM(x) FROM UNNEST(l) AS x) AS y FROM t
SELECT ARRAY(SELECT x * 2 FROM UNNEST([1, 2]) AS x ORDER BY x DESC) AS y
SELECT ARRAY(SELECT AS STRUCT id, s FROM u WHERE id IS NOT NULL ORDER BY id, s) AS y
SELECT st.a, st.b AS c, t.st.a AS e FROM t
SELECT st.l[OFFSET(0)].k AS a, st.l[SAFE_OFFSET(1)].v AS b, st.l[ORDINAL(1)].v AS c FROM w
SELECT l[SAFE_OFFSET(5)] AS a, l[SAFE_ORDINAL(1)] AS b FROM t
SELECT * EXCEPT (l, st, b) FROM t
SELECT t.* EXCEPT (st, l), u.s AS us FROM t JOIN u USING (id)
SELECT a.*, 1 AS one FROM u AS a
SELECT st.* FROM t
WITH a AS (SELECT id FROM t), b AS (SELECT id + 1 AS id FROM a) SELECT a.id, b.id AS x FROM a JOIN b ON a.id = b.id
WITH a AS (SELECT 1 AS x) SELECT (SELECT x FROM a) AS y, x FROM a
WITH a AS (WITH b AS (SELECT 2 AS x) SELECT x FROM b) SELECT * FROM a
WITH u AS (SELECT 5 AS id) SELECT * FROM u
SELECT CASE id WHEN 1 THEN 'one' WHEN 3 THEN 'three' ELSE 'x' END AS c FROM t
SELECT CASE WHEN id > 2 THEN id WHEN flag THEN 0.5 END AS c FROM t
SELECT id IS NULL AS a, flag IS TRUE AS b, flag IS NOT TRUE AS c, flag IS FALSE AS e, NOT flag AS g FROM t
SELECT s IS DISTINCT FROM 'a' AS a, s IS NOT DISTINCT FROM NULL AS b, f IS NOT DISTINCT FROM CAST('nan' AS FLOAT64) AS c FROM t
SELECT id BETWEEN 1 AND 3 AS a, id NOT BETWEEN 1 AND NULL AS b, d BETWEEN '2026-01-01' AND DATE '2026-12-31' AS c FROM t
SELECT s LIKE 'a%' AS a, s LIKE '%\\%\\_' AS b, s NOT LIKE '_' AS c FROM t
SELECT flag AND NULL AS a, flag OR NULL AS b, flag AND flag OR NOT flag AS c FROM t
SELECT f = f AS a, f != f AS b, f < 2 AS c, f >= 1.5 AS e, f = CAST('nan' AS FLOAT64) AS g FROM t
SELECT st = STRUCT(3, 'y') AS a, st != STRUCT(1, 'x') AS b FROM t
SELECT id + 1 AS a, id - 0.5 AS b, id * n AS c, id / 2 AS e, -id AS g, n / 3 AS h, n + 1 AS i, n * n AS j FROM t WHERE id < 5 AND id > 0 AND id != 3
SELECT 5 & 3 AS a, 5 | 3 AS b, 5 ^ 3 AS c, 1 << 3 AS e, -1 >> 60 AS g
SELECT 1 + 2 * 3 AS a, (1 + 2) * 3 AS b, -2 - -3 AS c, 10 - 3 - 2 AS e, 2 * 3 / 4 AS g
SELECT CAST('12' AS INT64) AS a, CAST(' 12 ' AS INT64) AS b, CAST('0x1F' AS INT64) AS c, CAST(1.5 AS INT64) AS e, CAST(2.5 AS INT64) AS g, CAST(-1.5 AS INT64) AS h, CAST(TRUE AS INT64) AS i
SELECT SAFE_CAST('x' AS INT64) AS a, SAFE_CAST('1e3' AS FLOAT64) AS b, SAFE_CAST('2020-13-01' AS DATE) AS c, SAFE_CAST(1e30 AS INT64) AS e, SAFE_CAST('yes' AS BOOL) AS g
SELECT CAST(f AS STRING) AS a, CAST(n AS STRING) AS b, CAST(d AS STRING) AS c, CAST(ts AS STRING) AS e, CAST(dt AS STRING) AS g, CAST(flag AS STRING) AS h FROM t
SELECT CAST(1e20 AS STRING) AS a, CAST(1e15 AS STRING) AS b, CAST(100000.0 AS STRING) AS c, CAST(0.1 AS STRING) AS e, CAST(1/3 AS STRING) AS g
SELECT CAST('2026-1-2' AS DATE) AS a, CAST('2026-01-02 3:4:5' AS DATETIME) AS b, CAST('2026-01-02 03:04:05+02' AS TIMESTAMP) AS c, CAST('2026-01-02T03:04:05.123456Z' AS TIMESTAMP) AS e
SELECT CAST('2026-01-02 03:04:05 America/Los_Angeles' AS TIMESTAMP) AS a, TIMESTAMP '2026-07-02 03:04:05 America/Los_Angeles' AS b, TIMESTAMP '2026-07-02' AS c
SELECT CAST(ts AS DATE) AS a, CAST(ts AS DATETIME) AS b, CAST(d AS TIMESTAMP) AS c, CAST(dt AS TIMESTAMP) AS e, CAST(dt AS DATE) AS g, CAST(dt AS TIME) AS h, CAST(d AS DATETIME) AS i FROM t
SELECT CAST('1.23456789012' AS NUMERIC) AS a, CAST(1.005 AS NUMERIC) AS b, CAST(5 AS NUMERIC) AS c, CAST(NUMERIC '2.5' AS INT64) AS e, CAST(NUMERIC '-2.5' AS INT64) AS g, CAST(NUMERIC '0.1' AS FLOAT64) AS h
SELECT CAST('abc' AS BYTES) AS a, CAST(b'abc' AS STRING) AS b, CAST('TRUE' AS BOOL) AS c, CAST(0 AS BOOL) AS e
SELECT DATE_TRUNC(d, MONTH) AS a, DATE_TRUNC(d, YEAR) AS b, DATE_TRUNC(d, QUARTER) AS c, DATE_TRUNC(d, DAY) AS h FROM t
SELECT DATE_TRUNC(d, WEEK) AS e, DATE_TRUNC(d, ISOWEEK) AS g, DATE_TRUNC(d, WEEK(TUESDAY)) AS i, DATE_TRUNC(d, ISOYEAR) AS j FROM t WHERE id != 3
SELECT TIMESTAMP_TRUNC(ts, HOUR) AS a, TIMESTAMP_TRUNC(ts, DAY) AS b, TIMESTAMP_TRUNC(ts, MONTH) AS c, TIMESTAMP_TRUNC(ts, DAY, 'America/Los_Angeles') AS e, TIMESTAMP_TRUNC(ts, YEAR) AS g FROM t WHERE ts < '9000-01-01'
SELECT FORMAT_DATE('%Y-%m-%d %F %y %j %A %a %B %b %e %u %w %G-%V %U %W %Q %C %D %%', d) AS a FROM t WHERE id != 3
SELECT FORMAT_DATE('%Y%m%d', d) AS a, FORMAT_DATE('%H:%M', d) AS b FROM t
SELECT FORMAT_TIMESTAMP('%F %T %H:%M:%S %I %p %E3S %E*S %z %Z %Ez %s %R', ts) AS a, FORMAT_TIMESTAMP('%F %T%Ez', ts, 'America/Los_Angeles') AS b FROM t WHERE ts < '9000-01-01'
SELECT FORMAT_DATETIME('%F %T %E6S', dt) AS a FROM t WHERE id != 3
SELECT GENERATE_DATE_ARRAY(DATE '2026-01-01', DATE '2026-01-03') AS a, GENERATE_DATE_ARRAY('2026-01-31', '2026-04-01', INTERVAL 1 MONTH) AS b, GENERATE_DATE_ARRAY('2026-01-03', '2026-01-01', INTERVAL -1 DAY) AS c
SELECT day FROM UNNEST(GENERATE_DATE_ARRAY('2026-10-31', '2026-11-02')) AS day LEFT JOIN t ON t.d = day
SELECT r'\n' AS a, '\n\t\x41\101\u00e9' AS b, "q'uo\"te" AS c, '''tri
SELECT b'\xff\x00' AS a, rb'\x' AS b, B"x" AS c
SELECT 0x1F AS a, 1e3 AS b, .5 AS c, 5. AS e, 1E-2 AS g, NUMERIC '1.5' AS h, BIGNUMERIC '2' AS i, DATE "2026-01-01" AS j, TIME '1:2:3' AS k
SELECT -9223372036854775808 AS a, 9223372036854775807 AS b
SELECT `id` AS `select`, T.ID AS x, t.`s` FROM t
select Id, ToLower.s from t join u as tolower using (ID)
SELECT id -- comment
SELECT /* c */ id # tail
SELECT DATE '2026-01-01' < DATETIME '2026-01-01 00:00:01' AS a
SELECT d FROM t WHERE d >= '2026-01-01' AND ts > '2026-01-01'
SELECT id FROM t WHERE n > 1 AND f < 2 AND id < 1.5
SELECT IF(TRUE, DATE '2026-01-01', '2026-01-02') AS a, [DATE '2026-01-01', '2026-01-02'] AS b, [1, 2.5] AS c, ARRAY<INT64>[] AS e, STRUCT<a INT64, b DATE>(1, '2026-01-01') AS g
SELECT (1, 'a', NULL) AS x, STRUCT(id, id AS k, id + 1) AS y FROM u
SELECT STRUCT<INT64, STRING>(1, 'a') AS x
SELECT COUNT(*) AS a FROM (SELECT id FROM t GROUP BY id)
SELECT * FROM (SELECT t.id AS a, u.id AS b FROM t, u) WHERE a = b
SELECT (SELECT AS STRUCT id, s FROM u WHERE id = 1) AS x
SELECT (SELECT AS STRUCT id, s FROM u WHERE id = 1).s AS x
SELECT x.id FROM (SELECT AS STRUCT id, s FROM u) AS x
SELECT x FROM (SELECT AS VALUE s FROM u) AS x
SELECT TO_JSON_STRING(x) AS j FROM (SELECT AS STRUCT id, s FROM u) AS x
SELECT TO_JSON_STRING(x) AS j FROM (SELECT id, l, st FROM t) AS x
SELECT COUNT(DISTINCT IF(flag, id, NULL)) AS a FROM t
SELECT SUM(IF(flag, 1, 0)) AS a, SUM(DISTINCT id) AS b FROM t WHERE id > 0
SELECT s, id FROM u ORDER BY id LIMIT 100 OFFSET 0
SELECT a.d, a.c, b.c AS x FROM (SELECT d, COUNT(*) AS c FROM t GROUP BY d) AS a FULL JOIN (SELECT d, COUNT(*) AS c FROM u GROUP BY d) AS b ON a.d IS NOT DISTINCT FROM b.d
SELECT j, COUNT(*) AS c FROM (SELECT TO_JSON_STRING(t) AS j FROM t) GROUP BY j
SELECT j, SUM(c) AS c FROM (SELECT TO_JSON_STRING(t) AS j, 1 AS c FROM t UNION ALL SELECT TO_JSON_STRING(t), -1 FROM t) GROUP BY j HAVING c != 0
SELECT FORMAT_DATE('%Y%m%d', d) AS p, COUNT(*) AS rows_, BIT_XOR(FARM_FINGERPRINT(TO_JSON_STRING(t))) AS x FROM t GROUP BY p
SELECT 1.0 IN UNNEST([1, 2]) AS a, 1 IN UNNEST([1.0, NULL]) AS b, 3 NOT IN UNNEST([1.0, NULL]) AS c
SELECT JSON '{"b":1, "a":[1,2.0]}' AS a, TO_JSON_STRING(JSON '{"b":1,"a":null}') AS b
SELECT CAST(STRUCT(1 AS k, 'a') AS STRUCT<x FLOAT64, y STRING>) AS a, CAST([1, 2] AS ARRAY<FLOAT64>) AS b
SELECT * FROM (SELECT 1 AS a) JOIN (SELECT 1 AS a, 2 AS b) USING (a) JOIN (SELECT 1 AS a, 3 AS c) USING (a)
SELECT FORMAT_DATE('%E4Y %H %s %k', DATE '0001-01-01') AS a
SELECT BIT_XOR(DISTINCT id) AS a, COUNT(NULL) AS b, SUM(IF(FALSE, 1, NULL)) AS c FROM t
SELECT id, s FROM t AS a WHERE s = (SELECT MAX(s) FROM t AS b WHERE b.id = a.id)
SELECT id FROM t WHERE (SELECT COUNT(*) FROM UNNEST(l) AS x WHERE x > 1) > 0
SELECT '' AS p, COUNT(*) AS c FROM t GROUP BY p
SELECT '' AS p, COUNT(*) AS c FROM e GROUP BY 1
SELECT id, ARRAY(SELECT x + 1 FROM UNNEST(t.l) AS x WITH OFFSET AS o ORDER BY o) AS y FROM t AS t
SELECT ARRAY(SELECT IF(e1 IS NULL, NULL, STRUCT(e1.`v` AS `v`, CAST(NULL AS DATE) AS `n`)) FROM UNNEST(t.`st`.`l`) AS e1 WITH OFFSET AS o1 ORDER BY o1) AS `l` FROM w AS t
SELECT TO_JSON_STRING(STRUCT(t.`id` AS `id`, IF(t.`st` IS NULL, NULL, STRUCT(t.`st`.`b` AS `b`, ARRAY<STRUCT<`q` INT64>>[] AS `z`)) AS `st`, t.`d` AS `d`)) AS row_text FROM t AS t WHERE (t.`d` >= DATE '2026-11-01' AND t.`d` < DATE '2026-11-03') OR t.`d` IS NULL
SELECT partition_id, COUNT(*) AS row_count, CAST(SUM(CAST(row_hash AS BIGNUMERIC)) AS STRING) AS hash_sum, BIT_XOR(row_hash) AS hash_xor FROM (SELECT CASE WHEN t.`d` IS NULL THEN '__NULL__' ELSE FORMAT_DATE('%E4Y%m%d', t.`d`) END AS partition_id, FARM_FINGERPRINT(TO_JSON_STRING(STRUCT(t.`id` AS `id`, t.`f` AS `f`, t.`n` AS `n`))) AS row_hash FROM t AS t) GROUP BY partition_id
SELECT partition_id, SUM(staged) AS staged_rows, SUM(present) AS present_rows, SUM(LEAST(staged, present)) AS common_rows FROM (SELECT partition_id, row_text, SUM(staged) AS staged, SUM(present) AS present FROM (SELECT CAST(t.id AS STRING) AS partition_id, TO_JSON_STRING(STRUCT(t.id AS id, t.d AS d)) AS row_text, 1 AS staged, 0 AS present FROM t AS t UNION ALL SELECT CAST(t.id AS STRING), TO_JSON_STRING(STRUCT(t.id AS id, t.d AS d)), 0, 1 FROM u AS t) GROUP BY partition_id, row_text) GROUP BY partition_id
SELECT CAST(t.id - MOD(t.id - (-5), 10) AS STRING) AS a, FORMAT_TIMESTAMP('%E4Y%m%d%H', t.ts, 'UTC') AS b, FORMAT_DATETIME('%E4Y%m', t.dt) AS c FROM t AS t
""".strip().splitlines()]
# The literals that hold a line break of their own.
SAME = [query + "\nple''' AS e" if query.endswith("'''tri") else
        query + "\nFROM t" if query.endswith(("-- comment", "# tail")) else query for query in SAME]

ORDERED = [  # the first column, INT64
    "SELECT id FROM t ORDER BY id",
    "SELECT id FROM t ORDER BY id DESC",
    "SELECT id FROM u ORDER BY id, s",
    "SELECT id FROM u ORDER BY id DESC, s DESC",
    "SELECT id FROM u ORDER BY s NULLS LAST",
    "SELECT id FROM t ORDER BY f, s",
    "SELECT id FROM t ORDER BY f DESC",
    "SELECT id AS x FROM t ORDER BY x LIMIT 3",
    "SELECT id, s FROM t ORDER BY 2, 1 LIMIT 2 OFFSET 1",
    "SELECT -id AS id FROM u ORDER BY id",
    "SELECT id FROM t UNION ALL SELECT id FROM u ORDER BY id",
    "SELECT DISTINCT id FROM t ORDER BY id DESC",
    "SELECT COUNT(*) AS c, d FROM t GROUP BY d ORDER BY d DESC",
    "SELECT MAX(id) AS c FROM t GROUP BY d ORDER BY COUNT(*) DESC, d",
    "SELECT x FROM UNNEST([3, 1, 2]) AS x WITH OFFSET AS o ORDER BY o DESC",
]

REFUSED = [line.strip() for line in r"""
SELECT
SELECT 1 FROM
SELECT * FROM t WHERE
SELECT nope FROM t
SELECT t.nope FROM t
SELECT x.id FROM t
SELECT id FROM nope
SELECT id = 'a' FROM t
SELECT d = 1 FROM t
SELECT d < TIMESTAMP '2026-01-01' FROM t
SELECT s = b FROM t
SELECT ts = dt FROM t
SELECT s + 1 FROM t
SELECT s || b FROM t
SELECT NOT id FROM t
SELECT id AND flag FROM t
SELECT IF(id, 1, 2) FROM t
SELECT IF(flag, 1, 'a') FROM t
SELECT CASE WHEN flag THEN 1 ELSE 'a' END FROM t
SELECT id IN ('a') FROM t
SELECT id IN (SELECT s FROM u) FROM t
SELECT id IN (SELECT id, s FROM u) FROM t
SELECT (SELECT id, s FROM u) FROM t
SELECT (SELECT id FROM u) AS x FROM t
SELECT d FROM t WHERE d = 'x'
SELECT DATE '2026-02-30'
SELECT TIMESTAMP 'x'
SELECT NUMERIC 'x'
SELECT 9223372036854775808
SELECT NOSUCH(1)
SELECT SUM(s) FROM t
SELECT BIT_XOR(s) FROM t
SELECT DATE_TRUNC(d, NOPART) FROM t
SELECT TIMESTAMP_ADD(ts, INTERVAL 1 MONTH) FROM t
SELECT id, COUNT(*) FROM t
SELECT s, id FROM t GROUP BY s
SELECT * FROM t GROUP BY id
SELECT id FROM t WHERE COUNT(*) > 1
SELECT COUNT(COUNT(*)) FROM t
SELECT id FROM t GROUP BY 2
SELECT id FROM t ORDER BY 2
SELECT id, s FROM t UNION ALL SELECT id FROM u
SELECT id FROM t UNION ALL SELECT s FROM u
SELECT id FROM t UNION SELECT id FROM u
SELECT id FROM t UNION ALL SELECT id FROM u EXCEPT DISTINCT SELECT 1
SELECT id FROM t JOIN u ON t.id = u.id
SELECT * FROM t JOIN u USING (nope)
SELECT * FROM t JOIN u
SELECT * FROM t, t
SELECT t.id FROM t AS x
SELECT * EXCEPT (nope) FROM t
SELECT * EXCEPT (id, s, d) FROM u
SELECT st.nope FROM t
SELECT id.x FROM t
SELECT l[0.5] FROM t
SELECT id[OFFSET(0)] FROM t
SELECT [1, 'a']
SELECT [[1]]
SELECT x FROM UNNEST(1) AS x
SELECT CAST(1 AS DATE)
SELECT CAST(d AS INT64) FROM t
SELECT CAST(1 AS NOTYPE)
SELECT TO_JSON_STRING()
SELECT 1 LIMIT -1
SELECT 1 LIMIT 'a'
SELECT id FROM t WHERE id
SELECT id FROM t HAVING id > 1
SELECT 1 AS one FROM t HAVING TRUE
SELECT 'a
SELECT "a\q"
SELECT `a
SELECT /* x
SELECT 1 1
SELECT 1,, 2
SELECT (1
SELECT 1)
SELECT id FROM t WHERE a = = 1
SELECT id FROM t WHERE 1 < id < 3
SELECT id FROM t GROUP id
SELECT 1 / 0
SELECT MOD(1, 0)
SELECT 9223372036854775807 + 1
SELECT SUM(x) FROM UNNEST([9223372036854775807, 1]) AS x
SELECT CAST('x' AS INT64)
SELECT CAST('2026-13-01' AS DATE)
SELECT CAST(1e30 AS INT64)
SELECT CAST('yes' AS BOOL)
SELECT CAST(b'\xff' AS STRING)
SELECT [1, 2][OFFSET(2)]
SELECT [1, 2][ORDINAL(0)]
SELECT ERROR('boom')
SELECT DISTINCT id FROM t ORDER BY s
SELECT CAST('x' AS TIMESTAMP)
SELECT id FROM (SELECT id, id FROM t)
SELECT MAX(st) FROM t
SELECT st < st FROM t
SELECT id AS a FROM t WHERE a = 1
SELECT SUM(id) AS a FROM t GROUP BY a
SELECT 0 FROM t GROUP BY 'x'
SELECT j, SUM(c) AS c FROM (SELECT s AS j, 1 AS c FROM t) GROUP BY j HAVING SUM(c) != 0
SELECT 1 ORDER BY 1
SELECT id FROM t ORDER BY 1.5
SELECT id FROM t ORDER BY NULL
SELECT COUNT(*)
SELECT SUM(x) FROM UNNEST([1e308, 1e308]) AS x
SELECT CAST('2020-01-01 1:2:3 +5' AS TIMESTAMP)
SELECT CAST('  2020-01-01 ' AS DATE)
SELECT CAST('12.5' AS INT64)
SELECT 1 IN UNNEST(NULL)
""".strip().splitlines()]

STRICTER = {  # what the evaluator takes and BigQuery refuses
    "SELECT id FROM t EXCEPT ALL SELECT id FROM u": "Expected keyword DISTINCT",
    "SELECT id FROM t INTERSECT ALL SELECT id FROM u": "Expected keyword DISTINCT",
    "SELECT id, id FROM t": "Duplicate column names in the result",
    "SELECT JSON '1' AS x UNION DISTINCT SELECT JSON '2'": "cannot be used in UNION DISTINCT",
    "SELECT l = l FROM t": "Equality is not defined",
    "SELECT COUNT(*) FROM t GROUP BY l": "Grouping by expressions of type",
    "SELECT DISTINCT l FROM t": "cannot be used in SELECT DISTINCT",
    "SELECT id FROM t ORDER BY l": "ORDER BY does not support",
    "SELECT MIN(l) FROM t": "No matching signature",
    "SELECT COUNT(DISTINCT l) FROM t": "DISTINCT",
    "SELECT TO_JSON_STRING((1, 2))": "anonymous",
    "SELECT [1, NULL]": "Array cannot have a null element",
    "SELECT CAST([1, 2] AS ARRAY<STRING>)": "Invalid cast",
}


class Translation:
    """tests/googlesql_run, one process for all scripts."""

    def __init__(self):
        self.process = subprocess.Popen([program()], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        for name, query in TABLES.items():
            answer = self.run(f"CREATE TABLE {name} AS {query}")
            assert "error" not in answer, answer

    def run(self, script):
        self.process.stdin.write(json.dumps(script) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"googlesql_run died of {script!r}"
        return json.loads(line)


def program():
    built = Path(os.environ["SALVOR_BIN"]).resolve().parent / "tests" / "googlesql_run"
    if not built.exists():
        pytest.skip(f"{built} is not built")
    return str(built)


@pytest.fixture(scope="module")
def ours():
    translation = Translation()
    yield translation
    translation.process.stdin.close()
    translation.process.wait()


@pytest.fixture(scope="module")
def theirs():
    evaluator = pytest.importorskip("googlesql_evaluator")
    return evaluator.Evaluator()


WITH = ", ".join(f"{name} AS ({query})" for name, query in TABLES.items())


def difference(ours, theirs, query):
    """None, or what the two sides say where they disagree on a query's rows or types."""
    from googlesql_evaluator import Refused
    mine = ours.run(query)
    try:
        rows, types = theirs.rows(WITH, query), theirs.types(WITH, query)
    except Refused as refusal:
        return None if "error" in mine else f"we take it, GoogleSQL says {refusal}"
    if "error" in mine:
        return f"we say {mine['error']}"
    if sorted(mine["rows"]) != sorted(rows):
        return f"rows {sorted(mine['rows'])}\n  instead of {sorted(rows)}"
    if mine["types"] != types:
        return f"types {mine['types']} instead of {types}"
    return None


@pytest.mark.parametrize("query", SAME)
def test_rows_and_types_are_googlesqls(ours, theirs, query):
    assert "error" not in ours.run(query)
    assert difference(ours, theirs, query) is None


@pytest.mark.parametrize("query", ORDERED)
def test_the_order_is_googlesqls(ours, theirs, query):
    first = [next(iter(json.loads(row).values())) for row in ours.run(query)["rows"]]
    assert [None if value is None else int(value) for value in first] == theirs.first_column(WITH, query)


@pytest.mark.parametrize("query", REFUSED)
def test_what_googlesql_refuses_is_refused(ours, theirs, query):
    from googlesql_evaluator import Refused
    with pytest.raises(Refused):
        theirs.rows(WITH, query)
    assert "error" in ours.run(query)


@pytest.mark.parametrize("query", STRICTER)
def test_what_bigquery_refuses_is_refused_though_googlesql_has_it(ours, theirs, query):
    theirs.first_column(WITH, query)
    assert STRICTER[query] in ours.run(query)["error"]
