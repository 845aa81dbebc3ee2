#include "workspace/engines.h"

#include <utility>

#include "base/shell_word.h"
#include "bigquery/words.h"
#include "delta/engine.h"
#include "delta/words.h"
#include "workspace/bigquery_tables.h"
#include "workspace/bucket_tables.h"
#include "workspace/workspace.h"

namespace salvor::workspace {
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
          [](Workspace& workspace, const std::string& address, const EngineFlags& flags) {
            return delta::MakeEngine(workspace.Files(), workspace.Clock(), workspace.Progress(),
                                     address, {.copy = flags.copy, .deep = flags.deep});
          },
      .staging = [](const io::FsReader& fs, const StagingChoice& choice) -> Result<std::string> {
        SALVOR_OK(CheckIsFolder(choice.asked, "--staging"));
        return choice.asked.empty() ? choice.configured : AbsoluteFolder(fs, choice.asked);
      },
  };
}

EngineRow BigQuery() {
  const auto tables = std::make_shared<BigQueryTables>();
  return {
      .scheme = "bigquery:",
      .words = bigquery::Words,
      .open = [tables](
                  Workspace& workspace, const std::string& address,
                  const EngineFlags& flags) { return tables->Open(workspace, address, flags); },
      .staging = [](const io::FsReader& /*fs*/,
                    const StagingChoice& choice) { return StagingDataset(choice); },
      .now = [tables](Workspace& workspace) { return tables->Now(workspace); },
      .principal = [tables](Workspace& workspace) { return tables->Principal(workspace); },
      .check_plan = CheckLocation,
      .diagnose = [tables](
                      Workspace& workspace,
                      const std::string& address) { return tables->Diagnose(workspace, address); },
  };
}

}  // namespace

std::vector<EngineRow> KnownEngines() {
  std::vector<EngineRow> rows;
  rows.push_back(BigQuery());
  for (EngineRow& bucket : BucketEngines()) rows.push_back(std::move(bucket));
  rows.push_back(DeltaLake());
  return rows;
}

}  // namespace salvor::workspace
