// Lines of a commit, by both of salvor's readers: the fast one, which keeps what decides, and the
// one that keeps the whole action. What both take they must understand alike.
#include <nlohmann/json.hpp>

#include "delta/log/line_scanner.h"
#include "delta/protocol/json.h"
#include "fuzz/input.h"

namespace salvor::delta {
namespace {

const std::string kRoot = "/lake/t";

void MustAgree(const FileAction& fast, const std::string& line) {
  const auto object = ParseJsonObject(line);
  if (!object) return;
  const char* kind = fast.is_add ? "add" : "remove";
  if (object->size() != 1 || !object->contains(kind)) return;
  const auto key_of = [](const auto& file) {
    ScannedLines lines;
    const std::string id = file.deletion_vector ? file.deletion_vector->UniqueId() : "";
    TakeFile(kRoot, file.path, {id, {}}, {}, lines);
    return lines.files.front().key;
  };
  if (!fast.is_add) {
    const auto remove = ParseRemove((*object)[kind]);
    if (!remove) return;
    SALVOR_MUST(fast.key == key_of(*remove));
    SALVOR_MUST(fast.data_change == remove->data_change);
    SALVOR_MUST(fast.deletion_timestamp == remove->deletion_timestamp.value_or(0));
    return;
  }
  const auto add = ParseAdd((*object)[kind]);
  if (!add) return;
  SALVOR_MUST(fast.key == key_of(*add));
  if (!fast.bad_size) SALVOR_MUST(fast.size == add->size);
  if (!fast.bad_vector) SALVOR_MUST(fast.records == add->num_records.value_or(kUnknownRecords));
}

void Run(std::string text) {
  PartitionValuesPool pool;
  LineScanner scanner(kRoot, pool);
  ScannedLines lines;
  int64_t bad_offset = -1;
  text.reserve(text.size() + LineScanner::kPadding);
  const Status scanned = scanner.Scan(text, 0, lines, bad_offset);
  if (!scanned) {
    SALVOR_MUST(bad_offset >= 0 && bad_offset <= static_cast<int64_t>(text.size()));
    return;
  }
  for (const FileAction& file : lines.files) {
    const auto start = static_cast<size_t>(file.place);
    SALVOR_MUST(start < text.size());
    SALVOR_MUST(!file.is_add || file.values_id < pool.Count());
    MustAgree(file, text.substr(start, text.find('\n', start) - start));
  }
}

}  // namespace
}  // namespace salvor::delta

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  salvor::delta::Run(std::string(salvor::fuzz::Input(data, size).Rest()));
  return 0;
}
