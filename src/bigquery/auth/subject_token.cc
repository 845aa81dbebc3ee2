#include "bigquery/auth/subject_token.h"

#include <optional>
#include <utility>

#include "bigquery/auth/address.h"
#include "bigquery/auth/subject_program.h"
#include "bigquery/auth/token.h"

namespace salvor::bigquery::auth {
namespace {

constexpr int64_t kMaxBytes = int64_t{256} << 10U;

// How the token lies in what was read.
struct Format {
  std::optional<std::string> field;  // of a JSON object; without one the whole text is the token

  static Result<Format> Of(const Document& source) {
    if (!source.Has("format")) return Format{};
    SALVOR_TRY(const Document format, source.Object("format"));
    SALVOR_TRY(const std::string type, format.OptionalText("type"));
    if (type.empty() || type == "text") return Format{};
    if (type != "json") {
      return Fail(source.Wrong("credential_source.format.type is neither text nor json"));
    }
    SALVOR_TRY(std::string name, format.Text("subject_token_field_name"));
    return Format{std::move(name)};
  }

  Result<Secret> Extract(std::string bytes, const std::string& where) const {
    Secret text(std::move(bytes));
    if (field) {
      SALVOR_TRY(const Document document, Document::Parse(text.Reveal(), Code::kCorrupt, where));
      SALVOR_TRY(std::string token, document.Text(field->c_str()));
      return Secret(std::move(token));
    }
    // Files end in a newline, tokens do not.
    constexpr const char* blanks = " \t\r\n";
    const std::string& seen = text.Reveal();
    const size_t first = seen.find_first_not_of(blanks);
    if (first == std::string::npos) return Fail(Code::kCorrupt, "the token is empty", where);
    return Secret(seen.substr(first, seen.find_last_not_of(blanks) - first + 1));
  }
};

class FromFile final : public SubjectTokens {
 public:
  FromFile(const Outside& outside, std::string path, Format format, std::string where)
      : outside_(outside),
        path_(std::move(path)),
        format_(std::move(format)),
        where_(std::move(where)) {}

  Result<Secret> Read() override {
    auto bytes = outside_.files.ReadFile(path_, kMaxBytes);
    if (!bytes) {
      Error error = std::move(bytes).error();
      error.what = "the subject token: " + error.what;
      return Fail(std::move(error).Next("It is named by " + where_));
    }
    return format_.Extract(std::move(bytes).value(), path_ + ", " + where_);
  }

 private:
  const Outside outside_;
  const std::string path_;
  const Format format_;
  const std::string where_;
};

class FromUrl final : public SubjectTokens {
 public:
  FromUrl(const Outside& outside, http::Request request, const std::string& host, Format format,
          std::string where)
      : outside_(outside),
        request_(std::move(request)),
        format_(std::move(format)),
        where_(std::move(where) + ", " + host) {}

  Result<Secret> Read() override {
    auto response = outside_.client.Send(request_);
    if (!response) {
      Error error = std::move(response).error();
      if (error.code == Code::kOutcomeUnknown) error.code = Code::kUnavailable;
      error.what = "the subject token: " + error.what;
      error.where = where_;
      return Fail(std::move(error));
    }
    if (response->status != 200) {
      const bool passing = response->status >= 500 || response->status == 429;
      return Fail(passing ? Code::kUnavailable : Code::kPermission,
                  "no subject token: HTTP " + std::to_string(response->status), where_,
                  "Check credential_source.url and its headers");
    }
    return format_.Extract(std::move(response->body), where_);
  }

 private:
  const Outside outside_;
  const http::Request request_;
  const Format format_;
  const std::string where_;
};

Result<std::unique_ptr<SubjectTokens>> MakeFromUrl(const Outside& outside, const Document& source,
                                                   std::string text, Format format) {
  SALVOR_TRY(const http::Url url, CheckTokenOrigin(text, source.Where()));
  http::Request request;
  request.url = std::move(text);
  request.timeout = Millis(30'000);
  request.max_body_bytes = kMaxBytes;
  SALVOR_TRY(const auto headers, source.OptionalPairs("headers"));
  for (const auto& [name, value] : headers) request.headers.push_back({name, value});
  return std::make_unique<FromUrl>(outside, std::move(request), url.host, std::move(format),
                                   source.Where());
}

}  // namespace

Result<std::unique_ptr<SubjectTokens>> MakeSubjectTokens(const Outside& outside,
                                                         const Document& source,
                                                         SubjectContext context) {
  const auto unsupported = [&](const char* name) {
    return Fail(Code::kUnsupported, std::string("a credential_source of ") + name, source.Where(),
                "Use a file, a URL or a program as source, or impersonate with other credentials");
  };
  if (source.Has("environment_id") || source.Has("region_url")) return unsupported("AWS");
  if (source.Has("certificate")) return unsupported("X.509 certificates");
  if (source.Has("executable")) return MakeSubjectProgram(outside, source, std::move(context));
  SALVOR_TRY(Format format, Format::Of(source));
  SALVOR_TRY(std::string path, source.OptionalText("file"));
  if (!path.empty()) {
    return std::make_unique<FromFile>(outside, std::move(path), std::move(format), source.Where());
  }
  SALVOR_TRY(std::string url, source.OptionalText("url"));
  if (!url.empty()) return MakeFromUrl(outside, source, std::move(url), std::move(format));
  return Fail(source.Wrong("credential_source names no file, url or executable"));
}

}  // namespace salvor::bigquery::auth
