#include "capi/option_table.h"

#include <algorithm>

#include "expr/nearest_name.h"

namespace deltaic::capi {
namespace {

/// "property." for "property.KEY"; empty for a key that stands for itself.
std::string_view FamilyPrefix(const OptionDoc& doc) {
  const std::string_view key = doc.key;
  const size_t dot = key.rfind('.');
  if (dot == std::string_view::npos) return {};
  const std::string_view name = key.substr(dot + 1);
  const bool stands_for_names =
      std::ranges::all_of(name, [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
  return stands_for_names ? key.substr(0, dot + 1) : std::string_view();
}

bool Covers(const OptionDoc& doc, std::string_view key) {
  const std::string_view prefix = FamilyPrefix(doc);
  if (prefix.empty()) return key == doc.key;
  return key.size() > prefix.size() && key.starts_with(prefix);
}

}  // namespace

std::vector<GivenOption> GivenOptions(const deltaic_options* given, const OptionDoc& doc) {
  std::vector<GivenOption> out;
  if (given == nullptr) return out;
  const size_t prefix = FamilyPrefix(doc).size();
  for (const auto& [key, values] : given->values) {
    if (Covers(doc, key)) out.push_back({key, prefix == 0 ? "" : key.substr(prefix), values});
  }
  return out;
}

Status CheckKeys(std::string_view call, const deltaic_options* given,
                 const std::vector<OptionDoc>& known) {
  if (given == nullptr) return Status();
  for (const auto& [key, values] : given->values) {
    bool is_known = false;
    std::vector<std::string_view> keys;
    for (const OptionDoc& doc : known) {
      is_known = is_known || Covers(doc, key);
      keys.push_back(doc.key);
    }
    if (is_known) continue;
    const std::string_view nearest = NearestName(key, keys);
    if (!nearest.empty()) {
      return Status::InvalidArgument("unknown option '", key, "' of ", call, "; did you mean ",
                                     nearest, "?");
    }
    std::string all;
    for (const std::string_view name : keys) all += Concat(all.empty() ? "" : ", ", name);
    return Status::InvalidArgument("unknown option '", key, "' of ", call,
                                   all.empty() ? "" : "; there are: ", all);
  }
  return Status();
}

Result<CancellationToken> BeginCall(std::string_view call, const deltaic_options* given) {
  DELTAIC_RETURN_IF_ERROR(CheckKeys(call, given, {}));
  CancellationToken cancel = CancellationOf(given);
  DELTAIC_RETURN_IF_ERROR(cancel.Check());
  return cancel;
}

}  // namespace deltaic::capi
