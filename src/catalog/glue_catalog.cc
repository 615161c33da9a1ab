#include "catalog/glue_catalog.h"

#include "catalog/catalog_json.h"
#include "catalog/glue_answer.h"
#include "net/curl_transport.h"
#include "net/digest.h"
#include "net/http_client.h"
#include "net/http_time.h"
#include "storage/s3/s3_config.h"
#include "storage/s3/sigv4.h"

namespace deltaic {
namespace {

Result<Url> EndpointOf(const std::string& region, const Environment& environment) {
  for (const char* variable : {"AWS_ENDPOINT_URL_GLUE", "AWS_ENDPOINT_URL"}) {
    const auto given = environment(variable);
    if (!given) continue;
    Result<Url> url = ParseUrl(*given);
    return url.ok() ? url : url.status().WithContext(variable);
  }
  const std::string_view suffix = region.starts_with("cn-") ? ".cn" : "";
  return ParseUrl(Concat("https://glue.", region, ".amazonaws.com", suffix, "/"));
}

}  // namespace

Result<std::string> FindGlueTable(const GlueName& name,
                                  const std::map<std::string, std::string>& given,
                                  const Environment& environment, const OptionsProvider& login,
                                  const IoContext& context) {
  // Of no bucket: it is S3's region, login and network that are wanted.
  DELTAIC_ASSIGN_OR_RETURN(S3Config config, ReadS3Config("glue", given, environment));
  if (login) config.credentials = ProvidedAwsCredentials(login);
  DELTAIC_ASSIGN_OR_RETURN(Url url, EndpointOf(config.region, environment));
  if (url.path.empty()) url.path = "/";
  const std::string what =
      Concat("looking up ", name.database, '.', name.table, " in AWS Glue at ", url.Origin());
  const std::string body = Concat(
      "{",
      name.catalog_id.empty() ? "" : Concat("\"CatalogId\":", JsonQuoted(name.catalog_id), ","),
      "\"DatabaseName\":", JsonQuoted(name.database), ",\"Name\":", JsonQuoted(name.table), "}");
  HttpRequest request;
  request.method = "POST";
  request.url = std::move(url);
  request.headers.Add("Content-Type", "application/x-amz-json-1.1");
  request.headers.Add("X-Amz-Target", "AWSGlue.GetTable");
  request.body = body;
  RequestPolicy policy;
  policy.authorize = [&](HttpRequest& attempt, const IoContext& io) -> Status {
    DELTAIC_ASSIGN_OR_RETURN(const AwsCredentials keys, config.credentials->Get(io));
    DELTAIC_ASSIGN_OR_RETURN(const std::string digest, Sha256(attempt.body));
    return SignV4(attempt, keys, {config.region, "glue", NowSeconds()}, HexEncode(digest));
  };
  const HttpClient client(SharedCurlTransport(config.client), config.client.retry);
  const Result<HttpResponse> answer = client.Send(request, policy, context);
  if (!answer.ok()) return answer.status().WithContext(what);
  if (!answer->is_success()) return GlueStatus(answer->status, answer->body, what);
  Result<std::string> location = ParseGlueLocation(answer->body);
  return location.ok() ? location : location.status().WithContext(what);
}

}  // namespace deltaic
