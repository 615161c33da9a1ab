#include "data/values/variant_form.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <random>

#include "data/values/variant_column.h"
#include "protocol/variant_builder.h"
#include "protocol/variant_json.h"
#include "protocol/variant_parse.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

/// Variants of encoded values; nullopt: null.
std::shared_ptr<arrow::Array> VariantsOf(const std::vector<std::optional<EncodedVariant>>& rows) {
  arrow::BinaryBuilder metadata, value;
  arrow::TypedBufferBuilder<bool> validity;
  for (const auto& row : rows) {
    EXPECT_TRUE(metadata.Append(row ? row->metadata : "").ok());
    EXPECT_TRUE(value.Append(row ? row->value : "").ok());
    EXPECT_TRUE(validity.Append(row.has_value()).ok());
  }
  return std::make_shared<arrow::StructArray>(
      VariantArrowType(), static_cast<int64_t>(rows.size()),
      arrow::ArrayVector{*metadata.Finish(), *value.Finish()}, *validity.Finish());
}

std::shared_ptr<arrow::Array> OfJson(const std::vector<std::string>& rows) {
  std::vector<std::optional<EncodedVariant>> encoded;
  for (const std::string& row : rows) {
    encoded.emplace_back();
    if (!row.empty()) encoded.back() = *ParseVariantJson(row);
  }
  return VariantsOf(encoded);
}

Result<VariantForm> Infer(const arrow::Array& variants) {
  size_t fields_left = kMaxShreddedFields;
  return InferVariantForm(variants, fields_left);
}

std::string FormText(const VariantForm& form) {
  switch (form.kind) {
    case VariantForm::Kind::kBytes:
      return "bytes";
    case VariantForm::Kind::kScalar:
      return form.type->ToString();
    case VariantForm::Kind::kArray:
      return "[" + FormText(form.fields.front().form) + "]";
    case VariantForm::Kind::kObject:
      break;
  }
  std::string text;
  for (const auto& [name, below] : form.fields) {
    text += (text.empty() ? "{" : ", ") + name + ": " + FormText(below);
  }
  return text + "}";
}

std::vector<std::string> JsonOf(const arrow::Array& variants) {
  const auto& rows = static_cast<const arrow::StructArray&>(variants);
  const auto& metadata = static_cast<const arrow::BinaryArray&>(*rows.field(0));
  const auto& values = static_cast<const arrow::BinaryArray&>(*rows.field(1));
  std::vector<std::string> out;
  for (int64_t row = 0; row < rows.length(); ++row) {
    out.emplace_back(rows.IsNull(row) ? "NULL" : "");
    if (rows.IsNull(row)) continue;
    EXPECT_THAT(AppendVariantJson(out.back(), metadata.GetView(row), values.GetView(row)), IsOk());
  }
  return out;
}

/// Takes them apart, looks at the result, and puts them together again.
void ExpectComesBack(const arrow::Array& variants, const VariantForm& form) {
  const auto shredded = ShredVariants(variants, form);
  ASSERT_THAT(shredded, IsOk());
  EXPECT_TRUE((*shredded)->ValidateFull().ok()) << (*shredded)->ValidateFull().ToString();
  EXPECT_TRUE((*shredded)->type()->Equals(**ShreddedVariantType(form)));
  const auto back = AssembleVariants(*shredded);
  ASSERT_THAT(back, IsOk());
  EXPECT_EQ(JsonOf(**back), JsonOf(variants)) << FormText(form);
}

struct Inferred {
  std::string name;
  std::vector<std::string> rows;
  std::string form;
};

class InferTest : public ::testing::TestWithParam<Inferred> {};

TEST_P(InferTest, FindsTheFormAndLosesNothing) {
  const auto variants = OfJson(GetParam().rows);
  const auto form = Infer(*variants);
  ASSERT_THAT(form, IsOk());
  EXPECT_EQ(FormText(*form), GetParam().form);
  if (form->is_shredded()) {
    ExpectComesBack(*variants, *form);
    ExpectComesBack(*variants->Slice(1), *form);
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, InferTest,
    ::testing::Values(
        Inferred{"Nothing", {"", "null"}, "bytes"},
        Inferred{"WholeNumbers", {"1", "70000", "-5000000000", "null", ""}, "long"},
        Inferred{"Decimals", {"1.25", "-0.01", "3"}, "decimal(9,2)"},
        Inferred{"WideDecimals", {"12345678901.5", "1.5"}, "decimal(18,1)"},
        Inferred{"Texts", {"\"a\"", "\"ä\"", "true"}, "string"},
        Inferred{"NoMajority", {"\"a\"", "1", "true"}, "bytes"},
        Inferred{"DecimalsOfManyScales", {"1.5", "-2.25", "10.125"}, "decimal(9,3)"},
        Inferred{"DecimalsTooWideForOneType",
                 {"1234567890123456789012345678901234567.5", "0.123456789"},
                 "bytes"},
        Inferred{"Lists", {"[1]", "[2, null, \"x\"]", "[]", "null", ""}, "[long]"},
        Inferred{"ListsOfAllSorts", {"[1, \"x\", true]"}, "bytes"},
        Inferred{"EmptyLists", {"[]", "[]"}, "bytes"},
        Inferred{"ListsInLists", {"[[1.5], [], [2.5]]", "[]", "[7]"}, "[[decimal(9,1)]]"},
        Inferred{"ListsOfObjects",
                 {R"([{"a": 1, "b": [true]}, {"a": 2, "c": "x"}])", R"([{}, 5])", R"({"a": 9})"},
                 "[{a: long, b: [boolean], c: string}]"},
        Inferred{"Objects",
                 {R"({"a": 1, "b": "x"})", R"({"b": null, "c": [1]})", R"({"a": 2.5, "d": {}})",
                  "{}", "7", ""},
                 "{a: long, b: string, c: [long]}"},
        Inferred{"NestedObjects",
                 {R"({"p": {"x": 1e300, "y": -2e300}, "q": 1})", R"({"p": {"x": 1e301}})",
                  R"({"p": 5})"},
                 "{p: {x: double, y: double}, q: long}"},
        Inferred{"EmptyObjects", {"{}", "{}"}, "bytes"},
        Inferred{"NamesOfOneLetterInTwoCases", {R"({"a": 1, "A": 2})"}, "{A: long}"},
        Inferred{"NamesThatMayBeOneToReaders",
                 {R"({"Ärger": 1, "ärger": 2, "Ärgernis": 3})"},
                 "{Ärger: long, Ärgernis: long}"},
        Inferred{"AnEmptyName", {R"({"": 1, "a.b": 2})"}, "{a.b: long}"}),
    [](const auto& info) { return info.param.name; });

TEST(InferVariantForm, RareFieldsStayBytes) {
  std::vector<std::string> rows(30, R"({"often": 1})");
  rows.emplace_back(R"({"seldom": 1})");
  EXPECT_EQ(FormText(*Infer(*OfJson(rows))), "{often: long}");
}

TEST(InferVariantForm, VariantsOfOneFileShareTheBound) {
  size_t fields_left = 4;
  const auto variants = OfJson({R"({"a": 1, "b": 2, "c": "x"})"});
  EXPECT_EQ(FormText(*InferVariantForm(*variants, fields_left)), "{a: long, b: long, c: string}");
  EXPECT_EQ(fields_left, 0u);
  EXPECT_EQ(FormText(*InferVariantForm(*variants, fields_left)), "bytes");
}

TEST(InferVariantForm, IsBoundedInWidthAndDepth) {
  std::string wide = "{";
  for (int i = 0; i < 1000; ++i) wide += (i == 0 ? "\"f" : ",\"f") + std::to_string(i) + "\":1";
  EXPECT_EQ(Infer(*OfJson({wide + "}"}))->fields.size(), kMaxShreddedFields - 1);
  std::string deep = "1";
  for (int i = 0; i < 100; ++i) deep = R"({"a":)" + deep + "}";
  EXPECT_EQ(FormText(*Infer(*OfJson({deep}))), "bytes") << "no value within the bound";
}

TEST(ShredVariants, EveryScalarKeepsItsType) {
  std::vector<std::optional<EncodedVariant>> rows;
  const auto add = [&](const auto& append) {
    rows.emplace_back(EncodedVariant{FormatVariantMetadata({}), ""});
    append(rows.back()->value);
  };
  add([](std::string& out) { AppendVariantFloat(out, 0.5F); });
  add([](std::string& out) { AppendVariantDouble(out, -0.25); });
  add([](std::string& out) { AppendVariantBoolean(out, true); });
  add([](std::string& out) { AppendVariantInteger(out, VariantType::kDate, 19753); });
  add([](std::string& out) { AppendVariantInteger(out, VariantType::kTimestamp, -1); });
  add([](std::string& out) { AppendVariantInteger(out, VariantType::kTimestampNtz, 1); });
  add([](std::string& out) { AppendVariantInteger(out, VariantType::kTime, 1); });
  add([](std::string& out) { AppendVariantBinary(out, "\x01\xff"); });
  add([](std::string& out) { AppendVariantDecimal(out, 150, 9, 2); });
  add([](std::string& out) { AppendVariantUuid(out, "0123456789abcdef"); });
  const auto all = VariantsOf(rows);
  for (const auto& row : rows) {
    const auto form = Infer(*VariantsOf({row}));
    ASSERT_THAT(form, IsOk());
    if (!form->is_shredded()) continue;
    ExpectComesBack(*all, *form);
    // Of its own type nothing is left in the bytes.
    const auto shredded = ShredVariants(*VariantsOf({row}), *form);
    ASSERT_THAT(shredded, IsOk());
    const auto& parts = static_cast<const arrow::StructArray&>(**shredded);
    EXPECT_TRUE(parts.field(1)->IsNull(0) && parts.field(2)->IsValid(0)) << FormText(*form);
  }
}

TEST(ShredVariants, TextsThatAreNoneStayBytes) {
  EncodedVariant broken{FormatVariantMetadata({}), ""};
  AppendVariantString(broken.value, "\xff");
  const VariantForm form{.kind = VariantForm::Kind::kScalar,
                         .type = DataType::Primitive(TypeId::kString)};
  const auto shredded = ShredVariants(*VariantsOf({broken}), form);
  ASSERT_THAT(shredded, IsOk());
  EXPECT_TRUE(static_cast<const arrow::StructArray&>(**shredded).field(2)->IsNull(0));
}

TEST(ShredVariants, BrokenValuesAreAnError) {
  const EncodedVariant broken{FormatVariantMetadata({}), "\x09x"};
  EXPECT_THAT(Infer(*VariantsOf({broken})),
              StatusIs(StatusCode::kCorruption, HasSubstr("cut off")));
}

TEST(ShredVariants, AFieldThatIsThereTwiceIsAnError) {
  EncodedVariant twice{FormatVariantMetadata({"a"}), ""};
  std::string content;
  AppendVariantBoolean(content, true);
  AppendVariantBoolean(content, false);
  const VariantPart parts[] = {{0, 0}, {0, 1}};
  AppendVariantObject(twice.value, parts, content);
  const auto form = Infer(*OfJson({R"({"a": 1})"}));
  EXPECT_THAT(ShredVariants(*VariantsOf({twice}), *form),
              StatusIs(StatusCode::kCorruption, HasSubstr("has the field a twice")));
}

/// A form reads metadata that lies about its order as readers of the bytes do.
TEST(ShredVariants, NamesNeedNoOrder) {
  EncodedVariant variant{FormatVariantMetadata({"b", "a"}), ""};
  variant.metadata[0] |= 0x10;  // "sorted"
  std::string content;
  AppendVariantInteger(content, VariantType::kInt8, 1);
  AppendVariantInteger(content, VariantType::kInt8, 2);
  const VariantPart parts[] = {{1, 0}, {0, 2}};
  AppendVariantObject(variant.value, parts, content);
  const auto variants = VariantsOf({variant});
  const auto form = Infer(*variants);
  ASSERT_THAT(form, IsOk());
  EXPECT_EQ(FormText(*form), "{a: long, b: long}");
  ExpectComesBack(*variants, *form);
}

class RandomVariants {
 public:
  std::string Json(int depth = 0) {
    static constexpr const char* kScalars[] = {
        "null", "true", "1", "300", "-2.5", "0.125", "1e200", "\"x\"", "\"ö\"", "9007199254740993"};
    if (depth == 3 || Below(3) == 0) return kScalars[Below(std::size(kScalars))];
    return Below(3) == 0 ? Array(depth) : Object(depth);
  }

 private:
  int Below(size_t n) { return static_cast<int>(random_() % n); }

  std::string Array(int depth) {
    std::string out = "[";
    for (int left = Below(4); left > 0; --left) out += (out == "[" ? "" : ",") + Json(depth + 1);
    return out + "]";
  }

  std::string Object(int depth) {
    std::string out = "{";
    for (const char* name : {"a", "b", "c", "d"}) {
      if (Below(2) == 0) continue;
      out += (out == "{" ? "\"" : ",\"") + std::string(name) + "\":" + Json(depth + 1);
    }
    return out + "}";
  }

  std::mt19937 random_{17};
};

/// Any form suits any variants.
TEST(ShredVariants, RandomVariantsComeBackFromRandomForms) {
  RandomVariants random;
  int num_shredded = 0;
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> rows, others;
    for (int i = 0; i < 20; ++i) rows.push_back(random.Json());
    for (int i = 0; i < 3; ++i) others.push_back(random.Json());
    const auto form = Infer(*OfJson(others));
    ASSERT_THAT(form, IsOk());
    if (!form->is_shredded()) continue;
    ++num_shredded;
    ExpectComesBack(*OfJson(rows), *form);
  }
  EXPECT_GT(num_shredded, 50);
}

}  // namespace
}  // namespace deltaic
