#include "bigquery/words.h"

#include <fmt/format.h>

#include "base/text.h"
#include "bigquery/jobs/job_id.h"

namespace salvor::bigquery {
namespace {

class BigQueryWords final : public model::EngineWords {
 public:
  // A version is the instant itself, in milliseconds: its number helps nobody in a sentence.
  std::string Version(int64_t version) const override {
    return FormatInstant(InstantOfMillis(version));
  }
  std::string VersionOf(int64_t version, Instant /*at*/) const override {
    return FormatInstant(InstantOfMillis(version));
  }
  std::string InVersion(int64_t version) const override {
    return "at " + FormatInstant(InstantOfMillis(version));
  }
  std::string MadeFor(int64_t version) const override {
    return "for the table as it was at " + FormatInstant(InstantOfMillis(version));
  }
  std::string EventOf(int64_t version) const override { return fmt::format("event {}", version); }
  // As StateOf (table_state.h) puts them together.
  model::StateParts Parts() const override {
    return {"its partitioning or clustering",
            "its keys or its filter requirement (require_partition_filter)",
            "its row-access policies, policy tags, encryption key or partition expiration"};
  }
  std::string_view VersionNote() const override {
    return "versions are instants, in milliseconds since 1970 (UTC)";
  }

  std::string_view JudgedBy() const override { return "partitions, counts and metadata"; }
  std::string_view PiecesHeader() const override { return ""; }
  std::string_view PiecesLeftHeader() const override { return "IN TIME TRAVEL"; }
  std::string_view PastDeadline() const override {
    return "past: time travel does not reach it any more";
  }

  std::string Persisted(const model::Moved& moved) const override {
    return Plural(moved.files, "private copy", "private copies") +
           ", with the plan's label and an expiration";
  }
  std::string Restored(const model::Moved& moved) const override {
    if (moved.copied == 0) return Plural(moved.linked, "copy job") + ", no bytes billed";
    const std::string by_query = Plural(moved.copied, "partition") + " by one query";
    return moved.linked == 0 ? by_query : Plural(moved.linked, "copy job") + ", " + by_query;
  }
  std::vector<std::pair<std::string, int64_t>> PersistedCounts(
      const model::Moved& moved) const override {
    return {{"clones", moved.files}};
  }
  std::vector<std::pair<std::string, int64_t>> RestoredCounts(
      const model::Moved& moved) const override {
    return {{"copy_jobs", moved.linked}, {"partitions_by_query", moved.copied}};
  }
  std::string JobIds(std::string_view plan_digest, std::string_view step) const override {
    constexpr std::string_view kPart = "p";
    std::string id = JobIdOf(plan_digest, step, kPart, 1);
    id.resize(id.size() - std::string_view("-p-1").size());
    return id;
  }

  std::string_view HowPersistRuns() const override {
    return "one CREATE TABLE CLONE statement for each instant below, into the private dataset, "
           "with an expiration and the plan's label; production is not written";
  }
  std::string_view HowApplyRuns() const override {
    return "what must be refused is found for every partition before the first is written; then "
           "one copy job for each whole partition, billed nothing, which the service refuses if "
           "the "
           "partition has rows, and one transaction for the rest, billed what the plan's warnings "
           "say; each partition comes back whole "
           "or not at all; the service takes each job id once, and the ids follow from the "
           "operation key";
  }
  std::string_view WhatIsPinned() const override {
    return "each partition's content and the table's schema, partitioning and policies, the "
           "project of the jobs, the location and the endpoint are pinned in the plan: apply "
           "refuses if any of them moved";
  }
  std::string Operations(int64_t count) const override { return Plural(count, "command"); }
  bool RunsByHand() const override { return true; }
  bool ComparesEveryRow() const override { return false; }
};

}  // namespace

const model::EngineWords& Words() {
  static const BigQueryWords words;
  return words;
}

}  // namespace salvor::bigquery
