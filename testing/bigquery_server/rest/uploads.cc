// Jobs that bring their data with them: multipart in one request, or resumable in pieces.
// Source: bigquery/docs/reference/api-uploads.
#include <algorithm>
#include <string_view>

#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/rest/insert_job.h"
#include "testing/bigquery_server/rest/router.h"

namespace salvor::testing::bigquery {

namespace {

// boundary="=====123==" or boundary=abc
std::string BoundaryOf(const std::string& content_type) {
  const size_t at = content_type.find("boundary=");
  if (at == std::string::npos) return {};
  std::string boundary = content_type.substr(at + 9);
  if (!boundary.empty() && boundary.front() == '"') {
    return boundary.substr(1, boundary.find('"', 1) - 1);
  }
  return boundary.substr(0, boundary.find(';'));
}

std::vector<std::string_view> PartsOf(std::string_view body, const std::string& boundary) {
  std::vector<std::string_view> parts;
  const std::string mark = "--" + boundary;
  size_t at = body.find(mark);
  while (at != std::string_view::npos) {
    at += mark.size();
    const size_t next = body.find("\n" + mark, at);
    if (next == std::string_view::npos) break;
    std::string_view part = body.substr(at, next - at);
    if (part.ends_with('\r')) part.remove_suffix(1);
    parts.push_back(part);
    at = next + 1;
  }
  return parts;
}

// What follows the part's own headers.
std::string_view ContentOf(std::string_view part) {
  const size_t wide = part.find("\r\n\r\n");
  const size_t narrow = part.find("\n\n");
  if (wide != std::string_view::npos && wide < narrow) return part.substr(wide + 4);
  return narrow == std::string_view::npos ? std::string_view() : part.substr(narrow + 2);
}

Result<Answer> Multipart(World& world, const Call& call) {
  const std::string boundary = BoundaryOf(call.Header("content-type"));
  const auto parts = PartsOf(call.body, boundary);
  if (boundary.empty() || parts.size() != 2) {
    return Refuse("badRequest", "A multipart upload has two parts: the job and its data");
  }
  const Json body = Json::parse(ContentOf(parts[0]), nullptr, false);
  if (!body.is_object()) return Refuse("parseError", "Parse Error: the first part is not JSON");
  SALVOR_TRY(Json job, InsertJob(world, call, body, std::string(ContentOf(parts[1]))));
  return Answer{200, std::move(job)};
}

Result<Answer> Begin(World& world, const Call& call) {
  const std::string kind = call.Query("uploadType");
  if (kind == "multipart") return Multipart(world, call);
  if (kind != "resumable") return Refuse("badRequest", "Unknown uploadType \"" + kind + "\"");
  const std::string id = "upload-" + std::to_string(world.next_upload++);
  world.uploads[id] = {{"job", call.json}, {"bytes", ""}};
  Answer answer;
  answer.headers["Location"] = "http://" + call.host + "/upload/bigquery/v2/projects/" +
                               call.Part("projectId") +
                               "/jobs?uploadType=resumable&upload_id=" + id;
  answer.headers["X-GUploader-UploadID"] = id;
  return answer;
}

// "bytes 0-99/200", "bytes 100-199/*", "bytes */200": where the piece starts and the whole size.
struct Range {
  std::optional<int64_t> from;
  std::optional<int64_t> total;
};
Range RangeOf(std::string text) {
  Range range;
  if (text.starts_with("bytes ")) text.erase(0, 6);
  const size_t slash = text.find('/');
  if (slash == std::string::npos) return range;
  range.total = ParseNumber(text.substr(slash + 1));
  range.from = ParseNumber(text.substr(0, std::min(text.find('-'), slash)));
  return range;
}

Result<Answer> Piece(World& world, const Call& call) {
  const std::string id = call.Query("upload_id");
  const auto found = world.uploads.find(id);
  if (found == world.uploads.end()) return Refuse("notFound", "Upload session not found: " + id);
  auto& bytes = found->second["bytes"].get_ref<std::string&>();
  const std::string header = call.Header("content-range");
  const Range range = RangeOf(header);
  if (range.from && *range.from != static_cast<int64_t>(bytes.size())) {
    return Refuse("badRequest", "Invalid request. The piece does not follow what was uploaded.");
  }
  bytes += call.body;
  const bool whole =
      header.empty() || (range.total && *range.total == static_cast<int64_t>(bytes.size()));
  if (!whole) {
    Answer answer{308, nullptr, {}};
    if (!bytes.empty()) answer.headers["Range"] = "bytes=0-" + std::to_string(bytes.size() - 1);
    return answer;
  }
  const Json body = found->second["job"];
  std::string data = std::move(bytes);
  world.uploads.erase(found);
  SALVOR_TRY(Json job, InsertJob(world, call, body, std::move(data)));
  return Answer{200, std::move(job)};
}

}  // namespace

std::vector<Route> UploadRoutes() {
  constexpr std::string_view kUpload = "/upload/bigquery/v2/projects/{projectId}/jobs";
  constexpr std::string_view kResumable = "/resumable/upload/bigquery/v2/projects/{projectId}/jobs";
  return {
      {"upload.begin", "POST", kUpload, {}, Begin},
      {"upload.piece", "PUT", kUpload, {}, Piece},
      {"upload.beginResumable", "POST", kResumable, {}, Begin},
      {"upload.pieceResumable", "PUT", kResumable, {}, Piece},
  };
}

}  // namespace salvor::testing::bigquery
