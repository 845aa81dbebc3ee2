// Reading one map of salvor.yaml: every key is asked for by name and type, and what is wrong is
// said with its line, what was expected, and the nearest key that there is.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/yaml_tree.h"

namespace salvor::config {

// The candidate that takes the fewest changes of a letter to become; "" if there are none.
std::string_view Nearest(std::string_view word, const std::vector<std::string_view>& candidates);

class Fields {
 public:
  // `name` is how errors call the map: "warehouses.prod.bigquery". kInvalidArgument if the node is
  // no map or has a key that is not in `keys`. A node without a value is a map without members.
  static Result<Fields> Of(const YamlNode& node, std::string name, const std::string& path,
                           std::initializer_list<std::string_view> keys);

  // nullptr where the key is absent or has no value.
  [[nodiscard]] const YamlNode* Find(std::string_view key) const;
  [[nodiscard]] const std::string& Name() const { return name_; }
  [[nodiscard]] const std::string& Path() const { return path_; }

  // Text, not empty, of one line and without control characters; "" where it is absent.
  Result<std::string> Text(std::string_view key) const;
  Result<std::string> RequiredText(std::string_view key) const;
  // Of texts; an absent list is empty.
  Result<std::vector<std::string>> Texts(std::string_view key) const;
  Result<std::optional<int64_t>> Integer(std::string_view key, int64_t least, int64_t most) const;

  // kInvalidArgument at the key (or at the map where it is absent).
  tl::unexpected<Error> Wrong(std::string_view key, std::string what, std::string next = {}) const;

 private:
  Fields(const YamlNode& node, std::string name, const std::string& path)
      : node_(node), name_(std::move(name)), path_(path) {}
  Result<std::string> TextOf(const YamlNode& node, std::string_view key) const;

  const YamlNode& node_;
  std::string name_;
  const std::string& path_;
};

}  // namespace salvor::config
