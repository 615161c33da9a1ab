"""What a predicate leaves out is what duckdb leaves out of all the rows, whatever files, pages and statistics say."""

import datetime
import math
import random
from typing import Any

import duckdb
import pytest
from deltaic import DeltaTable
from random_tables import KINDS, RandomTable

NUM_TABLES, NUM_PREDICATES = 24, 30
Texts = tuple[str, str]  # ours, duckdb's


def literal(rng: random.Random, table: RandomTable, name: str) -> Texts:
    column = table.columns[name]
    values = table.rows["st"].combine_chunks().field(name) if "." in column else table.rows[name]
    value = None
    if len(values) > 0 and rng.random() < 0.7:
        value = values[rng.randrange(len(values))].as_py()
        value = value.replace(tzinfo=None) if isinstance(value, datetime.datetime) else value
    if value is None:
        value = KINDS[name].value(rng)
    if rng.random() < 0.3:
        value = neighbor(rng, value)
    if isinstance(value, float):
        text = repr(value).replace("inf", "Infinity").replace("nan", "NaN")
    else:
        text = str(value).replace("'", "''")
    return KINDS[name].ours.format(text), KINDS[name].duckdb.format(text)


def neighbor(rng: random.Random, value: Any) -> Any:
    """A value close by: bounds are where pruning goes wrong."""
    if isinstance(value, float):
        return math.nextafter(value, rng.choice([-math.inf, math.inf]))
    if isinstance(value, str):
        return rng.choice([value[:-1], value + "a", value[:32], value[:32] + "\U0010ffff"])
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) >= 2**31 - 1 else value + rng.choice([-1, 1])
    return value


def condition(rng: random.Random, table: RandomTable) -> Texts:
    name = rng.choice(sorted(table.columns))
    column, shape = table.columns[name], rng.random()
    operator = rng.choice(["=", "<>", "<", "<=", ">", ">="])
    if shape < 0.1:
        return same(f"{column} IS {rng.choice(['', 'NOT '])}NULL")
    if shape < 0.2:
        some = [literal(rng, table, name) for _ in range(3)]
        word = rng.choice(["IN", "NOT IN"])
        return both(lambda side: f"{column} {word} ({', '.join(item[side] for item in some)})")
    if shape < 0.3:
        low, high = literal(rng, table, name), literal(rng, table, name)
        return both(lambda side: f"{column} BETWEEN {low[side]} AND {high[side]}")
    if shape < 0.4:
        value = literal(rng, table, name)
        return f"{column} <=> {value[0]}", f"{column} IS NOT DISTINCT FROM {value[1]}"
    if shape < 0.6 and (special := of_its_kind(rng, name, column, operator)):
        return special
    value = literal(rng, table, name)
    return both(lambda side: f"{column} {operator} {value[side]}")


def of_its_kind(rng: random.Random, name: str, column: str, operator: str) -> Texts | None:
    """Functions and casts that pruning sees through."""
    number = rng.randint(-6, 6)
    match name:
        case "s":
            return same(f"{column} LIKE '{rng.choice(['a%', 'aa%b', 'é%', '_a%', '%'])}'")
        case "n":
            return same(f"CAST({column} AS BIGINT) + {abs(number)} {operator} {number}")
        case "big":
            return same(f"{column} {operator} {number}.5")
        case "x":
            return f"{column} {operator} {number}", f"{column} {operator} {number}::DOUBLE"
        case "day" | "moment":
            return same(f"YEAR({column}) {operator} {rng.choice([1, 1970, 2023, 2024, 9999])}")
    return None


def same(text: str) -> Texts:
    return f"({text})", f"({text})"


def both(text_of) -> Texts:
    return f"({text_of(0)})", f"({text_of(1)})"


def predicate(rng: random.Random, table: RandomTable, depth: int) -> Texts:
    choice = rng.random()
    if depth == 0 or choice < 0.3:
        return condition(rng, table)
    left = predicate(rng, table, depth - 1)
    if choice < 0.45:
        return both(lambda side: f"NOT {left[side]}")
    right, word = predicate(rng, table, depth - 1), rng.choice(["AND", "OR"])
    return both(lambda side: f"{left[side]} {word} {right[side]}")


@pytest.mark.parametrize("seed", range(NUM_TABLES))
def test_scan_finds_the_rows_that_duckdb_finds(seed, uri):
    rng = random.Random(seed)
    table = RandomTable(rng, uri)
    loaded = DeltaTable(uri)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'; SET threads = 1")
        connection.register("arrow_rows", table.rows)
        connection.execute("CREATE TABLE held AS FROM arrow_rows")
        for _ in range(NUM_PREDICATES):
            ours, theirs = predicate(rng, table, rng.choice([0, 0, 1, 2, 3]))
            expected = [
                row[0] for row in connection.execute(f"SELECT id FROM held WHERE {theirs} ORDER BY 1").fetchall()
            ]
            found = sorted(loaded.scan(columns=["id"], predicate=ours).read_all()["id"].to_pylist())
            assert found == expected, ours
            assert loaded.to_pyarrow_dataset(file_pruning_predicate=ours).count_rows() == len(expected), ours
