#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ingest/dead_letter/dead_letters.h"
#include "storage/open_store.h"

namespace deltaic::ingest {

struct DeadLetterTableOptions {
  std::string uri, topic, app_id;
  StorageOptions storage;
  std::vector<std::string> transforms;  ///< of the letter as a JSON object
};

/// Dead letters in a Delta table, each once: it remembers positions as the table of the rows does.
/// The columns are those of kafka-delta-ingest (base64_bytes, json_string, error, timestamp), then
/// topic, partition, offset, key, headers, stage. A table that is there takes those that it has.
/// \retval kUnsupported  the table needs a feature this build lacks  \retval kInvalidArgument  a
/// transform that cannot be understood.
Result<std::unique_ptr<DeadLetters>> OpenDeadLetterTable(const KafkaApi& api,
                                                         const DeadLetterTableOptions& options);

}  // namespace deltaic::ingest
