#include "table/snapshot_checksum.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/log_sink.h"

namespace deltaic {
namespace {

std::vector<std::string> Sorted(const std::optional<std::vector<std::string>>& features) {
  std::vector<std::string> out = features.value_or(std::vector<std::string>());
  std::ranges::sort(out);
  return out;
}

bool SameMeaning(const Protocol& a, const Protocol& b) {
  return a.min_reader_version == b.min_reader_version &&
         a.min_writer_version == b.min_writer_version &&
         Sorted(a.reader_features) == Sorted(b.reader_features) &&
         Sorted(a.writer_features) == Sorted(b.writer_features);
}

bool SameMeaning(const Metadata& a, const Metadata& b) {
  return a.id == b.id && a.schema_string == b.schema_string &&
         a.partition_columns == b.partition_columns && a.configuration == b.configuration;
}

}  // namespace

std::optional<VersionChecksum> ReadChecksum(const LogStore& log, const LogSegment& segment) {
  if (!segment.checksum) return std::nullopt;
  const Result<std::string> bytes = log.Read(segment.checksum->name);
  if (!bytes.ok()) return std::nullopt;
  Result<VersionChecksum> checksum = ParseVersionChecksum(*bytes, segment.checksum->name);
  if (checksum.ok()) return *std::move(checksum);
  Log(LogLevel::kInfo, Concat("passed over: ", checksum.status().message()));
  return std::nullopt;
}

Status CheckAgreement(const CommitChunks& chunks, const Snapshot::Impl& impl) {
  std::optional<Protocol> protocol;
  std::optional<Metadata> metadata;
  TakeNewestState(chunks, protocol, metadata);
  const bool same_protocol = !protocol || SameMeaning(*protocol, impl.protocol);
  if (same_protocol && (!metadata || SameMeaning(*metadata, impl.metadata))) return Status::Ok();
  return Status::Corruption("the version checksum file by which ", impl.store->root_uri(),
                            " was opened has another ", same_protocol ? "metaData" : "protocol",
                            " than the commits up to version ", impl.segment.version.value,
                            ": delete that .crc file, which the table does not need");
}

void CompareChecksum(const Snapshot::Impl& impl, const Snapshot::FileTotals& totals) {
  if (!impl.checksum) return;
  if (impl.checksum->num_files == totals.num_files &&
      impl.checksum->table_size_bytes == totals.total_bytes) {
    return;
  }
  Log(LogLevel::kWarning,
      Concat("version checksum file ", impl.segment.checksum->name, " of ", impl.store->root_uri(),
             " counts ", impl.checksum->num_files, " files of ", impl.checksum->table_size_bytes,
             " bytes, the log ", totals.num_files, " files of ", totals.total_bytes, " bytes"));
}

bool SameState(const Snapshot::Impl& a, const Snapshot::Impl& b) {
  return SameMeaning(a.protocol, b.protocol) && SameMeaning(a.metadata, b.metadata);
}

}  // namespace deltaic
