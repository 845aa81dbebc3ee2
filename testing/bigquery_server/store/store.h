// Projects, datasets, tables and their rows, with their past. Not thread-safe; the server holds one
// lock. Every change happens inside a Change, which undoes rows and descriptions alike unless it is
// committed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "testing/bigquery_server/silences.h"
#include "testing/bigquery_server/store/catalog.h"
#include "testing/bigquery_server/store/rows.h"
#include "testing/bigquery_server/store/server_clock.h"

namespace salvor::testing::bigquery {

class Store {
 public:
  Store(ServerClock& clock, const Silences& silences);

  // All that happens in one change bears one instant. Inside another change it joins that one.
  class Change {
   public:
    Change(Store& store, int64_t at_ms);
    ~Change();
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;
    Status Commit();
    [[nodiscard]] int64_t at_ms() const { return at_ms_; }

   private:
    Store& store_;
    bool outermost_;
    bool committed_ = false;
    int64_t at_ms_;
    Catalogue before_;
  };

  // A project is there as soon as it is named.
  Project& ProjectOf(const std::string& project);
  // notFound as the service says it.
  Result<Dataset*> FindDataset(const std::string& project, const std::string& dataset);
  Result<Table*> FindTable(const TableName& name);
  [[nodiscard]] bool Exists(const TableName& name);
  // The life of that name that was there at `at_ms` (absolute), inside the window. A deleted one is
  // found with `deleted_too` (copy jobs) only. The error texts are the service's.
  Result<Table*> FindTableAt(const TableName& name, int64_t at_ms, bool deleted_too);
  // The earliest instant at which this table can be read now.
  [[nodiscard]] int64_t ReadableFrom(const Table& table);

  // Adds a life of `table.name`: number, instants and DuckDB's table are filled in, the dataset's
  // defaults laid on. duplicate if the name is taken, unless `replace`.
  Result<Table*> AddTable(Table table, int64_t at_ms, bool replace = false);
  void EndTable(Table& table, int64_t at_ms);
  // What changed counts: etag and lastModifiedTime move.
  void Touch(Table& table, int64_t at_ms);

  // What time did by itself since the last look: expired tables and partitions, the buffer's flush.
  Status Settle();
  // Partitions past their expiration are ended; nothing happens to tables without one.
  Status ExpirePartitions(Table& table);
  // Every streaming buffer that is older than `age_ms`.
  Status FlushBuffers(int64_t age_ms);

  Rows& rows() { return rows_; }
  ServerClock& clock() { return clock_; }
  [[nodiscard]] const Silences& silences() const { return silences_; }
  Catalogue& catalogue() { return catalogue_; }

 private:
  ServerClock& clock_;
  const Silences& silences_;
  Rows rows_;
  Catalogue catalogue_;
  int changes_open_ = 0;
  int64_t change_at_ms_ = 0;
};

}  // namespace salvor::testing::bigquery
