#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "deltaic/deltaic.h"
#include "storage/login/fresh_options.h"

struct deltaic_cancellation {
  deltaic::CancellationToken token;
};

/// Handle of options. What they mean is the OptionTable's of the call that gets them.
struct deltaic_options {
  std::map<std::string, std::vector<std::string>> values;
  deltaic::CancellationToken cancel = deltaic::CancellationToken::None();
  deltaic_progress_callback progress = nullptr;
  void* progress_user = nullptr;
  deltaic::OptionsProvider credentials;  ///< empty: options and environment have them
};

namespace deltaic::capi {

/// What may stop the call of `options` (NULL for none).
CancellationToken CancellationOf(const deltaic_options* options);

/// Who wants to know how far it is; empty where no callback was set.
std::function<void(int64_t)> ProgressOf(const deltaic_options* options);

}  // namespace deltaic::capi
