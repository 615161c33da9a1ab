#include "data/write/page_rows.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "data/parquet/parquet_exception.h"
#include "data/parquet/rle_hybrid.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

// PageHeader
constexpr int16_t kPageType = 1;
constexpr int16_t kUncompressedSize = 2;
constexpr int16_t kCompressedSize = 3;
constexpr int16_t kCrc = 4;
constexpr int16_t kDetailsV1 = 5;
constexpr int16_t kDetailsV2 = 8;
// DataPageHeader and DataPageHeaderV2
constexpr int16_t kNumValues = 1;
constexpr int16_t kEncodingV1 = 2;
constexpr int16_t kDefinitionEncoding = 3;
constexpr int16_t kRepetitionEncoding = 4;
constexpr int16_t kStatisticsV1 = 5;
constexpr int16_t kNumNulls = 2;
constexpr int16_t kNumRows = 3;
constexpr int16_t kEncodingV2 = 4;
constexpr int16_t kDefinitionBytes = 5;
constexpr int16_t kRepetitionBytes = 6;
constexpr int16_t kIsCompressed = 7;
constexpr int16_t kStatisticsV2 = 8;

constexpr int64_t kDataPageV2 = 3;

constexpr int64_t kPlain = 0;
constexpr int64_t kPlainDictionary = 2;
constexpr int64_t kRle = 3;
constexpr int64_t kRleDictionary = 8;
constexpr int64_t kByteStreamSplit = 9;

/// More than any page of a sane writer: sizes come from the file.
constexpr int64_t kMaxPageBytes = int64_t{1} << 30;

using Bytes = std::span<const uint8_t>;

Status Corrupt(const char* what) { return Status::Corruption("a data page ", what); }

uint32_t ReadSize(Bytes bytes) {
  uint32_t size = 0;
  std::memcpy(&size, bytes.data(), sizeof(size));
  return size;
}

void AppendSize(size_t size, std::string& out) {
  const auto value = static_cast<uint32_t>(size);
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

std::string_view TextOf(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Calls `visit(begin, end)` for each run of what is not 0.
template <typename Visit>
void ForEachRun(std::span<const uint8_t> kept, const Visit& visit) {
  const auto end_of_run = [&](size_t begin) {
    const void* end = std::memchr(kept.data() + begin, 0, kept.size() - begin);
    return end == nullptr ? kept.size()
                          : static_cast<size_t>(static_cast<const uint8_t*>(end) - kept.data());
  };
  for (size_t begin = 0; begin < kept.size(); ++begin) {
    const size_t end = end_of_run(begin);
    if (begin < end) visit(begin, end);
    begin = end;
  }
}

std::vector<uint32_t> Kept(const std::vector<uint32_t>& values, std::span<const uint8_t> kept) {
  std::vector<uint32_t> out;
  out.reserve(values.size());
  ForEachRun(kept, [&](size_t begin, size_t end) {
    out.insert(out.end(), values.begin() + static_cast<std::ptrdiff_t>(begin),
               values.begin() + static_cast<std::ptrdiff_t>(end));
  });
  return out;
}

}  // namespace

Status PageRows::Decompress(Bytes stored, size_t size, std::vector<uint8_t>& out) {
  if (form_.codec == nullptr) {
    if (stored.size() != size) return Corrupt("has two sizes");
    out.assign(stored.begin(), stored.end());
    return Status();
  }
  out.resize(size);
  if (size == 0) return Status();
  const auto got = form_.codec->Decompress(static_cast<int64_t>(stored.size()), stored.data(),
                                           static_cast<int64_t>(size), out.data());
  // What a codec says of damaged bytes is no fault of the disk.
  if (!got.ok()) return Corrupt("cannot be decompressed");
  if (*got != static_cast<int64_t>(size)) return Corrupt("has another size than its header says");
  return Status();
}

Result<bool> PageRows::Open(const ThriftValue& header, Bytes payload) {
  header_ = &header;
  num_rows_begun_ = -1;
  is_v2_ = header.Number(kPageType) == kDataPageV2;
  const ThriftValue* details = header.Find(is_v2_ ? kDetailsV2 : kDetailsV1);
  const int64_t size = header.Number(kUncompressedSize).value_or(-1);
  if (details == nullptr || size < 0 || size > kMaxPageBytes) return Corrupt("has no valid header");
  const int64_t entries = details->Number(kNumValues).value_or(-1);
  if (entries < 0 || entries > std::numeric_limits<int32_t>::max()) {
    return Corrupt("has no valid number of values");
  }
  num_entries_ = static_cast<size_t>(entries);
  encoding_ = details->Number(is_v2_ ? kEncodingV2 : kEncodingV1).value_or(-1);
  if (!is_v2_ && ((form_.max_definition > 0 && details->Number(kDefinitionEncoding) != kRle) ||
                  (form_.max_repetition > 0 && details->Number(kRepetitionEncoding) != kRle))) {
    return false;
  }
  if (is_v2_) {
    const int64_t levels = details->Number(kDefinitionBytes).value_or(-1) +
                           details->Number(kRepetitionBytes).value_or(-1);
    if (levels < 0 || levels > size || levels > static_cast<int64_t>(payload.size())) {
      return Corrupt("has levels of no valid size");
    }
    const auto level_bytes = static_cast<size_t>(levels);
    std::vector<uint8_t> values;
    if (details->Number(kIsCompressed).value_or(1) != 0) {
      DELTAIC_RETURN_IF_ERROR(Decompress(payload.subspan(level_bytes),
                                         static_cast<size_t>(size) - level_bytes, values));
    } else {
      values.assign(payload.begin() + static_cast<std::ptrdiff_t>(level_bytes), payload.end());
    }
    bytes_.assign(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(level_bytes));
    bytes_.insert(bytes_.end(), values.begin(), values.end());
  } else {
    DELTAIC_RETURN_IF_ERROR(Decompress(payload, static_cast<size_t>(size), bytes_));
  }
  Bytes rest = bytes_;
  DELTAIC_RETURN_IF_ERROR(OpenLevels(rest, is_v2_, *details));
  values_ = rest;
  return OpenValues();
}

Status PageRows::OpenLevels(Bytes& rest, bool is_v2, const ThriftValue& details) {
  const auto read = [&](int max_level, int usual, int16_t size_field,
                        std::vector<uint32_t>& levels) -> Status {
    levels.clear();
    size_t size = 0;
    if (is_v2) {
      size = static_cast<size_t>(std::max<int64_t>(0, details.Number(size_field).value_or(0)));
    } else if (max_level == 0) {
      return Status();
    } else {
      if (rest.size() < sizeof(uint32_t)) return Corrupt("is cut off in its levels");
      size = ReadSize(rest);
      rest = rest.subspan(sizeof(uint32_t));
    }
    if (size > rest.size()) return Corrupt("is cut off in its levels");
    const Bytes bytes = rest.subspan(0, size);
    rest = rest.subspan(size);
    if (max_level == 0) return Status();
    const int width = std::bit_width(static_cast<unsigned>(max_level));
    if (OnlyValueOfRuns(bytes, width, num_entries_) == static_cast<uint32_t>(usual))
      return Status();
    if (!DecodeRleHybrid(bytes, width, num_entries_, levels)) {
      return Corrupt("has fewer levels than values");
    }
    return Status();
  };
  DELTAIC_RETURN_IF_ERROR(read(form_.max_repetition, 0, kRepetitionBytes, repetition_));
  DELTAIC_RETURN_IF_ERROR(
      read(form_.max_definition, form_.max_definition, kDefinitionBytes, definition_));
  const auto max_definition = static_cast<uint32_t>(form_.max_definition);
  num_values_ = definition_.empty()
                    ? num_entries_
                    : static_cast<size_t>(std::ranges::count(definition_, max_definition));
  num_rows_begun_ = repetition_.empty() ? static_cast<int64_t>(num_entries_)
                                        : std::ranges::count(repetition_, 0U);
  begins_inside_row_ = !repetition_.empty() && repetition_.front() != 0;
  return Status();
}

Result<bool> PageRows::OpenValues() {
  is_dictionary_ = encoding_ == kPlainDictionary || encoding_ == kRleDictionary;
  is_plain_ = false;
  entries_.clear();
  joined_.clear();
  if (is_dictionary_) {
    if (values_.empty()) {
      return num_values_ == 0 ? Result<bool>(true) : Corrupt("has no values");
    }
    const int width = values_.front();
    if (width > 32) return Corrupt("has dictionary numbers of more than 32 bits");
    if (!DecodeRleHybrid(values_.subspan(1), width, num_values_, entries_)) {
      return Corrupt("has fewer values than it says");
    }
    return true;
  }
  if (form_.type == parquet::Type::BOOLEAN) {
    booleans_.clear();
    if (encoding_ == kPlain) {
      if (values_.size() < (num_values_ + 7) / 8) return Corrupt("is cut off");
      for (size_t i = 0; i < num_values_; ++i) booleans_.push_back(values_[i / 8] >> (i % 8) & 1);
      return true;
    }
    if (encoding_ != kRle) return false;
    if (values_.size() < sizeof(uint32_t) ||
        !DecodeRleHybrid(values_.subspan(sizeof(uint32_t)), 1, num_values_, booleans_)) {
      return Corrupt("is cut off");
    }
    return true;
  }
  if (form_.type == parquet::Type::BYTE_ARRAY) {
    if (encoding_ != kPlain) return false;
    text_begins_.clear();
    size_t at = 0;
    for (size_t i = 0; i < num_values_; ++i) {
      text_begins_.push_back(at);
      if (values_.size() - at < sizeof(uint32_t)) return Corrupt("is cut off");
      const uint32_t size = ReadSize(values_.subspan(at));
      at += sizeof(uint32_t);
      if (size > values_.size() - at) return Corrupt("is cut off");
      at += size;
    }
    text_begins_.push_back(at);
    return true;
  }
  if (encoding_ != kPlain && encoding_ != kByteStreamSplit) return false;
  if (form_.value_bytes <= 0) return false;
  if (values_.size() / static_cast<size_t>(form_.value_bytes) < num_values_) {
    return Corrupt("is cut off");
  }
  is_plain_ = encoding_ == kPlain;
  if (is_plain_) return true;
  const auto width = static_cast<size_t>(form_.value_bytes);
  joined_.resize(num_values_ * width);
  for (size_t i = 0; i < num_values_; ++i) {
    for (size_t b = 0; b < width; ++b) joined_[i * width + b] = values_[b * num_values_ + i];
  }
  return true;
}

Bytes PageRows::all_plain_values() const {
  if (encoding_ != kPlain) return {};
  if (form_.type == parquet::Type::BYTE_ARRAY) return values_.subspan(0, text_begins_.back());
  return values_.subspan(0, num_values_ * static_cast<size_t>(form_.value_bytes));
}

void PageRows::Keep(int64_t first_row, std::span<const int64_t> dropped) {
  kept_.assign(num_entries_, 1);
  num_dropped_entries_ = num_dropped_nulls_ = 0;
  auto next = std::ranges::lower_bound(dropped, first_row - 1);
  if (repetition_.empty()) {
    const int64_t end = first_row + num_rows_begun_;
    next = std::ranges::lower_bound(dropped, first_row);
    for (; next != dropped.end() && *next < end; ++next) {
      kept_[static_cast<size_t>(*next - first_row)] = 0;
      ++num_dropped_entries_;
    }
    num_kept_rows_ = num_rows_begun_ - num_dropped_entries_;
  } else {
    int64_t row = first_row - 1;  // one that began before this page
    num_kept_rows_ = 0;
    for (size_t i = 0; i < num_entries_; ++i) {
      if (repetition_[i] == 0) ++row;
      while (next != dropped.end() && *next < row) ++next;
      const bool is_dropped = next != dropped.end() && *next == row;
      kept_[i] = is_dropped ? 0 : 1;
      num_dropped_entries_ += is_dropped ? 1 : 0;
      num_kept_rows_ += repetition_[i] == 0 && !is_dropped ? 1 : 0;
    }
  }
  if (definition_.empty()) {
    kept_values_ = kept_;
    return;
  }
  kept_values_.clear();
  const auto max_definition = static_cast<uint32_t>(form_.max_definition);
  for (size_t i = 0; i < num_entries_; ++i) {
    if (definition_[i] == max_definition) {
      kept_values_.push_back(kept_[i]);
    } else {
      num_dropped_nulls_ += kept_[i] == 0 ? 1 : 0;
    }
  }
}

/// \param usual  what all levels are where `levels` is empty.
std::string PageRows::KeptLevels(const std::vector<uint32_t>& levels, int max_level,
                                 int usual) const {
  std::string out;
  if (max_level == 0 || num_kept_entries() == 0) return out;
  const int width = std::bit_width(static_cast<unsigned>(max_level));
  if (levels.empty()) {
    AppendRun(static_cast<uint32_t>(usual), static_cast<size_t>(num_kept_entries()), width, out);
  } else {
    EncodeRleHybrid(Kept(levels, kept_), width, out);
  }
  return out;
}

void PageRows::AppendKept(std::string& out) const {
  // Where value i begins, and where the last one ends.
  const auto begin_of = [&](size_t i) {
    return form_.type == parquet::Type::BYTE_ARRAY ? text_begins_[i]
                                                   : i * static_cast<size_t>(form_.value_bytes);
  };
  ForEachRun(kept_values_, [&](size_t begin, size_t end) {
    out += TextOf(values_.subspan(begin_of(begin), begin_of(end) - begin_of(begin)));
  });
}

void PageRows::AppendBooleans(std::string& out) const {
  const std::vector<uint32_t> kept = Kept(booleans_, kept_values_);
  if (encoding_ == kRle) {
    std::string encoded;
    EncodeRleHybrid(kept, 1, encoded);
    AppendSize(encoded.size(), out);
    out += encoded;
    return;
  }
  const size_t begin = out.size();
  out.resize(begin + (kept.size() + 7) / 8);
  for (size_t i = 0; i < kept.size(); ++i) {
    out[begin + i / 8] =
        static_cast<char>(out[begin + i / 8] | static_cast<char>(kept[i] << i % 8));
  }
}

void PageRows::AppendStreams(std::string& out) const {
  // Byte b of all values lies together, for each b.
  for (size_t b = 0; b < static_cast<size_t>(form_.value_bytes); ++b) {
    const Bytes stream = values_.subspan(b * num_values_, num_values_);
    for (size_t i = 0; i < num_values_; ++i) {
      if (kept_values_[i] != 0) out += static_cast<char>(stream[i]);
    }
  }
}

Result<std::string> PageRows::Rebuild() {
  const std::string repetition = KeptLevels(repetition_, form_.max_repetition, 0);
  const std::string definition =
      KeptLevels(definition_, form_.max_definition, form_.max_definition);
  std::string body;
  body.reserve(bytes_.size());
  if (!is_v2_) {
    for (const auto& [levels, max_level] :
         {std::pair(&repetition, form_.max_repetition), {&definition, form_.max_definition}}) {
      if (max_level == 0) continue;
      AppendSize(levels->size(), body);
      body += *levels;
    }
  }
  if (is_dictionary_) {
    const int width = values_.empty() ? 0 : values_.front();
    body += static_cast<char>(width);
    EncodeRleHybrid(Kept(entries_, kept_values_), width, body);
  } else if (form_.type == parquet::Type::BOOLEAN) {
    AppendBooleans(body);
  } else if (encoding_ == kByteStreamSplit) {
    AppendStreams(body);
  } else {
    AppendKept(body);
  }

  std::string stored;
  if (form_.codec == nullptr) {
    stored = body;
  } else {
    const auto* data = reinterpret_cast<const uint8_t*>(body.data());
    const auto size = static_cast<int64_t>(body.size());
    stored.resize(static_cast<size_t>(form_.codec->MaxCompressedLen(size, data)));
    DELTAIC_ASSIGN_OR_RETURN(const int64_t compressed,
                             form_.codec->Compress(size, data, static_cast<int64_t>(stored.size()),
                                                   reinterpret_cast<uint8_t*>(stored.data())));
    stored.resize(static_cast<size_t>(compressed));
  }
  const size_t level_bytes = is_v2_ ? repetition.size() + definition.size() : 0;
  if (level_bytes + std::max(body.size(), stored.size()) > kMaxPageBytes) {
    return Status::Unsupported("a data page of more than 1 GiB");
  }

  ThriftValue header = *header_;
  header.Set(kUncompressedSize, ThriftValue::I32(static_cast<int32_t>(level_bytes + body.size())));
  header.Set(kCompressedSize, ThriftValue::I32(static_cast<int32_t>(level_bytes + stored.size())));
  header.Erase(kCrc);
  ThriftValue& details = *header.Find(is_v2_ ? kDetailsV2 : kDetailsV1);
  details.Set(kNumValues, ThriftValue::I32(static_cast<int32_t>(num_kept_entries())));
  if (is_v2_) {
    const int64_t nulls = static_cast<int64_t>(num_entries_ - num_values_) - num_dropped_nulls_;
    details.Set(kNumNulls, ThriftValue::I32(static_cast<int32_t>(nulls)));
    details.Set(kNumRows, ThriftValue::I32(static_cast<int32_t>(num_kept_rows_)));
    details.Set(kRepetitionBytes, ThriftValue::I32(static_cast<int32_t>(repetition.size())));
    details.Set(kDefinitionBytes, ThriftValue::I32(static_cast<int32_t>(definition.size())));
    details.Set(kIsCompressed, ThriftValue::Bool(form_.codec != nullptr));
    details.Erase(kStatisticsV2);
  } else {
    details.Erase(kStatisticsV1);
  }
  std::string out;
  AppendThriftStruct(header, out);
  if (is_v2_) out.append(repetition).append(definition);
  out += stored;
  return out;
}

}  // namespace deltaic
