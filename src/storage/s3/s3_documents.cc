#include "storage/s3/s3_documents.h"

#include <algorithm>

#include "base/civil_time.h"
#include "base/percent_encoding.h"
#include "base/utf8.h"
#include "net/xml.h"
#include "storage/remote/content_range.h"

namespace deltaic {
namespace {

std::string EscapeXml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      default:
        if (static_cast<unsigned char>(c) < ' ') {
          out += Concat("&#", static_cast<int>(c), ';');
        } else {
          out.push_back(c);
        }
    }
  }
  return out;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    if (!TakeUtf8(text)) return false;
  }
  return true;
}

/// Of encoding-type=url, which writes a space as '+'.
std::string DecodeKey(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return PercentDecode(spaced);
}

}  // namespace

Result<RemotePage> ParseS3Listing(std::string_view xml) {
  DELTAIC_ASSIGN_OR_RETURN(const XmlElement root, ParseXml(xml));
  if (root.name != "ListBucketResult")
    return Status::Corruption("the store answers a listing with the document ", root.name);
  const bool is_encoded = root.TextOf("EncodingType") == "url";
  RemotePage page;
  for (const XmlElement& entry : root.children) {
    if (entry.name != "Contents") continue;
    RemoteObject object;
    const std::string_view key = entry.TextOf("Key");
    object.key = is_encoded ? DecodeKey(key) : std::string(key);
    DELTAIC_ASSIGN_OR_RETURN(object.size_bytes, ParseSize(entry.TextOf("Size")));
    const Result<int64_t> micros = ParseTimestampMicros(entry.TextOf("LastModified"));
    if (!micros.ok()) return Status::Corruption("the store lists a time that is none");
    // Whole seconds, as all other answers of S3 give it: one object has one time.
    object.last_modified = TimestampMs{*micros / 1'000'000 * 1'000};
    object.etag = entry.TextOf("ETag");
    page.objects.push_back(std::move(object));
  }
  if (root.TextOf("IsTruncated") == "true") {
    page.next_token = root.TextOf("NextContinuationToken");
    if (page.next_token.empty())
      return Status::Corruption("the store cuts a listing off without saying how to go on");
  }
  return page;
}

std::string FormatS3Delete(const std::vector<std::string>& keys) {
  std::string out = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>";
  for (const std::string& key : keys) out += "<Object><Key>" + EscapeXml(key) + "</Key></Object>";
  return out + "</Delete>";
}

std::string FormatS3Complete(const std::vector<std::string>& etags) {
  std::string out = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (size_t i = 0; i < etags.size(); ++i) {
    out += Concat("<Part><ETag>", EscapeXml(etags[i]), "</ETag><PartNumber>", i + 1,
                  "</PartNumber></Part>");
  }
  return out + "</CompleteMultipartUpload>";
}

std::string KeyBefore(std::string_view key) {
  if (!key.empty()) key.remove_suffix(1);
  // What is left ends within a character, or was no text at all.
  while (!key.empty() && !IsUtf8(key)) key.remove_suffix(1);
  return std::string(key);
}

}  // namespace deltaic
