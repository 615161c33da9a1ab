#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace deltaic {

/// Whether a column at the top of a file's schema is wanted; asked once for each, in their order.
using WantsColumn = std::function<bool(std::string_view name, std::optional<int32_t> field_id)>;

/// A file's footer without the columns at the top of its schema that nobody wants, so that a reader
/// of few columns of a wide table makes no objects of the others: some 2 KB for each column chunk.
/// Row groups, notes and offsets stay as they are; at least one column does. The schema of an Arrow
/// writer among the notes loses the same columns, and goes where it names extension types
/// (WithoutExtensionTypes()).
/// \param footer  as it is in the file, without its length and the magic bytes.
/// \return nullopt where little would go, or where it is encrypted, cut off or contradicts itself:
/// whoever reads it whole says what is wrong.
std::optional<std::string> NarrowFooter(std::span<const uint8_t> footer, const WantsColumn& wants);

}  // namespace deltaic
