// What the names in a query stand for: the language's Catalog over the store, with the caller's
// permissions, the job's location and default dataset; and what each reading costs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "testing/bigquery_server/googlesql.h"
#include "testing/bigquery_server/jobs/job.h"
#include "testing/bigquery_server/world.h"

namespace salvor::testing::bigquery {

class QueryCatalog final : public Catalog {
 public:
  QueryCatalog(World& world, const Job& job);

  Result<Relation> Resolve(const TablePath& path, std::optional<Instant> as_of) override;

  // Qualified with the job's project and default dataset; the dataset must be there, in the job's
  // location.
  Result<TableName> NameOf(const TablePath& path);

  // Logical bytes of the columns and partitions that the read says; tables that were resolved only.
  Result<int64_t> BytesOf(const Statement::Read& read);
  // ... of all its columns: what changing these partitions adds.
  Result<int64_t> BytesOfRows(const Statement::Read& read);
  // The REST references of the tables (not the views) among them.
  Json ReferencesOf(const std::vector<Statement::Read>& reads) const;

  // Between the two, tables are read as the transaction sees them.
  void EnterTransaction(const TransactionView& view) { transaction_ = view; }
  void LeaveTransaction() { transaction_.reset(); }
  // The rows that a change finds: those of now, or the transaction's.
  [[nodiscard]] Slice RowsToChange() const { return {.with_buffer = true, .within = transaction_}; }

  // Pseudo columns of an ingestion-time table, as SELECT items.
  static std::vector<std::string> PseudoItems(const Table& table);

 private:
  struct Seen {
    bool is_view = false;
    Table table;  // as it was when it was resolved
    Slice slice;
  };
  Result<Relation> ResolveTable(const TablePath& path, std::optional<Instant> as_of);
  [[nodiscard]] std::string PolicyFilter(const Table& table) const;

  World& world_;
  const Job& job_;
  std::optional<TransactionView> transaction_;
  std::map<std::pair<std::string, int64_t>, Seen> seen_;  // by identity and instant (or -1)
};

}  // namespace salvor::testing::bigquery
