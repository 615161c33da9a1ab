"""Settings of the Parquet files that are written."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

__all__ = ["BloomFilterProperties", "ColumnProperties", "Compression", "Encoding", "WriterProperties"]


class Compression(Enum):
    """The codecs, by their names in Parquet."""

    UNCOMPRESSED = "UNCOMPRESSED"
    SNAPPY = "SNAPPY"
    GZIP = "GZIP"
    BROTLI = "BROTLI"
    LZ4 = "LZ4"
    ZSTD = "ZSTD"
    LZ4_RAW = "LZ4_RAW"

    @classmethod
    def from_str(cls, value: str) -> Compression:
        """By its name, in any case. Raises ValueError for another."""
        try:
            return cls(value.upper())
        except ValueError:
            names = [codec.value for codec in cls]
            raise ValueError(f"{value} is not a valid Compression. Valid values are: {names}") from None

    def get_level_range(self) -> tuple[int, int]:
        """The lowest and the highest level. Raises KeyError for a codec without levels."""
        return self._levels()[0], self._levels()[1]

    def get_default_level(self) -> int:
        """The level that is used where none is given. Raises KeyError for a codec without levels."""
        return self._levels()[2]

    def check_valid_level(self, level: int) -> bool:
        """True for a level that the codec has. Raises ValueError for another, KeyError for a codec without levels."""
        lowest, highest = self.get_level_range()
        if not lowest <= level <= highest:
            raise ValueError(f"Compression level for {self.value} should fall between {lowest}-{highest}")
        return True

    def _levels(self) -> tuple[int, int, int]:
        if self not in _LEVELS:
            raise KeyError(f"{self.value} does not have a compression level.")
        return _LEVELS[self]


# Lowest and highest level of the codecs that have levels, and the one that is used where none is given.
_LEVELS = {Compression.GZIP: (0, 10, 6), Compression.BROTLI: (0, 11, 1), Compression.ZSTD: (1, 22, 1)}


class Encoding(Enum):
    """The encodings of columns without a dictionary."""

    PLAIN = "PLAIN"
    RLE = "RLE"
    DELTA_BINARY_PACKED = "DELTA_BINARY_PACKED"
    DELTA_LENGTH_BYTE_ARRAY = "DELTA_LENGTH_BYTE_ARRAY"
    DELTA_BYTE_ARRAY = "DELTA_BYTE_ARRAY"
    BYTE_STREAM_SPLIT = "BYTE_STREAM_SPLIT"

    @classmethod
    def from_str(cls, value: str) -> Encoding:
        """By its name, in any case. Raises ValueError for another."""
        try:
            return cls(value.upper())
        except ValueError:
            names = [encoding.value for encoding in cls]
            raise ValueError(f"{value} is not a valid Encoding. Valid values are: {names}") from None


@dataclass(init=True)
class BloomFilterProperties:
    """Bloom filters of a column."""

    set_bloom_filter_enabled: bool | None
    fpp: float | None
    ndv: int | None

    def __init__(self, set_bloom_filter_enabled: bool | None, fpp: float | None = None, ndv: int | None = None) -> None:
        """
        Args:
            set_bloom_filter_enabled: whether the column gets a filter.
            fpp: share of false positives, between 0 and 1; a hint.
            ndv: number of distinct values; a hint.
        """
        if fpp is not None and not 0 < fpp < 1:
            raise ValueError("fpp must be between 0 and 1 exclusive")
        self.set_bloom_filter_enabled = set_bloom_filter_enabled
        self.fpp = fpp
        self.ndv = ndv


@dataclass(init=True)
class ColumnProperties:
    """Settings of one column, or of all that have none of their own. A struct, list or map stands for all in it."""

    dictionary_enabled: bool | None
    statistics_enabled: Literal["NONE", "CHUNK", "PAGE"] | None
    bloom_filter_properties: BloomFilterProperties | None
    encoding: str | None

    def __init__(
        self,
        dictionary_enabled: bool | None = None,
        statistics_enabled: Literal["NONE", "CHUNK", "PAGE"] | None = None,
        bloom_filter_properties: BloomFilterProperties | None = None,
        encoding: Literal[
            "PLAIN", "RLE", "DELTA_BINARY_PACKED", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY", "BYTE_STREAM_SPLIT"
        ]
        | None = None,
    ) -> None:
        """
        Args:
            dictionary_enabled: values that repeat are kept once; by default where it pays.
            statistics_enabled: of row groups ("CHUNK"), of their pages too ("PAGE", the default), or none. Without
                any, the log has none of the column either, and files are not skipped by it.
            bloom_filter_properties: for finding single values.
            encoding: in place of a dictionary. One that a column's type lacks is refused for a named column, and
                left away in ``default_column_properties``.
        """
        if isinstance(encoding, Encoding):
            encoding = encoding.value  # type: ignore[assignment]
        if encoding is not None and dictionary_enabled:
            raise ValueError("Cannot specify dictionary_enabled=True and encoding")
        self.dictionary_enabled = dictionary_enabled
        self.statistics_enabled = statistics_enabled
        self.bloom_filter_properties = bloom_filter_properties
        self.encoding = encoding

    def _values(self, suffix: str) -> dict[str, Any]:
        """As options of the C interface; `suffix` names a column."""
        bloom = self.bloom_filter_properties
        values = {
            "dictionary": self.dictionary_enabled,
            "encoding": self.encoding,
            "statistics": self.statistics_enabled,
            "bloom_filter": bloom and bloom.set_bloom_filter_enabled,
            "bloom_filter_fpp": bloom and bloom.fpp,
            "bloom_filter_ndv": bloom and bloom.ndv,
        }
        return {key + suffix: value for key, value in values.items()}


@dataclass(init=True)
class WriterProperties:
    """Settings of the Parquet files."""

    data_page_size_limit: int | None
    dictionary_page_size_limit: int | None
    data_page_row_count_limit: int | None
    write_batch_size: int | None
    max_row_group_size: int | None
    compression: str | None
    statistics_truncate_length: int | None
    default_column_properties: ColumnProperties | None
    column_properties: dict[str, ColumnProperties] | None

    def __init__(
        self,
        data_page_size_limit: int | None = None,
        dictionary_page_size_limit: int | None = None,
        data_page_row_count_limit: int | None = None,
        write_batch_size: int | None = None,
        max_row_group_size: int | None = None,
        compression: Literal["UNCOMPRESSED", "SNAPPY", "GZIP", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"] | None = None,
        compression_level: int | None = None,
        statistics_truncate_length: int | None = None,
        default_column_properties: ColumnProperties | None = None,
        column_properties: dict[str, ColumnProperties] | None = None,
    ) -> None:
        """
        Args:
            data_page_size_limit: bytes of a data page.
            dictionary_page_size_limit: bytes of a dictionary, beyond which a column goes on without one.
            data_page_row_count_limit: rows of a data page.
            write_batch_size: rows written between two looks at the size of the page.
            max_row_group_size: rows of a row group.
            compression: the codec; snappy by default.
            compression_level: for GZIP (0 to 10, of which 0 acts as 1 and 10 as 9), BROTLI (0 to 11) and
                ZSTD (1 to 22).
            statistics_truncate_length: has no effect, which a warning says when it is used.
            default_column_properties: for all columns.
            column_properties: by column, "a.b" for b in the struct a.
        """
        self.data_page_size_limit = data_page_size_limit
        self.dictionary_page_size_limit = dictionary_page_size_limit
        self.data_page_row_count_limit = data_page_row_count_limit
        self.write_batch_size = write_batch_size
        self.max_row_group_size = max_row_group_size
        self.compression = _compression_text(compression, compression_level)
        self.statistics_truncate_length = statistics_truncate_length
        self.default_column_properties = default_column_properties
        self.column_properties = column_properties

    def _values(self) -> dict[str, Any]:
        """As options of the C interface."""
        self._warn_of_ignored()
        codec, level = _codec_and_level(self.compression)
        values = {
            "data_page_size_bytes": self.data_page_size_limit,
            "dictionary_page_size_bytes": self.dictionary_page_size_limit,
            "max_rows_per_page": self.data_page_row_count_limit,
            "write_batch_rows": self.write_batch_size,
            "max_rows_per_group": self.max_row_group_size,
            "compression": codec,
            "compression_level": level,
        }
        if self.default_column_properties is not None:
            values |= self.default_column_properties._values("")
        for name, column in (self.column_properties or {}).items():
            values |= column._values(f".{name}")
        return values

    def _warn_of_ignored(self) -> None:
        if self.statistics_truncate_length is not None:
            warnings.warn(
                "statistics_truncate_length has no effect: texts in statistics of the log have their first 32 "
                "characters, those in files are whole or left out",
                UserWarning,
                stacklevel=5,
            )


def _compression_text(compression: str | None, level: int | None) -> str | None:
    """The codec with its level, "ZSTD(3)"; None for the default codec."""
    if compression is None:
        if level is not None:
            raise ValueError("a compression level needs the compression as well")
        return None
    codec = Compression.from_str(compression)
    if codec not in _LEVELS:
        return codec.value
    level = codec.get_default_level() if level is None else level
    codec.check_valid_level(level)
    return f"{codec.value}({level})"


def _codec_and_level(compression: str | None) -> tuple[str | None, int | None]:
    match = re.fullmatch(r"(\w+?)(?:\((\d+)\))?", compression or "")
    if match is None:
        return None, None
    codec, level = match[1].lower(), None if match[2] is None else int(match[2])
    if codec == "gzip" and level is not None:
        level = min(max(level, 1), 9)  # what zlib calls so; other libraries have a level below and above
    return ("none" if codec == "uncompressed" else codec), level
