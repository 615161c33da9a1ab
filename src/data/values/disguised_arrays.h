#pragma once

#include <arrow/api.h>
#include <arrow/array/concatenate.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "support/arrays.h"

/// Random arrays of int64, text, lists and structs, and the same rows in any other form that Arrow
/// has for them: what writers hand over.
namespace deltaic::testing {

using ArrayPtr = std::shared_ptr<arrow::Array>;

class ArrayDisguise {
 public:
  explicit ArrayDisguise(uint32_t seed) : random_(seed) {}

  ArrayPtr Random(const std::shared_ptr<arrow::DataType>& type, int64_t length) {
    std::string json = "[";
    for (int64_t i = 0; i < length; ++i) json += (i > 0 ? "," : "") + Json(*type, true);
    return ArrayOf(type, json + "]");
  }

  /// The rows of `plain` (int64, utf8, list, struct) in a random form, sliced out of more.
  ArrayPtr Disguised(const ArrayPtr& plain) {
    const int64_t before = Pick(3), after = Pick(3);
    const ArrayPtr longer =
        *arrow::Concatenate({Random(plain->type(), before), plain, Random(plain->type(), after)});
    ArrayPtr form = Form(longer);
    EXPECT_TRUE(form->ValidateFull().ok()) << form->ValidateFull().ToString();
    return form->Slice(before, plain->length());
  }

 private:
  int64_t Pick(int64_t below) {
    return static_cast<int64_t>(random_() % static_cast<uint64_t>(below));
  }

  std::string Json(const arrow::DataType& type, bool nullable) {
    if (nullable && Pick(5) == 0) return "null";
    switch (type.id()) {
      case arrow::Type::INT64:
        return std::to_string(Pick(5));
      case arrow::Type::STRING:
        return Pick(2) == 0 ? "\"s" + std::to_string(Pick(3)) + "\""
                            : "\"too long for a view's own bytes " + std::to_string(Pick(3)) + "\"";
      case arrow::Type::STRUCT: {
        std::string out = "{";
        for (const auto& field : type.fields()) {
          out += (out.size() > 1 ? ",\"" : "\"") + field->name() +
                 "\":" + Json(*field->type(), field->nullable());
        }
        return out + "}";
      }
      default: {
        std::string out = "[";
        for (int64_t n = Pick(3); n >= 0; --n) {
          if (n > 0) out += (out.size() > 1 ? "," : "") + Json(*type.field(0)->type(), true);
        }
        return out + "]";
      }
    }
  }

  ArrayPtr Form(const ArrayPtr& plain) {
    switch (Pick(6)) {
      case 0:
        return Dictionary(plain);
      case 1:
        return RunEnds(plain);
      default:
        break;
    }
    switch (plain->type_id()) {
      case arrow::Type::STRING:
        return Text(static_cast<const arrow::StringArray&>(*plain));
      case arrow::Type::LIST:
        return List(static_cast<const arrow::ListArray&>(*plain));
      case arrow::Type::STRUCT:
        return Struct(static_cast<const arrow::StructArray&>(*plain));
      default:
        return plain;
    }
  }

  ArrayPtr Text(const arrow::StringArray& plain) {
    const auto form = Pick(3);
    if (form == 0) return Built<arrow::StringViewBuilder>(plain);
    if (form == 1) return Built<arrow::LargeStringBuilder>(plain);
    return arrow::MakeArray(plain.data());
  }

  template <typename Builder>
  static ArrayPtr Built(const arrow::StringArray& plain) {
    Builder builder;
    for (int64_t i = 0; i < plain.length(); ++i) {
      EXPECT_TRUE((plain.IsNull(i) ? builder.AppendNull() : builder.Append(plain.GetView(i))).ok());
    }
    return *builder.Finish();
  }

  /// The children in forms of their own, with values below null rows.
  ArrayPtr Struct(const arrow::StructArray& plain) {
    arrow::FieldVector fields;
    arrow::ArrayVector children;
    for (int i = 0; i < plain.num_fields(); ++i) {
      const auto& child = plain.field(i);
      arrow::ArrayVector rows;
      for (int64_t row = 0; row < plain.length(); ++row) {
        rows.push_back(plain.IsNull(row) ? Random(child->type(), 1) : child->Slice(row, 1));
      }
      rows.push_back(child->Slice(0, 0));
      children.push_back(Disguised(*arrow::Concatenate(rows)));
      fields.push_back(arrow::field(plain.type()->field(i)->name(), children.back()->type()));
    }
    return std::make_shared<arrow::StructArray>(arrow::struct_(fields), plain.length(), children,
                                                Validity(plain));
  }

  ArrayPtr List(const arrow::ListArray& plain) {
    switch (Pick(4)) {
      case 0:
        return Views<arrow::ListViewType>(plain);
      case 1:
        return Views<arrow::LargeListViewType>(plain);
      case 2:
        return Lists<arrow::LargeListType>(plain);
      default:
        return Fixed(plain);
    }
  }

  /// Rows anywhere, in any order, equal ones at one place, and between them what none has.
  template <typename Type>
  ArrayPtr Views(const arrow::ListArray& plain) {
    using Offset = typename Type::offset_type;
    std::vector<int64_t> order(static_cast<size_t>(plain.length()));
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random_);
    arrow::ArrayVector parts = {plain.values()->Slice(0, 0)};
    std::vector<Offset> offsets(order.size()), sizes(order.size());
    Offset at = 0;
    const auto add = [&](const ArrayPtr& part) {
      parts.push_back(part);
      at += static_cast<Offset>(part->length());
    };
    for (size_t i = 0; i < order.size(); ++i) {
      const int64_t row = order[i];
      if (Pick(3) == 0) add(Random(plain.value_type(), 1));
      const auto slice =
          plain.IsNull(row) ? Random(plain.value_type(), Pick(3)) : plain.value_slice(row);
      sizes[row] = static_cast<Offset>(slice->length());
      const auto same =
          std::find_if(order.begin(), order.begin() + static_cast<int64_t>(i), [&](int64_t other) {
            return plain.IsValid(other) && plain.IsValid(row) &&
                   plain.value_slice(other)->Equals(slice);
          });
      if (same != order.begin() + static_cast<int64_t>(i)) {
        offsets[row] = offsets[*same];
        continue;
      }
      offsets[row] = at;
      add(slice);
    }
    const ArrayPtr values = Disguised(*arrow::Concatenate(parts));
    return std::make_shared<typename arrow::TypeTraits<Type>::ArrayType>(
        std::make_shared<Type>(values->type()), plain.length(), arrow::Buffer::FromVector(offsets),
        arrow::Buffer::FromVector(sizes), values, Validity(plain));
  }

  /// With values below null rows.
  template <typename Type>
  ArrayPtr Lists(const arrow::ListArray& plain) {
    using Offset = typename Type::offset_type;
    arrow::ArrayVector parts = {Random(plain.value_type(), Pick(3))};
    std::vector<Offset> offsets = {static_cast<Offset>(parts[0]->length())};
    for (int64_t row = 0; row < plain.length(); ++row) {
      parts.push_back(plain.IsNull(row) ? Random(plain.value_type(), Pick(3))
                                        : plain.value_slice(row));
      offsets.push_back(offsets.back() + static_cast<Offset>(parts.back()->length()));
    }
    const ArrayPtr values = Disguised(*arrow::Concatenate(parts));
    return std::make_shared<typename arrow::TypeTraits<Type>::ArrayType>(
        std::make_shared<Type>(values->type()), plain.length(), arrow::Buffer::FromVector(offsets),
        values, Validity(plain));
  }

  /// A fixed-size list where all rows are of one size.
  ArrayPtr Fixed(const arrow::ListArray& plain) {
    int32_t size = -1;
    for (int64_t row = 0; row < plain.length(); ++row) {
      if (plain.IsNull(row)) continue;
      if (size >= 0 && plain.value_length(row) != size) return Lists<arrow::ListType>(plain);
      size = plain.value_length(row);
    }
    size = std::max(size, 0);
    arrow::ArrayVector parts = {plain.values()->Slice(0, 0)};
    for (int64_t row = 0; row < plain.length(); ++row) {
      parts.push_back(plain.IsNull(row) ? Random(plain.value_type(), size)
                                        : plain.value_slice(row));
    }
    const ArrayPtr values = Disguised(*arrow::Concatenate(parts));
    return std::make_shared<arrow::FixedSizeListArray>(arrow::fixed_size_list(values->type(), size),
                                                       plain.length(), values, Validity(plain));
  }

  /// Entries in another order, some that no row has, nulls in rows and in entries.
  ArrayPtr Dictionary(const ArrayPtr& plain) {
    std::vector<int64_t> order(static_cast<size_t>(plain->length()));
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random_);
    arrow::ArrayVector parts = {Random(plain->type(), Pick(3))};
    std::vector<int64_t> entries(order.size());
    for (const int64_t row : order) {
      entries[static_cast<size_t>(row)] =
          parts[0]->length() + static_cast<int64_t>(parts.size()) - 1;
      parts.push_back(plain->Slice(row, 1));
    }
    arrow::Int32Builder indices;
    for (int64_t row = 0; row < plain->length(); ++row) {
      const bool null = plain->IsNull(row) && Pick(2) == 0;
      EXPECT_TRUE((null ? indices.AppendNull()
                        : indices.Append(static_cast<int32_t>(entries[static_cast<size_t>(row)])))
                      .ok());
    }
    ArrayPtr values = *arrow::Concatenate(parts);
    if (values->type_id() == arrow::Type::STRING) {
      values = Text(static_cast<const arrow::StringArray&>(*values));
    }
    return *arrow::DictionaryArray::FromArrays(arrow::dictionary(arrow::int32(), values->type()),
                                               *indices.Finish(), values);
  }

  ArrayPtr RunEnds(const ArrayPtr& plain) {
    arrow::ArrayVector parts = {plain->Slice(0, 0)};
    arrow::Int32Builder ends;
    for (int64_t row = 0; row < plain->length(); ++row) {
      const bool last_of_run =
          row + 1 == plain->length() || !plain->Slice(row, 1)->Equals(plain->Slice(row + 1, 1));
      if (!last_of_run) continue;
      EXPECT_TRUE(ends.Append(static_cast<int32_t>(row + 1)).ok());
      parts.push_back(plain->Slice(row, 1));
    }
    ArrayPtr values = *arrow::Concatenate(parts);
    if (values->type_id() == arrow::Type::STRING) {
      values = Text(static_cast<const arrow::StringArray&>(*values));
    }
    return *arrow::RunEndEncodedArray::Make(plain->length(), *ends.Finish(), values);
  }

  static std::shared_ptr<arrow::Buffer> Validity(const arrow::Array& plain) {
    arrow::TypedBufferBuilder<bool> bits;
    for (int64_t row = 0; row < plain.length(); ++row) {
      EXPECT_TRUE(bits.Append(plain.IsValid(row)).ok());
    }
    return *bits.Finish();
  }

  std::mt19937 random_;
};

}  // namespace deltaic::testing
