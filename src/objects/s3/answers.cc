#include "objects/s3/answers.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/strings.h"
#include "http/date.h"
#include "objects/aws/xml.h"

namespace salvor::objects::s3 {
namespace {

using aws::Element;

// What a copy has to say again where it changes the metadata.
constexpr std::array<const char*, 10> kCarried = {
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
    "x-amz-website-redirect-location",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
};

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// As encoding-type=url has it: a plus is a blank.
Result<std::string> Unescape(std::string_view text, const std::string& where) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
    if (high < 0 || low < 0)
      return Fail(Code::kCorrupt, "a key in the listing is not escaped as it should be", where);
    plain += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return plain;
}

Result<ObjectInfo> ReadInfo(const Element& element, bool marker, const std::string& where) {
  ObjectInfo info;
  SALVOR_TRY(info.key, Unescape(element.TextOf("Key"), where));
  const auto size = ParseInt64(element.TextOf("Size"));
  const auto modified = ParseInstant(element.TextOf("LastModified"));
  if (info.key.empty() || (!size && !marker) || !modified)
    return Fail(Code::kCorrupt, "an object in the listing lacks its key, size or time", where);
  info.size = size.value_or(0);
  info.modified = *modified;
  info.etag = BareEtag(element.TextOf("ETag"));
  info.version = element.TextOf("VersionId");
  if (info.version == "null" && !marker) info.version.clear();
  return info;
}

Result<Element> Root(const std::string& body, std::string_view name, const std::string& where) {
  auto root = aws::ParseXml(body);
  if (!root) return Fail(std::move(root).error().At(where));
  if (root->name == name) return std::move(*root);
  return Fail(Code::kCorrupt, "the answer is no listing", where,
              "Check the endpoint: this is not an answer of S3");
}

// "" where the object can be read at once.
std::string WhyArchived(const http::Response& response) {
  const std::string_view storage = response.Get("x-amz-storage-class");
  const std::string_view status = response.Get("x-amz-archive-status");
  const std::string_view restore = response.Get("x-amz-restore");
  if (storage != "GLACIER" && storage != "DEEP_ARCHIVE" && status.empty()) return {};
  if (restore.find("ongoing-request=\"false\"") != std::string_view::npos) return {};
  const std::string kind(status.empty() ? storage : status);
  return restore.empty() ? "archived (" + kind + ")" : "archived (" + kind + "), being restored";
}

}  // namespace

std::string BareEtag(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"')
    etag = etag.substr(1, etag.size() - 2);
  return std::string(etag);
}

std::string QuotedEtag(const std::string& etag) { return "\"" + etag + "\""; }

Result<Page> ReadPage(const std::string& body, const std::string& where) {
  SALVOR_TRY(const Element root, Root(body, "ListBucketResult", where));
  Page page;
  for (const Element& element : root.children) {
    if (element.name == "Contents") {
      SALVOR_TRY(ObjectInfo info, ReadInfo(element, false, where));
      if (!page.objects.empty() && info.key <= page.objects.back().key) {
        return Fail(Code::kUnsupported, "the store does not list keys in order", where,
                    "Directory buckets are not supported");
      }
      page.objects.push_back(std::move(info));
    } else if (element.name == "CommonPrefixes") {
      SALVOR_TRY(std::string prefix, Unescape(element.TextOf("Prefix"), where));
      page.cut.push_back(std::move(prefix));
    }
  }
  if (root.TextOf("IsTruncated") != "true") return page;
  page.next = root.TextOf("NextContinuationToken");
  if (page.next.empty()) return Fail(Code::kCorrupt, "the listing ends in the middle", where);
  return page;
}

Result<VersionPage> ReadVersions(const std::string& body, const std::string& where) {
  SALVOR_TRY(const Element root, Root(body, "ListVersionsResult", where));
  VersionPage page;
  for (const Element& element : root.children) {
    const bool marker = element.name == "DeleteMarker";
    if (!marker && element.name != "Version") continue;
    VersionInfo version;
    SALVOR_TRY(version.info, ReadInfo(element, marker, where));
    version.latest = element.TextOf("IsLatest") == "true";
    version.marker = marker;
    page.versions.push_back(std::move(version));
  }
  if (root.TextOf("IsTruncated") != "true") return page;
  SALVOR_TRY(page.next_key, Unescape(root.TextOf("NextKeyMarker"), where));
  page.next_version = root.TextOf("NextVersionIdMarker");
  if (page.next_key.empty()) return Fail(Code::kCorrupt, "the listing ends in the middle", where);
  return page;
}

Result<ObjectDetails> ReadDetails(const http::Response& response, const std::string& key) {
  ObjectDetails details;
  details.info.key = key;
  const auto size = ParseInt64(response.Get("Content-Length"));
  const auto modified = http::ParseDate(response.Get("Last-Modified"));
  if (!size || !modified)
    return Fail(Code::kCorrupt, "the answer lacks the object's size or time", key);
  details.info.size = *size;
  details.info.modified = *modified;
  details.info.etag = BareEtag(response.Get("ETag"));
  details.info.version = response.Get("x-amz-version-id");
  if (details.info.version == "null") details.info.version.clear();
  details.storage_class = response.Get("x-amz-storage-class");
  details.archived = WhyArchived(response);
  const std::string_view prefix = kMetadataPrefix;
  for (const http::Header& header : response.headers) {
    const std::string name = LowerCase(header.name);
    if (name.starts_with(prefix)) {
      details.metadata[name.substr(prefix.size())] = header.value;
    } else if (std::find(kCarried.begin(), kCarried.end(), name) != kCarried.end()) {
      details.headers[name] = header.value;
    }
  }
  if (const auto id = details.metadata.find(kWriteId); id != details.metadata.end()) {
    details.write_id = id->second;
    details.metadata.erase(id);
  }
  return details;
}

}  // namespace salvor::objects::s3
