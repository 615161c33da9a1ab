#include "catalog/unity_answer.h"

#include <simdjson.h>

#include <array>

#include "catalog/catalog_json.h"

namespace deltaic {
namespace {

using simdjson::dom::element;

/// A member that is a text; "" where it is none.
std::string Text(const element& object, std::string_view member) {
  std::string_view out;
  if (object[member].get(out) != simdjson::SUCCESS) return "";
  return std::string(out);
}

/// One kind of credentials, and what its parts are called there and here.
struct Kind {
  std::string_view member;
  std::array<std::pair<std::string_view, std::string_view>, 3> parts;
};

constexpr std::array<Kind, 5> kKinds = {{
    {"aws_temp_credentials",
     {{{"access_key_id", "aws_access_key_id"},
       {"secret_access_key", "aws_secret_access_key"},
       {"session_token", "aws_session_token"}}}},
    {"r2_temp_credentials",
     {{{"access_key_id", "aws_access_key_id"},
       {"secret_access_key", "aws_secret_access_key"},
       {"session_token", "aws_session_token"}}}},
    {"azure_user_delegation_sas", {{{"sas_token", "azure_storage_sas_token"}, {}, {}}}},
    {"azure_aad", {{{"aad_token", "azure_storage_token"}, {}, {}}}},
    {"gcp_oauth_token", {{{"oauth_token", "google_bearer_token"}, {}, {}}}},
}};

}  // namespace

Result<UnityTable> ParseUnityTable(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS || !root.is_object())
    return Status::Io("the answer is no JSON object");
  const std::string type = Text(root, "table_type");
  if (type == "VIEW" || type == "MATERIALIZED_VIEW" || type == "METRIC_VIEW") {
    return Status::Unsupported("it is of type ", type,
                               ", which has no files to read; name the tables behind it");
  }
  const std::string format = Text(root, "data_source_format");
  if (!format.empty() && format != "DELTA")
    return Status::Unsupported("its format is ", OneLine(format), ", not DELTA");
  UnityTable out{Text(root, "table_id"), Text(root, "storage_location")};
  if (out.location.empty()) return Status::Io("the answer names no storage_location");
  return out;
}

Result<FreshOptions> ParseUnityCredentials(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS || !root.is_object())
    return Status::Io("the answer is no JSON object");
  FreshOptions out;
  for (const Kind& kind : kKinds) {
    element part;
    if (root[kind.member].get(part) != simdjson::SUCCESS || !part.is_object()) continue;
    for (const auto& [theirs, ours] : kind.parts) {
      if (theirs.empty()) continue;
      if (std::string value = Text(part, theirs); !value.empty())
        out.options.emplace(ours, std::move(value));
    }
  }
  if (out.options.empty()) {
    return Status::Unsupported(
        "the answer holds no credentials that this build knows (of S3, R2, Azure and Google Cloud "
        "Storage)");
  }
  int64_t expires_ms = 0;
  if (root["expiration_time"].get(expires_ms) == simdjson::SUCCESS && expires_ms > 0)
    out.expires = expires_ms / 1'000;
  return out;
}

Status UnityStatus(int status, std::string_view json, std::string_view what) {
  simdjson::dom::parser parser;
  element root;
  std::string code;
  std::string message;
  if (parser.parse(json.data(), json.size()).get(root) == simdjson::SUCCESS && root.is_object()) {
    code = OneLine(Text(root, "error_code"));
    message = OneLine(Text(root, "message"));
  }
  const std::string said =
      Concat(what, ": the catalog answers HTTP ", status, code.empty() ? "" : " ", code,
             message.empty() ? "" : ": ", message);
  if (status == 401) {
    return Status::PermissionDenied(
        said,
        "; give a token that is still good as databricks_token, or databricks_client_id and "
        "databricks_client_secret");
  }
  if (status == 403) {
    return Status::PermissionDenied(
        said,
        "; reading takes USE CATALOG, USE SCHEMA, SELECT and EXTERNAL USE SCHEMA, writing MODIFY "
        "besides");
  }
  if (status == 404)
    return Status::NotFound(said, "; check the names of catalog, schema and table, and the host");
  if (status == 408 || status == 429 || status >= 500)
    return Status::Unavailable(said, "; try again");
  if (status >= 300 && status < 400)
    return Status::Io(said, ", a redirect, which is not followed; check databricks_host");
  return Status::Io(said);
}

}  // namespace deltaic
