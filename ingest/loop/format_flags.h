#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "ingest/decode/open_format.h"

namespace CLI {
class App;
}

namespace deltaic::ingest {

/// The flags that say how payloads are written, and where their schemas are.
class FormatFlags {
 public:
  void AddTo(CLI::App& app);
  /// \param topic  the default subject is `<topic>-value`.
  /// \retval kInvalidArgument  flags that do not go together, or a file that cannot be read.
  Result<FormatOptions> Finish(const std::string& topic) const;

 private:
  Status ReadSource(FormatOptions& out) const;
  Status ReadRegistry(const std::string& topic, FormatOptions& out) const;

  std::string format_, json_, avro_, protobuf_, reader_schema_, message_;
  std::string style_ = "auto", subject_;
  std::vector<std::string> settings_;
  bool soe_avro_ = false;
};

}  // namespace deltaic::ingest
