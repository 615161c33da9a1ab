#pragma once

#include <memory>

#include "storage/log_store.h"
#include "storage/s3/dynamo_table.h"

namespace deltaic {

/// A table's log whose commits are entered in a DynamoDB table first, for stores that would let
/// writers overwrite each other's, and beside writers that agree so (Spark's S3DynamoDBLogStore,
/// delta-rs). What a writer that died has left half done is finished by whoever comes upon it.
std::shared_ptr<LogStore> MakeDynamoLog(std::shared_ptr<ObjectStore> store,
                                        std::shared_ptr<const DynamoTable> table);

}  // namespace deltaic
