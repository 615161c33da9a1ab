#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "ingest/buffer/column.h"

namespace deltaic::ingest {

// Values of wire formats into columns of the table, converted where that loses nothing. Each gives
// false, and adds nothing, where the column does not hold the value.

/// To integers in range, floating point (the nearest), decimals, microseconds of timestamps, days.
bool PutInt(Column& column, int64_t value);
bool PutUnsigned(Column& column, uint64_t value);
/// To floating point; a float column takes the nearest.
bool PutDouble(Column& column, double value);
bool PutBool(Column& column, bool value);
/// To string (if it is UTF-8) and binary.
bool PutBytes(Column& column, std::string_view bytes);
/// To both kinds of timestamps, and to long as it is.
bool PutMicros(Column& column, int64_t micros, int64_t as_it_is);
/// To decimals that hold it exactly.
bool PutDecimal(Column& column, Int128 unscaled, int scale);

/// The position of a name among fields: the exact one, else the only one equal ignoring case; -1.
int FindField(const std::vector<StructField>& fields, std::string_view name);

bool IsUtf8(std::string_view text);

/// As PutInt and PutMicros take times: floor(nanos / 1000), and millis * 1000 where that fits.
bool MicrosOf(int64_t value, int64_t units_per_second, int64_t& micros);

}  // namespace deltaic::ingest
