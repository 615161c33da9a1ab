#include "data/parquet/parquet_exception.h"

#include <parquet/exception.h>

#include <algorithm>
#include <new>
#include <string>

#include "data/parquet/parquet_input.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

/// Parquet's messages have line ends, also at their end.
std::string OneLine(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  std::ranges::replace(text, '\n', ' ');
  return text;
}

}  // namespace

Status ReadingError(const std::exception& error) {
  if (const auto* outcome = dynamic_cast<const parquet::ParquetStatusException*>(&error)) {
    const Status status = FromParquetStatus(outcome->status());
    return Status(status.code(), OneLine(status.message()));
  }
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    return Status::Io("out of memory");
  }
  return Status::Corruption(OneLine(error.what()));
}

Status WritingError(const std::exception& error) {
  if (const auto* outcome = dynamic_cast<const parquet::ParquetStatusException*>(&error)) {
    return AsStatus(outcome->status());
  }
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    return Status::Io("out of memory; lower max_memory");
  }
  return Status::Internal(OneLine(error.what()));
}

}  // namespace deltaic
