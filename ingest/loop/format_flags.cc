#include "ingest/loop/format_flags.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace deltaic::ingest {
namespace {

Result<std::string> ReadFile(std::string_view flag, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (file && text) return std::move(text).str();
  return Status::InvalidArgument(flag, ": the file ", path, " cannot be read");
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

bool IsUrl(const std::string& text) {
  return text.starts_with("http://") || text.starts_with("https://") || text == "glue";
}

}  // namespace

void FormatFlags::AddTo(CLI::App& app) {
  const auto group = "Format";
  app.add_option("--format", format_,
                 "json, avro, protobuf, raw or text; otherwise what the flags below say, else json")
      ->check(CLI::IsMember({"json", "avro", "protobuf", "raw", "text"}))
      ->group(group);
  app.add_option("--json", json_, "Payloads are JSON behind a schema id of this registry")
      ->envname("JSON_REGISTRY")
      ->group(group);
  app.add_option("--avro", avro_,
                 "Payloads are Avro: URL of the schema registry, \"glue\", or a schema file")
      ->envname("AVRO_REGISTRY")
      ->group(group);
  app.add_flag("--soe-avro,--soe_avro", soe_avro_,
               "Avro payloads are single objects; --avro names schema files, a,b")
      ->group(group);
  app.add_option("--protobuf", protobuf_,
                 "Payloads are Protobuf: URL of the schema registry, a .proto or descriptor file")
      ->envname("PROTOBUF_REGISTRY")
      ->group(group);
  app.add_option("--message", message_, "The Protobuf message, by its full name")->group(group);
  app.add_option("--reader-schema", reader_schema_,
                 "File of the reader's Avro schema: aliases and defaults")
      ->group(group);
  app.add_option("--registry-style", style_,
                 "confluent, apicurio, apicurio-global-id, glue, or auto: by the URL")
      ->check(CLI::IsMember({"auto", "confluent", "apicurio", "apicurio-global-id", "glue"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--subject", subject_,
                 "Payloads have no schema id: they are of this subject's newest schema")
      ->group(group);
  app.add_option("--registry-setting", settings_,
                 "user, password, token, ca, certificate, key, proxy or an option of AWS, "
                 "KEY=VALUE; repeatable")
      ->allow_extra_args(false)
      ->group(group);
}

Status FormatFlags::ReadRegistry(const std::string& topic, FormatOptions& out) const {
  RegistryOptions& registry = out.registry;
  registry.user = Environment("SCHEMA_REGISTRY_USERNAME");
  registry.password = Environment("SCHEMA_REGISTRY_PASSWORD");
  registry.token = Environment("SCHEMA_REGISTRY_TOKEN");
  registry.proxy = Environment("SCHEMA_REGISTRY_PROXY");
  const std::pair<std::string_view, std::string*> known[] = {
      {"user", &registry.user},
      {"password", &registry.password},
      {"token", &registry.token},
      {"ca", &registry.ca_path},
      {"certificate", &registry.certificate_path},
      {"key", &registry.key_path},
      {"proxy", &registry.proxy}};
  for (const std::string& text : settings_) {
    const size_t at = text.find('=');
    if (at == std::string::npos || at == 0) {
      return Status::InvalidArgument("--registry-setting: expected KEY=VALUE");
    }
    const std::string name = text.substr(0, at);
    std::string* to = nullptr;
    for (const auto& [key, value] : known) {
      if (key == name) to = value;
    }
    if (to != nullptr) {
      *to = text.substr(at + 1);
    } else if (name.starts_with("aws_")) {
      registry.storage[name] = text.substr(at + 1);
    } else {
      return Status::InvalidArgument("--registry-setting: there is no ", name);
    }
  }
  registry.subject = subject_.empty() ? topic + "-value" : subject_;
  std::string style = style_;
  if (style == "auto") {
    const bool is_native = registry.url.find("/apis/registry/v") != std::string::npos;
    style = registry.url == "glue" ? "glue" : is_native ? "apicurio" : "confluent";
  }
  out.frame = FrameStyle::kConfluent;
  if (style == "glue") {
    registry.kind = RegistryKind::kGlue;
    out.frame = FrameStyle::kGlue;
  } else if (style.starts_with("apicurio")) {
    registry.kind = RegistryKind::kApicurio;
    registry.by_global_id = style == "apicurio-global-id";
    if (registry.by_global_id) out.frame = FrameStyle::kApicurioLong;
  }
  if (!subject_.empty()) out.frame = FrameStyle::kNone;
  return Status();
}

Status FormatFlags::ReadSource(FormatOptions& out) const {
  const std::string& source = out.kind == PayloadKind::kAvro ? avro_ : protobuf_;
  const std::string_view flag = out.kind == PayloadKind::kAvro ? "--avro" : "--protobuf";
  if (source.empty()) {
    return Status::InvalidArgument(flag,
                                   ": the schema registry's URL, or a schema file, is missing");
  }
  if (IsUrl(source)) {
    out.has_registry = true;
    out.registry.url = source;
    return Status();
  }
  std::istringstream paths(soe_avro_ ? source : std::string());
  std::string path = source;
  if (soe_avro_) std::getline(paths, path, ',');
  do {
    DELTAIC_ASSIGN_OR_RETURN(std::string text, ReadFile(flag, path));
    out.schema_files.push_back(std::move(text));
  } while (soe_avro_ && std::getline(paths, path, ','));
  return Status();
}

Result<FormatOptions> FormatFlags::Finish(const std::string& topic) const {
  FormatOptions out;
  const int named = (json_.empty() ? 0 : 1) + (avro_.empty() ? 0 : 1) + (protobuf_.empty() ? 0 : 1);
  if (named > 1) {
    return Status::InvalidArgument("--json, --avro and --protobuf exclude each other");
  }
  if (soe_avro_ && avro_.empty()) {
    return Status::InvalidArgument("--soe-avro needs --avro with the schema's file");
  }
  std::string format = format_;
  if (format.empty()) format = !avro_.empty() ? "avro" : !protobuf_.empty() ? "protobuf" : "json";
  if (format == "json" && !json_.empty()) {
    if (!IsUrl(json_)) return Status::InvalidArgument("--json: expected the URL of a registry");
    out.registry.url = json_;
    DELTAIC_RETURN_IF_ERROR(ReadRegistry(topic, out));
    return out;
  }
  if (format == "json") return out;
  if (format == "raw" || format == "text") {
    out.kind = format == "raw" ? PayloadKind::kRaw : PayloadKind::kText;
    if (named > 0) return Status::InvalidArgument("--format ", format, " needs no schema");
    return out;
  }
  out.kind = format == "avro" ? PayloadKind::kAvro : PayloadKind::kProtobuf;
  out.message_type = message_;
  DELTAIC_RETURN_IF_ERROR(ReadSource(out));
  if (out.has_registry) DELTAIC_RETURN_IF_ERROR(ReadRegistry(topic, out));
  if (soe_avro_ && out.has_registry) {
    return Status::InvalidArgument(
        "--soe-avro: a registry has no schemas by fingerprint; give files");
  }
  if (soe_avro_) out.frame = FrameStyle::kSingleObject;
  if (!reader_schema_.empty()) {
    DELTAIC_ASSIGN_OR_RETURN(out.reader_schema, ReadFile("--reader-schema", reader_schema_));
  }
  return out;
}

}  // namespace deltaic::ingest
