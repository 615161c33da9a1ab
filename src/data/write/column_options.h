#pragma once

#include <parquet/properties.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "data/write/data_file_layout.h"
#include "data/write/data_file_writer.h"

namespace deltaic {

/// Sets dictionaries, encodings, statistics and bloom filters of the columns as `layout.options`
/// has them, and marks the leaves that keep no statistics, or a dictionary whatever their values.
/// \param layout  with leaves and Parquet schema.
/// \param logical_paths  of each leaf, names from the root column inwards.
/// \retval kInvalidArgument  a column that is no data column, an unknown word, an encoding or a
/// filter that the type of a named column cannot have, a dictionary beside an encoding.
Status ApplyColumnOptions(const std::vector<std::vector<std::string>>& logical_paths,
                          DataFileLayout& layout, parquet::WriterProperties::Builder& properties);

/// The keys that SetColumnOption() takes.
inline constexpr std::string_view kColumnOptionKeys[] = {
    "dictionary", "encoding", "statistics", "bloom_filter", "bloom_filter_fpp", "bloom_filter_ndv"};

/// Sets one of a column's options from text: true or false for dictionary and bloom_filter, a
/// number for bloom_filter_fpp and bloom_filter_ndv.
/// \retval kInvalidArgument  another key, or a value that does not parse.
Status SetColumnOption(std::string_view key, const std::string& value, ColumnFileOptions& out);

}  // namespace deltaic
