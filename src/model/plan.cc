#include "model/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/digest.h"
#include "model/canonical_key.h"
#include "model/document.h"
#include "model/names.h"

namespace salvor::model {
namespace {

using Json = nlohmann::json;

Json EventToJson(const PlannedPartition& partition) {
  if (!partition.event) return nullptr;
  return {{"version", *partition.event},
          {"operation", partition.event_operation},
          {"who", partition.event_who},
          {"at", OptionalInstant(partition.event_at)}};
}

Json ContentToJson(const PastContent& content) {
  return {{"last_version", content.last_version},
          {"tally", TallyToJson(content.tally)},
          {"written_by", content.written_by ? Json(*content.written_by) : Json()},
          {"written_at", OptionalInstant(content.written_at)},
          {"operation", content.operation},
          {"who", content.who}};
}

Result<PastContent> ContentFromJson(const Json& json) {
  PastContent content;
  SALVOR_TRY(content.last_version, IntegerField(json, "last_version"));
  SALVOR_TRY(Json tally, ObjectField(json, "tally"));
  SALVOR_TRY(content.tally, TallyFromJson(tally));
  if (json.contains("written_by") && !json["written_by"].is_null()) {
    SALVOR_TRY(int64_t version, IntegerField(json, "written_by"));
    content.written_by = version;
  }
  SALVOR_TRY(content.written_at, OptionalInstantField(json, "written_at"));
  SALVOR_TRY(content.operation, TextField(json, "operation"));
  SALVOR_TRY(content.who, TextField(json, "who"));
  return content;
}

Json PartitionToJson(const std::vector<PartitionColumn>& columns,
                     const PlannedPartition& partition) {
  Json json{{"partition", KeyToJson(columns, partition.key)},
            {"health", HealthName(partition.health)},
            {"disposition", DispositionName(partition.disposition)},
            {"reason", partition.reason},
            {"event", EventToJson(partition)},
            {"deadline", OptionalInstant(partition.deadline)},
            {"now", TallyToJson(partition.now)}};
  for (const PastContent& content : partition.contents) {
    json["contents"].push_back(ContentToJson(content));
  }
  if (partition.older_contents > 0) json["older_contents"] = partition.older_contents;
  if (partition.disposition == Disposition::kRestore) {
    json["mode"] = ModeName(partition.mode);
    json["snapshot"] = {{"version", partition.snapshot.version},
                        {"at", FormatInstant(partition.snapshot.at)}};
    json["restore"] = TallyToJson(partition.restore);
    json["content"] = partition.content;
    json["present"] = partition.present;
    if (partition.mode == Mode::kInstead) json["common"] = partition.common;
  }
  return json;
}

Status ReadEvent(const Json& json, PlannedPartition& partition) {
  const Json& event = json.contains("event") ? json["event"] : Json();
  if (event.is_null()) return Done{};
  SALVOR_TRY(int64_t version, IntegerField(event, "version"));
  partition.event = version;
  SALVOR_TRY(partition.event_operation, TextField(event, "operation"));
  SALVOR_TRY(partition.event_who, TextField(event, "who"));
  SALVOR_TRY(partition.event_at, OptionalInstantField(event, "at"));
  return Done{};
}

Status ReadRestore(const Json& json, PlannedPartition& partition) {
  SALVOR_TRY(std::string mode, TextField(json, "mode"));
  SALVOR_TRY(partition.mode, ValueOf(kModeNames, mode));
  SALVOR_TRY(Json snapshot, ObjectField(json, "snapshot"));
  SALVOR_TRY(partition.snapshot.version, IntegerField(snapshot, "version"));
  SALVOR_TRY(partition.snapshot.at, InstantField(snapshot, "at"));
  SALVOR_TRY(Json restore, ObjectField(json, "restore"));
  SALVOR_TRY(partition.restore, TallyFromJson(restore));
  SALVOR_TRY(partition.content, TextField(json, "content"));
  SALVOR_TRY(partition.present, TextField(json, "present"));
  if (partition.mode == Mode::kInstead) {
    SALVOR_TRY(partition.common, IntegerField(json, "common"));
  }
  return Done{};
}

Status ReadContents(const Json& json, PlannedPartition& partition) {
  if (json.contains("older_contents")) {
    SALVOR_TRY(partition.older_contents, IntegerField(json, "older_contents"));
  }
  if (!json.contains("contents")) return Done{};
  SALVOR_TRY(const Json contents, ListField(json, "contents"));
  for (const Json& one : contents) {
    SALVOR_TRY(PastContent content, ContentFromJson(one));
    partition.contents.push_back(std::move(content));
  }
  return Done{};
}

Result<PlannedPartition> PartitionFromJson(const std::vector<PartitionColumn>& columns,
                                           const Json& json) {
  PlannedPartition partition;
  SALVOR_TRY(Json key, ObjectField(json, "partition"));
  SALVOR_TRY(partition.key, KeyFromJson(columns, key));
  SALVOR_TRY(std::string health, TextField(json, "health"));
  SALVOR_TRY(partition.health, ParseHealth(health));
  SALVOR_TRY(std::string disposition, TextField(json, "disposition"));
  SALVOR_TRY(partition.disposition, ValueOf(kDispositionNames, disposition));
  SALVOR_TRY(partition.reason, TextField(json, "reason"));
  SALVOR_OK(ReadEvent(json, partition));
  SALVOR_TRY(partition.deadline, OptionalInstantField(json, "deadline"));
  SALVOR_TRY(Json now, ObjectField(json, "now"));
  SALVOR_TRY(partition.now, TallyFromJson(now));
  SALVOR_OK(ReadContents(json, partition));
  if (partition.disposition == Disposition::kRestore) SALVOR_OK(ReadRestore(json, partition));
  return partition;
}

Json StateToJson(const TableState& state) {
  return {{"version", state.version},
          {"schema", state.schema},
          {"layout", state.layout},
          {"constraints", state.constraints},
          {"protocol", state.protocol}};
}

Result<TableState> StateFromJson(const Json& json) {
  TableState state;
  SALVOR_TRY(state.version, IntegerField(json, "version"));
  SALVOR_TRY(state.schema, TextField(json, "schema"));
  SALVOR_TRY(state.layout, TextField(json, "layout"));
  SALVOR_TRY(state.constraints, TextField(json, "constraints"));
  SALVOR_TRY(state.protocol, TextField(json, "protocol"));
  return state;
}

Json PinsToJson(const Pins& pins) {
  return {{"job_project", pins.job_project}, {"location", pins.location},
          {"endpoint", pins.endpoint},       {"definition", pins.definition},
          {"by_name", pins.by_name},         {"allow_unchecked_iam", pins.allow_unchecked_iam}};
}

Result<Pins> PinsFromJson(const Json& json) {
  Pins pins;
  SALVOR_TRY(pins.job_project, TextField(json, "job_project"));
  SALVOR_TRY(pins.location, TextField(json, "location"));
  SALVOR_TRY(pins.endpoint, TextField(json, "endpoint"));
  SALVOR_TRY(pins.definition, TextField(json, "definition"));
  SALVOR_TRY(pins.by_name, FlagField(json, "by_name"));
  SALVOR_TRY(pins.allow_unchecked_iam, FlagField(json, "allow_unchecked_iam"));
  return pins;
}

Status ReadPartitions(const Json& json, Plan& plan) {
  SALVOR_TRY(Json partitions, ListField(json, "partitions"));
  for (const Json& entry : partitions) {
    SALVOR_TRY(PlannedPartition partition, PartitionFromJson(plan.columns, entry));
    plan.partitions.push_back(std::move(partition));
  }
  return Done{};
}

Result<Plan> PlanFromJson(const Json& json) {
  SALVOR_TRY(int64_t format, IntegerField(json, "format"));
  if (format != kPlanFormat) {
    return Fail(
        Code::kUnsupported, fmt::format("the plan has format {}", format), {},
        fmt::format("This salvor reads format {}: use the version that wrote it", kPlanFormat));
  }
  Plan plan;
  SALVOR_TRY(Json table, ObjectField(json, "table"));
  SALVOR_TRY(plan.table, IdentityFromJson(table));
  SALVOR_TRY(Json state, ObjectField(json, "state"));
  SALVOR_TRY(plan.state, StateFromJson(state));
  SALVOR_TRY(Json columns, ListField(json, "columns"));
  SALVOR_TRY(plan.columns, ColumnsFromJson(columns));
  SALVOR_OK(ReadPartitions(json, plan));
  SALVOR_TRY(plan.intact, IntegerField(json, "intact"));
  SALVOR_TRY(plan.staging_root, TextField(json, "staging"));
  SALVOR_TRY(Json warnings, ListField(json, "warnings"));
  for (const Json& warning : warnings) {
    if (!warning.is_string()) return Fail(Code::kCorrupt, "a warning is not text");
    plan.warnings.push_back(warning.get<std::string>());
  }
  SALVOR_TRY(Json review, ObjectField(json, "review"));
  SALVOR_TRY(plan.review, PolicyFromJson(review));
  if (json.contains("author")) {
    SALVOR_TRY(Json author, ObjectField(json, "author"));
    SALVOR_TRY(plan.author, PersonalIdentityFromJson(author));
  }
  if (json.contains("pins")) {
    SALVOR_TRY(Json pins, ObjectField(json, "pins"));
    SALVOR_TRY(plan.pins, PinsFromJson(pins));
  }
  return plan;
}

// A plan of an earlier salvor spells keys as the log did, and may tell apart what is one partition.
Status MakeKeysCanonical(Plan& plan) {
  std::set<PartitionKey> known;
  for (PlannedPartition& partition : plan.partitions) {
    partition.key = CanonicalKey(plan.columns, std::move(partition.key));
    if (known.insert(partition.key).second) continue;
    return Fail(Code::kStale,
                fmt::format("the plan tells apart two spellings of one value: {}",
                            FormatKey(plan.columns, partition.key)),
                "plan.json", "Make a new plan in another folder: salvor plan TABLE --case DIR");
  }
  return Done{};
}

}  // namespace

std::vector<const PlannedPartition*> ToRestore(const Plan& plan) {
  std::vector<const PlannedPartition*> restore;
  for (const PlannedPartition& partition : plan.partitions) {
    if (partition.disposition == Disposition::kRestore) restore.push_back(&partition);
  }
  return restore;
}

bool TakesRowsOut(const Plan& plan) {
  return std::any_of(plan.partitions.begin(), plan.partitions.end(), [](const auto& one) {
    return one.disposition == Disposition::kRestore && one.mode == Mode::kInstead;
  });
}

int64_t RowsTakenOut(const PlannedPartition& partition) {
  const bool goes =
      partition.disposition == Disposition::kRestore && partition.mode == Mode::kInstead;
  return goes ? std::max<int64_t>(0, partition.now.rows - partition.common) : 0;
}

int64_t RowsTakenOut(const Plan& plan) {
  int64_t rows = 0;
  for (const PlannedPartition& partition : plan.partitions) rows += RowsTakenOut(partition);
  return rows;
}

std::string FormatPlan(const Plan& plan) {
  Json partitions = Json::array();
  for (const PlannedPartition& partition : plan.partitions) {
    partitions.push_back(PartitionToJson(plan.columns, partition));
  }
  Json document{{"format", kPlanFormat},
                {"table", IdentityToJson(plan.table)},
                {"state", StateToJson(plan.state)},
                {"columns", ColumnsToJson(plan.columns)},
                {"partitions", std::move(partitions)},
                {"intact", plan.intact},
                {"staging", plan.staging_root},
                {"warnings", plan.warnings},
                {"review", PolicyToJson(plan.review)}};
  if (plan.author) document["author"] = PersonalIdentityToJson(*plan.author);
  if (plan.pins != Pins{}) document["pins"] = PinsToJson(plan.pins);
  return Canonical(document);
}

Result<Plan> ParsePlan(std::string_view bytes) {
  const auto damaged = [](Error error) {
    return Fail(std::move(error)
                    .At("plan.json")
                    .Next("The file was changed or cut off: make a new plan, or restore the file "
                          "as it was reviewed"));
  };
  auto json = ParseDocument(bytes, "the plan");
  if (!json) return damaged(std::move(json).error());
  auto plan = PlanFromJson(*json);
  if (!plan) return damaged(std::move(plan).error());
  if (FormatPlan(*plan) != bytes) {
    return damaged({Code::kCorrupt, "the plan is not in the form in which salvor writes plans"});
  }
  SALVOR_OK(MakeKeysCanonical(*plan));
  return plan;
}

std::string PlanDigest(std::string_view bytes) { return Sha256Hex(bytes); }

std::string OperationKey(std::string_view plan_digest, std::string_view step) {
  Sha256 digest;
  digest.UpdateField("salvor operation 1");
  digest.UpdateField(plan_digest);
  digest.UpdateField(step);
  return digest.FinishHex();
}

}  // namespace salvor::model
