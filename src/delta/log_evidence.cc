#include "delta/log_evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "delta/action.h"
#include "delta/log_json.h"

namespace salvor::delta {
namespace {

// Saturates: a retention may be as long as 64 bits say.
Instant After(int64_t millis, Millis span) {
  int64_t sum = 0;
  if (__builtin_add_overflow(millis, static_cast<int64_t>(span.count()), &sum))
    sum = std::numeric_limits<int64_t>::max();
  return InstantOfMillis(sum);
}

std::string Stated(const char* property, Millis span, bool stated) {
  return fmt::format("{} ({}{})", property, FormatSpan(span), stated ? "" : ", the default");
}

}  // namespace

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

void SetDeadline(const Retention& retention, int64_t earliest_deletion, Instant oldest_needed,
                 int64_t good_version, model::PartitionRecord& record) {
  const Instant files = After(earliest_deletion, retention.files);
  const Instant log = After(MillisOf(oldest_needed), retention.log);
  if (retention.log_is_cleaned && log < files) {
    record.deadline = log;
    record.deadline_reason =
        fmt::format("the next checkpoint may drop log files of {} that version {} needs: {}",
                    FormatInstant(oldest_needed), good_version,
                    Stated("delta.logRetentionDuration", retention.log, retention.log_stated));
    return;
  }
  record.deadline = files;
  record.deadline_reason = fmt::format(
      "the next VACUUM may delete files that were removed {}: {}",
      earliest_deletion == 0 ? "at an unknown time"
                             : "at " + FormatInstant(InstantOfMillis(earliest_deletion)),
      Stated("delta.deletedFileRetentionDuration", retention.files, retention.files_stated));
}

}  // namespace salvor::delta
