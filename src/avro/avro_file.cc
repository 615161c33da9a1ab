#include "avro/avro_file.h"

#include <arrow/buffer.h>
#include <arrow/util/compression.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "storage/arrow_status.h"

namespace deltaic {
namespace {

constexpr std::string_view kMagic("Obj\x01", 4);
constexpr int64_t kSyncBytes = 16;
constexpr size_t kCrcBytes = 4;

Status Damaged(std::string_view what) { return Status::Corruption("a damaged Avro file: ", what); }

const uint8_t* Data(std::string_view bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}

using CodecPtr = std::unique_ptr<arrow::util::Codec>;

Result<CodecPtr> Made(arrow::Result<CodecPtr> codec) {
  DELTAIC_ASSIGN_OR_RETURN(CodecPtr out, std::move(codec));
  return out;
}

/// The codec of blocks; nullptr for none.
Result<CodecPtr> CodecOf(std::string_view name) {
  using arrow::Compression;
  if (name.empty() || name == "null") return CodecPtr();
  if (name == "deflate") {
    arrow::util::GZipCodecOptions options;
    options.gzip_format = arrow::util::GZipFormat::DEFLATE;
    return Made(arrow::util::Codec::Create(Compression::GZIP, options));
  }
  if (name == "snappy") return Made(arrow::util::Codec::Create(Compression::SNAPPY));
  if (name == "zstandard") return Made(arrow::util::Codec::Create(Compression::ZSTD));
  return Status::Unsupported("Avro files compressed by ", name, " are not read by this build");
}

/// Piece by piece, so that what a block claims to hold costs nothing before it is there.
Result<std::string> DecompressStream(arrow::util::Codec& codec, std::string_view bytes) {
  DELTAIC_ASSIGN_OR_RETURN(const auto stream, codec.MakeDecompressor());
  std::string out;
  while (!stream->IsFinished()) {
    const size_t begin = out.size();
    if (static_cast<int64_t>(begin) > kMaxAvroBlockBytes) {
      return Status::Corruption("an Avro block of more than ", kMaxAvroBlockBytes, " bytes");
    }
    out.resize(begin + std::max<size_t>(begin, 65536));
    auto step = stream->Decompress(static_cast<int64_t>(bytes.size()), Data(bytes),
                                   static_cast<int64_t>(out.size() - begin),
                                   reinterpret_cast<uint8_t*>(out.data() + begin));
    if (!step.ok()) return Damaged("a block does not decompress");
    out.resize(begin + static_cast<size_t>(step->bytes_written));
    bytes.remove_prefix(static_cast<size_t>(step->bytes_read));
    if (step->bytes_read == 0 && step->bytes_written == 0) return Damaged("a block ends early");
  }
  return out;
}

/// How many bytes a snappy block says that it holds; -1 where it says nothing.
int64_t SnappyLength(std::string_view bytes) {
  uint64_t length = 0;
  for (size_t i = 0; i < 5 && i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    length |= static_cast<uint64_t>(byte & 0x7F) << (7 * i);
    if (byte < 0x80) return static_cast<int64_t>(length);
  }
  return -1;
}

/// Avro's snappy blocks end in the CRC-32 of what they hold.
Result<std::string> DecompressSnappy(arrow::util::Codec& codec, std::string_view bytes) {
  if (bytes.size() < kCrcBytes) return Damaged("a block ends early");
  const std::string_view crc = bytes.substr(bytes.size() - kCrcBytes);
  bytes.remove_suffix(kCrcBytes);
  const int64_t length = SnappyLength(bytes);
  // No byte of snappy stands for more than 64.
  const bool is_possible = length >= 0 && length <= kMaxAvroBlockBytes &&
                           length <= static_cast<int64_t>(bytes.size()) * 64;
  if (!is_possible) return Damaged("a block of an impossible length");
  std::string out(static_cast<size_t>(length), '\0');
  const auto written = codec.Decompress(static_cast<int64_t>(bytes.size()), Data(bytes), length,
                                        reinterpret_cast<uint8_t*>(out.data()));
  if (!written.ok() || *written != length) return Damaged("a block does not decompress");
  uint32_t expected = 0;
  for (const char byte : crc) expected = expected << 8 | static_cast<unsigned char>(byte);
  if (crc32(0, Data(out), static_cast<uInt>(out.size())) != expected) {
    return Damaged("a block's checksum is another one");
  }
  return out;
}

}  // namespace

Result<AvroFile> AvroFile::Open(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return Status::Corruption("not an Avro file");
  AvroFile file;
  AvroReader in(bytes.substr(kMagic.size()));
  for (int64_t count = 1; true;) {
    if (!in.Block(count)) return Damaged("its header ends early");
    if (count == 0) break;
    for (; count > 0; --count) {
      std::string_view key, value;
      if (!in.Bytes(key) || !in.Bytes(value)) return Damaged("its header ends early");
      file.metadata_[std::string(key)] = value;
    }
  }
  if (!in.Fixed(kSyncBytes, file.sync_)) return Damaged("its header ends early");
  file.blocks_ = {in.at(), in.left()};
  const auto schema = file.metadata_.find("avro.schema");
  if (schema == file.metadata_.end()) return Damaged("it has no schema");
  DELTAIC_ASSIGN_OR_RETURN(file.type_, ParseAvroSchema(schema->second));
  const auto codec = file.metadata_.find("avro.codec");
  if (codec != file.metadata_.end()) file.codec_ = codec->second;
  DELTAIC_RETURN_IF_ERROR(CodecOf(file.codec_).status());
  return file;
}

Status AvroFile::ForEach(const std::function<Status(AvroReader& in)>& visit) const {
  DELTAIC_ASSIGN_OR_RETURN(const auto codec, CodecOf(codec_));
  for (AvroReader blocks(blocks_); blocks.left() > 0;) {
    int64_t count = 0;
    std::string_view bytes, sync;
    if (!blocks.Long(count) || count < 0 || !blocks.Bytes(bytes) ||
        !blocks.Fixed(kSyncBytes, sync)) {
      return Damaged("it ends early");
    }
    if (sync != sync_) return Damaged("a block does not end where it says");
    std::string plain;
    if (codec != nullptr) {
      DELTAIC_ASSIGN_OR_RETURN(plain, codec_ == "snappy" ? DecompressSnappy(*codec, bytes)
                                                         : DecompressStream(*codec, bytes));
      bytes = plain;
    }
    AvroReader in(bytes);
    for (; count > 0; --count) {
      // Records take bytes: so a count that is a lie ends with them.
      if (in.left() == 0) return Damaged("a block has fewer values than it says");
      DELTAIC_RETURN_IF_ERROR(visit(in));
    }
    if (in.left() > 0) return Damaged("a block has more values than it says");
  }
  return Status();
}

}  // namespace deltaic
