// Deletion vectors: a vector's own bytes, inline text, and a file of vectors.
#include <nlohmann/json.hpp>

#include "delta/protocol/deletion_vector.h"
#include "delta/protocol/z85.h"
#include "fuzz/input.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"

namespace salvor::delta {
namespace {

void MustCountItself(const DeletedRows& rows) {
  SALVOR_MUST(rows.Count() <= rows.End());
  if (rows.Count() == 0) return;
  SALVOR_MUST(rows.Contains(rows.End() - 1));
  SALVOR_MUST(!rows.Contains(rows.End()));
  constexpr uint64_t kMost = 100'000;
  if (rows.End() > kMost) return;
  uint64_t count = 0;
  for (uint64_t row = 0; row < rows.End(); ++row) count += rows.Contains(row) ? 1U : 0U;
  SALVOR_MUST(count == rows.Count());
}

void Run(fuzz::Input input) {
  if (const auto rows = ParseDeletedRows(input.Rest())) MustCountItself(*rows);
  if (const auto bytes = DecodeZ85(input.Rest())) {
    const auto text = EncodeZ85(*bytes);
    SALVOR_MUST(text && *text == input.Rest());
  }
  const testing::ScriptedClock clock;
  testing::MemFs fs(clock);
  DeletionVector vector;
  vector.storage_type = input.TakeByte() % 2 == 0 ? "i" : "p";
  vector.cardinality = input.TakeByte();
  vector.size_in_bytes = input.TakeByte();
  vector.offset = input.TakeByte();
  vector.path_or_inline = vector.storage_type == "i" ? std::string(input.Rest()) : "/t/vectors.bin";
  fs.Put("/t/vectors.bin", input.Rest());
  const auto rows = LoadDeletedRows(fs, "/t", vector, /*allow_outside=*/false);
  if (rows) SALVOR_MUST(rows->Count() == static_cast<uint64_t>(vector.cardinality));
}

}  // namespace
}  // namespace salvor::delta

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  salvor::delta::Run(salvor::fuzz::Input(data, size));
  return 0;
}
