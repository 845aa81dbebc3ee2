#include "config/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <sstream>
#include <utility>

namespace salvor::config {
namespace {

// How the tree stops yaml-cpp, which knows no other way out of a handler; caught in ParseYaml.
struct Refusal : std::exception {
  Refusal(std::string text, int at) : what_is_wrong(std::move(text)), line(at) {}
  std::string what_is_wrong;
  int line;
};

int LineOf(const YAML::Mark& mark) { return mark.line + 1; }

class TreeBuilder final : public YAML::EventHandler {
 public:
  YamlNode Take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Enter(mark, "", anchor, YamlNode::Kind::kNothing);
    Leave();
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    throw Refusal("an alias (*) is not taken here: write the value out", LineOf(mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    YamlNode& node = Enter(mark, tag, anchor, YamlNode::Kind::kScalar);
    node.text = value;
    node.quoted = tag == "!";
    if (!node.quoted && (value == "~" || value == "null" || value == "Null" || value == "NULL")) {
      node.kind = YamlNode::Kind::kNothing;
    }
    Leave();
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    Enter(mark, tag, anchor, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { Leave(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    Enter(mark, tag, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { Leave(); }

 private:
  // One value that is open; of a map, whether its next child is a key, and the key read last.
  struct Open {
    YamlNode node;
    bool key_next = true;
    std::string key = {};
    int key_line = 1;
  };

  YamlNode& Enter(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YamlNode::Kind kind) {
    const int line = LineOf(mark);
    if (anchor != YAML::NullAnchor) {
      throw Refusal("an anchor (&) is not taken here: write the value out", line);
    }
    if (!tag.empty() && tag != "?" && tag != "!") {
      throw Refusal(fmt::format("a tag ({}) is not taken here", tag), line);
    }
    if (open_.size() >= static_cast<size_t>(kDeepest)) {
      throw Refusal(fmt::format("it is nested more than {} deep", kDeepest), line);
    }
    if (++values_ > kMostValues) {
      throw Refusal(fmt::format("it has more than {} values", kMostValues), line);
    }
    Open fresh;
    fresh.node.kind = kind;
    fresh.node.line = line;
    open_.push_back(std::move(fresh));
    return open_.back().node;
  }

  void Leave() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::kList) {
      parent.node.children.push_back(std::move(node));
    } else if (parent.key_next) {
      TakeKey(parent, node);
    } else {
      node.key = std::move(parent.key);
      node.key_line = parent.key_line;
      parent.node.children.push_back(std::move(node));
      parent.key_next = true;
    }
  }

  static void TakeKey(Open& parent, const YamlNode& key) {
    if (key.kind != YamlNode::Kind::kScalar) throw Refusal("a key must be text", key.line);
    const auto& members = parent.node.children;
    const auto before = std::find_if(members.begin(), members.end(),
                                     [&](const YamlNode& one) { return one.key == key.text; });
    if (before != members.end()) {
      throw Refusal(fmt::format("the key '{}' stands here for the second time, first in line {}",
                                key.text, before->key_line),
                    key.line);
    }
    parent.key = key.text;
    parent.key_line = key.line;
    parent.key_next = false;
  }

  YamlNode root_;
  std::vector<Open> open_;
  size_t values_ = 0;
};

tl::unexpected<Error> Bad(std::string what, const std::string& path, int line) {
  return Fail(Code::kInvalidArgument, std::move(what), At(path, line),
              "docs/configuration.md describes the file");
}

}  // namespace

std::string At(const std::string& path, int line) { return fmt::format("{}:{}", path, line); }

Result<YamlNode> ParseYaml(std::string_view bytes, const std::string& path) {
  const size_t nul = bytes.find('\0');
  if (nul != std::string_view::npos) {
    const auto lines = std::count(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(nul), '\n');
    return Bad("it holds a NUL, so it is no YAML in UTF-8", path, static_cast<int>(lines) + 1);
  }
  try {
    std::istringstream stream{std::string(bytes)};
    YAML::Parser parser(stream);
    TreeBuilder tree;
    if (!parser.HandleNextDocument(tree)) return YamlNode();
    YamlNode root = tree.Take();
    TreeBuilder second;
    if (parser.HandleNextDocument(second)) {
      return Bad("it holds more than one document", path, second.Take().line);
    }
    return root;
  } catch (const Refusal& refusal) {
    return Bad(refusal.what_is_wrong, path, refusal.line);
  } catch (const YAML::Exception& error) {
    return Bad("it is no YAML: " + error.msg, path, LineOf(error.mark));
  } catch (const std::exception& error) {
    return Bad(std::string("it cannot be read: ") + error.what(), path, 1);
  }
}

}  // namespace salvor::config
