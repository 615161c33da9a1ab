// Paths that the log names, and the codecs they are made of: a path never leaves the table's
// folder, and what is encoded decodes to itself.

#include <algorithm>

#include "base/percent_encoding.h"
#include "base/uuid.h"
#include "base/z85.h"
#include "data/actions/data_path.h"
#include "fuzz.h"
#include "storage/object_path.h"

using namespace deltaic;

namespace {

void CheckResolved(std::string_view root_uri, std::string_view text) {
  const auto path = ResolveDataPath(root_uri, text);
  if (!path.ok()) {
    const StatusCode code = path.status().code();
    FUZZ_CHECK(code == StatusCode::kCorruption || code == StatusCode::kUnsupported);
    return;
  }
  std::string_view rest = *path;
  FUZZ_CHECK(!rest.empty() && rest.front() != '/');
  while (!rest.empty()) FUZZ_CHECK(fuzz::TakeUntil(rest, '/') != "..");
  FUZZ_CHECK_OK(CheckObjectPath(*path));
}

void CheckCodecs(std::string_view text) {
  FUZZ_CHECK(PercentDecode(PercentEncodePath(text)) == text);
  FUZZ_CHECK(PercentDecode(text).size() <= text.size());

  const auto bytes = std::as_bytes(std::span(text)).first(text.size() / 4 * 4);
  const auto decoded = Z85Decode(Z85Encode(bytes));
  FUZZ_CHECK_OK(decoded);
  FUZZ_CHECK(std::equal(bytes.begin(), bytes.end(), decoded->begin(), decoded->end()));
  static_cast<void>(Z85Decode(text));

  if (const auto uuid = ParseUuid(text); uuid.ok()) {
    const auto again = ParseUuid(FormatUuid(*uuid));
    FUZZ_CHECK_OK(again);
    FUZZ_CHECK(*again == *uuid);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::AsText(data, size);
  for (const std::string_view root : {"file:///t/a b", "memory:///", "s3://bucket/t"}) {
    CheckResolved(root, text);
  }
  CheckCodecs(text);
  return 0;
}
