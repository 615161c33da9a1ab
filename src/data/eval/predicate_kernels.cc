#include "data/eval/predicate_kernels.h"

#include <arrow/array.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/compute/api_scalar.h>
#include <arrow/compute/exec.h>
#include <arrow/scalar.h>

#include <cmath>
#include <functional>
#include <utility>

#include "data/values/array_cast.h"
#include "data/values/value_arrays.h"
#include "expr/like_pattern.h"
#include "storage/arrow_status.h"

namespace deltaic::kernels {
namespace {

using Kernel = std::function<Result<arrow::Datum>(const arrow::Datum&)>;

bool IsDictionary(const arrow::Datum& values) {
  return values.is_array() && values.type()->id() == arrow::Type::DICTIONARY;
}

bool IsFloatingPoint(const arrow::Datum& values) {
  return values.type()->id() == arrow::Type::FLOAT || values.type()->id() == arrow::Type::DOUBLE;
}

/// Runs `kernel`, for which null gives null, over a dictionary instead of each row where that is
/// less work.
Result<arrow::Datum> OverDictionary(const arrow::Datum& values, const Kernel& kernel) {
  if (!IsDictionary(values)) return kernel(values);
  const auto array = std::static_pointer_cast<arrow::DictionaryArray>(values.make_array());
  if (array->dictionary()->length() > array->length()) {
    DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum decoded, Decode(values));
    return kernel(decoded);
  }
  DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum entries, kernel(array->dictionary()));
  DELTAIC_ASSIGN_OR_RETURN(arrow::Datum rows, CallArrow("take", {entries, array->indices()}));
  return rows;
}

const char* ArrowName(Function function) {
  switch (function) {
    case Function::kEqual:
      return "equal";
    case Function::kNotEqual:
      return "not_equal";
    case Function::kLess:
      return "less";
    case Function::kLessEqual:
      return "less_equal";
    case Function::kGreater:
      return "greater";
    default:
      return "greater_equal";
  }
}

/// To Arrow each comparison with NaN but <> is false. What Spark's order adds is:
///   = both NaN; <= right NaN; < right NaN and left not; and the mirror images.
arrow::Result<arrow::Datum> CompareFloats(Function function, const arrow::Datum& left,
                                          const arrow::Datum& right) {
  if (function == Function::kGreater) return CompareFloats(Function::kLess, right, left);
  if (function == Function::kGreaterEqual) return CompareFloats(Function::kLessEqual, right, left);
  if (function == Function::kNotEqual) {
    ARROW_ASSIGN_OR_RAISE(const arrow::Datum equal, CompareFloats(Function::kEqual, left, right));
    return CallArrow("invert", {equal});
  }
  ARROW_ASSIGN_OR_RAISE(const arrow::Datum ordered, CallArrow(ArrowName(function), {left, right}));
  ARROW_ASSIGN_OR_RAISE(arrow::Datum extra, CallArrow("is_nan", {right}));
  if (function != Function::kLessEqual) {
    ARROW_ASSIGN_OR_RAISE(arrow::Datum left_nan, CallArrow("is_nan", {left}));
    const char* join = function == Function::kEqual ? "and" : "and_not";
    ARROW_ASSIGN_OR_RAISE(extra, CallArrow(join, {extra, left_nan}));
  }
  // Not Kleene's OR: where a side is null, so is the outcome.
  return CallArrow("or", {ordered, extra});
}

Result<arrow::Datum> CompareDecoded(Function function, const arrow::Datum& left,
                                    const arrow::Datum& right) {
  DELTAIC_ASSIGN_OR_RETURN(arrow::Datum out, IsFloatingPoint(left)
                                                 ? CompareFloats(function, left, right)
                                                 : CallArrow(ArrowName(function), {left, right}));
  return out;
}

Result<arrow::Datum> CompareNullSafe(const arrow::Datum& left, const arrow::Datum& right) {
  DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum equal, Compare(Function::kEqual, left, right));
  DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum left_null, IsNull(left));
  DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum right_null, IsNull(right));
  DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum both_null, CallArrow("and", {left_null, right_null}));
  DELTAIC_ASSIGN_OR_RETURN(arrow::Datum out, CallArrow("coalesce", {equal, both_null}));
  return out;
}

/// The list of an IN as Arrow's hash lookup needs it.
struct ValueSet {
  std::vector<Value> values;
  bool has_nan = false;
};

/// Hashes go by bits: both zeros must be in the set for one to be found, and NaN has many forms.
ValueSet MakeValueSet(const std::vector<ExprPtr>& literals) {
  ValueSet set;
  for (const ExprPtr& literal : literals) {
    const auto* real = std::get_if<double>(&literal->value());
    if (real != nullptr && std::isnan(*real)) {
      set.has_nan = true;
    } else if (real != nullptr && *real == 0) {
      set.values.insert(set.values.end(), {Value(0.0), Value(-0.0)});
    } else {
      set.values.push_back(literal->value());
    }
  }
  return set;
}

template <typename Array>
Result<arrow::Datum> MatchEach(const Array& texts, const LikePattern& pattern) {
  arrow::BooleanBuilder builder;
  DELTAIC_RETURN_IF_ERROR(builder.Reserve(texts.length()));
  for (int64_t row = 0; row < texts.length(); ++row) {
    if (texts.IsNull(row)) {
      builder.UnsafeAppendNull();
    } else {
      builder.UnsafeAppend(pattern.Matches(texts.GetView(row)));
    }
  }
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> out, builder.Finish());
  return arrow::Datum(std::move(out));
}

}  // namespace

arrow::Result<arrow::Datum> CallArrow(const std::string& function,
                                      const std::vector<arrow::Datum>& args) {
  return arrow::compute::CallFunction(function, args);
}

Result<arrow::Datum> Decode(const arrow::Datum& values) {
  if (!IsDictionary(values)) return values;
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> decoded, DecodeArray(values.make_array()));
  return arrow::Datum(std::move(decoded));
}

Result<arrow::Datum> Compare(Function function, const arrow::Datum& left,
                             const arrow::Datum& right) {
  if (function == Function::kNullSafeEqual) return CompareNullSafe(left, right);
  if (right.is_scalar()) {
    return OverDictionary(
        left, [&](const arrow::Datum& values) { return CompareDecoded(function, values, right); });
  }
  if (left.is_scalar()) {
    return OverDictionary(
        right, [&](const arrow::Datum& values) { return CompareDecoded(function, left, values); });
  }
  DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum decoded_left, Decode(left));
  DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum decoded_right, Decode(right));
  return CompareDecoded(function, decoded_left, decoded_right);
}

Result<arrow::Datum> IsNull(const arrow::Datum& values) {
  // A row of a dictionary is null by its index or by the entry that it points at.
  DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum decoded, Decode(values));
  DELTAIC_ASSIGN_OR_RETURN(arrow::Datum out, CallArrow("is_null", {decoded}));
  return out;
}

Result<arrow::Datum> InLiterals(const arrow::Datum& values, const std::vector<ExprPtr>& literals) {
  const ValueSet set = MakeValueSet(literals);
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> list,
                           ArrayFromValues(set.values, *literals.front()->type()));
  const arrow::compute::SetLookupOptions options(
      list, arrow::compute::SetLookupOptions::NullMatchingBehavior::INCONCLUSIVE);
  return OverDictionary(values, [&](const arrow::Datum& decoded) -> Result<arrow::Datum> {
    DELTAIC_ASSIGN_OR_RETURN(arrow::Datum found,
                             arrow::compute::CallFunction("is_in", {decoded}, &options));
    if (!set.has_nan) return found;
    DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum nan, CallArrow("is_nan", {decoded}));
    // Kleene's, so that NaN is found although a null in the list left it open.
    DELTAIC_ASSIGN_OR_RETURN(found, CallArrow("or_kleene", {found, nan}));
    return found;
  });
}

Result<arrow::Datum> Like(const arrow::Datum& values, const std::string& pattern) {
  DELTAIC_ASSIGN_OR_RETURN(const LikePattern parsed, LikePattern::Parse(pattern));
  return OverDictionary(values, [&](const arrow::Datum& decoded) -> Result<arrow::Datum> {
    const std::shared_ptr<arrow::Array> array = decoded.make_array();
    if (array->type_id() != arrow::Type::STRING) {
      return Status::Internal("LIKE over an array of ", array->type()->ToString());
    }
    return MatchEach(static_cast<const arrow::StringArray&>(*array), parsed);
  });
}

}  // namespace deltaic::kernels
