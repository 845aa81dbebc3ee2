#include "delta/protocol/table_features.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace salvor::delta {
namespace {

constexpr int kNewestReader = 3;

// PROTOCOL.md, "Valid Feature Names in Table Features", those that readers must know. Type widening
// and variants change how rows are read, which is for the code that reads rows; the log reads the
// same.
constexpr std::array<std::string_view, 11> kReadable = {"columnMapping",
                                                        "deletionVectors",
                                                        "timestampNtz",
                                                        "v2Checkpoint",
                                                        "vacuumProtocolCheck",
                                                        "typeWidening",
                                                        "typeWidening-preview",
                                                        "variantType",
                                                        "variantType-preview",
                                                        "variantShredding",
                                                        "variantShredding-preview"};

auto Unsupported(const std::string& what) {
  return Fail(Code::kUnsupported, what, {}, "Use a newer salvor; nothing was read further");
}

}  // namespace

Status CheckReadable(const Protocol& protocol, const Metadata& metadata) {
  if (protocol.min_reader > kNewestReader)
    return Unsupported(fmt::format("the table needs reader version {}", protocol.min_reader));
  for (const std::string& feature : protocol.reader_features)
    if (std::find(kReadable.begin(), kReadable.end(), feature) == kReadable.end())
      return Unsupported(fmt::format("the table uses reader feature '{}'", feature));
  // A commit coordinator may hold commits that the folder does not show yet.
  if (metadata.Property("delta.coordinatedCommits.commitCoordinator-preview").value_or("") != "")
    return Unsupported("the table uses feature 'coordinatedCommits-preview'");
  return Done{};
}

}  // namespace salvor::delta
