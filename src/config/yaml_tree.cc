#include "config/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
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
      throw Refusal("a tag (!) is not taken here: quote a text that begins with it", line);
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

// What yaml-cpp says, in words of our own: its message may quote the file, and a value that is not
// where it should be may be a password.
struct Meaning {
  std::string_view theirs;  // what the message begins with
  std::string_view ours;
};

std::string_view MeaningOf(std::string_view message) {
  static const std::array kMeanings = {
      Meaning{YAML::ErrorMsg::TAB_IN_INDENTATION, "a line is indented with a tab"},
      Meaning{YAML::ErrorMsg::INVALID_ESCAPE,
              "a quoted text has an escape (\\) that YAML does not know"},
      Meaning{YAML::ErrorMsg::INVALID_HEX, "a quoted text has an escape with a wrong digit"},
      Meaning{YAML::ErrorMsg::INVALID_UNICODE, "a quoted text has an escape that is no character"},
      Meaning{YAML::ErrorMsg::EOF_IN_SCALAR, "a quoted text is not closed"},
      Meaning{YAML::ErrorMsg::DOC_IN_SCALAR,
              "a quoted text is not closed before the document's end"},
      Meaning{YAML::ErrorMsg::END_OF_MAP_FLOW, "a { is not closed"},
      Meaning{YAML::ErrorMsg::END_OF_SEQ_FLOW, "a [ is not closed"},
      Meaning{YAML::ErrorMsg::FLOW_END, "a } or ] closes nothing"},
      Meaning{YAML::ErrorMsg::END_OF_MAP,
              "a line is neither a key nor deeper in than the line before"},
      Meaning{YAML::ErrorMsg::END_OF_SEQ, "a line in a list does not begin with a dash"},
      Meaning{YAML::ErrorMsg::MAP_KEY, "a key stands where none can be"},
      Meaning{YAML::ErrorMsg::MAP_VALUE, "a colon stands where no key can be"},
      Meaning{YAML::ErrorMsg::BLOCK_ENTRY, "a dash stands where no list can be"},
      Meaning{YAML::ErrorMsg::CHAR_IN_BLOCK, "after | or > stands more than a digit and a sign"},
      Meaning{YAML::ErrorMsg::UNKNOWN_TOKEN, "a character stands where no value can begin with it"},
      Meaning{"", "its marks do not fit together"},
  };
  return std::find_if(kMeanings.begin(), kMeanings.end(),
                      [&](const Meaning& one) { return message.starts_with(one.theirs); })
      ->ours;
}

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
    return Bad(
        fmt::format("it is no YAML: {} (column {})", MeaningOf(error.msg), error.mark.column + 1),
        path, LineOf(error.mark));
  } catch (const std::exception&) {
    return Bad("it cannot be read as YAML", path, 1);
  }
}

}  // namespace salvor::config
