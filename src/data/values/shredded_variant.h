#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "protocol/variant_builder.h"

namespace deltaic {

/// Variants whose values, or parts of them, are in typed columns. One thread at a time.
/// Source: parquet-format, VariantShredding.md.
class ShreddedVariant {
 public:
  /// \param variants  struct<value, typed_value>, both optional; other members do not count.
  /// \retval kCorruption  a part of a type that shredding does not know.
  static Result<ShreddedVariant> Make(const arrow::StructArray& variants);

  ShreddedVariant(ShreddedVariant&&) noexcept;
  ShreddedVariant& operator=(ShreddedVariant&&) noexcept;
  ~ShreddedVariant();

  /// Appends the encoded value of `row`; a variant null where there is neither part.
  Status Append(std::string& out, std::string_view metadata, int64_t row);

 private:
  struct Node;
  /// The dictionary of the row at hand, kept while rows share it.
  struct Dictionary;

  ShreddedVariant();
  static Result<std::unique_ptr<Node>> MakeNode(const arrow::StructArray& parts, int depth);
  static Status MakeTyped(Node& node, std::shared_ptr<arrow::Array> typed, int depth);
  /// False, and nothing appended, where the value is missing.
  Result<bool> AppendNode(std::string& out, const Node& node, int64_t row);
  Status AppendObject(std::string& out, const Node& node, int64_t row);
  Status AppendList(std::string& out, const Node& node, int64_t row);
  Result<uint32_t> FieldId(const std::string& name);

  std::unique_ptr<Node> root_;
  std::unique_ptr<Dictionary> dictionary_;
};

}  // namespace deltaic
