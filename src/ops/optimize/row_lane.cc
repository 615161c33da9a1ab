#include "ops/optimize/row_lane.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/compute/api_vector.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/dictionary.h>
#include <arrow/ipc/reader.h>
#include <arrow/ipc/writer.h>
#include <arrow/record_batch.h>
#include <arrow/type_traits.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/byte_size.h>

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "ops/optimize/code_lane.h"
#include "ops/optimize/lane_values.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

constexpr int32_t kMostInt64Digits = 18;

/// Which values are there, if any is not.
class Presence {
 public:
  void Append(const arrow::Array& values, std::span<const int32_t> rows) {
    if (values.null_count() > 0) {
      there_.resize(static_cast<size_t>(num_rows_), 1);
      for (const int32_t row : rows) there_.push_back(values.IsValid(row) ? 1 : 0);
    } else if (!there_.empty()) {
      there_.resize(there_.size() + rows.size(), 1);
    }
    num_rows_ += static_cast<int64_t>(rows.size());
  }

  Status Save(arrow::BufferBuilder& out) const {
    const uint8_t has_nulls = there_.empty() ? 0 : 1;
    DELTAIC_RETURN_IF_ERROR(out.Append(&has_nulls, 1));
    if (has_nulls == 0) return Status();
    return AsStatus(out.Append(there_.data(), static_cast<int64_t>(there_.size())));
  }

  void Load(PieceReader& in, int64_t num_rows) {
    const bool has_nulls = in.Take<uint8_t>() != 0;
    if (has_nulls || !there_.empty()) there_.resize(static_cast<size_t>(num_rows_), 1);
    num_rows_ += num_rows;
    if (has_nulls) {
      const uint8_t* flags = in.Take(num_rows);
      there_.insert(there_.end(), flags, flags + num_rows);
    } else if (!there_.empty()) {
      there_.resize(static_cast<size_t>(num_rows_), 1);
    }
  }

  /// \return nullptr: all are there.
  Result<std::shared_ptr<arrow::Buffer>> Take(std::span<const uint32_t> rows) const {
    if (there_.empty()) return std::shared_ptr<arrow::Buffer>();
    return NewBits(static_cast<int64_t>(rows.size()),
                   [&](int64_t i) { return there_[rows[static_cast<size_t>(i)]] != 0; });
  }

  void Clear() {
    there_.clear();
    num_rows_ = 0;
  }

  int64_t num_rows() const { return num_rows_; }
  int64_t size_bytes() const { return static_cast<int64_t>(there_.size()); }

 private:
  int64_t num_rows_ = 0;
  std::vector<uint8_t> there_;  ///< 1 or 0 of each row; empty: all are there
};

struct Wide {
  uint64_t low;
  int64_t high;
};

/// How values of a fixed width are kept: as they are.
template <typename T>
struct AsIs {
  using Kept = T;
  using Given = T;
  static Kept Keep(const Given& value) { return value; }
  static bool Fits(const Given&) { return true; }
  static Given Give(const Kept& value) { return value; }
};

/// Decimals of few digits.
struct AsInt64 {
  using Kept = int64_t;
  using Given = Wide;
  static Kept Keep(const Given& value) { return static_cast<int64_t>(value.low); }
  static bool Fits(const Given& value) { return value.high == Keep(value) >> 63; }
  static Given Give(const Kept& value) { return {static_cast<uint64_t>(value), value >> 63}; }
};

template <typename How>
class FixedLane : public RowLane {
 public:
  using Kept = typename How::Kept;
  using Given = typename How::Given;

  explicit FixedLane(std::shared_ptr<arrow::DataType> type) : type_(std::move(type)) {}

  Status Append(const arrow::Array& values, std::span<const int32_t> rows) override {
    const auto* from = values.data()->GetValues<Given>(1);
    DELTAIC_ASSIGN_OR_RETURN(auto* to, values_.Grow(rows.size()));
    bool fit = true;
    for (size_t i = 0; i < rows.size(); ++i) {
      fit &= How::Fits(from[rows[i]]);
      to[i] = How::Keep(from[rows[i]]);
    }
    presence_.Append(values, rows);
    // What stands in the place of a null is no value.
    if (fit || std::ranges::all_of(
                   rows, [&](int32_t row) { return values.IsNull(row) || How::Fits(from[row]); })) {
      return Status();
    }
    return Status::SchemaMismatch("a value has more digits than ", type_->ToString());
  }

  Status Save(arrow::BufferBuilder& out) const override {
    DELTAIC_RETURN_IF_ERROR(presence_.Save(out));
    const std::span<const Kept> values = values_.all();
    if constexpr (std::is_same_v<Kept, Wide>) {
      if (values.empty()) return Status();
      return AsStatus(out.Append(values.data(), values_.size_bytes()));
    } else {
      return PackNumbers(values, out);
    }
  }

  Status Load(PieceReader& in, int64_t num_rows) override {
    presence_.Load(in, num_rows);
    DELTAIC_ASSIGN_OR_RETURN(auto* to, values_.Grow(static_cast<size_t>(num_rows)));
    if constexpr (std::is_same_v<Kept, Wide>) {
      const auto bytes = num_rows * int64_t{sizeof(Wide)};
      if (bytes > 0) std::memcpy(to, in.Take(bytes), static_cast<size_t>(bytes));
    } else {
      UnpackNumbers(in, num_rows, to);
    }
    return Status();
  }

  Result<std::shared_ptr<arrow::Array>> Take(std::span<const uint32_t> rows) const override {
    const auto count = static_cast<int64_t>(rows.size());
    DELTAIC_ASSIGN_OR_RETURN(auto present, presence_.Take(rows));
    DELTAIC_ASSIGN_OR_RETURN(auto values, NewBuffer(count * int64_t{sizeof(Given)}));
    auto* to = reinterpret_cast<Given*>(values->mutable_data());
    const Kept* from = values_.all().data();
    for (size_t i = 0; i < rows.size(); ++i) to[i] = How::Give(from[rows[i]]);
    return arrow::MakeArray(
        arrow::ArrayData::Make(type_, count, {std::move(present), std::move(values)}));
  }

  void Clear(bool keep_memory) override {
    presence_.Clear();
    values_.Clear(keep_memory);
  }

  int64_t size_bytes() const override { return presence_.size_bytes() + values_.size_bytes(); }

 private:
  const std::shared_ptr<arrow::DataType> type_;
  Presence presence_;
  Values<Kept> values_;
};

/// Texts and bytes.
class TextLane : public RowLane {
 public:
  explicit TextLane(std::shared_ptr<arrow::DataType> type) : type_(std::move(type)) {}

  Status Append(const arrow::Array& values, std::span<const int32_t> rows) override {
    const arrow::ArrayData& data = *values.data();
    const auto* offsets = data.GetValues<int32_t>(1);
    DELTAIC_ASSIGN_OR_RETURN(auto* lengths, lengths_.Grow(rows.size()));
    size_t total = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
      lengths[i] = offsets[rows[i] + 1] - offsets[rows[i]];
      total += static_cast<size_t>(lengths[i]);
    }
    presence_.Append(values, rows);
    if (total == 0) return Status();
    const uint8_t* from = data.buffers[2]->data();
    const int64_t last_roomy = data.buffers[2]->size() - Values<uint8_t>::kSlackBytes;
    DELTAIC_ASSIGN_OR_RETURN(auto* to, bytes_.Grow(total));
    for (size_t i = 0; i < rows.size(); ++i) {
      const int32_t begin = offsets[rows[i]];
      CopyText(to, from + begin, lengths[i], begin <= last_roomy);
      to += lengths[i];
    }
    return Status();
  }

  Status Save(arrow::BufferBuilder& out) const override {
    DELTAIC_RETURN_IF_ERROR(presence_.Save(out));
    DELTAIC_RETURN_IF_ERROR(PackNumbers(lengths_.all(), out));
    const int64_t size = bytes_.size_bytes();
    DELTAIC_RETURN_IF_ERROR(out.Append(&size, sizeof(size)));
    return size == 0 ? Status() : AsStatus(out.Append(bytes_.all().data(), size));
  }

  Status Load(PieceReader& in, int64_t num_rows) override {
    presence_.Load(in, num_rows);
    DELTAIC_ASSIGN_OR_RETURN(auto* lengths, lengths_.Grow(static_cast<size_t>(num_rows)));
    UnpackNumbers(in, num_rows, lengths);
    const auto size = in.Take<int64_t>();
    DELTAIC_ASSIGN_OR_RETURN(auto* to, bytes_.Grow(static_cast<size_t>(size)));
    if (size > 0) std::memcpy(to, in.Take(size), static_cast<size_t>(size));
    return Status();
  }

  Status Seal() override {
    begins_.resize(lengths_.all().size() + 1);
    int64_t* next = begins_.data();
    *next = 0;
    for (const int32_t length : lengths_.all()) {
      next[1] = next[0] + length;
      ++next;
    }
    return Status();
  }

  Result<std::shared_ptr<arrow::Array>> Take(std::span<const uint32_t> rows) const override {
    const auto count = static_cast<int64_t>(rows.size());
    DELTAIC_ASSIGN_OR_RETURN(auto present, presence_.Take(rows));
    DELTAIC_ASSIGN_OR_RETURN(auto offsets, NewBuffer((count + 1) * int64_t{sizeof(int32_t)}));
    auto* ends = reinterpret_cast<int32_t*>(offsets->mutable_data());
    *ends = 0;
    int64_t total = 0;
    for (const uint32_t row : rows) {
      total += begins_[row + 1] - begins_[row];
      *++ends = static_cast<int32_t>(total);
    }
    if (total > std::numeric_limits<int32_t>::max()) return std::shared_ptr<arrow::Array>();
    DELTAIC_ASSIGN_OR_RETURN(auto bytes, NewBuffer(total));
    uint8_t* to = bytes->mutable_data();
    int64_t left = total;
    const uint8_t* from = bytes_.all().data();  // with slack at its end
    for (const uint32_t row : rows) {
      const int64_t length = begins_[row + 1] - begins_[row];
      CopyText(to, from + begins_[row], length, left >= Values<uint8_t>::kSlackBytes);
      to += length;
      left -= length;
    }
    return arrow::MakeArray(arrow::ArrayData::Make(
        type_, count, {std::move(present), std::move(offsets), std::move(bytes)}));
  }

  void Clear(bool keep_memory) override {
    presence_.Clear();
    lengths_.Clear(keep_memory);
    bytes_.Clear(keep_memory);
    begins_.clear();
    if (!keep_memory) begins_.shrink_to_fit();
  }

  int64_t size_bytes() const override {
    return presence_.size_bytes() + lengths_.size_bytes() + bytes_.size_bytes();
  }

 private:
  const std::shared_ptr<arrow::DataType> type_;
  Presence presence_;
  Values<int32_t> lengths_;
  Values<uint8_t> bytes_;
  std::vector<int64_t> begins_;  ///< of texts, and the end of the last, once sealed
};

/// Values of any other type, as arrays.
class ArrayLane : public RowLane {
 public:
  explicit ArrayLane(const std::shared_ptr<arrow::DataType>& type)
      : schema_(arrow::schema({arrow::field("values", type)})) {}

  Status Append(const arrow::Array& values, std::span<const int32_t> rows) override {
    const arrow::Int32Array indices(static_cast<int64_t>(rows.size()),
                                    arrow::Buffer::Wrap(rows.data(), rows.size()));
    DELTAIC_ASSIGN_OR_RETURN(arrays_.emplace_back(), Take(values, indices));
    return Status();
  }

  Status Save(arrow::BufferBuilder& out) const override {
    DELTAIC_ASSIGN_OR_RETURN(const auto values, Joined());
    const auto batch = arrow::RecordBatch::Make(schema_, values->length(), {values});
    DELTAIC_ASSIGN_OR_RETURN(
        const std::shared_ptr<arrow::Buffer> bytes,
        arrow::ipc::SerializeRecordBatch(*batch, arrow::ipc::IpcWriteOptions::Defaults()));
    const int64_t size = bytes->size();
    DELTAIC_RETURN_IF_ERROR(out.Append(&size, sizeof(size)));
    return AsStatus(out.Append(bytes->data(), size));
  }

  Status Load(PieceReader& in, int64_t) override {
    const auto size = in.Take<int64_t>();
    DELTAIC_ASSIGN_OR_RETURN(const auto bytes, NewBuffer(size));
    std::memcpy(bytes->mutable_data(), in.Take(size), static_cast<size_t>(size));
    arrow::io::BufferReader reader(bytes);
    const arrow::ipc::DictionaryMemo memo;
    DELTAIC_ASSIGN_OR_RETURN(const auto batch,
                             arrow::ipc::ReadRecordBatch(
                                 schema_, &memo, arrow::ipc::IpcReadOptions::Defaults(), &reader));
    arrays_.push_back(batch->column(0));
    return Status();
  }

  Status Seal() override {
    DELTAIC_ASSIGN_OR_RETURN(auto joined, Joined());
    arrays_ = {std::move(joined)};
    return Status();
  }

  Result<std::shared_ptr<arrow::Array>> Take(std::span<const uint32_t> rows) const override {
    const arrow::UInt32Array indices(static_cast<int64_t>(rows.size()),
                                     arrow::Buffer::Wrap(rows.data(), rows.size()));
    return Take(*arrays_.front(), indices);
  }

  void Clear(bool) override { arrays_.clear(); }

  int64_t size_bytes() const override {
    int64_t bytes = 0;
    for (const auto& array : arrays_) bytes += arrow::util::TotalBufferSize(*array);
    return bytes;
  }

 private:
  static Result<std::shared_ptr<arrow::Array>> Take(const arrow::Array& values,
                                                    const arrow::Array& indices) {
    DELTAIC_ASSIGN_OR_RETURN(
        auto taken,
        arrow::compute::Take(values, indices, arrow::compute::TakeOptions::NoBoundsCheck()));
    return taken;
  }

  Result<std::shared_ptr<arrow::Array>> Joined() const {
    if (arrays_.empty()) {
      DELTAIC_ASSIGN_OR_RETURN(auto none, arrow::MakeArrayOfNull(schema_->field(0)->type(), 0));
      return none;
    }
    if (arrays_.size() == 1) return arrays_.front();
    DELTAIC_ASSIGN_OR_RETURN(auto joined, arrow::Concatenate(arrays_));
    return joined;
  }

  const std::shared_ptr<arrow::Schema> schema_;
  arrow::ArrayVector arrays_;
};

}  // namespace

std::unique_ptr<RowLane> RowLane::Make(const std::shared_ptr<arrow::DataType>& type,
                                       std::shared_ptr<TextCodes> codes) {
  if (codes != nullptr) return MakeCodeLane(std::move(codes));
  switch (type->id()) {
    case arrow::Type::INT8:
      return std::make_unique<FixedLane<AsIs<int8_t>>>(type);
    case arrow::Type::INT16:
      return std::make_unique<FixedLane<AsIs<int16_t>>>(type);
    case arrow::Type::INT32:
    case arrow::Type::DATE32:
    case arrow::Type::FLOAT:
      return std::make_unique<FixedLane<AsIs<int32_t>>>(type);
    case arrow::Type::INT64:
    case arrow::Type::TIMESTAMP:
    case arrow::Type::DOUBLE:
      return std::make_unique<FixedLane<AsIs<int64_t>>>(type);
    case arrow::Type::DECIMAL128:
      if (static_cast<const arrow::DecimalType&>(*type).precision() <= kMostInt64Digits) {
        return std::make_unique<FixedLane<AsInt64>>(type);
      }
      return std::make_unique<FixedLane<AsIs<Wide>>>(type);
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return std::make_unique<TextLane>(type);
    default:
      return std::make_unique<ArrayLane>(type);
  }
}

}  // namespace deltaic
