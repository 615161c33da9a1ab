#pragma once

#include <string>
#include <string_view>

namespace deltaic {

// Metadata of a field is JSON in the log and text in Arrow. A text that is a number, an object and
// so on goes through as that, other texts as they are, and what was text in the log and looks like
// something else keeps its quotes: each of both comes back as it was.

/// The value of `key` as compact JSON, from its text in Arrow.
std::string FieldMetadataFromText(std::string_view key, std::string_view text);

/// The text in Arrow of the value of `key`, which is compact JSON.
std::string FieldMetadataToText(std::string_view key, const std::string& json);

/// Whether the entry describes the column, wherever it goes: not what Arrow, Parquet or polars note
/// for themselves, nor ids, physical names and type changes, which go with the files of one table.
bool IsPortableFieldMetadata(std::string_view key);

}  // namespace deltaic
