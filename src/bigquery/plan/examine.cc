#include "bigquery/plan/examine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "base/text.h"
#include "bigquery/history/partitions_view.h"
#include "bigquery/history/time_travel.h"
#include "bigquery/history/time_travel_query.h"
#include "bigquery/jobs/quotas.h"
#include "bigquery/plan/cost_notes.h"
#include "bigquery/plan/examine_deleted.h"
#include "bigquery/plan/warnings.h"
#include "bigquery/rest/parallel_for.h"
#include "bigquery/rest/partition_id.h"
#include "bigquery/sql/partition_filter.h"
#include "bigquery/sql/select_statements.h"
#include "bigquery/table/clone_depth.h"
#include "bigquery/table/partition_digest.h"
#include "bigquery/table/row_counts.h"
#include "bigquery/table/schema_compatibility.h"
#include "bigquery/table/streaming_buffer.h"
#include "bigquery/table/table_state.h"

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

// Of a table that was replaced since. What the service leaves out of the past is taken to be as
// today; persist looks at the private copy itself.
std::string WhyNotThatLayout(const Table& then, const Table& now) {
  if (then.partitioning.IsPartitioned() && !SamePartitions(then.partitioning, now.partitioning)) {
    return "the table had other partitions then, and copy jobs do not take that. Save its rows by "
           "hand before the deadline, where only their readers may look, by CREATE TABLE … CLONE … "
           "FOR SYSTEM_TIME AS OF, and put them back by an INSERT with column names";
  }
  if (!then.clustering.empty() && then.clustering != now.clustering) {
    return fmt::format(
        "the table was clustered by {} then, and copy jobs want it so now: set that (bq update "
        "--clustering_fields={}), and plan anew",
        fmt::join(then.clustering, ", "), fmt::join(then.clustering, ","));
  }
  return "";
}

std::string WhyNotThisWay(const Examined& examined, const std::string& id) {
  if (examined.wanted.mode == Mode::kInvert) {
    return "on BigQuery one event cannot be taken back inside a partition that lived on; "
           "--include partial replaces the partition under proof";
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
        past_(std::make_unique<MetadataPast>(connection.api, table_.name)) {}

  Result<Examination> Run(const std::vector<Wanted>& wanted) {
    SALVOR_OK(ReadPolicies());
    SALVOR_OK(ReadSchemas(wanted));
    SALVOR_OK(CountBuffered(wanted));
    SALVOR_OK(ChooseWayOfAsking(wanted));
    Examination examination;
    examination.partitions.resize(wanted.size());
    std::atomic<int64_t> done = 0;
    SALVOR_OK(ForEach(wanted.size(), kRequestsInFlight, [&](size_t i) -> Status {
      SALVOR_TRY(examination.partitions[i], ExamineOne(wanted[i]));
      connection_.progress.Tell("looking at what may come back", ++done,
                                static_cast<int64_t>(wanted.size()));
      return Done{};
    }));
    RefuseWithoutRoom(examination.partitions);
    examination.state =
        StateOf(table_, policies_, MillisOf(std::max(connection_.api.Now(), table_.modified)));
    WarnOfNoUndo(examination);
    SALVOR_OK(WarnOfLaterDeletions(connection_, table_.location, wanted, examination.warnings));
    examination.names_later_deletions = true;
    WarnOfRights(connection_, examination.warnings);
    TellCost(table_, connection_.by_name, connection_.max_bytes_billed,
             OnlyByName(examination.partitions), examination);
    Pin(examination.pins);
    return examination;
  }

  // By the schema and the layout of then and now, and by what is due. What the caller's rights, a
  // stream, room or a flag of plan decide is for plan to say: it may be otherwise then.
  Result<std::vector<std::string>> Refusals(const std::vector<Wanted>& wanted) {
    SALVOR_OK(ReadSchemas(wanted));
    std::vector<std::string> refusals;
    for (const Wanted& one : wanted) {
      Examined examined;
      examined.wanted = one;
      examined.snapshot = {one.snapshot, InstantOfMillis(one.snapshot)};
      SALVOR_TRY(const std::string id, PartitionIdOf(table_, one.key));
      const std::string why = WhyNot(examined, id);
      const SchemaFit& fit = fits_.at(one.snapshot);
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
      const auto fit = fits_.find(one.wanted.snapshot);
      if (!ComesBack(one) || fit == fits_.end() || fit->second.incomparable.empty()) continue;
      examination.warnings.push_back(fit->second.incomparable +
                                     ": undo and verify --fingerprints will refuse");
      return;
    }
  }

  // Where metadata does not tell of a partition at an instant, a query does. One ordinary partition
  // speaks for all of them; those that stand for no value are asked about each by itself.
  Status ChooseWayOfAsking(const std::vector<Wanted>& wanted) {
    bool ordinary_asked = false;
    for (const Wanted& one : wanted) {
      SALVOR_TRY(const std::string id, PartitionIdOf(table_, one.key));
      const bool ordinary = PlaceOf(table_.partitioning, id).has_value();
      if (id.empty() || (ordinary && ordinary_asked)) continue;
      ordinary_asked = ordinary_asked || ordinary;
      const auto answer =
          connection_.api.GetTable(table_.name, fmt::format("${}@{}", id, one.snapshot));
      const bool told =
          answer ? !*answer || (*answer)->counted : answer.error().code != Code::kInvalidArgument;
      if (told) continue;
      past_ = std::make_unique<QueryPast>(connection_, table_);
      return Done{};
    }
    return Done{};
  }

  // Rows in the streaming buffer are in nobody's metadata, but a copy would find its partition not
  // empty, or leave them behind. The buffer does not name partitions: they are counted.
  Status CountBuffered(const std::vector<Wanted>& wanted) {
    if (!table_.streaming || wanted.empty()) return Done{};
    std::vector<std::string> ids;
    for (const Wanted& one : wanted) {
      SALVOR_TRY(std::string id, PartitionIdOf(table_, one.key));
      ids.push_back(std::move(id));
    }
    SALVOR_TRY(const PartitionFilter filter,
               PartitionFilter::Make(table_.partitioning, table_.fields));
    auto buffered = BufferedRows(connection_, table_, filter, ids);
    if (buffered) {
      buffered_ = *std::move(buffered);
    } else if (buffered.error().code == Code::kRefused) {
      refusal_ = buffered.error().what;
    } else {
      return Fail(std::move(buffered).error());
    }
    return Done{};
  }

  // Of each snapshot that is wanted; the columns may be others than today.
  Status ReadSchemas(const std::vector<Wanted>& wanted) {
    for (const Wanted& one : wanted) {
      if (fits_.contains(one.snapshot)) continue;
      auto then = connection_.api.GetTable(table_.name, fmt::format("@{}", one.snapshot));
      if (!then && then.error().code == Code::kUnavailable) return Fail(std::move(then).error());
      if (then && *then) other_layout_[one.snapshot] = WhyNotThatLayout(**then, table_);
      // One that cannot be read is refused below, partition by partition.
      fits_[one.snapshot] = then && *then ? FitSchema((**then).fields, table_.fields)
                                          : SchemaFit{true, "", "", "", ""};
    }
    return Done{};
  }

  Result<Examined> ExamineOne(const Wanted& wanted) {
    Examined examined;
    examined.wanted = wanted;
    examined.snapshot = {wanted.snapshot, InstantOfMillis(wanted.snapshot)};
    examined.deadline = DeadlineOf(wanted.snapshot, dataset_);
    examined.deadline_reason = DeadlineReason(dataset_);
    SALVOR_TRY(const std::string id, PartitionIdOf(table_, wanted.key));
    SALVOR_TRY(examined.now, TallyNow(connection_.api, table_, id));
    examined.present = PresentDigest(id, examined.now);
    auto then = past_->At(id, wanted.snapshot);
    if (!then && then.error().code != Code::kTooLate) return Fail(std::move(then).error());
    if (!then) {
      examined.files_gone = 1;
      return examined;
    }
    examined.restore = *then;
    examined.files_present = then->files;
    examined.content = ContentDigest(id, wanted.snapshot, *then);
    examined.refusal = WhyNot(examined, id);
    return examined;
  }

  [[nodiscard]] std::string WhyNot(const Examined& examined, const std::string& id) const {
    if (!refusal_.empty()) return refusal_;
    const auto layout = other_layout_.find(examined.wanted.snapshot);
    if (layout != other_layout_.end() && !layout->second.empty()) return layout->second;
    std::string way = id == model::kUnpartitioned ? WhyNotOutside(table_, examined.snapshot.at)
                                                  : WhyNotThisWay(examined, id);
    if (!way.empty()) return way;
    if (buffered_.contains(id)) {
      return "rows for this partition are in the streaming buffer: stop the stream, and plan again "
             "when it is empty (within 90 minutes)";
    }
    const auto expiry = ExpiryOf(table_.partitioning, id);
    if (expiry && *expiry < connection_.api.Now() + kExpiryMargin) {
      return fmt::format(
          "the table's partition expiration would delete it at once (it was due {}): lift it first",
          FormatInstant(*expiry));
    }
    const SchemaFit& fit = fits_.at(examined.wanted.snapshot);
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
      if (one.refusal == WhyOnlyByName(fits_.at(one.wanted.snapshot))) found.push_back(i);
    }
    return found;
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
  std::unique_ptr<Past> past_;
  std::vector<std::string> policies_;
  std::string refusal_;
  std::map<int64_t, SchemaFit> fits_;
  std::map<int64_t, std::string> other_layout_;  // why copy jobs would not take it, or ""
  std::map<std::string, int64_t> buffered_;      // rows in the streaming buffer, by partition
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
  auto examination = table
                         ? Examiner(connection, *std::move(table), *std::move(dataset)).Run(wanted)
                         : ExamineDeleted(connection, *dataset, wanted);
  if (examination) examination->notes.push_back(SpentNote(*connection.spending));
  return examination;
}

}  // namespace salvor::bigquery
