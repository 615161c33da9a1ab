#pragma once

#include <arrow/type_fwd.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/status.h"
#include "protocol/bound_text.h"
#include "protocol/schema.h"
#include "protocol/value.h"

namespace deltaic {

/// Builds one column of statistics. One thread at a time.
class StatsArray {
 public:
  virtual ~StatsArray() = default;
  /// Minima or maxima of `field`. \retval kUnsupported  a type that has none.
  static Result<std::unique_ptr<StatsArray>> OfBounds(const StructField& field, BoundSide side);
  static std::unique_ptr<StatsArray> OfCounts();

  /// Reads `count` texts of StatsScanner, each `stride` after the one before; null where a text is
  /// empty or says nothing about the type.
  virtual Status AppendTexts(const std::string_view* texts, size_t stride, int64_t count) = 0;
  /// The same of what FileStatsParser read. \retval kInternal  a value of another type.
  virtual Status AppendValue(const Value& value) = 0;
  virtual Result<std::shared_ptr<arrow::Array>> Finish() = 0;
};

}  // namespace deltaic
