// How many rows a partition had at an instant.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "bigquery/rest/client.h"
#include "bigquery/rest/table_name.h"
#include "model/inventory.h"

namespace salvor::bigquery {

class Past {
 public:
  virtual ~Past() = default;
  // Of the partition with this id ("" for the whole table) at this instant, in milliseconds since
  // 1970; without the streaming buffer. A partition without rows has an empty tally. kTooLate if
  // time travel does not reach there, kRefused if the answer would cost more than is allowed.
  // Thread-safe; an answer is kept, so asking again is free.
  virtual Result<model::Tally> At(const std::string& id, int64_t at) = 0;
  // The partitions that are known to have had rows then, where one answer tells of all of them.
  virtual std::vector<std::string> IdsAt(int64_t /*at*/) { return {}; }
  // True if each new instant costs.
  [[nodiscard]] virtual bool Costs() const { return false; }
  // Requests or queries so far.
  [[nodiscard]] virtual int64_t Asked() const = 0;
};

// By tables.get on table$partition@instant: free, and as exact as the service's own metadata.
class MetadataPast final : public Past {
 public:
  // The borrowed API must outlive it.
  MetadataPast(Api& api, TableName table) : api_(api), table_(std::move(table)) {}

  Result<model::Tally> At(const std::string& id, int64_t at) override;
  [[nodiscard]] int64_t Asked() const override;

  // The table, or an earlier one of its name, was there at this instant. Where the service says
  // later that there is none, it was gone in between, and had no rows. Call it before other threads
  // ask.
  void WasThereAt(int64_t at) { there_ = at; }

 private:
  Result<model::Tally> Ask(const std::string& id, int64_t at);
  [[nodiscard]] bool WasGoneAt(int64_t at) const;

  Api& api_;
  TableName table_;
  std::optional<int64_t> there_;
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int64_t>, model::Tally> known_;
  int64_t asked_ = 0;
};

}  // namespace salvor::bigquery
