// BigQueryReader: what became of a plan, and rows against rows.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <mutex>
#include <utility>

#include "base/text.h"
#include "bigquery/applied.h"
#include "bigquery/copies.h"
#include "bigquery/definition.h"
#include "bigquery/in_flight.h"
#include "bigquery/job.h"
#include "bigquery/jobs_view.h"
#include "bigquery/planned.h"
#include "bigquery/reader.h"
#include "bigquery/remake.h"
#include "bigquery/spending.h"
#include "bigquery/statement.h"
#include "model/partition.h"

namespace salvor::bigquery {
namespace {

using model::Fingerprint;
using model::Mode;
using model::PartitionProof;
using warehouse::AppliedState;
using warehouse::Relation;

constexpr const char* kCounted = "bigquery copied rows, counted on both sides";

// A plan, opened against the table as it is.
struct Opened {
  Table today;
  Planned planned;
};

Result<Opened> Open(const Connection& connection, const model::Plan& plan,
                    const std::string& plan_digest) {
  SALVOR_OK(CheckPins(connection, plan));
  Opened opened;
  SALVOR_TRY(opened.today, TableToday(connection, plan));
  SALVOR_TRY(opened.planned, ReadPlan(connection, plan, plan_digest, opened.today));
  return opened;
}

std::string NameOf(const model::Plan& plan, const Planned& planned, size_t index) {
  return model::FormatKey(plan.columns, planned.partitions[index]->key);
}

// How many rows a partition has after apply; nothing where nobody counted them and the private copy
// is gone.
Result<std::optional<int64_t>> RowsAfter(const Connection& connection, const Planned& planned,
                                         size_t index) {
  const model::PlannedPartition& one = *planned.partitions[index];
  SALVOR_TRY(auto rows, RowsToComeBack(connection, planned, index));
  if (rows && one.mode == Mode::kBeside) *rows += one.now.rows;
  return rows;
}

// A line for each written partition that has fewer rows than apply left there, by metadata.
Result<std::vector<std::string>> Lost(const Connection& connection, const model::Plan& plan,
                                      const Planned& planned, const Written& written) {
  std::mutex mutex;
  std::map<size_t, std::string> lines;
  SALVOR_OK(ForEach(written.done.size(), kRequestsInFlight, [&](size_t i) -> Status {
    const size_t index = written.done[i];
    SALVOR_TRY(const int64_t rows, CountRows(connection, connection.table, planned.ids[index]));
    SALVOR_TRY(const auto left, RowsAfter(connection, planned, index));
    if (rows >= left.value_or(rows > 0 ? 0 : 1)) return Done{};
    const std::lock_guard lock(mutex);
    lines[index] = fmt::format("partition {} has {} now, and apply left {} there",
                               NameOf(plan, planned, index), Plural(rows, "row"),
                               left ? FormatCount(*left) : "more");
    return Done{};
  }));
  std::vector<std::string> list;
  list.reserve(lines.size());
  for (auto& [index, line] : lines) list.push_back(std::move(line));
  return list;
}

Result<std::optional<AppliedState>> UndoState(const Connection& connection, const model::Plan& plan,
                                              const std::string& plan_digest) {
  SALVOR_TRY(const Attempt undo, LastAttempt(connection, plan, plan_digest, "undo", kUndoPart));
  if (!undo.Succeeded()) return std::optional<AppliedState>();
  AppliedState state;
  state.applied.at = undo.job->ended.value_or(undo.job->created);
  state.applied.version = MillisOf(state.applied.at);
  state.live = true;
  return std::optional(std::move(state));
}

warehouse::Applied AppliedBy(const Written& written) {
  const Instant at = written.last.value_or(Instant{});
  return {MillisOf(at), at};
}

// Fingerprints of these partitions of one table, by id.
using Fingerprints = std::map<std::string, Fingerprint>;

Result<Fingerprints> ReadFingerprints(const Connection& connection, const model::Plan& plan,
                                      const RowSet& rows, const Opened& opened,
                                      const std::vector<std::string>& ids) {
  const Table& today = opened.today;
  SALVOR_TRY(const PartitionFilter filter, FilterOf(opened.planned, today));
  SALVOR_TRY(const std::string sql, FingerprintStatement(rows, today.fields, filter, ids));
  SALVOR_TRY(const QueryAnswer answer,
             RunWithin(connection, sql, plan.pins.location, nlohmann::json::array(),
                       /*estimate=*/true));
  Fingerprints found;
  for (const auto& row : answer.rows.rows) {
    if (row.size() != 4 || !row[0] || !row[1]) {
      return Fail(Code::kCorrupt, "a fingerprint query answered with other columns");
    }
    Fingerprint print;
    const std::string& count = *row[1];
    std::from_chars(count.data(), count.data() + count.size(), print.rows);
    print.sum = row[2].value_or("");
    print.exclusive_or = row[3].value_or("");
    print.algorithm = kFingerprintAlgorithm;
    found[*row[0]] = std::move(print);
  }
  return found;
}

class Proving {
 public:
  Proving(const Connection& connection, const model::Plan& plan, const Opened& opened,
          const Written& written)
      : connection_(connection),
        plan_(plan),
        opened_(opened),
        today_(opened.today),
        planned_(opened.planned),
        written_(written) {}

  Result<std::vector<PartitionProof>> Run() {
    proofs_.resize(planned_.ids.size());
    SALVOR_TRY(const auto copies, NeedCopies(connection_, plan_, planned_, today_));
    SALVOR_OK(ForEach(planned_.ids.size(), kRequestsInFlight,
                      [&](size_t index) { return Count(index); }));
    SALVOR_OK(Print(copies));
    if (planned_.table_is_gone) {
      SALVOR_TRY(const Table to_make, TableToMake(plan_, connection_.table, copies.front().table));
      differs_ = HowItDiffers(today_, to_make);
    }
    for (size_t i = 0; i < proofs_.size(); ++i) Judge(i);
    return std::move(proofs_);
  }

 private:
  [[nodiscard]] bool IsWritten(size_t index) const {
    return std::binary_search(written_.done.begin(), written_.done.end(), index);
  }

  // A deleted table is filled by whichever kind of job its copy allows.
  [[nodiscard]] bool WentByQuery(size_t index) const {
    if (planned_.ByQuery(index)) return true;
    const auto job = written_.jobs.find(index);
    return planned_.table_is_gone &&
           (job == written_.jobs.end() ||
            (job->second.copied_rows == 0 && !job->second.configuration.contains("copy")));
  }

  // Free: both sides by metadata, and what the service says that it copied. The table as it was
  // when apply had ended, so that rows which came later do not count; as it is, where the service
  // does not answer that.
  Status Count(size_t index) {
    PartitionProof& proof = proofs_[index];
    const model::PlannedPartition& one = *planned_.partitions[index];
    const std::string& id = planned_.ids[index];
    proof.key = one.key;
    proof.skipped = !IsWritten(index);
    SALVOR_TRY(const int64_t staged, CountRows(connection_, planned_.CopyOf(index), id));
    proof.planned_rows = one.restore.uncounted == 0 ? one.restore.rows : staged;
    proof.staged = {staged, "", "", kCounted};
    const auto then = written_.last && !id.empty()
                          ? CountRows(connection_, connection_.table, id, written_.last)
                          : Result<int64_t>(Fail(Code::kUnsupported, ""));
    int64_t restored = 0;
    if (then && *then > 0) {
      restored = *then;
    } else {
      SALVOR_TRY(restored, CountRows(connection_, connection_.table, id));
    }
    if (one.mode == Mode::kBeside && !proof.skipped) restored -= one.now.rows;
    proof.restored = {restored, "", "", kCounted};
    return Done{};
  }

  // Rows that went through a query are compared as rows; those that the service copied as a whole
  // are not, because that would cost.
  Status Print(const std::vector<Copy>& copies) {
    std::map<TableName, std::vector<size_t>> groups;
    std::vector<size_t> beside;
    for (size_t i = 0; i < planned_.ids.size(); ++i) {
      if (!WentByQuery(i)) continue;
      if (planned_.partitions[i]->mode == Mode::kBeside) {
        beside.push_back(i);
      } else {
        groups[planned_.CopyOf(i)].push_back(i);
      }
    }
    for (const auto& [name, indices] : groups) {
      SALVOR_OK(PrintGroup(RowsOf(CopyAt(copies, name).table), indices));
    }
    if (beside.empty()) return Done{};
    SALVOR_TRY(const auto relations, CompareRows(connection_, plan_, planned_, today_, beside));
    for (size_t i = 0; i < beside.size(); ++i) {
      proofs_[beside[i]].staged.rows = relations[i].staged;
      proofs_[beside[i]].restored.rows = relations[i].common;
    }
    return Done{};
  }

  Status PrintGroup(const RowSet& staged, const std::vector<size_t>& indices) {
    std::vector<std::string> ids;
    ids.reserve(indices.size());
    for (const size_t index : indices) ids.push_back(planned_.ids[index]);
    SALVOR_TRY(Fingerprints left, ReadFingerprints(connection_, plan_, staged, opened_, ids));
    SALVOR_TRY(Fingerprints right,
               ReadFingerprints(connection_, plan_, RowsOf(today_), opened_, ids));
    for (const size_t index : indices) {
      proofs_[index].staged = left[planned_.ids[index]];
      proofs_[index].restored = right[planned_.ids[index]];
    }
    return Done{};
  }

  void Judge(size_t index) {
    PartitionProof& proof = proofs_[index];
    const auto job = written_.jobs.find(index);
    const bool copied = job != written_.jobs.end() && !WentByQuery(index);
    if (!differs_.empty()) {
      proof.problem = "the table is not as the plan defines it: " + differs_;
    } else if (proof.staged.rows != proof.planned_rows) {
      proof.problem =
          fmt::format("the private copy has {}, and the plan says {}",
                      Plural(proof.staged.rows, "row"), FormatCount(proof.planned_rows));
    } else if (proof.restored.rows != proof.staged.rows) {
      proof.problem =
          fmt::format("the table has {}, and the private copy {}",
                      Plural(proof.restored.rows, "row"), FormatCount(proof.staged.rows));
    } else if (!(proof.restored == proof.staged)) {
      proof.problem = "as many rows, but other ones";
    } else if (copied && job->second.copied_rows != proof.planned_rows) {
      proof.problem =
          fmt::format("the service says that it copied {}", Plural(job->second.copied_rows, "row"));
    }
    proof.proven = proof.problem.empty();
  }

  const Connection& connection_;
  const model::Plan& plan_;
  const Opened& opened_;
  const Table& today_;
  const Planned& planned_;
  const Written& written_;
  std::vector<PartitionProof> proofs_;
  std::string differs_;  // a deleted table, made again in another way
};

}  // namespace

Result<std::vector<Relation>> BigQueryReader::Relate(const model::Plan& plan,
                                                     const std::string& plan_digest,
                                                     const std::vector<size_t>& which) {
  SALVOR_TRY(const Opened opened, Open(connection_, plan, plan_digest));
  SALVOR_TRY(const auto rows, CompareRows(connection_, plan, opened.planned, opened.today, which));
  std::vector<Relation> relations;
  relations.reserve(which.size());
  for (size_t i = 0; i < which.size(); ++i) {
    relations.push_back({opened.planned.partitions[which[i]]->key, rows[i].staged, rows[i].present,
                         rows[i].common});
  }
  return relations;
}

Result<std::optional<AppliedState>> BigQueryReader::FindOperation(const model::Plan& plan,
                                                                  const std::string& plan_digest,
                                                                  const std::string& step) {
  SALVOR_TRY(const Opened opened, Open(connection_, plan, plan_digest));
  if (step == "undo") return UndoState(connection_, plan, plan_digest);
  SALVOR_TRY(Written written, FindWritten(connection_, plan, opened.planned, opened.today));
  if (written.done.empty()) return std::optional<AppliedState>();
  AppliedState state;
  state.applied = AppliedBy(written);
  state.complete = written.done.size() == opened.planned.ids.size();
  if (written.undone) {
    state.lost_since.push_back("undone by job " + written.undone->ref.id);
  } else {
    SALVOR_TRY(state.lost_since, Lost(connection_, plan, opened.planned, written));
  }
  state.live = state.lost_since.empty();
  state.files = static_cast<int64_t>(written.done.size());
  state.done = std::move(written.done);
  return std::optional(std::move(state));
}

Result<std::optional<warehouse::Applied>> BigQueryReader::FindApplied(
    const model::Plan& plan, const std::string& plan_digest) {
  SALVOR_TRY(const Opened opened, Open(connection_, plan, plan_digest));
  SALVOR_TRY(const Written written, FindWritten(connection_, plan, opened.planned, opened.today));
  if (written.done.empty()) return std::optional<warehouse::Applied>();
  return std::optional(AppliedBy(written));
}

Result<std::vector<PartitionProof>> BigQueryReader::Prove(const model::Plan& plan,
                                                          const std::string& plan_digest) {
  SALVOR_TRY(const Opened opened, Open(connection_, plan, plan_digest));
  SALVOR_TRY(const Written written, FindWritten(connection_, plan, opened.planned, opened.today));
  return Proving(connection_, plan, opened, written).Run();
}

Result<std::vector<std::string>> BigQueryReader::ChangesSince(const model::Plan& plan,
                                                              int64_t version) {
  const std::string digest = model::PlanDigest(model::FormatPlan(plan));
  SALVOR_TRY(const Opened opened, Open(connection_, plan, digest));
  SALVOR_TRY(const TableJobs jobs,
             JobsOf(connection_, plan.pins.location, InstantOfMillis(version)));
  std::vector<std::string> lines;
  for (const TableJob& job : jobs.jobs) {
    if (job.BySalvor() || MillisOf(job.ended) <= version) continue;
    const auto& ids = opened.planned.ids;
    const bool touches =
        job.partition.empty() || std::find(ids.begin(), ids.end(), job.partition) != ids.end();
    if (!touches || !job.MayRemoveRows()) continue;
    lines.push_back(
        fmt::format("{} by {} at {}", job.operation, job.user, FormatInstant(job.ended)));
  }
  // Not every change is a job, and not every job can be seen.
  std::mutex mutex;
  std::map<size_t, std::string> found;
  SALVOR_OK(ForEach(opened.planned.ids.size(), kRequestsInFlight, [&](size_t index) -> Status {
    SALVOR_TRY(const int64_t rows,
               CountRows(connection_, connection_.table, opened.planned.ids[index]));
    SALVOR_TRY(const auto left, RowsAfter(connection_, opened.planned, index));
    if (!left || rows == *left) return Done{};
    const std::lock_guard lock(mutex);
    found[index] =
        fmt::format("partition {} has {} now, and {} when apply had ended",
                    NameOf(plan, opened.planned, index), Plural(rows, "row"), FormatCount(*left));
    return Done{};
  }));
  for (auto& [index, line] : found) lines.push_back(std::move(line));
  return lines;
}

}  // namespace salvor::bigquery
