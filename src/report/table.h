// Columns of text for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace salvor::report {

// Cells are made printable here, so that data from a table can never act on a terminal.
class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void Add(std::vector<std::string> cells);
  [[nodiscard]] bool Empty() const { return rows_.empty(); }
  // Every line with a newline; columns without any text are left out. Where a row is wider than
  // `width` (0: as wide as it likes) its later columns go on in lines of their own below it, and
  // the titles with them; a single cell that is wider goes on in the next line at a space.
  [[nodiscard]] std::string Format(size_t width = 0) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace salvor::report
