#include "acceptance/snapshot_facts.h"

#include <arrow/api.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <type_traits>
#include <vector>

#include "data/actions/file_actions.h"

namespace deltaic {
namespace {

template <typename T>
void Compare(std::string& out, const char* what, const T& expected, const T& got) {
  if (expected == got) return;
  std::ostringstream text;
  text << (out.empty() ? "" : "; ") << what;
  if constexpr (std::is_integral_v<T> || std::is_same_v<T, std::string>) {
    text << ": expected " << expected << ", got " << got;
  } else {
    text << " differs";
  }
  out += text.str();
}

std::string ModeName(ColumnMappingMode mode) {
  return mode == ColumnMappingMode::kNone   ? "none"
         : mode == ColumnMappingMode::kName ? "name"
                                            : "id";
}

std::vector<std::string> Sorted(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  return texts;
}

Result<int64_t> CountRows(FileStream& stream) {
  int64_t rows = 0;
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(auto batch, stream.Next());
    if (!batch) return rows;
    rows += batch->num_rows();
  }
}

}  // namespace

Result<std::string> DiffSnapshot(const Snapshot& snapshot, const ExpectedSnapshot& expected) {
  std::string diff;
  Compare(diff, "version", expected.version, snapshot.version().value);
  const Protocol& protocol = snapshot.protocol();
  Compare(diff, "minReaderVersion", expected.min_reader, int64_t{protocol.min_reader_version});
  Compare(diff, "minWriterVersion", expected.min_writer, int64_t{protocol.min_writer_version});
  using Names = std::vector<std::string>;
  Compare(diff, "readerFeatures", Sorted(expected.reader_features),
          Sorted(protocol.reader_features.value_or(Names())));
  Compare(diff, "writerFeatures", Sorted(expected.writer_features),
          Sorted(protocol.writer_features.value_or(Names())));
  Compare(diff, "partitionColumns", expected.partition_columns,
          snapshot.metadata().partition_columns);
  Compare(diff, "column mapping", expected.column_mapping, ModeName(snapshot.column_mapping()));
  Compare(diff, "table id", expected.table_id, snapshot.metadata().id);
  Compare(diff, "configuration", expected.properties, snapshot.metadata().configuration);

  int64_t num_files = 0, total_size = 0, num_deletion_vectors = 0;
  DELTAIC_ASSIGN_OR_RETURN(auto files, snapshot.ListFiles({}));
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(auto batch, files->Next());
    if (!batch) break;
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      const Add add = AddFromBatch(*batch, row);
      ++num_files;
      total_size += add.size;
      num_deletion_vectors += add.deletion_vector.has_value();
    }
  }
  Compare(diff, "files", expected.num_files, num_files);
  if (num_files > 0) Compare(diff, "total size", expected.total_size, total_size);
  Compare(diff, "deletion vectors", expected.num_deletion_vectors, num_deletion_vectors);
  DELTAIC_ASSIGN_OR_RETURN(auto tombstones, snapshot.ListTombstones(TimestampMs{0}));
  DELTAIC_ASSIGN_OR_RETURN(int64_t num_tombstones, CountRows(*tombstones));
  Compare(diff, "tombstones", expected.num_tombstones, num_tombstones);

  DELTAIC_ASSIGN_OR_RETURN(auto txns, snapshot.Transactions());
  std::map<std::string, int64_t> txn_versions;
  for (const Txn& txn : txns) txn_versions[txn.app_id] = txn.version;
  Compare(diff, "txns", expected.txns, txn_versions);
  DELTAIC_ASSIGN_OR_RETURN(auto domains, snapshot.Domains());
  std::map<std::string, std::string> domain_texts;
  for (const DomainMetadata& domain : domains) domain_texts[domain.domain] = domain.configuration;
  Compare(diff, "domains", expected.domains, domain_texts);
  if (expected.in_commit_timestamp) {
    DELTAIC_ASSIGN_OR_RETURN(TimestampMs time, snapshot.timestamp());
    Compare(diff, "in-commit timestamp", *expected.in_commit_timestamp, time.value);
  }
  return diff;
}

}  // namespace deltaic
