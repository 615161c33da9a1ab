// deltaic completion: a script that completes commands and options in bash, zsh or fish.
//
// The words come from the program's own description, so that no script lags behind.

#include <iostream>
#include <memory>

#include "context.h"

namespace deltaic::cli {
namespace {

std::string OptionWords(const CLI::App& command) {
  std::string out;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) out += (out.empty() ? "--" : " --") + name;
  }
  for (const CLI::App* group :
       command.get_subcommands([](const CLI::App* app) { return app->get_name().empty(); })) {
    const std::string words = OptionWords(*group);
    if (!words.empty()) out += (out.empty() ? "" : " ") + words;
  }
  return out;
}

std::vector<const CLI::App*> Commands(const CLI::App& app) {
  std::vector<const CLI::App*> out;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (!command->get_name().empty()) out.push_back(command);
  }
  return out;
}

void PrintBash(const CLI::App& app) {
  std::string names;
  for (const CLI::App* command : Commands(app))
    names += (names.empty() ? "" : " ") + command->get_name();
  std::cout << "_deltaic() {\n  local current=${COMP_WORDS[COMP_CWORD]} words\n  case "
               "${COMP_WORDS[1]} in\n";
  for (const CLI::App* command : Commands(app)) {
    std::cout << "    " << command->get_name() << ") words='" << OptionWords(*command) << " "
              << OptionWords(app) << "' ;;\n";
  }
  std::cout << "    *) words='" << names << " " << OptionWords(app) << "' ;;\n  esac\n"
            << "  if [ \"$COMP_CWORD\" -eq 1 ] || [ \"${current#-}\" != \"$current\" ]; then\n"
            << "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n  else\n"
            << "    COMPREPLY=($(compgen -f -- \"$current\"))\n  fi\n}\ncomplete -o filenames -F "
               "_deltaic deltaic\n";
}

void PrintFish(const CLI::App& app) {
  std::cout << "complete -c deltaic -n __fish_use_subcommand -f\n";
  for (const CLI::App* command : Commands(app)) {
    std::cout << "complete -c deltaic -n __fish_use_subcommand -f -a " << command->get_name()
              << " -d '" << command->get_description() << "'\n";
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        std::cout << "complete -c deltaic -n '__fish_seen_subcommand_from " << command->get_name()
                  << "' -l " << name << "\n";
      }
    }
  }
}

}  // namespace

void AddCompletion(CLI::App& app) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", "Print a completion script for a shell");
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer("Example:\n  source <(deltaic completion bash)");
  command->callback([shell, &app] {
    if (*shell == "zsh") std::cout << "autoload -U +X bashcompinit && bashcompinit\n";
    *shell == "fish" ? PrintFish(app) : PrintBash(app);
  });
}

}  // namespace deltaic::cli
