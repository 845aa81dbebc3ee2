#include <algorithm>
#include <utility>

#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/jobs/run_job.h"
#include "testing/bigquery_server/store/time_travel.h"

namespace salvor::testing::bigquery {

namespace {

constexpr size_t kMostSources = 1200;
constexpr int kDeepestChain = 3;

struct Source {
  Sighting seen;
  Decorated decorated;
};

struct Copy {
  std::vector<Source> sources;
  TableName destination;
  Decorated decorated;  // of the destination
  std::string write;
  std::string create;
  std::string operation;
};

bool IsSpecial(const std::optional<std::string>& partition) {
  return partition && (*partition == kNullPartition || *partition == kUnpartitioned);
}

TableName NameIn(const Json& reference, const std::string& project, const std::string& table) {
  return {TextAt(reference, "projectId", project), TextAt(reference, "datasetId"), table};
}

Result<Source> FindSource(World& world, const Job& job, const Json& reference,
                          const std::string& operation) {
  const std::string id = TextAt(reference, "tableId");
  Source source;
  SALVOR_TRY(source.decorated, ParseDecorated(id));
  const TableName name = NameIn(reference, job.project, source.decorated.table);
  SALVOR_TRY(Dataset* const dataset, world.store.FindDataset(name.project, name.dataset));
  if (dataset->Location() != job.location) {
    return Refuse("notFound", "Not found: Dataset " + dataset->Text() +
                                  " was not found in location " + job.location);
  }
  if (source.decorated.at && source.decorated.partition &&
      world.silences.Is("partition-at-instant-as-copy-source", "refused")) {
    return Refuse("invalid", "Invalid table decorator \"" + id + "\"");
  }
  if (IsSpecial(source.decorated.partition) &&
      world.silences.Is("special-partition-as-copy-source", "refused")) {
    return Refuse("invalid", "Cannot copy partition " + id);
  }
  SALVOR_TRY(source.seen, Look(world.store, name, source.decorated, Purpose::kCopy));
  const Table& table = *source.seen.table;
  SALVOR_OK(world.authority.WantTable(job.principal, "bigquery.tables.getData", table));
  if (operation == "SNAPSHOT") {
    SALVOR_OK(world.authority.WantTable(job.principal, "bigquery.tables.createSnapshot", table));
  }
  if (source.decorated.at) SALVOR_OK(WantPast(world.authority, job.principal, table));
  if (!table.HoldsRows()) {
    return Refuse("invalid", "Using table " + table.name.Text() + " of type " + table.type +
                                 " as a copy source is not allowed");
  }
  if ((table.type == "SNAPSHOT") != (operation == "RESTORE") && operation != "SNAPSHOT" &&
      operation != "CLONE") {
    return Refuse("invalid", "Operation type " + operation + " does not fit the source table " +
                                 table.name.Text() + " of type " + table.type);
  }
  if (operation == "RESTORE" && source.decorated.partition &&
      world.silences.Is("restore-of-one-partition", "refused")) {
    return Refuse("invalid", "A single partition of a snapshot cannot be restored: " + id);
  }
  return source;
}

Result<Copy> ParseCopy(World& world, const Job& job) {
  const Json& config = job.configuration.at("copy");
  SALVOR_OK(RefuseUnknown(
      config,
      {"sourceTable", "sourceTables", "destinationTable", "createDisposition", "writeDisposition",
       "destinationEncryptionConfiguration", "operationType", "destinationExpirationTime"},
      "configuration.copy"));
  Copy copy;
  copy.write = TextAt(config, "writeDisposition", "WRITE_EMPTY");
  copy.create = TextAt(config, "createDisposition", "CREATE_IF_NEEDED");
  copy.operation = TextAt(config, "operationType", "COPY");
  SALVOR_OK(CheckDisposition(copy.write, copy.create));
  if (copy.operation == "OPERATION_TYPE_UNSPECIFIED") copy.operation = "COPY";
  if (copy.operation != "COPY" && copy.operation != "SNAPSHOT" && copy.operation != "RESTORE" &&
      copy.operation != "CLONE") {
    return Refuse("invalid", "Invalid value for operationType: " + copy.operation);
  }
  Json sources = config.value("sourceTables", Json::array());
  if (const Json* one = Find(config, "sourceTable")) sources = Json::array({*one});
  if (sources.empty() || sources.size() > kMostSources) {
    return Refuse("invalid", "A copy job takes 1 to 1200 source tables");
  }
  const Json* destination = Find(config, "destinationTable");
  if (destination == nullptr)
    return Refuse("required", "Required parameter is missing: destinationTable");
  SALVOR_TRY(copy.decorated, ParseDecorated(TextAt(*destination, "tableId")));
  if (copy.decorated.at) return Refuse("invalid", "The past cannot be a destination");
  copy.destination = NameIn(*destination, job.project, copy.decorated.table);
  SALVOR_TRY(Dataset* const dataset,
             world.store.FindDataset(copy.destination.project, copy.destination.dataset));
  if (dataset->Location() != job.location) {
    return Refuse("notFound", "Not found: Dataset " + dataset->Text() +
                                  " was not found in location " + job.location);
  }
  for (const Json& reference : sources) {
    SALVOR_TRY(Source source, FindSource(world, job, reference, copy.operation));
    copy.sources.push_back(std::move(source));
  }
  if (copy.operation != "COPY" && (copy.sources.size() > 1 || copy.decorated.partition)) {
    return Refuse("invalid", copy.operation + " takes one source and a whole table");
  }
  return copy;
}

// The same partitions, clusters and columns on both sides; ids that match.
Status CheckFit(World& world, const Copy& copy, const Source& source, const Table& to) {
  const Table& from = *source.seen.table;
  const auto& columns =
      source.seen.slice.at_ms ? from.ColumnsAt(*source.seen.slice.at_ms) : from.Columns();
  const bool into_partition = copy.decorated.partition.has_value();
  const bool whole_into_partition = into_partition && !source.decorated.partition &&
                                    from.partitioning.kind == Partitioning::Kind::kNone &&
                                    to.partitioning.ByIngestion();
  if (!whole_into_partition &&
      (!from.partitioning.SameAs(to.partitioning) ||
       !std::equal(from.clustering.begin(), from.clustering.end(), to.clustering.begin(),
                   to.clustering.end(), SameText))) {
    return Refuse("invalid",
                  "Incompatible table partitioning specification. Expects partitioning "
                  "specification " +
                      DescribePartitioning(to.partitioning, to.clustering) +
                      ", but input partitioning specification is " +
                      DescribePartitioning(from.partitioning, from.clustering));
  }
  if (!SameSchema(columns, to.Columns())) {
    return Refuse("invalid", "Incompatible table schemata: Provided Schema does not match Table " +
                                 to.name.Text() + ".");
  }
  if (!SamePhysicalSchema(columns, to.Columns())) {
    return Refuse("invalid", "Cannot copy " + from.name.Text() + " to " + to.name.Text() +
                                 ": diverging physical schemas.");
  }
  if (!into_partition) return Done{};
  SALVOR_OK(CheckPartitionId(to.partitioning, *copy.decorated.partition, to.name.Text()));
  if (IsSpecial(copy.decorated.partition) &&
      world.silences.Is("special-partition-as-copy-destination", "refused")) {
    return Refuse("invalid",
                  "Cannot copy into partition " + to.name.Text() + "$" + *copy.decorated.partition);
  }
  if (to.partitioning.ByIngestion()) return Done{};
  if (source.decorated.partition != copy.decorated.partition) {
    return Refuse("invalid", "Cannot copy partition " +
                                 source.decorated.partition.value_or("(all)") + " to partition " +
                                 *copy.decorated.partition + " of the column-partitioned table " +
                                 to.name.Text());
  }
  return Done{};
}

// WRITE_EMPTY's compare-and-set, WRITE_TRUNCATE's clearing.
Status Prepare(World& world, const Job& job, const Copy& copy, Table& to, int64_t at_ms) {
  Slice slice{.partition = copy.decorated.partition};
  const std::string text =
      to.name.Text() + (slice.partition ? "$" + *slice.partition : std::string());
  if (copy.write == "WRITE_EMPTY") {
    SALVOR_TRY(RowTotals there, world.store.rows().Totals(to, slice, {}));
    if (to.buffered_since_ms != 0 && world.silences.Is("write-empty-counts-buffer", "yes")) {
      // Buffered rows of a column-partitioned table already have a partition by their values.
      SALVOR_TRY(const int64_t buffered, world.store.rows().BufferedIn(to, slice.partition));
      there.rows += buffered;
    }
    if (there.rows == 0) return Done{};
    const bool other = slice.partition && world.silences.Is("write-empty-on-partition", "invalid");
    return Refuse(other ? "invalid" : "duplicate", "Already Exists: Table " + text);
  }
  if (copy.write == "WRITE_TRUNCATE") {
    SALVOR_OK(world.authority.WantTable(job.principal, "bigquery.tables.update", to));
    SALVOR_TRY([[maybe_unused]] const int64_t gone, world.store.rows().End(to, slice, at_ms));
  }
  return Done{};
}

Result<int64_t> CopyRows(World& world, const Copy& copy, const Source& source, const Table& to,
                         int64_t at_ms) {
  const bool own_partition = !copy.decorated.partition;
  const std::string part = own_partition
                               ? "part AS salvor_part"
                               : delta::QuoteLiteral(*copy.decorated.partition) + " AS salvor_part";
  return world.store.rows().InsertPlaced(
      to, world.store.rows().Select(*source.seen.table, source.seen.slice, {part}), at_ms);
}

// Policies of the destination go away with what is copied over it, but for WRITE_APPEND.
void LayRowPolicies(const Copy& copy, Table& to) {
  if (copy.write == "WRITE_APPEND" || to.row_policies.empty()) return;
  const Table& from = *copy.sources.front().seen.table;
  to.row_policies = from.row_policies;
}

Result<int64_t> CopyInto(World& world, const Job& job, const Copy& copy, Table& to, int64_t at_ms) {
  if (to.type != "TABLE") {
    return Refuse("invalid",
                  "A table of type " + to.type + " cannot be a destination: " + to.name.Text());
  }
  SALVOR_OK(world.authority.WantTable(job.principal, "bigquery.tables.updateData", to));
  for (const Source& source : copy.sources) SALVOR_OK(CheckFit(world, copy, source, to));
  if (to.partitioning.kind != Partitioning::Kind::kNone) {
    SALVOR_OK(SpendPartitionUpdate(world, to, at_ms));
  }
  SALVOR_OK(Prepare(world, job, copy, to, at_ms));
  int64_t rows = 0;
  for (const Source& source : copy.sources) {
    SALVOR_TRY(const int64_t count, CopyRows(world, copy, source, to, at_ms));
    rows += count;
  }
  SALVOR_OK(CheckPartitionsOf(world, to));
  LayRowPolicies(copy, to);
  world.store.Touch(to, at_ms);
  return rows;
}

Result<int64_t> MakeDestination(World& world, const Job& job, const Copy& copy, int64_t at_ms) {
  if (copy.create == "CREATE_NEVER") {
    return Refuse("notFound", "Not found: Table " + copy.destination.Text());
  }
  if (copy.decorated.partition) {
    return Refuse("notFound",
                  "Not found: Table " + copy.destination.Text() + "$" + *copy.decorated.partition);
  }
  SALVOR_TRY(Dataset* const dataset,
             world.store.FindDataset(copy.destination.project, copy.destination.dataset));
  SALVOR_OK(world.authority.WantDataset(job.principal, "bigquery.tables.create", *dataset));
  Json body = Json::object();
  const Json& config = job.configuration.at("copy");
  if (const Json* key = Find(config, "destinationEncryptionConfiguration")) {
    body["encryptionConfiguration"] = *key;
  }
  const std::string expiration = TextAt(config, "destinationExpirationTime");
  if (!expiration.empty()) {
    if (copy.operation != "SNAPSHOT") {
      return Refuse("invalid", "destinationExpirationTime is for snapshots only");
    }
    SALVOR_TRY(const Instant at, ParseInstant(expiration));
    body["expirationTime"] = std::to_string(MillisOf(at));
  }
  const Source& first = copy.sources.front();
  // "Restore deleted tables": of a deleted table the copy does not keep its partitions.
  const bool keeps = !first.decorated.at || copy.operation != "COPY" ||
                     (first.seen.table->deleted_ms == kForever &&
                      world.silences.Is("historical-copy-keeps-partitioning", "yes"));
  SALVOR_TRY(Table* const made,
             MakeCopyOf(world, *first.seen.table, first.seen.slice, copy.destination,
                        copy.operation, body, keeps, false, at_ms));
  int64_t rows = 0;
  SALVOR_TRY(const RowTotals totals, world.store.rows().Totals(*made, {}, {}));
  rows = totals.rows;
  for (size_t i = 1; i < copy.sources.size(); ++i) {
    SALVOR_OK(CheckFit(world, copy, copy.sources[i], *made));
    SALVOR_TRY(const int64_t count, CopyRows(world, copy, copy.sources[i], *made, at_ms));
    rows += count;
  }
  return rows;
}

}  // namespace

Status CheckDisposition(const std::string& write, const std::string& create) {
  if (write != "WRITE_EMPTY" && write != "WRITE_APPEND" && write != "WRITE_TRUNCATE") {
    return Refuse("invalid", "Invalid value for writeDisposition: " + write);
  }
  if (create != "CREATE_IF_NEEDED" && create != "CREATE_NEVER") {
    return Refuse("invalid", "Invalid value for createDisposition: " + create);
  }
  return Done{};
}

Result<Table*> MakeCopyOf(World& world, const Table& source, const Slice& slice,
                          const TableName& name, const std::string& operation, const Json& body,
                          bool keep_layout, bool replace, int64_t at_ms) {
  const Table from = source;  // a replaced table of the same name moves in memory
  Table copy;
  copy.name = name;
  copy.body = body;
  if (keep_layout && from.RequiresFilter()) copy.body["requirePartitionFilter"] = true;
  if (const Json* key = Find(from.body, "encryptionConfiguration");
      key != nullptr && operation != "COPY" && Find(body, "encryptionConfiguration") == nullptr) {
    copy.body["encryptionConfiguration"] = *key;
  }
  copy.schemas.push_back({0, slice.at_ms ? from.ColumnsAt(*slice.at_ms) : from.Columns()});
  copy.next_physical = from.next_physical;
  if (keep_layout) {
    copy.partitioning = from.partitioning;
    copy.partitioning.expiration_ms.reset();
    if (operation == "COPY") copy.partitioning.expiration_ms = from.partitioning.expiration_ms;
    copy.clustering = from.clustering;
  }
  const Origin origin{from.name, slice.at_ms.value_or(at_ms)};
  if (operation == "SNAPSHOT" || operation == "CLONE") {
    copy.depth = from.depth + 1;
    if (copy.depth > kDeepestChain) {
      return Refuse("invalid", "The chain of clones and snapshots of " + from.name.Text() +
                                   " is already 3 deep");
    }
    (operation == "SNAPSHOT" ? copy.snapshot_of : copy.clone_of) = origin;
    if (operation == "SNAPSHOT") copy.type = "SNAPSHOT";
    copy.row_policies = from.row_policies;
    copy.had_row_policies = !from.row_policies.empty();
  }
  SALVOR_TRY(Table* const made, world.store.AddTable(std::move(copy), at_ms, replace));
  const std::string part = keep_layout ? "part AS salvor_part" : "'' AS salvor_part";
  SALVOR_TRY([[maybe_unused]] const int64_t rows,
             world.store.rows().InsertPlaced(*made, world.store.rows().Select(from, slice, {part}),
                                             at_ms));
  return made;
}

Status RunCopy(World& world, Job& job, int64_t at_ms) {
  Store::Change change(world.store, at_ms);
  SALVOR_TRY(const Copy copy, ParseCopy(world, job));
  int64_t rows = 0;
  if (!world.store.Exists(copy.destination)) {
    SALVOR_TRY(rows, MakeDestination(world, job, copy, change.at_ms()));
  } else {
    SALVOR_TRY(Table* const to, world.store.FindTable(copy.destination));
    if (copy.operation == "SNAPSHOT" || copy.operation == "CLONE" ||
        (copy.operation == "RESTORE" && copy.write != "WRITE_TRUNCATE")) {
      return Refuse("duplicate", "Already Exists: Table " + copy.destination.Text());
    }
    SALVOR_TRY(rows, CopyInto(world, job, copy, *to, change.at_ms()));
  }
  SALVOR_OK(change.Commit());
  job.statistics["copy"] = {{"copiedRows", std::to_string(rows)}, {"copiedLogicalBytes", "0"}};
  SALVOR_TRY(Table* const to, world.store.FindTable(copy.destination));
  SALVOR_TRY(
      const RowTotals totals,
      world.store.rows().Totals(*to, {.partition = copy.decorated.partition}, to->Columns()));
  job.statistics["copy"]["copiedLogicalBytes"] = std::to_string(totals.bytes);
  return world.store.ExpirePartitions(*to);
}

}  // namespace salvor::testing::bigquery
