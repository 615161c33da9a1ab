#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "arrow_tree.h"

namespace deltaic_node {

Field CopySchema(const ArrowSchema& schema);

/// A batch as JavaScript reads it: one block of bytes, and numbers that say where in it what is.
/// For each field, parents first: rows, position of the nulls, and then, by the field's type,
///   numbers, days      position of the values
///   booleans           position of the values, a byte each
///   timestamps         position of the milliseconds as doubles, position of the microseconds
///   beyond them as uint16 text, decimals     position of n + 1 offsets in bytes, position and
///   length of the bytes, position of n + 1 offsets
///                      in UTF-16 units
///   bytes              the first three of these
///   lists, maps        position of n + 1 offsets into the child
///   dictionaries       position of the indexes as int32; then the words as a field of text
/// A position is -1 where there is nothing to say: no null, no microsecond, offsets in UTF-16 that
/// equal those in bytes. Nulls are a byte for each row, 1 where there is a value. All begins at row
/// 0, whatever the array's offset.
struct FlatBatch {
  std::vector<uint8_t> block;
  std::vector<double> layout;
};

FlatBatch FlattenBatch(const Field& schema, const ArrowArray& batch);

}  // namespace deltaic_node
