#include "report/table.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace salvor::report {
namespace {

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

}  // namespace

void Table::Add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::string& cell : cells) cell = Printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::Format() const {
  std::vector<size_t> widths(columns_.size(), 0);
  for (size_t i = 0; i < columns_.size(); ++i) {
    for (const auto& row : rows_) widths[i] = std::max(widths[i], Width(row[i]));
    if (widths[i] != 0) widths[i] = std::max(widths[i], Width(columns_[i].title));
  }
  std::string text;
  const auto line = [&](auto cell) {
    std::string row;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (widths[i] == 0) continue;
      if (!row.empty()) row += "  ";
      row += Pad(cell(i), widths[i], columns_[i].align);
    }
    row.erase(row.find_last_not_of(' ') + 1);
    text += row + "\n";
  };
  line([&](size_t i) { return columns_[i].title; });
  for (const auto& row : rows_) line([&](size_t i) { return row[i]; });
  return text;
}

}  // namespace salvor::report
