// MemObjects' answers that list, and its spellings.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "base/strings.h"
#include "testing/mem_objects.h"
#include "testing/mem_objects_text.h"

namespace salvor::testing {

namespace mem_objects {

std::string Unescape(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%' || i + 2 >= text.size()) {
      plain += text[i];
      continue;
    }
    plain +=
        static_cast<char>(std::strtol(std::string(text.substr(i + 1, 2)).c_str(), nullptr, 16));
    i += 2;
  }
  return plain;
}

std::string EscapeKey(std::string_view key) {
  std::string text;
  for (const char c : key) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '/' || c == '*';
    if (plain) {
      text += c;
    } else {
      text += c == ' ' ? "+" : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return text;
}

std::string XmlText(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&') {
      escaped += "&amp;";
    } else if (c == '<') {
      escaped += "&lt;";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

http::Response XmlAnswer(std::string body) {
  http::Response response;
  response.status = 200;
  response.body = R"(<?xml version="1.0" encoding="UTF-8"?>)" + std::move(body);
  response.headers = {{"Content-Type", "application/xml"},
                      {"Content-Length", std::to_string(response.body.size())}};
  return response;
}

http::Response ErrorAnswer(int status, const std::string& code) {
  http::Response response = XmlAnswer("<Error><Code>" + code + "</Code></Error>");
  response.status = status;
  return response;
}

}  // namespace mem_objects

using mem_objects::ErrorAnswer;
using mem_objects::EscapeKey;

http::Response MemObjects::AnswerBucket(const Asked& asked) {
  if (asked.method != "GET") return ErrorAnswer(405, "MethodNotAllowed");
  const auto encoding = asked.query.find("encoding-type");
  if (encoding == asked.query.end() || encoding->second != "url")
    return ErrorAnswer(400, "InvalidArgument");
  if (asked.Has("versions")) return AnswerVersions(asked);
  return asked.Has("list-type") ? AnswerList(asked) : ErrorAnswer(501, "NotImplemented");
}

http::Response MemObjects::AnswerList(const Asked& asked) {
  const auto value = [&](const char* name) {
    const auto found = asked.query.find(name);
    return found == asked.query.end() ? std::string() : found->second;
  };
  const std::string prefix = value("prefix");
  const std::string delimiter = value("delimiter");
  // A token is opaque; here it holds what came last, a key or a cut one.
  const bool goes_on = asked.Has("continuation-token");
  const std::string after = goes_on ? value("continuation-token").substr(6) : value("start-after");
  const auto size = static_cast<size_t>(std::min<int64_t>(
      ParseInt64(value("max-keys")).value_or(1'000), static_cast<int64_t>(page_size_)));
  std::string entries;
  std::string last;
  size_t count = 0;
  bool more = false;
  for (const auto& [key, versions] : objects_) {
    if (!key.starts_with(prefix) || key <= after || At(key) == nullptr) continue;
    const size_t cut = delimiter.empty() ? std::string::npos : key.find(delimiter, prefix.size());
    const std::string folder =
        cut == std::string::npos ? "" : key.substr(0, cut + delimiter.size());
    if (!folder.empty() && (folder == last || (goes_on && folder == after))) continue;
    if (count == size) {
      more = true;
      break;
    }
    ++count;
    last = folder.empty() ? key : folder;
    const Object& object = *At(key);
    entries +=
        folder.empty()
            ? fmt::format(
                  "<Contents><Key>{}</Key><LastModified>{}</LastModified><ETag>&quot;"
                  "{}&quot;</ETag><Size>{}</Size></Contents>",
                  EscapeKey(key), FormatInstant(object.modified), object.etag, object.bytes.size())
            : "<CommonPrefixes><Prefix>" + EscapeKey(folder) + "</Prefix></CommonPrefixes>";
  }
  return mem_objects::XmlAnswer(
      "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>" +
      std::string(more ? "true" : "false") + "</IsTruncated>" +
      (more ? "<NextContinuationToken>token-" + mem_objects::XmlText(last) +
                  "</NextContinuationToken>"
            : "") +
      entries + "</ListBucketResult>");
}

http::Response MemObjects::AnswerVersions(const Asked& asked) {
  const auto value = [&](const char* name) {
    const auto found = asked.query.find(name);
    return found == asked.query.end() ? std::string() : found->second;
  };
  const std::string after_key = value("key-marker");
  const std::string after_version = value("version-id-marker");
  std::string entries;
  std::string last_key;
  std::string last_version;
  size_t count = 0;
  bool more = false;
  for (const auto& [key, versions] : objects_) {
    if (!key.starts_with(value("prefix")) || key < after_key) continue;
    bool skip = key == after_key;
    for (const Object& object : versions) {
      if (skip) {
        skip = object.version != after_version;
        continue;
      }
      more = count == page_size_;
      if (more) break;
      ++count;
      last_key = key;
      last_version = object.version;
      const char* const name = object.marker ? "DeleteMarker" : "Version";
      entries += fmt::format(
          "<{0}><Key>{1}</Key><VersionId>{2}</VersionId><IsLatest>{3}</IsLatest><LastModified>{4}"
          "</LastModified>{5}</{0}>",
          name, EscapeKey(key), object.version, &object == &versions.front(),
          FormatInstant(object.modified),
          object.marker ? ""
                        : fmt::format("<ETag>&quot;{}&quot;</ETag><Size>{}</Size>", object.etag,
                                      object.bytes.size()));
    }
    if (more) break;
  }
  return mem_objects::XmlAnswer("<ListVersionsResult><IsTruncated>" +
                                std::string(more ? "true" : "false") + "</IsTruncated>" +
                                (more ? "<NextKeyMarker>" + EscapeKey(last_key) +
                                            "</NextKeyMarker><NextVersionIdMarker>" + last_version +
                                            "</NextVersionIdMarker>"
                                      : "") +
                                entries + "</ListVersionsResult>");
}

http::Response MemObjects::AnswerTags(const Asked& asked) {
  const auto version = asked.query.find("versionId");
  const Object* const object =
      At(asked.key, version == asked.query.end() ? std::string() : version->second);
  if (object == nullptr) return ErrorAnswer(404, "NoSuchKey");
  std::string tags;
  for (std::string_view rest = object->tags; !rest.empty();) {
    const size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view tag = rest.substr(0, end);
    const size_t equals = tag.find('=');
    tags += "<Tag><Key>" + mem_objects::XmlText(mem_objects::Unescape(tag.substr(0, equals))) +
            "</Key><Value>" + mem_objects::XmlText(mem_objects::Unescape(tag.substr(equals + 1))) +
            "</Value></Tag>";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return mem_objects::XmlAnswer("<Tagging><TagSet>" + tags + "</TagSet></Tagging>");
}

}  // namespace salvor::testing
