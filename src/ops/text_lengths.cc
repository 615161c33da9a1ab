#include "ops/text_lengths.h"

#include <arrow/api.h>

#include <charconv>
#include <optional>
#include <string_view>

#include "base/ascii.h"
#include "expr/utf8_text.h"
#include "storage/arrow_status.h"

namespace deltaic {

struct TextLengths::Declared {
  std::string name;                   ///< "varchar(5)", of a text
  bool is_filled = false;             ///< CHAR
  int64_t length = 0;                 ///< characters
  std::vector<DeclaredPtr> children;  ///< of a struct by its fields, array, map: by position
};

namespace {

constexpr std::string_view kDeclaredTypeKey = "__CHAR_VARCHAR_TYPE_STRING";
constexpr int kMaxNesting = 100;

using Declared = TextLengths::Declared;
using DeclaredPtr = TextLengths::DeclaredPtr;
using ArrayPtr = std::shared_ptr<arrow::Array>;

/// Reads Spark's text of a type: "struct<a:varchar(5),b:array<char(2)>>".
class TypeReader {
 public:
  explicit TypeReader(std::string_view text) : text_(text) {}

  std::optional<DeclaredPtr> Read() {
    std::optional<DeclaredPtr> type = ReadType(0);
    return pos_ == text_.size() ? type : std::nullopt;
  }

 private:
  bool Take(char c) {
    if (pos_ >= text_.size() || text_[pos_] != c) return false;
    ++pos_;
    return true;
  }

  std::string_view Word() {
    const size_t begin = pos_;
    while (pos_ < text_.size() && std::string_view("<>,:()").find(text_[pos_]) == text_.npos) {
      ++pos_;
    }
    return TrimSpace(text_.substr(begin, pos_ - begin));
  }

  bool FieldName() {
    if (!Take('`')) return !Word().empty();
    const size_t end = text_.find('`', pos_);
    if (end == text_.npos) return false;
    pos_ = end + 1;
    return true;
  }

  /// "(5)" or "(10,2)", whose first number counts.
  std::optional<int64_t> Length() {
    const size_t end = text_.find(')', pos_);
    if (end == text_.npos) return std::nullopt;
    int64_t length = 0;
    const auto [stop, error] = std::from_chars(text_.data() + pos_, text_.data() + end, length);
    pos_ = end + 1;
    if (error != std::errc() || stop == text_.data()) return std::nullopt;
    return length;
  }

  std::optional<DeclaredPtr> ReadType(int depth) {
    if (depth > kMaxNesting) return std::nullopt;
    const std::string name = AsciiLower(Word());
    if (name.empty()) return std::nullopt;
    if (Take('(')) return ReadLength(name);
    if (!Take('<')) return DeclaredPtr();
    auto nested = std::make_shared<Declared>();
    bool has_length = false;
    do {
      if (name == "struct" && !(FieldName() && Take(':'))) return std::nullopt;
      std::optional<DeclaredPtr> child = ReadType(depth + 1);
      if (!child) return std::nullopt;
      has_length |= *child != nullptr;
      nested->children.push_back(*std::move(child));
    } while (Take(','));
    if (!Take('>')) return std::nullopt;
    return has_length ? DeclaredPtr(std::move(nested)) : DeclaredPtr();
  }

  std::optional<DeclaredPtr> ReadLength(const std::string& name) {
    const std::optional<int64_t> length = Length();
    if (!length) return std::nullopt;
    const bool is_char = name == "char" || name == "character";
    if (!is_char && name != "varchar") return DeclaredPtr();
    return std::make_shared<Declared>(
        Declared{.name = Concat(name, '(', *length, ')'), .is_filled = is_char, .length = *length});
  }

  const std::string_view text_;
  size_t pos_ = 0;
};

/// `text` with the declared length. \retval kConstraintViolated  it is too long.
Result<std::string> Fit(std::string_view text, const Declared& type, const std::string& column) {
  const int64_t length = CountCharacters(text);
  std::string fitted(text);
  if (length < type.length && type.is_filled) {
    fitted.append(static_cast<size_t>(type.length - length), ' ');
  }
  for (int64_t surplus = length - type.length; surplus > 0; --surplus) {
    if (!fitted.ends_with(' ')) {
      return Status::ConstraintViolated("column ", column, ": a text of ", length,
                                        " characters does not fit ", type.name, ": '",
                                        CharacterRange(text, 0, 50), "'");
    }
    fitted.pop_back();
  }
  return fitted;
}

bool NeedsFit(std::string_view text, const Declared& type) {
  // No text has more characters than bytes.
  if (!type.is_filled && static_cast<int64_t>(text.size()) <= type.length) return false;
  const int64_t length = CountCharacters(text);
  return type.is_filled ? length != type.length : length > type.length;
}

Result<ArrayPtr> FitTexts(const ArrayPtr& array, const Declared& type, const std::string& column) {
  const auto& texts = static_cast<const arrow::StringArray&>(*array);
  bool changes = false;
  for (int64_t i = 0; i < texts.length() && !changes; ++i) {
    changes = !texts.IsNull(i) && NeedsFit(texts.GetView(i), type);
  }
  if (!changes) return array;
  arrow::StringBuilder builder;
  for (int64_t i = 0; i < texts.length(); ++i) {
    if (texts.IsNull(i)) {
      DELTAIC_RETURN_IF_ERROR(builder.AppendNull());
      continue;
    }
    DELTAIC_ASSIGN_OR_RETURN(const std::string text, Fit(texts.GetView(i), type, column));
    DELTAIC_RETURN_IF_ERROR(builder.Append(text));
  }
  DELTAIC_ASSIGN_OR_RETURN(auto fitted, builder.Finish());
  return fitted;
}

Result<ArrayPtr> FitArray(const ArrayPtr& array, const Declared& type, const std::string& column) {
  if (type.children.empty()) {
    return array->type_id() == arrow::Type::STRING ? FitTexts(array, type, column) : array;
  }
  std::shared_ptr<arrow::ArrayData> data = array->data()->Copy();
  // A map's children are those of its entries.
  const bool is_map = array->type_id() == arrow::Type::MAP;
  if (is_map) data->child_data[0] = data->child_data[0]->Copy();
  auto& children = is_map ? data->child_data[0]->child_data : data->child_data;
  for (size_t i = 0; i < type.children.size() && i < children.size(); ++i) {
    if (type.children[i] == nullptr) continue;
    DELTAIC_ASSIGN_OR_RETURN(const ArrayPtr child,
                             FitArray(arrow::MakeArray(children[i]), *type.children[i], column));
    children[i] = child->data();
  }
  return arrow::MakeArray(std::move(data));
}

}  // namespace

Result<TextLengths> TextLengths::Make(const Schema& schema) {
  TextLengths lengths;
  for (const StructField& field : schema.fields()) {
    const auto text = field.MetadataText(kDeclaredTypeKey);
    if (!text) continue;
    std::optional<DeclaredPtr> type = TypeReader(*text).Read();
    if (!type) {
      return Status::Corruption("column ", field.name, ": ", kDeclaredTypeKey,
                                " is no type: ", text->substr(0, 200));
    }
    if (*type != nullptr) lengths.columns_.emplace_back(field.name, *std::move(type));
  }
  return lengths;
}

Result<std::shared_ptr<arrow::RecordBatch>> TextLengths::Apply(
    std::shared_ptr<arrow::RecordBatch> rows) const {
  for (const auto& [name, type] : columns_) {
    const int index = rows->schema()->GetFieldIndex(name);
    if (index < 0) continue;
    DELTAIC_ASSIGN_OR_RETURN(const ArrayPtr fitted, FitArray(rows->column(index), *type, name));
    if (fitted == rows->column(index)) continue;
    DELTAIC_ASSIGN_OR_RETURN(rows, rows->SetColumn(index, rows->schema()->field(index), fitted));
  }
  return rows;
}

}  // namespace deltaic
