// How many rows each partition has or had, by one and the same query for every instant: what
// verdicts compare. Reads the partition column alone, costs, and says so before.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "bigquery/jobs/known_counts.h"

namespace salvor::bigquery {

struct CountRequest {
  std::optional<int64_t> at;          // ms since 1970; nothing: now
  std::vector<std::string> ids = {};  // none: every partition
};

struct Counted {
  Counts rows;
  Instant at;  // where it was counted now: by the service's clock, and not after what was seen
};

// The seam between what is asked and what is concluded. Thread-safe.
class RowCounter {
 public:
  virtual ~RowCounter() = default;
  // The most that counting is billed; 0 where it is known already. Errors as the query's.
  virtual Result<int64_t> Estimate(const CountRequest& request) = 0;
  // kTooLate for an instant that time travel does not reach, kRefused where it would be billed more
  // than `most`.
  virtual Result<Counted> Count(const CountRequest& request, int64_t most) = 0;
  // What the command may still be billed.
  [[nodiscard]] virtual int64_t Left() const = 0;
  virtual void Say(std::string_view line) = 0;
  // Why a cost is refused: it was not compared, and what to allow.
  [[nodiscard]] virtual Error TooDear(int64_t bytes) const = 0;
};

class QueryCounter final : public RowCounter {
 public:
  // Borrows both.
  QueryCounter(const Connection& connection, const Table& table)
      : connection_(connection), table_(table) {}

  Result<int64_t> Estimate(const CountRequest& request) override;
  Result<Counted> Count(const CountRequest& request, int64_t most) override;
  [[nodiscard]] int64_t Left() const override { return connection_.spending->Left(); }
  void Say(std::string_view line) override { connection_.progress.Note(line); }
  [[nodiscard]] Error TooDear(int64_t bytes) const override;

 private:
  [[nodiscard]] Result<std::string> StatementOf(const CountRequest& request) const;

  const Connection& connection_;
  const Table& table_;
};

// All of `needed`, several at once: estimated first, said together, and refused (kRefused, with the
// figure to allow) before the first is asked where they may be billed more than is left. Then, as
// far as that goes, `helpful`: those that do not fit are left out. In the order of the requests.
Result<std::vector<Counted>> CountAll(RowCounter& counter, const std::vector<CountRequest>& needed,
                                      const std::vector<CountRequest>& helpful = {});

}  // namespace salvor::bigquery
