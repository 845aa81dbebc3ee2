// The proof of a plan: both sides of every planned partition, read in one run.
//
// A partition that the service copied as a whole is proven by what it says that it copied and by
// both counts, which is free. One that went through a query, or every one where the person asks for
// it (Connection::fingerprints), is compared by fingerprints of its rows; rows that were put beside
// others are looked for among them. Those queries are billed: what they may cost together is found
// by dry runs, told first (Progress::Note), and refused where --max-bytes-billed is less.
//
// Where the table has a streaming buffer, its rows in these partitions are counted by a query more:
// they may be the restored ones a second time, so that such a partition is not proven.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "bigquery/recovery/applied.h"
#include "bigquery/recovery/opened_plan.h"
#include "model/proof.h"

namespace salvor::bigquery {

class Prover {
 public:
  // Both are borrowed. The plan has the table as it is, and its copies.
  Prover(const OpenedPlan& opened, const Written& written) : opened_(opened), written_(written) {}

  // One for each planned partition, in their order. kRefused where the queries could be billed more
  // than is allowed, before any of them was run.
  Result<std::vector<model::PartitionProof>> Run();

 private:
  // A query about some partitions, and what it may be billed at most.
  struct Reading {
    enum class Of { kCopy, kTable, kBoth };
    Of of = Of::kCopy;
    std::vector<size_t> indices;
    std::string sql;
    int64_t bytes = 0;
  };

  [[nodiscard]] bool IsWritten(size_t index) const;
  [[nodiscard]] bool IsCompared(size_t index) const;
  [[nodiscard]] std::vector<std::string> IdsOf(const std::vector<size_t>& indices) const;
  Status Count(size_t index);
  Status CountThen();
  [[nodiscard]] Result<std::vector<Reading>> Readings() const;
  Status AddReadings(const Table& copy, const std::vector<size_t>& indices,
                     std::vector<Reading>& readings) const;
  Status Estimate(Reading& reading) const;
  Status CheckAffordable(const std::vector<Reading>& readings) const;
  Status CountBuffered();
  Status Read(const Reading& reading);
  Status ReadFingerprints(const Reading& reading, const Rows& rows);
  Status ReadRelations(const Reading& reading);
  [[nodiscard]] std::string ProblemOf(size_t index) const;
  [[nodiscard]] model::ComparedBy HowCompared(size_t index) const;

  const OpenedPlan& opened_;
  const Written& written_;
  std::vector<model::PartitionProof> proofs_;
  std::vector<int64_t> counted_then_;        // rows when apply had ended; kNotCounted: not told
  std::map<std::string, int64_t> buffered_;  // rows in the streaming buffer, by partition
  std::string uncounted_;                    // why these could not be counted
  std::string differs_;                      // a deleted table, made again in another way
};

}  // namespace salvor::bigquery
