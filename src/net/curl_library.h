#pragma once

#include <curl/curl.h>

#include "base/status.h"

namespace deltaic {

/// The functions of libcurl that are used.
struct CurlLibrary {
  decltype(curl_global_init)* global_init;
  decltype(curl_version_info)* version_info;
  decltype(curl_easy_init)* easy_init;
  decltype(curl_easy_reset)* easy_reset;
  CURLcode (*easy_setopt)(CURL*, CURLoption, ...);
  CURLcode (*easy_getinfo)(CURL*, CURLINFO, ...);
  decltype(curl_easy_cleanup)* easy_cleanup;
  decltype(curl_easy_strerror)* easy_strerror;
  decltype(curl_multi_init)* multi_init;
  CURLMcode (*multi_setopt)(CURLM*, CURLMoption, ...);
  decltype(curl_multi_add_handle)* multi_add_handle;
  decltype(curl_multi_remove_handle)* multi_remove_handle;
  decltype(curl_multi_perform)* multi_perform;
  decltype(curl_multi_poll)* multi_poll;
  decltype(curl_multi_info_read)* multi_info_read;
  decltype(curl_multi_cleanup)* multi_cleanup;
  decltype(curl_slist_append)* slist_append;
  decltype(curl_slist_free_all)* slist_free_all;

  /// Loaded at the first call, for the rest of the process. DELTAIC_LIBCURL names another file.
  /// \retval kUnsupported  it is not there, or too old.
  static Result<const CurlLibrary*> Get();
};

}  // namespace deltaic
