// Runs a fuzzer without libFuzzer: over every file of the seed folders, and over damaged copies of
// them, the same ones in each run.
//
// usage: x_fuzz FILE_OR_FOLDER...  [--mutations=N]

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "fuzz.h"

namespace {

using Bytes = std::vector<uint8_t>;

Bytes ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

/// In a buffer of just that size, so that the sanitizers see every byte read beyond it.
void Run(const Bytes& input) {
  const auto exact = std::make_unique<uint8_t[]>(input.size());
  std::copy(input.begin(), input.end(), exact.get());
  LLVMFuzzerTestOneInput(exact.get(), input.size());
}

/// Changes `input` as a fuzzer would: bytes, runs of bytes, pieces of the other seeds.
void Mutate(Bytes& input, const std::vector<Bytes>& seeds, std::mt19937_64& random) {
  const auto below = [&](size_t n) {
    return n == 0 ? size_t{0} : static_cast<size_t>(random() % n);
  };
  const auto place = [&](size_t n) { return static_cast<std::ptrdiff_t>(below(n)); };
  for (size_t step = 0; step <= below(4); ++step) {
    const auto at = place(input.size() + 1);
    const auto length = std::min(place(16) + 1, std::ssize(input) - at);
    switch (below(6)) {
      case 0:
        if (length > 0) input[static_cast<size_t>(at)] ^= static_cast<uint8_t>(1u << below(8));
        break;
      case 1:
        if (length > 0) input[static_cast<size_t>(at)] = static_cast<uint8_t>(random());
        break;
      case 2:
        input.erase(input.begin() + at, input.begin() + at + length);
        break;
      case 3:
        input.insert(input.begin() + at, below(16) + 1, static_cast<uint8_t>(random()));
        break;
      case 4: {
        const Bytes piece(input.begin() + at, input.begin() + at + length);
        input.insert(input.begin() + place(input.size() + 1), piece.begin(), piece.end());
        break;
      }
      default: {
        const Bytes& other = seeds[below(seeds.size())];
        const auto from = place(other.size() + 1);
        const auto count = std::min(place(64) + 1, std::ssize(other) - from);
        const auto replaced = std::min(count, std::ssize(input) - at);
        std::copy_n(other.begin() + from, replaced, input.begin() + at);
        break;
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  size_t mutations = 300;
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    constexpr std::string_view kMutations = "--mutations=";
    const std::string_view argument = argv[i];
    if (argument.starts_with(kMutations)) {
      mutations = std::strtoul(argv[i] + kMutations.size(), nullptr, 10);
    } else if (std::filesystem::is_directory(argument)) {
      for (const auto& entry : std::filesystem::directory_iterator(argument))
        files.push_back(entry.path());
    } else {
      files.emplace_back(argument);
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<Bytes> seeds;
  for (const auto& file : files) seeds.push_back(ReadFile(file));
  if (seeds.empty()) {
    std::fprintf(stderr, "%s: no seeds\n", argv[0]);
    return 1;
  }
  for (size_t i = 0; i < seeds.size(); ++i) {
    // Named before it is run, for a crash leaves no chance to.
    std::fprintf(stderr, "%s\n", files[i].filename().c_str());
    Run(seeds[i]);
    std::mt19937_64 random(i);
    for (size_t n = 0; n < mutations; ++n) {
      Bytes input = seeds[i];
      Mutate(input, seeds, random);
      Run(input);
    }
  }
  std::printf("%zu seeds, %zu damaged copies of each\n", seeds.size(), mutations);
  return 0;
}
