/* Sends messages of benchmarks/ingest.py to the topics named on standard input, a line each, in
 * turn and at a steady rate: what a program in Python cannot keep up beside a broker and a reader.
 * A broker answers the requests of a connection one after the other, and a request is of one topic,
 * so that there are several producers.
 *
 *   kafka_feed BROKERS PER_SECOND SECONDS FIRST_ID [KEY=VALUE...]
 *
 * Prints how many were sent and acknowledged, and the seconds from the first to the last
 * acknowledgement. benchmarks/ingest_service.py compiles and runs it. */

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { kMostTopics = 4096, kMostBytes = 512, kProducers = 4 };

static long long acknowledged;

static void OnDelivery(rd_kafka_t* producer, const rd_kafka_message_t* message, void* opaque) {
  (void)producer;
  (void)opaque;
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    fprintf(stderr, "kafka_feed: %s\n", rd_kafka_err2str(message->err));
    exit(1);
  }
  ++acknowledged;
}

static double Now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void Set(rd_kafka_conf_t* conf, const char* key, const char* value) {
  char why[512];
  if (rd_kafka_conf_set(conf, key, value, why, sizeof why) != RD_KAFKA_CONF_OK) {
    fprintf(stderr, "kafka_feed: %s\n", why);
    exit(2);
  }
}

/* As message() of ingest.py has it. */
static size_t Format(char* out, long long i) {
  static const char* const kEvents[] = {"click", "view", "buy"};
  static const char* const kCountries[] = {"DE", "FR", "US", "JP"};
  return (size_t)snprintf(
      out, kMostBytes,
      "{\"id\":%lld,\"user_id\":\"user-%06lld\",\"event\":\"%s\",\"ts\":\"2024-05-01T%02lld:%02lld:"
      "%02lld.%06lldZ\",\"amount\":%lld.%02lld,\"ok\":%s,\"country\":\"%s\",\"page\":\"/products/"
      "category-%lld/item-%lld\",\"session\":\"%032llx\"}",
      i, i * 7919 % 100000, kEvents[i % 3], i / 3600 % 24, i / 60 % 60, i % 60, i % 1000000,
      i % 500, i % 100, i % 2 ? "true" : "false", kCountries[i / 5 % 4], i % 900 + 10000000,
      i * 31 % 5000, i * 7919);
}

static rd_kafka_t* Producer(int argc, char** argv) {
  char why[512];
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  Set(conf, "bootstrap.servers", argv[1]);
  for (int i = 5; i < argc; ++i) {
    char setting[256];
    snprintf(setting, sizeof setting, "%s", argv[i]);
    char* equals = strchr(setting, '=');
    if (equals == NULL) exit(2);
    *equals = '\0';
    Set(conf, setting, equals + 1);
  }
  rd_kafka_conf_set_dr_msg_cb(conf, OnDelivery);
  rd_kafka_t* producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
  if (producer == NULL) {
    fprintf(stderr, "kafka_feed: %s\n", why);
    exit(2);
  }
  return producer;
}

int main(int argc, char** argv) {
  if (argc < 5) return 2;
  rd_kafka_t* producers[kProducers];
  for (int i = 0; i < kProducers; ++i) producers[i] = Producer(argc, argv);
  static rd_kafka_topic_t* topics[kMostTopics];
  long long count = 0;
  char line[300];
  while (count < kMostTopics && fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    topics[count] = rd_kafka_topic_new(producers[count % kProducers], line, NULL);
    ++count;
  }
  if (count == 0) return 2;

  const double per_second = atof(argv[2]), seconds = atof(argv[3]);
  const long long first = atoll(argv[4]);
  long long sent = 0;
  char payload[kMostBytes];
  const double begin = Now();
  for (double now = 0; now < seconds; now = Now() - begin) {
    for (const long long due = (long long)(now * per_second); sent < due;) {
      const long long id = first + sent, topic = id % count;
      if (rd_kafka_produce(topics[topic], 0, RD_KAFKA_MSG_F_COPY, payload, Format(payload, id),
                           NULL, 0, NULL) == 0) {
        ++sent;
        continue;
      }
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) return 1;
      /* The broker is behind, and so will the rate be. */
      rd_kafka_poll(producers[topic % kProducers], 10);
    }
    for (int i = 0; i < kProducers; ++i) rd_kafka_poll(producers[i], 1);
  }
  for (int i = 0; i < kProducers; ++i) {
    if (rd_kafka_flush(producers[i], 60000) != RD_KAFKA_RESP_ERR_NO_ERROR) return 1;
  }
  if (acknowledged != sent) return 1;
  printf("%lld %.3f\n", sent, Now() - begin);
  for (long long i = 0; i < count; ++i) rd_kafka_topic_destroy(topics[i]);
  for (int i = 0; i < kProducers; ++i) rd_kafka_destroy(producers[i]);
  return 0;
}
