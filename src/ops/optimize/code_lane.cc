#include "ops/optimize/code_lane.h"

#include <arrow/array.h>
#include <arrow/array/builder_binary.h>
#include <arrow/type.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "data/write/data_file_writer.h"
#include "ops/optimize/lane_values.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

class CodeLane : public RowLane {
 public:
  explicit CodeLane(std::shared_ptr<TextCodes> texts) : texts_(std::move(texts)) {}

  Status Append(const arrow::Array& values, std::span<const int32_t> rows) override {
    const auto& encoded = static_cast<const arrow::DictionaryArray&>(values);
    const std::span<const int16_t> codes = texts_->CodesOf(encoded.dictionary());
    const auto* entries = encoded.indices()->data()->GetValues<int32_t>(1);
    DELTAIC_ASSIGN_OR_RETURN(auto* to, codes_.Grow(rows.size()));
    const bool has_nulls = encoded.null_count() > 0;
    for (size_t i = 0; i < rows.size(); ++i) {
      const bool is_null = has_nulls && encoded.IsNull(rows[i]);
      to[i] = is_null ? TextCodes::kNull : codes[static_cast<size_t>(entries[rows[i]])];
    }
    if (!texts_->has_loose()) return Status();
    const auto& texts = static_cast<const arrow::StringArray&>(*encoded.dictionary());
    for (size_t i = 0; i < rows.size(); ++i) {
      if (to[i] != TextCodes::kLoose) continue;
      DELTAIC_RETURN_IF_ERROR(AddLoose(texts.GetView(entries[rows[i]])));
    }
    return Status();
  }

  Status Save(arrow::BufferBuilder& out) const override {
    DELTAIC_RETURN_IF_ERROR(PackNumbers(codes_.all(), out));
    const auto num_loose = static_cast<int64_t>(lengths_.all().size());
    const int64_t size = bytes_.size_bytes();
    DELTAIC_RETURN_IF_ERROR(out.Append(&num_loose, sizeof(num_loose)));
    DELTAIC_RETURN_IF_ERROR(out.Append(&size, sizeof(size)));
    if (num_loose == 0) return Status();
    DELTAIC_RETURN_IF_ERROR(PackNumbers(lengths_.all(), out));
    return size == 0 ? Status() : AsStatus(out.Append(bytes_.all().data(), size));
  }

  Status Load(PieceReader& in, int64_t num_rows) override {
    DELTAIC_ASSIGN_OR_RETURN(auto* codes, codes_.Grow(static_cast<size_t>(num_rows)));
    UnpackNumbers(in, num_rows, codes);
    const auto num_loose = in.Take<int64_t>();
    const auto size = in.Take<int64_t>();
    if (num_loose == 0) return Status();
    DELTAIC_ASSIGN_OR_RETURN(auto* lengths, lengths_.Grow(static_cast<size_t>(num_loose)));
    UnpackNumbers(in, num_loose, lengths);
    DELTAIC_ASSIGN_OR_RETURN(auto* to, bytes_.Grow(static_cast<size_t>(size)));
    if (size > 0) std::memcpy(to, in.Take(size), static_cast<size_t>(size));
    return Status();
  }

  Status Seal() override {
    loose_.clear();
    if (lengths_.all().empty()) return Status();
    const std::span<const int16_t> codes = codes_.all();
    loose_.resize(codes.size());
    size_t next = 0;
    const auto* at = reinterpret_cast<const char*>(bytes_.all().data());
    for (size_t row = 0; row < codes.size(); ++row) {
      if (codes[row] != TextCodes::kLoose) continue;
      const auto length = static_cast<size_t>(lengths_.all()[next++]);
      loose_[row] = {at, length};
      at += length;
    }
    return Status();
  }

  Result<std::shared_ptr<arrow::Array>> Take(std::span<const uint32_t> rows) const override {
    return texts_->has_loose() ? TakeTexts(rows) : TakeCodes(rows);
  }

  void Clear(bool keep_memory) override {
    codes_.Clear(keep_memory);
    lengths_.Clear(keep_memory);
    bytes_.Clear(keep_memory);
    loose_.clear();
    if (!keep_memory) loose_.shrink_to_fit();
  }

  int64_t size_bytes() const override {
    return codes_.size_bytes() + lengths_.size_bytes() + bytes_.size_bytes();
  }

 private:
  Status AddLoose(std::string_view text) {
    DELTAIC_ASSIGN_OR_RETURN(auto* length, lengths_.Grow(1));
    *length = static_cast<int32_t>(text.size());
    DELTAIC_ASSIGN_OR_RETURN(auto* to, bytes_.Grow(text.size()));
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    return Status();
  }

  /// Which of the rows are there. \return nullptr: all.
  Result<std::shared_ptr<arrow::Buffer>> TakePresence(std::span<const uint32_t> rows) const {
    const int16_t* codes = codes_.all().data();
    if (std::ranges::none_of(rows, [&](uint32_t row) { return codes[row] == TextCodes::kNull; })) {
      return std::shared_ptr<arrow::Buffer>();
    }
    return NewBits(static_cast<int64_t>(rows.size()), [&](int64_t i) {
      return codes[rows[static_cast<size_t>(i)]] != TextCodes::kNull;
    });
  }

  Result<std::shared_ptr<arrow::Array>> TakeCodes(std::span<const uint32_t> rows) const {
    const auto count = static_cast<int64_t>(rows.size());
    DELTAIC_ASSIGN_OR_RETURN(auto present, TakePresence(rows));
    DELTAIC_ASSIGN_OR_RETURN(auto entries, NewBuffer(count * int64_t{sizeof(int32_t)}));
    auto* to = reinterpret_cast<int32_t*>(entries->mutable_data());
    const int16_t* codes = codes_.all().data();
    for (const uint32_t row : rows) *to++ = std::max<int32_t>(codes[row], 0);
    auto data = arrow::ArrayData::Make(arrow::dictionary(arrow::int32(), arrow::utf8()), count,
                                       {std::move(present), std::move(entries)});
    data->dictionary = texts_->texts()->data();
    return arrow::MakeArray(data);
  }

  std::string_view TextOf(uint32_t row) const {
    const int16_t code = codes_.all()[row];
    if (code == TextCodes::kNull) return {};
    return code == TextCodes::kLoose ? loose_[row] : texts_->TextAt(code);
  }

  Result<std::shared_ptr<arrow::Array>> TakeTexts(std::span<const uint32_t> rows) const {
    const auto count = static_cast<int64_t>(rows.size());
    DELTAIC_ASSIGN_OR_RETURN(auto present, TakePresence(rows));
    DELTAIC_ASSIGN_OR_RETURN(auto offsets, NewBuffer((count + 1) * int64_t{sizeof(int32_t)}));
    auto* ends = reinterpret_cast<int32_t*>(offsets->mutable_data());
    *ends = 0;
    int64_t total = 0;
    for (const uint32_t row : rows) {
      total += static_cast<int64_t>(TextOf(row).size());
      *++ends = static_cast<int32_t>(total);
    }
    if (total > std::numeric_limits<int32_t>::max()) return std::shared_ptr<arrow::Array>();
    DELTAIC_ASSIGN_OR_RETURN(auto bytes, NewBuffer(total));
    uint8_t* to = bytes->mutable_data();
    for (const uint32_t row : rows) {
      const std::string_view text = TextOf(row);
      if (!text.empty()) std::memcpy(to, text.data(), text.size());
      to += text.size();
    }
    return arrow::MakeArray(arrow::ArrayData::Make(
        arrow::utf8(), count, {std::move(present), std::move(offsets), std::move(bytes)}));
  }

  const std::shared_ptr<TextCodes> texts_;
  Values<int16_t> codes_;
  Values<int32_t> lengths_;              ///< of loose texts
  Values<uint8_t> bytes_;                ///< of loose texts
  std::vector<std::string_view> loose_;  ///< of each row that has one, once sealed; empty: none has
};

}  // namespace

TextCodes::TextCodes() = default;
TextCodes::~TextCodes() = default;

bool TextCodes::Takes(const arrow::DataType& type) { return IsDictionaryOf(type, *arrow::utf8()); }

int16_t TextCodes::CodeOf(std::string_view text) {
  const auto found = code_of_.find(text);
  if (found != code_of_.end()) return found->second;
  if (by_code_.size() == kMostTexts || text.size() > kMostTextBytes ||
      num_bytes_ + text.size() + sizeof(int32_t) > kMostBytes) {
    has_loose_ = true;
    return kLoose;
  }
  num_bytes_ += text.size() + sizeof(int32_t);
  const auto code = static_cast<int16_t>(by_code_.size());
  by_code_.emplace_back(code_of_.try_emplace(std::string(text), code).first->first);
  return code;
}

std::span<const int16_t> TextCodes::CodesOf(const std::shared_ptr<arrow::Array>& dictionary) {
  if (mapped_ == dictionary) return codes_;
  mapped_ = dictionary;
  const auto& texts = static_cast<const arrow::StringArray&>(*dictionary);
  codes_.resize(static_cast<size_t>(texts.length()));
  for (int64_t i = 0; i < texts.length(); ++i) {
    codes_[static_cast<size_t>(i)] = texts.IsNull(i) ? kNull : CodeOf(texts.GetView(i));
  }
  return codes_;
}

std::string_view TextCodes::TextAt(int16_t code) const {
  return by_code_[static_cast<size_t>(code)];
}

Status TextCodes::MakeTexts() {
  mapped_.reset();
  if (texts_ != nullptr && texts_->length() == static_cast<int64_t>(by_code_.size())) {
    return Status();
  }
  arrow::StringBuilder texts;
  for (const std::string_view text : by_code_) DELTAIC_RETURN_IF_ERROR(texts.Append(text));
  DELTAIC_ASSIGN_OR_RETURN(texts_, texts.Finish());
  return Status();
}

std::vector<std::shared_ptr<TextCodes>> ColumnCodes(const arrow::Schema& schema) {
  std::vector<std::shared_ptr<TextCodes>> codes;
  for (const auto& field : schema.fields()) {
    codes.push_back(TextCodes::Takes(*field->type()) ? std::make_shared<TextCodes>() : nullptr);
  }
  return codes;
}

std::unique_ptr<RowLane> MakeCodeLane(std::shared_ptr<TextCodes> codes) {
  return std::make_unique<CodeLane>(std::move(codes));
}

}  // namespace deltaic
