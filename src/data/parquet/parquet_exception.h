#pragma once

#include <exception>

#include "base/status.h"

/// Arrow's Parquet code throws; nothing of it may leave our functions.
namespace deltaic {

/// What was thrown while a file was read: what storage or we said as it was, want of memory as kIo,
/// else kCorruption, in one line.
Status ReadingError(const std::exception& error);
/// The same of writing, where what else is thrown is a fault of ours: kInternal.
Status WritingError(const std::exception& error);

/// What `function` returns, a Status or a Result, or ReadingError() of what it throws.
template <typename Function>
auto CatchReading(const Function& function) -> decltype(function()) {
  try {
    return function();
  } catch (const std::exception& error) {
    return ReadingError(error);
  }
}

/// What `function` returns, a Status or a Result, or WritingError() of what it throws.
template <typename Function>
auto CatchWriting(const Function& function) -> decltype(function()) {
  try {
    return function();
  } catch (const std::exception& error) {
    return WritingError(error);
  }
}

}  // namespace deltaic
