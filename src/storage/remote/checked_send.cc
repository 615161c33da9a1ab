#include "storage/remote/checked_send.h"

namespace deltaic {

Result<HttpResponse> SendChecked(const HttpClient& client, const HttpRequest& request,
                                 const RequestPolicy& policy, const IoContext& context,
                                 std::string_view doing,
                                 const std::function<Status(const HttpResponse& response)>& check) {
  Result<HttpResponse> response = client.Send(request, policy, context);
  if (!response.ok()) return response.status().WithContext(doing);
  DELTAIC_RETURN_IF_ERROR(check(*response));
  return response;
}

}  // namespace deltaic
