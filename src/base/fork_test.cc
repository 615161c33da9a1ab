#include "base/fork.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

#include "base/made_once.h"

namespace deltaic {
namespace {

constexpr unsigned kMostSeconds = 30;

/// What `body` returns in a child, or -1 where it does not come to an end.
int InChild(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(kMostSeconds);
    _exit(body());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// A thread that is inside of something until it is let go.
class Inside {
 public:
  explicit Inside(const std::function<void(const std::function<void()>&)>& enter)
      : thread_([this, enter] {
          enter([this] {
            inside_ = true;
            inside_.notify_all();
            let_go_.wait(false);
          });
        }) {
    inside_.wait(false);
  }
  ~Inside() {
    let_go_ = true;
    let_go_.notify_all();
    thread_.join();
  }

 private:
  std::atomic<bool> inside_{false}, let_go_{false};
  std::thread thread_;
};

TEST(Fork, AChildFindsALockOpenThatAnotherThreadHeld) {
  ForkSafeMutex mutex;
  const Inside holder([&](const std::function<void()>& stay) {
    const std::lock_guard lock(mutex);
    stay();
  });
  const int out = InChild([&] {
    const std::lock_guard lock(mutex);
    return 7;
  });
  EXPECT_EQ(out, 7);
}

TEST(Fork, AMutexOfAChildExcludes) {
  const int out = InChild([] {
    ForkSafeMutex mutex;
    int64_t sum = 0;
    const auto add = [&] {
      for (int i = 0; i < 10'000; ++i) {
        const std::lock_guard lock(mutex);
        sum = sum + 1;
      }
    };
    std::thread other(add);
    add();
    other.join();
    return sum == 20'000 ? 7 : 1;
  });
  EXPECT_EQ(out, 7);
}

std::function<void()>& AtMaking() {
  static std::function<void()> hook;
  return hook;
}

int& Made() {
  return MadeOnce([] {
    if (AtMaking()) AtMaking()();
    return 7;
  });
}

TEST(Fork, AChildMakesWhatAnotherThreadWasMaking) {
  const Inside maker([&](const std::function<void()>& stay) {
    AtMaking() = stay;
    Made();
  });
  const int out = InChild([] {
    AtMaking() = nullptr;
    return Made();
  });
  EXPECT_EQ(out, 7);
}

TEST(Fork, WaitsForWorkBetweenForks) {
  std::atomic<bool> is_done{false};
  std::atomic<bool> has_begun{false};
  std::thread worker([&] {
    RunBetweenForks([&] {
      has_begun = true;
      has_begun.notify_all();
      for (int i = 0; i < 100; ++i) std::this_thread::yield();
      is_done = true;
    });
  });
  has_begun.wait(false);
  EXPECT_EQ(InChild([&] { return is_done ? 7 : 1; }), 7);
  worker.join();
}

}  // namespace
}  // namespace deltaic
