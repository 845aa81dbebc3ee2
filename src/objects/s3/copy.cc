#include "objects/s3/copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "http/url.h"
#include "objects/aws/xml.h"
#include "objects/s3/answers.h"
#include "objects/s3/settle.h"

namespace salvor::objects::s3 {
namespace {

using Kind = WriteOutcome::Kind;

constexpr int64_t kMostParts = 10'000;
constexpr Millis kCopyTimeout{600'000};  // the store answers when it has copied

std::string XmlText(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else if (c == '>') {
      escaped += "&gt;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

class Copying {
 public:
  Copying(Service& service, const std::string& bucket, const Pinned& source, std::string key,
          std::string write_id)
      : service_(service),
        bucket_(bucket),
        source_(source),
        key_(std::move(key)),
        write_id_(std::move(write_id)) {}

  Result<WriteOutcome> Run(const CopyLimits& limits) {
    SALVOR_TRY(const auto found, Head(service_, source_.key, source_.version));
    if (!found) return WriteOutcome{Kind::kSourceGone, {}, {}, {}};
    details_ = *found;
    if (details_.info.etag != source_.etag) return WriteOutcome{Kind::kSourceChanged, {}, {}, {}};
    if (!details_.archived.empty()) {
      return Fail(Code::kRefused, "the object is " + details_.archived,
                  service_.AddressOf(source_.key), "Restore it from the archive first");
    }
    if (details_.info.size <= limits.one_request) return InOne();
    return InParts(std::max(limits.part, (details_.info.size + kMostParts - 1) / kMostParts));
  }

 private:
  [[nodiscard]] std::vector<http::Header> SourceHeaders() const {
    std::string place;
    for (size_t begin = 0; begin <= source_.key.size();) {
      const size_t end = std::min(source_.key.find('/', begin), source_.key.size());
      place += "/" + http::Escape(std::string_view(source_.key).substr(begin, end - begin));
      begin = end + 1;
    }
    place = "/" + http::Escape(bucket_) + place;
    if (!source_.version.empty()) place += "?versionId=" + http::Escape(source_.version);
    return {{"x-amz-copy-source", std::move(place)},
            {"x-amz-copy-source-if-match", QuotedEtag(source_.etag)}};
  }

  // All that the source has, and the write id: metadata that is said is said as a whole.
  void AddDescription(std::vector<http::Header>& headers) const {
    for (const auto& [name, value] : details_.metadata)
      headers.push_back({kMetadataPrefix + name, value});
    for (const auto& [name, value] : details_.headers) headers.push_back({name, value});
    if (!details_.storage_class.empty())
      headers.push_back({"x-amz-storage-class", details_.storage_class});
    headers.push_back({std::string(kMetadataPrefix) + kWriteId, write_id_});
  }

  Result<WriteOutcome> InOne() {
    Call call;
    call.method = "PUT";
    call.key = key_;
    call.timeout = kCopyTimeout;
    call.headers = SourceHeaders();
    call.headers.push_back({"If-None-Match", "*"});
    call.headers.push_back({"x-amz-metadata-directive", "REPLACE"});
    AddDescription(call.headers);
    const auto answer = service_.Send(call);
    if (answer && answer->status == 200) {
      const auto root = aws::ParseXml(answer->body);
      if (root && root->name == "CopyObjectResult") {
        WriteOutcome outcome{Kind::kCreated,
                             BareEtag(root->TextOf("ETag")),
                             std::string(answer->Get("x-amz-version-id")),
                             {}};
        if (outcome.version == "null") outcome.version.clear();
        return outcome;
      }
    }
    return SettleCopy(answer);
  }

  // 412 is said of the source and of the target alike, 404 of the source; the target is asked
  // first.
  Result<WriteOutcome> SettleCopy(const Result<http::Response>& answer) {
    SALVOR_TRY(WriteOutcome outcome, Settle(service_, key_, write_id_, answer));
    if (outcome.kind != Kind::kUnknown) return outcome;
    if (!answer || (answer->status != 412 && answer->status != 404)) return outcome;
    const auto now = Head(service_, source_.key, source_.version);
    if (!now) return outcome;
    if (!*now) return WriteOutcome{Kind::kSourceGone, {}, {}, {}};
    if ((*now)->info.etag != source_.etag) return WriteOutcome{Kind::kSourceChanged, {}, {}, {}};
    return outcome;
  }

  Result<WriteOutcome> InParts(int64_t part_size) {
    // The key is looked at before the parts are copied, not only when they are put together.
    SALVOR_TRY(const auto there, Head(service_, key_, {}));
    if (there) {
      if (there->write_id != write_id_) return WriteOutcome{Kind::kTaken, {}, {}, {}};
      return WriteOutcome{Kind::kCreated, there->info.etag, there->info.version, {}};
    }
    SALVOR_TRY(const std::string upload, Begin());
    std::vector<std::string> etags;
    for (int64_t at = 0; at < details_.info.size; at += part_size) {
      const int64_t last = std::min(at + part_size, details_.info.size) - 1;
      auto part = CopyPart(upload, static_cast<int>(etags.size()) + 1, at, last);
      if (!part || !*part) Abort(upload);
      if (!part) return Fail(std::move(part).error());
      if (!*part) return WhySourceFailed();
      etags.push_back(std::move(**part));
    }
    auto outcome = Settle(service_, key_, write_id_, Complete(upload, etags));
    if (!outcome || outcome->kind == Kind::kTaken) Abort(upload);
    return outcome;
  }

  Result<std::string> Begin() {
    Call call;
    call.method = "POST";
    call.key = key_;
    call.query = {{"uploads", ""}};
    AddDescription(call.headers);
    SALVOR_TRY(const std::string tags, Tags());
    if (!tags.empty()) call.headers.push_back({"x-amz-tagging", tags});
    SALVOR_TRY(const http::Response response, service_.Send(call));
    if (response.status != 200) return Fail(service_.ErrorOf(response, key_));
    const auto root = aws::ParseXml(response.body);
    if (!root || root->TextOf("UploadId").empty())
      return Fail(Code::kCorrupt, "the store gave no upload id", service_.AddressOf(key_));
    return root->TextOf("UploadId");
  }

  // Of the source, as a query; a copy in one request takes them along by itself.
  Result<std::string> Tags() {
    Call call;
    call.key = source_.key;
    call.query = {{"tagging", ""}};
    if (!source_.version.empty()) call.query.emplace_back("versionId", source_.version);
    SALVOR_TRY(const http::Response response, service_.Send(call));
    if (response.status == 404) return std::string();  // the parts will tell
    if (response.status != 200) return Fail(service_.ErrorOf(response, source_.key));
    const auto root = aws::ParseXml(response.body);
    if (!root)
      return Fail(Code::kCorrupt, "the tags cannot be read", service_.AddressOf(source_.key));
    std::string tags;
    if (const aws::Element* const set = root->Find("TagSet"); set != nullptr) {
      for (const aws::Element& tag : set->children) {
        if (!tags.empty()) tags += '&';
        tags += http::FormatQuery({{tag.TextOf("Key"), tag.TextOf("Value")}});
      }
    }
    return tags;
  }

  // Its etag; nothing where the source is not what it was.
  Result<std::optional<std::string>> CopyPart(const std::string& upload, int number, int64_t first,
                                              int64_t last) {
    Call call;
    call.method = "PUT";
    call.key = key_;
    call.timeout = kCopyTimeout;
    call.query = {{"partNumber", std::to_string(number)}, {"uploadId", upload}};
    call.headers = SourceHeaders();
    call.headers.push_back({"x-amz-copy-source-range", fmt::format("bytes={}-{}", first, last)});
    SALVOR_TRY(const http::Response response, service_.Send(call));
    if (response.status == 412 || response.status == 404) return std::optional<std::string>();
    const auto root = aws::ParseXml(response.body);
    if (response.status != 200 || !root || root->TextOf("ETag").empty())
      return Fail(service_.ErrorOf(response, key_));
    return std::optional<std::string>(root->TextOf("ETag"));
  }

  Result<http::Response> Complete(const std::string& upload,
                                  const std::vector<std::string>& etags) {
    Call call;
    call.method = "POST";
    call.key = key_;
    call.timeout = kCopyTimeout;
    call.query = {{"uploadId", upload}};
    call.headers = {{"If-None-Match", "*"}, {"Content-Type", "application/xml"}};
    call.body = "<CompleteMultipartUpload>";
    for (size_t i = 0; i < etags.size(); ++i) {
      call.body += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", i + 1,
                               XmlText(etags[i]));
    }
    call.body += "</CompleteMultipartUpload>";
    SALVOR_TRY(http::Response response, service_.Send(call));
    if (response.status != 200) return response;
    // The answer's own headers are of no object: its ETag stands in the document.
    const auto root = aws::ParseXml(response.body);
    if (!root || root->name != "CompleteMultipartUploadResult")
      return Fail(Code::kOutcomeUnknown, "the answer does not say that the copy is whole",
                  service_.AddressOf(key_));
    response.headers.insert(response.headers.begin(), {"ETag", root->TextOf("ETag")});
    return response;
  }

  void Abort(const std::string& upload) {
    Call call;
    call.method = "DELETE";
    call.key = key_;
    call.query = {{"uploadId", upload}};
    const auto ignored = service_.Send(call);  // what stays is in nobody's way
    static_cast<void>(ignored);
  }

  Result<WriteOutcome> WhySourceFailed() {
    SALVOR_TRY(const auto now, Head(service_, source_.key, source_.version));
    return WriteOutcome{now ? Kind::kSourceChanged : Kind::kSourceGone, {}, {}, {}};
  }

  Service& service_;
  const std::string& bucket_;
  const Pinned& source_;
  const std::string key_;
  const std::string write_id_;
  ObjectDetails details_;
};

}  // namespace

Result<WriteOutcome> CopyNew(Service& service, const std::string& bucket, const Pinned& source,
                             const std::string& key, const std::string& write_id,
                             const CopyLimits& limits) {
  if (source.etag.empty())
    return Fail(Code::kInvalidArgument, "a copy's source is not pinned",
                service.AddressOf(source.key));
  return Copying(service, bucket, source, key, write_id).Run(limits);
}

}  // namespace salvor::objects::s3
