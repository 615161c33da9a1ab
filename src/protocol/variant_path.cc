#include "protocol/variant_path.h"

#include <charconv>
#include <utility>

namespace deltaic {
namespace {

/// Takes one step off the front of `rest`; nullopt where none begins so.
std::optional<VariantStep> TakeStep(std::string_view& rest) {
  if (rest.starts_with('.')) {
    const std::string_view name = rest.substr(1, rest.find_first_of(".[", 1) - 1);
    if (name.empty()) return std::nullopt;
    rest.remove_prefix(1 + name.size());
    return VariantStep{std::string(name)};
  }
  for (const char quote : {'\'', '"'}) {
    const std::string open{'[', quote}, close{quote, ']'};
    if (!rest.starts_with(open)) continue;
    const size_t end = rest.find(quote, open.size());
    if (end == std::string_view::npos || !rest.substr(end).starts_with(close)) return std::nullopt;
    VariantStep step{std::string(rest.substr(open.size(), end - open.size()))};
    rest.remove_prefix(end + close.size());
    return step;
  }
  if (!rest.starts_with('[')) return std::nullopt;
  int32_t index = 0;
  const auto [end, error] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), index);
  const auto length = static_cast<size_t>(end - rest.data());
  if (error != std::errc() || index < 0 || !rest.substr(length).starts_with(']')) {
    return std::nullopt;
  }
  rest.remove_prefix(length + 1);
  return VariantStep{"", index};
}

Result<std::optional<VariantValue>> FindMember(const VariantMetadata& metadata,
                                               const VariantValue& value, const VariantStep& step) {
  const bool is_field = step.index < 0;
  std::optional<VariantValue> found;
  if (value.type() != (is_field ? VariantType::kObject : VariantType::kArray)) return found;
  if (!is_field && step.index >= value.num_members()) return found;
  VariantMembers members(value);
  for (int64_t i = 0;; ++i) {
    DELTAIC_ASSIGN_OR_RETURN(const bool more, members.Next());
    if (!more) return found;
    if (is_field) {
      DELTAIC_ASSIGN_OR_RETURN(const std::string_view name, metadata.Name(members.field_id()));
      if (name != step.field) continue;
    } else if (i != step.index) {
      continue;
    }
    found = members.value();
    return found;
  }
}

}  // namespace

Result<std::vector<VariantStep>> ParseVariantPath(std::string_view text) {
  std::vector<VariantStep> steps;
  std::string_view rest = text;
  bool valid = rest.starts_with('$');
  if (valid) rest.remove_prefix(1);
  while (valid && !rest.empty()) {
    std::optional<VariantStep> step = TakeStep(rest);
    valid = step.has_value();
    if (valid) steps.push_back(*std::move(step));
  }
  if (valid) return steps;
  return Status::InvalidArgument("'", text, "' is no path into a variant; one is '$', then any of ",
                                 ".name, ['name'] and [0]");
}

std::string FormatVariantPath(const std::vector<VariantStep>& steps) {
  std::string out = "$";
  for (const VariantStep& step : steps) {
    if (step.index >= 0) {
      out += Concat('[', step.index, ']');
      continue;
    }
    const char quote = step.field.find('\'') == std::string::npos ? '\'' : '"';
    out += Concat('[', quote, step.field, quote, ']');
  }
  return out;
}

Result<std::optional<VariantValue>> FindInVariant(const VariantMetadata& metadata,
                                                  const VariantValue& value,
                                                  const std::vector<VariantStep>& steps) {
  std::optional<VariantValue> at = value;
  for (const VariantStep& step : steps) {
    DELTAIC_ASSIGN_OR_RETURN(at, FindMember(metadata, *at, step));
    if (!at) break;
  }
  return at;
}

}  // namespace deltaic
