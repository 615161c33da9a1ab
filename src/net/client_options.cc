#include "net/client_options.h"

#include <cstdlib>

#include "base/made_once.h"

namespace deltaic {

std::span<const OptionKey> ClientOptionKeys() {
  return MadeOnce([] {
    return std::vector<OptionKey>{
        {"allow_http", {"aws_allow_http", "azure_allow_http", "google_allow_http"}},
        {"allow_invalid_certificates", {"aws_allow_invalid_certificates"}},
        {"connect_timeout", {"aws_connect_timeout"}},
        {"timeout", {"aws_timeout"}},
        {"read_timeout", {}},
        {"proxy_url", {"aws_proxy_url", "azure_proxy_url", "google_proxy_url"}},
        {"proxy_ca_certificate", {}},
        {"proxy_excludes", {}},
        {"certificate_path", {}},
        {"disable_system_certificates", {}},
        {"pool_idle_timeout", {"aws_s3_pool_idle_timeout_seconds"}},
        {"pool_max_idle_per_host", {}},
        {"user_agent", {}},
        {"default_content_type", {}},
        {"max_concurrency", {"concurrency_limit"}},
        {"max_retries", {}},
        {"retry_timeout", {}},
        {"init_backoff", {"backoff_config.init_backoff", "backoff.init_backoff"}},
        {"max_backoff", {"backoff_config.max_backoff", "backoff.max_backoff"}},
        {"backoff_base", {"base", "backoff_config.base", "backoff.base"}},
        {"read_outside_files", {}},
        {"http1_only", {}, true},
        {"http2_only", {}, true},
        {"http2_keep_alive_interval", {}, true},
        {"http2_keep_alive_timeout", {}, true},
        {"http2_keep_alive_while_idle", {}, true},
        {"http2_max_frame_size", {}, true},
        {"randomize_addresses", {}, true},
        {"multi_threaded", {}, true},
        {"worker_threads", {}, true},
        {"thread_name", {}, true},
        {"enable_io", {}, true},
        {"enable_time", {}, true},
    };
  });
}

Result<ClientOptions> ReadClientOptions(const OptionSet& options) {
  ClientOptions out;
  DELTAIC_ASSIGN_OR_RETURN(out.allow_http, options.GetBool("allow_http", out.allow_http));
  DELTAIC_ASSIGN_OR_RETURN(out.allow_invalid_certificates,
                           options.GetBool("allow_invalid_certificates", false));
  DELTAIC_ASSIGN_OR_RETURN(out.connect_timeout,
                           options.GetDuration("connect_timeout", out.connect_timeout));
  DELTAIC_ASSIGN_OR_RETURN(out.timeout, options.GetDuration("timeout", out.timeout));
  DELTAIC_ASSIGN_OR_RETURN(out.read_timeout, options.GetDuration("read_timeout", out.read_timeout));
  out.proxy_url = options.Get("proxy_url");
  out.proxy_ca_certificate = options.Get("proxy_ca_certificate");
  out.proxy_excludes = options.Get("proxy_excludes");
  out.certificate_path = options.Get("certificate_path");
  if (out.certificate_path.empty())
    out.certificate_path = options.Variable("SSL_CERT_FILE").value_or("");
  DELTAIC_ASSIGN_OR_RETURN(out.disable_system_certificates,
                           options.GetBool("disable_system_certificates", false));
  DELTAIC_ASSIGN_OR_RETURN(out.pool_idle_timeout,
                           options.GetDuration("pool_idle_timeout", out.pool_idle_timeout));
  DELTAIC_ASSIGN_OR_RETURN(const int64_t idle, options.GetInt("pool_max_idle_per_host",
                                                              out.pool_max_idle_per_host, 0, 4096));
  out.pool_max_idle_per_host = static_cast<int>(idle);
  out.user_agent = options.Get("user_agent");
  out.default_content_type = options.Get("default_content_type");
  int64_t most = out.max_concurrency;
  if (const auto text = options.Variable("OBJECT_STORE_CONCURRENCY_LIMIT")) {
    most = std::max<int64_t>(1, std::atoll(text->c_str()));
  }
  DELTAIC_ASSIGN_OR_RETURN(most, options.GetInt("max_concurrency", most, 1, 4096));
  out.max_concurrency = static_cast<int>(most);
  RetrySettings& retry = out.retry;
  DELTAIC_ASSIGN_OR_RETURN(const int64_t retries,
                           options.GetInt("max_retries", retry.max_retries, 0, 1000));
  retry.max_retries = static_cast<int>(retries);
  DELTAIC_ASSIGN_OR_RETURN(retry.retry_timeout,
                           options.GetDuration("retry_timeout", retry.retry_timeout));
  DELTAIC_ASSIGN_OR_RETURN(retry.init_backoff,
                           options.GetDuration("init_backoff", retry.init_backoff));
  DELTAIC_ASSIGN_OR_RETURN(retry.max_backoff,
                           options.GetDuration("max_backoff", retry.max_backoff));
  if (const auto text = options.Find("backoff_base")) {
    char* end = nullptr;
    retry.base = std::strtod(text->c_str(), &end);
    if (*end != '\0' || !(retry.base >= 1 && retry.base <= 100)) {
      return Status::InvalidArgument("storage option backoff_base is not a number from 1 to 100");
    }
  }
  return out;
}

}  // namespace deltaic
