#include "bigquery/sql/apply_transaction.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "bigquery/sql/projection.h"
#include "bigquery/sql/quoting.h"

namespace salvor::bigquery {
namespace {

using Ids = std::vector<std::string>;

constexpr const char* kFull = "a partition that must be empty has rows: nothing was written";
constexpr const char* kShort =
    "a partition did not get the rows of the private copy: nothing was written";
constexpr const char* kMoved =
    "a partition has other rows than when this was decided: nothing was written";
constexpr const char* kWrong = "a partition did not come out as planned: nothing was written";

template <typename Partition>
Ids IdsOf(const std::vector<Partition>& partitions) {
  Ids ids;
  for (const auto& partition : partitions) ids.push_back(partition.id);
  return ids;
}

// The rows of one partition, in an assertion about several.
std::string IsPartition(const std::string& id) {
  return "(partition_id = " + QuoteText(id) + " AND ";
}

// A script, grown statement by statement.
class Script {
 public:
  Script(const RowSet& present, const PartitionFilter& filter)
      : present_(present), filter_(filter) {
    Add("BEGIN TRANSACTION");
  }

  void Add(const std::string& statement) { made_.sql += statement + ";\n"; }
  void Add(const std::string& statement, Reading reading) {
    Add(statement);
    made_.readings.push_back(std::move(reading));
  }
  Transaction Finish() {
    Add("COMMIT TRANSACTION");
    return std::move(made_);
  }

  Status AssertEmpty(const Ids& ids) {
    SALVOR_TRY(std::string where, filter_.Where(ids));
    Add(fmt::format("ASSERT (\n  SELECT COUNT(*)\n  FROM {} AS t\n  WHERE {}\n) = 0\nAS {}",
                    QuoteTable(present_.table), where, QuoteText(kFull)),
        {{}});
    return Done{};
  }

  // Each partition has exactly this many rows; without numbers, all of them as many as `staged`.
  Status AssertCounts(const std::vector<EmptyPartition>& partitions, const RowSet& staged) {
    const bool counted = std::all_of(partitions.begin(), partitions.end(),
                                     [](const EmptyPartition& one) { return one.staged_rows; });
    if (!counted) return AssertAsMany(IdsOf(partitions), staged);
    SALVOR_TRY(std::string read,
               CountStatement(staged.table, filter_, IdsOf(partitions), staged.as_of));
    SALVOR_TRY(std::string counts, CountStatement(present_.table, filter_, IdsOf(partitions)));
    std::string expected;
    size_t with_rows = 0;
    for (const EmptyPartition& partition : partitions) {
      if (*partition.staged_rows == 0) continue;  // absent from the counts
      ++with_rows;
      expected += fmt::format("{}(partition_id = {} AND row_count = {})",
                              expected.empty() ? "" : "\n    OR ", QuoteText(partition.id),
                              *partition.staged_rows);
    }
    const std::string where = expected.empty() ? "" : "  WHERE " + expected + "\n";
    Add(fmt::format("ASSERT (\n  SELECT COUNT(*)\n  FROM (\n{}\n)\n{}) = {}\nAS {}", counts, where,
                    with_rows, QuoteText(kShort)),
        {{std::move(read)}});
    return Done{};
  }

  // Both sides and what they share are exactly as expected. `staged` beside the private copy: other
  // tables whose rows count with it. `holds`: where the rows come from that the table has then.
  Status AssertRelation(const std::vector<ExpectedPartition>& partitions,
                        std::vector<RowSet> staged, const std::vector<RowSet>& holds,
                        const std::string& message) {
    Reading reading;
    for (const RowSet& rows : staged) {
      SALVOR_TRY(reading.emplace_back(), Read({rows}, IdsOf(partitions)));
    }
    SALVOR_TRY(reading.emplace_back(), Read(holds, IdsOf(partitions)));
    SALVOR_TRY(std::string relation, RelationStatement({.staged = std::move(staged),
                                                        .present = present_,
                                                        .filter = filter_,
                                                        .ids = IdsOf(partitions)}));
    std::string expected;
    size_t with_rows = 0;
    for (const ExpectedPartition& one : partitions) {
      if (one.staged_rows == 0 && one.present_rows == 0) continue;  // absent from the relation
      ++with_rows;
      expected += fmt::format("{}{}staged_rows = {} AND present_rows = {} AND common_rows = {})",
                              expected.empty() ? "" : "\n    OR ", IsPartition(one.id),
                              one.staged_rows, one.present_rows, one.common_rows);
    }
    // Without a condition: whatever has rows is one too many.
    const std::string where = expected.empty() ? "" : "  WHERE " + expected + "\n";
    Add(fmt::format("ASSERT (\n  SELECT COUNT(*)\n  FROM (\n{}\n)\n{}) = {}\nAS {}", relation,
                    where, with_rows, QuoteText(message)),
        std::move(reading));
    return Done{};
  }

  Status Delete(const Ids& ids) {
    SALVOR_TRY(std::string where, filter_.Where(ids));
    SALVOR_TRY(std::string keys, CountStatement(present_.table, filter_, ids));
    SALVOR_TRY(auto read, Read({present_}, ids));
    read.push_back(std::move(keys));
    Add(fmt::format("DELETE FROM {} AS t\nWHERE {}", QuoteTable(present_.table), where),
        {std::move(read)});
    return Done{};
  }

  Status Insert(const RowSet& source, const Ids& ids) {
    SALVOR_TRY(const std::string rows, RowsStatement(source, present_.fields, filter_, ids));
    std::string columns = filter_.Of().ByIngestionTime() ? "_PARTITIONTIME" : "";
    for (const Field& field : present_.fields) {
      columns += (columns.empty() ? "" : ", ") + QuoteName(field.name);
    }
    Add(fmt::format("INSERT INTO {} ({})\n{}", QuoteTable(present_.table), columns, rows),
        {{rows}});
    return Done{};
  }

 private:
  // All columns that the table has today.
  [[nodiscard]] Result<std::vector<std::string>> Read(const std::vector<RowSet>& sets,
                                                      const Ids& ids) const {
    std::vector<std::string> read;
    for (const RowSet& rows : sets) {
      SALVOR_TRY(read.emplace_back(), RowsStatement(rows, present_.fields, filter_, ids));
    }
    return read;
  }

  Status AssertAsMany(const Ids& ids, const RowSet& staged) {
    SALVOR_TRY(std::string where, filter_.Where(ids));
    SALVOR_TRY(std::string read, CountStatement(staged.table, filter_, ids, staged.as_of));
    Add(fmt::format("ASSERT (\n  SELECT COUNT(*)\n  FROM {0} AS t\n  WHERE {2}\n) = (\n"
                    "  SELECT COUNT(*)\n  FROM {1} AS t\n  WHERE {2}\n)\nAS {3}",
                    QuoteTable(present_.table), QuoteTable(staged.table), where, QuoteText(kShort)),
        {{read}, {read}});
    return Done{};
  }

  const RowSet& present_;
  const PartitionFilter& filter_;
  Transaction made_;
};

// The staged rows are there, once each, and nothing else.
std::vector<ExpectedPartition> Identical(const std::vector<ExpectedPartition>& partitions) {
  std::vector<ExpectedPartition> identical = partitions;
  for (ExpectedPartition& one : identical) one.present_rows = one.common_rows = one.staged_rows;
  return identical;
}

// The staged rows are there beside those that were.
std::vector<ExpectedPartition> Together(const std::vector<ExpectedPartition>& partitions) {
  std::vector<ExpectedPartition> together = partitions;
  for (ExpectedPartition& one : together) {
    one.present_rows += one.staged_rows;
    one.common_rows = one.staged_rows;
  }
  return together;
}

// The same, looked at with the rows from before counted among the staged ones: then both sides are
// one multiset.
std::vector<ExpectedPartition> TogetherWithBefore(
    const std::vector<ExpectedPartition>& partitions) {
  std::vector<ExpectedPartition> together = partitions;
  for (ExpectedPartition& one : together) {
    one.staged_rows += one.present_rows;
    one.present_rows = one.common_rows = one.staged_rows;
  }
  return together;
}

// The rows from before are there, once each, and nothing else.
std::vector<ExpectedPartition> AsBefore(const std::vector<ExpectedPartition>& partitions) {
  std::vector<ExpectedPartition> before = partitions;
  for (ExpectedPartition& one : before) one.staged_rows = one.common_rows = one.present_rows;
  return before;
}

std::vector<ExpectedPartition> AsExpected(const std::vector<EmptyPartition>& filled) {
  std::vector<ExpectedPartition> expected;
  expected.reserve(filled.size());
  for (const EmptyPartition& one : filled) {
    const int64_t rows = one.staged_rows.value_or(0);
    expected.push_back({one.id, rows, rows, rows});
  }
  return expected;
}

void Append(Ids& ids, const Ids& more) { ids.insert(ids.end(), more.begin(), more.end()); }

// Everything is asserted before anything is changed.
Status AssertBefore(Script& script, const Group& group, const RowSet& present) {
  if (!group.fill.empty()) SALVOR_OK(script.AssertEmpty(IdsOf(group.fill)));
  if (!group.replace.empty()) {
    SALVOR_OK(script.AssertRelation(group.replace, {group.staged}, {present}, kMoved));
  }
  if (group.beside.empty()) return Done{};
  return script.AssertRelation(group.beside, {group.staged}, {present}, kMoved);
}

Status Change(Script& script, const Group& group) {
  if (!group.replace.empty()) SALVOR_OK(script.Delete(IdsOf(group.replace)));
  Ids ids = IdsOf(group.fill);
  Append(ids, IdsOf(group.replace));
  Append(ids, IdsOf(group.beside));
  return script.Insert(group.staged, ids);
}

Status AssertAfter(Script& script, const Group& group, const RowSet& present) {
  if (!group.fill.empty()) SALVOR_OK(script.AssertCounts(group.fill, group.staged));
  if (!group.replace.empty()) {
    SALVOR_OK(
        script.AssertRelation(Identical(group.replace), {group.staged}, {group.staged}, kWrong));
  }
  if (group.beside.empty()) return Done{};
  return script.AssertRelation(Together(group.beside), {group.staged}, {present, group.staged},
                               kWrong);
}

Status AssertUntouched(Script& script, const Group& group, const RowSet& before,
                       const RowSet& present) {
  std::vector<ExpectedPartition> whole = Identical(group.replace);
  for (ExpectedPartition& one : AsExpected(group.fill)) whole.push_back(std::move(one));
  if (!whole.empty()) SALVOR_OK(script.AssertRelation(whole, {group.staged}, {present}, kMoved));
  if (group.beside.empty()) return Done{};
  return script.AssertRelation(TogetherWithBefore(group.beside), {group.staged, before}, {present},
                               kMoved);
}

}  // namespace

std::string FailedAssertion(std::string_view message) {
  for (const char* text : {kFull, kShort, kMoved, kWrong}) {
    if (message.find(text) != std::string_view::npos) return text;
  }
  return {};
}

Result<std::string> RowsStatement(const RowSet& rows, const std::vector<Field>& shape,
                                  const PartitionFilter& filter, const Ids& ids) {
  SALVOR_TRY(const auto items, SelectItems(shape, rows.fields));
  SALVOR_TRY(const std::string where, filter.Where(ids));
  std::string values = Join(items, ", ");
  if (filter.Of().ByIngestionTime()) values = "t._PARTITIONTIME, " + values;
  return fmt::format("SELECT {}\nFROM {} AS t{}\nWHERE {}", values, QuoteTable(rows.table),
                     AsOf(rows.as_of), where);
}

Result<Transaction> ApplyScript(const ApplyTransaction& apply) {
  Script script(apply.present, apply.filter);
  for (const Group& group : apply.groups) SALVOR_OK(AssertBefore(script, group, apply.present));
  for (const Group& group : apply.groups) SALVOR_OK(Change(script, group));
  for (const Group& group : apply.groups) SALVOR_OK(AssertAfter(script, group, apply.present));
  return script.Finish();
}

Result<std::vector<Reading>> ReadToCompare(const ApplyTransaction& apply) {
  std::vector<Reading> readings;
  for (const Group& group : apply.groups) {
    Ids ids = IdsOf(group.replace);
    Append(ids, IdsOf(group.beside));
    if (ids.empty()) continue;
    Reading& reading = readings.emplace_back();
    for (const RowSet* rows : {&group.staged, &apply.present}) {
      SALVOR_TRY(std::string sql, RowsStatement(*rows, apply.present.fields, apply.filter, ids));
      reading.push_back({std::move(sql)});
    }
  }
  return readings;
}

Result<Transaction> UndoScript(const UndoTransaction& undo) {
  Script script(undo.present, undo.filter);
  Ids all;
  Ids filled;
  std::vector<ExpectedPartition> had_rows;
  for (const Group& group : undo.groups) {
    for (const EmptyPartition& one : group.fill) {
      if (one.staged_rows) continue;
      return Fail(Code::kUnsupported, "nobody counted the rows that apply would put back yet");
    }
    SALVOR_OK(AssertUntouched(script, group, undo.before, undo.present));
    Append(filled, IdsOf(group.fill));
    had_rows.insert(had_rows.end(), group.replace.begin(), group.replace.end());
    had_rows.insert(had_rows.end(), group.beside.begin(), group.beside.end());
  }
  Append(all, filled);
  Append(all, IdsOf(had_rows));
  SALVOR_OK(script.Delete(all));
  if (!had_rows.empty()) {
    SALVOR_OK(script.Insert(undo.before, IdsOf(had_rows)));
    SALVOR_OK(script.AssertRelation(AsBefore(had_rows), {undo.before}, {undo.before}, kWrong));
  }
  if (!filled.empty()) SALVOR_OK(script.AssertEmpty(filled));
  return script.Finish();
}

bool AssertsPartition(std::string_view undo_script, const std::string& id) {
  return undo_script.find(IsPartition(id) + "staged_rows") != std::string_view::npos;
}

}  // namespace salvor::bigquery
