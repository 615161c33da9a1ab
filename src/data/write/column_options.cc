#include "data/write/column_options.h"

#include <parquet/schema.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "base/made_once.h"
#include "protocol/column_path.h"

namespace deltaic {

namespace {

using Path = std::vector<std::string>;

struct EncodingRule {
  std::string_view name;
  parquet::Encoding::type encoding;
  std::vector<parquet::Type::type> types;  ///< that have it; empty: all
};

const std::vector<EncodingRule>& EncodingRules() {
  using parquet::Encoding;
  using parquet::Type;
  return MadeOnce([] {
    return std::vector<EncodingRule>{
        {"plain", Encoding::PLAIN, {}},
        {"rle", Encoding::RLE, {Type::BOOLEAN}},
        {"delta_binary_packed", Encoding::DELTA_BINARY_PACKED, {Type::INT32, Type::INT64}},
        {"delta_length_byte_array", Encoding::DELTA_LENGTH_BYTE_ARRAY, {Type::BYTE_ARRAY}},
        {"delta_byte_array",
         Encoding::DELTA_BYTE_ARRAY,
         {Type::BYTE_ARRAY, Type::FIXED_LEN_BYTE_ARRAY}},
        {"byte_stream_split",
         Encoding::BYTE_STREAM_SPLIT,
         {Type::FLOAT, Type::DOUBLE, Type::INT32, Type::INT64, Type::FIXED_LEN_BYTE_ARRAY}}};
  });
}

Result<const EncodingRule*> FindEncoding(const std::string& name) {
  const std::string lower = AsciiLower(name);
  for (const EncodingRule& rule : EncodingRules()) {
    if (rule.name == lower) return &rule;
  }
  return Status::InvalidArgument("unknown encoding \"", name,
                                 "\"; use plain, rle, delta_binary_packed, "
                                 "delta_length_byte_array, delta_byte_array or byte_stream_split");
}

struct Setting {
  const ColumnFileOptions* options;
  /// Said of the column by its name, so that it is an error where it cannot have it.
  bool names_encoding;
  bool names_filter;
};

/// Sets one leaf's properties.
class LeafProperties {
 public:
  LeafProperties(const parquet::ColumnDescriptor& column, std::string name, LeafColumn& leaf,
                 parquet::WriterProperties::Builder& properties)
      : column_(column), name_(std::move(name)), leaf_(leaf), properties_(properties) {}

  Status Apply(const Setting& setting) {
    const ColumnFileOptions& options = *setting.options;
    if (options.dictionary.value_or(false) && !options.encoding.empty()) {
      return Status::InvalidArgument("column ", name_, " cannot have a dictionary and encoding ",
                                     options.encoding, "; give one of both");
    }
    if (!options.encoding.empty()) DELTAIC_RETURN_IF_ERROR(SetEncoding(setting));
    if (options.dictionary) SetDictionary(*options.dictionary);
    DELTAIC_RETURN_IF_ERROR(SetStatistics(options.statistics));
    return SetBloomFilter(setting);
  }

 private:
  Status SetEncoding(const Setting& setting) {
    DELTAIC_ASSIGN_OR_RETURN(const EncodingRule* rule, FindEncoding(setting.options->encoding));
    const auto& types = rule->types;
    const bool fits = types.empty() ||
                      std::find(types.begin(), types.end(), column_.physical_type()) != types.end();
    if (!fits && !setting.names_encoding) return Status();
    if (!fits) {
      return Status::InvalidArgument("column ", name_, " is stored as ",
                                     parquet::TypeToString(column_.physical_type()),
                                     ", which has no encoding ", rule->name);
    }
    properties_.encoding(column_.path(), rule->encoding);
    SetDictionary(false);
    return Status();
  }

  void SetDictionary(bool enabled) {
    enabled ? properties_.enable_dictionary(column_.path())
            : properties_.disable_dictionary(column_.path());
    leaf_.keep_dictionary = enabled;
  }

  Status SetStatistics(const std::string& level) {
    const std::string lower = AsciiLower(level);
    if (lower == "none") {
      properties_.disable_statistics(column_.path());
      properties_.disable_write_page_index(column_.path());
      leaf_.collect_nulls = leaf_.collect_bounds = false;
    } else if (lower == "chunk") {
      properties_.disable_write_page_index(column_.path());
    } else if (!lower.empty() && lower != "page") {
      return Status::InvalidArgument("statistics of column ", name_,
                                     " are none, chunk or page, not \"", level, "\"");
    }
    return Status();
  }

  Status SetBloomFilter(const Setting& setting) {
    const ColumnFileOptions& options = *setting.options;
    if (!options.bloom_filter.value_or(false)) return Status();
    if (column_.physical_type() == parquet::Type::BOOLEAN) {
      if (!setting.names_filter) return Status();
      return Status::InvalidArgument("column ", name_,
                                     " is boolean and cannot have a bloom filter; leave it out");
    }
    parquet::BloomFilterOptions filter;
    if (options.bloom_filter_fpp) filter.fpp = *options.bloom_filter_fpp;
    if (options.bloom_filter_ndv) filter.ndv = *options.bloom_filter_ndv;
    properties_.enable_bloom_filter(column_.path(), filter);
    return Status();
  }

  const parquet::ColumnDescriptor& column_;
  const std::string name_;
  LeafColumn& leaf_;
  parquet::WriterProperties::Builder& properties_;
};

/// `column` where it says something, else `fallback`.
ColumnFileOptions Combine(const ColumnFileOptions& column, const ColumnFileOptions& fallback) {
  ColumnFileOptions out = column;
  // An encoding and a dictionary exclude each other: the column's own of the two counts.
  const bool says_how = column.dictionary || !column.encoding.empty();
  if (!says_how) out.dictionary = fallback.dictionary;
  if (!says_how) out.encoding = fallback.encoding;
  if (out.statistics.empty()) out.statistics = fallback.statistics;
  if (!out.bloom_filter) out.bloom_filter = fallback.bloom_filter;
  if (!out.bloom_filter_fpp) out.bloom_filter_fpp = fallback.bloom_filter_fpp;
  if (!out.bloom_filter_ndv) out.bloom_filter_ndv = fallback.bloom_filter_ndv;
  return out;
}

Status CheckHints(const std::string& name, const ColumnFileOptions& options) {
  const auto& fpp = options.bloom_filter_fpp;
  if (fpp && !(*fpp > 0 && *fpp < 1)) {
    return Status::InvalidArgument("bloom filter of column ", name,
                                   ": the share of false positives lies between 0 and 1");
  }
  if (options.bloom_filter_ndv && *options.bloom_filter_ndv < 1) {
    return Status::InvalidArgument("bloom filter of column ", name,
                                   ": the number of distinct values is at least 1");
  }
  return Status();
}

struct NamedColumn {
  std::string name;
  Path path;
  ColumnFileOptions options;
  bool found = false;
};

Result<std::vector<NamedColumn>> NamedColumns(const DataFileOptions& options) {
  std::map<std::string, ColumnFileOptions> columns = options.columns;
  for (const std::string& name :
       options.bloom_filter_columns.value_or(std::vector<std::string>())) {
    columns[name].bloom_filter = true;
  }
  std::vector<NamedColumn> out;
  for (const auto& [name, column] : columns) {
    DELTAIC_RETURN_IF_ERROR(CheckHints(name, column));
    DELTAIC_ASSIGN_OR_RETURN(Path path, ParseColumnPath(name));
    out.push_back({name, std::move(path), column});
  }
  return out;
}

bool StartsWith(const Path& path, const Path& prefix) {
  return prefix.size() <= path.size() && std::equal(prefix.begin(), prefix.end(), path.begin());
}

std::string Join(const Path& path) {
  std::string text;
  for (const std::string& part : path) text += text.empty() ? part : Concat(".", part);
  return text;
}

/// The named column that holds the leaf, the innermost of several; nullptr for none.
NamedColumn* FindColumn(std::vector<NamedColumn>& columns, const Path& leaf) {
  NamedColumn* best = nullptr;
  for (NamedColumn& column : columns) {
    if (!StartsWith(leaf, column.path)) continue;
    column.found = true;
    if (best == nullptr || column.path.size() > best->path.size()) best = &column;
  }
  return best;
}

}  // namespace

Status ApplyColumnOptions(const std::vector<Path>& logical_paths, DataFileLayout& layout,
                          parquet::WriterProperties::Builder& properties) {
  ColumnFileOptions fallback = layout.options.default_column;
  DELTAIC_RETURN_IF_ERROR(CheckHints("by default", fallback));
  if (!layout.options.dictionary && !fallback.dictionary) fallback.dictionary = false;
  DELTAIC_ASSIGN_OR_RETURN(std::vector<NamedColumn> columns, NamedColumns(layout.options));
  parquet::SchemaDescriptor descriptor;
  descriptor.Init(layout.parquet_schema);
  for (size_t i = 0; i < logical_paths.size(); ++i) {
    const NamedColumn* named = FindColumn(columns, logical_paths[i]);
    const ColumnFileOptions options =
        named == nullptr ? fallback : Combine(named->options, fallback);
    LeafProperties leaf(*descriptor.Column(static_cast<int>(i)),
                        named == nullptr ? Join(logical_paths[i]) : named->name, layout.leaves[i],
                        properties);
    // What the parts of a shredded variant are is not known to whoever names it.
    const bool is_named = named != nullptr && !layout.leaves[i].is_shredded;
    DELTAIC_RETURN_IF_ERROR(leaf.Apply({&options, is_named && !named->options.encoding.empty(),
                                        is_named && named->options.bloom_filter.has_value()}));
  }
  for (const NamedColumn& column : columns) {
    if (!column.found) {
      return Status::InvalidArgument("settings for column ", column.name,
                                     ": it is not a data column of the table");
    }
  }
  return Status();
}

Status SetColumnOption(std::string_view key, const std::string& value, ColumnFileOptions& out) {
  const auto wrong = [&](std::string_view takes) {
    return Status::InvalidArgument("option ", key, " takes ", takes, ", not '", value, "'");
  };
  if (key == "encoding") {
    out.encoding = value;
  } else if (key == "statistics") {
    out.statistics = value;
  } else if (key == "dictionary" || key == "bloom_filter") {
    if (value != "true" && value != "false") return wrong("true or false");
    (key == "dictionary" ? out.dictionary : out.bloom_filter) = value == "true";
  } else if (key == "bloom_filter_fpp" || key == "bloom_filter_ndv") {
    const char* end = value.data() + value.size();
    double fpp = 0;
    int64_t ndv = 0;
    const auto [stop, error] = key == "bloom_filter_fpp" ? std::from_chars(value.data(), end, fpp)
                                                         : std::from_chars(value.data(), end, ndv);
    if (error != std::errc() || stop != end) return wrong("a number");
    if (key == "bloom_filter_fpp") {
      out.bloom_filter_fpp = fpp;
    } else {
      out.bloom_filter_ndv = ndv;
    }
  } else {
    return Status::InvalidArgument("unknown option of columns '", key, "'");
  }
  return Status();
}

}  // namespace deltaic
