#include "storage/gcs/google_credential_file.h"

#include <simdjson.h>

#include <optional>

#include "net/digest.h"

namespace deltaic {
namespace {

using simdjson::dom::element;

constexpr int kMaxImpersonations = 4;
constexpr std::string_view kTokenUri = "https://oauth2.googleapis.com/token";

/// Members of one file, read with the name of the file for messages.
class Members {
 public:
  Members(element object, std::string_view name) : object_(object), name_(name) {}

  std::string Optional(std::string_view member, std::string_view otherwise = {}) const {
    std::string_view out;
    return std::string(object_[member].get(out) == simdjson::SUCCESS ? out : otherwise);
  }

  Status Required(std::string_view member, std::string& out) const {
    out = Optional(member);
    if (!out.empty()) return Status();
    return Status::InvalidArgument(name_, " has no \"", member,
                                   "\"; it is no credential file of Google's, or damaged");
  }

  std::optional<element> Child(std::string_view member) const {
    element out;
    if (object_[member].get(out) != simdjson::SUCCESS || !out.is_object()) return std::nullopt;
    return out;
  }

  element object() const { return object_; }
  std::string_view name() const { return name_; }

 private:
  const element object_;
  const std::string_view name_;
};

Status ReadServiceAccount(const Members& members, GoogleCredentialFile& out) {
  out.kind = GoogleCredentialFile::Kind::kServiceAccount;
  bool disable_oauth = false;
  if (members.object()["disable_oauth"].get(disable_oauth) == simdjson::SUCCESS) {
    out.disable_oauth = disable_oauth;
  }
  out.gcs_base_url = members.Optional("gcs_base_url");
  out.private_key_id = members.Optional("private_key_id");
  out.token_uri = members.Optional("token_uri", kTokenUri);
  if (out.disable_oauth) return Status();
  DELTAIC_RETURN_IF_ERROR(members.Required("client_email", out.client_email));
  return members.Required("private_key", out.private_key);
}

Status ReadAuthorizedUser(const Members& members, GoogleCredentialFile& out) {
  out.kind = GoogleCredentialFile::Kind::kAuthorizedUser;
  out.token_uri = members.Optional("token_uri", kTokenUri);
  DELTAIC_RETURN_IF_ERROR(members.Required("client_id", out.client_id));
  DELTAIC_RETURN_IF_ERROR(members.Required("client_secret", out.client_secret));
  return members.Required("refresh_token", out.refresh_token);
}

Status ReadSubject(const Members& source, GoogleCredentialFile& out) {
  out.subject_file = source.Optional("file");
  out.subject_url = source.Optional("url");
  if (out.subject_file.empty() == out.subject_url.empty()) {
    return Status::Unsupported(
        source.name(),
        ": its credential_source is neither a file nor a URL, and nothing else "
        "is supported (no executable, no certificate)");
  }
  if (const auto headers = source.Child("headers")) {
    simdjson::dom::object object;
    if (headers->get(object) == simdjson::SUCCESS) {
      for (const auto& [key, value] : object) {
        std::string_view text;
        if (value.get(text) == simdjson::SUCCESS) out.subject_headers.emplace_back(key, text);
      }
    }
  }
  const auto format = source.Child("format");
  if (!format) return Status();
  const Members members(*format, source.name());
  if (members.Optional("type") != "json") return Status();
  return members.Required("subject_token_field_name", out.subject_field);
}

Status ReadExternalAccount(const Members& members, GoogleCredentialFile& out) {
  out.kind = GoogleCredentialFile::Kind::kExternalAccount;
  DELTAIC_RETURN_IF_ERROR(members.Required("audience", out.audience));
  DELTAIC_RETURN_IF_ERROR(members.Required("subject_token_type", out.subject_token_type));
  DELTAIC_RETURN_IF_ERROR(members.Required("token_url", out.token_url));
  out.impersonation_url = members.Optional("service_account_impersonation_url");
  const auto source = members.Child("credential_source");
  if (!source) {
    return Status::InvalidArgument(members.name(), " has no \"credential_source\"");
  }
  const Members in_source(*source, members.name());
  if (!in_source.Optional("environment_id").empty()) {
    return Status::Unsupported(
        members.name(),
        ": credentials of AWS as a source (environment_id) are not supported; "
        "use a file or a URL as credential_source");
  }
  return ReadSubject(in_source, out);
}

Result<GoogleCredentialFile> Read(const Members& members, int depth);

Status ReadImpersonated(const Members& members, int depth, GoogleCredentialFile& out) {
  out.kind = GoogleCredentialFile::Kind::kImpersonated;
  DELTAIC_RETURN_IF_ERROR(
      members.Required("service_account_impersonation_url", out.impersonation_url));
  simdjson::dom::array delegates;
  if (members.object()["delegates"].get(delegates) == simdjson::SUCCESS) {
    for (const element delegate : delegates) {
      std::string_view text;
      if (delegate.get(text) == simdjson::SUCCESS) out.delegates.emplace_back(text);
    }
  }
  const auto source = members.Child("source_credentials");
  if (!source || depth == 0) {
    return Status::InvalidArgument(members.name(), " has no \"source_credentials\" to begin with");
  }
  DELTAIC_ASSIGN_OR_RETURN(GoogleCredentialFile read,
                           Read(Members(*source, members.name()), depth - 1));
  out.source = std::make_shared<const GoogleCredentialFile>(std::move(read));
  return Status();
}

Result<GoogleCredentialFile> Read(const Members& members, int depth) {
  GoogleCredentialFile out;
  const std::string kind = members.Optional("type", "service_account");
  if (kind == "service_account") {
    DELTAIC_RETURN_IF_ERROR(ReadServiceAccount(members, out));
  } else if (kind == "authorized_user") {
    DELTAIC_RETURN_IF_ERROR(ReadAuthorizedUser(members, out));
  } else if (kind == "external_account") {
    DELTAIC_RETURN_IF_ERROR(ReadExternalAccount(members, out));
  } else if (kind == "impersonated_service_account") {
    DELTAIC_RETURN_IF_ERROR(ReadImpersonated(members, depth, out));
  } else {
    return Status::Unsupported(members.name(),
                               " is of a type that is not supported; there are service_account, "
                               "authorized_user, external_account, impersonated_service_account");
  }
  return out;
}

/// A text as JSON. E-mail addresses and URLs need little of it.
std::string Quote(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      out += Concat("\\u00", kHex[byte >> 4], kHex[byte & 0xf]);
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

Result<GoogleCredentialFile> ParseGoogleCredentialFile(std::string_view json,
                                                       std::string_view name) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS || !root.is_object()) {
    return Status::InvalidArgument(name, " is no JSON object, as Google's credential files are");
  }
  return Read(Members(root, name), kMaxImpersonations);
}

Result<std::string> MakeServiceAccountJwt(const GoogleCredentialFile& file, int64_t now_seconds) {
  constexpr int64_t kLifetimeSeconds = 3600;  // the most that Google allows
  std::string header = R"({"alg":"RS256","typ":"JWT")";
  if (!file.private_key_id.empty()) header += Concat(",\"kid\":", Quote(file.private_key_id));
  header += '}';
  const std::string claims =
      Concat("{\"iss\":", Quote(file.client_email), ",\"sub\":", Quote(file.client_email),
             ",\"scope\":", Quote(kGoogleStorageScope), ",\"aud\":", Quote(file.token_uri),
             ",\"iat\":", now_seconds, ",\"exp\":", now_seconds + kLifetimeSeconds, '}');
  std::string out = Concat(Base64UrlEncode(header), '.', Base64UrlEncode(claims));
  const Result<std::string> signature = SignRs256(file.private_key, out);
  if (signature.status().code() == StatusCode::kInvalidArgument) {
    return Status::InvalidArgument(
        "the private_key of Google's service account is no RSA key in PEM form; download the key "
        "file "
        "again, and keep its line breaks (\\n) where it is given as text");
  }
  DELTAIC_RETURN_IF_ERROR(signature);
  out += Concat('.', Base64UrlEncode(*signature));
  return out;
}

}  // namespace deltaic
