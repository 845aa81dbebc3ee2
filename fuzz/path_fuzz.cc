// Paths of a log: none leads out of the table's folder, and a plain one is the same to all readers.
#include <nlohmann/json.hpp>

#include "delta/protocol/action.h"
#include "delta/protocol/path_spelling.h"
#include "fuzz/input.h"

namespace salvor::delta {
namespace {

constexpr std::string_view kRoot = "/lake/t";

void MustStayInside(const std::string& path) {
  SALVOR_MUST(path.starts_with("/lake/t/") && path.size() > kRoot.size() + 1);
  SALVOR_MUST(path.find("/../") == std::string::npos && !path.ends_with("/.."));
  SALVOR_MUST(path.find('\0') == std::string::npos);
}

}  // namespace
}  // namespace salvor::delta

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace salvor;
  const std::string_view text = fuzz::Input(data, size).Rest();
  if (const auto path = delta::LocalPath(delta::kRoot, text, /*allow_outside=*/false)) {
    delta::MustStayInside(*path);
  }
  delta::DeletionVector vector;
  vector.storage_type = "u";
  vector.path_or_inline = text;
  if (const auto path = delta::VectorPath(delta::kRoot, vector, /*allow_outside=*/false)) {
    delta::MustStayInside(*path);
  }
  const delta::PathTexts texts = delta::TextsOf(delta::kRoot, text);
  if (delta::IsPlainSpelling(text)) {
    SALVOR_MUST(texts.is_uri && texts.spark == text && texts.folded == text && texts.file == text);
  }
  return 0;
}
