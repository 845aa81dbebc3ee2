#include "bigquery/plan/examine_deleted.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/text.h"
#include "bigquery/history/reach.h"
#include "bigquery/jobs/statement_cost.h"
#include "bigquery/table/partition_digest.h"
#include "bigquery/table/table_definition.h"
#include "bigquery/table/table_state.h"

namespace salvor::bigquery {
namespace {

// Why such a table cannot be made again; "" if it can.
std::string WhyNotMade(const std::optional<Table>& defined) {
  if (!defined) {
    return "how the deleted table was partitioned can no longer be read. Name a file with "
           "--definition: what bq show --format=json printed of it, or written by hand "
           R"({"timePartitioning": {"type": "DAY", "field": "submission_date"}}; {} for a table )"
           "without partitions";
  }
  std::string why = WhyNotLookedAt(*defined);
  return why.empty() ? WhyNotWritten(*defined, {}) : why;
}

// What is made in a dataset with a default key gets that key, and so must the private copy.
void GiveDefaultKey(const Dataset& dataset, Table& defined) {
  if (!defined.kms_key.empty() || dataset.default_kms_key.empty()) return;
  defined.kms_key = dataset.default_kms_key;
  defined.resource["encryptionConfiguration"] = {{"kmsKeyName", defined.kms_key}};
}

// Which way the rows go back is not known before they are copied: the plan has what both cost, and
// whether the costly one may be taken.
std::string WhatItCosts(const model::Tally& rows, bool by_name) {
  const std::string cost = rows.uncounted > 0
                               ? std::string(
                                     "as many bytes as its rows have, which cannot be seen before "
                                     "they are copied, and 30 MB at least")
                               : "about " + FormatBytes(BytesToFill(rows.bytes));
  const std::string chosen =
      by_name ? "the plan allows that query (--by-name)"
              : "the plan does not allow that query: apply would refuse. --by-name allows it";
  return fmt::format(
      "the rows go back by a copy job, billed nothing, if the service's copy of the deleted table "
      "keeps its partitions and columns, which the documentation leaves open; else only by a query "
      "that bills {}; {}",
      cost, chosen);
}

void WarnOfMaking(const Table& defined, const model::Tally& rows, bool by_name,
                  std::vector<std::string>& warnings) {
  if (defined.partitioning.ByIngestionTime()) {
    warnings.push_back(
        "the table is partitioned by time of ingestion: its rows can come back only if the "
        "service's copy of it keeps the partitions, which the documentation leaves open");
  } else {
    warnings.push_back(WhatItCosts(rows, by_name));
  }
  for (const std::string& line : ToSetAgain(defined)) {
    warnings.push_back("set again by hand after apply: " + line);
  }
}

}  // namespace

Result<warehouse::Examination> ExamineDeleted(const Connection& connection, const Dataset& dataset,
                                              const std::vector<warehouse::Wanted>& wanted) {
  warehouse::Examination examination;
  std::optional<Table> defined;
  if (!connection.definition.empty()) {
    SALVOR_TRY(defined, TableOfDefinition(connection.table, connection.definition));
    GiveDefaultKey(dataset, *defined);
  }
  for (const warehouse::Wanted& one : wanted) {
    warehouse::Examined examined;
    examined.wanted = one;
    examined.wanted.mode = model::Mode::kAdd;
    examined.snapshot = {one.snapshot, InstantOfMillis(one.snapshot)};
    examined.deadline = DeadlineOf(one.snapshot, dataset);
    examined.deadline_reason = DeadlineReason(dataset);
    examined.restore = {.rows = 0, .bytes = 0, .files = 1, .uncounted = 1};
    examined.files_present = 1;
    examined.content = ContentDigest("", one.snapshot, examined.restore);
    examined.refusal = WhyNotMade(defined);
    examination.partitions.push_back(std::move(examined));
  }
  examination.state = StateOfDeleted(MillisOf(connection.api.Now()));
  examination.pins.job_project = connection.job_project;
  examination.pins.location = dataset.location;
  examination.pins.endpoint = connection.api.Endpoint();
  examination.pins.by_name = connection.by_name;
  examination.pins.allow_unchecked_iam = connection.allow_unchecked_iam;
  if (defined) {
    examination.pins.definition = DefinitionOf(*defined);
    const model::Tally rows =
        examination.partitions.empty() ? model::Tally() : examination.partitions.front().restore;
    WarnOfMaking(*defined, rows, connection.by_name, examination.warnings);
  }
  return examination;
}

}  // namespace salvor::bigquery
