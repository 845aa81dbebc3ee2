#include "bigquery/plan/examine_deleted.h"

#include <optional>
#include <utility>

#include "bigquery/history/reach.h"
#include "bigquery/sql/create_table.h"
#include "bigquery/table/partition_digest.h"
#include "bigquery/table/table_definition.h"
#include "bigquery/table/table_state.h"

namespace salvor::bigquery {
namespace {

// Why such a table cannot be made again; "" if it can.
std::string WhyNotMade(const std::optional<Table>& defined) {
  if (!defined) {
    return "how the deleted table was partitioned cannot be read. Name a file with "
           "--definition: what bq show --format=json printed of it, or written by hand "
           R"({"timePartitioning": {"type": "DAY", "field": "submission_date"}}; {} for a table )"
           "without partitions";
  }
  std::string why = WhyNotLookedAt(*defined);
  if (why.empty()) why = WhyNotWritten(*defined, {});
  const auto create = CreateTableStatement(*defined);
  return why.empty() && !create ? create.error().what : why;
}

// What is made in a dataset with a default key gets that key, and so must the private copy.
void GiveDefaultKey(const Dataset& dataset, Table& defined) {
  if (!defined.kms_key.empty() || dataset.default_kms_key.empty()) return;
  defined.kms_key = dataset.default_kms_key;
  defined.resource["encryptionConfiguration"] = {{"kmsKeyName", defined.kms_key}};
}

void WarnOfMaking(const Table& defined, std::vector<std::string>& warnings) {
  warnings.emplace_back(
      defined.partitioning.ByIngestionTime()
          ? "the table is partitioned by time of ingestion, which rows do not tell, and the "
            "service's copy of a deleted table loses its partitions: its rows can be saved in the "
            "private copy, and only a person can place them"
          : "the service's copy of a deleted table loses its partitions, so that its rows go back "
            "by a query that bills as many bytes as they have, and 30 MB at least");
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
    WarnOfMaking(*defined, examination.warnings);
  }
  return examination;
}

}  // namespace salvor::bigquery
