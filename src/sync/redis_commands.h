#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "sync/copy_rows.h"

namespace deltaic {

/// Rows as commands of Redis: one that is there as DEL and HSET, or as SET; one whose
/// `_change_type` is delete as DEL. One thread at a time.
class RedisCommands {
 public:
  /// \retval kInvalidArgument  no prefix, no key, or a key that is no column.
  static Result<RedisCommands> Make(const arrow::Schema& schema, const CopyOptions& options);

  Status Append(std::string& out, const arrow::ArrayVector& columns, int64_t row);
  /// DEL, whatever the row is.
  Status AppendDelete(std::string& out, const arrow::ArrayVector& columns, int64_t row) const;

 private:
  struct Column {
    size_t at = 0;
    std::shared_ptr<arrow::Field> field;
    std::string name;  ///< of the field in Redis
  };
  Status AppendKey(std::string& out, const arrow::ArrayVector& columns, int64_t row) const;
  Status AppendHash(const arrow::ArrayVector& columns, int64_t row);
  Status AppendJson(const arrow::ArrayVector& columns, int64_t row);
  void AppendCommand(std::string& out, const std::vector<std::string>& words) const;

  bool as_lines_ = false, deletes_ = true;
  RedisValue value_ = RedisValue::kHash;
  std::string prefix_;
  std::vector<Column> columns_, key_;
  int change_type_ = -1;
  std::vector<std::string> words_;  ///< of the command that is made
};

/// One command as a client sends it.
void AppendResp(std::string& out, const std::vector<std::string>& words);
/// One command as a JSON array of texts, without a line's end.
void AppendCommandJson(std::string& out, const std::vector<std::string>& words);

}  // namespace deltaic
