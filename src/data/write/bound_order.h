#pragma once

#include <parquet/schema.h>
#include <parquet/statistics.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace deltaic {

/// The order of a column's values, as footers and page indexes store least and greatest ones.
/// Immutable: safe from any thread.
class BoundOrder {
 public:
  /// \param column  must outlive this.
  explicit BoundOrder(const parquet::ColumnDescriptor& column);

  /// nullopt: the column has no order that is known, or one of the two is no value of it.
  std::optional<bool> Less(std::string_view a, std::string_view b) const;

  /// Widens bounds by others. \return false: no bounds are known of both together.
  bool Widen(std::string& min, std::string& max, std::string_view other_min,
             std::string_view other_max) const;

 private:
  const parquet::ColumnDescriptor& column_;
  std::shared_ptr<parquet::Comparator> comparator_;  ///< nullptr: no order
};

}  // namespace deltaic
