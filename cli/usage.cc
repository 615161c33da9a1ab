// Wrong calls, and the line that mends each.

#include "usage.h"

#include <algorithm>
#include <numeric>

namespace deltaic::cli {
namespace {

/// Levenshtein's distance, in bytes.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!command->get_name().empty()) names.push_back(command->get_name());
  }
  return names;
}

std::string Joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

/// The names of commands for one line: the first of them, and how many more there are.
std::string CommandList(std::vector<std::string> names) {
  constexpr size_t kMost = 16;
  const size_t more = names.size() > kMost ? names.size() - kMost : 0;
  names.resize(names.size() - more);
  return Joined(names) + (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

std::vector<std::string> OptionNames(const CLI::App& app, const CLI::App* command) {
  std::vector<std::string> names;
  for (const CLI::App* part : {&app, command}) {
    if (part == nullptr) continue;
    for (const CLI::Option* option : part->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    // Options in a group, such as the two of create that exclude each other.
    for (const CLI::App* group :
         part->get_subcommands([](const CLI::App* sub) { return sub->get_name().empty(); })) {
      for (const CLI::Option* option : group->get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
      }
    }
  }
  return names;
}

bool IsOption(const std::string& argument) { return argument.size() > 1 && argument[0] == '-'; }

/// `argument` is one that `command` has no place for.
std::string TooMuch(const CLI::App& app, const CLI::App* command, const std::string& argument) {
  if (!IsOption(argument)) {
    return "'" + argument + "' is one argument too many";
  }
  const std::string name = argument.substr(0, argument.find('='));
  const std::string nearest = NearestOf(name, OptionNames(app, command));
  return "there is no option " + name +
         (nearest.empty() ? std::string() : "; did you mean " + nearest + "?");
}

}  // namespace

std::string NearestOf(std::string_view name, const std::vector<std::string>& names) {
  constexpr size_t kLongestCompared = 256;
  if (name.size() > kLongestCompared) return {};
  std::string nearest;
  size_t best = std::max<size_t>(2, name.size() / 3) + 1;  // farther names would not help
  for (const std::string& candidate : names) {
    const size_t distance = EditDistance(name, candidate);
    if (distance < best && distance < std::max(name.size(), candidate.size())) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

CLI::Validator WholeNumber() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        const bool digits =
            !text.empty() && text.size() <= 18 &&
            std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
        return digits ? "" : "takes a whole number of at least 0, not '" + text + "'";
      },
      "N");
}

std::string UnknownCommand(const CLI::App& app, int argc, char** argv) {
  const std::vector<std::string> names = CommandNames(app);
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (IsOption(argument)) {
      const CLI::Option* option = app.get_option_no_throw(argument);
      if (option != nullptr && option->get_expected_min() > 0) ++i;  // its value
      continue;
    }
    return std::find(names.begin(), names.end(), argument) == names.end() ? argument : "";
  }
  return "";
}

std::string UnknownCommandMessage(const CLI::App& app, const std::string& name) {
  const std::vector<std::string> names = CommandNames(app);
  const std::string nearest = NearestOf(name, names);
  return "there is no command '" + name + "'; " +
         (nearest.empty() ? "there are " + CommandList(names) : "did you mean " + nearest + "?");
}

std::string UsageMessage(const CLI::App& app, const CLI::ParseError& error) {
  const auto commands = app.get_subcommands();
  const CLI::App* command = commands.empty() ? nullptr : commands.front();
  if (command == nullptr && error.get_name() == "RequiredError") {
    return "say what to do: " + CommandList(CommandNames(app));
  }
  // A name that is wrong is the reason for what is said to be missing, too.
  const std::vector<std::string> extras = app.remaining(/*recurse=*/true);
  const auto option = std::find_if(extras.begin(), extras.end(),
                                   [](const std::string& extra) { return IsOption(extra); });
  if (option != extras.end()) return TooMuch(app, command, *option);
  const bool too_much = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  if (too_much && !extras.empty()) return TooMuch(app, command, extras.front());
  std::string what = error.what();
  std::replace(what.begin(), what.end(), '\n', ' ');
  return what;
}

}  // namespace deltaic::cli
