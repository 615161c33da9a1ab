#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace deltaic::testing {

/// Avro's encoding, put together by hand: `AvroBytes().Long(1).Text("a").Take()`.
class AvroBytes {
 public:
  AvroBytes& Long(int64_t value) {
    auto bits = (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
    for (; bits >= 0x80; bits >>= 7) out_.push_back(static_cast<char>(bits | 0x80));
    out_.push_back(static_cast<char>(bits));
    return *this;
  }
  AvroBytes& Text(std::string_view text) {
    return Long(static_cast<int64_t>(text.size())).Raw(text);
  }
  AvroBytes& Raw(std::string_view bytes) {
    out_ += bytes;
    return *this;
  }
  const std::string& Take() const { return out_; }

 private:
  std::string out_;
};

inline constexpr std::string_view kAvroSync = "sync of 16 bytes";

inline std::string AvroHeader(std::string_view schema, std::string_view codec) {
  return AvroBytes()
      .Raw(std::string_view("Obj\x01", 4))
      .Long(2)
      .Text("avro.schema")
      .Text(schema)
      .Text("avro.codec")
      .Text(codec)
      .Long(0)
      .Raw(kAvroSync)
      .Take();
}

/// A container file of one block.
inline std::string AvroFileBytes(std::string_view schema, int64_t count, std::string_view block,
                                 std::string_view codec = "null") {
  return AvroBytes().Raw(AvroHeader(schema, codec)).Long(count).Text(block).Raw(kAvroSync).Take();
}

}  // namespace deltaic::testing
