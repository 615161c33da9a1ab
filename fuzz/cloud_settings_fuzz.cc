// What people write to get to a store: URIs, credential files, signatures. What is refused is not
// repeated where it may be a secret, and URLs survive being written and read. The first byte says
// what it is.

#include <algorithm>
#include <iterator>

#include "base/ascii.h"
#include "catalog/catalog_uri.h"
#include "fuzz.h"
#include "net/http_time.h"
#include "net/url.h"
#include "net/xml.h"
#include "storage/azure/azure_location.h"
#include "storage/azure/azure_signature.h"
#include "storage/gcs/gcs_options.h"
#include "storage/gcs/google_credential_file.h"
#include "storage/s3/aws_credentials.h"
#include "storage/s3/s3_config.h"

using namespace deltaic;

namespace {

constexpr std::string_view kSecret = "hunter2";

void CheckMessage(const Status& status) {
  if (status.ok()) return;
  FUZZ_CHECK(status.message().find('\n') == std::string::npos);
  FUZZ_CHECK(status.message().find(kSecret) == std::string::npos);
}

void AnyUrl(std::string_view text) {
  const Result<Url> url = ParseUrl(text);
  CheckMessage(url.status());
  if (!url.ok()) return;
  FUZZ_CHECK(url->path.starts_with('/') && !url->host.empty());
  FUZZ_CHECK(url->Redacted().find('?') == std::string::npos);
  const Result<Url> again = ParseUrl(url->ToString());
  FUZZ_CHECK_OK(again);
  FUZZ_CHECK(again->ToString() == url->ToString());
}

void CloudUris(std::string_view text) {
  // A secret in a URI stands before '@' or after '?', if it stands there by the rules.
  if (IsAzureUri(text)) {
    const Result<AzureLocation> azure = ParseAzureUri(text);
    if (azure.ok()) {
      FUZZ_CHECK(!azure->container.empty());
      FUZZ_CHECK(!azure->folder.starts_with('/') && !azure->folder.ends_with('/'));
    }
  }
  if (text.starts_with("gs://")) {
    const Result<GcsLocation> gcs = ParseGcsUri(text);
    if (gcs.ok()) FUZZ_CHECK(!gcs->bucket.empty() && !gcs->folder.ends_with('/'));
  }
  if (IsUnityUri(text)) {
    const Result<UnityName> name = ParseUnityUri(text);
    CheckMessage(name.status());
    if (name.ok()) FUZZ_CHECK(!name->catalog.empty() && !name->table.empty());
  }
  if (IsGlueUri(text)) {
    const Result<GlueName> name = ParseGlueUri(text);
    CheckMessage(name.status());
    if (name.ok()) FUZZ_CHECK(!name->database.empty() && !name->table.empty());
  }
}

void Ini(std::string_view text) {
  const IniFile file = ParseIniFile(text);
  for (const auto& [section, values] : file) {
    FUZZ_CHECK(section == TrimSpace(section));
    for (const auto& [key, value] : values)
      FUZZ_CHECK(key == AsciiLower(key) && value == TrimSpace(value));
  }
}

void GoogleFile(std::string_view text) {
  const Result<GoogleCredentialFile> file = ParseGoogleCredentialFile(text, "key.json");
  CheckMessage(file.status());
  if (!file.ok() || file->kind != GoogleCredentialFile::Kind::kServiceAccount) return;
  constexpr int64_t kNow = 1'700'000'000;
  CheckMessage(MakeServiceAccountJwt(*file, kNow).status());
}

void Signatures(std::string_view text) {
  const auto sas = ParseSasToken(text);
  CheckMessage(sas.status());
  if (sas.ok()) {
    FUZZ_CHECK(
        std::ranges::any_of(*sas, [](const auto& parameter) { return parameter.first == "sig"; }));
  }
  CheckMessage(DecodeAzureKey(text).status());
}

void S3Settings(std::string_view text) {
  std::map<std::string, std::string> given;
  std::string_view bucket = fuzz::TakeUntil(text, '\n');
  while (!text.empty()) {
    std::string_view line = fuzz::TakeUntil(text, '\n');
    const std::string name(fuzz::TakeUntil(line, '='));
    // Names are repeated, values are not.
    if (name.find(kSecret) == std::string::npos && name.find('\r') == std::string::npos)
      given.emplace(name, line);
  }
  if (bucket.find(kSecret) != std::string_view::npos) return;
  const auto none = [](const std::string&) { return std::optional<std::string>(); };
  CheckMessage(ReadS3Config(bucket, given, none).status());
}

void TimesAndXml(std::string_view text) {
  if (const auto seconds = ParseHttpDate(text))
    FUZZ_CHECK(ParseHttpDate(FormatHttpDate(*seconds)) == seconds);
  static_cast<void>(ParseXml(text));
}

using Door = void (*)(std::string_view text);
constexpr Door kDoors[] = {AnyUrl, CloudUris, Ini, GoogleFile, Signatures, S3Settings, TimesAndXml};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  // Letters, so that seeds are texts: 'a' is the first door.
  kDoors[static_cast<size_t>(data[0] + 256 - 'a') % std::size(kDoors)](
      fuzz::AsText(data + 1, size - 1));
  return 0;
}
