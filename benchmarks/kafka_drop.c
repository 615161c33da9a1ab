/* Reads COUNT messages of TOPIC and drops them: what librdkafka alone costs, as the limit of
 * `deltaic ingest`.
 *
 *   kafka_drop BROKERS TOPIC PARTITIONS COUNT [KEY=VALUE...]
 *
 * benchmarks/ingest.py compiles and runs it. */

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kBatch = 8192 };

static void Set(rd_kafka_conf_t* conf, const char* key, const char* value) {
  char why[512];
  if (rd_kafka_conf_set(conf, key, value, why, sizeof why) != RD_KAFKA_CONF_OK) {
    fprintf(stderr, "kafka_drop: %s\n", why);
    exit(2);
  }
}

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  char why[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  Set(conf, "bootstrap.servers", argv[1]);
  Set(conf, "group.id", "drop");
  for (int i = 5; i < argc; ++i) {
    char* equals = strchr(argv[i], '=');
    if (equals == NULL) return 2;
    *equals = '\0';
    Set(conf, argv[i], equals + 1);
  }
  rd_kafka_t* consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
  if (consumer == NULL) {
    fprintf(stderr, "kafka_drop: %s\n", why);
    return 2;
  }
  rd_kafka_poll_set_consumer(consumer);
  /* Partitions assigned before a broker is known wait half a second for their first offset. */
  const struct rd_kafka_metadata* known = NULL;
  if (rd_kafka_metadata(consumer, 1, NULL, &known, 15000) != RD_KAFKA_RESP_ERR_NO_ERROR) return 2;
  rd_kafka_metadata_destroy(known);
  const int partitions = atoi(argv[3]);
  const long long count = atoll(argv[4]);
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(partitions);
  for (int i = 0; i < partitions; ++i) {
    rd_kafka_topic_partition_list_add(list, argv[2], i)->offset = RD_KAFKA_OFFSET_BEGINNING;
  }
  rd_kafka_assign(consumer, list);
  rd_kafka_topic_partition_list_destroy(list);

  rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(consumer);
  rd_kafka_message_t* messages[kBatch];
  long long got = 0;
  while (got < count) {
    const ssize_t taken = rd_kafka_consume_batch_queue(queue, 20, messages, kBatch);
    for (ssize_t i = 0; i < taken; ++i) {
      if (messages[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++got;
      } else {
        fprintf(stderr, "kafka_drop: %s\n", rd_kafka_message_errstr(messages[i]));
      }
      rd_kafka_message_destroy(messages[i]);
    }
  }
  printf("%lld\n", got);
  fflush(stdout);
  /* What closing costs is not what is measured. */
  _Exit(0);
}
