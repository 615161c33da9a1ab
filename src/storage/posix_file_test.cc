#include "storage/posix_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "support/status_matchers.h"

namespace deltaic::testing {
namespace {

using ::testing::HasSubstr;

TEST(UniqueFd, ClosesOnceAndMovesOwnership) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const UniqueFd reader(ends[0]);
  {
    UniqueFd first(ends[1]);
    const UniqueFd second(std::move(first));
    EXPECT_FALSE(first.valid());  // NOLINT: what moving leaves is defined here
    EXPECT_EQ(second.get(), ends[1]);
    EXPECT_NE(fcntl(ends[1], F_GETFD), -1);
  }
  EXPECT_EQ(fcntl(ends[1], F_GETFD), -1);
}

TEST(OpenFd, FileIsNotInheritedByPrograms) {
  const UniqueFd fd = OpenFd("/dev/null", O_RDONLY);
  ASSERT_TRUE(fd.valid());
  EXPECT_NE(fcntl(fd.get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(WriteAll, InterruptedAndShortWritesAreContinued) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);

  // A signal each half millisecond cuts writes short, or off with EINTR, while the pipe is full.
  struct sigaction handler = {};
  handler.sa_handler = [](int) {};
  struct sigaction old_handler;
  ASSERT_EQ(sigaction(SIGALRM, &handler, &old_handler), 0);
  const itimerval often{{0, 500}, {0, 500}};
  ASSERT_EQ(setitimer(ITIMER_REAL, &often, nullptr), 0);

  std::string received;
  std::thread consumer([&] {
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarm, nullptr);
    char chunk[7'000];
    for (ssize_t got = 0; (got = read(reader.get(), chunk, sizeof(chunk))) > 0;) {
      received.append(chunk, static_cast<size_t>(got));
      usleep(500);
    }
  });
  std::string sent;
  for (int i = 0; i < 100'000; ++i) sent += std::to_string(i);
  const Status written = WriteAll(writer.get(), sent, "pipe");
  const itimerval never{};
  setitimer(ITIMER_REAL, &never, nullptr);
  writer.Reset();
  consumer.join();
  sigaction(SIGALRM, &old_handler, nullptr);

  EXPECT_THAT(written, IsOk());
  EXPECT_EQ(received, sent);
}

TEST(WriteAll, FullDiskSaysSo) {
  const UniqueFd full = OpenFd("/dev/full", O_WRONLY);
  ASSERT_TRUE(full.valid());
  EXPECT_THAT(WriteAll(full.get(), "bytes", "/dev/full"),
              StatusIs(StatusCode::kIo, HasSubstr("disk full")));
}

TEST(OpenForReading, DeviceAndFolderAreNotFound) {
  EXPECT_THAT(OpenForReading("/dev/null"), StatusIs(StatusCode::kNotFound));
  EXPECT_THAT(OpenForReading("/"), StatusIs(StatusCode::kNotFound));
}

}  // namespace
}  // namespace deltaic::testing
