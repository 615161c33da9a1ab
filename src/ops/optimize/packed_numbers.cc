#include "ops/optimize/packed_numbers.h"

#include <algorithm>
#include <type_traits>

#include "storage/arrow_status.h"

namespace deltaic {
namespace {

template <typename T>
using Unsigned = std::make_unsigned_t<T>;

/// Bytes of a difference of at most `range`.
uint8_t WidthOf(uint64_t range) {
  if (range == 0) return 0;
  if (range <= UINT8_MAX) return 1;
  if (range <= UINT16_MAX) return 2;
  return range <= UINT32_MAX ? 4 : 8;
}

template <typename Narrow, typename T>
void Pack(std::span<const T> numbers, Unsigned<T> least, uint8_t* out) {
  for (size_t i = 0; i < numbers.size(); ++i) {
    const auto narrow = static_cast<Narrow>(static_cast<Unsigned<T>>(numbers[i]) - least);
    std::memcpy(out + i * sizeof(Narrow), &narrow, sizeof(Narrow));
  }
}

template <typename Narrow, typename T>
void Unpack(const uint8_t* in, int64_t count, Unsigned<T> least, T* out) {
  for (int64_t i = 0; i < count; ++i) {
    Narrow narrow;
    std::memcpy(&narrow, in + i * int64_t{sizeof(Narrow)}, sizeof(Narrow));
    out[i] = static_cast<T>(static_cast<Unsigned<T>>(narrow) + least);
  }
}

}  // namespace

template <typename T>
Status PackNumbers(std::span<const T> numbers, arrow::BufferBuilder& out) {
  T least = numbers.empty() ? T{0} : numbers.front();
  T most = least;
  for (const T number : numbers) {
    least = std::min(least, number);
    most = std::max(most, number);
  }
  const auto base = static_cast<Unsigned<T>>(least);
  const uint8_t width = WidthOf(static_cast<Unsigned<T>>(static_cast<Unsigned<T>>(most) - base));
  const int64_t size_bytes = static_cast<int64_t>(numbers.size()) * width;
  DELTAIC_RETURN_IF_ERROR(out.Reserve(int64_t{sizeof(base)} + 1 + size_bytes));
  out.UnsafeAppend(&base, sizeof(base));
  out.UnsafeAppend(&width, 1);
  uint8_t* to = out.mutable_data() + out.length();
  switch (width) {
    case 0:
      break;
    case 1:
      Pack<uint8_t>(numbers, base, to);
      break;
    case 2:
      Pack<uint16_t>(numbers, base, to);
      break;
    case 4:
      Pack<uint32_t>(numbers, base, to);
      break;
    default:
      Pack<uint64_t>(numbers, base, to);
      break;
  }
  out.UnsafeAdvance(size_bytes);
  return Status();
}

template <typename T>
void UnpackNumbers(PieceReader& in, int64_t count, T* out) {
  const auto base = in.Take<Unsigned<T>>();
  const auto width = in.Take<uint8_t>();
  const uint8_t* from = in.Take(count * width);
  switch (width) {
    case 0:
      std::fill_n(out, count, static_cast<T>(base));
      break;
    case 1:
      Unpack<uint8_t>(from, count, base, out);
      break;
    case 2:
      Unpack<uint16_t>(from, count, base, out);
      break;
    case 4:
      Unpack<uint32_t>(from, count, base, out);
      break;
    default:
      Unpack<uint64_t>(from, count, base, out);
      break;
  }
}

template Status PackNumbers(std::span<const int8_t> numbers, arrow::BufferBuilder& out);
template Status PackNumbers(std::span<const int16_t> numbers, arrow::BufferBuilder& out);
template Status PackNumbers(std::span<const int32_t> numbers, arrow::BufferBuilder& out);
template Status PackNumbers(std::span<const int64_t> numbers, arrow::BufferBuilder& out);
template void UnpackNumbers(PieceReader& in, int64_t count, int8_t* out);
template void UnpackNumbers(PieceReader& in, int64_t count, int16_t* out);
template void UnpackNumbers(PieceReader& in, int64_t count, int32_t* out);
template void UnpackNumbers(PieceReader& in, int64_t count, int64_t* out);

}  // namespace deltaic
