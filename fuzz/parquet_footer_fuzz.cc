// The footer of a Parquet file, of which only counts and digests are taken.
#include "delta/parquet/footer.h"
#include "fuzz/input.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace salvor;
  const std::string_view bytes = fuzz::Input(data, size).Rest();
  const auto footer = delta::ParseParquetMetadata(bytes, static_cast<int64_t>(bytes.size()) + 4);
  if (footer) SALVOR_MUST(footer->rows >= 0);
  const testing::ScriptedClock clock;
  testing::MemFs fs(clock);
  fs.Put("/file", bytes);
  const auto file = fs.Open("/file");
  SALVOR_MUST(file.has_value());
  if (const auto read = delta::ReadParquetFooter(**file))
    SALVOR_MUST(read->rows >= 0 && !read->digest.empty());
  return 0;
}
