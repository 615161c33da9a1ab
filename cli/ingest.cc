// deltaic ingest: hands over to a program of its own, so that the other commands start as fast as
// they do, and need nothing of Kafka's.

#include "ingest.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <string>

#include "context.h"
#include "exit_codes.h"

namespace deltaic::cli {
namespace {

constexpr const char* kProgram = "deltaic-ingest";

/// Where this program lies, with '/' at the end; empty where that cannot be told.
std::string OwnFolder() {
  std::array<char, PATH_MAX> path{};
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
  if (length <= 0) return {};
  const std::string whole(path.data(), static_cast<size_t>(length));
  return whole.substr(0, whole.rfind('/') + 1);
}

}  // namespace

int RunIngest(char** argv) {
  const std::string beside = OwnFolder() + kProgram;
  execv(beside.c_str(), argv);
  execvp(kProgram, argv);
  std::fprintf(stderr, "deltaic: ingest needs the program %s beside deltaic or on the PATH: %s\n",
               kProgram, std::strerror(errno));
  return kNotFound;
}

void AddIngest(CLI::App& app) {
  // Named here for --help and completion: main() runs it before any flag is read.
  CLI::App* command = app.add_subcommand(
      "ingest", "Read a Kafka topic into a table, each message once (see deltaic ingest --help)");
  command->prefix_command();
}

}  // namespace deltaic::cli
