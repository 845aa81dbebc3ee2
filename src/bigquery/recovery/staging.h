// The private copy: for each instant that the plan needs one table in the staging dataset, cloned
// with its labels and its expiration in one statement, at no bytes billed. Names and job ids follow
// from the plan's digest, so a second run finds what the first one made.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "bigquery/jobs/connection.h"
#include "bigquery/recovery/opened_plan.h"
#include "bigquery/sql/select_statements.h"
#include "warehouse/staging_store.h"

namespace salvor::bigquery {

// The statement that makes one copy, for the clock as it is: the expiration counts from now.
CloneRequest CloneOf(const OpenedPlan& opened, const CopyName& copy, Instant now);

// The borrowed connection must outlive the store.
class BigQueryStaging final : public warehouse::StagingStore {
 public:
  explicit BigQueryStaging(const Connection& connection) : connection_(connection) {}

  Result<warehouse::Persisted> Persist(const model::Plan& plan,
                                       const std::string& plan_digest) override;
  Result<std::vector<std::string>> WhyNotPersisted(const model::Plan& plan) override;
  Result<std::optional<warehouse::Persisted>> Find(const model::Plan& plan,
                                                   const std::string& plan_digest) override;
  // As labels of every copy.
  Result<bool> MarkRejected(const model::Plan& plan, const std::string& plan_digest,
                            const std::string& statement) override;
  Result<std::vector<std::string>> Rejections(const model::Plan& plan,
                                              const std::string& plan_digest) override;
  // By rows, bytes and time of the last change of each copy; where those differ, by the rows of the
  // planned partitions against the copy's own past, or the table's, in queries that cost.
  Result<std::vector<warehouse::CopySeen>> CheckUnchanged(
      const model::Plan& plan, const std::string& plan_digest,
      const std::vector<warehouse::CopySeen>& seen) override;

 private:
  const Connection& connection_;
};

// Drops what has a name that follows from the plan's digest, and carries the plan's label or was
// made by the plan's own copy job; nothing else.
class BigQueryStagingDropper final : public warehouse::StagingDropper {
 public:
  explicit BigQueryStagingDropper(const Connection& connection) : connection_(connection) {}

  Result<bool> Drop(const model::Plan& plan, const std::string& plan_digest) override;

 private:
  const Connection& connection_;
};

}  // namespace salvor::bigquery
