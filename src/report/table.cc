#include "report/table.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace salvor::report {
namespace {

constexpr size_t kIndent = 2;
constexpr std::string_view kGap = "  ";

// Columns on the screen, taking every code point for one.
size_t Width(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
  }));
}

std::string Pad(const std::string& text, size_t width, Table::Align align) {
  const std::string space(width - std::min(width, Width(text)), ' ');
  return align == Table::Align::kLeft ? text + space : space + text;
}

// Which columns stand in which line: as many as fit, in their order.
std::vector<std::vector<size_t>> Folded(const std::vector<size_t>& widths, size_t width) {
  std::vector<std::vector<size_t>> lines(1);
  size_t used = 0;
  for (size_t i = 0; i < widths.size(); ++i) {
    if (widths[i] == 0) continue;
    const size_t more = lines.back().empty() ? widths[i] : kGap.size() + widths[i];
    if (width > 0 && used + more > width && !lines.back().empty()) {
      lines.emplace_back();
      used = kIndent + widths[i];
    } else {
      used += more;
    }
    lines.back().push_back(i);
  }
  return lines;
}

// The line, and what does not fit into it in further ones, deeper in.
std::string Wrapped(std::string line, size_t width) {
  std::string text;
  const size_t deeper = std::min(line.find_first_not_of(' '), line.size()) + kIndent;
  while (width > deeper + kIndent && Width(line) > width) {
    size_t end = 0;  // of what fits, in bytes
    for (size_t seen = 0; end < line.size(); ++end) {
      const bool begins = (static_cast<unsigned char>(line[end]) & 0xC0U) != 0x80;
      if (begins && ++seen > width) break;
    }
    const size_t space = line.rfind(' ', end);
    if (space == std::string::npos || space <= deeper) break;  // a word that is wider
    std::string first = line.substr(0, space);
    first.erase(first.find_last_not_of(' ') + 1);
    text += first + "\n";
    line = std::string(deeper, ' ') + line.substr(space + 1);
  }
  return text + line + "\n";
}

}  // namespace

void Table::Add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::string& cell : cells) cell = Printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::Format(size_t width) const {
  std::vector<size_t> widths(columns_.size(), 0);
  for (size_t i = 0; i < columns_.size(); ++i) {
    for (const auto& row : rows_) widths[i] = std::max(widths[i], Width(row[i]));
    if (widths[i] != 0) widths[i] = std::max(widths[i], Width(columns_[i].title));
  }
  const std::vector<std::vector<size_t>> lines = Folded(widths, width);
  std::string text;
  const auto add = [&](auto cell) {
    for (size_t at = 0; at < lines.size(); ++at) {
      std::string line(at == 0 ? 0 : kIndent, ' ');
      for (const size_t i : lines[at]) {
        if (i != lines[at].front()) line += kGap;
        line += Pad(cell(i), widths[i], columns_[i].align);
      }
      line.erase(line.find_last_not_of(' ') + 1);
      if (at == 0 || !line.empty()) text += Wrapped(line, width);
    }
  };
  add([&](size_t i) { return columns_[i].title; });
  for (const auto& row : rows_) add([&](size_t i) { return row[i]; });
  return text;
}

}  // namespace salvor::report
