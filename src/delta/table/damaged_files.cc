#include "delta/table/damaged_files.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "delta/log/load_adds.h"
#include "delta/table/removed_files.h"

namespace salvor::delta {
namespace {

// A whole table that is gone has as many examples as partitions; to load them all takes memory.
constexpr size_t kMaxNamed = 10'000;

// DuckDB 1.5 puts some files where the log's path leads if nobody decodes it: no reader looks
// there.
bool LiesUndecoded(const DiskFiles& disk, const std::string& path) {
  return path.find('%') != std::string::npos && disk.Find(KeyOfFile(path, {}).low) != nullptr;
}

struct Named {
  uint32_t partition = 0;
  std::string wrong;
};

}  // namespace

Result<LiveFilesSeen> FindDamage(const TableFiles& fs, Duck& duck, DiskFiles& disk,
                                 const Replay& replay, History& history) {
  LiveFilesSeen seen;
  std::vector<Named> named;
  std::vector<Place> places;
  std::vector<size_t> examples(history.Partitions().size());
  Status outcome = Done{};
  history.Live().Each([&](const LiveFile& file) {
    const FilePlaces on_disk = replay.Places().Of(file.key);
    if (on_disk.data == kElsewhere) {
      ++seen.elsewhere;
      return;
    }
    disk.SetLive(on_disk.data);
    std::string wrong = WrongWith(disk, on_disk, file.size);
    if (wrong.empty()) {
      if (file.size == 0 && disk.Find(on_disk.data)->size > 0) ++seen.without_size;
      return;
    }
    auto number = history.PartitionOf(file.values_id);
    if (!number) {
      if (outcome) outcome = Fail(std::move(number).error());
      return;
    }
    model::Damage& damage = history.Partitions()[*number].broken;
    ++damage.pieces;
    damage.rows += file.Rows();
    if (named.size() == kMaxNamed || ++examples[*number] > kMaxExamples) return;
    named.push_back({*number, std::move(wrong)});
    places.push_back({file.source, file.place});
  });
  SALVOR_OK(outcome);
  if (named.empty()) return seen;
  SALVOR_TRY(
      const std::vector<AddFile> adds,
      LoadAdds(fs, duck, history.CurrentHead(), replay.Sources(), places, AddDetail::kEssential));
  for (size_t i = 0; i < named.size(); ++i) {
    const std::string& path = adds[i].path;
    std::string example = path + ": " + named[i].wrong;
    if (LiesUndecoded(disk, path)) example += ", but where its path leads undecoded";
    history.Partitions()[named[i].partition].broken.examples.push_back(std::move(example));
  }
  for (Partition& partition : history.Partitions())
    std::sort(partition.broken.examples.begin(), partition.broken.examples.end());
  return seen;
}

}  // namespace salvor::delta
