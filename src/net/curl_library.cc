#include "net/curl_library.h"

#include <cstdlib>

#include "base/made_once.h"
#include "net/loaded_library.h"

namespace deltaic {
namespace {

Result<CurlLibrary> Load() {
  const char* chosen = std::getenv("DELTAIC_LIBCURL");
  static constexpr const char* kUsual[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};
  const std::span<const char* const> names =
      chosen != nullptr && *chosen != '\0' ? std::span<const char* const>(&chosen, 1) : kUsual;
  DELTAIC_ASSIGN_OR_RETURN(const LoadedLibrary library,
                           LoadedLibrary::Open(names, "libcurl4; Fedora: dnf install libcurl"));
  CurlLibrary out{};
  DELTAIC_RETURN_IF_ERROR(library.Bind("curl_global_init", out.global_init));
  DELTAIC_RETURN_IF_ERROR(library.Bind("curl_version_info", out.version_info));
  DELTAIC_RETURN_IF_ERROR(library.Bind("curl_easy_init", out.easy_init));
  DELTAIC_RETURN_IF_ERROR(library.Bind("curl_easy_reset", out.easy_reset));
  DELTAIC_RETURN_IF_ERROR(library.Bind("curl_easy_setopt", out.easy_setopt));
  DELTAIC_RETURN_IF_ERROR(library.Bind("curl_easy_getinfo", out.easy_getinfo));
  DELTAIC_RETURN_IF_ERROR(library.Bind("curl_easy_cleanup", out.easy_cleanup));
  DELTAIC_RETURN_IF_ERROR(library.Bind("curl_easy_strerror", out.easy_strerror));
  DELTAIC_RETURN_IF_ERROR(library.Bind("curl_multi_init", out.multi_init));
  DELTAIC_RETURN_IF_ERROR(library.Bind("curl_multi_setopt", out.multi_setopt));
  DELTAIC_RETURN_IF_ERROR(library.Bind("curl_multi_add_handle", out.multi_add_handle));
  DELTAIC_RETURN_IF_ERROR(library.Bind("curl_multi_remove_handle", out.multi_remove_handle));
  DELTAIC_RETURN_IF_ERROR(library.Bind("curl_multi_perform", out.multi_perform));
  DELTAIC_RETURN_IF_ERROR(library.Bind("curl_multi_poll", out.multi_poll));
  DELTAIC_RETURN_IF_ERROR(library.Bind("curl_multi_info_read", out.multi_info_read));
  DELTAIC_RETURN_IF_ERROR(library.Bind("curl_multi_cleanup", out.multi_cleanup));
  DELTAIC_RETURN_IF_ERROR(library.Bind("curl_slist_append", out.slist_append));
  DELTAIC_RETURN_IF_ERROR(library.Bind("curl_slist_free_all", out.slist_free_all));
  if (out.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    return Status::Unsupported("the system's libcurl cannot be started");
  }
  return out;
}

}  // namespace

Result<const CurlLibrary*> CurlLibrary::Get() {
  const auto& library = MadeOnce([] { return Load(); });
  DELTAIC_RETURN_IF_ERROR(library);
  return &*library;
}

}  // namespace deltaic
