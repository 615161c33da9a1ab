"""A table as a list of rows in memory, and conditions that it and SQL understand alike."""

import collections
import dataclasses
import random
from collections.abc import Callable

import pyarrow as pa

COLUMNS = ["id", "name", "amount", "part"]
SCHEMA = pa.schema([("id", pa.int64()), ("name", pa.string()), ("amount", pa.int32()), pa.field("part", pa.string())])
NAMES = ["", "a", "b", "it's", "ü", "%20", None]
PARTS = ["a b", "c=d", "é/%", "x", None]

Row = tuple  # in the order of COLUMNS


def random_row(rng: random.Random) -> Row:
    amount = None if rng.random() < 0.15 else rng.randrange(-50, 50)
    return (rng.randrange(60), rng.choice(NAMES), amount, rng.choice(PARTS))


def arrow(rows: list[Row]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [[] for _ in COLUMNS]
    return pa.table([pa.array(c, t) for c, t in zip(columns, SCHEMA.types, strict=True)], schema=SCHEMA)


def counted(table: pa.Table) -> collections.Counter:
    return collections.Counter(zip(*(table[name].to_pylist() for name in COLUMNS), strict=True))


@dataclasses.dataclass
class Condition:
    """SQL text, and the same in Python with three truth values: None is unknown."""

    sql: str
    holds: Callable[[Row], bool | None]


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def compare(column: str, operator: str, value) -> Condition:
    place = COLUMNS.index(column)
    tests = {
        "=": lambda a, b: a == b,
        "<>": lambda a, b: a != b,
        "<": lambda a, b: a < b,
        ">=": lambda a, b: a >= b,
    }

    def holds(row):
        return None if row[place] is None else tests[operator](row[place], value)

    text = quoted(value) if isinstance(value, str) else str(value)
    return Condition(f"{column} {operator} {text}", holds)


def is_null(column: str, negated: bool) -> Condition:
    place = COLUMNS.index(column)
    return Condition(f"{column} IS {'NOT ' if negated else ''}NULL", lambda row: (row[place] is None) != negated)


def both(a: Condition, b: Condition) -> Condition:
    def holds(row):
        values = (a.holds(row), b.holds(row))
        return False if False in values else None if None in values else True

    return Condition(f"({a.sql}) AND ({b.sql})", holds)


def either(a: Condition, b: Condition) -> Condition:
    def holds(row):
        values = (a.holds(row), b.holds(row))
        return True if True in values else None if None in values else False

    return Condition(f"({a.sql}) OR ({b.sql})", holds)


def negation(a: Condition) -> Condition:
    def holds(row):
        value = a.holds(row)
        return None if value is None else not value

    return Condition(f"NOT ({a.sql})", holds)


def random_condition(rng: random.Random, depth: int = 2) -> Condition:
    kind = rng.randrange(7 if depth else 4)
    if kind == 0:
        return compare("id", rng.choice(["=", "<>", "<", ">="]), rng.randrange(60))
    if kind == 1:
        return compare("amount", rng.choice(["=", "<", ">="]), rng.randrange(-50, 50))
    if kind == 2:
        return compare(
            *rng.choice([("part", "=", "a b"), ("part", "=", "é/%"), ("part", "<>", "x"), ("name", "=", "it's")])
        )
    if kind == 3:
        return is_null(rng.choice(["amount", "part", "name"]), rng.random() < 0.5)
    if kind == 4:
        return negation(random_condition(rng, depth - 1))
    join = both if kind == 5 else either
    return join(random_condition(rng, depth - 1), random_condition(rng, depth - 1))
