#include "workspace/bucket_tables.h"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "config/config.h"
#include "delta/store_engine.h"
#include "delta/words.h"
#include "http/curl_client.h"
#include "objects/aws/default_credentials.h"
#include "objects/s3/s3_store.h"
#include "objects/store/address.h"
#include "workspace/progress_client.h"
#include "workspace/workspace.h"

namespace salvor::workspace {
namespace {

using objects::Page;
using warehouse::Diagnosis;
using State = Diagnosis::State;

constexpr std::string_view kLog = "_delta_log/";
constexpr const char* kUntilThen =
    "Until then: mount the store read-only, or copy the table to a folder with its times, and name "
    "the folder";

Error NotYet(std::string_view what, std::string_view address) {
  return {Code::kUnsupported, std::string(what), std::string(address), kUntilThen};
}

// Everything that requests to one bucket are made with.
class BucketService {
 public:
  static Result<std::unique_ptr<BucketService>> Make(Workspace& workspace, const std::string& named,
                                                     const std::string& bucket) {
    const World& world = workspace.Outside();
    SALVOR_TRY(const config::Config* config, workspace.Config());
    const auto found = config::FindTable(*config, named);
    const config::DeltaWarehouse said =
        found && found->warehouse->delta ? *found->warehouse->delta : config::DeltaWarehouse();
    std::unique_ptr<BucketService> service(new BucketService(world.environment));
    SALVOR_TRY(const auto profiles, objects::aws::Profiles::Load(world.fs, world.environment));
    const auto profile = profiles.Find(objects::aws::ProfileName(world.environment, said.profile));
    SALVOR_TRY(service->endpoint_,
               objects::s3::FindEndpoint(world.environment, profiles,
                                         profile.value_or(objects::aws::Settings()),
                                         {said.endpoint, said.region}));
    SALVOR_TRY(service->credentials_,
               objects::aws::FindCredentials(
                   {service->client_, world.fs, world.environment, world.clock, world.processes},
                   profiles, said.profile));
    service->store_ = objects::s3::MakeStore(
        {service->client_, *service->credentials_, world.clock, io::SystemRandom(),
         http::RetryPolicy{}, NoteRetries(world.clock, workspace.Progress())},
        service->endpoint_, bucket);
    return service;
  }

  objects::StoreReader& Store() { return *store_; }
  objects::aws::Credentials& Credentials() { return *credentials_; }
  [[nodiscard]] std::string Endpoint() const {
    return endpoint_.url.empty() ? "AWS, region " + endpoint_.region : endpoint_.url;
  }

 private:
  explicit BucketService(const io::Environment& environment)
      : client_(http::CurlOptionsFrom(environment)) {}

  http::CurlClient client_;
  std::unique_ptr<objects::aws::Credentials> credentials_;
  objects::s3::Endpoint endpoint_;
  std::unique_ptr<objects::Store> store_;
};

// Looks, and changes nothing: so it cannot say whether creating under a condition works.
class BucketDoctor {
 public:
  BucketDoctor(BucketService& service, objects::Address address)
      : service_(service), address_(std::move(address)) {}

  Result<std::vector<Diagnosis>> Run() {
    Add("endpoint", State::kGood, service_.Endpoint());
    const auto keys = service_.Credentials().Get();
    Add("credentials", keys ? State::kGood : State::kMissing,
        keys ? service_.Credentials().Origin() : keys.error().Message());
    if (!keys) return std::move(lines_);
    SALVOR_TRY(const bool listed, LookAtLog());
    if (!listed) return std::move(lines_);
    LookAtReading();
    LookAtOtherWriters();
    LookAtVersions();
    Add("salvor's verbs", State::kNote,
        "status, history and doctor work on a bucket; every other verb works on a folder");
    return std::move(lines_);
  }

 private:
  void Add(std::string check, State state, std::string detail) {
    lines_.push_back({std::move(check), state, std::move(detail)});
  }

  // Whether there is something to look at further. An error: nobody answers.
  Result<bool> LookAtLog() {
    objects::ListRequest request{address_.Below(kLog)};
    request.delimiter = "/";
    auto page = service_.Store().List(request);
    int64_t commits = 0;
    while (page) {
      for (const objects::ObjectInfo& info : page->objects) TakeLogFile(info, commits);
      if (page->next.empty()) break;
      page = service_.Store().NextPage(request, page->next);
    }
    if (!page) {
      if (page.error().code == Code::kUnavailable) return Fail(std::move(page).error());
      Add("s3:ListBucket", State::kMissing, page.error().Message());
      return false;
    }
    Add("s3:ListBucket", State::kGood, service_.Store().Where());
    if (!newest_) {
      Add("log", State::kMissing, "there is no commit in " + address_.Below(kLog));
      return false;
    }
    Add("log", State::kGood,
        fmt::format("{}, the newest of {}", Plural(commits, "commit"),
                    FormatInstant(newest_->modified)));
    return true;
  }

  void TakeLogFile(const objects::ObjectInfo& info, int64_t& commits) {
    constexpr size_t kVersionDigits = 20;
    const std::string name = info.key.substr(address_.Below(kLog).size());
    const bool is_commit = name.size() == kVersionDigits + 5 && name.ends_with(".json") &&
                           name.find_first_not_of("0123456789") == kVersionDigits;
    if (!is_commit) return;
    ++commits;
    newest_ = info;
  }

  void LookAtReading() {
    const auto got = service_.Store().Get({newest_->key, newest_->etag}, {0, 1});
    if (got && *got) {
      Add("s3:GetObject", State::kGood, "the newest commit can be read");
    } else {
      Add("s3:GetObject", State::kMissing,
          got ? "the newest commit went away meanwhile" : got.error().Message());
    }
  }

  // S3DynamoDBLogStore writes a commit there first; who is not in its table is not in the log.
  void LookAtOtherWriters() {
    objects::ListRequest request{address_.Below(kLog) + ".tmp/"};
    request.page_size = 1;
    const auto page = service_.Store().List(request);
    if (page && !page->objects.empty())
      Add("writers", State::kRefused, "commits go through DynamoDB: _delta_log/.tmp/ is not empty");
  }

  // One page of them: an answer, not a count.
  void LookAtVersions() {
    const auto page = service_.Store().Versions(address_.Below(""), {}, {});
    if (!page) {
      Add("s3:ListBucketVersions", State::kNote, page.error().Message());
      return;
    }
    int64_t deleted = 0;
    int64_t old = 0;
    bool kept = false;
    for (const objects::VersionInfo& version : page->versions) {
      kept = kept || !version.info.version.empty();
      if (version.marker && version.latest) ++deleted;
      if (!version.marker && !version.latest) ++old;
    }
    const std::string least = page->next_key.empty() ? "" : "at least ";
    Add("versions", kept ? State::kGood : State::kNote,
        kept ? fmt::format("the bucket keeps them: {}{} below the table, {} deleted", least,
                           Plural(old, "older version"), Plural(deleted, "object"))
             : "the bucket keeps none: what VACUUM deletes is gone");
  }

  BucketService& service_;
  const objects::Address address_;
  std::vector<Diagnosis> lines_;
  std::optional<objects::ObjectInfo> newest_;
};

Result<std::vector<Diagnosis>> DiagnoseBucket(Workspace& workspace, const std::string& named) {
  SALVOR_TRY(const objects::Address address, objects::ParseAddress(named));
  SALVOR_TRY(const auto service, BucketService::Make(workspace, named, address.bucket));
  return BucketDoctor(*service, address).Run();
}

Result<std::unique_ptr<warehouse::Engine>> OpenBucket(Workspace& workspace,
                                                      const std::string& named,
                                                      const EngineFlags& /*flags*/) {
  SALVOR_TRY(const objects::Address address, objects::ParseAddress(named));
  SALVOR_TRY(std::shared_ptr<BucketService> service,
             BucketService::Make(workspace, named, address.bucket));
  std::shared_ptr<objects::StoreReader> store(service, &service->Store());
  return delta::MakeStoreEngine(std::move(store), address, workspace.Clock(), workspace.Progress());
}

EngineRow Bucket(std::string_view scheme, std::string_view store) {
  const bool readable = store == "S3";
  const std::string what =
      "salvor " +
      std::string(readable ? "only looks at Delta tables in " : "does not read Delta tables in ") +
      std::string(store) + (readable ? " so far" : " yet");
  EngineRow row{
      .scheme = scheme,
      .words = delta::Words,
      .open = [what](Workspace& /*workspace*/, const std::string& address,
                     const EngineFlags& /*flags*/) -> Result<std::unique_ptr<warehouse::Engine>> {
        return Fail(NotYet(what, address));
      },
      .staging = [what](const io::FsReader& /*fs*/, const StagingChoice& choice)
          -> Result<std::string> { return Fail(NotYet(what, choice.asked)); },
  };
  if (!readable) return row;
  row.open = OpenBucket;
  row.diagnose = DiagnoseBucket;
  return row;
}

}  // namespace

std::vector<EngineRow> BucketEngines() {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kSchemes{{
      {"s3://", "S3"},
      {"s3a://", "S3"},
      {"gs://", "Google Cloud Storage"},
      {"abfss://", "Azure storage"},
      {"abfs://", "Azure storage"},
      {"wasbs://", "Azure storage"},
      {"hdfs://", "HDFS"},
      {"dbfs:/", "Databricks' file system"},
  }};
  std::vector<EngineRow> rows;
  for (const auto& [scheme, store] : kSchemes) rows.push_back(Bucket(scheme, store));
  return rows;
}

Status CheckIsFolder(std::string_view text, std::string_view what) {
  if (objects::SchemeOf(text).empty()) return Done{};
  return Fail(Code::kUnsupported,
              fmt::format("{} must be a folder: no store can be that yet", what), std::string(text),
              "Name a folder on the table's own file system");
}

}  // namespace salvor::workspace
