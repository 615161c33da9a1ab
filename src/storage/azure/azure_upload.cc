#include "storage/azure/azure_upload.h"

#include <random>

#include "net/digest.h"

namespace deltaic {
namespace {

class AzureUpload : public RemoteUpload {
 public:
  explicit AzureUpload(std::function<Status(HttpRequest, const IoContext&)> send)
      : send_(std::move(send)) {
    std::random_device random;
    std::string bytes;
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(random() & 0xff);
    prefix_ = HexEncode(bytes);
  }

  Status PutPart(int number, std::string_view bytes, const IoContext& context) override {
    HttpRequest part;
    part.url.query = {{"comp", "block"}, {"blockid", BlockId(number)}};
    part.body = bytes;
    return send_(std::move(part), context);
  }

  Status Complete(int count, const IoContext& context) override {
    std::string list = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>";
    for (int i = 0; i < count; ++i) list += Concat("<Latest>", BlockId(i), "</Latest>");
    list += "</BlockList>";
    HttpRequest commit;
    commit.url.query = {{"comp", "blocklist"}};
    commit.body = list;
    return send_(std::move(commit), context);
  }

  /// Azure drops blocks that no list names after a week, and has no request to do it sooner.
  void Abort() override {}

 private:
  /// Of one length, as Azure wants it, and no other writer's.
  std::string BlockId(int number) const {
    std::string digits = std::to_string(number);
    digits.insert(0, 6 - std::min<size_t>(digits.size(), 6), '0');
    return Base64Encode(Concat(prefix_, '-', digits));
  }

  const std::function<Status(HttpRequest, const IoContext&)> send_;
  std::string prefix_;
};

}  // namespace

std::unique_ptr<RemoteUpload> MakeAzureUpload(
    std::function<Status(HttpRequest part, const IoContext& context)> send) {
  return std::make_unique<AzureUpload>(std::move(send));
}

}  // namespace deltaic
