#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/parquet/thrift_value.h"
#include "data/write/bound_order.h"
#include "data/write/chunk_copy.h"

namespace deltaic {

/// The page index of a chunk whose pages come from several chunks, one or more of theirs in each.
/// One thread at a time.
class MergedIndex {
 public:
  /// \param order  must outlive this.
  explicit MergedIndex(const BoundOrder& order) : order_(order) {}

  /// The next pages are those of a chunk with this index. \param column_index  used until
  /// EndPart(); no field: nothing is known of its pages.
  void BeginPart(const ThriftValue& column_index);
  /// The part's next page comes into the page that is being made.
  void TakePage();
  void EndPart();

  /// The page that is being made is there. \param first_row  of the chunk, that begins in it.
  void EndPage(int64_t offset, int64_t size, int64_t first_row, bool begins_inside_row);

  /// Sets the indexes of `merged`, as far as they are known.
  void Finish(CopiedChunk& merged);

 private:
  /// What is known of the values of a page.
  struct Known {
    bool all_null = true;
    std::string min, max;  ///< of a page that has values
    int64_t nulls = 0;
  };
  bool Add(Known page);
  int64_t BoundaryOrder() const;

  const BoundOrder& order_;
  const ThriftValue* part_ = nullptr;
  size_t part_page_ = 0;
  bool has_values_ = true;  ///< every page so far is known by its values
  bool has_nulls_ = true;   ///< and by how many are null
  bool begins_on_rows_ = true;
  std::optional<Known> current_;
  std::vector<Known> pages_;
  ThriftValue locations_ = ThriftValue::List(ThriftValue::Type::kStruct);
};

/// The statistics of a chunk that has all values of others.
/// \param parts  their ColumnMetaData.
/// \return no field where nothing is known.
ThriftValue MergeStatistics(std::span<const ThriftValue* const> parts, const BoundOrder& order);

}  // namespace deltaic
