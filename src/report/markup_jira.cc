// Jira's two forms. In wiki markup everything with a foreign word stands in {noformat}, the one
// place whose end can be recognised: no escape is trusted to hold inside of a line. A document of
// the newer form is a tree; its text is text.
#include <nlohmann/json.hpp>

#include "report/markup_form.h"

namespace salvor::report {
namespace {

using Json = nlohmann::json;

bool HasForeign(const Block& block) {
  for (const Words& words : block.lines) {
    for (const Span& span : words) {
      if (span.foreign) return true;
    }
  }
  return false;
}

std::string Plain(const Words& words) {
  std::string line;
  for (const Span& span : words) {
    line += span.foreign && span.text.empty() ? "(empty)" : span.text;
  }
  return line;
}

bool StartsWithoutCase(std::string_view text, std::string_view lower) {
  if (text.size() < lower.size()) return false;
  for (size_t i = 0; i < lower.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != lower[i]) return false;
  }
  return true;
}

std::string WithoutEnd(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (StartsWithoutCase(text.substr(i), "{noformat")) {
      out += "\\x7b";
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string NoFormat(const Block& block) {
  const std::string mark = block.kind == Block::Kind::kItems ? "- " : "";
  std::string out = "{noformat}\n";
  for (const Words& words : block.lines) out += WithoutEnd(mark + Plain(words)) + "\n";
  return out + "{noformat}\n";
}

std::string WikiBlock(const Block& block) {
  const std::string first = Plain(block.lines.front());
  if (block.kind == Block::Kind::kVerbatim || HasForeign(block)) return NoFormat(block);
  switch (block.kind) {
    case Block::Kind::kHeading:
      return "h3. " + first + "\n";
    case Block::Kind::kAlert:
      return "{color:red}*" + first + "*{color}\n";
    case Block::Kind::kItems: {
      std::string out;
      for (const Words& words : block.lines) out += "* " + Plain(words) + "\n";
      return out;
    }
    case Block::Kind::kText:
    case Block::Kind::kVerbatim:
      break;
  }
  return first + "\n";
}

Json TextNode(const std::string& text, Json marks) {
  Json node{{"type", "text"}, {"text", text.empty() ? "(empty)" : text}};
  if (!marks.empty()) node["marks"] = std::move(marks);
  return node;
}

Json AdfWords(const Words& words) {
  Json content = Json::array();
  for (const Span& span : words) {
    if (!span.foreign && span.text.empty()) continue;
    content.push_back(
        TextNode(span.text, span.foreign ? Json::array({{{"type", "code"}}}) : Json::array()));
  }
  return content;
}

Json Paragraph(Json content) { return {{"type", "paragraph"}, {"content", std::move(content)}}; }

Json AdfBlock(const Block& block) {
  switch (block.kind) {
    case Block::Kind::kHeading:
      return {{"type", "heading"},
              {"attrs", {{"level", 3}}},
              {"content", AdfWords(block.lines.front())}};
    case Block::Kind::kAlert: {
      const Json marks = Json::array(
          {{{"type", "strong"}}, {{"type", "textColor"}, {"attrs", {{"color", "#c9372c"}}}}});
      return Paragraph(Json::array({TextNode(Plain(block.lines.front()), marks)}));
    }
    case Block::Kind::kItems: {
      Json items = Json::array();
      for (const Words& words : block.lines) {
        items.push_back(
            {{"type", "listItem"}, {"content", Json::array({Paragraph(AdfWords(words))})}});
      }
      return {{"type", "bulletList"}, {"content", std::move(items)}};
    }
    case Block::Kind::kVerbatim: {
      std::string body;
      for (const Words& words : block.lines) body += (body.empty() ? "" : "\n") + Plain(words);
      return {{"type", "codeBlock"}, {"content", Json::array({TextNode(body, Json::array())})}};
    }
    case Block::Kind::kText:
      break;
  }
  return Paragraph(AdfWords(block.lines.front()));
}

}  // namespace

std::string FormatJiraWiki(const MarkedText& text) {
  std::string out;
  for (const Block& block : text.Blocks()) out += (out.empty() ? "" : "\n") + WikiBlock(block);
  return out;
}

std::string FormatAdf(const MarkedText& text) {
  Json content = Json::array();
  for (const Block& block : text.Blocks()) content.push_back(AdfBlock(block));
  const Json document{{"type", "doc"}, {"version", 1}, {"content", std::move(content)}};
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace salvor::report
