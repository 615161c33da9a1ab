#include "net/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <memory>

#include "base/made_once.h"
#include "net/loaded_library.h"

namespace deltaic {
namespace {

struct OpenSsl {
  decltype(EVP_Digest)* digest;
  decltype(EVP_sha256)* sha256;
  decltype(EVP_sha1)* sha1;
  decltype(EVP_md5)* md5;
  decltype(HMAC)* hmac;
  decltype(BIO_new_mem_buf)* bio_new_mem_buf;
  decltype(BIO_free)* bio_free;
  decltype(PEM_read_bio_PrivateKey)* read_private_key;
  decltype(EVP_PKEY_free)* key_free;
  decltype(EVP_MD_CTX_new)* context_new;
  decltype(EVP_MD_CTX_free)* context_free;
  decltype(EVP_DigestSignInit)* sign_init;
  decltype(EVP_DigestSign)* sign;

  static Result<OpenSsl> Load() {
    static constexpr const char* kNames[] = {"libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.so"};
    DELTAIC_ASSIGN_OR_RETURN(
        const LoadedLibrary library,
        LoadedLibrary::Open(kNames, "libssl3; Fedora: dnf install openssl-libs"));
    OpenSsl out{};
    DELTAIC_RETURN_IF_ERROR(library.Bind("EVP_Digest", out.digest));
    DELTAIC_RETURN_IF_ERROR(library.Bind("EVP_sha256", out.sha256));
    DELTAIC_RETURN_IF_ERROR(library.Bind("EVP_sha1", out.sha1));
    DELTAIC_RETURN_IF_ERROR(library.Bind("EVP_md5", out.md5));
    DELTAIC_RETURN_IF_ERROR(library.Bind("HMAC", out.hmac));
    DELTAIC_RETURN_IF_ERROR(library.Bind("BIO_new_mem_buf", out.bio_new_mem_buf));
    DELTAIC_RETURN_IF_ERROR(library.Bind("BIO_free", out.bio_free));
    DELTAIC_RETURN_IF_ERROR(library.Bind("PEM_read_bio_PrivateKey", out.read_private_key));
    DELTAIC_RETURN_IF_ERROR(library.Bind("EVP_PKEY_free", out.key_free));
    DELTAIC_RETURN_IF_ERROR(library.Bind("EVP_MD_CTX_new", out.context_new));
    DELTAIC_RETURN_IF_ERROR(library.Bind("EVP_MD_CTX_free", out.context_free));
    DELTAIC_RETURN_IF_ERROR(library.Bind("EVP_DigestSignInit", out.sign_init));
    DELTAIC_RETURN_IF_ERROR(library.Bind("EVP_DigestSign", out.sign));
    return out;
  }
};

/// Loaded once.
const Result<OpenSsl>& Ssl() {
  return MadeOnce([] { return OpenSsl::Load(); });
}

Result<std::string> Digest(std::string_view bytes, decltype(EVP_sha256)* OpenSsl::* kind) {
  DELTAIC_RETURN_IF_ERROR(Ssl());
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (Ssl()->digest(bytes.data(), bytes.size(), out, &size, ((*Ssl()).*kind)(), nullptr) != 1) {
    return Status::Unsupported("OpenSSL refuses a digest; is it restricted to FIPS algorithms?");
  }
  return std::string(reinterpret_cast<const char*>(out), size);
}

constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr char kBase64Url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string Encode64(std::string_view bytes, const char* alphabet, bool padded) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t have = std::min<size_t>(3, bytes.size() - i);
    uint32_t word = 0;
    for (size_t j = 0; j < 3; ++j)
      word = word << 8 | (j < have ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    for (size_t j = 0; j < 4; ++j) {
      if (j <= have) {
        out.push_back(alphabet[word >> (18 - 6 * j) & 63]);
      } else if (padded) {
        out.push_back('=');
      }
    }
  }
  return out;
}

constexpr std::array<uint32_t, 256> MakeCrc32cTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
    table[i] = crc;
  }
  return table;
}

}  // namespace

Result<std::string> Sha256(std::string_view bytes) { return Digest(bytes, &OpenSsl::sha256); }
Result<std::string> Sha1(std::string_view bytes) { return Digest(bytes, &OpenSsl::sha1); }
Result<std::string> Md5(std::string_view bytes) { return Digest(bytes, &OpenSsl::md5); }

Result<std::string> HmacSha256(std::string_view key, std::string_view bytes) {
  DELTAIC_RETURN_IF_ERROR(Ssl());
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (Ssl()->hmac(Ssl()->sha256(), key.data(), static_cast<int>(key.size()),
                  reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), out,
                  &size) == nullptr) {
    return Status::Unsupported("OpenSSL refuses HMAC with SHA-256");
  }
  return std::string(reinterpret_cast<const char*>(out), size);
}

Result<std::string> SignRs256(std::string_view private_key_pem, std::string_view bytes) {
  DELTAIC_RETURN_IF_ERROR(Ssl());
  const OpenSsl& ssl = *Ssl();
  const std::unique_ptr<BIO, decltype(ssl.bio_free)> pem(
      ssl.bio_new_mem_buf(private_key_pem.data(), static_cast<int>(private_key_pem.size())),
      ssl.bio_free);
  const std::unique_ptr<EVP_PKEY, decltype(ssl.key_free)> key(
      pem ? ssl.read_private_key(pem.get(), nullptr, nullptr, nullptr) : nullptr, ssl.key_free);
  if (!key) return Status::InvalidArgument("the private key is no RSA key in PEM");
  const std::unique_ptr<EVP_MD_CTX, decltype(ssl.context_free)> context(ssl.context_new(),
                                                                        ssl.context_free);
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  size_t size = 0;
  if (!context || ssl.sign_init(context.get(), nullptr, ssl.sha256(), nullptr, key.get()) != 1 ||
      ssl.sign(context.get(), nullptr, &size, data, bytes.size()) != 1) {
    return Status::InvalidArgument("the private key cannot sign with RS256");
  }
  std::string out(size, '\0');
  if (ssl.sign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, data,
               bytes.size()) != 1) {
    return Status::InvalidArgument("the private key cannot sign with RS256");
  }
  out.resize(size);
  return out;
}

uint32_t Crc32c(std::string_view bytes) {
  static constexpr std::array<uint32_t, 256> kTable = MakeCrc32cTable();
  uint32_t crc = ~0u;
  for (const char c : bytes) crc = crc >> 8 ^ kTable[(crc ^ static_cast<unsigned char>(c)) & 0xff];
  return ~crc;
}

std::string HexEncode(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
    out.push_back(kHex[static_cast<unsigned char>(c) & 0xf]);
  }
  return out;
}

std::string Base64Encode(std::string_view bytes) { return Encode64(bytes, kBase64, true); }
std::string Base64UrlEncode(std::string_view bytes) { return Encode64(bytes, kBase64Url, false); }

Result<std::string> Base64Decode(std::string_view text) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::string out;
  uint32_t word = 0;
  int bits = 0;
  for (const char c : text) {
    const std::string_view alphabet(kBase64, 64);
    const size_t digit = alphabet.find(c);
    if (digit == std::string_view::npos) return Status::InvalidArgument("not base64");
    word = word << 6 | static_cast<uint32_t>(digit);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<char>(word >> bits & 0xff));
    }
  }
  if (bits >= 6) return Status::InvalidArgument("not base64: cut off");
  return out;
}

}  // namespace deltaic
