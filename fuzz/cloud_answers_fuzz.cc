// What stores and catalogs answer: listings, errors, tokens. Sizes that come out are sizes, and
// what goes into a message is one line. The first byte says whose answer it is.

#include <algorithm>
#include <iterator>

#include "catalog/glue_answer.h"
#include "catalog/unity_answer.h"
#include "fuzz.h"
#include "storage/azure/azure_answer.h"
#include "storage/gcs/gcs_answer.h"
#include "storage/hdfs/webhdfs_answer.h"
#include "storage/login/token_answer.h"
#include "storage/remote/content_range.h"
#include "storage/s3/s3_documents.h"
#include "storage/s3/s3_error.h"
#include "storage/web/folder_page.h"

using namespace deltaic;

namespace {

void CheckLine(const Status& status) {
  FUZZ_CHECK(status.ok() || status.message().find('\n') == std::string::npos);
}

void CheckPage(const Result<RemotePage>& page) {
  CheckLine(page.status());
  if (!page.ok()) return;
  for (const RemoteObject& object : page->objects) FUZZ_CHECK(object.size_bytes >= 0);
}

void S3Listing(std::string_view text) {
  const Result<RemotePage> page = ParseS3Listing(text);
  CheckPage(page);
  if (!page.ok()) return;
  for (const RemoteObject& object : page->objects) {
    if (!object.key.empty()) FUZZ_CHECK(KeyBefore(object.key) < object.key);
  }
}

void S3ErrorDocument(std::string_view text) {
  for (const int status : {200, 301, 400, 403, 404, 409, 412, 503}) {
    HttpResponse response{status, {}, std::string(text)};
    static_cast<void>(ParseS3Error(response));
    static_cast<void>(IsFailedDocument(response, "CompleteMultipartUploadResult"));
    const Status failure = S3Failure(response, "reading", "s3://bucket/key");
    FUZZ_CHECK(!failure.ok());
    CheckLine(failure);
  }
}

void AzureListing(std::string_view text) { CheckPage(ParseAzureListPage(text)); }

void AzureErrorDocument(std::string_view text) {
  const AzureError error = ParseAzureError(text);
  for (const int status : {301, 400, 401, 403, 404, 409, 503}) {
    const Status failure = AzureStatus(status, error, "reading az://c/key");
    FUZZ_CHECK(!failure.ok());
    CheckLine(failure);
  }
}

void GcsListing(std::string_view text) {
  CheckPage(ParseGcsListPage(text));
  const Result<RemoteObject> object = ParseGcsObject(text);
  CheckLine(object.status());
  if (object.ok()) FUZZ_CHECK(object->size_bytes >= 0);
}

void GcsErrorDocument(std::string_view text) {
  for (const int status : {301, 400, 401, 403, 404, 429, 503}) {
    const Status failure = GcsStatus(status, text, "reading gs://b/key");
    FUZZ_CHECK(!failure.ok());
    CheckLine(failure);
  }
}

void Token(std::string_view text) {
  constexpr int64_t kNow = 1'700'000'000;
  const Result<AccessToken> token = ParseTokenAnswer(text, kNow);
  CheckLine(token.status());
  if (token.ok()) FUZZ_CHECK(!token->text.empty() && token->lifetime.count() >= 0);
  static_cast<void>(JsonText(text, "error"));
}

void Catalogs(std::string_view text) {
  const Result<UnityTable> table = ParseUnityTable(text);
  CheckLine(table.status());
  if (table.ok()) FUZZ_CHECK(!table->location.empty());
  const Result<FreshOptions> fresh = ParseUnityCredentials(text);
  CheckLine(fresh.status());
  if (fresh.ok()) FUZZ_CHECK(!fresh->options.empty() && fresh->expires >= 0);
  const Result<std::string> location = ParseGlueLocation(text);
  CheckLine(location.status());
  if (location.ok()) FUZZ_CHECK(!location->empty());
  for (const int status : {301, 400, 401, 403, 404, 503}) {
    CheckLine(UnityStatus(status, text, "looking up"));
    CheckLine(GlueStatus(status, text, "looking up"));
  }
}

void Range(std::string_view text) {
  const Result<ContentRange> range = ParseContentRange(text);
  if (range.ok()) {
    FUZZ_CHECK(range->first >= 0 && range->last >= range->first);
    FUZZ_CHECK(range->total == -1 || range->total > range->last);
  }
  const Result<int64_t> size = ParseSize(text);
  if (size.ok()) FUZZ_CHECK(*size >= 0);
  HttpResponse response{206, {{"Content-Range", std::string(text)}}, "0123456789"};
  const Result<int64_t> total = CheckRangeAnswer(response, 5, 10, "s3://b/k");
  if (total.ok()) FUZZ_CHECK(*total == -1 || *total >= 15);
}

void FolderPage(std::string_view text) {
  for (const std::string& name : NamesOfFolderPage(text))
    FUZZ_CHECK(!name.empty() && name.find('/') == std::string::npos);
}

void Hdfs(std::string_view text) {
  const Result<HdfsStatus> one = ParseHdfsStatus(text);
  CheckLine(one.status());
  if (one.ok()) FUZZ_CHECK(one->size_bytes >= 0);
  const Result<HdfsListing> listing = ParseHdfsListing(text);
  CheckLine(listing.status());
  CheckLine(ParseHdfsBoolean(text).status());
  for (const int status : {307, 400, 401, 403, 404, 503})
    CheckLine(WebHdfsError(status, text, "reading webhdfs://h/t"));
}

using Door = void (*)(std::string_view text);
constexpr Door kDoors[] = {S3Listing,  S3ErrorDocument,  AzureListing, AzureErrorDocument,
                           GcsListing, GcsErrorDocument, Token,        Catalogs,
                           Range,      FolderPage,       Hdfs};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  // Letters, so that seeds are texts: 'a' is the first door.
  kDoors[static_cast<size_t>(data[0] + 256 - 'a') % std::size(kDoors)](
      fuzz::AsText(data + 1, size - 1));
  return 0;
}
