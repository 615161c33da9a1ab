#pragma once

#include <napi.h>

#include <string>

#include "handles.h"

namespace deltaic_node {

/// Of [[key, value | values | function that is asked for credentials]...]; undefined gives no
/// option.
OptionsHandle MakeOptions(const Napi::Value& pairs, const CancellationHandle& cancellation);

/// Text without NUL, which C would end at. Throws.
std::string TextOf(const Napi::Value& value);

}  // namespace deltaic_node
