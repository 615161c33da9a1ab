#include "storage/s3/dynamo_table.h"

#include <simdjson.h>

#include <utility>

#include "net/curl_transport.h"
#include "net/digest.h"
#include "net/http_time.h"

namespace deltaic {
namespace {

using simdjson::dom::element;

constexpr int64_t kMaxAnswerBytes = 2 << 20;
/// Complete entries are of no use once nobody can have begun before them.
constexpr int64_t kExpiresAfterSeconds = 86'400;

/// What the service names the kind of an error, without its namespace; empty: none.
std::string ErrorType(const HttpResponse& response) {
  simdjson::dom::parser parser;
  element root;
  std::string_view type;
  if (parser.parse(response.body.data(), response.body.size()).get(root) != simdjson::SUCCESS ||
      root["__type"].get(type) != simdjson::SUCCESS)
    return {};
  return std::string(type.substr(type.rfind('#') + 1));
}

RetryVerdict Judge(const HttpResponse& response) {
  if (response.status == 400) {
    const std::string type = ErrorType(response);
    const bool is_busy = type == "ProvisionedThroughputExceededException" ||
                         type == "ThrottlingException" || type == "RequestLimitExceeded" ||
                         type == "TransactionConflictException";
    return is_busy ? RetryVerdict::kHarmless : RetryVerdict::kFinal;
  }
  return JudgeByStatus(response);
}

std::string Attribute(std::string_view name, std::string_view type, std::string_view value) {
  return Concat(JsonString(name), ":{", JsonString(type), ':', JsonString(value), '}');
}

Result<DynamoEntry> ParseEntry(element item) {
  DynamoEntry out;
  std::string_view name, temp, complete;
  if (item["fileName"]["S"].get(name) != simdjson::SUCCESS ||
      item["tempPath"]["S"].get(temp) != simdjson::SUCCESS ||
      item["complete"]["S"].get(complete) != simdjson::SUCCESS ||
      (complete != "true" && complete != "false")) {
    return Status::Corruption(
        "an entry of the DynamoDB table of commits lacks fileName, tempPath or complete");
  }
  out.file_name = name;
  out.temp_path = temp;
  out.is_complete = complete == "true";
  return out;
}

}  // namespace

std::string JsonString(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      out += "\\u00";
      out += kDigits[static_cast<unsigned char>(c) >> 4];
      out += kDigits[static_cast<unsigned char>(c) & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

Result<std::optional<DynamoEntry>> ParseDynamoAnswer(std::string_view json) {
  simdjson::dom::parser parser;
  element root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS || !root.is_object())
    return Status::Corruption("DynamoDB answers with no JSON object");
  element item;
  if (root["Item"].get(item) == simdjson::SUCCESS) {
    DELTAIC_ASSIGN_OR_RETURN(DynamoEntry entry, ParseEntry(item));
    return std::optional(std::move(entry));
  }
  simdjson::dom::array items;
  if (root["Items"].get(items) == simdjson::SUCCESS && items.size() > 0) {
    DELTAIC_ASSIGN_OR_RETURN(DynamoEntry entry, ParseEntry(items.at(0).value()));
    return std::optional(std::move(entry));
  }
  return std::optional<DynamoEntry>();
}

DynamoTable::DynamoTable(DynamoConfig config, std::string table_path)
    : config_(std::move(config)),
      table_path_(std::move(table_path)),
      http_(SharedCurlTransport(config_.client), config_.client.retry) {}

Result<HttpResponse> DynamoTable::Send(std::string_view operation, const std::string& body,
                                       bool may_resend, const IoContext& context) const {
  HttpRequest request{.method = "POST", .url = config_.endpoint};
  request.body = body;
  request.may_resend = may_resend;
  request.max_response_bytes = kMaxAnswerBytes;
  request.headers.Set("Content-Type", "application/x-amz-json-1.0");
  request.headers.Set("X-Amz-Target", Concat("DynamoDB_20120810.", operation));
  AwsCredentials used;
  const RequestPolicy policy{
      .authorize = [&](HttpRequest& attempt, const IoContext& io) -> Status {
        DELTAIC_ASSIGN_OR_RETURN(used, config_.credentials->Get(io));
        DELTAIC_ASSIGN_OR_RETURN(const std::string digest, Sha256(attempt.body));
        return SignV4(attempt, used, {config_.region, "dynamodb", NowSeconds()}, HexEncode(digest));
      },
      .judge =
          [&](const HttpRequest&, const HttpResponse& response) {
            if (response.status == 400 && ErrorType(response) == "ExpiredTokenException") {
              config_.credentials->Drop(used);
              return RetryVerdict::kAtOnce;
            }
            return Judge(response);
          }};
  return http_.Send(request, policy, context);
}

Status DynamoTable::Failure(const HttpResponse& response, std::string_view doing) const {
  const std::string type = ErrorType(response);
  const std::string table =
      Concat("DynamoDB table ", config_.table_name, " at ", config_.endpoint.Origin());
  const std::string where = "the " + table;
  if (type == "ResourceNotFoundException") {
    return Status::NotFound(
        doing, ": there is no ", table,
        "; make it, with the string keys tablePath (HASH) and fileName (RANGE), or give its name "
        "as the storage option delta_dynamo_table_name");
  }
  const std::string said =
      type.empty() ? Concat("HTTP ", response.status) : Concat(type, ", HTTP ", response.status);
  if (response.status == 403 || type == "AccessDeniedException" ||
      type == "UnrecognizedClientException" || type == "InvalidSignatureException" ||
      type == "MissingAuthenticationTokenException") {
    return Status(StatusCode::kPermissionDenied,
                  Concat(doing, " in ", where, ": it says ", said,
                         "; the credentials need dynamodb:GetItem, PutItem and Query"));
  }
  const bool may_pass = Judge(response) != RetryVerdict::kFinal;
  return Status(may_pass ? StatusCode::kUnavailable : StatusCode::kIo,
                Concat(doing, " in ", where, ": it says ", said));
}

Result<std::optional<DynamoEntry>> DynamoTable::Get(std::string_view file_name,
                                                    const IoContext& context) const {
  const std::string body = Concat(
      "{\"TableName\":", JsonString(config_.table_name), ",\"ConsistentRead\":true,", "\"Key\":{",
      Attribute("tablePath", "S", table_path_), ',', Attribute("fileName", "S", file_name), "}}");
  DELTAIC_ASSIGN_OR_RETURN(const HttpResponse response, Send("GetItem", body, true, context));
  if (!response.is_success()) return Failure(response, "looking for a commit");
  return ParseDynamoAnswer(response.body);
}

Result<std::optional<DynamoEntry>> DynamoTable::Newest(const IoContext& context) const {
  const std::string body = Concat(
      "{\"TableName\":", JsonString(config_.table_name), ",\"ConsistentRead\":true,",
      "\"ScanIndexForward\":false,\"Limit\":1,\"KeyConditionExpression\":\"tablePath = :p\",",
      "\"ExpressionAttributeValues\":{", Attribute(":p", "S", table_path_), "}}");
  DELTAIC_ASSIGN_OR_RETURN(const HttpResponse response, Send("Query", body, true, context));
  if (!response.is_success()) return Failure(response, "looking for the newest commit");
  return ParseDynamoAnswer(response.body);
}

Result<bool> DynamoTable::Add(const DynamoEntry& entry, const IoContext& context) const {
  const std::string body = Concat(
      "{\"TableName\":", JsonString(config_.table_name),
      ",\"ConditionExpression\":\"attribute_not_exists(fileName)\",\"Item\":{",
      Attribute("tablePath", "S", table_path_), ',', Attribute("fileName", "S", entry.file_name),
      ',', Attribute("tempPath", "S", entry.temp_path), ',', Attribute("complete", "S", "false"),
      "}}");
  DELTAIC_ASSIGN_OR_RETURN(const HttpResponse response, Send("PutItem", body, false, context));
  if (response.is_success()) return true;
  if (ErrorType(response) == "ConditionalCheckFailedException") return false;
  const Status failure = Failure(response, "entering a commit");
  // Of a clear no nothing has come; whatever else was said, it may be there.
  return response.status == 400 || failure.code() != StatusCode::kUnavailable
             ? failure
             : Status::CommitUnknown(failure.message());
}

Status DynamoTable::Complete(const DynamoEntry& entry, const IoContext& context) const {
  const std::string body = Concat(
      "{\"TableName\":", JsonString(config_.table_name), ",\"Item\":{",
      Attribute("tablePath", "S", table_path_), ',', Attribute("fileName", "S", entry.file_name),
      ',', Attribute("tempPath", "S", entry.temp_path), ',', Attribute("complete", "S", "true"),
      ',', Attribute("expireTime", "N", std::to_string(NowSeconds() + kExpiresAfterSeconds)), "}}");
  DELTAIC_ASSIGN_OR_RETURN(const HttpResponse response, Send("PutItem", body, true, context));
  return response.is_success() ? Status() : Failure(response, "completing a commit");
}

}  // namespace deltaic
