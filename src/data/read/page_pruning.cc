#include "data/read/page_pruning.h"

#include <parquet/metadata.h>

#include <algorithm>
#include <set>

#include "data/read/row_group_pruning.h"
#include "expr/skipping.h"

namespace deltaic {
namespace {

/// What is known of one column of the predicate, page by page.
struct PagedColumn {
  std::vector<std::string> path;
  ColumnRange whole;                  ///< of the row group
  const ChunkPages* chunk = nullptr;  ///< nullptr: only `whole` is known
  std::vector<ColumnRange> pages;
  size_t page = 0;  ///< the one that holds the rows in question
};

PagedColumn MakePagedColumn(const ParquetDataFile& file, const parquet::RowGroupMetaData& row_group,
                            const PageIndex& index, const std::vector<std::string>& path) {
  PagedColumn column;
  column.path = path;
  column.whole =
      RowGroupRange(file.plan(), file.columns(), file.partition_values(), row_group, path);
  const ColumnSource* source = FindLeafSource(file.plan(), file.columns(), path);
  if (source == nullptr) return column;
  const auto found = index.find(source->leaf);
  if (found == index.end() || found->second.values == nullptr) return column;
  column.chunk = &found->second;
  const auto* descriptor = file.input().metadata->schema()->Column(source->leaf);
  for (size_t page = 0; page < column.chunk->pages.size(); ++page)
    column.pages.push_back(PageRange(*column.chunk, page, *descriptor, *source));
  return column;
}

}  // namespace

std::vector<int> PredicateLeaves(const ParquetDataFile& file) {
  std::vector<int> leaves;
  for (const auto& path : ReferencedColumns(*file.plan().spec->predicate)) {
    const ColumnSource* source = FindLeafSource(file.plan(), file.columns(), path);
    if (source != nullptr && std::find(leaves.begin(), leaves.end(), source->leaf) == leaves.end())
      leaves.push_back(source->leaf);
  }
  return leaves;
}

RowRanges RowsThatMayMatch(const ParquetDataFile& file, const RowGroupTask& row_group,
                           const PageIndex& index) {
  const Expr& predicate = *file.plan().spec->predicate;
  const auto metadata = file.input().metadata->RowGroup(row_group.index);
  std::vector<PagedColumn> columns;
  std::set<int64_t> cuts{row_group.num_rows};  // rows where some column's page ends
  for (const auto& path : ReferencedColumns(predicate)) {
    columns.push_back(MakePagedColumn(file, *metadata, index, path));
    if (columns.back().chunk == nullptr) continue;
    for (const PageLocation& page : columns.back().chunk->pages) cuts.insert(page.rows.end);
  }
  const RangeLookup ranges = [&](const std::vector<std::string>& path) {
    const auto column = std::find_if(columns.begin(), columns.end(),
                                     [&](const PagedColumn& c) { return c.path == path; });
    if (column == columns.end()) return ColumnRange();
    return column->chunk == nullptr ? column->whole : column->pages[column->page];
  };
  RowRanges rows;
  int64_t begin = 0;
  for (const int64_t end : cuts) {
    for (PagedColumn& column : columns) {
      if (column.chunk != nullptr && column.chunk->pages[column.page].rows.end <= begin)
        ++column.page;
    }
    if (MayMatch(predicate, ranges)) AppendRange(rows, {begin, end});
    begin = end;
  }
  return rows;
}

}  // namespace deltaic
