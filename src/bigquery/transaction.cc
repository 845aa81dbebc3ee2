#include "bigquery/transaction.h"

#include <fmt/format.h>

#include <utility>

#include "bigquery/projection.h"
#include "bigquery/quoting.h"

namespace salvor::bigquery {
namespace {

using Ids = std::vector<std::string>;

template <typename Partition>
Ids IdsOf(const std::vector<Partition>& partitions) {
  Ids ids;
  for (const auto& partition : partitions) ids.push_back(partition.id);
  return ids;
}

// A script, grown statement by statement.
class Script {
 public:
  explicit Script(const Insertion& insertion) : insertion_(insertion) { Add("BEGIN TRANSACTION"); }

  void Add(const std::string& statement) { text_ += statement + ";\n"; }
  std::string Finish() {
    Add("COMMIT TRANSACTION");
    return std::move(text_);
  }

  Status AssertEmpty(const Ids& ids) {
    SALVOR_TRY(std::string where, insertion_.filter.Where(ids));
    Add(fmt::format("ASSERT (\n  SELECT COUNT(*)\n  FROM {} AS t\n  WHERE {}\n) = 0\nAS {}",
                    QuoteTable(insertion_.present.table), where,
                    QuoteText("a partition that must be empty has rows: nothing was written")));
    return Done{};
  }

  // Each partition has exactly this many rows.
  Status AssertCounts(const std::vector<EmptyPartition>& partitions) {
    SALVOR_TRY(std::string counts,
               CountStatement(insertion_.present.table, insertion_.filter, IdsOf(partitions)));
    std::string expected;
    for (const EmptyPartition& partition : partitions) {
      expected += fmt::format("{}(partition_id = {} AND row_count = {})",
                              expected.empty() ? "" : "\n    OR ", QuoteText(partition.id),
                              partition.staged_rows);
    }
    Add(fmt::format("ASSERT (\n  SELECT COUNT(*)\n  FROM (\n{}\n)\n  WHERE {}\n) = {}\nAS {}",
                    counts, expected, partitions.size(),
                    QuoteText("a partition did not get the rows of the private copy: nothing was "
                              "written")));
    return Done{};
  }

  // Both sides and what they share are exactly as expected. `staged` beside the private copy: other
  // tables whose rows count with it.
  Status AssertRelation(const std::vector<ExpectedPartition>& partitions,
                        std::vector<RowSet> staged, const std::string& message) {
    SALVOR_TRY(std::string relation, RelationStatement({.staged = std::move(staged),
                                                        .present = insertion_.present,
                                                        .filter = insertion_.filter,
                                                        .ids = IdsOf(partitions)}));
    std::string expected;
    size_t with_rows = 0;
    for (const ExpectedPartition& one : partitions) {
      if (one.staged_rows == 0 && one.present_rows == 0) continue;  // absent from the relation
      ++with_rows;
      expected += fmt::format(
          "{}(partition_id = {} AND staged_rows = {} AND present_rows = {} AND common_rows = {})",
          expected.empty() ? "" : "\n    OR ", QuoteText(one.id), one.staged_rows, one.present_rows,
          one.common_rows);
    }
    // Without a condition: whatever has rows is one too many.
    const std::string where = expected.empty() ? "" : "  WHERE " + expected + "\n";
    Add(fmt::format("ASSERT (\n  SELECT COUNT(*)\n  FROM (\n{}\n)\n{}) = {}\nAS {}", relation,
                    where, with_rows, QuoteText(message)));
    return Done{};
  }

  Status Delete(const Ids& ids) {
    SALVOR_TRY(std::string where, insertion_.filter.Where(ids));
    Add(fmt::format("DELETE FROM {} AS t\nWHERE {}", QuoteTable(insertion_.present.table), where));
    return Done{};
  }

  Status Insert(const RowSet& source, const Ids& ids) {
    SALVOR_TRY(auto items, SelectItems(insertion_.present.fields, source.fields));
    SALVOR_TRY(std::string where, insertion_.filter.Where(ids));
    std::string columns;
    std::string values;
    if (insertion_.filter.Of().ByIngestionTime()) {
      columns = "_PARTITIONTIME";
      values = "t._PARTITIONTIME";
    }
    for (size_t i = 0; i < items.size(); ++i) {
      columns += (columns.empty() ? "" : ", ") + QuoteName(insertion_.present.fields[i].name);
      values += (values.empty() ? "" : ", ") + items[i];
    }
    Add(fmt::format("INSERT INTO {} ({})\nSELECT {}\nFROM {} AS t\nWHERE {}",
                    QuoteTable(insertion_.present.table), columns, values, QuoteTable(source.table),
                    where));
    return Done{};
  }

 private:
  const Insertion& insertion_;
  std::string text_;
};

constexpr const char* kMoved =
    "a partition has other rows than when this was decided: nothing was written";
constexpr const char* kWrong = "a partition did not come out as planned: nothing was written";

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
    expected.push_back({one.id, one.staged_rows, one.staged_rows, one.staged_rows});
  }
  return expected;
}

}  // namespace

Result<std::string> ApplyScript(const ApplyTransaction& apply) {
  const RowSet& staged = apply.insertion.staged;
  Script script(apply.insertion);
  // Everything is asserted before anything is changed.
  if (!apply.fill.empty()) SALVOR_OK(script.AssertEmpty(IdsOf(apply.fill)));
  if (!apply.replace.empty()) {
    SALVOR_OK(script.AssertRelation(apply.replace, {staged}, kMoved));
  }
  if (!apply.beside.empty()) SALVOR_OK(script.AssertRelation(apply.beside, {staged}, kMoved));
  if (!apply.replace.empty()) SALVOR_OK(script.Delete(IdsOf(apply.replace)));
  Ids ids = IdsOf(apply.fill);
  for (const ExpectedPartition& one : apply.replace) ids.push_back(one.id);
  for (const ExpectedPartition& one : apply.beside) ids.push_back(one.id);
  SALVOR_OK(script.Insert(staged, ids));
  if (!apply.fill.empty()) SALVOR_OK(script.AssertCounts(apply.fill));
  if (!apply.replace.empty()) {
    SALVOR_OK(script.AssertRelation(Identical(apply.replace), {staged}, kWrong));
  }
  if (!apply.beside.empty()) {
    SALVOR_OK(script.AssertRelation(Together(apply.beside), {staged}, kWrong));
  }
  return script.Finish();
}

Result<std::string> UndoScript(const UndoTransaction& undo) {
  const RowSet& staged = undo.insertion.staged;
  Script script(undo.insertion);
  std::vector<ExpectedPartition> whole = Identical(undo.replaced);
  for (ExpectedPartition& one : AsExpected(undo.filled)) whole.push_back(std::move(one));
  if (!whole.empty()) SALVOR_OK(script.AssertRelation(whole, {staged}, kMoved));
  if (!undo.put_beside.empty()) {
    SALVOR_OK(
        script.AssertRelation(TogetherWithBefore(undo.put_beside), {staged, undo.before}, kMoved));
  }
  Ids ids = IdsOf(whole);
  for (const ExpectedPartition& one : undo.put_beside) ids.push_back(one.id);
  SALVOR_OK(script.Delete(ids));
  std::vector<ExpectedPartition> had_rows = undo.replaced;
  had_rows.insert(had_rows.end(), undo.put_beside.begin(), undo.put_beside.end());
  if (!had_rows.empty()) {
    SALVOR_OK(script.Insert(undo.before, IdsOf(had_rows)));
    SALVOR_OK(script.AssertRelation(AsBefore(had_rows), {undo.before}, kWrong));
  }
  if (!undo.filled.empty()) SALVOR_OK(script.AssertEmpty(IdsOf(undo.filled)));
  return script.Finish();
}

}  // namespace salvor::bigquery
