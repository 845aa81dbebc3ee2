// YAML as a tree in which every value knows its line. Hostile input is refused, not survived: no
// anchors and aliases (so no bomb and no cycle), no tags of one's own, no duplicate keys, one
// document, and limits on size, depth and the number of values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace salvor::config {

inline constexpr int64_t kLargestFile = int64_t{256} << 10U;  // bytes
inline constexpr int kDeepest = 16;
inline constexpr size_t kMostValues = 20'000;

struct YamlNode {
  enum class Kind { kNothing, kScalar, kList, kMap };

  Kind kind = Kind::kNothing;
  std::string text;     // of a scalar
  bool quoted = false;  // then it is text, whatever it looks like
  int line = 1;         // of the value, from 1
  std::string key;      // of a map's member
  int key_line = 1;
  std::vector<YamlNode> children;
};

// A file's place, as errors name it: "path:line".
std::string At(const std::string& path, int line);

// kInvalidArgument with path:line. An empty file is kNothing.
Result<YamlNode> ParseYaml(std::string_view bytes, const std::string& path);

}  // namespace salvor::config
