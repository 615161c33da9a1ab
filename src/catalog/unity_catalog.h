#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "catalog/catalog_uri.h"
#include "catalog/unity_answer.h"
#include "net/http_client.h"
#include "storage/login/token_cache.h"

namespace deltaic {

/// Tables by name and credentials for them, by Unity Catalog's REST interface: Databricks', or an
/// open source server's. Safe from any thread.
class UnityCatalog : public std::enable_shared_from_this<UnityCatalog> {
 public:
  /// \param host  "https://workspace.example.com", with or without a path of its own.
  /// \param login  nullptr: nobody.
  UnityCatalog(Url host, std::shared_ptr<TokenCache> login, HttpClient client);

  /// \retval kNotFound, kPermissionDenied, kUnavailable  as the catalog says.
  /// \retval kUnsupported  no Delta table.
  Result<UnityTable> Find(const UnityName& name, const IoContext& context);

  /// Credentials for a table's place: to write where the catalog allows that, else to read.
  OptionsProvider CredentialsOf(const UnityName& name, const UnityTable& table);

 private:
  /// \param body  empty: GET.
  Result<HttpResponse> Ask(std::string_view path, std::string_view body, const IoContext& context);
  std::string Asking(std::string_view what, const UnityName& name) const;

  const Url base_;
  const std::shared_ptr<TokenCache> login_;
  const HttpClient client_;
  RequestPolicy policy_;
};

}  // namespace deltaic
