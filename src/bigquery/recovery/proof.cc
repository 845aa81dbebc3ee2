#include "bigquery/recovery/proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "base/text.h"
#include "bigquery/jobs/job_runner.h"
#include "bigquery/jobs/query_budget.h"
#include "bigquery/jobs/statement_cost.h"
#include "bigquery/recovery/recreate_table.h"
#include "bigquery/recovery/staging_tables.h"
#include "bigquery/rest/parallel_for.h"
#include "bigquery/sql/select_statements.h"
#include "bigquery/table/counted_rows.h"
#include "bigquery/table/row_counts.h"
#include "bigquery/table/streaming_buffer.h"
#include "bigquery/table/table_definition.h"

namespace salvor::bigquery {
namespace {

using model::ComparedBy;
using model::Fingerprint;
using model::Mode;
using model::PartitionProof;

constexpr const char* kCounted = "bigquery rows by metadata, without the streaming buffer";
constexpr const char* kCompared = "bigquery TO_JSON_STRING of rows, by name, as multisets";

Result<Fingerprint> FingerprintOf(const std::vector<std::optional<std::string>>& row) {
  Fingerprint print;
  const std::string& count = *row[1];
  print.rows = ParseInt64(count).value_or(-1);
  if (print.rows < 0) {
    return Fail(Code::kCorrupt, fmt::format("'{}' is no number of rows", Printable(count)));
  }
  print.sum = row[2].value_or("");
  print.exclusive_or = row[3].value_or("");
  print.algorithm = kFingerprintAlgorithm;
  return print;
}

// Of no row: what the sums of nothing are, so that an empty side is told from an uncompared one.
Fingerprint EmptyFingerprint() { return {0, "0", "0", std::string(kFingerprintAlgorithm)}; }

}  // namespace

Result<std::vector<PartitionProof>> Prover::Run() {
  proofs_.assign(opened_.planned.ids.size(), {});
  counted_then_.assign(opened_.planned.ids.size(), kNotCounted);
  if (opened_.planned.table_is_gone) {
    SALVOR_TRY(const Table to_make,
               TableToMake(opened_.plan, opened_.connection.table, opened_.copies.front().table));
    differs_ = HowItDiffers(opened_.today, to_make);
  }
  SALVOR_TRY(const auto readings, Readings());
  SALVOR_OK(CheckAffordable(readings));
  SALVOR_OK(ForEach(opened_.planned.ids.size(), kRequestsInFlight,
                    [&](size_t index) { return Count(index); }));
  SALVOR_OK(CountThen());
  for (const Reading& reading : readings) SALVOR_OK(Read(reading));
  SALVOR_OK(CountBuffered());
  for (size_t i = 0; i < proofs_.size(); ++i) {
    proofs_[i].compared_by = HowCompared(i);
    proofs_[i].problem = ProblemOf(i);
    proofs_[i].proven = proofs_[i].problem.empty();
    // Left alone is what had these rows already; what apply has not come to yet has none.
    proofs_[i].skipped = proofs_[i].skipped && proofs_[i].proven;
  }
  return std::move(proofs_);
}

bool Prover::IsWritten(size_t index) const {
  return std::binary_search(written_.done.begin(), written_.done.end(), index);
}

bool Prover::IsCompared(size_t index) const {
  return opened_.connection.fingerprints || opened_.planned.ByQuery(index);
}

std::vector<std::string> Prover::IdsOf(const std::vector<size_t>& indices) const {
  std::vector<std::string> ids;
  ids.reserve(indices.size());
  for (const size_t index : indices) ids.push_back(opened_.planned.ids[index]);
  return ids;
}

// Free: both sides by metadata.
Status Prover::Count(size_t index) {
  PartitionProof& proof = proofs_[index];
  const model::PlannedPartition& one = *opened_.planned.partitions[index];
  const std::string& id = opened_.planned.ids[index];
  proof.key = one.key;
  proof.skipped = !IsWritten(index);
  SALVOR_TRY(const int64_t staged,
             CountRows(opened_.connection, opened_.planned.CopyOf(index), id));
  proof.planned_rows = one.restore.uncounted == 0 ? one.restore.rows : staged;
  proof.staged = {staged, "", "", kCounted};
  SALVOR_TRY(int64_t restored, CountRows(opened_.connection, opened_.connection.table, id));
  if (one.mode == Mode::kBeside && !proof.skipped) restored -= one.now.rows;
  proof.restored = {restored, "", "", kCounted};
  return Done{};
}

// Of partitions that have other rows now than were put there, by a query as the table was when
// apply had ended: rows which came later do not count. What --max-bytes-billed does not allow, or
// time travel no longer reaches, stays as it is now.
Status Prover::CountThen() {
  std::vector<size_t> others;
  for (size_t i = 0; i < proofs_.size(); ++i) {
    if (proofs_[i].restored.rows != proofs_[i].staged.rows && IsWritten(i)) others.push_back(i);
  }
  if (others.empty() || !written_.last) return Done{};
  // The service tells ends in whole milliseconds: what was written within one is there after it.
  const int64_t at = MillisOf(*written_.last) + 1;
  QueryCounter counter(opened_.connection, opened_.today);
  auto counted = CountAll(counter, {{at, IdsOf(others)}});
  if (!counted) {
    const Code code = counted.error().code;
    if (code == Code::kUnavailable) return Fail(std::move(counted).error());
    return Done{};
  }
  for (const size_t index : others) {
    const model::PlannedPartition& one = *opened_.planned.partitions[index];
    const auto found = counted->front().rows.find(opened_.planned.ids[index]);
    int64_t rows = found == counted->front().rows.end() ? 0 : found->second;
    if (rows == 0) continue;
    if (one.mode == Mode::kBeside && !proofs_[index].skipped) rows -= one.now.rows;
    proofs_[index].restored.rows = rows;
    counted_then_[index] = rows;
  }
  return Done{};
}

Result<std::vector<Prover::Reading>> Prover::Readings() const {
  std::map<TableName, std::vector<size_t>> by_copy;
  for (size_t i = 0; i < opened_.planned.ids.size(); ++i) {
    if (IsCompared(i)) by_copy[opened_.planned.CopyOf(i)].push_back(i);
  }
  std::vector<Reading> readings;
  for (const auto& [name, indices] : by_copy) {
    SALVOR_OK(AddReadings(CopyAt(opened_.copies, name).table, indices, readings));
  }
  for (Reading& reading : readings) SALVOR_OK(Estimate(reading));
  return readings;
}

// Rows put beside others are looked for among them; of all others both sides are one multiset.
Status Prover::AddReadings(const Table& copy, const std::vector<size_t>& indices,
                           std::vector<Reading>& readings) const {
  std::vector<size_t> beside;
  std::vector<size_t> whole;
  for (const size_t index : indices) {
    (opened_.planned.partitions[index]->mode == Mode::kBeside ? beside : whole).push_back(index);
  }
  if (!whole.empty()) {
    SALVOR_TRY(const PartitionFilter filter, FilterOf(opened_.planned, opened_.today));
    const std::vector<std::string> ids = IdsOf(whole);
    SALVOR_TRY(std::string staged,
               FingerprintStatement(RowsOf(copy), opened_.today.fields, filter, ids));
    SALVOR_TRY(std::string now,
               FingerprintStatement(RowsOf(opened_.today), opened_.today.fields, filter, ids));
    readings.push_back({Reading::Of::kCopy, whole, std::move(staged)});
    readings.push_back({Reading::Of::kTable, whole, std::move(now)});
  }
  if (!beside.empty()) {
    SALVOR_TRY(const Comparison comparison,
               ComparisonOf(opened_.planned, opened_.today, copy, beside));
    SALVOR_TRY(std::string both, RelationStatement(comparison));
    readings.push_back({Reading::Of::kBoth, beside, std::move(both)});
  }
  return Done{};
}

Status Prover::Estimate(Reading& reading) const {
  SALVOR_TRY(const int64_t bytes,
             EstimateOf(opened_.connection, reading.sql, opened_.plan.pins.location));
  reading.bytes = MostBilled(bytes, reading.of == Reading::Of::kBoth ? 2 : 1);
  return Done{};
}

Status Prover::CheckAffordable(const std::vector<Reading>& readings) const {
  if (readings.empty()) return Done{};
  int64_t bytes = 0;
  int64_t partitions = 0;
  for (const Reading& reading : readings) {
    bytes += reading.bytes;
    if (reading.of != Reading::Of::kTable) {
      partitions += static_cast<int64_t>(reading.indices.size());
    }
  }
  const std::string cost = fmt::format(
      "the rows of {} are compared in {}: about {} billed", Plural(partitions, "partition"),
      Plural(static_cast<int64_t>(readings.size()), "query", "queries"), FormatBytes(bytes));
  opened_.connection.progress.Note(cost);
  const int64_t left = opened_.connection.spending->Left();
  if (bytes <= left) return Done{};
  return Fail(
      Code::kRefused,
      fmt::format("{}, and --max-bytes-billed leaves {}", cost,
                  FormatBytes(std::max<int64_t>(left, 0))),
      opened_.plan.table.uri,
      fmt::format("Nothing was charged for them. Allow at least --max-bytes-billed {}{}",
                  opened_.connection.spending->Spent() + bytes,
                  opened_.connection.fingerprints ? ", or leave --fingerprints out: partitions "
                                                    "that were copied as a whole are then proven "
                                                    "by counts, for nothing"
                                                  : ""));
}

Status Prover::CountBuffered() {
  if (!opened_.today.streaming) return Done{};
  SALVOR_TRY(const PartitionFilter filter, FilterOf(opened_.planned, opened_.today));
  auto buffered = BufferedRows(opened_.connection, opened_.today, filter, opened_.planned.ids);
  if (buffered) {
    buffered_ = *std::move(buffered);
  } else if (buffered.error().code == Code::kRefused) {
    uncounted_ = buffered.error().what + ". " + buffered.error().next;
  } else {
    return Fail(std::move(buffered).error());
  }
  return Done{};
}

Status Prover::Read(const Reading& reading) {
  if (reading.of == Reading::Of::kBoth) return ReadRelations(reading);
  SALVOR_TRY(const QueryAnswer answer,
             RunWithin(opened_.connection, reading.sql, opened_.plan.pins.location,
                       nlohmann::json::array(),
                       /*estimate=*/false));
  return ReadFingerprints(reading, answer.rows);
}

Status Prover::ReadFingerprints(const Reading& reading, const Rows& rows) {
  constexpr size_t kColumns = 4;
  std::map<std::string, Fingerprint> found;
  for (const auto& row : rows.rows) {
    if (row.size() != kColumns || !row[0] || !row[1]) {
      return Fail(Code::kCorrupt, "a fingerprint query answered with other columns");
    }
    SALVOR_TRY(found[*row[0]], FingerprintOf(row));
  }
  for (const size_t index : reading.indices) {
    const auto print = found.find(opened_.planned.ids[index]);
    Fingerprint& side =
        reading.of == Reading::Of::kCopy ? proofs_[index].staged : proofs_[index].restored;
    side = print == found.end() ? EmptyFingerprint() : print->second;
  }
  return Done{};
}

Status Prover::ReadRelations(const Reading& reading) {
  SALVOR_TRY(const auto relations, CompareRows(opened_, reading.indices));
  for (size_t i = 0; i < relations.size(); ++i) {
    PartitionProof& proof = proofs_[reading.indices[i]];
    proof.staged = {relations[i].staged, "", "", kCompared};
    proof.restored = {relations[i].common, "", "", kCompared};
  }
  return Done{};
}

std::string Prover::ProblemOf(size_t index) const {
  const PartitionProof& proof = proofs_[index];
  if (!differs_.empty()) return "the table is not as the plan defines it: " + differs_;
  const auto buffered = buffered_.find(opened_.planned.ids[index]);
  if (buffered != buffered_.end()) {
    return fmt::format(
        "{} of it in the table's streaming buffer, which may be restored ones once more. {}, then "
        "run verify again",
        Plural(buffered->second, "row is", "rows are"), kStopTheStream);
  }
  if (!uncounted_.empty()) return uncounted_;
  if (proof.staged.rows != proof.planned_rows) {
    return fmt::format("the private copy has {}, and the plan says {}",
                       Plural(proof.staged.rows, "row"), FormatCount(proof.planned_rows));
  }
  if (proof.restored.rows != proof.staged.rows) {
    return fmt::format("the table has {}, and the private copy {}{}",
                       Plural(proof.restored.rows, "row"), FormatCount(proof.staged.rows),
                       !IsWritten(index) ? ": apply has not written it; run apply again"
                       : counted_then_[index] == proof.staged.rows
                           ? ", as the table had when apply had ended: others wrote to it since, "
                             "so that rows can no longer be compared with rows"
                           : "");
  }
  if (!(proof.restored == proof.staged)) return "as many rows, but other ones";
  const auto job = written_.jobs.find(index);
  const bool copied = job != written_.jobs.end() && !opened_.planned.ByQuery(index);
  if (copied && job->second.copied_rows != proof.planned_rows) {
    return fmt::format("the service says that it copied {}",
                       Plural(job->second.copied_rows, "row"));
  }
  return "";
}

ComparedBy Prover::HowCompared(size_t index) const {
  if (IsCompared(index)) {
    return opened_.planned.partitions[index]->mode == Mode::kBeside ? ComparedBy::kRows
                                                                    : ComparedBy::kFingerprints;
  }
  return written_.jobs.contains(index) ? ComparedBy::kCopiedRows : ComparedBy::kCounts;
}

}  // namespace salvor::bigquery
