#include "bigquery/recovery/staging.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "bigquery/access/permissions.h"
#include "bigquery/access/staging_privacy.h"
#include "bigquery/jobs/job_id.h"
#include "bigquery/jobs/job_runner.h"
#include "bigquery/jobs/plan_label.h"
#include "bigquery/recovery/attempts.h"
#include "bigquery/recovery/staging_changes.h"
#include "bigquery/recovery/staging_tables.h"
#include "bigquery/sql/select_statements.h"
#include "bigquery/table/table_definition.h"

namespace salvor::bigquery {
namespace {

using nlohmann::json;

constexpr Millis kDay{86'400'000};

// Not before a review can end: 60 days, and at least 30 beyond the last deadline.
Instant ExpirationOf(const model::Plan& plan, Instant now) {
  Instant expires = now + 60 * kDay;
  for (const model::PlannedPartition* one : model::ToRestore(plan)) {
    if (one->deadline) expires = std::max(expires, *one->deadline + 30 * kDay);
  }
  return expires;
}

json TableReference(const TableName& name, std::string_view decorator = {}) {
  return {{"projectId", name.project},
          {"datasetId", name.dataset},
          {"tableId", name.table + std::string(decorator)}};
}

// A copy job cannot set labels: killed right after it, only the job's id tells whose table it is.
Result<bool> MadeByUs(const Connection& connection, const model::Plan& plan,
                      const std::string& plan_digest, const CopyName& copy) {
  SALVOR_TRY(const Attempt attempt, LastAttempt(connection, plan, plan_digest, "persist",
                                                std::to_string(MillisOf(copy.at))));
  return attempt.Succeeded();
}

// "Time travel and fail-safe": for 7 days more the rows are kept where only Google reaches them.
Error WhyNotMade(Error error) {
  if (error.code != Code::kTooLate) return error;
  error.code = Code::kRefused;
  error.next =
      "The deadline has passed: time travel no longer reaches these rows. Google keeps them for 7 "
      "days more, and its support may bring them back: ask at once, with the instant in the plan";
  return error;
}

class StagingMaker {
 public:
  explicit StagingMaker(const OpenedPlan& opened)
      : opened_(opened), expires_(ExpirationOf(opened.plan, opened.connection.api.Now())) {}

  // One copy: found, or made. `true` if it was made now.
  Result<bool> Ensure(const CopyName& copy) {
    bool ran = false;
    for (int attempt = 1; attempt <= kMostAttempts; ++attempt) {
      SALVOR_TRY(auto found, opened_.connection.api.GetTable(copy.table));
      if (found) {
        SALVOR_OK(Mark(copy, *found));
        return ran;
      }
      ran = true;
      SALVOR_TRY(Job job, RunJob(opened_.connection.api, opened_.connection.clock,
                                 JobOf(opened_.plan, opened_.digest, "persist",
                                       std::to_string(MillisOf(copy.at)), attempt),
                                 Configuration(copy)));
      // An earlier attempt may have worked, and its table been dropped since; or somebody was
      // faster. Both are seen by looking again.
      if (job.error && !MayRetryAsNewAttempt(*job.error) && job.error->reason != "duplicate") {
        return Fail(WhyNotMade(ErrorOfJob(job).At(FormatName(copy.table))));
      }
    }
    return Fail(
        Code::kUnavailable,
        fmt::format("the private copy could not be made in {}", Plural(kMostAttempts, "attempt")),
        FormatName(copy.table), "Look at the jobs of the project, then run persist again");
  }

 private:
  [[nodiscard]] json Configuration(const CopyName& copy) const {
    const json labels{{kPlanLabel, PlanMark(opened_.digest)}};
    if (opened_.planned.table_is_gone) {
      // A deleted table can be copied, and nothing else.
      json job{{"sourceTable",
                TableReference(opened_.connection.table, "@" + std::to_string(MillisOf(copy.at)))},
               {"destinationTable", TableReference(copy.table)},
               {"createDisposition", "CREATE_IF_NEEDED"},
               {"writeDisposition", "WRITE_EMPTY"}};
      if (!opened_.today.kms_key.empty()) {
        job["destinationEncryptionConfiguration"] = {{"kmsKeyName", opened_.today.kms_key}};
      }
      return {{"labels", labels}, {"copy", std::move(job)}};
    }
    const std::string statement =
        CloneStatement(CloneOf(opened_, copy, opened_.connection.api.Now()));
    json job = QueryConfiguration(statement, {.kms_key = *opened_.connection.kms_key});
    job["labels"] = labels;
    return job;
  }

  // What a copy job cannot give, and an expiration that comes too early.
  Status Mark(const CopyName& copy, const Table& found) {
    const bool marked = found.labels.contains(kPlanLabel);
    if (marked && !CarriesPlanLabel(found, opened_.digest)) {
      return Fail(Code::kConflict, "the name of the private copy is taken by another table",
                  FormatName(copy.table), "Move that table away, then run persist again");
    }
    json change = json::object();
    if (!marked) {
      SALVOR_TRY(const bool ours, MadeByUs(opened_.connection, opened_.plan, opened_.digest, copy));
      if (!ours) {
        return Fail(Code::kConflict,
                    "the name of the private copy is taken by a table that salvor did not make",
                    FormatName(copy.table), "Move that table away, then run persist again");
      }
      change["labels"] = {{kPlanLabel, PlanMark(opened_.digest)}};
    }
    if (!found.expires || *found.expires < expires_ - kDay) {
      change["expirationTime"] = std::to_string(MillisOf(expires_));
    }
    if (found.partitioning.expiration) {
      change["timePartitioning"] = found.resource.value("timePartitioning", json::object());
      change["timePartitioning"]["expirationMs"] = nullptr;
    }
    if (change.empty()) return Done{};
    SALVOR_TRY([[maybe_unused]] const Table patched,
               opened_.connection.api.PatchTable(copy.table, change, found.etag));
    return Done{};
  }

  const OpenedPlan& opened_;
  Instant expires_;
};

std::string Places(const std::vector<CopyName>& copies) {
  constexpr size_t kMostNamed = 10;  // a backfill of a job for each day makes one for each
  std::string text;
  for (size_t i = 0; i < std::min(copies.size(), kMostNamed); ++i) {
    text += (text.empty() ? "" : ", ") + FormatName(copies[i].table);
  }
  if (copies.size() > kMostNamed) {
    text += fmt::format(" and {} more", copies.size() - kMostNamed);
  }
  return text;
}

}  // namespace

CloneRequest CloneOf(const OpenedPlan& opened, const CopyName& copy, Instant now) {
  return {.source = opened.today.name,
          .as_of = copy.at,
          .copy = copy.table,
          .expires = ExpirationOf(opened.plan, now),
          .labels = {{kPlanLabel, PlanMark(opened.digest)}},
          .kms_key = opened.today.kms_key,
          .drop_partition_expiry = opened.today.partitioning.expiration.has_value()};
}

Result<warehouse::Persisted> BigQueryStaging::Persist(const model::Plan& plan,
                                                      const std::string& plan_digest) {
  SALVOR_TRY(OpenedPlan opened, OpenPlan(connection_, plan, plan_digest, Need::kDefinition));
  const Planned& planned = opened.planned;
  if (planned.partitions.empty()) {
    return Fail(Code::kInvalidArgument, "the plan restores nothing, so there is nothing to copy");
  }
  SALVOR_OK(CheckPlace(opened));
  SALVOR_TRY(std::string privacy, CheckPrivate(connection_, plan, planned.staging, {}));
  StagingMaker maker(opened);
  warehouse::Persisted persisted;
  for (const CopyName& copy : planned.copies) {
    connection_.progress.Tell("making the private copy", persisted.files,
                              static_cast<int64_t>(planned.copies.size()));
    const auto made = maker.Ensure(copy);
    if (!made) return Fail(NamePolicies(made.error(), connection_.api, connection_.table));
    persisted.linked += static_cast<int64_t>(*made);
    ++persisted.files;
  }
  SALVOR_TRY(opened.copies, NeedCopies(opened));
  SALVOR_OK(CheckContent(opened));
  std::vector<TableName> names;
  for (const CopyName& copy : planned.copies) names.push_back(copy.table);
  SALVOR_TRY(persisted.privacy, CheckPrivate(connection_, plan, planned.staging, names));
  for (const Copy& copy : opened.copies) persisted.seen.push_back(SeenOf(copy.table));
  persisted.already = persisted.linked == 0;
  persisted.place = Places(planned.copies);
  return persisted;
}

Result<std::vector<std::string>> BigQueryStaging::WhyNotPersisted(const model::Plan& plan) {
  SALVOR_TRY(const OpenedPlan opened, OpenPlan(connection_, plan, "", Need::kDefinition));
  Status checked = CheckPlace(opened);
  if (checked) {
    const auto privacy = CheckPrivate(connection_, plan, opened.planned.staging, {});
    if (!privacy) checked = Fail(privacy.error());
  }
  if (checked) return std::vector<std::string>();
  const Error& error = checked.error();
  if (error.code == Code::kUnavailable) return Fail(error);
  return std::vector{fmt::format("{} ({}). {}", error.what, error.where, error.next)};
}

Result<std::optional<warehouse::Persisted>> BigQueryStaging::Find(const model::Plan& plan,
                                                                  const std::string& plan_digest) {
  SALVOR_TRY(const OpenedPlan opened, OpenPlan(connection_, plan, plan_digest, Need::kDefinition));
  const Planned& planned = opened.planned;
  SALVOR_TRY(const auto copies, FindCopies(opened));
  if (!copies) return std::optional<warehouse::Persisted>();
  warehouse::Persisted persisted;
  persisted.already = true;
  persisted.files = static_cast<int64_t>(planned.copies.size());
  persisted.place = Places(planned.copies);
  std::vector<TableName> names;
  for (const CopyName& copy : planned.copies) names.push_back(copy.table);
  SALVOR_TRY(persisted.privacy, CheckPrivate(connection_, plan, planned.staging, names));
  return std::optional(std::move(persisted));
}

Result<std::vector<warehouse::CopySeen>> BigQueryStaging::CheckUnchanged(
    const model::Plan& plan, const std::string& plan_digest,
    const std::vector<warehouse::CopySeen>& seen) {
  SALVOR_TRY(const OpenedPlan opened, OpenPlan(connection_, plan, plan_digest, Need::kDefinition));
  return CheckCopies(opened, seen);
}

Result<bool> BigQueryStagingDropper::Drop(const model::Plan& plan, const std::string& plan_digest) {
  SALVOR_OK(CheckPins(connection_, plan));
  SALVOR_TRY(auto names, CopyNamesOf(plan, plan_digest));
  bool dropped = false;
  for (const CopyName& copy : names) {
    SALVOR_TRY(auto found, connection_.api.GetTable(copy.table));
    if (!found) continue;
    bool ours = CarriesPlanLabel(*found, plan_digest);
    if (!found->labels.contains(kPlanLabel) && IsOfDeletedTable(plan)) {
      SALVOR_TRY(ours, MadeByUs(connection_, plan, plan_digest, copy));
    }
    if (!ours) {
      return Fail(Code::kConflict, "a table with the name of the private copy is not this plan's",
                  FormatName(copy.table), "Nothing of it was dropped: look whose it is");
    }
    SALVOR_TRY(const bool deleted, connection_.api.DeleteTable(copy.table));
    dropped = dropped || deleted;
  }
  return dropped;
}

}  // namespace salvor::bigquery
