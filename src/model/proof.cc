#include "model/proof.h"

#include <utility>

#include "model/canonical_key.h"
#include "model/document.h"
#include "model/names.h"

namespace salvor::model {
namespace {

using Json = nlohmann::json;

constexpr int64_t kProofFormat = 1;

Json FingerprintToJson(const Fingerprint& print) {
  return {{"rows", print.rows},
          {"sum", print.sum},
          {"xor", print.exclusive_or},
          {"algorithm", print.algorithm}};
}

Result<Fingerprint> FingerprintFromJson(const Json& json) {
  Fingerprint print;
  SALVOR_TRY(print.rows, IntegerField(json, "rows"));
  SALVOR_TRY(print.sum, TextField(json, "sum"));
  SALVOR_TRY(print.exclusive_or, TextField(json, "xor"));
  SALVOR_TRY(print.algorithm, TextField(json, "algorithm"));
  return print;
}

Json PartitionToJson(const std::vector<PartitionColumn>& columns, const PartitionProof& proof) {
  Json json{{"partition", KeyToJson(columns, proof.key)},
            {"planned_rows", proof.planned_rows},
            {"staged", FingerprintToJson(proof.staged)},
            {"restored", FingerprintToJson(proof.restored)},
            {"shared_files", proof.shared_files},
            {"skipped", proof.skipped},
            {"compared_by", NameOf(kComparedByNames, proof.compared_by)},
            {"proven", proof.proven},
            {"problem", proof.problem}};
  if (proof.replaced) {
    json["replaced"] = {
        {"saved", FingerprintToJson(proof.replaced->saved)},
        {"had", proof.replaced->had ? FingerprintToJson(*proof.replaced->had) : Json()}};
  }
  return json;
}

Result<ReplacedProof> ReplacedFromJson(const Json& json) {
  ReplacedProof replaced;
  SALVOR_TRY(const Json saved, ObjectField(json, "saved"));
  SALVOR_TRY(replaced.saved, FingerprintFromJson(saved));
  if (!json.contains("had") || json["had"].is_null()) return replaced;
  SALVOR_TRY(const Json had, ObjectField(json, "had"));
  SALVOR_TRY(replaced.had, FingerprintFromJson(had));
  return replaced;
}

Result<PartitionProof> PartitionFromJson(const std::vector<PartitionColumn>& columns,
                                         const Json& json) {
  PartitionProof proof;
  SALVOR_TRY(Json key, ObjectField(json, "partition"));
  SALVOR_TRY(proof.key, KeyFromJson(columns, key));
  proof.key = CanonicalKey(columns, std::move(proof.key));
  SALVOR_TRY(proof.planned_rows, IntegerField(json, "planned_rows"));
  SALVOR_TRY(Json staged, ObjectField(json, "staged"));
  SALVOR_TRY(proof.staged, FingerprintFromJson(staged));
  SALVOR_TRY(Json restored, ObjectField(json, "restored"));
  SALVOR_TRY(proof.restored, FingerprintFromJson(restored));
  SALVOR_TRY(proof.shared_files, FlagField(json, "shared_files"));
  SALVOR_TRY(proof.skipped, FlagField(json, "skipped"));
  if (json.contains("compared_by")) {
    SALVOR_TRY(const std::string by, TextField(json, "compared_by"));
    SALVOR_TRY(proof.compared_by, ValueOf(kComparedByNames, by));
  } else if (proof.staged.sum.empty()) {  // written before this was told
    proof.compared_by = ComparedBy::kCounts;
  }
  if (json.contains("replaced")) {
    SALVOR_TRY(const Json replaced, ObjectField(json, "replaced"));
    SALVOR_TRY(proof.replaced, ReplacedFromJson(replaced));
  }
  SALVOR_TRY(proof.proven, FlagField(json, "proven"));
  SALVOR_TRY(proof.problem, TextField(json, "problem"));
  return proof;
}

Result<Proof> ProofFromJson(const Json& json) {
  SALVOR_TRY(int64_t format, IntegerField(json, "format"));
  if (format != kProofFormat) return Fail(Code::kUnsupported, "the proof has another format");
  Proof proof;
  SALVOR_TRY(proof.plan_digest, TextField(json, "plan"));
  SALVOR_TRY(proof.operation_key, TextField(json, "operation"));
  SALVOR_TRY(proof.version, IntegerField(json, "version"));
  SALVOR_TRY(Json columns, ListField(json, "columns"));
  SALVOR_TRY(proof.columns, ColumnsFromJson(columns));
  SALVOR_TRY(Json partitions, ListField(json, "partitions"));
  for (const Json& entry : partitions) {
    SALVOR_TRY(PartitionProof partition, PartitionFromJson(proof.columns, entry));
    proof.partitions.push_back(std::move(partition));
  }
  SALVOR_TRY(proof.proven, FlagField(json, "proven"));
  SALVOR_TRY(proof.staging, TextField(json, "staging"));
  SALVOR_TRY(Json changes, ListField(json, "changed_since"));
  for (const Json& change : changes) {
    if (!change.is_string()) return Fail(Code::kCorrupt, "a change is not text");
    proof.changed_since.push_back(change.get<std::string>());
  }
  return proof;
}

}  // namespace

std::string FormatProof(const Proof& proof) {
  Json partitions = Json::array();
  for (const PartitionProof& partition : proof.partitions) {
    partitions.push_back(PartitionToJson(proof.columns, partition));
  }
  return Canonical({{"format", kProofFormat},
                    {"plan", proof.plan_digest},
                    {"operation", proof.operation_key},
                    {"version", proof.version},
                    {"columns", ColumnsToJson(proof.columns)},
                    {"partitions", std::move(partitions)},
                    {"proven", proof.proven},
                    {"staging", proof.staging},
                    {"changed_since", proof.changed_since}});
}

Result<Proof> ParseProof(std::string_view bytes) {
  auto json = ParseDocument(bytes, "the proof");
  auto proof = json ? ProofFromJson(*json) : Result<Proof>(Fail(std::move(json).error()));
  if (!proof) {
    return Fail(std::move(proof).error().At("proof.json").Next("Run salvor verify again"));
  }
  return proof;
}

}  // namespace salvor::model
