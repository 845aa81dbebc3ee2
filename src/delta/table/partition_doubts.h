// Which partitions are in doubt because of how the log spells their values: where readers take one
// text for different values, and where the keys of partitionValues are not the partition
// columns. What the readers do: partition_value.h.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "delta/log/history.h"
#include "delta/log/partition_values.h"
#include "delta/table/timestamp_zones.h"
#include "model/inventory.h"

namespace salvor::delta {

class PartitionDoubts {
 public:
  // `keys_in_time` is History's.
  PartitionDoubts(const TableHead& head, const std::set<std::vector<std::string>>& keys_in_time,
                  model::Inventory& inventory);

  // Whether these values need a second look at all: most logs have none that do.
  [[nodiscard]] bool IsSuspect(const PartitionValues& values) const;
  // Files of the record at `index` had these values in the window, and some have them now if
  // `live`. What was replaced long ago does not matter where the partition is as it was.
  void Take(const PartitionValues& values, size_t index, bool live);
  // Once after all: doubts into the records, and notes.
  void Tell();

 private:
  struct Zeros {
    bool negative = false;
    bool positive = false;
  };

  void Doubt(size_t index, std::string text, bool may_choose);
  void TakeKeys(const PartitionValues& values, size_t index, bool live);
  void TakeValue(const std::string& logged, size_t column, size_t index, bool live);
  void TellElsewhere(const std::string& reader, const ReaderView& view, const std::string& logged,
                     size_t column, size_t index);
  void TellNullsAndEmpties();
  void TellZones();
  std::optional<size_t> Find(const model::PartitionKey& key);

  const TableHead& head_;
  const std::set<std::vector<std::string>>& keys_in_time_;
  model::Inventory& inventory_;
  std::map<std::string, size_t> index_;  // of the records by key, once one is looked for
  std::map<size_t, Zeros> zeros_;
  std::vector<TimestampZones> zones_;  // of each column
  std::set<std::string> foreign_keys_;
  std::set<std::string> breaking_;  // what only Spark reads, as "column = 'text'"
};

// Of every partition of the inventory, which is `lived` in order.
void AddPartitionDoubts(const TableHead& head, const PartitionValuesPool& pool, History& history,
                        const std::vector<Partition*>& lived, model::Inventory& inventory);

// Why files with these values may not be added: their keys are not the table's partition columns.
// Empty if they are.
std::string KeysRefusal(const TableHead& head, const std::vector<AddFile>& adds);

}  // namespace salvor::delta
