#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// The rows of one data file that are deleted: a set of positions, 0-based over all row groups,
/// kept compressed. Movable. Const methods are safe from any thread.
class DeletionVector {
 public:
  DeletionVector();
  ~DeletionVector();
  DeletionVector(DeletionVector&&) noexcept;
  DeletionVector& operator=(DeletionVector&&) noexcept;

  /// \param bytes  magic number 1681511377 (4 bytes, little endian), then a 64-bit portable Roaring
  /// bitmap; framing and
  ///               CRC are already checked and cut off.
  /// \param expected_cardinality  `cardinality` of the descriptor.
  /// \retval kCorruption  bad magic, truncated or invalid bitmap, bytes left over, or another
  /// cardinality. Source: PROTOCOL.md, "Deletion Vector Format".
  static Result<DeletionVector> Parse(std::span<const std::byte> bytes,
                                      int64_t expected_cardinality);

  /// Bytes that Parse() reads back; runs are compressed.
  std::string Serialize() const;

  /// \param row  0 <= row < 2^63.
  void Add(int64_t row);
  void AddRange(int64_t begin, int64_t end);  ///< begin <= row < end
  void AddAll(const DeletionVector& other);
  void RemoveAll(const DeletionVector& other);

  int64_t cardinality() const;
  bool Contains(int64_t row) const;
  bool ContainsRange(int64_t begin, int64_t end) const;  ///< all of them; 0 <= begin < end
  /// The last deleted row; -1 if there is none.
  int64_t Max() const;
  /// Those in [begin, end), ascending.
  std::vector<int64_t> Rows(int64_t begin, int64_t end) const;
  /// Clears bit (row - begin) of `bitmap` (least significant bit first) for each deleted row in
  /// [begin, end).
  /// \return how many rows that were.
  int64_t ClearDeleted(int64_t begin, int64_t end, uint8_t* bitmap) const;

 private:
  struct FreeBitmap {
    void operator()(void* bitmap) const;
  };
  /// CRoaring's bitmaps of the low 32 bits, by the high 32 bits. None is empty.
  using Bitmaps = std::map<uint32_t, std::unique_ptr<void, FreeBitmap>>;
  void* BitmapFor(uint32_t high);
  Bitmaps bitmaps_;
};

/// Appends `serialized` to the bytes of a deletion vector file as the protocol frames it (size,
/// data, CRC-32), beginning the file with its version byte where it is empty. \return the `offset`
/// for the descriptor.
int32_t AppendToDeletionVectorFile(std::string& file, std::string_view serialized);

}  // namespace deltaic
