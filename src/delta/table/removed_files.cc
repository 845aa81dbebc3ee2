#include "delta/table/removed_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "delta/protocol/action.h"
#include "delta/protocol/json.h"

namespace salvor::delta {

std::string WrongWith(const DiskFiles& disk, const FilePlaces& places, int64_t logged_size) {
  const DiskFiles::File* file = disk.Find(places.data);
  if (file == nullptr) return "it is not there";
  if (logged_size > 0 && file->size != logged_size)
    return fmt::format("{} long, and the log says {}", Plural(file->size, "byte"),
                       FormatCount(logged_size));
  if (places.vector == kElsewhere) return "";
  const DiskFiles::File* vector = disk.Find(places.vector);
  if (vector == nullptr) return "its deletion vector is not there";
  if (vector->size < places.vector_end)
    return fmt::format("its deletion vector ends at byte {} of a file of {}",
                       FormatCount(places.vector_end), FormatCount(vector->size));
  return "";
}

Status RemovedFileReader::Look(std::vector<RemovedFile>& lost, model::PartitionRecord& record) {
  std::sort(lost.begin(), lost.end(), [](const RemovedFile& a, const RemovedFile& b) {
    return std::tie(a.source, a.place) < std::tie(b.source, b.place);
  });
  for (const RemovedFile& file : lost) {
    const std::string wrong = WrongWith(disk_, replay_.Places().Of(file.key), file.size);
    ++(wrong.empty() ? record.files_present : record.files_gone);
    if (wrong.empty() || record.gone_examples.size() == kMaxExamples) continue;
    SALVOR_TRY(const std::string path, PathOf(file));
    record.gone_examples.push_back(path + ": " + wrong);
  }
  return Done{};
}

Result<std::string> RemovedFileReader::PathOf(const RemovedFile& file) {
  if (file.source == kDroppedSource)
    return replay_.Dropped().at(static_cast<size_t>(file.place)).path;
  if (!open_ || open_source_ != file.source) {
    SALVOR_TRY(open_, LineSeeker::Open(fs_, replay_.Sources()[file.source].path));
    open_source_ = file.source;
  }
  SALVOR_TRY(const std::string_view line, open_->At(file.place));
  SALVOR_TRY(const nlohmann::json action, ParseJsonObject(line));
  SALVOR_TRY(const nlohmann::json* object, ObjectMember(action, "remove"));
  if (object == nullptr) return Fail(Code::kCorrupt, "the log changed while it was read");
  SALVOR_TRY(RemoveFile remove, ParseRemove(*object));
  return std::move(remove.path);
}

}  // namespace salvor::delta
