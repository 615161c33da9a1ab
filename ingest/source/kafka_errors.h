#pragma once

#include <string>

#include "base/status.h"
#include "ingest/source/kafka_api.h"

namespace deltaic::ingest {

/// True for an error that means no broker could be asked.
bool IsUnreachable(rd_kafka_resp_err_t error);
/// True for an error that librdkafka mends itself.
bool IsPassing(rd_kafka_resp_err_t error);
/// True for an error of a topic that brokers may come to know yet: they learn of a new one, and of
/// who leads its partitions, by and by.
bool IsNotKnownYet(rd_kafka_resp_err_t error);
/// What a caller does about the error.
Status StatusOfKafka(const KafkaApi& api, rd_kafka_resp_err_t error, std::string message);

}  // namespace deltaic::ingest
