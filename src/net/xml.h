#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// An element of an XML document: what stores answer with. Attributes, comments and processing
/// instructions are skipped, prefixes of names left off.
struct XmlElement {
  std::string name;
  std::string text;  ///< of the element itself, entities replaced
  std::vector<XmlElement> children;

  /// The first child of this name; nullptr if there is none.
  const XmlElement* Find(std::string_view child) const;
  /// The text of the first child of this name, empty if there is none.
  std::string_view TextOf(std::string_view child) const;
};

/// \return the root.
/// \retval kCorruption  not well-formed, cut off, deeper than 32 elements, or with a document type
/// (whose entities could grow without bound).
Result<XmlElement> ParseXml(std::string_view bytes);

}  // namespace deltaic
