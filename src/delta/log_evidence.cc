#include "delta/log_evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "delta/action.h"
#include "delta/log_json.h"

namespace salvor::delta {
namespace {}  // namespace

EvidenceReader::EvidenceReader(const io::FsReader& fs, std::string table_root,
                               const std::vector<std::string>& sources)
    : fs_(fs), root_(std::move(table_root)), sources_(sources) {}

Status EvidenceReader::Look(std::vector<LostFile>& lost, model::PartitionRecord& record) {
  std::sort(lost.begin(), lost.end(), [](const LostFile& a, const LostFile& b) {
    return std::tie(a.source, a.place) < std::tie(b.source, b.place);
  });
  for (const LostFile& file : lost) {
    SALVOR_TRY(const bool present, IsPresent(file));
    ++(present ? record.files_present : record.files_gone);
  }
  return Done{};
}

Result<bool> EvidenceReader::Exists(const std::string& path) {
  const auto info = fs_.Stat(path);
  if (info) return *info && (*info)->type == io::FileInfo::Type::kFile;
  // A name that no file can have: the log may say anything.
  if (info.error().code == Code::kInvalidArgument) return false;
  return Fail(info.error());
}

Result<bool> EvidenceReader::IsPresent(const LostFile& file) {
  if (!open_ || open_source_ != file.source) {
    SALVOR_TRY(open_, LineSeeker::Open(fs_, sources_[file.source]));
    open_source_ = file.source;
  }
  SALVOR_TRY(const std::string_view line, open_->At(file.place));
  SALVOR_TRY(const nlohmann::json action, ParseJsonObject(line));
  SALVOR_TRY(const nlohmann::json* object, ObjectMember(action, "remove"));
  if (object == nullptr) return Fail(Code::kCorrupt, "the log changed while it was read");
  SALVOR_TRY(const RemoveFile remove, ParseRemove(*object));
  const auto path = LocalPath(root_, remove.path, true);
  if (!path) return false;
  SALVOR_TRY(const bool data, Exists(*path));
  if (!data || !remove.deletion_vector || remove.deletion_vector->storage_type == "i") return data;
  auto vector = VectorPath(root_, *remove.deletion_vector, true);
  if (!vector) return false;
  // Many files share one vector file.
  if (*vector != last_vector_) {
    SALVOR_TRY(last_vector_exists_, Exists(*vector));
    last_vector_ = std::move(*vector);
  }
  return last_vector_exists_;
}

}  // namespace salvor::delta
