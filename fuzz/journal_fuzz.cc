// journal.jsonl: as it may come from anywhere, and as salvor writes it with one byte changed.
#include "fuzz/input.h"
#include "journal/chain.h"

namespace salvor::journal {
namespace {

// Texts of the input, as notes of a journal that is whole.
std::string Write(fuzz::Input& input, size_t& lines) {
  std::string bytes;
  std::string previous = "digest";
  for (lines = 0; !input.Empty() && lines < 4; ++lines) {
    Line line;
    line.number = static_cast<int64_t>(lines) + 1;
    line.entry.step = input.TakeUntil('|');
    line.entry.data = {{"text", std::string(input.TakeUntil('|'))}};
    line.previous = previous;
    bytes += FormatLine(line);
    previous = line.hash;
  }
  return bytes;
}

void Run(fuzz::Input input) {
  const PartialChain foreign = ParseChainSoFar(input.Rest(), "digest", "journal.jsonl");
  SALVOR_MUST(foreign.chain.whole_bytes <= static_cast<int64_t>(input.Rest().size()));
  const size_t at = input.TakeByte();
  const auto change = static_cast<char>(input.TakeByte());
  size_t lines = 0;
  std::string bytes = Write(input, lines);
  const auto whole = ParseChain(bytes, "digest", "journal.jsonl");
  SALVOR_MUST(whole && whole->lines.size() == lines && whole->torn_bytes == 0);
  if (bytes.empty() || change == 0) return;
  bytes[at % bytes.size()] = static_cast<char>(bytes[at % bytes.size()] ^ change);
  const PartialChain changed = ParseChainSoFar(bytes, "digest", "journal.jsonl");
  // The last line's end may be gone; whatever else was changed is found.
  SALVOR_MUST(changed.broken || changed.chain.torn_bytes > 0);
}

}  // namespace
}  // namespace salvor::journal

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  salvor::journal::Run(salvor::fuzz::Input(data, size));
  return 0;
}
