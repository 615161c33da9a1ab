#include "ingest/decode/gzip.h"

#include <zlib.h>

#include <array>

namespace deltaic::ingest {

bool IsGzip(std::string_view bytes) {
  return bytes.size() > 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b';
}

namespace {

/// \param window  as inflateInit2 takes it.
Status Inflate(int window, std::string_view kind, std::string_view bytes, int64_t most_bytes,
               std::string& out) {
  z_stream stream{};
  if (inflateInit2(&stream, window) != Z_OK) return Status::Internal("zlib does not start");
  // zlib does not write to what it reads, but takes it as writable.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  out.clear();
  int result = Z_OK;
  std::array<char, 16384> piece{};
  while (result == Z_OK && static_cast<int64_t>(out.size()) <= most_bytes) {
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    result = inflate(&stream, Z_NO_FLUSH);
    out.append(piece.data(), piece.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (static_cast<int64_t>(out.size()) > most_bytes) {
    return Status::Corruption(kind, " payload holds more than ", most_bytes, " bytes");
  }
  if (result != Z_STREAM_END) return Status::Corruption(kind, " payload is damaged");
  return Status();
}

}  // namespace

Status DecompressGzip(std::string_view bytes, int64_t most_bytes, std::string& out) {
  return Inflate(15 + 16, "gzip", bytes, most_bytes, out);
}

Status DecompressZlib(std::string_view bytes, int64_t most_bytes, std::string& out) {
  return Inflate(15, "zlib", bytes, most_bytes, out);
}

}  // namespace deltaic::ingest
