#include "data/write/chunk_copy.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>

#include "data/memory/decode_pool.h"
#include "data/write/parquet_fields.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

using namespace parquet_fields;
using Bytes = std::span<const uint8_t>;

constexpr int64_t kDataPage = 0;
constexpr int64_t kDictionaryPage = 2;
constexpr int64_t kDataPageV2 = 3;
constexpr int64_t kCopyBytes = 1 << 20;
/// More than any page of a sane writer: sizes come from the file.
constexpr int64_t kMaxPageBytes = 1 << 30;
/// Indexes and filters are small; what claims to be more is left out.
constexpr int64_t kMaxIndexBytes = 256 << 20;

Bytes AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

/// The bits of a Parquet value of 4 or 8 bytes.
template <typename T>
T ValueAt(Bytes bytes, size_t i) {
  T value;
  std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
  return value;
}

std::string_view TextOf(const arrow::Buffer& bytes) {
  return {bytes.data_as<char>(), static_cast<size_t>(bytes.size())};
}

}  // namespace

Status CopyTarget::Write(std::string_view bytes) {
  position_ += static_cast<int64_t>(bytes.size());
  return AsStatus(out_->Write(bytes.data(), static_cast<int64_t>(bytes.size())));
}

/// The pages of one chunk, old and new.
struct ChunkCopier::Pages {
  PageForm form;
  std::shared_ptr<arrow::Buffer> bytes;  ///< of the old chunk
  std::string dictionary;                ///< its values, decompressed; empty where there are none
  parquet::SortOrder::type order = parquet::SortOrder::UNKNOWN;
  /// Of the old chunk, where values are looked at.
  struct Old {
    Bytes whole;  ///< with its header
    int64_t first_row = 0;
    bool is_whole = false;  ///< no row of it is dropped
  };
  std::vector<Old> old;
  struct Copied {
    int64_t offset = 0, size = 0, first_row = 0;
    size_t old_number = 0;
    int64_t dropped_nulls = 0;
    bool begins_inside_row = false;
  };
  std::vector<Copied> copied;
  size_t num_old = 0;
  int64_t num_entries = 0;  ///< of the copy
  int64_t uncompressed = 0;
  int64_t dictionary_offset = 0;
};

/// Whether the bounds that the footer has are those of the values that are left, of values of 4 or
/// 8 bytes. Only these are told exactly by anybody's statistics.
struct ChunkCopier::Bounds {
  enum : uint8_t { kMin = 1, kMax = 2 };

  explicit Bounds(parquet::Type::type type) : type(type) {}

  /// What of the bounds values are.
  template <typename T>
  uint8_t Test(T value) const {
    return static_cast<uint8_t>((value == ValueAt<T>(AsBytes(min), 0) ? kMin : 0) |
                                (value == ValueAt<T>(AsBytes(max), 0) ? kMax : 0));
  }
  template <typename Function>
  void WithType(const Function& function) const {
    switch (type) {
      case parquet::Type::INT32:
        return function(int32_t{});
      case parquet::Type::INT64:
        return function(int64_t{});
      case parquet::Type::FLOAT:
        return function(float{});
      case parquet::Type::DOUBLE:
        return function(double{});
      default:
        return;
    }
  }
  size_t width() const {
    return type == parquet::Type::INT32 || type == parquet::Type::FLOAT ? 4 : 8;
  }
  bool is_known() const { return min.size() == width() && max.size() == width(); }

  void SetDictionary(std::string_view values) {
    of_entry.clear();
    WithType([&]<typename T>(T) {
      for (size_t i = 0; i < values.size() / sizeof(T); ++i) {
        of_entry.push_back(Test(ValueAt<T>(AsBytes(values), i)));
      }
    });
  }

  /// Looks at a page of which Keep() has chosen values.
  void Look(const PageRows& page) {
    const auto kept_values = page.kept_values();
    if (page.is_dictionary()) {
      const auto entries = page.entries();
      Look(kept_values, [&](size_t i) {
        return entries[i] < of_entry.size() ? of_entry[entries[i]] : uint8_t{0};
      });
    } else if (!page.plain_values().empty()) {
      WithType([&]<typename T>(T) {
        Look(kept_values, [&](size_t i) { return Test(ValueAt<T>(page.plain_values(), i)); });
      });
    } else if (!kept_values.empty()) {
      dropped |= kMin | kMax;  // nobody knows
    }
  }
  /// Those that are kept are of interest only where a bound was dropped.
  template <typename TestAt>
  void Look(std::span<const uint8_t> kept_values, const TestAt& test) {
    const uint8_t* begin = kept_values.data();
    const uint8_t* end = begin + kept_values.size();
    for (const uint8_t* at = begin; at < end; ++at) {
      at = static_cast<const uint8_t*>(std::memchr(at, 0, static_cast<size_t>(end - at)));
      if (at == nullptr) break;
      dropped |= test(static_cast<size_t>(at - begin));
    }
    for (size_t i = 0; i < kept_values.size() && !hold(); ++i) {
      if (kept_values[i] != 0) kept |= test(i);
    }
  }
  bool hold() const { return (dropped & ~kept) == 0; }

  const parquet::Type::type type;
  std::string min, max;  ///< plain-encoded
  std::vector<uint8_t> of_entry;
  uint8_t kept = 0, dropped = 0;
};

/// Least and greatest of values, in Parquet's form.
template <typename T>
class ChunkCopier::Extremes {
 public:
  void Add(T value) {
    if (value != value) return;  // no bound is NaN
    if (!any_ || value < min_) min_ = value;
    if (!any_ || value > max_) max_ = value;
    any_ = true;
  }
  /// \return false where a value is none that can be looked at.
  bool AddPage(const PageRows& page, std::string_view dictionary) {
    const auto kept = page.kept_values();
    const auto plain = page.plain_values();
    const auto entries = page.entries();
    if (kept.empty()) return true;
    if (!page.is_dictionary() && plain.empty()) return false;
    for (size_t i = 0; i < kept.size(); ++i) {
      if (kept[i] == 0) continue;
      if (!page.is_dictionary()) {
        Add(ValueAt<T>(plain, i));
      } else if (entries[i] < dictionary.size() / sizeof(T)) {
        Add(ValueAt<T>(AsBytes(dictionary), entries[i]));
      } else {
        return false;
      }
    }
    return true;
  }
  void SetIn(ThriftValue& statistics) const {
    if (!any_) return;
    T min = min_, max = max_;
    if constexpr (std::is_floating_point_v<T>) {
      // Readers take the two zeros for one value.
      if (min == 0) min = -T{0};
      if (max == 0) max = T{0};
    }
    const auto bytes = [](T value) {
      return ThriftValue::Binary(std::string(reinterpret_cast<const char*>(&value), sizeof(value)));
    };
    statistics.Set(Statistics::kMinValue, bytes(min));
    statistics.Set(Statistics::kMaxValue, bytes(max));
  }

 private:
  bool any_ = false;
  T min_{}, max_{};
};

namespace {

/// Least and greatest value of a page, where the index of `num_pages` pages tells both.
template <typename T>
std::optional<std::pair<T, T>> IndexedRange(const ThriftValue& index, size_t page,
                                            size_t num_pages) {
  const ThriftValue* least = index.Find(ColumnIndex::kMinValues);
  const ThriftValue* greatest = index.Find(ColumnIndex::kMaxValues);
  for (const ThriftValue* list : {least, greatest}) {
    if (list == nullptr || list->elements.size() != num_pages ||
        list->elements[page].bytes.size() != sizeof(T)) {
      return std::nullopt;
    }
  }
  return std::pair(ValueAt<T>(AsBytes(least->elements[page].bytes), 0),
                   ValueAt<T>(AsBytes(greatest->elements[page].bytes), 0));
}

/// \param header  what the page's header is put into, which is used as long as `page`.
Result<bool> OpenPage(Bytes whole, ThriftValue& header, PageRows& page) {
  size_t header_size = 0;
  DELTAIC_ASSIGN_OR_RETURN(header, ParseThriftStruct(whole, &header_size));
  return page.Open(header, whole.subspan(header_size));
}

void EraseBounds(ThriftValue& statistics) {
  for (const int16_t field :
       {Statistics::kMin, Statistics::kMax, Statistics::kMinValue, Statistics::kMaxValue,
        Statistics::kIsMinExact, Statistics::kIsMaxExact}) {
    statistics.Erase(field);
  }
}

}  // namespace

/// Pages that were copied as they are may have the bounds that went elsewhere; else the values that
/// are left have others. The index, where there is one, tells of such pages without a look inside.
Status ChunkCopier::FindBounds(const Pages& pages, const ThriftValue& column_index, Bounds& bounds,
                               ThriftValue& statistics) const {
  PageRows page(pages.form);
  Status status;
  bounds.WithType([&]<typename T>(T) {
    Extremes<T> extremes;
    bool all_seen = pages.order == parquet::SortOrder::SIGNED;
    for (size_t i = 0; i < pages.old.size(); ++i) {
      const Pages::Old& old = pages.old[i];
      const auto range = old.is_whole ? IndexedRange<T>(column_index, i, pages.num_old)
                                      : std::optional<std::pair<T, T>>();
      if (range) {
        for (const T value : {range->first, range->second}) {
          bounds.kept |= bounds.Test(value);
          extremes.Add(value);
        }
      } else {
        ThriftValue header;
        const Result<bool> can = OpenPage(old.whole, header, page);
        if (!can.ok()) status = can.status();
        if (!can.ok() || !*can) return EraseBounds(statistics);
        page.Keep(old.first_row, dropped_);
        bounds.Look(page);
        all_seen = all_seen && extremes.AddPage(page, pages.dictionary);
      }
      if (bounds.hold()) return;
    }
    EraseBounds(statistics);
    if (all_seen) extremes.SetIn(statistics);
  });
  return status;
}

Result<std::shared_ptr<arrow::Buffer>> ChunkCopier::ReadRange(int64_t offset, int64_t size) const {
  if (offset < 0 || size < 0 || offset > file_size_ || size > file_size_ - offset) {
    return Status::Corruption("the footer names bytes ", offset, " to ", offset + size,
                              " of a file of ", file_size_);
  }
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Buffer> buffer,
                           arrow::AllocateBuffer(size, DecodeScratchPool()));
  DELTAIC_ASSIGN_OR_RETURN(const int64_t got, file_.ReadAt(offset, size, buffer->mutable_data()));
  if (got < size) return Status::Corruption("the file is cut off");
  return buffer;
}

/// An index that cannot be read is left out: it only saves work.
Status ChunkCopier::ReadIndexes(CopiedChunk& copied) const {
  ThriftValue& chunk = copied.chunk;
  const auto read = [&](ThriftValue& holder, int16_t offset_field, int16_t size_field,
                        std::string& out) -> Status {
    const auto offset = holder.Number(offset_field);
    const auto size = holder.Number(size_field);
    holder.Erase(offset_field);
    holder.Erase(size_field);
    if (!offset || !size || *size <= 0 || *size > kMaxIndexBytes) return Status();
    DELTAIC_ASSIGN_OR_RETURN(const auto bytes, ReadRange(*offset, *size));
    out = TextOf(*bytes);
    return Status();
  };
  const auto parse = [](const std::string& bytes, ThriftValue& out) {
    size_t size = 0;
    if (bytes.empty()) return;
    if (auto parsed = ParseThriftStruct(AsBytes(bytes), &size); parsed.ok())
      out = *std::move(parsed);
  };
  std::string bytes;
  DELTAIC_RETURN_IF_ERROR(
      read(chunk, ColumnChunk::kOffsetIndexOffset, ColumnChunk::kOffsetIndexLength, bytes));
  parse(bytes, copied.offset_index);
  bytes.clear();
  DELTAIC_RETURN_IF_ERROR(
      read(chunk, ColumnChunk::kColumnIndexOffset, ColumnChunk::kColumnIndexLength, bytes));
  parse(bytes, copied.column_index);
  return read(*chunk.Find(ColumnChunk::kMetaData), ColumnMetaData::kBloomFilterOffset,
              ColumnMetaData::kBloomFilterLength, copied.bloom_filter);
}

Status ChunkCopier::CopyBytes(int64_t begin, int64_t size, CopyTarget& out) const {
  for (int64_t done = 0; done < size;) {
    const int64_t part = std::min(kCopyBytes, size - done);
    DELTAIC_ASSIGN_OR_RETURN(const auto bytes, ReadRange(begin + done, part));
    DELTAIC_RETURN_IF_ERROR(out.Write(TextOf(*bytes)));
    done += part;
  }
  return Status();
}

Result<bool> ChunkCopier::Copy(const parquet::ColumnDescriptor& column,
                               const parquet::ColumnChunkMetaData& metadata, CopiedChunk& copied,
                               CopyTarget& out) {
  ThriftValue& chunk = copied.chunk;
  ThriftValue* details = chunk.Find(ColumnChunk::kMetaData);
  if (details == nullptr || chunk.Find(ColumnChunk::kFilePath) != nullptr ||
      chunk.Find(ColumnChunk::kCryptoMetaData) != nullptr ||
      chunk.Find(ColumnChunk::kEncryptedMetaData) != nullptr ||
      details->Find(ColumnMetaData::kIndexPageOffset) != nullptr) {
    return false;
  }
  DELTAIC_RETURN_IF_ERROR(ReadIndexes(copied));
  const int64_t data_begin = details->Number(ColumnMetaData::kDataPageOffset).value_or(-1);
  const auto dictionary = details->Number(ColumnMetaData::kDictionaryPageOffset);
  const int64_t begin =
      dictionary && *dictionary > 0 ? std::min(*dictionary, data_begin) : data_begin;
  const int64_t size = details->Number(ColumnMetaData::kCompressedSize).value_or(-1);
  const int64_t new_begin = out.position();
  chunk.Set(ColumnChunk::kFileOffset, ThriftValue::I64(0));
  if (dropped_.empty()) {
    DELTAIC_RETURN_IF_ERROR(CopyBytes(begin, size, out));
    details->Set(ColumnMetaData::kDataPageOffset, ThriftValue::I64(data_begin - begin + new_begin));
    if (dictionary && *dictionary > 0) {
      details->Set(ColumnMetaData::kDictionaryPageOffset,
                   ThriftValue::I64(*dictionary - begin + new_begin));
    }
    if (ThriftValue* pages = copied.offset_index.Find(OffsetIndex::kPageLocations)) {
      for (ThriftValue& page : pages->elements) {
        const int64_t offset = page.Number(PageLocation::kOffset).value_or(0);
        page.Set(PageLocation::kOffset, ThriftValue::I64(offset - begin + new_begin));
      }
    }
    return true;
  }

  Pages pages;
  const auto codec = metadata.compression() == parquet::Compression::UNCOMPRESSED
                         ? nullptr
                         : parquet::GetCodec(metadata.compression());
  pages.form = {.type = column.physical_type(),
                .max_definition = column.max_definition_level(),
                .max_repetition = column.max_repetition_level(),
                .codec = codec.get()};
  pages.order = column.sort_order();
  if (column.physical_type() == parquet::Type::FIXED_LEN_BYTE_ARRAY) {
    pages.form.value_bytes = column.type_length();
  } else if (column.physical_type() != parquet::Type::BYTE_ARRAY &&
             column.physical_type() != parquet::Type::BOOLEAN) {
    pages.form.value_bytes = parquet::GetTypeByteSize(column.physical_type());
  }
  DELTAIC_ASSIGN_OR_RETURN(pages.bytes, ReadRange(begin, size));
  return CopyPages(pages, copied, out);
}

Result<bool> ChunkCopier::CopyPages(Pages& pages, CopiedChunk& copied, CopyTarget& out) {
  const Bytes bytes = AsBytes(TextOf(*pages.bytes));
  ThriftValue& details = *copied.chunk.Find(ColumnChunk::kMetaData);
  const int64_t new_begin = out.position();
  const int64_t old_values = details.Number(ColumnMetaData::kNumValues).value_or(-1);

  Bounds bounds(pages.form.type);
  ThriftValue* statistics = details.Find(ColumnMetaData::kStatistics);
  if (statistics != nullptr) {
    if (const auto* min = statistics->Find(Statistics::kMinValue)) bounds.min = min->bytes;
    if (const auto* max = statistics->Find(Statistics::kMaxValue)) bounds.max = max->bytes;
  }
  const bool has_numbers = pages.form.value_bytes == 4 || pages.form.value_bytes == 8;
  const bool looks =
      has_numbers && pages.form.type != parquet::Type::FIXED_LEN_BYTE_ARRAY && bounds.is_known();

  PageRows page(pages.form);
  int64_t row = 0;           // that the next page's first begun row is
  int64_t old_entries = 0;   // before it
  std::string_view pending;  // pages that follow each other in the old chunk
  const auto flush = [&]() -> Status {
    const std::string_view part = std::exchange(pending, {});
    return part.empty() ? Status() : out.Write(part);
  };
  const auto write_old = [&](std::string_view part) -> Status {
    if (pending.data() + pending.size() != part.data()) DELTAIC_RETURN_IF_ERROR(flush());
    pending =
        pending.empty() ? part : std::string_view(pending.data(), pending.size() + part.size());
    return Status();
  };
  const auto position = [&] { return out.position() + static_cast<int64_t>(pending.size()); };
  for (size_t at = 0; at < bytes.size() && old_entries < old_values;) {
    size_t header_size = 0;
    DELTAIC_ASSIGN_OR_RETURN(const ThriftValue header,
                             ParseThriftStruct(bytes.subspan(at), &header_size));
    const int64_t stored = header.Number(PageHeader::kCompressedSize).value_or(-1);
    const int64_t raw = header.Number(PageHeader::kUncompressedSize).value_or(-1);
    if (stored < 0 || raw < 0 || raw > kMaxPageBytes ||
        static_cast<uint64_t>(stored) > bytes.size() - at - header_size) {
      return Status::Corruption("a page reaches beyond its column chunk");
    }
    const Bytes payload = bytes.subspan(at + header_size, static_cast<size_t>(stored));
    const std::string_view whole = TextOf(*pages.bytes).substr(at, header_size + payload.size());
    at += whole.size();
    const int64_t type = header.Number(PageHeader::kType).value_or(-1);
    if (type == kDictionaryPage) {
      if (!pages.copied.empty() || pages.dictionary_offset != 0) return false;
      pages.dictionary_offset = position();
      pages.uncompressed += static_cast<int64_t>(header_size) + raw;
      if (looks) {
        pages.dictionary.resize(static_cast<size_t>(raw));
        if (pages.form.codec == nullptr) {
          pages.dictionary.assign(reinterpret_cast<const char*>(payload.data()), payload.size());
        } else if (raw > 0) {
          DELTAIC_ASSIGN_OR_RETURN(
              const int64_t got,
              pages.form.codec->Decompress(stored, payload.data(), raw,
                                           reinterpret_cast<uint8_t*>(pages.dictionary.data())));
          if (got != raw) return Status::Corruption("a dictionary has another size than it says");
        }
        bounds.SetDictionary(pages.dictionary);
      }
      DELTAIC_RETURN_IF_ERROR(write_old(whole));
      continue;
    }
    if (type != kDataPage && type != kDataPageV2) return false;
    const ThriftValue* page_details = header.Find(type == kDataPage ? int16_t{5} : int16_t{8});
    const int64_t entries = page_details == nullptr ? -1 : page_details->Number(1).value_or(-1);
    if (entries < 0 || entries > old_values - old_entries) {
      return Status::Corruption("pages have other rows than the footer says");
    }
    old_entries += entries;
    Pages::Copied out_page{.offset = position(), .old_number = pages.num_old++};
    const int64_t dropped_before = std::ranges::lower_bound(dropped_, row) - dropped_.begin();
    out_page.first_row = row - dropped_before;

    if (looks) pages.old.push_back({AsBytes(whole), row});
    // Where nothing is repeated, rows are told without a look inside.
    if (pages.form.max_repetition == 0) {
      const auto first = std::ranges::lower_bound(dropped_, row);
      const auto end = std::ranges::lower_bound(dropped_, row + entries);
      if (first == end) {
        row += entries;
        pages.num_entries += entries;
        pages.uncompressed += static_cast<int64_t>(header_size) + raw;
        out_page.size = static_cast<int64_t>(whole.size());
        pages.copied.push_back(out_page);
        if (looks) pages.old.back().is_whole = true;
        DELTAIC_RETURN_IF_ERROR(write_old(whole));
        continue;
      }
    }
    DELTAIC_ASSIGN_OR_RETURN(const bool can, page.Open(header, payload));
    if (!can) return false;
    page.Keep(row, dropped_);
    row += page.num_rows_begun();
    out_page.begins_inside_row = page.begins_inside_row();
    out_page.dropped_nulls = page.num_dropped_nulls();
    copied.num_dropped_nulls += page.num_dropped_nulls();
    pages.num_entries += page.num_kept_entries();
    if (looks) bounds.Look(page);
    if (page.num_kept_entries() == 0) continue;
    pages.uncompressed += static_cast<int64_t>(header_size) + raw;
    if (page.num_dropped_entries() == 0) {
      out_page.size = static_cast<int64_t>(whole.size());
      DELTAIC_RETURN_IF_ERROR(write_old(whole));
    } else {
      DELTAIC_ASSIGN_OR_RETURN(const std::string rebuilt, page.Rebuild());
      out_page.size = static_cast<int64_t>(rebuilt.size());
      DELTAIC_RETURN_IF_ERROR(flush());
      DELTAIC_RETURN_IF_ERROR(out.Write(rebuilt));
    }
    pages.copied.push_back(out_page);
  }
  if (old_entries != old_values) return Status::Corruption("a column chunk has too few values");
  DELTAIC_RETURN_IF_ERROR(flush());

  if (looks && !bounds.hold()) {
    DELTAIC_RETURN_IF_ERROR(FindBounds(pages, copied.column_index, bounds, *statistics));
  }
  copied.bounds_hold = looks ? bounds.hold() : !has_numbers;
  if (statistics != nullptr) {
    if (const auto nulls = statistics->Number(Statistics::kNullCount)) {
      statistics->Set(Statistics::kNullCount, ThriftValue::I64(*nulls - copied.num_dropped_nulls));
    }
    statistics->Erase(Statistics::kDistinctCount);
    if (!looks) {
      if (has_numbers) EraseBounds(*statistics);
      statistics->Set(Statistics::kIsMaxExact, ThriftValue::Bool(false));
      statistics->Set(Statistics::kIsMinExact, ThriftValue::Bool(false));
    }
  }
  details.Set(ColumnMetaData::kNumValues, ThriftValue::I64(pages.num_entries));
  details.Set(ColumnMetaData::kUncompressedSize, ThriftValue::I64(pages.uncompressed));
  details.Set(ColumnMetaData::kCompressedSize, ThriftValue::I64(out.position() - new_begin));
  details.Set(
      ColumnMetaData::kDataPageOffset,
      ThriftValue::I64(pages.copied.empty() ? out.position() : pages.copied.front().offset));
  details.Erase(ColumnMetaData::kDictionaryPageOffset);
  if (pages.dictionary_offset != 0) {
    details.Set(ColumnMetaData::kDictionaryPageOffset, ThriftValue::I64(pages.dictionary_offset));
  }
  details.Erase(ColumnMetaData::kSizeStatistics);
  DELTAIC_RETURN_IF_ERROR(FinishIndexes(pages, copied));
  return true;
}

Status ChunkCopier::FinishIndexes(const Pages& pages, CopiedChunk& copied) const {
  const ThriftValue* old_pages = copied.offset_index.Find(OffsetIndex::kPageLocations);
  const bool had_index = old_pages != nullptr && old_pages->elements.size() == pages.num_old;
  const bool on_rows = std::ranges::none_of(pages.copied, &Pages::Copied::begins_inside_row);
  copied.offset_index = {};
  if (!had_index || !on_rows) {
    copied.column_index = {};
    return Status();
  }
  ThriftValue locations = ThriftValue::List(ThriftValue::Type::kStruct);
  for (const Pages::Copied& page : pages.copied) {
    ThriftValue location;
    location.Set(PageLocation::kOffset, ThriftValue::I64(page.offset));
    location.Set(PageLocation::kSize, ThriftValue::I32(static_cast<int32_t>(page.size)));
    location.Set(PageLocation::kFirstRow, ThriftValue::I64(page.first_row));
    locations.elements.push_back(std::move(location));
  }
  copied.offset_index.Set(OffsetIndex::kPageLocations, std::move(locations));

  ThriftValue& index = copied.column_index;
  index.Erase(ColumnIndex::kRepetitionHistograms);
  index.Erase(ColumnIndex::kDefinitionHistograms);
  for (const int16_t field : {ColumnIndex::kNullPages, ColumnIndex::kMinValues,
                              ColumnIndex::kMaxValues, ColumnIndex::kNullCounts}) {
    ThriftValue* list = index.Find(field);
    if (list == nullptr) continue;
    if (list->elements.size() != pages.num_old) {
      index = {};
      return Status();
    }
    std::vector<ThriftValue> kept;
    for (const Pages::Copied& page : pages.copied) {
      kept.push_back(std::move(list->elements[page.old_number]));
      if (field == ColumnIndex::kNullCounts) kept.back().number -= page.dropped_nulls;
    }
    list->elements = std::move(kept);
  }
  return Status();
}

}  // namespace deltaic
