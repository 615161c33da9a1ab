#include <dlfcn.h>
#include <netinet/in.h>
#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <limits>

#include "databases/native_library.h"
#include "databases/redis_channel.h"
#include "databases/redis_connection.h"
#include "deltaic/deltaic.hpp"

// Declarations of OpenSSL 3 that are used here, which are stable. Source: its manual, ssl(7).

namespace deltaic::cli {
namespace {

struct Context;     // SSL_CTX
struct Connection;  // SSL

constexpr int kVerifyPeer = 1, kSetMinVersion = 123, kTls12 = 0x0303, kSetMode = 33,
              kSetServerName = 55, kPartialWrites = 1, kMovingBuffer = 2, kWantRead = 2,
              kWantWrite = 3, kZeroReturn = 6;

/// The library's Arrow may export the functions of another OpenSSL, which would stand in for this
/// one's own where these call each other. Sanitizers cannot be loaded with RTLD_DEEPBIND.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(RTLD_DEEPBIND)
constexpr int kOpenFlags = RTLD_NOW | RTLD_LOCAL;
#else
constexpr int kOpenFlags = RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND;
#endif

struct OpenSsl {
  const void* (*client_method)();
  Context* (*context_new)(const void*);
  void (*context_free)(Context*);
  long (*context_ctrl)(Context*, int, long, void*);
  int (*load_authorities)(Context*, const char*, const char*);
  int (*default_authorities)(Context*);
  void (*set_verify)(Context*, int, void*);
  Connection* (*connection_new)(Context*);
  void (*connection_free)(Connection*);
  long (*connection_ctrl)(Connection*, int, long, void*);
  int (*set_host)(Connection*, const char*);
  void* (*parameters)(Connection*);
  int (*set_address)(void*, const char*);
  int (*set_fd)(Connection*, int);
  int (*connect)(Connection*);
  int (*read)(Connection*, void*, int);
  int (*write)(Connection*, const void*, int);
  int (*shutdown)(Connection*);
  int (*error)(const Connection*, int);
  long (*verify_result)(const Connection*);
  // Of libcrypto.
  const char* (*verify_text)(long);
  unsigned long (*next_error)();
  void (*clear_errors)();
  const char* (*reason)(unsigned long);
};

const OpenSsl& Ssl() {
  static const OpenSsl loaded = [] {
    const NativeLibrary library("libssl.so.3", kOpenFlags, "TLS needs OpenSSL 3",
                                "apt install libssl3");
    OpenSsl out{};
    library.Find("TLS_client_method", out.client_method);
    library.Find("SSL_CTX_new", out.context_new);
    library.Find("SSL_CTX_free", out.context_free);
    library.Find("SSL_CTX_ctrl", out.context_ctrl);
    library.Find("SSL_CTX_load_verify_locations", out.load_authorities);
    library.Find("SSL_CTX_set_default_verify_paths", out.default_authorities);
    library.Find("SSL_CTX_set_verify", out.set_verify);
    library.Find("SSL_new", out.connection_new);
    library.Find("SSL_free", out.connection_free);
    library.Find("SSL_ctrl", out.connection_ctrl);
    library.Find("SSL_set1_host", out.set_host);
    library.Find("SSL_get0_param", out.parameters);
    library.Find("SSL_set_fd", out.set_fd);
    library.Find("SSL_connect", out.connect);
    library.Find("SSL_read", out.read);
    library.Find("SSL_write", out.write);
    library.Find("SSL_shutdown", out.shutdown);
    library.Find("SSL_get_error", out.error);
    library.Find("SSL_get_verify_result", out.verify_result);
    // What libssl needs is found with it.
    library.Find("X509_VERIFY_PARAM_set1_ip_asc", out.set_address);
    library.Find("X509_verify_cert_error_string", out.verify_text);
    library.Find("ERR_get_error", out.next_error);
    library.Find("ERR_clear_error", out.clear_errors);
    library.Find("ERR_reason_error_string", out.reason);
    return out;
  }();
  return loaded;
}

std::string Reason() {
  const char* text = Ssl().reason(Ssl().next_error());
  return text == nullptr ? "the connection was closed" : text;
}

/// OpenSSL writes to a socket by write(): a server that is gone must not end the process.
void BlockPipeSignal() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
}

class TlsChannel : public RedisChannel {
 public:
  TlsChannel(int fd, const std::string& host, const std::string& ca_file) : RedisChannel(fd) {
    BlockPipeSignal();
    Ssl().clear_errors();
    MakeContext(ca_file);
    connection_.reset(Ssl().connection_new(context_.get()));
    if (connection_ == nullptr || Ssl().set_fd(connection_.get(), fd) != 1) Fail(Reason());
    // An address stands in a certificate as one, and is sent as no name.
    if (Ssl().set_address(Ssl().parameters(connection_.get()), host.c_str()) != 1) {
      Ssl().clear_errors();
      if (Ssl().set_host(connection_.get(), host.c_str()) != 1) Fail(Reason());
      Ssl().connection_ctrl(connection_.get(), kSetServerName, 0, const_cast<char*>(host.c_str()));
    }
    Connect(host, ca_file);
  }
  ~TlsChannel() override {
    if (is_usable_) Ssl().shutdown(connection_.get());
    Ssl().clear_errors();
  }

  size_t Receive(char* bytes, size_t length) override {
    return Moved(Ssl().read(connection_.get(), bytes, AsInt(length)));
  }
  size_t Send(const char* bytes, size_t length) override {
    return Moved(Ssl().write(connection_.get(), bytes, AsInt(length)));
  }

 private:
  [[noreturn]] static void Fail(const std::string& why, bool lost = false) {
    throw RedisError{"Redis: TLS: " + why, lost};
  }
  static int AsInt(size_t length) {
    return static_cast<int>(std::min<size_t>(length, std::numeric_limits<int>::max()));
  }

  void MakeContext(const std::string& ca_file) {
    context_.reset(Ssl().context_new(Ssl().client_method()));
    if (context_ == nullptr) Fail(Reason());
    Ssl().context_ctrl(context_.get(), kSetMinVersion, kTls12, nullptr);
    Ssl().context_ctrl(context_.get(), kSetMode, kPartialWrites | kMovingBuffer, nullptr);
    Ssl().set_verify(context_.get(), kVerifyPeer, nullptr);
    if (ca_file.empty()) {
      Ssl().default_authorities(context_.get());
    } else if (Ssl().load_authorities(context_.get(), ca_file.c_str(), nullptr) != 1) {
      Fail("no certificates can be read from " + ca_file + ": " + Reason());
    }
    Ssl().clear_errors();
  }

  void Connect(const std::string& host, const std::string& ca_file) {
    for (;;) {
      const int done = Ssl().connect(connection_.get());
      if (done == 1) break;
      const int error = Ssl().error(connection_.get(), done);
      if (error == kWantRead || error == kWantWrite) {
        Wait(error == kWantWrite);
        continue;
      }
      const long verified = Ssl().verify_result(connection_.get());
      if (verified == 0) Fail(Reason() + " (is " + host + " a server with TLS?)");
      const std::string hint = "; --ca-file FILE names the authority that signed it";
      Fail("the certificate of " + host + " is not trusted: " + Ssl().verify_text(verified) +
           (ca_file.empty() ? hint : ""));
    }
    is_usable_ = true;
  }

  size_t Moved(int count) {
    if (count > 0) return static_cast<size_t>(count);
    const int error = Ssl().error(connection_.get(), count);
    if (error == kWantRead || error == kWantWrite) return 0;
    is_usable_ = false;
    if (error == kZeroReturn) Fail("the connection was closed", true);
    Fail("the connection broke: " + Reason(), true);
  }

  struct Freer {
    void operator()(Context* it) const { Ssl().context_free(it); }
    void operator()(Connection* it) const { Ssl().connection_free(it); }
  };
  std::unique_ptr<Context, Freer> context_;
  std::unique_ptr<Connection, Freer> connection_;
  bool is_usable_ = false;
};

}  // namespace

std::unique_ptr<RedisChannel> MakeTlsChannel(int fd, const std::string& host,
                                             const std::string& ca_file) {
  return std::make_unique<TlsChannel>(fd, host, ca_file);
}

}  // namespace deltaic::cli
