#include "data/write/page_joiner.h"

#include <algorithm>
#include <bit>
#include <string_view>
#include <utility>

#include "data/parquet/rle_hybrid.h"
#include "data/write/parquet_fields.h"
#include "data/write/stored_chunk.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

using namespace parquet_fields;

/// Of values and levels together.
constexpr size_t kMaxPageBytes = size_t{1} << 30;

ThriftValue I32(int64_t value) { return ThriftValue::I32(static_cast<int32_t>(value)); }

void AppendSized(const std::string& bytes, std::string& out) {
  const auto size = static_cast<uint32_t>(bytes.size());
  out.append(reinterpret_cast<const char*>(&size), sizeof(size));
  out += bytes;
}

/// Takes levels in after `before` others. Empty ones are all `usual`, and stay so.
void AppendLevels(const std::vector<uint32_t>& levels, size_t count, size_t before, uint32_t usual,
                  std::vector<uint32_t>& out) {
  if (levels.empty() && out.empty()) return;
  out.resize(before, usual);
  if (levels.empty()) {
    out.resize(before + count, usual);
  } else {
    out.insert(out.end(), levels.begin(), levels.end());
  }
}

}  // namespace

int64_t PageJoiner::num_bytes() const {
  if (values_kind_ == Values::kPlain) return static_cast<int64_t>(plain_.size());
  return static_cast<int64_t>(numbers_.size()) * std::max(1, bit_width_) / 8;
}

void PageJoiner::AddLevels(const PageRows& page, Values values) {
  if (num_pages_++ == 0) {
    is_v2_ = page.is_v2();
    values_kind_ = values;
    begins_inside_row_ = page.begins_inside_row();
  }
  const auto before = static_cast<size_t>(num_entries_);
  AppendLevels(page.repetition(), page.num_entries(), before, 0, repetition_);
  AppendLevels(page.definition(), page.num_entries(), before,
               static_cast<uint32_t>(form_.max_definition), definition_);
  num_entries_ += static_cast<int64_t>(page.num_entries());
  num_values_ += static_cast<int64_t>(page.num_values());
  num_rows_ += page.num_rows_begun();
}

Status PageJoiner::AddNumbers(const PageRows& page, std::span<const uint32_t> map, int bit_width) {
  const std::span<const uint32_t> entries = page.entries();
  uint32_t most = 0;
  for (const uint32_t entry : entries) most = std::max(most, entry);
  if (!entries.empty() && most >= map.size()) {
    return Status::Corruption("a data page names values that its dictionary does not have");
  }
  AddLevels(page, Values::kNumbers);
  bit_width_ = bit_width;
  const size_t before = numbers_.size();
  numbers_.resize(before + entries.size());
  uint32_t* out = numbers_.data() + before;
  for (const uint32_t entry : entries) *out++ = map[entry];
  return Status();
}

Result<bool> PageJoiner::AddValuesOf(const PageRows& page, const PlainValues& dictionary,
                                     size_t max_bytes) {
  const std::span<const uint32_t> entries = page.entries();
  size_t size = 0;
  for (const uint32_t entry : entries) {
    if (entry >= dictionary.size()) {
      return Status::Corruption("a data page names values that its dictionary does not have");
    }
    size += dictionary.begin(entry + size_t{1}) - dictionary.begin(entry);
  }
  if (size > max_bytes) return false;
  AddLevels(page, Values::kPlain);
  plain_.reserve(plain_.size() + size);
  const auto* bytes = reinterpret_cast<const char*>(dictionary.bytes().data());
  for (size_t i = 0; i < entries.size();) {
    // Values that are new in each row follow each other in the dictionary, too.
    size_t end = i + 1;
    while (end < entries.size() && entries[end] == entries[end - 1] + 1) ++end;
    const size_t begin = dictionary.begin(entries[i]);
    plain_.append(bytes + begin, dictionary.begin(entries[end - 1] + size_t{1}) - begin);
    i = end;
  }
  return true;
}

void PageJoiner::AddPlain(const PageRows& page) {
  if (form_.type == parquet::Type::BOOLEAN) {
    AddLevels(page, Values::kBooleans);
    const auto booleans = page.booleans();
    numbers_.insert(numbers_.end(), booleans.begin(), booleans.end());
    return;
  }
  AddLevels(page, Values::kPlain);
  const auto values = page.all_plain_values();
  plain_.append(reinterpret_cast<const char*>(values.data()), values.size());
}

std::string PageJoiner::EncodedLevels(const std::vector<uint32_t>& levels, int max_level,
                                      int usual) const {
  std::string out;
  if (max_level == 0) return out;
  const int width = std::bit_width(static_cast<unsigned>(max_level));
  if (!levels.empty()) {
    EncodeRleHybrid(levels, width, out);
  } else if (num_entries_ > 0) {
    AppendRun(static_cast<uint32_t>(usual), static_cast<size_t>(num_entries_), width, out);
  }
  return out;
}

void PageJoiner::AppendValues(std::string& body) const {
  switch (values_kind_) {
    case Values::kNumbers:
      body += static_cast<char>(bit_width_);
      EncodeRleHybrid(numbers_, bit_width_, body);
      return;
    case Values::kPlain:
      body += plain_;
      return;
    case Values::kBooleans: {
      const size_t begin = body.size();
      body.resize(begin + (numbers_.size() + 7) / 8);
      for (size_t i = 0; i < numbers_.size(); ++i) {
        body[begin + i / 8] =
            static_cast<char>(body[begin + i / 8] | static_cast<char>(numbers_[i] << i % 8));
      }
    }
  }
}

Result<PageJoiner::Page> PageJoiner::Finish() {
  const std::string repetition = EncodedLevels(repetition_, form_.max_repetition, 0);
  const std::string definition =
      EncodedLevels(definition_, form_.max_definition, form_.max_definition);
  body_.clear();
  if (!is_v2_) {
    if (form_.max_repetition > 0) AppendSized(repetition, body_);
    if (form_.max_definition > 0) AppendSized(definition, body_);
  }
  AppendValues(body_);
  std::string_view stored = body_;
  if (form_.codec != nullptr) {
    const auto* data = reinterpret_cast<const uint8_t*>(body_.data());
    const auto size = static_cast<int64_t>(body_.size());
    const int64_t most = form_.codec->MaxCompressedLen(size, data);
    // It is never cut to size: growing again would clear it.
    if (static_cast<int64_t>(compressed_.size()) < most) {
      compressed_.resize(static_cast<size_t>(most));
    }
    DELTAIC_ASSIGN_OR_RETURN(
        const int64_t compressed,
        form_.codec->Compress(size, data, most, reinterpret_cast<uint8_t*>(compressed_.data())));
    stored = std::string_view(compressed_).substr(0, static_cast<size_t>(compressed));
  }
  const size_t level_bytes = is_v2_ ? repetition.size() + definition.size() : 0;
  if (level_bytes + std::max(body_.size(), stored.size()) > kMaxPageBytes) {
    return Status::Unsupported("a data page of more than 1 GiB");
  }
  Page page{.bytes = {},
            .type = is_v2_ ? kDataPageV2 : kDataPage,
            .encoding = values_kind_ == Values::kNumbers ? kRleDictionaryEncoding : kPlainEncoding};
  ThriftValue details;
  details.Set(DataPage::kNumValues, I32(num_entries_));
  if (is_v2_) {
    details.Set(DataPageV2::kNumNulls, I32(num_entries_ - num_values_));
    details.Set(DataPageV2::kNumRows, I32(num_rows_));
    details.Set(DataPageV2::kEncoding, I32(page.encoding));
    details.Set(DataPageV2::kDefinitionBytes, I32(static_cast<int64_t>(definition.size())));
    details.Set(DataPageV2::kRepetitionBytes, I32(static_cast<int64_t>(repetition.size())));
    details.Set(DataPageV2::kIsCompressed, ThriftValue::Bool(form_.codec != nullptr));
  } else {
    details.Set(DataPage::kEncoding, I32(page.encoding));
    details.Set(DataPage::kDefinitionEncoding, I32(kRleEncoding));
    details.Set(DataPage::kRepetitionEncoding, I32(kRleEncoding));
  }
  ThriftValue header;
  header.Set(PageHeader::kType, I32(page.type));
  header.Set(PageHeader::kUncompressedSize, I32(static_cast<int64_t>(level_bytes + body_.size())));
  header.Set(PageHeader::kCompressedSize, I32(static_cast<int64_t>(level_bytes + stored.size())));
  header.Set(is_v2_ ? PageHeader::kDataHeaderV2 : PageHeader::kDataHeader, std::move(details));
  AppendThriftStruct(header, page.bytes);
  page.uncompressed_size = static_cast<int64_t>(page.bytes.size() + level_bytes + body_.size());
  if (is_v2_) page.bytes.append(repetition).append(definition);
  page.bytes += stored;

  num_pages_ = 0;
  num_entries_ = num_rows_ = num_values_ = 0;
  repetition_.clear();
  definition_.clear();
  numbers_.clear();
  plain_.clear();
  return page;
}

}  // namespace deltaic
