#include "bigquery/doctor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "bigquery/access/staging_privacy.h"
#include "bigquery/history/jobs_view.h"
#include "bigquery/history/partitions_view.h"
#include "bigquery/jobs/job_runner.h"
#include "bigquery/sql/quoting.h"
#include "bigquery/table/table_state.h"

namespace salvor::bigquery {
namespace {

using State = Diagnosis::State;

constexpr int64_t kHour = 3'600'000;
constexpr int64_t kDay = 24 * kHour;

struct Right {
  const char* name;
  const char* what_for;
};
constexpr std::array<Right, 4> kRights{{
    {"bigquery.tables.get", "to look at all"},
    {"bigquery.tables.getData", "to persist the private copy"},
    {"bigquery.tables.getIamPolicy",
     "to compare who may read the copy with who may read the table"},
    {"bigquery.tables.updateData", "to apply"},
}};

std::string PartitioningText(const Table& table) {
  constexpr std::array<const char*, 6> kNames{"none", "hour", "day", "month", "year", "range"};
  const Partitioning& partitioning = table.partitioning;
  std::string text = kNames.at(static_cast<size_t>(partitioning.kind));
  if (!partitioning.field.empty()) text += " of " + partitioning.field;
  if (partitioning.ByIngestionTime()) text += " of ingestion";
  if (table.require_partition_filter) text += ", queries need a filter";
  return text;
}

class Doctor {
 public:
  Doctor(Api& api, const io::Clock& clock, TableName name, const DoctorRequest& request)
      : api_(api), clock_(clock), name_(std::move(name)), request_(request) {
    job_project_ = request.job_project.empty() ? name_.project : request.job_project;
  }

  Result<std::vector<Diagnosis>> Run() {
    Add("endpoint", api_.Endpoint() == kServiceEndpoint ? State::kGood : State::kNote,
        api_.Endpoint());
    auto dataset = api_.GetDataset(name_.Dataset());
    if (!dataset && dataset.error().code == Code::kUnavailable) {
      return Fail(std::move(dataset).error());
    }
    if (!dataset || !*dataset) {
      Add("dataset", State::kMissing, dataset ? "there is no such dataset" : dataset.error().what);
      return std::move(lines_);
    }
    LookAtDataset(**dataset);
    auto table = api_.GetTable(name_);
    if (!table || !*table) {
      Add("table", State::kMissing, table ? "there is no such table" : table.error().what);
    } else {
      LookAtTable(**table);
      LookAtRights();
    }
    LookAtJobs((**dataset).location);
    if (table && *table && (**table).partitioning.IsPartitioned()) {
      LookAtPartitions((**dataset).location);
    }
    AddQuotas(table && *table ? &**table : nullptr);
    return std::move(lines_);
  }

 private:
  void Add(std::string check, State state, std::string detail) {
    lines_.push_back({std::move(check), state, std::move(detail)});
  }

  void LookAtDataset(const Dataset& dataset) {
    Add("location", State::kGood, dataset.location);
    Add("time travel", State::kGood,
        fmt::format("{} hours (a setting of the dataset)", dataset.time_travel.count() / kHour));
    if (dataset.default_partition_expiration || dataset.default_table_expiration) {
      Add("default expiration", State::kNote,
          "the dataset has one: it cannot be a place for private copies");
    }
  }

  void LookAtTable(const Table& table) {
    const std::string why = WhyNotLookedAt(table);
    Add("table", why.empty() ? State::kGood : State::kRefused,
        why.empty()
            ? fmt::format("{}, made {}", Plural(table.rows, "row"), FormatInstant(table.created))
            : why);
    Add("partitions", State::kGood, PartitioningText(table));
    if (table.partitioning.expiration) {
      Add("partition expiration", State::kNote,
          fmt::format("{} days: older partitions cannot be put back before it is lifted",
                      table.partitioning.expiration->count() / kDay));
    }
    if (table.streaming) {
      Add("streaming buffer", State::kNote,
          fmt::format("about {}", Plural(table.streaming->estimated_rows, "row")));
    }
    kms_key_ = table.kms_key;
    if (!table.kms_key.empty()) Add("key", State::kNote, table.kms_key);
    auto policies = api_.ListRowAccessPolicies(name_);
    if (!policies) {
      Add("policies", State::kMissing, policies.error().what);
      return;
    }
    const std::string refusal = WhyNotWritten(table, *policies);
    Add("policies", refusal.empty() ? State::kGood : State::kRefused,
        refusal.empty() ? "no row-access policies, no tags on columns" : refusal);
  }

  void LookAtRights() {
    std::vector<std::string> names;
    for (const Right& right : kRights) names.emplace_back(right.name);
    auto granted = api_.TestPermissions(name_, names);
    if (!granted) {
      Add("rights", State::kMissing, granted.error().what);
      return;
    }
    for (const Right& right : kRights) {
      const bool has = std::find(granted->begin(), granted->end(), right.name) != granted->end();
      Add(right.name, has ? State::kGood : State::kMissing, right.what_for);
    }
    const auto unreadable = UnreadableRights(api_, name_);
    const std::string why =
        unreadable ? fmt::format("{}", fmt::join(*unreadable, "; ")) : unreadable.error().what;
    Add("readers", why.empty() ? State::kGood : State::kMissing,
        why.empty() ? "who may read the table can be looked up, up to the organization"
                    : "persist would refuse (plan --allow-unchecked-iam accepts it): " + why);
  }

  void TryQuery(const std::string& check, const std::string& sql, const std::string& location,
                const nlohmann::json& parameters, State otherwise, const std::string& good) {
    const QueryOptions options{job_project_, location, 0, parameters, kms_key_};
    const auto tried = DryRunSelect(api_, clock_, sql, options);
    Add(check, tried ? State::kGood : otherwise, tried ? good : tried.error().what);
  }

  void LookAtJobs(const std::string& location) {
    TryQuery("jobs in " + job_project_, "SELECT 1 AS one", location, nlohmann::json::array(),
             State::kMissing, "may be run");
    std::vector<std::string> projects{name_.project};
    projects.insert(projects.end(), request_.jobs_projects.begin(), request_.jobs_projects.end());
    for (const std::string& project : projects) {
      TryQuery("who did it, in " + project, JobsStatement(project, location), location,
               JobsParameters(name_, clock_.Now()), State::kNote,
               "INFORMATION_SCHEMA.JOBS may be read (10 MB billed each time)");
    }
  }

  void LookAtPartitions(const std::string& location) {
    TryQuery("partitions' view", PartitionsStatement(name_.Dataset()), location,
             nlohmann::json::array({TextParameter("table", name_.table)}), State::kMissing,
             "INFORMATION_SCHEMA.PARTITIONS may be read (10 MB billed each time)");
  }

  void AddQuotas(const Table* table) {
    const bool ingestion = table != nullptr && table->partitioning.ByIngestionTime();
    Add("quotas", State::kGood,
        fmt::format(
            "100,000 copy jobs per project and day; {} partition changes per table and day; "
            "50 partition updates in 10 s, so 200 partitions take 30 s at least",
            ingestion ? "11,000" : "30,000"));
  }

  Api& api_;
  const io::Clock& clock_;
  TableName name_;
  const DoctorRequest& request_;
  std::string job_project_;
  std::string kms_key_;
  std::vector<Diagnosis> lines_;
};

}  // namespace

Result<std::vector<Diagnosis>> Diagnose(Api& api, const io::Clock& clock,
                                        const DoctorRequest& request) {
  SALVOR_TRY(TableName name, ParseTableUri(request.table));
  return Doctor(api, clock, std::move(name), request).Run();
}

}  // namespace salvor::bigquery
