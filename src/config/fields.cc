#include "config/fields.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace salvor::config {
namespace {

constexpr size_t kLongestText = 4096;

size_t Changes(std::string_view from, std::string_view to) {
  std::vector<size_t> row(to.size() + 1);
  for (size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= from.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j < row.size(); ++j) {
      const size_t changed = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row.back();
}

std::string_view KindWords(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::kNothing:
      return "nothing";
    case YamlNode::Kind::kScalar:
      return "a single value";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a map";
  }
  return {};
}

// What YAML does not read as text unless it is quoted.
bool ReadsAsText(const YamlNode& node) {
  if (node.quoted) return true;
  for (const char* word : {"true", "false", "True", "False", "TRUE", "FALSE"}) {
    if (node.text == word) return false;
  }
  return node.text.find_first_not_of("0123456789.+-eE_") != std::string::npos;
}

bool HasControls(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7f;
  });
}

}  // namespace

std::string_view Nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  word = word.substr(0, 256);
  std::string_view best;
  size_t fewest = SIZE_MAX;
  for (const std::string_view candidate : candidates) {
    const size_t changes = Changes(word, candidate);
    if (changes >= fewest) continue;
    fewest = changes;
    best = candidate;
  }
  return best;
}

Result<Fields> Fields::Of(const YamlNode& node, std::string name, const std::string& path,
                          std::initializer_list<std::string_view> keys) {
  Fields fields(node, std::move(name), path);
  if (node.kind != YamlNode::Kind::kMap && node.kind != YamlNode::Kind::kNothing) {
    return Fail(Code::kInvalidArgument,
                fmt::format("{} must be a map, not {}", fields.name_, KindWords(node.kind)),
                At(path, node.line), fmt::format("It may have {}", fmt::join(keys, ", ")));
  }
  for (const YamlNode& member : node.children) {
    if (std::find(keys.begin(), keys.end(), member.key) != keys.end()) continue;
    return Fail(Code::kInvalidArgument, fmt::format("{} has no key '{}'", fields.name_, member.key),
                At(path, member.key_line),
                fmt::format("The nearest is '{}'; it may have {}", Nearest(member.key, keys),
                            fmt::join(keys, ", ")));
  }
  return fields;
}

const YamlNode* Fields::Find(std::string_view key) const {
  for (const YamlNode& member : node_.children) {
    if (member.key == key) return member.kind == YamlNode::Kind::kNothing ? nullptr : &member;
  }
  return nullptr;
}

tl::unexpected<Error> Fields::Wrong(std::string_view key, std::string what,
                                    std::string next) const {
  const auto member = std::find_if(node_.children.begin(), node_.children.end(),
                                   [&](const YamlNode& one) { return one.key == key; });
  const int line = member == node_.children.end() ? node_.line : member->key_line;
  return Fail(Code::kInvalidArgument, fmt::format("{}.{} {}", name_, key, what), At(path_, line),
              std::move(next));
}

Result<std::string> Fields::TextOf(const YamlNode& node, std::string_view key) const {
  if (node.kind != YamlNode::Kind::kScalar) {
    return Wrong(key, fmt::format("must be text, not {}", KindWords(node.kind)));
  }
  if (!ReadsAsText(node)) {
    return Wrong(key, fmt::format("must be text, and YAML reads {} otherwise", node.text),
                 fmt::format("Quote it: \"{}\"", node.text));
  }
  if (node.text.empty()) return Wrong(key, "is empty");
  if (node.text.size() > kLongestText) return Wrong(key, "is too long");
  if (HasControls(node.text)) return Wrong(key, "holds a control character");
  return node.text;
}

Result<std::string> Fields::Text(std::string_view key) const {
  const YamlNode* node = Find(key);
  if (node == nullptr) return std::string();
  return TextOf(*node, key);
}

Result<std::string> Fields::RequiredText(std::string_view key) const {
  const YamlNode* node = Find(key);
  if (node == nullptr) return Wrong(key, "is missing");
  return TextOf(*node, key);
}

Result<std::vector<std::string>> Fields::Texts(std::string_view key) const {
  const YamlNode* list = Find(key);
  std::vector<std::string> texts;
  if (list == nullptr) return texts;
  if (list->kind != YamlNode::Kind::kList) {
    return Wrong(key, fmt::format("must be a list, not {}", KindWords(list->kind)),
                 "Write it as [one, another]");
  }
  for (const YamlNode& entry : list->children) {
    SALVOR_TRY(std::string text, TextOf(entry, key));
    texts.push_back(std::move(text));
  }
  return texts;
}

Result<std::optional<int64_t>> Fields::Integer(std::string_view key, int64_t least,
                                               int64_t most) const {
  const YamlNode* node = Find(key);
  if (node == nullptr) return std::optional<int64_t>();
  const auto number = ParseInt64(node->text);
  if (node->kind != YamlNode::Kind::kScalar || node->quoted || !number) {
    return Wrong(key, "must be a whole number");
  }
  const int64_t value = *number;
  if (value < least || value > most) {
    return Wrong(key, fmt::format("must lie between {} and {}, not be {}", least, most, value));
  }
  return std::optional<int64_t>(value);
}

}  // namespace salvor::config
