#include "data/values/shredded_variant.h"

#include <arrow/array.h>
#include <arrow/compute/cast.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "data/values/array_cast.h"
#include "protocol/variant.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

using arrow::Type;
using ArrayPtr = std::shared_ptr<arrow::Array>;

constexpr size_t kMaxValueBytes = std::numeric_limits<int32_t>::max();
constexpr int kUuidBytes = 16;

template <typename ArrayType>
auto At(const arrow::Array& array, int64_t row) {
  return static_cast<const ArrayType&>(array).GetView(row);
}

/// The one form here of the types that Arrow has several forms of; nullptr where `type` is it.
std::shared_ptr<arrow::DataType> PlainType(const arrow::DataType& type) {
  switch (type.id()) {
    case Type::LARGE_STRING:
    case Type::STRING_VIEW:
      return arrow::utf8();
    case Type::LARGE_BINARY:
    case Type::BINARY_VIEW:
      return arrow::binary();
    case Type::DATE64:
      return arrow::date32();
    case Type::DECIMAL32:
    case Type::DECIMAL64: {
      const auto& decimal = static_cast<const arrow::DecimalType&>(type);
      return arrow::decimal128(decimal.precision(), decimal.scale());
    }
    case Type::TIMESTAMP: {
      const auto& timestamp = static_cast<const arrow::TimestampType&>(type);
      if (timestamp.unit() == arrow::TimeUnit::MICRO || timestamp.unit() == arrow::TimeUnit::NANO)
        return nullptr;
      return arrow::timestamp(arrow::TimeUnit::MICRO, timestamp.timezone());
    }
    case Type::LARGE_LIST:
    case Type::LIST_VIEW:
    case Type::LARGE_LIST_VIEW:
    case Type::FIXED_SIZE_LIST:
      return arrow::list(type.field(0));
    default:
      return nullptr;
  }
}

Result<ArrayPtr> AsPlain(ArrayPtr array) {
  DELTAIC_ASSIGN_OR_RETURN(array, DecodeArray(std::move(array)));
  if (const auto plain = PlainType(*array->type()); plain != nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(array, arrow::compute::Cast(*array, plain));
  }
  return array;
}

bool IsShreddable(const arrow::DataType& type) {
  switch (type.id()) {
    case Type::BOOL:
    case Type::INT8:
    case Type::INT16:
    case Type::INT32:
    case Type::INT64:
    case Type::FLOAT:
    case Type::DOUBLE:
    case Type::DECIMAL128:
    case Type::DATE32:
    case Type::TIMESTAMP:
    case Type::STRING:
    case Type::BINARY:
    case Type::LIST:
    case Type::STRUCT:
      return true;
    case Type::TIME64:
      return static_cast<const arrow::Time64Type&>(type).unit() == arrow::TimeUnit::MICRO;
    case Type::FIXED_SIZE_BINARY:
      return static_cast<const arrow::FixedSizeBinaryType&>(type).byte_width() == kUuidBytes;
    default:
      return false;
  }
}

VariantType TimestampTypeOf(const arrow::DataType& type) {
  const auto& timestamp = static_cast<const arrow::TimestampType&>(type);
  const bool zoned = !timestamp.timezone().empty();
  if (timestamp.unit() == arrow::TimeUnit::NANO)
    return zoned ? VariantType::kTimestampNanos : VariantType::kTimestampNtzNanos;
  return zoned ? VariantType::kTimestamp : VariantType::kTimestampNtz;
}

void AppendDecimal(std::string& out, const arrow::Array& array, int64_t row) {
  const auto& decimals = static_cast<const arrow::Decimal128Array&>(array);
  const auto& type = static_cast<const arrow::Decimal128Type&>(*array.type());
  const arrow::Decimal128 value(decimals.GetValue(row));
  const auto high = static_cast<unsigned __int128>(static_cast<uint64_t>(value.high_bits()));
  const auto unscaled = static_cast<Int128>(high << 64 | value.low_bits());
  AppendVariantDecimal(out, unscaled, type.precision(), type.scale());
}

/// Of the types that IsShreddable() has, but lists and structs.
void AppendPrimitive(std::string& out, const arrow::Array& array, int64_t row) {
  switch (array.type_id()) {
    case Type::BOOL:
      return AppendVariantBoolean(out, At<arrow::BooleanArray>(array, row));
    case Type::INT8:
      return AppendVariantInteger(out, VariantType::kInt8, At<arrow::Int8Array>(array, row));
    case Type::INT16:
      return AppendVariantInteger(out, VariantType::kInt16, At<arrow::Int16Array>(array, row));
    case Type::INT32:
      return AppendVariantInteger(out, VariantType::kInt32, At<arrow::Int32Array>(array, row));
    case Type::INT64:
      return AppendVariantInteger(out, VariantType::kInt64, At<arrow::Int64Array>(array, row));
    case Type::FLOAT:
      return AppendVariantFloat(out, At<arrow::FloatArray>(array, row));
    case Type::DOUBLE:
      return AppendVariantDouble(out, At<arrow::DoubleArray>(array, row));
    case Type::DECIMAL128:
      return AppendDecimal(out, array, row);
    case Type::DATE32:
      return AppendVariantInteger(out, VariantType::kDate, At<arrow::Date32Array>(array, row));
    case Type::TIME64:
      return AppendVariantInteger(out, VariantType::kTime, At<arrow::Time64Array>(array, row));
    case Type::TIMESTAMP:
      return AppendVariantInteger(out, TimestampTypeOf(*array.type()),
                                  At<arrow::TimestampArray>(array, row));
    case Type::STRING:
      return AppendVariantString(out, At<arrow::StringArray>(array, row));
    case Type::FIXED_SIZE_BINARY:
      return AppendVariantUuid(out, At<arrow::FixedSizeBinaryArray>(array, row));
    default:
      return AppendVariantBinary(out, At<arrow::BinaryArray>(array, row));
  }
}

/// The members of an object or array on their way.
struct Parts {
  std::vector<VariantPart> list;
  std::string content;

  /// Notes that the next bytes of `content` are a member.
  void Begin(uint32_t field_id) {
    list.push_back({field_id, static_cast<uint32_t>(content.size())});
  }
};

Status CheckSize(const std::string& content) {
  return content.size() <= kMaxValueBytes ? Status()
                                          : Status::Unsupported("a variant is larger than 2 GiB");
}

}  // namespace

struct ShreddedVariant::Node {
  std::shared_ptr<arrow::BinaryArray> value;                          ///< nullptr: none
  ArrayPtr typed;                                                     ///< nullptr: none
  std::vector<std::pair<std::string, std::unique_ptr<Node>>> fields;  ///< of objects, by name
  std::unique_ptr<Node> element;                                      ///< of lists
};

struct ShreddedVariant::Dictionary {
  std::string bytes;
  VariantMetadata metadata;  ///< of `bytes`
  std::unordered_map<std::string, uint32_t> ids;
};

ShreddedVariant::ShreddedVariant() = default;
ShreddedVariant::ShreddedVariant(ShreddedVariant&&) noexcept = default;
ShreddedVariant& ShreddedVariant::operator=(ShreddedVariant&&) noexcept = default;
ShreddedVariant::~ShreddedVariant() = default;

Result<ShreddedVariant> ShreddedVariant::Make(const arrow::StructArray& variants) {
  ShreddedVariant result;
  DELTAIC_ASSIGN_OR_RETURN(result.root_, MakeNode(variants, 1));
  return result;
}

Result<std::unique_ptr<ShreddedVariant::Node>> ShreddedVariant::MakeNode(
    const arrow::StructArray& parts, int depth) {
  if (depth > kMaxVariantDepth) {
    return Status::Corruption("a variant is shredded deeper than ", kMaxVariantDepth);
  }
  auto node = std::make_unique<Node>();
  if (const auto value = parts.GetFieldByName("value"); value != nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(const ArrayPtr plain, AsPlain(value));
    node->value = std::dynamic_pointer_cast<arrow::BinaryArray>(plain);
    if (node->value == nullptr) {
      return Status::Corruption("a variant has values of the type ", value->type()->ToString());
    }
  }
  if (auto typed = parts.GetFieldByName("typed_value"); typed != nullptr)
    DELTAIC_RETURN_IF_ERROR(MakeTyped(*node, std::move(typed), depth));
  return node;
}

Status ShreddedVariant::MakeTyped(Node& node, ArrayPtr typed, int depth) {
  DELTAIC_ASSIGN_OR_RETURN(node.typed, AsPlain(std::move(typed)));
  if (!IsShreddable(*node.typed->type())) {
    return Status::Corruption("a variant is shredded as ", node.typed->type()->ToString(),
                              ", which the format does not know");
  }
  const auto make_child = [&](const ArrayPtr& child) -> Result<std::unique_ptr<Node>> {
    const auto* parts = dynamic_cast<const arrow::StructArray*>(child.get());
    if (parts == nullptr) {
      return Status::Corruption("a part of a shredded variant is ", child->type()->ToString(),
                                ", not a group of value and typed_value");
    }
    return MakeNode(*parts, depth + 1);
  };
  if (node.typed->type_id() == Type::LIST) {
    const auto& list = static_cast<const arrow::ListArray&>(*node.typed);
    DELTAIC_ASSIGN_OR_RETURN(node.element, make_child(list.values()));
  } else if (node.typed->type_id() == Type::STRUCT) {
    const auto& object = static_cast<const arrow::StructArray&>(*node.typed);
    for (int i = 0; i < object.num_fields(); ++i) {
      DELTAIC_ASSIGN_OR_RETURN(auto field, make_child(object.field(i)));
      node.fields.emplace_back(object.type()->field(i)->name(), std::move(field));
    }
    std::sort(node.fields.begin(), node.fields.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    const auto twice =
        std::adjacent_find(node.fields.begin(), node.fields.end(),
                           [](const auto& a, const auto& b) { return a.first == b.first; });
    if (twice != node.fields.end())
      return Status::Corruption("a variant is shredded into two fields ", twice->first);
  }
  return Status();
}

Status ShreddedVariant::Append(std::string& out, std::string_view metadata, int64_t row) {
  if (dictionary_ == nullptr || dictionary_->bytes != metadata) {
    auto dictionary = std::make_unique<Dictionary>();
    dictionary->bytes = metadata;
    DELTAIC_ASSIGN_OR_RETURN(dictionary->metadata, VariantMetadata::Parse(dictionary->bytes));
    dictionary_ = std::move(dictionary);
  }
  DELTAIC_ASSIGN_OR_RETURN(const bool present, AppendNode(out, *root_, row));
  if (!present) AppendVariantNull(out);
  return CheckSize(out);
}

Result<bool> ShreddedVariant::AppendNode(std::string& out, const Node& node, int64_t row) {
  if (node.typed != nullptr && node.typed->IsValid(row)) {
    if (node.typed->type_id() == Type::STRUCT) {
      DELTAIC_RETURN_IF_ERROR(AppendObject(out, node, row));
    } else if (node.element != nullptr) {
      DELTAIC_RETURN_IF_ERROR(AppendList(out, node, row));
    } else {
      AppendPrimitive(out, *node.typed, row);
    }
    return true;
  }
  if (node.value == nullptr || node.value->IsNull(row)) return false;
  DELTAIC_ASSIGN_OR_RETURN(const VariantValue value, VariantValue::Parse(node.value->GetView(row)));
  out += value.bytes();
  return true;
}

/// Merges the typed fields and those left in `value`, both in the order of their names. A field
/// that is in both, which writers must not do, comes from the typed one.
Status ShreddedVariant::AppendObject(std::string& out, const Node& node, int64_t row) {
  std::optional<VariantValue> rest;
  if (node.value != nullptr && node.value->IsValid(row)) {
    DELTAIC_ASSIGN_OR_RETURN(rest, VariantValue::Parse(node.value->GetView(row)));
    if (rest->type() != VariantType::kObject) {
      return Status::Corruption("a variant is shredded as an object, and has a value that is none");
    }
  }
  Parts parts;
  auto typed = node.fields.begin();
  const auto append_typed = [&]() -> Status {
    parts.Begin(0);
    DELTAIC_ASSIGN_OR_RETURN(const bool present, AppendNode(parts.content, *typed->second, row));
    if (present) {
      DELTAIC_ASSIGN_OR_RETURN(parts.list.back().field_id, FieldId(typed->first));
    } else {
      parts.list.pop_back();
    }
    ++typed;
    return CheckSize(parts.content);
  };
  if (rest) {
    VariantMembers members(*rest);
    while (true) {
      DELTAIC_ASSIGN_OR_RETURN(const bool more, members.Next());
      if (!more) break;
      DELTAIC_ASSIGN_OR_RETURN(const std::string_view name,
                               dictionary_->metadata.Name(members.field_id()));
      bool is_typed = false;
      while (typed != node.fields.end() && typed->first <= name) {
        is_typed = typed->first == name;
        DELTAIC_RETURN_IF_ERROR(append_typed());
      }
      if (is_typed) continue;
      parts.Begin(members.field_id());
      parts.content += members.value().bytes();
    }
  }
  while (typed != node.fields.end()) DELTAIC_RETURN_IF_ERROR(append_typed());
  AppendVariantObject(out, parts.list, parts.content);
  return Status();
}

Status ShreddedVariant::AppendList(std::string& out, const Node& node, int64_t row) {
  const auto& list = static_cast<const arrow::ListArray&>(*node.typed);
  Parts parts;
  for (int64_t i = list.value_offset(row); i < list.value_offset(row + 1); ++i) {
    parts.Begin(0);
    DELTAIC_ASSIGN_OR_RETURN(const bool present, AppendNode(parts.content, *node.element, i));
    if (!present) AppendVariantNull(parts.content);
    DELTAIC_RETURN_IF_ERROR(CheckSize(parts.content));
  }
  AppendVariantArray(out, parts.list, parts.content);
  return Status();
}

Result<uint32_t> ShreddedVariant::FieldId(const std::string& name) {
  if (const auto known = dictionary_->ids.find(name); known != dictionary_->ids.end())
    return known->second;
  std::optional<uint32_t> id = dictionary_->metadata.Find(name);
  // A dictionary may say that it is sorted where it is not.
  for (uint32_t other = 0; !id && other < dictionary_->metadata.size(); ++other) {
    const auto found = dictionary_->metadata.Name(other);
    if (found.ok() && *found == name) id = other;
  }
  if (!id) {
    return Status::Corruption("a variant has the shredded field ", name,
                              ", which its metadata does not name");
  }
  dictionary_->ids.emplace(name, *id);
  return *id;
}

}  // namespace deltaic
