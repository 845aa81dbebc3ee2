// Answers of the service: tables, datasets, jobs, pages of rows, errors; and names of partitions.
#include "bigquery/rest/partition_id.h"
#include "bigquery/rest/resource_json.h"
#include "fuzz/input.h"

namespace salvor::bigquery {
namespace {

void RunPartition(const Table& table, std::string_view id) {
  const auto key = KeyOfPartition(table, id);
  if (!key) return;
  SALVOR_MUST(key->values.size() == PartitionColumnsOf(table).size());
  if (const auto back = PartitionIdOf(table, *key)) {
    const auto again = KeyOfPartition(table, *back);
    SALVOR_MUST(again && *again == *key);
  }
  if (const auto place = PlaceOf(table.partitioning, id)) IdAt(table.partitioning, *place);
  StartOf(table.partitioning, id);
  ExpiryOf(table.partitioning, id);
}

void Run(fuzz::Input input) {
  const std::string_view id = input.TakeUntil('\n');
  const auto body = ParseBody(input.Rest());
  if (!body) return;
  if (const auto table = TableFromJson({"p", "d", "t"}, *body)) RunPartition(*table, id);
  DatasetFromJson({"p", "d"}, *body).has_value();
  JobFromJson(*body).has_value();
  JobPageFromJson(*body).has_value();
  Rows rows;
  std::string token;
  int64_t total = 0;
  ReadPage(*body, rows, token, total).has_value();
  const ServiceError error = ErrorFromBody(400, *body);
  AdviceFor(CodeOf(error), error);
  MayRepeat(error);
}

}  // namespace
}  // namespace salvor::bigquery

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  salvor::bigquery::Run(salvor::fuzz::Input(data, size));
  return 0;
}
