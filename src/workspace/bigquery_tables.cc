#include "workspace/bigquery_tables.h"

#include <fmt/format.h>

#include <charconv>
#include <string_view>
#include <utility>

#include "bigquery/doctor.h"
#include "bigquery/engine.h"
#include "bigquery/rest/table_name.h"
#include "config/config.h"
#include "workspace/workspace.h"

namespace salvor::workspace {
namespace {

using warehouse::Diagnosis;

// --max-bytes-billed in bytes.
Result<int64_t> MaxBytesBilled(const std::string& text) {
  if (text.empty()) return bigquery::kMaxBytesBilled;
  int64_t value = 0;
  const char* end = text.data() + text.size();
  auto [at, problem] = std::from_chars(text.data(), end, value);
  const std::string_view unit(at, static_cast<size_t>(end - at));
  constexpr std::string_view kUnits = "KMGT";
  if (unit.size() == 1 && kUnits.find(unit.front()) != std::string_view::npos) {
    const size_t shift = 10 * (kUnits.find(unit.front()) + 1);
    if (problem == std::errc{} && value >= 0 && value <= (INT64_MAX >> shift)) {
      return value << shift;
    }
  }
  if (problem != std::errc{} || at != end || value < 0) {
    return Fail(Code::kInvalidArgument, fmt::format("'{}' is no number of bytes", text),
                "--max-bytes-billed", "Write 500M, 2G, or plain bytes");
  }
  return value;
}

// The projects as every other verb has them: from the command line, else from salvor.yaml.
bigquery::DoctorRequest RequestFor(const Workspace& workspace, const config::Config& config,
                                   const std::string& table) {
  bigquery::DoctorRequest request{table, workspace.Set().project, workspace.Set().jobs_projects};
  const auto found = config::FindTable(config, table);
  if (!found || !found->warehouse->bigquery) return request;
  const config::BigQueryWarehouse& warehouse = *found->warehouse->bigquery;
  if (request.job_project.empty()) request.job_project = warehouse.job_project;
  if (request.jobs_projects.empty()) request.jobs_projects = warehouse.jobs_projects;
  return request;
}

}  // namespace

Result<BigQueryService*> BigQueryTables::Service(const Workspace& workspace) {
  if (service_ == nullptr) {
    const World& world = workspace.Outside();
    SALVOR_TRY(service_, BigQueryService::Make(world.fs, world.clock, world.environment,
                                               workspace.Progress()));
  }
  return service_.get();
}

Result<std::unique_ptr<warehouse::Engine>> BigQueryTables::Open(Workspace& workspace,
                                                                const std::string& address,
                                                                const EngineFlags& flags) {
  const Settings& settings = workspace.Set();
  bigquery::EngineOptions options;
  options.table = address;
  options.job_project = settings.project;
  options.jobs_projects = settings.jobs_projects;
  SALVOR_TRY(options.max_bytes_billed, MaxBytesBilled(settings.max_bytes_billed));
  SALVOR_TRY(const config::Config* config, workspace.Config());
  if (const auto found = config::FindTable(*config, address); found) {
    const config::BigQueryWarehouse& warehouse = *found->warehouse->bigquery;
    if (options.job_project.empty() && !flags.pinned) options.job_project = warehouse.job_project;
    if (options.jobs_projects.empty()) options.jobs_projects = warehouse.jobs_projects;
    if (settings.max_bytes_billed.empty() && warehouse.max_bytes_billed) {
      options.max_bytes_billed = *warehouse.max_bytes_billed;
    }
  }
  options.by_name = flags.by_name;
  options.allow_unchecked_iam = flags.allow_unchecked_iam;
  options.definition = flags.definition;
  options.fingerprints = flags.fingerprints;
  if (flags.pinned) {
    const model::Pins& pins = *flags.pinned;
    const std::string endpoint = BigQueryEndpoint(workspace.Outside().environment);
    if (pins.endpoint != endpoint) {
      return Fail(
          Code::kRefused,
          fmt::format("the plan was made with {}, and this would ask {}", pins.endpoint, endpoint),
          address, "Set or unset BIGQUERY_EMULATOR_HOST, or plan anew");
    }
    if (!options.job_project.empty() && options.job_project != pins.job_project) {
      return Fail(Code::kRefused,
                  fmt::format("the plan's jobs run in project {}, and not in {}", pins.job_project,
                              options.job_project),
                  address, "Leave --project out, or plan anew");
    }
    options.job_project = pins.job_project;
    options.by_name = pins.by_name;
    options.allow_unchecked_iam = pins.allow_unchecked_iam;
    options.definition = pins.definition;
  }
  SALVOR_TRY(BigQueryService* const service, Service(workspace));
  return bigquery::MakeEngine(service->Api(), workspace.Clock(), workspace.Progress(), options);
}

Result<Instant> BigQueryTables::Now(Workspace& workspace) {
  SALVOR_TRY(BigQueryService* const service, Service(workspace));
  return service->Api().Now();
}

Result<std::string> BigQueryTables::Principal(Workspace& workspace) {
  SALVOR_TRY(BigQueryService* const service, Service(workspace));
  return service->Principal();
}

Result<std::vector<Diagnosis>> BigQueryTables::Diagnose(Workspace& workspace,
                                                        const std::string& address) {
  SALVOR_TRY(const config::Config* config, workspace.Config());
  SALVOR_TRY(BigQueryService* const service, Service(workspace));
  std::vector<Diagnosis> lines;
  auto who = service->Principal();
  if (!who) {
    lines.push_back({"credentials", Diagnosis::State::kMissing, who.error().Message()});
    return lines;
  }
  lines.push_back({"credentials", Diagnosis::State::kGood,
                   who->empty() ? "none: an emulator, or nobody says whose they are" : *who});
  SALVOR_TRY(auto more, bigquery::Diagnose(service->Api(), workspace.Clock(),
                                           RequestFor(workspace, *config, address)));
  lines.insert(lines.end(), more.begin(), more.end());
  return lines;
}

Result<std::string> StagingDataset(const StagingChoice& choice) {
  const std::string& staging = choice.asked.empty() ? choice.configured : choice.asked;
  if (staging.empty()) {
    return Fail(Code::kInvalidArgument, "where the private copy goes is a person's choice",
                "--staging",
                "Give --staging PROJECT.DATASET, a dataset that few people can read, or name it in "
                "salvor.yaml");
  }
  SALVOR_TRY(const auto dataset, bigquery::ParseDatasetName(staging));
  return bigquery::FormatName(dataset);
}

Status CheckLocation(Workspace& workspace, const model::Plan& plan) {
  SALVOR_TRY(const config::Config* config, workspace.Config());
  const auto found = config::FindTable(*config, plan.table.uri);
  if (!found || !found->warehouse->bigquery) return Done{};
  const std::string& location = found->warehouse->bigquery->location;
  if (location.empty() || location == plan.pins.location) return Done{};
  return Fail(
      Code::kInvalidArgument,
      fmt::format("the table lies in {}, and salvor.yaml says {}", plan.pins.location, location),
      config->path, "Correct warehouses." + found->warehouse->name);
}

}  // namespace salvor::workspace
