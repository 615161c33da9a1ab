#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "protocol/schema.h"

namespace deltaic {

/// The lengths that columns declared CHAR(n) and VARCHAR(n) in Spark allow. Delta stores them as
/// strings; the declared type stands in the field's metadata. Immutable: safe from any thread.
class TextLengths {
 public:
  /// \retval kCorruption  a declaration that cannot be read.
  static Result<TextLengths> Make(const Schema& schema);

  /// True where texts of any length fit.
  bool is_empty() const { return columns_.empty(); }

  /// Makes texts fit, nested ones too: CHAR is filled up with spaces, and spaces at the end are cut
  /// where a text is too long. Lengths count characters.
  /// \param rows  the table's columns by name, nested ones without offset (ConformBatch).
  /// \retval kConstraintViolated  a text that is too long, naming column and declared type.
  Result<std::shared_ptr<arrow::RecordBatch>> Apply(std::shared_ptr<arrow::RecordBatch> rows) const;

  /// A declared type, or nullptr where no text in it has a length.
  struct Declared;
  using DeclaredPtr = std::shared_ptr<const Declared>;

 private:
  std::vector<std::pair<std::string, DeclaredPtr>> columns_;
};

}  // namespace deltaic
