#include "delta/commit/given_times.h"

#include <nlohmann/json.hpp>

namespace salvor::delta {

Result<StagedTimes> StagedTimes::Load(const io::FsReader& fs, const std::string& path) {
  constexpr int64_t kMaxBytes = int64_t{1} << 20U;
  StagedTimes times;
  auto bytes = fs.ReadFile(path, kMaxBytes);
  if (!bytes && bytes.error().code == Code::kNotFound) return times;
  if (!bytes) return Fail(std::move(bytes).error());
  const auto list = nlohmann::json::parse(*bytes, nullptr, false);
  bool whole = list.is_array();
  for (const auto& one : list) {
    whole = whole && one.is_number_integer();
    if (whole) times.times_.insert(one.get<int64_t>());
  }
  if (whole) return times;
  return Fail(Code::kCorrupt, "the list of times is not what salvor writes", path,
              "Drop the private copy with clean --abandon and plan anew");
}

Status StagedTimes::Note(io::Fs& fs, const std::string& path, Instant instant) {
  constexpr uint32_t kPrivateFile = 0600;
  SALVOR_TRY(StagedTimes times, Load(fs, path));
  if (!times.times_.insert(MillisOf(instant)).second) return Done{};
  return fs.Replace(path, nlohmann::json(times.times_).dump() + "\n", kPrivateFile);
}

}  // namespace salvor::delta
