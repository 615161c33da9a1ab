#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

/// Tests of what a process must not do to itself: die, lose its rights, run into limits.
namespace deltaic::testing {

/// A forked copy of the test process that runs `body` and ends. Killed with this object.
class ChildProcess {
 public:
  explicit ChildProcess(const std::function<std::string()>& body);
  ChildProcess(const ChildProcess&) = delete;
  ~ChildProcess() { Kill(); }

  /// Waits. \return what `body` returned, or how the child died.
  std::string Wait();
  /// Ends it by SIGKILL, so that it cleans nothing up.
  void Kill();

 private:
  pid_t pid_ = -1;
  int output_ = -1;
};

inline std::string RunInChild(const std::function<std::string()>& body) {
  return ChildProcess(body).Wait();
}

/// Makes one system call fail where the low 32 bits of an argument, masked, have a value.
struct SyscallFault {
  int number = 0;  ///< SYS_...
  int error = 0;   ///< errno
  unsigned argument = 0;
  uint32_t mask = 0;  ///< 0: whatever the argument
  uint32_t value = 0;
};

/// From now on, for the rest of this process: to be called in a child. \return false where the
/// system does not allow it.
bool InstallSyscallFaults(const std::vector<SyscallFault>& faults);

}  // namespace deltaic::testing
