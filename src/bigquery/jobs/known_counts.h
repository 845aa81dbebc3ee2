// What one command has counted of a table's past, which does not change, and the jobs that its look
// found: asked once, and known from then on.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace salvor::bigquery {

// Rows by partition id; a partition without rows is absent.
using Counts = std::map<std::string, int64_t>;

struct TableJobs;

// Thread-safe, but for the jobs, which the look sets before anybody reads them.
class KnownCounts {
 public:
  std::shared_ptr<const TableJobs> jobs;

  // Of these partitions, or of all for none; nothing where that was not counted.
  [[nodiscard]] std::optional<Counts> Find(int64_t at, const std::vector<std::string>& ids) const;
  void Keep(int64_t at, const std::vector<std::string>& ids, const Counts& counts);

 private:
  struct Counted {
    std::optional<Counts> all;
    std::map<std::string, int64_t> some;  // also those that have none
  };
  mutable std::mutex mutex_;
  std::map<int64_t, Counted> counted_;
};

}  // namespace salvor::bigquery
