#pragma once

#include <arrow/io/interfaces.h>

#include <memory>
#include <string_view>

namespace deltaic {

/// Follows the quotes of CSV text, which comes in parts of any size. A quote opens a value where
/// one begins, and is text elsewhere; two inside are one.
class CsvQuotes {
 public:
  void Read(std::string_view part);
  /// Whether the text so far ends inside a quoted value.
  bool open() const { return open_; }

 private:
  bool open_ = false;
  bool just_closed_ = false;  ///< the last byte was a quote that closed a value, or is half of two
  char last_ = '\n';
};

/// `input`, which ends with an error where its text ends inside a quoted value: Arrow's reader
/// takes the rest of such a file for the value.
std::shared_ptr<arrow::io::InputStream> WithQuotesClosed(
    std::shared_ptr<arrow::io::InputStream> input);

}  // namespace deltaic
