#include "expr/json_options.h"

#include <string>

#include "expr/function_definition.h"
#include "expr/sql_words.h"

namespace deltaic {
namespace {

Result<std::string> TextOf(const Expr& arg) {
  if (arg.kind() == ExprKind::kLiteral) {
    if (const auto* text = std::get_if<std::string>(&arg.value())) return *text;
  }
  return Status::InvalidArgument("the options of TO_JSON are texts, not ", arg.ToSql());
}

Status SetFlag(bool& flag, const std::string& name, const std::string& text) {
  const std::string word = UpperAscii(text);
  if (word != "TRUE" && word != "FALSE") {
    return Status::InvalidArgument("TO_JSON's option ", name, " is true or false, not ", text);
  }
  flag = word == "TRUE";
  return Status();
}

Status SetPattern(std::optional<DateTimePattern>& pattern, const std::string& text) {
  DELTAIC_ASSIGN_OR_RETURN(pattern, DateTimePattern::Parse(text));
  return Status();
}

Status SetZone(std::optional<TimeZonePtr>& zone, const std::string& text) {
  zone = TimeZone::Fixed(text);
  if (zone) return Status();
  return Status::Unsupported("TO_JSON's option timeZone takes UTC and offsets such as +02:00, not ",
                             text, "; name regions as the time zone of the whole call");
}

Status SetOption(JsonOptions& out, const std::string& name, const std::string& text) {
  const std::string word = UpperAscii(name);
  if (word == "IGNORENULLFIELDS") return SetFlag(out.ignore_null_fields, name, text);
  if (word == "DATEFORMAT") return SetPattern(out.date, text);
  if (word == "TIMESTAMPFORMAT") return SetPattern(out.timestamp, text);
  if (word == "TIMESTAMPNTZFORMAT") return SetPattern(out.timestamp_ntz, text);
  if (word == "TIMEZONE") return SetZone(out.zone, text);
  return Status::Unsupported("TO_JSON has no option ", name,
                             " here; it has ignoreNullFields, dateFormat, timestampFormat, "
                             "timestampNTZFormat and timeZone");
}

}  // namespace

Result<JsonOptions> JsonOptions::Of(const Expr& map) {
  const bool is_map = map.kind() == ExprKind::kCall && map.function() == Function::kNamed &&
                      map.definition()->name == "MAP" && !map.args().empty();
  if (!is_map) {
    return Status::InvalidArgument("TO_JSON takes its options as MAP('name', 'value'), not ",
                                   map.ToSql());
  }
  JsonOptions out;
  for (size_t i = 0; i + 1 < map.args().size(); i += 2) {
    DELTAIC_ASSIGN_OR_RETURN(const std::string name, TextOf(*map.args()[i]));
    DELTAIC_ASSIGN_OR_RETURN(const std::string text, TextOf(*map.args()[i + 1]));
    DELTAIC_RETURN_IF_ERROR(SetOption(out, name, text));
  }
  return out;
}

}  // namespace deltaic
