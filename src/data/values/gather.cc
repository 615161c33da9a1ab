#include "data/values/gather.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/array/util.h>
#include <arrow/buffer.h>
#include <arrow/compute/api_vector.h>
#include <arrow/type_traits.h>
#include <arrow/util/bitmap_ops.h>

#include <limits>
#include <utility>

#include "storage/arrow_status.h"

namespace deltaic {
namespace {

using arrow::Type;
using ArrayPtr = std::shared_ptr<arrow::Array>;

/// Whether Take() is right for the type, and then faster than joining many slices.
bool CanTake(Type::type id) {
  return arrow::is_primitive(id) || arrow::is_base_binary_like(id) || arrow::is_decimal(id) ||
         id == Type::FIXED_SIZE_BINARY;
}

Result<ArrayPtr> TakeRuns(const arrow::Array& values, const std::vector<RowRun>& runs,
                          int64_t total) {
  arrow::Int64Builder rows;
  DELTAIC_RETURN_IF_ERROR(rows.Reserve(total));
  for (const RowRun& run : runs) {
    for (int64_t i = 0; i < run.length; ++i) {
      if (run.begin == RowRun::kNulls) {
        rows.UnsafeAppendNull();
      } else {
        rows.UnsafeAppend(run.begin + i);
      }
    }
  }
  DELTAIC_ASSIGN_OR_RETURN(const ArrayPtr indices, rows.Finish());
  DELTAIC_ASSIGN_OR_RETURN(ArrayPtr taken, arrow::compute::Take(values, *indices));
  return taken;
}

Result<ArrayPtr> JoinRuns(const ArrayPtr& values, const std::vector<RowRun>& runs) {
  arrow::ArrayVector parts;
  parts.reserve(runs.size());
  for (const RowRun& run : runs) {
    if (run.begin != RowRun::kNulls) {
      parts.push_back(values->Slice(run.begin, run.length));
      continue;
    }
    DELTAIC_ASSIGN_OR_RETURN(parts.emplace_back(),
                             arrow::MakeArrayOfNull(values->type(), run.length));
  }
  DELTAIC_ASSIGN_OR_RETURN(ArrayPtr joined, arrow::Concatenate(parts));
  return joined;
}

/// Calls `visit(values, at)`, where at(row) is the first value of a row and how many it has.
template <typename Visit>
auto VisitLists(const arrow::Array& array, const Visit& visit) {
  const auto as = [&]<typename List>(const List& list) {
    return visit(list.values(), [&list](int64_t row) {
      return RowRun{list.value_offset(row), list.value_length(row)};
    });
  };
  switch (array.type_id()) {
    case Type::LARGE_LIST:
      return as(static_cast<const arrow::LargeListArray&>(array));
    case Type::FIXED_SIZE_LIST:
      return as(static_cast<const arrow::FixedSizeListArray&>(array));
    case Type::LIST_VIEW:
      return as(static_cast<const arrow::ListViewArray&>(array));
    case Type::LARGE_LIST_VIEW:
      return as(static_cast<const arrow::LargeListViewArray&>(array));
    default:
      DELTAIC_DCHECK(array.type_id() == Type::LIST || array.type_id() == Type::MAP);
      return as(static_cast<const arrow::ListArray&>(array));
  }
}

}  // namespace

void AppendRun(std::vector<RowRun>& runs, int64_t begin, int64_t length) {
  if (length == 0) return;
  if (!runs.empty()) {
    RowRun& last = runs.back();
    const bool both_null = begin == RowRun::kNulls && last.begin == RowRun::kNulls;
    const bool goes_on = begin != RowRun::kNulls && last.begin != RowRun::kNulls &&
                         last.begin + last.length == begin;
    if (both_null || goes_on) {
      last.length += length;
      return;
    }
  }
  runs.push_back({begin, length});
}

Result<ArrayPtr> GatherRows(const ArrayPtr& values, const std::vector<RowRun>& runs) {
  if (runs.empty()) return values->Slice(0, 0);
  if (runs.size() == 1 && runs[0].begin != RowRun::kNulls) {
    return values->Slice(runs[0].begin, runs[0].length);
  }
  if (!CanTake(values->type_id())) return JoinRuns(values, runs);
  int64_t total = 0;
  for (const RowRun& run : runs) total += run.length;
  return TakeRuns(*values, runs, total);
}

Result<FlatList> FlattenList(const arrow::Array& array) {
  FlatList flat;
  DELTAIC_ASSIGN_OR_RETURN(flat.validity, ValidityAtZero(array));
  DELTAIC_ASSIGN_OR_RETURN(
      flat.offsets,
      arrow::AllocateBuffer((array.length() + 1) * static_cast<int64_t>(sizeof(int32_t))));
  int32_t* offsets = flat.offsets->mutable_data_as<int32_t>();
  std::vector<RowRun> runs;
  const Status status = VisitLists(array, [&](const ArrayPtr& values, const auto& at) -> Status {
    offsets[0] = 0;
    for (int64_t row = 0; row < array.length(); ++row) {
      const RowRun run = array.IsNull(row) ? RowRun() : RowRun(at(row));
      if (run.begin < 0 || run.length < 0 || run.length > values->length() ||
          run.begin > values->length() - run.length) {
        return Status::InvalidArgument("row ", row, " of a ", array.type()->name(),
                                       " names values that the array does not have");
      }
      if (run.length > std::numeric_limits<int32_t>::max() - offsets[row]) {
        return Status::Unsupported("the lists of one batch have more than 2^31 values; write ",
                                   "smaller batches");
      }
      AppendRun(runs, run.begin, run.length);
      offsets[row + 1] = offsets[row] + static_cast<int32_t>(run.length);
    }
    DELTAIC_ASSIGN_OR_RETURN(flat.values, GatherRows(values, runs));
    return Status();
  });
  DELTAIC_RETURN_IF_ERROR(status);
  return flat;
}

Result<std::shared_ptr<arrow::Buffer>> ValidityAtZero(const arrow::Array& array) {
  if (array.null_count() == 0) return std::shared_ptr<arrow::Buffer>();
  if (array.offset() == 0) return array.null_bitmap();
  DELTAIC_ASSIGN_OR_RETURN(
      auto bits, arrow::internal::CopyBitmap(arrow::default_memory_pool(), array.null_bitmap_data(),
                                             array.offset(), array.length()));
  return bits;
}

Result<ArrayPtr> NullBelow(const arrow::Array& parent, const ArrayPtr& array) {
  if (parent.null_count() == 0 || !arrow::internal::may_have_validity_bitmap(array->type_id()))
    return array;
  std::shared_ptr<arrow::ArrayData> data = array->data()->Copy();
  arrow::MemoryPool* pool = arrow::default_memory_pool();
  if (array->null_bitmap() == nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(data->buffers[0],
                             arrow::AllocateEmptyBitmap(array->offset() + array->length(), pool));
    arrow::internal::CopyBitmap(parent.null_bitmap_data(), parent.offset(), array->length(),
                                data->buffers[0]->mutable_data(), array->offset());
  } else {
    DELTAIC_ASSIGN_OR_RETURN(data->buffers[0], arrow::internal::BitmapAnd(
                                                   pool, parent.null_bitmap_data(), parent.offset(),
                                                   array->null_bitmap_data(), array->offset(),
                                                   array->length(), array->offset()));
  }
  data->null_count = arrow::kUnknownNullCount;
  return arrow::MakeArray(data);
}

}  // namespace deltaic
