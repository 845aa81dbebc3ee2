// The S3 client, driven by a judge: one bucket (the argument), found and signed for as the
// environment says; commands are lines of JSON on standard input, answers lines on standard output.
//
//   {"do": "list", "prefix", "start_after", "delimiter", "page_size"}  every page
//   {"do": "versions", "prefix"}
//   {"do": "head", "key", "version"}
//   {"do": "get", "key", "etag", "version", "offset", "size"}
//   {"do": "create", "key", "text", "write_id"}
//   {"do": "copy", "key", "etag", "version", "to", "write_id"}         in parts above --one-request
//   {"do": "remove", "key", "etag"}, {"do": "remove_version", "key", "version"}
//   {"do": "presign", "key", "seconds"}
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "http/curl_client.h"
#include "io/posix_fs.h"
#include "objects/aws/default_credentials.h"
#include "objects/s3/s3_store.h"

namespace salvor::objects {
namespace {

using Json = nlohmann::json;

Json ToJson(const ObjectInfo& info) {
  return {{"key", info.key},
          {"size", info.size},
          {"etag", info.etag},
          {"version", info.version},
          {"modified", FormatInstant(info.modified)}};
}

Json ToJson(const WriteOutcome& outcome) {
  constexpr const char* kNames[] = {"created", "taken", "source_gone", "source_changed", "unknown"};
  return {{"outcome", kNames[static_cast<int>(outcome.kind)]},
          {"etag", outcome.etag},
          {"version", outcome.version},
          {"why", outcome.why}};
}

Json ToJson(RemoveOutcome outcome) {
  constexpr const char* kNames[] = {"removed", "absent", "changed", "unknown"};
  return {{"outcome", kNames[static_cast<int>(outcome)]}};
}

Result<Json> ListAll(Store& store, const Json& asked) {
  ListRequest request;
  request.prefix = asked.value("prefix", "");
  request.start_after = asked.value("start_after", "");
  request.delimiter = asked.value("delimiter", "");
  request.page_size = asked.value("page_size", 0);
  Json found{{"objects", Json::array()}, {"cut", Json::array()}, {"pages", 1}};
  SALVOR_TRY(Page page, store.List(request));
  for (;; found["pages"] = found["pages"].get<int>() + 1) {
    for (const ObjectInfo& info : page.objects) found["objects"].push_back(ToJson(info));
    for (const std::string& cut : page.cut) found["cut"].push_back(cut);
    if (page.next.empty()) return found;
    SALVOR_TRY(page, store.NextPage(request, page.next));
  }
}

Result<Json> AllVersions(Store& store, const Json& asked) {
  Json found{{"versions", Json::array()}};
  VersionPage page;
  do {
    SALVOR_TRY(page, store.Versions(asked.value("prefix", ""), page.next_key, page.next_version));
    for (const VersionInfo& version : page.versions) {
      Json one = ToJson(version.info);
      one["latest"] = version.latest;
      one["marker"] = version.marker;
      found["versions"].push_back(std::move(one));
    }
  } while (!page.next_key.empty());
  return found;
}

Result<Json> HeadOne(Store& store, const Json& asked) {
  SALVOR_TRY(const auto details, store.Head(asked.at("key"), asked.value("version", "")));
  if (!details) return Json{{"absent", true}};
  Json found = ToJson(details->info);
  found["metadata"] = details->metadata;
  found["headers"] = details->headers;
  found["write_id"] = details->write_id;
  return found;
}

Result<Json> GetOne(Store& store, const Json& asked) {
  const Pinned object{asked.at("key"), asked.value("etag", ""), asked.value("version", "")};
  SALVOR_TRY(const auto got, store.Get(object, {asked.value("offset", int64_t{0}),
                                                asked.value("size", int64_t{-1})}));
  if (!got) return Json{{"gone", got.error() == Gone::kAbsent ? "absent" : "changed"}};
  return Json{{"text", got->bytes}, {"etag", got->etag}, {"total", got->total}};
}

Result<Json> Do(Store& store, const Json& asked) {
  const std::string what = asked.at("do");
  const std::string key = asked.value("key", "");
  const Pinned object{key, asked.value("etag", ""), asked.value("version", "")};
  if (what == "list") return ListAll(store, asked);
  if (what == "versions") return AllVersions(store, asked);
  if (what == "head") return HeadOne(store, asked);
  if (what == "get") return GetOne(store, asked);
  if (what == "create") {
    SALVOR_TRY(const auto outcome, store.CreateNew(key, asked.at("text"), asked.at("write_id")));
    return ToJson(outcome);
  }
  if (what == "copy") {
    SALVOR_TRY(const auto outcome, store.CopyNew(object, asked.at("to"), asked.at("write_id")));
    return ToJson(outcome);
  }
  if (what == "remove") {
    SALVOR_TRY(const auto outcome, store.Remove(object));
    return ToJson(outcome);
  }
  if (what == "remove_version") {
    SALVOR_TRY(const auto outcome, store.RemoveVersion(object));
    return ToJson(outcome);
  }
  SALVOR_TRY(const auto url, store.Presign(object, Millis(1'000 * asked.value("seconds", 60))));
  return Json{{"url", url}};
}

Json ErrorJson(const Error& error) {
  return {{"error", CodeName(error.code)}, {"message", error.Message()}};
}

int Serve(const std::string& bucket, s3::CopyLimits limits) {
  http::CurlClient client(http::CurlOptionsFrom(io::SystemEnvironment()));
  const io::PosixFs files;
  io::PosixProcesses processes;
  const auto& environment = io::SystemEnvironment();
  const aws::Outside outside{client, files, environment, io::SystemClock(), processes};
  const auto profiles = aws::Profiles::Load(files, environment);
  if (!profiles) return 1;
  const auto profile = profiles->Find(aws::ProfileName(environment, ""));
  const auto credentials = aws::FindCredentials(outside, *profiles, "");
  const auto endpoint =
      s3::FindEndpoint(environment, *profiles, profile.value_or(aws::Settings()), {});
  if (!credentials || !endpoint) {
    std::cout << ErrorJson(credentials ? endpoint.error() : credentials.error()).dump() << "\n";
    return 1;
  }
  const auto store = s3::MakeStore({client, **credentials, io::SystemClock(), io::SystemRandom()},
                                   *endpoint, bucket, limits);
  for (std::string line; std::getline(std::cin, line);) {
    const auto answer = Do(*store, Json::parse(line));
    std::cout << (answer ? *answer : ErrorJson(answer.error())).dump() << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace salvor::objects

int main(int argc, char** argv) {
  if (argc != 2 && argc != 4) return 2;
  salvor::objects::s3::CopyLimits limits;
  if (argc == 4) limits = {std::stoll(argv[2]), std::stoll(argv[3])};
  return salvor::objects::Serve(argv[1], limits);
}
