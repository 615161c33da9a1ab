#include "protocol/row_tracking.h"

#include "protocol/json_fields.h"

namespace deltaic {
namespace {

struct Configuration {
  std::optional<int64_t> high_water_mark;
};

constexpr json::Field<Configuration> kFields[] = {
    json::Member<&Configuration::high_water_mark>("rowIdHighWaterMark"),
};

Status Read(std::string_view text, Configuration& out) {
  json::ParserLease lease;
  DELTAIC_ASSIGN_OR_RETURN(auto document, lease.Start(text));
  DELTAIC_RETURN_IF_ERROR(json::ReadFields<Configuration>(document, kFields, out));
  return json::CheckEnd(document);
}

}  // namespace

std::optional<int64_t> ParseRowIdHighWaterMark(std::string_view configuration) {
  Configuration out;
  return Read(configuration, out).ok() ? out.high_water_mark : std::nullopt;
}

std::string FormatRowIdHighWaterMark(int64_t high_water_mark) {
  JsonWriter out;
  json::WriteFields<Configuration>(out, kFields, Configuration{high_water_mark});
  return out.Take();
}

}  // namespace deltaic
