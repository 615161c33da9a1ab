#include "ingest/observe/prometheus_text.h"

#include <array>
#include <cstdio>
#include <functional>
#include <string_view>

#include "base/status.h"

namespace deltaic::ingest {
namespace {

struct Series {
  const char* name;
  const char* type;
  const char* help;
  int64_t (*value)(const Metrics& metrics);
};

constexpr Series kSeries[] = {
    {"messages_total", "counter", "Messages handled: rows, dead letters and skipped ones.",
     [](const Metrics& m) { return m.messages.load(); }},
    {"bytes_total", "counter", "Bytes of the payloads handled.",
     [](const Metrics& m) { return m.bytes.load(); }},
    {"rows_total", "counter", "Rows committed.", [](const Metrics& m) { return m.rows.load(); }},
    {"dead_letters_total", "counter", "Messages that made no row and were set aside.",
     [](const Metrics& m) { return m.dead_letters.load(); }},
    {"skipped_total", "counter", "Tombstones, messages left out by the filter, bad ones skipped.",
     [](const Metrics& m) { return m.skipped.load(); }},
    {"seen_before_total", "counter", "Messages below the table's position, which came again.",
     [](const Metrics& m) { return m.seen_before.load(); }},
    {"commits_total", "counter", "Commits to the table.",
     [](const Metrics& m) { return m.commits.load(); }},
    {"commits_under_way", "gauge", "1 while a commit is under way, beside what goes on.",
     [](const Metrics& m) { return m.commits_under_way.load(); }},
    {"commit_retries_total", "counter",
     "Commits made again, with the same rows, on a newer version.",
     [](const Metrics& m) { return m.commit_retries.load(); }},
    {"conflicts_total", "counter", "Batches dropped and read again for another writer's commit.",
     [](const Metrics& m) { return m.conflicts.load(); }},
    {"failures_total", "counter", "Batches dropped and read again for errors that may pass.",
     [](const Metrics& m) { return m.failures.load(); }},
    {"rebalances_total", "counter", "Rebalances of the consumer that the route shares.",
     [](const Metrics& m) { return m.rebalances.load(); }},
    {"data_losses_total", "counter", "Gaps that --on-data-loss continue went over.",
     [](const Metrics& m) { return m.data_losses.load(); }},
    {"files_total", "counter", "Data files committed.",
     [](const Metrics& m) { return m.files.load(); }},
    {"file_bytes_total", "counter", "Bytes of the data files committed.",
     [](const Metrics& m) { return m.file_bytes.load(); }},
    {"compactions_total", "counter", "Commits that put small files together.",
     [](const Metrics& m) { return m.compactions.load(); }},
    {"table_version", "gauge", "Version of the last commit; -1 before the first one.",
     [](const Metrics& m) { return m.last_version.load(); }},
    {"buffered_rows", "gauge", "Rows taken and not committed.",
     [](const Metrics& m) { return m.buffered_rows.load(); }},
    {"buffered_bytes", "gauge", "Memory of rows and open files.",
     [](const Metrics& m) { return m.buffered_bytes.load(); }},
    {"partitions", "gauge", "Partitions assigned.",
     [](const Metrics& m) { return m.partitions.load(); }},
    {"lag_messages", "gauge", "Messages of the partitions assigned that are not handled yet.",
     [](const Metrics& m) { return m.Lag(); }},
};

/// A label's value: text of users.
std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string Number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g", value);
  return text.data();
}

class TextWriter {
 public:
  void Head(std::string_view name, std::string_view type, std::string_view help) {
    out_ += Concat("# HELP deltaic_ingest_", name, ' ', help, "\n# TYPE deltaic_ingest_", name, ' ',
                   type, '\n');
  }
  void Value(std::string_view name, std::string_view labels, const std::string& value) {
    out_ += Concat("deltaic_ingest_", name);
    if (!labels.empty()) out_ += Concat('{', labels, '}');
    out_ += Concat(' ', value, '\n');
  }
  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

}  // namespace

std::string PrometheusText(const IngestStatus& status, int64_t now_ms) {
  TextWriter text;
  const auto each = [&](const std::function<void(const Metrics&, const std::string&)>& write) {
    for (const RouteStatus& route : status.routes) {
      write(*route.metrics,
            Concat("topic=\"", Escaped(route.topic), "\",table=\"", Escaped(route.table), '"'));
    }
  };
  for (const Series& series : kSeries) {
    text.Head(series.name, series.type, series.help);
    each([&](const Metrics& metrics, const std::string& labels) {
      text.Value(series.name, labels, std::to_string(series.value(metrics)));
    });
  }
  text.Head("oldest_buffered_seconds", "gauge", "Age of the oldest message not committed; else 0.");
  each([&](const Metrics& metrics, const std::string& labels) {
    const int64_t oldest = metrics.oldest_ms;
    text.Value("oldest_buffered_seconds", labels,
               Number(oldest == 0 ? 0 : static_cast<double>(now_ms - oldest) / 1000));
  });
  text.Head("up", "gauge", "Whether the route runs: not where it waits, or has failed.");
  each([&](const Metrics& metrics, const std::string& labels) {
    text.Value("up", labels, metrics.state == RouteState::kRunning ? "1" : "0");
  });
  text.Head("partition_offset", "gauge", "Offset after the last message handled.");
  each([&](const Metrics& metrics, const std::string& labels) {
    for (const auto& [number, partition] : metrics.Partitions()) {
      text.Value("partition_offset", Concat(labels, ",partition=\"", number, '"'),
                 std::to_string(partition.next));
    }
  });
  text.Head("partition_lag_messages", "gauge", "Messages of the partition not handled yet.");
  each([&](const Metrics& metrics, const std::string& labels) {
    for (const auto& [number, partition] : metrics.Partitions()) {
      if (!partition.end) continue;
      text.Value("partition_lag_messages", Concat(labels, ",partition=\"", number, '"'),
                 std::to_string(std::max<int64_t>(*partition.end - partition.next, 0)));
    }
  });
  text.Head("commit_seconds", "histogram", "How long commits take, from the last row on.");
  each([&](const Metrics& metrics, const std::string& labels) {
    const DurationHistogram& histogram = metrics.commit_seconds;
    int64_t count = 0;
    for (size_t i = 0; i <= DurationHistogram::kBounds.size(); ++i) {
      count += histogram.count(i);
      const std::string bound = i < DurationHistogram::kBounds.size()
                                    ? Number(DurationHistogram::kBounds[i])
                                    : std::string("+Inf");
      text.Value("commit_seconds_bucket", Concat(labels, ",le=\"", bound, '"'),
                 std::to_string(count));
    }
    text.Value("commit_seconds_sum", labels, Number(histogram.sum_seconds()));
    text.Value("commit_seconds_count", labels, std::to_string(count));
  });
  text.Head("memory_limit_bytes", "gauge", "--memory-limit.");
  text.Value("memory_limit_bytes", "", std::to_string(status.memory_limit_bytes));
  return text.Take();
}

}  // namespace deltaic::ingest
