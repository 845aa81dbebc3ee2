#include "objects/s3/s3_store.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "objects/s3/answers.h"
#include "objects/s3/copy.h"
#include "objects/s3/settle.h"

namespace salvor::objects::s3 {
namespace {

constexpr int64_t kMaxWhole = int64_t{256} << 20U;
constexpr int64_t kSlack = 65'536;  // of an error's text

class S3Store final : public Store {
 public:
  S3Store(const Wiring& wiring, Endpoint endpoint, std::string bucket, CopyLimits limits)
      : service_(wiring, std::move(endpoint), bucket),
        bucket_(std::move(bucket)),
        limits_(limits) {}

  [[nodiscard]] std::string Where() const override { return service_.AddressOf({}); }

  Result<Page> List(const ListRequest& request) override { return ListPage(request, {}); }
  Result<Page> NextPage(const ListRequest& request, const std::string& next) override {
    return ListPage(request, next);
  }
  Result<std::optional<ObjectDetails>> Head(const std::string& key,
                                            const std::string& version) override {
    return s3::Head(service_, key, version);
  }
  Result<tl::expected<Bytes, Gone>> Get(const Pinned& object, const Range& range) override;
  Result<VersionPage> Versions(const std::string& prefix, const std::string& after_key,
                               const std::string& after_version) override;
  Result<std::string> Presign(const Pinned& object, Millis valid) override {
    return service_.Presign(object.key, object.version, valid);
  }
  Result<WriteOutcome> CreateNew(const std::string& key, const std::string& bytes,
                                 const std::string& write_id) override;
  Result<WriteOutcome> CopyNew(const Pinned& source, const std::string& key,
                               const std::string& write_id) override {
    return s3::CopyNew(service_, bucket_, source, key, write_id, limits_);
  }
  Result<RemoveOutcome> Remove(const Pinned& object) override;
  Result<RemoveOutcome> RemoveVersion(const Pinned& object) override;

 private:
  Result<Page> ListPage(const ListRequest& request, const std::string& token);

  Service service_;
  const std::string bucket_;
  const CopyLimits limits_;
};

Result<Page> S3Store::ListPage(const ListRequest& request, const std::string& token) {
  Call call;
  call.query = {{"list-type", "2"}, {"encoding-type", "url"}};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) call.query.emplace_back(name, value);
  };
  add("prefix", request.prefix);
  add("start-after", token.empty() ? request.start_after : "");
  add("delimiter", request.delimiter);
  add("continuation-token", token);
  if (request.page_size > 0) add("max-keys", std::to_string(request.page_size));
  SALVOR_TRY(const http::Response response, service_.Send(call));
  if (response.status != 200) return Fail(service_.ErrorOf(response, {}));
  return ReadPage(response.body, service_.AddressOf(request.prefix));
}

// The bytes that the answer begins with, of what size: "bytes 5-9/100".
struct Extent {
  int64_t first = 0;
  int64_t total = 0;
};

std::optional<Extent> ReadContentRange(std::string_view text) {
  if (!text.starts_with("bytes ")) return std::nullopt;
  text.remove_prefix(6);
  const size_t dash = text.find('-');
  const size_t slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos) return std::nullopt;
  const auto first = ParseInt64(text.substr(0, dash));
  const auto total = ParseInt64(text.substr(slash + 1));
  if (!first || !total) return std::nullopt;
  return Extent{*first, *total};
}

Result<tl::expected<Bytes, Gone>> S3Store::Get(const Pinned& object, const Range& range) {
  Call call;
  call.key = object.key;
  if (!object.version.empty()) call.query.emplace_back("versionId", object.version);
  if (!object.etag.empty()) call.headers.push_back({"If-Match", QuotedEtag(object.etag)});
  if (range.size == 0 || range.size > kMaxWhole || range.offset < 0)
    return Fail(Code::kInvalidArgument, "not a range of bytes", service_.AddressOf(object.key));
  const bool part = range.offset > 0 || range.size > 0;
  if (part) {
    const std::string last =
        range.size > 0 ? std::to_string(range.offset + range.size - 1) : std::string();
    call.headers.push_back({"Range", "bytes=" + std::to_string(range.offset) + "-" + last});
  }
  call.max_bytes = (range.size > 0 ? range.size : kMaxWhole) + kSlack;
  SALVOR_TRY(http::Response response, service_.Send(call));
  if (response.status == 404) return tl::expected<Bytes, Gone>(tl::unexpect, Gone::kAbsent);
  if (response.status == 412) return tl::expected<Bytes, Gone>(tl::unexpect, Gone::kChanged);
  if (response.status != 200 && response.status != 206 && response.status != 416)
    return Fail(service_.ErrorOf(response, object.key));
  Bytes bytes{{}, BareEtag(response.Get("ETag")), 0};
  if (response.status == 416) {  // the range begins behind the end
    const std::string_view text = response.Get("Content-Range");
    bytes.total =
        ParseInt64(text.substr(std::min(text.find('/'), text.size() - 1) + 1)).value_or(0);
    return bytes;
  }
  const auto wrong = [&] {
    return Fail(Code::kCorrupt, "the store gave other bytes than were asked for",
                service_.AddressOf(object.key));
  };
  const auto size = static_cast<int64_t>(response.body.size());
  if (response.status == 200) {  // all of it, whatever was asked for
    bytes.total = size;
    if (range.offset < size) bytes.bytes = response.body.substr(static_cast<size_t>(range.offset));
    if (range.size > 0)
      bytes.bytes.resize(std::min(bytes.bytes.size(), static_cast<size_t>(range.size)));
    return bytes;
  }
  const auto extent = ReadContentRange(response.Get("Content-Range"));
  if (!part || !extent || extent->first != range.offset) return wrong();
  const int64_t rest = extent->total - range.offset;
  if (size != (range.size > 0 ? std::min(range.size, rest) : rest)) return wrong();
  bytes.total = extent->total;
  bytes.bytes = std::move(response.body);
  return bytes;
}

Result<VersionPage> S3Store::Versions(const std::string& prefix, const std::string& after_key,
                                      const std::string& after_version) {
  Call call;
  call.query = {{"versions", ""}, {"encoding-type", "url"}, {"prefix", prefix}};
  if (!after_key.empty()) call.query.emplace_back("key-marker", after_key);
  if (!after_version.empty()) call.query.emplace_back("version-id-marker", after_version);
  SALVOR_TRY(const http::Response response, service_.Send(call));
  if (response.status != 200) return Fail(service_.ErrorOf(response, {}));
  return ReadVersions(response.body, service_.AddressOf(prefix));
}

Result<WriteOutcome> S3Store::CreateNew(const std::string& key, const std::string& bytes,
                                        const std::string& write_id) {
  Call call;
  call.method = "PUT";
  call.key = key;
  call.headers = {{"If-None-Match", "*"},
                  {std::string(kMetadataPrefix) + kWriteId, write_id},
                  {"Content-Type", "application/octet-stream"}};
  call.body = bytes;
  return Settle(service_, key, write_id, service_.Send(call));
}

Result<RemoveOutcome> S3Store::Remove(const Pinned& object) {
  SALVOR_TRY(const auto before, Head(object.key, {}));
  if (!before) return RemoveOutcome::kAbsent;
  if (before->info.etag != object.etag) return RemoveOutcome::kChanged;
  Call call;
  call.method = "DELETE";
  call.key = object.key;
  call.headers = {{"If-Match", QuotedEtag(object.etag)}};
  const auto response = service_.Send(call);
  if (response && (response->status == 204 || response->status == 200))
    return RemoveOutcome::kRemoved;
  if (response && response->status == 412) return RemoveOutcome::kChanged;
  if (response && response->status >= 400 && response->status < 500 && response->status != 404 &&
      response->status != 409 && response->status != 429)
    return Fail(service_.ErrorOf(*response, object.key));
  const auto after = Head(object.key, {});
  if (!after) return RemoveOutcome::kUnknown;
  if (!*after) return RemoveOutcome::kRemoved;
  return (*after)->info.etag == object.etag ? RemoveOutcome::kUnknown : RemoveOutcome::kChanged;
}

Result<RemoveOutcome> S3Store::RemoveVersion(const Pinned& object) {
  if (object.version.empty())
    return Fail(Code::kInvalidArgument, "no version is named", service_.AddressOf(object.key));
  Call call;
  call.method = "DELETE";
  call.key = object.key;
  call.query = {{"versionId", object.version}};
  const auto response = service_.Send(call);
  if (response && (response->status == 204 || response->status == 200))
    return RemoveOutcome::kRemoved;
  if (response && response->status == 404) return RemoveOutcome::kAbsent;
  if (response && response->status >= 400 && response->status < 500)
    return Fail(service_.ErrorOf(*response, object.key));
  return RemoveOutcome::kUnknown;
}

}  // namespace

std::unique_ptr<Store> MakeStore(const Wiring& wiring, Endpoint endpoint, std::string bucket,
                                 CopyLimits limits) {
  return std::make_unique<S3Store>(wiring, std::move(endpoint), std::move(bucket), limits);
}

}  // namespace salvor::objects::s3
