#include "storage/azure/azure_answer.h"

#include <algorithm>
#include <optional>

#include "net/http_time.h"
#include "net/xml.h"
#include "storage/remote/content_range.h"

namespace deltaic {
namespace {

Status Broken(std::string_view why) {
  return Status::Io("the answer to a listing is broken: ", why);
}

bool IsDirectory(const XmlElement& blob) {
  const XmlElement* properties = blob.Find("Properties");
  const XmlElement* metadata = blob.Find("Metadata");
  return (properties != nullptr && properties->TextOf("ResourceType") == "directory") ||
         (metadata != nullptr && metadata->TextOf("hdi_isfolder") == "true");
}

Result<RemoteObject> ParseBlob(const XmlElement& blob) {
  RemoteObject out;
  out.key = blob.TextOf("Name");
  const XmlElement* properties = blob.Find("Properties");
  if (out.key.empty() || properties == nullptr) return Broken("a blob without name or properties");
  const Result<int64_t> size = ParseSize(properties->TextOf("Content-Length"));
  if (!size.ok()) return Broken(Concat("the size of ", out.key, " is no number"));
  out.size_bytes = *size;
  const std::optional<int64_t> seconds = ParseHttpDate(properties->TextOf("Last-Modified"));
  if (!seconds) return Broken(Concat("the time of ", out.key, " is none"));
  out.last_modified = TimestampMs{*seconds * 1000};
  out.etag = properties->TextOf("Etag");
  return out;
}

std::string FirstLine(std::string_view text) {
  constexpr size_t kLongest = 300;
  return std::string(text.substr(0, std::min(text.find('\n'), kLongest)));
}

}  // namespace

Result<RemotePage> ParseAzureListPage(std::string_view xml) {
  const Result<XmlElement> root = ParseXml(xml);
  if (!root.ok()) return Broken(root.status().message());
  const XmlElement* blobs = root->Find("Blobs");
  if (root->name != "EnumerationResults" || blobs == nullptr) return Broken("another document");
  RemotePage page;
  for (const XmlElement& blob : blobs->children) {
    if (blob.name != "Blob" || IsDirectory(blob)) continue;
    DELTAIC_ASSIGN_OR_RETURN(RemoteObject object, ParseBlob(blob));
    page.objects.push_back(std::move(object));
  }
  page.next_token = root->TextOf("NextMarker");
  return page;
}

AzureError ParseAzureError(std::string_view xml) {
  const Result<XmlElement> root = ParseXml(xml);
  if (!root.ok() || root->name != "Error") return {};
  return {FirstLine(root->TextOf("Code")), FirstLine(root->TextOf("Message"))};
}

Status AzureStatus(int status, const AzureError& error, std::string_view what) {
  const std::string said =
      error.code.empty() ? Concat("HTTP ", status) : Concat(error.code, " (HTTP ", status, ')');
  const auto is = [&](std::initializer_list<std::string_view> codes) {
    return std::ranges::find(codes, error.code) != codes.end();
  };
  if (is({"ContainerNotFound", "ContainerBeingDeleted", "FilesystemNotFound"})) {
    return Status::NotFound(what, ": Azure says ", said,
                            "; check the container's name, and the account's");
  }
  if (status == 404) return Status::NotFound(what, ": not there");
  if (is({"AuthenticationFailed"})) {
    return Status::PermissionDenied(
        what, ": Azure says ", said,
        "; check the account's name and key (or the SAS and its expiry), and this machine's clock");
  }
  if (is({"InvalidAuthenticationInfo", "NoAuthenticationInformation"})) {
    return Status::PermissionDenied(what, ": Azure says ", said,
                                    "; the token has expired, or there are no credentials: set one "
                                    "of the options that docs/storage-azure.md lists for Azure");
  }
  if (is({"AuthorizationPermissionMismatch", "AuthorizationFailure",
          "InsufficientAccountPermissions", "AuthorizationResourceTypeMismatch",
          "AuthorizationServiceMismatch", "AuthorizationSourceIPMismatch",
          "AuthorizationProtocolMismatch"})) {
    return Status::PermissionDenied(
        what, ": Azure says ", said,
        "; the credentials are good but may not do this: give them the role Storage Blob Data "
        "Contributor (to read: Reader), or a SAS with the permissions r, l, c, w and d");
  }
  if (status == 401 || status == 403) {
    return Status::PermissionDenied(what, ": Azure says ", said, "; check the credentials");
  }
  if (status == 408 || status == 429 || status == 500 || status == 502 || status == 503 ||
      status == 504) {
    return Status::Unavailable(what, ": Azure says ", said, "; try again");
  }
  if (is({"BlobImmutableDueToPolicy", "BlobImmutableDueToLegalHold"})) {
    return Status::PermissionDenied(what, ": Azure says ", said,
                                    "; the container's immutability policy forbids it");
  }
  if (is({"LeaseIdMissing", "LeaseAlreadyPresent"})) {
    return Status::Io(what, ": Azure says ", said,
                      "; somebody holds a lease on it: break the lease");
  }
  return Status::Io(what, ": Azure says ", said, error.message.empty() ? "" : ": ", error.message);
}

}  // namespace deltaic
