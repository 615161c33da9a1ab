#include "contract/child_process.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <stdexcept>

namespace deltaic::testing {

ChildProcess::ChildProcess(const std::function<std::string()>& body) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("pipe");
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) {
    const std::string text = body();
    const ssize_t written = write(ends[1], text.data(), text.size());
    // Not exit(): the tests' own clean-up belongs to the parent.
    _exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
  }
  close(ends[1]);
  output_ = ends[0];
}

std::string ChildProcess::Wait() {
  std::string text;
  char chunk[4096];
  for (ssize_t got = 0; (got = read(output_, chunk, sizeof(chunk))) > 0;) {
    text.append(chunk, static_cast<size_t>(got));
  }
  close(output_);
  int state = 0;
  waitpid(pid_, &state, 0);
  pid_ = -1;
  if (WIFSIGNALED(state)) return "killed by signal " + std::to_string(WTERMSIG(state));
  if (WEXITSTATUS(state) != 0) return "exit code " + std::to_string(WEXITSTATUS(state));
  return text;
}

void ChildProcess::Kill() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  close(output_);
  pid_ = -1;
}

bool InstallSyscallFaults(const std::vector<SyscallFault>& faults) {
  std::vector<sock_filter> program;
  for (const SyscallFault& fault : faults) {
    // Little endian: the low half of an argument comes first.
    const auto argument = static_cast<uint32_t>(offsetof(seccomp_data, args) + fault.argument * 8);
    const auto error = static_cast<uint32_t>(fault.error);
    program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
    program.push_back(
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(fault.number), 0, 4));
    program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, argument));
    program.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, fault.mask));
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, fault.value, 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

}  // namespace deltaic::testing
