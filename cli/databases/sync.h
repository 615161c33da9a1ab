#pragma once

#include <CLI/CLI.hpp>

#include "context.h"

namespace deltaic::cli {

void AddSync(CLI::App& app, Context& context);

}  // namespace deltaic::cli
