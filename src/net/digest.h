#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace deltaic {

// Digests and signatures of requests, by the system's OpenSSL, which is loaded at the first. All
// give raw bytes.
// \retval kUnsupported  OpenSSL is not there.

Result<std::string> Sha256(std::string_view bytes);
Result<std::string> Sha1(std::string_view bytes);
Result<std::string> Md5(std::string_view bytes);
Result<std::string> HmacSha256(std::string_view key, std::string_view bytes);

/// RSASSA-PKCS1-v1_5 with SHA-256, as JSON web tokens' RS256.
/// \param private_key_pem  PKCS #8 or PKCS #1. \retval kInvalidArgument  it is none.
Result<std::string> SignRs256(std::string_view private_key_pem, std::string_view bytes);

/// CRC-32C (Castagnoli) of `bytes`.
uint32_t Crc32c(std::string_view bytes);

/// Lower-case.
std::string HexEncode(std::string_view bytes);
/// RFC 4648 with padding.
std::string Base64Encode(std::string_view bytes);
/// RFC 4648 section 5 without padding, as JSON web tokens have it.
std::string Base64UrlEncode(std::string_view bytes);
/// \retval kInvalidArgument  not base64; the text is not repeated.
Result<std::string> Base64Decode(std::string_view text);

}  // namespace deltaic
