#include "bigquery/plan/examine.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "base/text.h"
#include "bigquery/history/reach.h"
#include "bigquery/jobs/quotas.h"
#include "bigquery/plan/cost_notes.h"
#include "bigquery/plan/examine_deleted.h"
#include "bigquery/plan/warnings.h"
#include "bigquery/rest/parallel_for.h"
#include "bigquery/rest/partition_id.h"
#include "bigquery/sql/apply_transaction.h"
#include "bigquery/sql/partition_filter.h"
#include "bigquery/sql/select_statements.h"
#include "bigquery/table/clone_depth.h"
#include "bigquery/table/counted_rows.h"
#include "bigquery/table/partition_digest.h"
#include "bigquery/table/past_schema.h"
#include "bigquery/table/row_counts.h"
#include "bigquery/table/schema_compatibility.h"
#include "bigquery/table/table_state.h"
#include "bigquery/table/transaction_cost.h"

namespace salvor::bigquery {
namespace {

using model::Mode;
using warehouse::Examination;
using warehouse::Examined;
using warehouse::Wanted;

// Partitions that would go by themselves within this time are not worth bringing back.
constexpr Millis kExpiryMargin{24 * 3'600'000LL};

// Rows that no decorator names, and that the service keeps together with the streaming buffer's: a
// person can still save them, by a statement.
std::string WhyNotOutside(const Table& table, Instant at) {
  if (table.partitioning.ByIngestionTime()) {
    return "rows without a partition yet (__UNPARTITIONED__) are in the streaming buffer: they get "
           "theirs by themselves within 90 minutes; plan again then";
  }
  std::string save;
  const auto filter = PartitionFilter::Make(table.partitioning, table.fields);
  const auto statement =
      filter ? RescueStatement(table.name, *filter, at) : Result<std::string>("");
  if (statement && !statement->empty()) {
    save =
        ". Save them by hand before the deadline, where only their readers may look, and put them "
        "back by an INSERT: " +
        *statement;
  }
  return "rows whose value lies outside all partitions (__UNPARTITIONED__: a date before 1960 or "
         "after 2159, a number outside the range) have no partition that a job could name, and "
         "rows of the streaming buffer are counted with them" +
         save;
}

// Of the instants at which each partition held what is wanted, the fewest that hit them all: a
// private copy is made for each. By the end of their intervals.
std::vector<int64_t> FewestInstants(const std::vector<Wanted>& wanted) {
  std::vector<size_t> order(wanted.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return wanted[a].snapshot < wanted[b].snapshot; });
  std::vector<int64_t> instants(wanted.size());
  std::optional<int64_t> last;
  for (const size_t i : order) {
    const int64_t since = wanted[i].unchanged_since.value_or(wanted[i].snapshot);
    if (!last || *last < since) last = wanted[i].snapshot;
    instants[i] = *last;
  }
  return instants;
}

int64_t RowsOfId(const Counts& counts, const std::string& id) {
  const auto found = counts.find(id);
  return found == counts.end() ? 0 : found->second;
}

std::string WhyNotThisWay(const Examined& examined, const std::string& id) {
  if (examined.wanted.mode == Mode::kInvert) {
    return "on BigQuery one event cannot be taken back inside a partition that lived on; "
           "--include partial replaces the partition under proof";
  }
  if (examined.wanted.mode == Mode::kInstead) {
    return "--replace is for Delta Lake tables: on BigQuery salvor does not yet put rows in the "
           "place of others";
  }
  if (id.empty() && examined.now.rows > 0) {
    return "a table without partitions is restored only while it is empty";
  }
  return "";
}

class Examiner {
 public:
  Examiner(const Connection& connection, Table table, Dataset dataset)
      : connection_(connection),
        table_(std::move(table)),
        dataset_(std::move(dataset)),
        counter_(connection_, table_) {}

  Result<Examination> Run(const std::vector<Wanted>& wanted) {
    SALVOR_OK(ReadPolicies());
    SALVOR_OK(Count(wanted));
    SALVOR_OK(ReadSchemas());
    Examination examination;
    examination.partitions.resize(wanted.size());
    std::atomic<int64_t> done = 0;
    SALVOR_OK(ForEach(wanted.size(), kRequestsInFlight, [&](size_t i) -> Status {
      SALVOR_TRY(examination.partitions[i], ExamineOne(wanted[i], i));
      connection_.progress.Tell("looking at what may come back", ++done,
                                static_cast<int64_t>(wanted.size()));
      return Done{};
    }));
    RefuseWithoutRoom(examination.partitions);
    SALVOR_OK(Measure(examination.partitions));
    examination.state =
        StateOf(table_, policies_, MillisOf(std::max(connection_.api.Now(), table_.modified)));
    WarnOfNoUndo(examination);
    WarnOfOtherLayout(examination);
    TellOfCopies(examination);
    SALVOR_OK(WarnOfLaterDeletions(connection_, table_, wanted, examination.warnings));
    examination.names_later_deletions = true;
    WarnOfRights(connection_, examination.warnings);
    SALVOR_OK(TellCost(
        table_, connection_.by_name, connection_.max_bytes_billed,
        OnlyByName(examination.partitions),
        [&](const auto& which) { return CostsOf(examination.partitions, which); }, examination));
    Pin(examination.pins);
    return examination;
  }

  // By the schema and the layout of then and now, and by what is due. What the caller's rights, a
  // stream, room or a flag of plan decide is for plan to say: it may be otherwise then.
  Result<std::vector<std::string>> Refusals(const std::vector<Wanted>& wanted) {
    instants_ = FewestInstants(wanted);
    SALVOR_OK(ReadSchemas());
    std::vector<std::string> refusals;
    for (size_t i = 0; i < wanted.size(); ++i) {
      const Wanted& one = wanted[i];
      Examined examined;
      examined.wanted = one;
      examined.snapshot = {instants_[i], InstantOfMillis(instants_[i])};
      SALVOR_TRY(const std::string id, PartitionIdOf(table_, one.key));
      if (id == kEarlierTable) {
        refusals.emplace_back();
        continue;
      }
      const std::string why = WhyNot(examined, id);
      const SchemaFit& fit = fits_.at(instants_[i]);
      refusals.push_back(!fit.same && why == WhyOnlyByName(fit) ? "" : why);
    }
    return refusals;
  }

 private:
  Status ReadPolicies() {
    auto policies = connection_.api.ListRowAccessPolicies(table_.name);
    if (policies) {
      policies_ = *std::move(policies);
    } else if (policies.error().code == Code::kUnavailable) {
      return Fail(std::move(policies).error());
    } else {
      refusal_ =
          "whether the table has row-access policies, which a copy would remove, cannot be "
          "seen (" +
          policies.error().what + "). Ask for bigquery.rowAccessPolicies.list on the table";
      return Done{};
    }
    refusal_ = WhyNotWritten(table_, policies_);
    if (refusal_.empty()) {
      SALVOR_TRY(refusal_, WhyNotCloned(connection_, table_));
    }
    return Done{};
  }

  // undo asserts that a partition holds the rows that were put there, and no others.
  void WarnOfNoUndo(Examination& examination) const {
    for (const Examined& one : examination.partitions) {
      const auto fit = fits_.find(one.snapshot.version);
      if (!ComesBack(one) || fit == fits_.end() || fit->second.incomparable.empty()) continue;
      examination.warnings.push_back(fit->second.incomparable +
                                     ": undo and verify --fingerprints will refuse");
      return;
    }
  }

  static void TellOfCopies(Examination& examination) {
    std::set<int64_t> instants;
    for (const Examined& one : examination.partitions) {
      if (ComesBack(one)) instants.insert(one.snapshot.version);
    }
    if (instants.empty()) return;
    examination.notes.push_back(fmt::format(
        "{}: stored for nothing at first; what the table loses or rewrites from then on, the "
        "copies "
        "are billed for until they are dropped",
        Plural(static_cast<int64_t>(instants.size()), "private copy", "private copies")));
  }

  // What was laid out otherwise then, no copy job takes; only the private copy can tell.
  void WarnOfOtherLayout(Examination& examination) const {
    for (const Examined& one : examination.partitions) {
      if (!ComesBack(one) || one.snapshot.at >= table_.created) continue;
      examination.warnings.push_back(fmt::format(
          "the table was replaced at {}: if it was partitioned or clustered otherwise before, "
          "persist finds that in the private copy and refuses",
          FormatInstant(table_.created)));
      return;
    }
  }

  // The rows that are wanted, at as few instants as hold them all, and those of now.
  Status Count(const std::vector<Wanted>& wanted) {
    for (const Wanted& one : wanted) {
      SALVOR_TRY(std::string id, PartitionIdOf(table_, one.key));
      ids_.push_back(std::move(id));
    }
    if (wanted.empty()) return Done{};
    instants_ = FewestInstants(wanted);
    SALVOR_OK(CountThen());
    // A stream adds rows without a job that says so.
    for (size_t i = 0; i < wanted.size(); ++i) {
      if (instants_[i] == wanted[i].snapshot) continue;
      const auto own = connection_.known->Find(wanted[i].snapshot, {ids_[i]});
      const auto earlier = then_.find(instants_[i]);
      if (own && earlier != then_.end() &&
          RowsOfId(*own, ids_[i]) == RowsOfId(earlier->second, ids_[i])) {
        continue;
      }
      instants_[i] = wanted[i].snapshot;
    }
    SALVOR_OK(CountThen());
    std::vector<std::string> ids = ids_;
    std::erase(ids, kEarlierTable);
    if (ids.empty()) return Done{};
    SALVOR_TRY(const auto now, CountAll(counter_, {{std::nullopt, std::move(ids)}}));
    now_ = now.front().rows;
    return Done{};
  }

  // An instant that time travel does not reach has no counts.
  Status CountThen() {
    std::map<int64_t, std::vector<std::string>> by_instant;
    for (size_t i = 0; i < ids_.size(); ++i) {
      if (ids_[i] != kEarlierTable) by_instant[instants_[i]].push_back(ids_[i]);
    }
    std::vector<CountRequest> requests;
    for (const auto& [at, ids] : by_instant) requests.push_back({at, ids});
    auto counted = CountAll(counter_, requests);
    if (!counted && counted.error().code != Code::kTooLate) return Fail(std::move(counted).error());
    for (size_t i = 0; i < requests.size(); ++i) {
      auto one = counted ? Result<Counted>((*counted)[i]) : CountOne(requests[i]);
      if (one) {
        then_[*requests[i].at] = std::move(one->rows);
      } else if (one.error().code != Code::kTooLate) {
        return Fail(std::move(one).error());
      }
    }
    return Done{};
  }

  Result<Counted> CountOne(const CountRequest& request) {
    SALVOR_TRY(auto counted, CountAll(counter_, {request}));
    return std::move(counted.front());
  }

  // Of each snapshot that is wanted; the columns may be others than today.
  Status ReadSchemas() {
    for (const int64_t at : instants_) {
      if (fits_.contains(at)) continue;
      auto then = FieldsAt(connection_, table_, InstantOfMillis(at));
      if (!then && then.error().code == Code::kUnavailable) return Fail(std::move(then).error());
      // One that cannot be read is refused below, partition by partition.
      then_fields_[at] = then ? *then : table_.fields;
      fits_[at] = then ? FitSchema(*then, table_.fields) : SchemaFit{true, "", "", "", ""};
    }
    return Done{};
  }

  Result<Examined> ExamineOne(const Wanted& wanted, size_t index) {
    const int64_t at = instants_[index];
    const std::string& id = ids_[index];
    Examined examined;
    examined.wanted = wanted;
    examined.snapshot = {at, InstantOfMillis(at)};
    examined.deadline = DeadlineOf(at, dataset_);
    examined.deadline_reason = DeadlineReason(dataset_);
    if (id == kEarlierTable) {
      examined.restore = {.rows = 0, .bytes = 0, .files = 1, .uncounted = 1};
      examined.files_present = 1;
      examined.refusal = fmt::format(
          "another table had this name, and its rows cannot be put into this one. Copy it as a "
          "whole "
          "while the service still does that: bq cp {}:{}.{}@{} PROJECT:PRIVATE_DATASET.rescued",
          table_.name.project, table_.name.dataset, table_.name.table, at);
      return examined;
    }
    const int64_t counted = RowsOfId(now_, id);
    // What a later command compares by metadata, is pinned by metadata.
    if (counted > 0) {
      SALVOR_TRY(examined.now, TallyNow(connection_.api, table_, id));
    }
    examined.present = PresentDigest(id, examined.now);
    const auto then = then_.find(at);
    if (then == then_.end()) {
      examined.files_gone = 1;
      return examined;
    }
    examined.restore = TallyOf(RowsOfId(then->second, id), 0);
    examined.files_present = examined.restore.files;
    examined.content = ContentDigest(id, at, examined.restore);
    examined.refusal = WhyNot(examined, id);
    if (examined.refusal.empty() && counted != examined.now.rows) {
      examined.refusal = WhyNotUncounted(counted - examined.now.rows);
    }
    return examined;
  }

  // Rows that a query finds and metadata does not: a copy would find its partition not empty, or
  // leave them behind.
  [[nodiscard]] std::string WhyNotUncounted(int64_t rows) const {
    if (table_.streaming) {
      return "rows for this partition are in the streaming buffer: stop the stream, and plan again "
             "when it is empty (within 90 minutes)";
    }
    return fmt::format(
        "a query counts {} rows {} here than metadata does: rows that were written through the "
        "Storage Write API and are not flushed, or metadata that lags. Plan again when both agree",
        FormatCount(std::abs(rows)), rows > 0 ? "more" : "fewer");
  }

  [[nodiscard]] std::string WhyNot(const Examined& examined, const std::string& id) const {
    if (!refusal_.empty()) return refusal_;
    std::string way = id == model::kUnpartitioned ? WhyNotOutside(table_, examined.snapshot.at)
                                                  : WhyNotThisWay(examined, id);
    if (!way.empty()) return way;
    const auto expiry = ExpiryOf(table_.partitioning, id);
    if (expiry && *expiry < connection_.api.Now() + kExpiryMargin) {
      return fmt::format(
          "the table's partition expiration would delete it at once (it was due {}): lift it first",
          FormatInstant(*expiry));
    }
    const SchemaFit& fit = fits_.at(examined.snapshot.version);
    if (!fit.refusal.empty()) return fit.refusal + ". " + fit.next;
    if (!fit.same && !fit.incomparable.empty()) {
      return fit.by_name +
             ": copy jobs do not take that, and what a query would put back could "
             "not be proven: " +
             fit.incomparable;
    }
    if (!fit.same && !connection_.by_name) return WhyOnlyByName(fit);
    const bool by_query =
        connection_.by_name || id == kNullId || examined.wanted.mode != Mode::kAdd;
    return by_query ? fit.incomparable : "";
  }

  static std::string WhyOnlyByName(const SchemaFit& fit) {
    return fit.by_name +
           ": copy jobs do not take that; --by-name puts the rows back by column name, in a query "
           "that costs";
  }

  // Those that nothing else keeps from coming back.
  [[nodiscard]] std::vector<size_t> OnlyByName(const std::vector<Examined>& partitions) const {
    std::vector<size_t> found;
    for (size_t i = 0; i < partitions.size(); ++i) {
      const Examined& one = partitions[i];
      if (one.refusal.empty() || one.files_gone > 0 || one.restore.files == 0) continue;
      if (one.refusal == WhyOnlyByName(fits_.at(one.snapshot.version))) found.push_back(i);
    }
    return found;
  }

  // As many bytes as a query would read of the table as it was: one dry run for each instant tells,
  // and each partition counts with its share of rows.
  Status Measure(std::vector<Examined>& partitions) {
    std::map<int64_t, std::vector<size_t>> groups;
    const std::vector<size_t> only_by_name = OnlyByName(partitions);
    for (size_t i = 0; i < partitions.size(); ++i) {
      const bool offered = std::binary_search(only_by_name.begin(), only_by_name.end(), i);
      if (offered || ComesBack(partitions[i])) {
        groups[partitions[i].snapshot.version].push_back(i);
      }
    }
    for (const auto& [at, which] : groups) {
      std::vector<std::string> ids;
      int64_t rows = 0;
      for (const size_t i : which) {
        ids.push_back(ids_[i]);
        rows += partitions[i].restore.rows;
      }
      SALVOR_TRY(const int64_t bytes, BytesAt(connection_, table_, InstantOfMillis(at), ids));
      const double each =
          static_cast<double>(bytes) / static_cast<double>(std::max<int64_t>(rows, 1));
      for (const size_t i : which) {
        model::Tally& restore = partitions[i].restore;
        restore.bytes = static_cast<int64_t>(std::ceil(each * static_cast<double>(restore.rows)));
        partitions[i].content = ContentDigest(ids_[i], at, restore);
      }
    }
    return Done{};
  }

  // Of the transaction that apply will run, with the table's past in the place of the private copy.
  Result<QueryCosts> CostsOf(const std::vector<Examined>& partitions,
                             const std::vector<size_t>& which) {
    SALVOR_TRY(PartitionFilter filter, PartitionFilter::Make(table_.partitioning, table_.fields));
    std::map<int64_t, Group> groups;
    for (const size_t i : which) {
      const Examined& one = partitions[i];
      const int64_t at = one.snapshot.version;
      Group& group = groups[at];
      group.staged = {table_.name, then_fields_.at(at), one.snapshot.at};
      if (one.wanted.mode == Mode::kReplace) {
        group.replace.push_back({ids_[i], one.restore.rows, one.now.rows, one.now.rows});
      } else if (one.wanted.mode == Mode::kBeside) {
        group.beside.push_back({ids_[i], one.restore.rows, one.now.rows, 0});
      } else {
        group.fill.push_back({ids_[i], one.restore.rows});
      }
    }
    ApplyTransaction apply{{table_.name, table_.fields}, std::move(filter), {}};
    for (auto& [at, group] : groups) apply.groups.push_back(std::move(group));
    QueryCosts costs;
    SALVOR_TRY(const Transaction made, ApplyScript(apply));
    SALVOR_TRY(costs.writing, CostOf(connection_, table_.location, made.readings));
    SALVOR_TRY(const auto compared, ReadToCompare(apply));
    SALVOR_TRY(costs.comparing, CostOf(connection_, table_.location, compared));
    return costs;
  }

  // "Partitioned tables": a copy that would make one partition too many fails, when others were
  // written already.
  void RefuseWithoutRoom(std::vector<Examined>& partitions) const {
    const auto is_new = [](const Examined& one) {
      return one.refusal.empty() && one.now.rows == 0 && one.restore.rows > 0;
    };
    const auto more = std::count_if(partitions.begin(), partitions.end(), is_new);
    if (more == 0 || table_.partitions + more <= kMostPartitions) return;
    const std::string why = fmt::format(
        "the table has {} partitions and may have {}: {} more do not fit; choose with "
        "--partitions, or remove others first",
        FormatCount(table_.partitions), FormatCount(kMostPartitions), FormatCount(more));
    for (Examined& one : partitions) {
      if (is_new(one)) one.refusal = why;
    }
  }

  void Pin(model::Pins& pins) const {
    pins.job_project = connection_.job_project;
    pins.location = dataset_.location;
    pins.endpoint = connection_.api.Endpoint();
    pins.by_name = connection_.by_name;
    pins.allow_unchecked_iam = connection_.allow_unchecked_iam;
  }

  const Connection& connection_;
  Table table_;
  Dataset dataset_;
  QueryCounter counter_;
  std::vector<std::string> ids_;    // of what is wanted, in its order
  std::vector<int64_t> instants_;   // the snapshot of each
  std::map<int64_t, Counts> then_;  // of these partitions
  Counts now_;
  std::vector<std::string> policies_;
  std::string refusal_;
  std::map<int64_t, std::vector<Field>> then_fields_;
  std::map<int64_t, SchemaFit> fits_;
};

}  // namespace

Result<std::vector<std::string>> Refusals(const Connection& connection,
                                          const std::vector<Wanted>& wanted) {
  SALVOR_TRY(auto table, connection.api.GetTable(connection.table));
  // A deleted table is made again as it was.
  if (wanted.empty() || !table) return std::vector<std::string>(wanted.size());
  return Examiner(connection, *std::move(table), {}).Refusals(wanted);
}

Result<Examination> Examine(const Connection& connection, const std::vector<Wanted>& wanted) {
  const TableName& name = connection.table;
  SALVOR_TRY(auto dataset, connection.api.GetDataset(name.Dataset()));
  if (!dataset)
    return Fail(Code::kNotFound, "there is no such dataset", FormatName(name.Dataset()));
  SALVOR_TRY(auto table, connection.api.GetTable(name));
  if (table) *connection.kms_key = table->kms_key;
  auto examination = table
                         ? Examiner(connection, *std::move(table), *std::move(dataset)).Run(wanted)
                         : ExamineDeleted(connection, *dataset, wanted);
  if (examination) examination->notes.push_back(SpentNote(*connection.spending));
  return examination;
}

}  // namespace salvor::bigquery
