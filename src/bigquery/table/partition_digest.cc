#include "bigquery/table/partition_digest.h"

#include "base/digest.h"

namespace salvor::bigquery {

std::string ContentDigest(const std::string& id, int64_t snapshot, const model::Tally& tally) {
  Sha256 digest;
  digest.UpdateField(id);
  digest.UpdateField(std::to_string(snapshot));
  digest.UpdateField(std::to_string(tally.rows));
  digest.UpdateField(std::to_string(tally.bytes));
  return digest.FinishHex();
}

// By rows and bytes: when a partition was last modified is told of the whole table by some answers.
std::string PresentDigest(const std::string& id, const model::Tally& tally) {
  if (tally.rows == 0) return "";
  Sha256 digest;
  digest.UpdateField(id);
  digest.UpdateField(std::to_string(tally.rows));
  digest.UpdateField(std::to_string(tally.bytes));
  return digest.FinishHex();
}

}  // namespace salvor::bigquery
