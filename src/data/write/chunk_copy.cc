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
#include "data/write/stored_chunk.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

using namespace parquet_fields;
using Bytes = std::span<const uint8_t>;

/// Where a page's header is looked for first.
constexpr int64_t kHeaderBytes = 8 << 10;
/// More than any page of a sane writer: sizes come from the file.
constexpr int64_t kMaxPageBytes = 1 << 30;

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

std::string_view TextOf(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Status CopyTarget::Write(std::string_view bytes) {
  position_ += static_cast<int64_t>(bytes.size());
  return AsStatus(out_->Write(bytes.data(), static_cast<int64_t>(bytes.size())));
}

/// The pages of one chunk, old and new.
struct ChunkCopier::Pages {
  PageForm form;
  std::string dictionary;  ///< its values, decompressed; empty where there are none
  parquet::SortOrder::type order = parquet::SortOrder::UNKNOWN;
  /// Of the old chunk, where values are looked at.
  struct Old {
    int64_t offset = 0, size = 0;  ///< in the file, with its header
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

  void SetFrom(const ThriftValue* statistics) {
    if (statistics == nullptr) return;
    if (const auto* least = statistics->Find(Statistics::kMinValue)) min = least->bytes;
    if (const auto* greatest = statistics->Find(Statistics::kMaxValue)) max = greatest->bytes;
  }

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

/// \param looked  whether bounds are known to be those of what is left.
void FinishStatistics(ThriftValue& statistics, int64_t num_dropped_nulls, bool looked,
                      bool has_numbers) {
  if (const auto nulls = statistics.Number(Statistics::kNullCount)) {
    statistics.Set(Statistics::kNullCount, ThriftValue::I64(*nulls - num_dropped_nulls));
  }
  statistics.Erase(Statistics::kDistinctCount);
  if (looked) return;
  if (has_numbers) EraseBounds(statistics);
  statistics.Set(Statistics::kIsMaxExact, ThriftValue::Bool(false));
  statistics.Set(Statistics::kIsMinExact, ThriftValue::Bool(false));
}

}  // namespace

/// Pages that were copied as they are may have the bounds that went elsewhere; else the values that
/// are left have others. The index, where there is one, tells of such pages without a look inside.
Status ChunkCopier::FindBounds(const Pages& pages, const ThriftValue& column_index, Bounds& bounds,
                               ThriftValue& statistics) {
  PageRows page(pages.form);
  const int64_t old_end = pages.old.empty() ? 0 : pages.old.back().offset + pages.old.back().size;
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
        const auto whole = window_.Read(old.offset, old.size, old_end - old.offset);
        const Result<bool> can = whole.ok() ? OpenPage(*whole, header, page) : whole.status();
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

Status ChunkCopier::CopyBytes(int64_t begin, int64_t size, CopyTarget& out) {
  DELTAIC_RETURN_IF_ERROR(window_.Check(begin, size));
  for (int64_t done = 0; done < size;) {
    const int64_t part = std::min(window_.window_bytes(), size - done);
    DELTAIC_ASSIGN_OR_RETURN(const Bytes bytes, window_.Read(begin + done, part, size - done));
    DELTAIC_RETURN_IF_ERROR(out.Write(TextOf(bytes)));
    done += part;
  }
  return Status();
}

Result<bool> ChunkCopier::Copy(const parquet::ColumnDescriptor& column,
                               const parquet::ColumnChunkMetaData& metadata, CopiedChunk& copied,
                               CopyTarget& out) {
  ThriftValue& chunk = copied.chunk;
  ThriftValue* details = chunk.Find(ColumnChunk::kMetaData);
  if (!IsPlainChunk(chunk)) return false;
  DELTAIC_RETURN_IF_ERROR(TakeIndexes(
      [&](int64_t offset, int64_t bytes) { return window_.Read(offset, bytes, bytes); }, copied));
  const int64_t data_begin = details->Number(ColumnMetaData::kDataPageOffset).value_or(-1);
  const auto dictionary = details->Number(ColumnMetaData::kDictionaryPageOffset);
  const auto [begin, size] = RangeOf(*details);
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
  return CopyPages(begin, size, pages, copied, out);
}

/// Copies the pages of one chunk, of which no more than a window is in memory.
class ChunkCopier::PageCopy {
 public:
  /// \param bounds  is told of the values that go; nullptr: they are not looked at.
  PageCopy(ChunkCopier& copier, Pages& pages, Bounds* bounds, CopyTarget& out)
      : copier_(copier), pages_(pages), bounds_(bounds), out_(out), rows_(pages.form) {}

  /// \param begin, size  of the chunk in the file. \param num_values  that the footer says it has.
  /// \return false: it must be decoded.
  Result<bool> Run(int64_t begin, int64_t size, int64_t num_values) {
    end_ = begin + size;
    num_values_ = num_values;
    for (int64_t at = begin; at < end_ && old_entries_ < num_values_;) {
      DELTAIC_ASSIGN_OR_RETURN(const OldPage page, Read(at));
      at += static_cast<int64_t>(page.whole.size());
      const int64_t type = page.header.Number(PageHeader::kType).value_or(-1);
      if (type != kDictionaryPage && type != kDataPage && type != kDataPageV2) return false;
      DELTAIC_ASSIGN_OR_RETURN(
          const bool can, type == kDictionaryPage ? CopyDictionary(page) : CopyData(page, type));
      if (!can) return false;
    }
    if (old_entries_ != num_values_) {
      return Status::Corruption("a column chunk has too few values");
    }
    DELTAIC_RETURN_IF_ERROR(Flush());
    return true;
  }
  int64_t num_dropped_nulls() const { return num_dropped_nulls_; }

 private:
  /// Its bytes stand until the next one is read.
  struct OldPage {
    ThriftValue header;
    int64_t offset = 0;  ///< in the file
    Bytes whole, payload;
    int64_t uncompressed = 0;  ///< of the payload
    int64_t uncompressed_whole() const {
      return uncompressed + static_cast<int64_t>(whole.size() - payload.size());
    }
  };

  Result<Bytes> Load(int64_t offset, int64_t size) {
    // What waits to be written lies in the window.
    if (!copier_.window_.Has(offset, size)) DELTAIC_RETURN_IF_ERROR(Flush());
    return copier_.window_.Read(offset, size, end_ - offset);
  }

  Result<OldPage> Read(int64_t offset) {
    OldPage page{.header = {}, .offset = offset, .whole = {}, .payload = {}};
    size_t header_size = 0;
    DELTAIC_ASSIGN_OR_RETURN(page.header, ReadHeader(offset, &header_size));
    const int64_t stored = page.header.Number(PageHeader::kCompressedSize).value_or(-1);
    page.uncompressed = page.header.Number(PageHeader::kUncompressedSize).value_or(-1);
    const int64_t left = end_ - offset - static_cast<int64_t>(header_size);
    if (stored < 0 || page.uncompressed < 0 || page.uncompressed > kMaxPageBytes || stored > left) {
      return Status::Corruption("a page reaches beyond its column chunk");
    }
    DELTAIC_ASSIGN_OR_RETURN(page.whole, Load(offset, static_cast<int64_t>(header_size) + stored));
    page.payload = page.whole.subspan(header_size);
    return page;
  }

  /// Nothing tells its size but itself.
  Result<ThriftValue> ReadHeader(int64_t offset, size_t* size) {
    constexpr int64_t kGrowth = 16;
    const int64_t left = end_ - offset;
    for (int64_t looked = std::min(kHeaderBytes, left);;
         looked = std::min(looked * kGrowth, left)) {
      DELTAIC_ASSIGN_OR_RETURN(const Bytes bytes, Load(offset, looked));
      Result<ThriftValue> header = ParseThriftStruct(bytes, size);
      if (header.ok() || looked == left) return header;
    }
  }

  /// Whole old pages that follow each other are written at once.
  Status WriteWhole(const OldPage& page) {
    const std::string_view part = TextOf(page.whole);
    if (pending_.data() + pending_.size() != part.data()) DELTAIC_RETURN_IF_ERROR(Flush());
    pending_ =
        pending_.empty() ? part : std::string_view(pending_.data(), pending_.size() + part.size());
    return Status();
  }
  Status Flush() {
    const std::string_view part = std::exchange(pending_, {});
    return part.empty() ? Status() : out_.Write(part);
  }
  int64_t position() const { return out_.position() + static_cast<int64_t>(pending_.size()); }

  Result<bool> CopyDictionary(const OldPage& page) {
    if (!pages_.copied.empty() || pages_.dictionary_offset != 0) return false;
    pages_.dictionary_offset = position();
    pages_.uncompressed += page.uncompressed_whole();
    if (bounds_ != nullptr) {
      DELTAIC_RETURN_IF_ERROR(ReadDictionary(page));
      bounds_->SetDictionary(pages_.dictionary);
    }
    DELTAIC_RETURN_IF_ERROR(WriteWhole(page));
    return true;
  }

  Status ReadDictionary(const OldPage& page) {
    if (pages_.form.codec == nullptr) {
      pages_.dictionary = TextOf(page.payload);
      return Status();
    }
    pages_.dictionary.resize(static_cast<size_t>(page.uncompressed));
    if (page.uncompressed == 0) return Status();
    DELTAIC_ASSIGN_OR_RETURN(
        const int64_t got,
        pages_.form.codec->Decompress(static_cast<int64_t>(page.payload.size()),
                                      page.payload.data(), page.uncompressed,
                                      reinterpret_cast<uint8_t*>(pages_.dictionary.data())));
    if (got != page.uncompressed) {
      return Status::Corruption("a dictionary has another size than it says");
    }
    return Status();
  }

  /// Dropped rows before a row of the row group.
  int64_t DroppedBefore(int64_t row) const {
    return std::ranges::lower_bound(copier_.dropped_, row) - copier_.dropped_.begin();
  }

  Result<bool> CopyData(const OldPage& page, int64_t type) {
    const ThriftValue* details = page.header.Find(type == kDataPage ? int16_t{5} : int16_t{8});
    const int64_t entries = details == nullptr ? -1 : details->Number(1).value_or(-1);
    if (entries < 0 || entries > num_values_ - old_entries_) {
      return Status::Corruption("pages have other rows than the footer says");
    }
    old_entries_ += entries;
    Pages::Copied copied{.offset = position(), .old_number = pages_.num_old++};
    copied.first_row = row_ - DroppedBefore(row_);
    // Where nothing is repeated, rows are told without a look inside.
    const bool is_whole =
        pages_.form.max_repetition == 0 && DroppedBefore(row_) == DroppedBefore(row_ + entries);
    if (bounds_ != nullptr) {
      pages_.old.push_back({.offset = page.offset,
                            .size = static_cast<int64_t>(page.whole.size()),
                            .first_row = row_,
                            .is_whole = is_whole});
    }
    if (is_whole) {
      row_ += entries;
      pages_.num_entries += entries;
      DELTAIC_RETURN_IF_ERROR(KeepWhole(page, copied));
      return true;
    }
    DELTAIC_ASSIGN_OR_RETURN(const bool can, rows_.Open(page.header, page.payload));
    if (can) DELTAIC_RETURN_IF_ERROR(CopyRows(page, copied));
    return can;
  }

  Status KeepWhole(const OldPage& page, Pages::Copied& copied) {
    copied.size = static_cast<int64_t>(page.whole.size());
    pages_.uncompressed += page.uncompressed_whole();
    pages_.copied.push_back(copied);
    return WriteWhole(page);
  }

  /// Those of an opened page that are kept.
  Status CopyRows(const OldPage& page, Pages::Copied& copied) {
    rows_.Keep(row_, copier_.dropped_);
    row_ += rows_.num_rows_begun();
    copied.begins_inside_row = rows_.begins_inside_row();
    copied.dropped_nulls = rows_.num_dropped_nulls();
    num_dropped_nulls_ += rows_.num_dropped_nulls();
    pages_.num_entries += rows_.num_kept_entries();
    if (bounds_ != nullptr) bounds_->Look(rows_);
    if (rows_.num_kept_entries() == 0) return Status();
    if (rows_.num_dropped_entries() == 0) return KeepWhole(page, copied);
    DELTAIC_ASSIGN_OR_RETURN(const std::string rebuilt, rows_.Rebuild());
    copied.size = static_cast<int64_t>(rebuilt.size());
    pages_.uncompressed += page.uncompressed_whole();
    pages_.copied.push_back(copied);
    DELTAIC_RETURN_IF_ERROR(Flush());
    return out_.Write(rebuilt);
  }

  ChunkCopier& copier_;
  Pages& pages_;
  Bounds* const bounds_;
  CopyTarget& out_;
  PageRows rows_;
  int64_t end_ = 0;  ///< of the chunk, in the file
  int64_t num_values_ = 0;
  int64_t old_entries_ = 0;   ///< of pages passed
  int64_t row_ = 0;           ///< that the next page's first begun row is
  std::string_view pending_;  ///< whole pages, not written yet
  int64_t num_dropped_nulls_ = 0;
};

Result<bool> ChunkCopier::CopyPages(int64_t begin, int64_t size, Pages& pages, CopiedChunk& copied,
                                    CopyTarget& out) {
  DELTAIC_RETURN_IF_ERROR(window_.Check(begin, size));
  ThriftValue& details = *copied.chunk.Find(ColumnChunk::kMetaData);
  const int64_t new_begin = out.position();
  ThriftValue* statistics = details.Find(ColumnMetaData::kStatistics);
  Bounds bounds(pages.form.type);
  bounds.SetFrom(statistics);
  const bool has_numbers = pages.form.value_bytes == 4 || pages.form.value_bytes == 8;
  const bool looks =
      has_numbers && pages.form.type != parquet::Type::FIXED_LEN_BYTE_ARRAY && bounds.is_known();

  PageCopy copy(*this, pages, looks ? &bounds : nullptr, out);
  DELTAIC_ASSIGN_OR_RETURN(
      const bool can,
      copy.Run(begin, size, details.Number(ColumnMetaData::kNumValues).value_or(-1)));
  if (!can) return false;
  copied.num_dropped_nulls = copy.num_dropped_nulls();
  if (looks && !bounds.hold()) {
    DELTAIC_RETURN_IF_ERROR(FindBounds(pages, copied.column_index, bounds, *statistics));
  }
  copied.bounds_hold = looks ? bounds.hold() : !has_numbers;
  if (statistics != nullptr) {
    FinishStatistics(*statistics, copied.num_dropped_nulls, looks, has_numbers);
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
