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

Status RemovedFileReader::TakeFolders(const std::vector<RemovedFile>& lost,
                                      std::optional<std::set<std::string>>& folders) {
  for (const RemovedFile& file : lost) {
    if (!folders) return Done{};
    if (replay_.Places().Of(file.key).vector != kElsewhere) {
      folders.reset();
      return Done{};
    }
    SALVOR_TRY(const std::string path, PathOf(file));
    auto local = LocalPath(root_, path, true);
    if (!local) continue;
    if (local->find("/./") != std::string::npos) folders.reset();
    if (!folders) return Done{};
    const std::string folder = io::ParentPath(*local);
    const bool below = folder.starts_with(root_ + "/");
    folders->insert(below ? folder.substr(root_.size() + 1) : folder == root_ ? "" : folder);
  }
  return Done{};
}

Status RemovedFileReader::Look(const std::vector<RemovedFile>& lost,
                               model::PartitionRecord& record) {
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
  if (auto path = essentials_.RemovedPath(line)) return *std::move(path);
  SALVOR_TRY(const nlohmann::json action, ParseJsonObject(line));
  SALVOR_TRY(const nlohmann::json* object, ObjectMember(action, "remove"));
  if (object == nullptr) return Fail(Code::kCorrupt, "the log changed while it was read");
  SALVOR_TRY(RemoveFile remove, ParseRemove(*object));
  return std::move(remove.path);
}

}  // namespace salvor::delta
