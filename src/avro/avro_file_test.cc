#include "avro/avro_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/avro_bytes.h"

namespace deltaic {
namespace {

using std::string_view_literals::operator""sv;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kSchema = R"("string")";

std::string File(std::string_view codec, int64_t count, std::string_view block) {
  return testing::AvroFileBytes(kSchema, count, block, codec);
}

Result<std::vector<std::string>> Texts(const std::string& bytes) {
  DELTAIC_ASSIGN_OR_RETURN(const AvroFile file, AvroFile::Open(bytes));
  std::vector<std::string> out;
  DELTAIC_RETURN_IF_ERROR(file.ForEach([&](AvroReader& in) -> Status {
    std::string_view text;
    if (!in.Bytes(text)) return Status::Corruption("no text");
    out.emplace_back(text);
    return Status();
  }));
  return out;
}

// What `zlib.compressobj(9, zlib.DEFLATED, -15)`, `snappy.compress` with the CRC-32 behind it and
// `zstandard.compress` make of "\x04ab\x02c".
TEST(AvroFile, EveryCodec) {
  EXPECT_THAT(*Texts(File("null", 2, "\x04\x61\x62\x02\x63"sv)), ElementsAre("ab", "c"));
  EXPECT_THAT(*Texts(File("deflate", 2, "\x63\x49\x4c\x62\x4a\x06\x00"sv)), ElementsAre("ab", "c"));
  EXPECT_THAT(*Texts(File("snappy", 2, "\x05\x10\x04\x61\x62\x02\x63\x1d\xe6\x8c\x95"sv)),
              ElementsAre("ab", "c"));
  EXPECT_THAT(
      *Texts(File("zstandard", 2, "\x28\xb5\x2f\xfd\x20\x05\x29\x00\x00\x04\x61\x62\x02\x63"sv)),
      ElementsAre("ab", "c"));
  EXPECT_EQ(Texts(File("xz", 1, "")).status().code(), StatusCode::kUnsupported);
}

TEST(AvroFile, DamagedOnesAreCorrupt) {
  const std::string whole = File("null", 2, "\x04\x61\x62\x02\x63"sv);
  // Without any block it is a file of no values.
  for (size_t size = 0; size < whole.size(); ++size) {
    if (size == testing::AvroHeader(kSchema, "null").size()) continue;
    EXPECT_EQ(Texts(whole.substr(0, size)).status().code(), StatusCode::kCorruption) << size;
  }
  EXPECT_THAT(Texts(File("null", 3, "\x04\x61\x62\x02\x63"sv)).status().message(),
              HasSubstr("fewer values"));
  EXPECT_THAT(Texts(File("null", 1, "\x04\x61\x62\x02\x63"sv)).status().message(),
              HasSubstr("more values"));
  std::string other_sync = whole;
  other_sync.back() = 'x';
  EXPECT_THAT(Texts(other_sync).status().message(), HasSubstr("does not end"));
  EXPECT_THAT(Texts(File("snappy", 1, "\xff\xff\xff\xff\x0f\0\0\0\0"sv)).status().message(),
              HasSubstr("impossible length"));
  EXPECT_FALSE(Texts(File("deflate", 1, "\xff\xff\xff")).ok());
  EXPECT_FALSE(Texts(File("zstandard", 1, "\x28\xb5\x2f\xfd")).ok());
}

}  // namespace
}  // namespace deltaic
