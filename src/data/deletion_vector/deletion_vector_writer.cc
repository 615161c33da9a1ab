#include "data/deletion_vector/deletion_vector_writer.h"

#include <arrow/io/interfaces.h>

#include <limits>
#include <random>
#include <span>
#include <utility>

#include "base/uuid.h"
#include "base/z85.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

/// A file is ended past this size, so that a reader of one vector opens no huge file.
constexpr size_t kTargetFileBytes = size_t{2} << 20;
/// Offsets in descriptors are 32 bits.
constexpr size_t kMaxVectorBytes = std::numeric_limits<int32_t>::max() - 2 * kTargetFileBytes;

std::string RandomUuid() {
  std::random_device random;
  UuidBytes bytes;
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return FormatRandomUuid(bytes);
}

}  // namespace

Result<DeletionVectorDescriptor> DeletionVectorWriter::Write(const DeletionVector& vector) {
  const std::string serialized = vector.Serialize();
  if (serialized.size() > kMaxVectorBytes) {
    return Status::Unsupported("a deletion vector of ", serialized.size(),
                               " bytes, which no file can hold; delete the rows in parts");
  }
  // What no reader could read must not be committed.
  DELTAIC_RETURN_IF_ERROR(
      DeletionVector::Parse(std::as_bytes(std::span(serialized)), vector.cardinality()).status());
  if (bytes_.empty()) {
    const std::string uuid = RandomUuid();
    DELTAIC_ASSIGN_OR_RETURN(const UuidBytes uuid_bytes, ParseUuid(uuid));
    encoded_uuid_ = Z85Encode(uuid_bytes);
    paths_.push_back(Concat("deletion_vector_", uuid, ".bin"));
  }
  DeletionVectorDescriptor descriptor{.storage_type = "u",
                                      .path_or_inline_dv = encoded_uuid_,
                                      .size_in_bytes = static_cast<int32_t>(serialized.size()),
                                      .cardinality = vector.cardinality()};
  descriptor.offset = AppendToDeletionVectorFile(bytes_, serialized);
  if (bytes_.size() >= kTargetFileBytes) DELTAIC_RETURN_IF_ERROR(Flush());
  return descriptor;
}

Status DeletionVectorWriter::Finish() { return bytes_.empty() ? Status() : Flush(); }

Status DeletionVectorWriter::Flush() {
  const std::string bytes = std::exchange(bytes_, std::string());
  DELTAIC_ASSIGN_OR_RETURN(const auto out, store_.Create(paths_.back()));
  DELTAIC_RETURN_IF_ERROR(out->stream()->Write(bytes.data(), static_cast<int64_t>(bytes.size())));
  return out->Close().status();
}

}  // namespace deltaic
