#pragma once

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <string>
#include <string_view>

#include "fuzz.h"
#include "ingest/buffer/row_buffer.h"
#include "ingest/decode/decoder.h"
#include "ingest/decode/format.h"
#include "protocol/json_tree.h"

namespace deltaic::fuzz {

/// A payload with what decoders may read after it.
class PaddedPayload {
 public:
  explicit PaddedPayload(std::string_view bytes) : whole_(bytes), size_(bytes.size()) {
    whole_.append(ingest::Decoder::kPadding, '\0');
  }
  std::string_view view() const { return std::string_view(whole_).substr(0, size_); }

 private:
  std::string whole_;
  const size_t size_;
};

/// What columns of messages may be: each type once, nested ones too.
inline SchemaPtr EveryType() {
  const auto of = [](TypeId id) { return DataType::Primitive(id); };
  const auto inner = DataType::Struct(
      {{.name = "a", .type = of(TypeId::kLong)}, {.name = "b", .type = of(TypeId::kString)}});
  return DataType::Struct(
      {{.name = "l", .type = of(TypeId::kLong)},
       {.name = "i", .type = of(TypeId::kInteger)},
       {.name = "y", .type = of(TypeId::kByte)},
       {.name = "d", .type = of(TypeId::kDouble)},
       {.name = "f", .type = of(TypeId::kFloat)},
       {.name = "t", .type = of(TypeId::kString)},
       {.name = "x", .type = of(TypeId::kBinary)},
       {.name = "o", .type = of(TypeId::kBoolean)},
       {.name = "day", .type = of(TypeId::kDate)},
       {.name = "at", .type = of(TypeId::kTimestamp)},
       {.name = "dec", .type = DataType::Decimal(20, 3)},
       {.name = "in", .type = inner},
       {.name = "ar", .type = DataType::Array(inner, true)},
       {.name = "m",
        .type = DataType::Map(of(TypeId::kString), DataType::Array(inner, true), true)},
       {.name = std::string(ingest::kRescuedColumn), .type = of(TypeId::kString)}});
}

/// Decodes a payload several times in each mode: what comes out are whole rows, as many as were
/// good, and a message as JSON is JSON.
inline void CheckFormat(const ingest::Format& format, std::string_view bytes) {
  const PaddedPayload payload(bytes);
  for (const auto evolution : {ingest::Evolution::kIgnore, ingest::Evolution::kStrict,
                               ingest::Evolution::kMerge, ingest::Evolution::kRescue}) {
    auto rows = ingest::RowBuffer::Make(EveryType());
    FUZZ_CHECK_OK(rows);
    const auto decoder = format.MakeDecoder(&*rows, evolution);
    int64_t good = 0;
    for (int i = 0; i < 3; ++i) {
      if (!decoder->Decode(payload.view(), {}).ok()) continue;
      rows->EndRow();
      ++good;
    }
    const auto batch = rows->Take();
    FUZZ_CHECK_OK(batch);
    FUZZ_CHECK((*batch)->num_rows() == good && good % 3 == 0);
    FUZZ_CHECK((*batch)->ValidateFull().ok());
  }
  ingest::RowBuffer none;
  std::string json;
  const auto decoder = format.MakeDecoder(&none, ingest::Evolution::kIgnore);
  if (decoder->ToJson(payload.view(), {}, json).ok() && !format.is_json()) {
    const auto parsed = ParseJson(json);
    FUZZ_CHECK(parsed.ok() || parsed.status().message().find("deeper") != std::string::npos);
  }
  static_cast<void>(format.InferSchema({{payload.view(), {}}}));
}

}  // namespace deltaic::fuzz
