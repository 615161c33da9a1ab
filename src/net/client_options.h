#pragma once

#include <chrono>
#include <string>

#include "base/status.h"
#include "net/option_set.h"

namespace deltaic {

/// How often and how soon a request is tried again.
struct RetrySettings {
  int max_retries = 10;
  std::chrono::milliseconds retry_timeout{180'000};  ///< no retry begins later than that
  std::chrono::milliseconds init_backoff{100};
  std::chrono::milliseconds max_backoff{15'000};
  double base = 2;  ///< each pause is longer by this factor
};

/// What every store of a network can be told; docs/storage.md lists the names.
struct ClientOptions {
  bool allow_http = false;
  bool allow_invalid_certificates = false;
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds timeout{0};            ///< of one attempt; 0: none
  std::chrono::milliseconds read_timeout{30'000};  ///< without a byte
  std::string proxy_url;  ///< empty: HTTPS_PROXY and its like. May hold a password.
  std::string proxy_ca_certificate;
  std::string proxy_excludes;
  std::string certificate_path;  ///< file of CAs; empty: the system's
  bool disable_system_certificates = false;
  std::string client_certificate_path;  ///< PEM file that shows who asks; empty: nobody does
  std::string client_key_path;          ///< PEM file of its key; empty: in the same file
  std::chrono::milliseconds pool_idle_timeout{15'000};
  int pool_max_idle_per_host = 64;
  std::string user_agent;
  std::string default_content_type;
  int max_concurrency = 16;
  RetrySettings retry;
};

/// The keys of ClientOptions, for an OptionSet; those that mean nothing here among them.
std::span<const OptionKey> ClientOptionKeys();

/// \retval kInvalidArgument  a value that is none, by the option's name and without the value.
Result<ClientOptions> ReadClientOptions(const OptionSet& options);

}  // namespace deltaic
