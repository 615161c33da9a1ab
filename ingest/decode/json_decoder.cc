#include "ingest/decode/json_decoder.h"

#include <simdjson.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/civil_time.h"
#include "expr/decimal.h"
#include "ingest/decode/base64.h"
#include "ingest/decode/format.h"
#include "ingest/decode/json_schema.h"
#include "protocol/json.h"

namespace deltaic::ingest {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

constexpr int kUnknown = -1;
constexpr size_t kMostColumns = 10000;

/// An object's fields: which child each name goes to, and what came at which place last time.
struct ObjectNames {
  class Place {
   public:
    Place() = default;
    Place(std::string_view name, int child) : name_(name), child_(child) {
      const size_t size = std::min(name_.size(), sizeof(head_));
      mask_ = 0;
      std::memcpy(&head_, name_.data(), size);
      std::memset(&mask_, 0xFF, size);
    }
    const std::string& name() const { return name_; }
    int child() const { return child_; }
    /// Whether this name and a quote stand there. \param raw  Decoder::kPadding bytes are readable.
    bool IsAt(const char* raw) const {
      uint64_t head = 0;
      std::memcpy(&head, raw, sizeof(head));
      const size_t size = name_.size();
      if (((head ^ head_) & mask_) != 0 || size >= Decoder::kPadding || raw[size] != '"') {
        return false;
      }
      return size <= sizeof(head) ||
             std::memcmp(raw + sizeof(head), name_.data() + sizeof(head), size - sizeof(head)) == 0;
    }

   private:
    std::string name_;
    int child_ = kUnknown;
    // Most names differ in, or end within, their first bytes. Without a name nothing fits.
    uint64_t head_ = 0, mask_ = ~uint64_t{0};
  };
  std::vector<Place> order;
  std::unordered_map<std::string, int> by_name;
};

/// A column with what its objects are called, in the shape of the columns.
struct Node {
  Column* column = nullptr;
  std::string name;  // dotted, for messages
  ObjectNames names;
  std::vector<Node> children;
};

Node MakeNode(Column& column, std::string name) {
  Node node{.column = &column, .name = std::move(name)};
  for (size_t i = 0; i < column.num_children(); ++i) {
    std::string child_name = node.name;
    if (column.id() == TypeId::kStruct) {
      child_name += "." + column.type().fields()[i].name;
      node.names.by_name.emplace(column.type().fields()[i].name, static_cast<int>(i));
    }
    node.children.push_back(MakeNode(column.child(i), std::move(child_name)));
  }
  return node;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

std::string Shown(std::string_view text) {
  constexpr size_t kMost = 60;
  text = Trimmed(text);
  if (text.size() <= kMost) return std::string(text);
  size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

/// A JSON string's text, of what stands between its quotes.
std::string UnescapedJson(std::string_view raw) {
  const std::string quoted = Concat('"', raw, '"');
  simdjson::dom::parser parser;
  std::string_view text;
  if (parser.parse(quoted).get(text) != simdjson::SUCCESS) return std::string(raw);
  return std::string(text);
}

/// What a result without an error holds. A copy is made of parts that were just written, which
/// processors wait for.
ondemand::field& InPlace(simdjson::simdjson_result<ondemand::field>& result) {
  ondemand::field&& field = std::move(result).value_unsafe();
  return field;
}

/// The raw name of a field, and whether it has escapes.
std::pair<std::string_view, bool> RawName(const char* start) {
  bool escaped = false;
  const char* end = start;
  while (*end != '"') {
    if (*end == '\\') {
      escaped = true;
      ++end;
    }
    ++end;
  }
  return {{start, static_cast<size_t>(end - start)}, escaped};
}

std::optional<std::pair<int64_t, int64_t>> RangeOf(TypeId id) {
  switch (id) {
    case TypeId::kByte:
      return std::pair(int64_t{INT8_MIN}, int64_t{INT8_MAX});
    case TypeId::kShort:
      return std::pair(int64_t{INT16_MIN}, int64_t{INT16_MAX});
    case TypeId::kInteger:
    case TypeId::kDate:
      return std::pair(int64_t{INT32_MIN}, int64_t{INT32_MAX});
    default:
      return std::nullopt;
  }
}

}  // namespace

struct JsonDecoder::Impl {
  RowBuffer* rows;
  Evolution evolution;
  ondemand::parser parser;
  std::string padded;
  std::vector<Node> columns;
  ObjectNames names;
  std::vector<bool> rescued;  // columns whose value of this row did not fit
  int rescue_column = kUnknown;
  std::string rescue_text;
  int at_column = kUnknown;  // whose value failed
  bool again = false;        // the row is to be decoded anew
  Status failure;

  Impl(RowBuffer* to, Evolution how) : rows(to), evolution(how) { TakeColumns(); }

  void TakeColumns() {
    for (size_t i = columns.size(); i < rows->num_columns(); ++i) {
      const std::string& name = rows->fields()[i].name;
      columns.push_back(MakeNode(rows->column(i), name));
      names.by_name.emplace(name, static_cast<int>(i));
      if (evolution == Evolution::kRescue && name == kRescuedColumn) {
        rescue_column = static_cast<int>(i);
      }
    }
    names.order.clear();
    rescued.assign(columns.size(), false);
  }

  bool Fail(Status status) {
    failure = std::move(status);
    return false;
  }
  bool Malformed(error_code error) {
    return Fail(Status::Corruption("not valid JSON: ", simdjson::error_message(error)));
  }
  bool Mismatch(const Node& node, std::string_view got) {
    return Fail(Status::SchemaMismatch("column ", node.name, ": expected ",
                                       node.column->type().ToString(), ", got ", Shown(got)));
  }

  bool Value(ondemand::value& value, Node& node);
  bool Scalar(ondemand::value& value, simdjson::ondemand::json_type type, Node& node);
  bool Text(ondemand::value& value, Node& node);
  bool Number(ondemand::value& value, Node& node);
  bool Decimal(std::string_view text, Node& node);
  bool Struct(ondemand::value& value, Node& node);
  bool List(ondemand::value& value, Node& node);
  bool Map(ondemand::value& value, Node& node);
  bool Unknown(std::string_view name, ondemand::value value);
  int Find(ObjectNames& in, const Node* node, size_t place, ondemand::raw_json_string key,
           std::string& unescaped, std::string_view& name);
  bool Fields(ondemand::object& object);
  bool Row(std::string_view text);
};

/// Which child the field at this place goes to.
int JsonDecoder::Impl::Find(ObjectNames& in, const Node* node, size_t place,
                            ondemand::raw_json_string key, std::string& unescaped,
                            std::string_view& name) {
  const char* raw = key.raw();
  if (place < in.order.size()) {
    const ObjectNames::Place& expected = in.order[place];
    if (expected.IsAt(raw)) {
      name = expected.name();
      return expected.child();
    }
  }
  auto [text, escaped] = RawName(raw);
  if (escaped) {
    unescaped = UnescapedJson(text);
    text = unescaped;
  }
  name = text;
  int child = kUnknown;
  if (const auto found = in.by_name.find(std::string(text)); found != in.by_name.end()) {
    child = found->second;
  } else {
    // As Delta has names: ignoring case where that is clear.
    const auto matches = [&](const std::string& other) { return EqualsIgnoringCase(other, text); };
    int count = 0;
    for (const auto& [other, position] : in.by_name) {
      if (!matches(other)) continue;
      child = position;
      ++count;
    }
    if (count != 1) child = kUnknown;
  }
  static_cast<void>(node);
  constexpr size_t kMostPlaces = 4096;
  if (!escaped && place < kMostPlaces) {
    if (place >= in.order.size()) in.order.resize(place + 1);
    in.order[place] = ObjectNames::Place(text, child);
    name = in.order[place].name();
  }
  return child;
}

bool JsonDecoder::Impl::Value(ondemand::value& value, Node& node) {
  ondemand::json_type type{};
  if (const error_code error = value.type().get(type)) return Malformed(error);
  switch (type) {
    case ondemand::json_type::null:
      if (Trimmed(value.raw_json_token()) != "null") return Malformed(simdjson::N_ATOM_ERROR);
      node.column->AppendNull();
      return true;
    case ondemand::json_type::object:
      if (node.column->id() == TypeId::kStruct) return Struct(value, node);
      if (node.column->id() == TypeId::kMap) return Map(value, node);
      return Mismatch(node, "an object");
    case ondemand::json_type::array:
      return node.column->id() == TypeId::kArray ? List(value, node) : Mismatch(node, "an array");
    default:
      return Scalar(value, type, node);
  }
}

bool JsonDecoder::Impl::Scalar(ondemand::value& value, ondemand::json_type type, Node& node) {
  if (type == ondemand::json_type::string) return Text(value, node);
  if (type == ondemand::json_type::number) return Number(value, node);
  bool flag = false;
  if (const error_code error = value.get_bool().get(flag)) return Malformed(error);
  if (node.column->id() != TypeId::kBoolean) return Mismatch(node, flag ? "true" : "false");
  node.column->AppendBool(flag);
  return true;
}

bool JsonDecoder::Impl::Text(ondemand::value& value, Node& node) {
  std::string_view text;
  if (const error_code error = value.get_string().get(text)) return Malformed(error);
  Column& column = *node.column;
  const auto mismatch = [&] { return Mismatch(node, Concat('"', Shown(text), '"')); };
  switch (column.id()) {
    case TypeId::kString:
      column.AppendText(text);
      return true;
    case TypeId::kBinary: {
      const auto bytes = DecodeBase64(text);
      if (!bytes) return mismatch();
      column.AppendText(*bytes);
      return true;
    }
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz: {
      const Result<int64_t> micros = ParseTimestampMicros(text);
      if (!micros.ok()) return mismatch();
      column.AppendInt(*micros);
      return true;
    }
    case TypeId::kDate: {
      // A day of UTC, as Debezium and XML write it.
      if (text.ends_with('Z')) text.remove_suffix(1);
      const Result<int32_t> days = ParseDate(text);
      if (!days.ok()) return mismatch();
      column.AppendInt(*days);
      return true;
    }
    case TypeId::kDecimal:
      return Decimal(text, node);
    default:
      return mismatch();
  }
}

bool JsonDecoder::Impl::Decimal(std::string_view text, Node& node) {
  const DataType& type = node.column->type();
  const auto parsed = ParseDecimal(text);
  const auto scaled =
      parsed ? RescaleExactly(parsed->unscaled, parsed->scale, type.scale()) : std::nullopt;
  if (!scaled || !FitsPrecision(*scaled, type.precision())) return Mismatch(node, text);
  node.column->AppendDecimal(*scaled);
  return true;
}

bool JsonDecoder::Impl::Number(ondemand::value& value, Node& node) {
  Column& column = *node.column;
  switch (column.id()) {
    case TypeId::kDouble:
    case TypeId::kFloat: {
      double number = 0;
      if (value.get_double().get(number) != simdjson::SUCCESS) {
        return Mismatch(node, value.raw_json_token());
      }
      if (column.id() == TypeId::kFloat && std::abs(number) > std::numeric_limits<float>::max()) {
        return Mismatch(node, value.raw_json_token());
      }
      column.AppendDouble(number);
      return true;
    }
    case TypeId::kDecimal:
      return Decimal(Trimmed(value.raw_json_token()), node);
    case TypeId::kString:
    case TypeId::kBinary:
    case TypeId::kBoolean:
    case TypeId::kStruct:
    case TypeId::kArray:
    case TypeId::kMap:
      return Mismatch(node, value.raw_json_token());
    default:
      break;
  }
  const std::string_view token = value.raw_json_token();
  int64_t number = 0;
  if (value.get_int64().get(number) != simdjson::SUCCESS) return Mismatch(node, token);
  const auto range = RangeOf(column.id());
  if (range && (number < range->first || number > range->second)) return Mismatch(node, token);
  column.AppendInt(number);
  return true;
}

bool JsonDecoder::Impl::Struct(ondemand::value& value, Node& node) {
  ondemand::object object;
  if (const error_code error = value.get_object().get(object)) return Malformed(error);
  const int64_t row = node.column->length();
  size_t place = 0;
  std::string unescaped;
  for (auto result : object) {
    if (const error_code error = result.error()) return Malformed(error);
    ondemand::field& field = InPlace(result);
    std::string_view name;
    const int child = Find(node.names, &node, place++, field.key(), unescaped, name);
    if (child == kUnknown) {
      if (evolution == Evolution::kStrict) {
        return Fail(Status::SchemaMismatch("the table has no column ", node.name, ".", name));
      }
      continue;
    }
    Node& member = node.children[static_cast<size_t>(child)];
    member.column->Truncate(row);
    if (!Value(field.value(), member)) return false;
  }
  for (Node& member : node.children) {
    if (member.column->length() == row) member.column->AppendNull();
  }
  node.column->AppendStruct();
  return true;
}

bool JsonDecoder::Impl::List(ondemand::value& value, Node& node) {
  ondemand::array array;
  if (const error_code error = value.get_array().get(array)) return Malformed(error);
  for (auto result : array) {
    ondemand::value element;
    if (const error_code error = std::move(result).get(element)) return Malformed(error);
    if (!Value(element, node.children[0])) return false;
  }
  node.column->AppendList();
  return true;
}

bool JsonDecoder::Impl::Map(ondemand::value& value, Node& node) {
  ondemand::object object;
  if (const error_code error = value.get_object().get(object)) return Malformed(error);
  for (auto result : object) {
    if (const error_code error = result.error()) return Malformed(error);
    ondemand::field& field = InPlace(result);
    std::string_view key;
    if (const error_code error = field.unescaped_key().get(key)) return Malformed(error);
    node.children[0].column->AppendText(key);
    if (!Value(field.value(), node.children[1])) return false;
  }
  node.column->AppendList();
  return true;
}

/// A field that has no column.
bool JsonDecoder::Impl::Unknown(std::string_view name, ondemand::value value) {
  if (evolution == Evolution::kIgnore) return true;
  const std::string kept(name);
  if (evolution == Evolution::kStrict) {
    return Fail(Status::SchemaMismatch("the table has no column ", kept));
  }
  if (evolution == Evolution::kFail) {
    return Fail(Status::Unsupported("the table has no column ", kept,
                                    ", and --evolution fail ends the process then"));
  }
  std::string_view json;
  if (const error_code error = simdjson::to_json_string(value).get(json)) return Malformed(error);
  if (evolution == Evolution::kRescue) {
    rescue_text += rescue_text.empty() ? "{" : ",";
    AppendJsonString(rescue_text, kept);
    rescue_text += Concat(':', Trimmed(json));
    return true;
  }
  Result<DataTypePtr> type = InferJsonType(json);
  if (!type.ok()) return Fail(type.status());
  names.order.clear();  // null says nothing: the next message may
  if (*type == nullptr) return true;
  if (rows->num_columns() >= kMostColumns) {
    return Fail(Status::SchemaMismatch("the table has ", kMostColumns,
                                       " columns; none is added for the field ", kept));
  }
  const Status added = rows->Add(StructField{.name = kept, .type = *std::move(type)});
  if (!added.ok()) return Fail(added);
  TakeColumns();
  again = true;
  return false;
}

bool JsonDecoder::Impl::Fields(ondemand::object& object) {
  const int64_t row = rows->num_rows();
  size_t place = 0;
  std::string unescaped;
  for (auto result : object) {
    if (const error_code error = result.error()) return Malformed(error);
    ondemand::field& field = InPlace(result);
    std::string_view name;
    const int child = Find(names, nullptr, place++, field.key(), unescaped, name);
    if (child == kUnknown || rescued[static_cast<size_t>(child)]) [[unlikely]] {
      if (!Unknown(name, field.value())) return false;
      continue;
    }
    Node& node = columns[static_cast<size_t>(child)];
    if (node.column->length() != row) [[unlikely]] {
      node.column->Truncate(row);  // the same name again
    }
    at_column = child;
    if (!Value(field.value(), node)) return false;
    at_column = kUnknown;
  }
  return true;
}

bool JsonDecoder::Impl::Row(std::string_view text) {
  ondemand::document document;
  if (const error_code error =
          parser.iterate(text.data(), text.size(), text.size() + kPadding).get(document)) {
    return Malformed(error);
  }
  ondemand::object object;
  if (const error_code error = document.get_object().get(object)) {
    if (error != simdjson::INCORRECT_TYPE) return Malformed(error);
    return Fail(Status::Corruption("not a JSON object: ", Shown(text)));
  }
  rescue_text.clear();
  if (!Fields(object)) return false;
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
    return Fail(Status::Corruption("not valid JSON: text after the object"));
  if (rescue_text.empty() || rescue_column == kUnknown) return true;
  Column& column = *columns[static_cast<size_t>(rescue_column)].column;
  column.Truncate(rows->num_rows());
  column.AppendText(rescue_text + "}");
  return true;
}

JsonDecoder::JsonDecoder(RowBuffer* rows, Evolution evolution)
    : impl_(std::make_unique<Impl>(rows, evolution)) {}
JsonDecoder::~JsonDecoder() = default;
JsonDecoder::JsonDecoder(JsonDecoder&&) noexcept = default;

Status JsonDecoder::Decode(std::string_view text) {
  Impl& impl = *impl_;
  if (text.empty()) return Status::Corruption("an empty message");
  if (impl.columns.size() < impl.rows->num_columns()) impl.TakeColumns();
  bool retried = false;
  while (true) {
    impl.at_column = kUnknown;
    impl.again = false;
    if (impl.Row(text)) {
      if (retried) impl.rescued.assign(impl.columns.size(), false);
      return Status();
    }
    impl.rows->DropRow();
    if (impl.again) continue;
    const bool can_rescue = impl.evolution == Evolution::kRescue && impl.at_column != kUnknown &&
                            impl.failure.code() == StatusCode::kSchemaMismatch;
    if (!can_rescue) {
      if (retried) impl.rescued.assign(impl.columns.size(), false);
      return std::exchange(impl.failure, Status());
    }
    impl.rescued[static_cast<size_t>(impl.at_column)] = true;
    retried = true;
  }
}

Status JsonDecoder::Decode(std::string_view payload, const MessageContext&) {
  return Decode(payload);
}

Status JsonDecoder::ToJson(std::string_view payload, const MessageContext&, std::string& out) {
  out = payload;
  return Status();
}

namespace {

class JsonFormatImpl : public Format {
 public:
  std::unique_ptr<Decoder> MakeDecoder(RowBuffer* rows, Evolution evolution) const override {
    return std::make_unique<JsonDecoder>(rows, evolution);
  }
  Result<SchemaPtr> InferSchema(const std::vector<SampledMessage>& messages) const override {
    std::vector<std::string_view> texts;
    for (const SampledMessage& message : messages) texts.push_back(message.payload);
    return InferJsonSchema(texts);
  }
  bool is_json() const override { return true; }
};

}  // namespace

std::shared_ptr<const Format> JsonFormat() { return std::make_shared<const JsonFormatImpl>(); }

}  // namespace deltaic::ingest
