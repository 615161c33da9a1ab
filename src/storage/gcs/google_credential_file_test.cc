#include "storage/gcs/google_credential_file.h"

#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "net/digest.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;
using ::testing::Pair;
using testing::StatusIs;
using Kind = GoogleCredentialFile::Kind;

constexpr std::string_view kUser =
    R"({"type":"authorized_user","client_id":"i","client_secret":"s","refresh_token":"r"})";

TEST(GoogleCredentialFile, AuthorizedUser) {
  const auto file = ParseGoogleCredentialFile(kUser, "f.json");
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->kind, Kind::kAuthorizedUser);
  EXPECT_EQ(file->refresh_token, "r");
  EXPECT_EQ(file->token_uri, "https://oauth2.googleapis.com/token");
}

TEST(GoogleCredentialFile, ExternalAccountByFileAndByUrl) {
  const std::string_view beginning =
      R"({"type":"external_account","audience":"a","subject_token_type":"t","token_url":"u",)";
  const auto by_file =
      ParseGoogleCredentialFile(Concat(beginning, R"("credential_source":{"file":"/f"}})"), "f");
  ASSERT_THAT(by_file, IsOk());
  EXPECT_EQ(by_file->subject_file, "/f");
  EXPECT_EQ(by_file->subject_field, "");
  const auto by_url = ParseGoogleCredentialFile(
      Concat(beginning,
             R"("service_account_impersonation_url":"v","credential_source":{"url":"http://x",
        "headers":{"Metadata":"True"},"format":{"type":"json","subject_token_field_name":"tok"}}})"),
      "f");
  ASSERT_THAT(by_url, IsOk());
  EXPECT_EQ(by_url->subject_url, "http://x");
  EXPECT_EQ(by_url->subject_field, "tok");
  EXPECT_EQ(by_url->impersonation_url, "v");
  EXPECT_THAT(by_url->subject_headers, ElementsAre(Pair("Metadata", "True")));
  for (const char* source : {R"({"environment_id":"aws1"})", R"({"executable":{"command":"x"}})"}) {
    EXPECT_THAT(
        ParseGoogleCredentialFile(Concat(beginning, R"("credential_source":)", source, "}"), "f"),
        StatusIs(StatusCode::kUnsupported))
        << source;
  }
}

TEST(GoogleCredentialFile, ImpersonationHasASource) {
  const auto file = ParseGoogleCredentialFile(
      Concat(R"({"type":"impersonated_service_account","service_account_impersonation_url":"v",
        "delegates":["d"],"source_credentials":)",
             kUser, "}"),
      "f");
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->kind, Kind::kImpersonated);
  ASSERT_NE(file->source, nullptr);
  EXPECT_EQ(file->source->kind, Kind::kAuthorizedUser);
  EXPECT_THAT(file->delegates, ElementsAre("d"));
}

TEST(GoogleCredentialFile, WhatIsNoneIsRefusedAndNotRepeated) {
  for (const char* bad :
       {"", "CANARY", "[]", R"({"type":"service_account","private_key":"CANARY"})",
        R"({"type":"authorized_user","client_id":"CANARY"})",
        R"({"type":"impersonated_service_account",
                              "service_account_impersonation_url":"CANARY"})"}) {
    EXPECT_THAT(ParseGoogleCredentialFile(bad, "f.json"),
                StatusIs(StatusCode::kInvalidArgument, Not(HasSubstr("CANARY"))))
        << bad;
  }
  EXPECT_THAT(ParseGoogleCredentialFile(R"({"type":"gdch_service_account"})", "f"),
              StatusIs(StatusCode::kUnsupported));
  // An impersonation within an impersonation, and so on, ends.
  std::string deep(kUser);
  for (int i = 0; i < 20; ++i) {
    deep = Concat(R"({"type":"impersonated_service_account","service_account_impersonation_url":"v",
      "source_credentials":)",
                  deep, "}");
  }
  EXPECT_THAT(ParseGoogleCredentialFile(deep, "f"), StatusIs(StatusCode::kInvalidArgument));
}

/// A key made for the test.
struct Key {
  EVP_PKEY* key = EVP_RSA_gen(2048);
  Key() = default;
  Key(const Key&) = delete;
  ~Key() { EVP_PKEY_free(key); }
  std::string Pem() const {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string out(data, static_cast<size_t>(size));
    BIO_free(bio);
    return out;
  }
};

std::string FromBase64Url(std::string text) {
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  while (text.size() % 4 != 0) text += '=';
  return Base64Decode(text).value();
}

TEST(ServiceAccountJwt, CarriesTheClaimsAndASignatureThatTheKeyMade) {
  const Key key;
  GoogleCredentialFile file;
  file.client_email = "me@x.iam.gserviceaccount.com";
  file.private_key = key.Pem();
  file.private_key_id = "k1";
  file.token_uri = "https://t/token";
  const auto jwt = MakeServiceAccountJwt(file, 1'000'000);
  ASSERT_THAT(jwt, IsOk());
  const size_t first = jwt->find('.');
  const size_t last = jwt->rfind('.');
  ASSERT_LT(first, last);
  EXPECT_EQ(FromBase64Url(jwt->substr(0, first)), R"({"alg":"RS256","typ":"JWT","kid":"k1"})");
  EXPECT_EQ(FromBase64Url(jwt->substr(first + 1, last - first - 1)),
            R"({"iss":"me@x.iam.gserviceaccount.com","sub":"me@x.iam.gserviceaccount.com",)"
            R"("scope":"https://www.googleapis.com/auth/devstorage.read_write",)"
            R"("aud":"https://t/token","iat":1000000,"exp":1003600})");
  const std::string signature = FromBase64Url(jwt->substr(last + 1));
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ASSERT_EQ(EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key.key), 1);
  EXPECT_EQ(
      EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()),
                       signature.size(), reinterpret_cast<const unsigned char*>(jwt->data()), last),
      1);
  EVP_MD_CTX_free(context);
}

TEST(ServiceAccountJwt, KeyThatIsNoneIsRefusedAndNotRepeated) {
  GoogleCredentialFile file;
  for (const char* pem :
       {"", "CANARY", "-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----\n"}) {
    file.private_key = pem;
    EXPECT_THAT(MakeServiceAccountJwt(file, 0),
                StatusIs(StatusCode::kInvalidArgument, Not(HasSubstr("CANARY"))));
  }
}

}  // namespace
}  // namespace deltaic
