#pragma once

#include <librdkafka/rdkafka.h>

#include <string>

#include "base/status.h"

namespace deltaic::ingest {

// Every function of librdkafka that is called, without its prefix.
#define DELTAIC_KAFKA_FUNCTIONS(X)         \
  X(version)                               \
  X(version_str)                           \
  X(err2str)                               \
  X(err2name)                              \
  X(conf_new)                              \
  X(conf_set)                              \
  X(conf_destroy)                          \
  X(conf_set_rebalance_cb)                 \
  X(conf_set_error_cb)                     \
  X(conf_set_log_cb)                       \
  X(conf_set_dr_msg_cb)                    \
  X(conf_set_opaque)                       \
  X(conf_set_oauthbearer_token_refresh_cb) \
  X(oauthbearer_set_token)                 \
  X(oauthbearer_set_token_failure)         \
  X(sasl_background_callbacks_enable)      \
  X(opaque)                                \
  X(destroy)                               \
  X(poll)                                  \
  X(poll_set_consumer)                     \
  X(subscribe)                             \
  X(unsubscribe)                           \
  X(consumer_close)                        \
  X(queue_get_consumer)                    \
  X(queue_destroy)                         \
  X(queue_yield)                           \
  X(consume_batch_queue)                   \
  X(message_destroy)                       \
  X(message_timestamp)                     \
  X(message_headers)                       \
  X(message_errstr)                        \
  X(header_get_all)                        \
  X(topic_name)                            \
  X(assign)                                \
  X(incremental_assign)                    \
  X(incremental_unassign)                  \
  X(assignment_lost)                       \
  X(rebalance_protocol)                    \
  X(seek_partitions)                       \
  X(pause_partitions)                      \
  X(resume_partitions)                     \
  X(get_watermark_offsets)                 \
  X(error_destroy)                         \
  X(error_string)                          \
  X(fatal_error)                           \
  X(topic_partition_list_new)              \
  X(topic_partition_list_add)              \
  X(topic_partition_list_destroy)          \
  X(query_watermark_offsets)               \
  X(offsets_for_times)                     \
  X(committed)                             \
  X(commit)                                \
  X(metadata)                              \
  X(metadata_destroy)                      \
  X(topic_new)                             \
  X(topic_destroy)                         \
  X(producev)                              \
  X(flush)                                 \
  X(headers_new)                           \
  X(header_add)                            \
  X(headers_destroy)

/// librdkafka, found at run time, so that the newest one of a machine serves. Immutable after
/// Load(): safe from any thread.
struct KafkaApi {
#define DELTAIC_KAFKA_POINTER(name) decltype(&::rd_kafka_##name) name = nullptr;
  DELTAIC_KAFKA_FUNCTIONS(DELTAIC_KAFKA_POINTER)
#undef DELTAIC_KAFKA_POINTER
  decltype(&::rd_kafka_new) new_ = nullptr;  ///< rd_kafka_new, whose name is taken
  std::string loaded_from;

  /// Loads it from `path`, else from $DELTAIC_LIBRDKAFKA, else as the system finds librdkafka.so.1.
  /// It stays loaded until the process ends.
  /// \retval kNotFound  no such library  \retval kUnsupported  one that is too old, by version.
  static Result<KafkaApi> Load(const std::string& path);
};

}  // namespace deltaic::ingest
