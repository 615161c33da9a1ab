#include "storage/login/command_output.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

extern char** environ;

namespace deltaic {
namespace {

constexpr size_t kMaxBytes = 1 << 20;

/// The reading end of a child's output; ends the child where that is still there.
class Child {
 public:
  ~Child() {
    if (out_ >= 0) close(out_);
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      Wait();
    }
  }

  /// 0, or an errno.
  int Start(const std::vector<std::string>& argv) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return errno;
    out_ = ends[0];
    std::vector<char*> args;
    for (const std::string& arg : argv) args.push_back(const_cast<char*>(arg.c_str()));
    args.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    pid_t pid = 0;
    const int error = posix_spawnp(&pid, args[0], &actions, nullptr, args.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (error == 0) pid_ = pid;
    return error;
  }

  int out() const { return out_; }

  /// The code it ended with; -1 for a signal.
  int Wait() {
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  int out_ = -1;
  pid_t pid_ = -1;
};

/// Until its end. Short waits, so that a cancellation is seen.
Status ReadAll(const Child& child, std::chrono::steady_clock::time_point end,
               std::string_view program, const IoContext& context, std::string& out) {
  std::array<char, 4096> buffer{};
  for (;;) {
    DELTAIC_RETURN_IF_ERROR(context.Check());
    if (std::chrono::steady_clock::now() > end) {
      return Status::Unavailable("the program ", program, " took too long and was ended");
    }
    pollfd wanted{child.out(), POLLIN, 0};
    if (poll(&wanted, 1, 50) <= 0) continue;
    const ssize_t size = read(child.out(), buffer.data(), buffer.size());
    if (size == 0) return Status();
    if (size < 0 && errno != EINTR && errno != EAGAIN) {
      return Status::Io("cannot read what the program ", program, " writes");
    }
    if (size > 0) out.append(buffer.data(), static_cast<size_t>(size));
    if (out.size() > kMaxBytes) {
      return Status::Io("the program ", program, " writes more than 1 MiB");
    }
  }
}

}  // namespace

Result<std::string> CommandOutput(const std::vector<std::string>& argv, std::chrono::seconds limit,
                                  const IoContext& context) {
  const auto end = std::chrono::steady_clock::now() + limit;
  Child child;
  if (const int error = child.Start(argv); error != 0) {
    return Status::NotFound("the program ", argv[0], " cannot be started; is it installed?");
  }
  std::string out;
  DELTAIC_RETURN_IF_ERROR(ReadAll(child, end, argv[0], context, out));
  if (const int code = child.Wait(); code != 0) {
    return Status::PermissionDenied("the program ", argv[0], " ended with code ", code);
  }
  return out;
}

}  // namespace deltaic
