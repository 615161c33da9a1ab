#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/strong_types.h"
#include "net/http_client.h"
#include "storage/s3/aws_credentials.h"

namespace deltaic {

/// A commit as the table of locks has it. From its entry on it stands: its file is copied from
/// `temp_path` by whoever comes upon it first.
struct DynamoEntry {
  std::string file_name;  ///< "00000000000000000012.json"
  std::string temp_path;  ///< inside `_delta_log`
  bool is_complete = false;
};

/// Where the entries are.
struct DynamoConfig {
  Url endpoint;
  std::string region;
  std::string table_name = "delta_log";
  ClientOptions client;
  std::shared_ptr<AwsCredentialsChain> credentials;
};

/// The DynamoDB table in which writers of tables on S3 agree on commits, as Spark's
/// S3DynamoDBLogStore lays it out: HASH key tablePath, RANGE key fileName, and tempPath, complete
/// ("true", "false"), expireTime (seconds since 1970, once complete). Entries of one Delta table.
/// Safe from any thread.
class DynamoTable {
 public:
  /// \param table_path  the Delta table's URI as all its writers give it, with no '/' at its end.
  DynamoTable(DynamoConfig config, std::string table_path);

  /// What stands for this file now; reads are consistent.
  Result<std::optional<DynamoEntry>> Get(std::string_view file_name,
                                         const IoContext& context) const;
  /// The entry with the greatest name.
  Result<std::optional<DynamoEntry>> Newest(const IoContext& context) const;
  /// Adds an incomplete entry if there is none of its name. Sent once.
  /// \return false: there is one.  \retval kCommitUnknown  it may have been added.
  Result<bool> Add(const DynamoEntry& entry, const IoContext& context) const;
  /// Its file is there now; it expires in a day.
  Status Complete(const DynamoEntry& entry, const IoContext& context) const;

 private:
  Result<HttpResponse> Send(std::string_view operation, const std::string& body, bool may_resend,
                            const IoContext& context) const;
  Status Failure(const HttpResponse& response, std::string_view doing) const;

  const DynamoConfig config_;
  const std::string table_path_;
  const HttpClient http_;
};

/// The item of an answer to GetItem, or the first to Query; nullopt: there is none.
/// \retval kCorruption  no such answer.
Result<std::optional<DynamoEntry>> ParseDynamoAnswer(std::string_view json);

/// `text` as a JSON string, with its quotes.
std::string JsonString(std::string_view text);

}  // namespace deltaic
