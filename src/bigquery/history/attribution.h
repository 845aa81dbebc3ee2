// Which job took rows away: only one that certainly may have, else nobody is named. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bigquery/history/jobs_view.h"
#include "bigquery/history/row_drops.h"

namespace salvor::bigquery {

// Drops that one change made: between the same two instants.
struct Loss {
  int64_t begin = 0;
  int64_t end = 0;
  std::vector<std::string> ids;
};

// By end.
std::vector<Loss> LossesOf(const std::vector<Drop>& drops);

// What is known of the rows that went with a loss.
struct Removed {
  int64_t rows = 0;
  // By how much the whole table shrank in the same moment, where that was counted.
  std::optional<int64_t> net = {};
};

// Borrows its arguments.
class Blame {
 public:
  Blame(const std::vector<TableJob>& jobs, const std::vector<Loss>& losses)
      : jobs_(jobs), losses_(losses) {}

  // The one job that fits; or the statements of the one script that fit together, since those of a
  // transaction take effect at once; or nothing. A job that may have replaced rows, but of which
  // nobody says whether it did, is not named.
  [[nodiscard]] std::vector<const TableJob*> WhoTook(const Loss& loss,
                                                     const Removed& removed) const;
  // A job ran then that may have taken rows, though it need not be one that WhoTook names.
  [[nodiscard]] bool SomebodyMayHave(const Loss& loss) const;

 private:
  [[nodiscard]] bool TookLaterOnes(const TableJob& job, const Loss& loss) const;
  [[nodiscard]] bool Fits(const TableJob& job, const Loss& loss, int64_t rows_removed) const;
  [[nodiscard]] std::vector<const TableJob*> ScriptThatTook(const Loss& loss,
                                                            const Removed& removed) const;

  const std::vector<TableJob>& jobs_;
  const std::vector<Loss>& losses_;
};

// It ran at the time of the loss, and may have taken its rows as far as anybody has said.
bool RanThen(const TableJob& job, const Loss& loss);

}  // namespace salvor::bigquery
