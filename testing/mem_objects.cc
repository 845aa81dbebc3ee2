#include "testing/mem_objects.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <array>

#include "base/digest.h"
#include "base/strings.h"
#include "testing/mem_objects_text.h"

namespace salvor::testing {
namespace {

using mem_objects::ErrorAnswer;
using mem_objects::Unescape;

std::string EtagOf(std::string_view bytes) { return Sha256Hex(bytes).substr(0, 32); }

std::string HttpDate(Instant instant) {
  const time_t seconds = static_cast<time_t>(MillisOf(instant) / 1'000);
  tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const size_t size = ::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

// What an object keeps of a request's headers.
std::map<std::string, std::string> Kept(const std::map<std::string, std::string>& headers) {
  std::map<std::string, std::string> kept;
  for (const auto& [name, value] : headers) {
    if (name.starts_with("x-amz-meta-") || name == "content-type" || name == "cache-control" ||
        name == "x-amz-storage-class" || name.starts_with("x-amz-server-side-encryption") ||
        name == "x-amz-restore")
      kept[name] = value;
  }
  return kept;
}

}  // namespace

std::string MemObjects::Asked::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

std::optional<MemObjects::Asked> MemObjects::Read(const http::Request& request) {
  const std::string begin = std::string(kEndpoint) + "/" + kBucket;
  if (!request.url.starts_with(begin)) return std::nullopt;
  const std::string rest = request.url.substr(begin.size());
  const size_t question = std::min(rest.find('?'), rest.size());
  Asked asked;
  asked.method = request.method;
  asked.body = &request.body;
  asked.key = Unescape(
      rest.substr(std::min<size_t>(1, question), question - std::min<size_t>(1, question)));
  for (std::string_view query = std::string_view(rest).substr(question); query.size() > 1;) {
    query.remove_prefix(1);
    const size_t end = std::min(query.find('&'), query.size());
    const std::string field(query.substr(0, end));
    const size_t equals = std::min(field.find('='), field.size());
    asked.query[Unescape(field.substr(0, equals))] =
        Unescape(field.substr(std::min(equals + 1, field.size())));
    query.remove_prefix(end);
  }
  for (const http::Header& header : request.headers)
    asked.headers[LowerCase(header.name)] = header.value;
  return asked;
}

std::optional<MemObjects::Fault> MemObjects::TakeFault(const std::string& method) {
  const auto fault = std::find_if(faults_.begin(), faults_.end(),
                                  [&](const auto& entry) { return entry.first == method; });
  if (fault == faults_.end()) return std::nullopt;
  const Fault taken = fault->second;
  faults_.erase(fault);
  return taken;
}

Result<http::Response> MemObjects::Send(const http::Request& request) {
  const std::lock_guard lock(mutex_);
  const auto asked = Read(request);
  if (!asked) return ErrorAnswer(404, "NoSuchBucket");
  const std::string query = request.url.substr(std::min(request.url.find('?'), request.url.size()));
  seen_.push_back({request.method, asked->key, query, request.headers});
  const auto act = std::find_if(acts_.begin(), acts_.end(),
                                [&](const auto& entry) { return entry.first == request.method; });
  if (act != acts_.end()) {
    const std::function<void()> run = act->second;
    acts_.erase(act);
    run();
  }
  const std::string authorization = asked->Header("authorization");
  if (!authorization.starts_with("AWS4-HMAC-SHA256 ")) return ErrorAnswer(403, "AccessDenied");
  if (asked->Header("x-amz-content-sha256") != Sha256Hex(request.body))
    return ErrorAnswer(400, "XAmzContentSHA256Mismatch");
  if (!region_.empty() && authorization.find("/" + region_ + "/s3/") == std::string::npos) {
    http::Response elsewhere = ErrorAnswer(301, "PermanentRedirect");
    elsewhere.headers.push_back({"x-amz-bucket-region", region_});
    return elsewhere;
  }
  const auto lost = [] {
    return Fail(Code::kOutcomeUnknown, "the connection ended before an answer came");
  };
  switch (const auto fault = TakeFault(request.method); fault.value_or(Fault::kHalfBody)) {
    case Fault::kLostBefore:
      return lost();
    case Fault::kLostAfter:
      Answer(*asked);
      return lost();
    case Fault::kConflict:
      return ErrorAnswer(409, "ConditionalRequestConflict");
    case Fault::kTooMany:
      return ErrorAnswer(429, "TooManyRequests");
    case Fault::kUnavailable:
      return ErrorAnswer(503, "SlowDown");
    case Fault::kErrorInside:
      return ErrorAnswer(200, "InternalError");
    case Fault::kExpired:
      return ErrorAnswer(400, "ExpiredToken");
    case Fault::kHalfBody: {
      http::Response response = Answer(*asked);
      if (fault) response.body.resize(response.body.size() / 2);
      return response;
    }
  }
  return lost();
}

void MemObjects::Put(const std::string& key, std::string bytes,
                     std::map<std::string, std::string> headers, std::string tags) {
  const std::lock_guard lock(mutex_);
  Object object;
  object.bytes = std::move(bytes);
  object.headers = std::move(headers);
  object.tags = std::move(tags);
  Add(key, std::move(object));
}

void MemObjects::Delete(const std::string& key) {
  const std::lock_guard lock(mutex_);
  if (!keeps_versions_) {
    objects_.erase(key);
    return;
  }
  Object marker;
  marker.marker = true;
  Add(key, std::move(marker));
}

std::optional<MemObjects::Object> MemObjects::Find(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const Object* const object = At(key);
  if (object == nullptr) return std::nullopt;
  return *object;
}

size_t MemObjects::VersionsOf(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = objects_.find(key);
  return found == objects_.end() ? 0 : found->second.size();
}

void MemObjects::FailNext(const std::string& method, Fault fault, int times) {
  const std::lock_guard lock(mutex_);
  for (int i = 0; i < times; ++i) faults_.emplace_back(method, fault);
}

void MemObjects::BeforeNext(const std::string& method, std::function<void()> act) {
  const std::lock_guard lock(mutex_);
  acts_.emplace_back(method, std::move(act));
}

std::vector<MemObjects::Seen> MemObjects::Requests() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void MemObjects::ForgetRequests() {
  const std::lock_guard lock(mutex_);
  seen_.clear();
}

MemObjects::Object& MemObjects::Add(const std::string& key, Object object) {
  object.etag = EtagOf(object.bytes);
  object.modified = clock_.Now();
  object.version = keeps_versions_ ? "v" + std::to_string(next_++) : "null";
  auto& versions = objects_[key];
  if (!keeps_versions_) versions.clear();
  versions.push_front(std::move(object));
  return versions.front();
}

const MemObjects::Object* MemObjects::At(const std::string& key, const std::string& version) const {
  const auto found = objects_.find(key);
  if (found == objects_.end() || found->second.empty()) return nullptr;
  for (const Object& object : found->second) {
    if (version.empty() || object.version == version) return object.marker ? nullptr : &object;
  }
  return nullptr;
}

bool MemObjects::MayCreate(const Asked& asked) const {
  return asked.Header("if-none-match") != "*" || At(asked.key) == nullptr;
}

http::Response MemObjects::Answer(const Asked& asked) {
  if (asked.key.empty()) return AnswerBucket(asked);
  if (asked.Has("tagging") && asked.method == "GET") return AnswerTags(asked);
  if (asked.method == "GET" || asked.method == "HEAD") return AnswerRead(asked);
  if (asked.Has("uploads") || (asked.Has("uploadId") && asked.method != "PUT"))
    return AnswerUploads(asked);
  if (asked.Has("uploadId")) return AnswerPart(asked);
  if (asked.method == "DELETE") return AnswerDelete(asked);
  if (asked.method != "PUT") return ErrorAnswer(405, "MethodNotAllowed");
  return asked.Header("x-amz-copy-source").empty() ? AnswerPut(asked) : AnswerCopy(asked);
}

http::Response MemObjects::AnswerRead(const Asked& asked) {
  const auto version = asked.query.find("versionId");
  const Object* const object =
      At(asked.key, version == asked.query.end() ? std::string() : version->second);
  if (object == nullptr) return ErrorAnswer(404, "NoSuchKey");
  const std::string match = asked.Header("if-match");
  if (!match.empty() && match != "\"" + object->etag + "\"")
    return ErrorAnswer(412, "PreconditionFailed");
  http::Response response;
  response.status = 200;
  for (const auto& [name, value] : object->headers) response.headers.push_back({name, value});
  response.headers.push_back({"ETag", "\"" + object->etag + "\""});
  response.headers.push_back({"Last-Modified", HttpDate(object->modified)});
  if (keeps_versions_) response.headers.push_back({"x-amz-version-id", object->version});
  response.body = object->bytes;
  if (const std::string range = asked.Header("range"); !range.empty()) {
    const auto size = static_cast<int64_t>(object->bytes.size());
    const size_t dash = range.find('-');
    const int64_t first = ParseInt64(std::string_view(range).substr(6, dash - 6)).value_or(-1);
    const int64_t last =
        std::min(ParseInt64(std::string_view(range).substr(dash + 1)).value_or(size - 1), size - 1);
    if (first >= size) {
      http::Response refusal = ErrorAnswer(416, "InvalidRange");
      refusal.headers.push_back({"Content-Range", fmt::format("bytes */{}", size)});
      return refusal;
    }
    response.status = 206;
    response.headers.push_back({"Content-Range", fmt::format("bytes {}-{}/{}", first, last, size)});
    response.body =
        object->bytes.substr(static_cast<size_t>(first), static_cast<size_t>(last - first + 1));
  }
  response.headers.push_back({"Content-Length", std::to_string(response.body.size())});
  if (asked.method == "HEAD") response.body.clear();
  return response;
}

http::Response MemObjects::AnswerPut(const Asked& asked) {
  if (!MayCreate(asked)) return ErrorAnswer(412, "PreconditionFailed");
  Object object;
  object.bytes = *asked.body;
  object.headers = Kept(asked.headers);
  const Object& added = Add(asked.key, std::move(object));
  http::Response response;
  response.status = 200;
  response.headers = {{"ETag", "\"" + added.etag + "\""}};
  if (keeps_versions_) response.headers.push_back({"x-amz-version-id", added.version});
  return response;
}

const MemObjects::Object* MemObjects::SourceOf(const Asked& asked, http::Response& refusal) const {
  std::string place = asked.Header("x-amz-copy-source");
  const size_t question = place.find("?versionId=");
  std::string version;
  if (question != std::string::npos) {
    version = Unescape(place.substr(question + 11));
    place.resize(question);
  }
  const std::string begin = std::string("/") + kBucket + "/";
  const Object* const source =
      place.starts_with(begin) ? At(Unescape(place.substr(begin.size())), version) : nullptr;
  const std::string match = asked.Header("x-amz-copy-source-if-match");
  if (source == nullptr) {
    refusal = ErrorAnswer(404, "NoSuchKey");
  } else if (!match.empty() && match != "\"" + source->etag + "\"") {
    refusal = ErrorAnswer(412, "PreconditionFailed");
  } else {
    return source;
  }
  return nullptr;
}

http::Response MemObjects::AnswerCopy(const Asked& asked) {
  http::Response refusal;
  const Object* const source = SourceOf(asked, refusal);
  if (source == nullptr) return refusal;
  if (!MayCreate(asked)) return ErrorAnswer(412, "PreconditionFailed");
  Object object;
  object.bytes = source->bytes;
  object.tags = source->tags;
  // The storage class and the encryption are never the source's by themselves.
  const bool replace = asked.Header("x-amz-metadata-directive") == "REPLACE";
  object.headers = Kept(replace ? asked.headers : source->headers);
  const Object& added = Add(asked.key, std::move(object));
  http::Response response = mem_objects::XmlAnswer("<CopyObjectResult><ETag>&quot;" + added.etag +
                                                   "&quot;</ETag></CopyObjectResult>");
  if (keeps_versions_) response.headers.push_back({"x-amz-version-id", added.version});
  return response;
}

http::Response MemObjects::AnswerPart(const Asked& asked) {
  const auto upload = uploads_.find(asked.query.at("uploadId"));
  if (upload == uploads_.end()) return ErrorAnswer(404, "NoSuchUpload");
  http::Response refusal;
  const Object* const source = SourceOf(asked, refusal);
  if (source == nullptr) return refusal;
  const std::string range = asked.Header("x-amz-copy-source-range");
  const size_t dash = range.find('-');
  const auto first = ParseInt64(std::string_view(range).substr(6, dash - 6));
  const auto last = ParseInt64(std::string_view(range).substr(dash + 1));
  const auto number = ParseInt64(asked.query.at("partNumber"));
  if (!first || !last || !number || *last >= static_cast<int64_t>(source->bytes.size()))
    return ErrorAnswer(400, "InvalidArgument");
  std::string bytes =
      source->bytes.substr(static_cast<size_t>(*first), static_cast<size_t>(*last - *first + 1));
  const std::string etag = EtagOf(bytes);
  upload->second.parts[static_cast<int>(*number)] = {etag, std::move(bytes)};
  return mem_objects::XmlAnswer("<CopyPartResult><ETag>&quot;" + etag +
                                "&quot;</ETag></CopyPartResult>");
}

http::Response MemObjects::AnswerUploads(const Asked& asked) {
  if (asked.Has("uploads")) {
    const std::string id = "u" + std::to_string(next_++);
    uploads_[id] = {asked.key, asked.headers, {}};
    return mem_objects::XmlAnswer("<InitiateMultipartUploadResult><UploadId>" + id +
                                  "</UploadId></InitiateMultipartUploadResult>");
  }
  const auto upload = uploads_.find(asked.query.at("uploadId"));
  if (upload == uploads_.end() || upload->second.key != asked.key)
    return ErrorAnswer(404, "NoSuchUpload");
  http::Response done;
  done.status = 204;
  if (asked.method == "DELETE") {
    uploads_.erase(upload);
    return done;
  }
  if (!MayCreate(asked)) return ErrorAnswer(412, "PreconditionFailed");
  Object object;
  object.headers = Kept(upload->second.headers);
  const auto tags = upload->second.headers.find("x-amz-tagging");
  if (tags != upload->second.headers.end()) object.tags = tags->second;
  for (const auto& [number, part] : upload->second.parts) {
    if (asked.body->find("<PartNumber>" + std::to_string(number) + "</PartNumber><ETag>\"" +
                         part.first + "\"</ETag>") == std::string::npos)
      return ErrorAnswer(400, "InvalidPart");
    object.bytes += part.second;
  }
  uploads_.erase(upload);
  const Object& added = Add(asked.key, std::move(object));
  http::Response response =
      mem_objects::XmlAnswer("<CompleteMultipartUploadResult><ETag>&quot;" + added.etag +
                             "&quot;</ETag></CompleteMultipartUploadResult>");
  if (keeps_versions_) response.headers.push_back({"x-amz-version-id", added.version});
  return response;
}

http::Response MemObjects::AnswerDelete(const Asked& asked) {
  http::Response done;
  done.status = 204;
  if (const auto version = asked.query.find("versionId"); version != asked.query.end()) {
    const auto found = objects_.find(asked.key);
    if (found == objects_.end()) return done;
    std::erase_if(found->second,
                  [&](const Object& object) { return object.version == version->second; });
    if (found->second.empty()) objects_.erase(found);
    return done;
  }
  const Object* const object = At(asked.key);
  const std::string match = asked.Header("if-match");
  if (!match.empty() && object == nullptr) return ErrorAnswer(404, "NoSuchKey");
  if (!match.empty() && match != "\"" + object->etag + "\"")
    return ErrorAnswer(412, "PreconditionFailed");
  Delete(asked.key);
  return done;
}

}  // namespace salvor::testing
