#include "ingest/transform/transforms.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "ingest/decode/base64.h"
#include "ingest/source/kafka_source.h"

namespace deltaic::ingest {
namespace {

constexpr std::string_view kPrefix = "kafka.";
constexpr std::string_view kHeaders = "headers.";

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Json TextOrBase64(std::string_view bytes) {
  return simdjson::validate_utf8(bytes) ? Json(std::string(bytes)) : Json(EncodeBase64(bytes));
}

Json AllHeaders(const MessageContext& input) {
  rd_kafka_headers_t* headers = nullptr;
  if (input.message->raw == nullptr ||
      input.api->message_headers(input.message->raw, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Json();
  }
  JsonObject out;
  const char* key = nullptr;
  const void* value = nullptr;
  size_t size = 0;
  for (size_t i = 0;
       input.api->header_get_all(headers, i, &key, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    Json text;
    if (value != nullptr) text = TextOrBase64({static_cast<const char*>(value), size});
    const auto same =
        std::ranges::find(out, std::string_view(key), [](const auto& m) { return m.first; });
    if (same == out.end()) {
      out.emplace_back(key, std::move(text));
    } else {
      same->second = std::move(text);
    }
  }
  return Json(std::move(out));
}

Json FromKafka(std::string_view what, const MessageContext& input) {
  const Message& message = *input.message;
  if (what == "offset") return Json(message.offset);
  if (what == "partition") return Json(int64_t{message.partition});
  if (what == "topic") return Json(std::string(input.topic));
  if (what == "timestamp") {
    return message.timestamp_ms < 0 ? Json() : Json(message.timestamp_ms * 1000);
  }
  if (what == "timestamp_type") return Json(int64_t{message.timestamp_type});
  if (what == "headers") return AllHeaders(input);
  if (what == "key") return message.has_key ? TextOrBase64(message.key) : Json();
  const auto header = input.Header(what.substr(kHeaders.size()));
  return header ? TextOrBase64(*header) : Json();
}

/// `in` with `value` at `property`, making objects on the way.
Result<Json> With(const Json& in, const std::vector<std::string>& property, size_t at, Json value) {
  if (at == property.size()) return value;
  if (!in.is_null() && in.as_object() == nullptr) {
    return Status::SchemaMismatch(property[at - 1], " is no object, so it cannot have a member ",
                                  property[at]);
  }
  JsonObject object = in.is_null() ? JsonObject() : *in.as_object();
  const auto same =
      std::ranges::find(object, property[at], [](const auto& member) { return member.first; });
  DELTAIC_ASSIGN_OR_RETURN(Json member, With(same == object.end() ? Json() : same->second, property,
                                             at + 1, std::move(value)));
  if (same == object.end()) {
    object.emplace_back(property[at], std::move(member));
  } else {
    same->second = std::move(member);
  }
  return Json(std::move(object));
}

}  // namespace

Result<Transforms> Transforms::Make(const std::vector<std::string>& rules,
                                    const std::string& filter) {
  Transforms out;
  for (const std::string& text : rules) {
    const size_t colon = text.find(':');
    Rule rule{.text = text};
    const std::string_view source = Trimmed(
        std::string_view(text).substr(colon == std::string::npos ? text.size() : colon + 1));
    std::string_view property = Trimmed(std::string_view(text).substr(0, colon));
    if (property.empty() || source.empty()) {
      return Status::InvalidArgument("--transform ", text, ": expected PROPERTY: SOURCE");
    }
    while (true) {
      const size_t dot = property.find('.');
      rule.property.emplace_back(property.substr(0, dot));
      if (rule.property.back().empty()) {
        return Status::InvalidArgument("--transform ", text, ": a name is missing beside a dot");
      }
      if (dot == std::string_view::npos) break;
      property.remove_prefix(dot + 1);
    }
    if (source.starts_with(kPrefix)) {
      rule.kafka = source.substr(kPrefix.size());
      if (!MetadataOf(rule.kafka)) {
        return Status::InvalidArgument(
            "--transform ", text, ": there is no ", source,
            "; there are kafka.offset, partition, "
            "topic, timestamp, timestamp_type, key, headers and headers.NAME");
      }
    } else {
      Result<JmesPath> path = JmesPath::Parse(source);
      if (!path.ok()) return path.status().WithContext(Concat("--transform ", text));
      rule.path = *std::move(path);
    }
    out.rules_.push_back(std::move(rule));
  }
  if (!filter.empty()) {
    Result<JmesPath> path = JmesPath::Parse(filter);
    if (!path.ok()) return path.status().WithContext("--filter");
    out.filter_ = *std::move(path);
  }
  return out;
}

std::optional<std::vector<Transforms::MetadataRule>> Transforms::MetadataRules() const {
  std::vector<MetadataRule> out;
  if (filter_) return std::nullopt;
  for (const Rule& rule : rules_) {
    const auto what = MetadataOf(rule.kafka);
    if (rule.path || !what || rule.property.size() != 1) return std::nullopt;
    MetadataRule made{.column = rule.property[0], .what = *what, .header = {}};
    if (*what == Metadata::kHeader) made.header = rule.kafka.substr(kHeaders.size());
    out.push_back(std::move(made));
  }
  return out;
}

Result<bool> Transforms::Apply(std::string_view json, const MessageContext& input,
                               std::string& out) const {
  DELTAIC_ASSIGN_OR_RETURN(const Json document, ParseJson(json));
  if (document.as_object() == nullptr) return Status::Corruption("not a JSON object");
  if (filter_) {
    const Result<Json> holds = filter_->Search(document);
    if (!holds.ok()) return holds.status().WithContext("--filter");
    if (!IsTrueLike(*holds)) return false;
  }
  Json result = document;
  for (const Rule& rule : rules_) {
    const auto apply = [&]() -> Status {
      Json value;
      if (rule.path) {
        DELTAIC_ASSIGN_OR_RETURN(value, rule.path->Search(document));
      } else {
        value = FromKafka(rule.kafka, input);
      }
      if (value.is_null()) return Status();
      DELTAIC_ASSIGN_OR_RETURN(result, With(result, rule.property, 0, std::move(value)));
      return Status();
    };
    DELTAIC_RETURN_IF_ERROR(apply().WithContext(Concat("transform ", rule.text)));
  }
  out.clear();
  AppendJson(out, result);
  return true;
}

}  // namespace deltaic::ingest
