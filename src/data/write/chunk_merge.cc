#include "data/write/chunk_merge.h"

#include <arrow/buffer.h>
#include <arrow/util/compression.h>
#include <parquet/types.h>

#include <algorithm>
#include <bit>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/write/bound_order.h"
#include "data/write/dictionary_union.h"
#include "data/write/merged_index.h"
#include "data/write/page_joiner.h"
#include "data/write/page_rows.h"
#include "data/write/parquet_fields.h"
#include "data/write/stored_chunk.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

using namespace parquet_fields;
using Bytes = std::span<const uint8_t>;

/// A page with this share of what it may have is large enough to be kept.
constexpr int64_t kLargeEnoughShare = 8;
/// Values in the place of numbers may take this much of what a page may have; more must be cut.
constexpr int64_t kMostOfLimit = 16;

std::string_view TextOf(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Codecs by the format's numbers, which Parquet's library maps to its own.
/// \return false: an unknown one.
bool MakeCodec(int64_t number, std::unique_ptr<arrow::util::Codec>& codec) {
  using parquet::Compression;
  constexpr Compression::type kCodecs[] = {
      Compression::UNCOMPRESSED, Compression::SNAPPY,     Compression::GZIP, Compression::LZO,
      Compression::BROTLI,       Compression::LZ4_HADOOP, Compression::ZSTD, Compression::LZ4};
  if (number < 0 || number >= static_cast<int64_t>(std::size(kCodecs))) return false;
  const Compression::type type = kCodecs[number];
  if (type == Compression::LZO) return false;
  if (type != Compression::UNCOMPRESSED) codec = parquet::GetCodec(type);
  return true;
}

/// One MergeChunks() call.
class ChunkMerge {
 public:
  ChunkMerge(const parquet::ColumnDescriptor& column, const PageLimits& limits, CopyTarget& out)
      : column_(column),
        limits_(limits),
        out_(out),
        order_(column),
        index_(order_),
        union_(static_cast<size_t>(limits.max_dictionary_bytes)) {}

  Result<bool> Run(std::span<const MergedPart> parts, CopiedChunk& merged) {
    for (const MergedPart& part : parts) {
      DELTAIC_ASSIGN_OR_RETURN(const bool can, OpenPart(part));
      if (!can) return false;
    }
    form_ = PageFormOf(column_, codec_.get());
    joiner_.emplace(form_);
    page_.emplace(form_);
    const int64_t begin = out_.position();
    DELTAIC_RETURN_IF_ERROR(UniteDictionaries());
    if (has_dictionary_) DELTAIC_RETURN_IF_ERROR(WriteDictionary());
    writes_numbers_ = has_dictionary_;
    data_begin_ = out_.position();
    for (Part& part : parts_) {
      DELTAIC_ASSIGN_OR_RETURN(const bool can, MergePart(part));
      if (!can) return false;
    }
    DELTAIC_RETURN_IF_ERROR(EndPage());
    Describe(begin, merged);
    index_.Finish(merged);
    return true;
  }

 private:
  struct Part {
    CopiedChunk old;
    std::shared_ptr<arrow::Buffer> bytes;
    int64_t num_rows = 0;
    int64_t num_entries = 0;
    std::vector<uint32_t> map;  ///< of its dictionary's entries, to those of the union
    bool keeps_numbers = false;
    Bytes pages() const { return {bytes->data(), static_cast<size_t>(bytes->size())}; }
    const ThriftValue& details() const { return *old.chunk.Find(ColumnChunk::kMetaData); }
  };
  /// A part's dictionary, which stays where it is: `values` are views of `bytes`.
  struct Dictionary {
    std::string bytes;
    PlainValues values;
  };

  Result<bool> OpenPart(const MergedPart& from) {
    if (!IsPlainChunk(*from.chunk)) return false;
    Part& part = parts_.emplace_back();
    part.old.chunk = std::move(*from.chunk);
    part.num_rows = from.num_rows;
    part.num_entries = part.details().Number(ColumnMetaData::kNumValues).value_or(-1);
    const bool is_flat = column_.max_repetition_level() == 0;
    if (part.num_entries < 0 || (is_flat && part.num_entries != part.num_rows)) {
      return Status::Corruption("a column chunk has other rows than its row group");
    }
    const auto codec = part.details().Number(ColumnMetaData::kCodec);
    if (!codec || (parts_.size() > 1 && codec != codec_number_)) return false;
    if (parts_.size() == 1) {
      codec_number_ = *codec;
      if (!MakeCodec(*codec, codec_)) return false;
    }
    const auto read = [&](int64_t offset, int64_t bytes) -> Result<Bytes> {
      DELTAIC_ASSIGN_OR_RETURN(part.bytes,
                               ReadFileRange(*from.file, from.file_size, offset, bytes));
      return part.pages();
    };
    DELTAIC_RETURN_IF_ERROR(TakeIndexes(read, part.old));
    const auto [begin, size] = RangeOf(part.details());
    DELTAIC_ASSIGN_OR_RETURN(part.bytes, ReadFileRange(*from.file, from.file_size, begin, size));
    return true;
  }

  /// The dictionary that the pages of a chunk begin with; nullptr: none. \param size  gets what it
  /// takes of them.
  Result<std::unique_ptr<Dictionary>> OpenDictionary(const Part& part, size_t* size) const {
    *size = 0;
    if (part.pages().empty()) return std::unique_ptr<Dictionary>();
    DELTAIC_ASSIGN_OR_RETURN(const StoredPage page, ParseStoredPage(part.pages()));
    if (page.type != kDictionaryPage) return std::unique_ptr<Dictionary>();
    *size = page.whole.size();
    const ThriftValue* details = page.header.Find(PageHeader::kDictionaryHeader);
    const int64_t count =
        details == nullptr ? -1 : details->Number(DataPage::kNumValues).value_or(-1);
    if (count < 0 || (form_.value_bytes == 0 && form_.type != parquet::Type::BYTE_ARRAY)) {
      return Status::Corruption("a dictionary has no valid header");
    }
    auto dictionary = std::make_unique<Dictionary>();
    DELTAIC_ASSIGN_OR_RETURN(dictionary->bytes, DecompressDictionary(page, codec_.get()));
    DELTAIC_ASSIGN_OR_RETURN(dictionary->values, OpenValues(dictionary->bytes, count));
    return dictionary;
  }
  Result<PlainValues> OpenValues(const std::string& bytes, int64_t count) const {
    return PlainValues::Open({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()},
                             form_.value_bytes, static_cast<size_t>(count));
  }

  Status UniteDictionaries() {
    for (Part& part : parts_) {
      size_t size = 0;
      DELTAIC_ASSIGN_OR_RETURN(const auto dictionary, OpenDictionary(part, &size));
      if (!dictionary) continue;
      has_dictionary_ = union_.Add(dictionary->values, part.map);
      if (!has_dictionary_) return Status();
      part.keeps_numbers = true;
      for (size_t i = 0; i < part.map.size() && part.keeps_numbers; ++i) {
        part.keeps_numbers = part.map[i] == i;
      }
    }
    bit_width_ = std::max(1, static_cast<int>(std::bit_width(union_.size() - (union_.size() > 0))));
    return Status();
  }

  Status WriteDictionary() {
    const std::string& raw = union_.bytes();
    std::string compressed;
    if (codec_ != nullptr) {
      const auto* data = reinterpret_cast<const uint8_t*>(raw.data());
      const auto size = static_cast<int64_t>(raw.size());
      compressed.resize(static_cast<size_t>(codec_->MaxCompressedLen(size, data)));
      DELTAIC_ASSIGN_OR_RETURN(const int64_t got,
                               codec_->Compress(size, data, static_cast<int64_t>(compressed.size()),
                                                reinterpret_cast<uint8_t*>(compressed.data())));
      compressed.resize(static_cast<size_t>(got));
    }
    const std::string& stored = codec_ == nullptr ? raw : compressed;
    ThriftValue details;
    details.Set(DataPage::kNumValues, ThriftValue::I32(static_cast<int32_t>(union_.size())));
    details.Set(DataPage::kEncoding, ThriftValue::I32(kPlainEncoding));
    ThriftValue header;
    header.Set(PageHeader::kType, ThriftValue::I32(kDictionaryPage));
    header.Set(PageHeader::kUncompressedSize, ThriftValue::I32(static_cast<int32_t>(raw.size())));
    header.Set(PageHeader::kCompressedSize, ThriftValue::I32(static_cast<int32_t>(stored.size())));
    header.Set(PageHeader::kDictionaryHeader, std::move(details));
    std::string bytes;
    AppendThriftStruct(header, bytes);
    uncompressed_ += static_cast<int64_t>(bytes.size() + raw.size());
    ++num_pages_[{kDictionaryPage, kPlainEncoding}];
    bytes += stored;
    return out_.Write(bytes);
  }

  Result<bool> MergePart(Part& part) {
    size_t at = 0;
    DELTAIC_ASSIGN_OR_RETURN(const auto dictionary, OpenDictionary(part, &at));
    index_.BeginPart(part.old.column_index);
    const int64_t first_row = row_;
    for (int64_t entries = 0; entries < part.num_entries;) {
      if (at >= part.pages().size()) {
        return Status::Corruption("a column chunk has too few values");
      }
      DELTAIC_ASSIGN_OR_RETURN(const StoredPage stored, ParseStoredPage(part.pages().subspan(at)));
      at += stored.whole.size();
      if (!stored.is_data()) return false;
      if (stored.num_entries < 0 || stored.num_entries > part.num_entries - entries) {
        return Status::Corruption("pages have other rows than the footer says");
      }
      entries += stored.num_entries;
      DELTAIC_ASSIGN_OR_RETURN(const bool can, MergePage(stored, part, dictionary.get()));
      if (!can) return false;
    }
    index_.EndPart();
    if (row_ - first_row != part.num_rows) {
      return Status::Corruption("pages have other rows than their row group");
    }
    num_entries_ += part.num_entries;
    part.bytes.reset();
    return true;
  }

  static int64_t EncodingOf(const StoredPage& stored) {
    const bool is_v2 = stored.type == kDataPageV2;
    const ThriftValue* details =
        stored.header.Find(is_v2 ? PageHeader::kDataHeaderV2 : PageHeader::kDataHeader);
    return details->Number(is_v2 ? DataPageV2::kEncoding : DataPage::kEncoding).value_or(-1);
  }
  static bool IsDictionary(int64_t encoding) {
    return encoding == kPlainDictionaryEncoding || encoding == kRleDictionaryEncoding;
  }
  bool IsLarge(const StoredPage& stored) const {
    return stored.num_entries >= limits_.max_rows / kLargeEnoughShare ||
           stored.uncompressed_size >= limits_.max_bytes / kLargeEnoughShare;
  }

  Result<bool> MergePage(const StoredPage& stored, const Part& part, const Dictionary* dictionary) {
    const int64_t encoding = EncodingOf(stored);
    const bool has_numbers = IsDictionary(encoding);
    if (has_numbers && dictionary == nullptr) {
      return Status::Corruption("a data page names values of a dictionary that is not there");
    }
    const bool can_join = has_numbers || encoding == kPlainEncoding;
    const bool keeps = has_numbers ? writes_numbers_ && part.keeps_numbers : true;
    const bool copies = keeps && (!can_join || IsLarge(stored));
    const bool is_flat = form_.max_repetition == 0;
    if (copies && is_flat) return CopyPage(stored, encoding, stored.num_entries, false);
    DELTAIC_ASSIGN_OR_RETURN(const bool can_look, page_->Open(stored.header, stored.payload));
    if (copies && page_->num_rows_begun() >= 0) {
      return CopyPage(stored, encoding, page_->num_rows_begun(), page_->begins_inside_row());
    }
    if (!can_look) return false;
    return JoinPage(part, has_numbers ? dictionary : nullptr);
  }

  Result<bool> CopyPage(const StoredPage& stored, int64_t encoding, int64_t num_rows,
                        bool begins_inside_row) {
    DELTAIC_RETURN_IF_ERROR(EndPage());
    writes_numbers_ = writes_numbers_ && IsDictionary(encoding);
    index_.TakePage();
    index_.EndPage(out_.position(), static_cast<int64_t>(stored.whole.size()), row_,
                   begins_inside_row);
    uncompressed_ += stored.total_uncompressed();
    ++num_pages_[{stored.type, encoding}];
    row_ += num_rows;
    DELTAIC_RETURN_IF_ERROR(out_.Write(TextOf(stored.whole)));
    return true;
  }

  /// \param dictionary  nullptr: the page's values are no numbers.
  Result<bool> JoinPage(const Part& part, const Dictionary* dictionary) {
    using Values = PageJoiner::Values;
    const Values values = dictionary != nullptr && writes_numbers_ ? Values::kNumbers
                          : form_.type == parquet::Type::BOOLEAN   ? Values::kBooleans
                                                                   : Values::kPlain;
    writes_numbers_ = values == Values::kNumbers;
    const int64_t rows = joiner_->num_rows() + page_->num_rows_begun();
    const auto bytes = joiner_->num_bytes() + ValueBytes(values, dictionary);
    if (!joiner_->Suits(*page_, values) ||
        (!joiner_->empty() && (rows > limits_.max_rows || bytes > limits_.max_bytes))) {
      DELTAIC_RETURN_IF_ERROR(EndPage());
    }
    if (values == Values::kNumbers) {
      DELTAIC_RETURN_IF_ERROR(joiner_->AddNumbers(*page_, part.map, bit_width_));
    } else if (dictionary != nullptr) {
      DELTAIC_ASSIGN_OR_RETURN(
          const bool fits,
          joiner_->AddValuesOf(*page_, dictionary->values,
                               static_cast<size_t>(kMostOfLimit * limits_.max_bytes)));
      if (!fits) return false;
    } else {
      joiner_->AddPlain(*page_);
    }
    index_.TakePage();
    row_ += page_->num_rows_begun();
    return true;
  }

  /// About what the values of the open page will take.
  int64_t ValueBytes(PageJoiner::Values values, const Dictionary* dictionary) const {
    const auto count = static_cast<int64_t>(page_->num_values());
    if (values == PageJoiner::Values::kNumbers) return count * bit_width_ / 8;
    if (values == PageJoiner::Values::kBooleans) return count / 8;
    if (form_.value_bytes > 0) return count * form_.value_bytes;
    if (dictionary == nullptr) return static_cast<int64_t>(page_->all_plain_values().size());
    const auto size = static_cast<int64_t>(dictionary->values.size());
    return size == 0 ? 0 : count * static_cast<int64_t>(dictionary->bytes.size()) / size;
  }

  /// Writes the page of those that were joined, if any were.
  Status EndPage() {
    if (joiner_->empty()) return Status();
    const int64_t first_row = row_ - joiner_->num_rows();
    const bool begins_inside_row = joiner_->begins_inside_row();
    DELTAIC_ASSIGN_OR_RETURN(const PageJoiner::Page page, joiner_->Finish());
    index_.EndPage(out_.position(), static_cast<int64_t>(page.bytes.size()), first_row,
                   begins_inside_row);
    uncompressed_ += page.uncompressed_size;
    ++num_pages_[{page.type, page.encoding}];
    return out_.Write(page.bytes);
  }

  /// What the footer says of the chunk.
  void Describe(int64_t begin, CopiedChunk& merged) {
    std::vector<const ThriftValue*> all;
    for (const Part& part : parts_) all.push_back(&part.details());
    ThriftValue statistics = MergeStatistics(all, order_);
    merged.chunk = std::move(parts_.front().old.chunk);
    merged.chunk.Set(ColumnChunk::kFileOffset, ThriftValue::I64(0));
    ThriftValue& details = *merged.chunk.Find(ColumnChunk::kMetaData);
    for (const int16_t field : {ColumnMetaData::kDictionaryPageOffset, ColumnMetaData::kStatistics,
                                ColumnMetaData::kSizeStatistics, ColumnMetaData::kGeoStatistics}) {
      details.Erase(field);
    }
    if (!statistics.fields.empty()) details.Set(ColumnMetaData::kStatistics, std::move(statistics));
    details.Set(ColumnMetaData::kNumValues, ThriftValue::I64(num_entries_));
    details.Set(ColumnMetaData::kUncompressedSize, ThriftValue::I64(uncompressed_));
    details.Set(ColumnMetaData::kCompressedSize, ThriftValue::I64(out_.position() - begin));
    details.Set(ColumnMetaData::kDataPageOffset, ThriftValue::I64(data_begin_));
    if (has_dictionary_) {
      details.Set(ColumnMetaData::kDictionaryPageOffset, ThriftValue::I64(begin));
    }
    DescribeEncodings(details);
  }

  void DescribeEncodings(ThriftValue& details) const {
    ThriftValue encodings = ThriftValue::List(ThriftValue::Type::kI32);
    ThriftValue stats = ThriftValue::List(ThriftValue::Type::kStruct);
    std::vector<int64_t> all = {kRleEncoding};  // of levels
    for (const auto& [kind, count] : num_pages_) {
      const auto& [type, encoding] = kind;
      all.push_back(encoding);
      ThriftValue entry;
      entry.Set(PageEncodingStats::kPageType, ThriftValue::I32(static_cast<int32_t>(type)));
      entry.Set(PageEncodingStats::kEncoding, ThriftValue::I32(static_cast<int32_t>(encoding)));
      entry.Set(PageEncodingStats::kCount, ThriftValue::I32(count));
      stats.elements.push_back(std::move(entry));
    }
    std::ranges::sort(all);
    all.erase(std::ranges::unique(all).begin(), all.end());
    for (const int64_t encoding : all) {
      encodings.elements.push_back(ThriftValue::I32(static_cast<int32_t>(encoding)));
    }
    details.Set(ColumnMetaData::kEncodings, std::move(encodings));
    details.Set(ColumnMetaData::kEncodingStats, std::move(stats));
  }

  const parquet::ColumnDescriptor& column_;
  const PageLimits& limits_;
  CopyTarget& out_;
  const BoundOrder order_;
  MergedIndex index_;
  DictionaryUnion union_;
  bool has_dictionary_ = false;  ///< that of the union is written, and numbers are its
  /// Until the first page of values. Spark's vectorized reader takes numbers that follow values in
  /// one batch for all of the batch; no writer makes such chunks.
  bool writes_numbers_ = false;
  int bit_width_ = 1;
  int64_t codec_number_ = 0;
  std::unique_ptr<arrow::util::Codec> codec_;
  PageForm form_;
  std::optional<PageJoiner> joiner_;
  std::optional<PageRows> page_;
  std::vector<Part> parts_;
  int64_t row_ = 0;  ///< that the next page's first begun row is
  int64_t num_entries_ = 0;
  int64_t uncompressed_ = 0;
  int64_t data_begin_ = 0;
  std::map<std::pair<int64_t, int64_t>, int32_t> num_pages_;  ///< by type and encoding
};

}  // namespace

Result<bool> MergeChunks(const parquet::ColumnDescriptor& column, std::span<const MergedPart> parts,
                         const PageLimits& limits, CopiedChunk& merged, CopyTarget& out) {
  return ChunkMerge(column, limits, out).Run(parts, merged);
}

}  // namespace deltaic
