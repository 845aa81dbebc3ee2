// What the reader does not do yet.
#include "bigquery/reader.h"

namespace salvor::bigquery {
namespace {

tl::unexpected<Error> NotYet() {
  return Fail(Code::kUnsupported, "this version of salvor does not do that on BigQuery yet");
}

}  // namespace

Result<std::vector<warehouse::Relation>> BigQueryReader::Relate(
    const model::Plan& /*plan*/, const std::string& /*plan_digest*/,
    const std::vector<size_t>& /*which*/) {
  return NotYet();
}

Result<std::optional<warehouse::AppliedState>> BigQueryReader::FindOperation(
    const model::Plan& /*plan*/, const std::string& /*plan_digest*/, const std::string& /*step*/) {
  return NotYet();
}

Result<std::vector<model::PartitionProof>> BigQueryReader::Prove(
    const model::Plan& /*plan*/, const std::string& /*plan_digest*/) {
  return NotYet();
}

Result<std::vector<std::string>> BigQueryReader::ChangesSince(const model::Plan& /*plan*/,
                                                              int64_t /*version*/) {
  return NotYet();
}

}  // namespace salvor::bigquery
