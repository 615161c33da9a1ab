#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// A pattern as DATE_FORMAT and TO_TIMESTAMP take it: letters y M d D E a H h m s S, each repeated
/// as often as its width says, 'quoted text', and other signs for themselves. English names.
/// Immutable: safe from any thread.
class DateTimePattern {
 public:
  /// \retval kInvalidArgument  another letter, a width that it does not have, an open quote.
  static Result<DateTimePattern> Parse(std::string_view pattern);

  /// Of microseconds since 1970-01-01 UTC.
  std::string Format(int64_t micros) const;

  /// The time that the whole of `text` says: month and day 1 and midnight where the pattern has
  /// none. nullopt if it does not match, or there is no such day.
  std::optional<int64_t> ParseText(std::string_view text) const;

 private:
  struct Element {
    char letter;  ///< '\0': `text`
    int width;
    std::string text;
  };

  std::vector<Element> elements_;
};

}  // namespace deltaic
