#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/url.h"

namespace deltaic {

/// Header fields in their order; names compare ignoring case.
class HttpHeaders {
 public:
  using Field = std::pair<std::string, std::string>;

  HttpHeaders() = default;
  HttpHeaders(std::initializer_list<Field> fields) : fields_(fields) {}

  void Add(std::string_view name, std::string_view value) {
    fields_.emplace_back(std::string(name), std::string(value));
  }
  /// Replaces what has this name.
  void Set(std::string_view name, std::string_view value);
  /// The first of this name.
  std::optional<std::string_view> Find(std::string_view name) const;
  /// As Find(), empty where there is none.
  std::string_view Get(std::string_view name) const { return Find(name).value_or(""); }

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<Field> fields_;
};

struct HttpResponse {
  int status = 0;  ///< 100 to 599
  HttpHeaders headers;
  std::string body;
  size_t placed_bytes = 0;  ///< of the body, in HttpRequest::place; `body` is empty then

  size_t num_bytes() const { return body.size() + placed_bytes; }
  bool is_success() const { return status >= 200 && status < 300; }
};

/// One request. Copies are cheap: the body is borrowed.
struct HttpRequest {
  std::string method = "GET";
  Url url;
  HttpHeaders headers;
  std::string_view body;  ///< of PUT and POST; must outlive the call
  /// False for what must not reach the server twice (a conditional PUT): nobody sends it again once
  /// a byte may have gone out, and a lost answer is kCommitUnknown.
  bool may_resend = true;
  /// A longer body of the answer is an error before memory is taken for it.
  int64_t max_response_bytes = int64_t{64} << 20;
  /// Where not empty, the body of a successful answer comes here instead of HttpResponse::body, if
  /// the server says beforehand that it fits. Must outlive the call; undefined after a failed one.
  std::span<char> place;
  /// Not over a connection that was used before.
  bool fresh_connection = false;
  /// Asks the machine's own metadata service (link-local or loopback): http is fine, and no proxy
  /// is asked.
  bool is_metadata = false;
  /// Instead of the client's own, where it is shorter.
  std::optional<int64_t> timeout_ms;
  /// Where not null, takes what came of a successful answer before its connection broke.
  HttpResponse* broken = nullptr;
};

}  // namespace deltaic
