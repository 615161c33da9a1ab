#include "data/parquet/narrow_footer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "data/parquet/arrow_schema_hint.h"
#include "data/parquet/thrift_cursor.h"

namespace deltaic {
namespace {

using Bytes = std::span<const uint8_t>;

/// Fewer are not worth the copy.
constexpr size_t kLeastLeavesToDrop = 16;
constexpr int kMaxDepth = 32;

// Thrift's compact protocol: types, as fields and lists have them.
constexpr uint8_t kI32 = 5;
constexpr uint8_t kBinary = 8;
constexpr uint8_t kList = 9;
constexpr uint8_t kStruct = 12;
constexpr size_t kLongList = 15;

// parquet.thrift
namespace file_metadata {
constexpr int kSchema = 2;
constexpr int kRowGroups = 4;
constexpr int kKeyValues = 5;
constexpr int kColumnOrders = 7;
constexpr int kEncryptionAlgorithm = 8;
constexpr int kFooterSigningKey = 9;
}  // namespace file_metadata
namespace schema_element {
constexpr int kType = 1;
constexpr int kName = 4;
constexpr int kNumChildren = 5;
constexpr int kFieldId = 9;
}  // namespace schema_element
namespace row_group {
constexpr int kColumns = 1;
constexpr int kSortingColumns = 4;  // by number of the leaf, which changes
}  // namespace row_group
namespace key_value {
constexpr int kKey = 1;
constexpr int kValue = 2;
}  // namespace key_value

/// Passes over values.
class Cursor : public ThriftCursor {
 public:
  using ThriftCursor::ThriftCursor;

  void SkipStruct(int depth) {
    while (!failed()) {
      const uint8_t header = Byte();
      if (header == 0) return;
      if (header >> 4 == 0) ZigZag();
      Skip(header & 15, depth + 1);
    }
  }

  void Skip(uint8_t type, int depth) {
    if (depth > kMaxDepth) Fail();
    if (failed()) return;
    switch (type) {
      case 1:  // true and false: the field's header says it
      case 2:
        return;
      case 3:
        Byte();
        return;
      case 4:
      case kI32:
      case 6:
        Varint();
        return;
      case 7:
        Take(8);
        return;
      case kBinary:
        Take(Varint());
        return;
      case kList:
      case 10:
        SkipList(depth);
        return;
      case kStruct:
        SkipStruct(depth);
        return;
      default:  // no map is in a footer
        Fail();
    }
  }

 private:
  void SkipList(int depth) {
    const uint8_t header = Byte();
    const uint8_t element = header & 15;
    const uint64_t count = header >> 4 == kLongList ? Varint() : header >> 4;
    if (count > left()) Fail();
    for (uint64_t i = 0; i < count && !failed(); ++i) {
      if (element == 1 || element == 2) {
        Byte();
      } else {
        Skip(element, depth + 1);
      }
    }
  }
};

struct Field {
  int number = 0;
  uint8_t type = 0;
  Bytes value;  ///< as it is in the file
};

/// The fields of a struct that takes all of `bytes`.
std::optional<std::vector<Field>> FieldsOf(Bytes bytes) {
  Cursor cursor(bytes);
  std::vector<Field> fields;
  int number = 0;
  for (;;) {
    const uint8_t header = cursor.Byte();
    if (header == 0) break;
    const int delta = header >> 4;
    number = delta == 0 ? static_cast<int16_t>(cursor.ZigZag()) : number + delta;
    const size_t begin = cursor.position();
    const uint8_t type = header & 15;
    cursor.Skip(type, 0);
    if (cursor.failed()) return std::nullopt;
    if (!fields.empty() && number <= fields.back().number) return std::nullopt;
    fields.push_back({number, type, cursor.Since(begin)});
  }
  if (cursor.failed() || !cursor.left() == 0) return std::nullopt;
  return fields;
}

const Field* Find(const std::vector<Field>& fields, int number, uint8_t type) {
  const auto found = std::ranges::find(fields, number, &Field::number);
  return found == fields.end() || found->type != type ? nullptr : &*found;
}

std::string_view TextOf(const Field* field) {
  if (field == nullptr) return {};
  Cursor cursor(field->value);
  const Bytes text = cursor.Take(cursor.Varint());
  return {reinterpret_cast<const char*>(text.data()), text.size()};
}

std::optional<int32_t> NumberOf(const Field* field) {
  if (field == nullptr) return std::nullopt;
  return static_cast<int32_t>(Cursor(field->value).ZigZag());
}

/// The elements of a list of structs.
std::optional<std::vector<Bytes>> ElementsOf(const Field& list) {
  if (list.type != kList) return std::nullopt;
  Cursor cursor(list.value);
  const uint8_t header = cursor.Byte();
  const uint64_t count = header >> 4 == kLongList ? cursor.Varint() : header >> 4;
  std::vector<Bytes> elements;
  if (count == 0) return elements;
  // Each takes a byte at least.
  if ((header & 15) != kStruct || count > list.value.size()) return std::nullopt;
  elements.reserve(count);
  for (uint64_t i = 0; i < count && !cursor.failed(); ++i) {
    const size_t begin = cursor.position();
    cursor.SkipStruct(0);
    elements.push_back(cursor.Since(begin));
  }
  if (cursor.failed()) return std::nullopt;
  return elements;
}

void Append(Bytes bytes, std::string& out) {
  out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

/// Writes a struct field by field.
class StructWriter {
 public:
  explicit StructWriter(std::string& out) : out_(out) {}

  void Begin(int number, uint8_t type) {
    const int delta = number - before_;
    if (delta > 0 && delta <= 15) {
      out_ += static_cast<char>(delta << 4 | type);
    } else {
      out_ += static_cast<char>(type);
      AppendThriftVarint(static_cast<uint64_t>(number) << 1, out_);
    }
    before_ = number;
  }
  void Copy(const Field& field) {
    Begin(field.number, field.type);
    Append(field.value, out_);
  }
  void BeginList(int number, size_t count) {
    Begin(number, kList);
    out_ += static_cast<char>(std::min(count, kLongList) << 4 | kStruct);
    if (count >= kLongList) AppendThriftVarint(count, out_);
  }
  void Text(int number, std::string_view text) {
    Begin(number, kBinary);
    AppendThriftVarint(text.size(), out_);
    out_ += text;
  }
  void End() { out_ += '\0'; }

 private:
  std::string& out_;
  int before_ = 0;
};

/// The schema's tree, and what of it stays.
struct Wanted {
  std::vector<Bytes> elements;  ///< without the root
  std::vector<bool> roots;      ///< of all columns at the top
  std::vector<bool> leaves;     ///< of all column chunks
};

/// Goes down one column at the top, and leaves `at` behind it. False where the tree is cut off.
bool CountLeaves(const std::vector<Bytes>& elements, size_t& at, size_t& num_leaves) {
  for (int64_t open = 1; open > 0; --open) {
    if (at >= elements.size()) return false;
    const auto fields = FieldsOf(elements[at++]);
    if (!fields) return false;
    const int32_t children =
        NumberOf(Find(*fields, schema_element::kNumChildren, kI32)).value_or(0);
    const bool is_leaf = Find(*fields, schema_element::kType, kI32) != nullptr;
    if (children < 0 || is_leaf != (children == 0)) return false;
    if (is_leaf) ++num_leaves;
    open += children;
  }
  return true;
}

std::optional<Wanted> ChooseColumns(const std::vector<Bytes>& elements, const WantsColumn& wants) {
  if (elements.size() < 2) return std::nullopt;
  Wanted wanted;
  size_t at = 1;
  size_t first_end = 1;
  size_t first_leaves = 0;
  while (at < elements.size()) {
    const size_t begin = at;
    size_t num_leaves = 0;
    if (!CountLeaves(elements, at, num_leaves)) return std::nullopt;
    const auto fields = FieldsOf(elements[begin]);
    const bool stays = wants(TextOf(Find(*fields, schema_element::kName, kBinary)),
                             NumberOf(Find(*fields, schema_element::kFieldId, kI32)));
    if (begin == 1) {
      first_end = at;
      first_leaves = num_leaves;
    }
    wanted.roots.push_back(stays);
    wanted.leaves.insert(wanted.leaves.end(), num_leaves, stays);
    if (stays) {
      wanted.elements.insert(wanted.elements.end(), elements.data() + begin, elements.data() + at);
    }
  }
  if (wanted.elements.empty()) {
    wanted.roots[0] = true;
    std::fill_n(wanted.leaves.begin(), first_leaves, true);
    wanted.elements.assign(elements.data() + 1, elements.data() + first_end);
  }
  const auto root = FieldsOf(elements[0]);
  const Field* children = root ? Find(*root, schema_element::kNumChildren, kI32) : nullptr;
  if (NumberOf(children) != static_cast<int32_t>(wanted.roots.size())) return std::nullopt;
  return wanted;
}

bool AppendSchema(Bytes root, const Wanted& wanted, StructWriter& out, std::string& bytes) {
  const auto fields = FieldsOf(root);
  if (!fields) return false;
  out.BeginList(file_metadata::kSchema, wanted.elements.size() + 1);
  StructWriter element(bytes);
  for (const Field& field : *fields) {
    if (field.number != schema_element::kNumChildren) {
      element.Copy(field);
      continue;
    }
    element.Begin(field.number, field.type);
    AppendThriftVarint(static_cast<uint64_t>(std::ranges::count(wanted.roots, true)) << 1, bytes);
  }
  element.End();
  for (const Bytes kept : wanted.elements) Append(kept, bytes);
  return true;
}

/// A list that has an element for each leaf.
bool AppendOfLeaves(const Field& list, const Wanted& wanted, StructWriter& out,
                    std::string& bytes) {
  const auto elements = ElementsOf(list);
  if (!elements || elements->size() != wanted.leaves.size()) return false;
  out.BeginList(list.number, static_cast<size_t>(std::ranges::count(wanted.leaves, true)));
  for (size_t i = 0; i < elements->size(); ++i) {
    if (wanted.leaves[i]) Append((*elements)[i], bytes);
  }
  return true;
}

bool AppendRowGroups(const Field& list, const Wanted& wanted, StructWriter& out,
                     std::string& bytes) {
  const auto groups = ElementsOf(list);
  if (!groups) return false;
  out.BeginList(list.number, groups->size());
  for (const Bytes group : *groups) {
    const auto fields = FieldsOf(group);
    if (!fields) return false;
    StructWriter writer(bytes);
    bool has_columns = false;
    for (const Field& field : *fields) {
      if (field.number == row_group::kColumns) {
        if (!AppendOfLeaves(field, wanted, writer, bytes)) return false;
        has_columns = true;
      } else if (field.number != row_group::kSortingColumns) {
        writer.Copy(field);
      }
    }
    if (!has_columns) return false;
    writer.End();
  }
  return true;
}

bool AppendKeyValues(const Field& list, const Wanted& wanted, StructWriter& out,
                     std::string& bytes) {
  const auto pairs = ElementsOf(list);
  if (!pairs) return false;
  std::vector<std::string> kept;
  for (const Bytes pair : *pairs) {
    const auto fields = FieldsOf(pair);
    if (!fields) return false;
    const std::string_view key = TextOf(Find(*fields, key_value::kKey, kBinary));
    std::string& copy = kept.emplace_back();
    if (key != kArrowSchemaKey) {
      Append(pair, copy);
      continue;
    }
    const auto hint =
        NarrowSchemaHint(TextOf(Find(*fields, key_value::kValue, kBinary)), wanted.roots);
    if (!hint) return false;
    if (hint->empty()) {
      kept.pop_back();
      continue;
    }
    StructWriter writer(copy);
    writer.Text(key_value::kKey, key);
    writer.Text(key_value::kValue, *hint);
    writer.End();
  }
  out.BeginList(list.number, kept.size());
  for (const std::string& pair : kept) bytes += pair;
  return true;
}

}  // namespace

std::optional<std::string> NarrowFooter(std::span<const uint8_t> footer, const WantsColumn& wants) {
  Cursor whole(footer);
  whole.SkipStruct(0);
  if (whole.failed()) return std::nullopt;
  const auto fields = FieldsOf(whole.Since(0));
  if (!fields) return std::nullopt;
  const Field* schema = Find(*fields, file_metadata::kSchema, kList);
  const auto elements = schema != nullptr ? ElementsOf(*schema) : std::nullopt;
  const auto wanted = elements ? ChooseColumns(*elements, wants) : std::nullopt;
  if (!wanted) return std::nullopt;
  if (static_cast<size_t>(std::ranges::count(wanted->leaves, false)) < kLeastLeavesToDrop)
    return std::nullopt;
  std::string out;
  StructWriter writer(out);
  for (const Field& field : *fields) {
    bool is_fine = true;
    switch (field.number) {
      case file_metadata::kSchema:
        is_fine = AppendSchema((*elements)[0], *wanted, writer, out);
        break;
      case file_metadata::kRowGroups:
        is_fine = AppendRowGroups(field, *wanted, writer, out);
        break;
      case file_metadata::kKeyValues:
        is_fine = AppendKeyValues(field, *wanted, writer, out);
        break;
      case file_metadata::kColumnOrders:
        is_fine = AppendOfLeaves(field, *wanted, writer, out);
        break;
      case file_metadata::kEncryptionAlgorithm:
      case file_metadata::kFooterSigningKey:
        is_fine = false;
        break;
      default:
        writer.Copy(field);
    }
    if (!is_fine) return std::nullopt;
  }
  writer.End();
  return out;
}

}  // namespace deltaic
