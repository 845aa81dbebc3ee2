#include "cli/session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>

#include "base/text.h"
#include "bigquery/engine.h"
#include "delta/engine.h"
#include "io/person.h"

namespace salvor::cli {

std::string Session::Who() const { return io::UserName(); }

void Session::Say(const std::string& text, const nlohmann::json& document) const {
  progress_.Clear();
  const std::string out =
      switches_.json ? document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"
                     : text;
  std::fwrite(out.data(), 1, out.size(), stdout);
}

void Session::Tell(const std::string& message) {
  std::fwrite(message.data(), 1, message.size(), stderr);
  std::fputc('\n', stderr);
}

Result<BigQueryService*> Session::BigQuery() {
  if (bigquery_ == nullptr) {
    SALVOR_TRY(bigquery_, BigQueryService::Make(fs_, clock_, io::SystemEnvironment()));
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
  options.by_name = wishes.by_name;
  options.allow_unchecked_iam = wishes.allow_unchecked_iam;
  options.definition = wishes.definition;
  if (wishes.pinned) {
    const model::Pins& pins = *wishes.pinned;
    const std::string endpoint = BigQueryEndpoint(io::SystemEnvironment());
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
  return bigquery::MakeEngine(service->Api(), clock_, progress_, options);
}

Result<std::unique_ptr<warehouse::Engine>> Session::OpenTable(const std::string& table,
                                                              const TableWishes& wishes) {
  if (table.starts_with("bigquery:")) return OpenBigQuery(table, wishes);
  SALVOR_TRY(auto info, fs_.Stat(table));
  if (!info && table.find(':') != std::string::npos && table.find('/') == std::string::npos) {
    return Fail(
        Code::kUnsupported,
        "this version of salvor does not read salvor.yaml, so it knows no warehouse by name", table,
        "Name the table by its path");
  }
  return delta::MakeEngine(fs_, clock_, progress_, table);
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
