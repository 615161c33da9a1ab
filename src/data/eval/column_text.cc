#include <arrow/array.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/compute/api_scalar.h>
#include <arrow/compute/cast.h>
#include <arrow/compute/exec.h>
#include <arrow/scalar.h>

#include <string>
#include <utility>

#include "data/eval/column_functions.h"
#include "data/eval/predicate_kernels.h"
#include "data/values/type_mapping.h"
#include "expr/utf8_text.h"
#include "storage/arrow_status.h"

// Patterns are RE2's, through Arrow: their time is linear in the text, whatever the pattern.

namespace deltaic::kernels {
namespace {

using Outcome = Result<std::optional<arrow::Datum>>;

Result<arrow::Datum> Named(const ColumnCall& call, arrow::Result<arrow::Datum> out) {
  if (out.ok()) return *std::move(out);
  return Status::InvalidArgument(call.call.ToSql(), ": ", out.status().message());
}

Outcome AsOutcome(Result<arrow::Datum> out) {
  if (!out.ok()) return out.status();
  return std::optional<arrow::Datum>(*std::move(out));
}

Outcome AsOutcome(const ColumnCall& call, arrow::Result<arrow::Datum> out) {
  return AsOutcome(Named(call, std::move(out)));
}

/// A literal argument that is text; nullptr if it is null.
const std::string* LiteralText(const ColumnCall& call, size_t index) {
  return std::get_if<std::string>(&call.call.args()[index]->value());
}

int64_t LiteralNumber(const ColumnCall& call, size_t index, int64_t otherwise) {
  if (call.call.args().size() <= index) return otherwise;
  const auto* number = std::get_if<int64_t>(&call.call.args()[index]->value());
  return number == nullptr ? otherwise : *number;
}

Result<arrow::Datum> Matches(const ColumnCall& call, const std::string& pattern) {
  const arrow::compute::MatchSubstringOptions options(pattern);
  return Named(call,
               arrow::compute::CallFunction("match_substring_regex", {call.args[0]}, &options));
}

Result<arrow::Datum> Replaced(const ColumnCall& call, const std::string& pattern,
                              const std::string& replacement) {
  const arrow::compute::ReplaceSubstringOptions options(pattern, replacement);
  return Named(call,
               arrow::compute::CallFunction("replace_substring_regex", {call.args[0]}, &options));
}

/// Java's replacement, $1 and \$, as RE2's, \1 and $.
Result<std::string> Re2Replacement(const std::string& java) {
  std::string out;
  for (size_t i = 0; i < java.size(); ++i) {
    char c = java[i];
    if (c == '$') {
      const bool is_group = i + 1 < java.size() && java[i + 1] >= '0' && java[i + 1] <= '9';
      if (!is_group) {
        return Status::InvalidArgument("the replacement '", java,
                                       "' has a $ without a group's number; write \\$ for one");
      }
      out.push_back('\\');
      out.push_back(java[++i]);
      continue;
    }
    if (c == '\\') {
      if (++i == java.size()) {
        return Status::InvalidArgument("the replacement '", java, "' ends in a single backslash");
      }
      c = java[i];
    }
    if (c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

/// Whether the pattern matches the empty text.
Result<bool> MatchesNothing(const std::string& pattern) {
  const arrow::compute::MatchSubstringOptions options("\\A(?:" + pattern + ")\\z");
  DELTAIC_ASSIGN_OR_RETURN(
      const arrow::Datum out,
      arrow::compute::CallFunction("match_substring_regex",
                                   {arrow::Datum(std::make_shared<arrow::StringScalar>(""))},
                                   &options));
  return out.scalar_as<arrow::BooleanScalar>().value;
}

/// An empty pattern parts all characters.
Result<std::shared_ptr<arrow::Array>> SplitCharacters(const arrow::StringArray& texts,
                                                      int64_t limit) {
  const auto characters = std::make_shared<arrow::StringBuilder>();
  arrow::ListBuilder lists(arrow::default_memory_pool(), characters);
  for (int64_t row = 0; row < texts.length(); ++row) {
    if (texts.IsNull(row)) {
      DELTAIC_RETURN_IF_ERROR(lists.AppendNull());
      continue;
    }
    DELTAIC_RETURN_IF_ERROR(lists.Append());
    std::string_view rest = texts.GetView(row);
    int64_t parts = 1;
    do {
      const bool last = limit > 0 && parts == limit;
      const size_t end = last ? rest.size() : ByteOfCharacter(rest, 1);
      DELTAIC_RETURN_IF_ERROR(characters->Append(rest.substr(0, end)));
      rest.remove_prefix(end);
      ++parts;
    } while (!rest.empty());
  }
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> out, lists.Finish());
  return out;
}

/// Null for every row.
Outcome Nulls(const ColumnCall& call) {
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::DataType> type,
                           ToArrowType(*call.call.type()));
  return std::optional<arrow::Datum>(arrow::Datum(arrow::MakeNullScalar(type)));
}

}  // namespace

Outcome LowerColumn(const ColumnCall& call) {
  return AsOutcome(call, CallArrow("utf8_lower", {call.args[0]}));
}
Outcome UpperColumn(const ColumnCall& call) {
  return AsOutcome(call, CallArrow("utf8_upper", {call.args[0]}));
}

/// Of text; of bytes the definition counts.
Outcome LengthOfColumn(const ColumnCall& call) {
  if (call.args[0].type()->id() != arrow::Type::STRING) return std::optional<arrow::Datum>();
  return AsOutcome(call, CallArrow("utf8_length", {call.args[0]}));
}

Outcome MatchLikeIgnoringCase(const ColumnCall& call) {
  if (LiteralText(call, 1) == nullptr) return Nulls(call);
  DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum pattern, CallArrow("utf8_lower", {call.args[1]}));
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> texts, ArgAsArray(call, 0));
  DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum lower, CallArrow("utf8_lower", {texts}));
  DELTAIC_ASSIGN_OR_RETURN(arrow::Datum out,
                           Like(lower, pattern.scalar_as<arrow::StringScalar>().value->ToString()));
  return std::optional<arrow::Datum>(std::move(out));
}

Outcome MatchRegex(const ColumnCall& call) {
  const std::string* pattern = LiteralText(call, 1);
  return pattern == nullptr ? Nulls(call) : AsOutcome(Matches(call, *pattern));
}

Outcome ReplaceRegex(const ColumnCall& call) {
  const std::string* pattern = LiteralText(call, 1);
  const std::string* replacement = LiteralText(call, 2);
  if (pattern == nullptr || replacement == nullptr) return Nulls(call);
  DELTAIC_ASSIGN_OR_RETURN(const std::string converted, Re2Replacement(*replacement));
  return AsOutcome(Replaced(call, *pattern, converted));
}

/// The whole text is replaced by the group; where nothing matches, the result is empty.
Outcome ExtractRegex(const ColumnCall& call) {
  const std::string* pattern = LiteralText(call, 1);
  if (pattern == nullptr) return Nulls(call);
  const int64_t group = LiteralNumber(call, 2, 1);
  constexpr int64_t kMostGroups = 8;
  if (group < 0 || group > kMostGroups) {
    return Status::InvalidArgument(call.call.ToSql(), ": groups count from 0 to ", kMostGroups);
  }
  DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum found, Matches(call, *pattern));
  // Group 0, the match, becomes a group of its own. The shortest text before it keeps the match the
  // first one.
  const bool whole = group == 0;
  const std::string wrapped = Concat("\\A(?s:.*?)", whole ? "(" : "(?:", *pattern, ")(?s:.*)\\z");
  DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum replaced,
                           Replaced(call, wrapped, Concat("\\", whole ? 1 : group)));
  const arrow::Datum nothing(std::make_shared<arrow::StringScalar>(std::string()));
  return AsOutcome(call, CallArrow("if_else", {found, replaced, nothing}));
}

Outcome SplitByRegex(const ColumnCall& call) {
  const std::string* pattern = LiteralText(call, 1);
  if (pattern == nullptr) return Nulls(call);
  const int64_t limit = LiteralNumber(call, 2, -1);
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::DataType> type,
                           ToArrowType(*call.call.type()));
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> texts, ArgAsArray(call, 0));
  arrow::Datum lists;
  if (pattern->empty()) {
    DELTAIC_ASSIGN_OR_RETURN(
        lists, SplitCharacters(static_cast<const arrow::StringArray&>(*texts), limit));
  } else {
    DELTAIC_ASSIGN_OR_RETURN(const bool matches_nothing, MatchesNothing(*pattern));
    if (matches_nothing) {
      return Status::InvalidArgument(call.call.ToSql(),
                                     ": a pattern that matches the empty text parts nothing");
    }
    const arrow::compute::SplitPatternOptions options(*pattern, limit > 0 ? limit - 1 : -1);
    DELTAIC_ASSIGN_OR_RETURN(
        lists, Named(call, arrow::compute::CallFunction("split_pattern_regex", {texts}, &options)));
  }
  return AsOutcome(call, arrow::compute::Cast(lists, type));
}

}  // namespace deltaic::kernels
