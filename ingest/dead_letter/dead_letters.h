#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "ingest/source/kafka_source.h"

namespace deltaic::ingest {

/// One message that made no row.
struct DeadLetter {
  const Message* message = nullptr;
  std::string_view stage;  ///< "decode", "transform", "rules"
  const Status* error = nullptr;
};

/// Where dead letters go. They are there before the rows around them are committed, by the same
/// three steps (row_writer.h). One thread at a time, but for Fly().
class DeadLetters {
 public:
  virtual ~DeadLetters() = default;
  /// Keeps a copy. One that is there already, of an earlier run, is left out.
  virtual Status Add(const DeadLetter& letter) = 0;
  /// Sets those apart that were added so far.
  /// \param positions  by partition: the last offset handled.
  virtual Status Depart(const std::map<int32_t, int64_t>& positions) = 0;
  /// As that of RowWriter.
  virtual bool changes_table() const = 0;
  /// Makes what has departed lasting. From any thread, beside all calls but Land() and Reload().
  virtual Status Fly() = 0;
  /// After Fly(), or in its place: then they are dropped.
  /// \return how many there were. After an error they are gone, as are the rows around them.
  virtual Result<int64_t> Land() = 0;
  /// Forgets those that have not departed.
  virtual void Drop() = 0;
  /// Learns what is there already. None may be under way.
  virtual Status Reload() = 0;
};

}  // namespace deltaic::ingest
