#include "cli/session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <utility>

#include "base/text.h"
#include "bigquery/engine.h"
#include "bigquery/words.h"
#include "config/load.h"
#include "delta/engine.h"
#include "delta/words.h"
#include "io/person.h"

namespace salvor::cli {
namespace {

constexpr const char* kBigQuery = "bigquery:";

// A warehouse's name that salvor.yaml does not know would otherwise be called an absent folder.
Status CheckIsNoName(const config::Config& config, const std::string& table) {
  const size_t colon = table.find(':');
  if (colon == std::string::npos || table.find('/') < colon) return Done{};
  std::string known;
  for (const config::Warehouse& one : config.warehouses) {
    known += (known.empty() ? "" : ", ") + one.name;
  }
  return Fail(
      Code::kNotFound,
      "there is no warehouse '" + table.substr(0, colon) + "'" +
          (config.path.empty() ? ": no salvor.yaml was found here or above" : " in " + config.path),
      table, known.empty() ? "Name the table by its path" : "It has " + known);
}

}  // namespace

const model::EngineWords& WordsOf(const model::TableIdentity& table) {
  return table.engine == "bigquery" ? bigquery::Words() : delta::Words();
}

std::string Session::Who() const { return io::UserName(); }

void Session::Say(const std::string& text, nlohmann::json document) {
  if (switches_.json) {
    said_ = std::move(document);
    return;
  }
  progress_.Clear();
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void Session::Close(const Error* error) {
  if (!said_ && (!switches_.json || error == nullptr)) return;
  nlohmann::json document = said_ ? *std::move(said_) : nlohmann::json::object();
  if (error != nullptr) {
    if (!document.is_object()) document = {{"result", std::move(document)}};
    document["error"] = {{"code", CodeName(error->code)},
                         {"what", error->what},
                         {"where", error->where},
                         {"next", error->next}};
  }
  const std::string out =
      PrintableJson(document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace)) + "\n";
  std::fwrite(out.data(), 1, out.size(), stdout);
}

void Session::Tell(const std::string& message) {
  std::fwrite(message.data(), 1, message.size(), stderr);
  std::fputc('\n', stderr);
}

Result<BigQueryService*> Session::BigQuery() {
  if (bigquery_ == nullptr) {
    SALVOR_TRY(bigquery_,
               BigQueryService::Make(world_.fs, world_.clock, world_.environment, progress_));
  }
  return bigquery_.get();
}

Result<int64_t> Session::MaxBytesBilled() const {
  const std::string& text = switches_.max_bytes_billed;
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

Result<std::unique_ptr<warehouse::Engine>> Session::OpenBigQuery(const std::string& table,
                                                                 const TableWishes& wishes) {
  bigquery::EngineOptions options;
  options.table = table;
  options.job_project = switches_.project;
  options.jobs_projects = switches_.jobs_projects;
  SALVOR_TRY(options.max_bytes_billed, MaxBytesBilled());
  SALVOR_TRY(const config::Config* config, Config());
  if (const auto found = config::FindTable(*config, table); found) {
    const config::BigQueryWarehouse& warehouse = *found->warehouse->bigquery;
    if (options.job_project.empty() && !wishes.pinned) options.job_project = warehouse.job_project;
    if (options.jobs_projects.empty()) options.jobs_projects = warehouse.jobs_projects;
    if (switches_.max_bytes_billed.empty() && warehouse.max_bytes_billed) {
      options.max_bytes_billed = *warehouse.max_bytes_billed;
    }
  }
  options.by_name = wishes.by_name;
  options.allow_unchecked_iam = wishes.allow_unchecked_iam;
  options.definition = wishes.definition;
  options.fingerprints = wishes.fingerprints;
  if (wishes.pinned) {
    const model::Pins& pins = *wishes.pinned;
    const std::string endpoint = BigQueryEndpoint(world_.environment);
    if (pins.endpoint != endpoint) {
      return Fail(
          Code::kRefused,
          fmt::format("the plan was made with {}, and this would ask {}", pins.endpoint, endpoint),
          table, "Set or unset BIGQUERY_EMULATOR_HOST, or plan anew");
    }
    if (!options.job_project.empty() && options.job_project != pins.job_project) {
      return Fail(Code::kRefused,
                  fmt::format("the plan's jobs run in project {}, and not in {}", pins.job_project,
                              options.job_project),
                  table, "Leave --project out, or plan anew");
    }
    options.job_project = pins.job_project;
    options.by_name = pins.by_name;
    options.allow_unchecked_iam = pins.allow_unchecked_iam;
    options.definition = pins.definition;
  }
  SALVOR_TRY(BigQueryService* const service, BigQuery());
  return bigquery::MakeEngine(service->Api(), world_.clock, progress_, options);
}

Result<const config::Config*> Session::Config() {
  if (config_) return &*config_;
  const bool named = !switches_.config.empty();
  std::string path = switches_.config;
  if (!named) {
    SALVOR_TRY(const auto found,
               config::FindConfig(world_.fs, ".", world_.environment.ValueOf("HOME")));
    path = found.value_or("");
  }
  if (path.empty()) return &config_.emplace();
  SALVOR_TRY(config_, config::LoadConfig(world_.fs, path, named));
  return &*config_;
}

Result<Instant> Session::NowOf(const model::TableIdentity& table) {
  if (!table.uri.starts_with(kBigQuery)) return world_.clock.Now();
  SALVOR_TRY(BigQueryService* const service, BigQuery());
  return service->Api().Now();
}

Result<model::Identity> Session::Identify(const std::string& address) {
  if (address.starts_with(kBigQuery)) {
    SALVOR_TRY(BigQueryService* const service, BigQuery());
    SALVOR_TRY(std::string principal, service->Principal());
    if (!principal.empty()) {
      return model::Identity{model::IdentityKind::kPrincipal, std::move(principal)};
    }
  }
  return model::Identity{model::IdentityKind::kOsUser, io::UserName()};
}

void Session::Warn(const std::string& message) const {
  const bool red = io::IsTerminal(STDERR_FILENO) && world_.environment.ValueOf("NO_COLOR").empty();
  Tell(red ? "\x1b[1;31m" + Printable(message) + "\x1b[0m" : Printable(message));
}

Result<std::unique_ptr<warehouse::Engine>> Session::OpenTable(const std::string& table,
                                                              const TableWishes& wishes) {
  SALVOR_TRY(const config::Config* config, Config());
  SALVOR_TRY(const auto resolved, config::ResolveTable(*config, table));
  const std::string address = resolved ? resolved->address : table;
  if (address.starts_with(kBigQuery)) return OpenBigQuery(address, wishes);
  SALVOR_TRY(const auto info, world_.fs.Stat(address));
  if (!info && !resolved) SALVOR_OK(CheckIsNoName(*config, table));
  return delta::MakeEngine(world_.fs, world_.clock, progress_, address,
                           {.copy = wishes.copy, .deep = wishes.deep});
}

Status Session::Confirm(const std::string& action, const std::string& name, bool yes) const {
  if (yes) return Done{};
  if (switches_.no_input || !io::IsTerminal(STDIN_FILENO)) {
    return Fail(
        Code::kRefused,
        fmt::format("{} {} must be confirmed, and there is no terminal to ask on", action, name),
        {}, "Give --yes if you are sure");
  }
  const auto answer =
      io::AskLine(fmt::format("{} {}. Type the table's name to go on: ", action, Printable(name)));
  if (answer == name) return Done{};
  return Fail(Code::kRefused, "that is not the table's name: nothing was done", name);
}

}  // namespace salvor::cli
