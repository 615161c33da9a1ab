#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/schema.h"

namespace deltaic {

/// ASCII letters in upper case, all else as it is.
std::string UpperAscii(std::string_view text);

/// Whether `word` (upper case) cannot be a bare column name.
bool IsReservedWord(std::string_view word);

/// Whether `name` reads as itself without quotes.
bool IsBareName(std::string_view name);

/// The type that SQL calls `word` (upper case), as BIGINT or LONG; nullopt for other words and for
/// decimals, which have arguments.
std::optional<TypeId> TypeNamed(std::string_view word);

/// The type as CAST takes it: "BIGINT", "DECIMAL(10,2)".
std::string SqlTypeName(const DataType& type);

}  // namespace deltaic
