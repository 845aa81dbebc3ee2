#include "bigquery/recovery/opened_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bigquery/jobs/plan_label.h"
#include "bigquery/table/table_definition.h"
#include "bigquery/table/table_state.h"

namespace salvor::bigquery {
namespace {

Result<Table> TableFor(const Connection& connection, const model::Plan& plan, Need need) {
  const bool deleted = IsOfDeletedTable(plan);
  if (!deleted || need != Need::kDefinition) {
    SALVOR_TRY(auto table, connection.api.GetTable(connection.table));
    if (table) return *std::move(table);
  }
  if (deleted) return TableOfDefinition(connection.table, plan.pins.definition);
  return Fail(Code::kNotFound, "there is no such table", plan.table.uri,
              "If it was deleted, plan anew: a deleted table is restored as a whole");
}

tl::unexpected<Error> Wrong(const CopyName& copy, std::string what) {
  return Fail(Code::kCorrupt, "the private copy is not what it must be: " + std::move(what),
              FormatName(copy.table), "Drop it with clean --abandon, and run persist again");
}

// It is as it must be, but the table is not as it was.
tl::unexpected<Error> OfAnotherTime(const CopyName& copy, const std::string& what,
                                    std::string next) {
  return Fail(Code::kRefused, "the private copy " + what + ", so copy jobs do not take it",
              FormatName(copy.table), std::move(next));
}

Status CheckCopy(const OpenedPlan& opened, const CopyName& copy, const Table& found) {
  const Table& today = opened.today;
  if (!CarriesPlanLabel(found, opened.digest)) {
    return Fail(Code::kConflict, "the name of the private copy is taken by another table",
                FormatName(copy.table), "Move that table away, then run persist again");
  }
  if (!opened.planned.table_is_gone) {
    if (!found.clone_of) return Wrong(copy, "the service does not say what it was cloned from");
    if (found.clone_of->name != opened.connection.table || found.clone_of->at != copy.at) {
      return Wrong(copy, fmt::format("it was cloned from {} as of {}, not as of {}",
                                     FormatName(found.clone_of->name),
                                     FormatInstant(found.clone_of->at), FormatInstant(copy.at)));
    }
    if (!SamePartitions(found.partitioning, today.partitioning)) {
      return OfAnotherTime(copy, "has other partitions than the table has now",
                           "Rows can be saved from it by a person until it expires, by an INSERT "
                           "with column names; salvor takes it away with clean --abandon");
    }
    if (found.clustering != today.clustering) {
      return OfAnotherTime(copy, "is clustered in another way than the table is now",
                           "Cluster the table as it was, or plan anew");
    }
  }
  if (found.partitioning.expiration) {
    return Wrong(copy, "its partitions would expire by themselves");
  }
  if (found.kms_key != today.kms_key) {
    return Fail(Code::kRefused, "the private copy is encrypted with another key than the table",
                FormatName(copy.table), "Give the staging dataset the table's key");
  }
  return Done{};
}

}  // namespace

Result<OpenedPlan> OpenPlan(const Connection& connection, const model::Plan& plan,
                            const std::string& plan_digest, Need need) {
  SALVOR_OK(CheckPins(connection, plan));
  SALVOR_TRY(Table today, TableFor(connection, plan, need));
  *connection.kms_key = today.kms_key;
  SALVOR_TRY(Planned planned, ReadPlan(connection, plan, plan_digest, today));
  OpenedPlan opened{connection, plan, plan_digest, std::move(today), std::move(planned)};
  if (need == Need::kCopies) {
    SALVOR_TRY(opened.copies, NeedCopies(opened));
  }
  return opened;
}

Result<std::optional<std::vector<Copy>>> FindCopies(const OpenedPlan& opened) {
  std::vector<Copy> copies;
  for (const CopyName& name : opened.planned.copies) {
    SALVOR_TRY(auto found, opened.connection.api.GetTable(name.table));
    if (!found) return std::optional<std::vector<Copy>>();
    SALVOR_OK(CheckCopy(opened, name, *found));
    copies.push_back({name, *std::move(found)});
  }
  return std::optional(std::move(copies));
}

Result<std::vector<Copy>> NeedCopies(const OpenedPlan& opened) {
  SALVOR_TRY(auto copies, FindCopies(opened));
  if (copies) return *std::move(copies);
  return Fail(Code::kRefused, "there is no private copy", opened.plan.staging_root,
              "Run salvor persist first");
}

const Copy& CopyAt(const std::vector<Copy>& copies, const TableName& name) {
  return *std::find_if(copies.begin(), copies.end(),
                       [&](const Copy& copy) { return copy.name.table == name; });
}

}  // namespace salvor::bigquery
