#include "recovery/find_cases.h"

#include <algorithm>

namespace salvor::recovery {
namespace {

constexpr int kMaxDepth = 4;
constexpr size_t kMaxFolders = 20'000;

class Finder {
 public:
  explicit Finder(const io::FsReader& fs) : fs_(fs) {}

  Status Look(const std::string& folder, int depth) {
    if (looked_ == kMaxFolders) {
      found_.skipped.push_back(
          "there are more folders than salvor looks into: name one further in");
    }
    if (++looked_ > kMaxFolders) return Done{};
    auto entries = fs_.ListEntries(folder);
    if (!entries && depth == 0) return Fail(std::move(entries).error());
    if (!entries) {
      found_.skipped.push_back(entries.error().Message());
      return Done{};
    }
    const auto has = [&](std::string_view name, io::FileInfo::Type type) {
      return std::any_of(entries->begin(), entries->end(), [&](const io::FsReader::Entry& entry) {
        return entry.name == name && entry.info.type == type;
      });
    };
    if (has("plan.json", io::FileInfo::Type::kFile)) {
      found_.folders.push_back(folder);
      return Done{};
    }
    if (depth == kMaxDepth || has("_delta_log", io::FileInfo::Type::kDirectory)) return Done{};
    for (const io::FsReader::Entry& entry : *entries) {
      if (entry.info.type != io::FileInfo::Type::kDirectory || entry.name.starts_with('.'))
        continue;
      SALVOR_OK(Look(folder == "." ? entry.name : io::JoinPath(folder, entry.name), depth + 1));
    }
    return Done{};
  }

  FoundCases Found() { return std::move(found_); }

 private:
  const io::FsReader& fs_;
  FoundCases found_;
  size_t looked_ = 0;
};

}  // namespace

Result<FoundCases> FindCases(const io::FsReader& fs, const std::string& root) {
  Finder finder(fs);
  SALVOR_OK(finder.Look(root, 0));
  return finder.Found();
}

}  // namespace salvor::recovery
