// A whole _delta_log: listing, checkpoints of the second kind that are JSON, replay, window and
// story. The input is its files, each begun by a line "@name"; what is Parquet is DuckDB's
// business.
#include <nlohmann/json.hpp>

#include "delta/duckdb/database.h"
#include "delta/table/table_log.h"
#include "fuzz/input.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"

namespace salvor::delta {
namespace {

void PutFiles(fuzz::Input input, testing::MemFs& fs) {
  constexpr int kMostFiles = 20;
  constexpr size_t kLongestName = 255;  // in a file system
  std::string name;
  std::string bytes;
  int files = 0;
  const auto put = [&] {
    const bool plain = !name.empty() && name.size() <= kLongestName &&
                       name.find('/') == std::string::npos &&
                       name.find('\0') == std::string::npos && name != "." && name != "..";
    if (plain && name.find("parquet") == std::string::npos && files++ < kMostFiles) {
      fs.Put("/lake/t/_delta_log/" + name, bytes);
    }
    bytes.clear();
  };
  while (!input.Empty()) {
    const std::string_view line = input.TakeUntil('\n');
    if (!line.starts_with('@')) {
      bytes.append(line).push_back('\n');
      continue;
    }
    put();
    name = line.substr(1);
  }
  put();
}

void Run(const fuzz::Input& input) {
  const testing::ScriptedClock clock;
  testing::MemFs fs(clock);
  fs.PutFolder("/lake/t/_delta_log");
  PutFiles(input, fs);
  Duck duck(Duck::Options{});
  const auto log = Log::Open(fs, clock, duck, warehouse::NoProgress(), "/lake/t");
  if (!log) return;
  Log& opened = **log;
  const int64_t latest = opened.Latest();
  SALVOR_MUST(latest >= 0);
  if (const auto earliest = opened.EarliestReadable()) SALVOR_MUST(*earliest <= latest);
  const auto inventory = opened.Look({});
  const auto files = opened.FilesAt({{latest, std::nullopt}});
  const auto head = opened.HeadAt(latest);
  if (files) SALVOR_MUST(head.has_value() && files->front().head.metadata.id == head->metadata.id);
  if (!inventory || !files) return;
  SALVOR_MUST(inventory->version == latest);
  for (const model::PartitionRecord& record : inventory->partitions) {
    SALVOR_MUST(record.now.rows >= 0 && record.now.files >= 0);
    SALVOR_MUST(record.key.values.size() == inventory->columns.size());
  }
}

}  // namespace
}  // namespace salvor::delta

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  salvor::delta::Run(salvor::fuzz::Input(data, size));
  return 0;
}
