#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace deltaic::cli {

/// Takes whole numbers of at least 0, and says so of everything else.
CLI::Validator WholeNumber();

/// The first argument where it should name a command and names none; empty else.
std::string UnknownCommand(const CLI::App& app, int argc, char** argv);

/// What is wrong with the call that `error` stopped, and what would be right, in one line.
std::string UsageMessage(const CLI::App& app, const CLI::ParseError& error);
/// The same for a command that there is none of.
std::string UnknownCommandMessage(const CLI::App& app, const std::string& name);

/// The one of `names` that `name` is likely to mean; empty if none is near.
std::string NearestOf(std::string_view name, const std::vector<std::string>& names);

}  // namespace deltaic::cli
