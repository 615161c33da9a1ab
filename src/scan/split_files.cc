#include "scan/split_files.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

namespace deltaic {
namespace {

constexpr int64_t kDefaultTargetBytes = int64_t{128} << 20;
constexpr int64_t kMostParts = 100'000;
/// What opening a file costs, in bytes read in that time.
constexpr int64_t kOpenBytes = int64_t{1} << 20;
/// Pieces get no smaller to fill a number of parts: row groups, which are not cut, are mostly
/// larger.
constexpr int64_t kLeastPieceBytes = int64_t{8} << 20;
constexpr int64_t kMostPiecesOfFile = 4096;
/// Larger sizes in a log are lies, and sums of them must not overflow.
constexpr int64_t kMostFileBytes = int64_t{1} << 40;

struct WeighedPiece {
  FilePiece piece;
  int64_t weight = 0;
};

int64_t CheckedSize(int64_t size) { return std::clamp<int64_t>(size, 0, kMostFileBytes); }

Status CheckOptions(const SplitOptions& options) {
  if (options.max_parts && options.target_bytes)
    return Status::InvalidArgument("give a number of tasks or the bytes of one, not both");
  if (options.max_parts && (*options.max_parts < 1 || *options.max_parts > kMostParts)) {
    return Status::InvalidArgument("the number of tasks is ", *options.max_parts,
                                   "; it must be 1 to ", kMostParts);
  }
  if (options.target_bytes.value_or(1) < 1) {
    return Status::InvalidArgument("the bytes of a task are ", *options.target_bytes,
                                   "; they must be 1 or more");
  }
  return Status();
}

/// The most bytes of a file that one piece has.
int64_t PieceBytes(std::span<const int64_t> sizes, const SplitOptions& options) {
  if (!options.max_parts) return options.target_bytes.value_or(kDefaultTargetBytes);
  int64_t total = 0;
  for (const int64_t size : sizes) total = std::min(total + CheckedSize(size), int64_t{1} << 61);
  return std::max(kLeastPieceBytes, total / *options.max_parts + 1);
}

std::vector<WeighedPiece> CutFiles(std::span<const int64_t> sizes, int64_t piece_bytes) {
  std::vector<WeighedPiece> pieces;
  for (size_t file = 0; file < sizes.size(); ++file) {
    const int64_t size = CheckedSize(sizes[file]);
    const int64_t count = std::clamp<int64_t>((size - 1) / piece_bytes + 1, 1, kMostPiecesOfFile);
    int64_t begin = 0;
    for (int64_t i = 1; i <= count; ++i) {
      const int64_t end = i == count ? size : size / count * i;
      // The last piece goes on, since the log may have the size wrong.
      pieces.push_back(
          {{file, {begin, i == count ? FileRange::kEnd : end}}, end - begin + kOpenBytes});
      begin = end;
    }
  }
  return pieces;
}

int64_t NumParts(const std::vector<WeighedPiece>& pieces, const SplitOptions& options) {
  const auto most = std::min<int64_t>(static_cast<int64_t>(pieces.size()), kMostParts);
  if (options.max_parts) return std::min(*options.max_parts, most);
  const int64_t target = options.target_bytes.value_or(kDefaultTargetBytes);
  int64_t bytes = 0;
  for (const WeighedPiece& piece : pieces) bytes = std::min(bytes + piece.weight, int64_t{1} << 61);
  return std::clamp<int64_t>(bytes / target + (bytes % target != 0), 1, std::max<int64_t>(1, most));
}

/// Joins neighbours of one file.
void Tidy(std::vector<FilePiece>& part) {
  std::sort(part.begin(), part.end(), [](const FilePiece& a, const FilePiece& b) {
    return std::pair(a.file, a.range.begin) < std::pair(b.file, b.range.begin);
  });
  size_t last = 0;
  for (size_t i = 1; i < part.size(); ++i) {
    if (part[i].file == part[last].file && part[i].range.begin == part[last].range.end) {
      part[last].range.end = part[i].range.end;
    } else {
      part[++last] = part[i];
    }
  }
  part.resize(std::min(part.size(), last + 1));
}

}  // namespace

Result<std::vector<std::vector<FilePiece>>> SplitFiles(std::span<const int64_t> sizes,
                                                       const SplitOptions& options) {
  DELTAIC_RETURN_IF_ERROR(CheckOptions(options));
  std::vector<std::vector<FilePiece>> parts;
  if (sizes.empty()) return parts;
  std::vector<WeighedPiece> pieces = CutFiles(sizes, PieceBytes(sizes, options));
  parts.resize(static_cast<size_t>(NumParts(pieces, options)));
  // The heaviest first, each to the part that has least: never worse than 4/3 of the best.
  std::stable_sort(pieces.begin(), pieces.end(),
                   [](const auto& a, const auto& b) { return a.weight > b.weight; });
  using Load = std::pair<int64_t, size_t>;
  std::priority_queue<Load, std::vector<Load>, std::greater<>> lightest;
  for (size_t part = 0; part < parts.size(); ++part) lightest.emplace(0, part);
  for (const WeighedPiece& piece : pieces) {
    auto [load, part] = lightest.top();
    lightest.pop();
    parts[part].push_back(piece.piece);
    lightest.emplace(std::min(load + piece.weight, int64_t{1} << 61), part);
  }
  for (auto& part : parts) Tidy(part);
  return parts;
}

}  // namespace deltaic
