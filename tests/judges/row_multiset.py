"""Rows as a multiset of canonical texts: exact, order-free, the same from every reader.

Equal only for equal rows: NaN equals NaN, -0.0 differs from 0.0, NULL from empty, and duplicates
count. A NULL column is left out, so that a column added later (NULL in old rows) changes nothing.
"""

import datetime
import decimal
import struct
from collections import Counter


def canonical(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return "nan" if value != value else "f" + struct.pack(">d", value).hex()
    if isinstance(value, decimal.Decimal):
        return f"d{value.normalize():f}" if value else "d0"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "x" + bytes(value).hex()
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            return value.astimezone(datetime.timezone.utc).isoformat()
        return value.isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, dict):
        return "{" + ",".join(f"{k!r}:{canonical(v)}" for k, v in sorted(value.items())) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(canonical(v) for v in value) + "]"
    return repr(str(value))


def partition_text(value):
    """A partition value as plan and status spell it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def rows_by_partition(dictionaries, columns):
    """{partition key: Counter of rows} from rows as dictionaries."""
    partitions = {}
    for row in dictionaries:
        key = tuple(partition_text(row[name]) for name in columns)
        text = ";".join(f"{name}={canonical(value)}" for name, value in sorted(row.items())
                        if name not in columns and value is not None)
        partitions.setdefault(key, Counter())[text] += 1
    return partitions


def difference(got, wanted):
    """For people: nothing where both are equal."""
    lines = []
    for key in sorted(set(got) | set(wanted), key=repr):
        extra = got.get(key, Counter()) - wanted.get(key, Counter())
        missing = wanted.get(key, Counter()) - got.get(key, Counter())
        if extra or missing:
            lines.append(f"{key}: {sum(extra.values())} too many, {sum(missing.values())} missing, "
                         f"as {next(iter(extra), None)!r} / {next(iter(missing), None)!r}")
    return "\n".join(lines)
