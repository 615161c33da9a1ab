#include "ingest/registry/registry_client.h"

#include <algorithm>
#include <utility>

#include "ingest/avro/avro_values.h"
#include "net/curl_transport.h"
#include "net/digest.h"
#include "net/http_client.h"
#include "protocol/json.h"
#include "protocol/json_tree.h"
#include "storage/s3/s3_config.h"
#include "storage/s3/sigv4.h"
#include "table/clock.h"

namespace deltaic::ingest {
namespace {

constexpr int64_t kMostAnswerBytes = 16 << 20;
constexpr size_t kMostReferences = 1000;

/// Asks a registry, and says what an answer means.
class Asker {
 public:
  static Result<Asker> Make(const RegistryOptions& options) {
    Asker out;
    DELTAIC_ASSIGN_OR_RETURN(out.base_, ParseUrl(options.url));
    while (out.base_.path.ends_with('/')) out.base_.path.pop_back();
    ClientOptions client;
    client.allow_http = true;  // as registries inside a network mostly are
    client.certificate_path = options.ca_path;
    client.client_certificate_path = options.certificate_path;
    client.client_key_path = options.key_path;
    client.proxy_url = options.proxy;
    client.read_timeout = std::chrono::seconds(10);
    // Whoever asks tries again later by itself.
    const RetrySettings retry{.max_retries = 2};
    out.client_ = std::make_shared<const HttpClient>(SharedCurlTransport(client), retry);
    if (!options.token.empty()) {
      out.authorization_ = "Bearer " + options.token;
    } else if (!options.user.empty()) {
      out.authorization_ = "Basic " + Base64Encode(Concat(options.user, ':', options.password));
    }
    return out;
  }

  const std::string& path() const { return base_.path; }

  /// \param what  for messages, "schema 7".
  /// \retval kSchemaMismatch  the registry says that there is no such thing.
  Result<std::string> Get(const std::string& path, const std::string& what) const {
    HttpRequest request{.url = base_, .max_response_bytes = kMostAnswerBytes};
    request.url.path += path;
    request.headers.Add("Accept", "application/vnd.schemaregistry.v1+json, application/json, */*");
    if (!authorization_.empty()) request.headers.Add("Authorization", authorization_);
    Result<HttpResponse> answer = client_->Send(request, {}, {});
    const std::string where = Concat("schema registry ", base_.Origin());
    if (!answer.ok()) {
      const StatusCode code = answer.status().code();
      if (code == StatusCode::kCommitUnknown) {
        return Status::Unavailable(where, ": ", answer.status().message());
      }
      return answer.status().WithContext(where);
    }
    if (answer->is_success()) return std::move(answer->body);
    if (answer->status == 401 || answer->status == 403) {
      return Status::PermissionDenied(where, " refuses ", what, " with status ", answer->status,
                                      "; check user and password, token or certificate");
    }
    // A gateway's 404 is no registry's: that one says what is missing as JSON.
    const Result<Json> said = ParseJson(answer->body);
    if (answer->status == 404 && said.ok() && said->as_object() != nullptr) {
      return Status::SchemaMismatch(where, " has no ", what);
    }
    return Status::Unavailable(where, " answers ", what, " with status ", answer->status);
  }

  Result<Json> GetJson(const std::string& path, const std::string& what) const {
    DELTAIC_ASSIGN_OR_RETURN(const std::string body, Get(path, what));
    Result<Json> json = ParseJson(body);
    if (json.ok()) return json;
    return Status::Unavailable("schema registry ", base_.Origin(), " answers ", what,
                               " with what is no JSON");
  }

 private:
  Url base_;
  std::string authorization_;
  std::shared_ptr<const HttpClient> client_;
};

std::string Text(const Json& json, std::string_view name) {
  const Json* member = json.Find(name);
  if (member == nullptr) return {};
  if (const std::string* text = member->as_text()) return *text;
  const auto* number = std::get_if<int64_t>(&member->value);
  return number == nullptr ? std::string() : std::to_string(*number);
}

bool IsKnown(const RegisteredSchema& schema, const std::string& name) {
  return std::ranges::any_of(schema.references,
                             [&](const auto& known) { return known.first == name; });
}

class Confluent : public SchemaStore {
 public:
  Confluent(Asker asker, std::string subject)
      : asker_(std::move(asker)), subject_(std::move(subject)) {}

  Result<RegisteredSchemaPtr> Load(const SchemaKey& key) override {
    const std::string path =
        key.number >= 0     ? Concat("/schemas/ids/", key.number)
        : !key.guid.empty() ? Concat("/schemas/guids/", FormatUuid(key.guid))
                            : Concat("/subjects/", UriEncode(subject_, false), "/versions/latest");
    const std::string what =
        key.number < 0 && key.guid.empty() ? Concat("subject ", subject_) : key.ToString();
    DELTAIC_ASSIGN_OR_RETURN(const Json json, asker_.GetJson(path, what));
    auto out = std::make_shared<RegisteredSchema>();
    out->type = Text(json, "schemaType");
    if (out->type.empty()) out->type = "AVRO";
    out->text = Text(json, "schema");
    size_t asked = 0;
    DELTAIC_RETURN_IF_ERROR(AddReferences(json, *out, asked));
    return RegisteredSchemaPtr(std::move(out));
  }

 private:
  Status AddReferences(const Json& json, RegisteredSchema& out, size_t& asked) {
    const Json* list = json.Find("references");
    if (list == nullptr || list->as_array() == nullptr) return Status();
    for (const Json& reference : *list->as_array()) {
      const std::string name = Text(reference, "name"), subject = Text(reference, "subject");
      if (IsKnown(out, name)) continue;
      if (++asked > kMostReferences) return Status::SchemaMismatch("a schema of too many others");
      DELTAIC_ASSIGN_OR_RETURN(const Json other,
                               asker_.GetJson(Concat("/subjects/", UriEncode(subject, false),
                                                     "/versions/", Text(reference, "version")),
                                              Concat("subject ", subject)));
      DELTAIC_RETURN_IF_ERROR(AddReferences(other, out, asked));
      if (!IsKnown(out, name)) out.references.emplace_back(name, Text(other, "schema"));
    }
    return Status();
  }

  const Asker asker_;
  const std::string subject_;
};

class Apicurio : public SchemaStore {
 public:
  Apicurio(Asker asker, bool by_global_id, std::string subject)
      : asker_(std::move(asker)),
        by_global_id_(by_global_id),
        is_v2_(asker_.path().ends_with("/v2")),
        subject_(std::move(subject)) {}

  Result<RegisteredSchemaPtr> Load(const SchemaKey& key) override {
    if (key.number < 0 && !key.guid.empty()) {
      return Status::SchemaMismatch("Apicurio has no schemas by GUID");
    }
    const std::string ids =
        Concat(by_global_id_ ? "/ids/globalIds/" : "/ids/contentIds/", key.number);
    const std::string path = key.number >= 0 ? ids : Artifact("default", subject_, "");
    auto out = std::make_shared<RegisteredSchema>();
    DELTAIC_ASSIGN_OR_RETURN(out->text, asker_.Get(path, key.ToString()));
    size_t asked = 0;
    if (key.number >= 0) {
      DELTAIC_ASSIGN_OR_RETURN(const Json list,
                               asker_.GetJson(ids + "/references", key.ToString()));
      DELTAIC_RETURN_IF_ERROR(AddReferences(list, *out, asked));
    }
    return RegisteredSchemaPtr(std::move(out));
  }

 private:
  std::string Artifact(const std::string& group, const std::string& id,
                       const std::string& version) const {
    const std::string artifact =
        Concat("/groups/", UriEncode(group, false), "/artifacts/", UriEncode(id, false));
    if (is_v2_) return version.empty() ? artifact : Concat(artifact, "/versions/", version);
    return Concat(artifact, "/versions/", version.empty() ? "branch=latest" : version, "/content");
  }

  Status AddReferences(const Json& list, RegisteredSchema& out, size_t& asked) {
    if (list.as_array() == nullptr) return Status();
    for (const Json& reference : *list.as_array()) {
      const std::string name = Text(reference, "name"), id = Text(reference, "artifactId");
      std::string group = Text(reference, "groupId");
      if (group.empty()) group = "default";
      if (IsKnown(out, name)) continue;
      if (++asked > kMostReferences) return Status::SchemaMismatch("a schema of too many others");
      const std::string version = UriEncode(Text(reference, "version"), false);
      const std::string content = Artifact(group, id, version);
      DELTAIC_ASSIGN_OR_RETURN(std::string text, asker_.Get(content, Concat("artifact ", id)));
      const std::string base =
          is_v2_ ? content
                 : content.substr(0, content.size() - std::string_view("/content").size());
      DELTAIC_ASSIGN_OR_RETURN(const Json inner,
                               asker_.GetJson(base + "/references", Concat("artifact ", id)));
      DELTAIC_RETURN_IF_ERROR(AddReferences(inner, out, asked));
      if (!IsKnown(out, name)) out.references.emplace_back(name, std::move(text));
    }
    return Status();
  }

  const Asker asker_;
  const bool by_global_id_, is_v2_;
  const std::string subject_;
};

class Glue : public SchemaStore {
 public:
  static Result<std::unique_ptr<SchemaStore>> Open(const RegistryOptions& options) {
    auto out = std::make_unique<Glue>();
    DELTAIC_ASSIGN_OR_RETURN(out->config_,
                             ReadS3Config("unused", options.storage, ProcessEnvironment()));
    // Only for a test's server; AWS's own otherwise.
    const std::string url = options.url.starts_with("http")
                                ? options.url
                                : Concat("https://glue.", out->config_.region, ".amazonaws.com");
    DELTAIC_ASSIGN_OR_RETURN(out->url_, ParseUrl(url));
    ClientOptions client = out->config_.client;
    client.allow_http = client.allow_http || url.starts_with("http://");
    out->client_ = std::make_shared<const HttpClient>(SharedCurlTransport(client),
                                                      RetrySettings{.max_retries = 2});
    return std::unique_ptr<SchemaStore>(std::move(out));
  }

  Result<RegisteredSchemaPtr> Load(const SchemaKey& key) override {
    if (key.guid.size() != 16) return Status::SchemaMismatch("Glue has schemas by UUID only");
    const std::string body = Concat("{\"SchemaVersionId\":\"", FormatUuid(key.guid), "\"}");
    HttpRequest request{.method = "POST", .url = url_, .max_response_bytes = kMostAnswerBytes};
    request.body = body;
    request.headers.Add("Content-Type", "application/x-amz-json-1.1");
    request.headers.Add("X-Amz-Target", "AWSGlue.GetSchemaVersion");
    DELTAIC_ASSIGN_OR_RETURN(const std::string digest, Sha256(body));
    RequestPolicy policy;
    policy.authorize = [&](HttpRequest& attempt, const IoContext& context) -> Status {
      DELTAIC_ASSIGN_OR_RETURN(const AwsCredentials keys, config_.credentials->Get(context));
      return SignV4(attempt, keys, {config_.region, "glue", NowMs() / 1000}, HexOf(digest));
    };
    Result<HttpResponse> answer = client_->Send(request, policy, {});
    if (!answer.ok()) {
      const StatusCode code = answer.status().code();
      if (code == StatusCode::kCommitUnknown) {
        return Status::Unavailable("AWS Glue: ", answer.status().message());
      }
      return answer.status().WithContext("AWS Glue");
    }
    const Result<Json> json = ParseJson(answer->body);
    const std::string kind = json.ok() ? Text(*json, "__type") : std::string();
    if (kind.ends_with("EntityNotFoundException")) {
      return Status::SchemaMismatch("AWS Glue has no ", key.ToString());
    }
    if (kind.ends_with("AccessDeniedException") || kind.ends_with("UnrecognizedClientException") ||
        answer->status == 403) {
      return Status::PermissionDenied("AWS Glue refuses ", key.ToString(),
                                      ": glue:GetSchemaVersion is needed");
    }
    if (!answer->is_success() || !json.ok()) {
      return Status::Unavailable("AWS Glue answers ", key.ToString(), " with status ",
                                 answer->status);
    }
    auto out = std::make_shared<RegisteredSchema>();
    out->type = Text(*json, "DataFormat");
    out->text = Text(*json, "SchemaDefinition");
    return RegisteredSchemaPtr(std::move(out));
  }

 private:
  static std::string HexOf(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const char byte : bytes) {
      out += kDigits[static_cast<unsigned char>(byte) >> 4];
      out += kDigits[static_cast<unsigned char>(byte) & 15];
    }
    return out;
  }

  S3Config config_;
  Url url_;
  std::shared_ptr<const HttpClient> client_;
};

}  // namespace

Result<std::unique_ptr<SchemaStore>> OpenRegistry(const RegistryOptions& options) {
  if (options.kind == RegistryKind::kGlue) return Glue::Open(options);
  DELTAIC_ASSIGN_OR_RETURN(Asker asker, Asker::Make(options));
  if (options.kind == RegistryKind::kApicurio) {
    return std::unique_ptr<SchemaStore>(
        std::make_unique<Apicurio>(std::move(asker), options.by_global_id, options.subject));
  }
  return std::unique_ptr<SchemaStore>(
      std::make_unique<Confluent>(std::move(asker), options.subject));
}

}  // namespace deltaic::ingest
