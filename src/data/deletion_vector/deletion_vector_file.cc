#include "data/deletion_vector/deletion_vector_file.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "base/percent_encoding.h"
#include "base/uuid.h"
#include "base/z85.h"
#include "data/actions/data_path.h"
#include "data/deletion_vector/byte_order.h"
#include "storage/arrow_status.h"
#include "storage/object_path.h"

namespace deltaic {
namespace {

constexpr size_t kEncodedUuidChars = 20;
constexpr int64_t kSizeBytes = 4;
constexpr int64_t kCrcBytes = 4;

Result<DeletionVector> ParseInline(const DeletionVectorDescriptor& descriptor) {
  const Result<std::vector<std::byte>> decoded = Z85Decode(descriptor.path_or_inline_dv);
  if (!decoded.ok()) return decoded.status().WithContext("inline deletion vector");
  const std::vector<std::byte>& bytes = *decoded;
  const auto size = static_cast<size_t>(descriptor.size_in_bytes);
  // Z85 pads to a multiple of 4.
  if (bytes.size() < size || bytes.size() - size > 3) {
    return Status::Corruption("inline deletion vector has ", bytes.size(),
                              " bytes, but the log says ", size);
  }
  return DeletionVector::Parse(std::span(bytes).first(size), descriptor.cardinality);
}

Result<std::string> RelativePath(const DeletionVectorDescriptor& descriptor) {
  const std::string_view text = descriptor.path_or_inline_dv;
  if (text.size() < kEncodedUuidChars)
    return Status::Corruption("deletion vector path \"", text, "\" is too short");
  const std::string_view prefix = text.substr(0, text.size() - kEncodedUuidChars);
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<std::byte> decoded,
                           Z85Decode(text.substr(prefix.size())));
  UuidBytes uuid;
  if (decoded.size() != uuid.size())
    return Status::Corruption("deletion vector path \"", text, "\" holds no UUID");
  std::copy(decoded.begin(), decoded.end(), uuid.begin());
  const std::string path = JoinPath(prefix, Concat("deletion_vector_", FormatUuid(uuid), ".bin"));
  if (Status status = CheckObjectPath(path); !status.ok()) {
    return Status::Corruption("deletion vector path \"", path,
                              "\" is no path inside the table: ", status.message());
  }
  return path;
}

Result<DeletionVector> LoadStored(const ObjectStore& store, const std::string& path,
                                  const DeletionVectorDescriptor& descriptor) {
  const auto missing = [&] {
    return Status::NotFound("deletion vector file ", path,
                            " of the table is missing; it was removed by hand or by a cleanup that "
                            "the reader outlived");
  };
  // Position 0 holds the file's version, so a descriptor without offset means the first vector
  // after it.
  const int64_t begin = std::max<int64_t>(descriptor.offset.value_or(1), 1);
  const int64_t size = descriptor.size_in_bytes;
  const int64_t length = kSizeBytes + size + kCrcBytes;
  // A store far away need not be asked for the size: what is not there does not come.
  auto opened = store.Open(path, begin + length);
  if (opened.status().code() == StatusCode::kNotFound) return missing();
  DELTAIC_RETURN_IF_ERROR(opened);
  const auto& file = *opened;
  DELTAIC_ASSIGN_OR_RETURN(const int64_t file_size, file->GetSize());
  if (begin > file_size || length > file_size - begin) {
    return Status::Corruption("its file has ", file_size, " bytes, but the log puts it at ", begin,
                              " to ", begin + length);
  }
  const auto read = file->ReadAt(begin, length);
  if (AsStatus(read.status()).code() == StatusCode::kNotFound) return missing();
  DELTAIC_ASSIGN_OR_RETURN(const auto buffer, read);
  if (buffer->size() != length) return Status::Corruption("its file ends early");
  const auto bytes = std::as_bytes(std::span(buffer->data(), static_cast<size_t>(length)));
  if (const uint32_t stored_size = LoadBigEndian<uint32_t>(bytes.data()); stored_size != size) {
    return Status::Corruption("its file says ", stored_size, " bytes, but the log says ", size);
  }
  const auto data = bytes.subspan(kSizeBytes, static_cast<size_t>(size));
  const uLong crc = crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(size));
  if (crc != LoadBigEndian<uint32_t>(bytes.data() + kSizeBytes + size)) {
    return Status::Corruption("its CRC-32 does not fit its bytes: the file is damaged");
  }
  return DeletionVector::Parse(data, descriptor.cardinality);
}

}  // namespace

Result<DataPlace> DeletionVectorPlace(const ObjectStore& store,
                                      const DeletionVectorDescriptor& descriptor) {
  if (descriptor.storage_type == "u") {
    DELTAIC_ASSIGN_OR_RETURN(std::string path, RelativePath(descriptor));
    return DataPlace{nullptr, std::move(path)};
  }
  if (descriptor.storage_type == "p") return LocateDataFile(store, descriptor.path_or_inline_dv);
  return Status::Corruption("deletion vector of unknown storage type \"", descriptor.storage_type,
                            "\"");
}

Result<DeletionVector> LoadDeletionVector(const ObjectStore& store,
                                          const DeletionVectorDescriptor& descriptor,
                                          int64_t num_rows) {
  if (descriptor.size_in_bytes < 0 || descriptor.offset.value_or(0) < 0) {
    return Status::Corruption("deletion vector with a negative size or offset");
  }
  if (descriptor.cardinality < 0 || descriptor.cardinality > num_rows) {
    return Status::Corruption("deletion vector claims ", descriptor.cardinality,
                              " rows of a file that has ", num_rows);
  }
  DeletionVector vector;
  if (descriptor.storage_type == "i") {
    DELTAIC_ASSIGN_OR_RETURN(vector, ParseInline(descriptor));
  } else {
    DELTAIC_ASSIGN_OR_RETURN(const DataPlace place, DeletionVectorPlace(store, descriptor));
    auto loaded = LoadStored(place.In(store), place.path, descriptor);
    if (!loaded.ok()) {
      if (loaded.status().code() == StatusCode::kNotFound) return loaded.status();
      return loaded.status().WithContext(Concat("deletion vector ", place.path));
    }
    vector = std::move(*loaded);
  }
  if (vector.Max() >= num_rows) {
    return Status::Corruption("deletion vector names row ", vector.Max(), " of a file that has ",
                              num_rows);
  }
  return vector;
}

}  // namespace deltaic
