#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "sync/target_json.h"

namespace deltaic {

enum class CopyFormat {
  kPostgresText,    ///< COPY ... FROM STDIN
  kPostgresBinary,  ///< COPY ... FROM STDIN WITH (FORMAT binary), header and trailer included
  kRedis,           ///< commands as RESP, as a client sends them
  kRedisJson,       ///< the same commands, each a JSON array of texts, on lines
};

/// What a row becomes in Redis.
enum class RedisValue {
  kHash,  ///< a field for each column that is not null
  kJson,  ///< a string: the row as a JSON object
};

struct CopyOptions {
  CopyFormat format = CopyFormat::kPostgresText;
  /// Of the target, by the column's name: what format_type() says of it. Others: as suits.
  std::map<std::string, std::string> types;
  NulRule nul = NulRule::kError;
  std::vector<std::string> key;  ///< Redis: columns whose values the name of a key ends with;
                                 ///< PostgreSQL, with `rejects`: what must not be null
  std::string prefix;            ///< Redis: what it begins with, "scores" for "scores:17"
  RedisValue value = RedisValue::kHash;
  bool deletes = true;  ///< Redis: false: rows whose `_change_type` is delete stay
  /// Fields are named so; others as the column.
  std::map<std::string, std::string> names;
  /// A file that rows go to which the target cannot hold, or whose key is null: a JSON object on a
  /// line each, appended. Where they may be in the target, as of an update, a delete goes instead.
  /// Empty: they are errors.
  std::string rejects;
  int64_t max_rejects = INT64_MAX;  ///< more of them are an error
  /// Of each of those lines: the version that the rows are of, and what they were meant for.
  std::optional<int64_t> version;
  std::string into;
};

/// Rows as bytes for a database to take in. One thread at a time.
class CopyRows {
 public:
  virtual ~CopyRows() = default;

  /// \retval kUnsupported  a column that the format cannot hold, by name.
  /// \retval kInvalidArgument  a type of a column that is not there; Redis: no key.
  /// \retval kIo  the file of rejects cannot be written.
  static Result<std::unique_ptr<CopyRows>> Open(std::shared_ptr<arrow::RecordBatchReader> rows,
                                                CopyOptions options);

  /// The next bytes, whole rows, good until the next call; empty at the end.
  /// \retval kSchemaMismatch  a value that the target cannot hold, naming row and column.
  virtual Result<std::string_view> Next() = 0;
  /// Of all that was given so far.
  virtual int64_t num_rows() const = 0;
  /// Rows that went to the file of rejects instead.
  virtual int64_t num_rejected() const = 0;
};

/// Whether COPY's binary format holds all columns, with the target's types as of CopyOptions.
bool FitsPostgresBinary(const arrow::Schema& schema,
                        const std::map<std::string, std::string>& types);

}  // namespace deltaic
