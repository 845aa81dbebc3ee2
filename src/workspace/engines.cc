#include "cli/engines.h"

#include <utility>

#include "base/shell_word.h"
#include "bigquery/words.h"
#include "cli/bigquery_tables.h"
#include "cli/session.h"
#include "delta/engine.h"
#include "delta/words.h"

namespace salvor::cli {
namespace {

// A path that means the same from any working folder. Only its last part may not exist yet.
Result<std::string> AbsoluteFolder(const io::FsReader& fs, const std::string& path) {
  const std::string parent = io::ParentPath(path);
  auto real = fs.RealPath(path);
  if (real) return real;
  if (real.error().code != Code::kNotFound) return Fail(std::move(real).error());
  auto real_parent = fs.RealPath(parent);
  if (!real_parent) {
    Error error = std::move(real_parent).error();
    error.next = "Make the folder above it first: mkdir -p " + ShellWord(parent);
    return Fail(std::move(error));
  }
  return io::JoinPath(*real_parent, io::BaseName(path));
}

EngineRow DeltaLake() {
  return {
      .scheme = "",
      .words = delta::Words,
      .shared = false,
      .open =
          [](Session& session, const std::string& address, const TableWishes& wishes) {
            return delta::MakeEngine(session.Files(), session.Clock(), session.Progress(), address,
                                     {.copy = wishes.copy, .deep = wishes.deep});
          },
      .staging = [](const io::FsReader& fs, const StagingWish& wish) -> Result<std::string> {
        return wish.asked.empty() ? wish.configured : AbsoluteFolder(fs, wish.asked);
      },
  };
}

EngineRow BigQuery() {
  const auto tables = std::make_shared<BigQueryTables>();
  return {
      .scheme = "bigquery:",
      .words = bigquery::Words,
      .open = [tables](
                  Session& session, const std::string& address,
                  const TableWishes& wishes) { return tables->Open(session, address, wishes); },
      .staging = [](const io::FsReader& /*fs*/,
                    const StagingWish& wish) { return StagingDataset(wish); },
      .now = [tables](Session& session) { return tables->Now(session); },
      .principal = [tables](Session& session) { return tables->Principal(session); },
      .check_plan = CheckLocation,
      .diagnose = [tables](
                      Session& session,
                      const std::string& address) { return tables->Diagnose(session, address); },
  };
}

}  // namespace

std::vector<EngineRow> KnownEngines() {
  std::vector<EngineRow> rows;
  rows.push_back(BigQuery());
  rows.push_back(DeltaLake());
  return rows;
}

}  // namespace salvor::cli
