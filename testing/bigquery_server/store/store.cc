#include "testing/bigquery_server/store/store.h"

#include <algorithm>
#include <utility>

#include "testing/bigquery_server/api_error.h"

namespace salvor::testing::bigquery {

namespace {

constexpr int64_t kBufferAgeMs = 90 * 60 * 1000;

Error CannotReadBefore(const TableName& name, int64_t at_ms, int64_t from_ms) {
  const std::string at = std::to_string(at_ms);
  return ApiError("invalid", "Invalid snapshot time " + at + " for table " + name.Text() + "@" +
                                 at + ". Cannot read before " + std::to_string(from_ms) + ".");
}

Error TableNotFound(const TableName& name, const std::string& location) {
  return ApiError("notFound",
                  "Not found: Table " + name.Text() + " was not found in location " + location);
}

}  // namespace

Store::Store(ServerClock& clock, const Silences& silences) : clock_(clock), silences_(silences) {}

Store::Change::Change(Store& store, int64_t at_ms)
    : store_(store), outermost_(store.changes_open_ == 0), at_ms_(store.change_at_ms_) {
  ++store_.changes_open_;
  if (!outermost_) return;
  at_ms_ = store_.change_at_ms_ = store_.clock_.NextCommit(at_ms);
  before_ = store_.catalogue_;
  (void)store_.rows_.Begin();
}

Store::Change::~Change() {
  --store_.changes_open_;
  if (!outermost_ || committed_) return;
  store_.rows_.Rollback();
  store_.catalogue_ = std::move(before_);
}

Status Store::Change::Commit() {
  committed_ = true;
  if (!outermost_) return Done{};
  Status status = store_.rows_.Commit();
  if (!status) {
    store_.rows_.Rollback();
    store_.catalogue_ = std::move(before_);
  }
  return status;
}

Project& Store::ProjectOf(const std::string& project) {
  Project& found = catalogue_.projects[project];
  found.id = project;
  return found;
}

Result<Dataset*> Store::FindDataset(const std::string& project, const std::string& dataset) {
  auto& datasets = ProjectOf(project).datasets;
  const auto found = datasets.find(dataset);
  if (found == datasets.end()) {
    return Refuse("notFound", "Not found: Dataset " + project + ":" + dataset);
  }
  return &found->second;
}

Result<Table*> Store::FindTable(const TableName& name) {
  SALVOR_TRY(Dataset* const dataset, FindDataset(name.project, name.dataset));
  const auto found = dataset->tables.find(name.table);
  if (found == dataset->tables.end() || found->second.back().deleted_ms != kForever) {
    return Fail(TableNotFound(name, dataset->Location()));
  }
  return &found->second.back();
}

bool Store::Exists(const TableName& name) { return FindTable(name).has_value(); }

int64_t Store::ReadableFrom(const Table& table) {
  int64_t window = table.window_ms;
  if (table.deleted_ms == kForever) {
    const auto dataset = FindDataset(table.name.project, table.name.dataset);
    if (dataset) window = (*dataset)->WindowMs();
  }
  return std::max(table.created_ms, clock_.NowMs() - window);
}

Result<Table*> Store::FindTableAt(const TableName& name, int64_t at_ms, bool deleted_too) {
  SALVOR_TRY(Dataset* const dataset, FindDataset(name.project, name.dataset));
  const auto found = dataset->tables.find(name.table);
  if (found == dataset->tables.end()) return Fail(TableNotFound(name, dataset->Location()));
  std::vector<Table>& lives = found->second;
  const bool alive = lives.back().deleted_ms == kForever;
  if (!alive && !deleted_too) return Fail(TableNotFound(name, dataset->Location()));
  if (at_ms > clock_.NowMs()) {
    return Refuse("invalid", "Invalid snapshot time " + std::to_string(at_ms) + " for table " +
                                 name.Text() + ": it lies in the future");
  }
  for (size_t i = lives.size(); i-- > 0;) {
    Table& life = lives[i];
    // An older life is in reach if it was replaced in one step by what is in reach.
    if (i + 1 < lives.size() && !life.replaced) break;
    if (at_ms < life.created_ms || at_ms >= life.deleted_ms) continue;
    if (at_ms < ReadableFrom(life)) break;
    return &life;
  }
  return Fail(CannotReadBefore(name, at_ms, ReadableFrom(lives.back())));
}

Result<Table*> Store::AddTable(Table table, int64_t at_ms, bool replace) {
  SALVOR_OK(CheckTableId(table.name.table));
  SALVOR_TRY(Dataset* const dataset, FindDataset(table.name.project, table.name.dataset));
  std::vector<Table>& lives = dataset->tables[table.name.table];
  if (!lives.empty() && lives.back().deleted_ms == kForever) {
    if (!replace) return Refuse("duplicate", "Already Exists: Table " + table.name.Text());
    EndTable(lives.back(), at_ms);
    lives.back().replaced = true;
  }
  table.number = catalogue_.next_number++;
  table.created_ms = table.modified_ms = at_ms;
  if (table.schemas.empty()) table.schemas.push_back({});
  table.schemas.back().from_ms = at_ms;
  for (const Column& column : table.Columns()) {
    table.next_physical = std::max(table.next_physical, column.physical + 1);
  }
  const auto life = NumberAt(dataset->body, "defaultTableExpirationMs");
  if (life && *life > 0 && Find(table.body, "expirationTime") == nullptr) {
    table.body["expirationTime"] = std::to_string(at_ms + *life);
  }
  const auto partition_life = NumberAt(dataset->body, "defaultPartitionExpirationMs");
  if (partition_life && *partition_life > 0 &&
      table.partitioning.kind != Partitioning::Kind::kNone &&
      table.partitioning.kind != Partitioning::Kind::kRange) {
    if (!table.partitioning.expiration_ms) table.partitioning.expiration_ms = *partition_life;
    table.body.erase("expirationTime");  // the partitions' default takes its place
  }
  if (table.HoldsRows()) SALVOR_OK(rows_.Create(table));
  lives.push_back(std::move(table));
  return &lives.back();
}

void Store::EndTable(Table& table, int64_t at_ms) {
  const auto dataset = FindDataset(table.name.project, table.name.dataset);
  table.window_ms = dataset ? (*dataset)->WindowMs() : 0;
  table.deleted_ms = at_ms;
}

void Store::Touch(Table& table, int64_t at_ms) {
  table.modified_ms = at_ms;
  ++table.revision;
}

Status Store::ExpirePartitions(Table& table) {
  if (!table.partitioning.expiration_ms || !table.HoldsRows()) return Done{};
  SALVOR_TRY(const auto partitions, rows_.ByPartition(table, {}));
  for (const auto& [id, totals] : partitions) {
    const auto start = PartitionStart(table.partitioning, id);
    if (!start || *start + *table.partitioning.expiration_ms > clock_.NowMs()) continue;
    Change change(*this, clock_.NowMs());
    SALVOR_TRY([[maybe_unused]] const int64_t gone,
               rows_.End(table, {.partition = id}, change.at_ms()));
    SALVOR_OK(change.Commit());
  }
  return Done{};
}

Status Store::FlushBuffers(int64_t age_ms) {
  const int64_t now = clock_.NowMs();
  for (auto& [project_id, project] : catalogue_.projects) {
    for (auto& [dataset_id, dataset] : project.datasets) {
      for (auto& [id, lives] : dataset.tables) {
        Table& table = lives.back();
        if (table.deleted_ms != kForever || table.buffered_since_ms == 0) continue;
        if (now - table.buffered_since_ms < age_ms) continue;
        Change change(*this, now);
        SALVOR_OK(rows_.Flush(table, change.at_ms()));
        table.buffered_since_ms = 0;
        Touch(table, change.at_ms());
        SALVOR_OK(change.Commit());
      }
    }
  }
  return Done{};
}

Status Store::Settle() {
  SALVOR_OK(FlushBuffers(kBufferAgeMs));
  const int64_t now = clock_.NowMs();
  for (auto& [project_id, project] : catalogue_.projects) {
    for (auto& [dataset_id, dataset] : project.datasets) {
      for (auto& [id, lives] : dataset.tables) {
        Table& table = lives.back();
        if (table.deleted_ms != kForever) continue;
        if (table.ExpiresMs() <= now) {
          EndTable(table, clock_.NextCommit(table.ExpiresMs()));
        } else {
          SALVOR_OK(ExpirePartitions(table));
        }
      }
    }
  }
  return Done{};
}

}  // namespace salvor::testing::bigquery
