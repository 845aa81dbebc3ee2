#include "objects/s3/settle.h"

#include <utility>

#include "objects/s3/answers.h"

namespace salvor::objects::s3 {
namespace {

// The request was understood and refused: nothing was written by it, nor by one before it that was
// the same.
bool IsRefusal(int status) {
  return status >= 300 && status < 500 && status != 404 && status != 409 && status != 412 &&
         status != 429 && status != 408;
}

std::string WhyOpen(const Result<http::Response>& answer) {
  if (!answer) return answer.error().what;
  return "the store answered HTTP " + std::to_string(answer->status);
}

}  // namespace

Result<std::optional<ObjectDetails>> Head(Service& service, const std::string& key,
                                          const std::string& version) {
  Call call;
  call.method = "HEAD";
  call.key = key;
  if (!version.empty()) call.query.emplace_back("versionId", version);
  SALVOR_TRY(const http::Response response, service.Send(call));
  if (response.status == 404) return std::optional<ObjectDetails>();
  // A delete marker, named by its version.
  if (response.status == 405 && response.Get("x-amz-delete-marker") == "true")
    return std::optional<ObjectDetails>();
  if (response.status != 200) {
    Error error = service.ErrorOf(response, key);
    if (response.status == 403)
      error.next += "; without s3:ListBucket the store says the same of an object that is absent";
    return Fail(std::move(error));
  }
  auto details = ReadDetails(response, key);
  if (!details) return Fail(std::move(details).error().At(service.AddressOf(key)));
  return std::optional<ObjectDetails>(std::move(*details));
}

Result<WriteOutcome> Settle(Service& service, const std::string& key, const std::string& write_id,
                            const Result<http::Response>& answer) {
  using Kind = WriteOutcome::Kind;
  if (answer && answer->status == 200 && answer->body.find("<Error>") == std::string::npos) {
    std::string version(answer->Get("x-amz-version-id"));
    if (version == "null") version.clear();
    return WriteOutcome{Kind::kCreated, BareEtag(answer->Get("ETag")), std::move(version), {}};
  }
  if (answer && IsRefusal(answer->status)) return Fail(service.ErrorOf(*answer, key));
  if (!answer && answer.error().code != Code::kOutcomeUnknown &&
      answer.error().code != Code::kUnavailable && answer.error().code != Code::kCorrupt)
    return Fail(answer.error());
  const auto found = Head(service, key, {});
  if (!found)
    return WriteOutcome{Kind::kUnknown,
                        {},
                        {},
                        WhyOpen(answer) +
                            ", and it cannot be "
                            "seen what is there now"};
  if (!*found)
    return WriteOutcome{Kind::kUnknown,
                        {},
                        {},
                        WhyOpen(answer) +
                            ", and nothing is "
                            "there yet"};
  if ((*found)->write_id == write_id)
    return WriteOutcome{Kind::kCreated, (*found)->info.etag, (*found)->info.version, {}};
  return WriteOutcome{Kind::kTaken, {}, {}, {}};
}

}  // namespace salvor::objects::s3
