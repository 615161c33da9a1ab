"""--timezone says of which zone times are that name none, as Spark's session time zone does."""

import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from test_bad_input import fails

UTC = datetime.timezone.utc
OSLO = "Europe/Oslo"


@pytest.fixture
def moments(deltaic, tmp_path):
    """Hours around the days on which clocks in Oslo turn, 2024-03-31 and 2024-10-27."""
    starts = [datetime.datetime(2024, 3, 30, 20, tzinfo=UTC), datetime.datetime(2024, 10, 26, 20, tzinfo=UTC)]
    hours = [start + datetime.timedelta(hours=hour) for start in starts for hour in range(30)]
    type = pa.timestamp("us", tz="UTC")
    pq.write_table(pa.table({"at": pa.array(hours, type)}), tmp_path / "x.parquet")
    path = tmp_path / "t"
    assert deltaic("write", path, tmp_path / "x.parquet").code == 0
    return path


def hours(deltaic, path, where: str, zone: str | None) -> list[str]:
    options = ["--timezone", zone] if zone else []
    done = deltaic("scan", path, "--format", "csv", "--where", where, *options)
    assert done.code == 0, done.err
    return [line[:13] for line in sorted(done.out.splitlines()[1:])]


@pytest.mark.parametrize(
    "where, zone, expected",
    [
        # What clocks show before and after they turn.
        ("at = '2024-03-31 01:00:00'", None, ["2024-03-31 01"]),
        ("at = '2024-03-31 01:00:00'", "Europe/Oslo", ["2024-03-31 00"]),
        ("at = TIMESTAMP '2024-03-31 03:00:00'", "Europe/Oslo", ["2024-03-31 01"]),
        ("at = TIMESTAMP '2024-03-31 03:00:00'", "+02:00", ["2024-03-31 01"]),
        ("at = TIMESTAMP '2024-03-31 03:00:00Z'", "Europe/Oslo", ["2024-03-31 03"]),
        # 02:30 is leapt over, as Java has it: an hour later; 02:00 comes twice, and the first is meant.
        ("at = CAST('2024-03-31 02:00:00' AS TIMESTAMP)", "Europe/Oslo", ["2024-03-31 01"]),
        ("at = CAST('2024-10-27 02:00:00' AS TIMESTAMP)", "Europe/Oslo", ["2024-10-27 00"]),
        ("HOUR(at) = 2", OSLO, ["2024-04-01 00", "2024-10-27 00", "2024-10-27 01", "2024-10-28 01"]),
        ("at = DATE '2024-03-31'", "Europe/Oslo", ["2024-03-30 23"]),
        ("CAST(at AS STRING) = '2024-03-31 03:00:00'", "Europe/Oslo", ["2024-03-31 01"]),
        ("DATE_FORMAT(at, 'yyyy-MM-dd HH') = '2024-10-27 03'", "Europe/Oslo", ["2024-10-27 02"]),
        ("at = TO_TIMESTAMP('27.10.2024 04', 'dd.MM.yyyy HH')", "Europe/Oslo", ["2024-10-27 03"]),
        ("at = TIMESTAMP '2024-10-26 23:00:00' + INTERVAL 1 DAY", "Europe/Oslo", ["2024-10-27 22"]),
        ("at = TIMESTAMP '2024-10-26 23:00:00' + INTERVAL 24 HOURS + INTERVAL 1 HOUR", OSLO, ["2024-10-27 23"]),
        ("at = DATE_TRUNC('DAY', at)", OSLO, ["2024-03-30 23", "2024-03-31 22", "2024-10-26 22", "2024-10-27 23"]),
    ],
)  # fmt: skip
def test_times_are_of_the_zone(deltaic, moments, where, zone, expected):
    assert [hour.replace("T", " ") for hour in hours(deltaic, moments, where, zone)] == expected


def test_days_of_a_zone(deltaic, moments):
    day = "CAST(at AS DATE) = '2024-03-31'"
    assert len(hours(deltaic, moments, day, "Europe/Oslo")) == 23
    assert len(hours(deltaic, moments, "CAST(at AS DATE) = '2024-10-27'", "Europe/Oslo")) == 25
    assert len(hours(deltaic, moments, day, None)) == 24


def test_files_are_left_out_by_the_zone(deltaic, moments):
    for zone, where, files in [
        ("Europe/Oslo", "at < '2024-03-30 21:00:00'", 0),  # the first is at 21:00 in Oslo
        ("Europe/Oslo", "at < '2024-03-30 21:00:01'", 1),
        ("+00:00", "at < '2024-03-30 21:00:00'", 1),
    ]:
        out = deltaic("files", moments, "--json", "--where", where, "--timezone", zone)
        assert (out.code, len(out.out.splitlines())) == (0, files), (zone, where, out.err)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "/etc/passwd", "+25:00", "Europe"])
def test_zone_that_there_is_not(deltaic, moments, zone):
    fails(deltaic("scan", moments, "--where", "at > '2024-01-01'", "--timezone", zone), 2, zone, "Europe/Oslo")
