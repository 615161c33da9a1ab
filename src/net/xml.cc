#include "net/xml.h"

#include <charconv>

#include "base/ascii.h"
#include "base/utf8.h"

namespace deltaic {
namespace {

constexpr int kMaxDepth = 32;

class Parser {
 public:
  explicit Parser(std::string_view bytes) : rest_(bytes) {}

  Result<XmlElement> Run() {
    if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
    DELTAIC_RETURN_IF_ERROR(SkipBetween());
    if (!rest_.starts_with("<")) return Wrong("no root element");
    XmlElement root;
    DELTAIC_RETURN_IF_ERROR(ParseElement(root, 0));
    DELTAIC_RETURN_IF_ERROR(SkipBetween());
    if (!rest_.empty()) return Wrong("something after the root element");
    return root;
  }

 private:
  static Status Wrong(std::string_view what) {
    return Status::Corruption("the answer is no XML: ", what);
  }

  /// Drops up to and with `end`.
  Status SkipPast(std::string_view end) {
    const size_t at = rest_.find(end);
    if (at == std::string_view::npos) return Wrong("cut off");
    rest_.remove_prefix(at + end.size());
    return Status();
  }

  /// A comment or an instruction at the front, if there is one.
  Result<bool> SkipMarkup() {
    if (rest_.starts_with("<!--")) {
      DELTAIC_RETURN_IF_ERROR(SkipPast("-->"));
      return true;
    }
    if (rest_.starts_with("<?")) {
      DELTAIC_RETURN_IF_ERROR(SkipPast("?>"));
      return true;
    }
    return false;
  }

  Status SkipBetween() {
    for (bool skipped = true; skipped;) {
      SkipSpace();
      DELTAIC_ASSIGN_OR_RETURN(skipped, SkipMarkup());
    }
    return Status();
  }

  void SkipSpace() {
    while (!rest_.empty() && IsAsciiSpace(rest_.front())) rest_.remove_prefix(1);
  }

  /// A name at the front, without its prefix.
  Result<std::string> TakeName() {
    const size_t end = rest_.find_first_of(" \t\r\n/>=<&\"'");
    if (end == std::string_view::npos) return Wrong("cut off");
    std::string_view name = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (const size_t colon = name.rfind(':'); colon != std::string_view::npos)
      name.remove_prefix(colon + 1);
    if (name.empty() || name.front() == '!') return Wrong("no name of an element");
    return std::string(name);
  }

  /// Attributes up to '>' or "/>". \return whether the element ends here.
  Result<bool> SkipAttributes() {
    for (;;) {
      SkipSpace();
      if (rest_.starts_with("/>")) {
        rest_.remove_prefix(2);
        return true;
      }
      if (rest_.starts_with(">")) {
        rest_.remove_prefix(1);
        return false;
      }
      DELTAIC_RETURN_IF_ERROR(TakeName());
      SkipSpace();
      if (!rest_.starts_with("=")) return Wrong("an attribute without value");
      rest_.remove_prefix(1);
      SkipSpace();
      if (rest_.empty() || (rest_.front() != '"' && rest_.front() != '\''))
        return Wrong("an attribute without quotes");
      const char quote = rest_.front();
      rest_.remove_prefix(1);
      DELTAIC_RETURN_IF_ERROR(SkipPast(std::string_view(&quote, 1)));
    }
  }

  Status TakeEntity(std::string& out) {
    const size_t end = rest_.substr(0, 12).find(';');
    if (end == std::string_view::npos) return Wrong("an entity without ';'");
    const std::string_view name = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    if (name == "amp") return out.push_back('&'), Status();
    if (name == "lt") return out.push_back('<'), Status();
    if (name == "gt") return out.push_back('>'), Status();
    if (name == "quot") return out.push_back('"'), Status();
    if (name == "apos") return out.push_back('\''), Status();
    if (!name.starts_with("#")) return Wrong("an entity that is not XML's own");
    const bool is_hex = name.starts_with("#x");
    const std::string_view digits = name.substr(is_hex ? 2 : 1);
    uint32_t code = 0;
    const auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, is_hex ? 16 : 10);
    if (error != std::errc() || stop != digits.data() + digits.size() || code == 0 ||
        code > kLastCodePoint || IsSurrogate(code)) {
      return Wrong("an entity that is no character");
    }
    AppendUtf8(out, code);
    return Status();
  }

  Status ParseElement(XmlElement& element, int depth) {
    if (depth == kMaxDepth) return Wrong("too deep");
    rest_.remove_prefix(1);  // '<'
    DELTAIC_ASSIGN_OR_RETURN(element.name, TakeName());
    DELTAIC_ASSIGN_OR_RETURN(const bool is_empty, SkipAttributes());
    if (is_empty) return Status();
    for (;;) {
      const size_t plain = rest_.find_first_of("<&");
      if (plain == std::string_view::npos) return Wrong("cut off");
      element.text += rest_.substr(0, plain);
      rest_.remove_prefix(plain);
      if (rest_.front() == '&') {
        DELTAIC_RETURN_IF_ERROR(TakeEntity(element.text));
        continue;
      }
      if (rest_.starts_with("</")) {
        rest_.remove_prefix(2);
        DELTAIC_ASSIGN_OR_RETURN(const std::string name, TakeName());
        SkipSpace();
        if (name != element.name || !rest_.starts_with(">")) return Wrong("tags that do not match");
        rest_.remove_prefix(1);
        return Status();
      }
      if (rest_.starts_with("<![CDATA[")) {
        rest_.remove_prefix(9);
        const size_t end = rest_.find("]]>");
        if (end == std::string_view::npos) return Wrong("cut off");
        element.text += rest_.substr(0, end);
        rest_.remove_prefix(end + 3);
        continue;
      }
      DELTAIC_ASSIGN_OR_RETURN(const bool skipped, SkipMarkup());
      if (skipped) continue;
      DELTAIC_RETURN_IF_ERROR(ParseElement(element.children.emplace_back(), depth + 1));
    }
  }

  std::string_view rest_;
};

}  // namespace

const XmlElement* XmlElement::Find(std::string_view child) const {
  for (const XmlElement& element : children) {
    if (element.name == child) return &element;
  }
  return nullptr;
}

std::string_view XmlElement::TextOf(std::string_view child) const {
  const XmlElement* found = Find(child);
  return found == nullptr ? std::string_view() : std::string_view(found->text);
}

Result<XmlElement> ParseXml(std::string_view bytes) { return Parser(bytes).Run(); }

}  // namespace deltaic
